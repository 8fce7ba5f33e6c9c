/*
 * ethtool: see ethtool.h.
 *
 * Theory of operation.  Linux has some sixty named features where FreeBSD has
 * a word of capability bits; `features` maps each name that counts to its
 * bits.  The kernel sends a set of features as a bitmap (the compact form)
 * whose bit numbers differ between kernels; the names by number are asked for
 * once a process.
 */
#include "net/ethtool.h"

#include "base/cleanup.h"
#include "base/table.h"
#include "net/ifconfig_impl.h"

#include <errno.h>
#include <linux/ethtool.h>
#include <linux/ethtool_netlink.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <string.h>

#define MAX_FEATURES 256
#define WORDS (MAX_FEATURES / 32)

static const struct {
	const char *name;
	uint32_t caps;
} features[] = {
	{"rx-checksum", BSD_CAP_RXCSUM | BSD_CAP_RXCSUM_IPV6},
	{"tx-checksum-ip-generic", BSD_CAP_TXCSUM | BSD_CAP_TXCSUM_IPV6},
	{"tx-checksum-ipv4", BSD_CAP_TXCSUM},
	{"tx-checksum-ipv6", BSD_CAP_TXCSUM_IPV6},
	{"tx-tcp-segmentation", BSD_CAP_TSO4},
	{"tx-tcp6-segmentation", BSD_CAP_TSO6},
	{"rx-lro", BSD_CAP_LRO},
	{"tx-vlan-hw-insert", BSD_CAP_VLAN_HWTAGGING},
	{"rx-vlan-hw-parse", BSD_CAP_VLAN_HWTAGGING},
	{"rx-vlan-filter", BSD_CAP_VLAN_HWFILTER},
};

/* caps of each feature bit of this kernel */
static struct {
	bool loaded;
	uint32_t caps[MAX_FEATURES];
} kernel_features;

static void begin(struct nlm *m, uint16_t type, uint16_t flags, uint8_t cmd,
		  uint8_t version)
{
	struct genlmsghdr g = {.cmd = cmd, .version = version};

	nlm_begin(m, type, flags, &g, sizeof(g));
}

static int family_cb(const struct nlmsghdr *h, void *data, struct err *e)
{
	const struct nlattr *tb[CTRL_ATTR_MAX + 1];

	(void)e;
	nl_parse(h, GENL_HDRLEN, tb, CTRL_ATTR_MAX);
	if (tb[CTRL_ATTR_FAMILY_ID])
		*(uint16_t *)data = nl_u16(tb[CTRL_ATTR_FAMILY_ID]);
	return 0;
}

static int gen_open(struct vnet *v, struct err *e)
{
	struct nlm m;
	int r;

	if (!v->gen) {
		r = nl_open(NETLINK_GENERIC, v->nsfd, &v->gen, e);
		if (r < 0)
			return r;
	}
	if (v->ethtool)
		return 0;
	begin(&m, GENL_ID_CTRL, 0, CTRL_CMD_GETFAMILY, 1);
	nlm_put_str(&m, CTRL_ATTR_FAMILY_NAME, ETHTOOL_GENL_NAME);
	r = nl_query(v->gen, &m, family_cb, &v->ethtool, e);
	if (r < 0)
		return r;
	return v->ethtool ? 0 : err_set(e, EOPNOTSUPP, "no ethtool netlink");
}

static void put_header(struct nlm *m, uint16_t attr, int ifindex)
{
	struct nlattr *nest = nlm_nest(m, attr | NLA_F_NESTED);

	if (ifindex)
		nlm_put_u32(m, ETHTOOL_A_HEADER_DEV_INDEX, (uint32_t)ifindex);
	nlm_put_u32(m, ETHTOOL_A_HEADER_FLAGS, ETHTOOL_FLAG_COMPACT_BITSETS);
	nlm_nest_end(m, nest);
}

static void feature_learn(const struct nlattr *string)
{
	const struct nlattr *tb[ETHTOOL_A_STRING_MAX + 1];
	uint32_t i;

	nl_parse_nested(string, tb, ETHTOOL_A_STRING_MAX);
	if (!tb[ETHTOOL_A_STRING_INDEX] || !tb[ETHTOOL_A_STRING_VALUE])
		return;
	i = nl_u32(tb[ETHTOOL_A_STRING_INDEX]);
	if (i >= MAX_FEATURES)
		return;
	for (size_t k = 0; k < ARRAY_SIZE(features); k++)
		if (!strcmp(mnl_attr_get_str(tb[ETHTOOL_A_STRING_VALUE]),
			    features[k].name))
			kernel_features.caps[i] |= features[k].caps;
}

static int strset_cb(const struct nlmsghdr *h, void *data, struct err *e)
{
	const struct nlattr *tb[ETHTOOL_A_STRSET_MAX + 1];
	const struct nlattr *set, *string;

	(void)data;
	(void)e;
	nl_parse(h, GENL_HDRLEN, tb, ETHTOOL_A_STRSET_MAX);
	if (!tb[ETHTOOL_A_STRSET_STRINGSETS])
		return 0;
	mnl_attr_for_each_nested (set, tb[ETHTOOL_A_STRSET_STRINGSETS]) {
		const struct nlattr *s[ETHTOOL_A_STRINGSET_MAX + 1];

		nl_parse_nested(set, s, ETHTOOL_A_STRINGSET_MAX);
		if (!s[ETHTOOL_A_STRINGSET_STRINGS])
			continue;
		mnl_attr_for_each_nested (string,
					  s[ETHTOOL_A_STRINGSET_STRINGS])
			feature_learn(string);
	}
	return 0;
}

static int features_load(struct vnet *v, struct err *e)
{
	struct nlattr *sets, *set;
	struct nlm m;
	int r;

	r = gen_open(v, e);
	if (r < 0 || kernel_features.loaded)
		return r;
	begin(&m, v->ethtool, 0, ETHTOOL_MSG_STRSET_GET, ETHTOOL_GENL_VERSION);
	put_header(&m, ETHTOOL_A_STRSET_HEADER, 0);
	sets = nlm_nest(&m, ETHTOOL_A_STRSET_STRINGSETS | NLA_F_NESTED);
	set = nlm_nest(&m, ETHTOOL_A_STRINGSETS_STRINGSET | NLA_F_NESTED);
	nlm_put_u32(&m, ETHTOOL_A_STRINGSET_ID, ETH_SS_FEATURES);
	nlm_nest_end(&m, set);
	nlm_nest_end(&m, sets);
	r = nl_query(v->gen, &m, strset_cb, NULL, e);
	kernel_features.loaded = r >= 0;
	return r;
}

/* The value or mask bitmap (`attr`) of a compact bitset. */
static void bitmap_read(const struct nlattr *nest, int attr, uint32_t *map,
			size_t words)
{
	const struct nlattr *tb[ETHTOOL_A_BITSET_MAX + 1];
	size_t n;

	memset(map, 0, words * sizeof(map[0]));
	nl_parse_nested(nest, tb, ETHTOOL_A_BITSET_MAX);
	if (!tb[attr])
		return;
	n = mnl_attr_get_payload_len(tb[attr]);
	if (n > words * sizeof(map[0]))
		n = words * sizeof(map[0]);
	memcpy(map, mnl_attr_get_payload(tb[attr]), n);
}

static void bitset_read(const struct nlattr *nest, uint32_t map[WORDS])
{
	bitmap_read(nest, ETHTOOL_A_BITSET_VALUE, map, WORDS);
}

static bool bit_get(const uint32_t map[WORDS], unsigned int i)
{
	return map[i / 32] >> (i % 32) & 1;
}

struct feature_maps {
	uint32_t hw[WORDS], active[WORDS], nochange[WORDS];
};

static int features_cb(const struct nlmsghdr *h, void *data, struct err *e)
{
	const struct nlattr *tb[ETHTOOL_A_FEATURES_MAX + 1];
	struct feature_maps *maps = data;

	(void)e;
	nl_parse(h, GENL_HDRLEN, tb, ETHTOOL_A_FEATURES_MAX);
	bitset_read(tb[ETHTOOL_A_FEATURES_HW], maps->hw);
	bitset_read(tb[ETHTOOL_A_FEATURES_ACTIVE], maps->active);
	bitset_read(tb[ETHTOOL_A_FEATURES_NOCHANGE], maps->nochange);
	return 0;
}

static int maps_get(struct vnet *v, int ifindex, struct feature_maps *maps,
		    struct err *e)
{
	struct nlm m;
	int r;

	memset(maps, 0, sizeof(*maps));
	r = features_load(v, e);
	if (r < 0)
		return r;
	begin(&m, v->ethtool, 0, ETHTOOL_MSG_FEATURES_GET,
	      ETHTOOL_GENL_VERSION);
	put_header(&m, ETHTOOL_A_FEATURES_HEADER, ifindex);
	return nl_query(v->gen, &m, features_cb, maps, e);
}

int ethtool_caps_get(struct vnet *v, int ifindex, struct ethtool_caps *ret,
		     struct err *e)
{
	struct ethtool_caps caps = {0};
	struct feature_maps maps;
	int r;

	r = maps_get(v, ifindex, &maps, e);
	if (r < 0)
		return r;
	for (unsigned int i = 0; i < MAX_FEATURES; i++) {
		if (bit_get(maps.active, i))
			caps.active |= kernel_features.caps[i];
		if (bit_get(maps.active, i) || bit_get(maps.hw, i))
			caps.supported |= kernel_features.caps[i];
	}
	*ret = caps;
	return 0;
}

uint32_t ethtool_caps_known(void)
{
	uint32_t all = 0;

	for (size_t i = 0; i < ARRAY_SIZE(features); i++)
		all |= features[i].caps;
	return all;
}

int ethtool_caps_set(struct vnet *v, int ifindex, uint32_t bits, bool on,
		     struct err *e)
{
	uint32_t value[WORDS] = {0}, mask[WORDS] = {0};
	struct feature_maps maps;
	struct nlattr *nest;
	bool any = false, stuck = false;
	struct nlm m;
	int r;

	r = maps_get(v, ifindex, &maps, e);
	if (r < 0)
		return r;
	for (unsigned int i = 0; i < MAX_FEATURES; i++) {
		if (!(kernel_features.caps[i] & bits) ||
		    bit_get(maps.active, i) == on)
			continue;
		if (!bit_get(maps.hw, i) || bit_get(maps.nochange, i)) {
			stuck |= bit_get(maps.active, i);
			continue;
		}
		mask[i / 32] |= 1u << (i % 32);
		if (on)
			value[i / 32] |= 1u << (i % 32);
		any = true;
	}
	if (!any)
		return stuck ? err_set(e, EINVAL, "offload is fixed") : 0;
	begin(&m, v->ethtool, 0, ETHTOOL_MSG_FEATURES_SET,
	      ETHTOOL_GENL_VERSION);
	put_header(&m, ETHTOOL_A_FEATURES_HEADER, ifindex);
	nest = nlm_nest(&m, ETHTOOL_A_FEATURES_WANTED | NLA_F_NESTED);
	nlm_put_u32(&m, ETHTOOL_A_BITSET_SIZE, MAX_FEATURES);
	nlm_put(&m, ETHTOOL_A_BITSET_VALUE, value, sizeof(value));
	nlm_put(&m, ETHTOOL_A_BITSET_MASK, mask, sizeof(mask));
	nlm_nest_end(&m, nest);
	return nl_talk(v->gen, &m, e, NULL);
}

static int link_cb(const struct nlmsghdr *h, void *data, struct err *e)
{
	const struct nlattr *tb[ETHTOOL_A_LINKMODES_MAX + 1];
	struct ethtool_link *l = data;
	const struct nlattr *a;

	(void)e;
	nl_parse(h, GENL_HDRLEN, tb, ETHTOOL_A_LINKMODES_MAX);
	a = tb[ETHTOOL_A_LINKMODES_SPEED];
	if (a && nl_u32(a) != (uint32_t)SPEED_UNKNOWN)
		l->speed = (int)nl_u32(a);
	a = tb[ETHTOOL_A_LINKMODES_DUPLEX];
	if (a && nl_u8(a) != DUPLEX_UNKNOWN) {
		l->duplex_known = true;
		l->full_duplex = nl_u8(a) == DUPLEX_FULL;
	}
	a = tb[ETHTOOL_A_LINKMODES_AUTONEG];
	l->autoneg = a && nl_u8(a) == AUTONEG_ENABLE;
	/* value: what is advertised; mask: what there is */
	bitmap_read(tb[ETHTOOL_A_LINKMODES_OURS], ETHTOOL_A_BITSET_MASK,
		    l->modes, MEDIA_WORDS);
	return 0;
}

int ethtool_link_get(struct vnet *v, int ifindex, struct ethtool_link *ret,
		     struct err *e)
{
	struct ethtool_link l = {.speed = -1};
	struct nlm m;
	int r;

	r = gen_open(v, e);
	if (r < 0)
		return r;
	begin(&m, v->ethtool, 0, ETHTOOL_MSG_LINKMODES_GET,
	      ETHTOOL_GENL_VERSION);
	put_header(&m, ETHTOOL_A_LINKMODES_HEADER, ifindex);
	r = nl_query(v->gen, &m, link_cb, &l, e);
	if (r < 0)
		return r;
	*ret = l;
	return 0;
}

int ethtool_link_set(struct vnet *v, int ifindex, bool autoneg, int speed,
		     bool full_duplex, struct err *e)
{
	struct nlm m;
	int r;

	r = gen_open(v, e);
	if (r < 0)
		return r;
	begin(&m, v->ethtool, 0, ETHTOOL_MSG_LINKMODES_SET,
	      ETHTOOL_GENL_VERSION);
	put_header(&m, ETHTOOL_A_LINKMODES_HEADER, ifindex);
	nlm_put_u8(&m, ETHTOOL_A_LINKMODES_AUTONEG,
		   autoneg ? AUTONEG_ENABLE : AUTONEG_DISABLE);
	if (!autoneg) {
		nlm_put_u32(&m, ETHTOOL_A_LINKMODES_SPEED, (uint32_t)speed);
		nlm_put_u8(&m, ETHTOOL_A_LINKMODES_DUPLEX,
			   full_duplex ? DUPLEX_FULL : DUPLEX_HALF);
	}
	return nl_talk(v->gen, &m, e, NULL);
}

int ethtool_pause_set(struct vnet *v, int ifindex, unsigned int on,
		      unsigned int mask, struct err *e)
{
	struct nlm m;
	int r;

	r = gen_open(v, e);
	if (r < 0)
		return r;
	begin(&m, v->ethtool, 0, ETHTOOL_MSG_PAUSE_SET, ETHTOOL_GENL_VERSION);
	put_header(&m, ETHTOOL_A_PAUSE_HEADER, ifindex);
	if (mask & ETHTOOL_PAUSE_RX)
		nlm_put_u8(&m, ETHTOOL_A_PAUSE_RX, !!(on & ETHTOOL_PAUSE_RX));
	if (mask & ETHTOOL_PAUSE_TX)
		nlm_put_u8(&m, ETHTOOL_A_PAUSE_TX, !!(on & ETHTOOL_PAUSE_TX));
	return nl_talk(v->gen, &m, e, NULL);
}
