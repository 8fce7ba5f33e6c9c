/*
 * route: route(8)'s commands as a library; netstat -r and `route show` print
 * the same model.
 */
#ifndef CB_NET_ROUTE_H
#define CB_NET_ROUTE_H

#include "base/err.h"
#include "base/str.h"
#include "net/ifnet.h"
#include "net/rtnl_route.h"
#include "net/sight.h"
#include "net/vnet.h"

/*
 * `route WORDS...` ("add", "-net", "10.0.0.0/8", "192.0.2.1"); -d -n -q -t -v
 * may come before the command, as on the command line.  Output as FreeBSD's
 * ("add net default: gateway 192.0.2.1") goes to out, also on failure; the
 * error text is what follows "route: ".  -EDESTADDRREQ: a usage error;
 * -EADDRNOTAVAIL: "bad address: x".  `monitor` is route_monitor()'s.
 * sight, which may be NULL: what `show` shows.
 */
int route_command(struct vnet *v, int nwords, char *const *words,
		  const struct sight *sight, struct strbuf *out, struct err *e);

/* Calls line() for every change of routes, addresses and links; until -1. */
int route_monitor(struct vnet *v, int (*line)(void *data, const char *text),
		  void *data, struct err *e);

/* One row of the routing table as netstat -rn shows it. */
struct route_row {
	int family;
	char dst[64], gw[64], flags[16], netif[IFNAMSIZ];
	uint32_t expire; /* seconds, 0 never */
	uint32_t mtu;	 /* the route's own, else its interface's */
	struct route rt;
};

/*
 * The table of one family in FreeBSD's order (default first), as far as it is
 * seen; sight may be NULL.
 */
int route_rows(struct vnet *v, const struct ifnets *ifs, int family,
	       const struct sight *sight, struct route_row **ret, size_t *ret_n,
	       struct err *e);
/* FreeBSD's words for a row's flags: "up", "gateway", ... one a letter. */
const char *route_flag_word(char letter);
/*
 * Numbers of the rows' next hops, from 1: rows with the same gateway, flags,
 * interface and MTU share one, as FreeBSD's do.  (Linux numbers none.)
 * (*ret)[n], malloc'd.
 */
int route_nhops(const struct route_row *rows, size_t n, unsigned int **ret,
		struct err *e);
/* "Routing tables" with its headings, as `netstat -rn`; wide: as -W. */
int route_table_print(struct vnet *v, int family, const struct sight *sight,
		      bool wide, struct strbuf *out, struct err *e);

#endif
