/* vlan_rotate: turns the stack of VLAN tags (node_vlan_rotate.c). */
#ifndef CB_NETGRAPH_VLAN_ROTATE_BPF_H
#define CB_NETGRAPH_VLAN_ROTATE_BPF_H

#include "netgraph/bpf/tags.bpf.h"

inl int rotate_drop(struct walk *w, const struct ngd_hook *in,
		    enum ngd_drop why)
{
	node_count(in->node, NGD_ROTATE_W_DROPS);
	return walk_drop(w, why);
}

inl int rotate_out(struct walk *w, const struct ngd_hook *in, __u32 to)
{
	return to ? walk_out(w, to) : rotate_drop(w, in, NGD_D_NOPEER);
}

inl int ng_vlan_rotate(struct __sk_buff *skb, struct walk *w,
		       struct ngd_hook *in, struct ngd_node *n)
{
	bool back = in->role == NGD_ROTATE_ORDERED;
	__u32 to = n->hook[back ? NGD_ROTATE_ORIGINAL : NGD_ROTATE_ORDERED];
	int rot = (int)n->conf[NGD_ROTATE_ROT], tags;

	if (!back && in->role != NGD_ROTATE_ORIGINAL)
		return rotate_out(w, in, n->hook[NGD_ROTATE_ORIGINAL]);
	if (!to)
		return rotate_drop(w, in, NGD_D_NOPEER);
	tags = w->flags & NGW_W_L3 ? -1 : tags_read(skb, w);
	if (tags < 0)
		return rotate_drop(w, in, NGD_D_RUNT);
	if (tags > (int)n->conf[NGD_ROTATE_MAX] || tags >= NGD_ROTATE_TAGS) {
		node_count(in->node, NGD_ROTATE_W_EXCESSIVE);
		return rotate_out(w, in, n->hook[NGD_ROTATE_EXCESSIVE]);
	}
	if (tags < (int)n->conf[NGD_ROTATE_MIN] ||
	    tags <= (rot < 0 ? -rot : rot)) {
		node_count(in->node, NGD_ROTATE_W_INCOMPLETE);
		return rotate_out(w, in, n->hook[NGD_ROTATE_INCOMPLETE]);
	}
	if (!back)
		rot = -rot;
	if (rot) {
		NGW_WRITABLE(skb, w);
		/* again: meanwhile others may have walked here */
		if (tags_read(skb, w) != tags ||
		    tags_turn(skb, w, (__u32)tags,
			      (__u32)(rot < 0 ? tags + rot : rot)))
			return rotate_drop(w, in, NGD_D_KERNEL);
	}
	node_count(in->node, NGD_ROTATE_W_HISTOGRAM + (__u32)tags);
	return walk_out(w, to);
}

#endif
