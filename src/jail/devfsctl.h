/*
 * devfsctl: what devfs(8) asks FreeBSD's kernel for.
 */
#ifndef CB_JAIL_DEVFSCTL_H
#define CB_JAIL_DEVFSCTL_H

#include "base/err.h"
#include "base/report.h"
#include "base/str.h"
#include "jail/devfs.h"

struct devfsctl;

/*
 * mount: "/dev" or NULL for the caller's own, else the /dev of a jail of this
 * level by the path that it has outside.  jail: or the jail by name; NULL.
 */
int devfsctl_open(const char *mount, const char *jail, const struct report *r,
		  struct devfsctl **ret, struct err *e);
void devfsctl_free(struct devfsctl **c);
#define cleanup_devfsctl __attribute__((cleanup(devfsctl_free)))

/*
 * set 0: the current ruleset of the mount.  Errors are worded as FreeBSD's
 * ("ioctl DEVFSIO_RADD: File exists"), with the reason behind where there is
 * more to say.
 */
int devfsctl_use(struct devfsctl *c, int set, struct err *e);
int devfsctl_add(struct devfsctl *c, int set, struct devfs_rule *rule,
		 struct err *e); /* takes the rule's contents */
int devfsctl_del(struct devfsctl *c, int set, int number, struct err *e);
int devfsctl_delset(struct devfsctl *c, int set, struct err *e);
int devfsctl_apply(struct devfsctl *c, const struct devfs_rule *rule,
		   struct err *e);
int devfsctl_apply_number(struct devfsctl *c, int set, int number,
			  struct err *e);
int devfsctl_applyset(struct devfsctl *c, int set, struct err *e);
/* Lines; number 0: all rules. */
int devfsctl_show(struct devfsctl *c, int set, int number, struct strbuf *out,
		  struct err *e);
int devfsctl_showsets(struct devfsctl *c, struct strbuf *out, struct err *e);

/* --- for rc --------------------------------------------------------------- */

/* Numbers of the rulesets in the file, with blanks between. */
int devfsctl_file_sets(const char *path, struct strbuf *out, struct err *e);
/* Are they what is loaded, or would be read anyway? */
int devfsctl_is_loaded(const char *path, bool *ret, struct err *e);
/* Read them in the place of those of the same numbers. */
int devfsctl_load_file(const char *path, struct err *e);
/* Remove rulesets by such numbers; stock ones become what they were. */
int devfsctl_unload(const char *numbers, struct err *e);
/* A ruleset by its name or number. */
int devfsctl_ruleset_number(struct devfsctl *c, const char *name, int *ret,
			    struct err *e);
/* Is that the ruleset of the jail whose /dev mount is? */
int devfsctl_mount_has(const char *mount, const char *name, bool *ret,
		       struct err *e);

#endif
