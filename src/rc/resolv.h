/*
 * resolv: /etc/resolv.conf from what DHCP leases and router advertisements
 * say, as resolvconf(8) makes it on FreeBSD.
 */
#ifndef CB_RC_RESOLV_H
#define CB_RC_RESOLV_H

#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>

/*
 * What one source says: `source` is "dhcp" or "ra".  Servers that are no
 * addresses and domains that are no names are left out: both come from the
 * network.  The file is written anew from all that is known.
 * *ret_changed, which may be NULL: it is another file now.
 */
int resolv_put(const char *ifname, const char *source,
	       const struct strv *servers, const struct strv *search,
	       bool *ret_changed, struct err *e);

/* Forget it; with the last source the file is what it was before the first. */
int resolv_drop(const char *ifname, const char *source, struct err *e);

/* A name of a domain, by its characters. */
bool resolv_domain_ok(const char *s);

#endif
