/*
 * link: building blocks of RTM_*LINK requests that the kinds, the setters and
 * the bridge share.  Names are the kernel's.
 */
#ifndef CB_NET_LINK_H
#define CB_NET_LINK_H

#include "base/err.h"
#include "net/ifnet.h"
#include "net/vnet.h"
#include "nl/nl.h"

#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#define MAC_LEN 6

/* Begin RTM_NEWLINK for a new link of `kind` (flags: create, exclusive). */
void link_new(struct nlm *m, const char *kname);
/* Begin RTM_SETLINK on an index; change/flags are IFF_* bits. */
void link_set(struct nlm *m, int index, uint32_t change, uint32_t flags);
/* The whole IFLA_LINKINFO of a kind without data. */
void link_kind(struct nlm *m, const char *linux_kind);
/* IFLA_LINKINFO with data or slave data: open, put IFLA_*, close. */
struct link_nest {
	struct nlattr *info, *data;
};
struct link_nest link_data(struct nlm *m, const char *linux_kind);
struct link_nest link_slave_data(struct nlm *m, const char *linux_kind);
void link_nest_end(struct nlm *m, struct link_nest *n);

/* Delete by index; a link that is gone already is no error. */
int link_delete(struct vnet *v, int index, struct err *e);

/*
 * Turn IPv6 off on interfaces just made or moved here, as FreeBSD has it
 * (IFDISABLED), unless the vnet does so by itself.  A kernel that will not
 * (no IPv6, read-only /proc/sys) leaves it on; nd6 flags then show that.
 */
void link_v6_off(struct vnet *v, const char *const *knames, size_t n);
/* IPv6 of one interface, whatever the others have; a kernel without it is no
 * error. */
int link_v6_set(struct vnet *v, const char *kname, bool on, struct err *e);

/* 02:xx:xx:xx:xx:LAST with random bytes in the middle. */
int mac_random(unsigned char mac[MAC_LEN], unsigned char last, struct err *e);
/* 58:9c:fc:xx:xx:xx of this machine, vnet and name; always the same. */
void mac_generated(const struct vnet *v, const char *name,
		   unsigned char mac[MAC_LEN]);

#endif
