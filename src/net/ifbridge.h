/*
 * ifbridge: what the model (ifnet.h) knows of bridges beyond the kernel: the
 * user's settings, from the bridge's state file, and what its spanning tree
 * has come to, from the status that the keeper writes (bridge_keeper.h).
 *
 * The status of a vnet is statedir/COOKIE.bridges, lines of numbers:
 *
 *	bridge INDEX ID ROOT COST PORT		ids hexadecimal
 *	port INDEX ROLE STATE PROTO COST EDGE PTP
 */
#ifndef CB_NET_IFBRIDGE_H
#define CB_NET_IFBRIDGE_H

#include "base/str.h"
#include "net/ifnet.h"
#include "net/ifstate.h"
#include "net/ifstatus.h"

/* `s` is the bridge's state; NULL: the defaults. */
void ifbridge_settings(struct ifbridge *b, const struct ifstate *s);
void ifbridge_port_settings(struct ifbridge_port *p, int index,
			    const struct ifstate *s);

/* Into the model; a status that is missing or makes no sense changes nothing.
 */
void ifbridge_status_load(const struct vnet *v, struct ifnets *all);
void ifbridge_status_parse(struct ifnets *all, char *text);
void ifbridge_status_print(const struct ifnets *all, struct strbuf *out);
extern const struct ifstatus ifbridge_status;

#endif
