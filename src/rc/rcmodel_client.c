/*
 * rcmodel_client: what of an interface comes from the network: DHCP, router
 * advertisements; and addresses whose host part is the interface's own.
 */
#include "rc/rcmodel_net.h"

#include "base/cleanup.h"
#include "rc/rcwords.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

/* Is it one that ipv6_network_interfaces means? */
bool rcmodel_ipv6_listed(struct model_ctx *x, const char *ifname)
{
	const char *v = rcconf_get(x->c, "ipv6_network_interfaces");
	cleanup_strv struct strv list = {0};

	if (!v || !*v || !strcasecmp(v, "auto"))
		return true;
	return rcwords_split(&list, v) == 0 && strv_has(&list, ifname);
}

bool rcmodel_is_wanif(struct model_ctx *x, const char *ifname)
{
	const char *v = rcconf_get(x->c, "ipv6_cpe_wanif");

	return v && !strcmp(v, ifname);
}

/* The interface towards the provider of a router: it accepts what it hears
 * although it forwards. */
int rcmodel_wanif(struct model_ctx *x, const char *ifname)
{
	cleanup_free char *name =
		str_printf("net.ipv6.conf.%s.accept_ra", ifname);
	cleanup_strv struct strv words = {0};
	int r;

	if (!rcmodel_is_wanif(x, ifname))
		return 0;
	if (!name || rcwords_split(&words, "inet6 -no_radr accept_rtadv") < 0)
		return err_nomem(x->e);
	r = rcmodel_words(x, ifname, &words, false, "ipv6_cpe_wanif");
	/* after the words, which write 1 */
	return r ? r
		 : rcmodel_sysctl(x, &x->m->of[RC_NETIF], name, "2",
				  "ipv6_cpe_wanif");
}

/* ipv6_privacy: addresses that change, and are preferred. */
static int privacy(struct model_ctx *x, const char *ifname)
{
	cleanup_free char *name =
		str_printf("net.ipv6.conf.%s.use_tempaddr", ifname);

	if (!rcconf_yes(x->c, "ipv6_privacy", x->r))
		return 0;
	return name ? rcmodel_sysctl(x, &x->m->of[RC_NETIF], name, "2",
				     "ipv6_privacy")
		    : err_nomem(x->e);
}

/* Ask for an advertisement where words accept it, unless rtsold does. */
int rcmodel_rtsol(struct model_ctx *x, const char *ifname)
{
	cleanup_strbuf struct strbuf var = STRBUF_INIT;
	cleanup_strv struct strv words = {0};
	const char *v = rcmodel_if_get(x, "ifconfig_", ifname, "_ipv6", &var);
	bool cpe = rcmodel_is_wanif(x, ifname);

	if (rcwords_split(&words, v ? v : "") < 0)
		return err_nomem(x->e);
	if ((cpe || strv_has(&words, "accept_rtadv")) && privacy(x, ifname) < 0)
		return -ENOMEM;
	if ((!cpe && (!strv_has(&words, "accept_rtadv") ||
		      rcconf_yes(x->c, "ipv6_gateway_enable", NULL))) ||
	    rcmodel_if_get(x, "ipv6_prefix_", ifname, "", &var) ||
	    rcconf_yes(x->c, "rtsold_enable", NULL))
		return 0;
	return rcmodel_own(x,
			   facts_add(&x->m->of[RC_NETIF], FACT_RTSOL, ifname,
				     NULL, NULL, NULL),
			   cpe ? "ipv6_cpe_wanif" : var.s);
}

/* NAME_IF, or NAME. */
static const char *if_or_all(struct model_ctx *x, const char *name,
			     const char *ifname)
{
	cleanup_free char *prefix = str_printf("%s_", name);
	cleanup_strbuf struct strbuf var = STRBUF_INIT;
	const char *v =
		prefix ? rcmodel_if_get(x, prefix, ifname, "", &var) : NULL;

	return v ? v : rcconf_get(x->c, name);
}

int rcmodel_dhcp(struct model_ctx *x, const char *ifname, unsigned int bits,
		 const char *var)
{
	const char *program = rcconf_get(x->c, "dhclient_program");
	const char *flags = if_or_all(x, "dhclient_flags", ifname);
	const char *back = if_or_all(x, "background_dhclient", ifname);
	bool sync = rcconf_yes(x->c, "synchronous_dhclient", x->r);
	cleanup_strv struct strv words = {0};

	if (!(bits & PSEUDO_ANY_DHCP) || !strcmp(ifname, "lo0"))
		return 0;
	if (bits & PSEUDO_NOSYNCDHCP)
		sync = false;
	else if (bits & PSEUDO_SYNCDHCP)
		sync = true;
	if (back && rcconf_bool(back) > 0)
		sync = false;
	if (strv_add(&words, program && *program ? program : "/sbin/dhclient") <
		    0 ||
	    rcwords_split(&words, flags ? flags : "") < 0)
		return err_nomem(x->e);
	return rcmodel_own(x,
			   facts_add(&x->m->of[RC_NETIF], FACT_DHCP, ifname,
				     NULL, sync ? "sync" : "async", &words),
			   var);
}

/*
 * ipv6_prefix_IF: the host part is the interface's own.  A router also has
 * each prefix's anycast address, which Linux makes by itself.
 */
int rcmodel_ipv6_prefix(struct model_ctx *x, const char *ifname)
{
	cleanup_strbuf struct strbuf var = STRBUF_INIT;
	cleanup_strv struct strv list = {0};
	const char *v = rcmodel_if_get(x, "ipv6_prefix_", ifname, "", &var);
	int r = 0;

	if (!v || !rcmodel_ipv6_listed(x, ifname))
		return 0;
	if (rcwords_split(&list, v) < 0)
		return err_nomem(x->e);
	for (size_t i = 0; !r && i < list.n; i++) {
		char *slash = strchr(list.v[i], '/');
		cleanup_strv struct strv words = {0};
		cleanup_free char *text = NULL;

		if (slash)
			*slash++ = '\0';
		text = str_printf("inet6 %s%s prefixlen %s eui64 alias",
				  list.v[i],
				  strstr(list.v[i], "::")      ? ""
				  : str_suffix(list.v[i], ":") ? ":"
							       : "::",
				  slash ? slash : "64");
		if (!text || rcwords_split(&words, text) < 0)
			return err_nomem(x->e);
		r = rcmodel_words(x, ifname, &words, false, var.s);
	}
	return r;
}
