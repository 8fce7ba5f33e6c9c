/*
 * rcplan: see rcplan.h.
 *
 * Theory of operation.  First come the removals: facts in the notes that
 * nobody wants any more, newest first.  Then, service by service in boot
 * order, the wanted facts that are not so.  An interface that the plan itself
 * is going to create has nothing yet, so its facts are steps without a look
 * at the kernel; facts of an interface that has been given to a jail are left
 * alone.  A step notes what it is about to do before it does it, and its undo
 * is the undo of that note: rollback, stop and repair are the same thing.
 */
#include "rc/rcplan.h"

#include "base/cancel.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "jail/prison.h"
#include "rc/rcclient.h"
#include "rc/rcdad.h"
#include "rc/rcready.h"
#include "rc/rcscript.h"
#include "rc/rcsubr.h"
#include "rc/sysctl.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

static void step_free(void *arg)
{
	struct rcstep *s = arg;

	facts_free(&s->facts);
	strv_free(&s->old);
	rcact_unref(s->act);
	free(s);
}

static int note_index(const struct rcact *a, const struct fact *f)
{
	return a->vnet && *f->ifname ? vnet_ifindex(a->vnet, f->ifname) : 0;
}

/* Note, then make. */
static int make_one(struct rcstep *s, size_t i, struct err *e)
{
	const struct fact *f = &s->facts.v[i];
	int r = notes_made(&s->act->notes, f, note_index(s->act, f),
			   s->old.v[i], e);

	if (r < 0)
		return r;
	r = rcact_make(s->act, f, e);
	if (r < 0)
		notes_gone(&s->act->notes, f, NULL);
	return r;
}

static bool jail_runs(const char *name)
{
	cleanup_prisons struct prisons *ps = NULL;
	cleanup_prison struct prison p = {0};

	return prisons_open(&ps, NULL) == 0 &&
	       prison_get(ps, name, false, &p, NULL) == 0;
}

/* Jails of one configuration, all in one go. */
static int make_jails(struct rcstep *s, struct err *e)
{
	cleanup_strv struct strv names = {0}, up = {0};
	struct rcact *a = s->act;
	struct err se = ERR_INIT;
	struct facts *f = &s->facts;
	int r = 0;

	for (size_t i = 0; !r && i < f->n; i++) {
		r = notes_made(&a->notes, &f->v[i], 0, "", e);
		if (!r && strv_add(&names, f->v[i].key) < 0)
			r = err_nomem(e);
	}
	if (!r)
		r = rcact_jails(a, f->v[0].value, &names, false, e);
	if (rcready_settle(a, &names, &se) < 0)
		report(&a->report, REPORT_WARN, "%s", se.text);
	if (!r)
		return strv_copy(&a->jails, &names) < 0 ? err_nomem(e) : 0;
	for (size_t i = 0; i < f->n; i++) {
		if (!jail_runs(f->v[i].key))
			notes_gone(&a->notes, &f->v[i], NULL);
		else
			strv_add(&up, f->v[i].key);
	}
	if (a->keep_going) {
		strv_copy(&a->jails, &up);
		return r;
	}
	if (up.n && !rcact_jails(a, f->v[0].value, &up, true, NULL))
		for (size_t i = 0; i < f->n; i++)
			notes_gone(&a->notes, &f->v[i], NULL);
	return r;
}

static int undo_one(struct rcact *a, const struct fact *f, struct err *e)
{
	struct note *n = notes_find(&a->notes, f);
	int r;

	if (!n)
		return 0;
	r = rcact_undo(a, n, e);
	return r < 0 ? r : notes_gone(&a->notes, f, e);
}

/* Several jails at once, in the order of the step. */
static int undo_jails(struct rcstep *s, struct err *e)
{
	cleanup_strv struct strv names = {0};
	struct facts *f = &s->facts;
	int r = 0;

	for (size_t i = 0; i < f->n; i++)
		if (notes_find(&s->act->notes, &f->v[i]) &&
		    jail_runs(f->v[i].key) && strv_add(&names, f->v[i].key) < 0)
			return err_nomem(e);
	if (names.n)
		r = rcact_jails(s->act, f->v[0].value, &names, true, e);
	for (size_t i = 0; i < f->n; i++)
		if (!r || !jail_runs(f->v[i].key))
			notes_gone(&s->act->notes, &f->v[i], NULL);
	return r;
}

static int step_make(struct rcstep *s, struct err *e)
{
	if (s->facts.v[0].kind == FACT_JAIL)
		return make_jails(s, e);
	return make_one(s, 0, e);
}

/* Several clones in one request. */
static int undo_clones(struct rcstep *s, struct err *e)
{
	int r = rcact_undo_clones(s->act, &s->facts, e);

	for (size_t i = 0; !r && i < s->facts.n; i++)
		r = notes_gone(&s->act->notes, &s->facts.v[i], e);
	return r;
}

static int step_undo(struct rcstep *s, struct err *e)
{
	if (s->facts.v[0].kind == FACT_CLONE && s->facts.n > 1)
		return undo_clones(s, e);

	if (s->facts.v[0].kind == FACT_JAIL)
		return undo_jails(s, e);
	return undo_one(s->act, &s->facts.v[0], e);
}

/* A variable's file and line before the error of its fact. */
static void blame(const struct rcact *a, const struct fact *f, struct err *e)
{
	const char *var = f->var;

	if (!e || !var)
		return;
	if (a->conf && !strstr(var, " line ")) {
		struct err t = *e;

		rcconf_err(a->conf, var, t.code, e, "%s", t.text);
	} else {
		err_wrap(e, "%s", var);
	}
}

static int tolerate(struct rcstep *s, int r, struct err *e)
{
	if (r >= 0 || !s->act->keep_going)
		return r;
	report(&s->act->report, REPORT_ERROR, "%s", e ? e->text : "failed");
	err_clear(e);
	s->act->failed++;
	return 0;
}

static int step_run(void *ctx, void *arg, struct err *e)
{
	struct rcstep *s = arg;
	int r;

	(void)ctx;
	if (cancel_asked())
		return err_set(e, ECANCELED, "interrupted");
	r = s->remove ? step_undo(s, e) : step_make(s, e);
	if (r < 0 && cancel_asked())
		return err_set(e, ECANCELED, "interrupted");
	if (r < 0)
		blame(s->act, &s->facts.v[0], e);
	return tolerate(s, r, e);
}

/* Rollback: a removal is made again, a making undone. */
static int step_back(void *ctx, void *arg, struct err *e)
{
	struct rcstep *s = arg;

	(void)ctx;
	return s->remove ? step_make(s, e) : step_undo(s, e);
}

static int wait_dad(struct rcact *a, struct err *e)
{
	const struct fact *bad = NULL;
	int r = rcdad_wait(a->vnet, &a->dad, &bad, e);

	if (r < 0 && bad)
		blame(a, bad, e);
	return r;
}

static int wait_run(void *ctx, void *arg, struct err *e)
{
	struct rcstep *s = arg;

	(void)ctx;
	return tolerate(s, wait_dad(s->act, e), e);
}

static int netwait_step(void *ctx, void *arg, struct err *e)
{
	struct rcstep *s = arg;
	struct rcact *a = s->act;

	(void)ctx;
	if (!a->vnet)
		return 0;
	return tolerate(s, netwait_run(a->vnet, &a->netwait, &a->report, e), e);
}

static int wait_route_run(void *ctx, void *arg, struct err *e)
{
	struct rcstep *s = arg;

	(void)ctx;
	return tolerate(s, rcclient_wait_route(s->act, e), e);
}

/* ---- building ---- */

struct build {
	const struct rcmodel *m;
	struct rcstate *s;
	struct rcact *act;
	const struct rcplan_scope *scope;
	struct plan *plan;
	struct strv coming;  /* interfaces that the plan makes */
	struct strv leaving; /* clones that it destroys, and their ends */
	struct strv lost;    /* names that it takes from interfaces again */
	struct strv back;    /* what those are called then */
	struct err *e;
};

static void step_text(const struct rcstep *s, struct strbuf *b)
{
	const struct facts *f = &s->facts;

	fact_text(&f->v[0], s->remove, b);
	if (f->n < 2)
		return;
	strbuf_clear(b);
	if (f->v[0].kind == FACT_CLONE)
		strbuf_adds(b, "destroy");
	else
		strbuf_adds(b, s->remove ? "stop jails" : "start jails");
	for (size_t i = 0; i < f->n; i++)
		strbuf_addf(b, " %s",
			    f->v[i].kind == FACT_CLONE ? f->v[i].ifname
						       : f->v[i].key);
}

static struct rcstep *step_new(struct build *b, int service, bool remove)
{
	struct rcstep *s = calloc(1, sizeof(*s));

	if (!s) {
		err_nomem(b->e);
		return NULL;
	}
	s->act = rcact_ref(b->act);
	s->service = service;
	s->remove = remove;
	return s;
}

static int step_fact(struct build *b, struct rcstep *s, const struct fact *f,
		     char *old)
{
	struct fact *v = reallocarray(s->facts.v, s->facts.n + 1, sizeof(*v));

	if (v)
		s->facts.v = v;
	if (strv_take(&s->old, old) < 0 || !v ||
	    fact_copy(&v[s->facts.n], f) < 0)
		return err_nomem(b->e);
	s->facts.n++;
	return 0;
}

/* Takes s. */
static int step_add(struct build *b, struct rcstep *s)
{
	cleanup_strbuf struct strbuf text = STRBUF_INIT;

	step_text(s, &text);
	return plan_add(b->plan, step_run, step_back, s, step_free, b->e, "%s",
			text.s);
}

static int step_single(struct build *b, int service, bool remove,
		       const struct fact *f, char *old)
{
	struct rcstep *s = step_new(b, service, remove);
	int r;

	if (!s) {
		free(old);
		return -ENOMEM;
	}
	r = step_fact(b, s, f, old);
	if (r < 0) {
		step_free(s);
		return r;
	}
	return step_add(b, s);
}

static int names_add(struct strv *sv, const char *ifname)
{
	int r = strv_add(sv, ifname);

	return !r && clone_is_pair(ifname) ? clone_ends_add(sv, ifname) : r;
}

/* Facts of an interface that is neither here nor coming. */
static bool out_of_reach(struct build *b, const struct fact *f)
{
	if (!*f->ifname || f->kind == FACT_CLONE || f->kind == FACT_RENAME ||
	    rcstate_if(b->s, f->ifname))
		return false;
	if (f->implied || strv_has(&b->m->clones, f->ifname))
		return true;
	/* renamed, and in a jail by now */
	return rcstate_lent(b->s, f->ifname);
}

/* A rename whose interface is neither here nor coming has nothing to do. */
static bool rename_idle(struct build *b, const struct fact *f)
{
	return f->kind == FACT_RENAME && !strv_has(&b->coming, f->ifname) &&
	       !strv_has(&b->back, f->ifname) &&
	       !ifnets_find(&b->s->ifs, f->ifname);
}

/* A new interface has IPv6 off already where that is the default. */
static bool new_and_off(const struct fact *f)
{
	cleanup_free char *text = NULL;

	return f->kind == FACT_IP6 && !strcmp(f->value, "ifdisabled") &&
	       file_read(AT_FDCWD,
			 "/proc/sys/net/ipv6/conf/default/disable_ipv6", 16,
			 &text, NULL, NULL) == 0 &&
	       *text == '1';
}

static bool in_scope(const struct build *b, const struct fact *f)
{
	const struct strv *only = b->scope->only_ifs;

	if (b->scope->kinds && !(b->scope->kinds & 1ul << f->kind))
		return false;

	if (!only || !*f->ifname)
		return true;
	for (size_t i = 0; i < only->n; i++)
		if (!strcmp(only->v[i], f->ifname) ||
		    (f->kind == FACT_CLONE &&
		     clone_has_end(f->ifname, only->v[i])) ||
		    (f->kind == FACT_RENAME && !strcmp(only->v[i], f->key)))
			return true;
	return false;
}

/*
 * What can never become so is said each time and is no step: a name that no
 * kernel of ours has (`sysctl -i` at boot).  A knob that nothing acts on yet
 * is a step, and is said as well.
 */
static bool impossible(struct build *b, const struct fact *f)
{
	const struct report *r = &b->act->report;
	const char *from = f->var ? f->var : "rc", *caveat;
	struct sysctl_info info;
	struct err e = ERR_INIT;

	if (b->s->blank || f->kind != FACT_SYSCTL)
		return false;
	if (sysctl_info(f->key, &info, &e) == -ENOENT) {
		report(r, REPORT_WARN, "%s: %s", from, e.text);
		return true;
	}
	caveat = sysctl_caveat(f->key, f->value);
	if (caveat)
		report(r, REPORT_WARN,
		       "%s: %s is kept, but not in force yet (%s)", from,
		       f->key, caveat);
	return false;
}

/* Would it replace an address that is of our making, too? */
static bool replaces_own(struct build *b, const struct fact *f)
{
	cleanup_free char *old = rcstate_old(b->s, f);
	const struct fact like = {
		.kind = f->kind, .ifname = f->ifname, .key = old};

	return old && *old && notes_find(&b->act->notes, &like);
}

/* Whether that one goes is another step's business: this one only adds. */
static int want_alias(struct build *b, int service, const struct fact *f)
{
	struct fact alias = {0};
	int r = fact_copy(&alias, f) < 0 || strv_add(&alias.words, "alias") < 0;

	alias.primary = false;
	r = r ? err_nomem(b->e)
	      : step_single(b, service, false, &alias, strdup(""));
	fact_free(&alias);
	return r;
}

/* A port by a name that says another interface once the plan is done. */
static bool port_lost(const struct build *b, const struct fact *f)
{
	return (f->kind == FACT_MEMBER || f->kind == FACT_SPAN) &&
	       (strv_has(&b->lost, f->key) || strv_has(&b->back, f->key));
}

static int want_one(struct build *b, int service, const struct fact *f)
{
	int r = 0;

	if (!in_scope(b, f) || impossible(b, f))
		return 0;
	if (strv_has(&b->coming, f->ifname)) {
		if (new_and_off(f))
			return 0;
	} else if (strv_has(&b->back, f->ifname) || port_lost(b, f)) {
		/* all that it had has been undone */
		if (f->kind == FACT_RENAME && strv_add(&b->back, f->key) < 0)
			return err_nomem(b->e);
		return step_single(b, service, false, f, strdup(""));
	} else if (out_of_reach(b, f) || rename_idle(b, f) ||
		   rcstate_has(b->s, &b->act->notes, f)) {
		return 0;
	}
	if (f->kind == FACT_CLONE)
		r = names_add(&b->coming, f->ifname);
	else if (f->kind == FACT_RENAME)
		r = strv_add(&b->coming, f->key);
	if (r)
		return err_nomem(b->e);
	if (f->primary && replaces_own(b, f))
		return want_alias(b, service, f);
	return step_single(b, service, false, f, rcstate_old(b->s, f));
}

static int dad_step(struct build *b, int service)
{
	struct rcstep *s = step_new(b, service, false);

	if (!s)
		return -ENOMEM;
	return plan_add(b->plan, wait_run, NULL, s, step_free, b->e,
			"wait for IPv6 addresses");
}

/* A step that ends when the new IPv6 addresses can be used. */
static int want_dad(struct build *b, size_t first)
{
	struct facts *dad = &b->act->dad;

	for (size_t i = first; i < b->plan->n; i++) {
		const struct fact *f =
			((struct rcstep *)b->plan->v[i].arg)->facts.v;
		struct fact *v;

		if (!rcdad_concerns(f) || !strcmp(f->ifname, "lo0") ||
		    strv_has(&f->words, "no_dad"))
			continue;
		v = reallocarray(dad->v, dad->n + 1, sizeof(*v));
		if (v)
			dad->v = v;
		if (!v || fact_copy(&v[dad->n], f) < 0)
			return err_nomem(b->e);
		dad->n++;
	}
	return dad->n ? dad_step(b, RC_NETIF) : 0;
}

/* Leases that are still to come bring a default route, perhaps. */
static int want_default_route(struct build *b)
{
	struct rcstep *s = NULL;

	for (size_t i = 0; i < b->plan->n; i++) {
		const struct rcstep *p = b->plan->v[i].arg;

		if (p->facts.n && !p->remove && p->facts.v[0].kind == FACT_DHCP)
			s = step_new(b, RC_DEFAULTROUTE, false);
		if (s)
			break;
	}
	if (!s)
		return 0;
	b->act->route_delay = b->m->route_delay;
	b->act->carrier_delay = b->m->carrier_delay;
	return plan_add(b->plan, wait_route_run, NULL, s, step_free, b->e,
			"wait for the default route");
}

/* A boot waits for others; a level that is up has done so. */
static int want_netwait(struct build *b)
{
	const struct netwait *w = &b->m->netwait;
	struct netwait *to = &b->act->netwait;
	struct rcstep *s;

	if (!w->wanted || (!b->plan->n && b->scope->service[RC_NETIF]))
		return 0;
	s = step_new(b, RC_NETWAIT, false);
	if (!s)
		return -ENOMEM;
	netwait_free(to);
	*to = *w;
	to->ips = to->ifs = (struct strv){0};
	if (strv_copy(&to->ips, &w->ips) < 0 ||
	    strv_copy(&to->ifs, &w->ifs) < 0) {
		step_free(s);
		return err_nomem(b->e);
	}
	return plan_add(b->plan, netwait_step, NULL, s, step_free, b->e,
			"wait for the network");
}

/* Some get their carrier, and are checked, only when a jail has started. */
static int want_dad_again(struct build *b)
{
	const struct rcstep *s =
		b->plan->n ? b->plan->v[b->plan->n - 1].arg : NULL;

	return b->act->dad.n && s && s->service == RC_JAIL && !s->remove
		       ? dad_step(b, RC_JAIL)
		       : 0;
}

/* Does the jail run with a configuration that is not that of the file? */
static bool jail_changed(const struct build *b, const struct fact *f)
{
	const struct note *n = notes_find(&b->act->notes, f);

	/* one that was started by hand is let alone */
	return n && rcstate_has(b->s, &b->act->notes, f) &&
	       n->fact.words.n == 1 && f->words.n == 1 &&
	       strcmp(n->fact.words.v[0], f->words.v[0]) != 0;
}

/*
 * Jails that do not run: one step for each configuration file.  One whose
 * configuration has changed is started anew: much of it is for good from the
 * creation on, and exec.start may have used the rest.
 */
static int want_jails(struct build *b, const struct facts *f)
{
	/* files that rc.conf's own variables make come first */
	for (size_t i = 0; i < f->n; i++)
		if (f->v[i].kind == FACT_FILE &&
		    want_one(b, RC_JAIL, &f->v[i]) < 0)
			return -ENOMEM;
	for (size_t i = f->n; i-- > 0;)
		if (f->v[i].kind == FACT_JAIL && jail_changed(b, &f->v[i]) &&
		    step_single(b, RC_JAIL, true, &f->v[i], strdup("")) < 0)
			return -ENOMEM;
	for (size_t i = 0; i < f->n;) {
		struct rcstep *s = NULL;
		const char *conf = f->v[i].value;
		int r = 0;

		if (f->v[i].kind != FACT_JAIL) {
			i++;
			continue;
		}
		s = step_new(b, RC_JAIL, false);
		if (!s)
			return -ENOMEM;
		for (; !r && i < f->n && f->v[i].kind == FACT_JAIL &&
		       !strcmp(f->v[i].value, conf);
		     i++)
			if (!rcstate_has(b->s, &b->act->notes, &f->v[i]) ||
			    jail_changed(b, &f->v[i]))
				r = step_fact(b, s, &f->v[i], strdup(""));
		if (!r && s->facts.n) {
			r = step_add(b, s);
		} else {
			step_free(s);
		}
		if (r < 0)
			return r;
	}
	return 0;
}

/*
 * A level has one folder of scripts, but in a sandbox that is read where the
 * block is shown and run where its files were copied to: the name tells.
 */
static bool same_script(const char *a, const char *b)
{
	const char *x = strrchr(a, '/'), *y = strrchr(b, '/');

	return !strcmp(x ? x + 1 : a, y ? y + 1 : b);
}

static bool script_started(const struct notes *n, const char *path)
{
	for (size_t i = 0; i < n->n; i++)
		if (n->v[i].fact.kind == FACT_SCRIPT &&
		    same_script(n->v[i].fact.key, path))
			return true;
	return false;
}

/* A file that scripts read, unless the system has one. */
static int want_file(struct build *b, const char *path, const char *text)
{
	cleanup_facts struct facts f = {0};

	if (!facts_add(&f, FACT_FILE, NULL, path, text, NULL))
		return err_nomem(b->e);
	if (strv_has(&b->coming, path) ||
	    rcstate_has(b->s, &b->act->notes, &f.v[0]))
		return 0;
	return strv_add(&b->coming, path) ? err_nomem(b->e)
					  : step_single(b, RC_SERVICES, false,
							&f.v[0], strdup(""));
}

static int want_script(struct build *b, const struct rcserv *serv)
{
	cleanup_facts struct facts f = {0};
	int r;

	if (!facts_add(&f, FACT_SCRIPT, NULL, serv->node.name, NULL, NULL))
		return err_nomem(b->e);
	if (script_started(&b->act->notes, serv->node.name))
		return 0;
	r = want_file(b, RC_SUBR, rc_subr_text);
	if (!r && rcscript_needs_network(serv->node.name))
		r = want_file(b, NETWORK_SUBR, NETWORK_SUBR_TEXT);
	return r ? r : step_single(b, RC_SERVICES, false, &f.v[0], strdup(""));
}

/* The service a kind of fact belongs to when only a note is left of it. */
static int service_of(const struct fact *f)
{
	switch (f->kind) {
	case FACT_SYSCTL:
		return RC_SYSCTL;
	case FACT_HOSTNAME:
		return RC_HOSTNAME;
	case FACT_ROUTE:
		return RC_ROUTING;
	case FACT_KLD:
		return RC_KLD;
	case FACT_NEIGH:
		return strchr(f->key, ':') ? RC_STATIC_NDP : RC_STATIC_ARP;
	case FACT_RTSOLD:
		return RC_RTSOLD;
	case FACT_RTADVD:
		return RC_RTADVD;
	case FACT_TEXT:
		return RC_IP6ADDRCTL;
	case FACT_PF:
		return RC_PF;
	case FACT_PFLOG:
		return RC_PFLOG;
	case FACT_RULE:
		return RC_RCTL;
	case FACT_DEVFS:
	case FACT_DEVMOUNT:
		return RC_DEVFS;
	case FACT_JAIL:
		return RC_JAIL;
	case FACT_FILE:
	case FACT_SCRIPT:
		return RC_SERVICES;
	default:
		return RC_NETIF;
	}
}

static bool is_wanted(const struct build *b, const struct fact *f,
		      const struct rcservs *servs)
{
	if (f->kind == FACT_FILE && facts_find(&b->m->of[RC_JAIL], f))
		return true;
	if (f->kind == FACT_SCRIPT || f->kind == FACT_FILE) {
		for (size_t i = 0; servs && i < servs->n; i++)
			if (servs->v[i].script &&
			    (f->kind == FACT_FILE ||
			     same_script(servs->v[i].node.name, f->key)))
				return true;
		return false;
	}
	for (size_t i = 0; i < RC_SERVICES; i++)
		if (facts_find(&b->m->of[i], f))
			return true;
	return false;
}

/* On an interface that is going to be destroyed as a whole? */
static bool goes_with_clone(const struct build *b, const struct fact *f)
{
	return *f->ifname && f->kind != FACT_CLONE && f->kind != FACT_DHCP &&
	       f->kind != FACT_IFSCRIPT && strv_has(&b->leaving, f->ifname);
}

/* Mark clones that will be destroyed, with the names they were given. */
static int mark_leaving(struct build *b,
			bool (*leaves)(const struct build *,
				       const struct fact *,
				       const struct rcservs *),
			const struct rcservs *servs)
{
	const struct notes *n = &b->act->notes;

	for (size_t i = 0; i < n->n; i++) {
		const struct fact *f = &n->v[i].fact;

		if (f->kind == FACT_CLONE && strcmp(f->value, "sticky") &&
		    leaves(b, f, servs) && names_add(&b->leaving, f->ifname))
			return err_nomem(b->e);
		if (f->kind == FACT_RENAME &&
		    strv_has(&b->leaving, f->ifname) &&
		    strv_add(&b->leaving, f->key) < 0)
			return err_nomem(b->e);
	}
	return 0;
}

static bool leaves_unwanted(const struct build *b, const struct fact *f,
			    const struct rcservs *servs)
{
	return !is_wanted(b, f, servs);
}

/* An epair goes when it is named itself: an end may be another jail's. */
static bool leaves_stopped(const struct build *b, const struct fact *f,
			   const struct rcservs *servs)
{
	const struct strv *only = b->scope->only_ifs;

	(void)servs;
	return !only || strv_has(only, f->ifname);
}

/* Is the effect of a note still there to be undone? */
static bool effect_there(struct build *b, const struct fact *f)
{
	switch (f->kind) {
	case FACT_SYSCTL:
	case FACT_HOSTNAME:
	case FACT_SCRIPT:
	case FACT_FILE:
	case FACT_JAIL:
	case FACT_ROUTE:
	case FACT_RULE:
	case FACT_PF:
	case FACT_PFLOG:
	case FACT_DHCP:
	case FACT_RTSOLD:
	case FACT_RTADVD:
	case FACT_TEXT:
	case FACT_KLD:
	case FACT_NEIGH:
		return rcstate_has(b->s, &b->act->notes, f);
	default:
		return !out_of_reach(b, f) &&
		       rcstate_has(b->s, &b->act->notes, f);
	}
}

/* Interfaces that stay, and are to have another name than they were given. */
static int mark_lost(struct build *b, const struct rcservs *servs)
{
	const struct notes *n = &b->act->notes;

	for (size_t i = 0; i < n->n; i++) {
		const struct fact *f = &n->v[i].fact;

		if (f->kind == FACT_RENAME && !is_wanted(b, f, servs) &&
		    !goes_with_clone(b, f) && effect_there(b, f) &&
		    (strv_add(&b->lost, f->key) < 0 ||
		     strv_add(&b->back, f->ifname) < 0))
			return err_nomem(b->e);
	}
	return 0;
}

/* What was made and is wanted no more, newest first. */
static int leftovers(struct build *b, const struct rcservs *servs)
{
	struct notes *n = &b->act->notes;
	cleanup_facts struct facts drop = {0};
	int r = mark_leaving(b, leaves_unwanted, servs);

	if (!r)
		r = mark_lost(b, servs);
	for (size_t i = n->n; !r && i-- > 0;) {
		const struct fact *f = &n->v[i].fact;

		if (is_wanted(b, f, servs) && !strv_has(&b->lost, f->ifname) &&
		    !port_lost(b, f))
			continue;
		if (f->kind != FACT_WORDS && !goes_with_clone(b, f) &&
		    effect_there(b, f))
			r = step_single(b, service_of(f), true, f,
					strdup(n->v[i].old));
		else if (!facts_add(&drop, f->kind, f->ifname, f->key, f->value,
				    NULL))
			r = err_nomem(b->e);
	}
	/* notes of things that went by themselves */
	for (size_t i = 0; !r && i < drop.n; i++)
		r = notes_gone(n, &drop.v[i], b->e);
	return r;
}

/* Both interfaces and jails, all of them. */
static bool whole(const struct rcplan_scope *s)
{
	return s->service[RC_NETIF] && s->service[RC_JAIL] && !s->kinds &&
	       !s->only_ifs && !s->early;
}

int rcplan_build(const struct rcmodel *m, const struct rcservs *servs,
		 struct rcstate *s, struct rcact *act,
		 const struct rcplan_scope *scope, struct plan *ret,
		 struct err *e)
{
	struct build b = {.m = m,
			  .s = s,
			  .act = act,
			  .scope = scope,
			  .plan = ret,
			  .e = e};
	int r = scope->leftovers ? leftovers(&b, servs) : 0;
	size_t first;

	if (!r && whole(scope) && !(scope->scripts && rcservs_scripts(servs)))
		r = rcready_plan(act, m, s, e);

	for (size_t i = 0; !r && i < servs->n; i++) {
		const struct rcserv *serv = &servs->v[i];
		const struct facts *f;

		if (scope->early && serv->builtin == RC_NETIF)
			break;
		if (serv->script && scope->scripts) {
			r = want_script(&b, serv);
			continue;
		}
		if (serv->script || serv->builtin < 0 ||
		    !scope->service[serv->builtin])
			continue;
		f = &m->of[serv->builtin];
		if (serv->builtin == RC_JAIL) {
			r = want_jails(&b, f);
			if (!r)
				r = want_dad_again(&b);
			continue;
		}
		if (serv->builtin == RC_DEFAULTROUTE) {
			r = want_default_route(&b);
			continue;
		}
		if (serv->builtin == RC_NETWAIT) {
			r = want_netwait(&b);
			continue;
		}
		first = ret->n;
		for (size_t k = 0; !r && k < f->n; k++)
			r = want_one(&b, serv->builtin, &f->v[k]);
		if (!r && serv->builtin == RC_NETIF)
			r = want_dad(&b, first);
	}
	strv_free(&b.coming);
	strv_free(&b.leaving);
	strv_free(&b.lost);
	strv_free(&b.back);
	return r;
}

/* Jails in the notes, grouped by configuration; reverse or as started. */
static int stop_jails(struct build *b)
{
	const struct notes *n = &b->act->notes;
	struct rcstep *s = NULL;
	int r = 0;

	for (size_t k = 0; !r && k < n->n; k++) {
		size_t i = b->act->reverse_stop ? n->n - 1 - k : k;
		const struct fact *f = &n->v[i].fact;

		if (f->kind != FACT_JAIL)
			continue;
		if (s && strcmp(s->facts.v[0].value, f->value)) {
			r = step_add(b, take_ptr(s));
			if (r < 0)
				break;
		}
		if (!s && !(s = step_new(b, RC_JAIL, true)))
			return -ENOMEM;
		r = step_fact(b, s, f, strdup(""));
	}
	if (!s)
		return r;
	if (r < 0) {
		step_free(s);
		return r;
	}
	return step_add(b, s);
}

/* Clones go last and together: the kernel takes its time for each request. */
static int stop_clone(struct build *b, struct rcstep **clones,
		      const struct fact *f)
{
	if (!*clones)
		*clones = step_new(b, RC_NETIF, true);
	return *clones ? step_fact(b, *clones, f, strdup("")) : -ENOMEM;
}

int rcplan_stop(struct rcact *act, const struct rcplan_scope *scope,
		struct plan *ret, struct err *e)
{
	struct build b = {.act = act, .scope = scope, .plan = ret, .e = e};
	struct notes *n = &act->notes;
	struct rcstep *clones = NULL;
	int r = 0;

	if (whole(scope))
		r = rcready_stop(act, e);
	if (!r && scope->service[RC_JAIL])
		r = stop_jails(&b);
	if (!r && scope->service[RC_NETIF])
		r = mark_leaving(&b, leaves_stopped, NULL);
	for (size_t i = n->n; !r && i-- > 0;) {
		const struct fact *f = &n->v[i].fact;
		int service = service_of(f);

		if (f->kind == FACT_JAIL || goes_with_clone(&b, f) ||
		    !in_scope(&b, f) ||
		    (f->kind == FACT_CLONE && !leaves_stopped(&b, f, NULL)) ||
		    !(service == RC_SERVICES ? scope->scripts
					     : scope->service[service]))
			continue;
		if (f->kind == FACT_CLONE)
			r = stop_clone(&b, &clones, f);
		else
			r = step_single(&b, service, true, f,
					strdup(n->v[i].old));
	}
	if (clones && !r)
		r = step_add(&b, clones);
	else if (clones)
		step_free(clones);
	strv_free(&b.leaving);
	return r;
}
