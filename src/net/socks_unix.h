/* socks_unix: sockets of AF_UNIX of a vnet, for sockstat(1). */
#ifndef CB_NET_SOCKS_UNIX_H
#define CB_NET_SOCKS_UNIX_H

#include "base/err.h"
#include "net/vnet.h"

struct sock_unix {
	uint32_t inode; /* as in /proc/PID/fd */
	uint32_t peer;	/* the inode of the one it is connected to; 0: none */
	int type;	/* SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET */
	bool listening;
	/* Its address, printable; an abstract one begins with '@'.  "": none */
	char name[110];
};

/* Those of the vnet, by inode; the caller frees. */
int socks_unix_load(struct vnet *v, struct sock_unix **ret, size_t *ret_n,
		    struct err *e);

#endif
