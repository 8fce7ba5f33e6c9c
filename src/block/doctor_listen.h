/* doctor_listen: sockets that overlap the addresses of jails. */
#ifndef CB_BLOCK_DOCTOR_LISTEN_H
#define CB_BLOCK_DOCTOR_LISTEN_H

#include "base/err.h"
#include "base/str.h"
#include "jail/prison.h"

#include <jansson.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct listener {
	bool udp;
	char protocol[6]; /* tcp4 tcp6 tcp46 udp4 ... */
	char address[INET6_ADDRSTRLEN + 3 + IFNAMSIZ]; /* "*": all of them */
	uint16_t port;
	pid_t pid; /* 0: no process that can be seen from here */
	char process[16];
	char *jail;	   /* whose it is; NULL: the machine's or level's own */
	struct strv jails; /* whose addresses it has, too */
	const char *setting; /* what to set in the well-known, or NULL */
};

struct listeners {
	struct listener *v;
	size_t n;
};
void listeners_free(struct listeners *l);
#define cleanup_listeners __attribute__((cleanup(listeners_free)))

/*
 * TCP listeners and unconnected UDP sockets that have the wildcard's or a
 * jail's address and are not that jail's, on this level's network stack and
 * those of its jails.
 */
int doctor_listeners(struct prisons *ps, struct listeners *ret, struct err *e);

/* A line each; NULL when out of memory. */
void listeners_text(const struct listeners *l, struct strbuf *out);
json_t *listeners_json(const struct listeners *l);

#endif
