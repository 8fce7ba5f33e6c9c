/*
 * graph.bpf: the programs of the data path.
 *
 * Theory of operation.  Every device of the graph has a tc filter with program
 * cb_ng_enter, which does nothing but go on in the program that cb_ng_progs
 * has: so the whole data path is replaced (by a larger one, or by another
 * version's) by one system call, and not by a thousand changes of filters.
 * The filter's classid says by which node and in which direction the packet
 * comes (data.h, NGD_CLASS_*).
 *
 * There it is looked for among the remembered verdicts (flow.bpf.h), or walks
 * (walk.bpf.h).
 *
 * Which packets have left the graph: a device that the graph sends by, or
 * receives for, has programs, too.  Three words of a secret in skb->cb tell;
 * they survive redirects and are seen by nobody else; cb[3] is the device that
 * is meant.  Those at our own device (ng-loop0) go on with a walk instead:
 * cb[3] is the hook.
 */
#include "netgraph/bpf/walk.bpf.h"

#include "netgraph/bpf/flow.bpf.h"

#include "netgraph/bpf/bpf.bpf.h"
#include "netgraph/bpf/bridge.bpf.h"
#include "netgraph/bpf/car.bpf.h"
#include "netgraph/bpf/checksum.bpf.h"
#include "netgraph/bpf/echo.bpf.h"
#include "netgraph/bpf/eiface.bpf.h"
#include "netgraph/bpf/etf.bpf.h"
#include "netgraph/bpf/ether.bpf.h"
#include "netgraph/bpf/ether_echo.bpf.h"
#include "netgraph/bpf/hole.bpf.h"
#include "netgraph/bpf/hub.bpf.h"
#include "netgraph/bpf/iface.bpf.h"
#include "netgraph/bpf/lagg.bpf.h"
#include "netgraph/bpf/macfilter.bpf.h"
#include "netgraph/bpf/nat.bpf.h"
#include "netgraph/bpf/netflow.bpf.h"
#include "netgraph/bpf/one2many.bpf.h"
#include "netgraph/bpf/patch.bpf.h"
#include "netgraph/bpf/source.bpf.h"
#include "netgraph/bpf/split.bpf.h"
#include "netgraph/bpf/tag.bpf.h"
#include "netgraph/bpf/tcpmss.bpf.h"
#include "netgraph/bpf/tee.bpf.h"
#include "netgraph/bpf/pipe.bpf.h"
#include "netgraph/bpf/user.bpf.h"
#include "netgraph/bpf/vlan.bpf.h"
#include "netgraph/bpf/vlan_rotate.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define ENODEV 19

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} cb_ng_progs SEC(".maps");

/* --- one step
 * --------------------------------------------------------------- */

struct run {
	struct __sk_buff *skb;
	struct walk *w;
};

/* Each kind's packet function: as TYPE.bpf.h has it, verified by itself. */
#define KIND(type)                                                             \
	NGW_GLOBAL int go_##type(struct __sk_buff *skb, struct walk *w,        \
				 struct ngd_hook *in, struct ngd_node *n)      \
	{                                                                      \
		return w && in && n ? ng_##type(skb, w, in, n) : NGW_GO_ON;    \
	}
KIND(ether)
KIND(eiface)
KIND(user)
KIND(hub)
KIND(bridge)
KIND(echo)
KIND(etf)
KIND(hole)
KIND(lagg)
KIND(macfilter)
KIND(one2many)
KIND(split)
KIND(tee)
KIND(vlan)
KIND(car)
KIND(iface)
KIND(nat)
KIND(netflow)
KIND(pipe)
KIND(source)
KIND(bpf)
KIND(ether_echo)
KIND(patch)
KIND(checksum)
KIND(tag)
KIND(tcpmss)
KIND(vlan_rotate)

inl int dispatch(struct __sk_buff *skb, struct walk *w, struct ngd_hook *in,
		 struct ngd_node *n)
{
	switch (in->kind) {
	case NGD_ETHER:
		return go_ether(skb, w, in, n);
	case NGD_EIFACE:
		return go_eiface(skb, w, in, n);
	case NGD_USER:
		return go_user(skb, w, in, n);
	case NGD_HUB:
		return go_hub(skb, w, in, n);
	case NGD_BRIDGE:
		return go_bridge(skb, w, in, n);
	case NGD_ECHO:
		return go_echo(skb, w, in, n);
	case NGD_ETF:
		return go_etf(skb, w, in, n);
	case NGD_HOLE:
		return go_hole(skb, w, in, n);
	case NGD_LAGG:
		return go_lagg(skb, w, in, n);
	case NGD_MACFILTER:
		return go_macfilter(skb, w, in, n);
	case NGD_ONE2MANY:
		return go_one2many(skb, w, in, n);
	case NGD_SPLIT:
		return go_split(skb, w, in, n);
	case NGD_TEE:
		return go_tee(skb, w, in, n);
	case NGD_VLAN:
		return go_vlan(skb, w, in, n);
	case NGD_CAR:
		return go_car(skb, w, in, n);
	case NGD_IFACE:
		return go_iface(skb, w, in, n);
	case NGD_SOURCE:
		return go_source(skb, w, in, n);
	case NGD_NAT:
		return go_nat(skb, w, in, n);
	case NGD_NETFLOW:
		return go_netflow(skb, w, in, n);
	case NGD_PIPE:
		return go_pipe(skb, w, in, n);
	case NGD_BPF:
		return go_bpf(skb, w, in, n);
	case NGD_ETHER_ECHO:
		return go_ether_echo(skb, w, in, n);
	case NGD_PATCH:
		return go_patch(skb, w, in, n);
	case NGD_CHECKSUM:
		return go_checksum(skb, w, in, n);
	case NGD_TAG:
		return go_tag(skb, w, in, n);
	case NGD_TCPMSS:
		return go_tcpmss(skb, w, in, n);
	case NGD_VLAN_ROTATE:
		return go_vlan_rotate(skb, w, in, n);
	default:
		return walk_drop(w, NGD_D_HOOK);
	}
}

static long step(__u32 i, void *arg)
{
	struct run *run = arg;
	struct __sk_buff *skb = run->skb;
	struct walk *w = run->w;
	struct ngd_hook *in;
	struct ngd_node *n;
	__u32 slot;
	int why;

	(void)i;
	if (!w->in) {
		if (!w->depth)
			return 1;
		walk_next(w);
		if (!w->in)
			return 0;
	}
	slot = w->in;
	in = walk_hook(slot);
	n = in ? walk_node(in->node) : NULL;
	if (!n) { /* being taken away */
		walk_drop(w, NGD_D_NOPEER);
		return 0;
	}
	if (!(NGW_CACHEABLE >> (in->kind & 63) & 1))
		walk_uncacheable(w);
	if (w->flags & NGW_W_TRACE)
		trace(skb, w, slot, 0);
	why = dispatch(skb, w, in, n);
	if (why && w->flags & NGW_W_TRACE)
		trace(skb, w, slot, (__u32)why);
	return 0;
}

/* --- the end of a walk
 * ------------------------------------------------------ */

/* How the packet really leaves. */
inl __u32 way_out(struct __sk_buff *skb, const struct walk *w)
{
	__u32 mtu = 0, how = w->out.how;
	bool ingress = w->flags & NGW_W_INGRESS;

	if (how != NGW_PEER)
		return w->out.ifindex == w->ifindex &&
				       ingress == (how == NGW_RX)
			       ? NGW_PASS
			       : how;
	/* redirect_peer is for ingress, and for other namespaces, alone */
	if (!ingress || !w->out.far)
		return NGW_END;
	if (w->out.far == NGW_AWAY ||
	    bpf_check_mtu(skb, w->out.far, &mtu, 0, 0) == -ENODEV)
		return NGW_PEER;
	return NGW_END;
}

/* mark and priority are those of the stack that the packet comes from. */
inl int hand_over(struct __sk_buff *skb, __u32 ifindex, __u32 how)
{
	if (how == NGW_PASS)
		return TC_ACT_UNSPEC;
	skb->mark = 0;
	skb->priority = 0;
	if (how == NGW_PEER)
		return (int)bpf_redirect_peer(ifindex, 0);
	if (how == NGW_END)
		return (int)bpf_redirect(ifindex, 0);
	skb_mark_left(skb, ifindex);
	return (int)bpf_redirect(ifindex, how == NGW_RX ? BPF_F_INGRESS : 0);
}

inl int walk_end(struct __sk_buff *skb, struct walk *w, __u32 class, __u32 gen)
{
	__u32 how;

	if (!w->out.ifindex) {
		/* at egress the sender would be told that there is no room */
		if (w->flags & NGW_W_SENT || !(w->flags & NGW_W_INGRESS))
			return TC_ACT_STOLEN;
		return TC_ACT_SHOT;
	}
	if (skb_set_tag(skb, w->out.tag))
		return TC_ACT_SHOT;
	how = way_out(skb, w);
	if (w->flags & NGW_W_CACHE && gen)
		flow_store(w, class, gen, how);
	return hand_over(skb, w->out.ifindex, how);
}

/* --- the beginning of a walk
 * ------------------------------------------------ */

/*
 * A tag that is among the packet's bytes is made one of the skb's: w->tag is
 * always the outermost.
 */
inl void lift_tag(struct __sk_buff *skb, struct walk *w)
{
	__u16 proto = w->proto, tci;

	if (w->tag ||
	    (proto != bpf_htons(0x8100) && proto != bpf_htons(0x88a8)))
		return;
	if (w->len < 18 || skb->protocol != proto ||
	    bpf_skb_load_bytes(skb, 14, &tci, 2) || bpf_skb_vlan_pop(skb))
		return;
	bpf_skb_vlan_push(skb, proto, bpf_ntohs(tci));
	walk_reload(skb, w);
	w->tag = skb_tag(skb);
}

/* At our own device: begin at a hook, or go on at one. */
inl bool begin_loop(struct __sk_buff *skb, struct walk *w, bool again)
{
	__u32 mark = skb->mark, len;

	if (again) {
		w->in = skb->cb[3];
		len = skb->cb[4];
		w->labels = mark;
		skb->cb[0] = 0;
	} else {
		len = mark >> NGD_MARK_SHORT;
	}
	if (len) {
		w->flags |= NGW_W_PADDED;
		w->len = len - 1;
	}
	walk_reload(skb, w);
	if (again)
		return true;
	lift_tag(skb, w);
	walk_out(w, mark & NGD_MARK_HOOK);
	return true;
}

inl bool begin_device(struct __sk_buff *skb, struct walk *w,
		      const struct ngd_node *n)
{
	__u32 hook;

	if (n->kind == NGD_IFACE) {
		w->flags |= NGW_W_L3;
		walk_reload(skb, w);
		walk_out(w, iface_entry(skb, w, n));
		return true;
	}
	walk_reload(skb, w);
	if (n->kind == NGD_ETHER) {
		hook = ether_entry(w, n);
		if (!hook)
			return false;
	} else {
		hook = n->hook[NGD_EIFACE_ETHER];
	}
	/* orphans are told by their type */
	if (n->kind != NGD_ETHER || hook != n->hook[NGD_ETHER_ORPHANS])
		w->flags |= NGW_W_CACHE;
	lift_tag(skb, w);
	w->came = w->tag;
	walk_out(w, hook);
	return true;
}

inl int walk_through(struct __sk_buff *skb, struct walk *w, __u32 class,
		     bool again)
{
	struct ngd_ctl *ctl = walk_ctl();
	struct run run = {.skb = skb, .w = w};
	const struct ngd_node *n = NULL;
	__u32 gen;

	if (!ctl)
		return TC_ACT_UNSPEC;
	gen = ctl->gen;
	w->in = w->len = w->depth = w->npath = 0;
	w->labels = w->counted = w->fate = 0;
	w->now = 0;
	w->out.ifindex = 0;
	w->ifindex = skb->ifindex;
	w->flags = class & NGD_CLASS_EGRESS ? 0 : NGW_W_INGRESS;
	w->tag = skb_tag(skb);
	if (!(class & NGD_CLASS_NODE)) {
		begin_loop(skb, w, again);
	} else {
		n = walk_node(class & NGD_CLASS_NODE);
		if (!n || n->ifindex != skb->ifindex ||
		    !begin_device(skb, w, n))
			return TC_ACT_UNSPEC;
	}
	if (ctl->trace) {
		walk_uncacheable(w);
		w->flags |= NGW_W_TRACE;
	}
	if (bpf_loop(NGD_STEPS, step, &run, 0) >= NGD_STEPS)
		walk_loop(w);
	if (!n && !again && !w->out.ifindex && !(w->flags & NGW_W_SENT))
		ctl->fate = w->fate;
	return walk_end(skb, w, class, gen);
}

NGW_GLOBAL int walk_begin(struct __sk_buff *skb, __u32 class, bool again)
{
	__u32 zero = 0, depth, why = NGD_D_LOOP;
	struct walks *all = bpf_map_lookup_elem(&cb_ng_depth, &zero);
	struct walk *w;
	__u64 *d;
	int r;

	if (!all)
		return TC_ACT_SHOT;
	depth = all->depth;
	w = bpf_map_lookup_elem(&cb_ng_walks, &depth);
	if (!w) {
		d = bpf_map_lookup_elem(&cb_ng_drops, &why);
		if (d)
			(*d)++;
		return TC_ACT_STOLEN;
	}
	all->depth = depth + 1;
	r = walk_through(skb, w, class, again);
	all->depth = depth;
	return r;
}

/* --- programs
 * --------------------------------------------------------------- */

SEC("tc")
int cb_ng_walk(struct __sk_buff *skb)
{
	__u32 class = skb->tc_classid;
	const struct ngd_flow *f;
	bool left;

	left = skb->cb[0] == cb_ng_secret[0] && skb->cb[1] == cb_ng_secret[1] &&
	       skb->cb[2] == cb_ng_secret[2];
	if (class & NGD_CLASS_NODE) {
		if (left && skb->cb[3] == skb->ifindex) {
			skb->cb[0] = 0;
			skb->cb[1] = 0;
			skb->cb[2] = 0;
			return TC_ACT_UNSPEC;
		}
		f = flow_find(skb, class);
		if (f &&
		    (f->tag == f->src_tag >> 32 || !skb_set_tag(skb, f->tag)))
			return hand_over(skb, f->ifindex, f->how);
	}
	return walk_begin(skb, class, left);
}

SEC("tc")
int cb_ng_enter(struct __sk_buff *skb)
{
	bpf_tail_call_static(skb, &cb_ng_progs, 0);
	return TC_ACT_UNSPEC;
}
