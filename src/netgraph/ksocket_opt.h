/* ksocket_opt: socket options of messages, which are FreeBSD's. */
#ifndef CB_NETGRAPH_KSOCKET_OPT_H
#define CB_NETGRAPH_KSOCKET_OPT_H

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

/*
 * setsockopt(2) and getsockopt(2) with FreeBSD's levels and names; level 1
 * (this machine's SOL_SOCKET) has this machine's names.  Only what does no
 * harm in hands that the kernel does not know of: the socket is held by a
 * process with the host's rights.  -ENOPROTOOPT for all else.
 */
int ksocket_opt_set(int fd, int32_t level, int32_t name, const void *value,
		    size_t len);
/* *len: room, and what came. */
int ksocket_opt_get(int fd, int32_t level, int32_t name, void *value,
		    socklen_t *len);

#endif
