/*
 * ksocket_opt: see ksocket_opt.h.
 *
 * Values are as both systems have them: int, struct timeval, struct linger,
 * struct ip_mreq and ipv6_mreq, addresses.
 */
#include "netgraph/ksocket_opt.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <stdbool.h>

#define BSD_SOL_SOCKET 0xffff

struct opt {
	int bsd_level, bsd_name;
	int level, name;
	bool get_only;
};

static const struct opt opts[] = {
	{BSD_SOL_SOCKET, 0x0002, SOL_SOCKET, SO_ACCEPTCONN, true},
	{BSD_SOL_SOCKET, 0x0004, SOL_SOCKET, SO_REUSEADDR, false},
	{BSD_SOL_SOCKET, 0x0008, SOL_SOCKET, SO_KEEPALIVE, false},
	{BSD_SOL_SOCKET, 0x0010, SOL_SOCKET, SO_DONTROUTE, false},
	{BSD_SOL_SOCKET, 0x0020, SOL_SOCKET, SO_BROADCAST, false},
	{BSD_SOL_SOCKET, 0x0080, SOL_SOCKET, SO_LINGER, false},
	{BSD_SOL_SOCKET, 0x0100, SOL_SOCKET, SO_OOBINLINE, false},
	{BSD_SOL_SOCKET, 0x0200, SOL_SOCKET, SO_REUSEPORT, false},
	{BSD_SOL_SOCKET, 0x1001, SOL_SOCKET, SO_SNDBUF, false},
	{BSD_SOL_SOCKET, 0x1002, SOL_SOCKET, SO_RCVBUF, false},
	{BSD_SOL_SOCKET, 0x1003, SOL_SOCKET, SO_SNDLOWAT, true},
	{BSD_SOL_SOCKET, 0x1004, SOL_SOCKET, SO_RCVLOWAT, false},
	{BSD_SOL_SOCKET, 0x1007, SOL_SOCKET, SO_ERROR, true},
	{BSD_SOL_SOCKET, 0x1008, SOL_SOCKET, SO_TYPE, true},
	{BSD_SOL_SOCKET, 0x1016, SOL_SOCKET, SO_PROTOCOL, true},
	{BSD_SOL_SOCKET, 0x1019, SOL_SOCKET, SO_DOMAIN, true},
	{IPPROTO_IP, 2, IPPROTO_IP, IP_HDRINCL, false},
	{IPPROTO_IP, 3, IPPROTO_IP, IP_TOS, false},
	{IPPROTO_IP, 4, IPPROTO_IP, IP_TTL, false},
	{IPPROTO_IP, 9, IPPROTO_IP, IP_MULTICAST_IF, false},
	{IPPROTO_IP, 10, IPPROTO_IP, IP_MULTICAST_TTL, false},
	{IPPROTO_IP, 11, IPPROTO_IP, IP_MULTICAST_LOOP, false},
	{IPPROTO_IP, 12, IPPROTO_IP, IP_ADD_MEMBERSHIP, false},
	{IPPROTO_IP, 13, IPPROTO_IP, IP_DROP_MEMBERSHIP, false},
	{IPPROTO_IPV6, 4, IPPROTO_IPV6, IPV6_UNICAST_HOPS, false},
	{IPPROTO_IPV6, 9, IPPROTO_IPV6, IPV6_MULTICAST_IF, false},
	{IPPROTO_IPV6, 10, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, false},
	{IPPROTO_IPV6, 11, IPPROTO_IPV6, IPV6_MULTICAST_LOOP, false},
	{IPPROTO_IPV6, 12, IPPROTO_IPV6, IPV6_ADD_MEMBERSHIP, false},
	{IPPROTO_IPV6, 13, IPPROTO_IPV6, IPV6_DROP_MEMBERSHIP, false},
	{IPPROTO_IPV6, 27, IPPROTO_IPV6, IPV6_V6ONLY, false},
	{IPPROTO_TCP, 1, IPPROTO_TCP, TCP_NODELAY, false},
	{IPPROTO_TCP, 2, IPPROTO_TCP, TCP_MAXSEG, false},
	{IPPROTO_TCP, 256, IPPROTO_TCP, TCP_KEEPIDLE, false},
	{IPPROTO_TCP, 512, IPPROTO_TCP, TCP_KEEPINTVL, false},
	{IPPROTO_TCP, 1024, IPPROTO_TCP, TCP_KEEPCNT, false},
};

static const struct opt *find(int32_t level, int32_t name)
{
	for (size_t i = 0; i < sizeof(opts) / sizeof(opts[0]); i++) {
		const struct opt *o = &opts[i];

		if (level == SOL_SOCKET
			    ? o->level == level && o->name == name
			    : o->bsd_level == level && o->bsd_name == name)
			return o;
	}
	return NULL;
}

int ksocket_opt_set(int fd, int32_t level, int32_t name, const void *value,
		    size_t len)
{
	const struct opt *o = find(level, name);

	if (!o || o->get_only)
		return -ENOPROTOOPT;
	return setsockopt(fd, o->level, o->name, value, (socklen_t)len) < 0
		       ? -errno
		       : 0;
}

int ksocket_opt_get(int fd, int32_t level, int32_t name, void *value,
		    socklen_t *len)
{
	const struct opt *o = find(level, name);

	if (!o)
		return -ENOPROTOOPT;
	return getsockopt(fd, o->level, o->name, value, len) < 0 ? -errno : 0;
}
