/*
 * kind: the table of interface kinds and what is common to them: clone names
 * and units, create, destroy, rename.
 *
 * A clone's name is its type and a unit.  A unit is taken while an interface
 * has one of its names, or while a record of ifunit_hold() says that a clone
 * which was renamed or moved elsewhere still holds it.
 */
#include "net/kind.h"

#include "base/cleanup.h"
#include "net/bsderr.h"
#include "net/bridge.h"
#include "net/ifstate.h"
#include "net/iptunnel.h"
#include "net/kind_rows.h"
#include "net/link.h"
#include "net/vlan.h"

#include <errno.h>
#include <linux/if_arp.h>
#include <stdio.h>
#include <string.h>

#define UNIT_MAX 32767 /* FreeBSD's IF_MAXUNIT */

/* The first row that matches an interface is its kind. */
static const struct ifkind *const kinds[] = {
	&kind_lo,    &kind_eiface,  &kind_ngiface, &kind_vlan, &kind_lagg,
	&kind_epair, &kind_bridge,  &kind_vmnet,   &kind_tap,  &kind_tun,
	&kind_vxlan, &kind_geneve,  &kind_gif,	   &kind_stf,  &kind_gre,
	&kind_wg,    &kind_macvlan, &kind_dummy,   &kind_ifb,  &kind_other,
	&kind_ether,
};

const struct ifkind *ifkind_by_index(size_t i)
{
	return i < ARRAY_SIZE(kinds) ? kinds[i] : NULL;
}

const struct ifkind *ifkind_by_name(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (!strcmp(kinds[i]->name, name))
			return kinds[i];
	return NULL;
}

/* Is IFLA_INFO_KIND one of the kind's? */
static bool is_linux(const struct ifkind *k, const char *linux_kind)
{
	if (!k->linux_kind || !strcmp(k->linux_kind, linux_kind))
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(k->linux_also); i++)
		if (k->linux_also[i] && !strcmp(k->linux_also[i], linux_kind))
			return true;
	return false;
}

const struct ifkind *ifkind_classify(const struct ifnet *ifp)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		const struct ifkind *k = kinds[i];

		if (!is_linux(k, ifp->linux_kind))
			continue;
		if (!k->match || k->match(ifp))
			return k;
	}
	return &kind_ether;
}

/* Digits without leading zero up to `end`; -1 when they are none. */
static int unit_parse(const char *s, const char *end)
{
	int n = 0;

	if (s == end || (*s == '0' && s + 1 != end))
		return -1;
	for (; s < end; s++) {
		if (*s < '0' || *s > '9')
			return -1;
		n = n * 10 + (*s - '0');
		if (n > UNIT_MAX)
			return -1;
	}
	return n;
}

const struct ifkind *ifkind_of_name(const char *ifname, int *ret_unit)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		const struct ifkind *k = kinds[i];
		const char *end = ifname + strlen(ifname);
		int unit;

		if (!k->clonable || !str_prefix(ifname, k->name))
			continue;
		if (k == &kind_epair && end > ifname &&
		    (end[-1] == 'a' || end[-1] == 'b'))
			end--;
		unit = unit_parse(ifname + strlen(k->name), end);
		if (unit < 0)
			continue;
		if (ret_unit)
			*ret_unit = unit;
		return k;
	}
	return NULL;
}

bool ifkind_home(const char *name, const char *linux_kind,
		 char ret_base[IFNAMSIZ], char *ret_end)
{
	const struct ifkind *k;
	size_t n = strlen(name);
	int unit;

	k = n < IFNAMSIZ ? ifkind_of_name(name, &unit) : NULL;
	if (!k || !is_linux(k, linux_kind))
		return false;
	*ret_end = '-';
	if (k == &kind_epair) {
		*ret_end = name[n - 1];
		if (*ret_end != 'a' && *ret_end != 'b')
			return false;
	}
	snprintf(ret_base, IFNAMSIZ, "%s%d", k->name, unit);
	return true;
}

static bool unit_taken(struct vnet *v, const struct ifkind *k, int unit)
{
	char base[IFNAMSIZ], name[IFNAMSIZ + 1];

	if (snprintf(base, sizeof(base), "%s%d", k->name, unit) >= IFNAMSIZ)
		return true;
	if (k != &kind_epair) {
		/* to ask for gre0 makes the kernel load the driver that has it
		 */
		bool there = vnet_ifindex(v, base);

		if (there && k == &kind_gre && iptunnel_yield(v, base) > 0)
			there = false;
		return there || ifunit_held(v, base);
	}
	for (const char *end = "ab"; *end; end++) {
		snprintf(name, sizeof(name), "%s%c", base, *end);
		if (strlen(name) >= IFNAMSIZ || vnet_ifindex(v, name))
			return true;
	}
	return ifunit_held(v, base);
}

static int create_lowest(struct vnet *v, const struct ifkind *k, int nwords,
			 char **words, int *ret_used, char ret_name[IFNAMSIZ],
			 struct err *e)
{
	int r;

	for (int unit = 0; unit <= UNIT_MAX; unit++) {
		if (unit_taken(v, k, unit))
			continue;
		r = k->create(v, unit, nwords, words, ret_used, ret_name, e);
		if (r != -EEXIST) /* else somebody else was faster */
			return r;
	}
	return bsd_err(e, ENOSPC, "SIOCIFCREATE2");
}

static int already(const char *name, struct err *e)
{
	return err_set(e, EEXIST, "interface %s already exists", name);
}

int if_create(struct vnet *v, const char *name, int nwords, char **words,
	      int *ret_used, char ret_name[IFNAMSIZ], struct err *e)
{
	const struct ifkind *k;
	int unit, used = 0, r;

	if (strlen(name) >= IFNAMSIZ)
		return err_set(e, ENAMETOOLONG, "%s: cloning name too long",
			       name);
	if (!ret_used)
		ret_used = &used;
	*ret_used = 0;
	k = ifkind_by_name(name);
	if (k && k->clonable)
		return create_lowest(v, k, nwords, words, ret_used, ret_name,
				     e);
	k = ifkind_of_name(name, &unit);
	if (!k && vlan_dotted(name)) {
		r = vlan_create_dotted(v, name, nwords, words, ret_used,
				       ret_name, e);
		return r == -EEXIST ? already(name, e) : r;
	}
	if (!k || unit_parse(name + strlen(k->name), name + strlen(name)) < 0)
		return bsd_err(e, EINVAL, "SIOCIFCREATE2");
	if (unit_taken(v, k, unit))
		r = -EEXIST;
	else
		r = k->create(v, unit, nwords, words, ret_used, ret_name, e);
	return r == -EEXIST ? already(name, e) : r;
}

int if_create_epair_at(struct vnet *v, const char *name,
		       struct vnet *const at[2], struct err *e)
{
	int unit, r;

	if (ifkind_of_name(name, &unit) != &kind_epair ||
	    unit_parse(name + strlen(kind_epair.name), name + strlen(name)) < 0)
		return bsd_err(e, EINVAL, "SIOCIFCREATE2");
	r = unit_taken(v, &kind_epair, unit) ? -EEXIST
					     : epair_create_at(v, unit, at, e);
	return r == -EEXIST ? already(name, e) : r;
}

static const char *home_of(const struct ifnet *ifp)
{
	return ifp->home_name[0] ? ifp->home_name : ifp->kname;
}

void kind_forget(struct vnet *v, const struct ifnet *ifp)
{
	char base[IFNAMSIZ], end;

	ifstate_remove(v, ifp->index);
	if (ifkind_home(home_of(ifp), ifp->linux_kind, base, &end))
		ifunit_drop(v, base);
}

int if_destroy(struct vnet *v, const char *name, struct err *e)
{
	cleanup_ifnet struct ifnet ifp = {0};
	int r;

	r = ifnet_link(v, name, &ifp, e);
	if (r < 0)
		return r;
	if (!ifp.kind->destroy)
		return bsd_err(e, EINVAL, "SIOCIFDESTROY");
	r = bridge_forget(v, &ifp, e);
	if (r >= 0)
		r = ifp.kind->destroy(v, &ifp, e);
	if (r < 0)
		return r;
	kind_forget(v, &ifp);
	return 0;
}

int kind_destroy_link(struct vnet *v, const struct ifnet *ifp, struct err *e)
{
	return link_delete(v, ifp->index, e);
}

int kind_refuse(const struct ifkind *k, int error, struct err *e)
{
	if (error == EOPNOTSUPP && k->lacks)
		return err_set(e, EOPNOTSUPP, "%s: this kernel has no %s",
			       k->name, k->lacks);
	return bsd_err(e, error, "SIOCIFCREATE2");
}

/* ------------------------------------------------------------ rename */

static int set_home(struct ifstate *s, void *data, struct err *e)
{
	const char *const *names = data; /* home, new name */

	(void)e;
	if (!strcmp(names[0], names[1]))
		s->home[0] = '\0'; /* back to its own name */
	else
		snprintf(s->home, sizeof(s->home), "%s", names[0]);
	return 0;
}

/* The unit a clone holds outlives its name: note it before it is gone. */
static int hold_home(struct vnet *v, const struct ifnet *ifp, const char *to,
		     struct err *e)
{
	const char *names[] = {home_of(ifp), to};
	char base[IFNAMSIZ], end;
	int r;

	if (v->statefd < 0 ||
	    !ifkind_home(names[0], ifp->linux_kind, base, &end))
		return 0;
	r = ifunit_hold(v, base, end, v->cookie, ifp->index, -1,
			ifp->linux_kind, e);
	if (r < 0)
		return r;
	return ifstate_update(v, ifp->index, set_home, (void *)names, e);
}

static int rename_link(struct vnet *v, const struct ifnet *ifp, const char *to,
		       struct err *e)
{
	struct nlm m;

	link_set(&m, ifp->index, 0, 0);
	nlm_put_str(&m, IFLA_IFNAME, to);
	return nl_talk(v->rt, &m, e, NULL);
}

int if_rename(struct vnet *v, const char *name, const char *to, struct err *e)
{
	static const char what[] = "ioctl SIOCSIFNAME (set name)";
	cleanup_ifnet struct ifnet ifp = {0};
	struct err le = ERR_INIT;
	int r;

	r = ifnet_link(v, name, &ifp, e);
	if (r < 0)
		return r;
	if (!*to || strlen(to) >= IFNAMSIZ)
		return bsd_err(e, *to ? ENAMETOOLONG : EINVAL, "%s", what);
	if (!strcmp(ifp.name, to))
		return 0;
	if (!strcmp(ifp.kname, "lo") || !strcmp(to, "lo0") ||
	    vnet_ifindex(v, to))
		return bsd_err(e, strcmp(ifp.kname, "lo") ? EEXIST : EINVAL,
			       "%s", what);
	r = hold_home(v, &ifp, to, e);
	if (r < 0)
		return r;
	r = rename_link(v, &ifp, to, &le);
	if (r == -EBUSY) /* before Linux 6.2 an interface must be down for it */
		r = if_rename_down(v, &ifp, to, &le);
	if (r < 0) {
		hold_home(v, &ifp, ifp.kname, NULL);
		return bsd_err(e, -r, "%s", what);
	}
	return 0;
}
