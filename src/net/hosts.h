/*
 * hosts: names from hosts(5) and networks(5) only.  Command lines reach the
 * address parsers with misspelt words too; these must not wait for a name
 * server, least of all while the network is being configured.
 */
#ifndef CB_NET_HOSTS_H
#define CB_NET_HOSTS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>

bool hosts_find(const char *name, int family, void *addr, size_t len);
bool networks_find(const char *name, struct in_addr *addr);
/* The name of an address into buf; false if there is none. */
bool hosts_name(int family, const void *addr, size_t len, char *buf,
		size_t size);

#endif
