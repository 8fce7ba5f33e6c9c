/*
 * netgraph/ng_split.h: ng_split(4), as FreeBSD's header of that name has it.
 */
#ifndef NETGRAPH_NG_SPLIT_H
#define NETGRAPH_NG_SPLIT_H

#define NG_SPLIT_NODE_TYPE "split"
#define NGM_SPLIT_COOKIE 949409402

#define NG_SPLIT_HOOK_MIXED "mixed" /* both directions */
#define NG_SPLIT_HOOK_OUT "out"	    /* what came by mixed */
#define NG_SPLIT_HOOK_IN "in"	    /* goes to mixed */

#endif
