/*
 * ifconfig_carp: carp(4)'s words of ifconfig(8).
 *
 * An address with a vhid is one that several machines take turns to have.
 * Linux's kernel has nothing like it, and to put the address on the interface
 * all the same would be a duplicate on the wire.  So the words are checked as
 * FreeBSD checks them, and the line is refused with the reason; -vhid and the
 * like do not exist there either.
 */
#include "net/ifconfig_words.h"

#include "base/str.h"
#include "net/tunnel.h"

#include <errno.h>
#include <string.h>

#define MAXVHID 255

enum {
	VHID,
	ADVBASE,
	ADVSKEW,
	PASS,
	STATE,
	PEER,
	PEER6,
	MCAST
};

static bool in_range(const char *s, long long min, long long max)
{
	long long n;

	return str_to_int(s, min, max, &n) == 0;
}

static int check(uint32_t word, const char *arg, struct err *e)
{
	struct tunnel_addr a;

	switch (word) {
	case VHID:
		if (!in_range(arg, 1, MAXVHID))
			return err_set(e, EINVAL,
				       "vhid must be greater than 0 and less "
				       "than %u",
				       MAXVHID);
		return 0;
	case ADVBASE:
		return in_range(arg, 0, 255)
			       ? 0
			       : err_set(e, EINVAL,
					 "SIOCSVH: Invalid argument");
	case ADVSKEW:
		return in_range(arg, 0, 254)
			       ? 0
			       : err_set(e, EINVAL,
					 "SIOCSVH: Invalid argument");
	case STATE:
		return !strcasecmp(arg, "master") || !strcasecmp(arg, "backup")
			       ? 0
			       : err_set(e, EINVAL, "unknown state");
	case PEER:
	case PEER6:
		return tunnel_addr_parse(arg, &a) == 0
			       ? 0
			       : err_set(e, EINVAL, "%s: bad value", arg);
	default:
		return 0;
	}
}

static int word_carp(struct ifconfig_run *run, const struct ifconfig_word *w,
		     bool on, char *const *args, struct err *e)
{
	int r = check(w->arg, w->nargs ? args[0] : "", e);

	(void)on;
	if (r < 0)
		return r;
	if (run->addr.af == IFAF_LINK)
		return err_set(e, EINVAL, "link doesn't support carp(4)");
	return err_set(e, EOPNOTSUPP,
		       "%s: carp(4) is not available on Linux; keepalived "
		       "shares addresses between machines",
		       w->name);
}

/* Linux has no labels on interfaces: said, and nothing else. */
static int word_maclabel(struct ifconfig_run *run,
			 const struct ifconfig_word *w, bool on,
			 char *const *args, struct err *e)
{
	(void)w;
	(void)on;
	(void)e;
	run_warn(run, "maclabel %s: Linux has no labels on interfaces",
		 args[0]);
	return 0;
}

const struct ifconfig_word ifconfig_carp_words[] = {
	{"vhid", 1, false, word_carp, VHID, 0},
	{"advbase", 1, false, word_carp, ADVBASE, 0},
	{"advskew", 1, false, word_carp, ADVSKEW, 0},
	{"pass", 1, false, word_carp, PASS, 0},
	{"state", 1, false, word_carp, STATE, 0},
	{"peer", 1, false, word_carp, PEER, 0},
	{"peer6", 1, false, word_carp, PEER6, 0},
	{"mcast", 0, false, word_carp, MCAST, 0},
	{"mcast6", 0, false, word_carp, MCAST, 0},
	{"maclabel", 1, false, word_maclabel, 0, 0},
	{NULL, 0, false, NULL, 0, 0},
};
