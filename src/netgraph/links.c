/* See links.h for the theory of operation. */
#include "netgraph/links.h"
#include "netgraph/types_traffic.h"

#include "base/cleanup.h"
#include "base/str.h"
#include "net/iptunnel.h"
#include "net/link.h"
#include "netgraph/dp.h"
#include "netgraph/type.h"

#include <errno.h>
#include <linux/if_arp.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* Messages worked in before others get their turn. */
#define READ_MAX 256
#define READ_SIZE (64 * 1024)

struct ng_links {
	struct ng_graph *g;
	struct nl *events; /* owned; member of RTNLGRP_LINK */
	bool lost;	   /* messages were */
	char *buf;
};

/* ------------------------------------------------------ one link */

static void attr_text(const struct nlattr *a, char *ret, size_t size)
{
	size_t n = a ? mnl_attr_get_payload_len(a) : 0;

	if (n >= size)
		n = size - 1;
	if (n)
		memcpy(ret, mnl_attr_get_payload(a), n);
	ret[n] = '\0';
}

/* False: not about a link as such (a bridge's port, too short). */
static bool link_parse(const struct nlmsghdr *h, struct ng_link *ret)
{
	const struct ifinfomsg *ifi = mnl_nlmsg_get_payload(h);
	const struct nlattr *tb[IFLA_MAX + 1], *info[IFLA_INFO_MAX + 1];

	if (mnl_nlmsg_get_payload_len(h) < sizeof(*ifi) ||
	    ifi->ifi_family != AF_UNSPEC || ifi->ifi_index <= 0)
		return false;
	nl_parse(h, sizeof(*ifi), tb, IFLA_MAX);
	nl_parse_nested(tb[IFLA_LINKINFO], info, IFLA_INFO_MAX);
	*ret = (struct ng_link){.ifindex = (uint32_t)ifi->ifi_index,
				.arptype = ifi->ifi_type,
				.flags = ifi->ifi_flags,
				.group = nl_u32(tb[IFLA_GROUP]),
				.mtu = nl_u32(tb[IFLA_MTU]),
				.carrier = nl_u8(tb[IFLA_CARRIER]),
				.peer = nl_u32(tb[IFLA_LINK]),
				.netnsid = -1};
	if (tb[IFLA_LINK_NETNSID])
		ret->netnsid = (int)nl_u32(tb[IFLA_LINK_NETNSID]);
	attr_text(tb[IFLA_IFNAME], ret->name, sizeof(ret->name));
	attr_text(info[IFLA_INFO_KIND], ret->kind, sizeof(ret->kind));
	ret->fallback = iptunnel_fallback(ret->kind, info[IFLA_INFO_DATA]);
	if (tb[IFLA_ADDRESS] &&
	    mnl_attr_get_payload_len(tb[IFLA_ADDRESS]) == sizeof(ret->mac))
		memcpy(ret->mac, mnl_attr_get_payload(tb[IFLA_ADDRESS]),
		       sizeof(ret->mac));
	return true;
}

static int link_one(const struct nlmsghdr *h, void *data, struct err *e)
{
	struct ng_link *l = data;

	(void)e;
	if (h->nlmsg_type == RTM_NEWLINK && !l->ifindex)
		link_parse(h, l);
	return 0;
}

int ng_link_get(struct vnet *v, uint32_t ifindex, int netnsid,
		struct ng_link *ret)
{
	struct ifinfomsg ifi = {.ifi_index = (int)ifindex};
	struct ng_link l = {0};
	struct nlm m;
	int r;

	nlm_begin(&m, RTM_GETLINK, 0, &ifi, sizeof(ifi));
	if (netnsid >= 0)
		nlm_put_u32(&m, IFLA_TARGET_NETNSID, (uint32_t)netnsid);
	nlm_put_u32(&m, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	r = nl_query(v->rt, &m, link_one, &l, NULL);
	if (r < 0 || !l.ifindex)
		return -ENXIO;
	*ret = l;
	return 0;
}

int ng_link_flags(struct vnet *v, uint32_t ifindex, uint32_t mask,
		  uint32_t flags)
{
	struct nlm m;

	link_set(&m, (int)ifindex, mask, flags);
	return nl_talk(v->rt, &m, NULL, NULL);
}

int ng_link_group(struct vnet *v, uint32_t ifindex, uint32_t group)
{
	struct nlm m;

	link_set(&m, (int)ifindex, 0, 0);
	nlm_put_u32(&m, IFLA_GROUP, group);
	return nl_talk(v->rt, &m, NULL, NULL);
}

int ng_link_mac(struct vnet *v, uint32_t ifindex, const uint8_t mac[6])
{
	struct nlm m;

	link_set(&m, (int)ifindex, 0, 0);
	nlm_put(&m, IFLA_ADDRESS, mac, 6);
	return nl_talk(v->rt, &m, NULL, NULL);
}

/* A hidden end's name. */
static bool is_hidden(const struct ng_link *l)
{
	return l->group == IF_GROUP_HIDDEN && !strcmp(l->kind, "veth") &&
	       str_prefix(l->name, IF_HIDDEN_PREFIX);
}

/* ----------------------------------------- what it means for nodes */

/* Detached ones (NGM_ETHER_DETACH); the oldest is forgotten for a new one. */
#define ALONE_MAX 64
static struct alone {
	const struct ng_graph *g;
	uint32_t ifindex;
} alone[ALONE_MAX];
static unsigned int alone_next;

void ng_links_leave_alone(const struct ng_graph *g, uint32_t ifindex)
{
	alone[alone_next++ % ALONE_MAX] = (struct alone){g, ifindex};
}

static struct alone *left_alone(const struct ng_graph *g, uint32_t ifindex)
{
	for (size_t i = 0; i < ALONE_MAX; i++)
		if (alone[i].g == g && alone[i].ifindex == ifindex)
			return &alone[i];
	return NULL;
}

/* Of a pair that no node has: its maker was killed half way. */
static bool is_orphan(const struct ng_link *l)
{
	return is_hidden(l) &&
	       (str_prefix(l->name, IF_HIDDEN_PREFIX NG_EIFACE_EIFACE_NAME) ||
		str_prefix(l->name, IF_HIDDEN_PREFIX NG_VIF_NAME));
}

/* ngethN in the graph's own vnet. */
static bool is_eiface(const struct ng_graph *g, const struct ng_link *l)
{
	const struct ng_node *n;

	if (strcmp(l->kind, "veth") != 0 || l->netnsid >= 0 || !l->peer)
		return false;
	n = ng_node_by_ifindex(g, l->peer);
	return n && n->type == &ng_type_eiface;
}

/* lo1 and on, which Linux has no kind for (net/kind_lo.c). */
static bool is_loopback(const struct ng_link *l)
{
	return (!strcmp(l->kind, "dummy") || !strcmp(l->kind, "ifb")) &&
	       str_prefix(l->name, "lo") && l->name[2] &&
	       !l->name[2 + strspn(l->name + 2, "0123456789")];
}

static int link_here(struct ng_graph *g, const struct ng_link *l, bool dumped)
{
	struct ng_node *n = ng_node_by_ifindex(g, l->ifindex);

	if (n && n->type->kind == NGD_EIFACE)
		eiface_seen(n, l, dumped);
	else if (n && n->type == &ng_type_ether)
		ether_seen(n, l, dumped);
	if (n)
		return 0;
	/* of a live broker the news may be older than the node: only what a
	 * whole look at things shows belongs to nobody */
	if (dumped && is_orphan(l))
		return link_delete(dp_vnet(ng_graph_dp(g)), (int)l->ifindex,
				   NULL);
	if (l->arptype != ARPHRD_ETHER || is_loopback(l) || l->fallback ||
	    is_hidden(l) || is_eiface(g, l) || left_alone(g, l->ifindex))
		return 0;
	return ether_arrived(g, l);
}

static void link_gone(struct ng_graph *g, uint32_t ifindex)
{
	struct ng_node *n = ng_node_by_ifindex(g, ifindex);
	struct alone *a = left_alone(g, ifindex);

	if (a)
		*a = (struct alone){0};
	if (n && n->type->kind == NGD_EIFACE)
		eiface_gone(n);
	else if (n && n->type == &ng_type_iface)
		iface_gone(n);
	else if (n && n->type == &ng_type_ether)
		ether_gone(n);
}

/* ---------------------------------------------------- all of them */

struct dumping {
	struct ng_link *v;
	size_t n, cap;
};

static void dump_restart(void *data)
{
	((struct dumping *)data)->n = 0;
}

static int dump_one(const struct nlmsghdr *h, void *data, struct err *e)
{
	struct dumping *d = data;

	if (h->nlmsg_type != RTM_NEWLINK)
		return 0;
	if (d->n == d->cap) {
		size_t cap = d->cap ? d->cap * 2 : 64;
		struct ng_link *v = reallocarray(d->v, cap, sizeof(*v));

		if (!v)
			return err_nomem(e);
		d->v = v;
		d->cap = cap;
	}
	if (link_parse(h, &d->v[d->n]))
		d->n++;
	return 0;
}

static int by_index(const void *a, const void *b)
{
	const struct ng_link *x = a, *y = b;

	return (x->ifindex > y->ifindex) - (x->ifindex < y->ifindex);
}

static bool dump_has(const struct dumping *d, uint32_t ifindex)
{
	struct ng_link key = {.ifindex = ifindex};

	return bsearch(&key, d->v, d->n, sizeof(*d->v), by_index);
}

/* A node whose interface is not there any more; the first one.  (An iface
 * node knows by itself: its interface may be in another vnet.) */
static struct ng_node *node_without(struct ng_graph *g, const struct dumping *d)
{
	for (struct ng_node *n = ng_nodes(g); n; n = n->next)
		if ((n->type->kind == NGD_EIFACE ||
		     n->type == &ng_type_ether) &&
		    n->ifindex && !dump_has(d, n->ifindex))
			return n;
	return NULL;
}

static int sync_all(struct ng_graph *g, struct err *e)
{
	struct vnet *v = dp_vnet(ng_graph_dp(g));
	struct ifinfomsg ifi = {0};
	struct dumping d = {0};
	cleanup_free struct ng_link *own = NULL;
	struct ng_node *n;
	struct nlm m;
	int r;

	nlm_begin(&m, RTM_GETLINK, 0, &ifi, sizeof(ifi));
	nlm_put_u32(&m, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	r = nl_dump(v->rt, &m, dump_one, dump_restart, &d, e);
	own = d.v;
	if (r < 0)
		return r;
	qsort(d.v, d.n, sizeof(*d.v), by_index);
	/* others may go with it, so look from the start again */
	while ((n = node_without(g, &d)))
		link_gone(g, n->ifindex);
	for (size_t i = 0; i < d.n; i++) {
		r = link_here(g, &d.v[i], true);
		if (r < 0)
			return err_sys(e, -r, "%s", d.v[i].name);
	}
	return 0;
}

/* -------------------------------------------------------- events */

int ng_links_open(struct ng_graph *g, struct ng_links **ret, struct err *e)
{
	__attribute__((cleanup(ng_links_free))) struct ng_links *l = NULL;
	struct vnet *v = dp_vnet(ng_graph_dp(g));
	int r;

	if (!v)
		return err_set(e, ENODEV, "this graph has no interfaces");
	l = calloc(1, sizeof(*l));
	if (!l)
		return err_nomem(e);
	l->g = g;
	l->buf = malloc(READ_SIZE);
	if (!l->buf)
		return err_nomem(e);
	r = nl_open(NETLINK_ROUTE, v->nsfd, &l->events, e);
	if (r >= 0)
		r = nl_join(l->events, RTNLGRP_LINK, e);
	/* listening first: what changes meanwhile is seen twice, not never */
	if (r >= 0)
		r = sync_all(g, e);
	if (r < 0)
		return r;
	*ret = take_ptr(l);
	return 0;
}

void ng_links_free(struct ng_links **lp)
{
	struct ng_links *l = take_ptr(*lp);

	if (!l)
		return;
	for (size_t i = 0; i < ALONE_MAX; i++)
		if (alone[i].g == l->g)
			alone[i] = (struct alone){0};
	nl_free(&l->events);
	free(l->buf);
	free(l);
}

int ng_links_fd(const struct ng_links *l)
{
	return nl_fd(l->events);
}

static void event(struct ng_graph *g, const struct nlmsghdr *h)
{
	struct ng_link link;

	if (h->nlmsg_type != RTM_NEWLINK && h->nlmsg_type != RTM_DELLINK)
		return;
	if (!link_parse(h, &link))
		return;
	if (h->nlmsg_type == RTM_DELLINK)
		link_gone(g, link.ifindex);
	else
		link_here(g, &link, false);
}

/* One datagram of events: 1, or 0 when there is none. */
static int read_one(struct ng_links *l)
{
	const struct nlmsghdr *h = (const void *)l->buf;
	ssize_t n =
		nl_recv(l->events, l->buf, READ_SIZE, MSG_DONTWAIT | MSG_TRUNC);
	int len;

	if (n < 0 && errno == ENOBUFS)
		l->lost = true;
	if (n < 0)
		return errno == ENOBUFS || errno == EINTR;
	if (n > READ_SIZE) {
		l->lost = true;
		return 1;
	}
	for (len = (int)n; mnl_nlmsg_ok(h, len); h = mnl_nlmsg_next(h, &len))
		event(l->g, h);
	return 1;
}

int ng_links_read(struct ng_links *l, struct err *e)
{
	for (int i = 0; i < READ_MAX && read_one(l); i++)
		;
	if (!l->lost)
		return 0;
	l->lost = false;
	return sync_all(l->g, e);
}
