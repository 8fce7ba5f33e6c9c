/*
 * patch: changes bytes of packets; ng_patch(4).
 *
 * Theory of operation.  All packets go in the kernel (bpf/patch.bpf.h), by the
 * list of operations in the node's blob; here it is checked.  A node takes
 * NGD_PATCH_OPS of them: more is ENOMEM.  An operation that reaches beyond the
 * end of a packet is left out for that packet.
 *
 * csum_flags ask FreeBSD's stack to compute checksums anew when the packet
 * leaves.  Here they have checksums that were right stay right, of IPv4's
 * header, of TCP and of UDP; SCTP's is no sum, and is left as it is.
 *
 * Hooks: in and out; the node goes with the last one.
 */
#include "netgraph/filter_roles.h"
#include "netgraph/filter_types.h"
#include "netgraph/node.h"

#include <errno.h>
#include <netgraph/ng_patch.h>
#include <stddef.h>
#include <string.h>

struct patch {
	struct ng_patch_config conf; /* count 0, and not set: there is none */
	struct ng_patch_op op[NGD_PATCH_OPS];
	uint8_t dlt;
	bool set;
};

static const struct ng_pfield op_fields[] = {
	NODE_FIELD("offset", &ng_p_uint32),
	NODE_FIELD("length", &ng_p_uint16),
	NODE_FIELD("mode", &ng_p_uint16),
	NODE_FIELD("value", &ng_p_uint64),
	{0},
};
static const struct ng_ptype op_type = {
	.kind = NGP_STRUCT,
	.fields = op_fields,
};
static const struct ng_ptype ops_type = {
	.kind = NGP_ARRAY,
	.elem = &op_type,
	.length = node_length_first,
};
static const struct ng_pfield config_fields[] = {
	NODE_FIELD("count", &ng_p_uint32),
	NODE_FIELD("csum_flags", &ng_p_uint64),
	NODE_FIELD("relative_offset", &ng_p_uint32),
	NODE_FIELD("ops", &ops_type),
	{0},
};
static const struct ng_ptype config_type = {
	.kind = NGP_STRUCT,
	.fields = config_fields,
};
static const struct ng_pfield stats_fields[] = {
	NODE_FIELD("Received", &ng_p_uint64),
	NODE_FIELD("Patched", &ng_p_uint64),
	NODE_FIELD("Dropped", &ng_p_uint64),
	{0},
};
static const struct ng_ptype stats_type = {
	.kind = NGP_STRUCT,
	.fields = stats_fields,
};

static const struct ng_cmd cmds[] = {
	{NGM_PATCH_COOKIE, NGM_PATCH_GETDLT, "getdlt", NULL, &ng_p_uint8},
	{NGM_PATCH_COOKIE, NGM_PATCH_SETDLT, "setdlt", &ng_p_uint8, NULL},
	{NGM_PATCH_COOKIE, NGM_PATCH_GETCONFIG, "getconfig", NULL,
	 &config_type},
	{NGM_PATCH_COOKIE, NGM_PATCH_SETCONFIG, "setconfig", &config_type,
	 NULL},
	{NGM_PATCH_COOKIE, NGM_PATCH_GET_STATS, "getstats", NULL, &stats_type},
	{NGM_PATCH_COOKIE, NGM_PATCH_CLR_STATS, "clrstats", NULL, NULL},
	{NGM_PATCH_COOKIE, NGM_PATCH_GETCLR_STATS, "getclrstats", NULL,
	 &stats_type},
	{0},
};

static int patch_constructor(struct ng_node *n)
{
	struct patch *p = n->priv;

	p->dlt = DLT_RAW;
	return 0;
}

static int patch_newhook(struct ng_node *n, struct ng_hook *h)
{
	(void)n;
	if (!strcmp(h->name, NG_PATCH_HOOK_IN))
		h->role = NGD_PATCH_IN;
	else if (!strcmp(h->name, NG_PATCH_HOOK_OUT))
		h->role = NGD_PATCH_OUT;
	else
		return -EINVAL;
	return 0;
}

static int patch_restore(struct ng_node *n)
{
	const struct patch *p = n->priv;

	return p->conf.count > NGD_PATCH_OPS ? -EINVAL : 0;
}

static uint64_t op_value(const struct ng_patch_op *op)
{
	uint64_t v = op->val.v8;

	return op->length == 8 ? v : v & ((1ull << 8 * op->length) - 1);
}

static uint32_t patch_flags(const struct patch *p)
{
	uint32_t flags = NGD_PATCH_SET;

	if (p->conf.relative_offset && p->dlt == DLT_EN10MB)
		flags |= NGD_PATCH_RELATIVE;
	if (p->conf.csum_flags & CSUM_IP)
		flags |= NGD_PATCH_IP;
	if (p->conf.csum_flags & (CSUM_TCP | CSUM_UDP))
		flags |= NGD_PATCH_L4;
	if (p->conf.csum_flags & (CSUM_TCP_IPV6 | CSUM_UDP_IPV6))
		flags |= NGD_PATCH_L4_6;
	for (uint32_t i = 0; i < p->conf.count; i++) {
		const struct ng_patch_op *op = &p->op[i];

		if (op->offset < 14 && op->offset + op->length > 12)
			flags |= NGD_PATCH_TYPE;
	}
	return flags & NGD_PATCH_RELATIVE ? flags & ~NGD_PATCH_TYPE : flags;
}

static size_t patch_blob(const struct ng_node *n, uint8_t ret[NGD_BLOB])
{
	struct ngd_patch_blob *d = (struct ngd_patch_blob *)ret;
	const struct patch *p = n->priv;

	if (!p->set)
		return 0;
	d->count = p->conf.count;
	d->flags = patch_flags(p);
	for (uint32_t i = 0; i < p->conf.count; i++)
		d->op[i] = (struct ngd_patch_op){
			.val = op_value(&p->op[i]),
			.offset = p->op[i].offset,
			.length = p->op[i].length,
			.mode = p->op[i].mode,
		};
	return sizeof(*d);
}

static bool op_good(const struct ng_patch_op *op)
{
	if (op->length != 1 && op->length != 2 && op->length != 4 &&
	    op->length != 8)
		return false;
	if (op->mode < NG_PATCH_MODE_SET || op->mode > NG_PATCH_MODE_SHR)
		return false;
	return op->mode != NG_PATCH_MODE_DIV || op_value(op) != 0;
}

static int msg_setconfig(struct ng_node *n, const struct ng_mesg *msg)
{
	const struct ng_patch_config *arg = (const void *)msg->data;
	struct patch *p = n->priv;

	if (msg->header.arglen < sizeof(*arg))
		return -EINVAL;
	if (arg->count > NGD_PATCH_OPS)
		return -ENOMEM;
	if (msg->header.arglen < NG_PATCH_CONF_SIZE(arg->count))
		return -EINVAL;
	for (uint32_t i = 0; i < arg->count; i++)
		if (!op_good(&arg->ops[i]))
			return -EINVAL;
	p->conf = *arg;
	p->conf.csum_flags &= NG_PATCH_CSUM_IPV4 | NG_PATCH_CSUM_IPV6;
	memcpy(p->op, arg->ops, arg->count * sizeof(p->op[0]));
	p->set = true;
	return ng_node_changed(n);
}

static int msg_getconfig(struct ng_node *n, const struct ng_mesg *msg,
			 struct ng_reply *reply)
{
	const struct patch *p = n->priv;
	struct ng_patch_config *ret;

	if (!p->set)
		return 0;
	ret = ng_answer_room(reply, msg, NG_PATCH_CONF_SIZE(p->conf.count));
	if (!ret)
		return -ENOMEM;
	*ret = p->conf;
	memcpy(ret->ops, p->op, p->conf.count * sizeof(p->op[0]));
	return 0;
}

static int msg_stats(struct ng_node *n, const struct ng_mesg *msg,
		     struct ng_reply *reply, unsigned int want)
{
	return node_word_stats(n, msg, reply, NGD_PATCH_WORDS, want);
}

static int patch_rcvmsg(struct ng_node *n, const struct ng_mesg *msg,
			struct ng_hook *last, struct ng_reply *reply)
{
	struct patch *p = n->priv;

	(void)last;
	if (msg->header.typecookie != NGM_PATCH_COOKIE)
		return -EINVAL;
	switch (msg->header.cmd) {
	case NGM_PATCH_GETDLT:
		return ng_answer(reply, msg, &p->dlt, sizeof(p->dlt));
	case NGM_PATCH_SETDLT:
		return node_set_dlt(n, msg, &p->dlt);
	case NGM_PATCH_GETCONFIG:
		return msg_getconfig(n, msg, reply);
	case NGM_PATCH_SETCONFIG:
		return msg_setconfig(n, msg);
	case NGM_PATCH_GET_STATS:
		return msg_stats(n, msg, reply, NODE_GET);
	case NGM_PATCH_CLR_STATS:
		return msg_stats(n, msg, reply, NODE_CLEAR);
	case NGM_PATCH_GETCLR_STATS:
		return msg_stats(n, msg, reply, NODE_GET | NODE_CLEAR);
	default:
		return -EINVAL;
	}
}

_Static_assert(sizeof(struct ng_patch_stats) ==
		       NGD_PATCH_WORDS * sizeof(uint64_t),
	       "words in that order");

const struct ng_type ng_type_patch = {
	.name = NG_PATCH_NODE_TYPE,
	.cookie = NGM_PATCH_COOKIE,
	.kind = NGD_PATCH,
	.cmds = cmds,
	.priv_size = sizeof(struct patch),
	.constructor = patch_constructor,
	.newhook = patch_newhook,
	.rcvmsg = patch_rcvmsg,
	.restore = patch_restore,
	.blob = patch_blob,
};
