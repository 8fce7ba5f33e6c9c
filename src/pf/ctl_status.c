/* ctl: pfctl -s info. */
#include "pf/ctl.h"

#include "base/cleanup.h"
#include "base/table.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

static const char *const debug_names[] = {
	[PF_DEBUG_NONE] = "None",
	[PF_DEBUG_URGENT] = "Urgent",
	[PF_DEBUG_MISC] = "Misc",
	[PF_DEBUG_NOISY] = "Loud",
};

static const char *const syncookie_names[] = {
	[PF_SYNC_NEVER] = "never",
	[PF_SYNC_ALWAYS] = "always",
	[PF_SYNC_ADAPTIVE] = "adaptive",
};

static void put_count(struct strbuf *out, const char *name, uint64_t n,
		      int64_t runtime)
{
	strbuf_addf(out, "  %-25s %14" PRIu64 " ", name, n);
	if (runtime > 0)
		strbuf_addf(out, "%14.1f/s\n", (double)n / (double)runtime);
	else
		strbuf_addf(out, "%14s\n", "");
}

static void put_head(struct strbuf *out, const struct pf_status *s,
		     int64_t runtime)
{
	char line[80], debug[32];
	uint64_t t = runtime > 0 ? (uint64_t)runtime : 0;

	if (s->since)
		snprintf(line, sizeof(line),
			 "Status: %s for %u days %.2u:%.2u:%.2u",
			 s->enabled ? "Enabled" : "Disabled",
			 (unsigned int)(t / 86400),
			 (unsigned int)(t / 3600 % 24),
			 (unsigned int)(t / 60 % 60), (unsigned int)(t % 60));
	else
		snprintf(line, sizeof(line), "Status: %s",
			 s->enabled ? "Enabled" : "Disabled");
	snprintf(debug, sizeof(debug), "Debug: %s", debug_names[s->debug]);
	strbuf_addf(out, "%-44s%15s\n\n", line, debug);
}

static void put_pair(struct strbuf *out, const char *lead, int width,
		     const char *name, uint64_t four, uint64_t six)
{
	strbuf_addf(out, "%s%-*s %14" PRIu64 " %16" PRIu64 "\n", lead, width,
		    name, four, six);
}

/* log_packets and log_bytes are by family, direction, and whether blocked. */
static void put_interface(struct strbuf *out, const struct pf_status *s)
{
	strbuf_addf(out, "Interface Stats for %-16s %5s %16s\n",
		    s->loginterface, "IPv4", "IPv6");
	for (int dir = 0; dir < 2; dir++)
		put_pair(out, "  ", 25, dir ? "Bytes Out" : "Bytes In",
			 s->log_bytes[0][dir], s->log_bytes[1][dir]);
	for (int dir = 0; dir < 2; dir++) {
		strbuf_adds(out, dir ? "  Packets Out\n" : "  Packets In\n");
		for (int block = 0; block < 2; block++)
			put_pair(out, "    ", 23, block ? "Blocked" : "Passed",
				 s->log_packets[0][dir][block],
				 s->log_packets[1][dir][block]);
	}
	strbuf_addch(out, '\n');
}

/* Nobody counts those that have come and gone. */
static void put_sources(struct strbuf *out, const struct pf_status *s,
			int64_t runtime)
{
	strbuf_addf(out, "Source Tracking Table\n  %-25s %14" PRIu64 " %14s\n",
		    "current entries", s->src_nodes, "");
	put_count(out, "searches", s->src_nodes, runtime);
	put_count(out, "inserts", s->src_nodes, runtime);
	put_count(out, "removals", 0, runtime);
}

static void put_verbose_end(struct strbuf *out, const struct pf_status *s,
			    const struct pf_options *o, int64_t runtime)
{
	strbuf_adds(out, "Limit Counters\n");
	for (size_t i = 0; pf_limit_counter_names[i]; i++)
		put_count(out, pf_limit_counter_names[i], s->limits[i],
			  runtime);
	strbuf_adds(out, "Syncookies\n");
	strbuf_addf(out, "  %-25s %s\n", "mode",
		    syncookie_names[o->syncookies]);
	strbuf_addf(out, "  %-25s %s\n", "active",
		    o->syncookies == PF_SYNC_ALWAYS ? "active" : "inactive");
}

void ctl_status_text(struct strbuf *out, const struct pf_status *s, int64_t now,
		     const struct pf_options *o, unsigned int opts)
{
	int64_t runtime = s->since ? now - s->since : 0;

	put_head(out, s, runtime);
	if (opts & CTL_VERBOSE) {
		strbuf_addf(out, "Hostid:   0x%08x\nChecksum: 0x", s->hostid);
		for (size_t i = 0; i < sizeof(s->checksum); i++)
			strbuf_addf(out, "%02x", s->checksum[i]);
		strbuf_adds(out, "\n\n");
	}
	if (*s->loginterface)
		put_interface(out, s);
	strbuf_addf(out, "%-27s %14s %16s\n", "State Table", "Total", "Rate");
	strbuf_addf(out, "  %-25s %14" PRIu64 " %14s\n", "current entries",
		    s->states, "");
	put_count(out, "searches", s->searches, runtime);
	put_count(out, "inserts", s->inserts, runtime);
	put_count(out, "removals", s->removals, runtime);
	if (opts & CTL_VERBOSE)
		put_sources(out, s, runtime);
	strbuf_adds(out, "Counters\n");
	for (size_t i = 0; pf_counter_names[i]; i++)
		put_count(out, pf_counter_names[i], s->counters[i], runtime);
	if (opts & CTL_VERBOSE)
		put_verbose_end(out, s, o, runtime);
}

int ctl_show_status(struct ctl *c, struct err *e)
{
	cleanup_pf_conf struct pf_conf *conf = NULL;
	struct pf_status s;
	int r = pf_status(c->k, &s, e);

	if (r >= 0)
		r = pf_loaded(c->k, &conf, e);
	if (r >= 0 && c->opts & CTL_VERBOSE)
		r = ctl_count_sources(c, &s.src_nodes, e);
	if (r < 0)
		return r;
	if (c->opts & CTL_SHOWALL)
		ctl_title(c, "INFO:");
	ctl_status_text(&c->out, &s, time(NULL), &conf->opt, c->opts);
	return 0;
}
