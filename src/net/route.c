/*
 * route: route(8) of FreeBSD on the kernel's routes.
 *
 * Theory of operation.  A command line is parsed into a struct request by a
 * const table of modifiers; words that are no modifier are destination,
 * gateway and netmask, in that order.  The request becomes a struct route and
 * goes to the kernel; the answer is told in FreeBSD's words: on stdout what
 * was asked and how it went, on stderr what the kernel said.
 */
#include "net/route.h"

#include "base/cleanup.h"
#include "net/addr.h"
#include "net/bsderr.h"
#include "net/hosts.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

struct request {
	const struct sight *sight; /* of show and get */
	const char *cmd;	   /* as typed */
	bool numeric, quiet, verbose, test;
	int family; /* AF_UNSPEC until known */
	bool force_net, force_host, iface, reject, blackhole;
	const char *dst, *gw, *mask, *ifp, *ifa;
	int plen; /* -1 not given */
	uint32_t mtu, expire;
	struct route rt;
	bool host;
	char dst_text[128]; /* without "/len" */
};

struct modifier {
	const char *name;
	unsigned char nargs;
	int (*fn)(struct request *q, const struct modifier *m, const char *arg,
		  struct err *e);
	int value;
	size_t field;
};

static int usage_error(struct err *e, const char *text, const char *word)
{
	return err_set(e, EDESTADDRREQ, "%s%s", text, word);
}

static int mod_family(struct request *q, const struct modifier *m,
		      const char *arg, struct err *e)
{
	(void)arg;
	(void)e;
	q->family = m->value;
	return 0;
}

static int mod_bool(struct request *q, const struct modifier *m,
		    const char *arg, struct err *e)
{
	(void)arg;
	(void)e;
	*(bool *)((char *)q + m->field) = true;
	return 0;
}

static int mod_text(struct request *q, const struct modifier *m,
		    const char *arg, struct err *e)
{
	(void)e;
	*(const char **)((char *)q + m->field) = arg;
	return 0;
}

static int mod_number(struct request *q, const struct modifier *m,
		      const char *arg, struct err *e)
{
	long long n;

	if (str_to_int(arg, 0, UINT32_MAX, &n) < 0)
		return usage_error(e, "invalid number: ", arg);
	*(uint32_t *)((char *)q + m->field) = (uint32_t)n;
	return 0;
}

static int mod_prefixlen(struct request *q, const struct modifier *m,
			 const char *arg, struct err *e)
{
	long long n;

	(void)m;
	if (str_to_int(arg, 0, 128, &n) < 0)
		return usage_error(e, "bad prefixlen: ", arg);
	q->plen = (int)n;
	return 0;
}

static int mod_fib(struct request *q, const struct modifier *m, const char *arg,
		   struct err *e)
{
	(void)q;
	(void)m;
	if (strcmp(arg, "0") != 0)
		return usage_error(e, "invalid fib number: ", arg);
	return 0;
}

/* Flags that every route of this kind has anyway, or that show nowhere. */
static int mod_noted(struct request *q, const struct modifier *m,
		     const char *arg, struct err *e)
{
	(void)q;
	(void)m;
	(void)arg;
	(void)e;
	return 0;
}

static int mod_refused(struct request *q, const struct modifier *m,
		       const char *arg, struct err *e)
{
	(void)q;
	(void)arg;
	return err_set(e, EOPNOTSUPP, "-%s: not supported on Linux", m->name);
}

#define FIELD(f) offsetof(struct request, f)

static const struct modifier modifiers[] = {
	{"inet", 0, mod_family, AF_INET, 0},
	{"4", 0, mod_family, AF_INET, 0},
	{"inet6", 0, mod_family, AF_INET6, 0},
	{"6", 0, mod_family, AF_INET6, 0},
	{"net", 0, mod_bool, 0, FIELD(force_net)},
	{"host", 0, mod_bool, 0, FIELD(force_host)},
	{"interface", 0, mod_bool, 0, FIELD(iface)},
	{"iface", 0, mod_bool, 0, FIELD(iface)},
	{"reject", 0, mod_bool, 0, FIELD(reject)},
	{"blackhole", 0, mod_bool, 0, FIELD(blackhole)},
	{"dst", 1, mod_text, 0, FIELD(dst)},
	{"gateway", 1, mod_text, 0, FIELD(gw)},
	{"netmask", 1, mod_text, 0, FIELD(mask)},
	{"prefixlen", 1, mod_prefixlen, 0, 0},
	{"ifp", 1, mod_text, 0, FIELD(ifp)},
	{"ifa", 1, mod_text, 0, FIELD(ifa)},
	{"mtu", 1, mod_number, 0, FIELD(mtu)},
	{"expire", 1, mod_number, 0, FIELD(expire)},
	{"fib", 1, mod_fib, 0, 0},
	{"static", 0, mod_noted, 0, 0},
	{"cloning", 0, mod_noted, 0, 0},
	{"nostatic", 0, mod_refused, 0, 0},
	{"proto1", 0, mod_refused, 0, 0},
	{"proto2", 0, mod_refused, 0, 0},
	{"proto3", 0, mod_refused, 0, 0},
	{"proxy", 0, mod_refused, 0, 0},
	{"xresolve", 0, mod_refused, 0, 0},
	{"llinfo", 0, mod_refused, 0, 0},
	{"sticky", 0, mod_refused, 0, 0},
	{"nonsticky", 0, mod_refused, 0, 0},
	{"genmask", 1, mod_refused, 0, 0},
	{"hopcount", 1, mod_refused, 0, 0},
	{"recvpipe", 1, mod_refused, 0, 0},
	{"sendpipe", 1, mod_refused, 0, 0},
	{"ssthresh", 1, mod_refused, 0, 0},
	{"rtt", 1, mod_refused, 0, 0},
	{"rttvar", 1, mod_refused, 0, 0},
	{"weight", 1, mod_refused, 0, 0},
	{"lock", 0, mod_refused, 0, 0},
	{"lockrest", 0, mod_refused, 0, 0},
	{"osi", 0, mod_refused, 0, 0},
	{"link", 0, mod_refused, 0, 0},
};

static int parse_modifier(struct request *q, int n, char *const *words,
			  int *ret_used, struct err *e)
{
	for (size_t i = 0; i < ARRAY_SIZE(modifiers); i++) {
		const struct modifier *m = &modifiers[i];

		if (strcmp(words[0] + 1, m->name) != 0)
			continue;
		if (n <= m->nargs)
			return usage_error(e, "no value given for option ",
					   words[0]);
		*ret_used = 1 + m->nargs;
		return m->fn(q, m, m->nargs ? words[1] : NULL, e);
	}
	return usage_error(e, "bad keyword: ", words[0] + 1);
}

/* Options before the command, the command, then modifiers and addresses. */
static int parse_words(struct request *q, int n, char *const *words,
		       struct err *e)
{
	const char **place[] = {&q->dst, &q->gw, &q->mask};
	size_t at = 0;
	int i, used, r;

	for (i = 0; i < n; i += used) {
		used = 1;
		if (words[i][0] == '-' && words[i][1] &&
		    !(at == 1 && words[i][1] == '/')) {
			r = parse_modifier(q, n - i, words + i, &used, e);
			if (r < 0)
				return r;
			continue;
		}
		while (at < ARRAY_SIZE(place) && *place[at])
			at++;
		if (at == ARRAY_SIZE(place))
			return usage_error(e, "too many arguments: ", words[i]);
		*place[at++] = words[i];
	}
	return 0;
}

static int bad_address(struct err *e, const char *s)
{
	return err_set(e, EADDRNOTAVAIL, "bad address: %s", s);
}

/* "10", "10.1", "10.1.2", "10.1.2.3": as many octets as are written. */
static bool parse_octets(const char *s, struct in_addr *ret, int *ret_n)
{
	uint32_t v = 0;
	int n = 0;

	for (;;) {
		char *end;
		unsigned long o;

		if (!isdigit((unsigned char)*s) || n == 4)
			return false;
		o = strtoul(s, &end, 10);
		if (o > 255)
			return false;
		v = v << 8 | (uint32_t)o;
		n++;
		if (!*end)
			break;
		if (*end != '.')
			return false;
		s = end + 1;
	}
	ret->s_addr = htonl(v << (8 * (4 - n)));
	*ret_n = n;
	return true;
}

static int parse_addr(int family, const char *s, union route_addr *ret,
		      struct err *e)
{
	size_t len = family == AF_INET ? sizeof(ret->in) : sizeof(ret->in6);
	cleanup_free char *text = strdup(s);
	union route_addr a;
	char *zone;

	if (!text)
		return err_nomem(e);
	zone = strchr(text, '%');
	if (zone && family == AF_INET6)
		*zone = 0;
	if (inet_pton(family, text, &a) != 1 &&
	    !hosts_find(text, family, &a, len) &&
	    (family != AF_INET || !networks_find(text, &a.in)))
		return bad_address(e, s);
	*ret = a;
	return 0;
}

static int class_plen(struct in_addr a)
{
	uint32_t v = ntohl(a.s_addr);

	if (!v)
		return 0;
	if (!(v & 0x80000000))
		return 8;
	return v & 0x40000000 ? 24 : 16;
}

static uint32_t host_part(struct in_addr a, int plen)
{
	return plen >= 32 ? 0 : ntohl(a.s_addr) & (0xffffffffu >> plen);
}

static int dst_inet(struct request *q, struct err *e)
{
	int octets = 4, plen = q->plen, r;

	if (!parse_octets(q->dst_text, &q->rt.dst.in, &octets)) {
		r = parse_addr(AF_INET, q->dst_text, &q->rt.dst, e);
		if (r < 0)
			return r;
	}
	if (q->mask) {
		struct in_addr m;

		if (!inet_aton(q->mask, &m))
			return bad_address(e, q->mask);
		plen = addr_mask_plen(m);
		if (plen < 0)
			return bad_address(e, q->mask);
	}
	if (plen > 32)
		return usage_error(e, "bad prefixlen: ", q->dst);
	if (q->force_host ||
	    (plen < 0 && !q->force_net &&
	     host_part(q->rt.dst.in, class_plen(q->rt.dst.in)))) {
		q->host = true;
		q->rt.plen = 32;
		return 0;
	}
	if (plen < 0)
		plen = class_plen(q->rt.dst.in);
	q->rt.plen = (unsigned char)plen;
	return 0;
}

static int dst_inet6(struct request *q, struct err *e)
{
	struct in6_addr m;
	int plen = q->plen, r;

	r = parse_addr(AF_INET6, q->dst_text, &q->rt.dst, e);
	if (r < 0)
		return r;
	if (q->mask) {
		if (inet_pton(AF_INET6, q->mask, &m) != 1)
			return bad_address(e, q->mask);
		for (plen = 0; plen < 128; plen++)
			if (!(m.s6_addr[plen / 8] & 0x80 >> plen % 8))
				break;
	}
	if (plen < 0 && q->force_net)
		plen = 64;
	q->host = q->force_host || plen < 0;
	q->rt.plen = (unsigned char)(q->host ? 128 : plen);
	return 0;
}

/* The kernel takes no destination with bits beyond its prefix. */
static void dst_trim(struct route *rt)
{
	unsigned char *p = (unsigned char *)&rt->dst;
	unsigned int bits = rt->family == AF_INET ? 32 : 128;

	for (unsigned int i = rt->plen; i < bits; i++)
		p[i / 8] &= (unsigned char)~(0x80 >> i % 8);
}

static int resolve_dst(struct request *q, struct err *e)
{
	char *slash;
	long long n;
	int r;

	if (!q->dst)
		return usage_error(e, "destination required", "");
	if (snprintf(q->dst_text, sizeof(q->dst_text), "%s", q->dst) >=
	    (int)sizeof(q->dst_text))
		return bad_address(e, q->dst);
	slash = strchr(q->dst_text, '/');
	if (slash) {
		*slash = 0;
		if (str_to_int(slash + 1, 0, 128, &n) < 0)
			return usage_error(e, "bad prefixlen: ", slash + 1);
		q->plen = (int)n;
	}
	if (q->family == AF_UNSPEC)
		q->family = strchr(q->dst_text, ':') || (q->gw && !q->iface &&
							 strchr(q->gw, ':'))
				    ? AF_INET6
				    : AF_INET;
	q->rt.family = q->family;
	if (!strcmp(q->dst_text, "default"))
		return 0;
	r = q->family == AF_INET ? dst_inet(q, e) : dst_inet6(q, e);
	if (r >= 0)
		dst_trim(&q->rt);
	return r;
}

static int resolve_if(struct vnet *v, struct request *q, const char *name,
		      struct err *e)
{
	q->rt.oif = vnet_ifindex(v, name);
	if (!q->rt.oif)
		return bad_address(e, name);
	return 0;
}

static int resolve_gw(struct vnet *v, struct request *q, struct err *e)
{
	const char *zone;
	int r = 0;

	q->rt.type = q->blackhole ? ROUTE_BLACKHOLE
		     : q->reject  ? ROUTE_REJECT
				  : ROUTE_UNICAST;
	if (q->ifp) {
		r = resolve_if(v, q, q->ifp, e);
		if (r < 0)
			return r;
	}
	if (q->ifa) {
		r = parse_addr(q->family, q->ifa, &q->rt.src, e);
		if (r < 0)
			return r;
		q->rt.has_src = true;
	}
	if (!q->gw)
		return 0;
	if (q->iface)
		return resolve_if(v, q, q->gw, e);
	q->rt.gw_family = strchr(q->gw, ':') ? AF_INET6 : AF_INET;
	r = parse_addr(q->rt.gw_family, q->gw, &q->rt.gw, e);
	if (r < 0)
		return r;
	/* a route that drops has no gateway on Linux */
	q->rt.has_gw = q->rt.type == ROUTE_UNICAST;
	zone = strchr(q->gw, '%');
	return zone && !q->rt.oif ? resolve_if(v, q, zone + 1, e) : 0;
}

static const char *why(int code)
{
	switch (code) {
	case ENOENT:
	case ESRCH:
		return "not in table";
	case EBUSY:
		return "entry in use";
	case ENOBUFS:
		return "not enough memory";
	case EADDRINUSE:
		return "gateway uses the same route";
	case EEXIST:
		return "route already in table";
	default:
		return bsd_strerror(code);
	}
}

/* What was asked and how it went; and the text for stderr. */
static int tell(const struct request *q, int r, struct strbuf *out,
		struct err *e)
{
	if (!q->quiet) {
		strbuf_addf(out, "%s %s %s", q->cmd, q->host ? "host" : "net",
			    q->dst_text);
		if (q->gw)
			strbuf_addf(out, ": gateway %s", q->gw);
		if (r < 0)
			strbuf_addf(out, " fib 0: %s", why(-r));
		strbuf_addch(out, '\n');
	}
	if (r >= 0)
		return 0;
	if (r == -ESRCH || r == -ENOENT)
		return err_set(e, ESRCH, "route has not been found");
	if (r == -EPERM)
		return err_set(e, EPERM, "must be root to alter routing table");
	return err_set(e, -r, "message indicates error: %s", bsd_strerror(-r));
}

static void put_name(const struct request *q, struct strbuf *out, int family,
		     const union route_addr *a)
{
	size_t len = family == AF_INET ? sizeof(a->in) : sizeof(a->in6);
	char text[INET6_ADDRSTRLEN] = "", name[256];

	if (!q->numeric && hosts_name(family, a, len, name, sizeof(name)))
		strbuf_adds(out, name);
	else
		strbuf_adds(out, inet_ntop(family, a, text, sizeof(text)));
}

static void put_mask(const struct route *rt, struct strbuf *out)
{
	unsigned char mask[16] = {0};
	char text[INET6_ADDRSTRLEN];

	for (unsigned int i = 0; i < rt->plen; i++)
		mask[i / 8] |= (unsigned char)(0x80 >> i % 8);
	strbuf_adds(out, inet_ntop(rt->family, mask, text, sizeof(text)));
}

static void put_get_flags(const struct route *rt, struct strbuf *out)
{
	bool host = rt->plen == (rt->family == AF_INET ? 32 : 128);

	strbuf_adds(out, "      flags: <UP");
	if (rt->has_gw)
		strbuf_adds(out, ",GATEWAY");
	if (host)
		strbuf_adds(out, ",HOST");
	if (rt->type == ROUTE_REJECT)
		strbuf_adds(out, ",REJECT");
	strbuf_adds(out, ",DONE");
	if (rt->protocol != RTPROT_KERNEL || rt->type == ROUTE_LOCAL)
		strbuf_adds(out, ",STATIC");
	if (rt->type == ROUTE_BLACKHOLE)
		strbuf_adds(out, ",BLACKHOLE");
	if (rt->protocol == RTPROT_KERNEL)
		strbuf_adds(out, ",PINNED");
	strbuf_adds(out, ">\n");
}

static void put_get(const struct request *q, const struct route *rt,
		    const char *ifname, uint32_t mtu, struct strbuf *out)
{
	bool host = rt->plen == (rt->family == AF_INET ? 32 : 128);

	strbuf_adds(out, "   route to: ");
	if (!strcmp(q->dst_text, "default"))
		strbuf_adds(out, "default");
	else
		put_name(q, out, q->family, &q->rt.dst);
	strbuf_adds(out, "\ndestination: ");
	if (rt->plen)
		put_name(q, out, rt->family, &rt->dst);
	else
		strbuf_adds(out, "default");
	if (!host) {
		strbuf_adds(out, "\n       mask: ");
		if (rt->plen)
			put_mask(rt, out);
		else
			strbuf_adds(out, "default");
	}
	if (rt->has_gw) {
		strbuf_adds(out, "\n    gateway: ");
		put_name(q, out, rt->gw_family, &rt->gw);
	}
	strbuf_addf(out, "\n        fib: 0\n  interface: %s\n", ifname);
	put_get_flags(rt, out);
	strbuf_addf(out,
		    " recvpipe  sendpipe  ssthresh  rtt,msec    mtu        "
		    "weight    expire\n"
		    "%8d  %8d  %8d  %8d  %8u  %8d  %8u \n",
		    0, 0, 0, 0, mtu, 1, rt->expires);
}

/* The kernel looks up addresses, and "default" is none. */
static int get_default(struct vnet *v, int family, struct route *ret,
		       struct err *e)
{
	cleanup_free struct route *rts = NULL;
	const struct route *best = NULL;
	size_t n = 0;
	int r = routes_load(v, family, false, &rts, &n, e);

	for (size_t i = 0; r >= 0 && i < n; i++)
		if (!rts[i].plen && (!best || rts[i].metric < best->metric))
			best = &rts[i];
	if (r < 0)
		return r;
	if (!best)
		return -ESRCH;
	*ret = *best;
	return 0;
}

static int cmd_get(struct vnet *v, struct request *q, struct strbuf *out,
		   struct err *e)
{
	cleanup_ifnet struct ifnet ifp = {0};
	char kname[IFNAMSIZ] = "";
	struct route rt;
	int r;

	if (!q->dst && !strcmp(q->cmd, "show"))
		return route_table_print(v, q->family, q->sight, false, out, e);
	r = resolve_dst(q, e);
	if (r < 0)
		return r;
	if (!strcmp(q->dst_text, "default"))
		r = get_default(v, q->family, &rt, e);
	else
		r = route_get(v, q->family, &q->rt.dst, true, &rt, e);
	if (r == -ENETUNREACH || r == -ESRCH || r == -EHOSTUNREACH ||
	    (r >= 0 && !sight_route(q->sight, &rt)))
		return err_set(e, ESRCH, "route has not been found");
	if (r < 0)
		return r;
	if (rt.type == ROUTE_LOCAL || !rt.oif)
		memcpy(kname, "lo", 3);
	else
		vnet_ifname(v, rt.oif, kname);
	if (ifnet_link(v, ifname_from_kernel(kname), &ifp, NULL) < 0)
		ifp.mtu = 0;
	put_get(q, &rt, ifname_from_kernel(kname), rt.mtu ? rt.mtu : ifp.mtu,
		out);
	return 0;
}

typedef int change_fn(struct vnet *v, const struct route *rt, struct err *e);

static int change(struct vnet *v, struct request *q, change_fn *fn,
		  struct strbuf *out, struct err *e)
{
	int r = resolve_dst(q, e);

	if (r >= 0)
		r = resolve_gw(v, q, e);
	if (r < 0)
		return r;
	if (fn != route_delete && !q->gw && !q->ifp &&
	    q->rt.type == ROUTE_UNICAST)
		return usage_error(e, "gateway required", "");
	q->rt.mtu = q->mtu;
	q->rt.expires = q->expire;
	q->rt.protocol = RTPROT_STATIC;
	r = tell(q, q->test ? 0 : fn(v, &q->rt, e), out, e);
	/* -v: the route as the kernel has it now */
	if (r >= 0 && q->verbose && !q->test && fn != route_delete)
		r = cmd_get(v, q, out, e);
	return r;
}

static int cmd_add(struct vnet *v, struct request *q, struct strbuf *out,
		   struct err *e)
{
	return change(v, q, route_add, out, e);
}

static int cmd_change(struct vnet *v, struct request *q, struct strbuf *out,
		      struct err *e)
{
	return change(v, q, route_change, out, e);
}

static int cmd_delete(struct vnet *v, struct request *q, struct strbuf *out,
		      struct err *e)
{
	return change(v, q, route_delete, out, e);
}

static int flush_family(struct vnet *v, const struct request *q, int family,
			struct strbuf *out, struct err *e)
{
	cleanup_free struct route_row *rows = NULL;
	cleanup_ifnets struct ifnets ifs = {0};
	size_t n = 0;
	int r;

	r = ifnets_load(v, &ifs, e);
	if (r >= 0)
		r = route_rows(v, &ifs, family, NULL, &rows, &n, e);
	for (size_t i = 0; r >= 0 && i < n; i++) {
		if (!rows[i].rt.has_gw)
			continue;
		r = q->test ? 0 : route_delete(v, &rows[i].rt, e);
		if (r == -ESRCH) /* gone meanwhile */
			r = 0;
		if (r < 0)
			return tell(q, r, out, e);
		if (!q->quiet)
			strbuf_addf(out, "%-20.20s %-20.20s done\n",
				    rows[i].dst, rows[i].gw);
	}
	return r;
}

static int cmd_flush(struct vnet *v, struct request *q, struct strbuf *out,
		     struct err *e)
{
	int r = 0;

	if (q->dst)
		return usage_error(e, "flush takes no address: ", q->dst);
	if (q->family != AF_INET6)
		r = flush_family(v, q, AF_INET, out, e);
	if (r >= 0 && q->family != AF_INET)
		r = flush_family(v, q, AF_INET6, out, e);
	return r;
}

static const struct {
	const char *name;
	int (*fn)(struct vnet *v, struct request *q, struct strbuf *out,
		  struct err *e);
} commands[] = {
	{"add", cmd_add},	{"delete", cmd_delete}, {"del", cmd_delete},
	{"change", cmd_change}, {"get", cmd_get},	{"show", cmd_get},
	{"flush", cmd_flush},
};

/* -dnqtv before the command; "-4" and "-6" too.  Returns the words used. */
static int parse_options(struct request *q, int n, char *const *words,
			 struct err *e)
{
	int i;

	for (i = 0; i < n && words[i][0] == '-' && words[i][1]; i++) {
		for (const char *p = words[i] + 1; *p; p++) {
			switch (*p) {
			case '4':
				q->family = AF_INET;
				break;
			case '6':
				q->family = AF_INET6;
				break;
			case 'd':
			case 't':
				q->test = true;
				break;
			case 'n':
				q->numeric = true;
				break;
			case 'q':
				q->quiet = true;
				break;
			case 'v':
				q->verbose = true;
				break;
			default:
				return usage_error(e, "illegal option -- ", p);
			}
		}
	}
	return i;
}

int route_command(struct vnet *v, int nwords, char *const *words,
		  const struct sight *sight, struct strbuf *out, struct err *e)
{
	struct request q = {.sight = sight, .family = AF_UNSPEC, .plen = -1};
	int used = parse_options(&q, nwords, words, e), r;

	if (used < 0)
		return used;
	if (used == nwords)
		return usage_error(e, "usage", "");
	q.cmd = words[used];
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		if (strcmp(commands[i].name, q.cmd) != 0)
			continue;
		r = parse_words(&q, nwords - used - 1, words + used + 1, e);
		return r < 0 ? r : commands[i].fn(v, &q, out, e);
	}
	return usage_error(e, "bad keyword: ", q.cmd);
}
