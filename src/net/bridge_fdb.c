/*
 * bridge_fdb: the bridge's table of addresses.
 *
 * FreeBSD's static entries never move to another member; the kernel's do
 * unless they are "sticky", so ours are both.  Entries that the kernel keeps
 * for the members' own addresses are not shown, as FreeBSD has none.
 *
 * A member with `sticky`: Linux has no such mode for what a port learns, so
 * entries learned on it are made sticky by the vnet's keeper (bridge_keeper.h)
 * when the kernel tells of them, and when the table is listed.  For about a
 * millisecond a fresh entry can still move.
 */
#include "net/bridge_impl.h"

#include "base/cleanup.h"
#include "net/bsderr.h"
#include "net/ifstate.h"
#include "net/link.h"

#include <errno.h>
#include <linux/neighbour.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifndef NTF_STICKY
#define NTF_STICKY (1 << 6)
#endif

struct fdb {
	struct bridge_entry *v;
	size_t n, cap;
	int bridge;
	uint32_t ageing; /* seconds */
	const struct ifstate *state;
};

static bool port_is_sticky(const struct ifstate *s, int index)
{
	return ifstate_port_get(s, index).flags & IFBIF_STICKY;
}

static bool fdb_parse(const struct nlmsghdr *h, const struct fdb *f,
		      struct bridge_entry *ret)
{
	const struct ndmsg *nd = mnl_nlmsg_get_payload(h);
	const struct nlattr *tb[NDA_MAX + 1];
	uint32_t age = 0;

	if (h->nlmsg_type != RTM_NEWNEIGH ||
	    mnl_nlmsg_get_payload_len(h) < sizeof(*nd) ||
	    (nd->ndm_flags & NTF_SELF) || (nd->ndm_state & NUD_PERMANENT))
		return false;
	nl_parse(h, sizeof(*nd), tb, NDA_MAX);
	if (!tb[NDA_LLADDR] || !tb[NDA_MASTER] ||
	    mnl_attr_get_payload_len(tb[NDA_LLADDR]) != MAC_LEN ||
	    (int)nl_u32(tb[NDA_MASTER]) != f->bridge)
		return false;
	*ret = (struct bridge_entry){.ifindex = nd->ndm_ifindex};
	memcpy(ret->mac, mnl_attr_get_payload(tb[NDA_LLADDR]), MAC_LEN);
	if (tb[NDA_VLAN])
		ret->vlan = nl_u16(tb[NDA_VLAN]);
	if (nd->ndm_state & NUD_NOARP) {
		ret->sticky = (nd->ndm_flags & NTF_STICKY) &&
			      port_is_sticky(f->state, ret->ifindex);
		ret->is_static = !ret->sticky;
		return true;
	}
	if (tb[NDA_CACHEINFO] && mnl_attr_get_payload_len(tb[NDA_CACHEINFO]) >=
					 sizeof(struct nda_cacheinfo)) {
		const struct nda_cacheinfo *ci =
			mnl_attr_get_payload(tb[NDA_CACHEINFO]);

		age = ci->ndm_updated / (uint32_t)sysconf(_SC_CLK_TCK);
	}
	ret->expire = age < f->ageing ? f->ageing - age : 0;
	return true;
}

static int fdb_cb(const struct nlmsghdr *h, void *data, struct err *e)
{
	struct bridge_entry be, *v;
	struct fdb *f = data;

	if (!fdb_parse(h, f, &be))
		return 0;
	if (f->n == f->cap) {
		size_t cap = f->cap ? f->cap * 2 : 32;

		v = reallocarray(f->v, cap, sizeof(*v));
		if (!v)
			return err_nomem(e);
		f->v = v;
		f->cap = cap;
	}
	f->v[f->n++] = be;
	return 0;
}

static void fdb_restart(void *data)
{
	((struct fdb *)data)->n = 0;
}

static int fdb_load(struct vnet *v, int bridge, uint32_t ageing,
		    struct bridge_entry **ret, size_t *ret_n, struct err *e)
{
	cleanup_ifstate struct ifstate s = {0};
	struct ndmsg nd = {.ndm_family = AF_BRIDGE};
	struct fdb f = {.bridge = bridge, .ageing = ageing, .state = &s};
	struct nlm m;
	int r;

	r = ifstate_get(v, bridge, &s, e);
	if (r < 0)
		return r;
	nlm_begin(&m, RTM_GETNEIGH, 0, &nd, sizeof(nd));
	nlm_put_u32(&m, NDA_MASTER, (uint32_t)bridge);
	r = nl_dump(v->rt, &m, fdb_cb, fdb_restart, &f, e);
	if (r < 0) {
		free(f.v);
		return r;
	}
	*ret = f.v;
	*ret_n = f.n;
	return 0;
}

int bridge_fdb_load(struct vnet *v, int bridge, struct bridge_entry **ret,
		    size_t *ret_n, struct err *e)
{
	/* what matters of `expire` is which one is larger */
	return fdb_load(v, bridge, UINT32_MAX / 2, ret, ret_n, e);
}

static void fdb_message(struct nlm *m, uint16_t type, uint16_t flags,
			int ifindex, const unsigned char mac[6], uint16_t vlan)
{
	struct ndmsg nd = {.ndm_family = AF_BRIDGE,
			   .ndm_ifindex = ifindex,
			   .ndm_flags = NTF_MASTER};

	if (type == RTM_NEWNEIGH) {
		nd.ndm_state = NUD_NOARP;
		nd.ndm_flags |= NTF_STICKY;
	}
	nlm_begin(m, type, flags, &nd, sizeof(nd));
	nlm_put(m, NDA_LLADDR, mac, MAC_LEN);
	if (vlan)
		nlm_put_u16(m, NDA_VLAN, vlan);
}

int bridge_stick(struct vnet *v, int bridge, struct err *e)
{
	cleanup_nl_batch struct nl_batch *b = NULL;
	cleanup_free struct bridge_entry *be = NULL;
	cleanup_ifstate struct ifstate s = {0};
	struct nlm m;
	size_t n = 0;
	int r;

	r = ifstate_get(v, bridge, &s, e);
	if (r < 0 || !s.nports)
		return r;
	r = fdb_load(v, bridge, 0, &be, &n, e);
	if (r >= 0)
		r = nl_batch_new(v->rt, &b, e);
	for (size_t i = 0; r >= 0 && i < n; i++) {
		if (be[i].is_static || be[i].sticky ||
		    !port_is_sticky(&s, be[i].ifindex))
			continue;
		fdb_message(&m, RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE,
			    be[i].ifindex, be[i].mac, be[i].vlan);
		r = nl_batch_add(b, &m, e, "sticky");
	}
	return r < 0 ? r : nl_batch_run(b, NULL, e);
}

int bridge_addrs(struct vnet *v, const char *bridge, struct bridge_entry **ret,
		 size_t *ret_n, struct err *e)
{
	cleanup_ifnet struct ifnet br = {0};
	int r;

	r = bridge_get(v, bridge, &br, e, "unable to get address cache");
	if (r >= 0)
		r = bridge_stick(v, br.index, e);
	if (r < 0)
		return r;
	return fdb_load(v, br.index, br.bridge.ageing / 100, ret, ret_n, e);
}

int bridge_static(struct vnet *v, const char *bridge, const char *member,
		  const unsigned char mac[6], uint16_t vlan, struct err *e)
{
	cleanup_ifnet struct ifnet br = {0}, ifp = {0};
	struct nlm m;
	int r;

	r = bridge_get(v, bridge, &br, e, "BRDGSADDR %s", member);
	if (r < 0)
		return r;
	if (ifnet_link(v, member, &ifp, NULL) < 0 || ifp.master != br.index)
		return bsd_err(e, ENOENT, "BRDGSADDR %s", member);
	fdb_message(&m, RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE, ifp.index,
		    mac, vlan);
	r = nl_talk(v->rt, &m, NULL, NULL);
	return r < 0 ? bsd_err(e, -r, "BRDGSADDR %s", member) : 0;
}

int bridge_entry_delete(struct vnet *v, const struct bridge_entry *be)
{
	struct nlm m;

	fdb_message(&m, RTM_DELNEIGH, 0, be->ifindex, be->mac, be->vlan);
	return nl_talk(v->rt, &m, NULL, NULL);
}

/* Delete those for which `want` says so. */
static int delete_matching(struct vnet *v, int bridge,
			   bool (*want)(const struct bridge_entry *be,
					const struct bridge_entry *like),
			   const struct bridge_entry *like, size_t *ret_n,
			   struct err *e)
{
	cleanup_nl_batch struct nl_batch *b = NULL;
	cleanup_free struct bridge_entry *be = NULL;
	size_t n = 0, hits = 0;
	struct nlm m;
	int r;

	r = fdb_load(v, bridge, 0, &be, &n, e);
	if (r >= 0)
		r = nl_batch_new(v->rt, &b, e);
	for (size_t i = 0; r >= 0 && i < n; i++) {
		if (!want(&be[i], like))
			continue;
		fdb_message(&m, RTM_DELNEIGH, 0, be[i].ifindex, be[i].mac,
			    be[i].vlan);
		r = nl_batch_add(b, &m, e, NULL);
		hits++;
	}
	if (r >= 0)
		r = nl_batch_run(b, NULL, e);
	if (r == -ENOENT) { /* aged out in between */
		err_clear(e);
		r = 0;
	}
	if (r >= 0 && ret_n)
		*ret_n = hits;
	return r;
}

static bool is_like(const struct bridge_entry *be,
		    const struct bridge_entry *like)
{
	return !memcmp(be->mac, like->mac, MAC_LEN) &&
	       (!like->vlan || be->vlan == like->vlan);
}

static bool not_learned(const struct bridge_entry *be,
			const struct bridge_entry *like)
{
	(void)like;
	return be->is_static || be->sticky;
}

int bridge_deladdr(struct vnet *v, const char *bridge,
		   const unsigned char mac[6], uint16_t vlan, struct err *e)
{
	struct bridge_entry like = {.vlan = vlan};
	char what[48];
	cleanup_ifnet struct ifnet br = {0};
	size_t n = 0;
	int r;

	memcpy(like.mac, mac, MAC_LEN);
	snprintf(what, sizeof(what), "BRDGDADDR %02x:%02x:%02x:%02x:%02x:%02x",
		 mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
	r = bridge_get(v, bridge, &br, e, "%s", what);
	if (r >= 0)
		r = delete_matching(v, br.index, is_like, &like, &n, e);
	if (r >= 0 && !n)
		return bsd_err(e, ENOENT, "%s", what);
	return r;
}

int bridge_flush(struct vnet *v, const char *bridge, bool all, struct err *e)
{
	cleanup_ifnet struct ifnet br = {0};
	struct link_nest n;
	struct nlm m;
	int r;

	r = bridge_get(v, bridge, &br, e, "BRDGFLUSH");
	if (r < 0)
		return r;
	link_set(&m, br.index, 0, 0);
	n = link_data(&m, "bridge");
	nlm_put(&m, IFLA_BR_FDB_FLUSH, NULL, 0);
	link_nest_end(&m, &n);
	r = nl_talk(v->rt, &m, NULL, NULL);
	if (r < 0)
		return bsd_err(e, -r, "BRDGFLUSH");
	return all ? delete_matching(v, br.index, not_learned, NULL, NULL, e)
		   : 0;
}
