/*
 * iptunnel: gif(4) and gre(4) on the kernel's IP tunnels.
 */
#ifndef CB_NET_IPTUNNEL_H
#define CB_NET_IPTUNNEL_H

#include "base/err.h"
#include "net/ifnet.h"
#include "net/tunnel.h"
#include "net/vnet.h"
#include "nl/nl.h"

#include <stdbool.h>
#include <stdint.h>

struct iptunnel {
	struct tunnel_addr local, remote; /* family 0: not set */
	/* gre */
	uint32_t key; /* 0: none */
	bool csum, seq, udp;
};

/*
 * The ends of `tunnel SRC DST`; errors are ifconfig's, among them
 * "source and destination address families do not match".
 */
int iptunnel_ends(struct iptunnel *t, const char *src, const char *dst,
		  struct err *e);

/* What the driver told; a tunnel without ends has none set. */
void iptunnel_read(const struct ifnet *ifp, struct iptunnel *ret);
/* Make it so.  `what` stands before the error's text. */
int iptunnel_apply(struct vnet *v, const char *ifname,
		   const struct iptunnel *now, const char *what, struct err *e);
/* A new one without ends: kind_gif or kind_gre. */
int iptunnel_make(struct vnet *v, const struct ifkind *k, const char *kname,
		  int unit, uint32_t mtu, struct err *e);

/*
 * The attributes for a Linux kind ("sit", "ip6tnl", "gre", "ip6gre") of a
 * tunnel whose ends are set.
 */
typedef void iptunnel_put(struct nlm *m, const void *tunnel);
iptunnel_put *iptunnel_put_of(const char *linux_kind);

/*
 * The device that a driver makes by itself in every stack, for packets that
 * are nobody's: FreeBSD has none, so it is not shown.  One is called gre0;
 * iptunnel_yield() renames it when that name is wanted (1: done, 0: it is no
 * such device).
 */
bool iptunnel_fallback(const char *linux_kind, const struct nlattr *info);
int iptunnel_yield(struct vnet *v, const char *kname);

#endif
