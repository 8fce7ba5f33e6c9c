/*
 * stf: 6to4 and 6rd by the kernel's sit.
 *
 * FreeBSD's stf has no tunnel ends: it sends from the IPv4 address that lies
 * in its own IPv6 address (2002:V4ADDR::/16), or with `stfv4net` from that
 * one, to the one that lies in the destination.  Linux's sit without a far end
 * does the same once it is told its IPv4 address, so it is told when the
 * address is given; until then it has one that no packet can leave from.
 */
#include "net/kind_stf.h"

#include "base/cleanup.h"
#include "net/addr.h"
#include "net/bsderr.h"
#include "net/ifconfig_impl.h"
#include "net/ifstate.h"
#include "net/kind_rows.h"
#include "net/link.h"
#include "net/relink.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_tunnel.h>
#include <string.h>

#define STF_MTU 1280
#define STF_TTL 40	    /* FreeBSD's ip_stf_ttl */
#define NOWHERE 0x7ffc0000u /* 127.252.0.0/16, by unit */
#define NET_WORD "stfv4net "

struct stf {
	struct in_addr local;
	/* 6rd; prefix_len 0: 6to4 */
	struct in6_addr prefix;
	unsigned int prefix_len, v4_len;
};

static void put(struct nlm *m, const void *data)
{
	const struct stf *s = data;
	struct in6_addr prefix = {.s6_addr = {0x20, 0x02}};
	struct in_addr relay = {0};

	nlm_put(m, IFLA_IPTUN_LOCAL, &s->local, sizeof(s->local));
	nlm_put_u8(m, IFLA_IPTUN_TTL, STF_TTL);
	nlm_put_u8(m, IFLA_IPTUN_PMTUDISC, 0);
	nlm_put_u8(m, IFLA_IPTUN_PROTO, IPPROTO_IPV6);
	if (s->prefix_len) {
		prefix = s->prefix;
		relay.s_addr =
			s->local.s_addr & addr_plen_mask(s->v4_len).s_addr;
	}
	nlm_put(m, IFLA_IPTUN_6RD_PREFIX, &prefix, sizeof(prefix));
	nlm_put_u16(m, IFLA_IPTUN_6RD_PREFIXLEN,
		    (uint16_t)(s->prefix_len ? s->prefix_len : 16));
	nlm_put(m, IFLA_IPTUN_6RD_RELAY_PREFIX, &relay, sizeof(relay));
	nlm_put_u16(m, IFLA_IPTUN_6RD_RELAY_PREFIXLEN,
		    (uint16_t)(s->prefix_len ? s->v4_len : 0));
}

static int stf_create(struct vnet *v, int unit, int nwords, char **words,
		      int *ret_used, char ret_name[IFNAMSIZ], struct err *e)
{
	struct stf s = {.local.s_addr = htonl(NOWHERE | (unsigned int)unit)};
	char name[IFNAMSIZ];
	const char *names[] = {name};
	struct link_nest n;
	struct nlm m;
	int r;

	(void)nwords;
	(void)words;
	*ret_used = 0;
	snprintf(name, sizeof(name), "stf%d", unit);
	link_new(&m, name);
	nlm_put_u32(&m, IFLA_MTU, STF_MTU);
	n = link_data(&m, "sit");
	put(&m, &s);
	link_nest_end(&m, &n);
	r = nl_talk(v->rt, &m, NULL, NULL);
	if (r == -EEXIST)
		return r;
	if (r < 0)
		return kind_refuse(&kind_stf, -r, e);
	link_v6_off(v, names, 1);
	str_copy(ret_name, IFNAMSIZ, name);
	return 0;
}

/* "A.B.C.D/LEN" */
static bool net_parse(const char *text, struct in_addr *addr, unsigned int *len)
{
	char copy[32], *slash;
	long long n;

	str_copy(copy, sizeof(copy), text);
	slash = strchr(copy, '/');
	if (!slash || strlen(text) >= sizeof(copy))
		return false;
	*slash++ = '\0';
	if (str_to_int(slash, 1, 32, &n) < 0 || inet_aton(copy, addr) != 1)
		return false;
	*len = (unsigned int)n;
	return true;
}

static bool net_of(const struct ifstate *s, struct in_addr *addr,
		   unsigned int *len)
{
	for (size_t i = 0; i < s->words.n; i++)
		if (str_prefix(s->words.v[i], NET_WORD))
			return net_parse(s->words.v[i] + strlen(NET_WORD), addr,
					 len);
	return false;
}

/* The first global IPv6 address says what prefix there is. */
static bool settle(const struct ifnet *ifp, const struct if_addr *new,
		   const struct ifstate *state, struct stf *s)
{
	const struct if_addr *a = new ? new : addr_first(ifp, AF_INET6);
	const unsigned char *b;

	*s = (struct stf){0};
	if (!a)
		return false;
	b = a->addr.in6.s6_addr;
	if (net_of(state, &s->local, &s->v4_len)) {
		s->prefix = a->addr.in6;
		s->prefix_len = a->plen;
		for (unsigned int i = a->plen; i < 128; i++)
			s->prefix.s6_addr[i / 8] &=
				(unsigned char)~(0x80 >> i % 8);
		return true;
	}
	if (b[0] != 0x20 || b[1] != 0x02)
		return false;
	memcpy(&s->local, b + 2, sizeof(s->local));
	return true;
}

static int apply(struct vnet *v, const struct ifnet *ifp,
		 const struct if_addr *new, struct err *e)
{
	cleanup_ifstate struct ifstate state = {0};
	struct err le = ERR_INIT;
	struct stf s;
	int r;

	r = ifstate_get(v, ifp->index, &state, e);
	if (r < 0 || !settle(ifp, new, &state, &s))
		return r;
	r = relink_change(v, ifp, put, &s, &le);
	return r < 0 ? err_set(e, -r, "STF6RD_SV4NET: %s", le.text) : 0;
}

static int stf_inet6(struct vnet *v, const struct ifnet *ifp,
		     const struct if_addr *a, struct err *e)
{
	if (IN6_IS_ADDR_LINKLOCAL(&a->addr.in6))
		return 0;
	return apply(v, ifp, a, e);
}

static int put_net(struct ifstate *s, void *data, struct err *e)
{
	strv_free(&s->words);
	return strv_addf(&s->words, NET_WORD "%s", (const char *)data) < 0
		       ? err_nomem(e)
		       : 0;
}

int stf_v4net(struct vnet *v, const char *ifname, const char *word,
	      struct err *e)
{
	cleanup_ifnet struct ifnet ifp = {0};
	struct in_addr addr;
	unsigned int len;
	int r;

	if (!net_parse(word, &addr, &len))
		return err_set(e, EINVAL, "%s: bad value", word);
	if (!v)
		return 0;
	r = ifnet_get(v, ifname, &ifp, e);
	if (r >= 0 && ifp.kind != &kind_stf)
		r = bsd_err(e, EINVAL, "STF6RD_SV4NET %s", word);
	if (r >= 0)
		r = ifstate_update(v, ifp.index, put_net, (void *)word, e);
	return r < 0 ? r : apply(v, &ifp, NULL, e);
}

const struct ifkind kind_stf = {
	.name = "stf",
	.linux_kind = "sit",
	.clonable = true,
	.group = true,
	.flags_clr = BSD_IFF_NOARP,
	.lacks = "IPv6 in IPv4 (CONFIG_IPV6_SIT, CONFIG_IPV6_SIT_6RD)",
	.create = stf_create,
	.destroy = kind_destroy_link,
	.inet6 = stf_inet6,
};
