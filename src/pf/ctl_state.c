/* ctl: pfctl -s states, -k, -F states; sources of states. */
#include "pf/ctl.h"

#include "base/cleanup.h"
#include "pf/gate.h"
#include "pf/kernel.h"
#include "pf/print.h"
#include "pf/state.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <netdb.h>
#include <string.h>

struct showing {
	struct ctl *c;
	struct pf_gates gates;
	bool titled;
	uint32_t creator;
};

/* -i of what ends states */
static int check_iface(const struct ctl *c, struct err *e)
{
	if (c->iface && strlen(c->iface) >= IFNAMSIZ)
		return err_set(e, EDOM, "invalid interface: %s", c->iface);
	return 0;
}

static int show_state(const struct pf_flow *f, const struct pf_state *s,
		      void *data, struct err *e)
{
	struct showing *x = data;
	struct pf_state shown = *s;
	unsigned int flags = 0;

	(void)f;
	(void)e;
	if (x->c->iface && strcmp(x->c->iface, s->ifname) != 0)
		return 0;
	if (!x->titled)
		ctl_title(x->c, "STATES:");
	x->titled = true;
	if (x->c->opts & CTL_VERBOSE)
		flags |= PF_STATE_VERBOSE;
	if (x->c->opts & CTL_VERBOSE2)
		flags |= PF_STATE_VERBOSE2;
	if (x->c->opts & CTL_USEDNS)
		flags |= PF_STATE_DNS;
	if (s->r && s->r->route)
		shown.via = &x->gates.v[s->gate[s->r->route == PF_REPLY_TO]];
	/* a group's name is that of no interface */
	if (s->origif && !ifnets_find(&x->c->names.ifs, s->origif))
		shown.origif = NULL;
	pf_state_print(&x->c->out, &shown, x->creator, flags);
	return 0;
}

int ctl_show_states(struct ctl *c, struct err *e)
{
	cleanup_pf_conf struct pf_conf *conf = NULL;
	struct showing x = {.c = c, .titled = !(c->opts & CTL_SHOWALL)};
	struct pf_status st = {.loaded = false};
	int r = pf_loaded(c->k, &conf, e);

	if (r >= 0 && c->opts & CTL_VERBOSE2)
		r = pf_status(c->k, &st, e);
	if (r >= 0 && pf_gates_read(c->k->nf, &x.gates, e) < 0)
		err_clear(e); /* no rule routes */
	x.creator = st.hostid;
	return r < 0 ? r : pf_states_each(c->k, c->v, conf, show_state, &x, e);
}

int ctl_flush_states(struct ctl *c, struct err *e)
{
	struct pf_state_filter f = {.ifname = c->iface,
				    .match = c->opts & CTL_KILLMATCH};
	size_t n = 0;
	int r = check_iface(c, e);

	if (!r)
		r = pf_states_kill(c->k, c->v, &f, &n, e);
	if (!r)
		ctl_tell(c, "%zu states cleared", n);
	return r;
}

/* addresses of -k and -K */

static void prefix_mask(union pf_addr *m, unsigned int plen)
{
	*m = (union pf_addr){.b = {0}};
	for (unsigned int i = 0; i < plen; i++)
		m->b[i / 8] |= (uint8_t)(0x80 >> i % 8);
}

static bool same_addr(const struct ctl_addr *a, const struct ctl_addr *b)
{
	return a->af == b->af &&
	       !memcmp(a->addr.b, b->addr.b, sizeof(a->addr.b)) &&
	       !memcmp(a->mask.b, b->mask.b, sizeof(a->mask.b));
}

static int addr_take(struct ctl_addr **v, size_t *n, const struct addrinfo *ai,
		     int plen)
{
	bool four = ai->ai_family == AF_INET;
	const struct sockaddr_in6 *six = (const void *)ai->ai_addr;
	const struct sockaddr_in *in = (const void *)ai->ai_addr;
	struct ctl_addr a = {.af = (sa_family_t)ai->ai_family};
	struct ctl_addr *p;

	memcpy(a.addr.b, four ? (const void *)&in->sin_addr : &six->sin6_addr,
	       four ? 4 : 16);
	prefix_mask(&a.mask, plen >= 0 ? (unsigned int)plen : four ? 32 : 128);
	for (size_t i = 0; i < *n; i++)
		if (same_addr(&(*v)[i], &a))
			return 0;
	p = reallocarray(*v, *n + 1, sizeof(**v));
	if (!p)
		return -ENOMEM;
	*v = p;
	p[(*n)++] = a;
	return 0;
}

static int prefix_of(const char *text, struct err *e)
{
	long long n;
	int r = str_to_int(text, 0, 128, &n);

	if (r < 0)
		return err_set(e, EDOM, "prefix is %s: %s",
			       r == -EINVAL   ? "invalid"
			       : *text == '-' ? "too small"
					      : "too large",
			       text);
	return (int)n;
}

int ctl_addrs(const char *word, bool dns, struct ctl_addr **ret, size_t *n,
	      struct err *e)
{
	cleanup_free char *host = strdup(word);
	char *slash = host ? strchr(host, '/') : NULL;
	struct addrinfo hints = {.ai_socktype = SOCK_DGRAM}, *list = NULL;
	struct ctl_addr *v = NULL;
	size_t k = 0;
	int plen = -1, r;

	if (!host)
		return err_nomem(e);
	if (slash) {
		*slash++ = '\0';
		plen = prefix_of(slash, e);
		if (plen < 0)
			return plen;
	}
	if (slash || !dns)
		hints.ai_flags = AI_NUMERICHOST;
	r = getaddrinfo(host, NULL, &hints, &list);
	if (r)
		return err_set(e, EDOM, "getaddrinfo: %s", gai_strerror(r));
	if (plen > 32 && list->ai_family == AF_INET)
		r = err_set(e, EDOM, "prefix too long for AF_INET");
	for (struct addrinfo *ai = list; r >= 0 && ai; ai = ai->ai_next)
		if (ai->ai_family == AF_INET || ai->ai_family == AF_INET6)
			r = addr_take(&v, &k, ai, plen);
	freeaddrinfo(list);
	if (r < 0) {
		free(v);
		return r == -ENOMEM ? err_nomem(e) : r;
	}
	*ret = v;
	*n = k;
	return 0;
}

static void mask_addr(union pf_addr *a, const union pf_addr *m)
{
	for (int i = 0; i < 16; i++)
		a->b[i] &= m->b[i];
}

static void set_src(struct pf_state_filter *f, const struct ctl_addr *a)
{
	f->af = a->af;
	f->src = a->addr;
	f->src_mask = a->mask;
	mask_addr(&f->src, &a->mask);
}

static void set_dst(struct pf_state_filter *f, const struct ctl_addr *a)
{
	f->dst = a->addr;
	f->dst_mask = a->mask;
	mask_addr(&f->dst, &a->mask);
}

static int kill_some(struct ctl *c, const struct pf_state_filter *f,
		     size_t *total, struct err *e)
{
	struct pf_state_filter match = *f;
	size_t n = 0;
	int r;

	match.match = c->opts & CTL_KILLMATCH;
	r = pf_states_kill(c->k, c->v, &match, &n, e);
	*total += n;
	return r;
}

/* -k SOURCE [-k DESTINATION], -k nat -k SOURCE */
static int kill_net(struct ctl *c, struct err *e)
{
	bool nat = c->nkill == 2 && !strcmp(c->kill[0], "nat");
	bool dns = !(c->opts & CTL_NODNS), two = c->nkill == 2 && !nat;
	cleanup_free struct ctl_addr *src = NULL, *dst = NULL;
	size_t nsrc = 0, ndst = 0, total = 0, dests = 0;
	int r = ctl_addrs(c->kill[nat], dns, &src, &nsrc, e);

	if (!r && two)
		r = ctl_addrs(c->kill[1], dns, &dst, &ndst, e);
	for (size_t i = 0; !r && i < nsrc; i++) {
		struct pf_state_filter f = {.ifname = c->iface, .nat = nat};

		set_src(&f, &src[i]);
		dests = 0;
		for (size_t j = 0; !r && j < ndst; j++) {
			if (dst[j].af != f.af)
				continue;
			dests++;
			set_dst(&f, &dst[j]);
			r = kill_some(c, &f, &total, e);
		}
		if (!r && !two)
			r = kill_some(c, &f, &total, e);
	}
	if (!r)
		ctl_tell(c,
			 "killed %zu states from %zu sources and %zu "
			 "destinations",
			 total, nsrc, dests);
	return r;
}

/* Rules by label or by the gateway they route to. */
struct by_rule {
	const struct pf_conf *conf;
	const char *label;
	const struct ctl_addr *gateway;
};

static bool has_label(const struct pf_rule *r, const char *label)
{
	for (size_t i = 0; i < r->nlabels; i++) {
		cleanup_strbuf struct strbuf b = STRBUF_INIT;

		if (!pf_label_expand(&b, r->label[i], r) && !strcmp(b.s, label))
			return true;
	}
	return false;
}

static bool has_gateway(const struct pf_rule *r, const struct ctl_addr *g)
{
	for (size_t i = 0; i < r->route_pool.n; i++) {
		const struct pf_host *h = &r->route_pool.v[i].host;
		bool same = h->kind == PF_ADDR_MASK && h->af == g->af;

		for (int b = 0; same && b < 16; b++)
			same = !((h->addr.b[b] ^ g->addr.b[b]) & g->mask.b[b]);
		if (same)
			return true;
	}
	return false;
}

static bool rule_chosen(void *data, int n)
{
	const struct by_rule *by = data;
	const struct pf_anchor *a;
	const struct pf_rule *r;
	unsigned int nr;
	int anchor_nr;

	if (n < 0 || pf_rule_where(by->conf, n, &a, &nr, &anchor_nr) < 0 ||
	    nr >= a->list[PF_LIST_FILTER].n)
		return false;
	r = &a->list[PF_LIST_FILTER].v[nr];
	return by->label ? has_label(r, by->label)
			 : has_gateway(r, by->gateway);
}

static int kill_by_rule(struct ctl *c, struct by_rule *by, size_t *total,
			struct err *e)
{
	cleanup_pf_conf struct pf_conf *conf = NULL;
	struct pf_state_filter f = {
		.ifname = c->iface, .rule = rule_chosen, .data = by};
	int r = pf_loaded(c->k, &conf, e);

	by->conf = conf;
	return r < 0 ? r : kill_some(c, &f, total, e);
}

static int told(struct ctl *c, int r, size_t total)
{
	if (!r)
		ctl_tell(c, "killed %zu states", total);
	return r;
}

static int kill_label(struct ctl *c, struct err *e)
{
	struct by_rule by = {.label = c->kill[1]};
	size_t total = 0;
	int r;

	if (strlen(by.label) >= PF_LABEL_SIZE)
		return err_set(e, EDOM, "label too long: %s", by.label);
	r = kill_by_rule(c, &by, &total, e);
	return told(c, r, total);
}

static int kill_gateway(struct ctl *c, struct err *e)
{
	cleanup_free struct ctl_addr *v = NULL;
	size_t n = 0, total = 0;
	int r = ctl_addrs(c->kill[1], !(c->opts & CTL_NODNS), &v, &n, e);

	for (size_t i = 0; !r && i < n; i++) {
		struct by_rule by = {.gateway = &v[i]};

		r = kill_by_rule(c, &by, &total, e);
	}
	return told(c, r, total);
}

static int kill_id(struct ctl *c, struct err *e)
{
	struct pf_state_filter f = {.ifname = NULL};
	struct pf_status st;
	unsigned int creator = 0;
	size_t total = 0;
	int n, r;

	n = sscanf(c->kill[1], "%" SCNx64 "/%x", &f.id, &creator);
	c->bad_usage = n < 1 || !f.id;
	if (n < 1)
		return err_set(e, EINVAL, "wrong id format specified");
	if (!f.id)
		return err_set(e, EINVAL, "cannot kill id 0");
	r = pf_status(c->k, &st, e);
	/* all states here were made by this machine */
	if (r >= 0 && (n < 2 || creator == st.hostid))
		r = kill_some(c, &f, &total, e);
	return told(c, r < 0 ? r : 0, total);
}

/* "ADDRESS:PORT" or "ADDRESS[PORT]"; the port may be missing. */
static int key_host(const char *text, struct ctl_addr *ret, uint16_t *port)
{
	cleanup_free char *host = strdup(text);
	long long n = 0;
	char *sep, *end;

	*ret = (struct ctl_addr){.af = AF_INET};
	if (!host)
		return -ENOMEM;
	sep = strchr(host, '[');
	end = sep ? strrchr(sep, ']') : NULL;
	if (end) {
		ret->af = AF_INET6;
		*end = '\0';
	} else {
		sep = strchr(host, ':');
		if (sep && strchr(sep + 1, ':')) {
			ret->af = AF_INET6; /* without a port */
			sep = NULL;
		}
	}
	if (sep)
		*sep++ = '\0';
	if (sep && str_to_int(sep, 0, UINT16_MAX, &n) < 0)
		return -EINVAL;
	*port = (uint16_t)n;
	prefix_mask(&ret->mask, ret->af == AF_INET ? 32 : 128);
	return inet_pton(ret->af, host, &ret->addr) == 1 ? 0 : -EINVAL;
}

static int kill_key(struct ctl *c, struct err *e)
{
	struct pf_state_filter f = {.ifname = c->iface, .key = true};
	cleanup_strv struct strv w = {0};
	struct ctl_addr host[2];
	const struct protoent *p;
	uint16_t port[2];
	size_t total = 0;
	int from;

	if (strv_split(&w, c->kill[1], " \t") < 0)
		return err_nomem(e);
	if (w.n != 4)
		return err_set(e, EDOM,
			       "pfctl_key_kill_states: key must be \"protocol "
			       "host1:port1 direction host2:port2\" format");
	p = getprotobyname(w.v[0]);
	if (!p)
		return err_set(e, EDOM, "invalid protocol: %s", w.v[0]);
	if (strcmp(w.v[2], "->") != 0 && strcmp(w.v[2], "<-") != 0)
		return err_set(e, EDOM, "invalid direction: %s", w.v[2]);
	for (int i = 0; i < 2; i++)
		if (key_host(w.v[1 + 2 * i], &host[i], &port[i]) < 0)
			return err_set(e, EDOM, "invalid host: %s",
				       w.v[1 + 2 * i]);
	if (host[0].af != host[1].af)
		return err_set(e, EDOM, "invalid host: %s", w.v[3]);
	from = *w.v[2] == '<';
	f.proto = (uint8_t)p->p_proto;
	set_src(&f, &host[from]);
	set_dst(&f, &host[!from]);
	f.src_port = port[from];
	f.dst_port = port[!from];
	return told(c, kill_some(c, &f, &total, e), total);
}

static const struct {
	const char *word;
	int (*fn)(struct ctl *c, struct err *e);
} kills[] = {
	{"label", kill_label},
	{"id", kill_id},
	{"gateway", kill_gateway},
	{"key", kill_key},
};

int ctl_kill_states(struct ctl *c, struct err *e)
{
	int r;

	for (size_t i = 0; i < ARRAY_SIZE(kills); i++) {
		if (strcmp(kills[i].word, c->kill[0]) != 0)
			continue;
		c->bad_usage = c->nkill != 2 || !*c->kill[1];
		if (c->bad_usage)
			return err_set(e, EINVAL, "no %s specified",
				       kills[i].word);
		r = kills[i].fn == kill_id ? 0 : check_iface(c, e);
		return r < 0 ? r : kills[i].fn(c, e);
	}
	r = check_iface(c, e);
	return r < 0 ? r : kill_net(c, e);
}
