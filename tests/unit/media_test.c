/* net/media: link modes of Linux as FreeBSD's media words. */
#include "base/cleanup.h"
#include "net/media.h"

#include <atf-c.h>
#include <linux/ethtool.h>

static void set(uint32_t modes[MEDIA_WORDS], int bit)
{
	modes[bit / 32] |= 1u << bit % 32;
}

ATF_TC_WITHOUT_HEAD(list);
ATF_TC_BODY(list, tc)
{
	cleanup_strv struct strv lines = {0}, none = {0};
	uint32_t modes[MEDIA_WORDS] = {0};
	cleanup_free char *all = NULL;

	ATF_REQUIRE_EQ(0, media_list(modes, &none));
	ATF_CHECK_EQ(0, none.n);
	set(modes, ETHTOOL_LINK_MODE_Autoneg_BIT);
	set(modes, ETHTOOL_LINK_MODE_TP_BIT); /* no media */
	set(modes, ETHTOOL_LINK_MODE_100baseT_Half_BIT);
	set(modes, ETHTOOL_LINK_MODE_100baseT_Full_BIT);
	set(modes, ETHTOOL_LINK_MODE_1000baseT_Full_BIT);
	set(modes, ETHTOOL_LINK_MODE_2500baseT_Full_BIT); /* second word */
	set(modes, ETHTOOL_LINK_MODE_10000baseT_Full_BIT);
	ATF_REQUIRE_EQ(0, media_list(modes, &lines));
	all = strv_join(&lines, ";");
	ATF_CHECK_STREQ("autoselect;100baseTX;100baseTX mediaopt full-duplex;"
			"1000baseT mediaopt full-duplex;"
			"2500Base-T mediaopt full-duplex;"
			"10Gbase-T mediaopt full-duplex",
			all);
}

ATF_TC_WITHOUT_HEAD(words);
ATF_TC_BODY(words, tc)
{
	ATF_CHECK_STREQ("1000baseT", media_name(1000));
	ATF_CHECK_STREQ("10baseT/UTP", media_name(10));
	ATF_CHECK_EQ(NULL, media_name(123));
	ATF_CHECK_EQ(10, media_speed("UTP"));
	ATF_CHECK_EQ(1000, media_speed("1000BASETX"));
	ATF_CHECK_EQ(10000, media_speed("10Gbase-SR"));
	ATF_CHECK_EQ(-1, media_speed("autoselect"));
	ATF_CHECK_EQ(-1, media_speed(""));
	/* every kind's one medium is a word that `media` takes */
	for (const char *const *k =
		     (const char *const[]){"epair", "tap", "vmnet", NULL};
	     *k; k++)
		ATF_CHECK_MSG(media_speed(media_fixed(*k)->word) > 0, "%s", *k);
	ATF_CHECK_EQ(NULL, media_fixed("ether"));
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, list);
	ATF_TP_ADD_TC(tp, words);
	return atf_no_error();
}
