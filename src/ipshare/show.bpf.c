/*
 * show.bpf: UDP sockets become known to lookup.bpf.c.
 *
 * Only a few kinds of programs may put a UDP socket where sk_lookup finds it,
 * and none of them is asked when one is bound.  So the hook after bind leaves a
 * note in a queue, and this program, which is where packets arrive at each
 * interface of the network namespace, lo among them, does what the notes say.
 * Whatever is for such a socket has come in somewhere after the socket was
 * bound, so it is known by the time when the packet's socket is looked for, be
 * the packet a fragment, translated, or out of a tunnel.  For all other packets
 * this is one look at a number.
 */
#include "ipshare/maps.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* what classifiers of the traffic control layer say: go on */
#define TC_ACT_UNSPEC (-1)
/* Notes that one packet sees to. */
#define NOTES 64

const volatile __u32 slot;
const volatile __u64 netns; /* its cookie */
/*
 * Of struct net_device, from the kernel's type information; and of sk_buff,
 * where the interface is behind two pointers on all kernels, which is checked.
 */
const volatile __u32 at_nd_net, at_ifindex;
#define AT_SKB_DEV 16

struct {
	__uint(type, BPF_MAP_TYPE_QUEUE);
	__uint(max_entries, IPSHARE_QUEUE);
	__type(value, struct ipshare_wait);
} cb_ip_queue SEC(".maps");

inl struct bpf_sock *find(struct __sk_buff *skb, const struct ipshare_wait *w)
{
	struct bpf_sock_tuple t = {};

	if (ip_is_v4(&w->ip)) {
		t.ipv4.daddr = w->ip.w[3];
		t.ipv4.dport = bpf_htons((__u16)w->port);
		return bpf_sk_lookup_udp(skb, &t, sizeof(t.ipv4),
					 BPF_F_CURRENT_NETNS, 0);
	}
	t.ipv6.daddr[0] = w->ip.w[0];
	t.ipv6.daddr[1] = w->ip.w[1];
	t.ipv6.daddr[2] = w->ip.w[2];
	t.ipv6.daddr[3] = w->ip.w[3];
	t.ipv6.dport = bpf_htons((__u16)w->port);
	return bpf_sk_lookup_udp(skb, &t, sizeof(t.ipv6), BPF_F_CURRENT_NETNS,
				 0);
}

/* An interface that is moved to another network namespace takes links along. */
inl bool is_elsewhere(struct __sk_buff *skb)
{
	__u64 dev = 0, net = 0, cookie = 0;
	__u32 ifindex = 0;

	if (bpf_probe_read_kernel(&dev, sizeof(dev),
				  (void *)skb + AT_SKB_DEV) ||
	    bpf_probe_read_kernel(&ifindex, sizeof(ifindex),
				  (void *)(dev + at_ifindex)) ||
	    ifindex != skb->ifindex)
		return false;
	return !bpf_probe_read_kernel(&net, sizeof(net),
				      (void *)(dev + at_nd_net)) &&
	       !bpf_probe_read_kernel(&cookie, sizeof(cookie),
				      (void *)(net + at_net_cookie)) &&
	       cookie != netns;
}

/* One note; whoever is bound there now is not who it was, perhaps. */
__noinline int show(struct __sk_buff *skb, const struct ipshare_wait *w)
{
	struct bpf_sock *sk;
	__u64 number;

	if (!skb || !w)
		return 0;
	sk = find(skb, w);
	if (!sk)
		return 0;
	*(volatile __u64 *)&number = (__u64)sk;
	for (int i = 0; i < IPSHARE_FAMILIES; i++) {
		struct ipshare_key k = w->key[i];

		if (number != w->sk || k.kind == IPSHARE_NONE)
			continue;
		k.scope = w->cgroup;
		k.kind = IPSHARE_NAME;
		bpf_map_update_elem(&cb_ip_listen, &k, sk, BPF_ANY);
	}
	bpf_sk_release(sk);
	return 0;
}

SEC("tc")
int cb_ip_show(struct __sk_buff *skb)
{
	__u32 at = slot;
	__u32 *waiting = bpf_map_lookup_elem(&cb_ip_waiting, &at);
	struct ipshare_wait w;

	if (!waiting || !*waiting || is_elsewhere(skb))
		return TC_ACT_UNSPEC;
	for (int i = 0; i < NOTES; i++) {
		struct ipshare_used *u;

		if (bpf_map_pop_elem(&cb_ip_queue, &w))
			break;
		__sync_fetch_and_add(waiting, -1);
		u = bpf_map_lookup_elem(&cb_ip_used, &w.cgroup);
		if (u)
			__sync_fetch_and_add(&u->waiting, -1);
		show(skb, &w);
	}
	return TC_ACT_UNSPEC;
}
