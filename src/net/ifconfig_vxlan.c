/*
 * ifconfig_vxlan: words of ifconfig(8) on vxlan interfaces.  Words that follow
 * each other are gathered and given to the driver at once, since most of them
 * make the link anew.
 */
#include "net/ifconfig_words.h"

#include "base/table.h"
#include "net/bsderr.h"
#include "net/kind_rows.h"
#include "net/vxlan.h"

#include <errno.h>
#include <string.h>

/* What an error of the driver begins with. */
enum {
	VNI,
	LOCAL,
	REMOTE,
	LOCAL_PORT,
	REMOTE_PORT,
	PORT_RANGE,
	TIMEOUT,
	MAXADDR,
	DEV,
	TTL,
	LEARN,
	FLUSH,
	WHATS
};

static const char *const whats[] = {
	[VNI] = "VXLAN_CMD_SET_VNI",
	[LOCAL] = "VXLAN_CMD_SET_LOCAL_ADDR",
	[REMOTE] = "VXLAN_CMD_SET_REMOTE_ADDR",
	[LOCAL_PORT] = "VXLAN_CMD_SET_LOCAL_PORT",
	[REMOTE_PORT] = "VXLAN_CMD_SET_REMOTE_PORT",
	[PORT_RANGE] = "VXLAN_CMD_SET_PORT_RANGE",
	[TIMEOUT] = "VXLAN_CMD_SET_FTABLE_TIMEOUT",
	[MAXADDR] = "VXLAN_CMD_SET_FTABLE_MAX",
	[DEV] = "VXLAN_CMD_SET_MULTICAST_IF",
	[TTL] = "VXLAN_CMD_SET_TTL",
	[LEARN] = "VXLAN_CMD_SET_LEARN",
	[FLUSH] = "VXLAN_CMD_FLUSH",
};
TABLE_COMPLETE(whats, WHATS);

struct gathered {
	struct vxlan old, now;
	const char *what; /* of the last word */
};

static int finish(struct ifconfig_run *run, void *data, struct err *e)
{
	const struct gathered *g = data;

	return vxlan_apply(run->v, run->name, &g->old, &g->now, g->what, e);
}

static int gather(struct ifconfig_run *run, const struct ifconfig_word *w,
		  struct gathered **ret, struct err *e)
{
	struct gathered *g = run_gathered(run, finish);
	struct ifnet *ifp;
	int r;

	if (g) {
		*ret = g;
		return 0;
	}
	r = run_ifp(run, false, &ifp, e);
	if (r < 0)
		return r;
	if (ifp->kind != &kind_vxlan)
		return bsd_err(e, EINVAL, "%s", whats[w->arg]);
	g = run_gather(run, w->fn, finish, sizeof(*g));
	if (!g)
		return err_nomem(e);
	r = vxlan_load(run->v, ifp, &g->old, e);
	if (r < 0)
		return r;
	g->now = g->old;
	*ret = g;
	return 0;
}

static int word_vxlan(struct ifconfig_run *run, const struct ifconfig_word *w,
		      bool on, char *const *args, struct err *e)
{
	char *words[] = {(char *)w->name, w->nargs ? args[0] : NULL,
			 w->nargs > 1 ? args[1] : NULL};
	struct gathered *g = NULL;
	struct vxlan scratch;
	int nargs, r = 0;

	if (!on)
		words[0] = (char *)"-vxlanlearn";
	vxlan_init(&scratch);
	if (!run->dry)
		r = gather(run, w, &g, e);
	if (r < 0)
		return r;
	r = vxlan_word(g ? &g->now : &scratch, 1 + w->nargs, words, &nargs, e);
	if (r >= 0 && g)
		g->what = whats[w->arg];
	return r < 0 ? r : 0;
}

static int word_flush(struct ifconfig_run *run, const struct ifconfig_word *w,
		      bool on, char *const *args, struct err *e)
{
	struct ifnet *ifp;
	int r;

	(void)on;
	(void)args;
	if (run->dry)
		return 0;
	r = run_ifp(run, false, &ifp, e);
	if (r < 0)
		return r;
	if (ifp->kind != &kind_vxlan)
		return bsd_err(e, EINVAL, "%s", whats[w->arg]);
	return vxlan_flush(run->v, ifp, w->ext, e);
}

#define VXLAN(name_, nargs_, neg_, what_)                                      \
	{                                                                      \
		name_, nargs_, neg_, word_vxlan, what_, 0                      \
	}

const struct ifconfig_word ifconfig_vxlan_words[] = {
	VXLAN("vxlanid", 1, false, VNI),
	VXLAN("vni", 1, false, VNI),
	VXLAN("vxlanlocal", 1, false, LOCAL),
	VXLAN("vxlanremote", 1, false, REMOTE),
	VXLAN("vxlangroup", 1, false, REMOTE),
	VXLAN("vxlanlocalport", 1, false, LOCAL_PORT),
	VXLAN("vxlanremoteport", 1, false, REMOTE_PORT),
	VXLAN("vxlanportrange", 2, false, PORT_RANGE),
	VXLAN("vxlantimeout", 1, false, TIMEOUT),
	VXLAN("vxlanmaxaddr", 1, false, MAXADDR),
	VXLAN("vxlandev", 1, false, DEV),
	VXLAN("vxlanttl", 1, false, TTL),
	VXLAN("vxlanlearn", 0, true, LEARN),
	{"vxlanflush", 0, false, word_flush, FLUSH, false},
	{"vxlanflushall", 0, false, word_flush, FLUSH, true},
	{NULL, 0, false, NULL, 0, 0},
};
