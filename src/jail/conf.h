/*
 * conf: jail.conf(5).  text -> jailconf; the printer writes what parses back
 * to the same model.
 */
#ifndef CB_JAIL_CONF_H
#define CB_JAIL_CONF_H

#include "base/err.h"
#include "base/report.h"
#include "jail/pset.h"

/* A jail as the file defines it, after merge of wildcards and substitution. */
struct jailconf_jail {
	char *name;	    /* full dotted name, or the digits of a jid */
	struct pset params; /* in order; $variables are not in here */
	char *file;
	unsigned int line; /* of its first statement */
	/*
	 * What is wrong with this jail alone (a variable not found, a bad
	 * boolean, ...), as "NAME: text"; NULL: nothing.  Its params are then
	 * empty.  Only jailconf_load_lenient() returns such jails.
	 */
	char *error;
};

struct jailconf {
	struct jailconf_jail *v; /* non-wildcard jails, in file order */
	size_t n;
	struct strv files; /* every file read, includes too */
	/* private to conf_*.c */
	void *raw;
};

/*
 * Parse FILE ("-" = stdin, called "STDIN" in messages) and everything it
 * includes.  A syntax error gives FreeBSD's text ("FILE line N: TOKEN: syntax
 * error") and leaves ret untouched.  Unknown parameters are not errors here
 * (jail(8) checks them), bad substitution and bad booleans, integers and
 * jailsys values are.
 */
int jailconf_load(const char *file, struct jailconf **ret, struct err *e);
/*
 * As above, but what is wrong with one jail only does not fail the others
 * (jail(8)'s way): look at each jail's `error`.
 */
int jailconf_load_lenient(const char *file, struct jailconf **ret,
			  struct err *e);
/*
 * As jailconf_load from memory; `name` stands for the file in messages.
 * .include is refused: this is for registry files, which may be hostile.
 */
int jailconf_parse(const char *name, const char *text, size_t len,
		   struct jailconf **ret, struct err *e);
void jailconf_free(struct jailconf **c);
#define cleanup_jailconf __attribute__((cleanup(jailconf_free)))

/*
 * The file as read (before merge), in canonical jail.conf text; included
 * files stand in the place of their .include.
 */
int jailconf_print(const struct jailconf *c, struct strbuf *out, struct err *e);
/*
 * One jail as a block, for registry files: NAME { p = v; ... }.  The entry
 * that the block's name implies (name, or jid when it is all digits) is left
 * out.  jailconf_parse() gives the same set back.
 */
void jailconf_print_jail(struct strbuf *out, const char *name,
			 const struct pset *params);
/* "a = b;" value quoting of jail.conf. */
void jailconf_quote(struct strbuf *out, const char *value);
/*
 * The quoting of `jail -e`, `jail -J` and `jls -q`: quotes only when empty or
 * when a blank, tab or quote is inside; not always fit for jail.conf.
 */
void jailconf_quote_export(struct strbuf *out, const char *value);

/* jail -e SEP: one line a jail (jail.md section 1). */
int jailconf_export(const struct jailconf *c, const char *sep,
		    struct strbuf *out, struct err *e);

/* A name matches a wildcard pattern ("*", "foo.*", "*.bar"). */
bool jailconf_match(const char *pattern, const char *name);

#endif
