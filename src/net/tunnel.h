/*
 * tunnel: addresses of tunnels' outer ends, of either family; and the words of
 * ifconfig(8) that several kinds of tunnels read alike.
 */
#ifndef CB_NET_TUNNEL_H
#define CB_NET_TUNNEL_H

#include "base/err.h"
#include "base/str.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#define TUNNEL_VNI_MAX 0xffffffu

struct tunnel_addr {
	int family; /* AF_INET, AF_INET6; 0 is no address */
	union {
		struct in_addr in;
		struct in6_addr in6;
	};
};

/* A literal or a name of hosts(5); -EINVAL when it is neither. */
int tunnel_addr_parse(const char *word, struct tunnel_addr *ret);
bool tunnel_addr_multicast(const struct tunnel_addr *a);
bool tunnel_addr_any(const struct tunnel_addr *a);
bool tunnel_addr_equal(const struct tunnel_addr *a,
		       const struct tunnel_addr *b);
size_t tunnel_addr_len(const struct tunnel_addr *a);
/* Of an attribute's bytes: 4 or 16; else, or where they are zero, none. */
void tunnel_addr_read(struct tunnel_addr *ret, const void *p, size_t len);
void tunnel_addr_put(struct strbuf *out, const struct tunnel_addr *a);

/* As strtoul with base 0, the whole of it and no sign, up to max. */
bool tunnel_number(const char *word, unsigned long max, unsigned long *ret);

/*
 * Arguments of vxlan's and geneve's words: -EINVAL with ifconfig's text, in
 * which `what` names the address ("local") or the port ("local port").
 */
int tunnel_word_vni(const char *word, uint32_t *ret, struct err *e);
int tunnel_word_addr(const char *word, const char *what, bool multicast,
		     struct tunnel_addr *ret, struct err *e);
int tunnel_word_port(const char *word, const char *what, uint16_t *ret,
		     struct err *e);
int tunnel_word_ttl(const char *word, uint8_t *ret, struct err *e);

#endif
