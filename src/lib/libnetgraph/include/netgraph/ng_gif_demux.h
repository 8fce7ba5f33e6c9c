/*
 * netgraph/ng_gif_demux.h: ng_gif_demux(4), as FreeBSD's header of that name
 * has it.
 */
#ifndef NETGRAPH_NG_GIF_DEMUX_H
#define NETGRAPH_NG_GIF_DEMUX_H

#define NG_GIF_DEMUX_NODE_TYPE "gif_demux"
#define NGM_GIF_DEMUX_COOKIE 995567329

#define NG_GIF_DEMUX_HOOK_GIF "gif"
#define NG_GIF_DEMUX_HOOK_INET "inet"
#define NG_GIF_DEMUX_HOOK_INET6 "inet6"
#define NG_GIF_DEMUX_HOOK_ATALK "atalk"
#define NG_GIF_DEMUX_HOOK_IPX "ipx"
#define NG_GIF_DEMUX_HOOK_ATM "atm"
#define NG_GIF_DEMUX_HOOK_NATM "natm"

#endif
