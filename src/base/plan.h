/*
 * plan: a list of steps, each with its undo.
 *
 * Theory of operation.  What changes the kernel is first written down as
 * steps, then run in order.  When a step fails, the undo of each step done so
 * far runs in reverse and the step's error is returned.  The same engine runs
 * jail starts, block changes and rollbacks.  Steps may carry a text for `-n`,
 * `-v` and progress; a step without undo needs none (say why where it is
 * added).  Failpoints for the crash tests sit here: with
 * CELLBLOCK_DIE_AT=N in the environment the process kills itself (SIGKILL)
 * before its N-th step, counted over the whole process, with
 * CELLBLOCK_STOP_AT=N it stops there (SIGSTOP), so that a test can have
 * another command come between.
 */
#ifndef CB_BASE_PLAN_H
#define CB_BASE_PLAN_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

struct plan_step {
	char *text; /* owned; what is done, imperative, may be NULL */
	int (*run)(void *ctx, void *arg, struct err *e);
	int (*undo)(void *ctx, void *arg, struct err *e); /* may be NULL */
	void (*free_arg)(void *arg);			  /* may be NULL */
	void *arg;
	bool done;
};

struct plan {
	struct plan_step *v;
	size_t n;
};

/* Told of each step before it runs (and of each undo); may be NULL. */
typedef void plan_observer(void *data, const struct plan_step *step,
			   size_t index, size_t total, bool undoing);

/* Append a step; takes arg (freed by free_arg also on failure). */
int plan_add(struct plan *p, int (*run)(void *ctx, void *arg, struct err *e),
	     int (*undo)(void *ctx, void *arg, struct err *e), void *arg,
	     void (*free_arg)(void *arg), struct err *e, const char *text, ...)
	__attribute__((format(printf, 7, 8)));

/*
 * Run all steps not yet done.  On failure undoes what this plan has done, in
 * reverse, and returns the failing step's error (an undo that fails adds
 * "; undo of TEXT failed: ..." to it).
 */
int plan_run(struct plan *p, void *ctx, plan_observer *obs, void *data,
	     struct err *e);

/* Undo all done steps in reverse; goes on after failures, returns the first. */
int plan_undo(struct plan *p, void *ctx, plan_observer *obs, void *data,
	      struct err *e);

void plan_free(struct plan *p);
#define cleanup_plan __attribute__((cleanup(plan_free)))

/* A place where a test may kill or stop the process; cheap when unset. */
void plan_failpoint(void);
/* The same place, where the caller must see to the killing itself. */
bool plan_failpoint_hit(void);

#endif
