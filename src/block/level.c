/*
 * See level.h.
 *
 * A level inside a jail is brought up by a child that enters the jail and then
 * works there as if it were at home: it can do only what the jail's own root
 * could.  Its words come back through a pipe (base/report_pipe.h).  Programs of
 * the jail it starts by prison_execvp(), so that none gets hold of its own.
 */
#include "block/level.h"

#include "base/cancel.h"
#include "base/cleanup.h"
#include "base/report_pipe.h"
#include "base/str.h"
#include "jail/blockroot.h"
#include "jail/conf.h"
#include "rc/rc.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define BLOCK_SHOWN CELLBLOCK_RUN "/block"
#define LOCAL_RCD "/usr/local/etc/rc.d"

/* Where one level's files lie. */
struct level {
	struct rcdir dir;
	char *rcconf, *rcconf_local, *local, *jailconf, *jails;
	char *shown; /* the block's own jail.conf, which jailconf may copy */
};

/* What a child inside a jail is asked to do. */
struct job {
	bool up, dry_run;
	int fd;
};

static void level_clear(struct level *l)
{
	free(l->rcconf);
	free(l->rcconf_local);
	free(l->local);
	free(l->jailconf);
	free(l->jails);
	free(l->shown);
}

static int level_paths(struct level *l, const char *dir, bool copied,
		       struct err *e)
{
	bool system =
		!dir && (copied || (!blockroot_here() && !blockroot_shown()));
	const char *etc = dir ? dir : system ? "/etc" : BLOCK_SHOWN;
	const char *block = dir ? dir : BLOCK_SHOWN;

	l->rcconf = str_printf("%s/rc.conf", etc);
	l->rcconf_local = str_printf("%s/rc.conf.local", etc);
	l->jailconf = str_printf("%s/jail.conf", etc);
	l->local = system ? strdup(LOCAL_RCD) : str_printf("%s/rc.d", block);
	l->jails = str_printf("%s/jails", block);
	l->shown = str_printf("%s/jail.conf", block);
	if (!l->rcconf || !l->rcconf_local || !l->jailconf || !l->local ||
	    !l->jails || !l->shown)
		return err_nomem(e);
	l->dir = (struct rcdir){
		.etc = etc,
		.local = l->local,
		.block = !system,
	};
	return 0;
}

static bool has_folder(const struct level *l, const char *name)
{
	cleanup_free char *path = str_printf("%s/%s", l->jails, name);
	struct stat st;

	return path && !stat(path, &st) && S_ISDIR(st.st_mode);
}

/* Is that jail in the file, without a command that could boot its folder? */
static bool boots_nothing(const struct jailconf *jc, const char *name)
{
	for (size_t i = 0; jc && i < jc->n; i++)
		if (!strcmp(jc->v[i].name, name))
			return !pset_find(&jc->v[i].params, "exec.start") &&
			       !pset_find(&jc->v[i].params, "command");
	return false;
}

/* Add the new jails whose folder nobody has looked at. */
static int add_silent(const struct level *l, struct strv *names, struct err *e)
{
	cleanup_jailconf struct jailconf *jc = NULL;
	cleanup_prisons struct prisons *ps = NULL;
	cleanup_strv struct strv now = {0};
	int r = prisons_open(&ps, e);

	if (r >= 0)
		r = prison_names(ps, &now, NULL, e);
	for (size_t i = 0; r >= 0 && i < now.n; i++) {
		if (strv_has(names, now.v[i]) || !has_folder(l, now.v[i]))
			continue;
		if (!jc)
			(void)jailconf_load_lenient(l->jailconf, &jc, NULL);
		if (boots_nothing(jc, now.v[i]) && strv_add(names, now.v[i]))
			return err_nomem(e);
	}
	return r < 0 ? r : 0;
}

/* Bring up to date what is inside these jails. */
static int descend(struct level *l, const struct strv *before, bool dry_run,
		   const struct report *r, size_t *changes, struct err *e)
{
	cleanup_prisons struct prisons *ps = NULL;
	int ret;

	if (!before->n)
		return 0;
	ret = prisons_open(&ps, e);
	for (size_t i = 0; ret >= 0 && i < before->n; i++) {
		cleanup_prison struct prison p = {0};
		cleanup_free char *dir = NULL;

		if (!has_folder(l, before->v[i]))
			continue;
		if (prison_get(ps, before->v[i], false, &p, NULL) < 0)
			continue; /* its configuration is gone: so is it */
		dir = str_printf("%s/%s", l->jails, before->v[i]);
		if (!dir)
			return err_nomem(e);
		ret = level_up_in(ps, &p, dir, dry_run, r, changes, e);
		if (ret < 0)
			err_wrap(e, "%s", before->v[i]);
	}
	return ret < 0 ? ret : 0;
}

static int level_load(struct level *l, const char *dir, bool copied,
		      struct rcconf **ret, struct err *e)
{
	int r = level_paths(l, dir, copied, e);

	if (r < 0)
		return r;
	return rcconf_load((const char *[]){l->rcconf, l->rcconf_local, NULL},
			   ret, e);
}

/*
 * FreeBSD has no word for jails that nothing starts; in a block they are there
 * to be started, so one is said unless the variable is set to something.
 */
static void jails_forgotten(const struct level *l, const struct rcconf *conf,
			    const struct report *r)
{
	const char *value = rcconf_get(conf, "jail_enable"), *file;
	unsigned int line;

	if (access(l->shown, R_OK) < 0 || (value && rcconf_bool(value) != 0) ||
	    rcconf_where(conf, "jail_enable", &file, &line))
		return;
	report(r, REPORT_WARN,
	       "%s: no jail is started: rc.conf does not set jail_enable",
	       l->shown);
}

/*
 * A step may take along what another one relied on: with the last address of
 * a subnet the kernel drops the routes through it.  So what was changed is
 * compared again, twice at most.
 */
static int settle(const struct rc *rc, size_t *changes, struct err *e)
{
	for (int i = 0; i < 3; i++) {
		cleanup_plan struct plan plan = {0};
		int r = rc_start(rc, &plan, e);

		if (r < 0)
			return r;
		*changes += plan.n;
		if (!plan.n || rc->dry_run)
			return 0;
	}
	return 0;
}

int level_up(const char *dir, bool dry_run, const struct report *r,
	     size_t *changes, struct err *e)
{
	__attribute__((cleanup(level_clear))) struct level l = {0};
	cleanup_rcconf struct rcconf *conf = NULL;
	cleanup_prisons struct prisons *ps = NULL;
	cleanup_strv struct strv before = {0};
	/*
	 * In a jail with a copy-on-write root the block's files are copied
	 * into its /etc, where FreeBSD's programs look for them; a jail with a
	 * root of its own keeps its files, and the block's folder is read where
	 * it is shown.  A dry run reads the folder and leaves copies alone.
	 */
	bool copied = !dir && !dry_run && blockroot_here();
	int ret;

	ret = copied ? blockroot_install_here(NULL, e) : 0;
	if (ret < 0)
		return ret;
	ret = level_load(&l, dir, copied, &conf, e);
	if (ret < 0)
		return ret;
	jails_forgotten(&l, conf, r);
	ret = prisons_open(&ps, e);
	if (ret >= 0)
		ret = prison_names(ps, &before, NULL, e);
	if (ret < 0)
		return ret;
	prisons_free(&ps); /* rc opens its own, and locks it */
	ret = settle(&(struct rc){.dir = &l.dir,
				  .conf = conf,
				  .report = r,
				  .dry_run = dry_run},
		     changes, e);
	if (ret < 0)
		return ret;
	/* a boot by exec.start has just read the others' */
	if (!dry_run)
		ret = add_silent(&l, &before, e);
	if (ret < 0)
		return ret;
	return descend(&l, &before, dry_run, r, changes, e);
}

int level_down(const char *dir, const struct report *r, struct err *e)
{
	__attribute__((cleanup(level_clear))) struct level l = {0};
	cleanup_rcconf struct rcconf *conf = NULL;
	int ret;

	ret = level_load(&l, dir, !dir && blockroot_here(), &conf, e);
	if (ret < 0)
		return ret;
	return rc_stop(&(struct rc){.dir = &l.dir, .conf = conf, .report = r},
		       e);
}

/*
 * Whoever is gone who waits for this must leave nobody in here that holds the
 * level, and waits itself, for a script, say.
 */
static void end_with_caller(int fd)
{
	struct pollfd p = {.fd = fd};

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (poll(&p, 1, 0) > 0) /* it was before */
		_exit(1);
}

/* In the child, inside the jail. */
static int job_main(void *data)
{
	const struct job *job = data;
	struct report_pipe rp;
	struct err e = ERR_INIT;
	size_t changes = 0;
	int r;

	end_with_caller(job->fd);
	/* nothing that is started in here has them */
	fcntl(job->fd, F_SETFD, FD_CLOEXEC);
	if (cancel_fd() >= 0) {
		fcntl(cancel_fd(), F_SETFD, FD_CLOEXEC);
		(void)cancel_catch(NULL);
	}
	report_pipe_init(&rp, job->fd);
	r = job->up ? level_up(NULL, job->dry_run, &rp.report, &changes, &e)
		    : level_down(NULL, &rp.report, &e);
	report_pipe_result(job->fd, r, changes, &e);
	return r < 0;
}

struct relay {
	const struct report *to;
	const char *dir;
};

static void relay_line(void *data, enum report_level level, const char *text)
{
	cleanup_strbuf struct strbuf b = STRBUF_INIT;
	const struct relay *relay = data;

	if (level != REPORT_WARN && level != REPORT_ERROR) {
		report(relay->to, level, "%s", text);
		return;
	}
	blockroot_rename(text, relay->dir, &b);
	report(relay->to, level, "%s", strbuf_failed(&b) ? text : b.s);
}

static int run_in(struct prisons *ps, const struct prison *p, const char *dir,
		  struct job *job, const struct report *to, size_t *changes,
		  struct err *e)
{
	struct relay relay = {.to = to, .dir = dir};
	struct report renamed = {.line = relay_line, .data = &relay};
	cleanup_strbuf struct strbuf text = STRBUF_INIT;
	cleanup_close int rd = -1, wr = -1;
	struct err xe = ERR_INIT;
	size_t more = 0;
	int fds[2], keep[2], r, status;
	pid_t pid = -1;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return err_sys(e, errno, "pipe");
	rd = fds[0];
	wr = fds[1];
	job->fd = wr;
	keep[0] = wr;
	keep[1] = cancel_fd();
	r = prison_spawn(ps, p,
			 &(struct prison_exec){
				 .fn = job_main,
				 .data = job,
				 .stdio = {-1, -1, -1},
				 .keep_fds = keep,
				 .nkeep = keep[1] < 0 ? 1 : 2,
				 .runs = true,
			 },
			 &pid, e);
	if (r < 0)
		return r;
	close(take_fd(&wr));
	r = report_pipe_drain(rd, &renamed, &more, &xe);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (r < 0) {
		blockroot_rename(xe.text, dir, &text);
		return err_set(e, -r, "%s",
			       strbuf_failed(&text) ? xe.text : text.s);
	}
	if (changes)
		*changes += more;
	return 0;
}

int level_up_in(struct prisons *ps, const struct prison *p, const char *dir,
		bool dry_run, const struct report *r, size_t *changes,
		struct err *e)
{
	struct job job = {.up = true, .dry_run = dry_run, .fd = -1};

	return run_in(ps, p, dir, &job, r, changes, e);
}

int level_down_in(struct prisons *ps, const struct prison *p, const char *dir,
		  const struct report *r, struct err *e)
{
	struct job job = {.up = false, .fd = -1};

	return run_in(ps, p, dir, &job, r, NULL, e);
}
