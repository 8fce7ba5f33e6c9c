/*
 * rcmodel_net: what `service netif start` makes: clones, renames, and each
 * interface's words in rc.conf(5)'s order.
 *
 * Theory of operation.  The list of interfaces is what the kernel has plus
 * what cloned_interfaces will make, under the names that ifconfig_IF_name
 * gives them; lo0 comes first.  An interface gets, in this order: the IPv6
 * switch, its words, its IPv6 words, link aliases, description, up, IPv4
 * addresses, IPv6 addresses.  Variables of an interface that is neither
 * there nor going to be are reported, as nobody else would say so.
 */
#include "rc/rcmodel_net.h"

#include "base/cleanup.h"
#include "net/kind.h"
#include "rc/rcdefaults.h"
#include "rc/rcwords.h"

#include <errno.h>
#include <fnmatch.h>
#include <string.h>
#include <strings.h>

/* Words that are no words of ifconfig. */
static const struct pseudo {
	const char *word;
	unsigned int bit;
} pseudos[] = {
	{"DHCP", PSEUDO_DHCP},
	{"SYNCDHCP", PSEUDO_SYNCDHCP},
	{"NOSYNCDHCP", PSEUDO_NOSYNCDHCP},
	{"WPA", PSEUDO_WIRELESS},
	{"HOSTAP", PSEUDO_WIRELESS},
	{"NOAUTO", PSEUDO_NOAUTO},
};

const char *rcmodel_if_get(struct model_ctx *x, const char *prefix,
			   const char *ifname, const char *suffix,
			   struct strbuf *var)
{
	strbuf_clear(var);
	rcmodel_ifvar(var, prefix, ifname, suffix);
	return rcconf_get(x->c, var->s);
}

int rcmodel_own(struct model_ctx *x, struct fact *f, const char *var)
{
	if (!f || (var && !(f->var = strdup(var))))
		return err_nomem(x->e);
	return 0;
}

/* Remember what a clone is called once it is there. */
static int clone_names(struct model_ctx *x, const char *word)
{
	return clone_ends_add(&x->m->clones, word) < 0 ? err_nomem(x->e) : 0;
}

static bool listed(const struct strv *names, const char *name)
{
	size_t n = strlen(name);

	for (size_t i = 0; i < names->n; i++)
		if (!strncmp(names->v[i], name, n) &&
		    (!names->v[i][n] || names->v[i][n] == ':'))
			return true;
	return false;
}

/*
 * "bridge" is the first bridge that the list does not name.  FreeBSD's kernel
 * picks the unit when it makes it; here that must be known before, so that
 * the same file means the same interface each time.
 */
static int clone_unit(struct strv *names, size_t i)
{
	char *word = names->v[i], *colon = strchr(word, ':');
	cleanup_free char *type =
		strndup(word, colon ? (size_t)(colon - word) : strlen(word));
	char *name;

	if (!type)
		return -ENOMEM;
	if (!ifkind_by_name(type))
		return 0;
	for (int unit = 0;; unit++) {
		cleanup_free char *free_name = str_printf("%s%d", type, unit);

		if (!free_name)
			return -ENOMEM;
		if (listed(names, free_name))
			continue;
		name = str_printf("%s%s", free_name, colon ? colon : "");
		if (!name)
			return -ENOMEM;
		free(word);
		names->v[i] = name;
		return 0;
	}
}

static int clones(struct model_ctx *x)
{
	cleanup_strv struct strv names = {0};
	struct facts *out = &x->m->of[RC_NETIF];
	const char *v = rcconf_get(x->c, "cloned_interfaces");

	if (rcwords_split(&names, v ? v : "") < 0)
		return err_nomem(x->e);
	for (size_t i = 0; i < names.n; i++) {
		cleanup_strbuf struct strbuf var = STRBUF_INIT;
		cleanup_strv struct strv args = {0};
		int r = clone_unit(&names, i);
		char *name = names.v[i];
		char *colon = strchr(name, ':');
		bool sticky =
			rcconf_yes(x->c, "cloned_interfaces_sticky", NULL);
		const char *create;
		struct fact like = {
			.kind = FACT_CLONE, .ifname = name, .key = (char *)""};

		if (r < 0)
			return err_nomem(x->e);
		if (colon) {
			*colon++ = '\0';
			if (!strcmp(colon, "sticky"))
				sticky = true;
			else if (!strcmp(colon, "nosticky"))
				sticky = false;
			else
				return rcconf_err(
					x->c, "cloned_interfaces", EINVAL, x->e,
					"%s:%s: unknown option", name, colon);
		}
		if (!rcvar_ifname_ok(name))
			return rcconf_err(x->c, "cloned_interfaces", EINVAL,
					  x->e, "%s: no name of an interface",
					  name);
		if (facts_find(out, &like))
			continue;
		create = rcmodel_if_get(x, "create_args_", name, "", &var);
		if (create && rcwords_split(&args, create) < 0)
			return err_nomem(x->e);
		r = rcmodel_own(x,
				facts_add(out, FACT_CLONE, name, NULL,
					  sticky ? "sticky" : "", &args),
				args.n ? var.s : "cloned_interfaces");
		if (!r)
			r = clone_names(x, name);
		if (r < 0)
			return r;
	}
	return 0;
}

static bool vlan_named(struct model_ctx *x, const char *name)
{
	if (strv_has(&x->m->clones, name))
		return true;
	for (size_t i = 0; i < x->c->n; i++) {
		cleanup_strv struct strv words = {0};

		if (str_prefix(x->c->v[i].name, "vlans_") &&
		    rcwords_split(&words, x->c->v[i].value) >= 0 &&
		    strv_has(&words, name))
			return true;
	}
	return false;
}

static bool vlan_there(struct model_ctx *x, const char *name)
{
	for (size_t i = 0; i < x->have->n; i++)
		if (!strcmp(x->have->v[i].name, name) ||
		    !strcmp(x->have->v[i].home_name, name))
			return true;
	return false;
}

/* What becomes `word`: the vlan that it is already, or the first that neither
 * is there nor has a name in rc.conf. */
static int vlan_home(struct model_ctx *x, const char *word, char **ret)
{
	const struct ifnet *ifp = ifnets_find(x->have, word);
	cleanup_free char *name = NULL;

	if (ifp && ifp->is_vlan && ifp->home_name[0] &&
	    strcmp(ifp->home_name, word) != 0)
		name = strdup(ifp->home_name);
	for (int unit = 0; !name; unit++) {
		name = str_printf("vlan%d", unit);
		if (!name)
			break;
		if (vlan_named(x, name) || vlan_there(x, name))
			free(take_ptr(name));
	}
	if (!name || strv_add(&x->m->called, name) < 0 ||
	    strv_add(&x->m->called, word) < 0)
		return err_nomem(x->e);
	*ret = take_ptr(name);
	return 0;
}

/*
 * One word of vlans_IF: 10 is IF.10; vlan0 has its tag in create_args_vlan0;
 * any other name is one that a vlan gets, with its tag in create_args_NAME.
 */
static int vlan_child(struct model_ctx *x, const char *parent, const char *word,
		      const char *var)
{
	bool number = !word[strspn(word, "0123456789.")];
	cleanup_free char *name =
		number ? str_printf("%s.%s", parent, word) : strdup(word);
	cleanup_strbuf struct strbuf avar = STRBUF_INIT;
	cleanup_strv struct strv args = {0};
	const struct ifkind *k;
	const char *create;
	int r = 0;

	if (!name)
		return err_nomem(x->e);
	if (!number && !rcvar_ifname_ok(name))
		return rcconf_err(x->c, var, EINVAL, x->e,
				  "%s: neither a tag nor a name", word);
	if (strlen(name) >= IFNAMSIZ)
		return rcconf_err(x->c, var, ENAMETOOLONG, x->e,
				  "%s: more than %d characters", name,
				  IFNAMSIZ - 1);
	if (strv_has(&x->m->clones, name) || strv_has(&x->m->called, name))
		return 0;
	create = rcmodel_if_get(x, "create_args_", name, "", &avar);
	if (create && rcwords_split(&args, create) < 0)
		return err_nomem(x->e);
	if (!number &&
	    (strv_add(&args, "vlandev") < 0 || strv_add(&args, parent) < 0))
		return err_nomem(x->e);
	k = ifkind_of_name(name, NULL);
	if (!number && (!k || strcmp(k->name, "vlan") != 0)) {
		free(take_ptr(name));
		r = vlan_home(x, word, &name);
	}
	if (r >= 0)
		r = rcmodel_own(x,
				facts_add(&x->m->of[RC_NETIF], FACT_CLONE, name,
					  NULL, "", &args),
				var);
	return r ? r : clone_names(x, name);
}

static int vlans_of(struct model_ctx *x, const char *parent)
{
	cleanup_strbuf struct strbuf var = STRBUF_INIT;
	cleanup_strv struct strv words = {0};
	const char *v = rcmodel_if_get(x, "vlans_", parent, "", &var);
	int r = 0;

	if (v && rcwords_split(&words, v) < 0)
		return err_nomem(x->e);
	for (size_t i = 0; !r && i < words.n; i++)
		r = vlan_child(x, parent, words.v[i], var.s);
	return r;
}

/* Of cards, then of clones: also of those that this makes. */
static int vlans(struct model_ctx *x)
{
	int r = 0;

	for (size_t i = 0; !r && i < x->have->n; i++)
		if (!strv_has(&x->m->clones, x->have->v[i].name))
			r = vlans_of(x, x->have->v[i].name);
	for (size_t i = 0; !r && i < x->m->clones.n; i++) {
		/* the list may move while it grows */
		cleanup_free char *name = strdup(x->m->clones.v[i]);

		r = name ? vlans_of(x, name) : err_nomem(x->e);
	}
	return r;
}

/* Every ifconfig_IF_name whose IF is there or will be. */
static int rename_one(struct model_ctx *x, const char *from, struct strv *names)
{
	cleanup_strbuf struct strbuf var = STRBUF_INIT;
	const char *to = rcmodel_if_get(x, "ifconfig_", from, "_name", &var);
	const struct strv *called = &x->m->called;

	for (size_t i = 0; i + 1 < called->n; i += 2)
		if (!strcmp(called->v[i], from))
			to = called->v[i + 1];
	if (!to || !*to || !strcmp(to, from))
		return strv_add(names, from) < 0 ? err_nomem(x->e) : 0;
	if (strlen(to) >= IFNAMSIZ)
		return rcconf_err(x->c, var.s, ENAMETOOLONG, x->e,
				  "%s: more than %d characters", to,
				  IFNAMSIZ - 1);
	if (!rcvar_ifname_ok(to))
		return rcconf_err(x->c, var.s, EINVAL, x->e, "%s: bad name",
				  to);
	/* already under its new name: in `names` by itself */
	if (!ifnets_find(x->have, to) && strv_add(names, to) < 0)
		return err_nomem(x->e);
	return rcmodel_own(x,
			   facts_add(&x->m->of[RC_NETIF], FACT_RENAME, from, to,
				     NULL, NULL),
			   var.s);
}

/* One that has got its new name in an earlier run: that is still wanted. */
static int renamed_one(struct model_ctx *x, const struct ifnet *ifp)
{
	cleanup_strbuf struct strbuf var = STRBUF_INIT;
	const char *home = ifp->home_name, *to;

	if (!*home || !strcmp(home, ifp->name) || ifnets_find(x->have, home) ||
	    strv_has(&x->m->clones, home))
		return 0;
	to = rcmodel_if_get(x, "ifconfig_", home, "_name", &var);
	if (!to || strcmp(to, ifp->name) != 0)
		return 0;
	return rcmodel_own(x,
			   facts_add(&x->m->of[RC_NETIF], FACT_RENAME, home, to,
				     NULL, NULL),
			   var.s);
}

/* Names after renames: lo0, those there are, clones. */
static int all_names(struct model_ctx *x, struct strv *names)
{
	int r = 0;

	if (ifnets_find(x->have, "lo0") && strv_add(names, "lo0") < 0)
		return err_nomem(x->e);
	for (size_t i = 0; !r && i < x->have->n; i++)
		if (strcmp(x->have->v[i].name, "lo0")) {
			r = renamed_one(x, &x->have->v[i]);
			if (!r)
				r = rename_one(x, x->have->v[i].name, names);
		}
	for (size_t i = 0; !r && i < x->m->clones.n; i++)
		if (!ifnets_find(x->have, x->m->clones.v[i]))
			r = rename_one(x, x->m->clones.v[i], names);
	return r;
}

/* Take the pseudo words out; *ret_bits says which there were. */
static int pseudo_words(struct model_ctx *x, struct strv *words,
			const char *var, unsigned int *ret_bits)
{
	for (size_t i = 0; i < words->n;) {
		const struct pseudo *p = NULL;

		for (size_t k = 0; k < ARRAY_SIZE(pseudos) && !p; k++)
			if (!strcasecmp(words->v[i], pseudos[k].word))
				p = &pseudos[k];
		if (p && p->bit == PSEUDO_WIRELESS)
			report(x->r, REPORT_WARN,
			       "%s: %s has no effect: there is no wireless",
			       var, words->v[i]);
		if (p)
			*ret_bits |= p->bit;
		if (!strcmp(words->v[i], "vnet")) {
			if (i + 1 >= words->n)
				return rcconf_err(x->c, var, EINVAL, x->e,
						  "'vnet' requires argument");
			/* `service netif vnetup` gives it to the jail */
			strv_remove(words, i + 1);
			strv_remove(words, i);
		} else if (p) {
			strv_remove(words, i);
		} else {
			i++;
		}
	}
	return 0;
}

/* Words of one variable; errors name it. */
int rcmodel_words(struct model_ctx *x, const char *ifname,
		  const struct strv *words, bool alias, const char *var)
{
	struct err we = ERR_INIT;
	int r = rcwords_ifconfig(&x->m->of[RC_NETIF], ifname, words, alias, var,
				 &we);

	return r < 0 ? rcconf_err(x->c, var, -r, x->e, "%s", we.text) : 0;
}

/* One address clause (aliasN and friends), ranges expanded. */
static int clause(struct model_ctx *x, const char *ifname, struct strv *words,
		  const char *var)
{
	struct strv *list = NULL;
	size_t n = 0;
	struct err we = ERR_INIT;
	const char *maxv = rcconf_get(x->c, "netif_ipexpand_max");
	long long max = 2048;
	bool cut;
	int r;

	if (maxv)
		str_to_int(maxv, 1, 1 << 20, &max);
	r = rcwords_expand(words, (size_t)max, &list, &n, &cut, &we);
	if (r < 0)
		return rcconf_err(x->c, var, -r, x->e, "%s", we.text);
	if (cut)
		report(x->r, REPORT_WARN,
		       "%s: cut after %lld addresses (netif_ipexpand_max)", var,
		       max);
	for (size_t i = 0; i < n; i++) {
		if (!r)
			r = rcmodel_words(x, ifname, &list[i], true, var);
		strv_free(&list[i]);
	}
	free(list);
	return r;
}

static bool starts_clause(const char *w)
{
	return !strcmp(w, "inet") || !strcmp(w, "inet6") ||
	       !strcmp(w, "link") || !strcmp(w, "ether");
}

/* Words into clauses that each start with a family; those of `fams` only. */
static int clauses(struct model_ctx *x, const char *ifname, const char *value,
		   const char *var, bool link, bool inet, bool inet6,
		   bool several)
{
	cleanup_strv struct strv words = {0};
	int r = 0;

	if (rcwords_split(&words, value) < 0)
		return err_nomem(x->e);
	if (words.n && !starts_clause(words.v[0])) {
		cleanup_strv struct strv fixed = {0};

		if (several)
			return rcconf_err(
				x->c, var, EINVAL, x->e,
				"\"%s\": inet, inet6, link or ether expected",
				words.v[0]);
		if (inet)
			report(x->r, REPORT_WARN,
			       "$%s needs leading \"inet\" keyword for an IPv4 "
			       "address.",
			       var);
		if (strv_add(&fixed, "inet") < 0)
			return err_nomem(x->e);
		for (size_t i = 0; i < words.n; i++)
			if (strv_add(&fixed, words.v[i]) < 0)
				return err_nomem(x->e);
		strv_free(&words);
		words = fixed;
		fixed = (struct strv){0};
	}
	for (size_t i = 0; !r && i < words.n;) {
		cleanup_strv struct strv one = {0};
		const char *fam = words.v[i];
		bool want = !strcmp(fam, "inet")    ? inet
			    : !strcmp(fam, "inet6") ? inet6
						    : link;

		do {
			if (strv_add(&one, words.v[i++]) < 0)
				return err_nomem(x->e);
		} while (i < words.n &&
			 !(several && starts_clause(words.v[i])));
		if (want)
			r = clause(x, ifname, &one, var);
	}
	return r;
}

static int alias_cmp(const void *a, const void *b)
{
	const struct rcvar *const *x = a, *const *y = b;
	size_t lx = strlen((*x)->name), ly = strlen((*y)->name);

	/* same prefix: fewer digits is the smaller number */
	return lx != ly ? (lx < ly ? -1 : 1) : strcmp((*x)->name, (*y)->name);
}

/* ifconfig_IF_aliasN in the order of their numbers, ifconfig_IF_aliases. */
static int aliases(struct model_ctx *x, const char *ifname, bool link,
		   bool inet, bool inet6)
{
	cleanup_strbuf struct strbuf var = STRBUF_INIT;
	cleanup_free const struct rcvar **list = NULL;
	size_t n = 0, plen, first, count;
	const char *v;
	int r = 0;

	rcmodel_ifvar(&var, "ifconfig_", ifname, "_alias");
	if (strbuf_failed(&var))
		return err_nomem(x->e);
	plen = var.len;
	first = rcconf_prefix(x->c, var.s, &count);
	list = calloc(count + 1, sizeof(*list));
	if (!list)
		return err_nomem(x->e);
	for (size_t i = first; i < first + count; i++) {
		const char *digits = x->c->v[i].name + plen;

		if (*digits && !digits[strspn(digits, "0123456789")] &&
		    x->c->v[i].value[0])
			list[n++] = &x->c->v[i];
	}
	if (n)
		qsort(list, n, sizeof(*list), alias_cmp);
	for (size_t i = 0; !r && i < n; i++)
		r = clauses(x, ifname, list[i]->value, list[i]->name, link,
			    inet, inet6, false);
	v = rcmodel_if_get(x, "ifconfig_", ifname, "_aliases", &var);
	if (!r && v)
		r = clauses(x, ifname, v, var.s, link, inet, inet6, true);
	return r;
}

static int ipv4_addrs(struct model_ctx *x, const char *ifname)
{
	cleanup_strbuf struct strbuf var = STRBUF_INIT;
	cleanup_strv struct strv list = {0};
	const char *v = rcmodel_if_get(x, "ipv4_addrs_", ifname, "", &var);
	int r = 0;

	if (rcwords_split(&list, v ? v : "") < 0)
		return err_nomem(x->e);
	for (size_t i = 0; !r && i < list.n; i++) {
		cleanup_strv struct strv one = {0};

		if (strv_add(&one, "inet") < 0 || strv_add(&one, list.v[i]) < 0)
			return err_nomem(x->e);
		r = clause(x, ifname, &one, var.s);
	}
	return r;
}

/* autobridge_BRIDGE: every interface that matches a glob is a member. */
static int autobridge(struct model_ctx *x)
{
	cleanup_strv struct strv bridges = {0};
	const char *v = rcconf_get(x->c, "autobridge_interfaces");
	int r = 0;

	if (!v || !strcasecmp(v, "NO"))
		return 0;
	if (rcwords_split(&bridges, v) < 0)
		return err_nomem(x->e);
	for (size_t i = 0; i < bridges.n; i++) {
		cleanup_strbuf struct strbuf var = STRBUF_INIT;
		cleanup_strv struct strv globs = {0};
		const char *br = bridges.v[i];
		const char *g = rcmodel_if_get(x, "autobridge_", br, "", &var);

		if (!g)
			return rcconf_err(x->c, "autobridge_interfaces", EINVAL,
					  x->e, "autobridge_%s is not set", br);
		if (rcwords_split(&globs, g) < 0)
			return err_nomem(x->e);
		for (size_t k = 0; !r && k < globs.n * x->m->interfaces.n;
		     k++) {
			const char *n =
				x->m->interfaces.v[k % x->m->interfaces.n];
			cleanup_strv struct strv w = {0};

			if (fnmatch(globs.v[k / x->m->interfaces.n], n, 0) ||
			    !strcmp(n, br))
				continue;
			if (strv_add(&w, "addm") < 0 || strv_add(&w, n) < 0)
				return err_nomem(x->e);
			r = rcmodel_words(x, br, &w, false, var.s);
		}
	}
	return r;
}

/* The IPv6 switch: off unless something about the interface says IPv6. */
static int ip6_switch(struct model_ctx *x, const char *ifname, bool wanted)
{
	struct fact *f;

	/* the machine's own interfaces keep what the machine gave them */
	if (!x->place->jailed && !strv_has(&x->m->clones, ifname) && !wanted)
		return 0;
	f = facts_add(&x->m->of[RC_NETIF], FACT_IP6, ifname, NULL,
		      wanted ? "-ifdisabled" : "ifdisabled", NULL);
	if (!f)
		return err_nomem(x->e);
	f->implied = true;
	return 0;
}

static bool has_ipv6(struct model_ctx *x, const char *ifname,
		     const struct strv *words)
{
	cleanup_strbuf struct strbuf var = STRBUF_INIT;
	size_t first, n;

	if (strv_has(words, "inet6") || rcmodel_is_wanif(x, ifname))
		return true;
	if (rcmodel_ipv6_listed(x, ifname) &&
	    (rcmodel_if_get(x, "ifconfig_", ifname, "_ipv6", &var) ||
	     rcmodel_if_get(x, "ipv6_prefix_", ifname, "", &var)))
		return true;
	strbuf_clear(&var);
	rcmodel_ifvar(&var, "ifconfig_", ifname, "_alias");
	first = rcconf_prefix(x->c, var.s ? var.s : "", &n);
	for (size_t i = first; i < first + n; i++)
		if (strstr(x->c->v[i].value, "inet6"))
			return true;
	return false;
}

static int ipv6_words(struct model_ctx *x, const char *ifname)
{
	cleanup_strbuf struct strbuf var = STRBUF_INIT;
	cleanup_strv struct strv words = {0};
	const char *v = rcmodel_if_get(x, "ifconfig_", ifname, "_ipv6", &var);

	if (!v || !*v || !rcmodel_ipv6_listed(x, ifname))
		return 0;
	if (strchr(v, ':') && strncmp(v, "inet6", 5) != 0) {
		cleanup_free char *with = str_printf("inet6 %s", v);

		report(x->r, REPORT_WARN,
		       "$%s needs leading \"inet6\" keyword for an IPv6 "
		       "address.",
		       var.s);
		if (!with || rcwords_split(&words, with) < 0)
			return err_nomem(x->e);
	} else if (rcwords_split(&words, v) < 0) {
		return err_nomem(x->e);
	}
	if (words.n && strcmp(words.v[0], "inet6"))
		return rcconf_err(x->c, var.s, EINVAL, x->e,
				  "\"inet6\" must come first");
	return rcmodel_words(x, ifname, &words, false, var.s);
}

static int descr(struct model_ctx *x, const char *ifname)
{
	cleanup_strbuf struct strbuf var = STRBUF_INIT;
	const char *v = rcmodel_if_get(x, "ifconfig_", ifname, "_descr", &var);

	if (!v || !*v)
		return 0;
	return rcmodel_own(x,
			   facts_add(&x->m->of[RC_NETIF], FACT_DESCR, ifname,
				     NULL, v, NULL),
			   var.s);
}

/* lo0 of a fresh vnet, when nobody says how. */
static int loopback(struct model_ctx *x)
{
	const struct ifnet *lo = ifnets_find(x->have, "lo0");
	cleanup_strv struct strv words = {0};
	struct facts *out = &x->m->of[RC_NETIF];

	if (!x->place->jailed && lo && (lo->flags & IFF_UP))
		return 0;
	if (rcwords_split(&words, "inet 127.0.0.1/8") < 0)
		return err_nomem(x->e);
	if (!facts_add(out, FACT_IP6, "lo0", NULL, "-ifdisabled", NULL) ||
	    !facts_add(out, FACT_FLAG_UP, "lo0", NULL, NULL, NULL) ||
	    !facts_add(out, FACT_ADDR, "lo0", "127.0.0.1/8", NULL, &words))
		return err_nomem(x->e);
	strv_free(&words);
	if (rcwords_split(&words, "inet6 ::1/128") < 0 ||
	    !facts_add(out, FACT_ADDR, "lo0", "::1/128", NULL, &words))
		return err_nomem(x->e);
	return 0;
}

/* up, unless there is nothing to configure or the words say down. */
static int bring_up(struct model_ctx *x, const char *ifname, size_t since)
{
	struct facts *out = &x->m->of[RC_NETIF];
	struct fact *f;

	for (size_t i = since; i < out->n; i++)
		if (out->v[i].kind == FACT_FLAG_UP ||
		    out->v[i].kind == FACT_FLAG_DOWN)
			return 0;
	f = facts_add(out, FACT_FLAG_UP, ifname, NULL, NULL, NULL);
	if (!f)
		return err_nomem(x->e);
	f->implied = true;
	return 0;
}

/* /etc/start_if.IF runs first, /etc/stop_if.IF at the end. */
static int ifscripts(struct model_ctx *x, const char *ifname)
{
	cleanup_free char *start_name = str_printf("/etc/start_if.%s", ifname);
	cleanup_free char *stop_name = str_printf("/etc/stop_if.%s", ifname);
	cleanup_free char *start = NULL, *stop = NULL;
	bool starts, stops;

	if (!start_name || !stop_name)
		return err_nomem(x->e);
	start = rcmodel_file(x->place, start_name);
	stop = rcmodel_file(x->place, stop_name);
	if (!start || !stop)
		return err_nomem(x->e);
	starts = access(start, R_OK) == 0;
	stops = access(stop, R_OK) == 0;
	if (!starts && !stops)
		return 0;
	return rcmodel_own(x,
			   facts_add(&x->m->of[RC_NETIF], FACT_IFSCRIPT, ifname,
				     starts ? start : "", stops ? stop : "",
				     NULL),
			   NULL);
}

static int interface(struct model_ctx *x, const char *ifname, bool listed)
{
	cleanup_strbuf struct strbuf var = STRBUF_INIT;
	cleanup_strv struct strv words = {0};
	struct facts *out = &x->m->of[RC_NETIF];
	bool lo = !strcmp(ifname, "lo0");
	unsigned int bits = 0;
	const char *v = rcmodel_if_get(x, "ifconfig_", ifname, "", &var);
	size_t since, before = out->n;
	int r;

	if (!v && !lo && (v = rcconf_get(x->c, "ifconfig_DEFAULT")) != NULL) {
		strbuf_clear(&var);
		strbuf_adds(&var, "ifconfig_DEFAULT");
	}
	if (rcwords_split(&words, v ? v : "") < 0)
		return err_nomem(x->e);
	r = pseudo_words(x, &words, var.s, &bits);
	if (r < 0 || ((bits & PSEUDO_NOAUTO) && !listed))
		return r;
	if (strv_add(&x->m->interfaces, ifname) < 0)
		return err_nomem(x->e);
	r = ifscripts(x, ifname);
	if (r < 0)
		return r;
	before = out->n;
	if (lo && !words.n)
		r = loopback(x);
	else
		r = ip6_switch(
			x, ifname,
			lo || has_ipv6(x, ifname, &words) ||
				rcconf_yes(x->c, "ipv6_activate_all_interfaces",
					   NULL));
	since = out->n;
	if (!r)
		r = rcmodel_words(x, ifname, &words, false, var.s);
	if (!r)
		r = ipv6_words(x, ifname);
	if (!r)
		r = rcmodel_wanif(x, ifname);
	if (!r)
		r = aliases(x, ifname, true, false, false);
	if (!r)
		r = descr(x, ifname);
	if (!r && (out->n > since || v))
		r = bring_up(x, ifname, since);
	if (!r)
		r = rcmodel_rtsol(x, ifname);
	if (!r)
		r = rcmodel_dhcp(x, ifname, bits, var.s);
	if (!r)
		r = ipv4_addrs(x, ifname);
	if (!r)
		r = aliases(x, ifname, false, true, false);
	if (!r)
		r = aliases(x, ifname, false, false, true);
	if (!r)
		r = rcmodel_ipv6_prefix(x, ifname);
	if (!r && !lo && out->n > since)
		r = bring_up(x, ifname, since);
	/* a switch alone: nothing configures this interface */
	if (!r && !lo && out->n == since && since > before)
		fact_free(&out->v[--out->n]);
	return r;
}

/* Is the rest of a variable's name about that interface? */
static bool is_about(const char *ifpart, const char *ifname)
{
	size_t n = 0;

	/* each variable is asked about each interface: nothing is allocated */
	for (; ifname[n]; n++)
		if (ifpart[n] != rcmodel_ifvar_char(ifname[n]))
			return false;
	return n && (!ifpart[n] || ifpart[n] == '_');
}

static bool is_known(struct model_ctx *x, const struct strv *names,
		     const char *ifpart)
{
	for (size_t i = 0; i < names->n; i++)
		if (is_about(ifpart, names->v[i]))
			return true;
	for (size_t i = 0; i < x->m->clones.n; i++)
		if (is_about(ifpart, x->m->clones.v[i]))
			return true;
	/* the old name of what has been renamed, or is going to be */
	for (size_t i = 0; i < x->have->n; i++)
		if (is_about(ifpart, x->have->v[i].home_name) ||
		    is_about(ifpart, x->have->v[i].name))
			return true;
	return false;
}

/* ifconfig_IF of an IF that nobody has: say so, once an interface. */
static int unknown_interfaces(struct model_ctx *x, const struct strv *names)
{
	for (size_t i = 0; i < x->c->n; i++) {
		const char *var = x->c->v[i].name, *file = x->c->file;
		unsigned int line;

		if (!str_prefix(var, "ifconfig_") ||
		    !strcmp(var, "ifconfig_DEFAULT") ||
		    is_known(x, names, var + strlen("ifconfig_")))
			continue;
		if (rcconf_where(x->c, var, &file, &line))
			report(x->r, REPORT_WARN,
			       "%s line %u: %s: there is no such interface",
			       file, line, var);
		else
			report(x->r, REPORT_WARN,
			       "%s: %s: there is no such interface", file, var);
	}
	return 0;
}

int rcmodel_netif(struct model_ctx *x)
{
	cleanup_strv struct strv all = {0}, list = {0};
	const char *v = rcconf_get(x->c, "network_interfaces");
	bool automatic = !v || !strcasecmp(v, "auto");
	int r = clones(x);

	if (!r)
		r = vlans(x);
	if (!r)
		r = all_names(x, &all);
	if (r < 0)
		return r;
	if (automatic) {
		r = strv_copy(&list, &all);
	} else {
		r = rcwords_split(&list, v);
		for (size_t i = 0; !r && i < list.n; i++)
			if (!rcvar_ifname_ok(list.v[i]))
				return rcconf_err(x->c, "network_interfaces",
						  EINVAL, x->e,
						  "%s: no name of an interface",
						  list.v[i]);
		if (!r && !strv_has(&list, "lo0"))
			r = strv_add(&list, "lo0");
		for (size_t i = 0; !r && i < x->m->clones.n; i++)
			if (!strv_has(&list, x->m->clones.v[i]) &&
			    strv_has(&all, x->m->clones.v[i]))
				r = strv_add(&list, x->m->clones.v[i]);
	}
	if (r < 0)
		return err_nomem(x->e);
	for (size_t i = 0; !r && i < list.n; i++)
		r = interface(x, list.v[i], !automatic);
	if (!r)
		r = autobridge(x);
	return r ? r : unknown_interfaces(x, &all);
}
