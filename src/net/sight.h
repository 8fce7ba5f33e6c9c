/*
 * sight: which addresses and routes of a network stack are shown to a program
 * in a jail that has no stack of its own.
 *
 * On FreeBSD the kernel leaves out the others, whoever asks: of addresses all
 * that are not the jail's, of routes all but those to one address of the
 * jail's (prison_if, rt_is_exportable).  Linux's kernel tells everybody, so
 * what lists them leaves them out.  It is for the reader's sake and holds
 * nobody back.  Interfaces themselves are always shown.
 */
#ifndef CB_NET_SIGHT_H
#define CB_NET_SIGHT_H

#include "base/err.h"
#include "net/ifnet.h"
#include "net/rtnl_route.h"

#include <stdbool.h>
#include <stddef.h>

struct sight_addr {
	int family;
	union route_addr addr;
};

/* Zero: all is seen; so it is for NULL below. */
struct sight {
	bool shared;	   /* the stack is another's: no routes to networks */
	bool held4, held6; /* of the family only these: */
	struct sight_addr *v;
	size_t n;
};
void sight_free(struct sight *s);
#define cleanup_sight __attribute__((cleanup(sight_free)))

/* From here on none of this family, but what is added. */
void sight_hold(struct sight *s, int family);
/* What is no address is left out. */
int sight_add(struct sight *s, int family, const char *text, struct err *e);

/* addr: of 4 or 16 bytes. */
bool sight_has(const struct sight *s, int family, const void *addr);
bool sight_route(const struct sight *s, const struct route *rt);
/* Take out of the model what is not seen. */
void sight_ifnet(const struct sight *s, struct ifnet *ifp);
void sight_ifnets(const struct sight *s, struct ifnets *ifs);

#endif
