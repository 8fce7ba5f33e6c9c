/*
 * ifconfig: ifconfig(8) as a library.  Words are a const table
 * (ifconfig_words.c); the command, rc and block all come through here.
 */
#ifndef CB_NET_IFCONFIG_H
#define CB_NET_IFCONFIG_H

#include "base/err.h"
#include "base/str.h"
#include "net/ifnet.h"
#include "net/vnet.h"

/* How `IF vnet JAIL` and `-vnet JAIL` reach jails without net/ knowing them. */
struct ifconfig_jails {
	int (*lend)(void *data, const char *jail, const char *ifname,
		    struct err *e);
	int (*reclaim)(void *data, const char *jail, const char *ifname,
		       struct err *e);
	void *data;
};

/* -f formats, FreeBSD's names */
struct ifconfig_format {
	int addr, ether, inet, inet6;
};
int ifconfig_format_parse(struct ifconfig_format *f, const char *spec,
			  struct err *e);

struct ifconfig_opts {
	bool verbose, media, keys, lifetimes, driver; /* -v -m -k -L -D */
	struct ifconfig_format format;
	const struct ifconfig_jails *jails; /* may be NULL */
	struct strbuf *warn; /* lines for stderr that are no errors; may be NULL */
};

/*
 * `ifconfig IF WORDS...` (create and destroy included): words are applied
 * left to right, address parts gathered and applied at the end.  What the
 * command prints goes to out, also when it fails half-way.
 */
int ifconfig_apply(struct vnet *v, const char *ifname, int nwords,
		   char *const *words, const struct ifconfig_opts *o,
		   struct strbuf *out, struct err *e);

/* The listing of one interface in FreeBSD 14's format. */
int ifconfig_print(struct vnet *v, const struct ifnets *all,
		   const struct ifnet *ifp, const struct ifconfig_opts *o,
		   struct strbuf *out, struct err *e);

#endif
