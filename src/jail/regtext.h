/*
 * regtext: the registry's files.  A strict part of jail.conf(5): statements
 * `NAME;` and `NAME = "VALUE", "VALUE";`, every value quoted, no variables,
 * no includes, no nesting.  Written here, readable by jail(8), and read back
 * by a parser that has nothing a hostile file could use.
 */
#ifndef CB_JAIL_REGTEXT_H
#define CB_JAIL_REGTEXT_H

#include "base/err.h"
#include "base/str.h"
#include "jail/pset.h"

#include <stddef.h>

/* Limits of what is read; more is an error, not a loop. */
#define REGTEXT_MAX (256 * 1024)
#define REGTEXT_PARAMS 1024
#define REGTEXT_VALUES 4096

/* ret is untouched on failure; the text need not be NUL-terminated. */
int regtext_parse(const char *text, size_t len, struct pset *ret,
		  struct err *e);
void regtext_print(struct strbuf *out, const struct pset *ps);
/* A name that the parser reads back. */
int regtext_name_ok(const char *name);

/*
 * Read dirfd/path: a regular file, no symbolic link and no mount on the way,
 * nothing outside dirfd, no waiting on a FIFO, at most REGTEXT_MAX bytes.
 */
int regtext_read(int dirfd, const char *path, struct pset *ret, struct err *e);
int regtext_write(int dirfd, const char *path, const struct pset *ps,
		  struct err *e);

#endif
