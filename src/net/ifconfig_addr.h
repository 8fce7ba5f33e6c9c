/*
 * ifconfig_addr: the address part of an ifconfig(8) command line: gathered
 * word by word, applied at its end.
 */
#ifndef CB_NET_IFCONFIG_ADDR_H
#define CB_NET_IFCONFIG_ADDR_H

#include "base/err.h"
#include "net/ifconfig.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

/* What the words said so far. */
struct ifconfig_addr {
	enum ifconfig_af af;
	bool set; /* an address was given */
	bool has_peer, has_plen, has_brd, eui64;
	int alias; /* 1 alias, -1 -alias, 0 neither */
	union {
		struct in_addr in;
		struct in6_addr in6;
	} addr, peer;
	struct in_addr brd;
	unsigned char plen;
	bool random;	      /* link: "random" */
	unsigned char mac[6]; /* link */
	bool has_pltime, has_vltime;
	uint32_t pltime, vltime;
	bool nodad;
};

/*
 * A word that is no keyword: the first is the address ("A", "A/LEN"), the
 * second the destination.  Errors are FreeBSD's ("x: bad value").
 */
int ifconfig_addr_word(struct ifconfig_addr *a, const char *word,
		       struct err *e);
int ifconfig_addr_netmask(struct ifconfig_addr *a, const char *word,
			  struct err *e);
int ifconfig_addr_broadcast(struct ifconfig_addr *a, const char *word,
			    struct err *e);
int ifconfig_addr_prefixlen(struct ifconfig_addr *a, const char *word,
			    struct err *e);
int ifconfig_addr_lifetime(struct ifconfig_addr *a, const char *word,
			   bool valid, struct err *e);

/*
 * Fill in what was not given: mask by class or 64, broadcast.  `flags` are
 * the interface's Linux IFF_*; ret_warn: the class rule had to be used.
 */
void ifconfig_addr_defaults(struct ifconfig_addr *a, uint32_t flags,
			    bool *ret_warn);

/* "aa:bb:cc:dd:ee:ff" or the same with dashes; one or two digits each. */
bool ifconfig_mac_parse(const char *s, unsigned char mac[6]);

#endif
