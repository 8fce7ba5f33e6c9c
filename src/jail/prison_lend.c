/*
 * prison_lend: interfaces that a level gives to its jails, and gets back.
 *
 * Theory of operation.  `life` says of each jail what it was lent, written
 * before the interface moves, so that no crash forgets one.  Inside, the
 * jail's root may rename it; the kernel keeps its index across the move if
 * that is free, which is noted after the move, and is what it is found by
 * when the jail ends.  Home is the vnet of this level.  An interface that
 * has ceased to exist meanwhile is no error: its owner destroyed it.
 */
#include "jail/prison_int.h"

#include "base/cleanup.h"
#include "base/plan.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

/* --- what is in a vnet ---------------------------------------------------------- */

struct link {
	int index;
	char name[IFNAMSIZ];
	char mac[64];
};

struct links {
	struct link *v;
	size_t n;
};

static void links_free(struct links *ls)
{
	free(ls->v);
	*ls = (struct links){0};
}

static void links_restart(void *data)
{
	links_free(data);
}

static int links_one(const struct nlmsghdr *h, void *data, struct err *e)
{
	const struct nlattr *tb[IFLA_MAX + 1];
	const struct ifinfomsg *ifi = mnl_nlmsg_get_payload(h);
	struct links *ls = data;
	struct link *l;

	if (h->nlmsg_type != RTM_NEWLINK)
		return 0;
	l = reallocarray(ls->v, ls->n + 1, sizeof(*l));
	if (!l)
		return err_nomem(e);
	ls->v = l;
	l = &ls->v[ls->n++];
	*l = (struct link){.index = ifi->ifi_index};
	nl_parse(h, sizeof(*ifi), tb, IFLA_MAX);
	if (tb[IFLA_IFNAME])
		snprintf(l->name, sizeof(l->name), "%s",
			 mnl_attr_get_str(tb[IFLA_IFNAME]));
	if (tb[IFLA_ADDRESS]) {
		const unsigned char *a =
			mnl_attr_get_payload(tb[IFLA_ADDRESS]);
		size_t n = mnl_attr_get_payload_len(tb[IFLA_ADDRESS]);

		for (size_t i = 0; i < n && i < 31; i++)
			sprintf(l->mac + 2 * i, "%02x", a[i]);
	}
	return 0;
}

static int links_load(struct nl *nl, struct links *ret, struct err *e)
{
	struct ifinfomsg ifi = {.ifi_family = AF_UNSPEC};
	static struct nlm m;

	nlm_begin(&m, RTM_GETLINK, 0, &ifi, sizeof(ifi));
	return nl_dump(nl, &m, links_one, links_restart, ret, e);
}

static const struct link *link_named(const struct links *ls, const char *name)
{
	for (size_t i = 0; i < ls->n; i++)
		if (!strcmp(ls->v[i].name, name))
			return &ls->v[i];
	return NULL;
}

/* The lent one among what the jail has: index, else address, else name. */
static const struct link *link_of(const struct links *ls, const struct lent *l)
{
	const struct link *best = NULL;
	int top = 0;

	for (size_t i = 0; i < ls->n; i++) {
		const struct link *k = &ls->v[i];
		int score = (l->index && k->index == l->index ? 4 : 0) +
			    (*l->mac && !strcmp(k->mac, l->mac) ? 2 : 0) +
			    (!strcmp(k->name, l->name) ? 1 : 0);

		if (score > top) {
			top = score;
			best = k;
		}
	}
	return best;
}
