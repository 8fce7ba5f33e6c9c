/*
 * netgraph/ng_device.h: ng_device(4), as FreeBSD's header of that name has it.
 */
#ifndef NETGRAPH_NG_DEVICE_H
#define NETGRAPH_NG_DEVICE_H

#include <netgraph/ng_message.h>

#define NG_DEVICE_NODE_TYPE "device"
#define NGM_DEVICE_COOKIE 1091129178
#define NG_DEVICE_DEVNAME "ngd"

enum {
	NGM_DEVICE_GET_DEVNAME,
	NGM_DEVICE_ETHERALIGN,
};

#endif
