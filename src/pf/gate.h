/*
 * gate: the ways that route-to, reply-to, dup-to and rtable lead.
 *
 * Theory of operation.  A gate is an interface with a next hop, or a routing
 * table.  Each that a ruleset names has a number, which lies in connections'
 * labels (nft_route.c), so that a number means the same gate in the next
 * ruleset; the set "gates" in the kernel remembers them.  One that no rule
 * names any more keeps its number for the states there are, until another gate
 * needs it or no rule routes at all.
 *
 * The kernel's routing is told by a rule for each number (packets whose mark
 * carries it look into a table of their own, which holds one default route),
 * and by another behind it that drops: where the interface is not there,
 * packets do not take the ordinary way, as in pf.  These lie outside of the
 * nftables transaction: gates are opened before it and closed behind it, and
 * one that is open without need changes nothing, since nothing marks packets
 * for it.
 */
#ifndef CB_PF_GATE_H
#define CB_PF_GATE_H

#include "pf/nft.h"
#include "pf/pf.h"

#include "net/vnet.h"

#define PF_GATES 63
#define PF_GATES_SET "gates"

enum pf_gate_kind {
	PF_GATE_NONE,
	PF_GATE_IF,
	PF_GATE_FIB,
};

struct pf_gate {
	enum pf_gate_kind kind;
	bool used;	/* by the ruleset of now */
	bool neighbour; /* its address is to be known before a packet comes */
	char ifname[IFNAMSIZ];
	sa_family_t af; /* of addr; 0: who the packet is for is the next hop */
	union pf_addr addr;
	uint32_t fib;
};

struct pf_gates {
	struct pf_gate v[PF_GATES + 1]; /* by number; 0 is none */
};

/* Those of the ruleset that is loaded; none if there is no such set. */
int pf_gates_read(struct nl *nf, struct pf_gates *ret, struct err *e);
void pf_gates_put(struct nfb *b, const struct pf_gates *g);

/* Its number, or 0; and one with a new number, or 0 when all are in use. */
unsigned int pf_gate_find(const struct pf_gates *g, const struct pf_gate *gate);
unsigned int pf_gate_add(struct pf_gates *g, const struct pf_gate *gate);

/*
 * Routing for all of `now`, before rules mark packets for them; -EOPNOTSUPP
 * naming the kernel's option.  An interface that is not up is told.  And the
 * end of what `old` had and `now` has not.
 */
int pf_gates_open(const struct vnet *v, const struct pf_gates *old,
		  const struct pf_gates *now, const struct report *r,
		  struct err *e);
void pf_gates_close(const struct vnet *v, const struct pf_gates *old,
		    const struct pf_gates *now);

#endif
