/*
 * tunnel: addresses of tunnels' outer ends, of either family.
 */
#ifndef CB_NET_TUNNEL_H
#define CB_NET_TUNNEL_H

#include "base/err.h"
#include "base/str.h"

#include <netinet/in.h>
#include <stdbool.h>

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

#endif
