/*
 * ifconfig_bridge_stp: words of ifconfig(8) that somebody has to keep up:
 * flags and limits of members, the spanning tree.  After each the vnet's
 * keeper (bridge_keeper.h) is told, and started when there is none.
 */
#include "net/ifconfig_bridge.h"

#include "net/bridge.h"
#include "net/bridge_keeper.h"
#include "net/bsderr.h"

#include <errno.h>
#include <strings.h>

static int word_member_flag(struct ifconfig_run *run,
			    const struct ifconfig_word *w, bool on,
			    char *const *args, struct err *e)
{
	int r;

	if (run->dry)
		return 0;
	r = bridge_word_check(run, "unable to get bridge flags", "", e);
	if (r >= 0)
		r = bridge_member_flag(run->v, run->name, args[0], w->arg, on,
				       e);
	if (r < 0 || !w->ext)
		return r;
	return keeper_tell(&bridge_keeper, run->v, e);
}

static int word_number(struct ifconfig_run *run, const struct ifconfig_word *w,
		       bool on, char *const *args, struct err *e)
{
	uint32_t n = 0;
	int r;

	(void)on;
	r = bridge_word_value(args[0], w->ext, &n, e);
	if (r < 0 || run->dry)
		return r;
	r = bridge_number(run->v, run->name, (enum bridge_number)w->arg, n,
			  args[0], e);
	return r < 0 ? r : keeper_tell(&bridge_keeper, run->v, e);
}

static int word_proto(struct ifconfig_run *run, const struct ifconfig_word *w,
		      bool on, char *const *args, struct err *e)
{
	uint32_t n = 0;
	int r;

	(void)w;
	(void)on;
	if (!strcasecmp(args[0], "rstp"))
		n = 2;
	else if (strcasecmp(args[0], "stp") != 0)
		return err_set(e, EINVAL, "unknown stp protocol");
	if (run->dry)
		return 0;
	r = bridge_number(run->v, run->name, BRIDGE_PROTO, n, args[0], e);
	return r < 0 ? r : keeper_tell(&bridge_keeper, run->v, e);
}

static int word_port_number(struct ifconfig_run *run,
			    const struct ifconfig_word *w, bool on,
			    char *const *args, struct err *e)
{
	uint32_t n = 0;
	int r;

	(void)on;
	r = bridge_word_value(args[1], w->ext, &n, e);
	if (r < 0 || run->dry)
		return r;
	r = bridge_port_number(run->v, run->name, args[0],
			       (enum bridge_port_number)w->arg, n, args[1], e);
	return r < 0 ? r : keeper_tell(&bridge_keeper, run->v, e);
}

/* A flag of the kernel's bridge, or one of ours. */
#define FLAG(name_, flag_)                                                     \
	{                                                                      \
		name_, 1, true, word_member_flag, flag_, false                 \
	}
#define KEPT(name_, flag_)                                                     \
	{                                                                      \
		name_, 1, true, word_member_flag, flag_, true                  \
	}

const struct ifconfig_word ifconfig_bridge_stp_words[] = {
	FLAG("discover", IFBIF_DISCOVER),
	FLAG("learn", IFBIF_LEARNING),
	FLAG("private", IFBIF_PRIVATE),
	KEPT("sticky", IFBIF_STICKY),
	KEPT("stp", IFBIF_STP),
	KEPT("edge", IFBIF_EDGE),
	KEPT("autoedge", IFBIF_AUTOEDGE),
	KEPT("ptp", IFBIF_PTP),
	KEPT("autoptp", IFBIF_AUTOPTP),
	{"maxage", 1, false, word_number, BRIDGE_MAX_AGE, 0xff},
	{"fwddelay", 1, false, word_number, BRIDGE_FORWARD_DELAY, 0xff},
	{"hellotime", 1, false, word_number, BRIDGE_HELLO, 0xff},
	{"priority", 1, false, word_number, BRIDGE_PRIORITY, 0xffff},
	{"holdcnt", 1, false, word_number, BRIDGE_HOLD_COUNT, 0xff},
	{"proto", 1, false, word_proto, 0, 0},
	{"ifpriority", 2, false, word_port_number, BRIDGE_IFPRIORITY, 0xff},
	{"ifpathcost", 2, false, word_port_number, BRIDGE_IFPATHCOST,
	 UINT32_MAX},
	{"ifmaxaddr", 2, false, word_port_number, BRIDGE_IFMAXADDR, UINT32_MAX},
	{NULL, 0, false, NULL, 0, 0},
};
