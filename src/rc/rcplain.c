/*
 * rcplain: rc.conf(5) files in which there is nothing for a shell to do.
 *
 * Theory of operation.  Most such files are blank lines, comments and
 * NAME="VALUE", where the shell would neither expand nor run anything.  Those
 * are read here, since to start a shell costs a boot of many jails more than
 * all else that their rc does.  The reader knows what it takes (the table
 * below is in one place so that it can be checked at a glance) and takes
 * nothing else: at the first byte that could mean anything more, it is the
 * shell that reads all of the files, from the beginning.
 */
#include "rc/rcplain.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "rc/rcdefaults.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#define PLAIN_MAX (256u << 10)

/* Outside quotes; digits and letters besides. */
static const char bare_chars[] = "_./:,+@%-";
/* Not within double quotes, where the shell looks at them. */
static const char not_double[] = "$`\\\"";

static bool is_text(char c)
{
	return c == '\t' || c == '\n' || (c >= ' ' && c <= '~');
}

static bool is_bare(char c)
{
	return isalnum((unsigned char)c) || (c && strchr(bare_chars, c));
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* What is between quotes; NULL: not plain. */
static const char *plain_quoted(const char *p, struct strbuf *value)
{
	char q = *p++;

	for (; *p != q; p++) {
		if (!is_text(*p) || (q == '"' && strchr(not_double, *p)))
			return NULL;
		strbuf_addch(value, *p);
	}
	return p + 1;
}

/* To the end of the value; NULL: not plain. */
static const char *plain_value(const char *p, struct strbuf *value)
{
	while (p && *p && !is_blank(*p) && *p != '\n') {
		if (*p == '"' || *p == '\'') {
			p = plain_quoted(p, value);
		} else if (is_bare(*p)) {
			strbuf_addch(value, *p++);
		} else {
			return NULL;
		}
	}
	return p;
}

/* Blanks, a comment, the end of the line; NULL: there is more. */
static const char *plain_rest(const char *p)
{
	const char *start = p;

	while (is_blank(*p))
		p++;
	/* a # in a word is none */
	if (*p == '#' && (p == start || is_blank(p[-1])))
		while (*p && *p != '\n')
			if (!is_text(*p++))
				return NULL;
	if (*p == '\n')
		return p + 1;
	return *p ? NULL : p;
}

/* Variables in the order of their assignments. */
struct plain {
	struct plain_var {
		struct rcvar var;
		size_t pos;
	} * v;
	size_t n;
};

static void plain_free(struct plain *pl)
{
	for (size_t i = 0; i < pl->n; i++) {
		free(pl->v[i].var.name);
		free(pl->v[i].var.value);
	}
	free(pl->v);
}

static int plain_put(struct plain *pl, const char *name, size_t len,
		     const char *value)
{
	struct plain_var *v = reallocarray(pl->v, pl->n + 1, sizeof(*pl->v));

	if (!v)
		return -ENOMEM;
	pl->v = v;
	v += pl->n;
	*v = (struct plain_var){
		.var = {.name = strndup(name, len), .value = strdup(value)},
		.pos = pl->n,
	};
	pl->n++;
	if (!v->var.name || !v->var.value)
		return -ENOMEM;
	/* of the shell itself, which may mind or ignore it */
	return rcconf_is_shell_var(v->var.name) ? -EAGAIN : 0;
}

static int plain_cmp(const void *a, const void *b)
{
	const struct plain_var *x = a, *y = b;
	int r = strcmp(x->var.name, y->var.name);

	return r ? r : (x->pos > y->pos) - (x->pos < y->pos);
}

/* The last assignment of each name counts. */
static int plain_take(struct plain *pl, struct rcconf *ret)
{
	struct rcvar *v = calloc(pl->n + 1, sizeof(*v));

	if (!v)
		return -ENOMEM;
	if (pl->n)
		qsort(pl->v, pl->n, sizeof(*pl->v), plain_cmp);
	ret->v = v;
	for (size_t i = 0; i < pl->n; i++) {
		struct rcvar *x = &pl->v[i].var;

		if (i + 1 < pl->n && !strcmp(x->name, pl->v[i + 1].var.name))
			continue;
		v[ret->n++] = *x;
		*x = (struct rcvar){0};
	}
	return 0;
}

/* One line; -EAGAIN: not plain. */
static int plain_line(struct plain *pl, const char **text)
{
	cleanup_strbuf struct strbuf value = STRBUF_INIT;
	const char *name = *text, *p, *end = plain_rest(*text);
	size_t len = 0;
	int r;

	if (!end) {
		while (is_blank(*name))
			name++;
		if (isalpha((unsigned char)*name) || *name == '_')
			while (isalnum((unsigned char)name[len]) ||
			       name[len] == '_')
				len++;
		if (!len || name[len] != '=')
			return -EAGAIN;
		p = plain_value(name + len + 1, &value);
		end = p ? plain_rest(p) : NULL;
		/* NAME=VALUE# has no comment */
		if (!end || *p == '#')
			return -EAGAIN;
		r = strbuf_failed(&value) ? -ENOMEM
					  : plain_put(pl, name, len, value.s);
		if (r < 0)
			return r;
	}
	*text = end;
	return 0;
}

static int plain_file(struct plain *pl, const char *path, struct strv *files)
{
	cleanup_free char *text = NULL;
	const char *p;
	struct stat st;
	size_t len;
	int r = 0;

	/* as the shell is told to */
	if (stat(path, &st) < 0 || !S_ISREG(st.st_mode) ||
	    access(path, R_OK) < 0)
		return 0;
	if (file_read(AT_FDCWD, path, PLAIN_MAX, &text, &len, NULL) < 0 ||
	    strlen(text) != len)
		return -EAGAIN;
	if (strv_add(files, path) < 0)
		return -ENOMEM;
	for (p = text; !r && *p;)
		r = plain_line(pl, &p);
	return r;
}

int rcplain_load(const char *const *paths, bool defaults, struct rcconf *ret)
{
	__attribute__((cleanup(plain_free))) struct plain pl = {0};
	cleanup_strv struct strv files = {0};
	const struct rcvar_def *d;
	int r = 0;

	for (size_t i = 0; !r && defaults && (d = rcvar_def_at(i)); i++)
		if (d->dflt)
			r = plain_put(&pl, d->pattern, strlen(d->pattern),
				      d->dflt);
	for (; !r && *paths; paths++)
		r = **paths == '/' ? plain_file(&pl, *paths, &files) : -EAGAIN;
	if (!r)
		r = plain_take(&pl, ret);
	if (r < 0)
		return r;
	ret->files = files;
	files = (struct strv){0};
	return 0;
}
