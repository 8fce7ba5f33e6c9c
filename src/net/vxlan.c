/*
 * vxlan: words, attributes and the table of addresses; see vxlan.h.
 *
 * FreeBSD's interface has a port it listens on and one it sends to, Linux's
 * has one for both, so the two must be equal here.  Everything but the table's
 * timeout is settled when the kernel makes the link: a change makes it anew
 * (relink.h), which FreeBSD allows only while the interface is down, and so do
 * we.  (The number of entries, too, but that FreeBSD allows at any time.)
 */
#include "net/vxlan.h"

#include "base/cleanup.h"
#include "net/bsderr.h"
#include "net/ifstate.h"
#include "net/kind_idle.h"
#include "net/link.h"
#include "net/relink.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/neighbour.h>
#include <string.h>

void vxlan_init(struct vxlan *x)
{
	*x = (struct vxlan){
		.vni = VXLAN_NO_VNI,
		.local_port = VXLAN_PORT,
		.remote_port = VXLAN_PORT,
		.port_min = 49152,
		.port_max = 65535,
		.timeout = 1200,
		.maxaddr = 2000,
		.ttl = 64,
		.learn = true,
	};
}

/* ------------------------------------------------------------- words */

static int set_vni(struct vxlan *x, char *const *args, struct err *e)
{
	return tunnel_word_vni(args[0], &x->vni, e);
}

static int set_local(struct vxlan *x, char *const *args, struct err *e)
{
	return tunnel_word_addr(args[0], "local", false, &x->local, e);
}

static int set_remote(struct vxlan *x, char *const *args, struct err *e)
{
	return tunnel_word_addr(args[0], "remote", false, &x->remote, e);
}

static int set_group(struct vxlan *x, char *const *args, struct err *e)
{
	return tunnel_word_addr(args[0], "group", true, &x->remote, e);
}

static int set_local_port(struct vxlan *x, char *const *args, struct err *e)
{
	return tunnel_word_port(args[0], "local port", &x->local_port, e);
}

static int set_remote_port(struct vxlan *x, char *const *args, struct err *e)
{
	return tunnel_word_port(args[0], "remote port", &x->remote_port, e);
}

static int set_port_range(struct vxlan *x, char *const *args, struct err *e)
{
	uint16_t min = 0, max = 0;
	int r;

	r = tunnel_word_port(args[0], "port range minimum", &min, e);
	if (r >= 0)
		r = tunnel_word_port(args[1], "port range maximum", &max, e);
	if (r < 0)
		return r;
	if (max < min)
		return err_set(e, EINVAL, "invalid port range");
	x->port_min = min;
	x->port_max = max;
	return 0;
}

static int number32(uint32_t *ret, const char *word, const char *what,
		    struct err *e)
{
	unsigned long n;

	if (!tunnel_number(word, UINT32_MAX, &n))
		return err_set(e, EINVAL, "invalid %s value: %s", what, word);
	*ret = (uint32_t)n;
	return 0;
}

static int set_timeout(struct vxlan *x, char *const *args, struct err *e)
{
	return number32(&x->timeout, args[0], "timeout", e);
}

static int set_maxaddr(struct vxlan *x, char *const *args, struct err *e)
{
	return number32(&x->maxaddr, args[0], "maxaddr", e);
}

static int set_ttl(struct vxlan *x, char *const *args, struct err *e)
{
	return tunnel_word_ttl(args[0], &x->ttl, e);
}

static int set_dev(struct vxlan *x, char *const *args, struct err *e)
{
	if (!*args[0] || strlen(args[0]) >= sizeof(x->dev))
		return bsd_err(e, ENXIO, "vxlandev %s", args[0]);
	snprintf(x->dev, sizeof(x->dev), "%s", args[0]);
	return 0;
}

static int set_learn(struct vxlan *x, char *const *args, struct err *e)
{
	(void)args;
	(void)e;
	x->learn = true;
	return 0;
}

static int set_nolearn(struct vxlan *x, char *const *args, struct err *e)
{
	(void)args;
	(void)e;
	x->learn = false;
	return 0;
}

static const struct {
	const char *name;
	int nargs;
	int (*set)(struct vxlan *x, char *const *args, struct err *e);
} words[] = {
	{"vxlanid", 1, set_vni},
	{"vni", 1, set_vni},
	{"vxlanlocal", 1, set_local},
	{"vxlanremote", 1, set_remote},
	{"vxlangroup", 1, set_group},
	{"vxlanlocalport", 1, set_local_port},
	{"vxlanremoteport", 1, set_remote_port},
	{"vxlanportrange", 2, set_port_range},
	{"vxlantimeout", 1, set_timeout},
	{"vxlanmaxaddr", 1, set_maxaddr},
	{"vxlandev", 1, set_dev},
	{"vxlanttl", 1, set_ttl},
	{"vxlanlearn", 0, set_learn},
	{"-vxlanlearn", 0, set_nolearn},
};

int vxlan_word(struct vxlan *x, int nwords, char *const *w, int *ret_nargs,
	       struct err *e)
{
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		int r;

		if (strcmp(words[i].name, w[0]) != 0)
			continue;
		if (nwords <= words[i].nargs)
			return err_set(e, EINVAL,
				       words[i].nargs > 1
					       ? "'%s' requires %d arguments"
					       : "'%s' requires argument",
				       w[0], words[i].nargs);
		r = words[i].set(x, w + 1, e);
		if (r < 0)
			return r;
		*ret_nargs = words[i].nargs;
		return 1;
	}
	return 0;
}

int vxlan_check(const struct vxlan *x, struct err *e)
{
	if (x->local.family && x->remote.family &&
	    x->local.family != x->remote.family)
		return err_set(e, EINVAL, "cannot mix IPv4 and IPv6 addresses");
	if (x->local_port != x->remote_port)
		return err_set(e, EOPNOTSUPP,
			       "vxlanlocalport and vxlanremoteport: Linux has "
			       "one port for both, make them equal");
	return 0;
}

/* -------------------------------------------------------- attributes */

/* Numbers of addresses by family; one not set is sent as zero. */
static void put_addr(struct nlm *m, const struct tunnel_addr *a, uint16_t attr4,
		     uint16_t attr6)
{
	if (a->family)
		nlm_put(m, a->family == AF_INET ? attr4 : attr6, &a->in6,
			tunnel_addr_len(a));
}

/* What can be changed while the link exists. */
static void put_table(struct nlm *m, const void *data)
{
	const struct vxlan *x = data;

	nlm_put_u8(m, IFLA_VXLAN_LEARNING, x->learn);
	nlm_put_u32(m, IFLA_VXLAN_AGEING, x->timeout);
}

void vxlan_put(struct nlm *m, const void *data)
{
	const struct vxlan *x = data;
	struct ifla_vxlan_port_range range = {htons(x->port_min),
					      htons(x->port_max)};

	nlm_put_u32(m, IFLA_VXLAN_ID, x->vni);
	put_addr(m, &x->local, IFLA_VXLAN_LOCAL, IFLA_VXLAN_LOCAL6);
	put_addr(m, &x->remote, IFLA_VXLAN_GROUP, IFLA_VXLAN_GROUP6);
	nlm_put_u16(m, IFLA_VXLAN_PORT, htons(x->remote_port));
	nlm_put(m, IFLA_VXLAN_PORT_RANGE, &range, sizeof(range));
	nlm_put_u8(m, IFLA_VXLAN_TTL, x->ttl);
	if (x->ifindex)
		nlm_put_u32(m, IFLA_VXLAN_LINK, (uint32_t)x->ifindex);
	nlm_put_u32(m, IFLA_VXLAN_LIMIT, x->maxaddr);
	put_table(m, x);
}

static void get_addr(const struct nlattr *a4, const struct nlattr *a6,
		     struct tunnel_addr *ret)
{
	const struct nlattr *a = a4 ? a4 : a6;

	if (a)
		tunnel_addr_read(ret, mnl_attr_get_payload(a),
				 mnl_attr_get_payload_len(a));
}

void vxlan_read(const struct nlattr *info, struct vxlan *ret)
{
	const struct nlattr *tb[IFLA_VXLAN_MAX + 1];
	const struct nlattr *a;

	vxlan_init(ret);
	nl_parse_nested(info, tb, IFLA_VXLAN_MAX);
	if (!tb[IFLA_VXLAN_ID])
		return;
	ret->vni = nl_u32(tb[IFLA_VXLAN_ID]) & (VXLAN_NO_VNI - 1);
	get_addr(tb[IFLA_VXLAN_LOCAL], tb[IFLA_VXLAN_LOCAL6], &ret->local);
	get_addr(tb[IFLA_VXLAN_GROUP], tb[IFLA_VXLAN_GROUP6], &ret->remote);
	ret->local_port = ret->remote_port = ntohs(nl_u16(tb[IFLA_VXLAN_PORT]));
	a = tb[IFLA_VXLAN_PORT_RANGE];
	if (a && mnl_attr_get_payload_len(a) >=
			 sizeof(struct ifla_vxlan_port_range)) {
		struct ifla_vxlan_port_range range;

		memcpy(&range, mnl_attr_get_payload(a), sizeof(range));
		ret->port_min = ntohs(range.low);
		ret->port_max = ntohs(range.high);
	}
	ret->ttl = nl_u8(tb[IFLA_VXLAN_TTL]);
	ret->ifindex = (int)nl_u32(tb[IFLA_VXLAN_LINK]);
	ret->learn = nl_u8(tb[IFLA_VXLAN_LEARNING]);
	ret->timeout = nl_u32(tb[IFLA_VXLAN_AGEING]);
	ret->maxaddr = nl_u32(tb[IFLA_VXLAN_LIMIT]);
}

/* ------------------------------------------------------ configuration */

/* Lines of a state file, which a jail's root may have written. */
static int load_words(struct vxlan *x, const struct strv *lines)
{
	for (size_t i = 0; i < lines->n; i++) {
		cleanup_strv struct strv w = {0};
		int nargs;

		if (strv_split(&w, lines->v[i], " ") < 0)
			return -ENOMEM;
		if (w.n)
			vxlan_word(x, (int)w.n, w.v, &nargs, NULL);
	}
	return 0;
}

int vxlan_load(struct vnet *v, const struct ifnet *ifp, struct vxlan *ret,
	       struct err *e)
{
	cleanup_ifstate struct ifstate s = {0};
	struct vxlan x;
	int r;

	vxlan_init(&x);
	if (!kind_idle_link(ifp)) {
		vxlan_read(ifp->info, &x);
		if (x.ifindex)
			vnet_ifname(v, x.ifindex, x.dev);
		*ret = x;
		return 0;
	}
	r = ifstate_get(v, ifp->index, &s, e);
	if (r < 0)
		return r;
	if (load_words(&x, &s.words) < 0)
		return err_nomem(e);
	*ret = x;
	return 0;
}

static void add_addr(struct strv *lines, const char *word,
		     const struct tunnel_addr *a)
{
	cleanup_strbuf struct strbuf b = STRBUF_INIT;

	if (!a->family)
		return;
	strbuf_addf(&b, "%s ", word);
	tunnel_addr_put(&b, a);
	strv_add(lines, b.s);
}

/* What differs from the defaults, as words. */
static int put_words(struct ifstate *s, void *data, struct err *e)
{
	const struct vxlan *x = data;
	struct vxlan d;

	vxlan_init(&d);
	strv_free(&s->words);
	if (x->vni != VXLAN_NO_VNI)
		return 0; /* the driver has it */
	add_addr(&s->words, "vxlanlocal", &x->local);
	add_addr(&s->words,
		 tunnel_addr_multicast(&x->remote) ? "vxlangroup"
						   : "vxlanremote",
		 &x->remote);
	if (x->local_port != d.local_port)
		strv_addf(&s->words, "vxlanlocalport %u", x->local_port);
	if (x->remote_port != d.remote_port)
		strv_addf(&s->words, "vxlanremoteport %u", x->remote_port);
	if (x->port_min != d.port_min || x->port_max != d.port_max)
		strv_addf(&s->words, "vxlanportrange %u %u", x->port_min,
			  x->port_max);
	if (x->timeout != d.timeout)
		strv_addf(&s->words, "vxlantimeout %u", x->timeout);
	if (x->maxaddr != d.maxaddr)
		strv_addf(&s->words, "vxlanmaxaddr %u", x->maxaddr);
	if (x->ttl != d.ttl)
		strv_addf(&s->words, "vxlanttl %u", x->ttl);
	if (*x->dev)
		strv_addf(&s->words, "vxlandev %s", x->dev);
	if (!x->learn)
		strv_add(&s->words, "-vxlanlearn");
	(void)e;
	return 0;
}

/* Does only that differ which FreeBSD changes while the interface is up? */
static bool only_table(const struct vxlan *a, const struct vxlan *b)
{
	return a->vni == b->vni && tunnel_addr_equal(&a->local, &b->local) &&
	       tunnel_addr_equal(&a->remote, &b->remote) &&
	       a->remote_port == b->remote_port && a->port_min == b->port_min &&
	       a->port_max == b->port_max && a->ttl == b->ttl &&
	       a->ifindex == b->ifindex;
}

static int apply(struct vnet *v, const struct ifnet *ifp,
		 const struct vxlan *old, const struct vxlan *now,
		 struct err *e)
{
	bool idle = kind_idle_link(ifp);

	if (!idle && only_table(old, now)) {
		if (old->maxaddr == now->maxaddr)
			return relink_change(v, ifp, put_table, now, e);
	} else if (!idle && (ifp->flags & IFF_UP)) {
		return bsd_err(e, EBUSY, "%s", "");
	}
	return relink(v, ifp, "vxlan", vxlan_put, now, e);
}

int vxlan_apply(struct vnet *v, const char *ifname, const struct vxlan *old,
		const struct vxlan *now, const char *what, struct err *e)
{
	cleanup_ifnet struct ifnet ifp = {0};
	struct err le = ERR_INIT;
	struct vxlan x = *now;
	int r = vxlan_check(&x, e);

	if (r >= 0)
		r = ifnet_get(v, ifname, &ifp, e);
	if (r < 0)
		return r;
	if (x.vni == VXLAN_NO_VNI)
		return ifstate_update(v, ifp.index, put_words, &x, e);
	x.ifindex = *x.dev ? vnet_ifindex(v, x.dev) : 0;
	if (*x.dev && !x.ifindex)
		return bsd_err(e, ENXIO, "vxlandev %s", x.dev);
	r = apply(v, &ifp, old, &x, &le);
	if (r < 0)
		return err_set(e, -r, "%s: %s", what, le.text);
	return kind_idle_link(&ifp)
		       ? ifstate_update(v, ifp.index, put_words, &x, e)
		       : 0;
}

/* -------------------------------------------------- table of addresses */

struct table {
	int ifindex;
	bool all; /* static ones, too */
	uint32_t n;
	struct nl_batch *doomed; /* or NULL: only counting */
};

static int entry_cb(const struct nlmsghdr *h, void *data, struct err *e)
{
	const struct ndmsg *nd = mnl_nlmsg_get_payload(h);
	const struct nlattr *tb[NDA_MAX + 1];
	static const unsigned char zero[MAC_LEN];
	struct table *t = data;
	struct ndmsg del;
	const unsigned char *mac;
	struct nlm m;

	if (h->nlmsg_type != RTM_NEWNEIGH ||
	    mnl_nlmsg_get_payload_len(h) < sizeof(*nd) ||
	    nd->ndm_ifindex != t->ifindex || !(nd->ndm_flags & NTF_SELF))
		return 0;
	nl_parse(h, sizeof(*nd), tb, NDA_MAX);
	if (!tb[NDA_LLADDR] ||
	    mnl_attr_get_payload_len(tb[NDA_LLADDR]) != MAC_LEN)
		return 0;
	mac = mnl_attr_get_payload(tb[NDA_LLADDR]);
	/* the entry of zeros is the remote end of all that is not known */
	if (!memcmp(mac, zero, MAC_LEN))
		return 0;
	t->n++;
	if (!t->doomed ||
	    (!t->all && (nd->ndm_state & (NUD_PERMANENT | NUD_NOARP))))
		return 0;
	del = (struct ndmsg){.ndm_family = AF_BRIDGE,
			     .ndm_ifindex = t->ifindex,
			     .ndm_flags = NTF_SELF};
	nlm_begin(&m, RTM_DELNEIGH, 0, &del, sizeof(del));
	nlm_put(&m, NDA_LLADDR, mac, MAC_LEN);
	return nl_batch_add(t->doomed, &m, e, "VXLAN_CMD_FLUSH");
}

static void entries_restart(void *data)
{
	((struct table *)data)->n = 0;
}

static int each_entry(struct vnet *v, struct table *t, struct err *e)
{
	struct ndmsg nd = {.ndm_family = AF_BRIDGE, .ndm_ifindex = t->ifindex};
	struct nlm m;

	nlm_begin(&m, RTM_GETNEIGH, 0, &nd, sizeof(nd));
	nlm_put_u32(&m, NDA_IFINDEX, (uint32_t)t->ifindex);
	return nl_dump(v->rt, &m, entry_cb, entries_restart, t, e);
}

int vxlan_entries(struct vnet *v, int ifindex, uint32_t *ret, struct err *e)
{
	struct table t = {.ifindex = ifindex};
	int r = each_entry(v, &t, e);

	if (r >= 0)
		*ret = t.n;
	return r;
}

int vxlan_flush(struct vnet *v, const struct ifnet *ifp, bool all,
		struct err *e)
{
	cleanup_nl_batch struct nl_batch *b = NULL;
	struct table t = {.ifindex = ifp->index, .all = all};
	int r;

	r = nl_batch_new(v->rt, &b, e);
	if (r < 0)
		return r;
	t.doomed = b;
	r = each_entry(v, &t, e);
	if (r >= 0)
		r = nl_batch_run(b, NULL, e);
	/* one may have aged meanwhile */
	if (r == -ENOENT) {
		err_clear(e);
		r = 0;
	}
	return r;
}
