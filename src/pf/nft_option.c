/*
 * nft_option: pf's options that are the vnet's settings on Linux, not rules.
 *
 * Timeouts are conntrack's, which has one for each state of a protocol; a load
 * of options sets all of them, to pf's defaults where the file names none.
 * What nothing on Linux corresponds to is told when a file sets it.
 */
#include "pf/nft_gen.h"
#include "pf/options.h"

#include <stdio.h>
#include <string.h>

#define CT "netfilter/nf_conntrack_"

static const struct {
	enum pf_timeout timeout;
	const char *path;
} timeouts[] = {
	{PF_TM_TCP_FIRST, CT "tcp_timeout_syn_sent"},
	{PF_TM_TCP_OPENING, CT "tcp_timeout_syn_recv"},
	{PF_TM_TCP_ESTABLISHED, CT "tcp_timeout_established"},
	{PF_TM_TCP_CLOSING, CT "tcp_timeout_fin_wait"},
	{PF_TM_TCP_CLOSING, CT "tcp_timeout_close_wait"},
	{PF_TM_TCP_FINWAIT, CT "tcp_timeout_last_ack"},
	{PF_TM_TCP_FINWAIT, CT "tcp_timeout_time_wait"},
	{PF_TM_TCP_CLOSED, CT "tcp_timeout_close"},
	{PF_TM_UDP_SINGLE, CT "udp_timeout"},
	{PF_TM_UDP_MULTIPLE, CT "udp_timeout_stream"},
	{PF_TM_ICMP_FIRST, CT "icmp_timeout"},
	{PF_TM_ICMP_FIRST, CT "icmpv6_timeout"},
	{PF_TM_OTHER_SINGLE, CT "generic_timeout"},
	{PF_TM_FRAG, "ipv4/ipfrag_time"},
	/* where the kernel knows SCTP */
	{PF_TM_SCTP_FIRST, CT "sctp_timeout_cookie_wait"},
	{PF_TM_SCTP_OPENING, CT "sctp_timeout_cookie_echoed"},
	{PF_TM_SCTP_ESTABLISHED, CT "sctp_timeout_established"},
	{PF_TM_SCTP_CLOSING, CT "sctp_timeout_shutdown_sent"},
	{PF_TM_SCTP_CLOSED, CT "sctp_timeout_closed"},
};

/* Timeouts without a place: what a file sets has no effect. */
static const enum pf_timeout homeless[] = {
	PF_TM_TCP_TSDIFF,     PF_TM_UDP_FIRST,	    PF_TM_ICMP_ERROR,
	PF_TM_OTHER_FIRST,    PF_TM_OTHER_MULTIPLE, PF_TM_INTERVAL,
	PF_TM_ADAPTIVE_START, PF_TM_ADAPTIVE_END,   PF_TM_SRC_TRACK,
};

void pf_options_apply(const struct vnet *v, const struct pf_options *o)
{
	size_t i;

	for (i = 0; i < sizeof(timeouts) / sizeof(timeouts[0]); i++)
		vnet_sysctl_set(v, timeouts[i].path,
				o->timeout[timeouts[i].timeout], NULL);
}

/* One option of a file: its place, what it says, why that does nothing. */
static void tell(const struct pf_options *o, const struct report *r,
		 unsigned int place, const char *what, const char *why)
{
	report(r, REPORT_WARN, "%sset %s has no effect here: %s",
	       o->where[place] ? o->where[place] : "", what, why);
}

/* All that `set optimization` stands for was not asked for by name. */
static void tell_timeouts(const struct pf_options *o, const struct report *r)
{
	char what[64];
	size_t i;

	for (i = 0; i < sizeof(homeless) / sizeof(homeless[0]); i++) {
		if (!o->where[PF_W_TIMEOUT + homeless[i]])
			continue;
		snprintf(what, sizeof(what), "timeout %s",
			 pf_timeouts[homeless[i]].name);
		tell(o, r, PF_W_TIMEOUT + homeless[i], what,
		     "conntrack has no such timeout");
	}
}

void pf_options_tell(const struct pf_options *o, const struct report *r)
{
	tell_timeouts(o, r);
	if (o->limit_set & 1u << PF_LIMIT_STATES &&
	    o->limit[PF_LIMIT_STATES] > GEN_STATES_MAX)
		tell(o, r, PF_W_LIMIT + PF_LIMIT_STATES, "limit states",
		     "more than 10000 are limited by the machine's "
		     "net.netfilter.nf_conntrack_max only");
	if (o->limit_set & 1u << PF_LIMIT_TABLE_ENTRIES)
		tell(o, r, PF_W_LIMIT + PF_LIMIT_TABLE_ENTRIES,
		     "limit table-entries", "memory is the limit");
	if (o->limit_set & 1u << PF_LIMIT_ANCHORS)
		tell(o, r, PF_W_LIMIT + PF_LIMIT_ANCHORS, "limit anchors",
		     "anchors are not counted");
	if (o->limit_set & 1u << PF_LIMIT_ETH_ANCHORS)
		tell(o, r, PF_W_LIMIT + PF_LIMIT_ETH_ANCHORS,
		     "limit eth-anchors", "anchors are not counted");
	if (o->limit_set & 1u << PF_LIMIT_FRAGS)
		tell(o, r, PF_W_LIMIT + PF_LIMIT_FRAGS, "limit frags",
		     "net.ipv4.ipfrag_high_thresh counts");
	if (o->set & PF_O_REASSEMBLE && !o->reassemble)
		tell(o, r, PF_W_REASSEMBLE, "reassemble no",
		     "all packets are reassembled before rules see them");
	if (o->set & PF_O_REASSEMBLE && o->reassemble_nodf)
		tell(o, r, PF_W_REASSEMBLE, "reassemble yes no-df",
		     "say no-df in a scrub rule");
	if (o->set & PF_O_FINGERPRINTS)
		tell(o, r, PF_W_FINGERPRINTS, "fingerprints",
		     "the kernel's are what nfnl_osf has loaded");
	if (o->set & PF_O_FAIL_POLICY && o->fail_return)
		tell(o, r, PF_W_FAIL_POLICY, "fail-policy return",
		     "what is over a limit is dropped");
}

/* What cannot be left out without letting something else happen. */
void pf_options_check(struct gen *g)
{
	const struct pf_options *o = &g->c->opt;
	const char *where = o->where[PF_W_SYNCOOKIES];

	if (o->syncookies == PF_SYNC_ADAPTIVE)
		gen_refuse(g, NULL,
			   "%sset syncookies adaptive: nothing counts the "
			   "connections that are half open; say always",
			   where ? where : "");
	if (g->cookies)
		gen_cookies_check(g);
}
