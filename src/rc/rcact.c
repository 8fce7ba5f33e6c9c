/*
 * rcact: see rcact.h.  One row per kind of fact.  Interfaces go through
 * ifconfig_apply(), routes through route_command(): what rc.conf can say is
 * what those commands can do.
 */
#include "rc/rcact.h"

#include "base/cancel.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/table.h"
#include "jail/jailcmd.h"
#include "jail/prison.h"
#include "jail/rctl.h"
#include "net/ifconfig.h"
#include "net/kind.h"
#include "net/route.h"
#include "rc/rcclient.h"
#include "rc/kld.h"
#include "rc/rcdevfs.h"
#include "rc/rcjailid.h"
#include "rc/rcneigh.h"
#include "rc/rcpf.h"
#include "rc/rcpflog.h"
#include "rc/rcready.h"
#include "rc/rcscript.h"
#include "rc/sysctl.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

struct rcact *rcact_new(void)
{
	struct rcact *a = calloc(1, sizeof(*a));

	if (a) {
		a->refs = 1;
		a->jail_limit = -1;
		a->notes = (struct notes)NOTES_INIT;
	}
	return a;
}

struct rcact *rcact_ref(struct rcact *a)
{
	a->refs++;
	return a;
}

void rcact_unref(struct rcact *a)
{
	if (!a || --a->refs)
		return;
	prison_nets_free(&a->nets);
	rcready_free(&a->ready);
	vnet_free(&a->vnet);
	notes_free(&a->notes);
	free(a->block);
	strv_free(&a->created);
	strv_free(&a->routes);
	strv_free(&a->sysctls);
	strv_free(&a->jails);
	facts_free(&a->dad);
	strv_free(&a->dhcp);
	netwait_free(&a->netwait);
	free(a);
}

/* Lines that a command printed besides its result. */
static void say_lines(struct rcact *a, enum report_level level,
		      const char *text)
{
	cleanup_strv struct strv lines = {0};

	if (strv_split(&lines, text, "\n") < 0)
		return;
	for (size_t i = 0; i < lines.n; i++)
		report(&a->report, level, "%s", lines.v[i]);
}

static int jail_do(const char *jail, const char *ifname,
		   int (*fn)(struct prisons *ps, int jid, const char *ifname,
			     struct err *e),
		   struct err *e)
{
	cleanup_prisons struct prisons *ps = NULL;
	cleanup_prison struct prison p = {0};
	int r = prisons_open(&ps, e);

	if (!r)
		r = prison_get(ps, jail, false, &p, e);
	return r ? r : fn(ps, p.jid, ifname, e);
}

static int lend_in_rc(void *data, const char *jail, const char *ifname,
		      struct err *e)
{
	(void)data;
	return jail_do(jail, ifname, prison_lend, e);
}

static int reclaim_in_rc(void *data, const char *jail, const char *ifname,
			 struct err *e)
{
	(void)data;
	return jail_do(jail, ifname, prison_reclaim, e);
}

static const struct ifconfig_jails rc_jails = {
	.lend = lend_in_rc,
	.reclaim = reclaim_in_rc,
};

static int apply(struct rcact *a, const char *ifname, const struct strv *words,
		 struct err *e)
{
	cleanup_strbuf struct strbuf out = STRBUF_INIT, warn = STRBUF_INIT;
	struct ifconfig_opts o = {.jails = &rc_jails, .warn = &warn};
	int r;

	if (!a->vnet)
		return err_set(e, ENODEV, "no network stack of its own");
	r = ifconfig_apply(a->vnet, ifname, (int)words->n, words->v, &o, &out,
			   e);
	say_lines(a, REPORT_WARN, warn.s);
	return r;
}

static int __attribute__((sentinel))
apply_words(struct rcact *a, struct err *e, const char *ifname, ...)
{
	cleanup_strv struct strv words = {0};
	const char *w;
	va_list ap;
	int r = 0;

	va_start(ap, ifname);
	while ((w = va_arg(ap, const char *)) != NULL && !r)
		r = strv_add(&words, w);
	va_end(ap);
	return r ? err_nomem(e) : apply(a, ifname, &words, e);
}

/* ---- one function pair per kind ---- */

static int make_sysctl(struct rcact *a, const struct fact *f, struct err *e)
{
	cleanup_strbuf struct strbuf old = STRBUF_INIT;
	int r = sysctl_set(f->key, f->value, &old, e);

	if (!r &&
	    strv_addf(&a->sysctls, "%s: %s -> %s", f->key, old.s, f->value) < 0)
		return err_nomem(e);
	return r;
}

static int undo_sysctl(struct rcact *a, const struct note *n, struct err *e)
{
	(void)a;
	return *n->old ? sysctl_set(n->fact.key, n->old, NULL, e) : 0;
}

static int make_hostname(struct rcact *a, const struct fact *f, struct err *e)
{
	(void)a;
	if (!sethostname(f->value, strlen(f->value)))
		return 0;
	return err_sys(e, errno, "sethostname");
}

static int undo_hostname(struct rcact *a, const struct note *n, struct err *e)
{
	(void)a;
	if (*n->old && sethostname(n->old, strlen(n->old)) < 0)
		return err_sys(e, errno, "sethostname");
	return 0;
}

static int make_clone(struct rcact *a, const struct fact *f, struct err *e)
{
	cleanup_strv struct strv words = {0};
	int r = strv_add(&words, "create");

	for (size_t i = 0; !r && i < f->words.n; i++)
		r = strv_add(&words, f->words.v[i]);
	if (r < 0)
		return err_nomem(e);
	r = rcready_make(a, f, e);
	if (!r)
		r = apply(a, f->ifname, &words, e);
	if (r < 0)
		return err_wrap(e, "%s", f->ifname);
	r = clone_ends_add(&a->created, f->ifname);
	return r < 0 ? err_nomem(e) : 0;
}

/* Made as `clone` (or as one end of it)? */
static bool is_home(const struct ifnet *ifp, const char *clone)
{
	return clone_has_end(clone,
			     *ifp->home_name ? ifp->home_name : ifp->name);
}

/* By the names they have now, whatever they were renamed to. */
int rcact_undo_clones(struct rcact *a, const struct facts *f, struct err *e)
{
	cleanup_ifnets struct ifnets ifs = {0};
	cleanup_free const char **names = NULL;
	size_t n = 0;
	int r;

	if (!a->vnet)
		return 0;
	r = ifnets_load(a->vnet, &ifs, e);
	if (r < 0)
		return r;
	names = calloc(f->n + 1, sizeof(*names));
	if (!names)
		return err_nomem(e);
	for (size_t i = 0; i < f->n; i++)
		for (size_t k = 0; k < ifs.n; k++)
			if (is_home(&ifs.v[k], f->v[i].ifname) &&
			    strcmp(f->v[i].value, "sticky")) {
				names[n++] = ifs.v[k].name;
				break;
			}
	return n ? if_destroy_many(a->vnet, names, n, e) : 0;
}

static int undo_clone(struct rcact *a, const struct note *n, struct err *e)
{
	struct fact f = n->fact;
	const struct facts one = {.v = &f, .n = 1};

	return rcact_undo_clones(a, &one, e);
}

static int make_rename(struct rcact *a, const struct fact *f, struct err *e)
{
	return apply_words(a, e, f->ifname, "name", f->key, NULL);
}

static int undo_rename(struct rcact *a, const struct note *n, struct err *e)
{
	/* gone, under whatever name */
	if (!a->vnet || !vnet_ifindex(a->vnet, n->fact.key))
		return 0;
	return apply_words(a, e, n->fact.key, "name", n->fact.ifname, NULL);
}

static int make_ip6(struct rcact *a, const struct fact *f, struct err *e)
{
	return apply_words(a, e, f->ifname, "inet6", f->value, NULL);
}

static int undo_ip6(struct rcact *a, const struct note *n, struct err *e)
{
	if (!*n->old)
		return 0;
	return apply_words(a, e, n->fact.ifname, "inet6", n->old, NULL);
}

/* Kinds whose row says the ifconfig word that takes the value. */
static const char *const value_words[FACT_KINDS] = {
	[FACT_ETHER] = "ether",
	[FACT_MTU] = "mtu",
	[FACT_DESCR] = "description",
	[FACT_METRIC] = "metric",
};

static int make_value(struct rcact *a, const struct fact *f, struct err *e)
{
	return apply_words(a, e, f->ifname, value_words[f->kind], f->value,
			   NULL);
}

static int undo_value(struct rcact *a, const struct note *n, struct err *e)
{
	const struct fact *f = &n->fact;

	if (*n->old)
		return apply_words(a, e, f->ifname, value_words[f->kind],
				   n->old, NULL);
	if (f->kind == FACT_DESCR)
		return apply_words(a, e, f->ifname, "-description", NULL);
	return 0;
}

static int make_words(struct rcact *a, const struct fact *f, struct err *e)
{
	return apply(a, f->ifname, &f->words, e);
}

/*
 * What words did is not known, but for an address whose host part only the
 * interface knows.
 */
static int undo_words(struct rcact *a, const struct note *n, struct err *e)
{
	cleanup_strv struct strv words = {0};
	struct err ae = ERR_INIT;

	if (!strv_has(&n->fact.words, "eui64"))
		return 0;
	if (strv_copy(&words, &n->fact.words) < 0 ||
	    strv_add(&words, "-alias") < 0)
		return err_nomem(e);
	for (size_t i = words.n - 1; i-- > 0;)
		if (!strcmp(words.v[i], "alias"))
			strv_remove(&words, i);
	/* gone already */
	(void)apply(a, n->fact.ifname, &words, &ae);
	return 0;
}

static int make_group(struct rcact *a, const struct fact *f, struct err *e)
{
	return apply_words(a, e, f->ifname, "group", f->key, NULL);
}

static int undo_group(struct rcact *a, const struct note *n, struct err *e)
{
	return apply_words(a, e, n->fact.ifname, "-group", n->fact.key, NULL);
}

static int make_member(struct rcact *a, const struct fact *f, struct err *e)
{
	return apply_words(a, e, f->ifname, "addm", f->key, NULL);
}

static int undo_member(struct rcact *a, const struct note *n, struct err *e)
{
	return apply_words(a, e, n->fact.ifname, "deletem", n->fact.key, NULL);
}

static int make_span(struct rcact *a, const struct fact *f, struct err *e)
{
	return apply_words(a, e, f->ifname, "span", f->key, NULL);
}

static int undo_span(struct rcact *a, const struct note *n, struct err *e)
{
	return apply_words(a, e, n->fact.ifname, "-span", n->fact.key, NULL);
}

static int undo_addr(struct rcact *a, const struct note *n, struct err *e)
{
	const char *fam = strchr(n->fact.key, ':') ? "inet6" : "inet";
	int r = apply_words(a, e, n->fact.ifname, fam, n->fact.key, "-alias",
			    NULL);

	/* somebody else was faster, or it is another interface by now */
	if (r == -EADDRNOTAVAIL) {
		err_clear(e);
		r = 0;
	}
	if (!r && *n->old)
		r = apply_words(a, e, n->fact.ifname, "inet", n->old, "alias",
				NULL);
	return r;
}

static int make_up(struct rcact *a, const struct fact *f, struct err *e)
{
	return apply_words(a, e, f->ifname, "up", NULL);
}

static int make_down(struct rcact *a, const struct fact *f, struct err *e)
{
	return apply_words(a, e, f->ifname, "down", NULL);
}

static int undo_up(struct rcact *a, const struct note *n, struct err *e)
{
	return make_down(a, &n->fact, e);
}

static int undo_down(struct rcact *a, const struct note *n, struct err *e)
{
	return make_up(a, &n->fact, e);
}

static int route(struct rcact *a, const char *verb, const struct strv *words,
		 struct strbuf *out, struct err *e)
{
	cleanup_strv struct strv w = {0};
	int r = strv_add(&w, verb);

	if (!a->vnet)
		return err_set(e, ENODEV, "no network stack of its own");
	for (size_t i = 0; !r && i < words->n; i++)
		r = strv_add(&w, words->v[i]);
	if (r < 0)
		return err_nomem(e);
	return route_command(a->vnet, (int)w.n, w.v, NULL, out, e);
}

static int make_route(struct rcact *a, const struct fact *f, struct err *e)
{
	cleanup_strbuf struct strbuf out = STRBUF_INIT;
	int r = route(a, "add", &f->words, &out, e);
	size_t len = out.len;

	if (r < 0)
		return err_wrap(e, "route");
	while (len && out.s[len - 1] == '\n')
		len--;
	return strv_addf(&a->routes, "%.*s", (int)len, out.s) < 0 ? err_nomem(e)
								  : 0;
}

static int undo_route(struct rcact *a, const struct note *n, struct err *e)
{
	cleanup_strbuf struct strbuf out = STRBUF_INIT;
	int r = route(a, "delete", &n->fact.words, &out, e);

	/* gone with its interface: that is what was wanted */
	if (r == -ESRCH || r == -ENOENT || r == -ENETUNREACH) {
		err_clear(e);
		return 0;
	}
	return r < 0 ? err_wrap(e, "route") : 0;
}

static int rctl_do(const char *text,
		   int (*fn)(struct prisons *ps, const struct rctl_rule *r,
			     struct err *e),
		   const struct report *rp, struct err *e)
{
	cleanup_prisons struct prisons *ps = NULL;
	struct rctl_rule rule;
	int r = rctl_parse_rule(text, &rule, e);

	if (!r)
		r = prisons_open(&ps, e);
	if (r < 0)
		return r;
	prisons_report(ps, rp);
	return fn(ps, &rule, e);
}

static int make_rule(struct rcact *a, const struct fact *f, struct err *e)
{
	int r = rctl_do(f->value, rctl_add, &a->report, e);

	return r < 0 ? err_wrap(e, "%s", f->value) : 0;
}

static int undo_rule(struct rcact *a, const struct note *n, struct err *e)
{
	struct err re = ERR_INIT;
	int r;

	if (*n->old)
		return rctl_do(n->old, rctl_add, &a->report, e);
	r = rctl_do(n->fact.value, rctl_remove, &a->report, &re);
	/* removed by hand meanwhile */
	return r < 0 && r != -ESRCH ? err_set(e, re.code, "%s", re.text) : 0;
}

static int make_file(struct rcact *a, const struct fact *f, struct err *e)
{
	(void)a;
	return file_write_atomic(AT_FDCWD, f->key, f->value, 0644, e);
}

static int undo_file(struct rcact *a, const struct note *n, struct err *e)
{
	(void)a;
	if (unlink(n->fact.key) < 0 && errno != ENOENT)
		return err_sys(e, errno, "%s", n->fact.key);
	return 0;
}

/* Unless somebody has written another since. */
static int undo_text(struct rcact *a, const struct note *n, struct err *e)
{
	cleanup_free char *now = NULL;

	if (file_read(AT_FDCWD, n->fact.key, 1u << 20, &now, NULL, NULL) < 0 ||
	    strcmp(now, n->fact.value) != 0)
		return 0;
	return *n->old ? file_write_atomic(AT_FDCWD, n->fact.key, n->old, 0644,
					   e)
		       : undo_file(a, n, e);
}

static int make_kld(struct rcact *a, const struct fact *f, struct err *e)
{
	char name[64];

	(void)a;
	kld_name(f->key, name, sizeof(name));
	return kld_load(name, e);
}

static int undo_kld(struct rcact *a, const struct note *n, struct err *e)
{
	char name[64];
	int r;

	(void)a;
	kld_name(n->fact.key, name, sizeof(name));
	r = kld_unload(name, e);
	return r == -ENOENT ? 0 : r;
}

/* FreeBSD sources these; its variables are in rc.subr's reach here, too. */
static int run_ifscript(struct rcact *a, const char *path, const char *ifname,
			struct err *e)
{
	char sh[] = "/bin/sh";
	char *argv[] = {sh, (char *)path, (char *)ifname, NULL};

	return rcscript_program(argv, 0, &a->report, e);
}

static int make_ifscript(struct rcact *a, const struct fact *f, struct err *e)
{
	struct err se = ERR_INIT;

	(void)e;
	/* one that fails does not keep the interface from what follows */
	if (*f->key && run_ifscript(a, f->key, f->ifname, &se) < 0)
		report(&a->report, REPORT_WARN, "%s: %s", f->key, se.text);
	return 0;
}

static int undo_ifscript(struct rcact *a, const struct note *n, struct err *e)
{
	const struct fact *f = &n->fact;
	struct err se = ERR_INIT;

	(void)e;
	if (access(f->value, R_OK) == 0 &&
	    run_ifscript(a, f->value, f->ifname, &se) < 0)
		report(&a->report, REPORT_WARN, "%s: %s", f->value, se.text);
	return 0;
}

static int make_devfs(struct rcact *a, const struct fact *f, struct err *e)
{
	return rcdevfs_make(f, &a->report, e);
}

static int undo_devfs(struct rcact *a, const struct note *n, struct err *e)
{
	(void)a;
	return rcdevfs_undo(&n->fact, e);
}

static int make_script(struct rcact *a, const struct fact *f, struct err *e)
{
	return rcscript_run(f->key, "faststart", &a->report, e);
}

static int undo_script(struct rcact *a, const struct note *n, struct err *e)
{
	struct err se = ERR_INIT;

	(void)e;
	if (access(n->fact.key, R_OK) < 0)
		return 0;
	/* it had its chance, as on FreeBSD: nobody could do better later */
	if (rcscript_run(n->fact.key, "faststop", &a->report, &se) < 0)
		report(&a->report, REPORT_WARN, "%s", se.text);
	return 0;
}

static bool jail_there(const char *name)
{
	cleanup_prisons struct prisons *ps = NULL;
	cleanup_prison struct prison p = {0};

	return !prisons_open(&ps, NULL) &&
	       !prison_get(ps, name, false, &p, NULL);
}

/* Why has been told already; this says which. */
static int jails_failed(const struct strv *names, bool stop, struct err *e)
{
	cleanup_strv struct strv bad = {0};
	cleanup_free char *list = NULL;

	for (size_t i = 0; i < names->n; i++)
		if (jail_there(names->v[i]) == stop &&
		    strv_add(&bad, names->v[i]) < 0)
			return err_nomem(e);
	/* by now there may be none: then all of them are meant */
	list = strv_join(bad.n ? &bad : names, " ");
	return err_set(e, EIO, "cannot %s jail%s %s", stop ? "stop" : "start",
		       (bad.n ? bad.n : names->n) == 1 ? "" : "s",
		       list ? list : "");
}

static void jail_started(void *data, const struct jailcmd_started *s)
{
	const struct rcact *a = data;

	if (!a->block)
		rcjailid_write(s->name, s->jid, &a->report);
}

int rcact_jails(struct rcact *a, const char *conf, const struct strv *names,
		bool stop, struct err *e)
{
	struct jailcmd c = {
		.ops = stop ? JAILCMD_REMOVE : JAILCMD_CREATE,
		.limit = a->jail_limit >= 0 ? a->jail_limit
			 : a->parallel	    ? 0
					    : 1,
		/* a service names all of them in one line (rc.c) */
		.verbosity = a->jail_verbosity || !a->messages
				     ? a->jail_verbosity
				     : -1,
		.file = conf,
		.names = (const char *const *)names->v,
		.nnames = names->n,
		.block = a->block,
		.cancel_fd = stop ? -1 : cancel_fd(),
		.keep_output = true,
		.report = &a->report,
		.nets = a->nets,
		.started = jail_started,
		.data = a,
	};
	int r;

	/* a configuration that is gone must not keep its jails from ending */
	if (stop && access(conf, R_OK) < 0) {
		c.hard = true;
		c.file = NULL;
	}
	r = jailcmd_run(&c, e);
	for (size_t i = 0; stop && !a->block && i < names->n; i++)
		if (!r || !jail_there(names->v[i]))
			rcjailid_remove(names->v[i]);
	return r < 0 && e && !*e->text ? jails_failed(names, stop, e) : r;
}

static int make_jail(struct rcact *a, const struct fact *f, struct err *e)
{
	cleanup_strv struct strv one = {0};

	if (strv_add(&one, f->key) < 0)
		return err_nomem(e);
	return rcact_jails(a, f->value, &one, false, e);
}

static int undo_jail(struct rcact *a, const struct note *n, struct err *e)
{
	cleanup_strv struct strv one = {0};
	cleanup_prisons struct prisons *ps = NULL;
	cleanup_prison struct prison p = {0};

	/* stopped by hand meanwhile */
	if (prisons_open(&ps, e) < 0)
		return -EIO;
	if (prison_get(ps, n->fact.key, false, &p, NULL) == -ENOENT)
		return 0;
	if (strv_add(&one, n->fact.key) < 0)
		return err_nomem(e);
	return rcact_jails(a, n->fact.value, &one, true, e);
}

static const struct act_row {
	int (*make)(struct rcact *a, const struct fact *f, struct err *e);
	int (*undo)(struct rcact *a, const struct note *n, struct err *e);
} rows[] = {
	[FACT_SYSCTL] = {make_sysctl, undo_sysctl},
	[FACT_HOSTNAME] = {make_hostname, undo_hostname},
	[FACT_CLONE] = {make_clone, undo_clone},
	[FACT_RENAME] = {make_rename, undo_rename},
	[FACT_IP6] = {make_ip6, undo_ip6},
	[FACT_ETHER] = {make_value, undo_value},
	[FACT_MTU] = {make_value, undo_value},
	[FACT_DESCR] = {make_value, undo_value},
	[FACT_METRIC] = {make_value, undo_value},
	[FACT_GROUP] = {make_group, undo_group},
	[FACT_MEMBER] = {make_member, undo_member},
	[FACT_SPAN] = {make_span, undo_span},
	[FACT_ADDR] = {make_words, undo_addr},
	[FACT_FLAG_UP] = {make_up, undo_up},
	[FACT_FLAG_DOWN] = {make_down, undo_down},
	[FACT_WORDS] = {make_words, undo_words},
	[FACT_RTSOL] = {rcclient_rtsol, rcclient_rtsol_undo},
	[FACT_DHCP] = {rcclient_dhcp, rcclient_dhcp_undo},
	[FACT_RTSOLD] = {rcclient_rtsold, rcclient_rtsold_undo},
	[FACT_RTADVD] = {rcclient_rtadvd, rcclient_rtadvd_undo},
	[FACT_TEXT] = {make_file, undo_text},
	[FACT_KLD] = {make_kld, undo_kld},
	[FACT_NEIGH] = {rcneigh_make, rcneigh_undo},
	[FACT_IFSCRIPT] = {make_ifscript, undo_ifscript},
	[FACT_ROUTE] = {make_route, undo_route},
	[FACT_PF] = {rcpf_make, rcpf_undo},
	[FACT_PFLOG] = {rcpflog_make, rcpflog_undo},
	[FACT_RULE] = {make_rule, undo_rule},
	[FACT_FILE] = {make_file, undo_file},
	[FACT_DEVFS] = {make_devfs, undo_devfs},
	[FACT_DEVMOUNT] = {make_devfs, undo_devfs},
	[FACT_SCRIPT] = {make_script, undo_script},
	[FACT_JAIL] = {make_jail, undo_jail},
};
TABLE_COMPLETE(rows, FACT_KINDS);

int rcact_make(struct rcact *a, const struct fact *f, struct err *e)
{
	return rows[f->kind].make(a, f, e);
}

/* What was made of an interface is gone with it. */
static bool is_gone(const struct rcact *a, const struct fact *f)
{
	/* a client outlives its interface */
	return *f->ifname && a->vnet && f->kind != FACT_CLONE &&
	       f->kind != FACT_RENAME && f->kind != FACT_DHCP &&
	       !vnet_ifindex(a->vnet, f->ifname);
}

int rcact_undo(struct rcact *a, const struct note *n, struct err *e)
{
	if (is_gone(a, &n->fact))
		return 0;
	return rows[n->fact.kind].undo(a, n, e);
}
