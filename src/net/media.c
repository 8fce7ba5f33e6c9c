/* See media.h. */
#include "net/media.h"

#include "base/cleanup.h"

#include <errno.h>
#include <linux/ethtool.h>
#include <string.h>
#include <strings.h>

/* The first word of a speed is its name; others are understood. */
static const struct {
	int speed;
	const char *name;
} speeds[] = {
	{10, "10baseT/UTP"},
	{10, "10baseT"},
	{10, "10UTP"},
	{10, "UTP"},
	{100, "100baseTX"},
	{100, "100TX"},
	{1000, "1000baseT"},
	{1000, "1000baseTX"},
	{1000, "1000baseSX"},
	{1000, "1000baseLX"},
	{2500, "2500Base-T"},
	{5000, "5000Base-T"},
	{10000, "10Gbase-T"},
	{10000, "10Gbase-SR"},
	{10000, "10Gbase-LR"},
	{10000, "10Gbase-Twinax"},
	{20000, "20GBase-KR2"},
	{25000, "25GBase-T"},
	{25000, "25GBase-SR"},
	{25000, "25GBase-CR"},
	{40000, "40Gbase-CR4"},
	{40000, "40Gbase-SR4"},
	{50000, "50GBase-CR2"},
	{56000, "56GBase-R4"},
	{100000, "100GBase-CR4"},
	{100000, "100GBase-SR4"},
	{200000, "200GBase-CR4"},
	{400000, "400GBase-DR4"},
};

#define MODE(bit_) ETHTOOL_LINK_MODE_##bit_##_BIT

static const struct {
	int bit;
	const char *name;
	bool half;
} modes[] = {
	{MODE(10baseT_Half), "10baseT/UTP", true},
	{MODE(10baseT_Full), "10baseT/UTP", false},
	{MODE(100baseT_Half), "100baseTX", true},
	{MODE(100baseT_Full), "100baseTX", false},
	{MODE(1000baseT_Half), "1000baseT", true},
	{MODE(1000baseT_Full), "1000baseT", false},
	{MODE(1000baseKX_Full), "1000Base-KX", false},
	{MODE(1000baseX_Full), "1000baseSX", false},
	{MODE(2500baseT_Full), "2500Base-T", false},
	{MODE(2500baseX_Full), "2500Base-X", false},
	{MODE(5000baseT_Full), "5000Base-T", false},
	{MODE(10000baseT_Full), "10Gbase-T", false},
	{MODE(10000baseKX4_Full), "10GBase-KX4", false},
	{MODE(10000baseKR_Full), "10GBase-KR", false},
	{MODE(10000baseCR_Full), "10Gbase-Twinax", false},
	{MODE(10000baseSR_Full), "10Gbase-SR", false},
	{MODE(10000baseLR_Full), "10Gbase-LR", false},
	{MODE(10000baseLRM_Full), "10Gbase-LRM", false},
	{MODE(10000baseER_Full), "10Gbase-ER", false},
	{MODE(20000baseKR2_Full), "20GBase-KR2", false},
	{MODE(25000baseCR_Full), "25GBase-CR", false},
	{MODE(25000baseKR_Full), "25GBase-KR", false},
	{MODE(25000baseSR_Full), "25GBase-SR", false},
	{MODE(40000baseKR4_Full), "40Gbase-KR4", false},
	{MODE(40000baseCR4_Full), "40Gbase-CR4", false},
	{MODE(40000baseSR4_Full), "40Gbase-SR4", false},
	{MODE(40000baseLR4_Full), "40Gbase-LR4", false},
	{MODE(50000baseCR2_Full), "50GBase-CR2", false},
	{MODE(50000baseKR2_Full), "50GBase-KR2", false},
	{MODE(50000baseSR2_Full), "50GBase-SR2", false},
	{MODE(100000baseKR4_Full), "100GBase-KR4", false},
	{MODE(100000baseSR4_Full), "100GBase-SR4", false},
	{MODE(100000baseCR4_Full), "100GBase-CR4", false},
	{MODE(100000baseLR4_ER4_Full), "100GBase-LR4", false},
};

static const struct media_fixed fixed[] = {
	{"epair", "Ethernet 10Gbase-T (10Gbase-T <full-duplex>)", "10Gbase-T",
	 "10Gbase-T", true},
	{"ngeth", "Ethernet autoselect (1000baseT <full-duplex>)", "autoselect",
	 "autoselect", true},
	{"tap", "Ethernet 1000baseT <full-duplex>",
	 "1000baseT mediaopt full-duplex", "1000baseT", true},
	{"vmnet", "Ethernet 1000baseT <full-duplex>",
	 "1000baseT mediaopt full-duplex", "1000baseT", true},
	{"vxlan", "Ethernet autoselect (autoselect <full-duplex>)",
	 "autoselect", "autoselect", true},
	{"geneve", "Ethernet autoselect (autoselect <full-duplex>)",
	 "autoselect", "autoselect", true},
	{.kind = "bridge", .media = ""},
	{.kind = "lo", .media = ""},
	{.kind = "tun", .media = ""},
	{.kind = "ng", .media = ""},
	{.kind = "gif", .media = ""},
	{.kind = "gre", .media = ""},
	{.kind = "stf", .media = ""},
	{.kind = "wg", .media = ""},
};

const struct media_fixed *media_fixed(const char *kind)
{
	for (size_t i = 0; i < ARRAY_SIZE(fixed); i++)
		if (!strcmp(fixed[i].kind, kind))
			return &fixed[i];
	return NULL;
}

const char *media_name(int speed)
{
	for (size_t i = 0; i < ARRAY_SIZE(speeds); i++)
		if (speeds[i].speed == speed)
			return speeds[i].name;
	return NULL;
}

int media_speed(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(speeds); i++)
		if (!strcasecmp(speeds[i].name, name))
			return speeds[i].speed;
	return -1;
}

static bool has(const uint32_t set[MEDIA_WORDS], int bit)
{
	return bit < MEDIA_WORDS * 32 && set[bit / 32] >> (bit % 32) & 1;
}

int media_list(const uint32_t set[MEDIA_WORDS], struct strv *ret)
{
	if (has(set, MODE(Autoneg)) && strv_add(ret, "autoselect") < 0)
		return -ENOMEM;
	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		if (!has(set, modes[i].bit))
			continue;
		if (strv_addf(ret, "%s%s", modes[i].name,
			      modes[i].half ? "" : " mediaopt full-duplex") < 0)
			return -ENOMEM;
	}
	return 0;
}
