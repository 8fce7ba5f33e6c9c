/*
 * media: FreeBSD's words for link modes of Ethernet, and Linux's numbers.
 */
#ifndef CB_NET_MEDIA_H
#define CB_NET_MEDIA_H

#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Words of 32 bits that hold a set of ETHTOOL_LINK_MODE_* numbers. */
#define MEDIA_WORDS 4

/* FreeBSD's media word for a speed in Mb/s ("1000baseT"); NULL if none. */
const char *media_name(int speed);
/* Its inverse, other spellings too; -1 if not known. */
int media_speed(const char *name);

/*
 * The lines of `ifconfig -m`: "autoselect", "1000baseT mediaopt full-duplex".
 * Modes that FreeBSD has no word for are left out; -ENOMEM.
 */
int media_list(const uint32_t set[MEDIA_WORDS], struct strv *ret);

/*
 * Media of a virtual kind, which has but one: the line of the listing ("" for
 * none at all), the line of -m, the word that `media` takes.  NULL: hardware,
 * ask the driver.
 */
struct media_fixed {
	const char *kind; /* FreeBSD's clone type */
	const char *media, *supported, *word;
	bool status;
};
const struct media_fixed *media_fixed(const char *kind);

#endif
