/* See hosts.h. */
#include "net/hosts.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

static bool has_name(const char *name, const char *first, char *const *more)
{
	if (!strcasecmp(first, name))
		return true;
	for (; *more; more++)
		if (!strcasecmp(*more, name))
			return true;
	return false;
}

static bool of_family(const struct hostent *h, int family, size_t len)
{
	return h->h_addrtype == family && (size_t)h->h_length == len &&
	       h->h_addr_list[0];
}

bool hosts_find(const char *name, int family, void *addr, size_t len)
{
	const struct hostent *h;
	bool found = false;

	sethostent(0);
	while (!found && (h = gethostent())) {
		found = of_family(h, family, len) &&
			has_name(name, h->h_name, h->h_aliases);
		if (found)
			memcpy(addr, h->h_addr_list[0], len);
	}
	endhostent();
	return found;
}

bool networks_find(const char *name, struct in_addr *addr)
{
	const struct netent *n;
	bool found = false;

	setnetent(0);
	while (!found && (n = getnetent())) {
		found = n->n_addrtype == AF_INET &&
			has_name(name, n->n_name, n->n_aliases);
		if (found)
			addr->s_addr = htonl(n->n_net);
	}
	endnetent();
	return found;
}

bool hosts_name(int family, const void *addr, size_t len, char *buf,
		size_t size)
{
	const struct hostent *h;
	bool found = false;

	sethostent(0);
	while (!found && (h = gethostent())) {
		found = of_family(h, family, len) &&
			!memcmp(h->h_addr_list[0], addr, len);
		if (found)
			snprintf(buf, size, "%s", h->h_name);
	}
	endhostent();
	return found;
}
