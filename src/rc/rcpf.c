/*
 * See rcpf.h.
 *
 * Theory of operation.  Rules are loaded as pfctl(8) loads them, in this
 * process.  The fact is the file with a number made of its text: an unchanged
 * file is not loaded again by `cellblock up`, so that states and counters of a
 * running block stay.  (What it includes is not looked at: `service pf reload`
 * loads all anew.)  A file that does not load is an error of the boot, which
 * takes back what it has made: nothing runs unprotected.  With
 * pf_fallback_rules_enable other rules are loaded in its place, and the boot
 * goes on.
 */
#include "rc/rcpf.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "pf/ctl.h"
#include "rc/rcwords.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PF_CONF_MAX (64u << 20)

static char *digest(const char *text, size_t len)
{
	uint64_t h = 0xcbf29ce484222325;

	for (size_t i = 0; i < len; i++)
		h = (h ^ (uint8_t)text[i]) * 0x100000001b3;
	return str_printf("%016" PRIx64, h);
}

static const char *get(const struct rcconf *c, const char *name,
		       const char *dflt)
{
	const char *v = rcconf_get(c, name);

	return v && *v ? v : dflt;
}

int rcmodel_pf(struct model_ctx *x)
{
	cleanup_free char *path = NULL, *text = NULL, *sum = NULL;
	cleanup_strv struct strv words = {0};
	struct err fe = ERR_INIT;
	struct fact *f;
	size_t len = 0;
	int r;

	if (!x->place->vnet || !x->place->pf ||
	    !rcconf_yes(x->c, "pf_enable", x->r))
		return 0;
	path = rcmodel_file(x->place, get(x->c, "pf_rules", "/etc/pf.conf"));
	if (!path)
		return err_nomem(x->e);
	r = file_read(AT_FDCWD, path, PF_CONF_MAX, &text, &len, &fe);
	if (r < 0)
		return rcconf_err(x->c, "pf_enable", -r, x->e, "%s", fe.text);
	sum = digest(text, len);
	if (!sum || strv_add(&words, sum) < 0 ||
	    rcwords_split(&words, get(x->c, "pf_flags", "")) < 0)
		return err_nomem(x->e);
	/* a block's file is the copy in /etc, too: the path is not compared */
	f = facts_add(&x->m->of[RC_PF], FACT_PF, NULL, "pf", path, &words);
	if (!f || !(f->var = strdup("pf_enable")))
		return err_nomem(x->e);
	return 0;
}

/* pfctl in this process */

struct saying {
	const struct report *to;
	enum report_level told; /* of what pfctl writes on stderr as it is */
};

static void say(void *data, enum report_level level, const char *text)
{
	const struct saying *s = data;

	if (level == REPORT_ERROR || level == REPORT_WARN)
		report(s->to, REPORT_WARN, "pfctl: %s", text);
	else
		report(s->to, s->told, "%s", text);
}

/* `pfctl WORDS...`; *ret_status may be NULL: then a status is an error. */
static int pfctl(const struct strv *words, const struct report *to,
		 enum report_level told, int *ret_status, struct err *e)
{
	cleanup_vnet struct vnet *v = NULL;
	cleanup_ctl struct ctl c = {.out = STRBUF_INIT};
	struct saying s = {to, told};
	const struct report sink = {.line = say, .data = &s};
	cleanup_strv struct strv lines = {0};
	int r = vnet_open(-1, VNET_STATEDIR, &v, e);

	c.r = &sink;
	c.v = v;
	optind = 0; /* getopt() begins anew */
	if (r >= 0)
		r = ctl_args(&c, (int)words->n, words->v, e);
	if (r == -EINVAL && !*e->text)
		return err_set(e, EINVAL, "pf_flags: usage: pfctl%s",
			       ctl_usage);
	if (r >= 0)
		r = ctl_run(&c, e);
	if (c.out.len && strv_split(&lines, c.out.s, "\n") < 0)
		return err_nomem(e);
	for (size_t i = 0; i < lines.n; i++)
		report(to, REPORT_OUT, "%s", lines.v[i]);
	if (r < 0)
		return err_wrap(e, "pfctl");
	if (ret_status)
		*ret_status = c.status;
	else if (c.status)
		return err_set(e, EIO, "pfctl: exit status %d", c.status);
	return 0;
}

static int pfctl_words(const char *text, const struct report *to,
		       enum report_level told, int *ret_status, struct err *e)
{
	cleanup_strv struct strv words = {0};

	if (strv_add(&words, "pfctl") < 0 || strv_split(&words, text, " ") < 0)
		return err_nomem(e);
	return pfctl(&words, to, told, ret_status, e);
}

/* pfctl OPTIONS -f PATH FLAGS */
static int pfctl_file(const char *options, const char *path,
		      const struct strv *flags, const struct report *to,
		      struct err *e)
{
	cleanup_strv struct strv words = {0};
	int r = strv_add(&words, "pfctl");

	if (!r)
		r = strv_split(&words, options, " ");
	if (!r)
		r = strv_add(&words, "-f");
	if (!r)
		r = strv_add(&words, path);
	for (size_t i = 0; !r && i < flags->n; i++)
		r = strv_add(&words, flags->v[i]);
	return r ? err_nomem(e) : pfctl(&words, to, REPORT_WARN, NULL, e);
}

static bool is_enabled(void)
{
	cleanup_pf_kernel struct pf_kernel *k = NULL;
	cleanup_vnet struct vnet *v = NULL;
	struct pf_status s = {.enabled = false};

	return vnet_open(-1, NULL, &v, NULL) >= 0 &&
	       pf_kernel_open(v, &k, NULL) >= 0 &&
	       pf_status(k, &s, NULL) >= 0 && s.enabled;
}

/* Rules of a variable. */
static int pfctl_text(const char *text, const struct strv *flags,
		      const struct report *to, struct err *e)
{
	cleanup_close int fd = memfd_create("pf_fallback_rules", MFD_CLOEXEC);
	char path[32];

	if (fd < 0 || dprintf(fd, "%s\n", text) < 0)
		return err_sys(e, errno, "pf_fallback_rules");
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return pfctl_file("", path, flags, to, e);
}

/* In place of rules that do not load: those of the file, if it is there. */
static int fallback(const struct rcconf *c, const struct rc_place *p,
		    const struct strv *flags, const struct report *to,
		    struct err *e)
{
	const char *text = get(c, "pf_fallback_rules", "block drop log all");
	cleanup_free char *file = rcmodel_file(
		p, get(c, "pf_fallback_rules_file", "/etc/pf-fallback.conf"));

	if (!file)
		return err_nomem(e);
	if (!access(file, F_OK)) {
		report(to, REPORT_WARN, "Loading fallback rules file: %s",
		       file);
		return pfctl_file("", file, flags, to, e);
	}
	report(to, REPORT_WARN, "Loading fallback rules: %s", text);
	return pfctl_text(text, flags, to, e);
}

/*
 * One load takes the place of what is there: no packet sees none.  c and p
 * (NULL: there is no more than the file) say what to do when it fails.
 */
static int start(const char *path, const struct strv *flags,
		 const struct rcconf *c, const struct rc_place *p,
		 const struct report *to, struct err *e)
{
	int r = pfctl_file("", path, flags, to, e);

	if (r < 0 && c && p &&
	    rcconf_yes(c, "pf_fallback_rules_enable", NULL)) {
		report(to, REPORT_WARN, "%s", e->text);
		report(to, REPORT_WARN, "Unable to load %s.", path);
		err_clear(e);
		r = fallback(c, p, flags, to, e);
	}
	if (!r && !is_enabled())
		r = pfctl_words("-eq", to, REPORT_WARN, NULL, e);
	return r;
}

int rcpf_make(struct rcact *a, const struct fact *f, struct err *e)
{
	cleanup_strv struct strv flags = {0};

	if (strv_copy(&flags, &f->words) < 0)
		return err_nomem(e);
	if (flags.n)
		strv_remove(&flags, 0);
	return start(f->value, &flags, a->conf, a->place, &a->report, e);
}

int rcpf_undo(struct rcact *a, const struct note *n, struct err *e)
{
	int r = 0;

	(void)n;
	if (is_enabled())
		r = pfctl_words("-dq", &a->report, REPORT_WARN, NULL, e);
	return r ? r : pfctl_words("-qFall", &a->report, REPORT_WARN, NULL, e);
}

bool rcpf_has(const struct notes *n, const struct fact *f)
{
	return notes_have(n, f) && is_enabled();
}

/* `service pf WORD` */

struct service {
	const char *path;
	const struct strv *flags;
	const struct rcconf *c;
	const struct rc_place *place;
	const struct report *r;
	int status;
	struct err *e;
};

static int service_start(struct service *s)
{
	if (access(s->path, R_OK) < 0)
		return err_set(s->e, errno, "%s is not readable.", s->path);
	report(s->r, REPORT_OUT, "Enabling pf.");
	return start(s->path, s->flags, s->c, s->place, s->r, s->e);
}

static int service_stop(struct service *s)
{
	if (!is_enabled())
		return 0;
	report(s->r, REPORT_OUT, "Disabling pf.");
	return pfctl_words("-dq", s->r, REPORT_WARN, NULL, s->e);
}

static int service_restart(struct service *s)
{
	int r = service_stop(s);

	return r ? r : service_start(s);
}

static int service_check(struct service *s)
{
	report(s->r, REPORT_OUT, "Checking pf rules.");
	return pfctl_file("-n", s->path, s->flags, s->r, s->e);
}

static int service_reload(struct service *s)
{
	report(s->r, REPORT_OUT, "Reloading pf rules.");
	return pfctl_file("", s->path, s->flags, s->r, s->e);
}

static int service_resync(struct service *s)
{
	return pfctl_file("", s->path, s->flags, s->r, s->e);
}

static int service_status(struct service *s)
{
	int r = pfctl_words("-si", s->r, REPORT_WARN, &s->status, s->e);

	if (r >= 0 && !s->status && !is_enabled())
		s->status = 1;
	return r;
}

static const struct {
	const char *word;
	int (*fn)(struct service *s);
} words[] = {
	{"start", service_start},     {"stop", service_stop},
	{"restart", service_restart}, {"check", service_check},
	{"reload", service_reload},   {"resync", service_resync},
	{"status", service_status},
};

int rcpf_service(const struct rcdir *dir, const struct rcconf *c,
		 const char *word, const struct report *r, int *ret,
		 struct err *e)
{
	const struct rc_place place = {.etc = dir->etc, .block = dir->block};
	cleanup_free char *path =
		rcmodel_file(&place, get(c, "pf_rules", "/etc/pf.conf"));
	cleanup_strv struct strv flags = {0};
	struct service s = {.path = path,
			    .flags = &flags,
			    .c = c,
			    .place = &place,
			    .r = r,
			    .e = e};
	int x = -ENOENT;

	if (!path || rcwords_split(&flags, get(c, "pf_flags", "")) < 0)
		return err_nomem(e);
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (!strcmp(words[i].word, word))
			x = words[i].fn(&s);
	if (x >= 0)
		*ret = s.status;
	return x;
}
