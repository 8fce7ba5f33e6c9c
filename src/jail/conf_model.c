/*
 * conf_model: from the tree of a jail.conf(5) to its jails; see conf_impl.h
 * for the whole.
 *
 * Each block is a record, in the order in which the blocks begin; statements
 * outside of all blocks go to a record "*" that is made for them where the
 * last record is not one already.  A jail is the list of its merged entries:
 * first what its name implies, then, in record order, the entries of each
 * wildcard that matches and its own.  Entries are resolved on demand, so that
 * a variable may be used before it is defined.
 */
#include "jail/conf_impl.h"

#include "base/cleanup.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- records ---- */

struct record {
	char *name;
	bool wild;
	const struct conf_stmt **v;
	size_t n;
	const char *file;
	unsigned int line;
};

struct records {
	struct record *v;
	size_t n;
	size_t *wild; /* which of them are wildcards */
	size_t nwild;
};

static void records_free(struct records *rs)
{
	for (size_t i = 0; i < rs->n; i++) {
		free(rs->v[i].name);
		free(rs->v[i].v);
	}
	free(rs->v);
	free(rs->wild);
	*rs = (struct records){0};
}
#define cleanup_records __attribute__((cleanup(records_free)))

/* Room for one more in an array that grows by doubling. */
static int array_room(void *arrayp, size_t n, size_t elem)
{
	void **array = arrayp, *v;

	if (n & (n - 1))
		return 0;
	v = reallocarray(*array, n ? n * 2 : 1, elem);
	if (!v)
		return -ENOMEM;
	*array = v;
	return 0;
}

/* Is a component of the name "*"? */
static bool is_wild(const char *name)
{
	for (const char *s = strchr(name, '*'); s; s = strchr(s + 1, '*'))
		if ((s == name || s[-1] == '.') && (!s[1] || s[1] == '.'))
			return true;
	return false;
}

bool jailconf_match(const char *pattern, const char *name)
{
	size_t np, nn;

	for (;;) {
		/* a last "*" is all components that are left, at least one */
		if (!strcmp(pattern, "*"))
			return *name != '\0';
		np = strcspn(pattern, ".");
		nn = strcspn(name, ".");
		if (!nn)
			return false;
		if (!(np == 1 && *pattern == '*') &&
		    (np != nn || strncmp(pattern, name, np) != 0))
			return false;
		pattern += np;
		name += nn;
		if (!*pattern || !*name)
			return !*pattern && !*name;
		pattern++;
		name++;
	}
}

/* Takes name, also on failure. */
static int record_add(struct records *rs, char *name, const char *file,
		      unsigned int line)
{
	if (!name || array_room(&rs->v, rs->n, sizeof(*rs->v)) < 0) {
		free(name);
		return -ENOMEM;
	}
	rs->v[rs->n++] = (struct record){
		.name = name,
		.wild = is_wild(name),
		.file = file,
		.line = line,
	};
	if (!rs->v[rs->n - 1].wild)
		return 0;
	if (array_room(&rs->wild, rs->nwild, sizeof(*rs->wild)) < 0)
		return -ENOMEM;
	rs->wild[rs->nwild++] = rs->n - 1;
	return 0;
}

static int record_push(struct record *r, const struct conf_stmt *st)
{
	if (array_room(&r->v, r->n, sizeof(*r->v)) < 0)
		return -ENOMEM;
	r->v[r->n++] = st;
	return 0;
}

#define NO_RECORD ((size_t)-1)

/* A block inside "*" is named by itself alone: "*" says nothing of it. */
static char *nested_name(const struct records *rs, size_t outer,
			 const char *name)
{
	if (outer == NO_RECORD || !strcmp(rs->v[outer].name, "*"))
		return strdup(name);
	return str_printf("%s.%s", rs->v[outer].name, name);
}

/* Depth is bounded by the reader (CONF_MAX_NEST). */
static int records_walk(struct records *rs, const struct conf_block *b,
			size_t outer, struct err *e)
{
	size_t to;
	int r;

	for (size_t i = 0; i < b->n; i++) {
		const struct conf_stmt *st = &b->v[i];

		if (st->kind == CONF_JAIL) {
			if (record_add(rs, nested_name(rs, outer, st->name),
				       st->file, st->line) < 0)
				return err_nomem(e);
			if (strlen(rs->v[rs->n - 1].name) > CONF_MAX_NAME)
				return err_at(e, ENAMETOOLONG, st->file,
					      st->line, "jail name too long");
			r = records_walk(rs, st->body, rs->n - 1, e);
			if (r < 0)
				return r;
			continue;
		}
		to = outer;
		if (to == NO_RECORD) {
			if ((!rs->n || strcmp(rs->v[rs->n - 1].name, "*")) &&
			    record_add(rs, strdup("*"), st->file, st->line) < 0)
				return err_nomem(e);
			to = rs->n - 1;
		}
		if (record_push(&rs->v[to], st) < 0)
			return err_nomem(e);
	}
	return 0;
}

/* ---- one jail ---- */

enum entry_state {
	ENTRY_RAW,
	ENTRY_BUSY,
	ENTRY_DONE,
};

struct entry {
	const char *name;
	uint32_t hash;
	bool var;
	const struct param_def *def;
	struct conf_string **raw; /* the strings are the tree's */
	size_t nraw;
	struct strv out;
	enum entry_state state;
	const char *file;
	unsigned int line;
};

/* What all jails together have used up. */
struct budget {
	size_t params, bytes, work;
};

struct merge {
	const char *jail;
	struct entry *v;
	size_t n;
	size_t raw;   /* values before substitution */
	size_t out;   /* values after it */
	size_t bytes; /* text in those */
	struct budget *budget;
	struct err *e;
};

static void merge_free(struct merge *m)
{
	for (size_t i = 0; i < m->n; i++) {
		free(m->v[i].raw);
		strv_free(&m->v[i].out);
	}
	free(m->v);
	*m = (struct merge){0};
}
#define cleanup_merge __attribute__((cleanup(merge_free)))

/* "JAIL: text", control characters made visible. */
static int merge_error(struct merge *m, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
static int merge_error(struct merge *m, const char *fmt, ...)
{
	cleanup_strbuf struct strbuf b = STRBUF_INIT;
	char text[512];
	va_list ap;

	conf_printable(&b, m->jail, strlen(m->jail));
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	for (const char *s = text; *s; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			strbuf_addf(&b, s == text ? ": \\x%02x" : "\\x%02x",
				    (unsigned char)*s);
		else
			strbuf_addf(&b, s == text ? ": %c" : "%c", *s);
	return err_set(m->e, EINVAL, "%s", b.s);
}

/*
 * Names that jail(8) itself looks at and that a variable may therefore not
 * have; other kernel parameters' names are free, as on FreeBSD.
 */
static bool reserved_name(const char *name)
{
	static const char *const kernel[] = {
		"allow.chflags",
		"allow.mount",
		"allow.raw_sockets",
		"allow.set_hostname",
		"allow.socket_af",
		"allow.sysvipc",
		"devfs_ruleset",
		"host.hostname",
		"ip4.addr",
		"ip6.addr",
		"jid",
		"name",
		"path",
		"persist",
		"securelevel",
		"vnet",
	};
	const struct param_def *def = param_find(name, NULL);

	if (!def || strcmp(def->name, name) != 0)
		return false;
	if (!(def->flags & (PARAM_KERNEL | PARAM_LINUX)))
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(kernel); i++)
		if (!strcmp(kernel[i], name))
			return true;
	return false;
}

uint32_t conf_hash(const char *name)
{
	uint32_t h = 2166136261u; /* FNV-1a */

	for (; *name; name++)
		h = (h ^ (unsigned char)*name) * 16777619u;
	return h;
}

static struct entry *merge_find(struct merge *m, const char *name,
				uint32_t hash, bool var,
				const struct param_def *def)
{
	bool by_row = def && !var && !(def->flags & PARAM_KEYVAL);

	for (size_t i = 0; i < m->n; i++) {
		struct entry *en = &m->v[i];

		if ((en->hash == hash && !strcmp(en->name, name)) ||
		    (by_row && !en->var && en->def == def))
			return en;
	}
	return NULL;
}

static int merge_room(struct merge *m)
{
	if (m->n >= CONF_MAX_PARAMS)
		return merge_error(m, "too many parameters");
	return array_room(&m->v, m->n, sizeof(*m->v)) < 0 ? err_nomem(m->e) : 0;
}

/* What the name of a block implies. */
static int merge_name(struct merge *m, const char *file, unsigned int line)
{
	bool digits = strspn(m->jail, "0123456789") == strlen(m->jail);
	const char *name = digits ? "jid" : "name";
	int r = merge_room(m);

	if (r < 0)
		return r;
	m->v[m->n] = (struct entry){
		.name = name,
		.hash = conf_hash(name),
		.def = param_find(name, NULL),
		.state = ENTRY_DONE,
		.file = file,
		.line = line,
	};
	return strv_add(&m->v[m->n++].out, m->jail) < 0 ? err_nomem(m->e) : 0;
}

static int entry_set(struct merge *m, struct entry *en,
		     const struct conf_stmt *st)
{
	size_t keep = st->append && st->values.n ? en->nraw : 0;
	struct conf_string **raw;

	if (m->raw + st->values.n > CONF_MAX_VALUES)
		return merge_error(m, "too many values");
	m->raw += st->values.n;
	en->name = st->name;
	en->hash = st->hash;
	en->file = st->file;
	en->line = st->line;
	en->nraw = keep;
	if (!st->values.n)
		return 0;
	raw = reallocarray(en->raw, keep + st->values.n, sizeof(*raw));
	if (!raw)
		return err_nomem(m->e);
	memcpy(raw + keep, st->values.v, st->values.n * sizeof(*raw));
	en->raw = raw;
	en->nraw = keep + st->values.n;
	return 0;
}

static int merge_add(struct merge *m, const struct conf_stmt *st)
{
	bool var = st->kind == CONF_VAR;
	struct entry *en = merge_find(m, st->name, st->hash, var, st->def);
	int r;

	if (en ? en->var != var : var && reserved_name(st->name))
		return merge_error(m,
				   "variable \"$%s\" cannot have the same "
				   "name as a parameter.",
				   st->name);
	if (!en) {
		r = merge_room(m);
		if (r < 0)
			return r;
		en = &m->v[m->n++];
		*en = (struct entry){.var = var, .def = st->def};
	} else if (!var &&
		   (!strcmp(en->name, "jid") || !strcmp(en->name, "name"))) {
		return merge_error(m, "cannot redefine parameter \"%s\".",
				   en->name);
	}
	return entry_set(m, en, st);
}

static int merge_record(struct merge *m, const struct record *r)
{
	int res = 0;

	m->budget->work += r->n;
	if (m->budget->work > CONF_MAX_ALL_WORK)
		return err_set(m->e, E2BIG, "jails too large in all");
	for (size_t i = 0; i < r->n && res == 0; i++)
		res = merge_add(m, r->v[i]);
	return res;
}

/* ---- substitution ---- */

static int resolve(struct merge *m, struct entry *en, unsigned int depth);

/* The entry of a variable, resolved and with a value. */
static int resolve_var(struct merge *m, const struct entry *en,
		       const char *name, unsigned int depth, struct entry **ret)
{
	struct entry *v = merge_find(m, name, conf_hash(name), false, NULL);
	const struct param_def *def = v ? NULL : param_find(name, NULL);
	int r;

	/* ip4.addr by the name of ip4.addrs, but no boolean by its "no" */
	if (def && (def->type == PARAM_IP4 || def->type == PARAM_IP6))
		v = merge_find(m, name, 0, false, def);
	if (!v || (v->state == ENTRY_DONE ? !v->out.n : !v->nraw))
		return merge_error(m, "%s: variable \"%s\" not found", en->name,
				   name);
	if (v->state == ENTRY_BUSY)
		return merge_error(m, "%s: variable loop", name);
	if (depth >= CONF_MAX_VARDEPTH)
		return merge_error(m, "%s: variables nested too deeply",
				   en->name);
	r = resolve(m, v, depth + 1);
	if (r == 0)
		*ret = v;
	return r;
}

/*
 * Count a value, finished or about to be: variables can make much of little.
 * -E2BIG, unlike -EINVAL, ends the work on all jails.
 */
static int entry_charge(struct merge *m, const struct entry *en, size_t len)
{
	m->bytes += len;
	m->out++;
	m->budget->bytes += len + sizeof(char *);
	if (m->budget->bytes > CONF_MAX_ALL_BYTES)
		return err_set(m->e, E2BIG, "jails too large in all");
	if (m->bytes > CONF_MAX_VALUE_BYTES || m->out > CONF_MAX_VALUES)
		return merge_error(m, "%s: value too long", en->name);
	return 0;
}

static int entry_out(struct merge *m, struct entry *en, const char *s,
		     size_t len)
{
	int r = entry_charge(m, en, len);

	if (r < 0)
		return r;
	return strv_add(&en->out, s) < 0 ? err_nomem(m->e) : 0;
}

static int resolve_inline(struct merge *m, struct entry *en,
			  const struct conf_string *s, unsigned int depth)
{
	cleanup_strbuf struct strbuf b = STRBUF_INIT;
	const char *text;
	struct entry *v;
	int r;

	for (size_t i = 0; i < s->n; i++) {
		text = s->v[i].text;
		if (s->v[i].var) {
			r = resolve_var(m, en, text, depth, &v);
			if (r < 0)
				return r;
			if (v->out.n != 1)
				return merge_error(m,
						   "%s: array cannot be "
						   "substituted inline",
						   en->name);
			text = v->out.v[0];
		}
		strbuf_adds(&b, text);
		if (b.len > CONF_MAX_VALUE_BYTES)
			return entry_charge(m, en, b.len);
	}
	if (strbuf_failed(&b))
		return err_nomem(m->e);
	return entry_out(m, en, b.s, b.len);
}

static int resolve(struct merge *m, struct entry *en, unsigned int depth)
{
	struct entry *v;
	int r = 0;

	if (en->state == ENTRY_DONE)
		return 0;
	en->state = ENTRY_BUSY;
	for (size_t i = 0; i < en->nraw && r == 0; i++) {
		const struct conf_string *s = en->raw[i];

		/* a list may stand in for a value, but only alone */
		if (s->n != 1 || !s->v[0].var) {
			r = resolve_inline(m, en, s, depth);
			continue;
		}
		r = resolve_var(m, en, s->v[0].text, depth, &v);
		for (size_t k = 0; r == 0 && k < v->out.n; k++)
			r = entry_out(m, en, v->out.v[k], strlen(v->out.v[k]));
	}
	en->state = ENTRY_DONE;
	return r;
}

static int check_value(struct merge *m, const struct entry *en)
{
	struct jparam p = {.name = (char *)en->name, .values = en->out};
	struct err e = ERR_INIT;
	bool scalar = en->def && (en->def->type == PARAM_BOOL ||
				  en->def->type == PARAM_INT ||
				  en->def->type == PARAM_JAILSYS);

	if (!scalar || !en->out.n || param_check(&p, &e) == 0)
		return 0;
	return merge_error(m, "%s", e.text);
}

static int merge_finish(struct merge *m, struct pset *ret)
{
	cleanup_pset struct pset ps = {0};
	int r;

	for (size_t i = 0; i < m->n; i++) {
		r = resolve(m, &m->v[i], 0);
		if (r < 0)
			return r;
	}
	for (size_t i = 0; i < m->n; i++) {
		const struct entry *en = &m->v[i];

		if (en->var)
			continue;
		r = check_value(m, en);
		if (r == 0)
			r = pset_add(&ps, en->name, &en->out, en->file,
				     en->line, m->e);
		if (r < 0)
			return r;
	}
	pset_free(ret);
	*ret = ps;
	ps = (struct pset){0};
	return 0;
}

/* The records that make a jail, in file order. */
static int merge_records(struct merge *m, const struct records *rs, size_t own)
{
	const struct record *rec;
	bool did_own = false;
	int r = 0;

	for (size_t i = 0; i <= rs->nwild && r == 0; i++) {
		size_t w = i < rs->nwild ? rs->wild[i] : NO_RECORD;

		if (!did_own && w > own) {
			did_own = true;
			r = merge_record(m, &rs->v[own]);
		}
		if (r < 0 || w == NO_RECORD)
			break;
		m->budget->work++;
		rec = &rs->v[w];
		if (jailconf_match(rec->name, m->jail))
			r = merge_record(m, rec);
	}
	return r;
}

static int merge_jail(const struct records *rs, size_t own,
		      struct budget *budget, struct pset *ret, struct err *e)
{
	const struct record *me = &rs->v[own];
	cleanup_merge struct merge m = {
		.jail = me->name, .budget = budget, .e = e};
	int r = merge_name(&m, me->file, me->line);

	if (r == 0)
		r = merge_records(&m, rs, own);
	budget->params += m.n;
	if (r == 0 && budget->params > CONF_MAX_ALL_PARAMS)
		r = err_set(e, E2BIG, "jails too large in all");
	return r < 0 ? r : merge_finish(&m, ret);
}

/* ---- all jails ---- */

static int jail_add(struct jailconf *c, const struct record *rec,
		    struct jailconf_jail **ret)
{
	struct jailconf_jail *j;

	if (array_room(&c->v, c->n, sizeof(*c->v)) < 0)
		return -ENOMEM;
	j = &c->v[c->n++];
	*j = (struct jailconf_jail){
		.name = strdup(rec->name),
		.file = strdup(rec->file),
		.line = rec->line,
	};
	*ret = j;
	return j->name && j->file ? 0 : -ENOMEM;
}

int conf_merge(struct jailconf *c, bool lenient, struct err *e)
{
	cleanup_records struct records rs = {0};
	struct jailconf_jail *j;
	struct err je = ERR_INIT;
	struct budget budget = {0};
	int r;

	r = records_walk(&rs, c->raw, NO_RECORD, e);
	for (size_t i = 0; i < rs.n && r == 0; i++) {
		if (rs.v[i].wild)
			continue;
		if (jail_add(c, &rs.v[i], &j) < 0)
			return err_nomem(e);
		r = merge_jail(&rs, i, &budget, &j->params, &je);
		if (r == 0)
			continue;
		if (r != -EINVAL || !lenient)
			return err_set(e, -r, "%s", je.text);
		j->error = strdup(je.text);
		if (!j->error)
			return err_nomem(e);
		r = 0;
	}
	return r;
}
