/*
 * block_check: read a block's text before anything is made.
 *
 * Only what can be read without running it: rc.conf is shell, and a lab's
 * shell runs in the lab's sandbox or nowhere.  jail.conf is parsed at every
 * level, its parameters looked up, and folders compared with jails.
 */
#include "block/block.h"

#include "base/cleanup.h"
#include "base/str.h"
#include "jail/conf.h"
#include "jail/param.h"

#include <errno.h>
#include <dirent.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEPTH_MAX 32

static int check_jail(const char *file, const struct jailconf_jail *j,
		      struct err *e)
{
	for (size_t i = 0; i < j->params.n; i++) {
		const struct jparam *p = &j->params.v[i];
		bool no;

		if (param_find(p->name, &no))
			continue;
		if (p->file)
			return err_at(e, EINVAL, p->file, p->line,
				      "%s: unknown parameter: %s", j->name,
				      p->name);
		return err_set(e, EINVAL, "%s: %s: unknown parameter: %s", file,
			       j->name, p->name);
	}
	return 0;
}

static bool has_jail(const struct jailconf *c, const char *name)
{
	for (size_t i = 0; c && i < c->n; i++)
		if (!strcmp(c->v[i].name, name))
			return true;
	return false;
}

static int check_level(const char *dir, unsigned int depth,
		       const struct report *rep, struct err *e);

/* Each folder below jails/ is a block again. */
static int check_folders(const char *dir, const struct jailconf *c,
			 unsigned int depth, const struct report *rep,
			 struct err *e)
{
	cleanup_free char *jails = str_printf("%s/jails", dir);
	cleanup_closedir DIR *d = NULL;
	struct dirent *de;
	int r;

	if (!jails)
		return err_nomem(e);
	d = opendir(jails);
	if (!d)
		return errno == ENOENT ? 0 : err_sys(e, errno, "%s", jails);
	while ((de = readdir(d))) {
		cleanup_free char *sub = NULL;
		struct stat st;

		if (de->d_name[0] == '.')
			continue;
		sub = str_printf("%s/%s", jails, de->d_name);
		if (!sub)
			return err_nomem(e);
		if (stat(sub, &st) < 0)
			return err_sys(e, errno, "%s", sub);
		if (!S_ISDIR(st.st_mode))
			continue;
		if (!has_jail(c, de->d_name))
			report(rep, REPORT_WARN,
			       "%s: no jail \"%s\" in %s/jail.conf, folder "
			       "not used",
			       sub, de->d_name, dir);
		r = check_level(sub, depth + 1, rep, e);
		if (r < 0)
			return r;
	}
	return 0;
}

static int check_level(const char *dir, unsigned int depth,
		       const struct report *rep, struct err *e)
{
	cleanup_free char *rcconf = str_printf("%s/rc.conf", dir);
	cleanup_free char *file = str_printf("%s/jail.conf", dir);
	cleanup_jailconf struct jailconf *c = NULL;
	int r;

	if (!rcconf || !file)
		return err_nomem(e);
	if (depth > DEPTH_MAX)
		return err_set(e, ELOOP, "%s: nested too deep", dir);
	if (!access(file, F_OK)) {
		r = jailconf_load(file, &c, e);
		if (r < 0)
			return r;
	} else if (!depth && access(rcconf, F_OK) < 0) {
		return err_set(e, ENOENT,
			       "%s: not a block: neither rc.conf nor jail.conf",
			       dir);
	}
	for (size_t i = 0; c && i < c->n; i++) {
		r = check_jail(file, &c->v[i], e);
		if (r < 0)
			return r;
	}
	return check_folders(dir, c, depth, rep, e);
}

int block_check(const char *dir, const struct report *rep, struct err *e)
{
	return check_level(dir, 0, rep, e);
}
