/*
 * bridge_gate: which members of this vnet's bridges let nothing in or out, and
 * that BPDUs are not forwarded by any bridge.
 *
 * It is a table of nftables' bridge family, "cellblock_stp", replaced as a
 * whole by one transaction.  It lives without us: a port that was closed stays
 * closed when nobody is left to open it.
 */
#ifndef CB_NET_BRIDGE_GATE_H
#define CB_NET_BRIDGE_GATE_H

#include "base/err.h"
#include "net/vnet.h"

/*
 * Close these interfaces, open all others.  -EOPNOTSUPP, naming the option,
 * where the kernel has no such family.
 */
int bridge_gate_set(struct vnet *v, const uint32_t *closed, size_t n,
		    struct err *e);
/* Take it away; it may be gone. */
int bridge_gate_remove(struct vnet *v, struct err *e);

#endif
