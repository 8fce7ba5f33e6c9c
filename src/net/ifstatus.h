/*
 * ifstatus: what a vnet's keeper (keeper.h) has found out of its interfaces:
 * statedir/COOKIE.NAME, lines of numbers, which every command may read into the
 * model (ifnet.h).
 */
#ifndef CB_NET_IFSTATUS_H
#define CB_NET_IFSTATUS_H

#include "base/err.h"
#include "base/str.h"
#include "net/ifnet.h"

struct ifstatus {
	const char *name;
	/* Into the model; what makes no sense changes nothing. */
	void (*parse)(struct ifnets *all, char *text);
	void (*print)(const struct ifnets *all, struct strbuf *out);
};

/* Where there is none nothing changes. */
void ifstatus_load(const struct ifstatus *s, const struct vnet *v,
		   struct ifnets *all);
int ifstatus_write(const struct ifstatus *s, const struct vnet *v,
		   const struct ifnets *all, struct err *e);
void ifstatus_remove(const struct ifstatus *s, const struct vnet *v);

#endif
