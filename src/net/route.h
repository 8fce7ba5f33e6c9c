/* route: route(8)'s commands as a library; netstat -rn prints the same model. */
#ifndef CB_NET_ROUTE_H
#define CB_NET_ROUTE_H

#include "base/err.h"
#include "base/str.h"
#include "net/vnet.h"

/*
 * `route WORDS...` ("add", "-net", "10.0.0.0/8", "192.0.2.1").  Output as
 * FreeBSD's ("add net default: gateway 192.0.2.1") goes to out; the error
 * text is what follows "route: ".
 */
int route_command(struct vnet *v, int nwords, char *const *words,
		  struct strbuf *out, struct err *e);

#endif
