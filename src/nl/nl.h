/*
 * nl: one netlink builder and transport on libmnl.
 *
 * Theory of operation.  A `struct nl` is a socket that belongs to the network
 * namespace it was opened in, wherever the process goes later; that is how
 * one process works on many vnets without entering them.  Messages are built
 * with nlm_*: overflow of the buffer is a sticky error that nl_talk() and
 * nl_batch_run() report, so builders check nothing.  The kernel's
 * extended-ack text ends up in the user's message.  A dump that the kernel
 * marks as interrupted (NLM_F_DUMP_INTR) is started over.
 */
#ifndef CB_NL_NL_H
#define CB_NL_NL_H

#include "base/err.h"

#include <libmnl/libmnl.h>
#include <stdbool.h>
#include <stdint.h>

struct nl;

/*
 * Open a socket of `proto` (NETLINK_ROUTE, ...) in namespace nsfd (a netns
 * descriptor, borrowed) or, with -1, in the current one.
 */
int nl_open(int proto, int nsfd, struct nl **ret, struct err *e);
void nl_free(struct nl **nl);
#define cleanup_nl __attribute__((cleanup(nl_free)))

/* A descriptor of the calling thread's network namespace. */
int nl_own_netns(struct err *e);

/* The raw descriptor, for poll() on multicast groups. */
int nl_fd(const struct nl *nl);
/* As recv(2) of that; 0: it was not the kernel's. */
ssize_t nl_recv(const struct nl *nl, void *buf, size_t size, int flags);
/* Join a multicast group (RTNLGRP_*). */
int nl_join(struct nl *nl, unsigned int group, struct err *e);

/* A message under construction; 32 KiB is room for every request here. */
#define NLM_MAX 32768
struct nlm {
	struct nlmsghdr *h; /* points into buf */
	bool overflow;
	char buf[NLM_MAX] __attribute__((aligned(8)));
};

/* Begin: header plus `hdrlen` bytes of family header copied from `hdr`. */
void nlm_begin(struct nlm *m, uint16_t type, uint16_t flags, const void *hdr,
	       size_t hdrlen);
void nlm_put(struct nlm *m, uint16_t type, const void *data, size_t len);
void nlm_put_u8(struct nlm *m, uint16_t type, uint8_t v);
void nlm_put_u16(struct nlm *m, uint16_t type, uint16_t v);
void nlm_put_u32(struct nlm *m, uint16_t type, uint32_t v);
void nlm_put_str(struct nlm *m, uint16_t type, const char *s); /* with NUL */
struct nlattr *nlm_nest(struct nlm *m, uint16_t type);
void nlm_nest_end(struct nlm *m, struct nlattr *start);
/* Room for a raw header inside a nest (struct ifinfomsg in VETH_INFO_PEER). */
void nlm_put_raw(struct nlm *m, const void *data, size_t len);

/*
 * Send and wait for the ack.  On failure the error text is "WHAT: strerror"
 * plus " (extack text)" when the kernel gave one; the return value is the
 * kernel's negative errno.  `what` may be NULL: the text is strerror alone.
 */
int nl_talk(struct nl *nl, struct nlm *m, struct err *e, const char *what, ...)
	__attribute__((format(printf, 4, 5)));

/* Send, hand each answer to cb (return <0 to stop with that error), await ack.
 */
typedef int nl_cb(const struct nlmsghdr *h, void *data, struct err *e);
int nl_query(struct nl *nl, struct nlm *m, nl_cb *cb, void *data,
	     struct err *e);

/*
 * Dump: as nl_query with NLM_F_DUMP; when interrupted calls restart(data)
 * (forget what was collected) and starts over, at most 16 times.
 */
int nl_dump(struct nl *nl, struct nlm *m, nl_cb *cb,
	    void (*restart)(void *data), void *data, struct err *e);

/*
 * An error that says nothing of what was asked for: there was no room for the
 * question or the answer, or it was interrupted.
 */
bool nl_passes(int r);

/*
 * Batch: many requests in one send, each acked by the kernel.  nl_batch_add
 * copies the message.  nl_batch_run sends all, waits for all acks and returns
 * the first error in order (its `what` in the text); ret_failed, if not NULL,
 * is that request's index.  Requests after a failed one have still been tried
 * by the kernel: callers undo through their plan.
 */
struct nl_batch;
int nl_batch_new(struct nl *nl, struct nl_batch **ret, struct err *e);
int nl_batch_add(struct nl_batch *b, struct nlm *m, struct err *e,
		 const char *what, ...) __attribute__((format(printf, 4, 5)));
int nl_batch_run(struct nl_batch *b, size_t *ret_failed, struct err *e);
void nl_batch_free(struct nl_batch **b);
#define cleanup_nl_batch __attribute__((cleanup(nl_batch_free)))

/* Attributes of an answer, indexed by type; missing ones are NULL. */
void nl_parse(const struct nlmsghdr *h, size_t hdrlen, const struct nlattr **tb,
	      size_t max);
void nl_parse_nested(const struct nlattr *nest, const struct nlattr **tb,
		     size_t max);
/* The kernel's words beside an error (NLMSG_ERROR), or NULL. */
const char *nl_extack(const struct nlmsghdr *h);
/* Integers; 0 for one that is missing or shorter than that. */
uint8_t nl_u8(const struct nlattr *a);
uint16_t nl_u16(const struct nlattr *a);
uint32_t nl_u32(const struct nlattr *a);
/* As nftables and conntrack have them: in network order. */
uint32_t nl_u32be(const struct nlattr *a);
uint64_t nl_u64be(const struct nlattr *a);
/* A string with its NUL inside the attribute, or "". */
const char *nl_text(const struct nlattr *a);

#endif
