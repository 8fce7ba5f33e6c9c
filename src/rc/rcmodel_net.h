/*
 * rcmodel_net: what the files that model `service netif start` share.
 */
#ifndef CB_RC_RCMODEL_NET_H
#define CB_RC_RCMODEL_NET_H

#include "rc/rcmodel.h"

/* Words that are no words of ifconfig, as bits. */
enum {
	PSEUDO_DHCP = 1 << 0,
	PSEUDO_SYNCDHCP = 1 << 1,
	PSEUDO_NOSYNCDHCP = 1 << 2,
	PSEUDO_NOAUTO = 1 << 3,
	PSEUDO_WIRELESS = 1 << 4,
	PSEUDO_ANY_DHCP = PSEUDO_DHCP | PSEUDO_SYNCDHCP | PSEUDO_NOSYNCDHCP,
};

/* ---- rcmodel_net.c ---- */

/* PREFIX_IF_SUFFIX; its name in var. */
const char *rcmodel_if_get(struct model_ctx *x, const char *prefix,
			   const char *ifname, const char *suffix,
			   struct strbuf *var);
/* A fact that facts_add() has made (NULL: could not), and its variable. */
int rcmodel_own(struct model_ctx *x, struct fact *f, const char *var);
/* Words of one variable; errors name it. */
int rcmodel_words(struct model_ctx *x, const char *ifname,
		  const struct strv *words, bool alias, const char *var);

/* ---- rcmodel_client.c ---- */

/* Is it one that ipv6_network_interfaces means? */
bool rcmodel_ipv6_listed(struct model_ctx *x, const char *ifname);
/* Is it ipv6_cpe_wanif? */
bool rcmodel_is_wanif(struct model_ctx *x, const char *ifname);
/* The facts of ipv6_cpe_wanif, of accept_rtadv, of DHCP and of
 * ipv6_prefix_IF, where these are about the interface. */
int rcmodel_wanif(struct model_ctx *x, const char *ifname);
int rcmodel_rtsol(struct model_ctx *x, const char *ifname);
int rcmodel_dhcp(struct model_ctx *x, const char *ifname, unsigned int bits,
		 const char *var);
int rcmodel_ipv6_prefix(struct model_ctx *x, const char *ifname);

#endif
