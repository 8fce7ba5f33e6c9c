/*
 * map_scene: topologies made by hand, as topo_load() would find them.
 */
#ifndef CB_TESTS_MAP_SCENE_H
#define CB_TESTS_MAP_SCENE_H

#include "base/cleanup.h"
#include "block/map.h"
#include "block/map_ng.h"

#include <arpa/inet.h>
#include <net/if_arp.h>
#include <stdio.h>
#include <string.h>

struct scene {
	struct topo t;
};

/* Memory is not checked: a test that runs out of it may crash. */
static inline void *scene_grow(void *v, size_t *n, size_t size)
{
	v = realloc(v, (*n + 1) * size);
	memset((char *)v + *n * size, 0, size);
	++*n;
	return v;
}

static inline struct topo_jail *scene_jail_at(struct scene *s, size_t j)
{
	return &s->t.jails[j];
}

static inline size_t scene_jail(struct scene *s, int parent, const char *name)
{
	struct topo_jail *j;

	s->t.jails = scene_grow(s->t.jails, &s->t.njails, sizeof(*j));
	j = &s->t.jails[s->t.njails - 1];
	j->jid = (int)s->t.njails - 1;
	j->parent = parent;
	j->vnet = true;
	j->cookie = s->t.njails;
	j->name = strdup(name);
	j->full = parent > 0
			  ? str_printf("%s.%s", s->t.jails[parent].full, name)
			  : strdup(name);
	return s->t.njails - 1;
}

static inline void scene_addr(struct scene *s, size_t j, size_t i,
			      const char *text)
{
	struct ifnet *ifp = &s->t.jails[j].ifs.v[i];
	char buf[64], *slash;
	struct if_addr *ia;

	ifp->addrs = scene_grow(ifp->addrs, &ifp->naddrs, sizeof(*ia));
	ia = &ifp->addrs[ifp->naddrs - 1];
	snprintf(buf, sizeof(buf), "%s", text);
	slash = strchr(buf, '/');
	*slash = '\0';
	ia->plen = (unsigned char)atoi(slash + 1);
	ia->family = strchr(buf, ':') ? AF_INET6 : AF_INET;
	inet_pton(ia->family, buf, &ia->addr);
}

/* An interface of Linux kind `kind`; addr may be NULL. */
static inline size_t scene_if(struct scene *s, size_t j, const char *name,
			      const char *kind, const char *addr)
{
	struct ifnets *ifs = &s->t.jails[j].ifs;
	struct ifnet *ifp;

	ifs->v = scene_grow(ifs->v, &ifs->n, sizeof(*ifp));
	ifp = &ifs->v[ifs->n - 1];
	ifp->index = (int)ifs->n + 1;
	memcpy(ifp->name, name, strnlen(name, IFNAMSIZ - 1));
	memcpy(ifp->kname, name, strnlen(name, IFNAMSIZ - 1));
	memcpy(ifp->linux_kind, kind, strlen(kind));
	ifp->flags = IFF_UP | IFF_RUNNING;
	ifp->arptype = ARPHRD_ETHER;
	ifp->carrier = true;
	ifp->mtu = 1500;
	ifp->link_netnsid = -1;
	ifp->is_bridge = kind[0] == 'b';
	if (addr)
		scene_addr(s, j, ifs->n - 1, addr);
	return ifs->n - 1;
}

static inline size_t scene_bridge(struct scene *s, size_t j, const char *name,
				  const char *addr)
{
	return scene_if(s, j, name, "bridge", addr);
}

static inline struct ifnet *scene_ifp(struct scene *s, size_t j, size_t i)
{
	return &s->t.jails[j].ifs.v[i];
}

static inline void scene_member(struct scene *s, size_t j, size_t bridge,
				size_t i)
{
	scene_ifp(s, j, i)->master = scene_ifp(s, j, bridge)->index;
	scene_ifp(s, j, i)->is_port = true;
}

/* NAMEa in jail ja (in bridge br unless SIZE_MAX), NAMEb in jail jb. */
static inline size_t scene_epair(struct scene *s, const char *name, size_t ja,
				 size_t br, const char *addr_a, size_t jb,
				 const char *addr_b)
{
	char buf[64];
	size_t a, b;

	snprintf(buf, sizeof(buf), "%sa", name);
	a = scene_if(s, ja, buf, "veth", addr_a);
	snprintf(buf, sizeof(buf), "%sb", name);
	b = scene_if(s, jb, buf, "veth", addr_b);
	if (br != SIZE_MAX)
		scene_member(s, ja, br, a);
	s->t.links = scene_grow(s->t.links, &s->t.nlinks, sizeof(*s->t.links));
	s->t.links[s->t.nlinks - 1] = (struct topo_link){ja, a, jb, b};
	return b;
}

static inline void scene_link(struct scene *s, size_t ja, size_t ia, size_t jb,
			      size_t ib)
{
	s->t.links = scene_grow(s->t.links, &s->t.nlinks, sizeof(*s->t.links));
	s->t.links[s->t.nlinks - 1] = (struct topo_link){ja, ia, jb, ib};
}

/* Both ends of a connection in the graph of jail j. */
static inline void scene_hooks(struct scene *s, size_t j, uint32_t a,
			       const char *ahook, uint32_t b, const char *bhook)
{
	struct topo_jail *tj = scene_jail_at(s, j);

	for (size_t i = 0; i < tj->nnodes; i++) {
		if (tj->nodes[i].id == a)
			topo_ng_hook(&tj->nodes[i], ahook, b, bhook);
		if (tj->nodes[i].id == b)
			topo_ng_hook(&tj->nodes[i], bhook, a, ahook);
	}
}

/* The port that a hook has become, by the node's id. */
static inline size_t scene_port(struct scene *s, size_t j, uint32_t id,
				const char *hook)
{
	const struct topo_jail *tj = scene_jail_at(s, j);

	for (size_t i = topo_real(tj); i < tj->ifs.n; i++) {
		const struct topo_part *p = &tj->parts[i - tj->ng_at];
		const struct topo_node *n = &tj->nodes[p->node];

		if (n->id == id && p->hook != SIZE_MAX &&
		    !strcmp(n->hooks[p->hook].name, hook))
			return i;
	}
	abort();
}

static inline void scene_gateway(struct scene *s, size_t j, const char *gw)
{
	free(s->t.jails[j].gateway);
	s->t.jails[j].gateway = strdup(gw);
}

static inline void scene_free(struct scene *s)
{
	topo_free(&s->t);
}

#endif
