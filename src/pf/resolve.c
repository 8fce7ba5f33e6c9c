/* See resolve.h. */
#include "pf/resolve.h"

#include "base/cleanup.h"
#include "net/addr.h"
#include "pf/altq.h"

#include <errno.h>
#include <netdb.h>
#include <string.h>

struct hosts {
	struct pf_host *v;
	size_t n;
};

static struct pf_host *add(struct hosts *h)
{
	struct pf_host *v = reallocarray(h->v, h->n + 1, sizeof(*v));

	if (!v)
		return NULL;
	h->v = v;
	v[h->n] = (struct pf_host){.kind = PF_ADDR_MASK, .net = -1};
	return &v[h->n++];
}

static void prefix_mask(union pf_addr *m, unsigned int plen)
{
	for (unsigned int i = 0; i < plen && i < 128; i++)
		m->b[i / 8] |= (uint8_t)(0x80 >> i % 8);
}

/* What an interface's addresses give, as pfctl's ifa_lookup() does. */
struct lookup {
	struct hosts h;
	unsigned int flags;
	bool got4, got6;
};

static bool is_linklocal(const struct if_addr *a)
{
	return a->family == AF_INET6 && IN6_IS_ADDR_LINKLOCAL(&a->addr.in6);
}

static bool left_out(const struct lookup *l, const struct ifnet *ifp,
		     const struct if_addr *a)
{
	if (l->flags & PF_IF_NOALIAS &&
	    (a->family == AF_INET ? l->got4 : l->got6 || is_linklocal(a)))
		return true;
	if (l->flags & PF_IF_NETWORK && is_linklocal(a))
		return true;
	if (l->flags & PF_IF_PEER)
		return !(ifp->flags & IFF_POINTOPOINT) && !a->has_peer;
	if (l->flags & PF_IF_BROADCAST)
		return a->family != AF_INET || !a->has_brd;
	return false;
}

static int take(struct lookup *l, const struct ifnet *ifp,
		const struct if_addr *a)
{
	const void *from = &a->addr;
	struct pf_host *h;

	if (left_out(l, ifp, a))
		return 0;
	h = add(&l->h);
	if (!h)
		return -ENOMEM;
	if (l->flags & PF_IF_PEER && a->has_peer)
		from = &a->peer;
	else if (l->flags & PF_IF_BROADCAST)
		from = &a->brd;
	h->af = (sa_family_t)a->family;
	memcpy(h->addr.b, from, a->family == AF_INET ? 4 : 16);
	prefix_mask(&h->mask, a->plen);
	if (is_linklocal(a))
		h->ifindex_of_scope = (unsigned int)ifp->index;
	if (a->family == AF_INET)
		l->got4 = true;
	else
		l->got6 = true;
	return 0;
}

static bool is_of(const struct ifnet *ifp, const char *name)
{
	return !strcmp(name, "self") || !strcmp(name, ifp->name) ||
	       !strcmp(name, ifp->kname) || strv_has(&ifp->groups, name);
}

static int ifaddrs(void *data, const char *ifname, unsigned int if_flags,
		   struct pf_host **ret, size_t *n, struct err *e)
{
	const struct pf_names *names = data;
	struct lookup l = {.flags = if_flags};
	int r = 0;

	for (size_t i = 0; !r && i < names->ifs.n; i++) {
		const struct ifnet *ifp = &names->ifs.v[i];

		if (!is_of(ifp, ifname))
			continue;
		for (size_t j = 0; !r && j < ifp->naddrs; j++)
			r = take(&l, ifp, &ifp->addrs[j]);
	}
	if (r < 0) {
		free(l.h.v);
		return err_nomem(e);
	}
	*ret = l.h.v;
	*n = l.h.n;
	return 0;
}

static int ifkind(void *data, const char *name)
{
	const struct pf_names *names = data;

	if (ifnets_find(&names->ifs, name))
		return 1;
	for (size_t i = 0; i < names->ifs.n; i++)
		if (strv_has(&names->ifs.v[i].groups, name))
			return 2;
	return 0;
}

static int take_sockaddr(struct hosts *h, const struct addrinfo *ai)
{
	bool four = ai->ai_family == AF_INET;
	const struct sockaddr_in6 *six = (const void *)ai->ai_addr;
	const struct sockaddr_in *in = (const void *)ai->ai_addr;
	struct pf_host *p;

	if (!four && ai->ai_family != AF_INET6)
		return 0;
	p = add(h);
	if (!p)
		return -ENOMEM;
	p->af = (sa_family_t)ai->ai_family;
	memcpy(p->addr.b, four ? (const void *)&in->sin_addr : &six->sin6_addr,
	       four ? 4 : 16);
	prefix_mask(&p->mask, four ? 32 : 128);
	p->ifindex_of_scope = four ? 0 : six->sin6_scope_id;
	return 0;
}

static int host(void *data, const char *name, struct pf_host **ret, size_t *n,
		struct err *e)
{
	struct addrinfo hints = {.ai_socktype = SOCK_DGRAM}, *list = NULL;
	struct hosts h = {0};
	int r = 0;

	(void)data;
	if (getaddrinfo(name, NULL, &hints, &list))
		return 0; /* the caller says that there is no such host */
	for (const struct addrinfo *ai = list; !r && ai; ai = ai->ai_next)
		r = take_sockaddr(&h, ai);
	freeaddrinfo(list);
	if (r < 0) {
		free(h.v);
		return err_nomem(e);
	}
	*ret = h.v;
	*n = h.n;
	return 0;
}

static bool link_of(void *data, const char *name, struct altq_link *ret)
{
	const struct pf_names *names = data;

	return altq_link_of(names->v, name, ret);
}

int pf_names_open(struct vnet *v, bool dns, struct pf_names *ret, struct err *e)
{
	struct ifnets ifs = {0};
	int r = ifnets_load(v, &ifs, e);

	if (r < 0)
		return r;
	*ret = (struct pf_names){.ifs = ifs, .v = v};
	ret->resolve = (struct pf_resolve){
		.ifaddrs = ifaddrs,
		.ifkind = ifkind,
		.host = dns ? host : NULL,
		.link = link_of,
		.data = ret,
	};
	return 0;
}

void pf_names_close(struct pf_names *n)
{
	ifnets_free(&n->ifs);
}
