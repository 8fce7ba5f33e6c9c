/*
 * pwfile: passwd(5) and group(5) of a jail, text to values.  The jail's root
 * writes these files and the host runs commands by what they say, so nothing
 * is taken from them but numbers that are ids and strings without surprises.
 */
#ifndef CB_JAIL_PWFILE_H
#define CB_JAIL_PWFILE_H

#include "base/err.h"

#include <stddef.h>
#include <sys/types.h>

struct pwuser {
	uid_t uid;
	gid_t gid;
	char *name, *home, *shell; /* home is absolute; shell may be "" */
};
void pwuser_free(struct pwuser *u);
#define cleanup_pwuser __attribute__((cleanup(pwuser_free)))

/*
 * The first line of that name that is well-formed; -ENOENT "NAME: no such
 * user".  text NULL: a file that is not there.
 */
int pwfile_user(const char *text, const char *name, struct pwuser *ret,
		struct err *e);
/* Groups that list the name, into v[max]; returns how many. */
size_t pwfile_groups(const char *text, const char *name, gid_t *v, size_t max);

#endif
