/*
 * netgraph/ng_echo.h: ng_echo(4), as FreeBSD's header of that name has it.
 */
#ifndef NETGRAPH_NG_ECHO_H
#define NETGRAPH_NG_ECHO_H

#define NG_ECHO_NODE_TYPE "echo"
#define NGM_ECHO_COOKIE 884298942

#endif
