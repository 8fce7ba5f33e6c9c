/*
 * conf_impl: what the files of conf (lexer, grammar, reader, model, printer)
 * share among themselves.  Nobody else includes this.
 *
 * Theory of operation.
 *
 *   text --conf_lex.l, conf_gram.y--> tree --conf_model.c--> jails
 *                                      |
 *                                      +--conf_print.c--> canonical text
 *
 * conf_read.c (with conf_string.c for strings) reads files, follows .include
 * and builds the tree: statements in the order of the text, included ones in
 * the place of the .include, each with its file and line; strings still hold
 * their variables.  The model then makes one record of each block, and of each
 * record that is no wildcard a jail: its parameters merged with those of the
 * wildcards that match its name, in file order, and variables put in.
 *
 * A jail.conf may be written by someone hostile (a jail's registry is read
 * from outside), so all that text can make grow has a bound below, recursion
 * included, and text in error messages is made printable.
 */
#ifndef CB_JAIL_CONF_IMPL_H
#define CB_JAIL_CONF_IMPL_H

#include "jail/conf.h"
#include "jail/param.h"

#include <setjmp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	CONF_MAX_BYTES = 16 << 20, /* text of all files together */
	CONF_MAX_FILES = 4096,	   /* times a file is read */
	CONF_MAX_INCLUDE = 32,	   /* depth, as FreeBSD */
	CONF_MAX_NEST = 64,	   /* blocks in blocks */
	CONF_MAX_NAME = 1024,	   /* bytes in a jail's or a parameter's name */
	CONF_MAX_PARAMS = 1024,	   /* parameters and variables of one jail */
	CONF_MAX_VALUES = 16384,   /* values of one jail */
	CONF_MAX_VALUE_BYTES = 1 << 20, /* text in them */
	CONF_MAX_VARDEPTH = 256,	/* variables that need variables */
	/* over all jails, so that a wildcard times many jails has an end */
	CONF_MAX_ALL_PARAMS = 1 << 20,
	CONF_MAX_ALL_BYTES = 64 << 20,
	CONF_MAX_ALL_WORK = 16 << 20, /* statements merged */
};

/* A piece of a string: literal text, or the name of a variable. */
struct conf_part {
	char *text;
	size_t len, size; /* bytes used and allocated, as in a strbuf */
	bool var;
};

/* Neighbouring literals are one part; the empty string has none. */
struct conf_string {
	struct conf_part *v;
	size_t n;
	unsigned int line;
};

struct conf_values {
	struct conf_string **v;
	size_t n;
};

enum conf_kind {
	CONF_PARAM,
	CONF_VAR,
	CONF_JAIL,
};

struct conf_block;

struct conf_stmt {
	enum conf_kind kind;
	bool append;   /* += */
	char *name;    /* of a jail: as written, relative to its block */
	uint32_t hash; /* of the name */
	const struct param_def *def; /* its row, if any */
	struct conf_values values;
	struct conf_block *body; /* CONF_JAIL */
	const char *file;	 /* in jailconf.files */
	unsigned int line;
};

struct conf_block {
	struct conf_stmt *v;
	size_t n;
	struct conf_block *parent; /* while parsing */
	unsigned int depth;
};

/* State of one parse; one a file, all of a load share `load`. */
struct conf_load {
	struct jailconf *conf;
	size_t bytes;
	size_t files;
	bool may_include;
	struct err *e; /* the first error stays */
	bool failed;
};

struct conf_parser {
	struct conf_load *load;
	const char *file; /* name in messages, owned by conf->files */
	const char *dir;  /* what relative includes are relative to, or NULL */
	unsigned int depth;
	struct conf_block *block; /* where statements go */
	bool adjacent;		  /* the next string is stuck to the last */
	const char *token;	  /* current token, for messages */
	size_t token_len;
	unsigned int token_line;
	jmp_buf oom; /* flex has no other way out */
};

/* conf_read.c: files and statements */
void conf_error(struct conf_parser *p, unsigned int line, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void conf_syntax_error(struct conf_parser *p, const char *msg);
void conf_nomem(struct conf_parser *p);

/* One more value, vs may be NULL; takes both, also on failure (NULL). */
struct conf_values *conf_values_add(struct conf_parser *p,
				    struct conf_values *vs,
				    struct conf_string *s);
void conf_values_free(struct conf_values *vs);

/* A statement; takes head and values, also on failure. */
int conf_statement(struct conf_parser *p, struct conf_string *head,
		   struct conf_values *values, bool append);
/* "{" and "}"; head stays the caller's. */
int conf_open_block(struct conf_parser *p, const struct conf_string *head);
void conf_close_block(struct conf_parser *p);

/* conf_string.c */
void conf_string_free(struct conf_string *s);
/*
 * A string from what stands between quotes (or alone): escapes decoded, and
 * variables taken out when subst is set.  NULL: the error is in p.
 */
struct conf_string *conf_string_parse(struct conf_parser *p, const char *s,
				      size_t len, bool subst,
				      unsigned int line);
struct conf_string *conf_string_var(struct conf_parser *p, const char *s,
				    size_t len, unsigned int line);
/* a with b behind it; takes both, also on failure (NULL). */
struct conf_string *conf_string_join(struct conf_parser *p,
				     struct conf_string *a,
				     struct conf_string *b);

/* jailconf_parse(), strict or lenient. */
int conf_parse_text(const char *name, const char *text, size_t len,
		    bool lenient, struct jailconf **ret, struct err *e);

/* conf_lex.l: run the grammar over a buffer that ends in two NUL bytes. */
int conf_scan(struct conf_parser *p, char *buf, size_t size);

/* conf_model.c */
uint32_t conf_hash(const char *name); /* names are compared by it first */
int conf_merge(struct jailconf *c, bool lenient, struct err *e); /* raw -> v */

/* Text for messages: control and non-ASCII bytes as \xHH, cut at 64. */
void conf_printable(struct strbuf *out, const char *s, size_t len);

#endif
