/*
 * ifconfig_inet: words of ifconfig(8) that belong to the address, and what
 * happens with the address at the end of the line.
 *
 * FreeBSD's rules: a new inet address takes the place of the interface's
 * first one unless `alias` is said; inet6 always adds; an address that is
 * there already gets the new mask; `-alias` alone takes the first inet
 * address; setting an address brings the interface up.
 */
#include "net/ifconfig_words.h"

#include "base/cleanup.h"
#include "net/addr.h"
#include "net/bsderr.h"
#include "net/ifconfig_impl.h"
#include "net/ifset.h"
#include "net/link.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/if_arp.h>
#include <string.h>
#include <sys/random.h>

static int word_alias(struct ifconfig_run *run, const struct ifconfig_word *w,
		      bool on, char *const *args, struct err *e)
{
	(void)w;
	(void)args;
	(void)e;
	run->addr.alias = on ? 1 : -1;
	return 0;
}

static int word_unalias(struct ifconfig_run *run, const struct ifconfig_word *w,
			bool on, char *const *args, struct err *e)
{
	return word_alias(run, w, !on, args, e);
}

static int word_netmask(struct ifconfig_run *run, const struct ifconfig_word *w,
			bool on, char *const *args, struct err *e)
{
	(void)w;
	(void)on;
	return ifconfig_addr_netmask(&run->addr, args[0], e);
}

static int word_broadcast(struct ifconfig_run *run,
			  const struct ifconfig_word *w, bool on,
			  char *const *args, struct err *e)
{
	(void)w;
	(void)on;
	return ifconfig_addr_broadcast(&run->addr, args[0], e);
}

static int word_prefixlen(struct ifconfig_run *run,
			  const struct ifconfig_word *w, bool on,
			  char *const *args, struct err *e)
{
	(void)w;
	(void)on;
	return ifconfig_addr_prefixlen(&run->addr, args[0], e);
}

static int word_lifetime(struct ifconfig_run *run,
			 const struct ifconfig_word *w, bool on,
			 char *const *args, struct err *e)
{
	(void)on;
	return ifconfig_addr_lifetime(&run->addr, args[0], w->arg, e);
}

static int only_inet6(const struct ifconfig_run *run,
		      const struct ifconfig_word *w, struct err *e)
{
	if (run->addr.af == IFAF_INET6)
		return 0;
	return err_set(e, EINVAL, "%s: not allowed for the AF", w->name);
}

static int word_eui64(struct ifconfig_run *run, const struct ifconfig_word *w,
		      bool on, char *const *args, struct err *e)
{
	(void)on;
	(void)args;
	run->addr.eui64 = true;
	return only_inet6(run, w, e);
}

/* deprecated: an address whose preferred lifetime is over */
static int word_deprecated(struct ifconfig_run *run,
			   const struct ifconfig_word *w, bool on,
			   char *const *args, struct err *e)
{
	(void)args;
	run->addr.has_pltime = true;
	run->addr.pltime = on ? 0 : UINT32_MAX;
	return only_inet6(run, w, e);
}

static int word_no6flag(struct ifconfig_run *run, const struct ifconfig_word *w,
			bool on, char *const *args, struct err *e)
{
	int r = only_inet6(run, w, e);

	(void)args;
	if (r < 0 || !on) /* what is never set need not be cleared */
		return r;
	return err_set(e, EOPNOTSUPP, "%s: Linux cannot set it on an address",
		       w->name);
}

static int word_nd6(struct ifconfig_run *run, const struct ifconfig_word *w,
		    bool on, char *const *args, struct err *e)
{
	struct ifnet *ifp;
	int r = only_inet6(run, w, e);

	(void)args;
	if (r < 0)
		return r;
	if (w->arg == ND6_NO_DAD)
		run->addr.nodad = on;
	if (w->ext && on != (w->arg == ND6_PERFORMNUD))
		run_warn(run, "%s%s: kept and shown; Linux has no such switch",
			 on ? "" : "-", w->name);
	if (run->dry)
		return 0;
	r = run_ifp(run, false, &ifp, e);
	if (r < 0)
		return r;
	return nd6_set(run->v, ifp, on ? w->arg : 0, on ? 0 : w->arg, e);
}

/* -alias: the address given, or the first one. */
static int apply_delete(struct ifconfig_run *run, struct ifnet *ifp,
			struct err *e)
{
	const struct ifconfig_addr *a = &run->addr;
	int family = a->af == IFAF_INET ? AF_INET : AF_INET6;
	const struct if_addr *old;

	if (a->set)
		return addr_delete(run->v, ifp, family, &a->addr, e);
	old = family == AF_INET ? addr_first(ifp, family) : NULL;
	if (!old)
		return bsd_err(e, EADDRNOTAVAIL, "ioctl (SIOCDIFADDR)");
	return addr_delete(run->v, ifp, family, &old->addr, e);
}

static void wanted_addr(const struct ifconfig_addr *a, bool nodad,
			struct if_addr *ret)
{
	*ret = (struct if_addr){
		.family = a->af == IFAF_INET ? AF_INET : AF_INET6,
		.has_peer = a->has_peer,
		.plen = a->plen,
		.flags = a->nodad || nodad ? IFA_F_NODAD : 0,
		.preferred = a->has_pltime ? a->pltime : UINT32_MAX,
		.valid = a->has_vltime ? a->vltime : UINT32_MAX,
	};
	if (a->has_pltime && !a->pltime)
		ret->flags |= IFA_F_DEPRECATED;
	if (a->af == IFAF_INET) {
		ret->addr.in = a->addr.in;
		ret->peer.in = a->peer.in;
		ret->has_brd = a->has_brd;
		ret->brd.in = a->brd;
	} else {
		ret->addr.in6 = a->addr.in6;
		ret->peer.in6 = a->peer.in6;
	}
}

/* The low half from the link-local address, or else from the MAC. */
static int fill_eui64(struct ifconfig_run *run, const struct ifnet *ifp,
		      struct err *e)
{
	unsigned char *low = run->addr.addr.in6.s6_addr + 8;
	struct in6_addr ll;

	for (size_t i = 0; i < ifp->naddrs; i++) {
		const struct if_addr *a = &ifp->addrs[i];

		if (a->family != AF_INET6 ||
		    !IN6_IS_ADDR_LINKLOCAL(&a->addr.in6))
			continue;
		memcpy(low, a->addr.in6.s6_addr + 8, 8);
		return 0;
	}
	if (ifp->arptype != ARPHRD_ETHER || ifp->maclen != 6)
		return err_set(e, EINVAL,
			       "could not determine link local address");
	addr_linklocal(ifp, &ll);
	memcpy(low, ll.s6_addr + 8, 8);
	return 0;
}

static int apply_add(struct ifconfig_run *run, struct ifnet *ifp, struct err *e)
{
	const struct if_addr *first = NULL;
	struct if_addr new;
	bool warn;
	int r;

	if (run->addr.eui64) {
		r = fill_eui64(run, ifp, e);
		if (r < 0)
			return r;
	}
	ifconfig_addr_defaults(&run->addr, ifp->flags, &warn);
	if (warn)
		run_warn(run, "WARNING: setting interface address without "
			      "mask is deprecated,\n"
			      "\tdefault mask may not be correct.");
	wanted_addr(&run->addr, run->o->nodad && run->addr.af == IFAF_INET6,
		    &new);
	if (run->addr.af == IFAF_INET && !run->addr.alias)
		first = addr_first(ifp, AF_INET);
	/* the same address again only gets its mask changed */
	if (first && first->addr.in.s_addr != new.addr.in.s_addr) {
		r = addr_delete(run->v, ifp, AF_INET, &first->addr.in, e);
		if (r < 0)
			return r;
	}
	return addr_add(run->v, ifp, &new, e);
}

static int apply_mac(struct ifconfig_run *run, struct err *e)
{
	struct ifnet *ifp;
	unsigned char last;
	int r = run_ifp(run, false, &ifp, e);

	if (r >= 0 && run->addr.random) {
		if (getrandom(&last, 1, 0) != 1)
			return err_sys(e, errno, "random");
		r = mac_random(run->addr.mac, last, e);
	}
	return r < 0 ? r : if_set_mac(run->v, ifp, run->addr.mac, e);
}

/* Words that say more of an address, and no address. */
static bool stray(const struct ifconfig_addr *a)
{
	return !a->set && a->alias >= 0 &&
	       (a->has_plen || a->has_brd || a->has_pltime || a->has_vltime ||
		a->eui64);
}

int run_addr(struct ifconfig_run *run, struct err *e)
{
	struct ifnet *ifp;
	int r;

	if (stray(&run->addr))
		return bsd_err(e, EINVAL, "ioctl (SIOCAIFADDR)");
	if (run->dry || (!run->addr.set && run->addr.alias >= 0))
		return 0;
	if (run->addr.af == IFAF_LINK)
		return run->addr.set ? apply_mac(run, e) : 0;
	r = run_ifp(run, true, &ifp, e);
	if (r < 0)
		return r;
	r = run->addr.alias < 0 ? apply_delete(run, ifp, e)
				: apply_add(run, ifp, e);
	run_touch(run);
	return r;
}

#define ND6(name_, bit_)                                                       \
	{                                                                      \
		name_, 0, true, word_nd6, bit_, false                          \
	}
/* An option that Linux cannot follow. */
#define ND6_SHOWN(name_, bit_)                                                 \
	{                                                                      \
		name_, 0, true, word_nd6, bit_, true                           \
	}

const struct ifconfig_word ifconfig_addr_words[] = {
	{"alias", 0, true, word_alias, 0, 0},
	{"add", 0, false, word_alias, 0, 0},
	{"delete", 0, false, word_unalias, 0, 0},
	{"remove", 0, false, word_unalias, 0, 0},
	{"netmask", 1, false, word_netmask, 0, 0},
	{"broadcast", 1, false, word_broadcast, 0, 0},
	{"prefixlen", 1, false, word_prefixlen, 0, 0},
	{"eui64", 0, false, word_eui64, 0, 0},
	{"pltime", 1, false, word_lifetime, false, 0},
	{"vltime", 1, false, word_lifetime, true, 0},
	{"deprecated", 0, true, word_deprecated, 0, 0},
	{"anycast", 0, true, word_no6flag, 0, 0},
	{"tentative", 0, true, word_no6flag, 0, 0},
	{"autoconf", 0, true, word_no6flag, 0, 0},
	ND6("accept_rtadv", ND6_ACCEPT_RTADV),
	ND6("no_radr", ND6_NO_RADR),
	ND6("auto_linklocal", ND6_AUTO_LINKLOCAL),
	ND6_SHOWN("defaultif", ND6_DEFAULTIF),
	ND6("ifdisabled", ND6_IFDISABLED),
	ND6_SHOWN("nud", ND6_PERFORMNUD),
	ND6_SHOWN("no_prefer_iface", ND6_NO_PREFER_IFACE),
	ND6("no_dad", ND6_NO_DAD),
	ND6_SHOWN("prefer_source", ND6_PREFER_SOURCE),
	ND6_SHOWN("ipv6_only", ND6_IPV6_ONLY),
	{NULL, 0, false, NULL, 0, 0},
};
