/*
 * rc: see rc.h.  Boot and stop of a level; FreeBSD's messages.
 */
#include "rc/rc.h"

#include "base/cleanup.h"
#include "jail/blockroot.h"
#include "jail/prison.h"
#include "net/ifconfig.h"
#include "pf/load.h"
#include "rc/rcact.h"
#include "rc/rcmodel.h"
#include "rc/rcplan.h"
#include "rc/rcready.h"
#include "rc/rcserv.h"
#include "rc/rcstate.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

const struct rcdir rc_system_dir = {
	.etc = "/etc",
	.local = "/usr/local/etc/rc.d",
};

const struct rcdir *rc_level_dir(void)
{
	static const struct rcdir shown = {
		.etc = CELLBLOCK_RUN "/block",
		.local = CELLBLOCK_RUN "/block/rc.d",
		.block = true,
	};

	return blockroot_shown() ? &shown : &rc_system_dir;
}

/* Services whose rc.conf.d/NAME rc reads for itself, in boot order. */
static const char *const confd_names[] = {
	"sysctl",	"hostname", "ip6addrctl", "netif",   "network",
	"pflog",	"pf",	    "dhclient",	  "routing", "rtsold",
	"defaultroute", "netwait",  "rtadvd",	  "rctl",    "jail",
};

static int strv_cmp(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* rc.conf.d/NAME is a file or a folder of files. */
static int confd_files(const char *path, struct strv *ret)
{
	cleanup_closedir DIR *d = opendir(path);
	cleanup_strv struct strv names = {0};
	struct dirent *de;
	int r = 0;

	if (!d)
		return access(path, R_OK) ? 0 : strv_add(ret, path);
	while ((de = readdir(d)) != NULL && !r)
		if (*de->d_name != '.')
			r = strv_addf(&names, "%s/%s", path, de->d_name);
	if (names.n)
		qsort(names.v, names.n, sizeof(*names.v), strv_cmp);
	for (size_t i = 0; !r && i < names.n; i++)
		r = strv_add(ret, names.v[i]);
	return r;
}

const char *rc_local(const struct rcdir *dir, const struct rcconf *c)
{
	const char *v = rcconf_get(c, "local_startup"), *file;
	unsigned int line;

	/* the default is another folder for a block */
	return v && rcconf_where(c, "local_startup", &file, &line) ? v
								   : dir->local;
}

/* rc.conf.d/NAME in the folder of rc.conf and beside the local scripts. */
static int confd_of(const struct rcdir *dir, const char *name, struct strv *ret)
{
	const char *slash = strrchr(dir->local, '/');
	cleanup_free char *etc = str_printf("%s/rc.conf.d/%s", dir->etc, name);
	cleanup_free char *local = str_printf(
		"%.*s/rc.conf.d/%s", slash ? (int)(slash - dir->local) : 0,
		dir->local, name);

	if (!etc || !local)
		return -ENOMEM;
	if (confd_files(etc, ret) < 0)
		return -ENOMEM;
	return strcmp(etc, local) ? confd_files(local, ret) : 0;
}

int rc_files(const struct rcdir *dir, struct strv *ret, struct err *e)
{
	int r = strv_addf(ret, "%s/rc.conf", dir->etc);

	if (!r)
		r = strv_addf(ret, "%s/rc.conf.local", dir->etc);
	for (size_t i = 0; !r && i < ARRAY_SIZE(confd_names); i++)
		r = confd_of(dir, confd_names[i], ret);
	return r ? err_nomem(e) : 0;
}

int rc_files_of(const struct rcdir *dir, const char *name, struct strv *ret,
		bool *ret_own, struct err *e)
{
	int r = rc_files(dir, ret, e);
	size_t n = ret->n;

	if (r < 0)
		return r;
	if (confd_of(dir, name, ret) < 0)
		return err_nomem(e);
	*ret_own = ret->n > n;
	return 0;
}

/* Everything one run works with. */
struct run {
	const struct rc *rc;
	struct rcact *act;
	struct rcstate state;
	struct rcmodel model;
	struct rcservs servs;
	struct rcplan_scope scope;
	struct rc_place place;
	int told; /* summaries given so far: enum rc_service */
};

static void run_clear(struct run *r)
{
	rcact_unref(r->act);
	rcstate_free(&r->state);
	rcmodel_free(&r->model);
	rcservs_free(&r->servs);
}

static void say(const struct run *r, const char *text)
{
	if (r->rc->messages)
		report(r->rc->report, REPORT_OUT, "%s", text);
}

static void say_list(const struct run *r, const char *head,
		     const struct strv *list)
{
	cleanup_free char *s = strv_join(list, " ");

	if (r->rc->messages && list->n && s)
		report(r->rc->report, REPORT_OUT, "%s %s.", head, s);
}

static void say_each(const struct run *r, const struct strv *list)
{
	for (size_t i = 0; i < list->n; i++)
		say(r, list->v[i]);
}

static void say_interface(struct run *r, struct vnet *v,
			  const struct ifnets *ifs, const char *name)
{
	cleanup_strbuf struct strbuf out = STRBUF_INIT;
	cleanup_strv struct strv lines = {0};
	struct ifconfig_opts o = {0};
	struct ifnet *ifp = ifnets_find(ifs, name);

	if (!ifp)
		return;
	ifconfig_print(v, ifs, ifp, &o, &out, NULL);
	if (strv_split(&lines, out.s, "\n") == 0)
		say_each(r, &lines);
}

/* One that is where its jail is going to be already. */
static void say_ready(struct run *r, const char *name)
{
	cleanup_ifnets struct ifnets ifs = {0};
	cleanup_vnet struct vnet *v = NULL;

	if (rcready_open(r->act, name, &v) == 0 &&
	    ifnets_load(v, &ifs, NULL) == 0)
		say_interface(r, v, &ifs, name);
}

/* "Starting Network: lo0 epair1b." and what ifconfig shows of them. */
static void say_network(struct run *r)
{
	cleanup_ifnets struct ifnets ifs = {0};
	cleanup_strv struct strv names = {0};

	if (!r->rc->messages || !r->act->vnet ||
	    ifnets_load(r->act->vnet, &ifs, NULL) < 0)
		return;
	for (size_t i = 0; i < r->model.interfaces.n; i++) {
		const char *name = r->model.interfaces.v[i];
		cleanup_vnet struct vnet *v = NULL;

		if ((ifnets_find(&ifs, name) ||
		     rcready_open(r->act, name, &v) == 0) &&
		    (!r->rc->interfaces || strv_has(r->rc->interfaces, name)))
			strv_add(&names, name);
	}
	say_list(r, "Starting Network:", &names);
	for (size_t i = 0; i < names.n; i++)
		if (ifnets_find(&ifs, names.v[i]))
			say_interface(r, r->act->vnet, &ifs, names.v[i]);
		else
			say_ready(r, names.v[i]);
}

/* In the order in which FreeBSD's script names them. */
static const struct routing_option {
	const char *var, *text;
	bool inet6;
} routing_options[] = {
	{"icmp_bmcastecho", "broadcast ping responses=YES", false},
	{"icmp_drop_redirect", "ignore ICMP redirect=YES", false},
	{"gateway_enable", "gateway=YES", false},
	{"forward_sourceroute", "do source routing=YES", false},
	{"accept_sourceroute", "accept source routing=YES", false},
	{"arpproxy_all", "ARP proxyall=YES", false},
	{"ipv6_gateway_enable", "gateway=YES", true},
};

static void say_options(struct run *r, bool inet6)
{
	cleanup_strbuf struct strbuf b = STRBUF_INIT;

	for (size_t i = 0; i < ARRAY_SIZE(routing_options); i++)
		if (routing_options[i].inet6 == inet6 &&
		    rcconf_yes(r->rc->conf, routing_options[i].var, NULL))
			strbuf_addf(&b, " %s", routing_options[i].text);
	if (b.len && r->rc->messages)
		report(r->rc->report, REPORT_OUT,
		       "Additional %s routing options:%s.",
		       inet6 ? "inet6" : "inet", b.s);
}

static void say_routing(struct run *r)
{
	say_each(r, &r->act->routes);
	if (r->scope.kinds && !(r->scope.kinds & 1ul << FACT_SYSCTL))
		return;
	say_options(r, false);
	say_options(r, true);
}

/* "Binding static ARP pair(s): a b." */
static void say_pairs(struct run *r, const char *var, const char *head)
{
	const char *v = rcconf_get(r->rc->conf, var);
	cleanup_strv struct strv names = {0};

	if (v && strv_split(&names, v, " \t\n") == 0)
		say_list(r, head, &names);
}

static void say_service(struct run *r, int service)
{
	const char *host;

	switch (service) {
	case RC_SYSCTL:
		say_each(r, &r->act->sysctls);
		break;
	case RC_HOSTNAME:
		host = rcconf_get(r->rc->conf, "hostname");
		if (r->rc->messages && host && r->model.of[RC_HOSTNAME].n)
			report(r->rc->report, REPORT_OUT,
			       "Setting hostname: %s.", host);
		break;
	case RC_NETIF:
		if (!r->place.vnet)
			break;
		say_list(r, "Created clone interfaces:", &r->act->created);
		/* "service netif cloneup" starts none */
		if (!r->rc->kinds &&
		    rcconf_yes(r->rc->conf, "netif_enable", NULL))
			say_network(r);
		break;
	case RC_PFLOG:
		if (r->rc->messages && r->model.of[RC_PFLOG].n)
			report(r->rc->report, REPORT_OUT, "Starting pflog.");
		break;
	case RC_PF:
		if (r->rc->messages && r->model.of[RC_PF].n)
			report(r->rc->report, REPORT_OUT, "Enabling pf.");
		break;
	case RC_ROUTING:
		if (r->place.vnet)
			say_routing(r);
		break;
	case RC_KLD:
		if (r->model.of[RC_KLD].n)
			say(r, "Loading kernel modules:");
		break;
	case RC_STATIC_ARP:
		if (r->model.of[service].n)
			say_pairs(r, "static_arp_pairs",
				  "Binding static ARP pair(s):");
		break;
	case RC_STATIC_NDP:
		if (r->model.of[service].n)
			say_pairs(r, "static_ndp_pairs",
				  "Binding static NDP pair(s):");
		break;
	case RC_JAIL:
		say_list(r, "Starting jails:", &r->act->jails);
		break;
	}
}

/* The summaries of all services before this one. */
static void say_until(struct run *r, int service)
{
	for (; r->told < service; r->told++)
		if (r->scope.service[r->told])
			say_service(r, r->told);
}

static void observe(void *data, const struct plan_step *step, size_t index,
		    size_t total, bool undoing)
{
	struct run *r = data;
	const struct rcstep *s = step->arg;

	(void)index;
	(void)total;
	if (!undoing && !s->remove && s->service < RC_SERVICES)
		say_until(r, s->service);
	if (!r->rc->quiet && step->text)
		report(r->rc->report, REPORT_STEP, "%s%s",
		       undoing ? "undo: " : "", step->text);
}

static int builtin_index(const char *name)
{
	static const char *const names[RC_SERVICES] = {
		[RC_KLD] = "kld",
		[RC_SYSCTL] = "sysctl",
		[RC_STATIC_ARP] = "static_arp",
		[RC_STATIC_NDP] = "static_ndp",
		[RC_HOSTNAME] = "hostname",
		[RC_NETIF] = "netif",
		[RC_PFLOG] = "pflog",
		[RC_PF] = "pf",
		[RC_ROUTING] = "routing",
		[RC_RTSOLD] = "rtsold",
		[RC_DEFAULTROUTE] = "defaultroute",
		[RC_IP6ADDRCTL] = "ip6addrctl",
		[RC_NETWAIT] = "netwait",
		[RC_RTADVD] = "rtadvd",
		[RC_RCTL] = "rctl",
		[RC_DEVFS] = "devfs",
		[RC_JAIL] = "jail",
	};

	for (int i = 0; i < RC_SERVICES; i++)
		if (!strcmp(names[i], name))
			return i;
	return -1;
}

static int scope_of(const struct rc *rc, struct rcplan_scope *s, struct err *e)
{
	int i;

	*s = (struct rcplan_scope){.only_ifs = rc->interfaces,
				   .kinds = rc->kinds};
	if (!rc->service) {
		for (i = 0; i < RC_SERVICES; i++)
			s->service[i] = true;
		s->scripts = s->leftovers = true;
		return 0;
	}
	i = builtin_index(rc->service);
	if (i < 0)
		return err_set(e, ENOENT, "%s: no such service", rc->service);
	s->service[i] = true;
	return 0;
}

/* What every run begins with: where we are, the notes, the handle. */
static int run_open(struct run *r, const struct rc *rc, struct err *e)
{
	struct prison_self self = {0};
	int ret = prison_self(&self, e);

	r->rc = rc;
	if (!ret)
		ret = scope_of(rc, &r->scope, e);
	if (ret < 0)
		return ret;
	r->place = (struct rc_place){.jailed = self.jailed,
				     .vnet = !self.jailed || self.vnet,
				     .jails = r->scope.service[RC_JAIL],
				     .pf = r->scope.service[RC_PF],
				     .rulesets = !self.jailed ||
						 self.children_max > 0,
				     .etc = rc->dir->etc,
				     .block = rc->dir->block};
	r->act = rcact_new();
	if (!r->act)
		return err_nomem(e);
	if (rc->report)
		r->act->report = *rc->report;
	r->act->keep_going = rc->keep_going;
	r->act->messages = rc->messages;
	r->act->conf = rc->conf;
	r->act->place = &r->place;
	/* in a jail there is one level; a machine may hold several blocks */
	ret = notes_open(self.jailed || !rc->dir->block ? "/etc" : rc->dir->etc,
			 !rc->dry_run, &r->act->notes, e);
	if (!ret && r->place.vnet)
		ret = vnet_open(-1, VNET_STATEDIR, &r->act->vnet, e);
	if (!ret && rc->dir->block && !(r->act->block = strdup(rc->dir->etc)))
		ret = err_nomem(e);
	return ret;
}

static void say_warnings(const struct run *r)
{
	const struct rc *rc = r->rc;

	for (size_t i = 0; i < rc->conf->messages.n; i++)
		report(rc->report, REPORT_WARN, "%s", rc->conf->messages.v[i]);
	rcmodel_warn_later(rc->conf, rc->report);
	for (size_t i = 0; i < r->servs.warnings.n; i++)
		report(rc->report, REPORT_WARN, "rcorder: %s",
		       r->servs.warnings.v[i]);
}

/* What there is, what is wanted, and the steps from here to there. */
static int add_steps(struct run *r, const struct rcplan_scope *scope,
		     struct plan *plan, struct err *e)
{
	struct report aloud = r->act->report;
	int ret;

	rcstate_free(&r->state);
	rcmodel_free(&r->model);
	ret = rcstate_load(&r->state, r->place.vnet, e);
	if (!ret)
		ret = rcstate_settle(&r->state, &r->act->notes, e);
	/* what comes before netif is looked at again: then it is time to say
	 * what is wrong */
	if (scope->early)
		r->act->report = (struct report){0};
	if (!ret)
		ret = rcmodel_build(r->rc->conf, &r->state.ifs, &r->place,
				    &r->act->report, &r->model, e);
	if (!ret) {
		r->act->parallel = r->model.parallel_start;
		r->act->jail_limit = r->model.jail_limit;
		r->act->jail_verbosity = r->model.jail_verbosity;
		r->act->reverse_stop = true; /* a rollback goes backwards */
		ret = rcplan_build(&r->model, &r->servs, &r->state, r->act,
				   scope, plan, e);
	}
	r->act->report = aloud;
	return ret;
}

static bool has_script(const struct plan *plan)
{
	for (size_t i = 0; i < plan->n; i++) {
		const struct rcstep *s = plan->v[i].arg;

		if (!s->remove && s->facts.v[0].kind == FACT_SCRIPT)
			return true;
	}
	return false;
}

/*
 * A script that comes before netif may make interfaces that netif is to
 * configure, so it is run before the rest is planned.  All is one plan: what
 * fails later takes it back, too.
 */
static int run_early(struct run *r, struct plan *plan, struct err *e)
{
	struct rcplan_scope early = r->scope;
	cleanup_plan struct plan first = {0};
	int ret;

	if (!r->scope.scripts || r->rc->dry_run || !rcservs_scripts(&r->servs))
		return 0;
	early.early = true;
	ret = add_steps(r, &early, &first, e);
	if (ret < 0 || !has_script(&first))
		return ret;
	*plan = first;
	first = (struct plan){0};
	return plan_run(plan, NULL, observe, r, e);
}

static int run_plan(struct run *r, struct plan *plan, struct err *e)
{
	int ret =
		rcservs_load(rc_local(r->rc->dir, r->rc->conf), r->place.jailed,
			     r->place.vnet, false, &r->servs, e);

	if (ret < 0)
		return ret;
	say_warnings(r);
	ret = run_early(r, plan, e);
	if (ret < 0)
		return ret;
	ret = add_steps(r, &r->scope, plan, e);
	if (ret < 0)
		plan_undo(plan, NULL, observe, r, NULL);
	return ret;
}

/* Addresses and groups have changed: rules that name (IF) or a group follow. */
static void follow(struct run *r, size_t changes)
{
	struct err e = ERR_INIT;

	if (changes && r->act->vnet && pf_refresh(r->act->vnet, &e) < 0)
		report(r->rc->report, REPORT_WARN, "pf: %s", e.text);
}

int rc_start(const struct rc *rc, struct plan *ret_plan, struct err *e)
{
	__attribute__((cleanup(run_clear))) struct run r = {0};
	cleanup_plan struct plan plan = {0};
	int ret = run_open(&r, rc, e);

	if (!ret)
		ret = run_plan(&r, &plan, e);
	if (ret < 0) {
		if (r.act)
			notes_drop(&r.act->notes); /* if all is undone */
		return ret;
	}
	if (rc->dry_run) {
		for (size_t i = 0; i < plan.n; i++)
			report(rc->report, REPORT_STEP, "%s", plan.v[i].text);
	} else {
		ret = plan_run(&plan, NULL, observe, &r, e);
		if (ret < 0) {
			notes_drop(&r.act->notes); /* if all is undone */
			return ret;
		}
		say_until(&r, RC_SERVICES);
		follow(&r, plan.n);
	}
	r.act->conf = NULL;
	r.act->place = NULL;
	if (ret_plan) {
		*ret_plan = plan;
		plan = (struct plan){0};
	}
	return r.act->failed ? -EIO : 0;
}

/* What is left in the notes went with the clones it sat on. */
static int notes_settle(struct rcact *a, struct err *e)
{
	int ret = 0;

	while (!ret && a->notes.n)
		ret = notes_gone(&a->notes, &a->notes.v[a->notes.n - 1].fact,
				 e);
	notes_drop(&a->notes);
	return ret;
}

/* The name that an interface has been given, or its own. */
static const char *renamed(const struct notes *n, const char *ifname)
{
	for (size_t i = 0; i < n->n; i++)
		if (n->v[i].fact.kind == FACT_RENAME &&
		    !strcmp(n->v[i].fact.ifname, ifname))
			return n->v[i].fact.key;
	return ifname;
}

/* Interfaces about which the plan undoes something, and clones it destroys. */
static void stopping(const struct plan *p, struct strv *ifs,
		     struct strv *clones)
{
	for (size_t i = 0; i < p->n; i++) {
		const struct rcstep *s = p->v[i].arg;

		for (size_t k = 0; k < s->facts.n; k++) {
			const struct fact *f = &s->facts.v[k];

			if (s->service == RC_NETIF && *f->ifname &&
			    !(ifs->n && !strcmp(ifs->v[ifs->n - 1], f->ifname)))
				strv_add(ifs, f->ifname);
			if (f->kind == FACT_CLONE &&
			    strcmp(f->value, "sticky") != 0)
				strv_add(clones, f->ifname);
		}
	}
}

/*
 * "Stopping Network: epair0a bridge0.", those of them that are there, and the
 * clones; in the notes' order.
 */
static void say_network_stops(struct run *r, const struct plan *p)
{
	cleanup_ifnets struct ifnets here = {0};
	cleanup_strv struct strv ifs = {0}, clones = {0}, names = {0},
				 gone = {0};
	const struct notes *n = &r->act->notes;
	const char *last = "";

	if (!r->rc->messages || !r->act->vnet ||
	    ifnets_load(r->act->vnet, &here, NULL) < 0)
		return;
	stopping(p, &ifs, &clones);
	for (size_t i = 0; i < n->n; i++) {
		const struct fact *f = &n->v[i].fact;
		cleanup_strv struct strv ends = {0};

		if (f->kind == FACT_CLONE && strv_has(&clones, f->ifname))
			strv_add(&gone, f->ifname);
		/* an interface's notes are neighbours mostly */
		if (!strcmp(f->ifname, last) || !strv_has(&ifs, f->ifname))
			continue;
		last = f->ifname;
		clone_ends_add(&ends, f->ifname);
		for (size_t k = 0; k < ends.n; k++) {
			const char *name = renamed(n, ends.v[k]);

			if (ifnets_find(&here, name) && !strv_has(&names, name))
				strv_add(&names, name);
		}
	}
	/* a level that goes down says nothing of them, as rc.shutdown(8) */
	if (r->rc->service && !r->scope.kinds)
		say_list(r, "Stopping Network:", &names);
	say_list(r, "Destroyed clone interfaces:", &gone);
}

static void say_stopping(struct run *r, const struct plan *p)
{
	cleanup_strv struct strv jails = {0};
	const struct notes *n = &r->act->notes;

	for (size_t i = 0; i < n->n; i++) {
		size_t k = r->act->reverse_stop ? n->n - 1 - i : i;

		if (n->v[k].fact.kind == FACT_JAIL)
			strv_add(&jails, n->v[k].fact.key);
	}
	if (r->scope.service[RC_JAIL])
		say_list(r, "Stopping jails:", &jails);
	if (r->scope.service[RC_NETIF])
		say_network_stops(r, p);
}

int rc_stop(const struct rc *rc, struct err *e)
{
	__attribute__((cleanup(run_clear))) struct run r = {0};
	cleanup_plan struct plan plan = {0};
	struct rc mine = *rc;
	int ret;

	mine.keep_going = true; /* as much as can be goes away */
	ret = run_open(&r, &mine, e);
	if (ret < 0)
		return ret;
	r.act->reverse_stop =
		rc->conf && rcconf_yes(rc->conf, "jail_reverse_stop", NULL);
	r.told = RC_SERVICES;
	ret = rcplan_stop(r.act, &r.scope, &plan, e);
	if (ret < 0)
		return ret;
	say_stopping(&r, &plan);
	if (rc->dry_run) {
		for (size_t i = 0; i < plan.n; i++)
			report(rc->report, REPORT_STEP, "%s", plan.v[i].text);
		return 0;
	}
	ret = plan_run(&plan, NULL, observe, &r, e);
	if (ret < 0)
		return ret;
	if (r.act->failed)
		return err_set(e, EIO, "%zu step%s could not be undone",
			       r.act->failed, r.act->failed == 1 ? "" : "s");
	return rc->service ? 0 : notes_settle(r.act, e);
}
