/* jls: the listing of jls(8), as text or JSON. */
#ifndef CB_JAIL_JLS_H
#define CB_JAIL_JLS_H

#include "base/err.h"
#include "base/str.h"
#include "jail/prison.h"

#include <stdbool.h>
#include <stddef.h>

struct jls_opts {
	bool check;	   /* -c */
	bool dying;	   /* -d, -a */
	bool header;	   /* -h */
	bool names;	   /* -N */
	bool nameval;	   /* -n */
	bool quoted;	   /* -q */
	bool skip;	   /* -s: what jail(8) would take back, no more */
	bool verbose;	   /* -v */
	bool json, pretty; /* --libxo */
	bool help, version;
	const char *jail;   /* -j; NULL: all */
	struct strv params; /* none: the default listing */
};

/*
 * Parse a command line.  -EINVAL: bad usage (a text in e comes before it),
 * other errors have a text.
 */
int jls_parse(int argc, char **argv, struct jls_opts *ret, struct err *e);
void jls_opts_free(struct jls_opts *o);
#define cleanup_jls_opts __attribute__((cleanup(jls_opts_free)))
extern const char jls_usage[];

/* The listing of n jails; -EINVAL: "unknown parameter: x". */
int jls_print(const struct jls_opts *o, const struct prison *jails, size_t n,
	      struct strbuf *out, struct err *e);

#endif
