/*
 * trace: steps of packets as messages to the programs that want them
 * (netgraph/ng_trace.h).
 *
 * The data path tells each step while ctl.trace is set, which it is as long as
 * a program has asked.  Who reads too slowly misses steps and is told how many.
 */
#include "base/cleanup.h"
#include "base/str.h"
#include "netgraph/dp.h"
#include "netgraph/server_int.h"
#include "netgraph/type.h"

#include <netgraph/ng_trace.h>
#include <string.h>

_Static_assert(NG_TRACE_HEAD == NGD_TRACE_HEAD, "as much as there is");

struct message {
	struct ng_mesg m;
	struct ng_trace_event e;
};

void trace_set(struct ng_graph *g, bool on)
{
	dp_store(&dp_ctl(ng_graph_dp(g))->trace, on);
	dp_changed(ng_graph_dp(g)); /* what is remembered is no step */
}

/* false: the hook is gone by now. */
static bool fill(struct ng_trace_event *ev, const struct ng_hook *h,
		 const struct ngd_up *up, const void *head)
{
	const char *why = up->info ? dp_drop_word(up->info) : "";

	if (!h)
		return false;
	ev->when = up->when;
	ev->id = h->node->id;
	ev->len = up->more;
	ev->caplen = up->more < NG_TRACE_HEAD ? up->more : NG_TRACE_HEAD;
	str_copy(ev->node, sizeof(ev->node), h->node->name);
	str_copy(ev->type, sizeof(ev->type), h->node->type->name);
	str_copy(ev->hook, sizeof(ev->hook), h->name);
	str_copy(ev->drop, sizeof(ev->drop), why ? why : "?");
	memcpy(ev->head, head, ev->caplen < up->len ? ev->caplen : up->len);
	return true;
}

void trace_tell(struct ng_graph *g, struct clients *cs, const struct ngd_up *up,
		const void *head)
{
	struct message msg = {
		.m.header =
			{
				.version = NG_VERSION,
				.arglen = sizeof(msg.e),
				.cmd = NGM_TRACE_EVENT,
				.typecookie = NGM_TRACE_COOKIE,
				.cmdstr = "trace",
			},
	};

	if (fill(&msg.e, ng_hook_by_slot(g, up->hook, up->gen), up, head))
		clients_trace(cs, msg.e.id, &msg.m, &msg.e.lost);
}
