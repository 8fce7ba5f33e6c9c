/* socks: TCP and UDP sockets of a vnet, for netstat(1). */
#ifndef CB_NET_SOCKS_H
#define CB_NET_SOCKS_H

#include "base/err.h"
#include "net/rtnl_route.h"
#include "net/vnet.h"

struct sock {
	int family, protocol; /* IPPROTO_TCP, IPPROTO_UDP */
	union route_addr local, remote;
	uint16_t lport, rport;
	uint32_t recvq, sendq;
	const char *state; /* FreeBSD's name; "" for UDP */
	bool listening;	   /* TCP: LISTEN; UDP: not connected */
};

/* Appends to v[n]; the caller frees. */
int socks_load(struct vnet *v, int family, int protocol, struct sock **io_v,
	       size_t *io_n, struct err *e);

#endif
