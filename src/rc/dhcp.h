/*
 * dhcp: dhclient(8): one DHCP client process an interface, and what its
 * leases configure.
 *
 * Theory of operation.  The protocol is udhcpc's (busybox): a copy travels in
 * the runtime directory, so that jails with any root file system have it.  It
 * runs as a daemon inside the vnet and calls `dhclient-script EVENT` with the
 * lease in its environment (dhcp_script.c), which configures the interface
 * and then writes /run/cellblock/dhclient/IF.lease: what was configured, so
 * that exactly that can be taken back, and for whoever waits for it.
 * IF.pid names the process, by number and start time.  A killed client leaves
 * address and lease; the next start or stop of the interface goes on from
 * there.  Everything in a lease comes from the network and is judged before
 * it is used.
 */
#ifndef CB_RC_DHCP_H
#define CB_RC_DHCP_H

#include "base/err.h"
#include "base/report.h"
#include "base/str.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <sys/types.h>

#define DHCP_DIR "/run/cellblock/dhclient"
/* FreeBSD's: how long a start waits for a lease, and for a link before. */
#define DHCP_TIMEOUT 60
#define DHCP_LINK_TIMEOUT 10

struct vnet;

struct dhcp_start {
	const char *ifname;
	bool background;     /* do not wait for a lease */
	bool foreground;     /* stay until the client ends */
	const char *pidfile; /* one more, for others to read; or NULL */
	const char *leases;  /* file to write leases to, or NULL */
	const char *conf;    /* dhclient.conf; NULL: the level's, if any */
	int timeout;	     /* seconds to wait for a lease, if no file says */
};

/*
 * Start a client.  *ret_bound: there is a lease (waiting may end without: the
 * client goes on in the background).  -EEXIST when one is running,
 * -ENOLINK when there was no link.
 */
int dhcp_start(struct vnet *v, const struct dhcp_start *o,
	       const struct report *r, bool *ret_bound, struct err *e);

/* The client of an interface; 0: none is running. */
pid_t dhcp_running(const char *ifname);

/*
 * End it: the lease is given back to its server, address and routes are
 * removed.  Success when there was none.
 */
int dhcp_stop(struct vnet *v, const char *ifname, struct err *e);

/* A lease's address, "" without one. */
bool dhcp_bound(const char *ifname);

/* ---- dhcp_lease.c ---- */

struct dhcp_lease {
	struct in_addr addr, router, server;
	bool has_router, has_server;
	unsigned int plen, mtu; /* mtu 0: not told */
	unsigned int seconds;	/* of the lease */
	unsigned int old_mtu;	/* before the lease; 0: left alone */
	struct strv routes;	/* "DEST/LEN GATEWAY" or "default GATEWAY" */
	struct strv servers, search; /* of names */
	char hostname[65];
	char note[128]; /* what could not be done with it, "" for nothing */
};

/* From a client's environment; what makes no sense is left out; -EINVAL when
 * there is no usable address. */
int dhcp_lease_env(char *const *env, struct dhcp_lease *ret, struct err *e);
/* As in IF.lease, and back. */
void dhcp_lease_print(const struct dhcp_lease *l, struct strbuf *b);
int dhcp_lease_parse(const char *text, struct dhcp_lease *ret);
/* dhclient.leases(5)'s form. */
void dhcp_lease_freebsd(const struct dhcp_lease *l, const char *ifname,
			struct strbuf *b);
void dhcp_lease_free(struct dhcp_lease *l);
#define cleanup_lease __attribute__((cleanup(dhcp_lease_free)))

/* ---- dhcp_script.c ---- */

/* IF.SUFFIX in the folder of what clients keep; NULL: no memory. */
char *dhcp_path(const char *ifname, const char *suffix);
/* The lease that is written there; false: none. */
bool dhcp_lease_load(const char *ifname, const char *suffix,
		     struct dhcp_lease *ret);
/* What the client was started with. */
struct dhcp_files {
	const char *leases; /* to write leases to; NULL or "": none */
	const char *conf;   /* the dhclient.conf; the same */
};
/* One event of the client: "deconfig", "bound", "renew", others are nothing.
 */
int dhcp_event(struct vnet *v, const char *ifname, const char *event,
	       char *const *env, const struct dhcp_files *files, struct err *e);
/* Take back what IF.lease says. */
int dhcp_unconfigure(struct vnet *v, const char *ifname, struct err *e);

#endif
