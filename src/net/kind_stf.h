/* kind_stf: stf(4)'s own word of ifconfig(8). */
#ifndef CB_NET_KIND_STF_H
#define CB_NET_KIND_STF_H

#include "base/err.h"
#include "net/vnet.h"

/* stfv4net ADDR/LEN; v NULL: only look at the word. */
int stf_v4net(struct vnet *v, const char *ifname, const char *word,
	      struct err *e);

#endif
