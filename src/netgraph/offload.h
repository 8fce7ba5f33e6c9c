/*
 * offload: what a network card would have done to a packet that comes up.
 *
 * Theory of operation.  Packets between interfaces of one machine are neither
 * cut into frames nor summed: the kernel leaves both to a card that they may
 * never see.  Netgraph's nodes in the broker are promised frames as on a wire
 * (FreeBSD has no others), so what comes up the ring goes through here: a TCP
 * or UDP packet of several segments is cut, with headers, numbers and sums of
 * each put right, and a transport checksum that was left to the card is
 * completed.  That one is known by its value, the sum of the pseudo header
 * alone; a packet whose right checksum is the same by chance is not changed by
 * summing it again.  All else passes as it is.
 */
#ifndef CB_NETGRAPH_OFFLOAD_H
#define CB_NETGRAPH_OFFLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A frame; non-zero ends it, and is what ng_offload_each() returns. */
typedef int ng_frame_fn(void *arg, const void *data, size_t len);

/*
 * fn for each frame of the packet.  segment: bytes of payload a frame, 0: it
 * is one frame; l3: it begins with the IP header, not with Ethernet's.  The
 * bytes may be anything.  -ENOMEM
 */
int ng_offload_each(const void *data, size_t len, size_t segment, bool l3,
		    ng_frame_fn *fn, void *arg);

#endif
