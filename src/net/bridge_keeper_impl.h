/* bridge_keeper_impl: what the keeper's files share; see bridge_keeper.h. */
#ifndef CB_NET_BRIDGE_KEEPER_IMPL_H
#define CB_NET_BRIDGE_KEEPER_IMPL_H

#include "net/bridge_keeper.h"
#include "net/ifnet.h"
#include "net/keeper_loop.h"
#include "net/rstp.h"

#include <stdbool.h>
#include <stdint.h>

struct kport {
	struct kport *next;
	struct kbridge *br;
	int index;
	char name[IFNAMSIZ];
	unsigned char mac[6];
	bool seen; /* by the sync under way */
	/* spanning tree; `p` is one of the bridge's ports while stp is set */
	bool stp;
	struct rstp_port p;
	int sock; /* BPDUs */
	uint32_t speed;
	/* table of addresses */
	bool sticky, locked;
	uint32_t maxaddr;
};

struct kbridge {
	struct kbridge *next;
	struct keeper *k;
	int index;
	char name[IFNAMSIZ];
	bool seen, up;
	struct rstp r;
	struct kport *ports;
};

struct keeper {
	struct keeper_loop loop;
	struct kbridge *bridges;
	bool began; /* the first sync is over */
	bool gate_dirty, status_dirty, learned;
	bool gate_on;
	uint32_t *closed; /* what the gate has */
	size_t nclosed;
};

/* --- bridge_kport.c: members in the spanning tree --- */

extern const struct rstp_ops kport_ops;

/* Take part, or no more; the settings are in ifp. */
int kport_join(struct kport *kp, const struct ifnet *ifp, struct err *e);
void kport_leave(struct kport *kp);
void kport_update(struct kport *kp, const struct ifnet *br,
		  const struct ifnet *ifp);
/* Its link is up or not: at once, without a look at everything. */
void kport_link(struct kport *kp, bool up);
/* The kernel's port state again, which it may have changed by itself. */
void kport_apply(struct kport *kp);
/* A BPDU has come. */
void kport_receive(void *port);
/* Let frames through, of a member outside the spanning tree. */
void kport_open(struct vnet *v, int index);

/* --- bridge_klearn.c: members with ideas about addresses --- */

/* Sticky entries and limits of all bridges that have any. */
void klearn_check(struct keeper *k);
void klearn_unlock(struct kport *kp);

#endif
