/*
 * rcdad: wait until IPv6 addresses are fit for use.
 *
 * A new IPv6 address is tentative for one to two seconds, while the kernel
 * asks whether somebody else on the link has it.  Until then no program can
 * bind to it and no packet leaves with it, so nothing that comes after the
 * network may start.  FreeBSD's rc sleeps for the time that takes; here the
 * end of it is looked for.
 */
#ifndef CB_RC_RCDAD_H
#define CB_RC_RCDAD_H

#include "net/vnet.h"
#include "rc/rcfact.h"

/* Is it an address that may have to be waited for? */
bool rcdad_concerns(const struct fact *f);

/*
 * Wait for the addresses of facts.  -EADDRINUSE when one is a duplicate:
 * *ret_bad.  One whose interface has no carrier is not waited for, and a
 * check that does not end is given up after five seconds.
 */
int rcdad_wait(struct vnet *v, const struct facts *facts,
	       const struct fact **ret_bad, struct err *e);

#endif
