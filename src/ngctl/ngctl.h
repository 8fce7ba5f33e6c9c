/*
 * ngctl: the commands of ngctl(8), and what nghook(8) shares with it.
 *
 * Theory of operation.  A command is a row of a table: names, help, a
 * function, which sends messages by libnetgraph and hands lines to the
 * caller's put().  Nothing here prints, so that what is printed can be tested
 * without a terminal; texts and formats are FreeBSD's, since scripts read
 * them.  Answers come from a broker that may be another version's, or be
 * killed: counts in them are held against their sizes.
 *
 * A line of a file is split at blanks only, as FreeBSD's ngctl does; quotes
 * are the business of the node that reads the arguments.
 */
#ifndef CB_NGCTL_NGCTL_H
#define CB_NGCTL_NGCTL_H

#include "base/err.h"
#include "base/str.h"

#include <netgraph.h>
#include <stdbool.h>
#include <stdio.h>

/* What a command may return beside 0 and a negative errno with e filled. */
enum {
	NGCTL_USAGE = 1,
	NGCTL_QUIT = 2,
};

struct ngctl {
	int cs, ds; /* sockets of our node */
	void (*put)(void *data, const char *text);
	void (*warn)(void *data, const char *text); /* without newline */
	void *data;
	unsigned int depth; /* of files that read others */
};

struct ngctl_cmd {
	const char *usage; /* "mkpeer [path] <type> <hook> <peerhook>" */
	const char *aliases[3];
	const char *summary;
	const char *help; /* a paragraph, or NULL */
	int (*run)(struct ngctl *c, int argc, char **argv, struct err *e);
};

/* Ends with usage NULL; in the order of `help`. */
extern const struct ngctl_cmd ngctl_cmds[];

int ngctl_config(struct ngctl *c, int argc, char **argv, struct err *e);
int ngctl_connect(struct ngctl *c, int argc, char **argv, struct err *e);
int ngctl_debug(struct ngctl *c, int argc, char **argv, struct err *e);
int ngctl_dot(struct ngctl *c, int argc, char **argv, struct err *e);
int ngctl_help(struct ngctl *c, int argc, char **argv, struct err *e);
int ngctl_list(struct ngctl *c, int argc, char **argv, struct err *e);
int ngctl_mkpeer(struct ngctl *c, int argc, char **argv, struct err *e);
int ngctl_msg(struct ngctl *c, int argc, char **argv, struct err *e);
int ngctl_name(struct ngctl *c, int argc, char **argv, struct err *e);
int ngctl_quit(struct ngctl *c, int argc, char **argv, struct err *e);
int ngctl_read(struct ngctl *c, int argc, char **argv, struct err *e);
int ngctl_rmhook(struct ngctl *c, int argc, char **argv, struct err *e);
int ngctl_show(struct ngctl *c, int argc, char **argv, struct err *e);
int ngctl_shutdown(struct ngctl *c, int argc, char **argv, struct err *e);
int ngctl_status(struct ngctl *c, int argc, char **argv, struct err *e);
int ngctl_types(struct ngctl *c, int argc, char **argv, struct err *e);
int ngctl_write(struct ngctl *c, int argc, char **argv, struct err *e);

/* --- running --- */

/* Length of the command's name in its usage. */
size_t ngctl_word(const struct ngctl_cmd *cmd);
/* The one that matches; -ENOENT none, -EEXIST several, with the text. */
int ngctl_find(const char *word, const struct ngctl_cmd **ret, struct err *e);
/*
 * Run a command, a line, the file that is called `name`; what goes wrong has
 * been given to warn().  Return 0, NGCTL_USAGE, NGCTL_QUIT or a negative errno.
 * A file ends at the first of those that is not 0.
 */
int ngctl_run(struct ngctl *c, int argc, char **argv);
int ngctl_line(struct ngctl *c, const char *line);
int ngctl_file(struct ngctl *c, FILE *f, const char *name);
/* ngctl(8)'s exit status for those. */
int ngctl_status_of(int rc);

/* --- pieces of commands --- */

void ngctl_putf(struct ngctl *c, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* Give b to put(). -ENOMEM */
int ngctl_put(struct ngctl *c, const struct strbuf *b, struct err *e);
/*
 * Flags before the other arguments: each of `letters` is a bit of *ret, its
 * place in there.  *ret_first: the first other argument.
 */
int ngctl_flags(struct ngctl *c, int argc, char **argv, const char *letters,
		unsigned int *ret, int *ret_first);
/* Copy a name into a message's array; FreeBSD's kernel says EINVAL to names
 * that do not fit. */
int ngctl_copy(char *dst, size_t size, const char *src, struct err *e);
/* Words [first, argc) with a blank before each. -ENOMEM */
int ngctl_join(int argc, char **argv, int first, struct strbuf *ret,
	       struct err *e);
/* Send a generic message; "WHAT: strerror". */
int ngctl_send(struct ngctl *c, const char *path, int cmd, const void *arg,
	       size_t len, const char *what, struct err *e);
/* A question, and what is said of it when it fails. */
struct ngctl_question {
	const char *path;
	int cmd; /* generic */
	const void *arg;
	size_t len;
	size_t fixed;	  /* an answer has so many bytes at least */
	const char *what; /* "listnodes ": "send listnodes msg: ..." */
};
/* Ask, and wait for the answer (the caller frees it); other messages that come
 * before it are shown. */
int ngctl_ask(struct ngctl *c, const struct ngctl_question *q,
	      struct ng_mesg **ret, struct err *e);
/* All nodes, those with names, a node's hooks; counts are checked. */
int ngctl_ask_nodes(struct ngctl *c, bool named, const char *what,
		    struct ng_mesg **ret, struct err *e);
int ngctl_ask_hooks(struct ngctl *c, const char *path, const char *what,
		    struct ng_mesg **ret, struct err *e);
int ngctl_ask_types(struct ngctl *c, struct ng_mesg **ret, struct err *e);
/* Is there something to read, now? */
bool ngctl_ready(int fd);
/* The next message or packet on our sockets, in words. */
int ngctl_incoming_msg(struct ngctl *c, struct err *e);
int ngctl_show_msg(struct ngctl *c, const struct ng_mesg *m, const char *from,
		   struct err *e);
int ngctl_incoming_data(struct ngctl *c, struct err *e);

/* --- formats --- */

/* "0000:  2a 2b ...  *+", 16 bytes a line. */
void ngctl_dump(struct strbuf *b, const void *data, size_t len);
/* A name as it may go to a terminal: control characters are '?'. */
void ngctl_safe(struct strbuf *b, const char *name, size_t size);
void ngctl_format_node(struct strbuf *b, const struct nodeinfo *n);
/* hooks: rows of its hooks follow. */
void ngctl_format_show(struct strbuf *b, const struct hooklist *l, bool hooks);
void ngctl_format_types(struct strbuf *b, const struct typelist *l);
/* m is a message as it came from `from`; ascii: the answer to
 * NGM_BINARY2ASCII, NULL if the node knows no text for it. */
void ngctl_format_msg(struct strbuf *b, const struct ng_mesg *m,
		      const char *from, const struct ng_mesg *ascii);
void ngctl_format_data(struct strbuf *b, const char *hook, const void *data,
		       size_t len);
/* What a node, which may be a program's, says of itself. */
void ngctl_format_text(struct strbuf *b, const char *head, const char *path,
		       const char *text, size_t size);
/* The graph as dot(1) reads it: head, then each node, then tail. */
void ngctl_dot_head(struct strbuf *b, const struct namelist *l);
void ngctl_dot_node(struct strbuf *b, const struct hooklist *l);
void ngctl_dot_tail(struct strbuf *b);

/* --- interactive --- */

/* Commands from the terminal, until it ends or one says so; returns as
 * ngctl_run(). */
int ngctl_interactive(struct ngctl *c, struct err *e);
/*
 * Words that may stand where the cursor is, at the end of `text`: commands,
 * types, paths, hooks.  *ret_from: where in text they begin.
 */
int ngctl_complete(struct ngctl *c, const char *text, struct strv *ret,
		   size_t *ret_from);

#endif
