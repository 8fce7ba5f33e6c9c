/*
 * epair: a veth pair epairNa/epairNb.  The two addresses share five bytes and
 * end in 0a and 0b, as FreeBSD 14 has it (scripts derive one from the other).
 */
#include "net/kind_rows.h"

#include "base/cleanup.h"
#include "base/str.h"
#include "net/bsderr.h"
#include "net/ifstate.h"
#include "net/link.h"
#include "net/move.h"

#include <errno.h>
#include <linux/veth.h>
#include <stdio.h>
#include <string.h>

struct pair {
	char a[IFNAMSIZ], b[IFNAMSIZ];
};

static int pair_names(struct pair *p, int unit, struct err *e)
{
	if (snprintf(p->a, sizeof(p->a), "epair%da", unit) >= IFNAMSIZ ||
	    unit < 0)
		return bsd_err(e, EINVAL, "SIOCIFCREATE2");
	str_copy(p->b, sizeof(p->b), p->a);
	p->b[strlen(p->b) - 1] = 'b';
	return 0;
}

/*
 * One request makes both ends.  The kernel registers the peer first, so that
 * is end a: it gets the lower index and is listed first, as on FreeBSD.  An
 * end that is to be elsewhere is made there, which costs nothing; to move it
 * costs a grace period.
 */
static int pair_message(struct nlm *m, const struct pair *p,
			struct vnet *const at[2], struct err *e)
{
	struct ifinfomsg ifi = {0};
	unsigned char mac[MAC_LEN];
	struct link_nest n;
	struct nlattr *peer;
	int r;

	r = mac_random(mac, 0x0b, e);
	if (r < 0)
		return r;
	link_new(m, p->b);
	nlm_put(m, IFLA_ADDRESS, mac, sizeof(mac));
	if (at[1])
		nlm_put_u32(m, IFLA_NET_NS_FD, (uint32_t)at[1]->nsfd);
	mac[5] = 0x0a;
	n = link_data(m, "veth");
	peer = nlm_nest(m, VETH_INFO_PEER);
	nlm_put_raw(m, &ifi, sizeof(ifi));
	nlm_put_str(m, IFLA_IFNAME, p->a);
	nlm_put(m, IFLA_ADDRESS, mac, sizeof(mac));
	if (at[0])
		nlm_put_u32(m, IFLA_NET_NS_FD, (uint32_t)at[0]->nsfd);
	nlm_nest_end(m, peer);
	link_nest_end(m, &n);
	return 0;
}

/* The unit of an end that is away is noted as if it had been moved there. */
static int pair_away(struct vnet *v, int unit, char end, const char *name,
		     struct vnet *at, struct err *e)
{
	char base[IFNAMSIZ];

	snprintf(base, sizeof(base), "epair%d", unit);
	link_v6_off(at, &name, 1);
	return ifunit_hold(v, base, end, at->cookie, vnet_ifindex(at, name),
			   vnet_nsid(v, at), "veth", e);
}

int epair_create_at(struct vnet *v, int unit, struct vnet *const at[2],
		    struct err *e)
{
	struct err le = ERR_INIT;
	const char *ends[2];
	struct pair p;
	struct nlm m;
	int r;

	r = pair_names(&p, unit, e);
	if (r >= 0)
		r = pair_message(&m, &p, at, e);
	if (r < 0)
		return r;
	r = nl_talk(v->rt, &m, &le, NULL);
	if (r < 0)
		return bsd_err(e, -r, "SIOCIFCREATE2");
	ends[0] = p.a;
	ends[1] = p.b;
	if (!at[0] && !at[1])
		link_v6_off(v, ends, 2);
	for (int i = 0; i < 2 && (at[0] || at[1]); i++)
		if (!at[i])
			link_v6_off(v, &ends[i], 1);
		else if (r >= 0)
			r = pair_away(v, unit, "ab"[i], ends[i], at[i], e);
	return r < 0 ? r : 0;
}

static int epair_create(struct vnet *v, int unit, int nwords, char **words,
			int *ret_used, char ret_name[IFNAMSIZ], struct err *e)
{
	struct vnet *const here[2] = {NULL, NULL};
	int r = epair_create_at(v, unit, here, e);

	(void)nwords;
	(void)words;
	*ret_used = 0;
	if (r >= 0)
		snprintf(ret_name, IFNAMSIZ, "epair%da", unit);
	return r;
}

const struct ifkind kind_epair = {
	.name = "epair",
	.linux_kind = "veth",
	.clonable = true,
	.group = true,
	.ethernet = true,
	.create = epair_create,
	.destroy = kind_destroy_link,
};
