/*
 * ifconfig_bridge: words of ifconfig(8) on bridges, on net/bridge.h: members,
 * span ports and the table of addresses.
 */
#include "net/ifconfig_bridge.h"

#include "base/cleanup.h"
#include "base/table.h"
#include "net/bridge.h"
#include "net/bsderr.h"
#include "net/vlanset.h"
#include "net/ifconfig_impl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* What asks for the flags of a bridge before it changes them. */
int bridge_word_check(struct ifconfig_run *run, const char *what,
		      const char *arg, struct err *e)
{
	struct ifnet *ifp;
	int r = run_ifp(run, false, &ifp, e);

	if (r < 0 || ifp->is_bridge)
		return r;
	return bsd_err(e, EINVAL, "%s%s%s", what, *arg ? " " : "", arg);
}

static int word_deletem(struct ifconfig_run *run, const struct ifconfig_word *w,
			bool on, char *const *args, struct err *e)
{
	int r;

	(void)w;
	(void)on;
	if (run->dry)
		return 0;
	r = bridge_word_check(run, "BRDGDEL", args[0], e);
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
	r = bridge_word_check(run, on ? "BRDGADDS" : "BRDGDELS", args[0], e);
	if (r < 0)
		return r;
	return (on ? bridge_span : bridge_unspan)(run->v, run->name, args[0],
						  e);
}

/* strtoul(3) with base 0, as FreeBSD's ifconfig has it */
int bridge_word_value(const char *s, uint32_t max, uint32_t *ret, struct err *e)
{
	unsigned long n;
	char *end;

	errno = 0;
	n = strtoul(s, &end, 0);
	if (end == s || *end || errno || *s == '-' || n > max)
		return err_set(e, EINVAL, "invalid value: %s", s);
	*ret = (uint32_t)n;
	return 0;
}

/* Words with a number that the bridge just takes. */
static const struct number {
	const char *what;
	int (*set)(struct vnet *v, const char *bridge, uint32_t n,
		   struct err *e);
} numbers[] = {
	{"BRDGSCACHE", bridge_maxaddr},
	{"BRDGSTO", bridge_timeout},
};

static int word_number(struct ifconfig_run *run, const struct ifconfig_word *w,
		       bool on, char *const *args, struct err *e)
{
	const struct number *to = &numbers[w->arg];
	uint32_t n = 0;
	int r = bridge_word_value(args[0], UINT32_MAX, &n, e);

	(void)on;
	if (r < 0 || run->dry)
		return r;
	r = bridge_word_check(run, to->what, args[0], e);
	return r < 0 ? r : to->set(run->v, run->name, n, e);
}

/* ... vlan N, behind an address: 0 when it is not there. */
static int more_vlan(struct ifconfig_run *run, char *const *more, uint16_t *ret,
		     struct err *e)
{
	long long n;

	if (run->left < 2 || strcmp(more[0], "vlan") != 0)
		return 0;
	if (str_to_int(more[1], VLAN_MIN, VLAN_MAX, &n) < 0)
		return err_set(e, EINVAL, "invalid VLAN identifier: %s",
			       more[1]);
	run->extra = 2;
	*ret = (uint16_t)n;
	return 0;
}

static int word_static(struct ifconfig_run *run, const struct ifconfig_word *w,
		       bool on, char *const *args, struct err *e)
{
	unsigned char mac[6];
	uint16_t vlan = 0;
	int r;

	(void)w;
	(void)on;
	if (!ifconfig_mac_parse(args[1], mac))
		return err_set(e, EINVAL, "%s: invalid address: %s", args[0],
			       args[1]);
	r = more_vlan(run, args + 2, &vlan, e);
	if (r < 0 || run->dry)
		return r;
	r = bridge_word_check(run, "BRDGSADDR", args[0], e);
	if (r < 0)
		return r;
	return bridge_static(run->v, run->name, args[0], mac, vlan, e);
}

static int word_deladdr(struct ifconfig_run *run, const struct ifconfig_word *w,
			bool on, char *const *args, struct err *e)
{
	unsigned char mac[6];
	uint16_t vlan = 0;
	int r;

	(void)w;
	(void)on;
	if (!ifconfig_mac_parse(args[0], mac))
		return err_set(e, EINVAL, "invalid address: %s", args[0]);
	r = more_vlan(run, args + 1, &vlan, e);
	if (r < 0 || run->dry)
		return r;
	r = bridge_word_check(run, "BRDGDADDR", args[0], e);
	return r < 0 ? r : bridge_deladdr(run->v, run->name, mac, vlan, e);
}

static int word_flush(struct ifconfig_run *run, const struct ifconfig_word *w,
		      bool on, char *const *args, struct err *e)
{
	int r;

	(void)on;
	(void)args;
	if (run->dry)
		return 0;
	r = bridge_word_check(run, "BRDGFLUSH", "", e);
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
	r = bridge_word_check(run, "BRDGRTS", "", e);
	if (r >= 0)
		r = bridge_addrs(run->v, run->name, &v, &n, e);
	if (r < 0)
		return r;
	for (size_t i = 0; i < n; i++)
		put_entry(run, &v[i]);
	return 0;
}

const struct ifconfig_word ifconfig_bridge_words[] = {
	{"deletem", 1, false, word_deletem, 0, 0},
	{"span", 1, true, word_span, 0, 0},
	{"maxaddr", 1, false, word_number, 0, 0},
	{"timeout", 1, false, word_number, 1, 0},
	{"static", 2, false, word_static, 0, 0},
	{"deladdr", 1, false, word_deladdr, 0, 0},
	{"addr", 0, false, word_addr, 0, 0},
	{"flush", 0, false, word_flush, false, 0},
	{"flushall", 0, false, word_flush, true, 0},
	{NULL, 0, false, NULL, 0, 0},
};
