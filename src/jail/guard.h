/*
 * guard: the wall of system calls around a jail's processes.
 *
 * Theory of operation.  guard_table.c says in rows which system calls there
 * are, what opens each (a parameter of the jail), the errno of those that
 * are closed, and why.  The parameters come down to a handful of bits
 * (guard_conditions()), the bits and the table to a program of the kernel's
 * classic BPF (guard_build()), which a process puts around itself and all
 * that come after it (guard_install()).  Nothing takes it away again, and a
 * second one only narrows the first: what is born in a jail within a jail is
 * held by the filters of both.
 *
 * The program asks for the kind of system call (native, 32-bit), then finds
 * the number in a binary tree whose leaves are ranges of numbers with one
 * answer.  Where the arguments matter a leaf leads to a row of tests.  Of
 * calls that are always allowed the kernel remembers so at installation (a
 * bit per call, since Linux 5.11) and runs no filter for them.
 *
 * libseccomp, which the unit test compares every answer with, needs 12 ms
 * for such a filter.  This takes a hundredth of one, and the kernel a fifth
 * of one to check and compile it, so nothing is kept between jails.
 */
#ifndef CB_JAIL_GUARD_H
#define CB_JAIL_GUARD_H

#include "base/err.h"
#include "jail/pset.h"

#include <linux/filter.h>
#include <stdint.h>

/* The conditions of a jail without this wall: everything is open. */
#define GUARD_NO_WALL UINT32_MAX

/*
 * What these parameters open: GUARD_* bits of guard_table.h, or
 * GUARD_NO_WALL.  A jail within a jail gets what the conditions of all on
 * the way have in common (&).
 */
uint32_t guard_conditions(const struct pset *params);

/* A program; n is 0 where there is no wall. */
struct guard {
	struct sock_filter *insns;
	unsigned short n;
};
int guard_build(uint32_t open, struct guard *ret, struct err *e);
void guard_free(struct guard *g);
#define cleanup_guard __attribute__((cleanup(guard_free)))

/*
 * Put the program around the calling process.  It must have CAP_SYS_ADMIN in
 * its user namespace still (no_new_privs is not set: set-user-id programs
 * work in jails), and have made the system calls that the jail may not.
 * Makes system calls only: for children of ns_vfork().
 */
int guard_install(const struct guard *g, struct err *e);

/*
 * The same for a jail's first process, which is ours and makes a dozen calls:
 * these, and nothing a parameter opens.  It costs the kernel next to nothing,
 * where a jail's own filter costs a tenth of the jail's start.
 */
int guard_install_init(struct err *e);

#endif
