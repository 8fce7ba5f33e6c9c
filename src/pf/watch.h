/*
 * watch: the keeper (net/keeper.h) of a vnet's pf.
 *
 * Theory of operation.  Much of what rules say of interfaces the kernel answers
 * for each packet: which name it came in on, which addresses are that
 * interface's own.  The rest is in sets and tables that were made when the
 * rules were loaded: addresses of other interfaces, members of groups, pools
 * of translation, ways of route-to.  Who changes such things by ifconfig(8)
 * brings them in step himself (pf_refresh()); this process does it for what
 * changes otherwise: by ip(8), by a router's advertisement, by jails that come
 * and go.  It lives only while the loaded rules have such sets (pf_meta.watch)
 * and pf is enabled.  A change is in force some 50 ms later (where changes do
 * not end and rules are many, after a rest: keeper_loop.c); nothing is lost
 * when it is killed but that, and the next pfctl(8) or ifconfig(8) starts
 * another.
 */
#ifndef CB_PF_WATCH_H
#define CB_PF_WATCH_H

#include "base/err.h"
#include "net/keeper.h"
#include "net/vnet.h"

extern const struct keeper_sort pf_keeper;

/*
 * The rules of v may be others now: its keeper is started, told or ended.
 * Only in the caller's own vnet.
 */
int pf_watch(struct vnet *v, struct err *e);

#endif
