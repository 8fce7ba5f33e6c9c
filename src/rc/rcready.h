/*
 * rcready: interfaces that are made where they are going, and that are not
 * fetched when they are going to be destroyed.
 */
#ifndef CB_RC_RCREADY_H
#define CB_RC_RCREADY_H

#include "rc/rcact.h"
#include "rc/rcmodel.h"

/*
 * Before a start that makes both: the ends that jails are going to have and
 * that nobody can miss here until then, into a->ready.
 */
int rcready_plan(struct rcact *a, const struct rcmodel *m, struct rcstate *s,
		 struct err *e);
/*
 * A clone that is to be made: ends in a->ready are made in the vnets of their
 * jails.  1: done; 0: it is made as any other.
 */
int rcready_make(struct rcact *a, const struct fact *clone, struct err *e);
/* The vnet in which such an end is, before its jail is started. */
int rcready_open(struct rcact *a, const char *end, struct vnet **ret);
/* After an attempt to start these jails: what they did not get comes home. */
int rcready_settle(struct rcact *a, const struct strv *jails, struct err *e);

/* Before a stop that ends jails and destroys clones. */
int rcready_stop(struct rcact *a, struct err *e);

/*
 * Does this line of jail.conf(5)'s exec.* certainly neither look at nor touch
 * an interface that it does not name?
 */
bool rcready_harmless(const char *line);

#endif
