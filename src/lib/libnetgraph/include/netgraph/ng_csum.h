/*
 * netgraph/ng_csum.h: FreeBSD's CSUM_ flags (its sys/mbuf.h) as the messages
 * of ng_patch(4) and ng_checksum(4) carry them.
 */
#ifndef NETGRAPH_NG_CSUM_H
#define NETGRAPH_NG_CSUM_H

#ifndef CSUM_IP
#define CSUM_IP 0x00000001
#define CSUM_IP_UDP 0x00000002
#define CSUM_IP_TCP 0x00000004
#define CSUM_IP_SCTP 0x00000008
#define CSUM_IP6_UDP 0x00000200
#define CSUM_IP6_TCP 0x00000400
#define CSUM_IP6_SCTP 0x00000800
#define CSUM_UDP CSUM_IP_UDP
#define CSUM_TCP CSUM_IP_TCP
#define CSUM_SCTP CSUM_IP_SCTP
#define CSUM_UDP_IPV6 CSUM_IP6_UDP
#define CSUM_TCP_IPV6 CSUM_IP6_TCP
#define CSUM_SCTP_IPV6 CSUM_IP6_SCTP
#endif

#endif
