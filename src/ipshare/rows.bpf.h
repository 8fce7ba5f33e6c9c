/*
 * rows: what the programs on a jail's cgroup share: the jail's row, the rows
 * of its ports, what is known of a socket, and the judgement of addresses.
 *
 * Functions that are not inlined are verified by the kernel by themselves,
 * once: so that loading takes a fifth of the time.
 */
#ifndef CB_IPSHARE_ROWS_BPF_H
#define CB_IPSHARE_ROWS_BPF_H

#include "ipshare/maps.bpf.h"

#include <asm-generic/errno.h>

#define LOW_PORTS 1024
/* what a hook for addresses answers: no, yes, yes without a capability */
#define NO 0
#define YES 1
#define YES_NO_CAP 3
#define REUSEADDR 1
#define REUSEPORT 2

struct {
	__uint(type, BPF_MAP_TYPE_CGROUP_STORAGE);
	__type(key, __u64);
	__type(value, struct ipshare_row);
} cb_ip_conf SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct ipshare_sock);
} cb_ip_sock SEC(".maps");

inl int refuse(int code)
{
	bpf_set_retval(-code);
	return NO;
}

/* The same, unless programs of jails within this one have refused already. */
inl int deny(int code)
{
	return bpf_get_retval() < 0 ? YES : refuse(code);
}

/* The jail's row; NULL: the socket is not of the jail's network stack. */
#define ROW(ctx)                                                               \
	({                                                                     \
		struct ipshare_row *r_ =                                       \
			bpf_get_local_storage(&cb_ip_conf, 0);                 \
		__u64 net_ = bpf_get_netns_cookie(ctx);                        \
		r_->net && r_->net != net_ ? NULL : r_;                        \
	})

/* Programs of jails within this one have refused already. */
inl bool refused(void)
{
	return bpf_get_retval() < 0;
}

/* --- rows of ports
 * ------------------------------------------------------------ */

inl void holder_add(struct ipshare_port *rec, __u64 sk, __u64 cookie)
{
	for (int i = 0; i < IPSHARE_HOLDERS; i++)
		if (!__sync_val_compare_and_swap(&rec->holder[i].cookie, 0,
						 cookie)) {
			rec->holder[i].sk = sk;
			return;
		}
	rec->more = 1;
}

inl void holder_drop(struct ipshare_port *rec, __u64 cookie)
{
	for (int i = 0; i < IPSHARE_HOLDERS; i++)
		if (rec->holder[i].cookie == cookie)
			rec->holder[i].cookie = 0;
}

/* One more socket at a row that is there; false when it is going. */
inl bool port_ref(struct ipshare_port *rec)
{
	for (int i = 0; i < 8; i++) {
		__u32 n = rec->refs;

		if (!n)
			return false;
		if (__sync_val_compare_and_swap(&rec->refs, n, n + 1) == n)
			return true;
	}
	return false;
}

/* One row more of the jail's; false when it has too many. */
inl bool use(__u64 cgroup)
{
	struct ipshare_used *u = bpf_map_lookup_elem(&cb_ip_used, &cgroup);

	if (!u)
		return false;
	/* below 0: sockets that are older than the number */
	if (__sync_fetch_and_add(&u->rows, 1) < IPSHARE_ROWS)
		return true;
	__sync_fetch_and_add(&u->rows, -1);
	return false;
}

inl void unuse(__u64 cgroup, __u32 rows)
{
	struct ipshare_used *u = bpf_map_lookup_elem(&cb_ip_used, &cgroup);

	if (u)
		__sync_fetch_and_add(&u->rows, -rows);
}

/*
 * A UDP socket at that port makes lookup.bpf.c look; and does no more.  When
 * this is said its rows are there, and when that is said they are gone: what
 * lookup.bpf.c knows of a port holds until the number changes.
 */
inl void hear(struct ipshare_sock *st, __u16 port, bool based)
{
	__u32 at = port % IPSHARE_HEARD;
	__u64 *n = bpf_map_lookup_elem(&cb_ip_heard, &at);

	if (!n || st->heard)
		return;
	st->heard = port;
	st->counted = based;
	__sync_fetch_and_add(
		n, IPSHARE_HEARD_CHANGE +
			   (based ? IPSHARE_HEARD_BASED : IPSHARE_HEARD_WILD));
}

inl void unhear(struct ipshare_sock *st)
{
	__u32 at = st->heard % IPSHARE_HEARD;
	__u64 *n = bpf_map_lookup_elem(&cb_ip_heard, &at);

	if (!n || !st->heard)
		return;
	st->heard = 0;
	__sync_fetch_and_add(n, IPSHARE_HEARD_CHANGE -
					(st->counted ? IPSHARE_HEARD_BASED
						     : IPSHARE_HEARD_WILD));
}

/* What holds for a row that is to be made or shared. */
struct claim {
	__u64 cookie;
	__u32 uid;
	__u16 real;
	__u8 direct;
};

/* The socket is one of those that the row is for; 0 or an errno. */
__noinline int claim(struct ipshare_sock *st, __u32 n,
		     const struct ipshare_key *key, const struct claim *c)
{
	struct ipshare_port fresh = {.refs = 1};
	struct ipshare_port *rec;
	struct ipshare_key k;

	if (!st || !key || !c || n >= 4)
		return EINVAL;
	/* Linux 6.1 takes keys from the stack only */
	k = *key;
	fresh.cgroup = st->cgroup;
	fresh.uid = c->uid;
	fresh.real = c->real;
	fresh.reuse = st->reuse;
	fresh.direct = c->direct;
	if (k.kind == IPSHARE_NAME && k.proto == IPPROTO_UDP)
		fresh.direct = !ip_same(&k.ip, &st->ip) ? 0
			       : st->based		? IPSHARE_BASE
							: 1;
	if (k.kind == IPSHARE_REAL) {
		fresh.holder[0].cookie = c->cookie;
		fresh.holder[0].sk = st->sk;
	}
	if (!use(st->cgroup))
		return ENOBUFS;
	if (bpf_map_update_elem(&cb_ip_ports, &k, &fresh, BPF_NOEXIST)) {
		unuse(st->cgroup, 1);
		rec = bpf_map_lookup_elem(&cb_ip_ports, &k);
		if (!rec)
			return ENOBUFS;
		if (rec->cgroup != st->cgroup ||
		    (k.kind == IPSHARE_PORT && rec->real != c->real) ||
		    !port_ref(rec))
			return EADDRINUSE;
		rec->reuse &= st->reuse;
		if (k.kind == IPSHARE_REAL)
			holder_add(rec, st->sk, c->cookie);
	}
	st->held[n] = k;
	return 0;
}

/* One of the rows that the socket is one of. */
inl void drop(struct ipshare_sock *st, int i, __u64 cookie)
{
	struct ipshare_key key = st->held[i];
	struct ipshare_port *rec;

	if (key.kind == IPSHARE_NONE)
		return;
	st->held[i].kind = IPSHARE_NONE;
	rec = bpf_map_lookup_elem(&cb_ip_ports, &key);
	if (!rec || rec->cgroup != st->cgroup)
		return;
	holder_drop(rec, cookie);
	if (__sync_fetch_and_add(&rec->refs, -1) == 1) {
		bpf_map_delete_elem(&cb_ip_ports, &key);
		unuse(st->cgroup, 1);
	}
}

/* All of them. */
__noinline int release(struct ipshare_sock *st, __u64 cookie)
{
	if (!st)
		return 0;
	unuse(st->cgroup, st->shown);
	st->shown = 0;
	for (int i = 0; i < 4; i++)
		drop(st, i, cookie);
	unhear(st);
	return 0;
}

/* --- addresses
 * ---------------------------------------------------------------- */

/* The interface's address of the jail for that destination, or its first. */
__noinline int source_for(const struct ipshare_row *c, int family,
			  const struct ipshare_ip *to, struct ipshare_ip *ret)
{
	struct ipshare_prefix p;
	struct ipshare_source s;
	struct ipshare_route *route;
	struct ipshare_ip *ip;
	__u8 sel;
	__u32 n;

	/* the verifier takes this function by itself */
	if (!c || !to || !ret)
		return 0;
	n = family == IPSHARE_V4 ? c->n[IPSHARE_V4] : c->n[IPSHARE_V6];
	sel = family == IPSHARE_V4 ? c->saddrsel[IPSHARE_V4]
				   : c->saddrsel[IPSHARE_V6];
	*ret = family == IPSHARE_V4 ? c->first[IPSHARE_V4]
				    : c->first[IPSHARE_V6];
	if (n < 2 || sel == IPSHARE_FIRST || ip_same(to, ret))
		return 0;
	if (is_member(c->cgroup, to)) {
		*ret = *to;
		return 0;
	}
	if (sel == IPSHARE_ONE_LINK)
		return 0;
	p.bits = 8 * (sizeof(p) - sizeof(p.bits));
	p.net[0] = (__u32)c->net;
	p.net[1] = (__u32)(c->net >> 32);
	p.ip = *to;
	route = bpf_map_lookup_elem(&cb_ip_routes, &p);
	if (!route)
		return 0;
	s.cgroup = c->cgroup;
	s.ifindex = route->ifindex;
	s.family = (__u32)family;
	ip = bpf_map_lookup_elem(&cb_ip_sources, &s);
	if (!ip)
		return 0;
	*ret = *ip;
	return 1;
}

#define FREE (-1) /* whatever it is: not restricted */

/*
 * An address that is to be the socket's own, which may become another.
 * 0, FREE, or an errno; a wildcard is for the caller to see to.
 */
__noinline int own_ip(const struct ipshare_row *c, int family,
		      struct ipshare_ip *ip)
{
	__u8 mode;

	if (!c || !ip)
		return EINVAL;
	mode = family == IPSHARE_V4 ? c->mode[IPSHARE_V4] : c->mode[IPSHARE_V6];
	if (mode == MODE_INHERIT)
		return FREE;
	if (mode == MODE_DISABLE)
		return EAFNOSUPPORT;
	/* the first is asked about with each datagram */
	if (ip_is_any(ip) ||
	    ip_same(ip, family == IPSHARE_V4 ? &c->first[IPSHARE_V4]
					     : &c->first[IPSHARE_V6]) ||
	    is_member(c->cgroup, ip))
		return 0;
	if (!ip_is_loopback(ip))
		return EADDRNOTAVAIL;
	*ip = family == IPSHARE_V4 ? c->first[IPSHARE_V4]
				   : c->first[IPSHARE_V6];
	return 0;
}

/*
 * Where a connection or a datagram goes.  All of 127/8 is the machine's own on
 * Linux; what is nobody's address there is not for jails.
 */
__noinline int remote_ip(const struct ipshare_row *c, int family,
			 struct ipshare_ip *ip)
{
	struct ipshare_place at = {};
	__u8 mode;

	if (!c || !ip)
		return EINVAL;
	at.net = c->net;
	mode = family == IPSHARE_V4 ? c->mode[IPSHARE_V4] : c->mode[IPSHARE_V6];
	if (mode == MODE_INHERIT)
		return FREE;
	if (mode == MODE_DISABLE)
		return EAFNOSUPPORT;
	if (ip_is_any(ip)) {
		*ip = family == IPSHARE_V4 ? c->first[IPSHARE_V4]
					   : c->first[IPSHARE_V6];
		return 0;
	}
	if (family == IPSHARE_V4 ? (ip->w[3] & bpf_htonl(0xff000000)) !=
					   bpf_htonl(0x7f000000)
				 : !ip_is_loopback(ip))
		return 0;
	if (is_member(c->cgroup, ip))
		return 0;
	if (ip_is_loopback(ip)) {
		*ip = family == IPSHARE_V4 ? c->first[IPSHARE_V4]
					   : c->first[IPSHARE_V6];
		return 0;
	}
	at.ip = *ip;
	return bpf_map_lookup_elem(&cb_ip_owners, &at) ? 0 : ENETUNREACH;
}

/* What a socket is bound to. */
inl void bound_ip(struct bpf_sock *sk, struct ipshare_ip *ip)
{
	if (sk->family == AF_INET) {
		ip_v4(ip, READ32(sk, struct bpf_sock, src_ip4));
		return;
	}
	READ_IP(ip, sk, struct bpf_sock, src_ip6);
}

/* The books of a socket, begun if need be; the number of its struct sock. */
inl struct ipshare_sock *book_of(void *map, struct bpf_sock *sk, __u64 cgroup)
{
	struct ipshare_sock *st =
		bpf_sk_storage_get(map, sk, 0, BPF_SK_STORAGE_GET_F_CREATE);

	if (!st)
		return NULL;
	if (!st->cgroup)
		st->cgroup = cgroup;
	*(volatile __u64 *)&st->sk = (__u64)sk;
	return st;
}

inl __u8 flags_of(struct ipshare_sock *st)
{
	/* read back: the verifier then takes it for a number */
	__u64 sk = *(volatile __u64 *)&st->sk;
	__u8 flags = 0;

	bpf_probe_read_kernel(&flags, sizeof(flags), (void *)(sk + at_flags));
	return flags;
}

inl bool is_root(const struct ipshare_row *c)
{
	return (__u32)bpf_get_current_uid_gid() == c->root;
}

#endif
