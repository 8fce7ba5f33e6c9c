/*
 * ifconfig_later: words of ifconfig(8) whose mechanism is not there yet.  Each
 * is a row, so that it is told apart from a misspelt one and refused plainly;
 * none is taken in silence.
 */
#include "net/ifconfig_words.h"

#include <errno.h>

static int word_later(struct ifconfig_run *run, const struct ifconfig_word *w,
		      bool on, char *const *args, struct err *e)
{
	(void)run;
	(void)args;
	return err_set(e, EOPNOTSUPP, "%s%s: not available yet", on ? "" : "-",
		       w->name);
}

#define LATER(name_, nargs_)                                                   \
	{                                                                      \
		name_, nargs_, false, word_later, 0, 0                         \
	}
#define LATER_NEG(name_, nargs_)                                               \
	{                                                                      \
		name_, nargs_, true, word_later, 0, 0                          \
	}

const struct ifconfig_word ifconfig_later_words[] = {
	/* spanning tree */
	LATER_NEG("stp", 1),
	LATER_NEG("edge", 1),
	LATER_NEG("autoedge", 1),
	LATER_NEG("ptp", 1),
	LATER_NEG("autoptp", 1),
	LATER("maxage", 1),
	LATER("fwddelay", 1),
	LATER("hellotime", 1),
	LATER("priority", 1),
	LATER("proto", 1),
	LATER("holdcnt", 1),
	LATER("ifpriority", 2),
	LATER("ifpathcost", 2),
	/* bridge VLAN filtering */
	LATER_NEG("vlanfilter", 1),
	LATER("ifuntagged", 2),
	LATER("-ifuntagged", 1),
	LATER("iftagged", 2),
	LATER("+iftagged", 2),
	LATER("-iftagged", 2),
	LATER_NEG("ifvlanfilter", 1),
	LATER("defuntagged", 1),
	LATER("-defuntagged", 0),
	LATER_NEG("qinq", 1),
	/* vlan */
	LATER("vlan", 1),
	LATER("vlandev", 1),
	LATER("-vlandev", 0),
	LATER("vlanproto", 1),
	LATER("vlanpcp", 1),
	LATER("pcp", 1),
	LATER("-pcp", 0),
	/* lagg */
	LATER_NEG("laggport", 1),
	LATER("laggproto", 1),
	LATER("lagghash", 1),
	LATER("laggtype", 1),
	LATER_NEG("use_flowid", 0),
	LATER("flowid_shift", 1),
	LATER("rr_limit", 1),
	LATER_NEG("lacp_strict", 0),
	LATER_NEG("lacp_fast_timeout", 0),
	LATER_NEG("use_numa", 0),
	/* carp */
	LATER("vhid", 1),
	LATER("advbase", 1),
	LATER("advskew", 1),
	LATER("pass", 1),
	LATER("state", 1),
	LATER("peer", 1),
	LATER("mcast", 0),
	/* tunnels */
	LATER("tunnel", 2),
	LATER("-tunnel", 0),
	LATER("deletetunnel", 0),
	LATER("grekey", 1),
	LATER_NEG("enable_csum", 0),
	LATER_NEG("enable_seq", 0),
	LATER_NEG("udpencap", 0),
	LATER("udpport", 1),
	LATER("stfv4net", 1),
	LATER("stfv4br", 1),
	LATER("vxlanid", 1),
	LATER("vni", 1),
	LATER("vxlanlocal", 1),
	LATER("vxlanremote", 1),
	LATER("vxlangroup", 1),
	LATER("vxlanlocalport", 1),
	LATER("vxlanremoteport", 1),
	LATER("vxlanportrange", 2),
	LATER("vxlantimeout", 1),
	LATER("vxlanmaxaddr", 1),
	LATER("vxlandev", 1),
	LATER("vxlanttl", 1),
	LATER_NEG("vxlanlearn", 0),
	LATER("vxlanflush", 0),
	LATER("vxlanflushall", 0),
	/* others */
	LATER("maclabel", 1),
	{NULL, 0, false, NULL, 0, 0},
};
