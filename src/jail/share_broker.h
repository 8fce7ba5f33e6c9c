/*
 * share_broker: how a level without the right to load programs has one of
 * its jails held to addresses (ipshare/ipshare.h): it asks its creator's
 * broker (jail/broker.h) by the socket in /run/cellblock.
 */
#ifndef CB_JAIL_SHARE_BROKER_H
#define CB_JAIL_SHARE_BROKER_H

#include "base/err.h"
#include "ipshare/ipshare.h"
#include "jail/broker_wire.h"

#define BROKER_PATH "/run/cellblock/broker"

/*
 * ipshare_set() for jail jid of this level, whose sockets are in the caller's
 * network namespace; its cgroup must exist.  conf->root is not looked at: it
 * is the caller's own.  Errors are the broker's; -EPERM, in its words, for
 * addresses that are not this level's to give; -ENOTCONN when nobody answers,
 * for two seconds.
 */
int share_broker_set(int jid, const struct ipshare_conf *conf, struct err *e);
/* ipshare_clear() for it and for all jails in it; its cgroup may be gone. */
int share_broker_clear(int jid, struct err *e);

/*
 * Send one request, the nonce of which is filled in, with netns (-1: the
 * caller's own network namespace).  ret_fd: what comes along with the answer
 * (-EBADMSG: nothing), or NULL.
 */
int broker_call(struct broker_msg *m, int netns, int *ret_fd, struct err *e);

#endif
