/* See eiface_pair.h for the theory of operation. */
#include "netgraph/eiface_pair.h"

#include "base/cleanup.h"
#include "base/str.h"
#include "net/link.h"
#include "net/move.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

/* The largest that a veth takes: what is too large for ngethN is dropped at
 * that end. */
#define OUR_MTU 65535

static int name_both(const struct pair_names *names, unsigned int unit,
		     char ret_far[IFNAMSIZ], char ret_our[IFNAMSIZ])
{
	int a = snprintf(ret_far, IFNAMSIZ, "%s%u", names->base, unit);
	int b = snprintf(ret_our, IFNAMSIZ, IF_HIDDEN_PREFIX "%s%u",
			 names->base, unit);

	return a < IFNAMSIZ && b < IFNAMSIZ ? 0 : -ENOSPC;
}

/*
 * Numbers for the two ends.  Packets tell by ngethN's whether it is in this
 * vnet, so no vnet it may go to should have an interface of that number: the
 * kernel counts from 1, graphs have ranges of their own, by their vnet's
 * cookie.  Within a vnet they grow with the unit: so interfaces are listed.
 */
#define INDEX_BASE 0x40000000u
#define INDEX_UNITS 2048u

static uint32_t pair_index(const struct vnet *v, unsigned int unit)
{
	uint32_t range = (uint32_t)v->cookie + unit / INDEX_UNITS * 0x10001u;

	return INDEX_BASE + (range & 0x3ffff) * 2 * INDEX_UNITS +
	       unit % INDEX_UNITS * 2;
}

static int pair_request(struct vnet *v, const char *far_name, const char *our,
			uint32_t group, uint32_t index)
{
	struct ifinfomsg ifi = {.ifi_index = (int)index};
	unsigned char mac[MAC_LEN];
	struct link_nest n;
	struct nlattr *peer;
	struct nlm m;
	int r;

	r = mac_random(mac, 0, NULL);
	if (r < 0)
		return r;
	link_new(&m, our);
	((struct ifinfomsg *)mnl_nlmsg_get_payload(m.h))->ifi_index =
		(int)(index ? index + 1 : 0);
	nlm_put_u32(&m, IFLA_GROUP, IF_GROUP_HIDDEN);
	nlm_put_u32(&m, IFLA_MTU, OUR_MTU);
	nlm_put(&m, IFLA_ADDRESS, mac, sizeof(mac));
	n = link_data(&m, "veth");
	peer = nlm_nest(&m, VETH_INFO_PEER);
	nlm_put_raw(&m, &ifi, sizeof(ifi));
	nlm_put_str(&m, IFLA_IFNAME, far_name);
	nlm_put_u32(&m, IFLA_GROUP, group);
	nlm_put_u32(&m, IFLA_MTU, NG_EIFACE_MTU_DEFAULT);
	mac_generated(v, far_name, mac);
	nlm_put(&m, IFLA_ADDRESS, mac, sizeof(mac));
	nlm_nest_end(&m, peer);
	link_nest_end(&m, &n);
	return nl_talk(v->rt, &m, NULL, NULL);
}

int pair_make(struct vnet *v, const struct pair_names *how, unsigned int unit,
	      uint32_t *ret_ifindex, uint32_t *ret_far)
{
	char far_name[IFNAMSIZ], our[IFNAMSIZ];
	const char *names[] = {far_name, our};
	int r, a, b;

	r = name_both(how, unit, far_name, our);
	if (r < 0)
		return r;
	if (vnet_ifindex(v, far_name) || vnet_ifindex(v, our))
		return -EEXIST;
	r = pair_request(v, far_name, our, how->group,
			 pair_index(v, how->first + unit));
	if (r == -EEXIST || r == -EBUSY) /* a number is taken: any */
		r = pair_request(v, far_name, our, how->group, 0);
	if (r < 0)
		return r;
	link_v6_off(v, names, ARRAY_SIZE(names));
	a = vnet_ifindex(v, our);
	b = vnet_ifindex(v, far_name);
	if (!a || !b)
		return -ENXIO;
	*ret_ifindex = (uint32_t)a;
	*ret_far = (uint32_t)b;
	return 0;
}

int pair_remove(struct vnet *v, uint32_t ifindex)
{
	return link_delete(v, (int)ifindex, NULL);
}

int pair_link(struct vnet *v, uint32_t ifindex, bool up)
{
	/* without ARP: nothing of this host ever speaks by it */
	return ng_link_flags(v, ifindex, IFF_UP | IFF_NOARP,
			     (up ? IFF_UP : 0) | IFF_NOARP);
}

int pair_far(struct vnet *v, uint32_t ifindex, struct ng_link *ret,
	     int *ret_netnsid)
{
	struct ng_link our, other;
	int r;

	r = ng_link_get(v, ifindex, -1, &our);
	if (r < 0)
		return r;
	if (!our.peer)
		return -ENXIO;
	r = ng_link_get(v, our.peer, our.netnsid, &other);
	if (r < 0)
		return r;
	*ret = other;
	if (ret_netnsid)
		*ret_netnsid = our.netnsid;
	return 0;
}

/* ------------------------------------------- in another namespace */

/*
 * A descriptor of the namespace that v calls netnsid.  The kernel tells
 * numbers of namespaces but opens none by them, so look at those of all
 * processes, each once in a row (a jail's processes mostly follow each other).
 */
static int namespace_open(struct vnet *v, int netnsid)
{
	cleanup_closedir DIR *proc = opendir("/proc");
	ino_t last = v->nsino;
	struct dirent *de;
	int id;

	while (proc && (de = readdir(proc))) {
		cleanup_close int fd = -1;
		char path[sizeof(de->d_name) + 8];
		struct stat st;

		if (de->d_name[0] < '1' || de->d_name[0] > '9')
			continue;
		snprintf(path, sizeof(path), "%s/ns/net", de->d_name);
		fd = openat(dirfd(proc), path, O_RDONLY | O_CLOEXEC);
		if (fd < 0 || fstat(fd, &st) < 0 || st.st_ino == last)
			continue;
		last = st.st_ino;
		if (vnet_nsid_find(v, fd, &id) >= 0 && id == netnsid)
			return take_fd(&fd);
	}
	return -ENXIO;
}

int pair_mac(struct vnet *v, uint32_t ifindex, const uint8_t mac[6])
{
	cleanup_vnet struct vnet *there = NULL;
	cleanup_close int ns = -1;
	struct ng_link l;
	int netnsid, r;

	r = pair_far(v, ifindex, &l, &netnsid);
	if (r < 0)
		return r;
	if (netnsid < 0)
		return ng_link_mac(v, l.ifindex, mac);
	r = namespace_open(v, netnsid);
	if (r < 0)
		return r;
	ns = r;
	r = vnet_open(ns, NULL, &there, NULL);
	if (r < 0)
		return r;
	return ng_link_mac(there, l.ifindex, mac);
}

/* ------------------------------------------------------- addresses */

/* FreeBSD's numbers of families. */
#define BSD_AF_INET 2
#define BSD_AF_LINK 18
#define BSD_AF_INET6 28

static void put_sockaddr(struct strbuf *b, const uint8_t *sa, size_t len)
{
	static const char zeros[sizeof(long)];

	strbuf_addn(b, sa, len);
	strbuf_addn(b, zeros,
		    (sizeof(long) - len % sizeof(long)) % sizeof(long));
}

/* struct sockaddr_dl: length, family, index, type, lengths, name, address */
static void put_link(struct strbuf *b, const struct ng_link *l)
{
	uint8_t sa[54] = {sizeof(sa), BSD_AF_LINK};
	uint16_t index = (uint16_t)l->ifindex;
	size_t n = strlen(l->name);

	memcpy(sa + 2, &index, sizeof(index));
	sa[4] = 6; /* IFT_ETHER */
	sa[5] = (uint8_t)n;
	sa[6] = sizeof(l->mac);
	memcpy(sa + 8, l->name, n);
	memcpy(sa + 8 + n, l->mac, sizeof(l->mac));
	put_sockaddr(b, sa, sizeof(sa));
}

struct addrs {
	struct strbuf b;
	uint32_t ifindex;
	size_t start;
};

static void addrs_restart(void *data)
{
	struct addrs *a = data;

	a->b.len = a->start;
}

static int addrs_one(const struct nlmsghdr *h, void *data, struct err *e)
{
	const struct ifaddrmsg *ifa = mnl_nlmsg_get_payload(h);
	const struct nlattr *tb[IFA_MAX + 1], *at;
	struct addrs *a = data;
	uint8_t in[16] = {sizeof(in), BSD_AF_INET};
	uint8_t in6[28] = {sizeof(in6), BSD_AF_INET6};

	(void)e;
	if (h->nlmsg_type != RTM_NEWADDR ||
	    mnl_nlmsg_get_payload_len(h) < sizeof(*ifa) ||
	    ifa->ifa_index != a->ifindex)
		return 0;
	nl_parse(h, sizeof(*ifa), tb, IFA_MAX);
	at = tb[IFA_LOCAL] ? tb[IFA_LOCAL] : tb[IFA_ADDRESS];
	if (!at)
		return 0;
	if (ifa->ifa_family == AF_INET && mnl_attr_get_payload_len(at) == 4) {
		memcpy(in + 4, mnl_attr_get_payload(at), 4);
		put_sockaddr(&a->b, in, sizeof(in));
	}
	if (ifa->ifa_family == AF_INET6 && mnl_attr_get_payload_len(at) == 16) {
		memcpy(in6 + 8, mnl_attr_get_payload(at), 16);
		put_sockaddr(&a->b, in6, sizeof(in6));
	}
	return 0;
}

int pair_addrs(struct vnet *v, uint32_t ifindex, uint8_t **ret, size_t *ret_len)
{
	struct addrs a = {.b = STRBUF_INIT};
	struct ifaddrmsg ifa = {0};
	struct ng_link l;
	struct nlm m;
	int netnsid, r;

	r = pair_far(v, ifindex, &l, &netnsid);
	if (r < 0)
		return r;
	put_link(&a.b, &l);
	a.start = a.b.len;
	a.ifindex = l.ifindex;
	ifa.ifa_index = l.ifindex;
	nlm_begin(&m, RTM_GETADDR, 0, &ifa, sizeof(ifa));
	if (netnsid >= 0)
		nlm_put_u32(&m, IFA_TARGET_NETNSID, (uint32_t)netnsid);
	r = nl_dump(v->rt, &m, addrs_one, addrs_restart, &a, NULL);
	if (!r && strbuf_failed(&a.b))
		r = -ENOMEM;
	if (r < 0) {
		strbuf_free(&a.b);
		return r;
	}
	*ret_len = a.b.len;
	*ret = (uint8_t *)strbuf_take(&a.b);
	return 0;
}
