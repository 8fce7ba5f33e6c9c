/*
 * lookup.bpf: which socket of a jail a packet is for, asked by the kernel when
 * no established connection has it.  One program for each network namespace,
 * which it cannot ask for: the namespace's cookie is put in before loading.
 */
#include "ipshare/maps.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

const volatile __u64 netns;

/* Whether a socket that the row is for is still there, and at that port. */
inl bool in_use(const struct ipshare_port *rec, __u16 port, bool udp)
{
	if (rec->more)
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
		if (!sk)
			continue;
		if (!sk->bound_dev_if ||
		    sk->bound_dev_if == ctx->ingress_ifindex)
			r = bpf_sk_assign(ctx, sk, 0);
		bpf_sk_release(sk);
		if (!r)
			return 1;
	}
	return 0;
}

/* 1 given, 0 nobody of the jail listens, -1 it may not. */
inl int named(struct bpf_sk_lookup *ctx, const struct ipshare_key *name)
{
	struct ipshare_port *rec = bpf_map_lookup_elem(&cb_ip_ports, name);
	struct ipshare_key k = *name;

	if (!rec)
		return 0;
	if (!may_hear(rec->cgroup, &name->ip))
		return -1;
	k.scope = rec->cgroup;
	return give(ctx, &k);
}

/* Hidden wildcards of jails that have several addresses, this one too. */
inl int owned(struct bpf_sk_lookup *ctx, const struct ipshare_key *name)
{
	struct ipshare_place at = {.net = netns, .ip = name->ip};
	struct ipshare_owners *o = bpf_map_lookup_elem(&cb_ip_owners, &at);
	struct ipshare_key k = *name;

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

/* Is this a real port that not everybody may reach? */
inl bool is_shut(const struct ipshare_key *real, const struct ipshare_ip *to)
{
	struct ipshare_port *rec = bpf_map_lookup_elem(&cb_ip_ports, real);

	if (!rec || (rec->direct && may_hear(rec->cgroup, to)))
		return false;
	return in_use(rec, real->port, real->proto == IPPROTO_UDP);
}

SEC("sk_lookup")
int cb_ip_lookup(struct bpf_sk_lookup *ctx)
{
	struct ipshare_key k = {.scope = netns, .kind = IPSHARE_NAME};
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
	if (k.proto == IPPROTO_TCP) {
		r = named(ctx, &k);
		if (!r)
			r = owned(ctx, &k);
		if (r)
			return r > 0 ? SK_PASS : SK_DROP;
		k.kind = IPSHARE_REAL;
		if (is_shut(&k, &to))
			return SK_DROP;
	}
	k.kind = IPSHARE_REAL;
	ip_any(&k.ip, IPSHARE_V6);
	return is_shut(&k, &to) ? SK_DROP : SK_PASS;
}
