/*
 * rcdevfs: devfs.rules(5) at boot, and devfs_* of rc.conf(5).
 *
 * /etc/devfs.rules is read whenever a jail starts, so at boot there is often
 * nothing to do but to see that it can be read.  Other files, such as a
 * block's when the block is applied to the machine, and /etc/devfs.rules once
 * devfs(8) has changed something, are loaded into the level's registry.
 */
#include "rc/rcdevfs.h"

#include "base/cleanup.h"
#include "jail/devfsctl.h"
#include "rc/rcwords.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* FreeBSD keeps the stock rulesets there; here they are built in. */
#define DEFAULTS "/etc/defaults/devfs.rules"

static bool is_set(const char *v)
{
	return v && v[strspn(v, " \t\n")];
}

static int add_file(struct model_ctx *x, const char *name)
{
	cleanup_free char *path = rcmodel_file(x->place, name);
	cleanup_strbuf struct strbuf sets = STRBUF_INIT;
	struct fact *f;

	if (!path)
		return err_nomem(x->e);
	if (!strcmp(name, DEFAULTS) || access(path, F_OK) < 0)
		return 0;
	/* what is wrong with it is told when it is loaded */
	(void)devfsctl_file_sets(path, &sets, NULL);
	f = facts_add(&x->m->of[RC_DEVFS], FACT_DEVFS, NULL, path, sets.s,
		      NULL);
	return f && (f->var = strdup("devfs_rulesets")) ? 0 : err_nomem(x->e);
}

/* DIR=RULESET */
static int add_mount(struct model_ctx *x, char *word)
{
	char *eq = strchr(word, '=');
	struct fact *f;

	if (!eq || eq == word || !eq[1])
		return rcconf_err(x->c, "devfs_set_rulesets", EINVAL, x->e,
				  "%s: not DIRECTORY=RULESET", word);
	*eq = '\0';
	f = facts_add(&x->m->of[RC_DEVFS], FACT_DEVMOUNT, NULL, word, eq + 1,
		      NULL);
	return f && (f->var = strdup("devfs_set_rulesets")) ? 0
							    : err_nomem(x->e);
}

static int each_word(struct model_ctx *x, const char *var,
		     int (*fn)(struct model_ctx *x, char *word))
{
	const char *v = rcconf_get(x->c, var);
	cleanup_strv struct strv w = {0};
	int r = 0;

	if (!is_set(v))
		return 0;
	if (rcwords_split(&w, v) < 0)
		return err_nomem(x->e);
	for (size_t i = 0; !r && i < w.n; i++)
		r = fn(x, w.v[i]);
	return r;
}

static int add_file_word(struct model_ctx *x, char *word)
{
	return add_file(x, word);
}

int rcmodel_devfs(struct model_ctx *x)
{
	int r = 0;

	if (!x->place->rulesets)
		return 0;
	if (rcconf_yes(x->c, "devfs_load_rulesets", x->r))
		r = each_word(x, "devfs_rulesets", add_file_word);
	return r < 0 ? r : each_word(x, "devfs_set_rulesets", add_mount);
}

bool rcdevfs_has(const struct fact *f)
{
	bool is = false;

	return f->kind == FACT_DEVFS
		       ? !devfsctl_is_loaded(f->key, &is, NULL) && is
		       : !devfsctl_mount_has(f->key, f->value, &is, NULL) && is;
}

static int set_mount(const struct fact *f, const struct report *rp,
		     struct err *e)
{
	cleanup_devfsctl struct devfsctl *c = NULL;
	struct err me = ERR_INIT;
	int number = 0, r;

	r = devfsctl_open(f->key, NULL, rp, &c, &me);
	if (!r)
		r = devfsctl_ruleset_number(c, f->value, &number, &me);
	if (!r)
		r = devfsctl_use(c, number, &me);
	if (!r)
		r = devfsctl_applyset(c, 0, &me);
	/* FreeBSD goes on, too */
	if (r < 0)
		report(rp, REPORT_WARN, "devfs_set_rulesets: %s", me.text);
	(void)e;
	return 0;
}

int rcdevfs_make(const struct fact *f, const struct report *rp, struct err *e)
{
	return f->kind == FACT_DEVFS ? devfsctl_load_file(f->key, e)
				     : set_mount(f, rp, e);
}

int rcdevfs_undo(const struct fact *f, struct err *e)
{
	/* a jail's /dev goes with the jail */
	return f->kind == FACT_DEVFS ? devfsctl_unload(f->value, e) : 0;
}
