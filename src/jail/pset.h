/*
 * pset: an ordered set of jail parameters as text, the form in which
 * parameters travel between jail.conf, the command line, the registry and
 * libjail.  What a name means is in param.h's table.
 */
#ifndef CB_JAIL_PSET_H
#define CB_JAIL_PSET_H

#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>

struct param_def;

struct jparam {
	char *name;
	struct strv values; /* none: the name alone was given ("persist;") */
	char *file;	    /* where it was written; NULL: command line */
	unsigned int line;
	const struct param_def *def; /* pset.c's: its row of param.h's table */
};

struct pset {
	struct jparam *v;
	size_t n;
};

/*
 * By any spelling: "persist" finds "nopersist" and "ip4.addr" finds
 * "ip4.addrs" (param_bool() and param_jailsys() mind the "no").
 */
struct jparam *pset_find(const struct pset *ps, const char *name);
/* First value, or NULL when absent or without value. */
const char *pset_value(const struct pset *ps, const char *name);
/* Replace (append=false) or extend; value NULL: name alone. */
int pset_put(struct pset *ps, const char *name, const char *value, bool append,
	     struct err *e);
/* As above with a list of values (none: name alone) and where it stands. */
int pset_put_values(struct pset *ps, const char *name,
		    const struct strv *values, bool append, const char *file,
		    unsigned int line, struct err *e);
/* A new entry; the caller vouches that none of its meaning is there yet. */
int pset_add(struct pset *ps, const char *name, const struct strv *values,
	     const char *file, unsigned int line, struct err *e);
/* The same by its row of the table, under the row's name. */
int pset_add_row(struct pset *ps, const struct param_def *row,
		 const struct strv *values, struct err *e);
void pset_remove(struct pset *ps, const char *name);
/* dst becomes a copy of src; what it held is freed.  Untouched on failure. */
int pset_copy(struct pset *dst, const struct pset *src, struct err *e);
void pset_free(struct pset *ps);
#define cleanup_pset __attribute__((cleanup(pset_free)))

#endif
