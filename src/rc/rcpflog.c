/*
 * See rcpflog.h.
 *
 * An instance is a program that keeps one log: the only one, or those that
 * pflog_instances names.  The fact is the program with its flags.
 */
#include "rc/rcpflog.h"

#include "base/cleanup.h"
#include "jail/prison.h"
#include "rc/rcdaemon.h"
#include "rc/rcwords.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define TICK_MS 20
#define START_MS 5000

static const char *get(const struct rcconf *c, const char *inst,
		       const char *what, const char *dflt)
{
	cleanup_free char *name = *inst ? str_printf("pflog_%s_%s", inst, what)
					: str_printf("pflog_%s", what);
	const char *v = name ? rcconf_get(c, name) : NULL;

	return v && *v ? v : dflt;
}

static bool name_ok(const char *s)
{
	for (const char *p = s; *p; p++)
		if (!(*p >= 'a' && *p <= 'z') && !(*p >= 'A' && *p <= 'Z') &&
		    !(*p >= '0' && *p <= '9') && *p != '_')
			return false;
	return *s && strlen(s) <= 32;
}

static char *pidname(const char *inst)
{
	return str_printf("pflogd%s%s", *inst ? "." : "", inst);
}

/* Of rcdaemon.h. */
static char *note_path(const char *inst)
{
	return str_printf(CELLBLOCK_RUN "/pflog%s%s.pid", *inst ? "." : "",
			  inst);
}

/* The flags of an instance; *ret_dev: the log it keeps. */
static int flags_of(const struct rcconf *c, const char *inst, struct strv *ret,
		    const char **ret_dev, struct err *e)
{
	cleanup_free char *pid = pidname(inst);
	const char *dev = get(c, inst, "dev", *inst ? NULL : "pflog0");
	const char *file =
		get(c, inst, "logfile", *inst ? NULL : "/var/log/pflog");

	if (!dev || !file)
		return err_set(e, EINVAL, "pflog_%s_%s not set", inst,
			       dev ? "logfile" : "dev");
	if (!pid || strv_add(ret, "-p") || strv_add(ret, pid) ||
	    strv_add(ret, "-f") || strv_add(ret, file) || strv_add(ret, "-i") ||
	    strv_add(ret, dev) ||
	    rcwords_split(ret, get(c, inst, "flags", "")) < 0)
		return err_nomem(e);
	*ret_dev = dev;
	return 0;
}

/* "" alone, or the names. */
static int instances(const struct rcconf *c, struct strv *ret, struct err *e)
{
	const char *list = rcconf_get(c, "pflog_instances");

	if (strv_split(ret, list ? list : "", " \t\n") < 0)
		return err_nomem(e);
	for (size_t i = 0; i < ret->n; i++)
		if (!name_ok(ret->v[i]))
			return rcconf_err(c, "pflog_instances", EINVAL, e,
					  "\"%s\" is no name for a log",
					  ret->v[i]);
	return !ret->n && strv_add(ret, "") < 0 ? err_nomem(e) : 0;
}

int rcmodel_pflog(struct model_ctx *x)
{
	cleanup_strv struct strv names = {0};
	int r;

	if (!x->place->vnet || !rcconf_yes(x->c, "pflog_enable", x->r))
		return 0;
	r = instances(x->c, &names, x->e);
	for (size_t i = 0; !r && i < names.n; i++) {
		cleanup_strv struct strv words = {0};
		const char *dev;
		struct fact *f;

		r = flags_of(x->c, names.v[i], &words, &dev, x->e);
		if (r < 0)
			return rcconf_err(x->c, "pflog_enable", -r, x->e, "%s",
					  x->e->text);
		f = facts_add(&x->m->of[RC_PFLOG], FACT_PFLOG, NULL, names.v[i],
			      NULL, &words);
		if (!f || !(f->var = strdup("pflog_enable")))
			return err_nomem(x->e);
	}
	return r;
}

/* Until it has opened what it needs and written its number. */
static int wait_for(pid_t pid, const char *note, const char *pidfile,
		    struct err *e)
{
	for (int ms = 0; ms < START_MS; ms += TICK_MS) {
		if (access(pidfile, F_OK) == 0)
			return 0;
		if (waitpid(pid, NULL, WNOHANG) == pid)
			break;
		(void)poll(NULL, 0, TICK_MS);
	}
	rcdaemon_stop(note);
	return err_set(e, EIO, "pflogd did not start (syslog has its reason)");
}

static int start(const char *inst, const struct strv *flags, struct err *e)
{
	cleanup_free char *path = NULL, *note = note_path(inst);
	cleanup_free char *name = pidname(inst), *pidfile = NULL;
	cleanup_strv struct strv argv = {0};
	char env[] = "PATH=/sbin:/bin:/usr/sbin:/usr/bin";
	char *envp[] = {env, NULL};
	pid_t pid;
	int r = rcdaemon_command("pflogd", &path, e);

	if (r < 0)
		return r;
	pidfile = name ? str_printf("/var/run/%s.pid", name) : NULL;
	if (!note || !pidfile || strv_add(&argv, "pflogd") ||
	    strv_add(&argv, "-F"))
		return err_nomem(e);
	for (size_t i = 0; i < flags->n; i++)
		if (strv_add(&argv, flags->v[i]))
			return err_nomem(e);
	unlink(pidfile); /* of one that was killed */
	r = rcdaemon_start(note, NULL, path, argv.v, envp, &pid, e);
	return r < 0 ? r : wait_for(pid, note, pidfile, e);
}

static pid_t running(const char *inst)
{
	cleanup_free char *note = note_path(inst);

	return note ? rcdaemon_running(note) : 0;
}

static int stop(const char *inst, struct err *e)
{
	cleanup_free char *note = note_path(inst);

	if (!note)
		return err_nomem(e);
	rcdaemon_stop(note);
	return 0;
}

int rcpflog_make(struct rcact *a, const struct fact *f, struct err *e)
{
	int r = stop(f->key, e); /* one with other flags */

	(void)a;
	return r < 0 ? r : start(f->key, &f->words, e);
}

int rcpflog_undo(struct rcact *a, const struct note *n, struct err *e)
{
	(void)a;
	return stop(n->fact.key, e);
}

bool rcpflog_has(const struct notes *n, const struct fact *f)
{
	return notes_have(n, f) && running(f->key) > 0;
}

/* ---- `service pflog WORD` ---- */

struct service {
	const char *inst, *name;
	const struct strv *flags;
	const struct report *r;
	struct err *e;
};

/* They return an exit status, or an error. */

static int not_running(const struct service *s)
{
	report(s->r, REPORT_OUT,
	       "%s not running? (check /var/run/pflogd%s%s.pid).", s->name,
	       *s->inst ? "." : "", s->inst);
	return 1;
}

static int service_start(struct service *s)
{
	pid_t pid = running(s->inst);

	if (pid) {
		report(s->r, REPORT_OUT, "%s already running? (pid=%d).",
		       s->name, (int)pid);
		return 1;
	}
	report(s->r, REPORT_OUT, "Starting %s.", s->name);
	return start(s->inst, s->flags, s->e);
}

static int service_stop(struct service *s)
{
	if (!running(s->inst))
		return not_running(s);
	report(s->r, REPORT_OUT, "Stopping %s.", s->name);
	return stop(s->inst, s->e);
}

static int service_restart(struct service *s)
{
	int r = service_stop(s);

	return r < 0 ? r : service_start(s);
}

static int service_reload(struct service *s)
{
	pid_t pid = running(s->inst);

	if (!pid)
		return not_running(s);
	return kill(pid, SIGHUP) < 0 ? err_sys(s->e, errno, "%s", s->name) : 0;
}

static int service_status(struct service *s)
{
	pid_t pid = running(s->inst);

	if (pid)
		report(s->r, REPORT_OUT, "%s is running as pid %d.", s->name,
		       (int)pid);
	else
		report(s->r, REPORT_OUT, "%s is not running.", s->name);
	return !pid;
}

static const struct {
	const char *word;
	int (*fn)(struct service *s);
} words[] = {
	{"start", service_start},     {"stop", service_stop},
	{"restart", service_restart}, {"reload", service_reload},
	{"resync", service_reload},   {"status", service_status},
};

static int service_one(const struct rcconf *c, const char *word,
		       const char *inst, const struct report *r, struct err *e)
{
	cleanup_strv struct strv flags = {0};
	struct service s = {.inst = inst, .flags = &flags, .r = r, .e = e};
	const char *dev;
	int x = flags_of(c, inst, &flags, &dev, e);

	if (x < 0)
		return x;
	s.name = *inst ? dev : "pflog";
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (!strcmp(words[i].word, word))
			return words[i].fn(&s);
	return -ENOENT;
}

int rcpflog_service(const struct rcconf *c, const char *word, const char *name,
		    const struct report *r, int *ret, struct err *e)
{
	cleanup_strv struct strv names = {0};
	int x, status = 0;

	if (name && !name_ok(name))
		return err_set(e, EINVAL, "\"%s\" is no name for a log", name);
	if (name)
		x = strv_add(&names, name) < 0 ? err_nomem(e) : 0;
	else
		x = instances(c, &names, e);
	for (size_t i = 0; x >= 0 && i < names.n; i++) {
		x = service_one(c, word, names.v[i], r, e);
		if (x > 0)
			status = x;
	}
	if (x < 0)
		return x;
	*ret = status;
	return 0;
}
