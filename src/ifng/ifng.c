/* See ifng.h for the theory of operation. */
#include "ifng/ifng_impl.h"

#include "base/cleanup.h"
#include "base/str.h"
#include "net/bsderr.h"
#include "net/eiface.h"
#include "net/link.h"
#include "netgraph/links.h"

#include <errno.h>
#include <netgraph.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ------------------------------------------------------------- client */

int ngs_open(struct ngs *s, struct vnet *v, struct err *e)
{
	int r = vnet_enter(v, &s->back, e);

	if (r < 0)
		return r;
	s->in = true;
	if (NgMkSockNode(NULL, &s->cs, NULL) < 0) {
		s->cs = -1;
		return bsd_err(e, errno, "netgraph");
	}
	return 0;
}

void ngs_close(struct ngs *s)
{
	if (s->cs >= 0)
		close(s->cs);
	if (s->in)
		vnet_leave(&s->back);
	s->cs = -1;
	s->in = false;
}

int ngs_tell(struct ngs *s, const char *path, uint32_t cookie, uint32_t cmd,
	     const void *arg, size_t len)
{
	if (NgSendMsg(s->cs, path, (int)cookie, (int)cmd, arg, len) < 0)
		return -errno;
	return 0;
}

int ngs_ask(struct ngs *s, const char *path, uint32_t cookie, uint32_t cmd,
	    const void *arg, size_t len, struct ng_mesg **ret)
{
	int r = ngs_tell(s, path, cookie, cmd, arg, len);

	if (r < 0)
		return r;
	return NgAllocRecvMsg(s->cs, ret, NULL) < 0 ? -errno : 0;
}

static int generic(struct ngs *s, const char *path, uint32_t cmd,
		   const void *arg, size_t len)
{
	return ngs_tell(s, path, NGM_GENERIC_COOKIE, cmd, arg, len);
}

int ngs_mkpeer(struct ngs *s, const char *path, const char *type,
	       const char *ourhook, const char *peerhook)
{
	struct ngm_mkpeer m = {0};

	str_copy(m.type, sizeof(m.type), type);
	str_copy(m.ourhook, sizeof(m.ourhook), ourhook);
	str_copy(m.peerhook, sizeof(m.peerhook), peerhook);
	return generic(s, path, NGM_MKPEER, &m, sizeof(m));
}

int ngs_connect(struct ngs *s, const char *path, const char *ourhook,
		const char *to, const char *peerhook)
{
	struct ngm_connect m = {0};

	str_copy(m.path, sizeof(m.path), to);
	str_copy(m.ourhook, sizeof(m.ourhook), ourhook);
	str_copy(m.peerhook, sizeof(m.peerhook), peerhook);
	return generic(s, path, NGM_CONNECT, &m, sizeof(m));
}

int ngs_rmhook(struct ngs *s, const char *path, const char *hook)
{
	struct ngm_rmhook m = {0};

	str_copy(m.ourhook, sizeof(m.ourhook), hook);
	return generic(s, path, NGM_RMHOOK, &m, sizeof(m));
}

int ngs_shutdown(struct ngs *s, const char *path)
{
	return generic(s, path, NGM_SHUTDOWN, NULL, 0);
}

int ngs_info(struct ngs *s, const char *path, struct nodeinfo *ret)
{
	struct ng_mesg *m = NULL;
	int r = ngs_ask(s, path, NGM_GENERIC_COOKIE, NGM_NODEINFO, NULL, 0, &m);

	if (r >= 0 && m->header.arglen < sizeof(*ret))
		r = -EPROTO;
	if (r >= 0)
		memcpy(ret, m->data, sizeof(*ret));
	free(m);
	return r;
}

int ngs_hooks(struct ngs *s, const char *path, struct ng_mesg **ret,
	      const struct hooklist **list, size_t *ret_n)
{
	struct ng_mesg *m = NULL;
	int r = ngs_ask(s, path, NGM_GENERIC_COOKIE, NGM_LISTHOOKS, NULL, 0,
			&m);

	if (r < 0)
		return r;
	*list = (const struct hooklist *)m->data;
	*ret_n = m->header.arglen < sizeof(**list)
			 ? 0
			 : (m->header.arglen - sizeof(**list)) /
				   sizeof((*list)->link[0]);
	*ret = m;
	return 0;
}

int ngs_peer(struct ngs *s, const char *path, const char *hook,
	     struct linkinfo *ret)
{
	const struct hooklist *list;
	struct ng_mesg *m;
	size_t n;
	int r = ngs_hooks(s, path, &m, &list, &n);

	if (r < 0)
		return r;
	r = -ENOENT;
	for (size_t i = 0; i < n && r < 0; i++)
		if (!strncmp(list->link[i].ourhook, hook, NG_HOOKSIZ)) {
			*ret = list->link[i];
			r = 0;
		}
	free(m);
	return r;
}

void ngs_ether_path(const char *ifname, char ret[NGS_PATH])
{
	snprintf(ret, NGS_PATH, "%.*s:", IFNAMSIZ, ifname);
	for (char *c = ret; c[1]; c++)
		if (*c == '.' || *c == ':')
			*c = '_';
}

static int vif_path(struct vnet *v, const struct ifnet *ifp, char ret[NGS_PATH])
{
	char our[IFNAMSIZ];

	/* that end itself: of one that is lent to a jail */
	if (eiface_hidden(ifp)) {
		snprintf(ret, NGS_PATH,
			 "%s:", ifp->kname + strlen(IF_HIDDEN_PREFIX));
		return 0;
	}
	/* in a jail that it was lent to, its nodes are elsewhere */
	if (!ifp->link || ifp->link_netnsid >= 0)
		return -EXDEV;
	if (!vnet_ifname(v, ifp->link, our) || !str_prefix(our, IF_HIDDEN_VIF))
		return -ENXIO;
	snprintf(ret, NGS_PATH, "%s:", our + strlen(IF_HIDDEN_PREFIX));
	return 0;
}

int ngs_open_vif(struct ngs *s, struct vnet *v, const struct ifnet *ifp,
		 char vif[NGS_PATH], struct err *e)
{
	int r = vif_path(v, ifp, vif);

	return r < 0 ? bsd_err(e, -r, "netgraph") : ngs_open(s, v, e);
}

int ngs_vif_link(struct ngs *s, const char *vif, bool up)
{
	return ngs_tell(s, vif, NGM_FLOW_COOKIE,
			up ? NGM_LINK_IS_UP : NGM_LINK_IS_DOWN, NULL, 0);
}

/* ----------------------------------------------------- the interface */

#define OUR_HOOK "make"

static int rename_vif(struct vnet *v, const char *from, const char *to)
{
	int index = vnet_ifindex(v, from);
	struct nlm m;

	if (!index)
		return -ENXIO;
	link_set(&m, index, 0, 0);
	nlm_put_str(&m, IFLA_IFNAME, to);
	return nl_talk(v->rt, &m, NULL, NULL);
}

/* Its node is at our hook. */
static int settle_vif(struct ngs *s, struct vnet *v, const char *name)
{
	static const char at[] = ".:" OUR_HOOK;
	struct ng_mesg *m = NULL;
	char ifname[IFNAMSIZ] = "", path[NGS_PATH];
	struct nodeinfo info;
	int r;

	r = ngs_info(s, at, &info);
	if (r >= 0)
		r = ngs_ask(s, at, NGM_VIF_COOKIE, NGM_EIFACE_GET_IFNAME, NULL,
			    0, &m);
	if (r < 0)
		return r;
	snprintf(ifname, sizeof(ifname), "%.*s", (int)m->header.arglen,
		 m->data);
	free(m);
	r = rename_vif(v, ifname, name);
	if (r < 0) {
		ngs_shutdown(s, at);
		return r;
	}
	snprintf(path, sizeof(path), "[%x]:", info.id);
	ngs_rmhook(s, ".", OUR_HOOK);
	return ngs_vif_link(s, path, false);
}

static int ifng_create(struct vnet *v, const char *name, struct err *e)
{
	cleanup_ngs struct ngs s = NGS_INIT;
	int r;

	r = ngs_open(&s, v, e);
	if (r < 0)
		return r;
	r = ngs_mkpeer(&s, ".", NG_VIF_NODE_TYPE, OUR_HOOK,
		       NG_EIFACE_HOOK_ETHER);
	if (r >= 0)
		r = settle_vif(&s, v, name);
	if (r == -EEXIST)
		return r;
	return r < 0 ? bsd_err(e, -r, "SIOCIFCREATE2: netgraph") : 0;
}

static int ifng_destroy(struct vnet *v, const struct ifnet *ifp, struct err *e)
{
	cleanup_ngs struct ngs s = NGS_INIT;
	char vif[NGS_PATH];
	int r;

	r = vif_path(v, ifp, vif);
	if (r == -EXDEV || r == -ENXIO) /* one end less ends it all */
		return link_delete(v, ifp->index, e);
	if (r >= 0)
		r = ngs_open(&s, v, e);
	if (r < 0)
		return r;
	r = vlan_leave(&s, vif);
	if (r >= 0)
		r = ngs_shutdown(&s, vif);
	if (r == -ENOENT) /* netgraph has lost its node */
		return link_delete(v, ifp->index, e);
	return r < 0 ? bsd_err(e, -r, "SIOCIFDESTROY") : 0;
}

void ifng_register(void)
{
	static const struct if_fallback netgraph = {
		.create = ifng_create,
		.destroy = ifng_destroy,
		.vlan_join = ifng_vlan_join,
		.vlan_leave = ifng_vlan_leave,
		.lagg_set = ifng_lagg_set,
		.lagg_port = ifng_lagg_port,
		.lagg_lacp = ifng_lagg_lacp,
		.vlan_look = ifng_vlan_look,
	};

	if_fallback = &netgraph;
}
