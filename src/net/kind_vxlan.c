/*
 * vxlan: Ethernet in UDP, by the kernel's driver.  Made without a number it
 * is an idle link (kind_idle.h).
 */
#include "net/kind_idle.h"
#include "net/kind_rows.h"
#include "net/vxlan.h"

#include "base/str.h"
#include "net/ifconfig_impl.h"
#include "net/link.h"

#include <errno.h>
#include <stdio.h>

#define VXLAN_MTU 1450

static bool vxlan_match(const struct ifnet *ifp)
{
	return !kind_idle_link(ifp) || kind_idle_of(ifp, &kind_vxlan);
}

static bool vxlan_idle(const struct ifnet *ifp)
{
	return kind_idle_link(ifp);
}

static int make(struct vnet *v, const char *name, struct vxlan *x,
		struct err *e)
{
	const char *names[] = {name};
	unsigned char mac[MAC_LEN];
	struct err le = ERR_INIT;
	struct link_nest n;
	struct nlm m;
	int r;

	mac_generated(v, name, mac);
	if (x->vni == VXLAN_NO_VNI)
		return kind_driver(v, "vxlan")
			       ? kind_idle_make(v, name, VXLAN_MTU, 0, mac, e)
			       : -EOPNOTSUPP;
	link_new(&m, name);
	nlm_put(&m, IFLA_ADDRESS, mac, sizeof(mac));
	nlm_put_u32(&m, IFLA_MTU, VXLAN_MTU);
	n = link_data(&m, "vxlan");
	vxlan_put(&m, x);
	link_nest_end(&m, &n);
	r = nl_talk(v->rt, &m, &le, NULL);
	if (r < 0 && r != -EEXIST && r != -EOPNOTSUPP)
		return err_set(e, -r, "SIOCIFCREATE2: %s", le.text);
	if (r >= 0)
		link_v6_off(v, names, 1);
	return r;
}

/* Words that were said before there is a number wait in the state file. */
static int keep(struct vnet *v, const char *name, const struct vxlan *x,
		struct err *e)
{
	struct vxlan none;

	if (x->vni != VXLAN_NO_VNI)
		return 0;
	vxlan_init(&none);
	return vxlan_apply(v, name, &none, x, "SIOCIFCREATE2", e);
}

static int vxlan_create(struct vnet *v, int unit, int nwords, char **words,
			int *ret_used, char ret_name[IFNAMSIZ], struct err *e)
{
	struct err le = ERR_INIT;
	char name[IFNAMSIZ];
	struct vxlan x;
	int used = 0, nargs, r = 1;

	vxlan_init(&x);
	while (used < nwords) {
		r = vxlan_word(&x, nwords - used, words + used, &nargs, e);
		if (r <= 0)
			break;
		used += 1 + nargs;
	}
	if (r >= 0)
		r = vxlan_check(&x, e);
	if (r < 0)
		return r;
	x.ifindex = *x.dev ? vnet_ifindex(v, x.dev) : 0;
	if (*x.dev && !x.ifindex)
		return err_set(e, ENXIO, "interface %s does not exist", x.dev);
	snprintf(name, sizeof(name), "vxlan%d", unit);
	r = make(v, name, &x, &le);
	if (r == -EEXIST && !vnet_ifindex(v, name))
		return err_set(e, EINVAL,
			       "SIOCIFCREATE2: another vxlan has this network "
			       "identifier");
	if (r == -EEXIST)
		return r;
	if (r < 0)
		return le.code && r != -EOPNOTSUPP
			       ? err_set(e, -r, "%s", le.text)
			       : kind_refuse(&kind_vxlan, -r, e);
	r = keep(v, name, &x, e);
	*ret_used = used;
	str_copy(ret_name, IFNAMSIZ, name);
	return r;
}

static void put_end(struct strbuf *out, const struct tunnel_addr *a, bool v6,
		    unsigned int port)
{
	strbuf_adds(out, v6 ? "[" : "");
	if (a->family)
		tunnel_addr_put(out, a);
	else
		strbuf_adds(out, v6 ? "::" : "0.0.0.0");
	strbuf_addf(out, "%s:%u", v6 ? "]" : "", port);
}

static void vxlan_show(const struct ifnets *all, const struct ifnet *ifp,
		       const struct ifconfig_opts *o, struct strbuf *out)
{
	struct vxlan x;
	bool v6;

	(void)all;
	vxlan_read(ifp->info, &x);
	if (x.vni == VXLAN_NO_VNI)
		return;
	v6 = x.remote.family == AF_INET6 || x.local.family == AF_INET6;
	strbuf_addf(out, "\tvxlan vni %u local ", x.vni);
	put_end(out, &x.local, v6, x.local_port);
	strbuf_adds(out,
		    tunnel_addr_multicast(&x.remote) ? " group " : " remote ");
	put_end(out, &x.remote, v6, x.remote_port);
	strbuf_addch(out, '\n');
	if (!o->verbose)
		return;
	strbuf_addf(out, "\t\tconfig: %slearning portrange %u-%u ttl %u\n",
		    x.learn ? "" : "no", x.port_min, x.port_max, x.ttl);
	strbuf_addf(out, "\t\tftable: cnt %u max %u timeout %u\n",
		    ifp->table_entries, x.maxaddr, x.timeout);
}

const struct ifkind kind_vxlan = {
	.name = "vxlan",
	.linux_kind = "vxlan",
	.linux_also = {"dummy", "ifb"},
	.match = vxlan_match,
	.clonable = true,
	.group = true,
	.ethernet = true,
	.lacks = "VXLAN (CONFIG_VXLAN)",
	.idle = vxlan_idle,
	.create = vxlan_create,
	.destroy = kind_destroy_link,
	.show = vxlan_show,
};
