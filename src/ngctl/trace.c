/* trace: a step of a packet as a line (cellblock-trace(1)). */
#include "ngctl/trace.h"

#include "ngctl/ngctl.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define NS INT64_C(1000000000)

static void put_time(struct strbuf *b, int64_t ns)
{
	const time_t t = ns / NS;
	struct tm tm = {0};

	localtime_r(&t, &tm);
	strbuf_addf(b, "%02d:%02d:%02d.%06d", tm.tm_hour, tm.tm_min, tm.tm_sec,
		    (int)(ns % NS / 1000));
}

static void put_mac(struct strbuf *b, const unsigned char *m)
{
	strbuf_addf(b, "%02x:%02x:%02x:%02x:%02x:%02x", m[0], m[1], m[2], m[3],
		    m[4], m[5]);
}

/* NODE:HOOK; a node without a name is [ID], as in an address. */
static void put_where(struct strbuf *b, const struct ng_trace_event *e)
{
	if (e->node[0])
		ngctl_safe(b, e->node, sizeof(e->node));
	else
		strbuf_addf(b, "[%x]", e->id);
	strbuf_adds(b, ":");
	ngctl_safe(b, e->hook, sizeof(e->hook));
}

void ngctl_trace_line(struct strbuf *b, const struct ng_trace_event *e,
		      int64_t boot)
{
	const unsigned char *h = e->head;
	size_t at;

	if (e->lost)
		strbuf_addf(b, "(%u steps not told)\n", e->lost);
	put_time(b, boot + (int64_t)e->when);
	strbuf_adds(b, "  ");
	at = b->len;
	put_where(b, e);
	while (b->len < at + 24)
		strbuf_adds(b, " ");
	strbuf_addf(b, " %5u", e->len);
	if (e->caplen >= 14) {
		strbuf_adds(b, "  ");
		put_mac(b, h + 6);
		strbuf_adds(b, " > ");
		put_mac(b, h);
		strbuf_addf(b, " 0x%04x", h[12] << 8 | h[13]);
	}
	if (e->drop[0]) {
		strbuf_adds(b, "  dropped: ");
		ngctl_safe(b, e->drop, sizeof(e->drop));
	}
	strbuf_adds(b, "\n");
}
