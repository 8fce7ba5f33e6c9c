/*
 * bridge_klearn: sticky members and limits of addresses.
 *
 * The kernel tells of each address it learns; the keeper makes those of sticky
 * members stay, within about a millisecond.  A member with as many addresses
 * as it may have is locked (IFLA_BRPORT_LOCKED): the kernel drops what comes
 * from others, as if_bridge(4) does.  What was learned beyond the limit before
 * the lock was on is forgotten, the latest first.
 */
#include "net/bridge_keeper_impl.h"

#include "base/cleanup.h"
#include "net/bridge_impl.h"
#include "net/link.h"

#include <linux/if_link.h>

static void set_lock(struct kport *kp, bool on)
{
	struct link_nest n;
	struct nlm m;

	if (kp->locked == on)
		return;
	link_set(&m, kp->index, 0, 0);
	n = link_slave_data(&m, "bridge");
	nlm_put_u8(&m, IFLA_BRPORT_LOCKED, on);
	link_nest_end(&m, &n);
	if (nl_talk(kp->br->k->loop.v->rt, &m, NULL, NULL) >= 0)
		kp->locked = on;
}

void klearn_unlock(struct kport *kp)
{
	set_lock(kp, false);
}

static uint32_t count(const struct bridge_entry *v, size_t n, int index)
{
	uint32_t hits = 0;

	for (size_t i = 0; i < n; i++)
		hits += v[i].ifindex == index;
	return hits;
}

/* The one that was learned last, and may be forgotten. */
static struct bridge_entry *latest(struct bridge_entry *v, size_t n, int index)
{
	struct bridge_entry *found = NULL;

	for (size_t i = 0; i < n; i++)
		if (v[i].ifindex == index && !v[i].is_static &&
		    (!found || v[i].expire > found->expire))
			found = &v[i];
	return found;
}

/* true: the lock is new, and what came before it may be too much. */
static bool limit(struct kport *kp, struct bridge_entry *v, size_t n)
{
	uint32_t have = count(v, n, kp->index);
	struct bridge_entry *be;
	bool was = kp->locked;

	set_lock(kp, have >= kp->maxaddr);
	if (kp->locked && !was)
		return true;
	for (; have > kp->maxaddr; have--) {
		be = latest(v, n, kp->index);
		if (!be)
			break;
		bridge_entry_delete(kp->br->k->loop.v, be);
		be->ifindex = 0;
	}
	return false;
}

/* true: once more */
static bool check_limits(struct kbridge *b)
{
	cleanup_free struct bridge_entry *v = NULL;
	bool more = false;
	size_t n = 0;

	if (bridge_fdb_load(b->k->loop.v, b->index, &v, &n, NULL) < 0)
		return false;
	for (struct kport *kp = b->ports; kp; kp = kp->next)
		if (kp->maxaddr)
			more |= limit(kp, v, n);
	return more;
}

static void check_bridge(struct kbridge *b)
{
	bool sticky = false, limits = false;

	for (struct kport *kp = b->ports; kp; kp = kp->next) {
		sticky |= kp->sticky;
		limits |= kp->maxaddr != 0;
		if (!kp->maxaddr)
			set_lock(kp, false);
	}
	if (sticky)
		bridge_stick(b->k->loop.v, b->index, NULL);
	if (limits && check_limits(b))
		check_limits(b);
}

void klearn_check(struct keeper *k)
{
	for (struct kbridge *b = k->bridges; b; b = b->next)
		check_bridge(b);
}
