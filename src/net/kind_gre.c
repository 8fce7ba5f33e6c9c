/*
 * gre: generic routing encapsulation over IPv4 or IPv6, by the kernel's gre
 * and ip6gre (iptunnel.h).
 */
#include "net/iptunnel.h"
#include "net/kind_rows.h"

#include "base/str.h"
#include "base/table.h"
#include "net/ifconfig_impl.h"
#include "net/link.h"

#include <stdio.h>

#define GRE_MTU 1476

enum {
	GRE_ENABLE_CSUM = 0x1,
	GRE_ENABLE_SEQ = 0x2,
};

static bool no_ends(const struct ifnet *ifp)
{
	struct iptunnel t;

	iptunnel_read(ifp, &t);
	return !t.local.family;
}

static int gre_create(struct vnet *v, int unit, int nwords, char **words,
		      int *ret_used, char ret_name[IFNAMSIZ], struct err *e)
{
	char name[IFNAMSIZ];
	int r;

	(void)nwords;
	(void)words;
	*ret_used = 0;
	snprintf(name, sizeof(name), "gre%d", unit);
	r = iptunnel_make(v, &kind_gre, name, unit, GRE_MTU, e);
	if (r >= 0)
		str_copy(ret_name, IFNAMSIZ, name);
	return r;
}

static void gre_show(const struct ifnets *all, const struct ifnet *ifp,
		     const struct ifconfig_opts *o, struct strbuf *out)
{
	static const struct flag_name names[] = {
		{GRE_ENABLE_CSUM, "ENABLE_CSUM"},
		{GRE_ENABLE_SEQ, "ENABLE_SEQ"},
	};
	struct iptunnel t;
	uint32_t options = 0;

	(void)all;
	(void)o;
	iptunnel_read(ifp, &t);
	if (t.key)
		strbuf_addf(out, "\tgrekey: 0x%x (%u)\n", t.key, t.key);
	if (t.csum)
		options |= GRE_ENABLE_CSUM;
	if (t.seq)
		options |= GRE_ENABLE_SEQ;
	if (!options)
		return;
	strbuf_adds(out, "\toptions=");
	table_flags(out, options, names, sizeof(names) / sizeof(names[0]));
	strbuf_addch(out, '\n');
}

const struct ifkind kind_gre = {
	.name = "gre",
	.linux_kind = "gre",
	.linux_also = {"ip6gre"},
	.clonable = true,
	.group = true,
	.flags_set = BSD_IFF_POINTOPOINT | BSD_IFF_MULTICAST,
	.lacks = "GRE tunnels (CONFIG_NET_IPGRE, CONFIG_IPV6_GRE)",
	.idle = no_ends,
	.create = gre_create,
	.destroy = kind_destroy_link,
	.show_tunnel = kind_show_ends,
	.show = gre_show,
};
