/*
 * checksum: computes checksums of IP packets; ng_checksum(4).
 *
 * All packets go in the kernel (bpf/checksum.bpf.h): those from in to out with
 * the checksums that csum_flags name, whatever they were before.
 *
 * csum_offload leaves it to the interface which of them are computed when.
 * Here that is the kernel's own affair: a packet whose TCP or UDP checksum
 * Linux has put off until it leaves the machine gets the sum of the pseudo
 * header, from which it goes on; the others get theirs at once.  So what
 * csum_offload asks for is right on the wire, too, and the number is only
 * kept.
 *
 * Hooks: in and out; the node goes with the last one.
 */
#include "netgraph/filter_roles.h"
#include "netgraph/filter_types.h"
#include "netgraph/node.h"

#include <errno.h>
#include <netgraph/ng_checksum.h>
#include <string.h>

struct checksum {
	struct ng_checksum_config conf;
	uint8_t dlt;
	bool set;
};

static const struct ng_pfield config_fields[] = {
	NODE_FIELD("csum_flags", &ng_p_uint64),
	NODE_FIELD("csum_offload", &ng_p_uint64),
	{0},
};
static const struct ng_ptype config_type = {
	.kind = NGP_STRUCT,
	.fields = config_fields,
};
static const struct ng_pfield stats_fields[] = {
	NODE_FIELD("Received", &ng_p_uint64),
	NODE_FIELD("Processed", &ng_p_uint64),
	NODE_FIELD("Dropped", &ng_p_uint64),
	{0},
};
static const struct ng_ptype stats_type = {
	.kind = NGP_STRUCT,
	.fields = stats_fields,
};

static const struct ng_cmd cmds[] = {
	{NGM_CHECKSUM_COOKIE, NGM_CHECKSUM_GETDLT, "getdlt", NULL, &ng_p_uint8},
	{NGM_CHECKSUM_COOKIE, NGM_CHECKSUM_SETDLT, "setdlt", &ng_p_uint8, NULL},
	{NGM_CHECKSUM_COOKIE, NGM_CHECKSUM_GETCONFIG, "getconfig", NULL,
	 &config_type},
	{NGM_CHECKSUM_COOKIE, NGM_CHECKSUM_SETCONFIG, "setconfig", &config_type,
	 NULL},
	{NGM_CHECKSUM_COOKIE, NGM_CHECKSUM_GET_STATS, "getstats", NULL,
	 &stats_type},
	{NGM_CHECKSUM_COOKIE, NGM_CHECKSUM_CLR_STATS, "clrstats", NULL, NULL},
	{NGM_CHECKSUM_COOKIE, NGM_CHECKSUM_GETCLR_STATS, "getclrstats", NULL,
	 &stats_type},
	{0},
};

static int checksum_constructor(struct ng_node *n)
{
	struct checksum *c = n->priv;

	c->dlt = DLT_RAW;
	return 0;
}

static int checksum_newhook(struct ng_node *n, struct ng_hook *h)
{
	(void)n;
	if (!strcmp(h->name, NG_CHECKSUM_HOOK_IN))
		h->role = NGD_SUM_IN;
	else if (!strcmp(h->name, NG_CHECKSUM_HOOK_OUT))
		h->role = NGD_SUM_OUT;
	else
		return -EINVAL;
	return 0;
}

static void checksum_publish(const struct ng_node *n, struct ngd_node *d)
{
	static const struct {
		uint64_t csum;
		uint32_t flag;
	} flags[] = {
		{CSUM_IP, NGD_SUM_IP},	       {CSUM_UDP, NGD_SUM_UDP},
		{CSUM_TCP, NGD_SUM_TCP},       {CSUM_UDP_IPV6, NGD_SUM_UDP6},
		{CSUM_TCP_IPV6, NGD_SUM_TCP6},
	};
	const struct checksum *c = n->priv;
	uint32_t f = c->dlt == DLT_RAW ? NGD_SUM_RAW : 0;

	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if (c->conf.csum_flags & flags[i].csum)
			f |= flags[i].flag;
	d->conf[NGD_SUM_FLAGS] = f;
}

static int msg_setconfig(struct ng_node *n, const struct ng_mesg *msg)
{
	const struct ng_checksum_config *arg =
		NG_ARG(msg, struct ng_checksum_config);
	const uint64_t all = NG_CHECKSUM_CSUM_IPV4 | NG_CHECKSUM_CSUM_IPV6;
	struct checksum *c = n->priv;

	if (!arg)
		return -EINVAL;
	c->conf.csum_flags = arg->csum_flags & all;
	c->conf.csum_offload = arg->csum_offload & all;
	c->set = true;
	return ng_node_changed(n);
}

static int msg_stats(struct ng_node *n, const struct ng_mesg *msg,
		     struct ng_reply *reply, unsigned int want)
{
	return node_word_stats(n, msg, reply, NGD_SUM_WORDS, want);
}

static int checksum_rcvmsg(struct ng_node *n, const struct ng_mesg *msg,
			   struct ng_hook *last, struct ng_reply *reply)
{
	struct checksum *c = n->priv;

	(void)last;
	if (msg->header.typecookie != NGM_CHECKSUM_COOKIE)
		return -EINVAL;
	switch (msg->header.cmd) {
	case NGM_CHECKSUM_GETDLT:
		return ng_answer(reply, msg, &c->dlt, sizeof(c->dlt));
	case NGM_CHECKSUM_SETDLT:
		return node_set_dlt(n, msg, &c->dlt);
	case NGM_CHECKSUM_GETCONFIG:
		/* as on FreeBSD: no answer before there is one */
		return c->set ? ng_answer(reply, msg, &c->conf, sizeof(c->conf))
			      : 0;
	case NGM_CHECKSUM_SETCONFIG:
		return msg_setconfig(n, msg);
	case NGM_CHECKSUM_GET_STATS:
		return msg_stats(n, msg, reply, NODE_GET);
	case NGM_CHECKSUM_CLR_STATS:
		return msg_stats(n, msg, reply, NODE_CLEAR);
	case NGM_CHECKSUM_GETCLR_STATS:
		return msg_stats(n, msg, reply, NODE_GET | NODE_CLEAR);
	default:
		return -EINVAL;
	}
}

_Static_assert(sizeof(struct ng_checksum_stats) ==
		       NGD_SUM_WORDS * sizeof(uint64_t),
	       "words in that order");

const struct ng_type ng_type_checksum = {
	.name = NG_CHECKSUM_NODE_TYPE,
	.cookie = NGM_CHECKSUM_COOKIE,
	.kind = NGD_CHECKSUM,
	.cmds = cmds,
	.priv_size = sizeof(struct checksum),
	.constructor = checksum_constructor,
	.newhook = checksum_newhook,
	.rcvmsg = checksum_rcvmsg,
	.publish = checksum_publish,
};
