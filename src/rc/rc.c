/*
 * rc: see rc.h.  Boot and stop of a level; FreeBSD's messages.
 */
#include "rc/rc.h"

#include "base/cleanup.h"
#include "jail/blockroot.h"
#include "jail/prison.h"
#include "net/ifconfig.h"
#include "rc/rcact.h"
#include "rc/rcmodel.h"
#include "rc/rcplan.h"
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
	"sysctl", "hostname", "netif", "network", "routing", "rctl", "jail",
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

int rc_files(const struct rcdir *dir, struct strv *ret, struct err *e)
{
	int r = strv_addf(ret, "%s/rc.conf", dir->etc);

	if (!r)
		r = strv_addf(ret, "%s/rc.conf.local", dir->etc);
	for (size_t i = 0; !r && i < ARRAY_SIZE(confd_names); i++) {
		cleanup_free char *p =
			str_printf("%s/rc.conf.d/%s", dir->etc, confd_names[i]);

		r = p ? confd_files(p, ret) : -ENOMEM;
	}
	return r ? err_nomem(e) : 0;
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

/* "Starting Network: lo0 epair1b." and what ifconfig shows of them. */
static void say_network(struct run *r)
{
	cleanup_ifnets struct ifnets ifs = {0};
	cleanup_strv struct strv names = {0};
	struct ifconfig_opts o = {0};

	if (!r->rc->messages || !r->act->vnet ||
	    ifnets_load(r->act->vnet, &ifs, NULL) < 0)
		return;
	for (size_t i = 0; i < r->model.interfaces.n; i++)
		if (ifnets_find(&ifs, r->model.interfaces.v[i]) &&
		    (!r->rc->interfaces ||
		     strv_has(r->rc->interfaces, r->model.interfaces.v[i])))
			strv_add(&names, r->model.interfaces.v[i]);
	say_list(r, "Starting Network:", &names);
	for (size_t i = 0; i < names.n; i++) {
		cleanup_strbuf struct strbuf out = STRBUF_INIT;
		cleanup_strv struct strv lines = {0};

		ifconfig_print(r->act->vnet, &ifs,
			       ifnets_find(&ifs, names.v[i]), &o, &out, NULL);
		if (strv_split(&lines, out.s, "\n") == 0)
			say_each(r, &lines);
	}
}

static void say_routing(struct run *r)
{
	const struct rcconf *c = r->rc->conf;
	bool v4 = rcconf_yes(c, "gateway_enable", NULL);
	bool v6 = rcconf_yes(c, "ipv6_gateway_enable", NULL);

	say_each(r, &r->act->routes);
	if (v4)
		say(r, "Additional inet routing options: gateway=YES.");
	if (v6)
		say(r, "Additional inet6 routing options: gateway=YES.");
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
		if (rcconf_yes(r->rc->conf, "netif_enable", NULL))
			say_network(r);
		break;
	case RC_ROUTING:
		if (r->place.vnet)
			say_routing(r);
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
		[RC_SYSCTL] = "sysctl", [RC_HOSTNAME] = "hostname",
		[RC_NETIF] = "netif",	[RC_ROUTING] = "routing",
		[RC_RCTL] = "rctl",	[RC_DEVFS] = "devfs",
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

	*s = (struct rcplan_scope){.only_ifs = rc->interfaces};
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
	r->act->conf = rc->conf;
	/* in a jail there is one level; a machine may hold several blocks */
	ret = notes_open(self.jailed || !rc->dir->block ? "/etc" : rc->dir->etc,
			 !rc->dry_run, &r->act->notes, e);
	if (!ret && r->place.vnet)
		ret = vnet_open(-1, VNET_STATEDIR, &r->act->vnet, e);
	if (!ret && rc->dir->block && !(r->act->block = strdup(rc->dir->etc)))
		ret = err_nomem(e);
	return ret;
}

static int run_plan(struct run *r, struct plan *plan, struct err *e)
{
	const struct rc *rc = r->rc;
	int ret = rcstate_load(&r->state, r->place.vnet, e);

	for (size_t i = 0; i < rc->conf->messages.n; i++)
		report(rc->report, REPORT_WARN, "%s", rc->conf->messages.v[i]);
	rcmodel_warn_later(rc->conf, rc->report);
	if (!ret)
		ret = rcmodel_build(rc->conf, &r->state.ifs, &r->place,
				    rc->report, &r->model, e);
	if (!ret)
		ret = rcservs_load(rc->dir->local, r->place.jailed,
				   r->place.vnet, false, &r->servs, e);
	if (ret < 0)
		return ret;
	for (size_t i = 0; i < r->servs.warnings.n; i++)
		report(rc->report, REPORT_WARN, "rcorder: %s",
		       r->servs.warnings.v[i]);
	r->act->parallel = r->model.parallel_start;
	r->act->reverse_stop = true; /* a rollback goes backwards */
	return rcplan_build(&r->model, &r->servs, &r->state, r->act, &r->scope,
			    plan, e);
}

int rc_start(const struct rc *rc, struct plan *ret_plan, struct err *e)
{
	__attribute__((cleanup(run_clear))) struct run r = {0};
	cleanup_plan struct plan plan = {0};
	int ret = run_open(&r, rc, e);

	if (!ret)
		ret = run_plan(&r, &plan, e);
	if (ret < 0)
		return ret;
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
	}
	r.act->conf = NULL;
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

static void say_stopping(struct run *r)
{
	cleanup_strv struct strv jails = {0}, clones = {0};
	const struct notes *n = &r->act->notes;

	for (size_t i = 0; i < n->n; i++) {
		size_t k = r->act->reverse_stop ? n->n - 1 - i : i;

		if (n->v[k].fact.kind == FACT_JAIL)
			strv_add(&jails, n->v[k].fact.key);
		if (n->v[i].fact.kind == FACT_CLONE)
			strv_add(&clones, n->v[i].fact.ifname);
	}
	if (r->scope.service[RC_JAIL])
		say_list(r, "Stopping jails:", &jails);
	if (r->scope.service[RC_NETIF])
		say_list(r, "Destroyed clone interfaces:", &clones);
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
	say_stopping(&r);
	ret = rcplan_stop(r.act, &r.scope, &plan, e);
	if (ret < 0)
		return ret;
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
