/*
 * broker: does for a jail what takes the rights of those outside.
 *
 * Theory of operation.  A jail that may have jails (children.max) has a
 * socket /run/cellblock/broker, which its keeper listens at, outside
 * (prison_keeper.c, src/init/keeper.c).  Each connection gets a process, this,
 * with the rights of whoever made the jail, that answers one request
 * (broker_wire.h) and ends.
 *
 * Nothing in a request is believed but what asking itself shows:
 *
 *   who asks     is root of that very jail, by the kernel's word: the user by
 *                SO_PEERCRED, the jail by the pid namespace of the process.
 *                A jail in that jail has the same users, in another pid
 *                namespace.  That this process, and none that has got its
 *                number since, has written the request is shown by a nonce
 *                which comes with the credentials of its sender after the
 *                process was looked at and before it was seen to be alive.
 *   about whom   jids, which must be of the range that the jail was given.
 *                The way to their cgroups is built here, below the jail's own
 *                tree, and no link or mount may lie on it.
 *   which stack  a descriptor: the jail's own network namespace, or one that
 *                belongs to users of the jail.
 *   what         no more than the jail has itself: addresses must be among
 *                its own where it shares a stack, and so must rights.  A jail
 *                that has its creator's stack without any restriction has no
 *                addresses to give: by a jail of its own it could take over
 *                what the creator listens at, which by itself it cannot.
 *
 * At the first level the request is carried out then.  A jail's own broker
 * has no right to that: it asks the next one up, with its jail's jid put in
 * front of the way down, so that each level checks what it knows.
 *
 * What is held for jails in jails is written down in the registry of the first
 * level, jails/JID/share (share_below.c), as jids with the number of the
 * cgroup, since a killed jail cannot say what it had: no more at a time than
 * children.max, cleared with the jail.
 *
 * The socket could be anywhere that the jail's root likes to show it; who has
 * it and is not that root gets nothing.
 */
#ifndef CB_JAIL_BROKER_H
#define CB_JAIL_BROKER_H

#include "base/err.h"

/* Serve the connection for jail jid of this level.  The error is told there. */
int broker_serve(int jid, int conn, struct err *e);

#endif
