/*
 * ifconfig_media: media words of ifconfig(8).  They are gathered and given to
 * the driver at the end of the line, as on FreeBSD.
 */
#include "net/ifconfig_words.h"

#include "base/cleanup.h"
#include "net/bsderr.h"
#include "net/ethtool.h"
#include "net/kind.h"
#include "net/media.h"

#include <errno.h>
#include <linux/if_arp.h>
#include <string.h>
#include <strings.h>

/* -EINVAL for what has no media at all: "SIOCGIFMEDIA: Invalid argument". */
static int has_media(struct ifconfig_run *run, struct err *e)
{
	const struct media_fixed *f;
	struct ifnet *ifp;
	int r;

	if (run->dry)
		return 0;
	r = run_ifp(run, false, &ifp, e);
	if (r < 0)
		return r;
	f = media_fixed(ifp->kind->name);
	if (ifp->arptype != ARPHRD_ETHER || (f && !*f->media))
		return bsd_err(e, EINVAL, "SIOCGIFMEDIA");
	return 0;
}

static int word_media(struct ifconfig_run *run, const struct ifconfig_word *w,
		      bool on, char *const *args, struct err *e)
{
	int speed = 0, r = has_media(run, e);

	(void)w;
	(void)on;
	if (r < 0)
		return r;
	run->media.autoneg = !strcasecmp(args[0], "autoselect") ||
			     !strcasecmp(args[0], "auto");
	if (!run->media.autoneg) {
		speed = media_speed(args[0]);
		if (speed < 0)
			return err_set(e, EINVAL, "unknown media subtype: %s",
				       args[0]);
	}
	run->media.speed = speed;
	run->media.set = true;
	return 0;
}

static const struct {
	const char *name;
	enum {
		FULL,
		HALF,
		PAUSE
	} what;
	unsigned char pause;
} options[] = {
	{"full-duplex", FULL, 0},
	{"fdx", FULL, 0},
	{"half-duplex", HALF, 0},
	{"hdx", HALF, 0},
	{"flowcontrol", PAUSE, ETHTOOL_PAUSE_RX | ETHTOOL_PAUSE_TX},
	{"flow", PAUSE, ETHTOOL_PAUSE_RX | ETHTOOL_PAUSE_TX},
	{"rxpause", PAUSE, ETHTOOL_PAUSE_RX},
	{"txpause", PAUSE, ETHTOOL_PAUSE_TX},
};

static int one_option(struct ifconfig_run *run, const char *name, bool on,
		      struct err *e)
{
	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		if (strcasecmp(options[i].name, name) != 0)
			continue;
		if (options[i].what == PAUSE) {
			run->media.pause_mask |= options[i].pause;
			run->media.pause &= (unsigned char)~options[i].pause;
			if (on)
				run->media.pause |= options[i].pause;
		} else {
			run->media.half = on == (options[i].what == HALF);
			run->media.duplex = true;
		}
		return 0;
	}
	return err_set(e, EINVAL, "unknown option: %s", name);
}

static int word_mediaopt(struct ifconfig_run *run,
			 const struct ifconfig_word *w, bool on,
			 char *const *args, struct err *e)
{
	cleanup_strv struct strv names = {0};
	int r = has_media(run, e);

	(void)w;
	if (r >= 0 && strv_split(&names, args[0], ",") < 0)
		return err_nomem(e);
	for (size_t i = 0; r >= 0 && i < names.n; i++)
		r = one_option(run, names.v[i], on, e);
	return r;
}

/* Ethernet has one mode and, on Linux, one instance. */
static int word_mode(struct ifconfig_run *run, const struct ifconfig_word *w,
		     bool on, char *const *args, struct err *e)
{
	int r = has_media(run, e);

	(void)w;
	(void)on;
	if (r < 0 || !strcasecmp(args[0], "autoselect") ||
	    !strcasecmp(args[0], "auto"))
		return r;
	return err_set(e, EINVAL, "unknown media mode: %s", args[0]);
}

static int word_instance(struct ifconfig_run *run,
			 const struct ifconfig_word *w, bool on,
			 char *const *args, struct err *e)
{
	int r = has_media(run, e);

	(void)w;
	(void)on;
	if (r < 0 || !strcmp(args[0], "0"))
		return r;
	return err_set(e, EINVAL, "invalid media instance: %s", args[0]);
}

/* Of a kind with one media there is nothing to set but that. */
static int set_fixed(const struct ifconfig_run *run,
		     const struct media_fixed *f, struct err *e)
{
	bool autoselect = !strcmp(f->word, "autoselect");

	if (run->media.set && run->media.autoneg == autoselect &&
	    (autoselect || run->media.speed == media_speed(f->word)) &&
	    !run->media.pause_mask && !run->media.half)
		return 0;
	return bsd_err(e, ENXIO, "SIOCSIFMEDIA (media)");
}

/* mediaopt without media: the speed that is there. */
static int set_link(struct ifconfig_run *run, const struct ifnet *ifp,
		    struct err *e)
{
	struct ethtool_link l = {.speed = -1};
	bool autoneg = run->media.autoneg;
	int speed = run->media.speed;

	if (!run->media.set) {
		if (ethtool_link_get(run->v, ifp->index, &l, NULL) < 0 ||
		    l.speed < 0)
			return bsd_err(e, ENXIO, "SIOCSIFMEDIA (media)");
		speed = l.speed;
		autoneg = false;
	}
	return ethtool_link_set(run->v, ifp->index, autoneg, speed,
				!run->media.half, e);
}

int run_media(struct ifconfig_run *run, struct err *e)
{
	const struct media_fixed *f;
	struct err le = ERR_INIT;
	struct ifnet *ifp;
	int r;

	if ((!run->media.set && !run->media.duplex && !run->media.pause_mask) ||
	    run->dry)
		return 0;
	r = run_ifp(run, false, &ifp, e);
	if (r < 0)
		return r;
	f = media_fixed(ifp->kind->name);
	if (f)
		return set_fixed(run, f, e);
	if (run->media.set || run->media.duplex)
		r = set_link(run, ifp, &le);
	if (r >= 0 && run->media.pause_mask)
		r = ethtool_pause_set(run->v, ifp->index, run->media.pause,
				      run->media.pause_mask, &le);
	return r < 0 ? bsd_err(e, -r, "SIOCSIFMEDIA (media)") : 0;
}

const struct ifconfig_word ifconfig_media_words[] = {
	{"media", 1, false, word_media, 0, 0},
	{"mediaopt", 1, true, word_mediaopt, 0, 0},
	{"mode", 1, false, word_mode, 0, 0},
	{"inst", 1, false, word_instance, 0, 0},
	{"instance", 1, false, word_instance, 0, 0},
	{NULL, 0, false, NULL, 0, 0},
};
