/* queue: life and text of ALTQ's words. */
#include "pf/queue.h"

#include "base/cleanup.h"
#include "pf/altq.h"
#include "pf/print.h"

#include <stdlib.h>
#include <string.h>

/* pf.conf(5) writes "codelq". */
const char *const pf_schedulers[PF_NSCHEDS] = {
	[PF_SCHED_NONE] = "",	    [PF_SCHED_CBQ] = "cbq",
	[PF_SCHED_PRIQ] = "priq",   [PF_SCHED_HFSC] = "hfsc",
	[PF_SCHED_FAIRQ] = "fairq", [PF_SCHED_CODEL] = "codelq",
};

const struct pf_queue_word pf_queue_words[PF_NQWORDS] = {
	{PF_Q_RED, "red"},	 {PF_Q_ECN, "ecn"},
	{PF_Q_RIO, "rio"},	 {PF_Q_CODEL, "codel"},
	{PF_Q_BORROW, "borrow"}, {PF_Q_DEFAULT, "default"},
};

void pf_queue_clear(struct pf_queue *q)
{
	free(q->name);
	free(q->ifname);
	free(q->file);
	strv_free(&q->child);
	memset(q, 0, sizeof(*q));
}

void pf_queues_free(struct pf_queues **q)
{
	if (!*q)
		return;
	for (size_t i = 0; i < (*q)->n; i++)
		pf_queue_clear(&(*q)->v[i]);
	free((*q)->v);
	free(*q);
	*q = NULL;
}

struct pf_queue *pf_queues_add(struct pf_queues **q)
{
	struct pf_queue *v;

	if (!*q && !(*q = calloc(1, sizeof(**q))))
		return NULL;
	v = reallocarray((*q)->v, (*q)->n + 1, sizeof(*v));
	if (!v)
		return NULL;
	(*q)->v = v;
	memset(&v[(*q)->n], 0, sizeof(*v));
	return &v[(*q)->n++];
}

/*
 * 5Mb, 12.50Kb: as pfctl says it, two digits behind the point where there is a
 * fraction; or with as many as it takes to read the same rate again.
 */
static void print_rate(struct strbuf *out, const struct pf_bandwidth *b,
		       unsigned int flags)
{
	static const char units[] = {0, 'K', 'M', 'G'};
	double v = (double)b->bits;
	size_t i = 0;

	if (b->percent > 0 || !b->bits) {
		strbuf_addf(out, "%g%%", b->percent);
		return;
	}
	while (v >= 1000 && i + 1 < sizeof(units)) {
		v /= 1000;
		i++;
	}
	if (flags & PF_PRINT_EXACT)
		strbuf_addf(out, "%.15g", v);
	else
		strbuf_addf(out, "%.*f", (long long)(v * 100) % 100 ? 2 : 0, v);
	if (units[i])
		strbuf_addch(out, units[i]);
	strbuf_addch(out, 'b');
}

static void print_curve(struct strbuf *out, const char *word,
			const struct pf_curve *c, unsigned int flags)
{
	const bool two = c->two && (c->d || flags & PF_PRINT_EXACT);

	if (!c->used)
		return;
	strbuf_adds(out, word);
	if (two) {
		strbuf_addch(out, '(');
		print_rate(out, &c->m1, flags);
		strbuf_addf(out, " %u", c->d);
	}
	strbuf_addch(out, ' ');
	print_rate(out, &c->m2, flags);
	strbuf_adds(out, two ? ") " : " ");
}

/* Linkshare that says what the bandwidth says, which is of the same parent. */
static bool shares_bandwidth(const struct pf_queue *q)
{
	const struct pf_bandwidth *b = &q->bandwidth, *m2 = &q->linkshare.m2;

	if (q->linkshare.two && q->linkshare.d)
		return false;
	if (!b->set)
		return m2->percent >= 100;
	return b->bits == m2->bits && b->percent >= m2->percent &&
	       b->percent <= m2->percent;
}

/* What stands in the parentheses behind a scheduler, each with a blank. */
static void print_sched(struct strbuf *out, const struct pf_queue *q,
			unsigned int flags)
{
	if (q->interval)
		strbuf_addf(out, "interval %u ", q->interval);
	if (q->target)
		strbuf_addf(out, "target %u ", q->target);
	for (size_t i = 0; i < PF_NQWORDS; i++)
		if (q->flags & pf_queue_words[i].flag)
			strbuf_addf(out, "%s ", pf_queue_words[i].word);
	if (q->buckets)
		strbuf_addf(out, "buckets %u ", q->buckets);
	if (q->hogs.set) {
		strbuf_adds(out, "hogs ");
		print_rate(out, &q->hogs, flags);
		strbuf_addch(out, ' ');
	}
	print_curve(out, "realtime", &q->realtime, flags);
	if (flags & PF_PRINT_EXACT || !shares_bandwidth(q))
		print_curve(out, "linkshare", &q->linkshare, flags);
	print_curve(out, "upperlimit", &q->upperlimit, flags);
}

/* What is as it is where nothing is said is said in the exact form only. */
static void print_bandwidth(struct strbuf *out, const struct pf_queue *q,
			    unsigned int flags)
{
	if (!q->bandwidth.set ||
	    (!(flags & PF_PRINT_EXACT) && q->bandwidth.percent >= 100))
		return;
	strbuf_adds(out, "bandwidth ");
	print_rate(out, &q->bandwidth, flags);
	strbuf_addch(out, ' ');
}

static void print_qlimit(struct strbuf *out, const struct pf_queue *q,
			 unsigned int flags)
{
	const bool usual = !q->qlimit || q->qlimit == ALTQ_QLIMIT;

	if (q->have_qlimit && (flags & PF_PRINT_EXACT || !usual))
		strbuf_addf(out, "qlimit %u ", q->qlimit);
}

void pf_print_queue(struct strbuf *out, const struct pf_queue *q,
		    unsigned int flags)
{
	cleanup_strbuf struct strbuf opts = STRBUF_INIT;

	if (q->name) {
		strbuf_adds(out, "queue ");
		pf_print_name(out, q->name, flags);
		strbuf_addch(out, ' ');
	}
	if (q->ifname) {
		strbuf_adds(out, q->name ? "on " : "altq on ");
		pf_print_name(out, q->ifname, flags);
		strbuf_addch(out, ' ');
	}
	if (!q->name)
		strbuf_addf(out, "%s", pf_schedulers[q->sched]);
	print_sched(&opts, q, flags);
	if (q->name)
		print_bandwidth(out, q, flags);
	if (q->have_priority &&
	    (flags & PF_PRINT_EXACT || q->priority != ALTQ_PRIORITY))
		strbuf_addf(out, "priority %u ", q->priority);
	if (q->name)
		print_qlimit(out, q, flags);
	if (opts.len)
		strbuf_addf(out, "%s( %s) ",
			    q->name ? pf_schedulers[q->sched] : "", opts.s);
	else if (!q->name)
		strbuf_addch(out, ' ');
	if (!q->name) {
		print_bandwidth(out, q, flags);
		print_qlimit(out, q, flags);
	}
	if (q->have_tbrsize)
		strbuf_addf(out, "tbrsize %u ", q->tbrsize);
	if (!q->name && (flags & PF_PRINT_EXACT || q->child.n))
		strbuf_adds(out, "queue ");
	if (q->child.n) {
		strbuf_adds(out, "{ ");
		for (size_t i = 0; i < q->child.n; i++) {
			pf_print_name(out, q->child.v[i], flags);
			strbuf_addch(out, ' ');
		}
		strbuf_addch(out, '}');
	}
}
