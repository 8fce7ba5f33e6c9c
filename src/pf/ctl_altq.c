/*
 * ctl_altq: pfctl -s queue: queues as trees of their interfaces, with what
 * their classes count.
 */
#include "pf/ctl.h"

#include "base/cleanup.h"
#include "pf/altq.h"
#include "pf/print.h"

#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#define INTERVAL 5 /* seconds between two looks of -vv */
#define AVERAGE 8  /* looks that an average is of, at most */

/* What -vv remembers of a class between two looks. */
struct average {
	unsigned int n;
	double bytes, packets; /* an interval */
	uint64_t last_bytes, last_packets;
};

struct averages {
	struct average *v;
	size_t n;
};

static void averages_free(struct averages *a)
{
	free(a->v);
}

static void note(struct average *a, const struct altq_stats *s)
{
	const double n = a->n;

	if (a->n && s->bytes >= a->last_bytes)
		a->bytes = (a->bytes * (n - 1) +
			    (double)(s->bytes - a->last_bytes)) /
			   n;
	if (a->n && s->packets >= a->last_packets)
		a->packets = (a->packets * (n - 1) +
			      (double)(s->packets - a->last_packets)) /
			     n;
	a->last_bytes = s->bytes;
	a->last_packets = s->packets;
	if (a->n < AVERAGE)
		a->n++;
}

static void put_rate(struct strbuf *out, double rate)
{
	static const char units[] = " KMG";
	size_t i = 0;

	while (rate >= 1000 && units[i + 1]) {
		rate /= 1000;
		i++;
	}
	if ((long long)(rate * 100) % 100)
		strbuf_addf(out, "%.2f%cb", rate, units[i]);
	else
		strbuf_addf(out, "%lld%cb", (long long)rate, units[i]);
}

static void put_curve(struct strbuf *out, const char *word,
		      const struct altq_curve *c)
{
	if (!c->used || !c->m2)
		return;
	strbuf_addf(out, " %s", word);
	if (c->d) {
		strbuf_addch(out, '(');
		put_rate(out, (double)c->m1);
		strbuf_addf(out, " %u", c->d);
	}
	strbuf_addch(out, ' ');
	put_rate(out, (double)c->m2);
	if (c->d)
		strbuf_addch(out, ')');
}

static bool is_root(const struct altq_if *i, const struct altq_class *c)
{
	return c == i->v;
}

/* "cbq( red ecn default ) " */
static void put_options(struct strbuf *out, const struct altq_if *i,
			const struct altq_class *c)
{
	cleanup_strbuf struct strbuf text = STRBUF_INIT;

	for (size_t k = 0; !is_root(i, c) && k < PF_NQWORDS; k++)
		if (c->q->flags & pf_queue_words[k].flag)
			strbuf_addf(&text, " %s", pf_queue_words[k].word);
	if (is_root(i, c) && i->q->sched == PF_SCHED_CBQ)
		strbuf_adds(&text, " wrr root");
	if (i->q->sched == PF_SCHED_HFSC && !is_root(i, c)) {
		put_curve(&text, "realtime", &c->realtime);
		if (c->linkshare.m2 != c->rate || c->linkshare.d)
			put_curve(&text, "linkshare", &c->linkshare);
		put_curve(&text, "upperlimit", &c->upperlimit);
	}
	if (text.len)
		strbuf_addf(out, "%s(%s ) ", pf_schedulers[i->q->sched],
			    text.s);
}

static void put_name(struct strbuf *out, const struct altq_if *i,
		     const struct altq_class *c)
{
	if (is_root(i, c))
		strbuf_addf(out, "root_%s", i->q->ifname);
	else
		strbuf_adds(out, c->q->name);
}

static void put_children(struct strbuf *out, const struct altq_if *i,
			 const struct altq_class *c)
{
	bool any = false;

	for (size_t k = 1; k < i->n; k++) {
		if (&i->v[i->v[k].parent] != c)
			continue;
		strbuf_adds(out, any ? ", " : "{");
		any = true;
		put_name(out, i, &i->v[k]);
	}
	if (any)
		strbuf_addch(out, '}');
}

static void put_queue(struct strbuf *out, const struct altq_if *i,
		      const struct altq_class *c, unsigned int depth)
{
	const unsigned int priority = is_root(i, c)	    ? 0
				      : c->q->have_priority ? c->q->priority
							    : ALTQ_PRIORITY;
	struct pf_queue root;

	if (!i->ifindex)
		strbuf_adds(out, "INACTIVE ");
	if (i->q->sched == PF_SCHED_CODEL) {
		root = *i->q;
		root.child.n = 0;
		root.tbrsize = altq_tbrsize(&root, c->rate, i->mtu);
		root.have_tbrsize = true;
		pf_print_queue(out, &root, 0);
		strbuf_addch(out, '\n');
		return;
	}
	strbuf_adds(out, "queue ");
	while (depth--)
		strbuf_addch(out, ' ');
	put_name(out, i, c);
	strbuf_addf(out, " on %s ", i->q->ifname);
	if (i->q->sched != PF_SCHED_PRIQ) {
		strbuf_adds(out, "bandwidth ");
		put_rate(out, (double)c->rate);
		strbuf_addch(out, ' ');
	}
	if (priority != ALTQ_PRIORITY)
		strbuf_addf(out, "priority %u ", priority);
	if (c->qlimit != ALTQ_QLIMIT)
		strbuf_addf(out, "qlimit %u ", c->qlimit);
	put_options(out, i, c);
	put_children(out, i, c);
	strbuf_addch(out, '\n');
}

/* The kernel counts no bytes of what it drops. */
static void put_stats(struct strbuf *out, const struct altq_if *i,
		      const struct altq_class *c, const struct altq_stats *s,
		      const struct average *a)
{
	strbuf_addf(out,
		    "  [ pkts: %10" PRIu64 "  bytes: %10" PRIu64
		    "  dropped pkts: %6" PRIu64 " bytes: %6u ]\n",
		    s->packets, s->bytes, s->drops, 0u);
	strbuf_addf(out, "  [ qlength: %3u/%3u", s->qlen, c->qlimit);
	if (i->q->sched == PF_SCHED_CBQ)
		strbuf_addf(out, "  borrows: %6u  suspends: %6u", s->borrows,
			    s->overlimits);
	strbuf_adds(out, " ]\n");
	if (a->n < 2)
		return;
	strbuf_addf(out, "  [ measured: %7.1f packets/s, ",
		    a->packets / INTERVAL);
	put_rate(out, 8 * a->bytes / INTERVAL);
	strbuf_adds(out, "/s ]\n");
}

/* A class and those below it. */
static void put_tree(struct ctl *c, const struct altq_if *i, size_t at,
		     unsigned int depth, const struct altq_stats *s,
		     struct average *a)
{
	/* strict priorities have no class above them in pf */
	const bool shown = at || i->q->sched != PF_SCHED_PRIQ;

	note(&a[at], &s[at]);
	if (shown) {
		put_queue(&c->out, i, &i->v[at], depth);
		if (c->opts & CTL_VERBOSE && i->ifindex)
			put_stats(&c->out, i, &i->v[at], &s[at], &a[at]);
	}
	if (shown && c->opts & CTL_DEBUG) {
		strbuf_addf(&c->out, "  [ qid=%u ifname=%s ifbandwidth=",
			    i->v[at].number, i->q->ifname);
		put_rate(&c->out, (double)i->v[0].rate);
		strbuf_adds(&c->out, " ]\n");
	}
	for (size_t k = 1; k < i->n; k++)
		if (i->v[k].parent == at)
			put_tree(c, i, k, depth + shown, s, a);
}

/* One that is not there, or knows no bandwidth now, has queues, too. */
static bool link_of(const void *vnet, const char *ifname, struct altq_link *ret)
{
	if (!altq_link_of(vnet, ifname, ret))
		*ret = (struct altq_link){.mtu = 1500};
	if (!ret->speed)
		ret->speed = 1000000000;
	return true;
}

static int show_once(struct ctl *c, struct averages *a, bool *ret_any,
		     struct err *e)
{
	cleanup_pf_conf struct pf_conf *conf = NULL;
	cleanup_altq struct altq q = {0};
	unsigned int refused = 0;
	size_t n = 0, at = 0;
	int r = pf_loaded(c->k, &conf, e);

	if (r >= 0)
		r = altq_plan(conf->queues, link_of, c->v, false, NULL, &q,
			      &refused, e);
	for (size_t i = 0; i < q.n; i++)
		n += q.v[i].n;
	if (r >= 0 && n != a->n) { /* another set of queues */
		free(a->v);
		a->n = n;
		a->v = calloc(n + 1, sizeof(*a->v));
		if (!a->v)
			return err_nomem(e);
	}
	if (r < 0)
		return r;
	for (size_t i = 0; i < q.n; at += q.v[i++].n) {
		cleanup_free struct altq_stats *s = NULL;

		if (c->iface && strcmp(c->iface, q.v[i].q->ifname) != 0)
			continue;
		r = altq_stats(c->v, &q.v[i], &s, e);
		if (r < 0)
			return r;
		if (c->opts & CTL_SHOWALL && !*ret_any)
			ctl_title(c, "ALTQ:");
		*ret_any = true;
		put_tree(c, &q.v[i], 0, 0, s, a->v + at);
	}
	*ret_any = q.n > 0;
	return 0;
}

int ctl_show_queues(struct ctl *c, struct err *e)
{
	__attribute__((cleanup(averages_free))) struct averages a = {0};
	bool any = false;
	int r = show_once(c, &a, &any, e);

	if (r < 0)
		return r;
	if (!any)
		strbuf_adds(&c->out, "No queue in use\n");
	while (!r && any && c->put && c->opts & CTL_VERBOSE2 &&
	       !(c->opts & CTL_SHOWALL)) {
		strbuf_addch(&c->out, '\n');
		if (c->put(c) < 0)
			break;
		poll(NULL, 0, INTERVAL * 1000);
		any = false;
		r = show_once(c, &a, &any, e);
	}
	return r;
}
