/*
 * gif: IPv4 and IPv6 in IPv4 or IPv6, by the kernel's sit and ip6tnl
 * (iptunnel.h).  EtherIP, which FreeBSD's gif does in a bridge, Linux has not.
 */
#include "net/iptunnel.h"
#include "net/kind_rows.h"

#include "base/str.h"
#include "net/ifconfig_impl.h"
#include "net/link.h"

#include <stdio.h>
#include <string.h>

#define GIF_MTU 1280

/* A sit without a far end is stf. */
static bool gif_match(const struct ifnet *ifp)
{
	return strcmp(ifp->linux_kind, "sit") || (ifp->flags & IFF_POINTOPOINT);
}

static bool no_ends(const struct ifnet *ifp)
{
	struct iptunnel t;

	iptunnel_read(ifp, &t);
	return !t.local.family;
}

static int gif_create(struct vnet *v, int unit, int nwords, char **words,
		      int *ret_used, char ret_name[IFNAMSIZ], struct err *e)
{
	char name[IFNAMSIZ];
	int r;

	(void)nwords;
	(void)words;
	*ret_used = 0;
	snprintf(name, sizeof(name), "gif%d", unit);
	r = iptunnel_make(v, &kind_gif, name, unit, GIF_MTU, e);
	if (r >= 0)
		str_copy(ret_name, IFNAMSIZ, name);
	return r;
}

void kind_show_ends(const struct ifnet *ifp, const struct ifconfig_opts *o,
		    struct strbuf *out)
{
	struct iptunnel t;

	(void)o;
	iptunnel_read(ifp, &t);
	if (!t.local.family)
		return;
	strbuf_addf(out, "\ttunnel %s ",
		    t.local.family == AF_INET ? "inet" : "inet6");
	tunnel_addr_put(out, &t.local);
	strbuf_adds(out, " --> ");
	tunnel_addr_put(out, &t.remote);
	strbuf_addch(out, '\n');
}

const struct ifkind kind_gif = {
	.name = "gif",
	.linux_kind = "sit",
	.linux_also = {"ip6tnl", "ipip"},
	.match = gif_match,
	.clonable = true,
	.group = true,
	.flags_set = BSD_IFF_POINTOPOINT | BSD_IFF_MULTICAST,
	.lacks = "IP tunnels (CONFIG_IPV6_SIT, CONFIG_IPV6_TUNNEL)",
	.idle = no_ends,
	.create = gif_create,
	.destroy = kind_destroy_link,
	.show_tunnel = kind_show_ends,
};
