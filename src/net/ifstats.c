/* See ifstats.h. */
#include "net/ifstats.h"

#include "base/cleanup.h"

#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

struct list {
	struct ifstats *v;
	size_t n;
};

static int link_cb(const struct nlmsghdr *h, void *data, struct err *e)
{
	const struct ifinfomsg *ifi = mnl_nlmsg_get_payload(h);
	const struct nlattr *tb[IFLA_STATS64 + 1];
	struct rtnl_link_stats64 s = {0};
	struct list *list = data;
	struct ifstats *v;
	size_t len;

	if (h->nlmsg_type != RTM_NEWLINK)
		return 0;
	nl_parse(h, sizeof(*ifi), tb, IFLA_STATS64);
	if (!tb[IFLA_STATS64])
		return 0;
	len = mnl_attr_get_payload_len(tb[IFLA_STATS64]);
	memcpy(&s, mnl_attr_get_payload(tb[IFLA_STATS64]),
	       len < sizeof(s) ? len : sizeof(s));
	v = reallocarray(list->v, list->n + 1, sizeof(*v));
	if (!v)
		return err_nomem(e);
	list->v = v;
	v[list->n++] = (struct ifstats){
		.index = ifi->ifi_index,
		.ipkts = s.rx_packets,
		.ierrs = s.rx_errors,
		.idrop = s.rx_dropped + s.rx_missed_errors,
		.ibytes = s.rx_bytes,
		.opkts = s.tx_packets,
		.oerrs = s.tx_errors,
		.odrop = s.tx_dropped,
		.obytes = s.tx_bytes,
		.coll = s.collisions,
	};
	return 0;
}

static void restart(void *data)
{
	((struct list *)data)->n = 0;
}

int ifstats_load(struct vnet *v, struct ifstats **ret, size_t *ret_n,
		 struct err *e)
{
	struct ifinfomsg ifi = {.ifi_family = AF_UNSPEC};
	struct list list = {0};
	struct nlm m;
	int r;

	nlm_begin(&m, RTM_GETLINK, 0, &ifi, sizeof(ifi));
	r = nl_dump(v->rt, &m, link_cb, restart, &list, e);
	if (r < 0) {
		free(list.v);
		return r;
	}
	*ret = list.v;
	*ret_n = list.n;
	return 0;
}

const struct ifstats *ifstats_find(const struct ifstats *v, size_t n, int index)
{
	for (size_t i = 0; i < n; i++)
		if (v[i].index == index)
			return &v[i];
	return NULL;
}
