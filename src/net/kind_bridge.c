/*
 * bridge: the kernel's bridge with FreeBSD's defaults: timeout 1200 s,
 * maxaddr 2000 (where the kernel can limit it), multicast flooded without
 * snooping, no spanning tree, and an address of its own that does not follow
 * the members.
 */
#include "net/kind_rows.h"

#include "base/str.h"
#include "net/bsderr.h"
#include "net/bridge.h"
#include "net/bridge_pfil.h"
#include "net/ifconfig_impl.h"
#include "net/link.h"

#include <linux/if_bridge.h>
#include <stdio.h>
#include <string.h>

static int bridge_create(struct vnet *v, int unit, int nwords, char **words,
			 int *ret_used, char ret_name[IFNAMSIZ], struct err *e)
{
	struct err le = ERR_INIT;
	unsigned char mac[MAC_LEN];
	char name[IFNAMSIZ];
	const char *names[] = {name};
	struct link_nest n;
	struct nlm m;
	int r;

	(void)nwords;
	(void)words;
	*ret_used = 0;
	snprintf(name, sizeof(name), "bridge%d", unit);
	mac_generated(v, name, mac);
	link_new(&m, name);
	nlm_put(&m, IFLA_ADDRESS, mac, sizeof(mac));
	n = link_data(&m, "bridge");
	nlm_put_u32(&m, IFLA_BR_AGEING_TIME, BRIDGE_TIMEOUT * 100);
	nlm_put_u8(&m, IFLA_BR_MCAST_SNOOPING, 0);
	nlm_put_u32(&m, BR_FDB_MAX_LEARNED, BRIDGE_MAXADDR);
	link_nest_end(&m, &n);
	r = nl_talk(v->rt, &m, &le, NULL);
	if (r < 0)
		return bsd_err(e, -r, "SIOCIFCREATE2");
	link_v6_off(v, names, 1);
	bridge_pfil_first(v);
	str_copy(ret_name, IFNAMSIZ, name);
	return 0;
}

static void bridge_show(const struct ifnets *all, const struct ifnet *ifp,
			const struct ifconfig_opts *o, struct strbuf *out)
{
	(void)o;
	if (ifp->is_bridge)
		ifconfig_format_bridge(all, ifp, out);
}

const struct ifkind kind_bridge = {
	.name = "bridge",
	.linux_kind = "bridge",
	.clonable = true,
	.group = true,
	.ethernet = true,
	.create = bridge_create,
	.destroy = kind_destroy_link,
	.show = bridge_show,
};
