/*
 * nat: network address translation, as libalias(3) does it (node_nat.c).
 *
 * A packet is looked at (nat_parse), its link found or made, and one address
 * and port of it changed: of what leaves the source, of what comes in the
 * destination.  Checksums are changed by the difference, so it does not matter
 * whether the kernel has put them off.  Later fragments have no ports: of what
 * leaves they get the aliasing address, of what comes in that which the first
 * one got.  Of an ICMP error the packet that it quotes is what is translated,
 * and the way back of that link says what becomes of the error.
 *
 * What is void is not deleted here, but written over, or collected by the
 * broker.
 */
#ifndef CB_NETGRAPH_NAT_BPF_H
#define CB_NETGRAPH_NAT_BPF_H

#include "netgraph/bpf/walk.bpf.h"
#include "netgraph/nat_data.h"

#define NAT_ICMP 1
#define NAT_TCP 6
#define NAT_UDP 17
#define NAT_TRIES 20
#define NAT_NSEC 1000000000ull

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, NGD_NAT_LINKS);
	__type(key, struct ngd_nat_key);
	__type(value, struct ngd_nat_link);
} cb_ng_nat SEC(".maps");

/* One packet; a place a CPU, used from nat_begin() to the end of ng_nat(),
 * where nothing is sent. */
struct nat {
	/* the node */
	__u32 node, gen, flags, alias, target;
	__u32 in;
	/* the packet */
	__u32 at, l4, end; /* the IP header, what follows, the end */
	__u32 near, far;
	__u16 near_port, far_port;
	__u32 to; /* what near becomes */
	__u16 to_port;
	__u16 id;
	__u8 proto, tcp, fragment, error;
	__u32 near_at, port_at; /* where they are; port_at 0: nowhere */
	/* being searched for: a rule, a port */
	__u32 kind, found, score;
	__u32 local, outside; /* the link that is being made */
	__u16 local_port, outside_port;
	__u32 any, done;
	struct ngd_nat_rule rule;
	struct ngd_nat_key key, mate;
	struct ngd_nat_link link;
};
enum {
	NAT_WHOLE,
	NAT_FIRST, /* fragment */
	NAT_LATER,
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct nat);
} cb_ng_nat_here SEC(".maps");

/* Until they are wanted, and on a kernel that does not take them, these
 * functions are empty (dp_load.c). */
const volatile bool cb_ng_no_nat;

inl struct nat *nat_here(void)
{
	__u32 zero = 0;

	if (cb_ng_no_nat)
		return NULL;
	return bpf_map_lookup_elem(&cb_ng_nat_here, &zero);
}

enum {
	NAT_GO_ON,
	NAT_AS_IT_IS,
	NAT_REFUSED,
};

/* --- the packet --------------------------------------------------------- */

struct nat_ip {
	__u8 vihl, tos;
	__u16 len, id, off;
	__u8 ttl, proto;
	__u16 sum;
	__u32 src, dst;
};

/* Ports, or the identifier of an ICMP message, from l4 on. */
NGW_GLOBAL int nat_ports(struct __sk_buff *skb)
{
	struct nat *s = nat_here();
	__u32 need, left;
	__u16 p[4];
	__u8 b[20];

	if (!s || s->end < s->l4)
		return NAT_REFUSED;
	left = s->end - s->l4;
	need = s->proto == NAT_TCP ? 20 : 8;
	if (s->proto != NAT_TCP && s->proto != NAT_UDP && s->proto != NAT_ICMP)
		return NAT_GO_ON;
	if (left < need || bpf_skb_load_bytes(skb, s->l4, p, sizeof(p)))
		return NAT_REFUSED;
	if (s->proto == NAT_ICMP) {
		__u32 type = bpf_ntohs(p[0]) >> 8;

		if (type == 3 || type == 4 || type == 11 || type == 12) {
			s->error = 1;
			return NAT_GO_ON;
		}
		if ((type != 0 && type != 8 && type != 13 && type != 14) ||
		    bpf_ntohs(p[0]) & 0xff)
			return NAT_AS_IT_IS;
		s->near_port = p[2];
		s->port_at = s->l4 + 4;
		return NAT_GO_ON;
	}
	if (s->proto == NAT_TCP) {
		if (bpf_skb_load_bytes(skb, s->l4, b, sizeof(b)))
			return NAT_REFUSED;
		s->tcp = b[13];
	}
	s->near_port = s->in ? p[1] : p[0];
	s->far_port = s->in ? p[0] : p[1];
	s->port_at = s->in ? s->l4 + 2 : s->l4;
	return NAT_GO_ON;
}

NGW_GLOBAL int nat_parse(struct __sk_buff *skb, __u32 len)
{
	struct nat *s = nat_here();
	struct nat_ip ip;
	__u32 off, size;

	if (!s || bpf_skb_load_bytes(skb, s->at, &ip, sizeof(ip)))
		return NAT_AS_IT_IS;
	size = (ip.vihl & 15u) * 4;
	off = bpf_ntohs(ip.off);
	s->end = s->at + bpf_ntohs(ip.len);
	s->l4 = s->at + size;
	if (ip.vihl >> 4 != 4)
		return NAT_AS_IT_IS;
	if (size < 20 || s->l4 > s->end || s->end > len)
		return NAT_REFUSED;
	s->near = s->in ? ip.dst : ip.src;
	s->far = s->in ? ip.src : ip.dst;
	s->near_at = s->at + (s->in ? 16 : 12);
	s->proto = ip.proto;
	s->id = ip.id;
	if (off & 0x1fff)
		s->fragment = NAT_LATER;
	else
		s->fragment = off & 0x2000 ? NAT_FIRST : NAT_WHOLE;
	return NAT_GO_ON;
}

/* --- links -------------------------------------------------------------- */

inl void nat_key(struct ngd_nat_key *k, const struct nat *s, __u32 in,
		 __u32 near, __u16 near_port)
{
	k->node = s->node;
	k->near = near;
	k->far = s->far;
	k->near_port = near_port;
	k->far_port = s->far_port;
	k->proto = s->proto;
	k->in = (__u8)in;
	k->fragment = 0;
}

inl bool nat_alive(const struct nat *s, const struct ngd_nat_link *l)
{
	__u64 now = bpf_ktime_get_ns(), seen = l->seen;

	return l->gen == s->gen &&
	       (now <= seen || now - seen < l->life * NAT_NSEC);
}

/* The link that has entry k of what comes in is used by somebody. */
inl bool nat_taken(struct nat *s, const struct ngd_nat_link *l)
{
	struct ngd_nat_link *out;

	if (l->gen != s->gen)
		return false;
	nat_key(&s->mate, s, 0, l->addr, l->port);
	out = bpf_map_lookup_elem(&cb_ng_nat, &s->mate);
	return out && nat_alive(s, out) && out->addr == s->key.near &&
	       out->port == s->key.near_port;
}

/* A packet of this connection, in this direction. */
inl void nat_tcp(const struct nat *s, struct ngd_nat_link *out)
{
	__u8 f = s->tcp, is, other;

	if (s->proto != NAT_TCP || !f)
		return;
	is = s->in ? out->tcp[1] : out->tcp[0];
	other = s->in ? out->tcp[0] : out->tcp[1];
	if (is == NGD_NAT_TCP_NONE && f & 0x04)
		is = NGD_NAT_TCP_CLOSED;
	else if (is == NGD_NAT_TCP_NONE && f & 0x02)
		is = NGD_NAT_TCP_OPEN;
	else if (is == NGD_NAT_TCP_OPEN && f & 0x05)
		is = NGD_NAT_TCP_CLOSED;
	else
		return;
	if (s->in)
		out->tcp[1] = is;
	else
		out->tcp[0] = is;
	if (is == NGD_NAT_TCP_CLOSED)
		out->life = other == NGD_NAT_TCP_OPEN ? NGD_NAT_LIFE_HALF
						      : NGD_NAT_LIFE_CLOSED;
	else if (other == NGD_NAT_TCP_OPEN)
		out->life = NGD_NAT_LIFE_OPEN;
}

/* 1: what near becomes is known. */
NGW_GLOBAL int nat_find(void)
{
	struct nat *s = nat_here();
	struct ngd_nat_link *l, *m, *out;
	__u64 now;

	if (!s)
		return 0;
	nat_key(&s->key, s, s->in, s->near, s->near_port);
	l = bpf_map_lookup_elem(&cb_ng_nat, &s->key);
	if (!l || l->gen != s->gen)
		return 0;
	s->to = l->addr;
	s->to_port = l->port;
	nat_key(&s->mate, s, !s->in, s->to, s->to_port);
	m = bpf_map_lookup_elem(&cb_ng_nat, &s->mate);
	if (!m || m->gen != s->gen || m->addr != s->near ||
	    m->port != s->near_port)
		return 0;
	out = s->in ? m : l;
	if (!nat_alive(s, out))
		return 0;
	now = bpf_ktime_get_ns();
	if (now > out->seen + NAT_NSEC)
		out->seen = now;
	nat_tcp(s, out);
	return 1;
}

/* A port for what leaves, which nobody has who speaks with the same one. */
static long nat_try(__u32 i, void *arg)
{
	struct nat *s = nat_here();
	struct ngd_nat_link *l;
	__u16 port;

	(void)arg;
	if (!s)
		return 1;
	port = s->outside_port;
	if (!s->any && (i || !(s->flags & NGD_NAT_SAME_PORTS)))
		port = bpf_htons(
			(__u16)(0x8000 | (bpf_get_prandom_u32() & 0x7fff)));
	nat_key(&s->key, s, 1, s->outside, port);
	l = bpf_map_lookup_elem(&cb_ng_nat, &s->key);
	if (l && !s->any &&
	    !(l->addr == s->local && l->port == s->local_port) &&
	    nat_taken(s, l))
		return 0;
	s->link.addr = s->local;
	s->link.port = s->local_port;
	/* a new one may have come in between, on another CPU */
	if (bpf_map_update_elem(&cb_ng_nat, &s->key, &s->link,
				l ? BPF_ANY : BPF_NOEXIST))
		return 0;
	s->outside_port = port;
	s->done = 1;
	return 1;
}

/* A link from local to outside; false: there is no room. */
NGW_GLOBAL int nat_make(void)
{
	struct nat *s = nat_here();

	if (!s)
		return 0;
	__builtin_memset(&s->link, 0, sizeof(s->link));
	s->link.gen = s->gen;
	s->link.seen = bpf_ktime_get_ns();
	s->link.life = s->proto == NAT_TCP ? NGD_NAT_LIFE_NEW : NGD_NAT_LIFE;
	s->done = 0;
	bpf_loop(NAT_TRIES, nat_try, NULL, 0);
	if (!s->done)
		return 0;
	nat_tcp(s, &s->link);
	s->link.addr = s->outside;
	s->link.port = s->outside_port;
	nat_key(&s->mate, s, 0, s->local, s->local_port);
	if (bpf_map_update_elem(&cb_ng_nat, &s->mate, &s->link, BPF_ANY)) {
		bpf_map_delete_elem(&cb_ng_nat, &s->key);
		return 0;
	}
	s->to = s->in ? s->local : s->outside;
	s->to_port = s->in ? s->local_port : s->outside_port;
	return 1;
}

/* --- rules -------------------------------------------------------------- */

struct nat_run {
	const struct ngd_nat_blob *blob;
};

/* How much of the other side r names, and that is this one; 0: it is not. */
inl __u32 nat_score(const struct nat *s, const struct ngd_nat_rule *r)
{
	if ((r->remote && r->remote != s->far) ||
	    (r->remote_port && r->remote_port != s->far_port))
		return 0;
	return 1 + (r->remote_port ? 1 : 0) + (r->remote ? 2 : 0);
}

static long nat_match(__u32 i, void *arg)
{
	const struct nat_run *run = arg;
	struct nat *s = nat_here();
	const struct ngd_nat_rule *r;
	__u32 score;

	asm volatile("" : "+r"(i));
	if (!s || i >= NGD_NAT_RULES)
		return 1;
	r = &run->blob->rule[i];
	if (r->kind != s->kind || (s->in ? r->alias : r->local) != s->near)
		return 0;
	if (s->kind != NGD_NAT_ADDR && r->proto != s->proto)
		return 0;
	if (s->kind == NGD_NAT_PORT &&
	    (s->in ? r->alias_port : r->local_port) != s->near_port)
		return 0;
	score = nat_score(s, r);
	if (score && score >= s->score) { /* the newest is the last */
		s->score = score;
		s->found = i + 1;
		s->rule = *r;
	}
	return 0;
}

/* The rule of that kind that is meant is s->rule. */
NGW_GLOBAL int nat_rule(__u32 blob, __u32 kind)
{
	struct nat *s = nat_here();
	struct nat_run run = {.blob = (const void *)walk_blob(blob)};

	if (!s || !run.blob)
		return 0;
	s->kind = kind;
	s->found = s->score = 0;
	bpf_loop(run.blob->count, nat_match, &run, 0);
	return (int)s->found;
}

/* --- what becomes of it ------------------------------------------------- */

/* Addresses that are not of the internet. */
inl bool nat_private(const struct nat *s)
{
	__u32 a = bpf_ntohl(s->near);

	return a >> 24 == 10 || a >> 20 == 0xac1 || a >> 16 == 0xc0a8 ||
	       (s->flags & NGD_NAT_CGN && a >> 22 == 0x64400000 >> 22);
}

/* The address that is seen outside of what leaves. */
inl __u32 nat_outside(const struct nat *s)
{
	if (s->found)
		return s->rule.alias;
	if (s->flags & (NGD_NAT_UNREGISTERED | NGD_NAT_CGN) && !nat_private(s))
		return s->near;
	return s->alias;
}

/* Who gets what comes in and was not asked for. */
inl __u32 nat_inside(const struct nat *s)
{
	if (s->found)
		return s->rule.local;
	if (!s->target)
		return s->near;
	return s->target == 0xffffffff ? s->alias : s->target;
}

/* Servers that share what a rule lets in take turns. */
inl void nat_server(struct nat *s, __u32 blob, bool ports)
{
	struct ngd_nat_blob *b = (void *)walk_blob(blob);
	__u32 i = s->found - 1, at;

	asm volatile("" : "+r"(i));
	if (!b || i >= NGD_NAT_RULES || !s->rule.servers)
		return;
	at = b->rule[i].turn;
	b->rule[i].turn = (__u8)(at + 1 < s->rule.servers ? at + 1 : 0);
	at += s->rule.first;
	asm volatile("" : "+r"(at));
	if (at >= NGD_NAT_SERVERS)
		return;
	s->local = b->server[at].addr;
	if (ports)
		s->local_port = b->server[at].port;
}

/* With s->rule, if `rule`; a rule of an address has no ports. */
NGW_GLOBAL int nat_new(__u32 rule, __u32 blob)
{
	struct nat *s = nat_here();
	bool ports;

	if (!s)
		return NAT_REFUSED;
	ports = rule == NGD_NAT_PORT;
	if (s->in) {
		s->outside = s->near;
		s->outside_port = s->near_port;
		s->local = nat_inside(s);
		s->local_port = ports ? s->rule.local_port : s->near_port;
		if (rule)
			nat_server(s, blob, ports);
		s->any = 1;
	} else {
		s->local = s->near;
		s->local_port = s->near_port;
		s->outside = nat_outside(s);
		s->outside_port = ports ? s->rule.alias_port : s->near_port;
		s->any = ports || !s->port_at;
	}
	return nat_make() ? NAT_GO_ON : NAT_REFUSED;
}

/* What a fragment that is not the first becomes. */
NGW_GLOBAL int nat_later(void)
{
	struct nat *s = nat_here();
	struct ngd_nat_link *l;

	if (!s)
		return NAT_REFUSED;
	if (!s->in) {
		s->to = nat_outside(s);
		return NAT_GO_ON;
	}
	s->far_port = 0;
	nat_key(&s->key, s, 1, s->near, s->id);
	s->key.fragment = 1;
	l = bpf_map_lookup_elem(&cb_ng_nat, &s->key);
	if (!l || !nat_alive(s, l))
		return NAT_REFUSED;
	s->to = l->addr;
	return NAT_GO_ON;
}

/* The first one tells. */
NGW_GLOBAL int nat_first(void)
{
	struct nat *s = nat_here();

	if (!s)
		return 0;
	s->far_port = 0;
	nat_key(&s->key, s, 1, s->near, s->id);
	s->key.fragment = 1;
	__builtin_memset(&s->link, 0, sizeof(s->link));
	s->link.addr = s->to;
	s->link.gen = s->gen;
	s->link.seen = bpf_ktime_get_ns();
	s->link.life = NGD_NAT_LIFE_FRAGMENT;
	bpf_map_update_elem(&cb_ng_nat, &s->key, &s->link, BPF_ANY);
	return 0;
}

/* Near becomes what it becomes. */
NGW_GLOBAL int nat_change(struct __sk_buff *skb)
{
	struct nat *s = nat_here();
	__u32 sum = 0, flags = 0;

	if (!s)
		return NAT_REFUSED;
	if (s->fragment != NAT_LATER && s->proto == NAT_TCP)
		sum = s->l4 + 16;
	if (s->fragment != NAT_LATER && s->proto == NAT_UDP) {
		sum = s->l4 + 6;
		flags = BPF_F_MARK_MANGLED_0;
	}
	if (s->near != s->to) {
		if (sum && bpf_l4_csum_replace(skb, sum, s->near, s->to,
					       BPF_F_PSEUDO_HDR | flags | 4))
			return NAT_REFUSED;
		if (bpf_l3_csum_replace(skb, s->at + 10, s->near, s->to, 4) ||
		    bpf_skb_store_bytes(skb, s->near_at, &s->to, 4, 0))
			return NAT_REFUSED;
	}
	if (!s->port_at || s->fragment == NAT_LATER ||
	    s->near_port == s->to_port)
		return NAT_GO_ON;
	if (s->proto == NAT_ICMP)
		sum = s->l4 + 2;
	if (bpf_l4_csum_replace(skb, sum, s->near_port, s->to_port,
				flags | 2) ||
	    bpf_skb_store_bytes(skb, s->port_at, &s->to_port, 2, 0))
		return NAT_REFUSED;
	return NAT_GO_ON;
}

/* --- errors ------------------------------------------------------------- */

/* What an ICMP error quotes is the other way round: its near and its ports. */
NGW_GLOBAL int nat_quoted(struct __sk_buff *skb)
{
	struct nat *s = nat_here();
	struct nat_ip ip;
	__u16 p[4];
	__u32 l4;

	if (!s)
		return NAT_REFUSED;
	l4 = s->l4 + 8;
	if (l4 + 28 > s->end || bpf_skb_load_bytes(skb, l4, &ip, sizeof(ip)) ||
	    ip.vihl >> 4 != 4 || (ip.vihl & 15) < 5 ||
	    bpf_ntohs(ip.off) & 0x1fff)
		return NAT_AS_IT_IS;
	s->near_at = l4 + (s->in ? 12 : 16);
	s->near = s->in ? ip.src : ip.dst;
	s->far = s->in ? ip.dst : ip.src;
	s->proto = ip.proto;
	l4 += (ip.vihl & 15u) * 4;
	if (l4 + 8 > s->end || bpf_skb_load_bytes(skb, l4, p, sizeof(p)))
		return NAT_AS_IT_IS;
	if (ip.proto == NAT_ICMP) {
		s->near_port = p[2];
		s->far_port = 0;
		s->port_at = l4 + 4;
		return NAT_GO_ON;
	}
	if (ip.proto != NAT_TCP && ip.proto != NAT_UDP)
		return NAT_AS_IT_IS;
	s->near_port = s->in ? p[0] : p[1];
	s->far_port = s->in ? p[1] : p[0];
	s->port_at = s->in ? l4 : l4 + 2;
	return NAT_GO_ON;
}

/*
 * The quoted header's checksum makes up for its address, so the message's has
 * to hear of the port alone.  `outer`: what the error itself has there.
 */
NGW_GLOBAL int nat_change_error(struct __sk_buff *skb, __u32 outer)
{
	struct nat *s = nat_here();
	__u32 at;

	if (!s)
		return NAT_REFUSED;
	if (bpf_l3_csum_replace(skb, s->l4 + 8 + 10, s->near, s->to, 4) ||
	    bpf_skb_store_bytes(skb, s->near_at, &s->to, 4, 0))
		return NAT_REFUSED;
	if (s->near_port != s->to_port &&
	    (bpf_l4_csum_replace(skb, s->l4 + 2, s->near_port, s->to_port, 2) ||
	     bpf_skb_store_bytes(skb, s->port_at, &s->to_port, 2, 0)))
		return NAT_REFUSED;
	at = s->at + (s->in ? 16 : 12);
	if (bpf_l3_csum_replace(skb, s->at + 10, outer, s->to, 4) ||
	    bpf_skb_store_bytes(skb, at, &s->to, 4, 0))
		return NAT_REFUSED;
	return NAT_GO_ON;
}

/* --- a packet ----------------------------------------------------------- */

inl int nat_error(struct __sk_buff *skb, struct nat *s)
{
	__u32 outer = s->near;
	int r = nat_quoted(skb);

	if (r != NAT_GO_ON)
		return r;
	return nat_find() ? nat_change_error(skb, outer) : NAT_AS_IT_IS;
}

/* A rule for it: of which kind, 0: none.  Of addresses there is s->found. */
inl __u32 nat_rules(const struct nat *s, __u32 blob)
{
	if (s->fragment != NAT_LATER) {
		if ((s->proto == NAT_TCP || s->proto == NAT_UDP) &&
		    nat_rule(blob, NGD_NAT_PORT))
			return NGD_NAT_PORT;
		if (!s->port_at && nat_rule(blob, NGD_NAT_PROTO))
			return NGD_NAT_PROTO;
	}
	return nat_rule(blob, NGD_NAT_ADDR) ? NGD_NAT_ADDR : 0;
}

/* No room for a link: the broker shall look for void ones, now and then. */
inl void nat_full(struct walk *w, struct ngd_hook *in)
{
	struct ngd_state *state = walk_state(in->node);
	__u64 now = walk_now(w);

	if (!state || now - state->word[NGD_NAT_TOLD] < NGD_NAT_TELL * NAT_NSEC)
		return;
	state->word[NGD_NAT_TOLD] = now;
	walk_event(w, in, NGD_NAT_FULL);
}

/* No link yet. */
inl int nat_unknown(struct walk *w, struct ngd_hook *in, struct nat *s,
		    __u32 blob)
{
	__u32 rule = nat_rules(s, blob);
	int r;

	if (s->in && s->flags & NGD_NAT_DENY && (!rule || rule == NGD_NAT_ADDR))
		return NAT_REFUSED;
	if (rule && s->rule.once)
		walk_event(w, in, s->rule.id);
	r = nat_new(rule, blob);
	if (r == NAT_REFUSED)
		nat_full(w, in);
	return r;
}

inl int nat_packet(struct __sk_buff *skb, struct walk *w, struct ngd_hook *in,
		   struct nat *s, __u32 blob)
{
	int r = nat_parse(skb, w->len);

	if (r == NAT_GO_ON && s->fragment != NAT_LATER)
		r = nat_ports(skb);
	if (r != NAT_GO_ON)
		return r;
	if (s->error)
		return nat_error(skb, s);
	if (s->fragment == NAT_LATER) {
		nat_rules(s, blob);
		r = nat_later();
	} else if (!nat_find()) {
		r = nat_unknown(w, in, s, blob);
	}
	if (r == NAT_GO_ON)
		r = nat_change(skb);
	if (r == NAT_GO_ON && s->in && s->fragment == NAT_FIRST)
		nat_first();
	return r;
}

inl void nat_begin(struct nat *s, const struct ngd_hook *in,
		   const struct ngd_node *n)
{
	__builtin_memset(s, 0, sizeof(*s));
	s->node = in->node;
	s->gen = n->gen;
	s->flags = n->conf[NGD_NAT_FLAGS];
	s->alias = n->conf[NGD_NAT_ALIAS];
	s->target = n->conf[NGD_NAT_TARGET];
	s->at = n->conf[NGD_NAT_AT];
	s->in = (in->role == NGD_NAT_IN) != !!(s->flags & NGD_NAT_REVERSE);
}

inl int ng_nat(struct __sk_buff *skb, struct walk *w, struct ngd_hook *in,
	       struct ngd_node *n)
{
	__u32 to = n->hook[in->role == NGD_NAT_IN ? NGD_NAT_OUT : NGD_NAT_IN];
	struct nat *s = nat_here();
	int r;

	if (!to)
		return walk_drop(w, NGD_D_NOPEER);
	if (!(n->conf[NGD_NAT_FLAGS] & NGD_NAT_SET) ||
	    (n->conf[NGD_NAT_AT] && (w->tag || w->proto != bpf_htons(0x0800))))
		return walk_out(w, to);
	NGW_WRITABLE(skb, w);
	if (!s)
		return walk_drop(w, NGD_D_KERNEL);
	nat_begin(s, in, n);
	r = nat_packet(skb, w, in, s, n->blob);
	if (r == NAT_REFUSED ||
	    (r == NAT_AS_IT_IS && s->in && s->flags & NGD_NAT_DENY))
		return walk_drop(w, NGD_D_FILTER);
	if (r == NAT_GO_ON)
		walk_reload(skb, w);
	return walk_out(w, to);
}

#endif
