/* sight: see sight.h. */
#include "net/sight.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

static size_t addr_size(int family)
{
	return family == AF_INET ? 4 : 16;
}

void sight_free(struct sight *s)
{
	free(s->v);
	*s = (struct sight){0};
}

void sight_hold(struct sight *s, int family)
{
	size_t n = 0;

	*(family == AF_INET ? &s->held4 : &s->held6) = true;
	for (size_t i = 0; i < s->n; i++)
		if (s->v[i].family != family)
			s->v[n++] = s->v[i];
	s->n = n;
}

int sight_add(struct sight *s, int family, const char *text, struct err *e)
{
	struct sight_addr a = {.family = family}, *v;

	if (inet_pton(family, text, &a.addr) != 1)
		return 0;
	v = reallocarray(s->v, s->n + 1, sizeof(*v));
	if (!v)
		return err_nomem(e);
	s->v = v;
	v[s->n++] = a;
	return 0;
}

bool sight_has(const struct sight *s, int family, const void *addr)
{
	if (!s || !(family == AF_INET ? s->held4 : s->held6))
		return true;
	for (size_t i = 0; i < s->n; i++)
		if (s->v[i].family == family &&
		    !memcmp(&s->v[i].addr, addr, addr_size(family)))
			return true;
	return false;
}

bool sight_route(const struct sight *s, const struct route *rt)
{
	if (!s || !s->shared)
		return true;
	return rt->plen == addr_size(rt->family) * 8 &&
	       sight_has(s, rt->family, &rt->dst);
}

void sight_ifnet(const struct sight *s, struct ifnet *ifp)
{
	size_t n = 0;

	for (size_t i = 0; i < ifp->naddrs; i++)
		if (sight_has(s, ifp->addrs[i].family, &ifp->addrs[i].addr))
			ifp->addrs[n++] = ifp->addrs[i];
	ifp->naddrs = n;
}

void sight_ifnets(const struct sight *s, struct ifnets *ifs)
{
	for (size_t i = 0; i < ifs->n; i++)
		sight_ifnet(s, &ifs->v[i]);
}
