/*
 * tag: by what tags a packet has it goes here or there, and gets another
 * (node_tag.c says what tags are).
 */
#ifndef CB_NETGRAPH_TAG_BPF_H
#define CB_NETGRAPH_TAG_BPF_H

#include "netgraph/bpf/walk.bpf.h"
#include "netgraph/filter_roles.h"

/* How many bits above the lowest the newest wanted one is; 32: none is. */
inl __u32 tag_find(__u32 labels, const struct ngd_tag_rule *rule)
{
	for (__u32 at = 0; at < 8 * NGD_TAG_CARRIED; at += 8) {
		__u32 number = labels >> at & 0xff;

		if (number && rule->wanted[number >> 5] >> (number & 31) & 1)
			return at;
	}
	return 8 * NGD_TAG_CARRIED;
}

inl __u32 tag_without(__u32 labels, __u32 at)
{
	__u32 newer = (1u << at) - 1;

	return (labels & newer) | (labels >> 8 & ~newer);
}

/* Without room for one more the packet goes on as it is: as on FreeBSD when
 * there is no memory for one. */
inl __u32 tag_with(__u32 labels, __u32 number)
{
	if (!number || labels >> (8 * NGD_TAG_CARRIED - 8))
		return labels;
	return labels << 8 | (number & 0xff);
}

inl int ng_tag(struct __sk_buff *skb, struct walk *w, struct ngd_hook *in,
	       struct ngd_node *n)
{
	const struct ngd_tag_blob *blob = (const void *)walk_blob(n->blob);
	const struct ngd_tag_rule *rule;
	const struct ngd_hook *out;
	__u32 place = in->conf - 1, at, to;

	(void)skb;
	if (!blob || place >= NGD_TAG_RULES)
		return walk_drop(w, NGD_D_FILTER);
	rule = &blob->rule[place];
	at = tag_find(w->labels, rule);
	to = rule->nomatch;
	if (at < 8 * NGD_TAG_CARRIED) {
		to = rule->match;
		walk_count(w, NGD_TAG_C_FRAMES, 1);
		walk_count(w, NGD_TAG_C_OCTETS, walk_len(w));
		if (rule->strip)
			w->labels = tag_without(w->labels, at);
	}
	out = walk_hook(to);
	if (!out)
		return walk_drop(w, NGD_D_FILTER);
	w->labels = tag_with(w->labels, out->number);
	return walk_out(w, to);
}

#endif
