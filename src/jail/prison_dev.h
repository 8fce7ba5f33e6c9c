/*
 * prison_dev: a jail's /dev, its device filter and its ports below 1024.
 */
#ifndef CB_JAIL_PRISON_DEV_H
#define CB_JAIL_PRISON_DEV_H

#include "jail/devfs.h"
#include "jail/prison_int.h"

/* --- devfs_state.c -------------------------------------------------------- */

/* The level's rulesets, with the stock ones. */
int devfs_load(const struct prisons *ps, struct devfs_sets *ret, struct err *e);
/*
 * Put them there; or take the file away, when all of them would be read from
 * /etc/devfs.rules.  Call with the lock held, last thing.
 */
int devfs_save(struct prisons *ps, const struct devfs_sets *s, struct err *e);

/* jails/JID/dev */
struct dev_state {
	int ruleset;
	uint64_t dev;	   /* st_dev of the file system on its /dev */
	uint32_t uid, gid; /* whom its root's files belong to */
};
int dev_state_write(struct prisons *ps, int jid, const struct dev_state *d,
		    struct err *e);
int dev_state_read(struct prisons *ps, int jid, struct dev_state *ret,
		   struct err *e);

/* --- prison_dev.c --------------------------------------------------------- */

/* What a new jail's /dev is made of. */
struct dev_make {
	struct devfs_plan plan;
	int ruleset;
	int fd;	      /* the file system; -1: not made yet */
	uint64_t dev; /* its st_dev */
	int *trees;   /* by node: the creator's, to be shown there; or -1 */
};
void dev_make_close(struct dev_make *d);

/*
 * Before the first process: what the /dev of a jail with these parameters
 * shows.  Warns of nodes that stay hidden.
 */
int dev_plan(struct prisons *ps, const struct pset *params,
	     struct dev_make *ret, struct err *e);
/*
 * In the first process: make p->dev's file system while the creator's /dev is
 * there, and mount it on the new root's.
 */
int dev_make(const struct root_plan *p, struct err *e);
int dev_mount(const struct root_plan *p, int rootfd, struct err *e);
/*
 * The programs on the jail's cgroup (its path; NULL: none), before anything
 * runs in it.  Where they cannot be and nothing else holds, an error.
 */
int dev_guard(struct prisons *ps, const char *cgroup, const struct pset *params,
	      const struct jail_users *users, const struct devfs_plan *p,
	      struct err *e);
/* A running jail's parameters change from old to now. */
int dev_update(struct prisons *ps, int jid, const struct pset *old,
	       const struct pset *now, struct err *e);

/* --- for devfs(8) --------------------------------------------------------- */

/* Set the ruleset of a jail of this level without applying it. */
int dev_ruleset(struct prisons *ps, int jid, int ruleset, struct err *e);
/*
 * Apply a whole ruleset, or (rule not NULL) one rule, to the /dev of a running
 * jail as it is.  Call with the lock held.
 */
int dev_apply(struct prisons *ps, int jid, int ruleset,
	      const struct devfs_rule *rule, struct err *e);

#endif
