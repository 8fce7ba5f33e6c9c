/*
 * rcjailold: see rcjailold.h.
 *
 * One row a variable: jail_NAME_VAR, or jail_VAR for all jails.
 */
#include "rc/rcjailold.h"

#include "base/cleanup.h"
#include "jail/conf.h"
#include "jail/prison.h"
#include "rc/rcmodel.h"
#include "rc/rcwords.h"

#include <errno.h>
#include <string.h>

enum old_kind {
	OLD_VALUE,   /* PARAM = "value"; */
	OLD_SWITCH,  /* PARAM; when YES */
	OLD_LIST,    /* PARAM += "value"; of VAR0, VAR1, ... */
	OLD_SPECIAL, /* not by itself: a function below reads it */
	OLD_NOTHING, /* says what is so anyway, or what Linux has not */
};

static const struct old {
	const char *var;
	enum old_kind kind;
	const char *param;
	const char *dflt; /* when it is not set; NULL: nothing then */
} olds[] = {
	{"hostname", OLD_VALUE, "host.hostname", NULL},
	{"rootdir", OLD_VALUE, "path", NULL},
	{"ip", OLD_SPECIAL, NULL, NULL},
	{"ip_multi*", OLD_SPECIAL, NULL, NULL},
	{"interface", OLD_SPECIAL, NULL, NULL},
	{"vnet_enable", OLD_SPECIAL, NULL, NULL},
	{"vnet_interface", OLD_SPECIAL, NULL, NULL},
	{"fib", OLD_VALUE, "exec.fib", NULL},
	{"exec_user", OLD_VALUE, "exec.jail_user", NULL},
	{"exec_system_user", OLD_VALUE, "exec.system_user", NULL},
	{"exec_prestart*", OLD_LIST, "exec.prestart", NULL},
	{"exec_start", OLD_VALUE, "exec.start", "/bin/sh /etc/rc"},
	{"exec_afterstart*", OLD_LIST, "exec.start", NULL},
	{"exec_poststart*", OLD_LIST, "exec.poststart", NULL},
	{"exec_prestop*", OLD_LIST, "exec.prestop", NULL},
	{"exec_stop", OLD_VALUE, "exec.stop", "/bin/sh /etc/rc.shutdown jail"},
	{"exec_poststop*", OLD_LIST, "exec.poststop", NULL},
	{"consolelog", OLD_VALUE, "exec.consolelog", NULL},
	{"exec_timeout", OLD_VALUE, "exec.timeout", NULL},
	{"stop_timeout", OLD_VALUE, "stop.timeout", NULL},
	{"devfs_enable", OLD_SWITCH, "mount.devfs", NULL},
	{"devfs_ruleset", OLD_SPECIAL, NULL, NULL},
	{"fdescfs_enable", OLD_SWITCH, "mount.fdescfs", NULL},
	{"procfs_enable", OLD_SWITCH, "mount.procfs", NULL},
	{"mount_enable", OLD_SPECIAL, NULL, NULL},
	{"fstab", OLD_SPECIAL, NULL, NULL},
	{"set_hostname_allow", OLD_SWITCH, "allow.set_hostname", NULL},
	{"sysvipc_allow", OLD_SWITCH, "allow.sysvipc", NULL},
	{"socket_unixiproute_only", OLD_NOTHING, NULL, NULL},
	{"parameters", OLD_SPECIAL, NULL, NULL},
	{"cpuset", OLD_SPECIAL, NULL, NULL},
};

/* Devfs rulesets by the names of /etc/defaults/devfs.rules. */
static const struct {
	const char *name, *number;
} rulesets[] = {
	{"devfsrules_hide_all", "1"},	  {"devfsrules_unhide_basic", "2"},
	{"devfsrules_unhide_login", "3"}, {"devfsrules_jail", "4"},
	{"devfsrules_jail_vnet", "5"},
};

bool rcjailold_is(const struct rcconf *c, const char *name)
{
	cleanup_strbuf struct strbuf var = STRBUF_INIT;
	const char *v;

	rcmodel_ifvar(&var, "jail_", name, "_rootdir");
	v = rcconf_get(c, var.s);
	return v && *v;
}

char *rcjailold_file(const char *name)
{
	cleanup_strbuf struct strbuf b = STRBUF_INIT;

	rcmodel_ifvar(&b, CELLBLOCK_RUN "/jail.", name, ".conf");
	return strbuf_take(&b);
}

/* jail_NAME_VAR, else jail_VAR. */
static const char *get(const struct rcconf *c, const char *name,
		       const char *var)
{
	cleanup_free char *suffix = str_printf("_%s", var);
	cleanup_free char *all = str_printf("jail_%s", var);
	cleanup_strbuf struct strbuf own = STRBUF_INIT;
	const char *v;

	if (!suffix || !all)
		return NULL;
	rcmodel_ifvar(&own, "jail_", name, suffix);
	v = rcconf_get(c, own.s);
	return v ? v : rcconf_get(c, all);
}

static bool yes(const struct rcconf *c, const char *name, const char *var)
{
	const char *v = get(c, name, var);

	return v && rcconf_bool(v) > 0;
}

static void put(struct strbuf *b, const char *param, const char *op,
		const char *value)
{
	strbuf_addf(b, "\t%s %s ", param, op);
	jailconf_quote(b, value);
	strbuf_adds(b, ";\n");
}

/* "exec_prestart*": exec_prestart0 and on, up to the first that is not set. */
static void put_list(const struct rcconf *c, const char *name,
		     const struct old *o, struct strbuf *b)
{
	for (int i = 0; i < 1000; i++) {
		cleanup_free char *var = str_printf(
			"%.*s%d", (int)strlen(o->var) - 1, o->var, i);
		const char *v = var ? get(c, name, var) : NULL;

		if (!v || !*v)
			return;
		put(b, o->param, "+=", v);
	}
}

static void put_row(const struct rcconf *c, const char *name,
		    const struct old *o, struct strbuf *b)
{
	const char *v = get(c, name, o->var);

	switch (o->kind) {
	case OLD_VALUE:
		if (!v || !*v)
			v = o->dflt;
		if (v)
			put(b, o->param, "=", v);
		break;
	case OLD_SWITCH:
		if (yes(c, name, o->var))
			strbuf_addf(b, "\t%s;\n", o->param);
		break;
	case OLD_LIST:
		put_list(c, name, o, b);
		break;
	default:
		break;
	}
}

/* One address: [IF|]ADDR[/MASK], which gets /32 or /128 without a mask. */
static void put_address(const char *word, const char *ifname, struct strbuf *b)
{
	cleanup_strbuf struct strbuf v = STRBUF_INIT;
	const char *bar = strchr(word, '|'), *addr = bar ? bar + 1 : word;
	bool inet6 = strchr(addr, ':');

	if (bar)
		strbuf_addf(&v, "%.*s|", (int)(bar - word), word);
	else if (ifname && *ifname)
		strbuf_addf(&v, "%s|", ifname);
	strbuf_adds(&v, addr);
	if (!strchr(addr, '/'))
		strbuf_adds(&v, inet6 ? "/128" : "/32");
	put(b, inet6 ? "ip6.addr" : "ip4.addr", "+=", v.s);
}

static int put_addresses(const struct rcconf *c, const char *name,
			 const char *value, struct strbuf *b)
{
	cleanup_strv struct strv list = {0};

	if (strv_split(&list, value, ", \t\n") < 0)
		return -ENOMEM;
	for (size_t i = 0; i < list.n; i++)
		put_address(list.v[i], get(c, name, "interface"), b);
	return 0;
}

static int put_network(const struct rcconf *c, const char *name,
		       struct strbuf *b)
{
	const char *v = get(c, name, "vnet_interface");
	cleanup_strv struct strv list = {0};
	int r = 0;

	if ((v && *v) || yes(c, name, "vnet_enable")) {
		strbuf_adds(b, "\tvnet;\n");
		r = rcwords_split(&list, v ? v : "");
		for (size_t i = 0; i < list.n; i++)
			put(b, "vnet.interface", "+=", list.v[i]);
		return r;
	}
	v = get(c, name, "ip");
	if (v)
		r = put_addresses(c, name, v, b);
	for (int i = 0; !r && i < 1000; i++) {
		cleanup_free char *var = str_printf("ip_multi%d", i);

		v = var ? get(c, name, var) : NULL;
		if (!v || !*v)
			break;
		r = put_addresses(c, name, v, b);
	}
	return r;
}

static void put_mounts(const struct rcconf *c, const char *name,
		       struct strbuf *b)
{
	const char *v = get(c, name, "devfs_ruleset");
	cleanup_free char *usual = str_printf("/etc/fstab.%s", name);

	for (size_t i = 0; v && i < ARRAY_SIZE(rulesets); i++)
		if (!strcmp(v, rulesets[i].name))
			v = rulesets[i].number;
	if (v && *v && yes(c, name, "devfs_enable"))
		put(b, "devfs_ruleset", "=", v);
	v = get(c, name, "cpuset");
	if (v && *v) {
		cleanup_free char *cmd =
			str_printf("cpuset -l %s -j %s", v, name);

		if (cmd)
			put(b, "exec.poststart", "+=", cmd);
	}
	if (!yes(c, name, "mount_enable"))
		return;
	strbuf_adds(b, "\tallow.mount;\n");
	v = get(c, name, "fstab");
	if (!v || !*v)
		v = usual;
	if (v)
		put(b, "mount.fstab", "=", v);
}

/* jail_NAME_parameters="allow.chflags children.max=2" */
static int put_parameters(const struct rcconf *c, const char *name,
			  struct strbuf *b)
{
	const char *v = get(c, name, "parameters");
	cleanup_strv struct strv list = {0};
	int r = rcwords_split(&list, v ? v : "");

	for (size_t i = 0; i < list.n; i++) {
		char *eq = strchr(list.v[i], '=');

		if (eq)
			*eq++ = '\0';
		/* a word that ended here could begin another jail */
		if (!*list.v[i] ||
		    list.v[i][strspn(list.v[i], "abcdefghijklmnopqrstuvwxyz"
						"0123456789._")])
			return -EINVAL;
		if (eq)
			put(b, list.v[i], "=", eq);
		else
			strbuf_addf(b, "\t%s;\n", list.v[i]);
	}
	return r;
}

static bool known(const char *suffix)
{
	for (size_t i = 0; i < ARRAY_SIZE(olds); i++) {
		size_t n = strlen(olds[i].var);

		if (!strcmp(suffix, olds[i].var) ||
		    (olds[i].var[n - 1] == '*' &&
		     !strncmp(suffix, olds[i].var, n - 1) &&
		     suffix[n - 1 + strspn(suffix + n - 1, "0123456789")] ==
			     '\0'))
			return true;
	}
	/* of jail(8) itself, and not in force */
	return !strcmp(suffix, "flags");
}

static int check_known(const struct rcconf *c, const char *name, struct err *e)
{
	cleanup_strbuf struct strbuf prefix = STRBUF_INIT;

	rcmodel_ifvar(&prefix, "jail_", name, "_");
	for (size_t i = 0; i < c->n; i++)
		if (str_prefix(c->v[i].name, prefix.s) &&
		    !known(c->v[i].name + prefix.len))
			return rcconf_err(c, c->v[i].name, EINVAL, e,
					  "there is no such variable of a "
					  "jail");
	return 0;
}

int rcjailold_text(const struct rcconf *c, const char *name, struct strbuf *out,
		   struct err *e)
{
	cleanup_free char *hostname = str_printf("jail_%s_hostname", name);
	int r = check_known(c, name, e);

	if (r < 0)
		return r;
	if (!hostname)
		return err_nomem(e);
	if (!get(c, name, "hostname"))
		return rcconf_err(c, hostname, EINVAL, e,
				  "No hostname has been defined for jail %s",
				  name);
	strbuf_adds(out, "# from rc.conf's jail_* variables\n");
	jailconf_quote(out, name);
	strbuf_adds(out, " {\n\texec.clean;\n");
	for (size_t i = 0; i < ARRAY_SIZE(olds); i++)
		put_row(c, name, &olds[i], out);
	r = put_network(c, name, out);
	if (!r) {
		put_mounts(c, name, out);
		r = put_parameters(c, name, out);
	}
	strbuf_adds(out, "\tpersist;\n}\n");
	if (r == -EINVAL)
		return rcconf_err(c, "jail_list", EINVAL, e,
				  "jail_%s_parameters: no parameter's name",
				  name);
	return r < 0 || strbuf_failed(out) ? err_nomem(e) : 0;
}

bool rcjailold_uses(const struct rcconf *c, const char *var)
{
	const char *list = rcconf_get(c, "jail_list");
	cleanup_strv struct strv names = {0};
	bool any = false;

	if (!list || rcwords_split(&names, list) < 0)
		return false;
	for (size_t i = 0; i < names.n; i++) {
		cleanup_strbuf struct strbuf prefix = STRBUF_INIT;

		rcmodel_ifvar(&prefix, "jail_", names.v[i], "_");
		if (!rcjailold_is(c, names.v[i]))
			continue;
		if (str_prefix(var, prefix.s))
			return true;
		any = true;
	}
	return any && str_prefix(var, "jail_") && known(var + strlen("jail_"));
}
