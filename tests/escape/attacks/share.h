/*
 * share: what share.c and sharehost.c agree on.
 *
 * The host of these tests has its addresses, and those of two jails, on lo;
 * sharehost listens at the host's, at PORT, and answers questions at CONTROL.
 * What a packet's true addresses are only the far end knows, so it is asked:
 *
 *	seen TAG	where the data TAG came from and to, a line each:
 *			"udp FROM TO"
 *	probe PORT	connect to PORT, and send to it, at each address of
 *			the host and of the jails, with the text "to ADDRESS"
 *	take PORT	listen at PORT on each wildcard, as daemons that start
 *			now: "tcp4 ok", "udp6 Address already in use", ...
 */
#ifndef CB_TESTS_SHARE_H
#define CB_TESTS_SHARE_H

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#define PORT 4201
#define CONTROL_ADDR "192.0.2.1"
#define CONTROL_ADDR6 "2001:db8::1"
#define CONTROL_PORT 4200
#define GROUP "239.1.2.3"
#define TEXT_MAX 512

/* The host's own, where it listens, and what it probes besides. */
static const char *const host_addrs[] = {"192.0.2.1", "2001:db8::1",
					 "127.0.0.1", "127.0.0.2",
					 "::1",	      "fe80::1%lo"};
static const char *const jail_addrs[] = {
	"192.0.2.10", "192.0.2.11",   "2001:db8::10", "2001:db8::11",
	"192.0.2.20", "2001:db8::20", "::192.0.2.20", "2002:c000:214::1"};
#define COUNT(a) (sizeof(a) / sizeof(*(a)))

/* An address as text: A, A%IF, with /PORT behind or without. */
static inline bool addr_get(const char *s, uint16_t port,
			    struct sockaddr_storage *ret, socklen_t *ret_len)
{
	struct sockaddr_in6 *s6 = (void *)ret;
	struct sockaddr_in *s4 = (void *)ret;
	char buf[128], *p;

	if (strlen(s) >= sizeof(buf))
		return false;
	strcpy(buf, s);
	*ret = (struct sockaddr_storage){0};
	p = strchr(buf, '/');
	if (p) {
		*p++ = '\0';
		port = (uint16_t)atoi(p);
	}
	p = strchr(buf, '%');
	if (p)
		*p++ = '\0';
	if (inet_pton(AF_INET, buf, &s4->sin_addr) == 1) {
		s4->sin_family = AF_INET;
		s4->sin_port = htons(port);
		*ret_len = sizeof(*s4);
		return true;
	}
	if (inet_pton(AF_INET6, buf, &s6->sin6_addr) != 1)
		return false;
	s6->sin6_family = AF_INET6;
	s6->sin6_port = htons(port);
	s6->sin6_scope_id = p ? if_nametoindex(p) : 0;
	*ret_len = sizeof(*s6);
	return true;
}

/* Without scope; v4-mapped ones as v4. */
static inline void addr_put(const struct sockaddr_storage *a, char *buf,
			    size_t size)
{
	const struct sockaddr_in6 *s6 = (const void *)a;
	const struct sockaddr_in *s4 = (const void *)a;

	if (a->ss_family == AF_INET)
		inet_ntop(AF_INET, &s4->sin_addr, buf, (socklen_t)size);
	else if (IN6_IS_ADDR_V4MAPPED(&s6->sin6_addr))
		inet_ntop(AF_INET, &s6->sin6_addr.s6_addr[12], buf,
			  (socklen_t)size);
	else
		inet_ntop(AF_INET6, &s6->sin6_addr, buf, (socklen_t)size);
}

#endif
