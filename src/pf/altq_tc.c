/* See altq.h: a plan as qdiscs and classes of the kernel. */
#include "pf/altq.h"

#include "base/cleanup.h"
#include "net/ifnet.h"

#include <errno.h>
#include <linux/gen_stats.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define TICK 64 /* ns: the kernel's unit of time of buckets */

/* What there is */

struct root {
	int ifindex;
	uint32_t handle;
	char kind[16];
};

struct roots {
	struct root *v;
	size_t n;
};

static void roots_free(struct roots *r)
{
	free(r->v);
	*r = (struct roots){0};
}
#define cleanup_roots __attribute__((cleanup(roots_free)))

static void restart(void *data)
{
	roots_free(data);
}

static int on_qdisc(const struct nlmsghdr *h, void *data, struct err *e)
{
	const struct tcmsg *t = mnl_nlmsg_get_payload(h);
	const struct nlattr *tb[TCA_MAX + 1];
	struct roots *to = data;
	struct root *v;

	if (h->nlmsg_type != RTM_NEWQDISC || t->tcm_parent != TC_H_ROOT)
		return 0;
	v = reallocarray(to->v, to->n + 1, sizeof(*v));
	if (!v)
		return err_nomem(e);
	to->v = v;
	v += to->n++;
	*v = (struct root){.ifindex = t->tcm_ifindex, .handle = t->tcm_handle};
	nl_parse(h, sizeof(*t), tb, TCA_MAX);
	str_copy(v->kind, sizeof(v->kind), nl_text(tb[TCA_KIND]));
	return 0;
}

static int read_roots(const struct vnet *v, struct roots *ret, struct err *e)
{
	const struct tcmsg t = {.tcm_family = AF_UNSPEC};
	struct nlm m;

	nlm_begin(&m, RTM_GETQDISC, 0, &t, sizeof(t));
	return nl_dump(v->rt, &m, on_qdisc, restart, ret, e);
}

static const struct root *root_of(const struct roots *r, int ifindex)
{
	for (size_t i = 0; i < r->n; i++)
		if (r->v[i].ifindex == ifindex)
			return &r->v[i];
	return NULL;
}

static bool is_ours(const struct root *r)
{
	return r && r->handle == ALTQ_HANDLE;
}

/* The kernel's own ones have no handle. */
static bool is_foreign(const struct root *r)
{
	return r && r->handle && r->handle != ALTQ_HANDLE;
}

static void remove_root(const struct vnet *v, int ifindex)
{
	const struct tcmsg t = {.tcm_family = AF_UNSPEC,
				.tcm_ifindex = ifindex,
				.tcm_parent = TC_H_ROOT,
				.tcm_handle = ALTQ_HANDLE};
	struct nlm m;

	nlm_begin(&m, RTM_DELQDISC, 0, &t, sizeof(t));
	nl_talk(v->rt, &m, NULL, NULL);
}

/* Making it */

struct maker {
	const struct vnet *v;
	const struct altq_if *i;
};

static bool by_hfsc(const struct altq_if *i)
{
	return i->q->sched == PF_SCHED_HFSC;
}

static uint32_t handle_of(uint32_t number)
{
	return ALTQ_HANDLE | number;
}

static void begin(const struct maker *to, struct nlm *m, uint16_t type,
		  uint32_t parent, uint32_t handle, const char *kind)
{
	const struct tcmsg t = {.tcm_family = AF_UNSPEC,
				.tcm_ifindex = to->i->ifindex,
				.tcm_parent = parent,
				.tcm_handle = handle};

	nlm_begin(m, type, NLM_F_CREATE | NLM_F_EXCL, &t, sizeof(t));
	nlm_put_str(m, TCA_KIND, kind);
}

/* The kernel has no such qdisc, or says something else. */
static int talk(const struct maker *to, struct nlm *m, const struct pf_queue *q,
		const char *option, struct err *e)
{
	const char *file = q->file ? q->file : "-";
	int r = nl_talk(to->v->rt, m, e, "%s:%u: %s on %s", file, q->line,
			q->name ? q->name : "altq", to->i->q->ifname);

	if ((r != -ENOENT && r != -EOPNOTSUPP) || !option)
		return r;
	err_clear(e);
	return err_set(e, EOPNOTSUPP, "%s:%u: %s on %s needs the kernel's %s",
		       file, q->line, q->name ? q->name : "altq",
		       to->i->q->ifname, option);
}

static uint32_t capped(uint64_t v)
{
	return v > UINT32_MAX ? UINT32_MAX : (uint32_t)v;
}

static uint32_t burst(const struct altq_if *i, uint64_t rate)
{
	return altq_tbrsize(i->q, rate, i->mtu + 14);
}

/* The time in which so many bytes go. */
static uint32_t bucket(uint64_t bytes, uint64_t rate)
{
	return capped((uint64_t)((double)bytes * 8e9 / (double)rate / TICK) +
		      1);
}

static struct tc_ratespec ratespec(uint64_t rate)
{
	return (struct tc_ratespec){
		.linklayer = TC_LINKLAYER_ETHERNET,
		.rate = capped(rate / 8 ? rate / 8 : 1),
	};
}

static void put_rate64(struct nlm *m, uint16_t type, uint64_t rate)
{
	const uint64_t bytes = rate / 8;

	if (bytes > UINT32_MAX)
		nlm_put(m, type, &bytes, sizeof(bytes));
}

static int htb_class(const struct maker *to, const struct altq_class *c,
		     struct err *e)
{
	const struct altq_if *i = to->i;
	const bool priq = i->q->sched == PF_SCHED_PRIQ && c != i->v;
	const uint64_t turn = i->mtu + 14;
	/* its turn among those of its priority: 10 ms of its rate */
	uint64_t quantum = c->rate / 800;
	struct tc_htb_opt o = {
		.rate = ratespec(c->rate),
		.ceil = ratespec(c->ceil),
		.buffer = priq ? 1 : bucket(burst(i, c->rate), c->rate),
		.cbuffer = bucket(burst(i, c->ceil), c->ceil),
		.prio = c->prio,
	};
	struct nlattr *nest;
	struct nlm m;

	quantum = quantum < turn ? turn : quantum;
	o.quantum = quantum > 200000 ? 200000 : (uint32_t)quantum;
	begin(to, &m, RTM_NEWTCLASS,
	      c == i->v ? ALTQ_HANDLE : handle_of(i->v[c->parent].number),
	      handle_of(c->number), "htb");
	nest = nlm_nest(&m, TCA_OPTIONS);
	nlm_put(&m, TCA_HTB_PARMS, &o, sizeof(o));
	put_rate64(&m, TCA_HTB_RATE64, c->rate);
	put_rate64(&m, TCA_HTB_CEIL64, c->ceil);
	nlm_nest_end(&m, nest);
	return talk(to, &m, c->q, NULL, e);
}

static void put_curve(struct nlm *m, uint16_t type, const struct altq_curve *c)
{
	struct tc_service_curve sc = {
		.m1 = capped(c->m1 / 8),
		.d = capped((uint64_t)c->d * 1000),
		.m2 = capped(c->m2 / 8),
	};

	if (!c->d) /* one slope */
		sc.m1 = sc.m2;
	if (c->used)
		nlm_put(m, type, &sc, sizeof(sc));
}

static int hfsc_class(const struct maker *to, const struct altq_class *c,
		      struct err *e)
{
	const struct altq_if *i = to->i;
	/* the interface's bandwidth is never passed */
	const struct altq_curve all = {.used = true, .m2 = c->rate};
	struct nlattr *nest;
	struct nlm m;

	begin(to, &m, RTM_NEWTCLASS,
	      c == i->v ? ALTQ_HANDLE : handle_of(i->v[c->parent].number),
	      handle_of(c->number), "hfsc");
	nest = nlm_nest(&m, TCA_OPTIONS);
	put_curve(&m, TCA_HFSC_RSC, &c->realtime);
	put_curve(&m, TCA_HFSC_FSC, &c->linkshare);
	put_curve(&m, TCA_HFSC_USC, c == i->v ? &all : &c->upperlimit);
	nlm_nest_end(&m, nest);
	return talk(to, &m, c->q, NULL, e);
}

static int make_root(const struct maker *to, struct err *e)
{
	const bool hfsc = by_hfsc(to->i);
	const struct tc_htb_glob g = {.version = TC_HTB_PROTOVER,
				      .rate2quantum = 10,
				      .defcls = to->i->dflt};
	const struct tc_hfsc_qopt h = {.defcls = (uint16_t)to->i->dflt};
	struct nlattr *nest;
	struct nlm m;

	begin(to, &m, RTM_NEWQDISC, TC_H_ROOT, ALTQ_HANDLE,
	      hfsc ? "hfsc" : "htb");
	if (hfsc) {
		nlm_put(&m, TCA_OPTIONS, &h, sizeof(h));
	} else {
		nest = nlm_nest(&m, TCA_OPTIONS);
		nlm_put(&m, TCA_HTB_INIT, &g, sizeof(g));
		nlm_nest_end(&m, nest);
	}
	return talk(to, &m, to->i->q,
		    hfsc ? "CONFIG_NET_SCH_HFSC" : "CONFIG_NET_SCH_HTB", e);
}

/* How packets wait */

static void put_pfifo(struct nlm *m, const struct maker *to,
		      const struct altq_class *c)
{
	const struct tc_fifo_qopt o = {.limit = c->qlimit};

	(void)to;
	nlm_put(m, TCA_OPTIONS, &o, sizeof(o));
}

/* Milliseconds in text, microseconds in the kernel. */
static void put_codel(struct nlm *m, const struct maker *to,
		      const struct altq_class *c)
{
	struct nlattr *nest = nlm_nest(m, TCA_OPTIONS);

	(void)to;
	nlm_put_u32(m, TCA_CODEL_LIMIT, c->qlimit);
	if (c->q->target)
		nlm_put_u32(m, TCA_CODEL_TARGET,
			    capped((uint64_t)c->q->target * 1000));
	if (c->q->interval)
		nlm_put_u32(m, TCA_CODEL_INTERVAL,
			    capped((uint64_t)c->q->interval * 1000));
	nlm_put_u32(m, TCA_CODEL_ECN, (c->q->flags & PF_Q_ECN) != 0);
	nlm_nest_end(m, nest);
}

static void put_fq_codel(struct nlm *m, const struct maker *to,
			 const struct altq_class *c)
{
	struct nlattr *nest = nlm_nest(m, TCA_OPTIONS);

	(void)to;
	nlm_put_u32(m, TCA_FQ_CODEL_LIMIT, c->qlimit);
	if (c->q->buckets)
		nlm_put_u32(m, TCA_FQ_CODEL_FLOWS,
			    c->q->buckets > 65536 ? 65536 : c->q->buckets);
	nlm_put_u32(m, TCA_FQ_CODEL_ECN, (c->q->flags & PF_Q_ECN) != 0);
	nlm_nest_end(m, nest);
}

/*
 * As ALTQ's: from 5 packets on, at 15 one of ten.  The average moves by one
 * part in 2^Wlog; Scell_log is for links that idle for up to a second.
 */
#define RED_MIN 5
#define RED_MAX 15
static void put_red(struct nlm *m, const struct maker *to,
		    const struct altq_class *c)
{
	const uint32_t packet = to->i->mtu;
	const uint32_t max_p = UINT32_MAX / 10;
	struct tc_red_qopt o = {
		.limit = capped((uint64_t)c->qlimit * packet),
		.qth_min = RED_MIN * packet,
		.qth_max = RED_MAX * packet,
		.Wlog = 9,
		.Plog = 13,
		.Scell_log = 20,
		.flags = c->q->flags & PF_Q_ECN ? TC_RED_ECN : 0,
	};
	const uint8_t stab[256] = {0};
	struct nlattr *nest = nlm_nest(m, TCA_OPTIONS);

	nlm_put(m, TCA_RED_PARMS, &o, sizeof(o));
	nlm_put(m, TCA_RED_STAB, stab, sizeof(stab));
	nlm_put_u32(m, TCA_RED_MAX_P, max_p);
	nlm_nest_end(m, nest);
}

static const struct {
	const char *kind, *option;
	void (*put)(struct nlm *m, const struct maker *to,
		    const struct altq_class *c);
} leaves[] = {
	[ALTQ_PFIFO] = {"pfifo", "CONFIG_NET_SCHED", put_pfifo},
	[ALTQ_RED] = {"red", "CONFIG_NET_SCH_RED", put_red},
	[ALTQ_CODEL] = {"codel", "CONFIG_NET_SCH_CODEL", put_codel},
	[ALTQ_FQ_CODEL] = {"fq_codel", "CONFIG_NET_SCH_FQ_CODEL", put_fq_codel},
};

static int make_leaf(const struct maker *to, const struct altq_class *c,
		     struct err *e)
{
	struct nlm m;

	begin(to, &m, RTM_NEWQDISC, handle_of(c->number), 0,
	      leaves[c->queue].kind);
	leaves[c->queue].put(&m, to, c);
	return talk(to, &m, c->q, leaves[c->queue].option, e);
}

static bool has_rate(const struct altq_if *i)
{
	return i->v[0].rate > 0;
}

static int make(const struct vnet *v, const struct altq_if *i, struct err *e)
{
	const struct maker to = {.v = v, .i = i};
	int r = make_root(&to, e);

	for (size_t k = 0; !r && k < i->n; k++) {
		r = by_hfsc(i) ? hfsc_class(&to, &i->v[k], e)
			       : htb_class(&to, &i->v[k], e);
		if (!r && i->v[k].leaf)
			r = make_leaf(&to, &i->v[k], e);
	}
	return r;
}

int altq_open(const struct vnet *v, const struct altq *a, struct err *e)
{
	cleanup_roots struct roots roots = {0};
	const struct root *there;
	int r = 0;

	if (!a->n)
		return 0;
	r = read_roots(v, &roots, e);
	if (r == -EOPNOTSUPP) {
		err_clear(e);
		return err_set(e, EOPNOTSUPP,
			       "altq needs the kernel's CONFIG_NET_SCHED");
	}
	for (size_t i = 0; !r && i < a->n; i++) {
		there = root_of(&roots, a->v[i].ifindex);
		if (is_foreign(there))
			return err_set(
				e, EEXIST,
				"%s:%u: altq on %s: there is %s already, "
				"which is not pf's",
				a->v[i].q->file ? a->v[i].q->file : "-",
				a->v[i].q->line, a->v[i].q->ifname,
				there->kind);
	}
	for (size_t i = 0; !r && i < a->n; i++) {
		if (is_ours(root_of(&roots, a->v[i].ifindex)))
			remove_root(v, a->v[i].ifindex);
		if (has_rate(&a->v[i]))
			r = make(v, &a->v[i], e);
	}
	return r;
}

void altq_mend(const struct vnet *v, const struct altq *a)
{
	cleanup_roots struct roots roots = {0};
	const struct root *there;

	if (!a->n || read_roots(v, &roots, NULL) < 0)
		return;
	for (size_t i = 0; i < a->n; i++) {
		there = root_of(&roots, a->v[i].ifindex);
		if (has_rate(&a->v[i]) && !is_ours(there) &&
		    !is_foreign(there) && make(v, &a->v[i], NULL) < 0)
			remove_root(v, a->v[i].ifindex);
	}
}

/* What there is of an interface's classes. */
struct made {
	const struct altq_if *i;
	size_t n;   /* of its own, each with what waits in it */
	bool other; /* there are others: of rules not yet in force */
};

static int on_made(const struct nlmsghdr *h, void *data, struct err *e)
{
	const struct tcmsg *t = mnl_nlmsg_get_payload(h);
	struct made *m = data;
	size_t k = 0;

	(void)e;
	/* the qdisc's own class, and those of what waits in ours */
	if (h->nlmsg_type != RTM_NEWTCLASS || !TC_H_MIN(t->tcm_handle) ||
	    TC_H_MAJ(t->tcm_handle) != ALTQ_HANDLE)
		return 0;
	while (k < m->i->n && handle_of(m->i->v[k].number) != t->tcm_handle)
		k++;
	if (k == m->i->n)
		m->other = true;
	else if (!m->i->v[k].leaf || t->tcm_info)
		m->n++;
	return 0;
}

static int read_made(const struct vnet *v, struct made *ret)
{
	const struct tcmsg t = {.tcm_family = AF_UNSPEC,
				.tcm_ifindex = ret->i->ifindex};
	struct nlm m;

	nlm_begin(&m, RTM_GETTCLASS, 0, &t, sizeof(t));
	return nl_dump(v->rt, &m, on_made, NULL, ret, NULL);
}

void altq_clear_half(const struct vnet *v, const struct altq *a)
{
	const struct timespec nap = {.tv_nsec = 200000000};
	cleanup_roots struct roots roots = {0};

	if (!a->n || read_roots(v, &roots, NULL) < 0)
		return;
	for (size_t i = 0; i < a->n; i++) {
		struct made was = {.i = &a->v[i]}, now = was;

		if (!is_ours(root_of(&roots, a->v[i].ifindex)) ||
		    read_made(v, &was) < 0 || was.other || was.n == a->v[i].n)
			continue;
		/* somebody else may be at it */
		nanosleep(&nap, NULL);
		if (read_made(v, &now) >= 0 && !now.other && now.n == was.n)
			remove_root(v, a->v[i].ifindex);
	}
}

static bool keeps(const struct altq *keep, int ifindex)
{
	for (size_t i = 0; keep && i < keep->n; i++)
		if (keep->v[i].ifindex == ifindex)
			return true;
	return false;
}

void altq_close(const struct vnet *v, const struct altq *keep)
{
	cleanup_roots struct roots roots = {0};

	if (read_roots(v, &roots, NULL) < 0)
		return;
	for (size_t i = 0; i < roots.n; i++)
		if (is_ours(&roots.v[i]) && !keeps(keep, roots.v[i].ifindex))
			remove_root(v, roots.v[i].ifindex);
}

/* What they count */

struct counted {
	const struct altq_if *i;
	struct altq_stats *v;
};

static void read_stats(const struct nlattr *nest, struct altq_stats *to)
{
	const struct nlattr *tb[TCA_STATS_MAX + 1];
	struct gnet_stats_basic b = {0};
	struct gnet_stats_queue q = {0};

	nl_parse_nested(nest, tb, TCA_STATS_MAX);
	if (tb[TCA_STATS_BASIC] &&
	    mnl_attr_get_payload_len(tb[TCA_STATS_BASIC]) >=
		    offsetof(struct gnet_stats_basic, packets) + 4)
		memcpy(&b, mnl_attr_get_payload(tb[TCA_STATS_BASIC]),
		       offsetof(struct gnet_stats_basic, packets) + 4);
	if (tb[TCA_STATS_QUEUE] &&
	    mnl_attr_get_payload_len(tb[TCA_STATS_QUEUE]) >= sizeof(q))
		memcpy(&q, mnl_attr_get_payload(tb[TCA_STATS_QUEUE]),
		       sizeof(q));
	to->bytes = b.bytes;
	to->packets = b.packets;
	if (tb[TCA_STATS_PKT64] &&
	    mnl_attr_get_payload_len(tb[TCA_STATS_PKT64]) >= sizeof(uint64_t))
		memcpy(&to->packets, mnl_attr_get_payload(tb[TCA_STATS_PKT64]),
		       sizeof(uint64_t));
	to->drops = q.drops;
	to->qlen = q.qlen;
	to->overlimits = q.overlimits;
}

static int on_class(const struct nlmsghdr *h, void *data, struct err *e)
{
	const struct tcmsg *t = mnl_nlmsg_get_payload(h);
	const struct nlattr *tb[TCA_MAX + 1];
	struct counted *c = data;
	struct tc_htb_xstats x;
	size_t k = 0;

	(void)e;
	while (k < c->i->n && handle_of(c->i->v[k].number) != t->tcm_handle)
		k++;
	if (h->nlmsg_type != RTM_NEWTCLASS || k == c->i->n)
		return 0;
	nl_parse(h, sizeof(*t), tb, TCA_MAX);
	if (tb[TCA_STATS2])
		read_stats(tb[TCA_STATS2], &c->v[k]);
	if (tb[TCA_XSTATS] && !by_hfsc(c->i) &&
	    mnl_attr_get_payload_len(tb[TCA_XSTATS]) >= sizeof(x)) {
		memcpy(&x, mnl_attr_get_payload(tb[TCA_XSTATS]), sizeof(x));
		c->v[k].borrows = x.borrows;
	}
	return 0;
}

int altq_stats(const struct vnet *v, const struct altq_if *i,
	       struct altq_stats **ret, struct err *e)
{
	cleanup_free struct altq_stats *all = calloc(i->n, sizeof(*all));
	const struct tcmsg t = {.tcm_family = AF_UNSPEC,
				.tcm_ifindex = i->ifindex};
	struct counted c = {.i = i, .v = all};
	struct nlm m;
	int r;

	if (!all)
		return err_nomem(e);
	nlm_begin(&m, RTM_GETTCLASS, 0, &t, sizeof(t));
	r = nl_dump(v->rt, &m, on_class, NULL, &c, e);
	if (r >= 0)
		*ret = take_ptr(all);
	return r < 0 ? r : 0;
}
