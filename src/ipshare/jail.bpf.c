/*
 * jail.bpf: what the sockets of a jail with addresses of its own may do.
 *
 * Theory of operation.  These programs are on the jail's cgroup.  Every hook
 * finds the jail's row in the cgroup's storage; a socket in another network
 * namespace than the row's is nobody's business here.  Where the words below
 * say "its addresses", IPv4 and IPv6 each for itself may also be "inherit",
 * which is not restricted, or "disable", which has no sockets.
 *
 *	socket	    families and protocols that are not for jails are refused
 *	bind	    loopback is the first address, the wildcard of a jail with
 *		    one address is that address, foreign ones do not exist
 *	connect	    loopback and the wildcard are the first address; a socket
 *	sendmsg	    that has no source gets one, a foreign source is refused
 *	listen	    hidden listeners become known to sk_lookup
 *	getsockname hidden listeners say what their program asked for
 *	close	    what is noted of the socket goes
 *
 * Hidden listeners.  A TCP listener of the jail would conflict in the kernel's
 * table with whoever has the wildcard on its port outside, and with who binds
 * it later, which jails do not on FreeBSD.  So the socket is really bound to a
 * port of the kernel's choice.  The jail's port p is at the same real port for
 * all its sockets (row IPSHARE_PORT), so that what conflicts is for the kernel
 * to say, as always.  Connections reach it by lookup.bpf.c and have true
 * addresses and ports.  Not hidden: a socket without SO_REUSEADDR at a port
 * where nobody listens (it may be for a connection, which a hidden one cannot
 * make), unless the port is below 1024, where the host's own daemons are; port
 * 0; and wildcards that "inherit" one of their families.
 *
 * Wildcards of jails with several addresses, and those of both families, are
 * three things.  Hidden, when TCP's (above).  UDP's with a port are bound to
 * the jail's first address, IPv4's if they are of both families (what is bound
 * to an IPv6 address hears no IPv4), with SO_REUSEADDR, and say that they are
 * wildcards; what comes for the jail's other addresses lookup.bpf.c hands to
 * them, which knows them by show.bpf.c.  That they are bound stands for the
 * wildcard when they send, too (udp.bpf.h: open_source).  In the way of each
 * other are those of one jail, or at one address: rows IPSHARE_NAME,
 * IPSHARE_WILD and, of UDP, IPSHARE_PORT say so.
 *
 * The rest stay what they are: UDP's that have joined a group or asked for
 * SO_REUSEPORT or SO_BROADCAST, for who hears groups and broadcasts must be a
 * wildcard in the kernel's table, and what has no port yet.  At what port they
 *really are lookup.bpf.c keeps from them what is not for the jail (row
 *IPSHARE_REAL). They get no SO_REUSEADDR: otherwise they could take datagrams
 *from others' sockets.  UDP sockets with one address get it: then outside's
 *wildcards with it are none of their business; what conflicts among jails says
 *row IPSHARE_NAME.
 *
 * A wildcard in a jail with several addresses that has its port cannot be given
 * a source when it connects: no helper binds such a socket.  So sockets at
 * port 0, which clients' are, get the default route's source at once; TCP ones
 * that listen after all are then known at all addresses, as hidden ones are,
 * and say that they are wildcards.  UDP's at the first address connect from
 * there, within its family.  The others are refused (EADDRNOTAVAIL).
 *
 * What this stands on, seen on Linux 6.1 and 6.18.  bind hooks set SO_REUSEADDR
 * and look sockets up; connect hooks bind an address without a port, also
 * ::ffff:a.b.c.d; bpf_set_retval works in all hooks used here; the storage of a
 * cgroup with a plain number for key is one for all hooks; sockets have storage
 * in all of them; listeners put into a sockhash at BPF_SOCK_OPS_TCP_LISTEN_CB
 * are found by sk_lookup, have plain TCP sockets for children, and leave it by
 * themselves; UDP sockets are put there by programs where packets come in, and
 * by no others, leave it when they are closed, and are given packets of both
 * families if they are not IPV6_V6ONLY.  Not so: nobody is asked when a ping
 *socket is bound, when a UDP socket gets its port by sending, or when one gives
 *it up by disconnecting. IPV6_V6ONLY cannot be asked, so it is read from the
 *kernel's memory.
 *
 * Jails in jails.  A socket meets the programs of the innermost cgroup first.
 * Those keep the books of it (ipshare_sock.cgroup), the outer ones only look
 * at addresses.
 */
#include "ipshare/udp.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* --- socket
 * ------------------------------------------------------------------- */

SEC("cgroup/sock_create")
int cb_ip_create(struct bpf_sock *ctx)
{
	struct ipshare_row *c = ROW(ctx);
	__u8 mode;

	if (!c || refused())
		return YES;
	if (!c->cgroup)
		return refuse(EPERM);
	if (ctx->family != AF_INET && ctx->family != AF_INET6)
		return YES;
	mode = ctx->family == AF_INET ? c->mode[IPSHARE_V4]
				      : c->mode[IPSHARE_V6];
	if (mode == MODE_DISABLE)
		return refuse(EPROTONOSUPPORT);
	if (ctx->type == SOCK_STREAM && ctx->protocol == IPPROTO_TCP)
		return YES;
	if (ctx->type == SOCK_DGRAM && ctx->protocol == IPPROTO_UDP)
		return YES;
	if (ctx->type == SOCK_DGRAM &&
	    (ctx->protocol == IPPROTO_ICMP || ctx->protocol == IPPROTO_ICMPV6))
		return c->raw ? YES : refuse(EPERM);
	if (ctx->type != SOCK_STREAM && ctx->type != SOCK_DGRAM)
		return refuse(EPERM);
	return refuse(EPROTONOSUPPORT);
}

SEC("cgroup/sock_release")
int cb_ip_release(struct bpf_sock *ctx)
{
	struct ipshare_sock *st = bpf_sk_storage_get(&cb_ip_sock, ctx, 0, 0);
	struct ipshare_row *c;

	/* mostly: of a connection */
	if (!st)
		return YES;
	c = bpf_get_local_storage(&cb_ip_conf, 0);
	if (st->cgroup == c->cgroup)
		release(st, bpf_get_socket_cookie(ctx));
	return YES;
}

/* --- bind
 * --------------------------------------------------------------------- */

/* Another jail's, by that address and port; 0 or EADDRINUSE. */
__noinline int name_taken(const struct ipshare_row *c,
			  const struct ipshare_sock *st,
			  const struct ipshare_ip *ip, __u8 proto)
{
	struct ipshare_key k = {.proto = proto, .kind = IPSHARE_NAME};
	struct ipshare_port *rec;
	__u8 both;

	if (!c || !st || !ip)
		return EINVAL;
	k.scope = c->net;
	k.ip = *ip;
	k.port = st->port;
	rec = bpf_map_lookup_elem(&cb_ip_ports, &k);
	if (!rec)
		return 0;
	if (rec->cgroup != c->cgroup)
		return EADDRINUSE;
	if (proto != IPPROTO_UDP)
		return 0;
	both = rec->reuse & st->reuse;
	if ((both & REUSEADDR) ||
	    ((both & REUSEPORT) &&
	     rec->uid == (__u32)bpf_get_current_uid_gid()))
		return 0;
	return EADDRINUSE;
}

/*
 * Does anybody listen there, or on the wildcard?  Sockets of jails with that
 * address are known before this is asked, so it is the host's.
 */
__noinline int occupied(struct bpf_sock_addr *ctx,
			const struct ipshare_sock *st)
{
	struct bpf_sock_tuple t = {};
	struct bpf_sock *sk;

	if (!st)
		return 0;
	if (ip_is_v4(&st->ip)) {
		t.ipv4.daddr = st->ip.w[3];
		t.ipv4.dport = bpf_htons(st->port);
		sk = bpf_sk_lookup_tcp(ctx, &t, sizeof(t.ipv4),
				       BPF_F_CURRENT_NETNS, 0);
	} else {
		t.ipv6.daddr[0] = st->ip.w[0];
		t.ipv6.daddr[1] = st->ip.w[1];
		t.ipv6.daddr[2] = st->ip.w[2];
		t.ipv6.daddr[3] = st->ip.w[3];
		t.ipv6.dport = bpf_htons(st->port);
		sk = bpf_sk_lookup_tcp(ctx, &t, sizeof(t.ipv6),
				       BPF_F_CURRENT_NETNS, 0);
	}
	if (!sk)
		return 0;
	bpf_sk_release(sk);
	return 1;
}

/* Where a TCP socket goes: at its port, or hidden; 0 or an errno. */
__noinline int place_tcp(struct bpf_sock_addr *ctx, const struct ipshare_row *c,
			 struct ipshare_sock *st)
{
	struct ipshare_key k = {.proto = IPPROTO_TCP, .kind = IPSHARE_PORT};
	struct ipshare_port *rec;
	int r = 0;

	if (!c || !st)
		return EINVAL;
	if (!st->port)
		return 0;
	k.scope = c->cgroup;
	k.port = st->port;
	if (st->exact)
		r = name_taken(c, st, &st->ip, IPPROTO_TCP);
	if (!r && (st->wild & BIT(IPSHARE_V4)) && c->n[IPSHARE_V4] == 1)
		r = name_taken(c, st, &c->first[IPSHARE_V4], IPPROTO_TCP);
	if (!r && (st->wild & BIT(IPSHARE_V6)) && c->n[IPSHARE_V6] == 1)
		r = name_taken(c, st, &c->first[IPSHARE_V6], IPPROTO_TCP);
	if (r)
		return r;
	rec = bpf_map_lookup_elem(&cb_ip_ports, &k);
	if (rec) {
		st->want = rec->real;
		st->hidden = rec->real != st->port;
		return 0;
	}
	if (st->wild) {
		st->hidden = is_held(c, st->wild);
		return 0;
	}
	st->hidden = (st->reuse & REUSEADDR) || st->port < LOW_PORTS ||
		     occupied(ctx, st);
	return 0;
}

inl int place_udp(struct bpf_sock_addr *ctx, const struct ipshare_row *c,
		  struct ipshare_sock *st)
{
	int on = 1, off = 0, r = 0;

	if (st->wild && may_share(ctx->sk, c, st)) {
		r = place_shared(c, st);
		if (r)
			return r;
		st->forced = 1;
		bpf_setsockopt(ctx, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
		return 0;
	}
	if (st->wild) {
		st->forced = 1;
		/* users who are the host's could share a port with the host's
		 */
		if (!c->root)
			bpf_setsockopt(ctx, SOL_SOCKET, SO_REUSEPORT, &off,
				       sizeof(off));
		return bpf_setsockopt(ctx, SOL_SOCKET, SO_REUSEADDR, &off,
				      sizeof(off))
			       ? EADDRINUSE
			       : 0;
	}
	/* a port of the kernel's choice must be free without it */
	if (!st->exact || !st->port)
		return 0;
	r = name_taken(c, st, &st->ip, IPPROTO_UDP);
	if (!r && c->shares)
		r = wild_taken(c, st->port, st->exact - 1, IPSHARE_WILD);
	if (r)
		return r;
	st->forced = 1;
	bpf_setsockopt(ctx, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	return 0;
}

/* What the program itself has asked for, whatever has been set here. */
inl void note_flags(struct ipshare_sock *st, __u8 flags)
{
	__u8 addr = flags & FLAG_REUSE ? REUSEADDR : 0;

	if (st->forced)
		addr = st->reuse & REUSEADDR;
	st->reuse = addr | (flags & FLAG_REUSEPORT ? REUSEPORT : 0);
}

/*
 * family: of the address; six: it may be the wildcard of both.  ip and the
 * port in st are what was asked for; 0, FREE or an errno.
 */
inl int judge_bind(struct bpf_sock_addr *ctx, const struct ipshare_row *c,
		   struct ipshare_sock *st, int family, bool six)
{
	__u8 flags = flags_of(st);
	bool dual = six && ip_is_any(&st->ip) && !(flags & FLAG_V6ONLY);
	struct ipshare_ip any = st->ip;
	int r;

	st->hidden = st->wild = st->exact = st->lent = st->based = 0;
	st->want = 0;
	note_flags(st, flags);
	r = own_ip(c, family, &st->ip);
	if (r > 0 ||
	    (r == FREE && (!dual || c->mode[IPSHARE_V4] == MODE_INHERIT)))
		return r;
	if (dual) {
		st->wild = BOTH;
	} else if (!ip_is_any(&st->ip)) {
		st->exact = family + 1;
	} else if ((family == IPSHARE_V4 ? c->n[IPSHARE_V4]
					 : c->n[IPSHARE_V6]) == 1) {
		st->ip = family == IPSHARE_V4 ? c->first[IPSHARE_V4]
					      : c->first[IPSHARE_V6];
		st->exact = family + 1;
	} else if (ctx->protocol == IPPROTO_UDP && !st->port) {
		/* for a client, which could not choose its source later */
		source_for(c, family, &any, &st->ip);
		st->exact = family + 1;
	} else {
		st->wild = BIT(family);
	}
	/* not a dual one: bound to an address it would be for IPv6 alone */
	if (ctx->protocol == IPPROTO_TCP && !st->port && st->wild != BOTH &&
	    is_held(c, st->wild)) {
		st->lent = 1;
		source_for(c, family, &any, &st->ip);
	}
	return ctx->protocol == IPPROTO_TCP ? place_tcp(ctx, c, st)
					    : place_udp(ctx, c, st);
}

/* The jail around the one whose socket it is: addresses only. */
inl int judge_guest(const struct ipshare_row *c, int family,
		    struct ipshare_ip *ip)
{
	struct ipshare_ip was = *ip;
	int r = own_ip(c, family, ip);

	if (!r && !ip_same(&was, ip))
		return EADDRNOTAVAIL;
	return r;
}

inl int on_bind(struct bpf_sock_addr *ctx, struct ipshare_ip *ip, int family,
		bool six)
{
	struct ipshare_row *c = ROW(ctx);
	__u16 port = bpf_ntohs((__u16)ctx->user_port);
	struct bpf_sock *sk = ctx->sk;
	struct ipshare_sock *st;
	int r, answer = YES;

	if (!c || refused())
		return YES;
	if (!c->cgroup || !sk)
		return refuse(EPERM);
	if (ctx->protocol != IPPROTO_TCP && ctx->protocol != IPPROTO_UDP)
		return refuse(EPERM);
	/* bound already: as the kernel would say after this */
	if (sk->src_port)
		return refuse(EINVAL);
	st = book_of(&cb_ip_sock, sk, c->cgroup);
	if (!st)
		return refuse(ENOBUFS);
	if (st->cgroup != c->cgroup) {
		r = judge_guest(c, family, ip);
		return r > 0 ? refuse(r) : YES;
	}
	if (port && port < LOW_PORTS) {
		if (!c->low_ports || !is_root(c))
			return refuse(EACCES);
		answer = YES_NO_CAP;
	}
	release(st, bpf_get_socket_cookie(ctx));
	st->ip = *ip;
	st->port = port;
	r = judge_bind(ctx, c, st, family, six);
	if (r > 0)
		return refuse(r);
	if (r == FREE)
		return answer;
	*ip = st->ip;
	if (st->hidden)
		ctx->user_port = bpf_htons(st->want);
	return answer;
}

SEC("cgroup/bind4")
int cb_ip_bind4(struct bpf_sock_addr *ctx)
{
	struct ipshare_ip ip;
	int r;

	ip_v4(&ip, ctx->user_ip4);
	r = on_bind(ctx, &ip, IPSHARE_V4, false);
	ctx->user_ip4 = ip.w[3];
	return r;
}

SEC("cgroup/bind6")
int cb_ip_bind6(struct bpf_sock_addr *ctx)
{
	struct ipshare_ip ip;
	int family, r;

	READ_IP(&ip, ctx, struct bpf_sock_addr, user_ip6);
	family = ip_family(&ip);
	r = on_bind(ctx, &ip, family, family == IPSHARE_V6);
	ctx->user_ip6[0] = ip.w[0];
	ctx->user_ip6[1] = ip.w[1];
	ctx->user_ip6[2] = ip.w[2];
	ctx->user_ip6[3] = ip.w[3];
	return r;
}

/* --- after bind
 * --------------------------------------------------------------- */

inl int note_names(const struct ipshare_row *c, struct ipshare_sock *st,
		   struct ipshare_key *k, const struct claim *cl)
{
	int r = 0;

	k->port = st->port;
	if (st->exact) {
		k->scope = c->net;
		k->ip = st->ip;
		k->kind = IPSHARE_NAME;
		return claim(st, 1, k, cl);
	}
	if ((st->wild & BIT(IPSHARE_V4)) && c->n[IPSHARE_V4]) {
		wild_key(c, IPSHARE_V4, k);
		r = claim(st, 1, k, cl);
	}
	if (!r && (st->wild & BIT(IPSHARE_V6)) && c->n[IPSHARE_V6]) {
		wild_key(c, IPSHARE_V6, k);
		r = claim(st, 2, k, cl);
	}
	return r;
}

/* A port that the kernel has chosen may be one that a hidden listener has. */
inl bool is_name(const struct ipshare_row *c, const struct ipshare_ip *ip,
		 __u16 port)
{
	struct ipshare_key k = {.scope = c->net,
				.ip = *ip,
				.port = port,
				.proto = IPPROTO_TCP,
				.kind = IPSHARE_NAME};

	return port && bpf_map_lookup_elem(&cb_ip_ports, &k);
}

inl int note_bound(const struct ipshare_row *c, struct ipshare_sock *st,
		   bool tcp, struct claim *cl)
{
	struct ipshare_key k = {.scope = c->cgroup,
				.port = st->port,
				.proto = tcp ? IPPROTO_TCP : IPPROTO_UDP,
				.kind = IPSHARE_PORT};
	int r = 0;

	if (tcp && st->port)
		r = claim(st, 0, &k, cl);
	else if (tcp && (st->exact || st->lent) &&
		 is_name(c, &st->ip, cl->real))
		r = EADDRINUSE;
	if (!r && st->port && (st->exact || st->hidden || st->based))
		r = note_names(c, st, &k, cl);
	if (!r && st->based)
		return note_based(c, st, cl);
	if (!r && !tcp && st->exact && st->port && many(c, st->exact - 1) > 1) {
		k.scope = c->cgroup;
		ip_any(&k.ip, st->exact - 1);
		k.kind = IPSHARE_PORT;
		return claim(st, 0, &k, cl);
	}
	if (!r && !tcp && st->wild) {
		k.scope = c->net;
		ip_any(&k.ip, IPSHARE_V6);
		k.port = cl->real;
		k.kind = IPSHARE_REAL;
		cl->direct = 1;
		r = claim(st, 3, &k, cl);
		hear(st, cl->real, false);
	}
	return r;
}

/* It is bound, if this says yes: is it what was agreed to, and to be noted? */
inl int after_bind(struct bpf_sock *ctx, const struct ipshare_ip *ip)
{
	struct ipshare_row *c = ROW(ctx);
	struct ipshare_sock *st = bpf_sk_storage_get(&cb_ip_sock, ctx, 0, 0);
	struct claim cl = {.real = (__u16)ctx->src_port,
			   .cookie = bpf_get_socket_cookie(ctx),
			   .uid = (__u32)bpf_get_current_uid_gid()};
	__u16 want;
	int r;

	if (!c || refused() || !st || st->cgroup != c->cgroup)
		return YES;
	want = st->hidden ? st->want : st->port;
	/* another thread may have asked for something else in between */
	if ((want && want != cl.real) ||
	    ((st->exact || st->lent || st->based) && !ip_same(ip, &st->ip)) ||
	    (st->wild && !st->lent && !st->based && !ip_is_any(ip)))
		return refuse(EADDRINUSE);
	r = note_bound(c, st, ctx->protocol == IPPROTO_TCP, &cl);
	if (!r)
		return YES;
	release(st, cl.cookie);
	return refuse(r);
}

SEC("cgroup/post_bind4")
int cb_ip_bound4(struct bpf_sock *ctx)
{
	struct ipshare_ip ip;

	ip_v4(&ip, ctx->src_ip4);
	return after_bind(ctx, &ip);
}

SEC("cgroup/post_bind6")
int cb_ip_bound6(struct bpf_sock *ctx)
{
	struct ipshare_ip ip;

	READ_IP(&ip, ctx, struct bpf_sock, src_ip6);
	return after_bind(ctx, &ip);
}

/* --- options
 * ------------------------------------------------------------------ */

#define SOL_IPV6 41
#define IPV6_ADDRFORM 1

/*
 * The kernel forgets that such a socket is among those that are shown when its
 * family is changed, and would not take it out when it is closed.
 */
SEC("cgroup/setsockopt")
int cb_ip_option(struct bpf_sockopt *ctx)
{
	struct bpf_sock *sk = ctx->sk;
	struct ipshare_sock *st;

	if (ctx->level != SOL_IPV6 || ctx->optname != IPV6_ADDRFORM || !sk) {
		/* what the program has given stays: no copy of it is made */
		ctx->optlen = 0;
		return YES;
	}
	st = bpf_sk_storage_get(&cb_ip_sock, sk, 0, 0);
	return st && st->based ? NO : YES;
}

/* --- listen
 * ------------------------------------------------------------------- */

/* The listener, where lookup.bpf.c will look for it. */
inl void show(struct bpf_sock_ops *ctx, struct ipshare_sock *st,
	      struct ipshare_key k)
{
	if (k.kind == IPSHARE_WILD) {
		k.kind = IPSHARE_NAME;
	} else if (k.kind != IPSHARE_NAME) {
		return;
	}
	k.scope = st->cgroup;
	if (!use(st->cgroup))
		return;
	for (__u32 i = 0; i < IPSHARE_SLOTS; i++) {
		long r;

		k.slot = i;
		r = bpf_sock_hash_update(ctx, &cb_ip_listen, &k, BPF_NOEXIST);
		if (r == -EEXIST)
			continue;
		if (r)
			break;
		st->shown++;
		return;
	}
	unuse(st->cgroup, 1);
}

/* What was bound for a client listens: at all its addresses, then. */
inl void unlend(const struct ipshare_row *c, struct ipshare_sock *st,
		const struct claim *cl)
{
	struct ipshare_key k = {.proto = IPPROTO_TCP};

	if (st->hidden && st->port == cl->real)
		return;
	drop(st, 1, cl->cookie);
	drop(st, 2, cl->cookie);
	st->port = cl->real;
	st->hidden = 1;
	note_names(c, st, &k, cl);
}

inl void on_listen(struct bpf_sock_ops *ctx, const struct ipshare_row *c,
		   struct bpf_sock *sk)
{
	struct ipshare_sock *st = book_of(&cb_ip_sock, sk, c->cgroup);
	struct ipshare_key k = {.scope = c->net,
				.port = (__u16)ctx->local_port,
				.proto = IPPROTO_TCP,
				.kind = IPSHARE_REAL};
	struct claim cl = {.real = k.port,
			   .cookie = bpf_get_socket_cookie(ctx)};
	int on = 1;

	if (!st || st->cgroup != c->cgroup)
		return;
	if (st->lent)
		unlend(c, st, &cl);
	bound_ip(sk, &k.ip);
	if (ip_is_any(&k.ip)) {
		ip_any(&k.ip, IPSHARE_V6);
	} else if (!st->hidden) {
		/* so that it hears no more when the jail loses the address */
		k.kind = IPSHARE_NAME;
		if (st->held[1].port != k.port)
			drop(st, 1, cl.cookie);
		if (!st->held[1].kind)
			claim(st, 1, &k, &cl);
		return;
	}
	/* it may have listened before, at a port lost by disconnecting */
	drop(st, 3, cl.cookie);
	unuse(st->cgroup, st->shown);
	st->shown = 0;
	cl.direct = !st->hidden;
	claim(st, 3, &k, &cl);
	if (!st->hidden)
		return;
	show(ctx, st, st->held[1]);
	show(ctx, st, st->held[2]);
	/* connections are at its port; who binds that outside needs this */
	bpf_setsockopt(ctx, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
}

SEC("sockops")
int cb_ip_listens(struct bpf_sock_ops *ctx)
{
	struct ipshare_row *c;
	struct bpf_sock *sk;

	if (ctx->op != BPF_SOCK_OPS_TCP_LISTEN_CB)
		return YES;
	c = ROW(ctx);
	sk = ctx->sk;
	if (c && c->cgroup && sk)
		on_listen(ctx, c, sk);
	return YES;
}

/* --- connect
 * ------------------------------------------------------------------ */

/* A source for a socket that has none; a port comes later. */
inl int take_source(struct bpf_sock_addr *ctx, const struct ipshare_row *c,
		    int family, const struct ipshare_ip *to)
{
	struct sockaddr_in4 {
		__u16 family, port;
		__u32 ip;
		__u64 zero;
	} in4 = {.family = AF_INET};
	struct sockaddr_in6 {
		__u16 family, port;
		__u32 flow;
		struct ipshare_ip ip;
		__u32 scope;
	} in6 = {.family = AF_INET6};
	long r;

	source_for(c, family, to, &in6.ip);
	if (ctx->family == AF_INET) {
		in4.ip = in6.ip.w[3];
		r = bpf_bind(ctx, (void *)&in4, sizeof(in4));
	} else {
		r = bpf_bind(ctx, (void *)&in6, sizeof(in6));
	}
	return r ? EADDRNOTAVAIL : 0;
}

inl int on_connect(struct bpf_sock_addr *ctx, struct ipshare_ip *ip)
{
	struct ipshare_row *c = ROW(ctx);
	int family = ip_family(ip), r;
	struct bpf_sock *sk = ctx->sk;
	struct ipshare_sock *st;
	struct ipshare_ip own;

	if (!c || refused())
		return YES;
	if (!c->cgroup || !sk)
		return refuse(EPERM);
	r = remote_ip(c, family, ip);
	if (r > 0)
		return refuse(r);
	/* it cannot be given the port that it says it has */
	st = sk->src_port ? bpf_sk_storage_get(&cb_ip_sock, sk, 0, 0) : NULL;
	if (st && st->hidden)
		return refuse(EADDRINUSE);
	if (r == FREE)
		return YES;
	bound_ip(sk, &own);
	/* of both families, and bound to the other one's: no source either */
	if (!ip_is_any(&own) && ip_family(&own) == family)
		return is_member(c->cgroup, &own) ? YES : refuse(EADDRNOTAVAIL);
	if (sk->src_port)
		return refuse(EADDRNOTAVAIL);
	r = take_source(ctx, c, family, ip);
	return r ? refuse(r) : YES;
}

SEC("cgroup/connect4")
int cb_ip_connect4(struct bpf_sock_addr *ctx)
{
	struct ipshare_ip ip;
	int r;

	ip_v4(&ip, ctx->user_ip4);
	r = on_connect(ctx, &ip);
	ctx->user_ip4 = ip.w[3];
	return r;
}

SEC("cgroup/connect6")
int cb_ip_connect6(struct bpf_sock_addr *ctx)
{
	struct ipshare_ip ip;
	int r;

	READ_IP(&ip, ctx, struct bpf_sock_addr, user_ip6);
	r = on_connect(ctx, &ip);
	ctx->user_ip6[0] = ip.w[0];
	ctx->user_ip6[1] = ip.w[1];
	ctx->user_ip6[2] = ip.w[2];
	ctx->user_ip6[3] = ip.w[3];
	return r;
}

/* --- datagrams
 * ---------------------------------------------------------------- */

/* A UDP socket that got its port by sending hears everybody: note it. */
__noinline int note_sender(struct bpf_sock_addr *ctx,
			   const struct ipshare_row *c)
{
	struct ipshare_key k = {.proto = IPPROTO_UDP, .kind = IPSHARE_REAL};
	struct claim cl = {.direct = 1};
	struct bpf_sock *sk = ctx->sk;
	struct ipshare_sock *st;
	int r;

	if (!c || !sk || !sk->src_port)
		return 0;
	k.scope = c->net;
	k.port = cl.real = (__u16)sk->src_port;
	st = book_of(&cb_ip_sock, sk, c->cgroup);
	if (!st)
		return ENOBUFS;
	if (st->cgroup != c->cgroup ||
	    (st->held[3].kind == IPSHARE_REAL && st->held[3].port == k.port))
		return 0;
	cl.cookie = bpf_get_socket_cookie(ctx);
	release(st, cl.cookie);
	ip_any(&k.ip, IPSHARE_V6);
	st->based = 0;
	r = claim(st, 3, &k, &cl);
	hear(st, k.port, false);
	return r;
}

/*
 * What nearly every datagram is: not to loopback, from a socket that is bound
 * to the first address, or bound to none and noted already, whose source is
 * the first address in any case.  on_send() would say the same.
 */
inl bool is_plain(const struct ipshare_row *c, struct bpf_sock *sk, int family,
		  const struct ipshare_ip *to, const struct ipshare_ip *from)
{
	const struct ipshare_ip *first = family == IPSHARE_V4
						 ? &c->first[IPSHARE_V4]
						 : &c->first[IPSHARE_V6];
	struct ipshare_sock *st;
	struct ipshare_ip own;

	if ((family == IPSHARE_V4 ? c->mode[IPSHARE_V4]
				  : c->mode[IPSHARE_V6]) != MODE_NEW ||
	    READ32(sk, struct bpf_sock, family) !=
		    (family == IPSHARE_V4 ? AF_INET : AF_INET6))
		return false;
	if (!ip_same(to, first) &&
	    ((many(c, family) > 1 &&
	      (family == IPSHARE_V4
		       ? c->saddrsel[IPSHARE_V4]
		       : c->saddrsel[IPSHARE_V6]) != IPSHARE_FIRST) ||
	     ip_is_any(to) ||
	     (family == IPSHARE_V4 ? (to->w[3] & bpf_htonl(0xff000000)) ==
					     bpf_htonl(0x7f000000)
				   : ip_is_loopback(to))))
		return false;
	bound_ip(sk, &own);
	if (!ip_same(&own, from))
		return false;
	if (ip_same(&own, first))
		return true;
	if (!ip_is_any(&own))
		return false;
	st = bpf_sk_storage_get(&cb_ip_sock, sk, 0, 0);
	return st && st->cgroup == c->cgroup &&
	       st->held[3].kind == IPSHARE_REAL &&
	       st->held[3].port == (__u16)sk->src_port;
}

/* named: it says where it goes (to); from: the source, or the wildcard. */
inl int on_send(struct bpf_sock_addr *ctx, bool named, struct ipshare_ip *to,
		struct ipshare_ip *from)
{
	struct ipshare_row *c = ROW(ctx);
	int family = ip_family(to), noted, r;
	struct bpf_sock *sk = ctx->sk;
	struct ipshare_ip own;

	if (!c)
		return YES;
	if (!c->cgroup || !sk)
		return deny(EPERM);
	if (named && is_plain(c, sk, family, to, from)) {
		*from = family == IPSHARE_V4 ? c->first[IPSHARE_V4]
					     : c->first[IPSHARE_V6];
		return YES;
	}
	if (refused())
		return YES;
	/* first: what is refused below has a port all the same */
	bound_ip(sk, &own);
	noted = ip_is_any(&own) ? note_sender(ctx, c) : 0;
	r = named ? remote_ip(c, family, to) : 0;
	if (!r && c->shares && !ip_is_any(&own))
		open_source(c, bpf_sk_storage_get(&cb_ip_sock, sk, 0, 0), sk,
			    family, from);
	if (!r)
		r = own_ip(c, family, from);
	if (r > 0)
		return refuse(r);
	if (!r && ip_is_any(from))
		source_for(c, family, to, from);
	return noted > 0 ? refuse(noted) : YES;
}

SEC("cgroup/sendmsg4")
int cb_ip_send4(struct bpf_sock_addr *ctx)
{
	bool named = ctx->user_family != AF_UNSPEC || ctx->user_ip4;
	struct ipshare_ip to, from;
	int r;

	ip_v4(&to, ctx->user_ip4);
	ip_v4(&from, ctx->msg_src_ip4);
	r = on_send(ctx, named, &to, &from);
	ctx->user_ip4 = to.w[3];
	ctx->msg_src_ip4 = from.w[3];
	return r;
}

SEC("cgroup/sendmsg6")
int cb_ip_send6(struct bpf_sock_addr *ctx)
{
	bool named = ctx->user_family != AF_UNSPEC;
	struct ipshare_ip to, from;
	int r;

	READ_IP(&to, ctx, struct bpf_sock_addr, user_ip6);
	READ_IP(&from, ctx, struct bpf_sock_addr, msg_src_ip6);
	r = on_send(ctx, named, &to, &from);
	ctx->user_ip6[0] = to.w[0];
	ctx->user_ip6[1] = to.w[1];
	ctx->user_ip6[2] = to.w[2];
	ctx->user_ip6[3] = to.w[3];
	ctx->msg_src_ip6[0] = from.w[0];
	ctx->msg_src_ip6[1] = from.w[1];
	ctx->msg_src_ip6[2] = from.w[2];
	ctx->msg_src_ip6[3] = from.w[3];
	return r;
}

/* --- getsockname
 * -------------------------------------------------------------- */

inl void on_name(struct bpf_sock_addr *ctx, struct ipshare_ip *ip)
{
	struct ipshare_row *c = ROW(ctx);
	int family = ip_family(ip);
	struct bpf_sock *sk = ctx->sk;
	struct ipshare_sock *st;

	if (!c || !c->cgroup || !sk || !ctx->user_port)
		return;
	st = bpf_sk_storage_get(&cb_ip_sock, sk, 0, 0);
	if (st && st->cgroup == c->cgroup && st->hidden)
		ctx->user_port = bpf_htons(st->port);
	if (st && st->cgroup == c->cgroup && st->lent && !sk->dst_port) {
		ip_any(ip, family);
		return;
	}
	if (st && st->cgroup == c->cgroup && st->based && !sk->dst_port) {
		ip_any(ip,
		       st->wild & BIT(IPSHARE_V6) ? IPSHARE_V6 : IPSHARE_V4);
		return;
	}
	/* what got its port without bind: as if it were bound to the one */
	if (!ip_is_any(ip) || (st && st->wild) || sk->family == AF_INET6)
		return;
	if (family == IPSHARE_V4 && c->n[IPSHARE_V4] == 1)
		*ip = c->first[IPSHARE_V4];
}

SEC("cgroup/getsockname4")
int cb_ip_name4(struct bpf_sock_addr *ctx)
{
	struct ipshare_ip ip;

	ip_v4(&ip, ctx->user_ip4);
	on_name(ctx, &ip);
	ctx->user_ip4 = ip.w[3];
	return YES;
}

SEC("cgroup/getsockname6")
int cb_ip_name6(struct bpf_sock_addr *ctx)
{
	struct ipshare_ip ip;

	READ_IP(&ip, ctx, struct bpf_sock_addr, user_ip6);
	on_name(ctx, &ip);
	ctx->user_ip6[0] = ip.w[0];
	ctx->user_ip6[1] = ip.w[1];
	ctx->user_ip6[2] = ip.w[2];
	ctx->user_ip6[3] = ip.w[3];
	return YES;
}

/* --- ping
 * --------------------------------------------------------------------- */

/*
 * The kernel asks nobody when a ping socket is bound or sends, so what leaves
 * is looked at.  Only on jails with allow.raw_sockets.
 */
inl bool is_elsewhere(const struct ipshare_row *c, struct bpf_sock *sk)
{
	struct ipshare_sock *st = book_of(&cb_ip_sock, sk, c->cgroup);
	__u64 net = 0, cookie = 0, at;

	if (!st)
		return false;
	at = *(volatile __u64 *)&st->sk;
	return !bpf_probe_read_kernel(&net, sizeof(net),
				      (void *)(at + at_net)) &&
	       !bpf_probe_read_kernel(&cookie, sizeof(cookie),
				      (void *)(net + at_net_cookie)) &&
	       cookie != c->net;
}

SEC("cgroup_skb/egress")
int cb_ip_egress(struct __sk_buff *skb)
{
	struct ipshare_row *c = bpf_get_local_storage(&cb_ip_conf, 0);
	struct bpf_sock *sk = skb->sk;
	struct ipshare_ip from;
	__u32 v4;

	if (!sk)
		return YES;
	sk = bpf_sk_fullsock(sk);
	if (!sk ||
	    (sk->protocol != IPPROTO_ICMP && sk->protocol != IPPROTO_ICMPV6))
		return YES;
	if (is_elsewhere(c, sk))
		return YES;
	if (skb->protocol == bpf_htons(0x0800)) {
		if (bpf_skb_load_bytes(skb, 12, &v4, sizeof(v4)))
			return NO;
		ip_v4(&from, v4);
	} else if (bpf_skb_load_bytes(skb, 8, &from, sizeof(from))) {
		return NO;
	}
	return may_hear(c->cgroup, &from) ? YES : NO;
}
