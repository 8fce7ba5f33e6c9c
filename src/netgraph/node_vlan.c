/*
 * vlan: frames of a VLAN to a hook of their own, and back; ng_vlan(4).
 *
 * Theory of operation.  In the kernel (bpf/vlan.bpf.h): a rule for each VLAN
 * id says the hook, a hook's `conf` says the tag that its packets get.  Here:
 * the filters.  They are the hooks' `conf`, rules are made of those.
 *
 * decap and encap say on FreeBSD whether a tag is in the frame's bytes or
 * beside them, where a driver finds it.  On Linux a packet has its tag beside
 * it wherever it is, and it is in the frame on every wire, so that both come to
 * the same: the settings are kept and answered, and nothing depends on them.
 * The kernel knows two types of tags, 0x8100 and 0x88a8: encapproto can be no
 * other.
 */
#include "netgraph/dp.h"
#include "netgraph/node.h"
#include "netgraph/switch_roles.h"
#include "netgraph/switch_types.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <netgraph/ng_vlan.h>
#include <stdlib.h>
#include <string.h>

#define VID_MASK 0x0fffu

struct vlan {
	uint32_t decap, encap;
	uint16_t proto;
};

static const struct ng_pfield filter_fields[] = {
	NODE_FIELD("hook", &ng_p_hookbuf), NODE_FIELD("vlan", &ng_p_uint16),
	NODE_FIELD("vid", &ng_p_uint16),   NODE_FIELD("pcp", &ng_p_uint8),
	NODE_FIELD("cfi", &ng_p_uint8),	   {0},
};
static const struct ng_ptype filter_type = {
	.kind = NGP_STRUCT,
	.fields = filter_fields,
};
static const struct ng_ptype filters_type = {
	.kind = NGP_ARRAY,
	.elem = &filter_type,
	.length = node_length_first,
};
static const struct ng_pfield table_fields[] = {
	NODE_FIELD("n", &ng_p_uint32),
	NODE_FIELD("filter", &filters_type),
	{0},
};
static const struct ng_ptype table_type = {
	.kind = NGP_STRUCT,
	.fields = table_fields,
};

static const struct ng_cmd cmds[] = {
	{NGM_VLAN_COOKIE, NGM_VLAN_ADD_FILTER, "addfilter", &filter_type, NULL},
	{NGM_VLAN_COOKIE, NGM_VLAN_DEL_FILTER, "delfilter", &ng_p_hookbuf,
	 NULL},
	{NGM_VLAN_COOKIE, NGM_VLAN_GET_TABLE, "gettable", NULL, &table_type},
	{NGM_VLAN_COOKIE, NGM_VLAN_DEL_VID_FLT, "delvidflt", &ng_p_uint16,
	 NULL},
	{NGM_VLAN_COOKIE, NGM_VLAN_GET_DECAP, "getdecap", NULL, &ng_p_hint32},
	{NGM_VLAN_COOKIE, NGM_VLAN_SET_DECAP, "setdecap", &ng_p_hint32, NULL},
	{NGM_VLAN_COOKIE, NGM_VLAN_GET_ENCAP, "getencap", NULL, &ng_p_hint32},
	{NGM_VLAN_COOKIE, NGM_VLAN_SET_ENCAP, "setencap", &ng_p_hint32, NULL},
	{NGM_VLAN_COOKIE, NGM_VLAN_GET_ENCAP_PROTO, "getencapproto", NULL,
	 &ng_p_hint16},
	{NGM_VLAN_COOKIE, NGM_VLAN_SET_ENCAP_PROTO, "setencapproto",
	 &ng_p_hint16, NULL},
	{0},
};

/* --- filters ------------------------------------------------------------ */

static int vlan_constructor(struct ng_node *n)
{
	struct vlan *v = n->priv;

	v->encap = VLAN_ENCAP_FROM_FILTER;
	v->proto = ETH_P_8021Q;
	return 0;
}

static int vlan_newhook(struct ng_node *n, struct ng_hook *h)
{
	(void)n;
	if (!strcmp(h->name, NG_VLAN_HOOK_DOWNSTREAM))
		h->role = NGD_MATCH_DOWNSTREAM;
	else if (!strcmp(h->name, NG_VLAN_HOOK_NOMATCH))
		h->role = NGD_MATCH_NOMATCH;
	return 0;
}

static uint16_t vlan_key(unsigned int vid)
{
	return htons((uint16_t)(vid & VID_MASK));
}

/* The hook that has the VLAN; NULL. */
static struct ng_hook *vlan_hook(const struct ng_node *n, unsigned int vid)
{
	uint16_t key = vlan_key(vid);
	struct ngd_key k = node_key(n, &key, sizeof(key));
	struct ngd_entry entry;

	if (dp_table_get(ng_graph_dp(n->graph), DP_RULES, &k, &entry))
		return NULL;
	return node_rule_hook(n, &k, &entry);
}

static void rule_delete(struct ng_hook *h)
{
	struct ng_dp *dp = ng_graph_dp(h->node->graph);
	uint16_t key = vlan_key(h->conf);
	struct ngd_key k = node_key(h->node, &key, sizeof(key));

	dp_table_delete(dp, DP_RULES, &k);
	dp_changed(dp);
}

static void vlan_disconnect(struct ng_hook *h)
{
	if (h->conf & NGD_VLAN_FILTERED)
		rule_delete(h);
}

/* A successor: a message may have been cut short. */
static int vlan_restore(struct ng_node *n)
{
	int r = node_rules_sweep(n);

	for (struct ng_hook *h = n->hooks; h && !r; h = h->older) {
		uint16_t key = vlan_key(h->conf);

		if (h->conf & NGD_VLAN_FILTERED)
			r = node_rule_set(h, &key, sizeof(key));
	}
	return r;
}

static void vlan_publish(const struct ng_node *n, struct ngd_node *d)
{
	const struct vlan *v = n->priv;

	d->conf[NGD_VLAN_PROTO] = v->proto;
}

static int msg_addfilter(struct ng_node *n, const struct ng_mesg *msg)
{
	const struct ng_vlan_filter *f = NG_ARG(msg, struct ng_vlan_filter);
	struct ng_hook *h;
	unsigned int vid;
	uint16_t key;
	int r;

	if (!f || (f->vid && f->vlan && f->vid != f->vlan))
		return -EINVAL;
	vid = f->vid ? f->vid : f->vlan;
	if (vid > VID_MASK || f->pcp > 7 || f->cfi > 1)
		return -EINVAL;
	h = node_hook_named(n, f->hook_name);
	if (!h)
		return -ENOENT;
	if (h->role != NGD_MATCH_HOOK)
		return -EINVAL;
	if (h->conf & NGD_VLAN_FILTERED || vlan_hook(n, vid))
		return -EEXIST;
	h->conf = NGD_VLAN_FILTERED | (uint32_t)f->pcp << 13 |
		  (uint32_t)f->cfi << 12 | vid;
	r = ng_hook_changed(h);
	if (r < 0)
		return r;
	key = vlan_key(vid);
	return node_rule_set(h, &key, sizeof(key));
}

static int filter_drop(struct ng_hook *h)
{
	if (!h || !(h->conf & NGD_VLAN_FILTERED))
		return -ENOENT;
	rule_delete(h);
	h->conf = 0;
	return ng_hook_changed(h);
}

static int msg_delfilter(struct ng_node *n, const struct ng_mesg *msg)
{
	if (msg->header.arglen != NG_HOOKSIZ)
		return -EINVAL;
	return filter_drop(node_hook_named(n, msg->data));
}

static int msg_delvidflt(struct ng_node *n, const struct ng_mesg *msg)
{
	const uint16_t *vid = NG_ARG(msg, uint16_t);

	if (!vid || *vid > VID_MASK)
		return -EINVAL;
	return filter_drop(vlan_hook(n, *vid));
}

static int filter_order(const void *a, const void *b)
{
	const struct ng_vlan_filter *x = a, *y = b;

	return (int)x->vid - (int)y->vid;
}

static int msg_gettable(struct ng_node *n, const struct ng_mesg *msg,
			struct ng_reply *reply)
{
	struct ng_vlan_table *table;
	uint32_t count = 0;

	for (struct ng_hook *h = n->hooks; h; h = h->older)
		count += !!(h->conf & NGD_VLAN_FILTERED);
	table = ng_answer_room(
		reply, msg, sizeof(*table) + count * sizeof(table->filter[0]));
	if (!table)
		return -ENOMEM;
	for (struct ng_hook *h = n->hooks; h; h = h->older) {
		struct ng_vlan_filter *f = &table->filter[table->n];

		if (!(h->conf & NGD_VLAN_FILTERED))
			continue;
		*f = (struct ng_vlan_filter){
			.vlan = h->conf & VID_MASK,
			.vid = h->conf & VID_MASK,
			.pcp = h->conf >> 13 & 7,
			.cfi = h->conf >> 12 & 1,
		};
		memcpy(f->hook_name, h->name, sizeof(f->hook_name));
		table->n++;
	}
	qsort(table->filter, table->n, sizeof(table->filter[0]), filter_order);
	return 0;
}

/* --- settings ----------------------------------------------------------- */

static int msg_setword(struct ng_node *n, const struct ng_mesg *msg,
		       uint32_t *word)
{
	const uint32_t *arg = NG_ARG(msg, uint32_t);

	if (!arg)
		return -EINVAL;
	*word = *arg;
	return ng_node_changed(n);
}

static int msg_setproto(struct ng_node *n, const struct ng_mesg *msg)
{
	const uint16_t *arg = NG_ARG(msg, uint16_t);

	if (!arg)
		return -EINVAL;
	if (*arg != ETH_P_8021Q && *arg != ETH_P_8021AD)
		return -EOPNOTSUPP;
	((struct vlan *)n->priv)->proto = *arg;
	return ng_node_changed(n);
}

/* A link's being up or down, which only downstream knows, is told to all. */
static int vlan_flow(struct ng_node *n, const struct ng_mesg *msg,
		     struct ng_hook *last)
{
	struct ng_hook *h, *older;

	if (!last || last->role != NGD_MATCH_DOWNSTREAM)
		return 0;
	for (h = n->hooks; h; h = older) {
		older = h->older;
		if (h->conf & NGD_VLAN_FILTERED)
			ng_message_peer(h, NGM_FLOW_COOKIE, msg->header.cmd,
					msg->data, msg->header.arglen);
	}
	return 0;
}

static int vlan_rcvmsg(struct ng_node *n, const struct ng_mesg *msg,
		       struct ng_hook *last, struct ng_reply *reply)
{
	struct vlan *v = n->priv;

	if (msg->header.typecookie == NGM_FLOW_COOKIE)
		return vlan_flow(n, msg, last);
	if (msg->header.typecookie != NGM_VLAN_COOKIE)
		return -EINVAL;
	switch (msg->header.cmd) {
	case NGM_VLAN_ADD_FILTER:
		return msg_addfilter(n, msg);
	case NGM_VLAN_DEL_FILTER:
		return msg_delfilter(n, msg);
	case NGM_VLAN_GET_TABLE:
		return msg_gettable(n, msg, reply);
	case NGM_VLAN_DEL_VID_FLT:
		return msg_delvidflt(n, msg);
	case NGM_VLAN_GET_DECAP:
		return ng_answer(reply, msg, &v->decap, sizeof(v->decap));
	case NGM_VLAN_SET_DECAP:
		return msg_setword(n, msg, &v->decap);
	case NGM_VLAN_GET_ENCAP:
		return ng_answer(reply, msg, &v->encap, sizeof(v->encap));
	case NGM_VLAN_SET_ENCAP:
		return msg_setword(n, msg, &v->encap);
	case NGM_VLAN_GET_ENCAP_PROTO:
		return ng_answer(reply, msg, &v->proto, sizeof(v->proto));
	case NGM_VLAN_SET_ENCAP_PROTO:
		return msg_setproto(n, msg);
	default:
		return -EINVAL;
	}
}

const struct ng_type ng_type_vlan = {
	.name = NG_VLAN_NODE_TYPE,
	.cookie = NGM_VLAN_COOKIE,
	.kind = NGD_VLAN,
	.cmds = cmds,
	.priv_size = sizeof(struct vlan),
	.constructor = vlan_constructor,
	.newhook = vlan_newhook,
	.disconnect = vlan_disconnect,
	.rcvmsg = vlan_rcvmsg,
	.restore = vlan_restore,
	.publish = vlan_publish,
};
