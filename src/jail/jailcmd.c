/*
 * jailcmd: see jailcmd.h.
 *
 * Theory of operation.  Every jail there could be work on is a job.  The main
 * loop takes the next job that can go on, moves it by one step, and puts it
 * into the queue of what it waits for now:
 *
 *     idle --asked for--> ready --other jails--> depend --> ready
 *                         ready --a command----> sleep  --> ready
 *                         ready --limit (-p)---> limit  --> ready
 *                         ready --all steps done--> idle
 *
 * Jails are worked on at the same time, each with at most one command.  What
 * a start, a stop and a modification consist of is data (jailcmd_steps.c);
 * who waits for whom is jailcmd_graph.c's; sleeping is jailcmd_wait.c's;
 * running commands jailcmd_exec.c's.  All else (namespaces, mounts,
 * interfaces) is done at once, in this process, by prison.h; but where many
 * jails are to be made, others help with that (jailcmd_crew.c).
 *
 * A killed jail(8) leaves a half-started jail to the next command: the jail
 * counts as starting until prison_started().
 */
#include "jail/jailcmd.h"

#include "base/cleanup.h"
#include "base/plan.h"
#include "jail/jailcmd_int.h"
#include "jail/param.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <sys/wait.h>

/* ---- messages ---- */

static void jailjob_say(struct jailrun *run, const struct jailjob *j,
			enum report_level level, const char *prefix,
			const char *fmt, va_list ap)
{
	cleanup_strbuf struct strbuf b = STRBUF_INIT;

	strbuf_vaddf(&b, fmt, ap);
	report(run->report, level, "%s%s%s%s", prefix, j->name ? j->name : "",
	       j->name ? ": " : "", b.s);
}

void jailjob_error(struct jailrun *run, const struct jailjob *j,
		   const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	jailjob_say(run, j, REPORT_ERROR, "jail: ", fmt, ap);
	va_end(ap);
}

void jailjob_warn(struct jailrun *run, const struct jailjob *j, const char *fmt,
		  ...)
{
	va_list ap;

	va_start(ap, fmt);
	jailjob_say(run, j, REPORT_WARN, "jail: ", fmt, ap);
	va_end(ap);
}

void jailjob_note(struct jailrun *run, const struct jailjob *j,
		  enum report_level level, const char *fmt, ...)
{
	va_list ap;

	if (level == REPORT_VERBOSE && run->cmd->verbosity < 1)
		return;
	va_start(ap, fmt);
	jailjob_say(run, j, level, "", fmt, ap);
	va_end(ap);
}

/* "x" not found: the jail as the user calls it. */
static void jailjob_quoted(struct jailrun *run, const struct jailjob *j,
			   const char *what, const char *nameless)
{
	const char *s = j->name ? j->name : jailjob_key(j);

	if (s)
		report(run->report, REPORT_ERROR, "jail: \"%s\" %s", s, what);
	else
		report(run->report, REPORT_ERROR, "jail: %s", nameless);
}

/* ---- jobs ---- */

void jailjob_queue(struct jailrun *run, struct jailjob *j, enum jobqueue q)
{
	if (j->queue == q)
		return;
	TAILQ_REMOVE(&run->queues[j->queue], j, link);
	TAILQ_INSERT_TAIL(&run->queues[q], j, link);
	j->queue = q;
}

/* A failed job goes first: what it has done is to be undone soon. */
void jailjob_fail(struct jailrun *run, struct jailjob *j)
{
	j->flags |= JOB_FAILED;
	TAILQ_REMOVE(&run->queues[j->queue], j, link);
	TAILQ_INSERT_HEAD(&run->queues[QUEUE_READY], j, link);
	j->queue = QUEUE_READY;
}

int jailjob_new(struct jailrun *run, const char *name,
		const struct pset *params, struct jailjob **ret, struct err *e)
{
	struct jailjob **v, *j;

	v = reallocarray(run->jobs, run->njobs + 1, sizeof(struct jailjob *));
	if (!v)
		return err_nomem(e);
	run->jobs = v;
	j = calloc(1, sizeof(*j));
	if (!j)
		return err_nomem(e);
	j->index = run->njobs;
	j->pidfd = -1;
	j->step = -1;
	v[run->njobs++] = j;
	j->request = (struct strbuf)STRBUF_INIT;
	TAILQ_INSERT_TAIL(&run->queues[QUEUE_IDLE], j, link);
	if (name) {
		j->name = strdup(name);
		if (!j->name)
			return err_nomem(e);
	}
	if (params && pset_copy(&j->params, params, e) < 0)
		return -ENOMEM;
	*ret = j;
	return 0;
}

static void jailjob_free(struct jailjob *j)
{
	free(j->name);
	pset_free(&j->params);
	pset_free(&j->given);
	strv_free(&j->alias4);
	strv_free(&j->alias6);
	free(j->needs.v);
	free(j->needed.v);
	free(j->line);
	free(j->termfds);
	free(j->dad);
	strbuf_free(&j->request);
	free(j->made_text);
	if (j->output > 0)
		close(j->output);
	free(j);
}

static void jailrun_free(struct jailrun *run)
{
	crew_free(run);
	for (size_t i = 0; i < run->nbackground; i++)
		(void)waitpid(run->background[i], NULL, WNOHANG);
	free(run->background);
	for (size_t i = 0; i < run->njobs; i++)
		jailjob_free(run->jobs[i]);
	free(run->jobs);
	jailgraph_free(run);
	nl_free(&run->dad);
	vnet_free(&run->vnet);
	prisons_free(&run->own_ps);
	jailconf_free(&run->own_conf);
	if (run->epfd >= 0)
		close(run->epfd);
}
#define cleanup_jailrun __attribute__((cleanup(jailrun_free)))

/* ---- steps ---- */

static void jailjob_begin(struct jailjob *j, const struct jailstep *steps)
{
	j->steps = steps;
	j->step = -1;
	j->value = 0;
	j->nvalues = 0;
}

/* Is the job on its way back from a failed start? */
static bool jailjob_backwards(const struct jailjob *j)
{
	return (j->flags & JOB_FAILED) && j->steps == jail_start_steps;
}

static size_t jailstep_count(const struct jailstep *s, const struct jailjob *j)
{
	const struct strv *v = jailstep_values(s, j);

	/* a file's commands are for the start, not for every -m */
	if (j->steps == jail_update_steps && s->param && j->name)
		return 0;
	/* all values of a command line's `command` are one command */
	if (v && v->n && !j->name && s->param && !strcmp(s->param, "command"))
		return 1;
	return v ? v->n : 1;
}

static const char *jailstep_value(const struct jailstep *s,
				  const struct jailjob *j, size_t i)
{
	const struct strv *v = jailstep_values(s, j);

	return v ? v->v[i] : NULL;
}

/* On to the next value; false at the end of the table. */
static bool jailjob_forward(struct jailjob *j)
{
	while (j->value >= j->nvalues) {
		j->step++;
		j->value = j->nvalues = 0;
		if (!j->steps[j->step].name)
			return false;
		j->nvalues = jailstep_count(&j->steps[j->step], j);
	}
	j->value++;
	return true;
}

/* Back to the value before; false before the first. */
static bool jailjob_back(struct jailjob *j)
{
	if (j->value)
		j->value--;
	while (!j->value) {
		if (j->step <= 0)
			return false;
		j->step--;
		j->value = jailstep_count(&j->steps[j->step], j);
	}
	return true;
}

/* Undo everything that was done before the step that failed. */
static void jailjob_undo(struct jailrun *run, struct jailjob *j)
{
	while (jailjob_back(j)) {
		const struct jailstep *s = &j->steps[j->step];

		if (!s->undo)
			continue;
		plan_failpoint();
		(void)s->undo(run, j, jailstep_value(s, j, j->value - 1));
	}
}

/* STEP_DONE: through with the table; STEP_WAIT: come back later. */
static int jailjob_steps(struct jailrun *run, struct jailjob *j)
{
	if (jailjob_backwards(j)) {
		jailjob_undo(run, j);
		return STEP_DONE;
	}
	for (;;) {
		const struct jailstep *s;
		size_t i;
		int r;

		if (run->cmd->limit > 0 &&
		    run->running >= (size_t)run->cmd->limit) {
			jailjob_queue(run, j, QUEUE_LIMIT);
			return STEP_WAIT;
		}
		if (!jailjob_forward(j))
			return STEP_DONE;
		s = &j->steps[j->step];
		i = j->value - 1;
		/* stops take back in reverse what starts did in order */
		if (s->list && (j->steps == jail_stop_steps ||
				j->steps == jail_cleanup_steps))
			i = j->nvalues - 1 - i;
		plan_failpoint();
		r = s->run(run, j, jailstep_value(s, j, i));
		if (r == STEP_DONE)
			continue;
		if (r < 0)
			jailjob_fail(run, j);
		return STEP_WAIT;
	}
}

/* ---- operations ---- */

static void jailjob_finish(struct jailrun *run, struct jailjob *j)
{
	if (j->flags & JOB_FAILED)
		run->failed = true;
	jailjob_output_end(run, j);
	jailjob_aliases_end(run, j);
	jailgraph_done(run, j, false);
	j->steps = NULL;
}

/*
 * On FreeBSD a jail's /etc/rc leaves cron and syslogd behind; here often
 * nothing is left when it ends.  A jail that is gone as soon as it is up would
 * be of no use, so it stays, as do those of a block however they are started,
 * unless "nopersist" is written.
 */
static bool jailjob_kept(struct jailrun *run, struct jailjob *j)
{
	if (!(run->blockdir || j->flags & JOB_RC) ||
	    pset_find(&j->params, "persist") || jailjob_has_processes(run, j))
		return false;
	jailjob_warn(run, j,
		     "no process is left and it has no persist: kept as if it "
		     "had");
	return true;
}

/* All of its start is done: it stands on its own now. */
static int jailjob_started(struct jailrun *run, struct jailjob *j)
{
	cleanup_pset struct pset ps = {0};
	struct jailcmd_started s = {
		.jid = j->jid,
		.name = j->name,
		.params = &j->given,
	};
	struct err e = ERR_INIT;
	char jid[16];
	int r = 0, ret;

	if (!(j->flags & JOB_CREATED))
		return 0;
	snprintf(jid, sizeof(jid), "%d", j->jid);
	if ((j->flags & JOB_PERSIST) && !jailjob_kept(run, j)) {
		r = pset_put(&ps, "jid", jid, false, &e);
		if (!r)
			r = pset_put(&ps, "nopersist", NULL, false, &e);
		if (!r)
			r = prison_set(run->ps, &ps, PRISON_UPDATE, &ret, &e);
		/* without a process left it has ended: nothing wrong */
		if (r == -ENOENT)
			r = 0;
	}
	if (!r)
		r = prison_started(run->ps, j->jid, &e);
	if (r == -ENOENT)
		r = 0;
	if (r < 0) {
		jailjob_error(run, j, "%s", e.text);
		return r;
	}
	j->flags &= ~(unsigned int)(JOB_CREATED | JOB_PERSIST);
	if (run->cmd->started)
		run->cmd->started(run->cmd->data, &s);
	return 0;
}

static void jailjob_create(struct jailrun *run, struct jailjob *j)
{
	if (!j->steps) {
		if (j->jid > 0 && !(j->flags & (JOB_DEPEND | JOB_WILD))) {
			jailjob_quoted(run, j, "already exists",
				       "jail already exists");
			jailjob_fail(run, j);
			return;
		}
		if (jailgraph_wait(run, j))
			return;
		if (!(j->flags & JOB_FAILED) && jailgraph_taken(run, j)) {
			jailjob_error(run, j,
				      pset_find(&j->params, "jid")
					      ? "jail %s already exists"
					      : "jail \"%s\" already exists",
				      jailjob_key(j));
			jailjob_fail(run, j);
			return;
		}
		if (j->flags & JOB_FAILED || j->jid > 0) {
			jailjob_finish(run, j);
			return;
		}
		jailjob_begin(j, jail_start_steps);
	}
	if (jailjob_steps(run, j) != STEP_DONE)
		return;
	if (!(j->flags & JOB_FAILED) && jailjob_started(run, j) < 0) {
		jailjob_fail(run, j);
		return;
	}
	jailjob_finish(run, j);
}

/* False: a create-only parameter differs, and this has been said. */
static bool jailjob_modifiable(struct jailrun *run, struct jailjob *j, bool say)
{
	cleanup_prison struct prison p = {0};
	char jid[16];
	const char *name;

	snprintf(jid, sizeof(jid), "%d", j->jid);
	if (prison_get(run->ps, jid, true, &p, NULL) < 0)
		return true;
	name = jailjob_create_only(j, &p);
	if (name && say)
		jailjob_error(run, j, "%s cannot be changed after creation",
			      name);
	/* with a restart at hand nothing is left to processes that run */
	if (!name && !say)
		name = jailjob_taken(j, &p);
	return !name;
}

static void jailjob_modify(struct jailrun *run, struct jailjob *j)
{
	if (!j->steps) {
		if (j->jid < 0 && !(j->flags & JOB_DEPEND)) {
			jailjob_quoted(run, j, "not found",
				       "no jail specified");
			jailjob_fail(run, j);
			return;
		}
		if (jailgraph_wait(run, j))
			return;
		if (j->flags & (JOB_FAILED | JOB_DEPEND)) {
			jailjob_finish(run, j);
			return;
		}
		if (!jailjob_modifiable(run, j, true)) {
			jailjob_fail(run, j);
			return;
		}
		jailjob_begin(j, jail_update_steps);
	} else if (j->flags & JOB_FAILED) {
		jailjob_finish(run, j);
		return;
	}
	if (jailjob_steps(run, j) == STEP_DONE)
		jailjob_finish(run, j);
}

/* The stop is over; a restart goes on with the start. */
static void jailjob_stopped(struct jailrun *run, struct jailjob *j)
{
	jailjob_finish(run, j);
	if (!(j->ops & JAILCMD_CREATE) || (j->flags & JOB_FAILED))
		return;
	j->ops &= ~(unsigned int)JAILCMD_REMOVE;
	/* what it needs may be there and asked for by nobody else */
	jailjob_queue(run, j, QUEUE_READY);
}

static void jailjob_stop(struct jailrun *run, struct jailjob *j)
{
	if (!j->steps) {
		if (jailgraph_wait(run, j))
			return;
		if (j->flags & JOB_FAILED) {
			jailjob_finish(run, j);
			return;
		}
		if (j->jid < 0 && !run->cmd->cleanup) {
			if (!(j->flags & (JOB_DEPEND | JOB_WILD)) &&
			    run->cmd->verbosity >= 0)
				jailjob_quoted(run, j, "not found",
					       "no jail specified");
			/* a restart makes it nevertheless */
			if (!(j->ops & JAILCMD_CREATE) &&
			    !(j->flags & (JOB_DEPEND | JOB_WILD)))
				j->flags |= JOB_FAILED;
			jailjob_stopped(run, j);
			return;
		}
		if (run->cmd->cleanup && j->jid > 0) {
			if (!(j->flags & (JOB_DEPEND | JOB_WILD))) {
				jailjob_error(run, j, "still exists");
				j->flags |= JOB_FAILED;
			}
			jailjob_finish(run, j);
			return;
		}
		jailjob_begin(j, run->cmd->cleanup ? jail_cleanup_steps
						   : jail_stop_steps);
	} else if ((j->flags & JOB_FAILED) && j->jid > 0) {
		jailjob_finish(run, j);
		return;
	}
	if (jailjob_steps(run, j) == STEP_DONE)
		jailjob_stopped(run, j);
}

/* -1: not there. */
static int jailrun_jid(struct jailrun *run, const char *which, pid_t *ret_init)
{
	cleanup_prison struct prison p = {0};

	if (!which || prison_get(run->ps, which, false, &p, NULL) < 0)
		return -1;
	if (ret_init)
		*ret_init = p.init;
	return p.jid;
}

/* -cm, -mr and -cmr turn into what they mean for a jail as it is now. */
static int jailjob_resolve_ops(struct jailrun *run, struct jailjob *j)
{
	const unsigned int c = JAILCMD_CREATE, m = JAILCMD_MODIFY,
			   r = JAILCMD_REMOVE;
	bool there = j->jid > 0;

	if (j->ops == (c | m)) {
		j->ops = there ? m : c;
	} else if (j->ops == (m | r) || j->ops == (c | m | r)) {
		if (!there && j->ops == (m | r)) {
			jailjob_quoted(run, j, "not found",
				       "no jail specified");
			return -1;
		}
		if (!there)
			j->ops = c;
		else
			j->ops = jailjob_modifiable(run, j, false) ? m : r | c;
	}
	return 0;
}

/* Move one job on by what it can do now. */
static void jailjob_advance(struct jailrun *run, struct jailjob *j)
{
	if ((j->flags & JOB_FAILED) && !j->steps) {
		jailjob_finish(run, j);
		return;
	}
	if (!(j->flags & JOB_CHECKED) && jailjob_check(run, j) < 0) {
		jailjob_fail(run, j);
		return;
	}
	if (!j->jid)
		j->jid = jailrun_jid(run, jailjob_key(j), &j->init);
	if (jailjob_reap(run, j) < 0 ||
	    (!j->steps && jailjob_resolve_ops(run, j) < 0)) {
		jailjob_fail(run, j);
		return;
	}
	if (j->ops & JAILCMD_REMOVE)
		jailjob_stop(run, j);
	else if (j->ops & JAILCMD_MODIFY)
		jailjob_modify(run, j);
	else
		jailjob_create(run, j);
}

static void jailrun_loop(struct jailrun *run)
{
	for (;;) {
		bool ready = !TAILQ_EMPTY(&run->queues[QUEUE_READY]);
		struct jailjob *j = jailrun_wait(run, !ready);

		if (!j)
			j = jailgraph_next(run);
		if (!j) {
			if (TAILQ_EMPTY(&run->queues[QUEUE_SLEEP]))
				return;
			continue;
		}
		/* what the step does not queue elsewhere is done */
		jailjob_queue(run, j, QUEUE_IDLE);
		jailjob_advance(run, j);
	}
}

/* ---- which jails ---- */

static bool name_wild(const char *name)
{
	return name[0] == '*' ? name[1] == '\0' || name[1] == '.'
			      : strstr(name, ".*") != NULL;
}

static void jailrun_ask(struct jailrun *run, struct jailjob *j,
			unsigned int flags, bool look)
{
	j->ops = run->cmd->ops;
	j->flags |= flags;
	jailjob_queue(run, j,
		      look && jailgraph_pending(j) ? QUEUE_DEPEND
						   : QUEUE_READY);
}

/* A wildcard that is matched against the jails there are. */
static int jailrun_ask_running(struct jailrun *run, const char *pattern,
			       struct err *e)
{
	struct prison *v = NULL;
	struct jailjob *j;
	size_t n = 0;
	int r;

	r = prison_list(run->ps, false, &v, &n, e);
	for (size_t i = 0; !r && i < n; i++) {
		if (!jailconf_match(pattern, v[i].name))
			continue;
		r = jailjob_new(run, v[i].name, NULL, &j, e);
		if (r < 0)
			break;
		j->jid = v[i].jid;
		j->init = v[i].init;
		jailrun_ask(run, j, JOB_WILD, false);
	}
	prison_list_free(&v, n);
	return r;
}

/* A name no block defines: -r may still mean a jail that exists. */
static int jailrun_ask_unknown(struct jailrun *run, const char *name,
			       struct err *e)
{
	struct jailjob *j;
	pid_t init = 0;
	int jid = -1, r;

	if (run->cmd->ops == JAILCMD_REMOVE && !run->cmd->cleanup)
		jid = jailrun_jid(run, name, &init);
	if (jid <= 0) {
		report(run->report, REPORT_ERROR, "jail: \"%s\" not found",
		       name);
		run->failed = true;
		return 0;
	}
	r = jailjob_new(run, name, NULL, &j, e);
	if (r < 0)
		return r;
	j->jid = jid;
	j->init = init;
	jailrun_ask(run, j, 0, false);
	return 0;
}

static int jailrun_ask_name(struct jailrun *run, const char *name,
			    struct err *e)
{
	bool live = run->cmd->hard || !run->conf;
	struct jailjob *j;

	if (name_wild(name)) {
		if (live)
			return jailrun_ask_running(run, name, e);
		for (size_t i = 0; i < run->njobs; i++)
			if (run->jobs[i]->name &&
			    jailconf_match(name, run->jobs[i]->name))
				jailrun_ask(run, run->jobs[i], JOB_WILD,
					    !strcmp(name, "*"));
		return 0;
	}
	j = run->nbyname ? jailgraph_find(run, name) : NULL;
	if (!j)
		return jailrun_ask_unknown(run, name, e);
	jailrun_ask(run, j, 0, false);
	return 0;
}

/* `depend` of a command line's jail is about jails that exist. */
static void jailrun_depend_running(struct jailrun *run, struct jailjob *j)
{
	const struct jparam *p = pset_find(&j->params, "depend");

	for (size_t i = 0; p && i < p->values.n; i++)
		if (jailrun_jid(run, p->values.v[i], NULL) < 0) {
			jailjob_error(run, j,
				      "depends on nonexistent jail \"%s\"",
				      p->values.v[i]);
			j->flags |= JOB_FAILED;
		}
}

static int jailrun_jobs(struct jailrun *run, struct err *e)
{
	const struct jailcmd *c = run->cmd;
	struct jailjob *j;
	int r;

	if (c->params) {
		r = jailjob_new(run, NULL, c->params, &j, e);
		if (r < 0)
			return r;
		jailrun_depend_running(run, j);
		jailrun_ask(run, j, 0, false);
		return 0;
	}
	for (size_t i = 0; run->conf && i < run->conf->n; i++) {
		r = jailjob_new(run, run->conf->v[i].name,
				&run->conf->v[i].params, &j, e);
		if (r < 0)
			return r;
		/* what is wrong with one jail stops none of the others */
		if (run->conf->v[i].error) {
			report(run->report, REPORT_ERROR, "jail: %s",
			       run->conf->v[i].error);
			j->flags |= JOB_FAILED;
		}
	}
	r = jailgraph_build(run, e);
	if (r < 0)
		return r;
	if (!c->nnames)
		for (size_t i = 0; i < run->njobs; i++)
			jailrun_ask(run, run->jobs[i], JOB_WILD, true);
	for (size_t i = 0; i < c->nnames; i++) {
		r = jailrun_ask_name(run, c->names[i], e);
		if (r < 0)
			return r;
	}
	return 0;
}

/* ---- the whole ---- */

/* A warning of prison's, which knows no program. */
static void prison_line(void *data, enum report_level level, const char *text)
{
	struct jailrun *run = data;

	report(run->report, level, "jail: %s", text);
}

static int jailrun_open(struct jailrun *run, struct err *e)
{
	const struct jailcmd *c = run->cmd;
	struct epoll_event ev = {.events = EPOLLIN};
	struct prison_self self = {0};
	struct stat st;
	int r;

	run->conf = c->hard ? NULL : c->conf;
	if (!c->hard && !c->conf && !c->params && c->file) {
		r = jailconf_load_lenient(c->file, &run->own_conf, e);
		if (r < 0)
			return r;
		run->conf = run->own_conf;
	}
	run->ps = c->prisons;
	if (!run->ps) {
		r = prisons_open(&run->own_ps, e);
		if (r < 0)
			return r;
		run->ps = run->own_ps;
		prisons_report(run->ps, &run->prison_report);
		prisons_nets(run->ps, c->nets);
	}
	run->blockdir = c->block;
	if (!run->blockdir && !stat(CELLBLOCK_RUN "/block", &st) &&
	    S_ISDIR(st.st_mode))
		run->blockdir = CELLBLOCK_RUN "/block";
	if (run->blockdir && !prison_self(&self, NULL))
		run->block_root = !self.jailed || self.block_root;
	run->epfd = epoll_create1(EPOLL_CLOEXEC);
	if (run->epfd < 0)
		return err_sys(e, errno, "epoll_create");
	if (c->cancel_fd >= 0 &&
	    epoll_ctl(run->epfd, EPOLL_CTL_ADD, c->cancel_fd, &ev) < 0)
		return err_sys(e, errno, "epoll_ctl");
	return 0;
}

int jailcmd_run(const struct jailcmd *c, struct err *e)
{
	cleanup_jailrun struct jailrun run = {
		.cmd = c,
		.report = c->report,
		.epfd = -1,
		.prison_report = {.line = prison_line},
	};
	int r;

	run.prison_report.data = &run;

	for (size_t i = 0; i < NQUEUES; i++)
		TAILQ_INIT(&run.queues[i]);
	r = jailrun_open(&run, e);
	if (r < 0)
		return r;
	run.note_remove = run.conf || c->nnames > 1 ||
			  (c->nnames == 1 && name_wild(c->names[0]));
	if (c->dying)
		report(c->report, REPORT_WARN,
		       "jail: the 'allow.dying' parameter and '-d' flag are "
		       "deprecated and have no effect.");
	r = jailrun_jobs(&run, e);
	if (r < 0)
		return r;
	jailrun_loop(&run);
	if (run.cancelled)
		return err_set(e, ECANCELED, "%s", "");
	return run.failed ? err_set(e, EIO, "%s", "") : 0;
}

/* ---- what was started, as text ---- */

/* Quotes for blanks, quotes and nothing at all; backslash before quotes. */
static void started_quote(struct strbuf *out, const char *s)
{
	char q = !*s		     ? '"'
		 : strchr(s, '\'')   ? '"'
		 : strchr(s, '"')    ? '\''
		 : strpbrk(s, " \t") ? '"'
				     : '\0';

	if (q)
		strbuf_addch(out, q);
	for (; *s; s++) {
		if (*s == '\\' || (q && *s == q))
			strbuf_addch(out, '\\');
		strbuf_addch(out, *s);
	}
	if (q)
		strbuf_addch(out, q);
}

static void started_values(struct strbuf *out, const struct pset *ps,
			   const char *name, char sep)
{
	const struct jparam *p = pset_find(ps, name);

	for (size_t i = 0; p && i < p->values.n; i++) {
		if (i)
			strbuf_addch(out, sep);
		started_quote(out, p->values.v[i]);
	}
}

void jailcmd_print_started(struct strbuf *out, const struct jailcmd_started *s,
			   bool old_style, const char *sep)
{
	const struct pset *ps = s->params;

	if (!old_style) {
		strbuf_addf(out, "jid=%d", s->jid);
		if (s->name && !pset_find(ps, "name")) {
			strbuf_addf(out, "%sname=", sep);
			started_quote(out, s->name);
		}
		for (size_t i = 0; i < ps->n; i++) {
			if (!strcmp(ps->v[i].name, "jid"))
				continue;
			strbuf_addf(out, "%s%s%s", sep, ps->v[i].name,
				    ps->v[i].values.n ? "=" : "");
			started_values(out, ps, ps->v[i].name, ',');
		}
		strbuf_addch(out, '\n');
		return;
	}
	strbuf_addf(out, "%d\t", s->jid);
	started_values(out, ps, "path", ',');
	strbuf_addch(out, '\t');
	started_values(out, ps, "host.hostname", ',');
	strbuf_addch(out, '\t');
	started_values(out, ps, "ip4.addr", ',');
	if (pset_value(ps, "ip4.addr") && pset_value(ps, "ip6.addr"))
		strbuf_addch(out, ',');
	started_values(out, ps, "ip6.addr", ',');
	strbuf_addch(out, '\t');
	started_values(out, ps, "command", ' ');
	strbuf_addch(out, '\n');
}
