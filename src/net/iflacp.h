/*
 * iflacp: what the model (ifnet.h) knows of LACP, from the bonding driver or
 * the status that the vnet's keeper of laggs writes (lagg_keeper.h).
 *
 * The status of a vnet is statedir/COOKIE.laggs, lines of numbers:
 *
 *	lagg INDEX ACTIVE FLAPPING ACTOR PARTNER
 *	port INDEX ACTIVE 0 ACTOR PARTNER
 *
 * ACTOR and PARTNER: priority, MAC address, key, priority and number of the
 * port, state, all hexadecimal.
 */
#ifndef CB_NET_IFLACP_H
#define CB_NET_IFLACP_H

#include "base/str.h"
#include "net/ifnet.h"
#include "net/ifstatus.h"

/* What the kernel's driver tells of a port, attributes IFLA_BOND_SLAVE_*. */
struct nlattr;
void iflacp_of_slave(const struct nlattr *const *port, struct iflacp *ret);

/* Into the model; a status that is missing or makes no sense changes nothing.
 */
void iflacp_status_load(const struct vnet *v, struct ifnets *all);
void iflacp_status_parse(struct ifnets *all, char *text);
void iflacp_status_print(const struct ifnets *all, struct strbuf *out);
extern const struct ifstatus iflacp_status;

#endif
