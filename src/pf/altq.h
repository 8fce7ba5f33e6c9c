/*
 * altq: pf.conf's queues as Linux' traffic control has them.
 *
 * Theory of operation.  Each `altq on IF` becomes a root qdisc with a class for
 * each of its queues: HTB for cbq, priq, fairq and codel, HFSC for hfsc.  All
 * such root qdiscs have one handle of our own, and a queue has one number on
 * all interfaces, so that a packet's priority MAJOR:NUMBER is the class of that
 * name wherever the packet leaves; where the interface has no such queue the
 * qdisc takes its default class.  Rules give packets that priority
 * (nft_altq.c).
 *
 * A plan (altq.c) is what the text says, in absolute numbers, checked;
 * altq_tc.c makes it so.  Qdiscs are outside of the nftables transaction: those
 * of a load are made before it, and what was is made again when it fails; those
 * that no queue needs any more go behind it.  What a loader that was killed has
 * left is known by its handle; what a keeper has left half made, by classes
 * that are missing, which its successor looks for.  While pf is disabled there
 * are none.
 */
#ifndef CB_PF_ALTQ_H
#define CB_PF_ALTQ_H

#include "pf/queue.h"

#include "base/err.h"
#include "base/report.h"
#include "net/vnet.h"

#define ALTQ_HANDLE 0xcb010000u /* of root qdiscs; no other is touched */
#define ALTQ_ROOT 1u		/* number of an interface's own class */
#define ALTQ_MAX 4096u		/* altqs and queues */
#define ALTQ_QLIMIT 50u		/* packets, as in pf.conf(5) */
#define ALTQ_PRIORITY 1u
#define ALTQ_HTB_PRIOS 8u

enum altq_leaf {
	ALTQ_PFIFO,
	ALTQ_RED,
	ALTQ_CODEL,
	ALTQ_FQ_CODEL,
};

/* Bits a second, milliseconds. */
struct altq_curve {
	bool used;
	uint64_t m1, m2;
	uint32_t d;
};

struct altq_class {
	const struct pf_queue *q; /* borrowed; of the root the altq itself */
	uint32_t number;	  /* ALTQ_ROOT, or that of the name */
	size_t parent;		  /* in v of the interface; its own: the root */
	unsigned int depth;
	uint64_t rate, ceil;  /* bits a second */
	unsigned int prio;    /* of HTB: 0 is served first */
	bool leaf;	      /* packets wait here */
	enum altq_leaf queue; /* how, if it is one */
	uint32_t qlimit;
	struct altq_curve realtime, linkshare, upperlimit;
};

struct altq_if {
	const struct pf_queue *q; /* `altq on`; borrowed */
	int ifindex;
	uint32_t mtu;
	uint32_t dflt; /* number of the default queue */
	struct altq_class *v;
	size_t n; /* v[0] is the root; parents stand before children */
};

struct altq {
	struct altq_if *v;
	size_t n;
};
void altq_free(struct altq *a);
#define cleanup_altq __attribute__((cleanup(altq_free)))

/* What an interface is; false: it does not exist. */
struct altq_link {
	int ifindex;
	uint32_t mtu;
	uint64_t speed; /* bits a second, 0: unknown */
};
typedef bool altq_link_fn(const void *data, const char *ifname,
			  struct altq_link *ret);
/*
 * q (NULL: none) is only pointed to.  What cannot be is told to r as
 * "FILE:LINE: text" and counted in *ret_refused.  Interfaces that do not exist,
 * or do not know their bandwidth, are left out; `strict`: they are refused.
 * link NULL: a check alone, of any interfaces.  -ENOMEM.
 */
int altq_plan(const struct pf_queues *q, altq_link_fn *link, const void *data,
	      bool strict, const struct report *r, struct altq *ret,
	      unsigned int *ret_refused, struct err *e);
/* A link function for a vnet (data). */
bool altq_link_of(const void *vnet, const char *ifname, struct altq_link *ret);

/* The number of a queue's name, 0: there is no such queue. */
uint32_t altq_number(const struct pf_queues *q, const char *name);
/* Bits a second of a bandwidth inside a parent's. */
uint64_t altq_bits(const struct pf_bandwidth *b, uint64_t parent);
/* Bytes of an altq that may go at once, as pf.conf(5) has it by rate. */
uint32_t altq_tbrsize(const struct pf_queue *q, uint64_t rate, uint32_t mtu);

/* altq_tc.c */
/*
 * All interfaces' qdiscs and classes, anew; none where an interface does not
 * know its bandwidth now, of which queues would be parts.  -EEXIST: somebody
 * else's is there; -EOPNOTSUPP naming the kernel's option.  On failure some are
 * made.
 */
int altq_open(const struct vnet *v, const struct altq *a, struct err *e);
/* Those alone that are missing, as far as that goes. */
void altq_mend(const struct vnet *v, const struct altq *a);
/* What another has begun and will not end goes; it may wait a moment. */
void altq_clear_half(const struct vnet *v, const struct altq *a);
/* No more than these (NULL: none) stay. */
void altq_close(const struct vnet *v, const struct altq *keep);

struct altq_stats {
	uint64_t packets, bytes, drops;
	uint32_t qlen, borrows, overlimits;
};
/* Of each class of an interface, in its order; the caller frees *ret. */
int altq_stats(const struct vnet *v, const struct altq_if *i,
	       struct altq_stats **ret, struct err *e);

#endif
