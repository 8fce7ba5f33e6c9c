/*
 * rcmodel: variables -> what is wanted, as facts in the order in which they
 * are made, grouped by the service that owns them.  No kernel is touched; the
 * names of the interfaces there are is all it is told of it.
 */
#ifndef CB_RC_RCMODEL_H
#define CB_RC_RCMODEL_H

#include "net/ifnet.h"
#include "rc/netwait.h"
#include "rc/rc.h"
#include "rc/rcfact.h"

/* The services that rc itself is (rcserv.c has their order and names). */
enum rc_service {
	RC_KLD,
	RC_SYSCTL,
	RC_HOSTNAME,
	RC_IP6ADDRCTL,
	RC_NETIF,
	RC_PFLOG,
	RC_PF,
	RC_ROUTING,
	RC_STATIC_ARP,
	RC_STATIC_NDP,
	RC_RTSOLD,
	RC_DEFAULTROUTE, /* has no facts: waits for DHCP */
	RC_NETWAIT,	 /* the same: waits for others */
	RC_RTADVD,
	RC_RCTL,
	RC_DEVFS,
	RC_JAIL,
	RC_SERVICES,
};

/* Where the configuration is to be applied. */
struct rc_place {
	bool jailed;	 /* a jail, sandboxes included */
	bool vnet;	 /* has a network stack of its own to configure */
	bool jails;	 /* jails are asked for: their file is read */
	bool pf;	 /* pf is asked for: its file is read */
	bool rulesets;	 /* jails can be made here, by devfs rules */
	const char *etc; /* for files that variables name */
	bool block;
};

struct rcmodel {
	struct facts of[RC_SERVICES];
	struct strv clones;	/* names as they are after the create */
	struct strv called;	/* clone, what vlans_IF calls it, ... */
	struct strv interfaces; /* network_interfaces, final names, in order */
	bool reverse_stop, parallel_start;
	/* seconds to wait for a default route by DHCP, and for a carrier */
	int route_delay, carrier_delay;
	struct netwait netwait;
	char *jail_conf; /* path; jails of it */
	int jail_limit;	 /* jail_flags: -p; -1: not given */
	int jail_verbosity;
};

/* What a place lacks (a vnet, jails) is left out of the model. */
int rcmodel_build(const struct rcconf *c, const struct ifnets *have,
		  const struct rc_place *place, const struct report *r,
		  struct rcmodel *ret, struct err *e);
void rcmodel_free(struct rcmodel *m);
#define cleanup_rcmodel __attribute__((cleanup(rcmodel_free)))

/* One line a variable that is set and not in force. */
void rcmodel_warn_later(const struct rcconf *c, const struct report *r);

/* "em0.10" -> "em0_10": how an interface is called in variables' names. */
char rcmodel_ifvar_char(char c);
void rcmodel_ifvar(struct strbuf *b, const char *prefix, const char *ifname,
		   const char *suffix);

/* NAME=VALUE of one line of sysctl.conf, comments gone; false: no such. */
bool rcmodel_sysctl_line(char *line, char **ret_name, char **ret_value);

/* A file of the level: "/etc/x" lies in a block's folder itself.  Malloc'd. */
char *rcmodel_file(const struct rc_place *p, const char *path);
/* The file that defines a jail of that name: one of its own, else dflt. */
char *rcmodel_jail_file(const struct rc_place *place, const char *name,
			const char *dflt);

/* rcmodel_net.c: the facts of RC_NETIF and RC_ROUTING. */
struct model_ctx {
	const struct rcconf *c;
	const struct ifnets *have;
	const struct rc_place *place;
	const struct report *r;
	struct rcmodel *m;
	struct err *e;
};
int rcmodel_netif(struct model_ctx *x);
/* rcmodel_serv.c: the services that read few variables. */
int rcmodel_serv(struct model_ctx *x);
int rcmodel_sysctl(struct model_ctx *x, struct facts *f, const char *name,
		   const char *value, const char *var);

#endif
