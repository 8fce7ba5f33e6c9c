/*
 * dad: duplicate address detection.  A new IPv6 address is tentative for one
 * to two seconds, while the kernel asks whether somebody else on the link has
 * it; until then no program can bind to it.
 */
#ifndef CB_NET_DAD_H
#define CB_NET_DAD_H

#include "base/err.h"
#include "net/ifnet.h"
#include "net/vnet.h"

#include <netinet/in.h>

/* No check can take longer; who waits may stop waiting then. */
#define DAD_MAX_MS 5000

/*
 * Does the interface lead nowhere but to jails of this machine, where nobody
 * has an address that was not given to him: loopback, an epair, a bridge of
 * such?  There is nothing to ask for then.
 */
bool dad_needless(struct vnet *v, const char *ifname);
/*
 * Is there a carrier, or is one about to be?  Without, the check does not
 * begin.
 */
bool dad_begins(const struct ifnets *ifs, const struct ifnet *ifp);

/* An address that cannot be used: it is being checked, or has failed. */
struct dad {
	struct in6_addr addr;
	int index; /* of its interface */
	bool failed;
};
struct dads {
	struct dad *v;
	size_t n;
};
/* All of the vnet's, in one request. */
int dads_load(struct vnet *v, struct dads *ret, struct err *e);
void dads_free(struct dads *s);
#define cleanup_dads __attribute__((cleanup(dads_free)))
/* index 0: on any interface.  NULL: it can be used, or is not there. */
const struct dad *dads_find(const struct dads *s, const struct in6_addr *addr,
			    int index);

#endif
