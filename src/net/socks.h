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
	const char *state;    /* FreeBSD's name; "" for UDP */
	bool listening;	      /* TCP: LISTEN; UDP: not connected */
	bool v6only;	      /* an AF_INET6 one that hears no IPv4 */
	unsigned int ifindex; /* SO_BINDTODEVICE, or 0 */
	uint32_t inode;	      /* as in /proc/PID/fd; 0: the kernel's own */
	uint64_t cgroup;      /* id of the one it was made in; 0: not told */
};

/* Appends to v[n], with `listening` such only; the caller frees. */
int socks_load(struct vnet *v, int family, int protocol, bool listening,
	       struct sock **io_v, size_t *io_n, struct err *e);

#endif
