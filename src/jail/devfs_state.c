/*
 * devfs_state: the rulesets of a level, and what of them its jails' /dev has.
 *
 * `devfs` in the registry, written by devfs(8) and rc, holds what differs from
 * the stock rulesets; without it /etc/devfs.rules is read, so that a machine
 * that never booted through rc has its rules, too.  `jails/JID/dev` says what
 * a jail's /dev was furnished with, and which file system that is: its path
 * inside the jail is not to be trusted.
 */
#include "jail/prison_dev.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "jail/regtext.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define STATE "devfs"

static int read_file(int dirfd, const char *path, const char *name,
		     struct devfs_sets *sets, struct err *e)
{
	cleanup_free char *text = NULL;
	size_t len = 0;
	int r;

	r = file_read(dirfd, path, DEVFS_TEXT_MAX, &text, &len, e);
	return r < 0 ? r : devfsrules_parse(text, len, name, sets, e);
}

/* They lie in the registry (else they are /etc/devfs.rules). */
static bool is_loaded(const struct prisons *ps)
{
	return ps->dirfd >= 0 && faccessat(ps->dirfd, STATE, F_OK, 0) == 0;
}

/* What holds where nothing was loaded. */
static int load_files(struct devfs_sets *s, struct err *e)
{
	int r = devfs_stock(s, e);

	if (!r && access(DEVFS_RULES_FILE, F_OK) == 0)
		r = read_file(AT_FDCWD, DEVFS_RULES_FILE, DEVFS_RULES_FILE, s,
			      e);
	return r;
}

int devfs_load(const struct prisons *ps, struct devfs_sets *ret, struct err *e)
{
	cleanup_devfs_sets struct devfs_sets s = {0};
	int r;

	if (is_loaded(ps)) {
		r = devfs_stock(&s, e);
		s.loading = true;
		if (!r)
			r = read_file(ps->dirfd, STATE, CELLBLOCK_RUN "/" STATE,
				      &s, e);
		s.loading = false;
	} else {
		r = load_files(&s, e);
	}
	if (r < 0)
		return r;
	*ret = s;
	s = (struct devfs_sets){0};
	return 0;
}

/* Nothing is loaded that would not be read anyway. */
static bool needless(const char *text)
{
	cleanup_devfs_sets struct devfs_sets s = {0};
	cleanup_strbuf struct strbuf b = STRBUF_INIT;

	if (load_files(&s, NULL) < 0)
		return false;
	devfs_sets_print(&b, &s);
	return !strbuf_failed(&b) && !strcmp(b.s, text);
}

int devfs_save(struct prisons *ps, const struct devfs_sets *s, struct err *e)
{
	cleanup_strbuf struct strbuf out = STRBUF_INIT;

	devfs_sets_print(&out, s);
	if (strbuf_failed(&out))
		return err_nomem(e);
	if (!needless(out.s))
		return file_write_atomic(ps->dirfd, STATE, out.s, 0644, e);
	if (unlinkat(ps->dirfd, STATE, 0) < 0 && errno != ENOENT)
		return err_sys(e, errno, CELLBLOCK_RUN "/" STATE);
	reg_tidy(ps);
	return 0;
}

/* --- jails/JID/dev ------------------------------------------------------- */

static int put_num(struct pset *ps, const char *name, unsigned long long v,
		   struct err *e)
{
	char num[32];

	snprintf(num, sizeof(num), "%llu", v);
	return pset_put(ps, name, num, false, e);
}

int dev_state_write(struct prisons *ps, int jid, const struct dev_state *d,
		    struct err *e)
{
	cleanup_pset struct pset out = {0};
	char path[64];
	int r;

	r = put_num(&out, "ruleset", (unsigned int)d->ruleset, e);
	if (!r)
		r = put_num(&out, "dev", d->dev, e);
	if (!r)
		r = put_num(&out, "uid", d->uid, e);
	if (!r)
		r = put_num(&out, "gid", d->gid, e);
	snprintf(path, sizeof(path), "jails/%d/dev", jid);
	return r < 0 ? r : regtext_write(ps->dirfd, path, &out, e);
}

static bool get_num(const struct pset *ps, const char *name,
		    unsigned long long *ret)
{
	const char *s = pset_value(ps, name);
	char *end;

	if (!s || *s < '0' || *s > '9')
		return false;
	errno = 0;
	*ret = strtoull(s, &end, 10);
	return !errno && !*end;
}

int dev_state_read(struct prisons *ps, int jid, struct dev_state *ret,
		   struct err *e)
{
	cleanup_pset struct pset in = {0};
	unsigned long long ruleset, dev, uid, gid;
	char path[64];
	int r;

	snprintf(path, sizeof(path), "jails/%d/dev", jid);
	r = regtext_read(ps->dirfd, path, &in, e);
	if (r < 0)
		return r;
	if (!get_num(&in, "ruleset", &ruleset) || ruleset > DEVFS_NUMBER_MAX ||
	    !get_num(&in, "dev", &dev) || !get_num(&in, "uid", &uid) ||
	    uid > UINT32_MAX || !get_num(&in, "gid", &gid) || gid > UINT32_MAX)
		return err_set(e, EINVAL, CELLBLOCK_RUN "/%s is damaged", path);
	*ret = (struct dev_state){.ruleset = (int)ruleset,
				  .dev = dev,
				  .uid = (uint32_t)uid,
				  .gid = (uint32_t)gid};
	return 0;
}
