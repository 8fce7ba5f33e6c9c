/*
 * conf_queue: ALTQ, "altq on ..." and "queue ...".  What queues of an interface
 * are together is altq.h's.
 */
#include "pf/conf_impl.h"

#include "base/cleanup.h"
#include "pf/altq.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

static int bandwidth(struct parser *p, struct pf_bandwidth *b)
{
	static const struct {
		const char *unit;
		double times;
	} units[] = {
		{"", 1}, {"b", 1}, {"K", 1e3}, {"M", 1e6}, {"G", 1e9},
	};
	char *end;
	double v;

	*b = (struct pf_bandwidth){.set = true};
	if (at(p, T_NUMBER)) {
		if (p->t.n < 0)
			return pf_conf_error(p, "bandwidth number too big");
		b->bits = (uint64_t)p->t.n;
		return lex_next(p);
	}
	if (!at(p, T_STRING))
		return conf_syntax(p);
	v = strtod(p->t.s, &end);
	if (end == p->t.s || !(v >= 0 && v < 1e18))
		return pf_conf_error(p, "bandwidth spec out of range");
	if (!strcmp(end, "%")) {
		if (v > 100)
			return pf_conf_error(p, "bandwidth spec out of range");
		b->percent = v;
		return lex_next(p);
	}
	/* Kb, KB, Kbit and KBit are K */
	if (end[0] && (!strcmp(end + 1, "b") || !strcmp(end + 1, "B") ||
		       !strcmp(end + 1, "bit") || !strcmp(end + 1, "Bit")))
		end[1] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(units); i++)
		if (!strcmp(end, units[i].unit)) {
			v *= units[i].times;
			if (v >= 9e18)
				return pf_conf_error(
					p, "bandwidth number too big");
			b->bits = (uint64_t)v;
			return lex_next(p);
		}
	return pf_conf_error(p, "unknown unit %s", end);
}

static const struct {
	const char *word;
	unsigned int flags;
} flag_words[] = {
	{"default", PF_Q_DEFAULT}, {"borrow", PF_Q_BORROW},
	{"red", PF_Q_RED},	   {"ecn", PF_Q_RED | PF_Q_ECN},
	{"rio", PF_Q_RIO},	   {"codel", PF_Q_CODEL},
};

static int flag_word(struct parser *p, struct pf_queue *q)
{
	bool codel = q->sched == PF_SCHED_CODEL;

	if (!at(p, T_STRING))
		return conf_syntax(p);
	for (size_t i = 0; i < ARRAY_SIZE(flag_words); i++) {
		unsigned int f = flag_words[i].flags;

		if (strcmp(flag_words[i].word, p->t.s) ||
		    (f == PF_Q_BORROW && q->sched != PF_SCHED_CBQ) ||
		    (codel && !(f & PF_Q_ECN)))
			continue;
		q->flags |= codel ? PF_Q_ECN : f;
		return lex_next(p);
	}
	return pf_conf_error(p, "unknown %s %s \"%s\"", pf_schedulers[q->sched],
			     codel ? "option" : "flag", p->t.s);
}

/* BANDWIDTH, or (BANDWIDTH MILLISECONDS BANDWIDTH) */
static int curve(struct parser *p, struct pf_curve *c, const char *what)
{
	long long d = 0;
	bool paren = false;
	int r;

	if (c->used)
		return pf_conf_error(p, "%s already specified", what);
	c->used = true;
	r = lex_next(p);
	if (!r)
		r = accept_char(p, '(', &paren);
	if (r < 0 || !paren)
		return r < 0 ? r : bandwidth(p, &c->m2);
	c->two = true;
	r = bandwidth(p, &c->m1);
	if (!r)
		r = skip_comma(p);
	if (!r)
		r = take_number(p, 0, INT_MAX, "timing in curve out of range",
				&d);
	if (!r)
		r = skip_comma(p);
	if (!r)
		r = bandwidth(p, &c->m2);
	c->d = (uint32_t)d;
	return r < 0 ? r : expect_char(p, ')');
}

static int count(struct parser *p, uint32_t *ret, const char *what)
{
	long long n = 0;
	int r;

	if (*ret)
		return pf_conf_error(p, "%s already specified", what);
	r = lex_next(p);
	if (!r)
		r = conf_number_word(p, &n);
	if (r < 0)
		return r;
	if (n < 0 || n > UINT32_MAX)
		return pf_conf_error(p, "%s out of range", what);
	*ret = (uint32_t)n;
	return 0;
}

static int sched_option(struct parser *p, struct pf_queue *q)
{
	bool hfsc = q->sched == PF_SCHED_HFSC,
	     fairq = q->sched == PF_SCHED_FAIRQ;
	bool codel = q->sched == PF_SCHED_CODEL;
	int r;

	if (at(p, K_LINKSHARE) && (hfsc || fairq))
		return curve(p, &q->linkshare, "linkshare");
	if (at(p, K_REALTIME) && hfsc)
		return curve(p, &q->realtime, "realtime");
	if (at(p, K_UPPERLIMIT) && hfsc)
		return curve(p, &q->upperlimit, "upperlimit");
	if (at(p, K_HOGS) && fairq) {
		r = lex_next(p);
		return r < 0 ? r : bandwidth(p, &q->hogs);
	}
	if (at(p, K_BUCKETS) && fairq)
		return count(p, &q->buckets, "buckets");
	if (at(p, K_INTERVAL) && codel)
		return count(p, &q->interval, "interval");
	if (at(p, K_TARGET) && codel)
		return count(p, &q->target, "target");
	return flag_word(p, q);
}

/* cbq, cbq(default borrow), ...; the word is the next token */
static int scheduler(struct parser *p, struct pf_queue *q, enum pf_scheduler s)
{
	bool paren = false;
	int r;

	if (q->sched)
		return pf_conf_error(p, "scheduler cannot be respecified");
	q->sched = s;
	r = lex_next(p);
	if (!r)
		r = accept_char(p, '(', &paren);
	if (r < 0 || !paren)
		return r;
	do {
		r = sched_option(p, q);
		if (!r)
			r = skip_comma(p);
	} while (!r && !at_char(p, ')'));
	return r < 0 ? r : lex_next(p);
}

static int option_number(struct parser *p, struct pf_queue *q)
{
	enum kind k = p->t.kind;
	bool *have = k == K_PRIORITY ? &q->have_priority
		     : k == K_QLIMIT ? &q->have_qlimit
				     : &q->have_tbrsize;
	const char *word = k == K_PRIORITY ? "priority"
			   : k == K_QLIMIT ? "qlimit"
					   : "tbrsize";
	long long most = k == K_PRIORITY ? 255
			 : k == K_QLIMIT ? 65535
					 : UINT32_MAX;
	long long n = 0;
	int r;

	if (*have)
		return pf_conf_error(p, "%s cannot be respecified", word);
	*have = true;
	r = lex_next(p);
	if (r < 0)
		return r;
	if (at(p, T_NUMBER) && (p->t.n < 0 || p->t.n > most))
		return pf_conf_error(p, "%s out of range: max %lld", word,
				     most);
	r = take_number(p, 0, most, "%lld", &n);
	if (k == K_PRIORITY)
		q->priority = (uint8_t)n;
	else if (k == K_QLIMIT)
		q->qlimit = (uint16_t)n;
	else
		q->tbrsize = (uint32_t)n;
	return r;
}

static int options(struct parser *p, struct pf_queue *q)
{
	static const struct {
		enum kind kind;
		enum pf_scheduler sched;
	} scheds[] = {
		{K_CBQ, PF_SCHED_CBQ},	   {K_PRIQ, PF_SCHED_PRIQ},
		{K_HFSC, PF_SCHED_HFSC},   {K_FAIRQ, PF_SCHED_FAIRQ},
		{K_CODEL, PF_SCHED_CODEL},
	};
	int r = 0;

	while (!r) {
		size_t i = 0;

		while (i < ARRAY_SIZE(scheds) && !at(p, scheds[i].kind))
			i++;
		if (i < ARRAY_SIZE(scheds)) {
			r = scheduler(p, q, scheds[i].sched);
		} else if (at(p, K_BANDWIDTH)) {
			if (q->bandwidth.set)
				return pf_conf_error(p, "bandwidth cannot be "
							"respecified");
			r = lex_next(p);
			if (!r)
				r = bandwidth(p, &q->bandwidth);
		} else if (at(p, K_PRIORITY) || at(p, K_QLIMIT) ||
			   at(p, K_TBRSIZE)) {
			r = option_number(p, q);
		} else {
			break;
		}
	}
	return r;
}

static int child(struct parser *p, void *to)
{
	if (!at(p, T_STRING))
		return conf_syntax(p);
	if (strlen(p->t.s) >= PF_QUEUE_NAME)
		return pf_conf_error(p,
				     "queue name '%s' too long (max %d chars)",
				     p->t.s, PF_QUEUE_NAME - 1);
	if (strv_add(to, p->t.s) < 0)
		return -ENOMEM;
	return lex_next(p);
}

/* Of an altq the size of its bucket is said, too, where the file has none. */
static void echo_queue(struct parser *p, const struct pf_queue *q)
{
	const struct pf_resolve *names = p->how->resolve;
	struct altq_link link = {.mtu = 1500};
	struct pf_queue said = *q;

	if (!q->name) {
		if (names && names->link)
			names->link(names->data, q->ifname, &link);
		said.tbrsize = altq_tbrsize(
			q, altq_bits(&q->bandwidth, link.speed), link.mtu);
		said.have_tbrsize = true;
	}
	pf_print_queue(p->how->echo, &said, 0);
	strbuf_addch(p->how->echo, '\n');
}

/* One of the queue for each interface; the parser's to keep. */
static int keep_queues(struct parser *p, struct pf_queue *q,
		       const struct ifs *ifs)
{
	size_t i = 0;

	do {
		struct pf_queue *to;
		struct strv children = {0};

		p->nchildren += q->child.n;
		if (p->nchildren > PF_MAX_CHILDREN ||
		    (p->conf->queues && p->conf->queues->n >= PF_MAX_QUEUES))
			return pf_conf_error(p, "more than %d queues",
					     PF_MAX_QUEUES);
		to = pf_queues_add(&p->conf->queues);
		if (!to || strv_copy(&children, &q->child) < 0) {
			strv_free(&children);
			return -ENOMEM;
		}
		*to = *q;
		to->child = children;
		to->name = q->name ? strdup(q->name) : NULL;
		to->ifname = ifs->n ? strdup(ifs->v[i].name) : NULL;
		to->file = strdup(lex_file(p));
		to->line = p->t.line;
		if ((q->name && !to->name) || (ifs->n && !to->ifname) ||
		    !to->file)
			return -ENOMEM;
		if (conf_echoes(p, PF_PARSE_NOT_QUEUES))
			echo_queue(p, to);
	} while (++i < ifs->n);
	return 0;
}

static int read_altq(struct parser *p, struct pf_queue *q, struct draft *d)
{
	int r = lex_next(p);

	if (!r)
		r = conf_interface(p, &d->ifs);
	if (!r)
		r = options(p, q);
	if (!r)
		r = expect_kind(p, K_QUEUE);
	if (!r && !at_end(p))
		r = conf_list(p, child, &q->child);
	if (!r)
		r = conf_end(p, SECTION_QUEUE);
	if (r < 0)
		return r;
	if (!q->sched)
		return pf_conf_error(p, "no scheduler specified!");
	if (!q->child.n && q->sched != PF_SCHED_CODEL)
		return pf_conf_error(p, "no child queues specified");
	if (!d->ifs.n)
		return pf_conf_error(p, "altq needs an interface");
	for (size_t i = 0; i < d->ifs.n; i++)
		if (d->ifs.v[i].neg)
			return pf_conf_error(p, "altq on ! <interface> is not "
						"supported");
	return keep_queues(p, q, &d->ifs);
}

/* Is it a parent of q, on an interface that q is of (NULL: any)? */
static bool is_parent(const struct pf_queue *parent, const struct pf_queue *q,
		      const struct ifs *ifs)
{
	bool here = !ifs->n || !parent->ifname;

	for (size_t i = 0; !here && i < ifs->n; i++)
		here = !strcmp(ifs->v[i].name, parent->ifname);
	return here && strv_has(&parent->child, q->name);
}

static int check_queue(struct parser *p, struct pf_queue *q,
		       const struct ifs *ifs)
{
	const struct pf_queues *l = p->conf->queues;
	const struct pf_queue *parent = NULL;

	for (size_t i = 0; l && i < l->n; i++) {
		if (!is_parent(&l->v[i], q, ifs))
			continue;
		if (!parent)
			parent = &l->v[i];
		if (q->sched && q->sched != l->v[i].sched)
			return pf_conf_error(p,
					     "exactly one scheduler type per "
					     "interface allowed");
	}
	if (!parent)
		return pf_conf_error(p, "queue %s has no parent", q->name);
	q->sched = parent->sched;
	if (q->sched == PF_SCHED_PRIQ && q->child.n)
		return pf_conf_error(p, "priq queues cannot have child queues");
	if (q->sched == PF_SCHED_PRIQ && q->bandwidth.set)
		return pf_conf_error(p, "priq doesn't take bandwidth");
	if (strv_has(&q->child, q->name))
		return pf_conf_error(p, "queue cannot have itself as child");
	return 0;
}

static int read_queue(struct parser *p, struct pf_queue *q, struct draft *d)
{
	int r = lex_next(p);

	if (!r)
		r = take_name(p, PF_QUEUE_NAME, "queue name", &q->name);
	if (!r)
		r = conf_interface(p, &d->ifs);
	if (!r)
		r = options(p, q);
	if (!r && !at_end(p))
		r = conf_list(p, child, &q->child);
	if (!r)
		r = conf_end(p, SECTION_QUEUE);
	if (r < 0)
		return r;
	if (q->have_tbrsize)
		return pf_conf_error(p, "cannot specify tbrsize for queue");
	if (check_queue(p, q, &d->ifs) < 0)
		return pf_conf_error(p, "errors in queue definition");
	return keep_queues(p, q, &d->ifs);
}

static int statement(struct parser *p,
		     int (*read)(struct parser *p, struct pf_queue *q,
				 struct draft *d))
{
	cleanup_draft struct draft d;
	struct pf_queue q = {0};
	int r;

	draft_init(&d);
	r = read(p, &q, &d);
	pf_queue_clear(&q);
	return r;
}

int conf_altq(struct parser *p)
{
	return statement(p, read_altq);
}

int conf_queue(struct parser *p)
{
	return statement(p, read_queue);
}
