/* tun: ngN, the interface of an iface node: a tun device. */
#ifndef CB_NETGRAPH_TUN_H
#define CB_NETGRAPH_TUN_H

#include "net/vnet.h"

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * Make interface `name` in v, which stays until tun_remove(), whoever dies.
 * *ret_fd: to be closed.  -EEXIST: there is an interface of that name.
 */
int tun_make(struct vnet *v, const char *name, int *ret_fd,
	     uint32_t *ret_ifindex);
/* The one that a former process has made. */
int tun_again(struct vnet *v, uint32_t ifindex, int *ret_fd);
/* Its name, in whatever namespace it is now; -ENXIO: it is gone. */
int tun_name(int fd, char ret[IFNAMSIZ]);
/* It goes when fd is closed. */
void tun_remove(int fd);
int tun_carrier(int fd, bool up);
/* Its IFF_* flags (in v). */
int tun_flags(struct vnet *v, int fd, uint32_t *ret);

#endif
