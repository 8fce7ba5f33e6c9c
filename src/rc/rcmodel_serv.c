/*
 * rcmodel_serv: the services that read few variables: ip6addrctl, rtsold,
 * rtadvd, netwait, securelevel, and the flags of jail(8).
 */
#include "rc/rcmodel_net.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "jail/jailcmd.h"
#include "rc/addrsel.h"
#include "rc/rcdefaults.h"
#include "rc/rcwords.h"
#include "rc/rtadvd.h"
#include "rc/sysctl.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <strings.h>

#define CONF_MAX (1u << 20)

/* A number of seconds; rcconf_load() has seen to it that it is one. */
static int rcmodel_seconds(const struct rcconf *c, const char *var, int dflt)
{
	const char *v = rcconf_get(c, var);
	long long n;

	return v && !str_to_int(v, 0, 3600, &n) ? (int)n : dflt;
}

/* The words of a variable. */
static int words_of(struct model_ctx *x, const char *var, struct strv *ret)
{
	const char *v = rcconf_get(x->c, var);

	return rcwords_split(ret, v ? v : "") < 0 ? err_nomem(x->e) : 0;
}

/* Is it said in a file, and not a default? */
static bool is_said(const struct rcconf *c, const char *var)
{
	const char *file;
	unsigned int line;

	return rcconf_where(c, var, &file, &line);
}

/* ---- ip6addrctl ---- */

/* The file that the policy is read from, if it is there: its text. */
static int policy_file(struct model_ctx *x, char **ret_path, char **ret_text)
{
	struct err fe = ERR_INIT;
	int r;

	*ret_path = rcmodel_file(x->place, "/etc/ip6addrctl.conf");
	if (!*ret_path)
		return err_nomem(x->e);
	r = file_read(AT_FDCWD, *ret_path, CONF_MAX, ret_text, NULL, &fe);
	return r < 0 && r != -ENOENT ? err_set(x->e, fe.code, "%s", fe.text)
				     : 0;
}

/*
 * FreeBSD's own choice where nobody says anything prefers IPv4; here the
 * system's order stays until somebody does.
 */
static int model_ip6addrctl(struct model_ctx *x)
{
	const char *policy = rcconf_get(x->c, "ip6addrctl_policy");
	cleanup_strbuf struct strbuf out = STRBUF_INIT;
	cleanup_free char *path = NULL, *text = NULL;
	int r;

	if (!rcconf_yes(x->c, "ip6addrctl_enable", NULL) || !policy ||
	    !strcasecmp(policy, "NONE"))
		return 0;
	if (!strcasecmp(policy, "AUTO")) {
		r = policy_file(x, &path, &text);
		if (r < 0)
			return r;
		if (!text && !is_said(x->c, "ip6addrctl_policy"))
			return 0;
		policy = rcconf_yes(x->c, "ipv6_activate_all_interfaces", NULL)
				 ? "ipv6_prefer"
				 : "ipv4_prefer";
	}
	r = text ? addrsel_file(text, path, &out, x->e)
		 : addrsel_policy(!strcasecmp(policy, "ipv6_prefer"), &out,
				  x->e);
	return r < 0 ? r
		     : rcmodel_own(x,
				   facts_add(&x->m->of[RC_IP6ADDRCTL],
					     FACT_TEXT, NULL, ADDRSEL_FILE,
					     out.s, NULL),
				   "ip6addrctl_policy");
}

/* ---- rtsold, rtadvd ---- */

static int model_rtsold(struct model_ctx *x)
{
	const char *flags = rcconf_get(x->c, "rtsold_flags");
	cleanup_strv struct strv words = {0};

	if (!rcconf_yes(x->c, "rtsold_enable", NULL))
		return 0;
	if (rcwords_split(&words, flags && *flags ? flags : "-a") < 0)
		return err_nomem(x->e);
	return rcmodel_own(x,
			   facts_add(&x->m->of[RC_RTSOLD], FACT_RTSOLD, NULL,
				     NULL, NULL, &words),
			   "rtsold_enable");
}

/* Those that have IPv6 variables, lo0 excepted. */
static int rtadvd_auto(struct model_ctx *x, struct strv *ret)
{
	for (size_t i = 0; i < x->m->interfaces.n; i++) {
		const char *name = x->m->interfaces.v[i], *v;
		cleanup_strbuf struct strbuf var = STRBUF_INIT;

		v = rcmodel_if_get(x, "ifconfig_", name, "_ipv6", &var);
		if (!v || !*v)
			v = rcmodel_if_get(x, "ipv6_prefix_", name, "", &var);
		if (strcmp(name, "lo0") != 0 && v && *v &&
		    strv_add(ret, name) < 0)
			return err_nomem(x->e);
	}
	return 0;
}

static int rtadvd_names(struct model_ctx *x, struct strv *ret)
{
	const char *var = "rtadvd_interfaces";
	cleanup_strv struct strv list = {0};
	int r = words_of(x, var, &list);

	if (r < 0)
		return r;
	if (!list.n || (list.n == 1 && !strcasecmp(list.v[0], "auto")))
		return rtadvd_auto(x, ret);
	if (list.n == 1 && !strcasecmp(list.v[0], "none"))
		return 0;
	for (size_t i = 0; i < list.n; i++) {
		if (!rcvar_ifname_ok(list.v[i]) || !rtadvd_name_ok(list.v[i]))
			return rcconf_err(x->c, var, EINVAL, x->e,
					  "\"%s\" is no name of an interface",
					  list.v[i]);
		if (strv_add(ret, list.v[i]) < 0)
			return err_nomem(x->e);
	}
	return 0;
}

/* rtadvd's flags: -c FILE, -s. */
static int rtadvd_flags(struct model_ctx *x, char **ret_path, bool *ret_static)
{
	cleanup_strv struct strv words = {0};
	const char *file = "/etc/rtadvd.conf";
	int r = words_of(x, "rtadvd_flags", &words);

	for (size_t i = 0; !r && i < words.n; i++) {
		const char *w = words.v[i];

		if (!strcmp(w, "-s"))
			*ret_static = true;
		else if (!strcmp(w, "-c") && i + 1 < words.n)
			file = words.v[++i];
		else
			r = rcconf_err(x->c, "rtadvd_flags", EINVAL, x->e,
				       "%s: only -c file and -s are known", w);
	}
	if (r < 0)
		return r;
	*ret_path = rcmodel_file(x->place, file);
	return *ret_path ? 0 : err_nomem(x->e);
}

static int rtadvd_text(struct model_ctx *x, const struct strv *names,
		       struct strbuf *out)
{
	cleanup_free struct rtadvd_if *v = calloc(names->n, sizeof(*v));
	cleanup_free char *path = NULL, *text = NULL;
	struct err fe = ERR_INIT;
	bool no_prefix = false;
	int r;

	if (!v)
		return err_nomem(x->e);
	for (size_t i = 0; i < names->n; i++) {
		const struct ifnet *ifp = ifnets_find(x->have, names->v[i]);

		v[i].name = names->v[i];
		v[i].kname = ifname_to_kernel(names->v[i]);
		v[i].mtu = ifp ? ifp->mtu : 1500;
	}
	r = rtadvd_flags(x, &path, &no_prefix);
	if (r < 0)
		return r;
	r = file_read(AT_FDCWD, path, CONF_MAX, &text, NULL, &fe);
	if (r < 0 && r != -ENOENT)
		return err_set(x->e, fe.code, "%s", fe.text);
	return rtadvd_conf(text ? text : "", path, v, names->n, no_prefix, out,
			   x->e);
}

static int model_rtadvd(struct model_ctx *x)
{
	cleanup_strbuf struct strbuf text = STRBUF_INIT;
	cleanup_strv struct strv names = {0};
	int r;

	if (!rcconf_yes(x->c, "rtadvd_enable", NULL))
		return 0;
	r = rtadvd_names(x, &names);
	if (!r && !names.n)
		report(x->r, REPORT_WARN,
		       "rtadvd_enable: no interface to advertise on "
		       "(rtadvd_interfaces)");
	if (r < 0 || !names.n)
		return r;
	r = rtadvd_text(x, &names, &text);
	return r < 0 ? r
		     : rcmodel_own(x,
				   facts_add(&x->m->of[RC_RTADVD], FACT_RTADVD,
					     NULL, NULL, text.s, &names),
				   "rtadvd_enable");
}

/* ---- netwait ---- */

static int netwait_lists(struct model_ctx *x, struct netwait *w)
{
	int r = words_of(x, "netwait_ip", &w->ips);

	if (!r)
		r = words_of(x, "netwait_if", &w->ifs);
	for (size_t i = 0; !r && i < w->ips.n; i++)
		if (!netwait_address_ok(w->ips.v[i]))
			r = rcconf_err(x->c, "netwait_ip", EINVAL, x->e,
				       "\"%s\" is no address", w->ips.v[i]);
	for (size_t i = 0; !r && i < w->ifs.n; i++)
		if (!rcvar_ifname_ok(w->ifs.v[i]))
			r = rcconf_err(x->c, "netwait_if", EINVAL, x->e,
				       "\"%s\" is no name of an interface",
				       w->ifs.v[i]);
	return r;
}

static int model_netwait(struct model_ctx *x)
{
	struct netwait *w = &x->m->netwait;
	int r;

	if (!rcconf_yes(x->c, "netwait_enable", NULL))
		return 0;
	w->dad = rcconf_yes(x->c, "netwait_dad", NULL);
	w->timeout = rcmodel_seconds(x->c, "netwait_timeout", 60);
	w->if_timeout = rcmodel_seconds(x->c, "netwait_if_timeout", 30);
	w->dad_timeout = rcmodel_seconds(x->c, "netwait_dad_timeout", 10);
	r = netwait_lists(x, w);
	if (r < 0)
		return r;
	if (!w->ips.n && !w->ifs.n && !w->dad)
		return rcconf_err(x->c, "netwait_enable", EINVAL, x->e,
				  "nothing to wait for (netwait_ip, "
				  "netwait_if, netwait_dad)");
	w->wanted = true;
	return 0;
}

/* ---- others ---- */

/*
 * On FreeBSD the boot raises it when all services run.  Here what runs keeps
 * the rights it has, so a level can be there from the beginning alone.
 */
static int model_securelevel(struct model_ctx *x)
{
	const char *v = rcconf_get(x->c, "kern_securelevel");
	cleanup_strbuf struct strbuf now = STRBUF_INIT;
	const char *file = x->c->file;
	unsigned int line = 0;
	long long want, is = -1;

	if (!rcconf_yes(x->c, "kern_securelevel_enable", NULL) || !v ||
	    str_to_int(v, 0, 3, &want) < 0)
		return 0;
	if (sysctl_get("kern.securelevel", &now, NULL) == 0)
		(void)str_to_int(now.s, -1, 3, &is);
	if (is >= want)
		return 0;
	(void)rcconf_where(x->c, "kern_securelevel", &file, &line);
	report(x->r, REPORT_WARN,
	       "%s line %u: kern_securelevel: the level stays %lld: what runs "
	       "keeps its rights (use securelevel in jail.conf)",
	       file, line, is);
	return 0;
}

/* As jail(8) reads them; those that describe a jail have no place here. */
static int model_jail_flags(struct model_ctx *x)
{
	cleanup_jailcmd_args struct jailcmd_args a = {0};
	cleanup_strv struct strv argv = {0};
	struct err je = ERR_INIT;
	int r;

	x->m->jail_limit = -1;
	if (strv_add(&argv, "jail") < 0)
		return err_nomem(x->e);
	r = words_of(x, "jail_flags", &argv);
	if (r < 0 || argv.n == 1)
		return r;
	x->m->jail_limit =
		rcconf_yes(x->c, "jail_parallel_start", NULL) ? 0 : 1;
	if (strv_add(&argv, "-c") < 0)
		return err_nomem(x->e);
	r = jailcmd_args_parse((int)argv.n, argv.v, &a, &je);
	if (r < 0)
		return rcconf_err(x->c, "jail_flags", EINVAL, x->e, "%s",
				  *je.text ? je.text
					   : "flags that are not for the "
					     "jails of a file");
	if (a.cmd.ops != JAILCMD_CREATE || a.jidfile || a.print_jid || a.help ||
	    a.version || a.cmd.nnames || strcmp(a.cmd.file, JAILCMD_CONF) != 0)
		return rcconf_err(x->c, "jail_flags", EINVAL, x->e,
				  "only -d, -p limit, -q and -v are for the "
				  "jails of a file");
	if (a.cmd.limit)
		x->m->jail_limit = a.cmd.limit;
	x->m->jail_verbosity = a.cmd.verbosity;
	return 0;
}

int rcmodel_serv(struct model_ctx *x)
{
	int r = model_ip6addrctl(x);

	x->m->route_delay = rcmodel_seconds(x->c, "defaultroute_delay", 30);
	x->m->carrier_delay =
		rcmodel_seconds(x->c, "defaultroute_carrier_delay", 5);
	if (!r && x->place->vnet)
		r = model_rtsold(x);
	if (!r && x->place->vnet)
		r = model_rtadvd(x);
	if (!r && x->place->vnet)
		r = model_netwait(x);
	if (!r)
		r = model_securelevel(x);
	if (!r && x->place->jails)
		r = model_jail_flags(x);
	return r;
}
