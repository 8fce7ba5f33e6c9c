/* Neighbours (ARP and NDP entries); see rtnl_route.h. */
#include "net/rtnl_route.h"

#include "base/cleanup.h"
#include "net/bsderr.h"
#include "nl/nl.h"

#include <errno.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static size_t addr_len(int family)
{
	return family == AF_INET ? 4 : 16;
}

struct neighs {
	struct neigh *v;
	size_t n, cap, mark;
	int ifindex;
};

static bool parse_neigh(const struct nlmsghdr *h, struct neigh *n)
{
	const struct ndmsg *nd = mnl_nlmsg_get_payload(h);
	const struct nlattr *tb[NDA_MAX + 1];
	size_t len;

	if (h->nlmsg_type != RTM_NEWNEIGH ||
	    mnl_nlmsg_get_payload_len(h) < sizeof(*nd) ||
	    (nd->ndm_family != AF_INET && nd->ndm_family != AF_INET6))
		return false;
	nl_parse(h, sizeof(*nd), tb, NDA_MAX);
	*n = (struct neigh){.family = nd->ndm_family,
			    .ifindex = nd->ndm_ifindex,
			    .state = nd->ndm_state,
			    .flags = nd->ndm_flags};
	if (!tb[NDA_DST] ||
	    mnl_attr_get_payload_len(tb[NDA_DST]) != addr_len(n->family))
		return false;
	memcpy(&n->addr, mnl_attr_get_payload(tb[NDA_DST]),
	       addr_len(n->family));
	if (tb[NDA_LLADDR]) {
		len = mnl_attr_get_payload_len(tb[NDA_LLADDR]);
		if (len > sizeof(n->mac))
			len = sizeof(n->mac);
		memcpy(n->mac, mnl_attr_get_payload(tb[NDA_LLADDR]), len);
		n->maclen = (uint8_t)len;
	}
	if (tb[NDA_CACHEINFO] && mnl_attr_get_payload_len(tb[NDA_CACHEINFO]) >=
					 sizeof(struct nda_cacheinfo)) {
		const struct nda_cacheinfo *ci =
			mnl_attr_get_payload(tb[NDA_CACHEINFO]);

		n->confirmed =
			ci->ndm_confirmed / (uint32_t)sysconf(_SC_CLK_TCK);
	}
	return true;
}

static int neighs_cb(const struct nlmsghdr *h, void *data, struct err *e)
{
	struct neighs *s = data;
	struct neigh n;

	if (!parse_neigh(h, &n) || (n.state & NUD_NOARP) ||
	    (s->ifindex && n.ifindex != s->ifindex))
		return 0;
	if (s->n == s->cap) {
		size_t cap = s->cap ? s->cap * 2 : 32;
		struct neigh *v = reallocarray(s->v, cap, sizeof(*v));

		if (!v)
			return err_nomem(e);
		s->v = v;
		s->cap = cap;
	}
	s->v[s->n++] = n;
	return 0;
}

static void neighs_restart(void *data)
{
	struct neighs *s = data;

	s->n = s->mark;
}

static int neighs_dump(struct vnet *v, int family, uint8_t flags,
		       struct neighs *s, struct err *e)
{
	struct ndmsg nd = {.ndm_family = (uint8_t)family, .ndm_flags = flags};
	struct nlm m;

	s->mark = s->n;
	nlm_begin(&m, RTM_GETNEIGH, 0, &nd, sizeof(nd));
	return nl_dump(v->rt, &m, neighs_cb, neighs_restart, s, e);
}

int neighs_load(struct vnet *v, int family, int ifindex, struct neigh **ret,
		size_t *ret_n, struct err *e)
{
	struct neighs s = {.ifindex = ifindex};
	int r;

	r = neighs_dump(v, family, 0, &s, e);
	if (r >= 0)
		r = neighs_dump(v, family, NTF_PROXY, &s, e);
	if (r < 0) {
		free(s.v);
		return r;
	}
	*ret = s.v;
	*ret_n = s.n;
	return 0;
}

static void neigh_message(struct nlm *m, uint16_t type, uint16_t flags,
			  const struct neigh *n)
{
	struct ndmsg nd = {.ndm_family = (uint8_t)n->family,
			   .ndm_ifindex = n->ifindex,
			   .ndm_state = n->state ? n->state : NUD_PERMANENT,
			   .ndm_flags = n->flags & NTF_PROXY};

	if (type == RTM_DELNEIGH)
		nd.ndm_state = 0;
	nlm_begin(m, type, flags, &nd, sizeof(nd));
	nlm_put(m, NDA_DST, &n->addr, addr_len(n->family));
	if (type == RTM_NEWNEIGH && n->maclen && !(n->flags & NTF_PROXY))
		nlm_put(m, NDA_LLADDR, n->mac, n->maclen);
}

int neigh_add(struct vnet *v, const struct neigh *n, struct err *e)
{
	struct nlm m;
	int r;

	neigh_message(&m, RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE, n);
	r = nl_talk(v->rt, &m, NULL, NULL);
	return r < 0 ? bsd_err(e, -r, "%s", "") : 0;
}

int neigh_delete(struct vnet *v, const struct neigh *n, struct err *e)
{
	struct nlm m;
	int r;

	neigh_message(&m, RTM_DELNEIGH, 0, n);
	r = nl_talk(v->rt, &m, NULL, NULL);
	return r < 0 ? bsd_err(e, -r, "%s", "") : 0;
}
