/*
 * ifconfig_bridge_vlan: words of ifconfig(8) on the VLANs of a bridge's
 * members, on net/bridge_vlan.h; and addm, which may name some as well.
 */
#include "net/ifconfig_bridge.h"

#include "net/bridge.h"
#include "net/bridge_vlan.h"
#include "net/bsderr.h"

#include <errno.h>
#include <linux/if_ether.h>
#include <string.h>

static int parse_vid(const char *s, uint16_t *ret, struct err *e)
{
	long long n;

	if (str_to_int(s, VLAN_MIN, VLAN_MAX, &n) < 0)
		return err_set(e, EINVAL, "invalid VLAN identifier: %s", s);
	*ret = (uint16_t)n;
	return 0;
}

static int parse_set(const char *s, struct vlanset *ret, struct err *e)
{
	if (vlanset_parse(s, ret) < 0)
		return err_set(e, EINVAL, "invalid vlan set: %s", s);
	return 0;
}

static int word_vlanfilter(struct ifconfig_run *run,
			   const struct ifconfig_word *w, bool on,
			   char *const *args, struct err *e)
{
	int r;

	(void)w;
	(void)args;
	if (run->dry)
		return 0;
	r = bridge_word_check(run, "BRDGSFLAGS", "", e);
	return r < 0 ? r : bridge_vlan_filter(run->v, run->name, on, e);
}

/* Linux has one switch for all members; it is on or it is not. */
static int word_ifvlanfilter(struct ifconfig_run *run,
			     const struct ifconfig_word *w, bool on,
			     char *const *args, struct err *e)
{
	struct ifnet *ifp;
	int r;

	(void)w;
	if (run->dry)
		return 0;
	r = bridge_word_check(run, "unable to get bridge flags", "", e);
	if (r >= 0)
		r = run_ifp(run, false, &ifp, e);
	if (r < 0)
		return r;
	if (on == ifp->bridge.vlan_filtering)
		return 0;
	return err_set(e, EOPNOTSUPP,
		       "%sifvlanfilter %s: Linux's bridges filter all members "
		       "or none (vlanfilter)",
		       on ? "" : "-", args[0]);
}

/*
 * May frames have a second tag below the one that is looked at?  On Linux they
 * may, so that is what can be said, of a member and (w->nargs 0) of later ones.
 */
static int word_qinq(struct ifconfig_run *run, const struct ifconfig_word *w,
		     bool on, char *const *args, struct err *e)
{
	int r;

	if (run->dry)
		return 0;
	r = bridge_word_check(
		run, w->nargs ? "unable to get bridge flags" : "BRDGSFLAGS", "",
		e);
	if (r >= 0 && w->nargs)
		r = bridge_vlan_is_member(run->v, run->name, args[0],
					  "unable to get bridge flags", e);
	if (r < 0 || on)
		return r;
	return err_set(e, EOPNOTSUPP,
		       "-%s: Linux's bridges do not look below a frame's first "
		       "tag",
		       w->name);
}

static int word_vlanproto(struct ifconfig_run *run,
			  const struct ifconfig_word *w, bool on,
			  char *const *args, struct err *e)
{
	bool ad = !strcmp(args[1], "802.1ad");
	int r;

	(void)w;
	(void)on;
	if (!ad && strcmp(args[1], "802.1q") != 0)
		return err_set(e, EINVAL, "unrecognised VLAN protocol: %s",
			       args[1]);
	if (run->dry)
		return 0;
	r = bridge_word_check(run, "BRDGSIFVLANPROTO", args[0], e);
	return r < 0 ? r
		     : bridge_vlan_proto(run->v, run->name, args[0],
					 ad ? ETH_P_8021AD : ETH_P_8021Q, e);
}

/*
 * The VLAN of what has no tag, of one member or (defuntagged) of those that are
 * added later.  w->ext arguments are before the number, which there is if
 * w->arg says so.
 */
static int word_untagged(struct ifconfig_run *run,
			 const struct ifconfig_word *w, bool on,
			 char *const *args, struct err *e)
{
	bool member = w->ext;
	uint16_t vid = 0;
	int r = w->arg ? parse_vid(args[w->ext], &vid, e) : 0;

	(void)on;
	if (r < 0 || run->dry)
		return r;
	r = bridge_word_check(run, member ? "BRDGSIFUNTAGGED" : "BRDGSDEFPVID",
			      member ? args[0] : "", e);
	if (r < 0)
		return r;
	return member ? bridge_vlan_untagged(run->v, run->name, args[0], vid,
					     args[w->arg ? 1 : 0], e)
		      : bridge_vlan_default(run->v, run->name, vid, e);
}

static int word_tagged(struct ifconfig_run *run, const struct ifconfig_word *w,
		       bool on, char *const *args, struct err *e)
{
	struct vlanset set;
	int r = parse_set(args[1], &set, e);

	(void)on;
	if (r < 0 || run->dry)
		return r;
	r = bridge_word_check(run, "BRDGSIFVLANSET", args[0], e);
	return r < 0 ? r
		     : bridge_vlan_tagged(run->v, run->name, args[0], &set,
					  (enum vlan_op)w->arg, args[1], e);
}

/* addm IF [untagged N] [tagged LIST]: what follows the member. */
static int addm_vlans(struct ifconfig_run *run, const char *member,
		      char *const *more, uint16_t *ret_vid, bool *ret_set,
		      struct vlanset *set, struct err *e)
{
	int r = 0;

	(void)member;
	while (r >= 0 && run->left - run->extra >= 2) {
		const char *word = more[run->extra];
		const char *arg = more[run->extra + 1];

		if (!strcmp(word, "untagged"))
			r = parse_vid(arg, ret_vid, e);
		else if (!strcmp(word, "tagged"))
			r = parse_set(arg, set, e);
		else
			break;
		*ret_set |= !strcmp(word, "tagged");
		run->extra += 2;
	}
	return r;
}

static int word_addm(struct ifconfig_run *run, const struct ifconfig_word *w,
		     bool on, char *const *args, struct err *e)
{
	struct vlanset set = {{0}};
	uint16_t vid = 0;
	bool tagged = false, cleared = false;
	int r = addm_vlans(run, args[0], args + 1, &vid, &tagged, &set, e);

	(void)w;
	(void)on;
	if (r < 0 || run->dry)
		return r;
	r = bridge_word_check(run, "BRDGADD", args[0], e);
	if (r >= 0)
		r = bridge_clear_scope(run->v, run->name, args[0], &cleared, e);
	if (cleared)
		run_warn(run,
			 "%s: IPv6 addresses on %s have been removed before "
			 "adding it as a member to prevent IPv6 address scope "
			 "violation.",
			 run->name, args[0]);
	if (r >= 0)
		r = bridge_addm(run->v, run->name, args[0], e);
	if (r >= 0 && vid)
		r = bridge_vlan_untagged(run->v, run->name, args[0], vid,
					 args[0], e);
	if (r >= 0 && tagged)
		r = bridge_vlan_tagged(run->v, run->name, args[0], &set,
				       VLAN_SET, args[0], e);
	return r;
}

const struct ifconfig_word ifconfig_bridge_vlan_words[] = {
	{"addm", 1, false, word_addm, 0, 0},
	{"vlanfilter", 0, true, word_vlanfilter, 0, 0},
	{"ifvlanfilter", 1, true, word_ifvlanfilter, 0, 0},
	{"qinq", 1, true, word_qinq, 0, 0},
	{"defqinq", 0, true, word_qinq, 0, 0},
	{"ifvlanproto", 2, false, word_vlanproto, 0, 0},
	{"ifuntagged", 2, false, word_untagged, true, 1},
	{"-ifuntagged", 1, false, word_untagged, false, 1},
	{"iftagged", 2, false, word_tagged, VLAN_SET, 0},
	{"+iftagged", 2, false, word_tagged, VLAN_ADD, 0},
	{"-iftagged", 2, false, word_tagged, VLAN_DEL, 0},
	{"defuntagged", 1, false, word_untagged, true, 0},
	{"-defuntagged", 0, false, word_untagged, false, 0},
	{NULL, 0, false, NULL, 0, 0},
};
