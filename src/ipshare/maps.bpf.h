/*
 * maps: the maps of ipshare and what its programs ask of them.  The cgroup's
 * programs and each network namespace's sk_lookup use the same maps.
 */
#ifndef CB_IPSHARE_MAPS_BPF_H
#define CB_IPSHARE_MAPS_BPF_H

#include "ipshare/shared.h"

#include <linux/bpf.h>
#include <stdbool.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define AF_UNSPEC 0
#define AF_INET 2
#define AF_INET6 10
#define SOCK_STREAM 1
#define SOCK_DGRAM 2
#define IPPROTO_ICMP 1
#define IPPROTO_TCP 6
#define IPPROTO_UDP 17
#define IPPROTO_ICMPV6 58
#define SOL_SOCKET 1
#define SO_REUSEADDR 2
#define SO_REUSEPORT 15

/* enum ipshare_mode of ipshare.h */
#define MODE_DISABLE 0
#define MODE_NEW 1
#define MODE_INHERIT 2

#define inl static __always_inline

/*
 * A member of 32 bits, of a context or a socket, read by one instruction: the
 * compiler would join two such loads to one by a computed address, which the
 * kernel does not let programs use.
 */
#define READ32(p, type, member)                                                \
	({                                                                     \
		__u64 v_;                                                      \
		asm volatile("%0 = *(u32 *)(%1 + %2)"                          \
			     : "=r"(v_)                                        \
			     : "r"(p), "i"(__builtin_offsetof(type, member))); \
		(__u32) v_;                                                    \
	})
/* Four of them: an IPv6 address. */
#define READ_IP(ip, p, type, member)                                           \
	do {                                                                   \
		(ip)->w[0] = READ32(p, type, member[0]);                       \
		(ip)->w[1] = READ32(p, type, member[1]);                       \
		(ip)->w[2] = READ32(p, type, member[2]);                       \
		(ip)->w[3] = READ32(p, type, member[3]);                       \
	} while (0)

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 16384);
	__type(key, __u64);
	__type(value, struct ipshare_row);
} cb_ip_jails SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 65536);
	__type(key, struct ipshare_member);
	__type(value, __u32);
} cb_ip_members SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 65536);
	__type(key, struct ipshare_place);
	__type(value, struct ipshare_owners);
} cb_ip_owners SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 16384);
	__type(key, struct ipshare_prefix);
	__type(value, struct ipshare_route);
} cb_ip_routes SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 65536);
	__type(key, struct ipshare_source);
	__type(value, struct ipshare_ip);
} cb_ip_sources SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 131072);
	__type(key, struct ipshare_key);
	__type(value, struct ipshare_port);
} cb_ip_ports SEC(".maps");

/* By cgroup. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 16384);
	__type(key, __u64);
	__type(value, struct ipshare_used);
} cb_ip_used SEC(".maps");

/*
 * Numbers of sockets that wait in a network namespace's queue, by its cookie,
 * and of sockets that make a UDP port one that lookup.bpf.c must look at; both
 * by a remainder, so that they may count others', too.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, IPSHARE_NETS);
	__type(key, __u32);
	__type(value, __u32);
} cb_ip_waiting SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, IPSHARE_HEARD);
	__type(key, __u32);
	__type(value, __u64);
} cb_ip_heard SEC(".maps");

/* Has any jail lost an address?  Then its sockets may be there still. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} cb_ip_lost SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_SOCKHASH);
	__uint(max_entries, 65536);
	__type(key, struct ipshare_key);
	__type(value, __u64);
} cb_ip_listen SEC(".maps");

/* --- the kernel's own memory
 * -------------------------------------------------- */

/*
 * Where things are in the kernel's struct sock_common and struct net: filled
 * in before loading, from the kernel's type information.  The first bytes of a
 * sock_common have been the same since Linux 3.11, which is checked, too.
 */
const volatile __u32 at_flags = 19, at_cookie, at_net, at_net_cookie;
/* Of struct sock, inet_sock, ipv6_pinfo; 0: unknown, and not looked at. */
const volatile __u32 at_sk_flags, at_inet_flags, at_pinet6, at_rxopt;
const volatile __u32 at_groups, at_groups6;
#define AT_RCV_SADDR 4
#define AT_NUM 14
#define FLAG_REUSE 0x0f
#define FLAG_REUSEPORT 0x10
#define FLAG_V6ONLY 0x20
/* SO_BROADCAST; IP_PKTINFO, IPV6_RECVPKTINFO */
#define SK_FLAG_BROADCAST 0x40
#define INET_FLAG_PKTINFO 1
#define RXOPT_INFO 4

/* --- addresses
 * ---------------------------------------------------------------- */

inl void ip_v4(struct ipshare_ip *ip, __u32 v4)
{
	ip->w[0] = ip->w[1] = 0;
	ip->w[2] = bpf_htonl(0xffff);
	ip->w[3] = v4;
}

inl bool ip_is_v4(const struct ipshare_ip *ip)
{
	return !ip->w[0] && !ip->w[1] && ip->w[2] == bpf_htonl(0xffff);
}

inl int ip_family(const struct ipshare_ip *ip)
{
	return ip_is_v4(ip) ? IPSHARE_V4 : IPSHARE_V6;
}

inl bool ip_same(const struct ipshare_ip *a, const struct ipshare_ip *b)
{
	return a->w[0] == b->w[0] && a->w[1] == b->w[1] && a->w[2] == b->w[2] &&
	       a->w[3] == b->w[3];
}

/* The wildcard of a family; :: is IPv6's. */
inl void ip_any(struct ipshare_ip *ip, int family)
{
	ip->w[0] = ip->w[1] = ip->w[3] = 0;
	ip->w[2] = family == IPSHARE_V4 ? bpf_htonl(0xffff) : 0;
}

inl bool ip_is_any(const struct ipshare_ip *ip)
{
	return !ip->w[0] && !ip->w[1] && !ip->w[3] &&
	       (!ip->w[2] || ip->w[2] == bpf_htonl(0xffff));
}

inl bool ip_is_loopback(const struct ipshare_ip *ip)
{
	if (ip_is_v4(ip))
		return ip->w[3] == bpf_htonl(0x7f000001);
	return !ip->w[0] && !ip->w[1] && !ip->w[2] && ip->w[3] == bpf_htonl(1);
}

inl bool is_member(__u64 cgroup, const struct ipshare_ip *ip)
{
	struct ipshare_member k = {.cgroup = cgroup, .ip = *ip};

	return bpf_map_lookup_elem(&cb_ip_members, &k);
}

/* May the jail's sockets hear what is for that address? */
inl bool may_hear(__u64 cgroup, const struct ipshare_ip *ip)
{
	struct ipshare_row *row;

	if (is_member(cgroup, ip))
		return true;
	row = bpf_map_lookup_elem(&cb_ip_jails, &cgroup);
	return row && (ip_is_v4(ip) ? row->mode[IPSHARE_V4]
				    : row->mode[IPSHARE_V6]) == MODE_INHERIT;
}

#endif
