/*
 * ifconfig_later: words of ifconfig(8) whose mechanism is not there yet.  Each
 * is a row, so that it is told apart from a misspelt one and refused plainly;
 * none is taken in silence.
 */
#include "net/ifconfig_words.h"

#include <errno.h>

static int word_later(struct ifconfig_run *run, const struct ifconfig_word *w,
		      bool on, char *const *args, struct err *e)
{
	(void)run;
	(void)args;
	return err_set(e, EOPNOTSUPP, "%s%s: not available yet", on ? "" : "-",
		       w->name);
}

#define LATER(name_, nargs_)                                                   \
	{                                                                      \
		name_, nargs_, false, word_later, 0, 0                         \
	}
#define LATER_NEG(name_, nargs_)                                               \
	{                                                                      \
		name_, nargs_, true, word_later, 0, 0                          \
	}

const struct ifconfig_word ifconfig_later_words[] = {
	/* tunnels */
	LATER_NEG("udpencap", 0),
	LATER("udpport", 1),
	{NULL, 0, false, NULL, 0, 0},
};
