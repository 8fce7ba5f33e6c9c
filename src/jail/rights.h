/*
 * rights: what of a jail's parameters Linux can keep, and what they imply.
 *
 * Theory of operation.  A parameter is in force, or the jail does not start
 * and one line says why; nothing is accepted and then not done.  The one
 * table here (rights.c) has a row for each parameter with a value that Linux
 * cannot give, or gives only to jails whose users are their creator's.  Values
 * that say what is true anyway are fine with everybody.
 *
 * What the kernel holds a process to (capabilities, system calls) is settled
 * when the process enters the jail.  So a right given later is had by what
 * enters later, and a right cannot be taken away while processes run that
 * would keep it: then the jail must be restarted.
 *
 * The questions at the end are for those who build the walls: they see the
 * parameters, those here say what they add up to.
 */
#ifndef CB_JAIL_RIGHTS_H
#define CB_JAIL_RIGHTS_H

#include "base/err.h"
#include "jail/pset.h"

#include <stdbool.h>

/*
 * A new jail's parameters in canonical form: checks them, and puts in what
 * they imply and what comes from the parent.  parent is what the calling
 * level knows of itself (its `self`), NULL on the machine.  Errors: FreeBSD's
 * "jail_set: Operation not permitted" for what the parent has not, a line
 * that begins with the parameter for what Linux has not (-ENOTSUP).
 */
int rights_create(const struct pset *parent, struct pset *params,
		  struct err *e);
/*
 * The same for a change: `given` is asked for, `old` becomes `now`.  running:
 * there are processes in the jail.
 */
int rights_update(const struct pset *parent, const struct pset *given,
		  const struct pset *old, const struct pset *now, bool running,
		  struct err *e);
/*
 * The parameter that a running process would keep although `now` has it no
 * more; NULL: none.
 */
const char *rights_taken(const struct pset *old, const struct pset *now);
/* jail(8)'s own (pseudo) parameters. */
int rights_pseudo(const struct pset *given, struct err *e);

/* The jail's users are its creator's: no user namespace. */
bool rights_same_users(const struct pset *params);
/* host.unconfined has this word. */
bool rights_unconfined(const struct pset *params, const char *word);

/*
 * allow.mount: what of mount(2) is open, besides what jails of its own need.
 * Linux tells a further view of what is mounted (a bind mount) from a new file
 * system, no more.
 */
enum {
	RIGHTS_MOUNT_BIND = 1,
	RIGHTS_MOUNT_NEW = 2,
};
unsigned int rights_mount(const struct pset *params);

/* sysvmsg, sysvsem, sysvshm, or NULL: any of them. */
bool rights_sysv(const struct pset *params, const char *which);
/* They are the creator's: there is no IPC namespace for this jail. */
bool rights_sysv_shared(const struct pset *params);

/* securelevel: file flags stay (1), the clock too (2), packet filters (3). */
int rights_securelevel(const struct pset *params);

#endif
