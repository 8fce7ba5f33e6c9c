/*
 * jailcmd_graph: which jail waits for which.
 *
 * Theory of operation.  An edge says that one jail depends on another: by
 * `depend`, or lightly by its name (a.b needs a to exist, not to have
 * finished starting).  Starts follow the edges, stops go against them.  An
 * edge is settled (seen) once the jail at its far end is done, and its
 * waiting dependents go back to the ready queue, where they look again.  A
 * jail that is needed but was not asked for is pulled in with the operation
 * of the one that needs it.
 */
#include "jail/jailcmd_int.h"

#include "base/cleanup.h"
#include "jail/param.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int jobdeps_add(struct jobdeps *d, struct jobdep *edge)
{
	struct jobdep **v =
		reallocarray(d->v, d->n + 1, sizeof(struct jobdep *));

	if (!v)
		return -ENOMEM;
	d->v = v;
	v[d->n++] = edge;
	return 0;
}

static int jailgraph_add(struct jailrun *run, struct jailjob *from,
			 struct jailjob *to, bool light, struct err *e)
{
	struct jobdep **v;
	struct jobdep *d;

	v = reallocarray(run->deps, run->ndeps + 1, sizeof(struct jobdep *));
	if (!v)
		return err_nomem(e);
	run->deps = v;
	d = calloc(1, sizeof(*d));
	if (!d)
		return err_nomem(e);
	*d = (struct jobdep){.from = from, .to = to, .light = light};
	v[run->ndeps++] = d;
	if (jobdeps_add(&from->needs, d) < 0 || jobdeps_add(&to->needed, d) < 0)
		return err_nomem(e);
	return 0;
}

void jailgraph_free(struct jailrun *run)
{
	for (size_t i = 0; i < run->ndeps; i++)
		free(run->deps[i]);
	free(run->deps);
	free(run->byname);
	run->deps = NULL;
	run->byname = NULL;
	run->ndeps = run->nbyname = 0;
}

static int job_by_name(const void *a, const void *b)
{
	const struct jailjob *x = *(struct jailjob *const *)a;
	const struct jailjob *y = *(struct jailjob *const *)b;
	int r = strcmp(x->name, y->name);

	/* a sort that leaves equals as they were in the file */
	return r ? r : x->index < y->index ? -1 : 1;
}

/*
 * Of two jails of one name that one is found which FreeBSD's bsearch(3) comes
 * upon first, for what its jail(8) means by a name follows from that: with two
 * blocks and no others the last.
 */
struct jailjob *jailgraph_find(const struct jailrun *run, const char *name)
{
	size_t from = 0, left = run->nbyname;

	while (left) {
		size_t mid = from + left / 2;
		int r = strcmp(name, run->byname[mid]->name);

		if (!r)
			return run->byname[mid];
		if (r > 0) {
			from = mid + 1;
			left--;
		}
		left /= 2;
	}
	return NULL;
}

/* Is there something to wait for before FreeBSD's jail(8) makes the jail? */
static bool jailjob_prelude(const struct jailjob *j)
{
	static const char *const mounts[] = {
		"mount.devfs",
		"mount.fdescfs",
		"mount.procfs",
	};

	for (size_t i = 0; i < ARRAY_SIZE(mounts); i++)
		if (param_set_bool(&j->params, mounts[i]))
			return true;
	for (const struct jailstep *s = jail_start_steps;
	     s->name && strcmp(s->name, "create") != 0; s++) {
		const struct strv *v = jailstep_values(s, j);

		if (v && v->n)
			return true;
	}
	return false;
}

bool jailgraph_taken(const struct jailrun *run, const struct jailjob *j)
{
	for (size_t i = 0; j->name && i < j->index; i++) {
		const struct jailjob *o = run->jobs[i];

		if ((o->flags & JOB_MADE) && o->jid == j->jid && o->name &&
		    !strcmp(o->name, j->name) && jailjob_prelude(o))
			return true;
	}
	return false;
}

static int jailgraph_edges(struct jailrun *run, struct jailjob *j,
			   struct err *e)
{
	const struct jparam *p = pset_find(&j->params, "depend");
	cleanup_free char *parent = NULL;
	struct jailjob *to;
	char *dot;

	for (size_t i = 0; p && i < p->values.n; i++) {
		to = jailgraph_find(run, p->values.v[i]);
		if (!to) {
			jailjob_error(run, j,
				      "depends on undefined jail \"%s\"",
				      p->values.v[i]);
			j->flags |= JOB_FAILED;
		} else if (jailgraph_add(run, j, to, false, e) < 0) {
			return -ENOMEM;
		}
	}
	parent = strdup(j->name);
	if (!parent)
		return err_nomem(e);
	dot = strrchr(parent, '.');
	if (!dot)
		return 0;
	*dot = '\0';
	to = jailgraph_find(run, parent);
	return to ? jailgraph_add(run, j, to, true, e) : 0;
}

/* Peel off jails without open dependencies; what stays is in a loop. */
static int jailgraph_loops(struct jailrun *run, struct err *e)
{
	cleanup_free size_t *open = calloc(run->njobs + 1, sizeof(size_t));
	cleanup_free struct jailjob **todo =
		calloc(run->njobs + 1, sizeof(struct jailjob *));
	size_t ntodo = 0, done = 0, scan = 0;

	if (!open || !todo)
		return err_nomem(e);
	for (size_t i = 0; i < run->njobs; i++) {
		open[i] = run->jobs[i]->needs.n;
		if (!open[i])
			todo[ntodo++] = run->jobs[i];
	}
	while (done < run->njobs) {
		struct jailjob *j;

		if (ntodo == done) {
			/* the first in the file breaks the loop */
			while (!open[scan])
				scan++;
			j = run->jobs[scan];
			open[scan] = 0;
			jailjob_error(run, j, "dependency loop");
			j->flags |= JOB_FAILED;
			todo[ntodo++] = j;
		}
		j = todo[done++];
		for (size_t i = 0; i < j->needed.n; i++) {
			struct jailjob *f = j->needed.v[i]->from;

			if (open[f->index] && !--open[f->index])
				todo[ntodo++] = f;
		}
	}
	return 0;
}

int jailgraph_build(struct jailrun *run, struct err *e)
{
	int r;

	run->byname = calloc(run->njobs + 1, sizeof(struct jailjob *));
	if (!run->byname)
		return err_nomem(e);
	for (size_t i = 0; i < run->njobs; i++)
		if (run->jobs[i]->name)
			run->byname[run->nbyname++] = run->jobs[i];
	qsort(run->byname, run->nbyname, sizeof(struct jailjob *), job_by_name);
	for (size_t i = 0; i < run->njobs; i++) {
		if (!run->jobs[i]->name)
			continue;
		r = jailgraph_edges(run, run->jobs[i], e);
		if (r < 0)
			return r;
	}
	return run->ndeps ? jailgraph_loops(run, e) : 0;
}

bool jailgraph_pending(const struct jailjob *j)
{
	bool stop = jailjob_stops(j);
	const struct jobdeps *d = stop ? &j->needed : &j->needs;

	/* one that has failed waits for nobody, but others for its end */
	if (j->flags & JOB_FAILED)
		return false;
	for (size_t i = 0; i < d->n; i++)
		if (!d->v[i]->seen[stop])
			return true;
	return false;
}

/* A jail that another waits for gets the operation that this needs of it. */
static void jailgraph_pull(struct jailrun *run, const struct jailjob *j,
			   struct jailjob *o)
{
	unsigned int ops = o->ops;
	bool restart = (ops & (ops - 1)) != 0; /* more than one operation */

	if (restart)
		return;
	if (!ops) {
		o->flags |= JOB_DEPEND;
		jailjob_queue(run, o, QUEUE_READY);
	}
	switch (j->ops) {
	case JAILCMD_CREATE:
		o->ops |= JAILCMD_CREATE;
		break;
	case JAILCMD_MODIFY:
		if (!ops)
			o->ops = JAILCMD_MODIFY;
		else if (ops & JAILCMD_REMOVE)
			o->ops |= JAILCMD_CREATE;
		break;
	case JAILCMD_REMOVE:
	case JAILCMD_REMOVE | JAILCMD_CREATE:
		o->ops |= JAILCMD_REMOVE;
		if (o->ops & JAILCMD_MODIFY) {
			o->ops &= ~(unsigned int)JAILCMD_MODIFY;
			o->ops |= JAILCMD_CREATE;
		}
		break;
	default:
		break;
	}
	/* it may have been waiting on the other side of its edges */
	if (o->queue == QUEUE_DEPEND && o->ops != ops)
		jailjob_queue(run, o, QUEUE_READY);
}

bool jailgraph_wait(struct jailrun *run, struct jailjob *j)
{
	bool stop = jailjob_stops(j);
	const struct jobdeps *d = stop ? &j->needed : &j->needs;
	size_t waiting = 0;

	for (size_t i = 0; i < d->n; i++) {
		struct jobdep *edge = d->v[i];
		struct jailjob *o = stop ? edge->from : edge->to;

		if (edge->seen[stop])
			continue;
		if (o->flags & JOB_FAILED) {
			if (!(j->flags & (JOB_DEPEND | JOB_FAILED)) &&
			    run->cmd->verbosity >= 0)
				jailjob_error(run, j, "skipped");
			j->flags |= JOB_FAILED;
			continue;
		}
		jailgraph_pull(run, j, o);
		if (!(edge->light && (stop ? o->jid < 0 : o->jid > 0)))
			waiting++;
	}
	if (!waiting || (j->flags & JOB_FAILED))
		return false;
	jailjob_queue(run, j, QUEUE_DEPEND);
	return true;
}

void jailgraph_done(struct jailrun *run, struct jailjob *j, bool light)
{
	bool stop = jailjob_stops(j);
	const struct jobdeps *d = stop ? &j->needs : &j->needed;
	/* one pulled in for a modification that cannot be done harms nobody */
	bool spoils = (j->flags & JOB_FAILED) && !light &&
		      !(j->ops == JAILCMD_MODIFY && (j->flags & JOB_DEPEND));

	for (size_t i = 0; i < d->n; i++) {
		struct jobdep *edge = d->v[i];
		struct jailjob *o = stop ? edge->to : edge->from;

		if (edge->seen[stop] || (light && !edge->light))
			continue;
		edge->seen[stop] = true;
		if (spoils) {
			if (!(o->flags & (JOB_DEPEND | JOB_FAILED)) && o->ops &&
			    run->cmd->verbosity >= 0)
				jailjob_error(run, o, "skipped");
			if (o->ops)
				o->flags |= JOB_FAILED;
		}
		if (o->queue == QUEUE_DEPEND)
			jailjob_queue(run, o, QUEUE_READY);
	}
}

/* Starts in order; stops last come first served, and before starts. */
struct jailjob *jailgraph_next(struct jailrun *run)
{
	struct jobqueue_head *q = &run->queues[QUEUE_READY];
	struct jailjob *j = TAILQ_FIRST(q), *k;

	if (!j || !jailjob_stops(j))
		return j;
	TAILQ_FOREACH_REVERSE(k, q, jobqueue_head, link)
	if (jailjob_stops(k))
		return k;
	return j;
}
