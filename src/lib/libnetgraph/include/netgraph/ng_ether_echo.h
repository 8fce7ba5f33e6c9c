/*
 * netgraph/ng_ether_echo.h: ng_ether_echo(4), as FreeBSD's header of that name
 * has it.
 */
#ifndef NETGRAPH_NG_ETHER_ECHO_H
#define NETGRAPH_NG_ETHER_ECHO_H

#include <netgraph/ng_message.h>

#define NG_ETHER_ECHO_NODE_TYPE "ether_echo"
#define NGM_ETHER_ECHO_COOKIE 1230155201

#endif
