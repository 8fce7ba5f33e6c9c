/*
 * nd6: FreeBSD's ND6 options on Linux's settings.
 *
 * IFDISABLED is disable_ipv6: the kernel then neither sends nor accepts IPv6
 * there.  Link-local addresses of interfaces that were IFDISABLED at some time
 * are ours to make (addr_gen_mode "none"), as AUTO_LINKLOCAL says.  Options
 * that differ from what the kernel's settings say lie in the state file.
 */
#include "net/addr.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "net/bsderr.h"
#include "net/ifstate.h"
#include "net/link.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_addr.h>
#include <stdio.h>
#include <string.h>

/* Options the kernel itself tells of, while IPv6 is on. */
#define KERNEL_OPTIONS (ND6_IFDISABLED | ND6_ACCEPT_RTADV | ND6_NO_DAD)

struct knob {
	const char *file, *value;
};

static int write_knobs(struct vnet *v, const struct ifnet *ifp,
		       const struct knob *k, size_t n, struct err *e)
{
	char path[96];
	int back, r;

	r = vnet_enter(v, &back, e);
	if (r < 0)
		return r;
	for (size_t i = 0; r >= 0 && i < n; i++) {
		snprintf(path, sizeof(path), "/proc/sys/net/ipv6/conf/%s/%s",
			 ifp->kname, k[i].file);
		r = file_poke(AT_FDCWD, path, k[i].value, e);
	}
	vnet_leave(&back);
	return r;
}

/* The settings that make the kernel do what `now` says. */
static int apply_kernel(struct vnet *v, const struct ifnet *ifp, uint32_t old,
			uint32_t now, struct err *e)
{
	bool on = !(now & ND6_IFDISABLED);
	bool turned_on = on && (old & ND6_IFDISABLED);
	struct knob k[6];
	size_t n = 0;

	if (turned_on)
		k[n++] = (struct knob){"addr_gen_mode", "1"};
	if (turned_on || ((old ^ now) & ND6_ACCEPT_RTADV)) {
		k[n++] = (struct knob){"accept_ra",
				       now & ND6_ACCEPT_RTADV ? "1" : "0"};
		k[n++] = (struct knob){"autoconf",
				       now & ND6_ACCEPT_RTADV ? "1" : "0"};
	}
	if ((old ^ now) & ND6_NO_DAD || (turned_on && (now & ND6_NO_DAD)))
		k[n++] = (struct knob){"dad_transmits",
				       now & ND6_NO_DAD ? "0" : "1"};
	if ((old ^ now) & ND6_NO_RADR)
		k[n++] = (struct knob){"accept_ra_defrtr",
				       now & ND6_NO_RADR ? "0" : "1"};
	if ((old ^ now) & ND6_IFDISABLED)
		k[n++] = (struct knob){"disable_ipv6", on ? "0" : "1"};
	return n ? write_knobs(v, ifp, k, n, e) : 0;
}

/* What a fresh look at the kernel would not tell goes to the state file. */
static int put_nd6(struct ifstate *s, void *data, struct err *e)
{
	const uint32_t *want = data; /* wanted, said by the kernel */

	(void)e;
	s->nd6_set = want[0] & ~want[1];
	s->nd6_clr = want[1] & ~want[0];
	return 0;
}

static int save(struct vnet *v, const struct ifnet *ifp, uint32_t now,
		struct err *e)
{
	uint32_t said = ND6_PERFORMNUD;

	if (!ifp->is_bridge || !ifp->own_ll)
		said |= ND6_AUTO_LINKLOCAL;
	said |= now & ND6_IFDISABLED;
	if (!(now & ND6_IFDISABLED))
		said |= now & KERNEL_OPTIONS;
	return ifstate_update(v, ifp->index, put_nd6, (uint32_t[]){now, said},
			      e);
}

static int add_linklocal(struct vnet *v, const struct ifnet *ifp, struct err *e)
{
	struct ifaddrmsg ifa = {.ifa_family = AF_INET6,
				.ifa_prefixlen = 64,
				.ifa_scope = RT_SCOPE_LINK,
				.ifa_index = (uint32_t)ifp->index};
	struct in6_addr ll;
	struct nlm m;
	int r;

	addr_linklocal(ifp, &ll);
	nlm_begin(&m, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, &ifa,
		  sizeof(ifa));
	nlm_put(&m, IFA_LOCAL, &ll, sizeof(ll));
	nlm_put(&m, IFA_ADDRESS, &ll, sizeof(ll));
	if (ifp->nd6 & ND6_NO_DAD)
		nlm_put_u32(&m, IFA_FLAGS, IFA_F_NODAD);
	r = nl_talk(v->rt, &m, NULL, NULL);
	return r < 0 && r != -EEXIST ? bsd_err(e, -r, "link-local address") : 0;
}

int nd6_set(struct vnet *v, struct ifnet *ifp, uint32_t set, uint32_t clr,
	    struct err *e)
{
	uint32_t now = (ifp->nd6 & ~clr) | set;
	int r = 0;

	if (!ifp->nd6) /* no IPv6 in this kernel */
		return set & ~(uint32_t)ND6_IFDISABLED
			       ? bsd_err(e, EAFNOSUPPORT,
					 "ioctl(SIOCGIFINFO_IN6)")
			       : 0;
	if (now != ifp->nd6) {
		r = apply_kernel(v, ifp, ifp->nd6, now, e);
		if (r < 0)
			return r;
		if ((now ^ ifp->nd6) & ND6_IFDISABLED)
			ifp->own_ll = true;
		r = save(v, ifp, now, e);
		if (r < 0)
			return r;
		ifp->nd6 = now;
	}
	if (ifp->own_ll && (ifp->flags & IFF_UP) &&
	    !(ifp->flags & IFF_LOOPBACK) && (now & ND6_AUTO_LINKLOCAL) &&
	    !(now & ND6_IFDISABLED))
		r = add_linklocal(v, ifp, e);
	return r;
}
