/*
 * tags: a stack of VLAN tags of any types as bytes, and back.
 *
 * The kernel keeps the outermost tag of type 0x8100 or 0x88a8 beside the
 * packet, and moves tags in and out by what it holds for the packet's
 * protocol.  To change the bytes at will two tags are pushed, of which the
 * inner one then lies in front of all others' bytes; popping both makes the
 * kernel look at the types again, and lift the outermost one if it can.
 */
#ifndef CB_NETGRAPH_TAGS_BPF_H
#define CB_NETGRAPH_TAGS_BPF_H

#include "netgraph/bpf/walk.bpf.h"
#include "netgraph/filter_roles.h"

#define TAGS_DUMMY bpf_htons(0x8100)

struct tags {
	__u32 tag[16]; /* outermost first */
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct tags);
} cb_ng_tags SEC(".maps");

inl void node_count(__u32 node, __u32 word)
{
	struct ngd_state *s = walk_state(node);

	if (s && word < sizeof(s->word) / sizeof(s->word[0]))
		__sync_fetch_and_add(&s->word[word], 1);
}

/* All tags are bytes now, from 16 on; 12 to 15 are a dummy.  -1: no memory. */
NGW_GLOBAL int tags_lay(struct __sk_buff *skb, struct walk *w)
{
	if (!w || skb_set_tag(skb, w->tag) ||
	    bpf_skb_vlan_push(skb, TAGS_DUMMY, 0) ||
	    bpf_skb_vlan_push(skb, TAGS_DUMMY, 0))
		return -1;
	return 0;
}

NGW_GLOBAL int tags_lift(struct __sk_buff *skb, struct walk *w)
{
	if (!w || bpf_skb_vlan_pop(skb) || bpf_skb_vlan_pop(skb))
		return -1;
	w->tag = skb_tag(skb);
	walk_reload(skb, w);
	return 0;
}

inl bool tags_type(__u32 type)
{
	return type == 0x8100 || type == 0x88a8 || type == 0x9100 ||
	       type == 0x9200 || type == 0x9300;
}

/* How many there are, one more than NGD_ROTATE_TAGS: or more; -1: the frame
 * ends among them. */
NGW_GLOBAL int tags_read(struct __sk_buff *skb, struct walk *w)
{
	__u32 zero = 0, n = 0, off = 12, v;
	struct tags *t = bpf_map_lookup_elem(&cb_ng_tags, &zero);

	if (!w || !t)
		return -1;
	if (w->tag) {
		t->tag[0] = w->tag;
		n = 1;
	}
	for (int i = 0; i <= NGD_ROTATE_TAGS; i++) {
		if (n > NGD_ROTATE_TAGS)
			break;
		if (off + 4 > w->len || bpf_skb_load_bytes(skb, off, &v, 4))
			return -1;
		v = bpf_ntohl(v);
		if (!tags_type(v >> 16))
			break;
		t->tag[n & 15] = v;
		n++;
		off += 4;
	}
	return (int)n;
}

/* n of them, that were read, turned left by `by`. */
NGW_GLOBAL int tags_turn(struct __sk_buff *skb, struct walk *w, __u32 n,
			 __u32 by)
{
	__u32 zero = 0, v, from;
	struct tags *t = bpf_map_lookup_elem(&cb_ng_tags, &zero);

	if (!w || !t || tags_lay(skb, w))
		return -1;
	for (__u32 i = 0; i < NGD_ROTATE_TAGS; i++) {
		if (i >= n)
			break;
		from = i + by;
		if (from >= n)
			from -= n;
		v = bpf_htonl(t->tag[from & 15]);
		if (bpf_skb_store_bytes(skb, 16 + 4 * i, &v, 4,
					BPF_F_RECOMPUTE_CSUM))
			return -1;
	}
	return tags_lift(skb, w);
}

#endif
