/*
 * status: what pfctl -s info tells, put together from the table's flags, the
 * store, named counters and the flows.
 */
#include "pf/kernel.h"
#include "pf/md5.h"
#include "pf/nft_gen.h"
#include "pf/state.h"
#include "pf/store.h"

#include "base/cleanup.h"

#include <errno.h>
#include <string.h>
#include <time.h>

const char *const pf_counter_names[] = {
	"match", /* the first: on_counter() */
	"bad-offset",  "fragment",	 "short",	 "normalize",
	"memory",      "bad-timestamp",	 "congestion",	 "ip-option",
	"proto-cksum", "state-mismatch", "state-insert", "state-limit",
	"src-limit",   "synproxy",	 "map-failed",	 NULL,
};

const char *const pf_limit_counter_names[] = {
	"max states per rule",
	"max-src-states",
	"max-src-nodes",
	"max-src-conn",
	"max-src-conn-rate",
	"overload table insertion",
	"overload flush states",
	"synfloods detected",
	"syncookies sent",
	"syncookies validated",
	NULL,
};

/* The objects that count them (nft_limit.c), in the same order. */
static const char *const limit_objects[] = {
	"l.states",	   "l.src-states", "l.src-nodes", "l.src-conn",
	"l.src-conn-rate", "l.overload",   "l.flush",	  "", /* adaptive */
	"l.cookies",	   "l.valid",
};

/* "lg.INTERFACE.4i": what came to the rules; with "p" what passed them. */
static void take_logif(struct pf_status *s, const char *name, uint64_t packets,
		       uint64_t bytes)
{
	const size_t n = strlen(s->loginterface);
	bool six, out;

	if (!n || !str_prefix(name, GEN_LOGIF))
		return;
	name += strlen(GEN_LOGIF);
	if (strncmp(name, s->loginterface, n) != 0 || name[n] != '.' ||
	    strlen(name + n) < 3)
		return;
	six = name[n + 1] == '6';
	out = name[n + 2] == 'o';
	s->log_packets[six][out][name[n + 3] != 'p'] += packets;
	if (name[n + 3] != 'p')
		s->log_bytes[six][out] += bytes;
}

static void tell_blocked(struct pf_status *s)
{
	for (int i = 0; i < 4; i++) {
		uint64_t *n = s->log_packets[i >> 1][i & 1];

		n[1] = n[1] > n[0] ? n[1] - n[0] : 0;
	}
}

/* Counters of pf that the rules keep as objects of the same names. */
static int on_counter(const char *name, uint64_t packets, uint64_t bytes,
		      void *data, struct err *e)
{
	struct pf_status *s = data;

	(void)e;
	take_logif(s, name, packets, bytes);
	if (!strcmp(name, GEN_COUNT_BEGIN)) {
		s->inserts += packets;
		s->searches += packets;
		s->counters[0] += packets;
	}
	if (!strcmp(name, "insert"))
		s->inserts += packets;
	if (!strcmp(name, "match"))
		s->searches += packets;
	for (size_t i = 0; pf_counter_names[i]; i++)
		if (!strcmp(name, pf_counter_names[i]))
			s->counters[i] += packets;
	for (size_t i = 0; i < ARRAY_SIZE(limit_objects); i++)
		if (!strcmp(name, limit_objects[i]))
			s->limits[i] = packets;
	return 0;
}

/* Packets that a state was found for, since the rules were loaded. */
static int on_state_elem(const struct nft_elem *el, void *data, struct err *e)
{
	struct pf_status *s = data;

	(void)e;
	s->searches += el->packets;
	return 0;
}

static int count(const struct pf_flow *f, const struct pf_state *st, void *data,
		 struct err *e)
{
	struct pf_status *s = data;

	(void)f;
	(void)st;
	(void)e;
	s->states++;
	return 0;
}

static int read_store(struct pf_kernel *k, struct pf_status *s, struct err *e)
{
	cleanup_strbuf struct strbuf text = STRBUF_INIT;
	struct pf_meta m = {0};
	int r = pf_store_read(k->nf, &m, &text, e);

	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return r;
	s->loaded = true;
	s->since = m.since;
	/* unless one was set: any, and always the same for this stack */
	s->hostid = m.hostid ? m.hostid
			     : (uint32_t)(k->v->cookie * 0x9e3779b1u) | 1;
	if (!strbuf_failed(&text) && text.len)
		pf_md5(text.s, text.len, s->checksum);
	return 0;
}

static int on_state_rule(const struct nft_rule_info *r, void *data,
			 struct err *e)
{
	struct pf_status *s = data;
	unsigned int n;
	int way;

	(void)e;
	if (gen_sole_counts(r, &n, &way))
		s->searches += r->packets[0];
	return 0;
}

static int count_searches(struct pf_kernel *k, struct pf_status *s,
			  struct err *e)
{
	static const char *const maps[] = {"sti", "sto"};
	/* the chains of nft_state.c in which gen_sole_pass() puts rules */
	static const char *const chains[] = {
		"in",	  "out",    "fwd",  "lout", "replyi",
		"replyo", "replyf", "sixi", "sixo", "sixf"};
	int r = 0;

	for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(maps); i++)
		r = nft_each_elem(k->nf, maps[i], on_state_elem, NULL, s, e);
	for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(chains); i++)
		r = nft_each_rule(k->nf, chains[i], on_state_rule, NULL, s, e);
	if (r != -ENOENT)
		return r;
	err_clear(e);
	return 0;
}

static int read_options(struct pf_kernel *k, struct pf_status *s, struct err *e)
{
	cleanup_pf_conf struct pf_conf *c = NULL;
	int r = pf_loaded(k, &c, e);

	if (r < 0)
		return r;
	s->debug = c->opt.debug;
	if (c->opt.loginterface)
		str_copy(s->loginterface, sizeof(s->loginterface),
			 c->opt.loginterface);
	return 0;
}

int pf_status(struct pf_kernel *k, struct pf_status *ret, struct err *e)
{
	struct pf_status s = {.debug = PF_DEBUG_URGENT};
	uint32_t flags = 0;
	int r = nft_table_flags(k->nf, &flags, e);

	if (r < 0 && r != -ENOENT)
		return r;
	if (r == -ENOENT) {
		*ret = s;
		return 0;
	}
	s.enabled = !(flags & NFT_TABLE_F_DORMANT);
	r = read_store(k, &s, e);
	if (r >= 0)
		r = read_options(k, &s, e);
	if (r >= 0)
		r = nft_each_counter(k->nf, false, on_counter, NULL, &s, e);
	if (r >= 0)
		r = count_searches(k, &s, e);
	if (r >= 0)
		r = pf_states_each(k, k->v, NULL, count, &s, e);
	if (r < 0)
		return r;
	tell_blocked(&s);
	/* states may be older than the rules */
	if (s.inserts < s.states)
		s.inserts = s.states;
	s.removals = s.inserts - s.states;
	*ret = s;
	return 0;
}

static int drop_counter(const char *name, uint64_t packets, uint64_t bytes,
			void *data, struct err *e)
{
	(void)name;
	(void)packets;
	(void)bytes;
	(void)data;
	(void)e;
	return 0;
}

int pf_status_clear(struct pf_kernel *k, struct err *e)
{
	cleanup_strbuf struct strbuf text = STRBUF_INIT;
	cleanup_nfb struct nfb b;
	struct pf_meta m = {0};
	uint32_t gen = 0;
	int r;

	nfb_init(&b);
	r = nft_genid(k->nf, &gen, e);
	if (r >= 0)
		r = pf_store_read(k->nf, &m, &text, e);
	if (r == -ENOENT) {
		err_clear(e);
		return 0;
	}
	if (r >= 0)
		r = nft_each_counter(k->nf, true, drop_counter, NULL, NULL, e);
	if (r < 0)
		return r;
	if (m.since)
		m.since = time(NULL);
	pf_store_meta(&b, &m, false);
	return nfb_commit(&b, k->nf, gen, NULL, e);
}
