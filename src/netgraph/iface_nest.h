/*
 * iface_nest: iface nodes to bpf/iface.bpf.h: roles, and tunnels in tunnels.
 *
 * A ksocket that sends what an iface's stack has sent may be routed to the
 * same interface again, without end.  So each packet that a ksocket sends says
 * in its priority how many there are around it already, one more than what was
 * in it; an iface drops packets with more than NGD_IFACE_NESTING, FreeBSD's
 * default of net.graph.iface.max_nesting.
 */
#ifndef CB_NETGRAPH_IFACE_NEST_H
#define CB_NETGRAPH_IFACE_NEST_H

/* struct ngd_hook .role and index of struct ngd_node .hook[] */
enum {
	NGD_IFACE_INET = 1,
	NGD_IFACE_INET6,
};

#define NGD_IFACE_NESTING 2
#define NGD_NEST 0x6e670000u /* skb->priority: | how many */
#define NGD_NEST_MASK 0xffff0000u

#endif
