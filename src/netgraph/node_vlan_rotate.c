/*
 * vlan_rotate: turns the stack of VLAN tags; ng_vlan_rotate(4).
 *
 * All packets go in the kernel (bpf/vlan_rotate.bpf.h), which counts in words
 * of the node's state.  Here: the configuration, and those counters' answers.
 * The node goes with its last hook.
 */
#include "netgraph/filter_roles.h"
#include "netgraph/filter_types.h"
#include "netgraph/node.h"

#include <errno.h>
#include <netgraph/ng_vlan_rotate.h>
#include <stdlib.h>
#include <string.h>

static const struct ng_pfield conf_fields[] = {
	NODE_FIELD("rot", &ng_p_int8),
	NODE_FIELD("min", &ng_p_uint8),
	NODE_FIELD("max", &ng_p_uint8),
	{0},
};
static const struct ng_ptype conf_type = {
	.kind = NGP_STRUCT,
	.fields = conf_fields,
};
static const struct ng_ptype histogram_type = {
	.kind = NGP_FIXEDARRAY,
	.elem = &ng_p_uint64,
	.count = NG_VLANROTATE_MAX_VLANS,
};
static const struct ng_pfield stat_fields[] = {
	NODE_FIELD("drops", &ng_p_uint64),
	NODE_FIELD("excessive", &ng_p_uint64),
	NODE_FIELD("incomplete", &ng_p_uint64),
	NODE_FIELD("histogram", &histogram_type),
	{0},
};
static const struct ng_ptype stat_type = {
	.kind = NGP_STRUCT,
	.fields = stat_fields,
};

static const struct ng_cmd cmds[] = {
	{NGM_VLANROTATE_COOKIE, NGM_VLANROTATE_GET_CONF, "getconf", NULL,
	 &conf_type},
	{NGM_VLANROTATE_COOKIE, NGM_VLANROTATE_SET_CONF, "setconf", &conf_type,
	 NULL},
	{NGM_VLANROTATE_COOKIE, NGM_VLANROTATE_GET_STAT, "getstat", NULL,
	 &stat_type},
	{NGM_VLANROTATE_COOKIE, NGM_VLANROTATE_CLR_STAT, "clrstat", NULL,
	 &stat_type},
	{NGM_VLANROTATE_COOKIE, NGM_VLANROTATE_GETCLR_STAT, "getclrstat", NULL,
	 &stat_type},
	{0},
};

_Static_assert(sizeof(struct ng_vlanrotate_stat) ==
		       NGD_ROTATE_WORDS * sizeof(uint64_t),
	       "words in that order");
_Static_assert(NG_VLANROTATE_MAX_VLANS == NGD_ROTATE_TAGS, "the same");

static int rotate_constructor(struct ng_node *n)
{
	struct ng_vlanrotate_conf *c = n->priv;

	c->max = NG_VLANROTATE_MAX_VLANS;
	return 0;
}

static int rotate_newhook(struct ng_node *n, struct ng_hook *h)
{
	static const char *const names[] = {
		[NGD_ROTATE_ORIGINAL] = NG_VLANROTATE_HOOK_ORIGINAL,
		[NGD_ROTATE_ORDERED] = NG_VLANROTATE_HOOK_ORDERED,
		[NGD_ROTATE_EXCESSIVE] = NG_VLANROTATE_HOOK_EXCESSIVE,
		[NGD_ROTATE_INCOMPLETE] = NG_VLANROTATE_HOOK_INCOMPLETE,
	};

	(void)n;
	for (size_t i = 1; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(h->name, names[i]))
			h->role = (uint16_t)i;
	return h->role ? 0 : -EINVAL;
}

static void rotate_publish(const struct ng_node *n, struct ngd_node *d)
{
	const struct ng_vlanrotate_conf *c = n->priv;

	d->conf[NGD_ROTATE_ROT] = (uint32_t)c->rot;
	d->conf[NGD_ROTATE_MIN] = c->min;
	d->conf[NGD_ROTATE_MAX] = c->max;
}

static int msg_setconf(struct ng_node *n, const struct ng_mesg *msg)
{
	const struct ng_vlanrotate_conf *arg =
		NG_ARG(msg, struct ng_vlanrotate_conf);
	struct ng_vlanrotate_conf *c = n->priv, new;

	if (!arg)
		return -EINVAL;
	new = *arg;
	if (!new.max) /* is kept */
		new.max = c->max;
	if (new.max > NG_VLANROTATE_MAX_VLANS || new.min > new.max ||
	    abs(new.rot) >= new.max)
		return -EINVAL;
	*c = new;
	return ng_node_changed(n);
}

static int msg_stats(struct ng_node *n, const struct ng_mesg *msg,
		     struct ng_reply *reply, unsigned int want)
{
	return node_word_stats(n, msg, reply, NGD_ROTATE_WORDS, want);
}

static int rotate_rcvmsg(struct ng_node *n, const struct ng_mesg *msg,
			 struct ng_hook *last, struct ng_reply *reply)
{
	const struct ng_vlanrotate_conf *c = n->priv;

	(void)last;
	if (msg->header.typecookie != NGM_VLANROTATE_COOKIE)
		return -EINVAL;
	switch (msg->header.cmd) {
	case NGM_VLANROTATE_GET_CONF:
		return ng_answer(reply, msg, c, sizeof(*c));
	case NGM_VLANROTATE_SET_CONF:
		return msg_setconf(n, msg);
	case NGM_VLANROTATE_GET_STAT:
		return msg_stats(n, msg, reply, NODE_GET);
	case NGM_VLANROTATE_CLR_STAT:
		return msg_stats(n, msg, reply, NODE_CLEAR);
	case NGM_VLANROTATE_GETCLR_STAT:
		return msg_stats(n, msg, reply, NODE_GET | NODE_CLEAR);
	default:
		return -EINVAL;
	}
}

const struct ng_type ng_type_vlan_rotate = {
	.name = NG_VLANROTATE_NODE_TYPE,
	.cookie = NGM_VLANROTATE_COOKIE,
	.kind = NGD_VLAN_ROTATE,
	.cmds = cmds,
	.priv_size = sizeof(struct ng_vlanrotate_conf),
	.constructor = rotate_constructor,
	.newhook = rotate_newhook,
	.rcvmsg = rotate_rcvmsg,
	.publish = rotate_publish,
};
