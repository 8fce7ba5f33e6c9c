/*
 * rtsol: rtsol(8) and rtsold(8): ask routers for advertisements, and take the
 * name servers out of them.
 *
 * Theory of operation.  The kernel itself makes addresses and routes of
 * advertisements (accept_rtadv), but it asks for one only when an interface
 * comes up while it already accepts them; here that is often not so.  So a
 * solicitation is sent, up to three, four seconds apart (RFC 4861), and the
 * answer is read beside the kernel for what the kernel does not use: name
 * servers and domains (RFC 8106), which go to resolv.conf.
 */
#ifndef CB_RC_RTSOL_H
#define CB_RC_RTSOL_H

#include "base/err.h"
#include "base/report.h"
#include "base/str.h"
#include "net/vnet.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

/* What an advertisement says besides what the kernel uses. */
struct rtadv {
	bool managed, other; /* addresses, other things by DHCPv6 */
	bool autoconf;	     /* a prefix to make addresses of */
	struct strv servers, search;
};
/* From the ICMPv6 message; ifname is the scope of link-local servers.
 * -EBADMSG: no sound advertisement. */
int rtadv_parse(const unsigned char *msg, size_t len, const char *ifname,
		struct rtadv *ret);
void rtadv_free(struct rtadv *a);
#define cleanup_rtadv __attribute__((cleanup(rtadv_free)))

struct rtsol_opts {
	const struct report *report; /* -d: what goes on, as REPORT_VERBOSE */
	const char *managed, *other; /* -M, -O: programs to run, or NULL */
};

/*
 * Ask on one interface until a router answers, at most twelve seconds; then
 * wait until the addresses that come of it can be used.  *ret_answered.
 */
int rtsol_ask(struct vnet *v, const char *ifname, const struct rtsol_opts *o,
	      bool *ret_answered, struct err *e);

/* Interfaces that are up and accept advertisements. */
int rtsol_interfaces(struct vnet *v, struct strv *ret, struct err *e);

/*
 * Whenever one of the interfaces gets a carrier, ask; read all advertisements
 * meanwhile.  Until a signal (base/cancel.h).
 */
int rtsold_run(struct vnet *v, const struct strv *ifnames,
	       const struct rtsol_opts *o, struct err *e);

#endif
