/* ifconfig_bridge: what the files with a bridge's words share. */
#ifndef CB_NET_IFCONFIG_BRIDGE_H
#define CB_NET_IFCONFIG_BRIDGE_H

#include "net/ifconfig_words.h"

/* -EINVAL "WHAT ARG: Invalid argument" when the interface is no bridge. */
int bridge_word_check(struct ifconfig_run *run, const char *what,
		      const char *arg, struct err *e);
/* A number up to max; "invalid value: X". */
int bridge_word_value(const char *s, uint32_t max, uint32_t *ret,
		      struct err *e);

#endif
