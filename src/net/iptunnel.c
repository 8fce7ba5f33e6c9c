/*
 * iptunnel: gif(4) and gre(4) on the kernel's IP tunnels; see iptunnel.h.
 *
 * Theory of operation.  On FreeBSD one gif carries IPv4 and IPv6 over either;
 * on Linux sit does that over IPv4 and ip6tnl over IPv6 (both with protocol
 * "any"), gre and ip6gre likewise.  A new interface is of the IPv4 kind; the
 * first `tunnel` over IPv6 makes it anew as the other kind (relink.h), the
 * ends of one family are changed in place.
 *
 * Linux has no tunnel without ends beside others: the one with none is the
 * driver's own.  So an interface without ends has two in 127.254/15, a pair
 * by its unit, which no packet can leave to or come from: the kernel lets none
 * with such a source out, and the two differ, so that what it sends to itself
 * is not for it.  They are never shown.
 */
#include "net/iptunnel.h"

#include "base/cleanup.h"
#include "net/bsderr.h"
#include "net/kind_rows.h"
#include "net/link.h"
#include "net/relink.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_tunnel.h>
#include <linux/ip6_tunnel.h>
#include <string.h>

#define NOWHERE 0x7ffe0000u	 /* 127.254.0.0 */
#define NOWHERE_MASK 0xfffe0000u /* /15 */
#define TTL 30			 /* FreeBSD's ip_gif_ttl, ip_gre_ttl */

static const char *const kinds_of[][2] = {
	/* over IPv4, over IPv6 */
	{"sit", "ip6tnl"},
	{"gre", "ip6gre"},
};

static const char *linux_kind(const struct ifkind *k, int family)
{
	return kinds_of[k == &kind_gre][family == AF_INET6];
}

/* ---------------------------------------------------------------- ends */

static int end_parse(struct tunnel_addr *ret, const char *word, struct err *e)
{
	if (tunnel_addr_parse(word, ret) < 0)
		return err_set(e, EINVAL,
			       "error in parsing address string: Name does not "
			       "resolve");
	return 0;
}

int iptunnel_ends(struct iptunnel *t, const char *src, const char *dst,
		  struct err *e)
{
	struct tunnel_addr a = {0}, b = {0};
	int r;

	r = end_parse(&a, src, e);
	if (r >= 0)
		r = end_parse(&b, dst, e);
	if (r < 0)
		return r;
	if (a.family != b.family)
		return err_set(e, EINVAL,
			       "source and destination address families do "
			       "not match");
	if (tunnel_addr_any(&a) || tunnel_addr_any(&b) ||
	    tunnel_addr_multicast(&a) || tunnel_addr_multicast(&b))
		return bsd_err(e, EADDRNOTAVAIL, "%s",
			       a.family == AF_INET ? "SIOCSIFPHYADDR"
						   : "SIOCSIFPHYADDR_IN6");
	t->local = a;
	t->remote = b;
	return 0;
}

static void nowhere(struct iptunnel *t, unsigned int n)
{
	uint32_t a = NOWHERE | (n << 2 & ~NOWHERE_MASK);

	t->local = t->remote = (struct tunnel_addr){.family = AF_INET};
	t->local.in.s_addr = htonl(a | 1);
	t->remote.in.s_addr = htonl(a | 2);
}

static bool is_nowhere(const struct tunnel_addr *a)
{
	return a->family == AF_INET &&
	       (ntohl(a->in.s_addr) & NOWHERE_MASK) == NOWHERE;
}

/* ---------------------------------------------------------- attributes */

static void put_sit(struct nlm *m, const void *data)
{
	const struct iptunnel *t = data;

	nlm_put(m, IFLA_IPTUN_LOCAL, &t->local.in, sizeof(t->local.in));
	nlm_put(m, IFLA_IPTUN_REMOTE, &t->remote.in, sizeof(t->remote.in));
	nlm_put_u8(m, IFLA_IPTUN_TTL, TTL);
	nlm_put_u8(m, IFLA_IPTUN_PMTUDISC, 0);
	nlm_put_u8(m, IFLA_IPTUN_PROTO, 0); /* any */
}

static void put_ip6tnl(struct nlm *m, const void *data)
{
	const struct iptunnel *t = data;

	nlm_put(m, IFLA_IPTUN_LOCAL, &t->local.in6, sizeof(t->local.in6));
	nlm_put(m, IFLA_IPTUN_REMOTE, &t->remote.in6, sizeof(t->remote.in6));
	nlm_put_u8(m, IFLA_IPTUN_TTL, TTL);
	nlm_put_u8(m, IFLA_IPTUN_PROTO, 0);
	/* FreeBSD puts no option header in front */
	nlm_put_u8(m, IFLA_IPTUN_ENCAP_LIMIT, 0);
	nlm_put_u32(m, IFLA_IPTUN_FLAGS, IP6_TNL_F_IGN_ENCAP_LIMIT);
}

/*
 * The key must be in what comes, too.  FreeBSD takes packets with and without
 * checksums and numbers; Linux has no such way with checksums: both ends have
 * them or none.
 */
static void put_gre_options(struct nlm *m, const struct iptunnel *t)
{
	uint16_t in = t->key ? GRE_KEY : 0, out = in;

	if (t->csum) {
		in |= GRE_CSUM;
		out |= GRE_CSUM;
	}
	if (t->seq)
		out |= GRE_SEQ;
	nlm_put_u16(m, IFLA_GRE_IFLAGS, in);
	nlm_put_u16(m, IFLA_GRE_OFLAGS, out);
	nlm_put_u32(m, IFLA_GRE_IKEY, htonl(t->key));
	nlm_put_u32(m, IFLA_GRE_OKEY, htonl(t->key));
	nlm_put_u8(m, IFLA_GRE_TTL, TTL);
}

static void put_gre(struct nlm *m, const void *data)
{
	const struct iptunnel *t = data;

	put_gre_options(m, t);
	nlm_put(m, IFLA_GRE_LOCAL, &t->local.in, sizeof(t->local.in));
	nlm_put(m, IFLA_GRE_REMOTE, &t->remote.in, sizeof(t->remote.in));
	nlm_put_u8(m, IFLA_GRE_PMTUDISC, 0);
}

static void put_gre6(struct nlm *m, const void *data)
{
	const struct iptunnel *t = data;

	put_gre_options(m, t);
	nlm_put(m, IFLA_GRE_LOCAL, &t->local.in6, sizeof(t->local.in6));
	nlm_put(m, IFLA_GRE_REMOTE, &t->remote.in6, sizeof(t->remote.in6));
	nlm_put_u8(m, IFLA_GRE_ENCAP_LIMIT, 0);
	nlm_put_u32(m, IFLA_GRE_FLAGS, IP6_TNL_F_IGN_ENCAP_LIMIT);
}

iptunnel_put *iptunnel_put_of(const char *kind)
{
	static const struct {
		const char *kind;
		iptunnel_put *put;
	} rows[] = {
		{"sit", put_sit},
		{"ip6tnl", put_ip6tnl},
		{"gre", put_gre},
		{"ip6gre", put_gre6},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (!strcmp(rows[i].kind, kind))
			return rows[i].put;
	return NULL;
}

static void addr_read(const struct nlattr *a, struct tunnel_addr *ret)
{
	if (a)
		tunnel_addr_read(ret, mnl_attr_get_payload(a),
				 mnl_attr_get_payload_len(a));
}

static bool is_gre(const char *linux_kind)
{
	return strstr(linux_kind, "gre") || strstr(linux_kind, "erspan");
}

static void gre_read(const struct nlattr *info, struct iptunnel *ret)
{
	const struct nlattr *tb[IFLA_GRE_MAX + 1];
	uint16_t out;

	nl_parse_nested(info, tb, IFLA_GRE_MAX);
	addr_read(tb[IFLA_GRE_LOCAL], &ret->local);
	addr_read(tb[IFLA_GRE_REMOTE], &ret->remote);
	out = nl_u16(tb[IFLA_GRE_OFLAGS]);
	if (out & GRE_KEY)
		ret->key = ntohl(nl_u32(tb[IFLA_GRE_OKEY]));
	ret->csum = out & GRE_CSUM;
	ret->seq = out & GRE_SEQ;
}

static void ends_read(const char *linux_kind, const struct nlattr *info,
		      struct iptunnel *ret)
{
	const struct nlattr *tb[IFLA_IPTUN_MAX + 1];

	*ret = (struct iptunnel){0};
	if (is_gre(linux_kind)) {
		gre_read(info, ret);
		return;
	}
	nl_parse_nested(info, tb, IFLA_IPTUN_MAX);
	addr_read(tb[IFLA_IPTUN_LOCAL], &ret->local);
	addr_read(tb[IFLA_IPTUN_REMOTE], &ret->remote);
}

void iptunnel_read(const struct ifnet *ifp, struct iptunnel *ret)
{
	ends_read(ifp->linux_kind, ifp->info, ret);
	if (is_nowhere(&ret->local))
		ret->local = ret->remote = (struct tunnel_addr){0};
}

/* ------------------------------------------------------------- changes */

/* Ends for an interface that is to have none: its own, or by its number. */
static void no_ends(const struct ifnet *ifp, struct iptunnel *t)
{
	struct iptunnel old;

	ends_read(ifp->linux_kind, ifp->info, &old);
	if (is_nowhere(&old.local)) {
		t->local = old.local;
		t->remote = old.remote;
	} else {
		nowhere(t, (unsigned int)ifp->index);
	}
}

int iptunnel_apply(struct vnet *v, const char *ifname,
		   const struct iptunnel *now, const char *what, struct err *e)
{
	cleanup_ifnet struct ifnet ifp = {0};
	struct err le = ERR_INIT;
	struct iptunnel t = *now;
	const char *kind;
	int r = ifnet_get(v, ifname, &ifp, e);

	if (r < 0)
		return r;
	if (!t.local.family)
		no_ends(&ifp, &t);
	kind = linux_kind(ifp.kind, t.local.family);
	if (!strcmp(kind, ifp.linux_kind))
		r = relink_change(v, &ifp, iptunnel_put_of(kind), &t, &le);
	else
		r = relink(v, &ifp, kind, iptunnel_put_of(kind), &t, &le);
	if (r == -EEXIST) /* another has these ends */
		return bsd_err(e, EADDRNOTAVAIL, "%s", what);
	if (r == -EOPNOTSUPP)
		return kind_refuse(ifp.kind, EOPNOTSUPP, e);
	return r < 0 ? err_set(e, -r, "%s: %s", what, le.text) : 0;
}

int iptunnel_make(struct vnet *v, const struct ifkind *k, const char *kname,
		  int unit, uint32_t mtu, struct err *e)
{
	const char *kind = linux_kind(k, AF_INET), *names[] = {kname};
	struct ifinfomsg ifi = {.ifi_flags = IFF_MULTICAST,
				.ifi_change = IFF_MULTICAST};
	struct iptunnel t = {0};
	struct err le = ERR_INIT;
	struct link_nest n;
	struct nlm m;
	int r;

	nowhere(&t, (unsigned int)unit);
	for (int i = 0; i < 2; i++) {
		nlm_begin(&m, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &ifi,
			  sizeof(ifi));
		nlm_put_str(&m, IFLA_IFNAME, kname);
		nlm_put_u32(&m, IFLA_MTU, mtu);
		n = link_data(&m, kind);
		iptunnel_put_of(kind)(&m, &t);
		link_nest_end(&m, &n);
		err_clear(&le);
		r = nl_talk(v->rt, &m, &le, NULL);
		if (r != -EEXIST || iptunnel_yield(v, kname) <= 0)
			break;
	}
	if (r == -EEXIST)
		return r;
	if (r < 0)
		return kind_refuse(k, -r, e);
	link_v6_off(v, names, 1);
	return 0;
}

/* ------------------------------------------------------------ fallback */

bool iptunnel_fallback(const char *linux_kind, const struct nlattr *info)
{
	static const char *const kinds[] = {"sit",    "ipip",	"gre",
					    "gretap", "erspan", "ip6tnl",
					    "ip6gre", "vti",	"vti6"};
	struct iptunnel t;

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (strcmp(linux_kind, kinds[i]) != 0)
			continue;
		ends_read(linux_kind, info, &t);
		return info && !t.local.family && !t.remote.family && !t.key;
	}
	return false;
}

int iptunnel_yield(struct vnet *v, const char *kname)
{
	cleanup_ifnet struct ifnet ifp = {0};
	char to[IFNAMSIZ];
	struct nlm m;

	if (ifnet_link_any(v, kname, 0, &ifp, NULL) < 0 ||
	    !iptunnel_fallback(ifp.linux_kind, ifp.info))
		return 0;
	snprintf(to, sizeof(to), "%.10s-any", kname);
	link_set(&m, ifp.index, 0, 0);
	nlm_put_str(&m, IFLA_IFNAME, to);
	return nl_talk(v->rt, &m, NULL, NULL) < 0 ? 0 : 1;
}
