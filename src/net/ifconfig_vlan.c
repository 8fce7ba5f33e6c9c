/*
 * ifconfig_vlan: words of ifconfig(8) on vlans, on net/vlan.h, and their line.
 *
 * Tag and parent are set when both are known, and again when a word behind
 * them says more, as FreeBSD does it; words behind them find the interface
 * set.
 */
#include "net/ifconfig_words.h"

#include "base/str.h"
#include "net/bsderr.h"
#include "net/ifconfig_impl.h"
#include "net/ifset.h"
#include "net/vlan.h"

#include <errno.h>
#include <linux/if_arp.h>
#include <string.h>

static int word_vlan(struct ifconfig_run *run, const struct ifconfig_word *w,
		     bool on, char *const *args, struct err *e)
{
	int r = vlan_word(&run->vlan, w->name, args[0], e);

	(void)on;
	if (r < 0 || run->dry || !run->vlan.tag || !run->vlan.dev)
		return r;
	run_touch(run);
	return vlan_set(run->v, run->name, &run->vlan, e);
}

static int word_novlandev(struct ifconfig_run *run,
			  const struct ifconfig_word *w, bool on,
			  char *const *args, struct err *e)
{
	(void)w;
	(void)on;
	(void)args;
	if (run->dry)
		return 0;
	run_touch(run);
	return vlan_unset(run->v, run->name, e);
}

static int word_vlanpcp(struct ifconfig_run *run, const struct ifconfig_word *w,
			bool on, char *const *args, struct err *e)
{
	unsigned int pcp = 0;
	int r = vlan_number(w->name, args[0], IFEXT_PCP_MAX, &pcp, e);

	(void)on;
	if (r < 0 || run->dry)
		return r;
	run_touch(run);
	return vlan_pcp(run->v, run->name, pcp, e);
}

/* The priority of what an interface sends without a tag. */
static int word_pcp(struct ifconfig_run *run, const struct ifconfig_word *w,
		    bool on, char *const *args, struct err *e)
{
	struct ifnet *ifp;
	unsigned int pcp = 0;
	int r = w->arg ? vlan_number(w->name, args[0], IFEXT_PCP_MAX, &pcp, e)
		       : 0;

	(void)on;
	if (r < 0 || run->dry)
		return r;
	r = run_ifp(run, false, &ifp, e);
	if (r < 0)
		return r;
	if (ifp->arptype != ARPHRD_ETHER)
		return bsd_err(e, EINVAL, "SIOCSLANPCP");
	return if_set_ext(run->v, ifp,
			  w->arg ? (pcp + 1) << IFEXT_PCP_SHIFT : 0, IFEXT_PCP,
			  e);
}

int run_vlan(struct ifconfig_run *run, struct err *e)
{
	if (run->vlan.tag == run->vlan.dev &&
	    (run->vlan.tag || !run->vlan.proto_set))
		return 0;
	return err_set(e, EINVAL, "both vlan and vlandev must be specified");
}

void ifconfig_format_vlan(const struct ifnets *all, const struct ifnet *ifp,
			  struct strbuf *out)
{
	const char *parent = vlan_parent(all, ifp);

	/* the driver's, in another vnet: who it is is not told here */
	if (!parent && ifp->vlan.vid && !ifp->vlan.cookie &&
	    ifp->link_netnsid >= 0)
		parent = "<unknown>";
	strbuf_addf(out,
		    "\tvlan: %u vlanproto: %s vlanpcp: %u parent interface: "
		    "%s\n",
		    parent ? ifp->vlan.vid : 0,
		    vlan_proto_name(ifp->vlan.proto), ifp->vlan.pcp,
		    parent ? parent : "<none>");
}

const struct ifconfig_word ifconfig_vlan_words[] = {
	{"vlan", 1, false, word_vlan, 0, 0},
	{"vlandev", 1, false, word_vlan, 0, 0},
	{"-vlandev", 0, false, word_novlandev, 0, 0},
	{"vlanproto", 1, false, word_vlan, 0, 0},
	{"vlanpcp", 1, false, word_vlanpcp, 0, 0},
	{"pcp", 1, false, word_pcp, true, 0},
	{"-pcp", 0, false, word_pcp, false, 0},
	{NULL, 0, false, NULL, 0, 0},
};
