/* netstat: what cmd_netstat.c dispatches to. */
#ifndef CB_CMD_NETSTAT_H
#define CB_CMD_NETSTAT_H

#include "base/err.h"
#include "cmd/libxo.h"
#include "net/socks.h"
#include "net/vnet.h"

#include <stdbool.h>

struct netstat_args {
	struct libxo xo;
	const char *jail, *ifname, *protocol;
	int family; /* 0 both */
	bool all, numeric, bytes, drops, wide;
	int (*what)(struct vnet *v, const struct netstat_args *a,
		    struct err *e);
};

int netstat_routes(struct vnet *v, const struct netstat_args *a, struct err *e);
int netstat_interfaces(struct vnet *v, const struct netstat_args *a,
		       struct err *e);
int netstat_sockets(struct vnet *v, const struct netstat_args *a,
		    struct err *e);
int netstat_counters(struct vnet *v, const struct netstat_args *a,
		     struct err *e);

/*
 * Leave of v[*n] what netstat shows where it runs, or of this jail (-j):
 * everything, unless the jail has no network stack of its own.
 */
int netstat_seen(const char *jail, struct sock *v, size_t *n, struct err *e);

#endif
