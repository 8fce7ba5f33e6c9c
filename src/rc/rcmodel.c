/*
 * rcmodel: see rcmodel.h.  This file has the services that are simple (sysctl,
 * hostname, routing, jail); rcmodel_net.c has netif.
 */
#include "rc/rcmodel.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "jail/conf.h"
#include "jail/rctl_rule.h"
#include "rc/rcdefaults.h"
#include "rc/rcdevfs.h"
#include "rc/rcjailold.h"
#include "rc/rcpf.h"
#include "rc/rcpflog.h"
#include "rc/rcwords.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>
#include <strings.h>

#define SYSCTL_CONF_MAX (1u << 20)
#define RCTL_CONF_MAX (1u << 20)

char rcmodel_ifvar_char(char c)
{
	return c && strchr(".-/+", c) ? '_' : c;
}

void rcmodel_ifvar(struct strbuf *b, const char *prefix, const char *ifname,
		   const char *suffix)
{
	strbuf_adds(b, prefix);
	for (const char *p = ifname; *p; p++)
		strbuf_addch(b, rcmodel_ifvar_char(*p));
	strbuf_adds(b, suffix);
}

int rcmodel_sysctl(struct model_ctx *x, struct facts *f, const char *name,
		   const char *value, const char *var)
{
	struct fact *k = facts_add(f, FACT_SYSCTL, NULL, name, value, NULL);

	if (!k || (var && !(k->var = strdup(var))))
		return err_nomem(x->e);
	return 0;
}

bool rcmodel_sysctl_line(char *line, char **ret_name, char **ret_value)
{
	char *eq, *end;

	line += strspn(line, " \t");
	*strchrnul(line, '#') = '\0';
	eq = strpbrk(line, "=:");
	if (!eq)
		return false;
	*eq = '\0';
	end = eq;
	while (end > line && strchr(" \t", end[-1]))
		*--end = '\0';
	eq++;
	eq += strspn(eq, " \t");
	end = eq + strlen(eq);
	while (end > eq && strchr(" \t\r", end[-1]))
		*--end = '\0';
	*ret_name = line;
	*ret_value = eq;
	return *line && *eq;
}

static int sysctl_file(struct model_ctx *x, const char *name)
{
	cleanup_free char *path = str_printf("%s/%s", x->place->etc, name);
	cleanup_free char *text = NULL;
	struct err fe = ERR_INIT;
	unsigned int no = 0;

	if (!path)
		return err_nomem(x->e);
	if (file_read(AT_FDCWD, path, SYSCTL_CONF_MAX, &text, NULL, &fe) < 0)
		return fe.code == ENOENT
			       ? 0
			       : err_set(x->e, fe.code, "%s", fe.text);
	for (char *p = text, *nl; p; p = nl) {
		cleanup_free char *where = NULL;
		char *key, *value;
		int r;

		nl = strchr(p, '\n');
		if (nl)
			*nl++ = '\0';
		no++;
		if (!rcmodel_sysctl_line(p, &key, &value)) {
			if (p[strspn(p, " \t\r")])
				report(x->r, REPORT_WARN,
				       "%s line %u: no assignment: %s", path,
				       no, p);
			continue;
		}
		where = str_printf("%s line %u", path, no);
		r = where ? rcmodel_sysctl(x, &x->m->of[RC_SYSCTL], key, value,
					   where)
			  : err_nomem(x->e);
		if (r < 0)
			return r;
	}
	return 0;
}

static int model_sysctl(struct model_ctx *x)
{
	int r = sysctl_file(x, "sysctl.conf");

	return r ? r : sysctl_file(x, "sysctl.conf.local");
}

/*
 * sethostname(2) needs a right that a jail has only as long as it may have
 * jails of its own; host.hostname in jail.conf works always.
 */
static bool may_set_hostname(void)
{
	return prctl(PR_CAPBSET_READ, CAP_SYS_ADMIN, 0, 0, 0) == 1;
}

static int model_hostname(struct model_ctx *x)
{
	const char *h = rcconf_get(x->c, "hostname");
	char now[256] = "";
	struct fact *f;

	if (!h || !*h)
		return 0;
	if (strlen(h) > 64)
		return rcconf_err(x->c, "hostname", ENAMETOOLONG, x->e,
				  "more than 64 characters");
	for (const char *p = h; *p; p++)
		if (!isgraph((unsigned char)*p))
			return rcconf_err(x->c, "hostname", EINVAL, x->e,
					  "blanks or control characters in it");
	if (!may_set_hostname()) {
		if (gethostname(now, sizeof(now)) < 0 || strcmp(now, h) != 0)
			report(x->r, REPORT_WARN,
			       "hostname: not set to %s: this jail may not "
			       "(use host.hostname in jail.conf)",
			       h);
		return 0;
	}
	f = facts_add(&x->m->of[RC_HOSTNAME], FACT_HOSTNAME, NULL, NULL, h,
		      NULL);
	if (!f || !(f->var = strdup("hostname")))
		return err_nomem(x->e);
	return 0;
}

static bool is_set(const char *v)
{
	return v && *v && strcasecmp(v, "NO") != 0;
}

/* static_routes and ipv6_static_routes: names, each with a variable. */
static int static_routes(struct model_ctx *x, const char *list,
			 const char *prefix, bool inet6)
{
	cleanup_strv struct strv names = {0};
	const char *v = rcconf_get(x->c, list);
	int r = 0;

	if (!is_set(v))
		return 0;
	if (rcwords_split(&names, v) < 0)
		return err_nomem(x->e);
	for (size_t i = 0; !r && i < names.n; i++) {
		cleanup_strbuf struct strbuf var = STRBUF_INIT;
		cleanup_strv struct strv words = {0};
		char *colon = strchr(names.v[i], ':');
		const char *value;

		if (colon) {
			/* name:IF, only while IF is here */
			*colon++ = '\0';
			if (!ifnets_find(x->have, colon) &&
			    !strv_has(&x->m->interfaces, colon))
				continue;
		}
		rcmodel_ifvar(&var, prefix, names.v[i], "");
		value = rcconf_get(x->c, var.s);
		if (!is_set(value)) {
			r = rcconf_err(x->c, list, EINVAL, x->e,
				       "%s is not set", var.s);
			break;
		}
		if (rcwords_split(&words, value) < 0)
			return err_nomem(x->e);
		r = rcwords_route(&x->m->of[RC_ROUTING], &words, inet6, var.s,
				  x->e);
	}
	return r;
}

static int default_route(struct model_ctx *x, const char *var, bool inet6)
{
	cleanup_strv struct strv words = {0};
	const char *v = rcconf_get(x->c, var);

	if (!is_set(v))
		return 0;
	if (strv_add(&words, "default") < 0 || rcwords_split(&words, v) < 0)
		return err_nomem(x->e);
	return rcwords_route(&x->m->of[RC_ROUTING], &words, inet6, var, x->e);
}

/* Variables that are knobs. */
static const struct knob {
	const char *var, *sysctl;
	const char *yes, *no; /* NULL: leave alone */
	bool always;	      /* in a vnet of its own NO is written as well */
} knobs[] = {
	{"gateway_enable", "net.inet.ip.forwarding", "1", "0", true},
	{"ipv6_gateway_enable", "net.inet6.ip6.forwarding", "1", "0", true},
	{"arpproxy_all", "net.link.ether.inet.proxyall", "1", NULL, false},
	{"forward_sourceroute", "net.inet.ip.sourceroute", "1", NULL, false},
	{"accept_sourceroute", "net.inet.ip.accept_sourceroute", "1", NULL,
	 false},
	{"icmp_drop_redirect", "net.inet.icmp.drop_redirect", "1", NULL, false},
	{"icmp_bmcastecho", "net.inet.icmp.bmcastecho", "1", NULL, false},
};

static int model_knobs(struct model_ctx *x)
{
	for (size_t i = 0; i < ARRAY_SIZE(knobs); i++) {
		const struct knob *k = &knobs[i];
		bool yes = rcconf_yes(x->c, k->var, NULL); /* auto */
		const char *value = yes ? k->yes : k->no, *file;
		unsigned int line;
		int r;

		/*
		 * FreeBSD writes 0 as well.  A new network namespace inherits
		 * the machine's forwarding, so this matters in jails; on the
		 * machine itself a mere default must not switch off what
		 * something else needs.
		 */
		if (!value || (!yes && !(k->always && x->place->jailed) &&
			       !rcconf_where(x->c, k->var, &file, &line)))
			continue;
		r = rcmodel_sysctl(x, &x->m->of[RC_ROUTING], k->sysctl, value,
				   k->var);
		if (r < 0)
			return r;
	}
	return 0;
}

/* static_arp_pairs, static_ndp_pairs: names; each variable "ADDRESS MAC". */
static int static_pairs(struct model_ctx *x, const char *list,
			const char *prefix, int service)
{
	cleanup_strv struct strv names = {0};
	const char *v = rcconf_get(x->c, list);

	if (rcwords_split(&names, is_set(v) ? v : "") < 0)
		return err_nomem(x->e);
	for (size_t i = 0; i < names.n; i++) {
		cleanup_strbuf struct strbuf var = STRBUF_INIT;
		cleanup_strv struct strv words = {0};
		struct fact *f;

		rcmodel_ifvar(&var, prefix, names.v[i], "");
		v = rcconf_get(x->c, var.s);
		if (!is_set(v))
			return rcconf_err(x->c, list, EINVAL, x->e,
					  "%s is not set", var.s);
		if (rcwords_split(&words, v) < 0)
			return err_nomem(x->e);
		if (words.n != 2)
			return rcconf_err(x->c, var.s, EINVAL, x->e,
					  "an address and a link-level address "
					  "are needed");
		f = facts_add(&x->m->of[service], FACT_NEIGH, NULL, words.v[0],
			      words.v[1], NULL);
		if (!f || !(f->var = strdup(var.s)))
			return err_nomem(x->e);
	}
	return 0;
}

static int model_kld(struct model_ctx *x)
{
	cleanup_strv struct strv names = {0};
	const char *v = rcconf_get(x->c, "kld_list");

	if (rcwords_split(&names, is_set(v) ? v : "") < 0)
		return err_nomem(x->e);
	for (size_t i = 0; i < names.n; i++) {
		struct fact *f = facts_add(&x->m->of[RC_KLD], FACT_KLD, NULL,
					   names.v[i], NULL, NULL);

		if (!f || !(f->var = strdup("kld_list")))
			return err_nomem(x->e);
	}
	return 0;
}

static int rcmodel_routing(struct model_ctx *x)
{
	int r = static_routes(x, "static_routes", "route_", false);

	if (!r)
		r = default_route(x, "defaultrouter", false);
	if (!r)
		r = static_routes(x, "ipv6_static_routes", "ipv6_route_", true);
	if (!r)
		r = default_route(x, "ipv6_defaultrouter", true);
	return r ? r : model_knobs(x);
}

char *rcmodel_file(const struct rc_place *p, const char *path)
{
	if (p->block && str_prefix(path, "/etc/"))
		return str_printf("%s/%s", p->etc, path + 5);
	return strdup(path);
}

/* What a configuration says about a jail, as a number (FNV-1a). */
static char *jail_digest(const struct jailconf *jc, const char *name)
{
	cleanup_strbuf struct strbuf text = STRBUF_INIT;
	uint64_t h = 0xcbf29ce484222325u;

	for (size_t i = 0; jc && i < jc->n; i++)
		if (!strcmp(jc->v[i].name, name))
			jailconf_print_jail(&text, name, &jc->v[i].params);
	if (!text.len || strbuf_failed(&text))
		return NULL;
	for (size_t i = 0; i < text.len; i++)
		h = (h ^ (unsigned char)text.s[i]) * 0x100000001b3u;
	return str_printf("%016llx", (unsigned long long)h);
}

static int jail_add(struct model_ctx *x, const char *name, const char *conf,
		    const struct jailconf *jc, const char *var)
{
	cleanup_free char *digest = jail_digest(jc, name);
	cleanup_strv struct strv words = {0};
	struct fact *f;

	if (digest && strv_add(&words, digest) < 0)
		return err_nomem(x->e);
	f = facts_add(&x->m->of[RC_JAIL], FACT_JAIL, NULL, name, conf, &words);

	if (!f || !(f->var = strdup(var)))
		return err_nomem(x->e);
	return 0;
}

char *rcmodel_jail_file(const struct rc_place *place, const char *name,
			const char *dflt)
{
	static const char *const forms[] = {"/etc/jail.%s.conf",
					    "/etc/jail.conf.d/%s.conf"};

	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		cleanup_free char *p = str_printf(forms[i], name);
		cleanup_free char *path = p ? rcmodel_file(place, p) : NULL;

		if (path && access(path, R_OK) == 0)
			return take_ptr(path);
	}
	return strdup(dflt);
}

/*
 * One that variables describe: its jail.conf is written when it is started.
 * A file that defines it comes before.
 */
static int jail_legacy(struct model_ctx *x, const char *name)
{
	cleanup_free char *path = rcjailold_file(name);
	cleanup_strbuf struct strbuf text = STRBUF_INIT;
	cleanup_jailconf struct jailconf *jc = NULL;
	int r = path ? rcjailold_text(x->c, name, &text, x->e)
		     : err_nomem(x->e);

	if (r < 0)
		return r;
	if (!facts_add(&x->m->of[RC_JAIL], FACT_FILE, NULL, path, text.s, NULL))
		return err_nomem(x->e);
	(void)jailconf_parse(path, text.s, text.len, &jc, NULL);
	return jail_add(x, name, path, jc, "jail_list");
}

static bool is_legacy(struct model_ctx *x, const char *name, const char *file)
{
	return rcjailold_is(x->c, name) && !strcmp(file, x->m->jail_conf);
}

static void warn_legacy(struct model_ctx *x, bool *warned)
{
	if (!*warned && rcconf_yes(x->c, "jail_confwarn", x->r))
		report(x->r, REPORT_WARN,
		       "Per-jail configuration via jail_* variables is "
		       "obsolete.  Please consider migrating to "
		       "/etc/jail.conf.");
	*warned = true;
}

static int jails_listed(struct model_ctx *x, const char *list)
{
	cleanup_strv struct strv names = {0};
	bool warned = false;

	if (rcwords_split(&names, list) < 0)
		return err_nomem(x->e);
	for (size_t i = 0; i < names.n; i++) {
		cleanup_free char *f = rcmodel_jail_file(x->place, names.v[i],
							 x->m->jail_conf);
		cleanup_jailconf struct jailconf *jc = NULL;
		int r;

		if (!f)
			return err_nomem(x->e);
		/* it becomes part of a file's name */
		if (strchr(names.v[i], '/'))
			return rcconf_err(x->c, "jail_list", EINVAL, x->e,
					  "\"%s\" is no name of a jail",
					  names.v[i]);
		if (is_legacy(x, names.v[i], f)) {
			warn_legacy(x, &warned);
			r = jail_legacy(x, names.v[i]);
			if (r < 0)
				return r;
			continue;
		}
		/* what is wrong with it is told when the jail is started */
		(void)jailconf_load_lenient(f, &jc, NULL);
		r = jail_add(x, names.v[i], f, jc, "jail_list");
		if (r < 0)
			return r;
	}
	return 0;
}

static int model_jail(struct model_ctx *x)
{
	const char *list = rcconf_get(x->c, "jail_list");
	const char *conf = rcconf_get(x->c, "jail_conf");
	cleanup_jailconf struct jailconf *jc = NULL;
	int r;

	x->m->parallel_start = rcconf_yes(x->c, "jail_parallel_start", x->r);
	x->m->reverse_stop = rcconf_yes(x->c, "jail_reverse_stop", x->r);
	x->m->jail_conf =
		rcmodel_file(x->place, conf && *conf ? conf : "/etc/jail.conf");
	if (!x->m->jail_conf)
		return err_nomem(x->e);
	if (!x->place->jails || !rcconf_yes(x->c, "jail_enable", x->r))
		return 0;
	if (list && list[strspn(list, " \t\n")])
		return jails_listed(x, list);
	if (access(x->m->jail_conf, R_OK) < 0)
		return rcconf_err(x->c, "jail_enable", errno, x->e, "%s: %s",
				  x->m->jail_conf, strerror(errno));
	/* one with an error fails when it is started, alone */
	r = jailconf_load_lenient(x->m->jail_conf, &jc, x->e);
	for (size_t i = 0; !r && i < jc->n; i++)
		r = jail_add(x, jc->v[i].name, x->m->jail_conf, jc,
			     "jail_enable");
	return r;
}

struct rctl_file {
	struct model_ctx *x;
	const char *path;
};

/* What is wrong with a rule is told when it is added, as for a jail. */
static int rctl_line(void *data, const char *text, unsigned int line)
{
	cleanup_strbuf struct strbuf key = STRBUF_INIT, value = STRBUF_INIT;
	const struct rctl_file *file = data;
	struct rctl_rule rule;
	struct fact *f;

	if (rctl_parse_rule(text, &rule, NULL) < 0 || !rctl_complete(&rule)) {
		strbuf_adds(&key, text);
		strbuf_adds(&value, text);
	} else {
		rctl_print(&value, &rule, false, true);
		/* another amount is the same rule changed */
		if (rule.action == RCTL_DENY)
			rule.amount = RCTL_OMITTED;
		rctl_print(&key, &rule, false, true);
	}
	f = facts_add(&file->x->m->of[RC_RCTL], FACT_RULE, NULL, key.s, value.s,
		      NULL);
	if (!f || strbuf_failed(&key) || strbuf_failed(&value) ||
	    !(f->var = str_printf("%s line %u", file->path, line)))
		return err_nomem(file->x->e);
	return 0;
}

static int model_rctl(struct model_ctx *x)
{
	const char *rules = rcconf_get(x->c, "rctl_rules");
	cleanup_free char *path = NULL, *text = NULL;
	struct rctl_file file = {.x = x};
	struct err fe = ERR_INIT;
	size_t len;
	int r;

	if (!rules || !*rules || !rcconf_yes(x->c, "rctl_enable", x->r))
		return 0;
	path = rcmodel_file(x->place, rules);
	if (!path)
		return err_nomem(x->e);
	r = file_read(AT_FDCWD, path, RCTL_CONF_MAX, &text, &len, &fe);
	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return err_set(x->e, fe.code, "%s", fe.text);
	file.path = path;
	return rctl_conf(text, len, rctl_line, &file);
}

void rcmodel_warn_later(const struct rcconf *c, const struct report *r)
{
	static const char *const texts[] = {
		[RCVAR_LATER] = "%s%s is not in force yet (%s)",
		[RCVAR_OBSOLETE] = "%s%s is obsolete: %s",
		[RCVAR_NEVER] = "%s%s has no effect: %s",
	};

	for (size_t i = 0; i < c->n; i++) {
		const char *name = c->v[i].name, *value = c->v[i].value;
		const struct rcvar_def *d = rcvar_def_find(name);
		const char *file = c->file;
		cleanup_strbuf struct strbuf at = STRBUF_INIT;
		unsigned int line;

		if (!d || d->state == RCVAR_ON || !is_set(value) ||
		    (d->state == RCVAR_OBSOLETE && rcjailold_uses(c, name)))
			continue;
		if (rcconf_where(c, name, &file, &line))
			strbuf_addf(&at, "%s line %u: ", file, line);
		else if (d->dflt && !strcmp(d->dflt, value))
			continue;
		report(r, REPORT_WARN, texts[d->state], at.s, name, d->what);
	}
}

/* Values for which no default can stand in. */
static int check_paths(struct model_ctx *x)
{
	for (size_t i = 0; i < x->c->n; i++) {
		const struct rcvar *v = &x->c->v[i];
		const struct rcvar_def *d = rcvar_def_find(v->name);
		cleanup_strbuf struct strbuf why = STRBUF_INIT;

		if (d && d->state == RCVAR_ON && !rcvar_has_refuge(d) &&
		    !rcvar_value_ok(d, v->value, &why))
			return rcconf_err(x->c, v->name, EINVAL, x->e, "%s",
					  why.s);
	}
	return 0;
}

int rcmodel_build(const struct rcconf *c, const struct ifnets *have,
		  const struct rc_place *place, const struct report *rp,
		  struct rcmodel *ret, struct err *e)
{
	cleanup_rcmodel struct rcmodel m = {0};
	struct model_ctx x = {
		.c = c, .have = have, .place = place, .r = rp, .m = &m, .e = e};
	int r = check_paths(&x);

	if (!r)
		r = model_kld(&x);
	if (!r)
		r = model_sysctl(&x);
	if (!r)
		r = model_hostname(&x);
	if (!r && place->vnet && rcconf_yes(c, "netif_enable", rp))
		r = rcmodel_netif(&x);
	if (!r && place->vnet)
		r = rcmodel_routing(&x);
	if (!r)
		r = rcmodel_serv(&x);
	if (!r && place->vnet)
		r = static_pairs(&x, "static_arp_pairs", "static_arp_",
				 RC_STATIC_ARP);
	if (!r && place->vnet)
		r = static_pairs(&x, "static_ndp_pairs", "static_ndp_",
				 RC_STATIC_NDP);
	if (!r)
		r = rcmodel_pflog(&x);
	if (!r)
		r = rcmodel_pf(&x);
	if (!r)
		r = model_rctl(&x);
	if (!r)
		r = rcmodel_devfs(&x);
	if (!r)
		r = model_jail(&x);
	if (r < 0)
		return r;
	*ret = m;
	m = (struct rcmodel){0};
	return 0;
}

void rcmodel_free(struct rcmodel *m)
{
	for (size_t i = 0; i < RC_SERVICES; i++)
		facts_free(&m->of[i]);
	strv_free(&m->clones);
	strv_free(&m->called);
	strv_free(&m->interfaces);
	netwait_free(&m->netwait);
	free(m->jail_conf);
	*m = (struct rcmodel){0};
}
