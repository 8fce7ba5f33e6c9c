/*
 * ifconfig_link: words of ifconfig(8) on the interface itself: flags, mtu,
 * name, groups, jails, offloads, media.
 *
 * Offloads that Linux has a feature for go to the driver; the rest are kept
 * in the state file and shown back.
 */
#include "net/ifconfig_words.h"

#include "base/cleanup.h"
#include "net/bsderr.h"
#include "net/ethtool.h"
#include "net/ifconfig_impl.h"
#include "net/ifext.h"
#include "net/ifset.h"
#include "net/kind.h"

#include <errno.h>
#include <string.h>

/* net.fibs: one routing table a vnet */
#define NET_FIBS 1

static int word_flag(struct ifconfig_run *run, const struct ifconfig_word *w,
		     bool on, char *const *args, struct err *e)
{
	struct ifnet *ifp;
	int r;

	(void)args;
	if (run->dry)
		return 0;
	r = run_ifp(run, false, &ifp, e);
	return r < 0 ? r : if_set_flag(run->v, ifp, w->arg, on, e);
}

/* As word_flag, for a word whose flag means the opposite. */
static int word_unflag(struct ifconfig_run *run, const struct ifconfig_word *w,
		       bool on, char *const *args, struct err *e)
{
	return word_flag(run, w, !on, args, e);
}

static int word_up(struct ifconfig_run *run, const struct ifconfig_word *w,
		   bool on, char *const *args, struct err *e)
{
	struct ifnet *ifp;
	int r;

	(void)on;
	(void)args;
	if (run->dry)
		return 0;
	r = run_ifp(run, false, &ifp, e);
	return r < 0 ? r : if_set_up(run->v, ifp, w->arg, e);
}

static int word_ext(struct ifconfig_run *run, const struct ifconfig_word *w,
		    bool on, char *const *args, struct err *e)
{
	struct ifnet *ifp;
	int r;

	(void)args;
	if (run->dry)
		return 0;
	r = run_ifp(run, false, &ifp, e);
	return r < 0 ? r
		     : if_set_ext(run->v, ifp, on ? w->ext : 0, on ? 0 : w->ext,
				  e);
}

static int parse_number(const char *s, const char *what, long long max,
			long long *ret, struct err *e)
{
	if (str_to_int(s, 0, max, ret) < 0)
		return bsd_err(e, EINVAL, "%s", what);
	return 0;
}

static int word_mtu(struct ifconfig_run *run, const struct ifconfig_word *w,
		    bool on, char *const *args, struct err *e)
{
	struct ifnet *ifp;
	long long n;
	int r;

	(void)w;
	(void)on;
	r = parse_number(args[0], "ioctl SIOCSIFMTU (set mtu)", INT32_MAX, &n,
			 e);
	if (r < 0 || run->dry)
		return r;
	r = run_ifp(run, false, &ifp, e);
	return r < 0 ? r : if_set_mtu(run->v, ifp, (uint32_t)n, e);
}

static int word_metric(struct ifconfig_run *run, const struct ifconfig_word *w,
		       bool on, char *const *args, struct err *e)
{
	struct ifnet *ifp;
	long long n;
	int r;

	(void)w;
	(void)on;
	r = parse_number(args[0], "ioctl SIOCSIFMETRIC (set metric)", INT32_MAX,
			 &n, e);
	if (r < 0 || run->dry)
		return r;
	r = run_ifp(run, false, &ifp, e);
	return r < 0 ? r : if_set_metric(run->v, ifp, (int)n, e);
}

static int word_fib(struct ifconfig_run *run, const struct ifconfig_word *w,
		    bool on, char *const *args, struct err *e)
{
	struct ifnet *ifp;
	long long n;
	int r;

	(void)on;
	r = parse_number(args[0],
			 w->arg ? "ioctl (SIOCSTUNFIB)" : "ioctl (SIOCSIFFIB)",
			 NET_FIBS - 1, &n, e);
	if (r < 0 || run->dry)
		return r;
	r = run_ifp(run, false, &ifp, e);
	return r < 0 ? r : if_set_fib(run->v, ifp, (int)n, w->arg, e);
}

static int word_name(struct ifconfig_run *run, const struct ifconfig_word *w,
		     bool on, char *const *args, struct err *e)
{
	int r;

	(void)w;
	(void)on;
	if (!*args[0] || strlen(args[0]) >= sizeof(run->name))
		return bsd_err(e, *args[0] ? ENAMETOOLONG : EINVAL,
			       "ioctl SIOCSIFNAME (set name)");
	if (run->dry)
		return 0;
	r = if_rename(run->v, run->name, args[0], e);
	if (r < 0)
		return r;
	run_touch(run);
	snprintf(run->name, sizeof(run->name), "%s", args[0]);
	run->print_name = true;
	return 0;
}

static int word_descr(struct ifconfig_run *run, const struct ifconfig_word *w,
		      bool on, char *const *args, struct err *e)
{
	struct ifnet *ifp;
	int r;

	(void)on;
	if (run->dry)
		return 0;
	r = run_ifp(run, false, &ifp, e);
	return r < 0 ? r
		     : if_set_descr(run->v, ifp, w->nargs ? args[0] : NULL, e);
}

static int word_group(struct ifconfig_run *run, const struct ifconfig_word *w,
		      bool on, char *const *args, struct err *e)
{
	struct ifnet *ifp;
	int r;

	(void)w;
	if (run->dry)
		return 0;
	r = run_ifp(run, false, &ifp, e);
	if (r < 0)
		return r;
	return (on ? if_group_add : if_group_del)(run->v, ifp, args[0], e);
}

static int word_vnet(struct ifconfig_run *run, const struct ifconfig_word *w,
		     bool on, char *const *args, struct err *e)
{
	const struct ifconfig_jails *jails = run->o->jails;

	(void)w;
	if (run->dry)
		return 0;
	run_touch(run);
	if (!jails)
		return err_set(e, EOPNOTSUPP,
			       "vnet: jails cannot be reached from here");
	return (on ? jails->lend : jails->reclaim)(jails->data, args[0],
						   run->name, e);
}

static int word_destroy(struct ifconfig_run *run, const struct ifconfig_word *w,
			bool on, char *const *args, struct err *e)
{
	(void)w;
	(void)on;
	(void)args;
	if (run->dry)
		return 0;
	run_touch(run);
	return if_destroy(run->v, run->name, e);
}

static int word_cap(struct ifconfig_run *run, const struct ifconfig_word *w,
		    bool on, char *const *args, struct err *e)
{
	struct ifnet *ifp;
	int r;

	if (run->dry)
		return 0;
	r = run_ifp(run, false, &ifp, e);
	if (r < 0)
		return r;
	if (!(w->arg & ethtool_caps_known())) {
		if (w->ext)
			return word_ext(run, w, on, args, e);
		/* the others are off on all interfaces */
		if (!on && (w->arg & BSD_CAP_VLAN_MTU))
			run_warn(run, "-%s: cannot be turned off on Linux",
				 w->name);
		return 0;
	}
	/* the offloads of a bridge are its members' */
	if (ifp->is_bridge)
		return bsd_err(e, EINVAL, "ioctl (SIOCSIFCAP)");
	r = ethtool_caps_set(run->v, ifp->index, w->arg, on, e);
	return r < 0 ? bsd_err(e, -r, "ioctl (SIOCSIFCAP)") : 0;
}

static int word_linkstate(struct ifconfig_run *run,
			  const struct ifconfig_word *w, bool on,
			  char *const *args, struct err *e)
{
	const struct ifconfig_word off = {.name = w->name,
					  .ext = IFEXT_NO_LINKSTATE};

	(void)on;
	return word_ext(run, &off, false, args, e);
}

#define FLAG(name_, neg_, fn_, flag_)                                          \
	{                                                                      \
		name_, 0, neg_, fn_, flag_, 0                                  \
	}
#define EXT(name_, fn_, ext_)                                                  \
	{                                                                      \
		name_, 0, true, fn_, 0, ext_                                   \
	}
#define CAP(name_, cap_, ext_)                                                 \
	{                                                                      \
		name_, 0, true, word_cap, cap_, ext_                           \
	}

const struct ifconfig_word ifconfig_link_words[] = {
	FLAG("up", false, word_up, true),
	FLAG("down", false, word_up, false),
	FLAG("arp", true, word_unflag, IFF_NOARP),
	FLAG("promisc", true, word_flag, IFF_PROMISC),
	EXT("debug", word_ext, IFEXT_DEBUG),
	EXT("link0", word_ext, IFEXT_LINK0),
	EXT("link1", word_ext, IFEXT_LINK1),
	EXT("link2", word_ext, IFEXT_LINK2),
	EXT("monitor", word_ext, IFEXT_MONITOR),
	EXT("staticarp", word_ext, IFEXT_STATICARP),
	EXT("stickyarp", word_ext, IFEXT_STICKYARP),
	{"mtu", 1, false, word_mtu, 0, 0},
	{"metric", 1, false, word_metric, 0, 0},
	{"fib", 1, false, word_fib, false, 0},
	{"tunnelfib", 1, false, word_fib, true, 0},
	{"name", 1, false, word_name, 0, 0},
	{"description", 1, false, word_descr, 0, 0},
	{"descr", 1, false, word_descr, 0, 0},
	{"-description", 0, false, word_descr, 0, 0},
	{"-descr", 0, false, word_descr, 0, 0},
	{"group", 1, true, word_group, 0, 0},
	{"vnet", 1, true, word_vnet, 0, 0},
	{"destroy", 0, false, word_destroy, 0, 0},
	{"unplumb", 0, false, word_destroy, 0, 0},
	CAP("rxcsum", BSD_CAP_RXCSUM, 0),
	CAP("txcsum", BSD_CAP_TXCSUM, 0),
	CAP("rxcsum6", BSD_CAP_RXCSUM_IPV6, 0),
	CAP("txcsum6", BSD_CAP_TXCSUM_IPV6, 0),
	CAP("tso", BSD_CAP_TSO4 | BSD_CAP_TSO6, 0),
	CAP("tso4", BSD_CAP_TSO4, 0),
	CAP("tso6", BSD_CAP_TSO6, 0),
	CAP("lro", BSD_CAP_LRO, 0),
	CAP("vlanhwtag", BSD_CAP_VLAN_HWTAGGING, 0),
	CAP("vlanhwfilter", BSD_CAP_VLAN_HWFILTER, 0),
	CAP("vlanmtu", BSD_CAP_VLAN_MTU, 0),
	CAP("vlanhwtso", BSD_CAP_VLAN_HWTSO, 0),
	CAP("vlanhwcsum", BSD_CAP_VLAN_HWCSUM, 0),
	CAP("netcons", BSD_CAP_NETCONS, IFEXT_NETCONS),
	CAP("polling", BSD_CAP_POLLING, IFEXT_POLLING),
	CAP("wol", 0, IFEXT_WOL_UCAST | IFEXT_WOL_MCAST | IFEXT_WOL_MAGIC),
	CAP("wol_ucast", BSD_CAP_WOL_UCAST, IFEXT_WOL_UCAST),
	CAP("wol_mcast", BSD_CAP_WOL_MCAST, IFEXT_WOL_MCAST),
	CAP("wol_magic", BSD_CAP_WOL_MAGIC, IFEXT_WOL_MAGIC),
	CAP("toe", 0, IFEXT_TOE4 | IFEXT_TOE6),
	CAP("txrtlmt", BSD_CAP_TXRTLMT, IFEXT_TXRTLMT),
	CAP("hwrxtstmp", BSD_CAP_HWRXTSTMP, IFEXT_HWRXTSTMP),
	CAP("mextpg", BSD_CAP_MEXTPG, IFEXT_MEXTPG),
	{"linkstate", 0, false, word_linkstate, 0, 0},
	{"-linkstate", 0, false, word_ext, 0, IFEXT_NO_LINKSTATE},
	{NULL, 0, false, NULL, 0, 0},
};
