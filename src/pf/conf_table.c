/* conf_table: table definitions, files of addresses, words of pfctl -T. */
#include "pf/conf_impl.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "pf/print.h"
#include "pf/table.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>

#define PF_MAX_TABLE_FILE (256u << 20)
#define PF_MAX_TABLE_WORD 4096
#define PF_MAX_ENTRIES (16u << 20)

struct entries {
	struct pf_entry *v;
	size_t n, size;
};

static int mask_bits(const struct pf_host *h)
{
	int bits = 0;

	for (size_t i = 0; i < sizeof(h->mask.b); i++)
		bits += __builtin_popcount(h->mask.b[i]);
	return bits;
}

static int add_entry(struct entries *to, const struct pf_entry *e)
{
	struct pf_entry *v;

	if (to->n >= PF_MAX_ENTRIES)
		return -E2BIG;
	if (to->n == to->size) {
		size_t size = to->size ? 2 * to->size : 16;

		v = reallocarray(to->v, size, sizeof(*v));
		if (!v)
			return -ENOMEM;
		to->v = v;
		to->size = size;
	}
	to->v[to->n++] = *e;
	return 0;
}

static int add_host(struct entries *to, const struct pf_host *h, bool neg,
		    struct err *e)
{
	struct pf_entry entry = {.af = (uint8_t)h->af, .neg = h->neg ^ neg};
	int bits = mask_bits(h), most = h->af == AF_INET ? 32 : 128;

	if (bits > most)
		return err_set(e, ERANGE, "%s", strerror(EINVAL));
	entry.len = (uint8_t)bits;
	memcpy(&entry.addr, &h->addr, most / 8);
	return add_entry(to, &entry);
}

/*
 * The common case, an IPv4 address with or without a length, without a look at
 * interfaces or a copy: files have a million of them.
 */
static bool plain_v4(const char *s, size_t len, struct pf_entry *ret)
{
	const char *end = s + len;
	unsigned int part[5] = {0, 0, 0, 0, 32}, i = 0;
	uint32_t a;

	for (;; i++) {
		const char *start = s;

		for (; s < end && *s >= '0' && *s <= '9' && s - start < 3; s++)
			part[i] = (i == 4 && s == start ? 0 : part[i]) * 10 +
				  (unsigned int)(*s - '0');
		if (s == start || part[i] > (i == 4 ? 32u : 255u))
			return false;
		if (s == end)
			break;
		if (*s++ != (i == 3 ? '/' : '.') || i == 4)
			return false;
	}
	if (i < 3)
		return false;
	a = part[0] << 24 | part[1] << 16 | part[2] << 8 | part[3];
	a &= part[4] ? ~0u << (32 - part[4]) : 0;
	*ret = (struct pf_entry){.af = AF_INET, .len = (uint8_t)part[4]};
	ret->addr.v4.s_addr = htonl(a);
	return true;
}

static int add_word(struct entries *to, const char *word, size_t len,
		    const struct pf_resolve *resolve, struct err *e)
{
	struct hosts l = {0};
	struct pf_entry entry;
	cleanup_free char *s = NULL;
	bool neg = false;
	int r;

	for (; len && *word == '!'; word++, len--)
		neg = !neg;
	if (plain_v4(word, len, &entry)) {
		entry.neg = neg;
		r = add_entry(to, &entry);
	} else {
		s = strndup(word, len);
		r = s ? host_word(s, resolve, true, &l, e) : -ENOMEM;
		for (size_t i = 0; i < l.n && !r; i++)
			r = add_host(to, &l.v[i].host, neg, e);
		hosts_clear(&l);
	}
	if (r == -ENOMEM)
		return err_nomem(e);
	if (r == -E2BIG)
		return err_set(e, E2BIG, "too many elements.");
	return r;
}

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static int add_text(struct entries *to, const char *name, const char *s,
		    size_t len, const struct pf_resolve *resolve, struct err *e)
{
	const char *end = s + len, *word;
	unsigned int line = 1;
	int r;

	while (s < end) {
		if (is_space(*s)) {
			line += *s++ == '\n';
			continue;
		}
		if (*s == '#') {
			while (s < end && *s != '\n')
				s++;
			continue;
		}
		for (word = s; s < end && !is_space(*s); s++)
			if (!*s)
				return err_at(e, EINVAL, name, line,
					      "NUL in an address");
		if (s - word >= PF_MAX_TABLE_WORD)
			return err_at(e, EINVAL, name, line,
				      "address too long");
		r = add_word(to, word, (size_t)(s - word), resolve, e);
		if (r < 0)
			return r;
	}
	return 0;
}

/* The caller's array is of exactly *n entries as far as we know. */
static void entries_from(struct entries *l, struct pf_entry **v, size_t n)
{
	l->v = *v;
	l->n = l->size = n;
}

int pf_table_text(const char *name, const char *text, size_t len,
		  const struct pf_resolve *resolve, struct pf_entry **v,
		  size_t *n, struct err *e)
{
	struct entries l;
	int r;

	entries_from(&l, v, *n);
	r = add_text(&l, name, text, len, resolve, e);
	*v = l.v; /* it may have moved */
	if (!r)
		*n = l.n;
	return r;
}

int pf_table_word(const char *word, const struct pf_resolve *resolve,
		  struct pf_entry **v, size_t *n, struct err *e)
{
	struct entries l;
	int r;

	entries_from(&l, v, *n);
	r = add_word(&l, word, strlen(word), resolve, e);
	*v = l.v;
	if (!r)
		*n = l.n;
	return r;
}

static struct pf_table_init *add_init(struct pf_table *t)
{
	struct pf_table_init *v =
		reallocarray(t->init, t->ninit + 1, sizeof(*v));

	if (!v)
		return NULL;
	t->init = v;
	memset(&v[t->ninit], 0, sizeof(*v));
	t->flags |= PF_T_HAS_INIT;
	return &v[t->ninit++];
}

static int not_in_tables(struct parser *p, const struct pf_host *h)
{
	static const char *const texts[] = {
		[PF_ADDR_RANGE] = "address ranges are not permitted inside "
				  "tables",
		[PF_ADDR_DYNIF] = "dynamic addresses are not permitted inside "
				  "tables",
		[PF_ADDR_TABLE] = "tables cannot contain tables",
		[PF_ADDR_NOROUTE] = "\"no-route\" is not permitted inside "
				    "tables",
		[PF_ADDR_URPFFAILED] = "\"urpf-failed\" is not permitted "
				       "inside tables",
	};

	if (h->kind < ARRAY_SIZE(texts) && texts[h->kind])
		return pf_conf_error(p, "%s", texts[h->kind]);
	return 0;
}

/* { addresses }, or nothing at all in the braces */
static int brace_option(struct parser *p, struct pf_table *t)
{
	struct hosts l = {0};
	struct pf_table_init *init;
	int r = lex_next(p);

	t->flags |= PF_T_HAS_INIT;
	if (!r)
		r = skip_newlines(p);
	if (r < 0)
		return r;
	if (at_char(p, '}'))
		return lex_next(p);
	do {
		r = conf_ipspec(p, &l);
		if (!r)
			r = skip_newlines(p);
		if (!r)
			r = skip_comma(p);
	} while (!r && !at_char(p, '}') && l.n <= PF_MAX_ENTRIES);
	if (!r)
		r = expect_char(p, '}');
	for (size_t i = 0; i < l.n && !r; i++)
		r = not_in_tables(p, &l.v[i].host);
	if (!r) {
		init = add_init(t);
		if (init)
			init->v = calloc(l.n ? l.n : 1, sizeof(*init->v));
		if (!init || !init->v)
			r = -ENOMEM;
		for (size_t i = 0; i < l.n && !r; i++)
			init->v[init->n++] = l.v[i].host;
	}
	hosts_clear(&l);
	return r;
}

static int table_option(struct parser *p, struct pf_table *t)
{
	static const struct {
		const char *word;
		unsigned int flag;
	} words[] = {
		{"const", PF_T_CONST},
		{"persist", PF_T_PERSIST},
		{"counters", PF_T_COUNTERS},
	};
	struct pf_table_init *init;
	int r;

	if (at_char(p, '{'))
		return brace_option(p, t);
	if (at(p, K_FILE)) {
		r = lex_next(p);
		if (r < 0)
			return r;
		/* whose text it is has no word in what is read here */
		if (p->how->flags & PF_PARSE_STORED)
			return pf_conf_error(p, "file is not for here");
		init = add_init(t);
		return init ? take_string(p, &init->file) : -ENOMEM;
	}
	if (!at(p, T_STRING))
		return conf_syntax(p);
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (!strcmp(words[i].word, p->t.s)) {
			t->flags |= words[i].flag;
			return lex_next(p);
		}
	return pf_conf_error(p, "invalid table option '%s'", p->t.s);
}

static int load_file(struct parser *p, const char *file, struct entries *to)
{
	cleanup_free char *text = NULL;
	struct err e = ERR_INIT;
	size_t len;
	int r;

	r = file_read(AT_FDCWD, file, PF_MAX_TABLE_FILE, &text, &len, NULL);
	if (r == -ENOMEM)
		return r;
	if (r < 0)
		return pf_conf_error(p, "cannot load \"%s\": %s", file,
				     strerror(-r));
	r = add_text(to, file, text, len, p->how->resolve, &e);
	if (!r || r == -ENOMEM)
		return r;
	if (r == -ERANGE)
		return pf_conf_error(p, "cannot load \"%s\": %s", file,
				     strerror(EINVAL));
	conf_reason(p, "%s", e.text);
	return pf_conf_error(p, "file \"%s\" contains bad data", file);
}

/* All contents of a table together. */
static int fill(struct parser *p, struct pf_table *t)
{
	struct entries l = {0};
	struct err e = ERR_INIT;
	int r = 0;

	for (size_t i = 0; i < t->ninit && !r; i++) {
		if (t->init[i].file)
			r = load_file(p, t->init[i].file, &l);
		for (size_t k = 0; k < t->init[i].n && !r; k++) {
			r = add_host(&l, &t->init[i].v[k], false, &e);
			if (r < 0 && r != -ENOMEM)
				r = pf_conf_error(
					p,
					"cannot create address buffer: "
					"%s",
					strerror(r == -ERANGE ? EINVAL : -r));
		}
	}
	if (r < 0) {
		free(l.v);
		return r;
	}
	t->v = l.v;
	t->n = pf_entries_sort(l.v, l.n);
	return 0;
}

int conf_table(struct parser *p)
{
	struct pf_table t = {0}, *to;
	cleanup_free char *name = NULL;
	int r = lex_next(p);

	if (!r)
		r = expect_char(p, '<');
	if (!r)
		r = take_string(p, &name);
	if (!r)
		r = expect_char(p, '>');
	while (!r && !at_end(p))
		r = table_option(p, &t);
	if (!r && strlen(name) >= PF_TABLE_NAME)
		r = pf_conf_error(p, "table name too long, max %d chars",
				  PF_TABLE_NAME - 1);
	if (!r && !*name)
		r = pf_conf_error(p, "table name is empty");
	if (!r)
		r = fill(p, &t);
	if (!r) {
		str_copy(t.name, sizeof(t.name), name);
		if (conf_echoes(p, PF_PARSE_NOT_TABLES)) {
			pf_print_table(p->how->echo, &t, 0);
			strbuf_addch(p->how->echo, '\n');
		}
		to = pf_table_add(p->base, name);
		if (to) {
			/* a second definition takes the first one's place */
			pf_table_clear(to);
			*to = t;
			return 0;
		}
		r = -ENOMEM;
	}
	pf_table_clear(&t);
	return r;
}
