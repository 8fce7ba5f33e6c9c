/* watch: head of watch.h; the loop is net/keeper_loop.h. */
#include "pf/watch.h"

#include "base/cleanup.h"
#include "base/str.h"
#include "net/ifnet.h"
#include "net/keeper_loop.h"
#include "pf/kernel.h"
#include "pf/load.h"
#include "pf/nft.h"
#include "pf/store.h"

#include <libmnl/libmnl.h>
#include <linux/capability.h>
#include <linux/rtnetlink.h>
#include <string.h>

struct keeper {
	struct keeper_loop loop;
	struct strbuf seen; /* what the rules were brought in step with */
	bool busy;
	bool again;  /* a link has changed, even if it looks as before */
	bool failed; /* to be tried again */
};

/* What the sets of rules are made of. */
static void facts(const struct ifnets *all, struct strbuf *out)
{
	for (size_t i = 0; i < all->n; i++) {
		const struct ifnet *ifp = &all->v[i];

		strbuf_addf(out, "%d %s %s %u %d\n", ifp->index, ifp->name,
			    ifp->kname, ifp->flags & IFF_UP, ifp->master);
		for (size_t k = 0; k < ifp->groups.n; k++)
			strbuf_addf(out, "g %s\n", ifp->groups.v[k]);
		for (size_t k = 0; k < ifp->naddrs; k++) {
			const struct if_addr *a = &ifp->addrs[k];
			const size_t len = a->family == AF_INET6 ? 16 : 4;

			strbuf_addf(out, "a %d %u %d%d ", a->family, a->plen,
				    a->has_peer, a->has_brd);
			strbuf_addn(out, &a->addr, len);
			if (a->has_peer)
				strbuf_addn(out, &a->peer, len);
			if (a->has_brd)
				strbuf_addn(out, &a->brd, len);
		}
	}
}

static int in_step(struct keeper *k, struct err *e)
{
	cleanup_strbuf struct strbuf now = STRBUF_INIT;
	cleanup_ifnets struct ifnets all = {0};
	int r = ifnets_load(k->loop.v, &all, e);

	if (r < 0)
		return r;
	facts(&all, &now);
	if (now.failed)
		return err_nomem(e);
	if (!k->again && now.len == k->seen.len &&
	    memcmp(now.s, k->seen.s, now.len) == 0)
		return 0;
	k->again = false;
	if (!k->seen.len)
		pf_queues_clear_half(k->loop.v);
	r = pf_refresh(k->loop.v, e);
	if (r < 0)
		return r;
	strbuf_free(&k->seen);
	k->seen = now;
	now = (struct strbuf)STRBUF_INIT;
	return 0;
}

/* Rules that are in force have what the kernel does not follow. */
static int needed(struct vnet *v, bool *ret, struct err *e)
{
	cleanup_pf_kernel struct pf_kernel *k = NULL;
	struct err se = ERR_INIT;
	struct pf_meta m = {0};
	uint32_t flags = 0;
	int r = pf_kernel_open(v, &k, &se);

	if (r >= 0)
		r = nft_table_flags(k->nf, &flags, &se);
	if (r >= 0)
		r = pf_store_read_meta(k->nf, &m, &se);
	if (nl_passes(r))
		return err_set(e, -r, "%s", se.text);
	*ret = r >= 0 && !(flags & NFT_TABLE_F_DORMANT) && m.watch;
	return 0;
}

/* What cannot be done now may be possible in a second. */
static int sync_all(struct keeper *k, struct err *e)
{
	struct err se = ERR_INIT;

	(void)e;
	if (needed(k->loop.v, &k->busy, &se) < 0) {
		k->busy = k->failed = k->again = true;
		return 0;
	}
	if (!k->busy)
		return 0;
	k->failed = in_step(k, &se) < 0;
	k->again |= k->failed;
	return 0;
}

/* ifi_change: flags.  A link that went and came back has lost its routes. */
static void message(struct keeper *k, const struct nlmsghdr *h)
{
	const struct ifinfomsg *ifi = mnl_nlmsg_get_payload(h);

	if ((h->nlmsg_type == RTM_NEWLINK || h->nlmsg_type == RTM_DELLINK) &&
	    mnl_nlmsg_get_payload_len(h) >= sizeof(*ifi) &&
	    ifi->ifi_family == AF_UNSPEC && ifi->ifi_change)
		k->again = true;
	keeper_loop_changed(&k->loop);
}

static void lost(struct keeper *k)
{
	k->again = true;
}

static int nothing(struct keeper *k, struct err *e)
{
	(void)k;
	(void)e;
	return 0;
}

static void tick(struct keeper *k)
{
	if (k->failed)
		keeper_loop_changed(&k->loop);
}

static bool ticks(const struct keeper *k)
{
	return k->failed;
}

static bool busy(const struct keeper *k)
{
	return k->busy;
}

static void drop(struct keeper *k)
{
	strbuf_free(&k->seen);
}

static const unsigned int groups[] = {RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR,
				      RTNLGRP_IPV6_IFADDR, 0};

static const struct keeper_ops ops = {
	.sort = &pf_keeper,
	.groups = groups,
	.message = message,
	.lost = lost,
	.sync = sync_all,
	.settle = nothing,
	.after = nothing,
	.tick = tick,
	.ticks = ticks,
	.busy = busy,
	.drop = drop,
};

static int main_(struct vnet *v, void (*ready)(void), struct err *e)
{
	struct keeper k = {.seen = STRBUF_INIT, .again = true};

	return keeper_loop_run(&k.loop, &ops, &k, v, ready, e);
}

const struct keeper_sort pf_keeper = {
	.file = "pf",
	.prog = "cellblock-pf",
	.what = "keeper of pf",
	.whose = "pf rules",
	.caps = UINT64_C(1) << CAP_NET_ADMIN,
	.needed = needed,
	.main = main_,
};

int pf_watch(struct vnet *v, struct err *e)
{
	return keeper_tell(&pf_keeper, v, e);
}
