/*
 * fstab: the lines of `mount` and `mount.fstab`, text to model.  Nothing here
 * touches a file system: prison_fstab.c mounts what this understands.
 *
 * A line is fstab(5)'s: source, directory, type, options; the two numbers
 * behind them mean nothing to jail(8) and are not read, as on FreeBSD.  What
 * is not understood is refused, not left out.  Lines travel as text (as
 * parameters do); behind a newline a line may say where it stands.
 */
#ifndef CB_JAIL_FSTAB_H
#define CB_JAIL_FSTAB_H

#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

enum fstab_kind {
	FSTAB_NULLFS,
	FSTAB_TMPFS,
	FSTAB_PROCFS, /* linprocfs, too */
	FSTAB_SYSFS,  /* linsysfs */
	FSTAB_FDESCFS,
	FSTAB_DEVFS,
	FSTAB_UNIONFS,
	FSTAB_KINDS
};

struct fstab_line {
	char *source, *dir; /* escapes undone; dir begins with "/" */
	enum fstab_kind kind;
	uint64_t set, clear; /* MOUNT_ATTR_* */
	bool recursive;	     /* nullfs: and what is mounted below the source */
	bool below;	     /* unionfs: the source is the lower layer */
	/* tmpfs, devfs; -1: not given */
	long long size, inodes, mode, uid, gid, ruleset;
	const char *param; /* "mount" or "mount.fstab": static */
	char *where;	   /* "FILE line N", or NULL */
};
void fstab_line_free(struct fstab_line *l);
#define cleanup_fstab_line __attribute__((cleanup(fstab_line_free)))

/* Most lines of a file, and bytes of one line. */
#define FSTAB_LINES 4096
#define FSTAB_LINE_MAX 16384

/* A file's lines, each with its place, without blank ones and comments. */
int fstab_lines(const char *file, const char *text, size_t len,
		struct strv *ret, struct err *e);

/*
 * One line.  param is the parameter it is of.  1: nothing in it; errors are
 * FreeBSD's, with the place before them.
 */
int fstab_parse(const char *param, const char *line, struct fstab_line *ret,
		struct err *e);

/* An error of this line: "PLACE: PARAM: TEXT", or without the place. */
int fstab_error(const struct fstab_line *l, int code, struct err *e,
		const char *fmt, ...) __attribute__((format(printf, 4, 5)));

#endif
