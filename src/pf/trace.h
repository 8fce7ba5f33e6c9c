/*
 * trace: packets on their way through a vnet, and the rule that decides on
 * each: what `cellblock trace -p` prints.
 */
#ifndef CB_PF_TRACE_H
#define CB_PF_TRACE_H

#include "base/str.h"
#include "net/vnet.h"
#include "pf/pf.h"

/* Which packets; zeros: all. */
struct pf_trace_filter {
	struct {
		uint8_t af; /* of both ends that are given */
		union pf_addr addr;
		uint8_t len; /* of the prefix */
	} src, dst;
	uint8_t proto;
	uint16_t port; /* of either end */
};

struct pf_trace;

/*
 * Begin to follow packets of v (borrowed), called `name` in the lines.  As long
 * as it is open the kernel looks at each packet of the vnet once more.
 */
int pf_trace_open(const struct vnet *v, const char *name,
		  const struct pf_trace_filter *f, struct pf_trace **ret,
		  struct err *e);
void pf_trace_close(struct pf_trace **t);
#define cleanup_pf_trace __attribute__((cleanup(pf_trace_close)))

/* Readable when there are steps to tell. */
int pf_trace_fd(const struct pf_trace *t);

struct pf_trace_line {
	bool drop;
	const char *text; /* without time and newline */
};
typedef void pf_trace_cb(const struct pf_trace_line *l, void *data);
/* What has come: cb for each line. */
int pf_trace_read(struct pf_trace *t, pf_trace_cb *cb, void *data,
		  struct err *e);

#endif
