/*
 * udp: wildcards of UDP that share their port with others; the head of
 * jail.bpf.c says how.
 */
#ifndef CB_IPSHARE_UDP_BPF_H
#define CB_IPSHARE_UDP_BPF_H

#include "ipshare/rows.bpf.h"

#define BIT(family) (1 << (family))
#define BOTH (BIT(IPSHARE_V4) | BIT(IPSHARE_V6))

/* Where show.bpf.c finds what it is to show: by network namespace. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH_OF_MAPS);
	__uint(max_entries, IPSHARE_NETS);
	__type(key, __u64);
	__array(
		values, struct {
			__uint(type, BPF_MAP_TYPE_QUEUE);
			__uint(max_entries, IPSHARE_QUEUE);
			__uint(value_size, sizeof(struct ipshare_wait));
		});
} cb_ip_queues SEC(".maps");

inl __u32 many(const struct ipshare_row *c, int family)
{
	return family == IPSHARE_V4 ? c->n[IPSHARE_V4] : c->n[IPSHARE_V6];
}

/*
 * One address in all: who is bound to it hears all there is to hear, though it
 * be a socket for both families.
 */
inl bool is_alone(const struct ipshare_row *c)
{
	return c->n[IPSHARE_V4] + c->n[IPSHARE_V6] == 1;
}

/* A wildcard, and in none of its families the creator's. */
inl bool is_held(const struct ipshare_row *c, __u8 wild)
{
	return wild &&
	       !((wild & BIT(IPSHARE_V4)) &&
		 c->mode[IPSHARE_V4] == MODE_INHERIT) &&
	       !((wild & BIT(IPSHARE_V6)) &&
		 c->mode[IPSHARE_V6] == MODE_INHERIT);
}

/* The row by which a wildcard that is shown is found for one family. */
inl void wild_key(const struct ipshare_row *c, int family,
		  struct ipshare_key *k)
{
	bool one = many(c, family) == 1;

	k->scope = one ? c->net : c->cgroup;
	k->kind = one ? IPSHARE_NAME : IPSHARE_WILD;
	if (one)
		k->ip = family == IPSHARE_V4 ? c->first[IPSHARE_V4]
					     : c->first[IPSHARE_V6];
	else
		ip_any(&k->ip, family);
}

/* --- bind
 * --------------------------------------------------------------------- */

/* Has it joined a group already? */
inl bool is_grouped(struct ipshare_sock *st)
{
	__u64 sk = *(volatile __u64 *)&st->sk, np = 0, list = 0;

	if (at_groups)
		bpf_probe_read_kernel(&list, sizeof(list),
				      (void *)(sk + at_groups));
	if (list || !at_pinet6 || !at_groups6)
		return list;
	if (!bpf_probe_read_kernel(&np, sizeof(np), (void *)(sk + at_pinet6)) &&
	    np)
		bpf_probe_read_kernel(&list, sizeof(list),
				      (void *)(np + at_groups6));
	return list;
}

/*
 * Not what is for groups or broadcasts, which only reach what is the wildcard
 * in the kernel's table, too: what has joined one, or says so by SO_BROADCAST,
 * or, as programs do that join later, by SO_REUSEPORT.  Nor what hears one
 * interface only.
 */
inl bool may_share(struct bpf_sock *sk, const struct ipshare_row *c,
		   struct ipshare_sock *st)
{
	__u64 at = *(volatile __u64 *)&st->sk;
	__u8 flags = 0;

	if ((!c->shares && !is_alone(c)) || !st->port ||
	    !is_held(c, st->wild) || (st->reuse & REUSEPORT) ||
	    sk->bound_dev_if || is_grouped(st))
		return false;
	if (at_sk_flags)
		bpf_probe_read_kernel(&flags, sizeof(flags),
				      (void *)(at + at_sk_flags));
	return !(flags & SK_FLAG_BROADCAST);
}

/* The jail's own, by that family and port. */
__noinline int wild_taken(const struct ipshare_row *c, __u16 port, int family,
			  __u8 kind)
{
	struct ipshare_key k = {.proto = IPPROTO_UDP};

	if (!c)
		return EINVAL;
	k.scope = c->cgroup;
	k.port = port;
	k.kind = kind;
	ip_any(&k.ip, family);
	return bpf_map_lookup_elem(&cb_ip_ports, &k) ? EADDRINUSE : 0;
}

/* Where such a wildcard is bound: 0 or an errno. */
__noinline int place_shared(const struct ipshare_row *c,
			    struct ipshare_sock *st)
{
	struct ipshare_key k = {.proto = IPPROTO_UDP};
	int base;

	if (!c || !st)
		return EINVAL;
	/* what is bound to an IPv6 address hears no IPv4 any more */
	base = (st->wild & BIT(IPSHARE_V4)) && c->n[IPSHARE_V4] ? IPSHARE_V4
								: IPSHARE_V6;
	for (int f = IPSHARE_V4; f < IPSHARE_FAMILIES; f++) {
		if (!(st->wild & BIT(f)) || !many(c, f))
			continue;
		/* k.port is set here: wild_key() leaves it alone */
		k.port = st->port;
		wild_key(c, f, &k);
		if (bpf_map_lookup_elem(&cb_ip_ports, &k) ||
		    wild_taken(c, st->port, f, IPSHARE_PORT))
			return EADDRINUSE;
	}
	k.scope = c->net;
	k.kind = IPSHARE_NAME;
	k.ip = base == IPSHARE_V4 ? c->first[IPSHARE_V4] : c->first[IPSHARE_V6];
	if (bpf_map_lookup_elem(&cb_ip_ports, &k))
		return EADDRINUSE;
	st->ip = k.ip;
	st->based = 1;
	return 0;
}

/* --- after bind
 * --------------------------------------------------------------- */

/* For show.bpf.c: 0 or an errno. */
inl int enqueue(const struct ipshare_row *c, struct ipshare_sock *st)
{
	__u32 at = (__u32)c->net % IPSHARE_NETS;
	__u64 cgroup = st->cgroup, net = c->net;
	struct ipshare_used *u = bpf_map_lookup_elem(&cb_ip_used, &cgroup);
	__u32 *waiting = bpf_map_lookup_elem(&cb_ip_waiting, &at);
	void *queue = bpf_map_lookup_elem(&cb_ip_queues, &net);
	struct ipshare_wait w = {};

	if (!u || !waiting || !queue)
		return ENOBUFS;
	w.cgroup = cgroup;
	w.sk = *(volatile __u64 *)&st->sk;
	w.ip = st->ip;
	w.port = st->port;
	w.key[0] = st->held[1];
	w.key[1] = st->held[2];
	if (__sync_fetch_and_add(&u->waiting, 1) >= IPSHARE_WAITING ||
	    bpf_map_push_elem(queue, &w, 0)) {
		__sync_fetch_and_add(&u->waiting, -1);
		return ENOBUFS;
	}
	__sync_fetch_and_add(waiting, 1);
	return 0;
}

/* Its rows are there already: the address it is bound to, and the queue. */
inl int note_based(const struct ipshare_row *c, struct ipshare_sock *st,
		   const struct claim *cl)
{
	struct ipshare_key k = {.scope = c->net,
				.ip = st->ip,
				.port = st->port,
				.proto = IPPROTO_UDP,
				.kind = IPSHARE_NAME};
	int r = 0;

	if (is_alone(c))
		return 0;
	if (many(c, ip_family(&st->ip)) > 1)
		r = claim(st, 0, &k, cl);
	/* two rows at most among those that are shown */
	for (int f = 0; f < IPSHARE_FAMILIES && !r; f++) {
		if (!(st->wild & BIT(f)) || !many(c, f))
			continue;
		if (use(st->cgroup))
			st->shown++;
		else
			r = ENOBUFS;
	}
	hear(st, st->port, true);
	return r ? r : enqueue(c, st);
}

/* --- datagrams
 * ---------------------------------------------------------------- */

/* A program that asks where datagrams went says where they come from. */
inl bool names_source(struct ipshare_sock *st, __u32 family)
{
	__u64 sk = *(volatile __u64 *)&st->sk, np = 0;
	__u16 bits = 0;

	if (family == AF_INET)
		return at_inet_flags &&
		       !bpf_probe_read_kernel(&bits, sizeof(bits),
					      (void *)(sk + at_inet_flags)) &&
		       (bits & INET_FLAG_PKTINFO);
	return at_pinet6 && at_rxopt &&
	       !bpf_probe_read_kernel(&np, sizeof(np),
				      (void *)(sk + at_pinet6)) &&
	       !bpf_probe_read_kernel(&bits, sizeof(bits),
				      (void *)(np + at_rxopt)) &&
	       (bits & RXOPT_INFO);
}

/*
 * The source of a datagram to an address of that family: what the kernel
 * takes from where the socket is bound stands for the wildcard.
 */
inl void open_source(const struct ipshare_row *c, struct ipshare_sock *st,
		     struct bpf_sock *sk, int family, struct ipshare_ip *from)
{
	if (!st || st->cgroup != c->cgroup || !st->based)
		return;
	if (ip_family(from) != family)
		ip_any(from, family);
	else if (ip_same(from, &st->ip) &&
		 (!names_source(st, sk->family) || !is_member(c->cgroup, from)))
		ip_any(from, family);
}

#endif
