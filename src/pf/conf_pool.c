/* conf_pool: where packets are translated or routed to. */
#include "pf/conf_impl.h"

#include "base/cleanup.h"
#include "base/str.h"
#include "pf/md5.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

/* Of source-hash: hex digits, a word, or (none given) anything. */
static int hash_key(struct parser *p, struct pf_pool *pool)
{
	cleanup_free char *s = NULL;
	int r;

	if (!at(p, T_STRING)) {
		if (getrandom(pool->key, sizeof(pool->key), 0) !=
		    sizeof(pool->key))
			return -EIO;
		return 0;
	}
	r = take_words(p, &s);
	if (r < 0)
		return r;
	pool->have_key = true;
	if (strncmp(s, "0x", 2)) {
		pf_md5(s, strlen(s), pool->key);
		return 0;
	}
	if (strlen(s) != 34)
		return pf_conf_error(p, "hex key must be 128 bits (32 hex "
					"digits) long");
	for (size_t i = 0; i < sizeof(pool->key); i++) {
		int hi = str_hex_digit(s[2 + 2 * i]),
		    lo = str_hex_digit(s[3 + 2 * i]);

		if (hi < 0 || lo < 0)
			return pf_conf_error(p, "invalid hex key");
		pool->key[i] = (uint8_t)(hi << 4 | lo);
	}
	return 0;
}

/* A number, also as a hexadecimal or octal word. */
int conf_number_word(struct parser *p, long long *ret)
{
	char *end;

	if (at(p, T_STRING)) {
		errno = 0;
		*ret = (long long)strtoul(p->t.s, &end, 0);
		if (!*p->t.s || *end || errno)
			return pf_conf_error(p, "%s is not a number", p->t.s);
		return lex_next(p);
	}
	return take_number(p, INT64_MIN, INT64_MAX, "%lld is too large", ret);
}

static int mape(struct parser *p, struct pf_pool *pool)
{
	long long v[3] = {0, 0, 0};
	int r = 0;

	if (pool->mape.psidlen)
		return pf_conf_error(p, "map-e-portset cannot be redefined");
	/* several addresses have round-robin, which is printed before it */
	if (pool->type && pool->type != PF_POOL_ROUNDROBIN)
		return pf_conf_error(p, "map-e-portset cannot be used with "
					"address pools");
	for (size_t i = 0; i < 3 && !r; i++) {
		r = i ? expect_char(p, '/') : 0;
		if (!r)
			r = conf_number_word(p, &v[i]);
	}
	if (r < 0)
		return r;
	if (v[0] <= 0 || v[0] >= 16)
		return pf_conf_error(p, "MAP-E PSID offset must be 1-15");
	if (v[1] < 0 || v[1] >= 16 || v[0] + v[1] > 16)
		return pf_conf_error(p, "Invalid MAP-E PSID length");
	if (!v[1])
		return pf_conf_error(p,
				     "PSID Length = 0: this means you do not "
				     "need MAP-E");
	if (v[2] < 0 || v[2] > 65535)
		return pf_conf_error(p, "Invalid MAP-E PSID");
	pool->mape.offset = (uint8_t)v[0];
	pool->mape.psidlen = (uint8_t)v[1];
	pool->mape.psid = (uint16_t)v[2];
	return 0;
}

static int pool_flag(struct parser *p, bool *flag, const char *word)
{
	if (*flag)
		return pf_conf_error(p, "%s cannot be redefined", word);
	*flag = true;
	return 0;
}

int conf_pool_opts(struct parser *p, struct pf_pool *pool)
{
	static const struct {
		enum kind kind;
		enum pf_pool_type type;
	} types[] = {
		{K_BITMASK, PF_POOL_BITMASK},
		{K_RANDOM, PF_POOL_RANDOM},
		{K_SOURCE_HASH, PF_POOL_SRCHASH},
		{K_ROUND_ROBIN, PF_POOL_ROUNDROBIN},
	};
	int r = 0;

	while (!r) {
		enum kind k = p->t.kind;
		size_t i = 0;

		while (i < ARRAY_SIZE(types) && types[i].kind != k)
			i++;
		if (i == ARRAY_SIZE(types) && k != K_STATIC_PORT &&
		    k != K_STICKY_ADDRESS && k != K_ENDPI &&
		    k != K_MAP_E_PORTSET)
			break;
		r = lex_next(p);
		if (r < 0)
			break;
		if (k == K_STATIC_PORT) {
			r = pool_flag(p, &pool->static_port, "static-port");
		} else if (k == K_STICKY_ADDRESS) {
			r = pool_flag(p, &pool->sticky, "sticky-address");
		} else if (k == K_ENDPI) {
			r = pool_flag(p, &pool->endpoint_independent,
				      "endpoint-independent");
		} else if (k == K_MAP_E_PORTSET) {
			r = mape(p, pool);
		} else if (pool->type) {
			r = pf_conf_error(p, "pool type cannot be redefined");
		} else {
			pool->type = types[i].type;
			if (k == K_SOURCE_HASH)
				r = hash_key(p, pool);
		}
	}
	return r;
}

static int pool_host(struct parser *p, void *to)
{
	return conf_host(p, to);
}

int conf_redirection(struct parser *p, struct hosts *to, struct pf_pool *pool,
		     bool many, bool *star)
{
	bool port = false;
	int r = many ? conf_list(p, pool_host, to) : conf_host(p, to);

	*star = false;
	if (!r)
		r = accept_kind(p, K_PORT, &port);
	if (!r && port)
		r = conf_portstar(p, pool->port, star);
	return r;
}

/* Hosts of the wrong family are left out; a rule without one takes theirs. */
static void drop_families(struct hosts *h, sa_family_t *af)
{
	size_t n = 0;

	for (size_t i = 0; i < h->n; i++) {
		struct pf_pool_entry *e = &h->v[i];

		if (*af && e->host.af && e->host.af != *af) {
			free(e->ifname);
			free(e->host.name);
			continue;
		}
		if (e->host.af && !*af)
			*af = e->host.af;
		h->v[n++] = *e;
	}
	h->n = n;
}

/* (IF) has more than one address, as far as can be known. */
static bool dynif_many(const struct pf_host *h)
{
	if (h->kind != PF_ADDR_DYNIF)
		return false;
	if (!(h->if_flags & PF_IF_NOALIAS))
		return true;
	return strchr("0123456789", h->name[strlen(h->name) - 1]) == NULL;
}

int conf_netmask(struct parser *p, const struct pf_host *h, sa_family_t af)
{
	int bits = 0;

	if (af != AF_INET || h->kind != PF_ADDR_MASK)
		return 0;
	for (size_t i = 0; i < 16; i++)
		bits += __builtin_popcount(h->mask.b[i]);
	if (bits <= 32)
		return 0;
	report(p->how->report, REPORT_ERROR,
	       "netmask %d invalid for IPv4 address", bits);
	return -EINVAL;
}

/* `kind`: "redirection" or "routing". */
int conf_pool_finish(struct parser *p, struct hosts *h, struct pf_pool *pool,
		     sa_family_t *af, const char *kind)
{
	bool routing = !strcmp(kind, "routing");

	drop_families(h, af);
	for (size_t i = 0; !*af && !routing && i < h->n; i++)
		if (h->v[i].host.kind != PF_ADDR_TABLE &&
		    h->v[i].host.kind != PF_ADDR_DYNIF)
			return pf_conf_error(p,
					     "address family not given and "
					     "translation address expands to "
					     "multiple address families");
	if (!h->n)
		return pf_conf_error(
			p,
			"no %s address with matching address family "
			"found.",
			routing ? "routing" : "translation");
	for (size_t i = 0; i < h->n; i++)
		if (conf_netmask(p, &h->v[i].host, *af) < 0) {
			p->errors++;
			return -EINVAL;
		}
	if (!pool->type && (h->n > 1 || h->v[0].host.kind == PF_ADDR_TABLE ||
			    dynif_many(&h->v[0].host)))
		pool->type = PF_POOL_ROUNDROBIN;
	for (size_t i = 0; i < h->n && pool->type != PF_POOL_ROUNDROBIN; i++) {
		const struct pf_host *a = &h->v[i].host;

		if (a->kind == PF_ADDR_TABLE)
			return pf_conf_error(p,
					     "tables are only supported in "
					     "round-robin %s pools",
					     kind);
		if (dynif_many(a))
			return pf_conf_error(
				p,
				"interface (%s) is only supported in "
				"round-robin %s pools",
				a->name, kind);
	}
	if (h->n > 1 && pool->type != PF_POOL_ROUNDROBIN)
		return pf_conf_error(p,
				     "only round-robin valid for multiple %s "
				     "addresses",
				     kind);
	pool->v = h->v;
	pool->n = h->n;
	memset(h, 0, sizeof(*h));
	return 0;
}

/* IF or (IF ADDRESS) */
static int route_host(struct parser *p, void *to)
{
	struct hosts *h = to;
	cleanup_free char *name = NULL;
	size_t first = h->n;
	bool paren = false;
	int r = accept_char(p, '(', &paren);

	if (!r && at(p, T_STRING) && strlen(p->t.s) >= IFNAMSIZ)
		return pf_conf_error(p, "interface name too long");
	if (!r)
		r = take_string(p, &name);
	if (r < 0)
		return r;
	if (!paren) {
		struct pf_pool_entry *e = list_add(h);

		if (!e)
			return -ENOMEM;
		e->ifname = take_ptr(name);
		e->host.net = -1;
		return 0;
	}
	r = conf_host(p, h);
	for (size_t i = first; !r && i < h->n; i++)
		if (!(h->v[i].ifname = strdup(name)))
			r = -ENOMEM;
	return r < 0 ? r : expect_char(p, ')');
}

int conf_route(struct parser *p, struct draft *d)
{
	static const struct {
		enum kind kind;
		enum pf_route route;
	} kinds[] = {
		{K_ROUTE_TO, PF_ROUTE_TO},
		{K_REPLY_TO, PF_REPLY_TO},
		{K_DUP_TO, PF_DUP_TO},
	};
	int r;

	if (at(p, K_FASTROUTE)) /* pfctl takes it and does nothing */
		return lex_next(p);
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (!at(p, kinds[i].kind))
			continue;
		d->r.route = kinds[i].route;
		r = lex_next(p);
		if (!r)
			r = conf_list(p, route_host, &d->route);
		for (size_t k = 1; !r && k < d->route.n; k++)
			if (d->route.v[k].host.af != d->route.v[0].host.af)
				return pf_conf_error(
					p, "all pool addresses must be "
					   "in the same address family");
		return r < 0 ? r : conf_pool_opts(p, &d->r.route_pool);
	}
	return 0;
}

/* nat-to, rdr-to, binat-to; the word is the next token */
int conf_natto(struct parser *p, struct draft *d)
{
	enum kind k = p->t.kind;
	bool rdr = k == K_RDR_TO;
	struct pf_pool *pool = rdr ? &d->r.rdr : &d->r.pool;
	struct hosts *h = rdr ? &d->rdr : &d->pool;
	bool star = false;
	int r;

	if (h->n || (k == K_BINAT_TO && d->rdr.n))
		return pf_conf_error(p, "cannot respecify %s",
				     rdr	       ? "rdr-to"
				     : k == K_BINAT_TO ? "binat-to"
						       : "nat-to");
	d->binat_to |= k == K_BINAT_TO;
	r = lex_next(p);
	if (!r)
		r = conf_redirection(p, h, pool, true, &star);
	if (r < 0)
		return r;
	if (star)
		pool->port_shift = true;
	return conf_pool_opts(p, pool);
}

/* af-to inet|inet6 from POOL [to POOL] */
int conf_afto(struct parser *p, struct draft *d)
{
	bool star = false, to = false;
	sa_family_t af = 0;
	int r = lex_next(p);

	if (d->pool.n || d->rdr.n)
		return pf_conf_error(p, "cannot specify af-to with other "
					"translations");
	if (!r)
		r = conf_af(p, &af);
	if (!r && !af)
		return pf_conf_error(p, "no address family specified");
	if (!r)
		r = expect_kind(p, K_FROM);
	if (!r)
		r = conf_redirection(p, &d->pool, &d->r.pool, true, &star);
	if (!r)
		r = conf_pool_opts(p, &d->r.pool);
	if (!r)
		r = accept_kind(p, K_TO, &to);
	if (!r && to)
		r = conf_redirection(p, &d->rdr, &d->r.rdr, true, &star);
	if (!r && to)
		r = conf_pool_opts(p, &d->r.rdr);
	if (r < 0)
		return r;
	for (size_t i = 0; i < d->pool.n; i++)
		if (d->pool.v[i].host.af && d->pool.v[i].host.af != af)
			return pf_conf_error(p,
					     "af-to addresses must be in the "
					     "target address family");
	d->r.pool.af = af;
	return 0;
}
