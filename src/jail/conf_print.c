/*
 * conf_print: jail.conf(5) text from the tree, from parameter sets, and the
 * forms of jail -e; see conf_impl.h for the whole.
 *
 * What is printed as jail.conf parses back to what was printed: values are
 * quoted whenever a token could end early, be taken for a comment, or have a
 * variable put in.
 */
#include "jail/conf_impl.h"

#include "base/cleanup.h"

#include <string.h>

/* Needs no quotes as a token of jail.conf? */
static bool is_plain(const char *s)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "abcdefghijklmnopqrstuvwxyz"
				    "0123456789_!%&()-.:<>?@[]^`|~/*";

	return *s && !s[strspn(s, plain)] && !strstr(s, "//") &&
	       !strstr(s, "/*");
}

/* A character inside double quotes, or inside the braces of a variable. */
static void put_escaped(struct strbuf *out, char c, const char *special)
{
	static const char ctl[] = "\a\b\f\n\r\t\v", letters[] = "abfnrtv";
	const char *at = c ? strchr(ctl, c) : NULL;

	if (at)
		strbuf_addf(out, "\\%c", letters[at - ctl]);
	else if ((unsigned char)c < 0x20 || c == 0x7f)
		strbuf_addf(out, "\\%03o", (unsigned int)(unsigned char)c);
	else if (strchr(special, c))
		strbuf_addf(out, "\\%c", c);
	else
		strbuf_addch(out, c);
}

static void put_quoted_text(struct strbuf *out, const char *s)
{
	for (; *s; s++)
		put_escaped(out, *s, "\"\\$");
}

void jailconf_quote(struct strbuf *out, const char *value)
{
	if (is_plain(value)) {
		strbuf_adds(out, value);
		return;
	}
	strbuf_addch(out, '"');
	put_quoted_text(out, value);
	strbuf_addch(out, '"');
}

void jailconf_quote_export(struct strbuf *out, const char *value)
{
	char quote = '\0';

	/* the kind that need not be escaped inside, if there is one */
	if (!*value || strchr(value, '\''))
		quote = '"';
	else if (strchr(value, '"'))
		quote = '\'';
	else if (strpbrk(value, " \t"))
		quote = '"';
	if (quote)
		strbuf_addch(out, quote);
	for (const char *s = value; *s; s++) {
		if (*s == '\\' || *s == quote)
			strbuf_addch(out, '\\');
		strbuf_addch(out, *s);
	}
	if (quote)
		strbuf_addch(out, quote);
}

static bool is_identifier(const char *s)
{
	static const char start[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "abcdefghijklmnopqrstuvwxyz_";

	return *s && strchr(start, *s) &&
	       !s[strspn(s, "0123456789"
			    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			    "abcdefghijklmnopqrstuvwxyz_")];
}

static void put_variable(struct strbuf *out, const char *name, bool braces)
{
	if (!braces && is_identifier(name)) {
		strbuf_addf(out, "$%s", name);
		return;
	}
	strbuf_adds(out, "${");
	for (; *name; name++)
		put_escaped(out, *name, "\"\\${}");
	strbuf_addch(out, '}');
}

static void put_string(struct strbuf *out, const struct conf_string *s)
{
	if (s->n == 0) {
		strbuf_adds(out, "\"\"");
		return;
	}
	if (s->n == 1) {
		if (s->v[0].var)
			put_variable(out, s->v[0].text, false);
		else
			jailconf_quote(out, s->v[0].text);
		return;
	}
	strbuf_addch(out, '"');
	for (size_t i = 0; i < s->n; i++) {
		if (s->v[i].var)
			put_variable(out, s->v[i].text, true);
		else
			put_quoted_text(out, s->v[i].text);
	}
	strbuf_addch(out, '"');
}

static void put_indent(struct strbuf *out, unsigned int depth)
{
	while (depth--)
		strbuf_addch(out, '\t');
}

static void put_block(struct strbuf *out, const struct conf_block *b);

static void put_statement(struct strbuf *out, const struct conf_stmt *st,
			  unsigned int depth)
{
	put_indent(out, depth);
	if (st->kind == CONF_VAR)
		put_variable(out, st->name, false);
	else
		jailconf_quote(out, st->name);
	if (st->kind == CONF_JAIL) {
		strbuf_adds(out, " {\n");
		put_block(out, st->body);
		put_indent(out, depth);
		strbuf_adds(out, "}\n");
		return;
	}
	for (size_t i = 0; i < st->values.n; i++) {
		if (i)
			strbuf_adds(out, ", ");
		else
			strbuf_adds(out, st->append ? " += " : " = ");
		put_string(out, st->values.v[i]);
	}
	strbuf_adds(out, ";\n");
}

static void put_block(struct strbuf *out, const struct conf_block *b)
{
	for (size_t i = 0; i < b->n; i++)
		put_statement(out, &b->v[i], b->depth);
}

int jailconf_print(const struct jailconf *c, struct strbuf *out, struct err *e)
{
	put_block(out, c->raw);
	return strbuf_failed(out) ? err_nomem(e) : 0;
}

/* Does the name of its block already say this? */
static bool is_implied(const char *block, const struct jparam *p)
{
	bool digits = strspn(block, "0123456789") == strlen(block);

	return !strcmp(p->name, digits ? "jid" : "name") && p->values.n == 1 &&
	       !strcmp(p->values.v[0], block);
}

void jailconf_print_jail(struct strbuf *out, const char *name,
			 const struct pset *params)
{
	jailconf_quote(out, name);
	strbuf_adds(out, " {\n");
	for (size_t i = 0; i < params->n; i++) {
		const struct jparam *p = &params->v[i];

		if (is_implied(name, p))
			continue;
		strbuf_addch(out, '\t');
		jailconf_quote(out, p->name);
		for (size_t k = 0; k < p->values.n; k++) {
			strbuf_adds(out, k ? ", " : " = ");
			jailconf_quote(out, p->values.v[k]);
		}
		strbuf_adds(out, ";\n");
	}
	strbuf_adds(out, "}\n");
}

int jailconf_export(const struct jailconf *c, const char *sep,
		    struct strbuf *out, struct err *e)
{
	for (size_t i = 0; i < c->n; i++) {
		const struct pset *ps = &c->v[i].params;

		if (c->v[i].error)
			continue;
		for (size_t k = 0; k < ps->n; k++) {
			const struct jparam *p = &ps->v[k];

			if (k)
				strbuf_adds(out, sep);
			strbuf_adds(out, p->name);
			for (size_t x = 0; x < p->values.n; x++) {
				strbuf_addch(out, x ? ',' : '=');
				jailconf_quote_export(out, p->values.v[x]);
			}
		}
		strbuf_addch(out, '\n');
	}
	return strbuf_failed(out) ? err_nomem(e) : 0;
}
