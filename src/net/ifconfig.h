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

/* -f formats, FreeBSD's names; zero is each one's default */
enum ifconfig_addr_format {
	ADDRFMT_NUMERIC,
	ADDRFMT_HOST,
	ADDRFMT_FQDN
};
enum ifconfig_ether_format {
	ETHERFMT_COLON,
	ETHERFMT_DASH,
	ETHERFMT_DOTTED
};
enum ifconfig_inet_format {
	INETFMT_HEX,
	INETFMT_DOTTED,
	INETFMT_CIDR
};
enum ifconfig_inet6_format {
	INET6FMT_PLEN,
	INET6FMT_CIDR
};

struct ifconfig_format {
	int addr, ether, inet, inet6;
};
/*
 * "type:fmt[,type:fmt...]" or "default" onto *f.  A part that is not known is
 * skipped as FreeBSD does: the others still apply, and -EINVAL tells of the
 * first such part ("Skipping invalid format: x").
 */
int ifconfig_format_parse(struct ifconfig_format *f, const char *spec,
			  struct err *e);

/* Address family words: "inet", "inet6", "link", "ether", "lladdr". */
enum ifconfig_af {
	IFAF_NONE,
	IFAF_INET,
	IFAF_INET6,
	IFAF_LINK
};
enum ifconfig_af ifconfig_af_parse(const char *word);

struct ifconfig_opts {
	bool verbose, media, keys, lifetimes, driver; /* -v -m -k -L -D */
	struct ifconfig_format format;
	enum ifconfig_af af; /* listing: only this family; IFAF_NONE: all */
	const struct ifconfig_jails *jails; /* may be NULL */
	bool nodad; /* an inet6 address that is added needs no check */
	/*
	 * Lines for stderr that are no errors; one that begins with a tab goes
	 * on where the one before ended.  May be NULL.
	 */
	struct strbuf *warn;
};

/*
 * `ifconfig IF WORDS...` (create and destroy included): words are applied
 * left to right, address parts gathered and applied at the end.  What the
 * command prints goes to out, also when it fails half-way.
 */
int ifconfig_apply(struct vnet *v, const char *ifname, int nwords,
		   char *const *words, const struct ifconfig_opts *o,
		   struct strbuf *out, struct err *e);

/*
 * The listing of one interface in FreeBSD 14's format: gathers what the model
 * does not hold (offloads, media, IPv6 settings) and prints it.
 */
int ifconfig_print(struct vnet *v, const struct ifnets *all,
		   const struct ifnet *ifp, const struct ifconfig_opts *o,
		   struct strbuf *out, struct err *e);

#endif
