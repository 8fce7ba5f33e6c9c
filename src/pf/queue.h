/*
 * queue: ALTQ as pf.conf(5) writes it; altq.h has what becomes of it.
 */
#ifndef CB_PF_QUEUE_H
#define CB_PF_QUEUE_H

#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

#define PF_QUEUE_NAME 64

enum pf_scheduler {
	PF_SCHED_NONE,
	PF_SCHED_CBQ,
	PF_SCHED_PRIQ,
	PF_SCHED_HFSC,
	PF_SCHED_FAIRQ,
	PF_SCHED_CODEL,
	PF_NSCHEDS,
};

struct pf_bandwidth {
	bool set;
	double percent; /* 0: absolute */
	uint64_t bits;	/* a second */
};

struct pf_curve { /* m1, d, m2 of hfsc and fairq */
	bool used, two;
	struct pf_bandwidth m1, m2;
	uint32_t d; /* ms */
};

#define PF_Q_DEFAULT 0x01u
#define PF_Q_BORROW 0x02u
#define PF_Q_RED 0x04u
#define PF_Q_ECN 0x08u
#define PF_Q_RIO 0x10u
#define PF_Q_CODEL 0x20u
#define PF_NQWORDS 6

struct pf_queue_word {
	unsigned int flag;
	const char *word;
};

/* An `altq on IF` (name NULL) or a `queue NAME`. */
struct pf_queue {
	char *name;
	char *ifname; /* NULL: of every interface that has its parent */
	enum pf_scheduler sched;
	unsigned int flags;
	struct pf_bandwidth bandwidth;
	struct pf_curve realtime, linkshare, upperlimit;
	struct pf_bandwidth hogs;
	uint32_t buckets, target, interval;
	uint8_t priority;
	uint16_t qlimit;
	uint32_t tbrsize;
	bool have_priority, have_qlimit, have_tbrsize;
	struct strv child;
	char *file;
	unsigned int line;
};

struct pf_queues {
	struct pf_queue *v;
	size_t n;
};

void pf_queue_clear(struct pf_queue *q);
void pf_queues_free(struct pf_queues **q);
/* A zeroed queue at the end; *q is made when there is none yet. */
struct pf_queue *pf_queues_add(struct pf_queues **q);
/* As -nv echoes it, without newline; flags of print.h. */
void pf_print_queue(struct strbuf *out, const struct pf_queue *q,
		    unsigned int flags);
extern const char *const pf_schedulers[PF_NSCHEDS];
/* The flags' words, in the order in which they are printed. */
extern const struct pf_queue_word pf_queue_words[PF_NQWORDS];

#endif
