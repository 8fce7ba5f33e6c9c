/*
 * rcedit: see rcedit.h.
 *
 * Theory of operation.  The text is walked line by line, but a quote that is
 * open at the end of a line goes on in the next, so that a NAME= inside a
 * value of several lines is not taken for an assignment.  Only assignments
 * that begin a line count; those behind `if ...; then` are the
 * administrator's own and are left alone.
 */
#include "rc/rcedit.h"

#include <ctype.h>
#include <string.h>

/* One line (or several, when quotes span them) and the assignment in it. */
struct line {
	const char *start, *end;	      /* end: behind its newline */
	const char *name, *value, *value_end; /* NULL: no assignment */
	size_t name_len;
	bool open; /* a quote is open at the end of the text */
};

bool rcedit_name_ok(const char *name)
{
	if (*name != '_' && !isalpha((unsigned char)*name))
		return false;
	for (; *name; name++)
		if (*name != '_' && !isalnum((unsigned char)*name))
			return false;
	return true;
}

/* Behind the closing quote, or the end of the text: then *open is set. */
static const char *skip_quoted(const char *p, bool *open)
{
	char quote = *p++;

	while (*p && *p != quote) {
		if (*p == '\\' && quote == '"' && p[1])
			p++;
		p++;
	}
	if (!*p)
		*open = true;
	return *p ? p + 1 : p;
}

/* Behind one word. */
static const char *skip_word(const char *p, bool *open)
{
	while (*p && !strchr(" \t\n;&|<>()", *p)) {
		if (*p == '"' || *p == '\'') {
			p = skip_quoted(p, open);
		} else if (*p == '\\' && p[1]) {
			/* the last line goes on in the one to be added */
			if (p[1] == '\n' && !p[2])
				*open = true;
			p += 2;
		} else {
			if (*p == '\\')
				*open = true;
			p++;
		}
	}
	return p;
}

/* The rest of a line behind `p`, comments and further words. */
static const char *skip_rest(const char *p, bool *open)
{
	while (*p && *p != '\n') {
		if (*p == '#') {
			p += strcspn(p, "\n");
		} else if (strchr(" \t;&|<>()", *p)) {
			p++;
		} else {
			const char *w = skip_word(p, open);

			p = w > p ? w : p + 1;
		}
	}
	return *p ? p + 1 : p;
}

static bool next_line(const char **pos, struct line *l)
{
	const char *p = *pos, *n;

	if (!*p)
		return false;
	*l = (struct line){.start = p};
	p += strspn(p, " \t");
	for (n = p; *n == '_' || isalnum((unsigned char)*n); n++)
		;
	if (n > p && *n == '=' && !isdigit((unsigned char)*p)) {
		l->name = p;
		l->name_len = (size_t)(n - p);
		l->value = n + 1;
		l->value_end = skip_word(n + 1, &l->open);
		p = l->value_end;
	}
	l->end = skip_rest(p, &l->open);
	*pos = l->end;
	return true;
}

static bool assigns(const struct line *l, const char *name)
{
	return l->name && strlen(name) == l->name_len &&
	       !strncmp(l->name, name, l->name_len);
}

static bool find_last(const char *text, const char *name, struct line *ret,
		      bool *ret_open)
{
	struct line l;
	bool found = false;

	*ret_open = false;
	while (next_line(&text, &l)) {
		*ret_open = l.open;
		if (assigns(&l, name)) {
			*ret = l;
			found = true;
		}
	}
	return found;
}

static void put_value(struct strbuf *out, const char *value)
{
	strbuf_addch(out, '"');
	for (; *value; value++) {
		if (strchr("\\\"$`", *value))
			strbuf_addch(out, '\\');
		strbuf_addch(out, *value);
	}
	strbuf_addch(out, '"');
}

bool rcedit_set(const char *text, const char *name, const char *value,
		struct strbuf *out)
{
	size_t len = strlen(text);
	struct line l;
	bool found, open;

	found = find_last(text, name, &l, &open);
	if (open)
		return false;
	if (found) {
		strbuf_addn(out, text, (size_t)(l.value - text));
		put_value(out, value);
		strbuf_adds(out, l.value_end);
		return true;
	}
	strbuf_adds(out, text);
	if (len && text[len - 1] != '\n')
		strbuf_addch(out, '\n');
	strbuf_addf(out, "%s=", name);
	put_value(out, value);
	strbuf_addch(out, '\n');
	return true;
}

bool rcedit_delete(const char *text, const char *name, struct strbuf *out)
{
	struct line l;
	bool found = false;

	while (next_line(&text, &l)) {
		if (assigns(&l, name))
			found = true;
		else
			strbuf_addn(out, l.start, (size_t)(l.end - l.start));
	}
	return found;
}

bool rcedit_get(const char *text, const char *name, struct strbuf *value)
{
	char quote = 0;
	struct line l;
	bool open;

	if (!find_last(text, name, &l, &open))
		return false;
	for (const char *p = l.value; p < l.value_end; p++) {
		if (quote && *p == quote)
			quote = 0;
		else if (!quote && (*p == '"' || *p == '\''))
			quote = *p;
		else if (*p == '\\' && quote != '\'' && p + 1 < l.value_end &&
			 (!quote || strchr("\\\"$`", p[1])))
			strbuf_addch(value, *++p);
		else
			strbuf_addch(value, *p);
	}
	return true;
}
