/* model: life of the parts of a packet filter's model. */
#include "pf/pf.h"

#include "base/cleanup.h"
#include "pf/queue.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

const char *const pf_list_names[PF_NLISTS] = {
	[PF_LIST_ETHER] = "ether", [PF_LIST_SCRUB] = "scrub",
	[PF_LIST_NAT] = "nat",	   [PF_LIST_BINAT] = "binat",
	[PF_LIST_RDR] = "rdr",	   [PF_LIST_FILTER] = "filter",
};

/* pf.conf(5), "set timeout". */
const struct pf_timeout_name pf_timeouts[PF_NTIMEOUTS] = {
	[PF_TM_TCP_FIRST] = {"tcp.first", 120},
	[PF_TM_TCP_OPENING] = {"tcp.opening", 30},
	[PF_TM_TCP_ESTABLISHED] = {"tcp.established", 24 * 60 * 60},
	[PF_TM_TCP_CLOSING] = {"tcp.closing", 15 * 60},
	[PF_TM_TCP_FINWAIT] = {"tcp.finwait", 45},
	[PF_TM_TCP_CLOSED] = {"tcp.closed", 90},
	[PF_TM_TCP_TSDIFF] = {"tcp.tsdiff", 30},
	[PF_TM_SCTP_FIRST] = {"sctp.first", 120},
	[PF_TM_SCTP_OPENING] = {"sctp.opening", 30},
	[PF_TM_SCTP_ESTABLISHED] = {"sctp.established", 24 * 60 * 60},
	[PF_TM_SCTP_CLOSING] = {"sctp.closing", 15 * 60},
	[PF_TM_SCTP_CLOSED] = {"sctp.closed", 90},
	[PF_TM_UDP_FIRST] = {"udp.first", 60},
	[PF_TM_UDP_SINGLE] = {"udp.single", 30},
	[PF_TM_UDP_MULTIPLE] = {"udp.multiple", 60},
	[PF_TM_ICMP_FIRST] = {"icmp.first", 20},
	[PF_TM_ICMP_ERROR] = {"icmp.error", 10},
	[PF_TM_OTHER_FIRST] = {"other.first", 60},
	[PF_TM_OTHER_SINGLE] = {"other.single", 30},
	[PF_TM_OTHER_MULTIPLE] = {"other.multiple", 60},
	[PF_TM_FRAG] = {"frag", 30},
	[PF_TM_INTERVAL] = {"interval", 10},
	[PF_TM_ADAPTIVE_START] = {"adaptive.start", 60000},
	[PF_TM_ADAPTIVE_END] = {"adaptive.end", 120000},
	[PF_TM_SRC_TRACK] = {"src.track", 0},
};

const struct pf_limit_name pf_limits[PF_NLIMITS] = {
	[PF_LIMIT_STATES] = {"states", 100000},
	[PF_LIMIT_SRC_NODES] = {"src-nodes", 10000},
	[PF_LIMIT_FRAGS] = {"frags", 5000},
	[PF_LIMIT_TABLES] = {"tables", 1000},
	[PF_LIMIT_TABLE_ENTRIES] = {"table-entries", 200000},
	[PF_LIMIT_ANCHORS] = {"anchors", 512},
	[PF_LIMIT_ETH_ANCHORS] = {"eth-anchors", 512},
};

void pf_pool_clear(struct pf_pool *p)
{
	for (size_t i = 0; i < p->n; i++) {
		free(p->v[i].ifname);
		free(p->v[i].host.name);
	}
	free(p->v);
	memset(p, 0, sizeof(*p));
}

/* Every string a rule owns, so that clear and copy cannot forget one. */
#define RULE_STRING(m) offsetof(struct pf_rule, m)
static const size_t rule_strings[] = {
	RULE_STRING(logif),	    RULE_STRING(ifname),
	RULE_STRING(rcvif),	    RULE_STRING(src.host.name),
	RULE_STRING(dst.host.name), RULE_STRING(os),
	RULE_STRING(opts.overload), RULE_STRING(label[0]),
	RULE_STRING(label[1]),	    RULE_STRING(label[2]),
	RULE_STRING(label[3]),	    RULE_STRING(label[4]),
	RULE_STRING(tag),	    RULE_STRING(tagged),
	RULE_STRING(queue),	    RULE_STRING(pqueue),
	RULE_STRING(bridge_to),	    RULE_STRING(anchor_call),
	RULE_STRING(file),
};
static const size_t rule_pools[] = {
	offsetof(struct pf_rule, route_pool),
	offsetof(struct pf_rule, pool),
	offsetof(struct pf_rule, rdr),
};

static char **rule_string(struct pf_rule *r, size_t i)
{
	return (char **)((char *)r + rule_strings[i]);
}

static struct pf_pool *rule_pool(struct pf_rule *r, size_t i)
{
	return (struct pf_pool *)((char *)r + rule_pools[i]);
}

void pf_rule_clear(struct pf_rule *r)
{
	for (size_t i = 0; i < ARRAY_SIZE(rule_strings); i++)
		free(*rule_string(r, i));
	for (size_t i = 0; i < ARRAY_SIZE(rule_pools); i++)
		pf_pool_clear(rule_pool(r, i));
	memset(r, 0, sizeof(*r));
}

int pf_host_copy(struct pf_host *dst, const struct pf_host *src)
{
	*dst = *src;
	if (src->name && !(dst->name = strdup(src->name)))
		return -ENOMEM;
	return 0;
}

static int pool_copy(struct pf_pool *dst, const struct pf_pool *src)
{
	struct pf_pool p = *src;

	p.v = NULL;
	p.n = 0;
	if (src->n) {
		p.v = calloc(src->n, sizeof(*p.v));
		if (!p.v)
			return -ENOMEM;
	}
	for (; p.n < src->n; p.n++) {
		const struct pf_pool_entry *s = &src->v[p.n];

		if ((s->ifname && !(p.v[p.n].ifname = strdup(s->ifname))) ||
		    pf_host_copy(&p.v[p.n].host, &s->host) < 0) {
			p.n++;
			pf_pool_clear(&p);
			return -ENOMEM;
		}
	}
	*dst = p;
	return 0;
}

int pf_rule_copy(struct pf_rule *dst, const struct pf_rule *src)
{
	struct pf_rule from = *src, r = *src;
	bool failed = false;

	for (size_t i = 0; i < ARRAY_SIZE(rule_pools); i++)
		memset(rule_pool(&r, i), 0, sizeof(struct pf_pool));
	for (size_t i = 0; i < ARRAY_SIZE(rule_strings); i++) {
		char **s = rule_string(&r, i);

		if (*s && !(*s = strdup(*s)))
			failed = true;
	}
	for (size_t i = 0; i < ARRAY_SIZE(rule_pools) && !failed; i++)
		failed = pool_copy(rule_pool(&r, i), rule_pool(&from, i)) < 0;
	if (failed) {
		pf_rule_clear(&r);
		return -ENOMEM;
	}
	*dst = r;
	return 0;
}

struct pf_rule *pf_rules_add(struct pf_rules *l)
{
	struct pf_rule *r;

	if (l->n == l->size) {
		size_t size = l->size ? l->size + l->size / 2 : 8;
		struct pf_rule *v = reallocarray(l->v, size, sizeof(*v));

		if (!v)
			return NULL;
		l->v = v;
		l->size = size;
	}
	r = &l->v[l->n];
	memset(r, 0, sizeof(*r));
	r->nr = (unsigned int)l->n++;
	return r;
}

static void rules_clear(struct pf_rules *l)
{
	for (size_t i = 0; i < l->n; i++)
		pf_rule_clear(&l->v[i]);
	free(l->v);
	memset(l, 0, sizeof(*l));
}

void pf_table_clear(struct pf_table *t)
{
	for (size_t i = 0; i < t->ninit; i++) {
		free(t->init[i].file);
		for (size_t k = 0; k < t->init[i].n; k++)
			free(t->init[i].v[k].name);
		free(t->init[i].v);
	}
	free(t->init);
	free(t->v);
	memset(t, 0, sizeof(*t));
}

static void anchor_free(struct pf_anchor *a)
{
	if (!a)
		return;
	for (size_t i = 0; i < a->nchild; i++)
		anchor_free(a->child[i]);
	for (size_t i = 0; i < PF_NLISTS; i++)
		rules_clear(&a->list[i]);
	for (size_t i = 0; i < a->ntable; i++)
		pf_table_clear(&a->table[i]);
	free(a->table);
	free(a->child);
	free(a->name);
	free(a->path);
	free(a);
}

static struct pf_anchor *anchor_new(struct pf_anchor *parent, const char *name)
{
	struct pf_anchor *a = calloc(1, sizeof(*a));

	if (!a)
		return NULL;
	a->parent = parent;
	a->name = strdup(name);
	a->path = parent && parent->path[0]
			  ? str_printf("%s/%s", parent->path, name)
			  : strdup(name);
	if (!a->name || !a->path) {
		anchor_free(a);
		return NULL;
	}
	return a;
}

void pf_options_default(struct pf_options *o)
{
	memset(o, 0, sizeof(*o));
	for (size_t i = 0; i < PF_NTIMEOUTS; i++) {
		o->timeout[i] = pf_timeouts[i].dflt;
		o->state_defaults.timeout[i] = PF_TM_UNSET;
	}
	for (size_t i = 0; i < PF_NLIMITS; i++)
		o->limit[i] = pf_limits[i].dflt;
	o->ruleset_opt = PF_OPT_BASIC;
	o->debug = PF_DEBUG_URGENT;
	o->require_order = true;
	o->syncookies_high = 25;
	o->syncookies_low = 12;
}

struct pf_conf *pf_conf_new(void)
{
	cleanup_pf_conf struct pf_conf *c = calloc(1, sizeof(*c));

	if (!c || !(c->root = anchor_new(NULL, "")))
		return NULL;
	pf_options_default(&c->opt);
	return take_ptr(c);
}

void pf_options_clear(struct pf_options *o)
{
	free(o->optimization);
	free(o->loginterface);
	free(o->fingerprints);
	free(o->state_defaults.overload);
	strv_free(&o->skip);
	for (size_t i = 0; i < PF_NWHERE; i++)
		free(o->where[i]);
	memset(o, 0, sizeof(*o));
}

void pf_conf_free(struct pf_conf **c)
{
	if (!*c)
		return;
	anchor_free((*c)->root);
	pf_options_clear(&(*c)->opt);
	pf_queues_free(&(*c)->queues);
	free(*c);
	*c = NULL;
}

static const char *child_name(const struct pf_anchor *a, size_t i)
{
	return a->child[i]->name;
}

static const char *table_name(const struct pf_anchor *a, size_t i)
{
	return a->table[i].name;
}

/* Where `name` is or belongs among n children or tables, which are sorted. */
static size_t place(const struct pf_anchor *a, size_t n,
		    const char *(*name_of)(const struct pf_anchor *a, size_t i),
		    const char *name, bool *found)
{
	size_t lo = 0, hi = n;

	*found = false;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int d = strcmp(name, name_of(a, mid));

		if (!d) {
			*found = true;
			return mid;
		}
		if (d < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return lo;
}

struct pf_anchor *pf_anchor_child(struct pf_anchor *a, const char *name,
				  bool create)
{
	bool found;
	size_t i = place(a, a->nchild, child_name, name, &found);
	struct pf_anchor **v, *n;

	if (found)
		return a->child[i];
	if (!create)
		return NULL;
	v = reallocarray(a->child, a->nchild + 1, sizeof(*v));
	if (!v)
		return NULL;
	a->child = v;
	n = anchor_new(a, name);
	if (!n)
		return NULL;
	memmove(&v[i + 1], &v[i], (a->nchild - i) * sizeof(*v));
	v[i] = n;
	a->nchild++;
	return n;
}

struct pf_anchor *pf_anchor_find(struct pf_conf *c, const char *path,
				 bool create)
{
	struct pf_anchor *a = c->root;
	char part[PF_ANCHOR_PATH];
	size_t depth = 0;

	path += strspn(path, "/");
	if (strlen(path) >= PF_ANCHOR_PATH)
		return NULL;
	while (*path && a) {
		size_t n = strcspn(path, "/");

		if (!n || ++depth > PF_ANCHOR_DEPTH)
			return NULL;
		memcpy(part, path, n);
		part[n] = '\0';
		a = pf_anchor_child(a, part, create);
		path += n;
		if (*path == '/' && !*++path)
			return NULL;
	}
	return a;
}

void pf_anchor_remove(struct pf_anchor *a)
{
	struct pf_anchor *p = a->parent;
	bool found;
	size_t i;

	if (!p)
		return;
	i = place(p, p->nchild, child_name, a->name, &found);
	if (found && p->child[i] == a) {
		p->nchild--;
		memmove(&p->child[i], &p->child[i + 1],
			(p->nchild - i) * sizeof(*p->child));
	}
	anchor_free(a);
}

struct pf_table *pf_table_find(const struct pf_anchor *a, const char *name)
{
	bool found;
	size_t i = place(a, a->ntable, table_name, name, &found);

	return found ? &a->table[i] : NULL;
}

struct pf_table *pf_table_seen(const struct pf_conf *c,
			       const struct pf_anchor *a, const char *name)
{
	struct pf_table *t = pf_table_find(a, name);

	return t ? t : pf_table_find(c->root, name);
}

struct pf_table *pf_table_add(struct pf_anchor *a, const char *name)
{
	bool found;
	size_t i = place(a, a->ntable, table_name, name, &found);
	struct pf_table *v;

	if (found)
		return &a->table[i];
	if (strlen(name) >= PF_TABLE_NAME)
		return NULL;
	v = reallocarray(a->table, a->ntable + 1, sizeof(*v));
	if (!v)
		return NULL;
	a->table = v;
	memmove(&v[i + 1], &v[i], (a->ntable - i) * sizeof(*v));
	memset(&v[i], 0, sizeof(v[i]));
	str_copy(v[i].name, sizeof(v[i].name), name);
	a->ntable++;
	return &v[i];
}
