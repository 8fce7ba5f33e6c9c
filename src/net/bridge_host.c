/*
 * bridge_host: addresses of the host's own on a member of a bridge.
 *
 * if_bridge(4): the bridge of FreeBSD hands frames for a member's own address
 * to that member, and bridges what the host sends by it, so an interface goes
 * on as it was when it becomes a member.  Linux's does neither; the programs
 * of member.bpf.c do both.  They are on each member that has an address, and
 * on each real network card, whose DHCP client has none to begin with; pairs
 * and other makings without one are left alone, since each program costs.
 *
 * Two more things of the kernel's must be otherwise then: the bridge's
 * interface would answer for the member's IPv4 addresses, with its own link
 * address; and it would learn who sent what the programs hand over, as if the
 * member had heard it.
 */
#include "net/bridge_host.h"

#include "base/cleanup.h"
#include "net/link.h"
#include "net/tc.h"
#include "ns/bpflib.h"

#include "net/member.skel.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/if_arp.h>
#include <linux/if_bridge.h>
#include <stdio.h>
#include <string.h>

#define MAC_LEN 6

static void programs_free(struct member_bpf **b)
{
	if (*b)
		member_bpf__destroy(*b);
}

/* An address that is for more than its own link. */
static bool is_for_all(const struct if_addr *a)
{
	return a->family == AF_INET ||
	       (a->family == AF_INET6 && !IN6_IS_ADDR_LINKLOCAL(&a->addr.in6));
}

bool bridge_host_has(const struct ifnet *ifp)
{
	for (size_t i = 0; i < ifp->naddrs; i++)
		if (is_for_all(&ifp->addrs[i]))
			return true;
	return false;
}

bool bridge_host_allowed(const struct vnet *v)
{
	return vnet_kept(v, "net.link.bridge.member_ifaddrs", 1) != 0;
}

/* The bridge's interface keeps still, and learns nothing from us. */
static void quieten(struct vnet *v, const struct ifnet *br, bool on)
{
	struct br_boolopt_multi o = {.optmask = 1 << BR_BOOLOPT_NO_LL_LEARN};
	struct nlattr *info, *data;
	char path[64];
	struct nlm m;

	snprintf(path, sizeof(path), "ipv4/conf/%s/arp_ignore", br->kname);
	vnet_sysctl_set(v, path, on, NULL);
	o.optval = on ? o.optmask : 0;
	link_set(&m, br->index, 0, 0);
	info = nlm_nest(&m, IFLA_LINKINFO);
	nlm_put_str(&m, IFLA_INFO_KIND, "bridge");
	data = nlm_nest(&m, IFLA_INFO_DATA);
	nlm_put(&m, IFLA_BR_MULTI_BOOLOPT, &o, sizeof(o));
	nlm_nest_end(&m, data);
	nlm_nest_end(&m, info);
	nl_talk(v->rt, &m, NULL, NULL);
}

static int host_on(struct vnet *v, const struct ifnet *br,
		   const struct ifnet *ifp, struct err *e)
{
	struct member_bpf *b __attribute__((cleanup(programs_free))) = NULL;
	int r;

	bpflib_quiet();
	b = member_bpf__open();
	if (!b)
		return err_nomem(e);
	b->rodata->member = (uint32_t)ifp->index;
	b->rodata->bridge = (uint32_t)br->index;
	memcpy((void *)b->rodata->mac, ifp->mac, MAC_LEN);
	r = member_bpf__load(b);
	if (r == -EPERM)
		return err_set(e, EINVAL,
			       "%s has addresses, and a jail's bridge does "
			       "not reach those of its members",
			       ifp->name);
	if (r < 0)
		return bpflib_refused(r, ifp->name,
				      "Linux 6.1 or later, CONFIG_NET_CLS_BPF",
				      e);
	quieten(v, br, true);
	return tc_member_add(
		v, ifp->index, br->index,
		&(struct tc_member_fds){
			.in = bpf_program__fd(b->progs.member_in),
			.out = bpf_program__fd(b->progs.member_out),
			.up = bpf_program__fd(b->progs.member_up),
		},
		e);
}

int bridge_host_leave(struct vnet *v, const struct ifnet *br, int member,
		      struct err *e)
{
	bool last = false;
	int r = tc_member_del(v, member, br->index, &last, e);

	if (r >= 0 && last)
		quieten(v, br, false);
	return r;
}

int bridge_host_sync(struct vnet *v, const struct ifnet *ifp, bool has,
		     struct err *e)
{
	cleanup_ifnet struct ifnet br = {0};
	bool card = !ifp->linux_kind[0];
	int r;

	if (!ifp->is_port || ifp->arptype != ARPHRD_ETHER ||
	    ifp->maclen != MAC_LEN)
		return 0;
	r = ifnet_link_any(v, NULL, ifp->master, &br, e);
	if (r < 0)
		return r;
	if (!has && !card)
		return bridge_host_leave(v, &br, ifp->index, e);
	/* one link address for two: it is the bridge's, as on FreeBSD */
	if (!memcmp(br.mac, ifp->mac, MAC_LEN))
		return 0;
	r = host_on(v, &br, ifp, has ? e : NULL);
	return has ? r : 0;
}
