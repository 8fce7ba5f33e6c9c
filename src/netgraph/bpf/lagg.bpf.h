/* lagg: several links as one (node_lagg.c). */
#ifndef CB_NETGRAPH_LAGG_BPF_H
#define CB_NETGRAPH_LAGG_BPF_H

#include "netgraph/bpf/walk.bpf.h"
#include "netgraph/lagg_roles.h"
#include "netgraph/switch_roles.h"

inl __u32 lagg_slot(struct ngd_node *n, __u32 i)
{
	struct ngd_blob *b = walk_blob(n->blob);
	__u32 slot;

	if (!b)
		return 0;
	__builtin_memcpy(&slot, &b->bytes[(i & (NG_LAGG_PORTS - 1)) * 4], 4);
	return slot;
}

inl __u32 lagg_mix(__u32 h, __u32 v)
{
	h = (h ^ v) * 0x9e3779b1u;
	return h ^ h >> 15;
}

/* Addresses and ports of IP packets: both ways round they differ, as on
 * FreeBSD; fragments have no ports. */
NGW_GLOBAL __u32 lagg_hash_ip(struct __sk_buff *skb, struct walk *w, __u32 h,
			      __u32 layers)
{
	__u32 words[8] = {0}, ports = 0, off = 14;
	__u8 b[20] = {0};
	__u8 proto;

	if (!w)
		return h;
	if (w->proto == bpf_htons(0x0800)) {
		if (bpf_skb_load_bytes(skb, off, b, 20))
			return h;
		proto = b[9];
		__builtin_memcpy(words, b + 12, 8);
		off += (b[0] & 15u) * 4;
		if ((b[6] & 0x3f) | b[7])
			proto = 0;
	} else if (w->proto == bpf_htons(0x86dd)) {
		if (bpf_skb_load_bytes(skb, off, b, 8) ||
		    bpf_skb_load_bytes(skb, off + 8, words, 32))
			return h;
		proto = b[6];
		off += 40;
	} else {
		return h;
	}
	if (layers & LAGG_L3)
		for (__u32 i = 0; i < 8; i++)
			h = lagg_mix(h, words[i]);
	if (layers & LAGG_L4 && (proto == 6 || proto == 17 || proto == 132) &&
	    !bpf_skb_load_bytes(skb, off, &ports, 4))
		h = lagg_mix(h, ports);
	return h;
}

inl __u32 lagg_hash(struct __sk_buff *skb, struct walk *w,
		    const struct ngd_node *n)
{
	__u32 layers = n->conf[NGD_LAGG_HASH], h = 0x6c616767;

	if (n->conf[NGD_LAGG_OPTS] & LAGG_USE_FLOWID)
		return bpf_get_hash_recalc(skb) >>
		       (n->conf[NGD_LAGG_SHIFT] & 31);
	if (layers & LAGG_L2) {
		h = lagg_mix(h, w->macs[0]);
		h = lagg_mix(h, w->macs[1]);
		h = lagg_mix(h, w->macs[2]);
		h = lagg_mix(h, NGW_TAG_VID(w->tag));
	}
	return layers & (LAGG_L3 | LAGG_L4) ? lagg_hash_ip(skb, w, h, layers)
					    : h;
}

inl __u32 lagg_turn(struct ngd_hook *in, const struct ngd_node *n)
{
	struct ngd_state *state = walk_state(in->node);
	__u32 limit = n->conf[NGD_LAGG_LIMIT];
	__u64 turn;

	if (!state)
		return 0;
	turn = __sync_fetch_and_add(&state->word[0], 1);
	return (__u32)(limit > 1 ? turn / limit : turn);
}

/* LACPDUs and markers end at the port, where who speaks LACP hears them. */
inl bool lagg_slow(struct __sk_buff *skb, const struct walk *w)
{
	__u8 subtype = 0;

	return w->proto == bpf_htons(0x8809) && !w->tag &&
	       (bpf_skb_load_bytes(skb, 14, &subtype, 1) || subtype == 1 ||
		subtype == 2);
}

inl int ng_lagg(struct __sk_buff *skb, struct walk *w, struct ngd_hook *in,
		struct ngd_node *n)
{
	__u32 nactive = n->conf[NGD_LAGG_ACTIVE];
	__u32 proto = n->conf[NGD_LAGG_PROTO];

	if (proto == LAGG_NONE)
		return walk_drop(w, NGD_D_FILTER);
	if (in->role == NGD_LAGG_PORT) {
		if (proto == LAGG_FAILOVER && w->in != lagg_slot(n, 0) &&
		    !(n->conf[NGD_LAGG_OPTS] & LAGG_RX_ALL))
			return walk_drop(w, NGD_D_FILTER);
		if (proto == LAGG_LACP &&
		    (!(in->conf & NGD_LAGG_COLLECTS) || lagg_slow(skb, w)))
			return walk_drop(w, NGD_D_FILTER);
		return walk_out(w, n->hook[NGD_LAGG_ONE]);
	}
	if (!nactive)
		return walk_drop(w, NGD_D_DOWN);
	switch (proto) {
	case LAGG_BROADCAST:
		return walk_flood(w, n->first, w->in, NGD_HF_AVOID, 0);
	case LAGG_ROUNDROBIN:
		return walk_out(w, lagg_slot(n, lagg_turn(in, n) % nactive));
	case LAGG_LOADBALANCE:
	case LAGG_LACP:
		return walk_out(w,
				lagg_slot(n, lagg_hash(skb, w, n) % nactive));
	default:
		return walk_out(w, lagg_slot(n, 0));
	}
}

#endif
