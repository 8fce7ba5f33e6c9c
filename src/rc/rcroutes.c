/*
 * rcroutes: the main table as strings that compare with FACT_ROUTE's keys:
 * "FAMILY DEST GATEWAY", GATEWAY being an interface for routes without one.
 */
#include "rc/rcstate.h"

#include "base/cleanup.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/rtnetlink.h>
#include <string.h>

struct collect {
	const struct ifnets *ifs;
	struct strv *out;
};

static void collect_restart(void *data)
{
	struct collect *c = data;

	strv_free(c->out);
	*c->out = (struct strv){0};
}

static int put_gateway(struct strbuf *b, int family, const struct nlattr **tb,
		       const struct ifnets *ifs)
{
	char buf[INET6_ADDRSTRLEN];
	const struct ifnet *ifp;
	int alen = family == AF_INET ? 4 : 16;

	if (tb[RTA_GATEWAY] &&
	    mnl_attr_get_payload_len(tb[RTA_GATEWAY]) >= alen) {
		inet_ntop(family, mnl_attr_get_payload(tb[RTA_GATEWAY]), buf,
			  sizeof(buf));
		strbuf_addf(b, " %s", buf);
		return 0;
	}
	if (!tb[RTA_OIF])
		return -ENOENT;
	ifp = ifnets_by_index(ifs, (int)nl_u32(tb[RTA_OIF]));
	if (!ifp)
		return -ENOENT;
	strbuf_addf(b, " %s", ifp->name);
	return 0;
}

static int collect_route(const struct nlmsghdr *h, void *data, struct err *e)
{
	struct collect *c = data;
	const struct rtmsg *rtm = mnl_nlmsg_get_payload(h);
	const struct nlattr *tb[RTA_MAX + 1];
	cleanup_strbuf struct strbuf b = STRBUF_INIT;
	char buf[INET6_ADDRSTRLEN];
	int alen = rtm->rtm_family == AF_INET ? 4 : 16;

	if (h->nlmsg_type != RTM_NEWROUTE || rtm->rtm_table != RT_TABLE_MAIN ||
	    (rtm->rtm_family != AF_INET && rtm->rtm_family != AF_INET6))
		return 0;
	nl_parse(h, sizeof(*rtm), tb, RTA_MAX);
	strbuf_adds(&b, rtm->rtm_family == AF_INET ? "inet " : "inet6 ");
	if (!tb[RTA_DST]) {
		strbuf_adds(&b, "default");
	} else {
		if (mnl_attr_get_payload_len(tb[RTA_DST]) < alen)
			return 0;
		inet_ntop(rtm->rtm_family, mnl_attr_get_payload(tb[RTA_DST]),
			  buf, sizeof(buf));
		strbuf_addf(&b, "%s/%d", buf, rtm->rtm_dst_len);
	}
	if (put_gateway(&b, rtm->rtm_family, tb, c->ifs) < 0)
		return 0;
	return strv_take(c->out, strbuf_take(&b)) < 0 ? err_nomem(e) : 0;
}

static int str_cmp(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

int rcroutes_load(struct vnet *v, const struct ifnets *ifs, struct strv *ret,
		  struct err *e)
{
	struct collect c = {.ifs = ifs, .out = ret};
	struct rtmsg rtm = {.rtm_family = AF_UNSPEC};
	struct nlm m;
	int r;

	nlm_begin(&m, RTM_GETROUTE, NLM_F_REQUEST | NLM_F_DUMP, &rtm,
		  sizeof(rtm));
	r = nl_dump(v->rt, &m, collect_route, collect_restart, &c, e);
	if (r >= 0 && ret->n)
		qsort(ret->v, ret->n, sizeof(*ret->v), str_cmp);
	return r < 0 ? r : 0;
}
