/*
 * resolve: names in pf.conf(5) as a vnet has them: interfaces, groups, and
 * hosts as the resolver knows them.
 */
#ifndef CB_PF_RESOLVE_H
#define CB_PF_RESOLVE_H

#include "net/ifnet.h"
#include "pf/conf.h"

struct pf_names {
	struct pf_resolve resolve; /* for pf_conf_load() and others */
	struct ifnets ifs;
	struct vnet *v;
};

/* Interfaces as they are now; dns: host names are looked up, too. */
int pf_names_open(struct vnet *v, bool dns, struct pf_names *ret,
		  struct err *e);
void pf_names_close(struct pf_names *n);

#endif
