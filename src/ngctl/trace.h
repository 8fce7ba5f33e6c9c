/* trace: how `cellblock trace` writes steps of packets. */
#ifndef CB_NGCTL_TRACE_H
#define CB_NGCTL_TRACE_H

#include "base/str.h"

#include <netgraph/ng_trace.h>
#include <stdint.h>

/* One line, two where steps were lost.  boot: what to add to e->when to have
 * nanoseconds since 1970.  Nothing in the event is believed. */
void ngctl_trace_line(struct strbuf *b, const struct ng_trace_event *e,
		      int64_t boot);

#endif
