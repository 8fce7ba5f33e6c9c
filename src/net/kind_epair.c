/*
 * epair: a veth pair epairNa/epairNb.  The two addresses share five bytes and
 * end in 0a and 0b, as FreeBSD 14 has it (scripts derive one from the other).
 */
#include "net/kind_rows.h"

#include "base/cleanup.h"
#include "base/str.h"
#include "net/bsderr.h"
#include "net/link.h"

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
 * is end a: it gets the lower index and is listed first, as on FreeBSD.
 */
static int pair_message(struct nlm *m, const struct pair *p, struct err *e)
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
	mac[5] = 0x0a;
	n = link_data(m, "veth");
	peer = nlm_nest(m, VETH_INFO_PEER);
	nlm_put_raw(m, &ifi, sizeof(ifi));
	nlm_put_str(m, IFLA_IFNAME, p->a);
	nlm_put(m, IFLA_ADDRESS, mac, sizeof(mac));
	nlm_nest_end(m, peer);
	link_nest_end(m, &n);
	return 0;
}

static int epair_create(struct vnet *v, int unit, int nwords, char **words,
			int *ret_used, char ret_name[IFNAMSIZ], struct err *e)
{
	struct err le = ERR_INIT;
	const char *ends[2];
	struct pair p;
	struct nlm m;
	int r;

	(void)nwords;
	(void)words;
	*ret_used = 0;
	r = pair_names(&p, unit, e);
	if (r >= 0)
		r = pair_message(&m, &p, e);
	if (r < 0)
		return r;
	r = nl_talk(v->rt, &m, &le, NULL);
	if (r < 0)
		return bsd_err(e, -r, "SIOCIFCREATE2");
	ends[0] = p.a;
	ends[1] = p.b;
	link_v6_off(v, ends, 2);
	str_copy(ret_name, IFNAMSIZ, p.a);
	return 0;
}

/* Remove those of a failed batch that were made by it. */
static void pairs_undo(struct vnet *v, const struct pair *p, const bool *had,
		       size_t n)
{
	for (size_t i = 0; i < n; i++) {
		int index = had[i] ? 0 : vnet_ifindex(v, p[i].a);

		if (index)
			link_delete(v, index, NULL);
	}
}

int if_create_epairs(struct vnet *v, const int *units, size_t n, struct err *e)
{
	cleanup_nl_batch struct nl_batch *b = NULL;
	cleanup_free struct pair *p = calloc(n + 1, sizeof(*p));
	cleanup_free bool *had = calloc(n + 1, sizeof(*had));
	cleanup_free const char **ends = calloc(2 * n + 1, sizeof(*ends));
	struct err le = ERR_INIT;
	struct nlm m;
	size_t failed = 0;
	int r;

	if (!p || !had || !ends)
		return err_nomem(e);
	r = nl_batch_new(v->rt, &b, e);
	for (size_t i = 0; r >= 0 && i < n; i++) {
		r = pair_names(&p[i], units[i], e);
		if (r >= 0)
			r = pair_message(&m, &p[i], e);
		if (r >= 0)
			r = nl_batch_add(b, &m, e, NULL);
		had[i] = vnet_ifindex(v, p[i].a);
		ends[2 * i] = p[i].a;
		ends[2 * i + 1] = p[i].b;
	}
	if (r < 0)
		return r;
	r = nl_batch_run(b, &failed, &le);
	if (r < 0) {
		pairs_undo(v, p, had, n);
		if (r == -EEXIST)
			return err_set(
				e, EEXIST, "interface %.*s already exists",
				(int)strlen(p[failed].a) - 1, p[failed].a);
		return bsd_err(e, -r, "SIOCIFCREATE2");
	}
	link_v6_off(v, ends, 2 * n);
	return 0;
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
