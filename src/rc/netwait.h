/*
 * netwait: rc.d/netwait: hold a boot up until interfaces have a link, until
 * the addresses' checks are over, and until one of some hosts answers.
 *
 * Theory of operation.  Each wait has an end of its own, so that the whole has
 * one; what did not come is said, and the boot goes on.  Hosts are asked one
 * after the other by an ICMP echo a second; the first answer ends it.
 */
#ifndef CB_RC_NETWAIT_H
#define CB_RC_NETWAIT_H

#include "base/err.h"
#include "base/report.h"
#include "base/str.h"
#include "net/vnet.h"

#include <stdbool.h>

struct netwait {
	bool wanted, dad;
	struct strv ips, ifs;		      /* addresses, names */
	int timeout, if_timeout, dad_timeout; /* seconds */
};

void netwait_free(struct netwait *w);
/* An address that can be waited for. */
bool netwait_address_ok(const char *s);
/* An error only when interrupted (-ECANCELED). */
int netwait_run(struct vnet *v, const struct netwait *w, const struct report *r,
		struct err *e);

#endif
