/*
 * netflow: counts what passes by flows; ng_netflow(4).  netflow_data.h.
 *
 * A super-packet of TCP's offload counts as the packets that it will be.
 */
#ifndef CB_NETGRAPH_NETFLOW_BPF_H
#define CB_NETGRAPH_NETFLOW_BPF_H

#include "netgraph/bpf/walk.bpf.h"
#include "netgraph/netflow_data.h"

#define NF_IPV4 0x0800
#define NF_IPV6 0x86dd
#define NF_ICMP 1
#define NF_TCP 6
#define NF_UDP 17
#define NF_SCTP 132
#define NF_EXTS 8 /* headers behind IPv6's own, at most */

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, NGD_NF_FLOWS);
	__type(key, struct ngd_nf_key);
	__type(value, struct ngd_nf_flow);
} cb_ng_netflow SEC(".maps");

/* What is known of a packet. */
struct nf {
	struct ngd_nf_key k;
	struct ngd_nf_flow fresh; /* if the flow is a new one */
	__u32 len;		  /* of the IP packet, as it says */
	__u32 l4;		  /* what follows; 0: of a later fragment */
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct nf);
} cb_ng_nf SEC(".maps");

inl struct nf *nf_here(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&cb_ng_nf, &zero);
}

/* Ports, or an ICMP message's type; the flags of TCP.  -1: they are not there.
 */
NGW_GLOBAL int nf_ports(struct __sk_buff *skb)
{
	struct nf *f = nf_here();
	__u8 b[20];
	long r;

	if (!f)
		return -1;
	switch (f->k.proto) {
	case NF_TCP:
		r = bpf_skb_load_bytes(skb, f->l4, b, 20);
		break;
	case NF_SCTP:
		r = bpf_skb_load_bytes(skb, f->l4, b, 12);
		break;
	case NF_UDP:
		r = bpf_skb_load_bytes(skb, f->l4, b, 8);
		break;
	case NF_ICMP:
		if (f->k.version == 4 && !bpf_skb_load_bytes(skb, f->l4, b, 2))
			__builtin_memcpy(&f->k.dport, b, 2);
		return 0;
	default:
		return 0;
	}
	if (r)
		return -1;
	__builtin_memcpy(&f->k.sport, b, 2);
	__builtin_memcpy(&f->k.dport, b + 2, 2);
	if (f->k.proto == NF_TCP)
		f->fresh.tcp_flags = b[13];
	return 0;
}

struct nf_ip {
	__u8 vihl, tos;
	__u16 len, id, off;
	__u8 ttl, proto;
	__u16 sum;
	__u8 src[4], dst[4];
};

/* 0: what the header at `at` says is known; -1: it is none. */
NGW_GLOBAL int nf_ipv4(struct __sk_buff *skb, __u32 at)
{
	struct nf *f = nf_here();
	struct nf_ip ip;

	if (!f || bpf_skb_load_bytes(skb, at, &ip, sizeof(ip)) ||
	    ip.vihl >> 4 != 4 || (ip.vihl & 15) < 5)
		return -1;
	__builtin_memcpy(f->k.src, ip.src, 4);
	__builtin_memcpy(f->k.dst, ip.dst, 4);
	f->k.proto = ip.proto;
	f->k.tos = ip.tos;
	f->len = bpf_ntohs(ip.len);
	f->l4 = ip.off & bpf_htons(0x1fff) ? 0 : at + (ip.vihl & 15u) * 4;
	return 0;
}

struct nf_ip6 {
	__u8 vtc[4];
	__u16 len;
	__u8 next, hops;
	__u8 src[16], dst[16];
};

/* Hop-by-hop and destination options, routing and authentication. */
inl bool nf_ext(__u32 next)
{
	return next == 0 || next == 43 || next == 51 || next == 60;
}

NGW_GLOBAL int nf_ipv6(struct __sk_buff *skb, __u32 at)
{
	struct nf *f = nf_here();
	struct nf_ip6 ip;
	__u8 ext[2];

	if (!f || bpf_skb_load_bytes(skb, at, &ip, sizeof(ip)) ||
	    ip.vtc[0] >> 4 != 6)
		return -1;
	__builtin_memcpy(f->k.src, ip.src, 16);
	__builtin_memcpy(f->k.dst, ip.dst, 16);
	f->k.tos = (__u8)(ip.vtc[0] << 4 | ip.vtc[1] >> 4);
	f->len = bpf_ntohs(ip.len) + 40u;
	at += 40;
	for (int i = 0; i < NF_EXTS && nf_ext(ip.next); i++) {
		if (bpf_skb_load_bytes(skb, at, ext, 2))
			return -1;
		at += ip.next == 51 ? (ext[1] + 2u) * 4 : (ext[1] + 1u) * 8;
		ip.next = ext[0];
	}
	f->l4 = at;
	if (ip.next == 44) { /* a fragment */
		if (bpf_skb_load_bytes(skb, at, ext, 2))
			return -1;
		ip.next = ext[0];
		f->l4 = 0;
	}
	f->k.proto = ip.next;
	return 0;
}

inl void nf_add(struct ngd_nf_flow *f, __u64 packets, __u64 bytes, __u64 now,
		__u32 flags)
{
	__sync_fetch_and_add(&f->packets, packets);
	__sync_fetch_and_add(&f->bytes, bytes);
	f->last = now;
	if (flags & ~f->tcp_flags)
		f->tcp_flags |= flags;
}

/* The flow that f is about; false: the table is full. */
NGW_GLOBAL bool nf_flow(struct __sk_buff *skb, __u64 packets, __u64 bytes)
{
	__u64 now = bpf_ktime_get_ns();
	struct nf *f = nf_here();
	struct ngd_nf_flow *flow;

	(void)skb;
	if (!f)
		return false;
	flow = bpf_map_lookup_elem(&cb_ng_netflow, &f->k);
	if (!flow) {
		f->fresh.first = now;
		f->fresh.last = now;
		bpf_map_update_elem(&cb_ng_netflow, &f->k, &f->fresh,
				    BPF_NOEXIST);
		flow = bpf_map_lookup_elem(&cb_ng_netflow, &f->k);
	}
	if (!flow)
		return false;
	nf_add(flow, packets, bytes, now, f->fresh.tcp_flags);
	return true;
}

inl int nf_skip(struct walk *w, __u32 version)
{
	__u32 c =
		NGD_C_TYPE + NGD_NF_C_SKIPPED + (version == 6 ? NGD_NF_C_6 : 0);

	walk_count(w, c, 1);
	walk_count(w, c + 1, walk_len(w));
	return 0;
}

/* at: where the IP header is; of which version it should be. */
NGW_GLOBAL int nf_count(struct __sk_buff *skb, struct walk *w, __u32 at,
			__u32 version, bool wanted)
{
	struct nf *f = nf_here();
	__u64 packets, bytes;
	struct ngd_hook *in;
	__u32 c = NGD_C_TYPE;

	if (!f || !w)
		return 0;
	in = walk_hook(w->in);
	if (!in || !wanted)
		return nf_skip(w, version);
	__builtin_memset(f, 0, sizeof(*f));
	f->k.version = version;
	f->k.node = in->node;
	f->k.ifx = (__u16)NGD_NF_INDEX(in->flags);
	f->fresh.out = in->conf;
	if ((version == 6 ? nf_ipv6(skb, at) : nf_ipv4(skb, at)) ||
	    (f->l4 && nf_ports(skb)))
		return nf_skip(w, version);
	packets = skb->gso_segs ? skb->gso_segs : 1;
	bytes = skb->gso_segs ? w->len - at : f->len;
	if (!nf_flow(skb, packets, bytes)) {
		walk_count(w, c + NGD_NF_C_FULL, 1);
		return 0;
	}
	if (version == 6)
		c += NGD_NF_C_6;
	walk_count(w, c + NGD_NF_C_PACKETS, packets);
	walk_count(w, c + NGD_NF_C_OCTETS, bytes);
	return 0;
}

/* Which version's packet it is; 0: none's. */
inl __u32 nf_version(struct __sk_buff *skb, const struct walk *w, bool raw)
{
	__u8 first;

	if (raw) {
		if (bpf_skb_load_bytes(skb, 0, &first, 1))
			return 0;
		return first >> 4 == 6 ? 6 : 4;
	}
	if (w->proto == bpf_htons(NF_IPV4))
		return 4;
	return w->proto == bpf_htons(NF_IPV6) ? 6 : 0;
}

/* A node that counts a packet once, in all or of its own, has had it before. */
inl bool nf_again(const struct walk *w, const struct ngd_hook *in)
{
	if (in->flags & NGD_NF_ONCE && w->counted)
		return true;
	return in->flags & NGD_NF_THISONCE &&
	       ((w->counted & 0xffff) == in->node ||
		w->counted >> 16 == in->node);
}

inl int ng_netflow(struct __sk_buff *skb, struct walk *w, struct ngd_hook *in,
		   struct ngd_node *n)
{
	__u32 wanted =
		in->role == NGD_NF_IFACE ? NGD_NF_INGRESS : NGD_NF_EGRESS;
	bool raw = in->flags & NGD_NF_RAW;
	__u32 version;

	if (in->role == NGD_NF_EXPORT || in->role == NGD_NF_EXPORT9)
		return walk_drop(w, NGD_D_HOOK);
	if (in->flags & wanted && !nf_again(w, in)) {
		version = nf_version(skb, w, raw);
		if (version) {
			nf_count(skb, w, raw ? 0 : 14, version,
				 version == 4 || n->hook[NGD_NF_EXPORT9]);
			if (in->flags & (NGD_NF_ONCE | NGD_NF_THISONCE))
				w->counted =
					w->counted << 16 | (in->node & 0xffff);
		}
	}
	if (!in->conf)
		return walk_drop(w, NGD_D_HOLE);
	return walk_out(w, in->conf);
}

#endif
