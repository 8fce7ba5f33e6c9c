/* See kind_idle.h. */
#include "net/kind_idle.h"

#include "net/kind_rows.h"
#include "net/link.h"

#include <errno.h>
#include <net/if.h>
#include <string.h>

/* more than the kernel's limit of 4096 */
#define TOO_MANY_QUEUES 65536

static int make(struct vnet *v, const char *kname, uint32_t mtu, uint32_t flags,
		const unsigned char *mac, const char *linux_kind, struct err *e)
{
	struct ifinfomsg ifi = {.ifi_flags = flags | IFF_MULTICAST,
				.ifi_change = IFF_NOARP | IFF_MULTICAST};
	struct nlm m;

	nlm_begin(&m, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &ifi,
		  sizeof(ifi));
	nlm_put_str(&m, IFLA_IFNAME, kname);
	nlm_put_u32(&m, IFLA_MTU, mtu);
	if (mac)
		nlm_put(&m, IFLA_ADDRESS, mac, MAC_LEN);
	link_kind(&m, linux_kind);
	return nl_talk(v->rt, &m, e, NULL);
}

int kind_idle_make(struct vnet *v, const char *kname, uint32_t mtu,
		   uint32_t flags, const unsigned char *mac, struct err *e)
{
	const char *names[] = {kname};
	int r;

	r = make(v, kname, mtu, flags, mac, "dummy", NULL);
	if (r == -EOPNOTSUPP)
		r = make(v, kname, mtu, flags, mac, "ifb", e);
	if (r >= 0)
		link_v6_off(v, names, 1);
	return r;
}

bool kind_idle_link(const struct ifnet *ifp)
{
	return !strcmp(ifp->linux_kind, "dummy") ||
	       !strcmp(ifp->linux_kind, "ifb");
}

bool kind_idle_of(const struct ifnet *ifp, const struct ifkind *k)
{
	const char *home = ifp->home_name[0] ? ifp->home_name : ifp->kname;

	return kind_idle_link(ifp) && ifkind_of_name(home, NULL) == k;
}

bool kind_driver(struct vnet *v, const char *linux_kind)
{
	struct nlm m;

	link_new(&m, "cb-probe%d");
	nlm_put_u32(&m, IFLA_NUM_TX_QUEUES, TOO_MANY_QUEUES);
	link_kind(&m, linux_kind);
	return nl_talk(v->rt, &m, NULL, NULL) != -EOPNOTSUPP;
}
