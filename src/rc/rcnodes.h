/*
 * rcnodes: netgraph nodes that rc scripts have made, so that they can be taken
 * away.
 *
 * Theory of operation.  On FreeBSD an interface of netgraph outlives what it
 * was connected to, so a script that shuts down its switches leaves all its
 * interfaces behind, every time it is run.  Whoever runs a script here notes
 * which nodes have come while its `start` ran, and removes those of them that
 * are left when its `stop` has run; the script is as it is on FreeBSD, and so
 * are nodes that were made by hand.
 *
 * Numbers of nodes grow and are never used again, so the first free one before
 * `start` divides what was there from what has come; it is written down before
 * the script runs (RCNOTE_DIR/nodes.NAME.HASH, by the script's path), for a
 * runner that is killed.  Scripts that never speak of ngctl or nghook are not
 * looked at, and no broker is started for them.  Sockets' nodes go with their
 * programs and interfaces' own are nobody's: neither is noted.  What somebody
 * else makes in the same moment cannot be told apart.
 */
#ifndef CB_RC_RCNODES_H
#define CB_RC_RCNODES_H

#include "base/err.h"

#include <stdbool.h>

/* Does that script's text ask to be looked after? */
bool rcnodes_concerns(const char *text);
/* Before `start`, and after it. */
int rcnodes_begin(const char *script, struct err *e);
int rcnodes_end(const char *script, struct err *e);
/* After `stop`: shut down what is left of what starts have made. */
int rcnodes_remove(const char *script, struct err *e);

#endif
