/*
 * dhcpconf: dhclient.conf(5): what is asked of a DHCP server, and what is made
 * of its answer.
 *
 * Theory of operation.  The file is read twice: by dhclient, for the words of
 * udhcpc's command line, and by dhclient-script for each lease, to judge it
 * (require, reject) and to change it (default, supersede, prepend, append).
 * Statements for which udhcpc has nothing are refused with their line: a
 * client that heeds half of its file would be worse than none.
 */
#ifndef CB_RC_DHCPCONF_H
#define CB_RC_DHCPCONF_H

#include "base/err.h"
#include "base/str.h"

#include <netinet/in.h>
#include <stdbool.h>

struct dhcp_lease;

enum dhcpconf_how {
	DHCPCONF_DEFAULT,
	DHCPCONF_SUPERSEDE,
	DHCPCONF_PREPEND,
	DHCPCONF_APPEND,
};

/* One option and the values that the file gives it. */
struct dhcpconf_change {
	enum dhcpconf_how how;
	int option; /* row of the table in dhcpconf.c */
	struct strv values;
};

struct dhcpconf {
	int timeout;		   /* seconds; 0: not given */
	bool requests;		   /* there was a `request` */
	bool sends_host;	   /* a host name of its own */
	struct strv argv;	   /* of udhcpc */
	struct strv requires;	   /* its names of options that must be there */
	struct strv rejects;	   /* addresses of servers */
	struct dhcpconf_change *v; /* owned */
	size_t n;
};

/* What of the text is for the interface. */
int dhcpconf_parse(const char *text, const char *path, const char *ifname,
		   struct dhcpconf *ret, struct err *e);
/* From a file; one that is not there says nothing. */
int dhcpconf_load(const char *path, const char *ifname, struct dhcpconf *ret,
		  struct err *e);
/* Is the lease, as udhcpc's environment has it, one to be taken? */
int dhcpconf_judge(const struct dhcpconf *c, char *const *env, struct err *e);
int dhcpconf_change(const struct dhcpconf *c, struct dhcp_lease *l);
void dhcpconf_free(struct dhcpconf *c);
#define cleanup_dhcpconf __attribute__((cleanup(dhcpconf_free)))

#endif
