/*
 * ifng_lagg: laggs.
 *
 *	em0:lower -- port0:lagg:one -- ether:vif
 *	em1:lower -- port1
 */
#include "ifng/ifng_impl.h"

#include "base/str.h"
#include "net/bsderr.h"
#include "net/lagg.h"
#include "netgraph/lagg_roles.h"
#include "netgraph/links.h"

#include <errno.h>
#include <netgraph/ng_ether.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* With the path of its lagg node, too: "vif0:ether". */
static int open_lagg(struct ngs *s, struct vnet *v, const struct ifnet *ifp,
		     char vif[NGS_PATH], char lagg[NGS_PATH], struct err *e)
{
	int r = ngs_open_vif(s, v, ifp, vif, e);

	if (r >= 0)
		snprintf(lagg, NGS_PATH, "%.*s%s", NG_NODESIZ, vif,
			 NG_EIFACE_HOOK_ETHER);
	return r;
}

int ifng_lagg_set(struct vnet *v, const struct ifnet *ifp,
		  const struct iflagg *c, struct err *e)
{
	struct ng_lagg_config conf = {.proto = c->proto,
				      .hash = c->hash,
				      .opts = c->opts & LAGG_OPT_FLOWID,
				      .shift = c->shift,
				      .limit = c->limit};
	cleanup_ngs struct ngs s = NGS_INIT;
	char vif[NGS_PATH], lagg[NGS_PATH];
	struct nodeinfo info;
	int r;

	if (lagg_rx_all(v))
		conf.opts |= LAGG_RX_ALL;
	r = open_lagg(&s, v, ifp, vif, lagg, e);
	if (r < 0)
		return r;
	r = ngs_info(&s, lagg, &info);
	if (r == -ENOENT)
		r = ngs_mkpeer(&s, vif, NG_LAGG_NODE_TYPE, NG_EIFACE_HOOK_ETHER,
			       NG_LAGG_HOOK_ONE);
	if (r >= 0)
		r = ngs_tell(&s, lagg, NGM_LAGG_COOKIE, NGM_LAGG_SET_CONFIG,
			     &conf, sizeof(conf));
	return r < 0 ? bsd_err(e, -r, "netgraph") : 0;
}

/* Behind all others: that is the order of failover. */
static int next_number(struct ngs *s, const char *lagg, unsigned int *ret)
{
	const struct hooklist *list;
	struct ng_mesg *m;
	unsigned int next = 0;
	uint64_t taken = 0;
	size_t n;
	int r = ngs_hooks(s, lagg, &m, &list, &n);

	if (r < 0)
		return r;
	for (size_t i = 0; i < n; i++) {
		unsigned int k;

		if (sscanf(list->link[i].ourhook, NG_LAGG_HOOK_PORT "%u", &k) !=
			    1 ||
		    k >= NG_LAGG_PORTS)
			continue;
		taken |= 1ull << k;
		if (k >= next)
			next = k + 1;
	}
	free(m);
	for (unsigned int k = 0; next == NG_LAGG_PORTS && k < NG_LAGG_PORTS;
	     k++)
		if (!(taken >> k & 1))
			next = k;
	*ret = next;
	return next < NG_LAGG_PORTS ? 0 : -ENOSPC;
}

static int port_join(struct ngs *s, const char *lagg, const char *ether)
{
	char hook[NG_HOOKSIZ];
	unsigned int n = 0;
	int r = next_number(s, lagg, &n);

	if (r < 0)
		return r;
	snprintf(hook, sizeof(hook), NG_LAGG_HOOK_PORT "%u", n);
	return ngs_connect(s, ether, NG_ETHER_HOOK_LOWER, lagg, hook);
}

static int port_leave(struct ngs *s, const char *ether)
{
	struct linkinfo l;
	int r = ngs_peer(s, ether, NG_ETHER_HOOK_LOWER, &l);

	if (r < 0 || strcmp(l.nodeinfo.type, NG_LAGG_NODE_TYPE) != 0)
		return r == -ENOENT || r >= 0 ? 0 : r;
	return ngs_rmhook(s, ether, NG_ETHER_HOOK_LOWER);
}

int ifng_lagg_port(struct vnet *v, const struct ifnet *ifp,
		   const struct ifnet *port, bool join, struct err *e)
{
	cleanup_ngs struct ngs s = NGS_INIT;
	char vif[NGS_PATH], lagg[NGS_PATH], ether[NGS_PATH];
	int r;

	r = open_lagg(&s, v, ifp, vif, lagg, e);
	if (r < 0)
		return r;
	ngs_ether_path(port->kname, ether);
	r = join ? port_join(&s, lagg, ether) : port_leave(&s, ether);
	return r < 0 ? bsd_err(e, -r, "netgraph") : 0;
}

/* Which of the lagg's ports that interface is; -ENOENT: none. */
static int port_number(struct ngs *s, uint32_t lagg, const char *kname,
		       unsigned int *ret)
{
	char ether[NGS_PATH];
	struct linkinfo l;
	unsigned int n;
	int r;

	ngs_ether_path(kname, ether);
	r = ngs_peer(s, ether, NG_ETHER_HOOK_LOWER, &l);
	if (r < 0)
		return r;
	if (l.nodeinfo.id != lagg ||
	    sscanf(l.peerhook, NG_LAGG_HOOK_PORT "%u", &n) != 1 ||
	    n >= NG_LAGG_PORTS)
		return -ENOENT;
	*ret = n;
	return 0;
}

int ifng_lagg_lacp(struct vnet *v, const struct ifnet *ifp,
		   const struct if_lacp_port *ports, size_t n, struct err *e)
{
	struct ng_lagg_ports set = {0};
	cleanup_ngs struct ngs s = NGS_INIT;
	char vif[NGS_PATH], lagg[NGS_PATH];
	struct nodeinfo info = {0};
	int r = open_lagg(&s, v, ifp, vif, lagg, e);

	if (r < 0)
		return r;
	r = ngs_info(&s, lagg, &info);
	for (size_t i = 0; r >= 0 && i < n; i++) {
		unsigned int k;

		/* one that has gone meanwhile sends nothing */
		if (port_number(&s, info.id, ports[i].kname, &k) < 0)
			continue;
		if (ports[i].collecting)
			set.collecting |= 1u << k;
		if (ports[i].collecting && ports[i].distributing)
			set.distributing |= 1u << k;
	}
	if (r >= 0)
		r = ngs_tell(&s, lagg, NGM_LAGG_COOKIE, NGM_LAGG_SET_PORTS,
			     &set, sizeof(set));
	return r < 0 ? bsd_err(e, -r, "netgraph") : 0;
}
