/*
 * ksocket_addr: socket addresses of messages, which are FreeBSD's.
 *
 * Theory of operation.  In messages an address has FreeBSD's layout, a byte of
 * length and one of family with FreeBSD's numbers (inet6 is 28), whatever
 * machine; programs that fill in this machine's struct sockaddr are understood
 * as well (its family is two bytes, so that the second one is 0, which no
 * address of FreeBSD's has).  Answers have FreeBSD's layout.  As text:
 *
 *	inet/192.0.2.1:99	inet6/[2001:db8::1]:99	local/"/tmp/s"
 *	{ family=16 len=16 data=[ 0x70 0x00 ] }
 */
#ifndef CB_NETGRAPH_KSOCKET_ADDR_H
#define CB_NETGRAPH_KSOCKET_ADDR_H

#include "netgraph/parse.h"

#include <sys/socket.h>

/* FreeBSD's families. */
#define BSD_AF_LOCAL 1
#define BSD_AF_INET 2
#define BSD_AF_INET6 28

/* An address as it is in a message. */
#define KSOCKET_ADDR_MAX 128
struct ksocket_addr {
	uint8_t bytes[KSOCKET_ADDR_MAX];
	uint32_t len; /* 0: none */
};

/* -EINVAL: too short, -EAFNOSUPPORT. */
int ksocket_addr_get(const void *arg, size_t arglen,
		     struct sockaddr_storage *ret, socklen_t *ret_len);
/* What is not known here is left out: an address without data. */
void ksocket_addr_put(const struct sockaddr_storage *sa, socklen_t len,
		      struct ksocket_addr *ret);

extern const struct ng_ptype ng_p_sockaddr;

/* `text` is FreeBSD's number, or one of its words, for a family (AF_INET
 * ...), a type (SOCK_STREAM ...) or a protocol of family; -EINVAL. */
int ksocket_family(const char *text);
int ksocket_type(const char *text);
int ksocket_proto(const char *text, int family);

#endif
