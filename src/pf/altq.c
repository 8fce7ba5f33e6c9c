/* See altq.h: queues as written become classes in absolute numbers. */
#include "pf/altq.h"

#include "base/cleanup.h"
#include "net/ethtool.h"
#include "net/ifnet.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CBQ_PRIORITIES 8
#define PRIQ_PRIORITIES 16

struct planner {
	const struct pf_queues *q;
	const struct report *r;
	bool strict;
	unsigned int refused;
};

void altq_free(struct altq *a)
{
	for (size_t i = 0; i < a->n; i++)
		free(a->v[i].v);
	free(a->v);
	*a = (struct altq){0};
}

static void refuse(struct planner *p, const struct pf_queue *q, const char *fmt,
		   ...) __attribute__((format(printf, 3, 4)));
static void refuse(struct planner *p, const struct pf_queue *q, const char *fmt,
		   ...)
{
	char text[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	report(p->r, REPORT_ERROR, "%s:%u: %s", q->file ? q->file : "-",
	       q->line, text);
	p->refused++;
}

/* The place of the name's first queue, behind an altq: ALTQ_ROOT + 1 and up. */
uint32_t altq_number(const struct pf_queues *q, const char *name)
{
	for (size_t i = 1; q && i < q->n; i++)
		if (q->v[i].name && !strcmp(q->v[i].name, name))
			return (uint32_t)i + ALTQ_ROOT;
	return 0;
}

uint64_t altq_bits(const struct pf_bandwidth *b, uint64_t parent)
{
	if (!b->set)
		return parent;
	if (b->bits)
		return b->bits;
	return (uint64_t)((double)parent * b->percent / 100);
}

uint32_t altq_tbrsize(const struct pf_queue *q, uint64_t rate, uint32_t mtu)
{
	static const struct {
		uint64_t rate;
		unsigned int packets;
	} sizes[] = {
		{1000000, 1},
		{10000000, 4},
		{200000000, 8},
		{2500000000, 24},
	};

	if (q->have_tbrsize && q->tbrsize)
		return q->tbrsize;
	for (size_t k = 0; k < ARRAY_SIZE(sizes); k++)
		if (rate <= sizes[k].rate)
			return sizes[k].packets * mtu;
	return 128 * mtu;
}

/* A queue has no more than what it is part of, whatever it says. */
static uint64_t share_of(const struct pf_bandwidth *b, uint64_t parent)
{
	const uint64_t bits = altq_bits(b, parent);

	return bits < parent ? bits : parent;
}

static struct altq_curve curve_of(const struct pf_curve *c, uint64_t parent)
{
	struct altq_curve to = {.used = c->used};

	if (!c->used)
		return to;
	to.m2 = share_of(&c->m2, parent);
	to.m1 = c->two ? share_of(&c->m1, parent) : 0;
	to.d = c->two ? c->d : 0;
	return to;
}

/* As FreeBSD's pfctl has it. */
static void check_curves(struct planner *p, const struct altq_class *c)
{
	const struct altq_curve *all[] = {&c->realtime, &c->linkshare,
					  &c->upperlimit};

	for (size_t k = 0; k < ARRAY_SIZE(all); k++) {
		if (all[k]->used && all[k]->m1 && !all[k]->m2)
			refuse(p, c->q, "m2 is zero for %s", c->q->name);
		else if (all[k]->m1 && all[k]->m1 < all[k]->m2)
			refuse(p, c->q, "m1 must be zero for convex curve: %s",
			       c->q->name);
	}
	if (c->upperlimit.used && c->realtime.m2 > c->upperlimit.m2)
		refuse(p, c->q, "upper-limit sc smaller than real-time sc");
}

static struct altq_class *add_class(struct altq_if *i)
{
	struct altq_class *v = reallocarray(i->v, i->n + 1, sizeof(*v));

	if (!v)
		return NULL;
	i->v = v;
	memset(&v[i->n], 0, sizeof(*v));
	return &v[i->n++];
}

static const struct pf_queue *defined(const struct planner *p,
				      const char *ifname, const char *name)
{
	for (size_t i = 0; i < p->q->n; i++) {
		const struct pf_queue *q = &p->q->v[i];

		if (q->name && !strcmp(q->name, name) &&
		    (!q->ifname || !strcmp(q->ifname, ifname)))
			return q;
	}
	return NULL;
}

static bool is_in(const struct altq_if *i, const char *name)
{
	for (size_t k = 1; k < i->n; k++)
		if (!strcmp(i->v[k].q->name, name))
			return true;
	return false;
}

static enum altq_leaf leaf_of(const struct pf_queue *q, enum pf_scheduler sched)
{
	if (q->flags & PF_Q_CODEL || sched == PF_SCHED_CODEL)
		return ALTQ_CODEL;
	if (q->flags & PF_Q_RED)
		return ALTQ_RED;
	return sched == PF_SCHED_FAIRQ ? ALTQ_FQ_CODEL : ALTQ_PFIFO;
}

static void check_words(struct planner *p, const struct pf_queue *q,
			enum pf_scheduler sched)
{
	/* to hfsc priorities are nothing */
	const unsigned int most = sched == PF_SCHED_PRIQ   ? PRIQ_PRIORITIES
				  : sched == PF_SCHED_HFSC ? UINT8_MAX + 1
							   : CBQ_PRIORITIES;

	if (q->flags & PF_Q_RIO)
		refuse(p, q, "rio is not supported");
	if (q->have_priority && q->priority >= most)
		refuse(p, q, "priority out of range: max %u", most - 1);
}

static int add_queue(struct planner *p, struct altq_if *i, size_t parent,
		     const struct pf_queue *q)
{
	struct altq_class *c = add_class(i);
	const struct altq_class *up = &i->v[parent];

	if (!c)
		return -ENOMEM;
	*c = (struct altq_class){
		.q = q,
		.number = altq_number(p->q, q->name),
		.parent = parent,
		.depth = up->depth + 1,
		.leaf = true,
		.queue = leaf_of(q, i->q->sched),
		.qlimit = q->have_qlimit && q->qlimit ? q->qlimit : ALTQ_QLIMIT,
	};
	i->v[parent].leaf = false;
	check_words(p, q, i->q->sched);
	c->rate = share_of(&q->bandwidth, up->rate);
	c->ceil = i->q->sched != PF_SCHED_CBQ ? i->v[0].rate
		  : q->flags & PF_Q_BORROW    ? up->ceil
					      : c->rate;
	c->prio = CBQ_PRIORITIES - 1 -
		  (q->have_priority ? q->priority : ALTQ_PRIORITY) %
			  CBQ_PRIORITIES;
	if (!c->rate)
		refuse(p, q, "queue %s has no bandwidth", q->name);
	c->realtime = curve_of(&q->realtime, up->rate);
	c->linkshare = curve_of(&q->linkshare, up->rate);
	if (!c->linkshare.used)
		c->linkshare = (struct altq_curve){.used = true, .m2 = c->rate};
	c->upperlimit = curve_of(&q->upperlimit, up->rate);
	if (i->q->sched == PF_SCHED_HFSC)
		check_curves(p, c);
	if (q->flags & PF_Q_DEFAULT && i->dflt)
		refuse(p, q, "should have one default queue on %s",
		       i->q->ifname);
	if (q->flags & PF_Q_DEFAULT)
		i->dflt = c->number;
	return 0;
}

/* Queues that a parent names and nobody defines do not exist. */
static int add_children(struct planner *p, struct altq_if *i, size_t parent)
{
	const struct strv *names = &i->v[parent].q->child;
	const bool shares =
		i->q->sched == PF_SCHED_CBQ || i->q->sched == PF_SCHED_FAIRQ;
	uint64_t sum = 0;
	int r = 0;

	for (size_t k = 0; !r && k < names->n; k++) {
		const struct pf_queue *q =
			defined(p, i->q->ifname, names->v[k]);

		if (!q)
			continue;
		if (is_in(i, names->v[k])) {
			refuse(p, q, "queue %s already exists on interface %s",
			       q->name, i->q->ifname);
			continue;
		}
		r = add_queue(p, i, parent, q);
		/* add_class() has moved them */
		names = &i->v[parent].q->child;
		sum += r ? 0 : i->v[i->n - 1].rate;
	}
	if (!r && shares && sum > i->v[parent].rate && p->strict && !p->refused)
		report(p->r, REPORT_WARN,
		       "%s:%u: the sum of the child bandwidth (%llu) higher "
		       "than parent \"%s%s\" (%llu)",
		       i->v[parent].q->file ? i->v[parent].q->file : "-",
		       i->v[parent].q->line, (unsigned long long)sum,
		       i->v[parent].q->name ? "" : "root_",
		       i->v[parent].q->name ? i->v[parent].q->name
					    : i->q->ifname,
		       (unsigned long long)i->v[parent].rate);
	return r;
}

/* Strict priority: each has next to nothing of its own, and may take all. */
static void rank_priorities(struct planner *p, struct altq_if *i)
{
	unsigned int used = 0, prio;

	for (size_t k = 1; k < i->n; k++) {
		const struct pf_queue *q = i->v[k].q;

		prio = q->have_priority ? q->priority : ALTQ_PRIORITY;
		if (prio >= PRIQ_PRIORITIES) /* check_words() has refused it */
			return;
		if (used & 1u << prio)
			refuse(p, q,
			       "%s does not have a unique priority on "
			       "interface %s",
			       q->name, i->q->ifname);
		used |= 1u << prio;
	}
	if (__builtin_popcount(used) > (int)ALTQ_HTB_PRIOS)
		refuse(p, i->q, "more than %u priorities on %s", ALTQ_HTB_PRIOS,
		       i->q->ifname);
	for (size_t k = 1; k < i->n; k++) {
		prio = i->v[k].q->have_priority ? i->v[k].q->priority
						: ALTQ_PRIORITY;
		i->v[k].prio = (unsigned int)__builtin_popcount(
			used & ~((2u << prio) - 1));
		i->v[k].rate = 8;
		i->v[k].ceil = i->v[0].rate;
	}
}

static int plan_if(struct planner *p, const struct pf_queue *q,
		   const struct altq_link *l, struct altq *to)
{
	struct altq_if *i = reallocarray(to->v, to->n + 1, sizeof(*i));
	struct altq_class *root;
	int r = 0;

	if (!i)
		return -ENOMEM;
	to->v = i;
	i += to->n++;
	*i = (struct altq_if){.q = q, .ifindex = l->ifindex, .mtu = l->mtu};
	root = add_class(i);
	if (!root)
		return -ENOMEM;
	root->q = q;
	root->number = ALTQ_ROOT;
	root->leaf = true;
	root->queue = leaf_of(q, q->sched);
	root->qlimit = q->have_qlimit && q->qlimit ? q->qlimit : ALTQ_QLIMIT;
	root->rate = root->ceil = altq_bits(&q->bandwidth, l->speed);
	root->linkshare = (struct altq_curve){.used = true, .m2 = root->rate};
	if (!root->rate && !p->strict && l->ifindex) {
		/* it was known when they were loaded */
		free(i->v);
		to->n--;
		return 0;
	}
	if (!root->rate) {
		refuse(p, q,
		       "interface %s does not know its bandwidth, please "
		       "specify an absolute bandwidth",
		       q->ifname);
		return 0;
	}
	for (size_t k = 0; !r && k < i->n; k++)
		r = add_children(p, i, k);
	if (r < 0)
		return r;
	if (q->sched == PF_SCHED_CODEL)
		i->dflt = ALTQ_ROOT;
	for (size_t k = 1; k < i->n; k++)
		if (i->v[k].number == i->dflt && !i->v[k].leaf)
			refuse(p, i->v[k].q, "default queue %s is not a leaf",
			       i->v[k].q->name);
	if (!i->dflt)
		refuse(p, q, "should have one default queue on %s", q->ifname);
	if (q->sched == PF_SCHED_PRIQ)
		rank_priorities(p, i);
	return 0;
}

/* Is this another word on the same queue, or on the same interface? */
static bool clash(const struct pf_queue *a, const struct pf_queue *b)
{
	if (!a->name || !b->name)
		return !a->name && !b->name && !strcmp(a->ifname, b->ifname);
	return !strcmp(a->name, b->name) &&
	       (!a->ifname || !b->ifname || !strcmp(a->ifname, b->ifname));
}

static void check_twice(struct planner *p)
{
	for (size_t i = 0; i < p->q->n; i++) {
		const struct pf_queue *q = &p->q->v[i];
		size_t k = 0;

		while (k < i && !clash(&p->q->v[k], q))
			k++;
		if (k < i && q->name)
			refuse(p, q, "queue %s already exists", q->name);
		else if (k < i)
			refuse(p, q, "altq already defined on %s", q->ifname);
	}
}

int altq_plan(const struct pf_queues *q, altq_link_fn *link, const void *data,
	      bool strict, const struct report *r, struct altq *ret,
	      unsigned int *ret_refused, struct err *e)
{
	struct planner p = {.q = q, .r = r, .strict = strict};
	cleanup_altq struct altq to = {0};

	if (q && q->n > ALTQ_MAX) {
		refuse(&p, &q->v[ALTQ_MAX], "more than %u queues", ALTQ_MAX);
		*ret_refused = p.refused;
		return 0;
	}
	if (q)
		check_twice(&p);
	for (size_t i = 0; q && i < q->n; i++) {
		struct altq_link l = {.mtu = 1500, .speed = 1000000000};

		if (q->v[i].name)
			continue;
		if (link && !link(data, q->v[i].ifname, &l)) {
			if (strict)
				refuse(&p, &q->v[i],
				       "interface %s does not exist",
				       q->v[i].ifname);
			continue;
		}
		if (plan_if(&p, &q->v[i], &l, &to) < 0)
			return err_nomem(e);
	}
	*ret = to;
	to = (struct altq){0};
	*ret_refused = p.refused;
	return 0;
}

bool altq_link_of(const void *vnet, const char *ifname, struct altq_link *ret)
{
	struct vnet *v = (struct vnet *)(uintptr_t)vnet;
	cleanup_ifnet struct ifnet ifp = {0};
	struct ethtool_link link = {.speed = -1};
	struct altq_link l = {0};

	if (ifnet_link(v, ifname, &ifp, NULL) < 0)
		return false;
	l.ifindex = ifp.index;
	l.mtu = ifp.mtu;
	if (ethtool_link_get(v, ifp.index, &link, NULL) >= 0 && link.speed > 0)
		l.speed = (uint64_t)link.speed * 1000000;
	*ret = l;
	return true;
}
