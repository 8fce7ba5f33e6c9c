/*
 * start: finding the broker of a vnet, and starting one where there is none.
 *
 *	RUN/COOKIE/socket	where it listens; COOKIE is the vnet's
 *	RUN/COOKIE/lock		locked as long as a broker lives, so that of
 *				two which start at once one gives way
 *	RUN/COOKIE/journal	(journal.h)
 *	RUN/COOKIE/owner	of a jail's vnet: the jid, and by which number
 *				this vnet knows that one
 *	RUN/bpf			a bpffs: pins of the data path (dp.h)
 *
 * The broker is cellblock under the name cellblock-netgraph, from the runtime
 * directory.  It is nobody's child, in a session of its own, and has none of
 * the starter's descriptors.
 */
#ifndef CB_NETGRAPH_START_H
#define CB_NETGRAPH_START_H

#include "base/err.h"

#include <stdint.h>

#define NG_RUN "/run/cellblock/ng"
/* What the broker is told by; it writes a struct ng_started there. */
#define NG_READY_FD 3

struct ng_started {
	int code; /* errno, 0: it can be reached */
	char text[ERR_TEXT_MAX];
};

/* Cookie of the network namespace (-1: the caller's own). */
int ng_cookie(int netns, uint64_t *ret, struct err *e);

/* "RUN/COOKIE/FILE" */
void ng_run_path(uint64_t cookie, const char *file, char *ret, size_t size);

/*
 * A socket that is connected to the broker of that network namespace (-1: the
 * caller's own), which is started with the program `prog` if there is none.
 * jid: 0, or the jail whose vnet it is.  What is sent there goes unanswered
 * (EPIPE, ECONNRESET, no answer) when the broker was just about to end: ask
 * again then.
 */
int ng_broker_connect(int netns, const char *prog, int jid, int *ret_fd,
		      struct err *e);

#endif
