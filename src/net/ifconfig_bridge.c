/*
 * ifconfig_bridge: words of ifconfig(8) on bridges, on net/bridge.h.
 */
#include "net/ifconfig_words.h"

#include "base/cleanup.h"
#include "base/table.h"
#include "net/bridge.h"
#include "net/bsderr.h"
#include "net/ifconfig_impl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* What asks for the flags of a bridge before it changes them. */
static int need_bridge(struct ifconfig_run *run, const char *what,
		       const char *arg, struct err *e)
{
	struct ifnet *ifp;
	int r = run_ifp(run, false, &ifp, e);

	if (r < 0 || ifp->is_bridge)
		return r;
	return bsd_err(e, EINVAL, "%s%s%s", what, *arg ? " " : "", arg);
}

static int word_addm(struct ifconfig_run *run, const struct ifconfig_word *w,
		     bool on, char *const *args, struct err *e)
{
	int r;

	(void)w;
	(void)on;
	if (run->dry)
		return 0;
	r = need_bridge(run, "BRDGADD", args[0], e);
	return r < 0 ? r : bridge_addm(run->v, run->name, args[0], e);
}

static int word_deletem(struct ifconfig_run *run, const struct ifconfig_word *w,
			bool on, char *const *args, struct err *e)
{
	int r;

	(void)w;
	(void)on;
	if (run->dry)
		return 0;
	r = need_bridge(run, "BRDGDEL", args[0], e);
	if (r < 0)
		return r;
	return bridge_deletem(run->v, run->name, args[0], e);
}

static int word_span(struct ifconfig_run *run, const struct ifconfig_word *w,
		     bool on, char *const *args, struct err *e)
{
	int r;

	(void)w;
	if (run->dry)
		return 0;
	r = need_bridge(run, on ? "BRDGADDS" : "BRDGDELS", args[0], e);
	if (r < 0)
		return r;
	return (on ? bridge_span : bridge_unspan)(run->v, run->name, args[0],
						  e);
}

static int word_member_flag(struct ifconfig_run *run,
			    const struct ifconfig_word *w, bool on,
			    char *const *args, struct err *e)
{
	int r;

	if (run->dry)
		return 0;
	r = need_bridge(run, "unable to get bridge flags", "", e);
	if (r < 0)
		return r;
	r = bridge_member_flag(run->v, run->name, args[0],
			       (enum bridge_flag)w->arg, on, e);
	if (r >= 0 && on && w->arg == BRIDGE_STICKY)
		run_warn(run,
			 "sticky %s: what it learns from now on may "
			 "still move until the table is next listed",
			 args[0]);
	return r;
}

static int parse_value(const char *s, uint32_t *ret, struct err *e)
{
	long long n;

	if (str_to_int(s, 0, UINT32_MAX, &n) < 0)
		return err_set(e, EINVAL, "invalid value: %s", s);
	*ret = (uint32_t)n;
	return 0;
}

static int word_maxaddr(struct ifconfig_run *run, const struct ifconfig_word *w,
			bool on, char *const *args, struct err *e)
{
	uint32_t n = 0;
	int r;

	(void)w;
	(void)on;
	r = parse_value(args[0], &n, e);
	if (r < 0 || run->dry)
		return r;
	r = need_bridge(run, "BRDGSCACHE", args[0], e);
	return r < 0 ? r : bridge_maxaddr(run->v, run->name, n, e);
}

static int word_ifmaxaddr(struct ifconfig_run *run,
			  const struct ifconfig_word *w, bool on,
			  char *const *args, struct err *e)
{
	uint32_t n = 0;
	int r;

	(void)w;
	(void)on;
	r = parse_value(args[1], &n, e);
	if (r < 0 || run->dry)
		return r;
	r = need_bridge(run, "BRDGSIFAMAX", args[0], e);
	if (r < 0)
		return r;
	return bridge_ifmaxaddr(run->v, run->name, args[0], n, e);
}

static int word_timeout(struct ifconfig_run *run, const struct ifconfig_word *w,
			bool on, char *const *args, struct err *e)
{
	uint32_t n = 0;
	int r;

	(void)w;
	(void)on;
	r = parse_value(args[0], &n, e);
	if (r < 0 || run->dry)
		return r;
	r = need_bridge(run, "BRDGSTO", args[0], e);
	return r < 0 ? r : bridge_timeout(run->v, run->name, n, e);
}

static int word_static(struct ifconfig_run *run, const struct ifconfig_word *w,
		       bool on, char *const *args, struct err *e)
{
	unsigned char mac[6];
	int r;

	(void)w;
	(void)on;
	if (!ifconfig_mac_parse(args[1], mac))
		return err_set(e, EINVAL, "%s: invalid address: %s", args[0],
			       args[1]);
	if (run->dry)
		return 0;
	r = need_bridge(run, "BRDGSADDR", args[0], e);
	if (r < 0)
		return r;
	return bridge_static(run->v, run->name, args[0], mac, e);
}

static int word_deladdr(struct ifconfig_run *run, const struct ifconfig_word *w,
			bool on, char *const *args, struct err *e)
{
	unsigned char mac[6];
	int r;

	(void)w;
	(void)on;
	if (!ifconfig_mac_parse(args[0], mac))
		return err_set(e, EINVAL, "%s: invalid address: %s", run->name,
			       args[0]);
	if (run->dry)
		return 0;
	r = need_bridge(run, "BRDGDADDR", args[0], e);
	return r < 0 ? r : bridge_deladdr(run->v, run->name, mac, e);
}

static int word_flush(struct ifconfig_run *run, const struct ifconfig_word *w,
		      bool on, char *const *args, struct err *e)
{
	int r;

	(void)on;
	(void)args;
	if (run->dry)
		return 0;
	r = need_bridge(run, "BRDGFLUSH", "", e);
	if (r < 0)
		return r;
	return bridge_flush(run->v, run->name, w->arg, e);
}

static void put_entry(const struct ifconfig_run *run,
		      const struct bridge_entry *b)
{
	static const struct flag_name names[] = {
		{1, "STATIC"},
		{2, "STICKY"},
	};
	char kname[IFNAMSIZ] = "?";

	vnet_ifname(run->v, b->ifindex, kname);
	ifconfig_put_ether(run->out, &run->o->format, b->mac, 6);
	strbuf_addf(run->out, " Vlan%u %s %u flags=", b->vlan ? b->vlan : 1,
		    ifname_from_kernel(kname), b->expire);
	table_flags(run->out, (b->is_static ? 1u : 0) | (b->sticky ? 2u : 0),
		    names, ARRAY_SIZE(names));
	strbuf_addch(run->out, '\n');
}

static int word_addr(struct ifconfig_run *run, const struct ifconfig_word *w,
		     bool on, char *const *args, struct err *e)
{
	cleanup_free struct bridge_entry *v = NULL;
	size_t n = 0;
	int r;

	(void)w;
	(void)on;
	(void)args;
	if (run->dry)
		return 0;
	r = need_bridge(run, "BRDGRTS", "", e);
	if (r >= 0)
		r = bridge_addrs(run->v, run->name, &v, &n, e);
	if (r < 0)
		return r;
	for (size_t i = 0; i < n; i++)
		put_entry(run, &v[i]);
	return 0;
}

const struct ifconfig_word ifconfig_bridge_words[] = {
	{"addm", 1, false, word_addm, 0, 0},
	{"deletem", 1, false, word_deletem, 0, 0},
	{"span", 1, true, word_span, 0, 0},
	{"discover", 1, true, word_member_flag, BRIDGE_DISCOVER, 0},
	{"learn", 1, true, word_member_flag, BRIDGE_LEARN, 0},
	{"sticky", 1, true, word_member_flag, BRIDGE_STICKY, 0},
	{"private", 1, true, word_member_flag, BRIDGE_PRIVATE, 0},
	{"maxaddr", 1, false, word_maxaddr, 0, 0},
	{"ifmaxaddr", 2, false, word_ifmaxaddr, 0, 0},
	{"timeout", 1, false, word_timeout, 0, 0},
	{"static", 2, false, word_static, 0, 0},
	{"deladdr", 1, false, word_deladdr, 0, 0},
	{"addr", 0, false, word_addr, 0, 0},
	{"flush", 0, false, word_flush, false, 0},
	{"flushall", 0, false, word_flush, true, 0},
	{NULL, 0, false, NULL, 0, 0},
};
