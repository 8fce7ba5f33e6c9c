/* Addresses; see addr.h.  The ND6 options are in nd6.c. */
#include "net/addr.h"

#include "base/cleanup.h"
#include "net/bridge_host.h"
#include "net/bsderr.h"
#include "net/kind.h"
#include "net/link.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_addr.h>
#include <stdlib.h>
#include <string.h>

static const char add_what[] = "ioctl (SIOCAIFADDR)";
static const char del_what[] = "ioctl (SIOCDIFADDR)";

static size_t family_len(int family)
{
	return family == AF_INET ? sizeof(struct in_addr)
				 : sizeof(struct in6_addr);
}

int addr_mask_plen(struct in_addr mask)
{
	uint32_t m = ntohl(mask.s_addr);
	int n = m ? 32 - __builtin_ctz(m) : 0;

	return m == ntohl(addr_plen_mask((unsigned int)n).s_addr) ? n : -1;
}

struct in_addr addr_plen_mask(unsigned int plen)
{
	struct in_addr mask = {0};

	if (plen)
		mask.s_addr = htonl(UINT32_MAX << (plen < 32 ? 32 - plen : 0));
	return mask;
}

const struct if_addr *addr_first(const struct ifnet *ifp, int family)
{
	for (size_t i = 0; i < ifp->naddrs; i++) {
		const struct if_addr *a = &ifp->addrs[i];

		if (a->family == family &&
		    !(family == AF_INET6 &&
		      IN6_IS_ADDR_LINKLOCAL(&a->addr.in6)))
			return a;
	}
	return NULL;
}

const struct if_addr *addr_find(const struct ifnet *ifp, int family,
				const void *addr)
{
	for (size_t i = 0; i < ifp->naddrs; i++)
		if (ifp->addrs[i].family == family &&
		    !memcmp(&ifp->addrs[i].addr, addr, family_len(family)))
			return &ifp->addrs[i];
	return NULL;
}

/* An interface without a MAC of 48 bits gets a number made of its name. */
void addr_linklocal(const struct ifnet *ifp, struct in6_addr *ret)
{
	unsigned char *b;

	*ret = (struct in6_addr){0};
	b = ret->s6_addr;
	b[0] = 0xfe;
	b[1] = 0x80;
	if (ifp->maclen == MAC_LEN) {
		memcpy(b + 8, ifp->mac, 3);
		b[8] ^= 2;
		b[11] = 0xff;
		b[12] = 0xfe;
		memcpy(b + 13, ifp->mac + 3, 3);
	} else {
		uint64_t h = 0xcbf29ce484222325ull;

		for (const char *s = ifp->kname; *s; s++)
			h = (h ^ (unsigned char)*s) * 0x100000001b3ull;
		memcpy(b + 8, &h, sizeof(h));
		b[8] &= (unsigned char)~2;
	}
}

/* ------------------------------------------------------------ requests */

static void addr_begin(struct nlm *m, uint16_t type, uint16_t flags,
		       const struct ifnet *ifp, const struct if_addr *a)
{
	struct ifaddrmsg ifa = {.ifa_family = (uint8_t)a->family,
				.ifa_prefixlen = a->plen,
				.ifa_index = (uint32_t)ifp->index};
	size_t n = family_len(a->family);

	/* as the kernel gives 127.0.0.1; aliases must agree with it */
	if (a->family == AF_INET && ntohl(a->addr.in.s_addr) >> 24 == 127)
		ifa.ifa_scope = RT_SCOPE_HOST;
	nlm_begin(m, type, flags, &ifa, sizeof(ifa));
	nlm_put(m, IFA_LOCAL, &a->addr, n);
	nlm_put(m, IFA_ADDRESS,
		a->has_peer ? (const void *)&a->peer : (const void *)&a->addr,
		n);
}

/* The subnet's last address, where FreeBSD sets one. */
static bool default_broadcast(const struct ifnet *ifp, const struct if_addr *a,
			      struct in_addr *ret)
{
	if (a->has_peer || a->plen > 30 || !(ifp->flags & IFF_BROADCAST))
		return false;
	ret->s_addr = a->addr.in.s_addr | ~addr_plen_mask(a->plen).s_addr;
	return true;
}

static void put_lifetimes(struct nlm *m, const struct if_addr *a)
{
	struct ifa_cacheinfo ci = {
		.ifa_valid = a->valid ? a->valid : UINT32_MAX,
		.ifa_prefered = a->flags & IFA_F_DEPRECATED ? 0
				: a->preferred		    ? a->preferred
							    : UINT32_MAX,
	};

	if (a->flags & IFA_F_DEPRECATED)
		ci.ifa_prefered = 0;
	if (ci.ifa_prefered > ci.ifa_valid)
		ci.ifa_prefered = ci.ifa_valid;
	if (ci.ifa_valid != UINT32_MAX || ci.ifa_prefered != UINT32_MAX)
		nlm_put(m, IFA_CACHEINFO, &ci, sizeof(ci));
}

static void addr_add_message(struct nlm *m, const struct ifnet *ifp,
			     const struct if_addr *a)
{
	/* what a caller may ask for; the rest is the kernel's to say */
	const uint32_t wishes = IFA_F_NODAD | IFA_F_NOPREFIXROUTE |
				IFA_F_MANAGETEMPADDR | IFA_F_HOMEADDRESS;
	struct in_addr brd;

	addr_begin(m, RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE, ifp, a);
	if (a->family == AF_INET && a->has_brd)
		nlm_put(m, IFA_BROADCAST, &a->brd.in, sizeof(a->brd.in));
	else if (a->family == AF_INET && default_broadcast(ifp, a, &brd))
		nlm_put(m, IFA_BROADCAST, &brd, sizeof(brd));
	if (a->flags & wishes)
		nlm_put_u32(m, IFA_FLAGS, a->flags & wishes);
	put_lifetimes(m, a);
}

/* ------------------------------------------------ whose address is it */

struct owner {
	bool local;
	int oif;
};

static int owner_cb(const struct nlmsghdr *h, void *data, struct err *e)
{
	const struct rtmsg *rt = mnl_nlmsg_get_payload(h);
	const struct nlattr *tb[RTA_MAX + 1];
	struct owner *o = data;

	(void)e;
	if (h->nlmsg_type != RTM_NEWROUTE ||
	    mnl_nlmsg_get_payload_len(h) < sizeof(*rt))
		return 0;
	nl_parse(h, sizeof(*rt), tb, RTA_MAX);
	o->local = rt->rtm_type == RTN_LOCAL && rt->rtm_dst_len == 32;
	if (tb[RTA_OIF])
		o->oif = (int)nl_u32(tb[RTA_OIF]);
	return 0;
}

/* Index of the interface that has this IPv4 address, 0 if none. */
static int inet_owner(struct vnet *v, const struct in_addr *in)
{
	struct rtmsg rt = {.rtm_family = AF_INET,
			   .rtm_dst_len = 32,
			   .rtm_flags = RTM_F_LOOKUP_TABLE | RTM_F_FIB_MATCH};
	struct owner o = {0};
	struct nlm m;

	nlm_begin(&m, RTM_GETROUTE, 0, &rt, sizeof(rt));
	nlm_put(&m, RTA_DST, in, sizeof(*in));
	if (nl_query(v->rt, &m, owner_cb, &o, NULL) < 0 || !o.local)
		return 0;
	return o.oif;
}

/*
 * Linux takes the other addresses of a subnet away with the first one unless
 * this is set; on FreeBSD they stay.
 */
static void keep_aliases(struct vnet *v, const struct ifnet *ifp)
{
	char path[64];

	for (size_t i = 0; i < ifp->naddrs; i++) {
		if (ifp->addrs[i].family != AF_INET ||
		    !(ifp->addrs[i].flags & IFA_F_SECONDARY))
			continue;
		snprintf(path, sizeof(path), "ipv4/conf/%s/promote_secondaries",
			 ifp->kname);
		vnet_sysctl_set(v, path, 1, NULL);
		return;
	}
}

static int delete_entry(struct vnet *v, const struct ifnet *ifp,
			const struct if_addr *a)
{
	struct nlm m;

	if (a->family == AF_INET)
		keep_aliases(v, ifp);
	addr_begin(&m, RTM_DELADDR, 0, ifp, a);
	return nl_talk(v->rt, &m, NULL, NULL);
}

static int check_request(struct vnet *v, const struct ifnet *ifp,
			 const struct if_addr *a, struct err *e)
{
	int owner;

	if ((a->family != AF_INET && a->family != AF_INET6) ||
	    a->plen > (a->family == AF_INET ? 32 : 128))
		return bsd_err(e, EINVAL, add_what);
	if (a->family != AF_INET || a->has_peer)
		return 0;
	owner = inet_owner(v, &a->addr.in);
	if (owner && owner != ifp->index)
		return bsd_err(e, EEXIST, add_what);
	return 0;
}

static bool same_entry(const struct if_addr *a, const struct if_addr *b)
{
	return a->plen == b->plen && a->has_peer == b->has_peer &&
	       (!a->has_peer ||
		!memcmp(&a->peer, &b->peer, family_len(a->family)));
}

/*
 * Going up is part of the same batch, so that an address costs one exchange
 * with the kernel.
 */
static int add_and_up(struct vnet *v, struct ifnet *ifp,
		      const struct if_addr *a, struct err *e)
{
	cleanup_nl_batch struct nl_batch *b = NULL;
	bool up = !(ifp->flags & IFF_UP);
	struct if_addr now = *a;
	struct err le = ERR_INIT;
	struct nlm m;
	int r;

	r = nl_batch_new(v->rt, &b, e);
	if (r < 0)
		return r;
	/* else the kernel waits a moment before it finds nothing to ask */
	if (a->family == AF_INET6 && (ifp->nd6 & ND6_NO_DAD))
		now.flags |= IFA_F_NODAD;
	addr_add_message(&m, ifp, &now);
	r = nl_batch_add(b, &m, e, NULL);
	if (r >= 0 && up) {
		link_set(&m, ifp->index, IFF_UP, IFF_UP);
		r = nl_batch_add(b, &m, e, NULL);
	}
	if (r < 0)
		return r;
	r = nl_batch_run(b, NULL, &le);
	if (r < 0)
		return bsd_err(e, -r, add_what);
	ifp->flags |= IFF_UP;
	return 0;
}

/* The first address of a bridge's member is to be reachable by it. */
static int on_member(struct vnet *v, const struct ifnet *ifp,
		     const struct if_addr *a, struct err *e)
{
	struct if_addr copy = *a;
	const struct ifnet first = {.addrs = &copy, .naddrs = 1};

	if (!ifp->is_port || !bridge_host_has(&first))
		return 0;
	if (!bridge_host_allowed(v))
		return bsd_err(e, EINVAL, add_what);
	if (bridge_host_has(ifp))
		return 0;
	return bridge_host_sync(v, ifp, true, e);
}

int addr_add(struct vnet *v, struct ifnet *ifp, const struct if_addr *a,
	     struct err *e)
{
	const struct if_addr *old = addr_find(ifp, a->family, &a->addr);
	bool v6 = a->family == AF_INET6, enable;
	int r;

	r = check_request(v, ifp, a, e);
	if (r < 0)
		return r;
	r = on_member(v, ifp, a, e);
	if (r < 0)
		return r;
	if (old && !same_entry(old, a)) {
		r = delete_entry(v, ifp, old);
		if (r < 0 && r != -EADDRNOTAVAIL)
			return bsd_err(e, -r, add_what);
	}
	enable = v6 && (ifp->nd6 & ND6_IFDISABLED);
	if (enable) {
		r = nd6_set(v, ifp, 0, ND6_IFDISABLED, e);
		if (r < 0)
			return r;
	}
	r = add_and_up(v, ifp, a, e);
	if (r == -EACCES && v6 && !enable) { /* disabled since it was read */
		ifp->nd6 |= ND6_IFDISABLED;
		r = nd6_set(v, ifp, 0, ND6_IFDISABLED, e);
		if (r >= 0)
			r = add_and_up(v, ifp, a, e);
	}
	if (r >= 0 && v6 && ifp->kind && ifp->kind->inet6)
		r = ifp->kind->inet6(v, ifp, a, e);
	/* the link-local address comes with the first one of the family */
	if (r >= 0 && v6 && ifp->own_ll)
		r = nd6_set(v, ifp, 0, 0, e);
	return r;
}

/* The last one has gone. */
static int off_member(struct vnet *v, const struct ifnet *ifp, struct err *e)
{
	cleanup_ifnet struct ifnet now = {0};

	if (ifnet_get(v, ifp->name, &now, NULL) < 0 || bridge_host_has(&now))
		return 0;
	return bridge_host_sync(v, &now, false, e);
}

int addr_delete(struct vnet *v, struct ifnet *ifp, int family, const void *addr,
		struct err *e)
{
	const struct if_addr *a = addr_find(ifp, family, addr);
	int r = a ? delete_entry(v, ifp, a) : -EADDRNOTAVAIL;

	if (r < 0)
		return bsd_err(e, -r, del_what);
	return ifp->is_port ? off_member(v, ifp, e) : 0;
}
