/*
 * member: the programs by which the host has addresses of its own on a member
 * of a bridge (bridge_host.c).
 *
 * A Linux bridge takes all that its member hears and hands what is for the
 * host to the bridge's interface, and what the host sends by the member leaves
 * there, past the bridge.  FreeBSD's hands it to the member whose address it
 * is for, and what is sent by a member is bridged, too (if_bridge(4)).  Hence:
 *
 *   out   on the member's egress: what the host itself sends goes to the
 *         bridge's interface, as if it were sent there.  The bridge may choose
 *         this very member: it comes by again, and passes.  What is bridged
 *         comes by, too, and may be a forgery with the member's address, to
 *         pass as the host's where its own sender may not send; but the kernel
 *         has noted of it that it is not for this host.
 *   up    on the bridge's ingress, where what is for the host comes by: what
 *         is for the member's address goes to the member, what is for many
 *         goes there as well.
 *   in    on the member's ingress: what `up` has sent.  The bridge must not
 *         take it again, and lets the host have frames to one group of
 *         addresses unseen, those that no bridge forwards: so that is the
 *         address `up` writes, and the kernel is told here for whom it is.
 *
 * tc_index, which nothing else uses, carries the word from one to the next.
 */
#include <linux/bpf.h>

#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/pkt_cls.h>

#include <bpf/bpf_helpers.h>

#define SENT_OUT 0xcb1c
#define SENT_UP 0xcb1d /* + PACKET_HOST, PACKET_BROADCAST, PACKET_MULTICAST */

const volatile __u32 member, bridge;
const volatile unsigned char mac[ETH_ALEN];

/* IEEE 802.1D, reserved addresses: not the spanning tree's, nor LLDP's */
static const unsigned char unbridged[ETH_ALEN] = {0x01, 0x80, 0xc2, 0, 0, 0x0d};

static __always_inline const struct ethhdr *header(const struct __sk_buff *skb)
{
	const struct ethhdr *h = (const void *)(long)skb->data;

	return (const void *)(h + 1) > (const void *)(long)skb->data_end ? NULL
									 : h;
}

static __always_inline int is_member(const unsigned char *a)
{
	for (int i = 0; i < ETH_ALEN; i++)
		if (a[i] != mac[i])
			return 0;
	return 1;
}

SEC("tc")
int member_out(struct __sk_buff *skb)
{
	const struct ethhdr *h = header(skb);

	if (skb->tc_index == SENT_OUT) {
		skb->tc_index = 0;
		return TC_ACT_UNSPEC;
	}
	if (!h || skb->pkt_type != PACKET_HOST || !is_member(h->h_source))
		return TC_ACT_UNSPEC;
	skb->tc_index = SENT_OUT;
	return bpf_redirect(bridge, 0);
}

static __always_inline int give(struct __sk_buff *skb, __u32 type)
{
	skb->tc_index = SENT_UP + type;
	if (bpf_skb_store_bytes(skb, 0, unbridged, ETH_ALEN, 0) < 0)
		return TC_ACT_SHOT;
	return type == PACKET_HOST
		       ? bpf_redirect(member, BPF_F_INGRESS)
		       : bpf_clone_redirect(skb, member, BPF_F_INGRESS);
}

SEC("tc")
int member_up(struct __sk_buff *skb)
{
	const struct ethhdr *h = header(skb);
	unsigned char was[ETH_ALEN];

	if (!h)
		return TC_ACT_UNSPEC;
	if (is_member(h->h_dest))
		return give(skb, PACKET_HOST);
	if (!(h->h_dest[0] & 1))
		return TC_ACT_UNSPEC;
	__builtin_memcpy(was, h->h_dest, ETH_ALEN);
	give(skb, skb->pkt_type == PACKET_BROADCAST ? PACKET_BROADCAST
						    : PACKET_MULTICAST);
	skb->tc_index = 0;
	bpf_skb_store_bytes(skb, 0, was, ETH_ALEN, 0);
	return TC_ACT_UNSPEC;
}

SEC("tc")
int member_in(struct __sk_buff *skb)
{
	__u32 type = skb->tc_index - SENT_UP;

	if (type > PACKET_MULTICAST)
		return TC_ACT_UNSPEC;
	skb->tc_index = 0;
	bpf_skb_change_type(skb, type);
	return TC_ACT_UNSPEC;
}

char _license[] SEC("license") = "Dual BSD/GPL";
