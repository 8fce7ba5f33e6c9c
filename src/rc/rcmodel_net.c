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
#include "rc/rcmodel.h"

#include "base/cleanup.h"
#include "net/kind.h"
#include "rc/rcwords.h"

#include <ctype.h>
#include <errno.h>
#include <fnmatch.h>
#include <string.h>
#include <strings.h>

/* Words that are no words of ifconfig. */
static const struct pseudo {
	const char *word;
	const char *later; /* NULL: in force */
	bool noauto;
} pseudos[] = {
	{"DHCP", "no DHCP client is run", false},
	{"SYNCDHCP", "no DHCP client is run", false},
	{"NOSYNCDHCP", "no DHCP client is run", false},
	{"WPA", "there is no wireless", false},
	{"HOSTAP", "there is no wireless", false},
	{"NOAUTO", NULL, true},
};

static const char *if_get(struct model_ctx *x, const char *prefix,
			  const char *ifname, const char *suffix,
			  struct strbuf *var)
{
	strbuf_clear(var);
	rcmodel_ifvar(var, prefix, ifname, suffix);
	return rcconf_get(x->c, var->s);
}

static int own(struct model_ctx *x, struct fact *f, const char *var)
{
	if (!f || (var && !(f->var = strdup(var))))
		return err_nomem(x->e);
	return 0;
}

/* Remember what a clone is called once it is there. */
static int clone_names(struct model_ctx *x, const char *word)
{
	int unit, r;
	const struct ifkind *k = ifkind_of_name(word, &unit);

	if (k && !strcmp(k->name, "epair") && unit >= 0 &&
	    isdigit((unsigned char)word[strlen(word) - 1]))
		r = strv_addf(&x->m->clones, "%sa", word) < 0 ||
		    strv_addf(&x->m->clones, "%sb", word) < 0;
	else
		r = strv_add(&x->m->clones, word) < 0;
	return r ? err_nomem(x->e) : 0;
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
		if (facts_find(out, &like))
			continue;
		create = if_get(x, "create_args_", name, "", &var);
		if (create && rcwords_split(&args, create) < 0)
			return err_nomem(x->e);
		r = own(x,
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

/* Every ifconfig_IF_name whose IF is there or will be. */
static int rename_one(struct model_ctx *x, const char *from, struct strv *names)
{
	cleanup_strbuf struct strbuf var = STRBUF_INIT;
	const char *to = if_get(x, "ifconfig_", from, "_name", &var);

	if (!to || !*to || !strcmp(to, from))
		return strv_add(names, from) < 0 ? err_nomem(x->e) : 0;
	if (strlen(to) >= IFNAMSIZ)
		return rcconf_err(x->c, var.s, ENAMETOOLONG, x->e,
				  "%s: more than %d characters", to,
				  IFNAMSIZ - 1);
	if (strchr(to, '/') || strpbrk(to, " \t\n"))
		return rcconf_err(x->c, var.s, EINVAL, x->e, "%s: bad name",
				  to);
	/* already under its new name: in `names` by itself */
	if (!ifnets_find(x->have, to) && strv_add(names, to) < 0)
		return err_nomem(x->e);
	return own(x,
		   facts_add(&x->m->of[RC_NETIF], FACT_RENAME, from, to, NULL,
			     NULL),
		   var.s);
}

/* Names after renames: lo0, those there are, clones. */
static int all_names(struct model_ctx *x, struct strv *names)
{
	int r = 0;

	if (ifnets_find(x->have, "lo0") && strv_add(names, "lo0") < 0)
		return err_nomem(x->e);
	for (size_t i = 0; !r && i < x->have->n; i++)
		if (strcmp(x->have->v[i].name, "lo0"))
			r = rename_one(x, x->have->v[i].name, names);
	for (size_t i = 0; !r && i < x->m->clones.n; i++)
		if (!ifnets_find(x->have, x->m->clones.v[i]))
			r = rename_one(x, x->m->clones.v[i], names);
	return r;
}

/* Take the pseudo words out; *ret_noauto when NOAUTO was among them. */
static int pseudo_words(struct model_ctx *x, struct strv *words,
			const char *var, bool *ret_noauto)
{
	for (size_t i = 0; i < words->n;) {
		const struct pseudo *p = NULL;

		for (size_t k = 0; k < ARRAY_SIZE(pseudos) && !p; k++)
			if (!strcasecmp(words->v[i], pseudos[k].word))
				p = &pseudos[k];
		if (p && p->later)
			report(x->r, REPORT_WARN,
			       "%s: %s is not in force yet (%s)", var,
			       words->v[i], p->later);
		if (p && p->noauto)
			*ret_noauto = true;
		if (!strcmp(words->v[i], "vnet")) {
			if (i + 1 >= words->n)
				return rcconf_err(x->c, var, EINVAL, x->e,
						  "'vnet' requires argument");
			report(x->r, REPORT_WARN,
			       "%s: vnet %s is not in force yet (use "
			       "vnet.interface in jail.conf)",
			       var, words->v[i + 1]);
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
static int words_of(struct model_ctx *x, const char *ifname,
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
			r = words_of(x, ifname, &list[i], true, var);
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
	size_t n = 0, plen;
	const char *v;
	int r = 0;

	rcmodel_ifvar(&var, "ifconfig_", ifname, "_alias");
	plen = var.len;
	list = calloc(x->c->n + 1, sizeof(*list));
	if (!list)
		return err_nomem(x->e);
	for (size_t i = 0; i < x->c->n; i++) {
		const char *name = x->c->v[i].name;

		if (str_prefix(name, var.s) && name[plen] &&
		    !name[plen + strspn(name + plen, "0123456789")] &&
		    x->c->v[i].value[0])
			list[n++] = &x->c->v[i];
	}
	if (n)
		qsort(list, n, sizeof(*list), alias_cmp);
	for (size_t i = 0; !r && i < n; i++)
		r = clauses(x, ifname, list[i]->value, list[i]->name, link,
			    inet, inet6, false);
	v = if_get(x, "ifconfig_", ifname, "_aliases", &var);
	if (!r && v)
		r = clauses(x, ifname, v, var.s, link, inet, inet6, true);
	return r;
}

static int ipv4_addrs(struct model_ctx *x, const char *ifname)
{
	cleanup_strbuf struct strbuf var = STRBUF_INIT;
	cleanup_strv struct strv list = {0};
	const char *v = if_get(x, "ipv4_addrs_", ifname, "", &var);
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
		const char *g = if_get(x, "autobridge_", br, "", &var);

		if (rcwords_split(&globs, g ? g : "") < 0)
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
			r = words_of(x, br, &w, false, var.s);
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

	if (strv_has(words, "inet6") ||
	    if_get(x, "ifconfig_", ifname, "_ipv6", &var))
		return true;
	strbuf_clear(&var);
	rcmodel_ifvar(&var, "ifconfig_", ifname, "_alias");
	for (size_t i = 0; i < x->c->n; i++)
		if (str_prefix(x->c->v[i].name, var.s) &&
		    strstr(x->c->v[i].value, "inet6"))
			return true;
	return false;
}

static int ipv6_words(struct model_ctx *x, const char *ifname)
{
	cleanup_strbuf struct strbuf var = STRBUF_INIT;
	cleanup_strv struct strv words = {0};
	const char *v = if_get(x, "ifconfig_", ifname, "_ipv6", &var);

	if (!v || !*v)
		return 0;
	if (rcwords_split(&words, v) < 0)
		return err_nomem(x->e);
	if (words.n && strcmp(words.v[0], "inet6"))
		return rcconf_err(x->c, var.s, EINVAL, x->e,
				  "\"inet6\" must come first");
	if (strv_has(&words, "accept_rtadv"))
		report(x->r, REPORT_WARN,
		       "%s: no router is solicited (rtsol is not in force yet)",
		       var.s);
	return words_of(x, ifname, &words, false, var.s);
}

static int descr(struct model_ctx *x, const char *ifname)
{
	cleanup_strbuf struct strbuf var = STRBUF_INIT;
	const char *v = if_get(x, "ifconfig_", ifname, "_descr", &var);

	if (!v || !*v)
		return 0;
	return own(x,
		   facts_add(&x->m->of[RC_NETIF], FACT_DESCR, ifname, NULL, v,
			     NULL),
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

static int interface(struct model_ctx *x, const char *ifname, bool listed)
{
	cleanup_strbuf struct strbuf var = STRBUF_INIT;
	cleanup_strv struct strv words = {0};
	struct facts *out = &x->m->of[RC_NETIF];
	bool lo = !strcmp(ifname, "lo0"), noauto = false;
	const char *v = if_get(x, "ifconfig_", ifname, "", &var);
	size_t since, before = out->n;
	int r;

	if (!v && !lo && (v = rcconf_get(x->c, "ifconfig_DEFAULT")) != NULL) {
		strbuf_clear(&var);
		strbuf_adds(&var, "ifconfig_DEFAULT");
	}
	if (rcwords_split(&words, v ? v : "") < 0)
		return err_nomem(x->e);
	r = pseudo_words(x, &words, var.s, &noauto);
	if (r < 0 || (noauto && !listed))
		return r;
	if (strv_add(&x->m->interfaces, ifname) < 0)
		return err_nomem(x->e);
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
		r = words_of(x, ifname, &words, false, var.s);
	if (!r)
		r = ipv6_words(x, ifname);
	if (!r)
		r = aliases(x, ifname, true, false, false);
	if (!r)
		r = descr(x, ifname);
	if (!r && (out->n > since || v))
		r = bring_up(x, ifname, since);
	if (!r)
		r = ipv4_addrs(x, ifname);
	if (!r)
		r = aliases(x, ifname, false, true, false);
	if (!r)
		r = aliases(x, ifname, false, false, true);
	if (!r && !lo && out->n > since)
		r = bring_up(x, ifname, since);
	/* a switch alone: nothing configures this interface */
	if (!r && !lo && out->n == since && since > before)
		fact_free(&out->v[--out->n]);
	return r;
}

/* ifconfig_IF of an IF that nobody has: say so, once an interface. */
static int unknown_interfaces(struct model_ctx *x, const struct strv *names)
{
	for (size_t i = 0; i < x->c->n; i++) {
		const char *var = x->c->v[i].name, *file = x->c->file;
		const char *ifpart = var + strlen("ifconfig_");
		bool known = false;
		unsigned int line;

		if (!str_prefix(var, "ifconfig_") ||
		    !strcmp(var, "ifconfig_DEFAULT"))
			continue;
		for (size_t k = 0; k < names->n + x->m->clones.n && !known;
		     k++) {
			cleanup_strbuf struct strbuf b = STRBUF_INIT;
			const char *n = k < names->n
						? names->v[k]
						: x->m->clones.v[k - names->n];

			rcmodel_ifvar(&b, "", n, "");
			known = str_prefix(ifpart, b.s) &&
				(!ifpart[b.len] || ifpart[b.len] == '_');
		}
		/* the old name of what has been renamed */
		for (size_t k = 0; k < x->have->n && !known; k++) {
			cleanup_strbuf struct strbuf b = STRBUF_INIT;

			rcmodel_ifvar(&b, "", x->have->v[k].home_name, "");
			known = b.len && str_prefix(ifpart, b.s) &&
				(!ifpart[b.len] || ifpart[b.len] == '_');
		}
		if (known)
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
		r = all_names(x, &all);
	if (r < 0)
		return r;
	if (automatic) {
		r = strv_copy(&list, &all);
	} else {
		r = rcwords_split(&list, v);
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
