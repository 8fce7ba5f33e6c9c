/*
 * rcclient: the facts that programs keep so: DHCP leases, addresses by router
 * advertisements, rtsold.
 */
#ifndef CB_RC_RCCLIENT_H
#define CB_RC_RCCLIENT_H

#include "rc/rcact.h"

int rcclient_dhcp(struct rcact *a, const struct fact *f, struct err *e);
int rcclient_dhcp_undo(struct rcact *a, const struct note *n, struct err *e);
int rcclient_rtsol(struct rcact *a, const struct fact *f, struct err *e);
int rcclient_rtsol_undo(struct rcact *a, const struct note *n, struct err *e);
int rcclient_rtsold(struct rcact *a, const struct fact *f, struct err *e);
int rcclient_rtsold_undo(struct rcact *a, const struct note *n, struct err *e);

int rcclient_rtadvd(struct rcact *a, const struct fact *f, struct err *e);
int rcclient_rtadvd_undo(struct rcact *a, const struct note *n, struct err *e);

/* Files of rcdaemon.h. */
#define RCCLIENT_RTADVD "/run/cellblock/rtadvd.pid"
#define RCCLIENT_RTSOLD "/run/cellblock/rtsold.pid"

/* Does the program of such a fact run? */
bool rcclient_runs(const struct fact *f);

/*
 * What rc.d/defaultroute does: wait as long as a->route_delay says for an IPv4
 * default route, if interfaces wait for their leases; not longer than until
 * all have one, nor than a->carrier_delay if none is plugged in.
 */
int rcclient_wait_route(struct rcact *a, struct err *e);

#endif
