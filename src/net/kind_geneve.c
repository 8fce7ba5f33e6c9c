/*
 * geneve: Ethernet (or IP) in UDP as FreeBSD 16 has it, by the kernel's driver.
 * Until number and far end are known it is an idle link (kind_idle.h).
 */
#include "net/geneve.h"
#include "net/kind_idle.h"
#include "net/kind_rows.h"

#include "base/cleanup.h"
#include "base/str.h"
#include "net/ifconfig_impl.h"
#include "net/link.h"

#include <errno.h>
#include <stdio.h>

#define GENEVE_MTU 1450

static bool geneve_match(const struct ifnet *ifp)
{
	return !kind_idle_link(ifp) || kind_idle_of(ifp, &kind_geneve);
}

static int geneve_create(struct vnet *v, int unit, int nwords, char **words,
			 int *ret_used, char ret_name[IFNAMSIZ], struct err *e)
{
	unsigned char mac[MAC_LEN];
	char name[IFNAMSIZ];
	struct geneve g;
	int used = 0, nargs, r = 1;

	geneve_init(&g);
	while (used < nwords) {
		r = geneve_word(&g, nwords - used, words + used, &nargs, e);
		if (r <= 0)
			break;
		used += 1 + nargs;
	}
	if (r < 0)
		return r;
	if (!kind_driver(v, "geneve"))
		return kind_refuse(&kind_geneve, EOPNOTSUPP, e);
	snprintf(name, sizeof(name), "geneve%d", unit);
	mac_generated(v, name, mac);
	r = kind_idle_make(v, name, GENEVE_MTU, 0, mac, NULL);
	if (r == -EEXIST)
		return r;
	if (r < 0)
		return kind_refuse(&kind_geneve, -r, e);
	r = geneve_apply(v, name, &g, e);
	if (r < 0) {
		link_delete(v, vnet_ifindex(v, name), NULL);
		return r;
	}
	*ret_used = used;
	str_copy(ret_name, IFNAMSIZ, name);
	return 0;
}

static void put_more(const struct geneve *g, struct strbuf *out)
{
	static const char *const df[] = {"unset", "set", "inherit"};

	if (g->ttl_inherit)
		strbuf_adds(out, "\t\tttl: inherit");
	else
		strbuf_addf(out, "\t\tttl: %u", g->ttl);
	if (g->dscp_inherit)
		strbuf_adds(out, ", dscp: inherit");
	if (g->df < ARRAY_SIZE(df))
		strbuf_addf(out, ", df: %s", df[g->df]);
	strbuf_addch(out, '\n');
}

static void geneve_show(const struct ifnets *all, const struct ifnet *ifp,
			const struct ifconfig_opts *o, struct strbuf *out)
{
	struct geneve g;
	bool v6;

	(void)all;
	geneve_read(ifp->info, &g);
	strbuf_addf(out, "\tgeneve mode: %s\n\tgeneve config:\n",
		    g.l3 ? "l3" : "l2");
	strbuf_adds(out, "\t\tvirtual network identifier (vni): ");
	if (g.vni == GENEVE_NO_VNI) {
		strbuf_adds(out, "not configured\n");
		return;
	}
	strbuf_addf(out, "%u\n", g.vni);
	v6 = g.remote.family == AF_INET6;
	strbuf_addf(out, "\t\tremote: %s", v6 ? "[" : "");
	tunnel_addr_put(out, &g.remote);
	strbuf_addf(out, "%s:%u\n", v6 ? "]" : "", g.port);
	if (o->verbose)
		put_more(&g, out);
}

const struct ifkind kind_geneve = {
	.name = "geneve",
	.linux_kind = "geneve",
	.linux_also = {"dummy", "ifb"},
	.match = geneve_match,
	.clonable = true,
	.group = true,
	.ethernet = true,
	.lacks = "Geneve (CONFIG_GENEVE)",
	.idle = kind_idle_link,
	.create = geneve_create,
	.destroy = kind_destroy_link,
	.show = geneve_show,
};
