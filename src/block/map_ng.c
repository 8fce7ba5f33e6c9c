/* See map_ng.h for the theory of operation. */
#include "block/map_ng.h"

#include "base/cleanup.h"
#include "net/eiface.h"
#include "netgraph/dp.h"
#include "netgraph/graph.h"
#include "netgraph/journal.h"
#include "netgraph/type.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <netgraph.h>
#include <netgraph/ng_eiface.h>
#include <netgraph/ng_ether.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ------------------------------------------------------------ nodes */

struct topo_node *topo_ng_add(struct topo_jail *j, uint32_t id,
			      const char *name, const char *type,
			      uint32_t ifindex)
{
	struct topo_node *v, *n;

	v = reallocarray(j->nodes, j->nnodes + 1, sizeof(*v));
	if (!v)
		return NULL;
	j->nodes = v;
	n = &v[j->nnodes++];
	*n = (struct topo_node){.id = id, .ifindex = ifindex};
	str_copy(n->name, sizeof(n->name), name);
	str_copy(n->type, sizeof(n->type), type);
	return n;
}

int topo_ng_hook(struct topo_node *n, const char *name, uint32_t peer,
		 const char *peer_hook)
{
	struct topo_hook *v, *h;

	v = reallocarray(n->hooks, n->nhooks + 1, sizeof(*v));
	if (!v)
		return -ENOMEM;
	n->hooks = v;
	h = &v[n->nhooks++];
	*h = (struct topo_hook){.peer = peer};
	str_copy(h->name, sizeof(h->name), name);
	str_copy(h->peer_hook, sizeof(h->peer_hook), peer_hook);
	return 0;
}

void topo_ng_free(struct topo_jail *j)
{
	for (size_t i = 0; i < j->nnodes; i++)
		free(j->nodes[i].hooks);
	free(j->nodes);
	free(j->parts);
	j->nodes = NULL;
	j->parts = NULL;
	j->nnodes = 0;
}

static int by_id(const void *a, const void *b)
{
	const struct topo_node *x = a, *y = b;

	return (x->id > y->id) - (x->id < y->id);
}

/* link2 before link10 */
static int by_name(const void *a, const void *b)
{
	const struct topo_hook *x = a, *y = b;

	return strverscmp(x->name, y->name);
}

static struct topo_node *node_of(const struct topo_jail *j, uint32_t id)
{
	struct topo_node key = {.id = id};

	if (!j->nnodes)
		return NULL;
	return bsearch(&key, j->nodes, j->nnodes, sizeof(key), by_id);
}

static int take_node(struct topo_jail *j, const struct ng_node *n)
{
	struct topo_node *t =
		topo_ng_add(j, n->id, n->name, n->type->name, n->ifindex);
	int r = t ? 0 : -ENOMEM;

	for (const struct ng_hook *h = n->hooks; !r && h; h = h->older)
		if (h->peer)
			r = topo_ng_hook(t, h->name, h->peer->node->id,
					 h->peer->name);
	return r;
}

static void graph_free(struct ng_graph **g)
{
	ng_graph_free(g);
}

static void path_free(struct ng_dp **dp)
{
	dp_free(dp);
}

int topo_ng_load(struct topo_jail *j, const struct vnet *v, const char *run,
		 struct err *e)
{
	__attribute__((cleanup(path_free))) struct ng_dp *dp = NULL;
	__attribute__((cleanup(graph_free))) struct ng_graph *g = NULL;
	cleanup_close int dir = -1;
	char path[256];
	int r;

	snprintf(path, sizeof(path), "%s/%" PRIu64, run, v->cookie);
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return 0; /* no graph, or none that is ours to see */
	if (dp_memory(&dp) < 0 || ng_graph_new(dp, &g) < 0)
		return err_nomem(e);
	r = ng_journal_read(dir, g, e);
	if (r == -ENOENT) {
		err_clear(e);
		return 0;
	}
	for (const struct ng_node *n = r < 0 ? NULL : ng_nodes(g); n && !r;
	     n = n->next)
		r = take_node(j, n) < 0 ? err_nomem(e) : 0;
	return r;
}

/* ------------------------------------------------ of a jail's own vnet */

/* Answers come from the jail's broker, which is outside: their sizes are
 * right, their texts end. */
static int ask(int cs, const char *path, int cookie, int cmd,
	       struct ng_mesg **ret)
{
	if (NgSendMsg(cs, path, cookie, cmd, NULL, 0) < 0 ||
	    NgAllocRecvMsg(cs, ret, NULL) < 0)
		return -errno;
	return 0;
}

static uint32_t ask_ifindex(int cs, const struct vnet *v, const char *path,
			    const struct nodeinfo *info)
{
	struct ng_mesg *m = NULL;
	char name[NG_NODESIZ + 8];
	uint32_t index = 0;

	if (!strcmp(info->type, NG_ETHER_NODE_TYPE)) {
		if (ask(cs, path, NGM_ETHER_COOKIE, NGM_ETHER_GET_IFINDEX,
			&m) == 0)
			memcpy(&index, m->data, sizeof(index));
		free(m);
	} else if (!strcmp(info->type, NG_EIFACE_NODE_TYPE)) {
		/* our end has the name that the node was made with */
		snprintf(name, sizeof(name), IF_HIDDEN_PREFIX "%s", info->name);
		index = (uint32_t)vnet_ifindex(v, name);
	}
	return index;
}

static int ask_node(struct topo_jail *j, int cs, const struct vnet *v,
		    const struct nodeinfo *info)
{
	const struct hooklist *list;
	struct ng_mesg *m = NULL;
	struct topo_node *t;
	char path[16];
	int r = 0;

	snprintf(path, sizeof(path), "[%" PRIx32 "]:", info->id);
	if (ask(cs, path, NGM_GENERIC_COOKIE, (int)NGM_LISTHOOKS, &m) < 0)
		return 0; /* gone meanwhile */
	list = (const struct hooklist *)m->data;
	t = topo_ng_add(j, info->id, info->name, info->type,
			ask_ifindex(cs, v, path, info));
	if (!t)
		r = -ENOMEM;
	for (uint32_t i = 0; !r && i < list->nodeinfo.hooks; i++)
		r = topo_ng_hook(t, list->link[i].ourhook,
				 list->link[i].nodeinfo.id,
				 list->link[i].peerhook);
	free(m);
	return r;
}

int topo_ng_ask(struct topo_jail *j, const struct vnet *v, struct err *e)
{
	cleanup_close int cs = -1;
	struct ng_mesg *m = NULL;
	const struct namelist *list;
	int r = 0;

	/* no broker is started for nothing */
	if (!j->ifs.hidden || NgMkSockNode(NULL, &cs, NULL) < 0)
		return 0;
	if (ask(cs, ".", NGM_GENERIC_COOKIE, (int)NGM_LISTNODES, &m) < 0)
		return 0;
	list = (const struct namelist *)m->data;
	for (uint32_t i = 0; !r && i < list->numnames; i++)
		r = ask_node(j, cs, v, &list->nodeinfo[i]);
	free(m);
	return r < 0 ? err_nomem(e) : 0;
}

/* ------------------------------------------------- into the topology */

size_t topo_real(const struct topo_jail *j)
{
	return j->parts ? j->ng_at : j->ifs.n;
}

bool topo_is_ng(const struct topo_jail *j, size_t i)
{
	return i >= topo_real(j);
}

const char *topo_if_name(const struct ifnet *ifp)
{
	return ifp->group == IF_GROUP_HIDDEN && ifp->descr ? ifp->descr
							   : ifp->name;
}

static bool is_type(const struct topo_node *n, const char *type)
{
	return n && !strcmp(n->type, type);
}

/* Drawn as a box of its own. */
static bool is_box(const struct topo_node *n)
{
	if (is_type(n, "ether") || is_type(n, "eiface") || is_type(n, "vif"))
		return false;
	return n->nhooks || !is_type(n, "socket");
}

struct placing {
	struct topo_jail *j;
	struct vnet *v;
	int next; /* number for what is no interface: below zero */
};

/* One more interface of the topology; node and hook are what it stands for. */
static struct ifnet *part_add(struct placing *p, const struct topo_node *n,
			      const struct topo_hook *h)
{
	struct ifnets *ifs = &p->j->ifs;
	size_t at = ifs->n - p->j->ng_at;
	struct topo_part *parts;
	struct ifnet *v;

	v = reallocarray(ifs->v, ifs->n + 1, sizeof(*v));
	if (!v)
		return NULL;
	ifs->v = v;
	parts = reallocarray(p->j->parts, at + 1, sizeof(*parts));
	if (!parts)
		return NULL;
	p->j->parts = parts;
	parts[at] = (struct topo_part){
		.node = (size_t)(n - p->j->nodes),
		.hook = h ? (size_t)(h - n->hooks) : SIZE_MAX,
	};
	v = &v[ifs->n++];
	*v = (struct ifnet){.index = p->next--,
			    .link_netnsid = -1,
			    .group = IF_GROUP_HIDDEN,
			    .flags = IFF_UP,
			    .carrier = true};
	return v;
}

static struct ifnet *nic_of(const struct topo_jail *j,
			    const struct topo_node *n)
{
	for (size_t i = 0; i < j->ng_at; i++)
		if (n->ifindex && j->ifs.v[i].index == (int)n->ifindex)
			return &j->ifs.v[i];
	return NULL;
}

/* Where the lower hook of an ether node leads; NULL. */
static const struct topo_node *below(const struct topo_jail *j,
				     const struct topo_node *ether)
{
	for (size_t i = 0; i < ether->nhooks; i++)
		if (!strcmp(ether->hooks[i].name, "lower") ||
		    !strcmp(ether->hooks[i].name, "divert"))
			return node_of(j, ether->hooks[i].peer);
	return NULL;
}

/*
 * An interface: a member of the node that its lower hook leads to.  Only a
 * hook that leads to another node is a port of that.  True: no port is needed.
 */
static bool place_ether(struct placing *p, const struct topo_node *n,
			const struct topo_node *ether, int box)
{
	struct ifnet *nic = nic_of(p->j, ether);

	if (!nic || below(p->j, ether) != n)
		return false;
	nic->master = box;
	return true;
}

/* Our end of the pair says where ngethN is. */
static void place_eiface(const struct placing *p, struct ifnet *port,
			 const struct topo_node *eiface)
{
	cleanup_ifnet struct ifnet our = {0};

	if (!p->v ||
	    ifnet_link_any(p->v, NULL, (int)eiface->ifindex, &our, NULL) < 0)
		return;
	str_copy(port->linux_kind, sizeof(port->linux_kind), our.linux_kind);
	port->index = our.index;
	port->link = our.link;
	port->link_netnsid = our.link_netnsid;
	port->flags = our.flags;
	/* that is for the other end to say */
	port->carrier = true;
}

/* The port that hook `name` of node id is; NULL while it is not placed. */
static struct ifnet *port_of(const struct topo_jail *j, uint32_t id,
			     const char *name)
{
	for (size_t i = j->ng_at; i < j->ifs.n; i++) {
		const struct topo_part *part = &j->parts[i - j->ng_at];
		const struct topo_node *n = &j->nodes[part->node];

		if (part->hook != SIZE_MAX && n->id == id &&
		    !strcmp(n->hooks[part->hook].name, name))
			return &j->ifs.v[i];
	}
	return NULL;
}

/* A cable between two nodes, once its second end is there. */
static void join(struct topo_jail *j, struct ifnet *port,
		 const struct topo_hook *h)
{
	struct ifnet *other = port_of(j, h->peer, h->peer_hook);

	if (!other || other == port)
		return;
	str_copy(port->linux_kind, sizeof(port->linux_kind), "veth");
	str_copy(other->linux_kind, sizeof(other->linux_kind), "veth");
	port->link = other->index;
	other->link = port->index;
}

static int place_hook(struct placing *p, const struct topo_node *n,
		      const struct topo_hook *h, int box)
{
	const struct topo_node *peer = node_of(p->j, h->peer);
	struct ifnet *port;

	if (is_type(peer, "ether") && (place_ether(p, n, peer, box)))
		return 0;
	port = part_add(p, n, h);
	if (!port)
		return -ENOMEM;
	port->master = box;
	if (is_type(peer, "ether"))
		port->descr = str_printf("%s: %s %s", h->name, peer->name,
					 h->peer_hook);
	else
		port->descr = strdup(h->name);
	if (!port->descr)
		return -ENOMEM;
	if (is_type(peer, "eiface"))
		place_eiface(p, port, peer);
	else if (peer && !is_type(peer, "ether"))
		join(p->j, port, h);
	return 0;
}

/* "bridge0", "[2a] hub", "wan (pipe)" */
static char *box_name(const struct topo_node *n)
{
	if (!*n->name)
		return str_printf("[%x] %s", n->id, n->type);
	if (is_type(n, "bridge"))
		return strdup(n->name);
	return str_printf("%s (%s)", n->name, n->type);
}

static int place_node(struct placing *p, const struct topo_node *n)
{
	struct ifnet *box = part_add(p, n, NULL);
	int index, r = 0;

	if (!box)
		return -ENOMEM;
	box->is_bridge = true;
	str_copy(box->linux_kind, sizeof(box->linux_kind), "netgraph");
	box->descr = box_name(n);
	if (!box->descr)
		return -ENOMEM;
	index = box->index;
	for (size_t i = 0; !r && i < n->nhooks; i++)
		r = place_hook(p, n, &n->hooks[i], index);
	return r;
}

int topo_ng_place(struct topo_jail *j, struct vnet *v, struct err *e)
{
	struct placing p = {.j = j, .v = v, .next = -2};
	int r = 0;

	j->ng_at = j->ifs.n;
	/* a number that a jail's root may set: no interface of its is a node */
	for (size_t i = 0; i < j->ifs.n; i++)
		if (j->ifs.v[i].group == IF_GROUP_HIDDEN)
			j->ifs.v[i].group = 0;
	if (j->nnodes)
		qsort(j->nodes, j->nnodes, sizeof(*j->nodes), by_id);
	for (size_t i = 0; i < j->nnodes; i++)
		if (j->nodes[i].nhooks)
			qsort(j->nodes[i].hooks, j->nodes[i].nhooks,
			      sizeof(struct topo_hook), by_name);
	for (size_t i = 0; !r && i < j->nnodes; i++)
		if (is_box(&j->nodes[i]))
			r = place_node(&p, &j->nodes[i]);
	return r < 0 ? err_nomem(e) : 0;
}
