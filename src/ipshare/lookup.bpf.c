/*
 * lookup.bpf: which socket of a jail a packet is for, asked by the kernel when
 * no established connection has it.  One program for each network namespace,
 * which it cannot ask for: the namespace's cookie is put in before loading.
 */
#include "ipshare/maps.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

const volatile __u64 netns;

/*
 * What was last let pass to a UDP port that is not everybody's, by the port's
 * remainder: an IPv4 address, the rest of the port, and the number that
 * changes with the port's sockets (hear() of rows.bpf.h).  In one word, so that
 * it is of one packet; for IPv6 there is no room.
 */
volatile __u64 passed[IPSHARE_HEARD];
#define PASSED_CHANGES 29
_Static_assert(16 - IPSHARE_HEARD_BITS + PASSED_CHANGES == 32, "passed");

/* For that port; the bound is checked where the kernel's verifier sees it. */
inl volatile __u64 *passed_at(__u32 port)
{
	asm volatile("" : "+r"(port));
	return &passed[port % IPSHARE_HEARD];
}

/* Whether a socket that the row is for is still there, and at that port. */
__noinline int in_use(const struct ipshare_port *rec, __u16 port, bool udp)
{
	if (!rec || rec->more)
		return true;
	for (int i = 0; i < IPSHARE_HOLDERS; i++) {
		__u64 sk = rec->holder[i].sk, cookie = 0;
		__u32 saddr = 0;
		__u16 num = 0;

		if (!rec->holder[i].cookie || !sk)
			continue;
		if (bpf_probe_read_kernel(&cookie, sizeof(cookie),
					  (void *)(sk + at_cookie)) ||
		    cookie != rec->holder[i].cookie ||
		    bpf_probe_read_kernel(&num, sizeof(num),
					  (void *)(sk + AT_NUM)) ||
		    num != port)
			continue;
		/* one that is connected is nobody's wildcard any more */
		if (udp &&
		    (bpf_probe_read_kernel(&saddr, sizeof(saddr),
					   (void *)(sk + AT_RCV_SADDR)) ||
		     saddr))
			continue;
		return true;
	}
	return false;
}

/* A listener of the jail at that address and port, and the packet given it. */
__noinline int give(struct bpf_sk_lookup *ctx, const struct ipshare_key *key)
{
	struct ipshare_key k;

	if (!key)
		return 0;
	/* Linux 6.1 takes keys from the stack only */
	k = *key;
	for (__u32 i = 0; i < IPSHARE_SLOTS; i++) {
		struct bpf_sock *sk;
		long r = -1;

		k.slot = i;
		sk = bpf_map_lookup_elem(&cb_ip_listen, &k);
		/* of UDP there is one: a socket that is bound may be no more */
		if (!sk && k.proto == IPPROTO_UDP)
			break;
		if (!sk)
			continue;
		if ((!sk->bound_dev_if ||
		     sk->bound_dev_if == ctx->ingress_ifindex) &&
		    (k.proto == IPPROTO_TCP || sk->src_port == k.port))
			r = bpf_sk_assign(ctx, sk, 0);
		bpf_sk_release(sk);
		if (!r)
			return 1;
		if (k.proto == IPPROTO_UDP)
			break;
	}
	return 0;
}

/* 1 given, 0 nobody of the jail listens, -1 it may not. */
inl int named(struct bpf_sk_lookup *ctx, const struct ipshare_key *name,
	      bool lost)
{
	struct ipshare_port *rec = bpf_map_lookup_elem(&cb_ip_ports, name);
	struct ipshare_key k = *name;

	if (!rec)
		return 0;
	/* only what a jail has can be such a row's, or had */
	if (lost && !may_hear(rec->cgroup, &name->ip))
		return -1;
	k.scope = rec->cgroup;
	return give(ctx, &k);
}

/* Hidden wildcards of jails that have several addresses, this one too. */
__noinline int owned(struct bpf_sk_lookup *ctx, const struct ipshare_key *name)
{
	struct ipshare_place at = {.net = netns};
	struct ipshare_owners *o;
	struct ipshare_key k;

	if (!name)
		return 0;
	at.ip = name->ip;
	k = *name;
	o = bpf_map_lookup_elem(&cb_ip_owners, &at);
	if (!o)
		return 0;
	ip_any(&k.ip, ip_family(&name->ip));
	for (int i = 0; i < IPSHARE_OWNERS; i++) {
		k.scope = o->cgroup[i];
		if (!k.scope)
			continue;
		k.kind = IPSHARE_WILD;
		k.slot = 0;
		if (!bpf_map_lookup_elem(&cb_ip_ports, &k))
			continue;
		k.kind = IPSHARE_NAME;
		if (is_member(k.scope, &name->ip) && give(ctx, &k) == 1)
			return 1;
	}
	return 0;
}

/* A real port that not everybody may reach: 0 it is none. */
#define SHUT 1
#define OPEN 2 /* and the jail at that address may */
__noinline int is_shut(const struct ipshare_key *real,
		       const struct ipshare_ip *to)
{
	struct ipshare_port *rec;
	struct ipshare_key k;

	if (!real || !to)
		return 0;
	k = *real;
	rec = bpf_map_lookup_elem(&cb_ip_ports, &k);
	if (!rec)
		return 0;
	if (rec->direct && may_hear(rec->cgroup, to))
		return OPEN;
	return in_use(rec, k.port, k.proto == IPPROTO_UDP) ? SHUT : 0;
}

/*
 * A UDP wildcard of a jail, unless a socket is bound to the very address: 1
 * given, 0 not, -1 who is bound to it has lost it.  *open: it is the wildcard
 * that is bound there.
 */
inl int shared(struct bpf_sk_lookup *ctx, const struct ipshare_key *name,
	       bool lost, bool *open)
{
	struct ipshare_port *rec = bpf_map_lookup_elem(&cb_ip_ports, name);
	struct ipshare_key k = *name;

	if (!rec)
		return owned(ctx, name);
	if (rec->direct && !lost) {
		*open = rec->direct == IPSHARE_BASE;
		return 0;
	}
	if (!may_hear(rec->cgroup, &name->ip))
		return rec->direct ? -1 : 0;
	if (rec->direct)
		return 0;
	k.scope = rec->cgroup;
	return give(ctx, &k);
}

/*
 * Mostly there is nothing to look for at a port, or the packet is like the one
 * before it, which must cost nothing.
 */
inl int lookup_udp(struct bpf_sk_lookup *ctx, struct ipshare_key *k, bool lost)
{
	__u32 at = k->port % IPSHARE_HEARD;
	__u64 *counts = bpf_map_lookup_elem(&cb_ip_heard, &at), heard, mark;
	struct ipshare_ip to = k->ip;
	bool open = false;
	int r = 0;

	if (!counts)
		return SK_PASS;
	/* before all rows: what comes of them holds for this number */
	heard = *(volatile __u64 *)counts;
	if (!((__u32)heard | lost))
		return SK_PASS;
	mark = (__u64)to.w[3] << 32 |
	       (__u64)(k->port >> IPSHARE_HEARD_BITS) << PASSED_CHANGES |
	       ((heard >> 32) & ((1U << PASSED_CHANGES) - 1));
	if (!lost && ip_is_v4(&to) && *passed_at(k->port) == mark)
		return SK_PASS;
	if ((heard & (IPSHARE_HEARD_WILD - 1)) || lost)
		r = shared(ctx, k, lost, &open);
	if (r)
		return r > 0 ? SK_PASS : SK_DROP;
	if ((__u32)heard >= IPSHARE_HEARD_WILD) {
		k->kind = IPSHARE_REAL;
		ip_any(&k->ip, IPSHARE_V6);
		r = is_shut(k, &to);
		if (r == SHUT)
			return SK_DROP;
		open |= r == OPEN;
	}
	if (open && !lost && ip_is_v4(&to))
		*passed_at(k->port) = mark;
	return SK_PASS;
}

SEC("sk_lookup")
int cb_ip_lookup(struct bpf_sk_lookup *ctx)
{
	struct ipshare_key k = {.scope = netns, .kind = IPSHARE_NAME};
	__u32 zero = 0, *l = bpf_map_lookup_elem(&cb_ip_lost, &zero);
	bool lost = !l || *l;
	struct ipshare_ip to;
	int r;

	if (ctx->family == AF_INET) {
		ip_v4(&to, READ32(ctx, struct bpf_sk_lookup, local_ip4));
	} else {
		READ_IP(&to, ctx, struct bpf_sk_lookup, local_ip6);
	}
	k.ip = to;
	k.port = (__u16)ctx->local_port;
	k.proto = (__u8)ctx->protocol;
	if (k.proto != IPPROTO_TCP)
		return lookup_udp(ctx, &k, lost);
	r = named(ctx, &k, lost);
	if (!r)
		r = owned(ctx, &k);
	if (r)
		return r > 0 ? SK_PASS : SK_DROP;
	k.kind = IPSHARE_REAL;
	if (is_shut(&k, &to) == SHUT)
		return SK_DROP;
	ip_any(&k.ip, IPSHARE_V6);
	return is_shut(&k, &to) == SHUT ? SK_DROP : SK_PASS;
}
