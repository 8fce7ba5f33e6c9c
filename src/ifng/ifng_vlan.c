/*
 * ifng_vlan: vlans; which nodes they are, ifng.h says.
 */
#include "ifng/ifng_impl.h"

#include "base/str.h"
#include "net/bsderr.h"
#include "net/vlan.h"
#include "netgraph/lagg_roles.h"
#include "netgraph/links.h"

#include <errno.h>
#include <netgraph/ng_ether.h>
#include <netgraph/ng_vlan.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The node for all VLANs of a parent that have tags of one type. */
struct trunk {
	const char *hook, *rest; /* of the parent's ether node */
	char ether[NGS_PATH], path[NGS_PATH];
};

static void trunk_of(const struct ifnet *parent, uint16_t proto,
		     struct trunk *t)
{
	bool s = proto == VLAN_PROTO_8021AD;

	t->hook = s ? ETHER_HOOK_STAG : ETHER_HOOK_CTAG;
	t->rest = s ? ETHER_HOOK_SREST : ETHER_HOOK_CREST;
	ngs_ether_path(parent->kname, t->ether);
	snprintf(t->path, sizeof(t->path), "%.*s%s", NG_NODESIZ, t->ether,
		 t->hook);
}

static int trunk_make(struct ngs *s, const struct trunk *t, uint16_t proto)
{
	struct ngm_name name = {0};
	int r;

	r = ngs_mkpeer(s, t->ether, NG_VLAN_NODE_TYPE, t->hook,
		       NG_VLAN_HOOK_DOWNSTREAM);
	if (r < 0) /* another command was faster */
		return r == -EEXIST || r == -EISCONN ? 0 : r;
	r = ngs_tell(s, t->path, NGM_VLAN_COOKIE, NGM_VLAN_SET_ENCAP_PROTO,
		     &proto, sizeof(proto));
	if (r >= 0)
		r = ngs_connect(s, t->ether, t->rest, t->path,
				NG_VLAN_HOOK_NOMATCH);
	if (r < 0) {
		ngs_shutdown(s, t->path);
		return r;
	}
	/* for who looks at the graph; the name may be somebody's */
	snprintf(name.name, sizeof(name.name), "%.*s-%s",
		 (int)strcspn(t->ether, ":"), t->ether, t->hook);
	ngs_tell(s, t->path, NGM_GENERIC_COOKIE, NGM_NAME, &name, sizeof(name));
	return 0;
}

/* Without a VLAN it has no purpose. */
static int trunk_tidy(struct ngs *s, const char *path)
{
	struct linkinfo down;
	struct nodeinfo info;

	if (ngs_info(s, path, &info) < 0 || info.hooks > 2 ||
	    ngs_peer(s, path, NG_VLAN_HOOK_DOWNSTREAM, &down) < 0)
		return 0;
	if (strcmp(down.peerhook, ETHER_HOOK_CTAG) != 0 &&
	    strcmp(down.peerhook, ETHER_HOOK_STAG) != 0)
		return 0;
	return ngs_shutdown(s, path);
}

int vlan_leave(struct ngs *s, const char *vif)
{
	char path[NGS_PATH];
	struct linkinfo l;
	int r;

	r = ngs_peer(s, vif, NG_EIFACE_HOOK_ETHER, &l);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	r = ngs_rmhook(s, vif, NG_EIFACE_HOOK_ETHER);
	if (r < 0)
		return r;
	snprintf(path, sizeof(path), "[%x]:", l.nodeinfo.id);
	if (!strcmp(l.nodeinfo.type, NG_VLAN_NODE_TYPE))
		trunk_tidy(s, path);
	else if (!strcmp(l.nodeinfo.type, NG_LAGG_NODE_TYPE))
		ngs_shutdown(s, path);
	return ngs_vif_link(s, vif, false);
}

static int join(struct ngs *s, const struct trunk *t, const char *vif,
		const struct ifvlan *c)
{
	struct ng_vlan_filter f = {
		.vlan = c->vid, .vid = c->vid, .pcp = c->pcp};
	int r;

	r = trunk_make(s, t, c->proto);
	if (r < 0)
		return r;
	snprintf(f.hook_name, sizeof(f.hook_name), "vlan%u", c->vid);
	r = ngs_connect(s, t->path, f.hook_name, vif, NG_EIFACE_HOOK_ETHER);
	if (r >= 0) {
		r = ngs_tell(s, t->path, NGM_VLAN_COOKIE, NGM_VLAN_ADD_FILTER,
			     &f, sizeof(f));
		if (r < 0)
			ngs_rmhook(s, vif, NG_EIFACE_HOOK_ETHER);
	}
	if (r < 0)
		trunk_tidy(s, t->path);
	return r;
}

int ifng_vlan_join(struct vnet *v, const struct ifnet *ifp,
		   const struct ifnet *parent, const struct ifvlan *c,
		   struct err *e)
{
	cleanup_ngs struct ngs s = NGS_INIT;
	char vif[NGS_PATH];
	struct trunk t;
	int r;

	r = ngs_open_vif(&s, v, ifp, vif, e);
	if (r < 0)
		return r;
	trunk_of(parent, c->proto, &t);
	r = vlan_leave(&s, vif);
	if (r >= 0)
		r = join(&s, &t, vif, c);
	if (r >= 0)
		r = ngs_vif_link(&s, vif, parent->carrier);
	return r < 0 ? bsd_err(e, -r, "netgraph") : 0;
}

int ifng_vlan_leave(struct vnet *v, const struct ifnet *ifp, struct err *e)
{
	cleanup_ngs struct ngs s = NGS_INIT;
	char vif[NGS_PATH];
	int r;

	r = ngs_open_vif(&s, v, ifp, vif, e);
	if (r < 0)
		return r;
	r = vlan_leave(&s, vif);
	return r < 0 ? bsd_err(e, -r, "netgraph") : 0;
}

/* --------------------------------------------------------------- look */

static int look_filter(struct ngs *s, const char *trunk, const char *hook,
		       struct ifvlan *c)
{
	const struct ng_vlan_table *t;
	struct ng_mesg *m = NULL;
	size_t n;
	int r;

	r = ngs_ask(s, trunk, NGM_VLAN_COOKIE, NGM_VLAN_GET_TABLE, NULL, 0, &m);
	if (r < 0)
		return r;
	t = (const struct ng_vlan_table *)m->data;
	n = m->header.arglen < sizeof(*t)
		    ? 0
		    : (m->header.arglen - sizeof(*t)) / sizeof(t->filter[0]);
	for (size_t i = 0; i < n && i < t->n; i++)
		if (!strncmp(t->filter[i].hook_name, hook, NG_HOOKSIZ)) {
			c->vid = t->filter[i].vid;
			c->pcp = t->filter[i].pcp;
		}
	free(m);
	return 0;
}

static int look_parent(struct ngs *s, struct vnet *v, const char *trunk,
		       struct ifvlan *c)
{
	struct ng_mesg *m = NULL;
	struct linkinfo down;
	char path[NGS_PATH];
	uint32_t index = 0;
	int r;

	r = ngs_peer(s, trunk, NG_VLAN_HOOK_DOWNSTREAM, &down);
	if (r < 0)
		return r;
	if (!strcmp(down.peerhook, ETHER_HOOK_STAG))
		c->proto = VLAN_PROTO_8021AD;
	snprintf(path, sizeof(path), "[%x]:", down.nodeinfo.id);
	r = ngs_ask(s, path, NGM_ETHER_COOKIE, NGM_ETHER_GET_IFINDEX, NULL, 0,
		    &m);
	if (r < 0)
		return r;
	if (m->header.arglen == sizeof(index))
		memcpy(&index, m->data, sizeof(index));
	free(m);
	c->parent = (int)index;
	c->cookie = v->cookie;
	return vnet_ifname(v, c->parent, c->parent_name) ? 0 : -ENXIO;
}

int ifng_vlan_look(struct vnet *v, const struct ifnet *ifp, struct ifvlan *ret,
		   struct err *e)
{
	struct ifvlan c = {.proto = VLAN_PROTO_8021Q};
	cleanup_ngs struct ngs s = NGS_INIT;
	char vif[NGS_PATH], trunk[NGS_PATH];
	struct linkinfo l;
	int r;

	r = ngs_open_vif(&s, v, ifp, vif, e);
	if (r < 0)
		return r;
	r = ngs_peer(&s, vif, NG_EIFACE_HOOK_ETHER, &l);
	if (r >= 0) {
		snprintf(trunk, sizeof(trunk), "[%x]:", l.nodeinfo.id);
		r = look_filter(&s, trunk, l.peerhook, &c);
		if (r >= 0)
			r = look_parent(&s, v, trunk, &c);
	}
	if (r == -ENOENT) /* of no parent */
		c = (struct ifvlan){.proto = VLAN_PROTO_8021Q};
	else if (r < 0)
		return bsd_err(e, -r, "netgraph");
	*ret = c;
	return 0;
}
