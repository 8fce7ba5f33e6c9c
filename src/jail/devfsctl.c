/*
 * devfsctl: see devfsctl.h.
 *
 * Rulesets are a level's, jails' mounts have a number and the nodes there are
 * (prison_dev.c).  The machine's own /dev is udev's and no devfs: rules can be
 * made and shown there, but not applied.  Nor does a jail change its own,
 * which is its creator's to furnish; FreeBSD refuses it any of this, here a
 * jail that may have children keeps rulesets for them.
 */
#include "jail/devfsctl.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "jail/prison_dev.h"
#include "net/bsderr.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct devfsctl {
	struct prisons *ps;
	int jid; /* whose /dev; 0: the caller's own */
	int current;
};

/* FreeBSD's words for a request that failed; `why` is ours. */
static int failed(struct err *e, const char *request, int code,
		  const struct err *why)
{
	if (why && *why->text && code != ENOENT)
		return err_set(e, code, "ioctl DEVFSIO_%s: %s (%s)", request,
			       bsd_strerror(code), why->text);
	return err_set(e, code, "ioctl DEVFSIO_%s: %s", request,
		       bsd_strerror(code));
}

static int allowed(const struct devfsctl *c, const char *request, struct err *e)
{
	if (geteuid() == 0 && (!c->ps->jailed || c->ps->children_max > 0))
		return 0;
	return failed(e, request, EPERM, NULL);
}

/* --- opening ------------------------------------------------------------- */

static bool same_path(const char *a, const char *b)
{
	cleanup_free char *x = realpath(a, NULL), *y = realpath(b, NULL);

	return x && y && !strcmp(x, y);
}

static bool is_dev_of(const char *path, const char *mount)
{
	cleanup_free char *dev = str_printf("%s/dev", path);

	/* "/" would be the caller's own */
	return dev && strcmp(path, "/") != 0 && same_path(dev, mount);
}

static int find_mount(struct devfsctl *c, const char *mount, struct err *e)
{
	struct prison *v = NULL;
	size_t n = 0;
	int r;

	if (access(mount, F_OK) < 0)
		return bsd_err(e, errno, "open: %s", mount);
	if (same_path(mount, "/dev"))
		return 0;
	r = prison_list(c->ps, false, &v, &n, e);
	for (size_t i = 0; !r && i < n && !c->jid; i++) {
		const char *path = pset_value(&v[i].params, "path");

		if (path && !strchr(v[i].name, '.') && is_dev_of(path, mount))
			c->jid = v[i].jid;
	}
	prison_list_free(&v, n);
	if (!r && !c->jid)
		r = err_set(e, ENOTTY, "%s: not the /dev of a running jail",
			    mount);
	return r;
}

static int find_jail(struct devfsctl *c, const char *jail, struct err *e)
{
	cleanup_prison struct prison p = {0};
	int r = prison_get(c->ps, jail, false, &p, e);

	if (r == -ENOENT)
		return err_set(e, ENOENT, "jail \"%s\" not found", jail);
	if (!r && strchr(p.name, '.'))
		return err_set(e, EPERM,
			       "the /dev of a jail within a jail cannot be "
			       "changed");
	if (!r)
		c->jid = p.jid;
	return r;
}

int devfsctl_open(const char *mount, const char *jail, const struct report *r,
		  struct devfsctl **ret, struct err *e)
{
	cleanup_devfsctl struct devfsctl *c = calloc(1, sizeof(*c));
	struct dev_state st;
	int x;

	if (!c)
		return err_nomem(e);
	x = prisons_open(&c->ps, e);
	if (x < 0)
		return x;
	prisons_report(c->ps, r);
	x = jail ? find_jail(c, jail, e)
		 : find_mount(c, mount ? mount : "/dev", e);
	if (!x && c->jid) {
		x = dev_state_read(c->ps, c->jid, &st, e);
		c->current = st.ruleset;
	}
	if (x < 0)
		return x;
	*ret = take_ptr(c);
	return 0;
}

void devfsctl_free(struct devfsctl **c)
{
	if (!*c)
		return;
	prisons_free(&(*c)->ps);
	free(take_ptr(*c));
}

/* --- rulesets ------------------------------------------------------------ */

/* A change of the level's rulesets, with the lock held. */
struct change {
	struct devfs_sets sets;
	int lock;
};

static void change_end(struct change *ch)
{
	devfs_sets_free(&ch->sets);
	cleanup_close_p(&ch->lock);
}
#define cleanup_change __attribute__((cleanup(change_end)))

static int change_begin(struct devfsctl *c, struct change *ch, struct err *e)
{
	int r = reg_lock(c->ps, &ch->lock, e);

	return r < 0 ? r : devfs_load(c->ps, &ch->sets, e);
}

int devfsctl_add(struct devfsctl *c, int set, struct devfs_rule *rule,
		 struct err *e)
{
	cleanup_devfs_rule struct devfs_rule mine = *rule;
	cleanup_change struct change ch = {.lock = -1};
	struct err why = ERR_INIT;
	int r = allowed(c, "RADD", e);

	*rule = (struct devfs_rule){0};
	if (!r)
		r = change_begin(c, &ch, e);
	if (r < 0)
		return r;
	r = devfs_rule_add(&ch.sets, set ? set : c->current, &mine, &why);
	if (r < 0)
		return failed(e, "RADD", -r, &why);
	return devfs_save(c->ps, &ch.sets, e);
}

int devfsctl_del(struct devfsctl *c, int set, int number, struct err *e)
{
	cleanup_change struct change ch = {.lock = -1};
	int r = allowed(c, "RDEL", e);

	if (!r)
		r = change_begin(c, &ch, e);
	if (r < 0)
		return r;
	r = devfs_rule_del(&ch.sets, set ? set : c->current, number, NULL);
	if (r < 0)
		return failed(e, "RDEL", -r, NULL);
	return devfs_save(c->ps, &ch.sets, e);
}

int devfsctl_delset(struct devfsctl *c, int set, struct err *e)
{
	cleanup_change struct change ch = {.lock = -1};
	int r = allowed(c, "RDEL", e);

	if (!set)
		set = c->current;
	if (!r)
		r = change_begin(c, &ch, e);
	/* of an empty one there is nothing to delete */
	if (r < 0 || !devfs_set_find(&ch.sets, set))
		return r;
	r = devfs_set_del(&ch.sets, set, e);
	return r < 0 ? r : devfs_save(c->ps, &ch.sets, e);
}

int devfsctl_show(struct devfsctl *c, int set, int number, struct strbuf *out,
		  struct err *e)
{
	cleanup_devfs_sets struct devfs_sets sets = {0};
	const struct devfs_set *s;
	bool later = false;
	int r = allowed(c, "RGETNEXT", e);

	if (!r)
		r = devfs_load(c->ps, &sets, e);
	if (r < 0)
		return r;
	s = devfs_set_find(&sets, set ? set : c->current);
	for (size_t i = 0; s && i < s->n; i++) {
		later |= s->v[i].number >= number;
		if (number && s->v[i].number != number)
			continue;
		devfs_rule_print(out, &s->v[i]);
		strbuf_addch(out, '\n');
	}
	/* FreeBSD asks for the next from there on, and prints it if it is it */
	if (number && !later)
		return failed(e, "RGETNEXT", ENOENT, NULL);
	return strbuf_failed(out) ? err_nomem(e) : 0;
}

int devfsctl_showsets(struct devfsctl *c, struct strbuf *out, struct err *e)
{
	cleanup_devfs_sets struct devfs_sets sets = {0};
	int r = allowed(c, "SGETNEXT", e);

	if (!r)
		r = devfs_load(c->ps, &sets, e);
	if (r < 0)
		return r;
	for (size_t i = 0; i < sets.n; i++)
		if (sets.v[i].n)
			strbuf_addf(out, "%d\n", sets.v[i].number);
	return strbuf_failed(out) ? err_nomem(e) : 0;
}

/* --- a jail's /dev ------------------------------------------------------- */

static int changeable(const struct devfsctl *c, const char *request,
		      struct err *e)
{
	int r = allowed(c, request, e);
	struct err why = ERR_INIT;

	if (r < 0 || c->jid)
		return r;
	if (c->ps->jailed)
		return failed(e, request, EPERM, NULL);
	err_set(&why, EOPNOTSUPP,
		"the machine's own /dev is udev's; -m or -j names a jail's");
	return failed(e, request, EOPNOTSUPP, &why);
}

int devfsctl_use(struct devfsctl *c, int set, struct err *e)
{
	cleanup_close int lock = -1;
	int r = changeable(c, "SUSE", e);

	if (!r)
		r = reg_lock(c->ps, &lock, e);
	if (!r)
		r = dev_ruleset(c->ps, c->jid, set, e);
	if (!r)
		c->current = set;
	return r;
}

static int apply(struct devfsctl *c, const char *request, int set,
		 const struct devfs_rule *rule, struct err *e)
{
	cleanup_close int lock = -1;
	struct err why = ERR_INIT;
	int r = reg_lock(c->ps, &lock, e);

	if (r < 0)
		return r;
	r = dev_apply(c->ps, c->jid, set, rule, &why);
	if (r == -ENOENT && !rule)
		return failed(e, request, ESRCH, &why);
	return r < 0 ? err_set(e, -r, "%s", why.text) : 0;
}

int devfsctl_apply(struct devfsctl *c, const struct devfs_rule *rule,
		   struct err *e)
{
	cleanup_devfs_sets struct devfs_sets sets = {0};
	int r = changeable(c, "RAPPLY", e);

	if (!r)
		r = devfs_load(c->ps, &sets, e);
	if (r < 0)
		return r;
	if (rule->acts & DEVFS_INCLUDE && !devfs_set_find(&sets, rule->include))
		return failed(e, "RAPPLY", ESRCH, NULL);
	return apply(c, "RAPPLY", 0, rule, e);
}

int devfsctl_apply_number(struct devfsctl *c, int set, int number,
			  struct err *e)
{
	cleanup_devfs_sets struct devfs_sets sets = {0};
	const struct devfs_set *s;
	int r = changeable(c, "RAPPLYID", e);

	if (!r)
		r = devfs_load(c->ps, &sets, e);
	if (r < 0)
		return r;
	s = devfs_set_find(&sets, set ? set : c->current);
	for (size_t i = 0; s && i < s->n; i++)
		if (s->v[i].number == number)
			return apply(c, "RAPPLYID", 0, &s->v[i], e);
	return failed(e, "RAPPLYID", ENOENT, NULL);
}

int devfsctl_applyset(struct devfsctl *c, int set, struct err *e)
{
	int r = changeable(c, "SAPPLY", e);

	return r < 0 ? r : apply(c, "SAPPLY", set ? set : c->current, NULL, e);
}

/* --- for rc -------------------------------------------------------------- */

static int parse_file(const char *path, struct devfs_sets *s, struct err *e)
{
	cleanup_free char *text = NULL;
	size_t len = 0;
	int r = file_read(AT_FDCWD, path, DEVFS_TEXT_MAX, &text, &len, e);

	return r < 0 ? r : devfsrules_parse(text, len, path, s, e);
}

int devfsctl_file_sets(const char *path, struct strbuf *out, struct err *e)
{
	cleanup_devfs_sets struct devfs_sets s = {0};
	int r = devfs_stock(&s, e);

	if (!r)
		r = parse_file(path, &s, e);
	for (size_t i = 0; !r && i < s.n; i++)
		if (!s.v[i].stock)
			strbuf_addf(out, "%s%d", out->len ? " " : "",
				    s.v[i].number);
	return r;
}

int devfsctl_is_loaded(const char *path, bool *ret, struct err *e)
{
	cleanup_strbuf struct strbuf was = STRBUF_INIT, is = STRBUF_INIT;
	cleanup_devfs_sets struct devfs_sets s = {0};
	cleanup_prisons struct prisons *ps = NULL;
	int r = prisons_open(&ps, e);

	if (!r)
		r = devfs_load(ps, &s, e);
	if (r < 0)
		return r;
	devfs_sets_print(&was, &s);
	r = parse_file(path, &s, e);
	if (r < 0)
		return r;
	devfs_sets_print(&is, &s);
	*ret = !strcmp(was.s, is.s);
	return 0;
}

static int change_all(int (*fn)(struct devfs_sets *s, const char *arg,
				struct err *e),
		      const char *arg, struct err *e)
{
	cleanup_prisons struct prisons *ps = NULL;
	cleanup_change struct change ch = {.lock = -1};
	struct devfsctl c = {0};
	int r = prisons_open(&ps, e);

	c.ps = ps;
	if (!r)
		r = change_begin(&c, &ch, e);
	if (!r)
		r = fn(&ch.sets, arg, e);
	return r < 0 ? r : devfs_save(ps, &ch.sets, e);
}

static int change_load(struct devfs_sets *s, const char *path, struct err *e)
{
	return parse_file(path, s, e);
}

int devfsctl_load_file(const char *path, struct err *e)
{
	return change_all(change_load, path, e);
}

static int change_unload(struct devfs_sets *s, const char *numbers,
			 struct err *e)
{
	cleanup_strv struct strv w = {0};
	int number, r = 0;

	if (strv_split(&w, numbers, " ") < 0)
		return err_nomem(e);
	for (size_t i = 0; !r && i < w.n; i++) {
		r = devfs_number(w.v[i], &number, e);
		if (!r)
			r = devfs_set_restore(s, number, e);
	}
	return r;
}

int devfsctl_unload(const char *numbers, struct err *e)
{
	return change_all(change_unload, numbers, e);
}

int devfsctl_ruleset_number(struct devfsctl *c, const char *name, int *ret,
			    struct err *e)
{
	cleanup_devfs_sets struct devfs_sets sets = {0};
	const struct devfs_set *s;
	int r = devfs_load(c->ps, &sets, e);

	if (r < 0)
		return r;
	s = devfs_set_named(&sets, name);
	if (!s)
		return err_set(e, ENOENT, "%s: no such ruleset", name);
	*ret = s->number;
	return 0;
}

int devfsctl_mount_has(const char *mount, const char *name, bool *ret,
		       struct err *e)
{
	cleanup_devfsctl struct devfsctl *c = NULL;
	int number = 0, r;

	r = devfsctl_open(mount, NULL, NULL, &c, e);
	if (!r)
		r = devfsctl_ruleset_number(c, name, &number, e);
	if (!r)
		*ret = c->current == number;
	return r;
}
