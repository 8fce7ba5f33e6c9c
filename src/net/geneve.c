/*
 * geneve: see geneve.h.  Linux's driver settles all when the link is made, so
 * a change makes it anew (relink.h).  It has no table of addresses (each
 * interface has one far end), no multicast group and no choice of its own
 * address and port: FreeBSD's words for these are refused.
 */
#include "net/geneve.h"

#include "base/cleanup.h"
#include "base/table.h"
#include "net/bsderr.h"
#include "net/ifstate.h"
#include "net/kind_idle.h"
#include "net/relink.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_link.h>
#include <string.h>

/* newer than Debian 12's headers in places */
#define INNER_PROTO_INHERIT 14

static const char *const df_names[] = {
	[GENEVE_DF_UNSET] = "unset",
	[GENEVE_DF_SET] = "set",
	[GENEVE_DF_INHERIT] = "inherit",
};

void geneve_init(struct geneve *g)
{
	*g = (struct geneve){.vni = GENEVE_NO_VNI,
			     .port = GENEVE_PORT,
			     .ttl = 64,
			     .df = GENEVE_DF_UNSET};
}

bool geneve_ready(const struct geneve *g)
{
	return g->vni != GENEVE_NO_VNI && g->remote.family;
}

static int set_vni(struct geneve *g, const char *arg, struct err *e)
{
	return tunnel_word_vni(arg, &g->vni, e);
}

static int set_remote(struct geneve *g, const char *arg, struct err *e)
{
	return tunnel_word_addr(arg, "remote", false, &g->remote, e);
}

static int set_port(struct geneve *g, const char *arg, struct err *e)
{
	return tunnel_word_port(arg, "remote port", &g->port, e);
}

static int set_ttl(struct geneve *g, const char *arg, struct err *e)
{
	g->ttl_inherit = !strcmp(arg, "inherit");
	return g->ttl_inherit ? 0 : tunnel_word_ttl(arg, &g->ttl, e);
}

static int set_df(struct geneve *g, const char *arg, struct err *e)
{
	int df = table_index(df_names, ARRAY_SIZE(df_names), arg);

	if (df < 0)
		return err_set(e, EINVAL, "invalid df value: %s", arg);
	g->df = (uint8_t)df;
	return 0;
}

static int set_dscp(struct geneve *g, const char *arg, struct err *e)
{
	(void)arg;
	(void)e;
	g->dscp_inherit = true;
	return 0;
}

static int set_nodscp(struct geneve *g, const char *arg, struct err *e)
{
	(void)arg;
	(void)e;
	g->dscp_inherit = false;
	return 0;
}

static int set_mode(struct geneve *g, const char *arg, struct err *e)
{
	g->l3 = !strcmp(arg, "l3");
	if (!g->l3 && strcmp(arg, "l2") != 0)
		return err_set(e, EINVAL, "invalid inner protocol: %s", arg);
	return 0;
}

static const struct {
	const char *name;
	int nargs;
	int (*set)(struct geneve *g, const char *arg, struct err *e);
} words[] = {
	{"genevemode", 1, set_mode},
	{"geneveid", 1, set_vni},
	{"geneveremote", 1, set_remote},
	{"geneveremoteport", 1, set_port},
	{"genevettl", 1, set_ttl},
	{"genevedf", 1, set_df},
	{"genevedscpinherit", 0, set_dscp},
	{"-genevedscpinherit", 0, set_nodscp},
};

int geneve_word(struct geneve *g, int nwords, char *const *w, int *ret_nargs,
		struct err *e)
{
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		int r;

		if (strcmp(words[i].name, w[0]) != 0)
			continue;
		if (nwords <= words[i].nargs)
			return err_set(e, EINVAL, "'%s' requires argument",
				       w[0]);
		r = words[i].set(g, w[words[i].nargs], e);
		if (r < 0)
			return r;
		*ret_nargs = words[i].nargs;
		return 1;
	}
	return 0;
}

/* -------------------------------------------------------- attributes */

void geneve_put(struct nlm *m, const void *data)
{
	const struct geneve *g = data;

	nlm_put_u32(m, IFLA_GENEVE_ID, g->vni);
	nlm_put(m,
		g->remote.family == AF_INET ? IFLA_GENEVE_REMOTE
					    : IFLA_GENEVE_REMOTE6,
		&g->remote.in6, tunnel_addr_len(&g->remote));
	nlm_put_u16(m, IFLA_GENEVE_PORT, htons(g->port));
	if (g->ttl_inherit)
		nlm_put_u8(m, IFLA_GENEVE_TTL_INHERIT, 1);
	else
		nlm_put_u8(m, IFLA_GENEVE_TTL, g->ttl);
	nlm_put_u8(m, IFLA_GENEVE_TOS, g->dscp_inherit);
	nlm_put_u8(m, IFLA_GENEVE_DF, g->df);
	if (g->l3)
		nlm_put(m, INNER_PROTO_INHERIT, NULL, 0);
}

void geneve_read(const struct nlattr *info, struct geneve *ret)
{
	const struct nlattr *tb[INNER_PROTO_INHERIT + 1];
	const struct nlattr *a;

	geneve_init(ret);
	nl_parse_nested(info, tb, INNER_PROTO_INHERIT);
	if (!tb[IFLA_GENEVE_ID])
		return;
	ret->vni = nl_u32(tb[IFLA_GENEVE_ID]) & (GENEVE_NO_VNI - 1);
	a = tb[IFLA_GENEVE_REMOTE] ? tb[IFLA_GENEVE_REMOTE]
				   : tb[IFLA_GENEVE_REMOTE6];
	if (a)
		tunnel_addr_read(&ret->remote, mnl_attr_get_payload(a),
				 mnl_attr_get_payload_len(a));
	ret->port = ntohs(nl_u16(tb[IFLA_GENEVE_PORT]));
	ret->ttl = nl_u8(tb[IFLA_GENEVE_TTL]);
	ret->ttl_inherit = nl_u8(tb[IFLA_GENEVE_TTL_INHERIT]);
	ret->dscp_inherit = nl_u8(tb[IFLA_GENEVE_TOS]) & 1;
	ret->df = nl_u8(tb[IFLA_GENEVE_DF]);
	ret->l3 = tb[INNER_PROTO_INHERIT];
}

/* ------------------------------------------------------ configuration */

int geneve_load(struct vnet *v, const struct ifnet *ifp, struct geneve *ret,
		struct err *e)
{
	cleanup_ifstate struct ifstate s = {0};
	struct geneve g;
	int r;

	geneve_read(ifp->info, &g);
	if (!kind_idle_link(ifp)) {
		*ret = g;
		return 0;
	}
	r = ifstate_get(v, ifp->index, &s, e);
	if (r < 0)
		return r;
	for (size_t i = 0; i < s.words.n; i++) {
		cleanup_strv struct strv w = {0};
		int nargs;

		if (strv_split(&w, s.words.v[i], " ") < 0)
			return err_nomem(e);
		if (w.n)
			geneve_word(&g, (int)w.n, w.v, &nargs, NULL);
	}
	*ret = g;
	return 0;
}

static int put_words(struct ifstate *s, void *data, struct err *e)
{
	cleanup_strbuf struct strbuf addr = STRBUF_INIT;
	const struct geneve *g = data;
	struct geneve d;

	(void)e;
	geneve_init(&d);
	strv_free(&s->words);
	if (geneve_ready(g))
		return 0; /* the driver has it */
	if (g->vni != d.vni)
		strv_addf(&s->words, "geneveid %u", g->vni);
	tunnel_addr_put(&addr, &g->remote);
	if (g->remote.family)
		strv_addf(&s->words, "geneveremote %s", addr.s);
	if (g->port != d.port)
		strv_addf(&s->words, "geneveremoteport %u", g->port);
	if (g->ttl_inherit)
		strv_add(&s->words, "genevettl inherit");
	else if (g->ttl != d.ttl)
		strv_addf(&s->words, "genevettl %u", g->ttl);
	if (g->df != d.df && g->df < ARRAY_SIZE(df_names))
		strv_addf(&s->words, "genevedf %s", df_names[g->df]);
	if (g->dscp_inherit)
		strv_add(&s->words, "genevedscpinherit");
	if (g->l3)
		strv_add(&s->words, "genevemode l3");
	return 0;
}

int geneve_apply(struct vnet *v, const char *ifname, const struct geneve *now,
		 struct err *e)
{
	cleanup_ifnet struct ifnet ifp = {0};
	struct err le = ERR_INIT;
	int r = ifnet_get(v, ifname, &ifp, e);

	if (r < 0)
		return r;
	if (geneve_ready(now)) {
		r = relink(v, &ifp, "geneve", geneve_put, now, &le);
		if (r < 0)
			return err_set(e, -r, "%s: %s", ifname, le.text);
	}
	return ifstate_update(v, ifp.index, put_words, (void *)now, e);
}
