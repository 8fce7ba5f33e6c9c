/*
 * guard_table: which system calls a jail may make, as data.  guard.c makes a
 * filter of it, guard_gen.c (at build time) the numbers of the names, the
 * tests and docs/SECURITY.md read it.
 */
#ifndef CB_JAIL_GUARD_TABLE_H
#define CB_JAIL_GUARD_TABLE_H

#include <stddef.h>
#include <stdint.h>

/*
 * What opens a row: the bits that guard_conditions() finds in a jail's
 * parameters.  guard_when_names[] says them in words.
 */
enum {
	GUARD_ALWAYS = 1 << 0,
	GUARD_CHILDREN = 1 << 1,
	GUARD_VNET = 1 << 2,
	GUARD_BIND = 1 << 3,  /* mount(2) of nullfs: MS_BIND */
	GUARD_MOUNT = 1 << 4, /* mount(2) of anything else */
	GUARD_MSG = 1 << 5,
	GUARD_SEM = 1 << 6,
	GUARD_SHM = 1 << 7,
	GUARD_AF = 1 << 8,
	GUARD_RAW = 1 << 9,
	GUARD_DEBUG = 1 << 10,
	GUARD_MLOCK = 1 << 11,
	GUARD_MSGBUF = 1 << 12,
	GUARD_TIME = 1 << 13,
	GUARD_QUOTAS = 1 << 14,
	GUARD_HOSTNAME = 1 << 15,
	GUARD_FILTER = 1 << 16,
	GUARD_WHEN_BITS = 17,
};

/* A word or two on arguments, for rows that are open. */
enum guard_check {
	GUARD_ARGS_ANY,
	GUARD_ARGS_CLONE,
	GUARD_ARGS_UNSHARE,
	GUARD_ARGS_PERSONALITY,
	GUARD_ARGS_IOCTL,
	GUARD_ARGS_MKNOD,
	GUARD_ARGS_MKNODAT,
	GUARD_ARGS_MOUNT,
	GUARD_ARGS_MOUNT_LOW, /* goes on from MOUNT */
	GUARD_ARGS_SOCKET,
	GUARD_ARGS_NETLINK, /* goes on from SOCKET */
	GUARD_ARGS_SETSOCKOPT,
	GUARD_ARGS_XTABLES, /* goes on from SETSOCKOPT */
	GUARD_ARGS_SOCKETCALL,
	GUARD_ARGS_IPC,
	GUARD_NCHECKS,
};

/* One row: calls of one nature, and why they are what they are. */
struct guard_row {
	const char *names; /* one blank between them */
	uint32_t open;	   /* any of these conditions; 0: never */
	int closed;	   /* errno otherwise */
	enum guard_check args;
	const char *why;
};
extern const struct guard_row guard_rows[];
extern const size_t guard_nrows;

/*
 * The tests of a check are tried in order; the first that holds decides.
 * Arguments are compared by their low 32 bits, which is all the kernel looks
 * at in these; a filter that compared more could be gone around.
 */
enum guard_op {
	GUARD_EQUAL, /* (argument & mask) == value */
	GUARD_ANY,   /* argument & mask */
	GUARD_ELSE,  /* holds: the end of a check */
};

#define GUARD_GO_ON(check) (-(int)(check)) /* a verdict: to another check */

struct guard_test {
	enum guard_check of;
	enum guard_op op;
	int arg;
	uint32_t mask, value;
	int verdict;	 /* 0 allowed, an errno, or GUARD_GO_ON() */
	uint32_t only;	 /* in force only with one of these; 0: always */
	uint32_t unless; /* not in force with one of these */
	const char *why;
};
extern const struct guard_test guard_tests[];
extern const size_t guard_ntests;

/* What opens, in words: by bit number. */
extern const char *const guard_when_names[GUARD_WHEN_BITS];

/* Written by guard_gen.c: sorted by number. */
struct guard_nr {
	uint16_t nr;
	uint16_t row;
};
struct guard_arch {
	uint32_t audit; /* AUDIT_ARCH_* */
	const struct guard_nr *nr;
	size_t n;
};
extern const struct guard_arch guard_archs[];
extern const size_t guard_narchs;

#endif
