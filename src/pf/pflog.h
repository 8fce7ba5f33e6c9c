/*
 * pflog: packets that rules log, as FreeBSD's pflog0 shows them.
 *
 * Rules hand them to the kernel's netlink log, group N for pflogN, with a
 * prefix that says rule, action and direction.  Here they become a capture of
 * pcap(3)'s type PFLOG, which tcpdump prints as on FreeBSD.
 */
#ifndef CB_PF_PFLOG_H
#define CB_PF_PFLOG_H

#include "base/str.h"
#include "net/vnet.h"

/* The head of a capture file. */
void pflog_file_head(struct strbuf *out);

struct pflog;
/*
 * A group has one reader (another gets -EBUSY), so rules log to two of them:
 * pflogN's for whoever looks on, and the one of pflogd(8).
 */
#define PFLOG_DAEMON 0x100
#define PFLOG_MAX 0xff
int pflog_open(const struct vnet *v, uint16_t group, struct pflog **ret,
	       struct err *e);
void pflog_close(struct pflog **p);
int pflog_fd(const struct pflog *p); /* for poll() */
#define cleanup_pflog __attribute__((cleanup(pflog_close)))
/*
 * Wait for packets and append their records; *ret: how many came (0: a signal,
 * or none of pf's).
 */
int pflog_read(struct pflog *p, struct strbuf *out, size_t *ret, struct err *e);

#endif
