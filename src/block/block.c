/* See block.h for the theory of operation. */
#include "block/block.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/str.h"
#include "block/level.h"
#include "jail/conf.h"
#include "jail/param.h"
#include "jail/prison.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#define BLOCKS CELLBLOCK_RUN "/blocks"
#define RECORD_MAX 65536

void block_free(struct block *b)
{
	free(b->dir);
	*b = (struct block){0};
}

/* A block's name becomes a jail's: no dots, not a number, no odd bytes. */
static int name_check(const char *name, struct err *e)
{
	bool digits = true;

	if (!*name || strlen(name) >= BLOCK_NAME_MAX)
		return err_set(e, EINVAL, "block name \"%.80s\": %s", name,
			       *name ? "too long" : "empty");
	for (const char *s = name; *s; s++) {
		if (!isalnum((unsigned char)*s) && !strchr("-_", *s))
			return err_set(e, EINVAL,
				       "block name \"%s\": only letters, "
				       "digits, - and _ (use --name)",
				       name);
		digits = digits && isdigit((unsigned char)*s);
	}
	if (digits)
		return err_set(e, EINVAL, "block name \"%s\": is a number",
			       name);
	return 0;
}

/* The name and absolute folder that the options mean. */
static int block_of(const struct block_opts *o, struct block *ret,
		    struct err *e)
{
	cleanup_free char *dir = realpath(o->dir, NULL);
	const char *name = o->name;
	struct stat st;
	int r;

	if (!dir)
		return err_sys(e, errno, "%s", o->dir);
	if (stat(dir, &st) < 0)
		return err_sys(e, errno, "%s", dir);
	if (!S_ISDIR(st.st_mode))
		return err_sys(e, ENOTDIR, "%s", o->dir);
	if (!name)
		name = strrchr(dir, '/') + 1;
	r = name_check(name, e);
	if (r < 0)
		return r;
	snprintf(ret->name, sizeof(ret->name), "%s", name);
	ret->dir = take_ptr(dir);
	ret->host = o->host;
	return 0;
}

static int record_write(const struct block *b, struct err *e)
{
	cleanup_strbuf struct strbuf text = STRBUF_INIT;
	cleanup_pset struct pset ps = {0};
	cleanup_free char *path = str_printf(BLOCKS "/%s", b->name);
	int r;

	if (!path)
		return err_nomem(e);
	r = file_mkdirs(AT_FDCWD, BLOCKS, 0755, e);
	if (r >= 0)
		r = pset_put(&ps, "dir", b->dir, false, e);
	if (r >= 0)
		r = pset_put(&ps, "mode", b->host ? "host" : "sandbox", false,
			     e);
	if (r < 0)
		return r;
	jailconf_print_jail(&text, b->name, &ps);
	if (strbuf_failed(&text))
		return err_nomem(e);
	return file_write_atomic(AT_FDCWD, path, text.s, 0600, e);
}

/* With its lock, which the caller holds, and the folder when it is empty. */
static void record_remove(const char *name)
{
	cleanup_free char *path = str_printf(BLOCKS "/%s", name);
	cleanup_free char *lock = str_printf(BLOCKS "/.%s.lock", name);

	if (path)
		unlink(path);
	if (lock)
		unlink(lock);
	rmdir(BLOCKS);
}

static int record_read(const char *name, struct block *ret, struct err *e)
{
	cleanup_free char *path = str_printf(BLOCKS "/%s", name);
	cleanup_jailconf struct jailconf *c = NULL;
	cleanup_free char *text = NULL;
	const char *dir, *mode;
	size_t len;
	int r;

	if (!path)
		return err_nomem(e);
	r = file_read(AT_FDCWD, path, RECORD_MAX, &text, &len, e);
	if (r >= 0)
		r = jailconf_parse(path, text, len, &c, e);
	if (r < 0)
		return r;
	dir = c->n == 1 ? pset_value(&c->v[0].params, "dir") : NULL;
	mode = c->n == 1 ? pset_value(&c->v[0].params, "mode") : NULL;
	if (!dir || !mode || strlen(name) >= sizeof(ret->name))
		return err_set(e, EINVAL, "%s: damaged block record", path);
	ret->dir = strdup(dir);
	if (!ret->dir)
		return err_nomem(e);
	snprintf(ret->name, sizeof(ret->name), "%s", name);
	ret->host = !strcmp(mode, "host");
	return 0;
}

int block_list(struct strv *ret, struct err *e)
{
	cleanup_closedir DIR *d = opendir(BLOCKS);
	struct dirent *de;

	if (!d)
		return errno == ENOENT ? 0 : err_sys(e, errno, BLOCKS);
	while ((de = readdir(d))) {
		/* locks and half-written files have a dot, names do not */
		if (strchr(de->d_name, '.'))
			continue;
		if (strv_add(ret, de->d_name) < 0)
			return err_nomem(e);
	}
	strv_sort(ret);
	return 0;
}

int block_find(const char *which, struct block *ret, struct err *e)
{
	cleanup_free char *real = NULL;
	cleanup_strv struct strv names = {0};
	int r;

	if (!name_check(which, NULL) && !record_read(which, ret, NULL))
		return 0;
	real = realpath(which, NULL);
	r = block_list(&names, e);
	for (size_t i = 0; real && r >= 0 && i < names.n; i++) {
		cleanup_block struct block b = {0};

		if (record_read(names.v[i], &b, NULL) < 0 ||
		    strcmp(b.dir, real))
			continue;
		*ret = b;
		b.dir = NULL;
		return 0;
	}
	return r < 0 ? r : err_set(e, ENOENT, "block \"%s\" is not up", which);
}

/* Taken with the block's record, so a lock that was waited for may be gone. */
static int lock_block(const char *name, int *ret_fd, struct err *e)
{
	cleanup_free char *path = str_printf(BLOCKS "/.%s.lock", name);
	cleanup_close int fd = -1;
	struct stat st;
	int r;

	if (!path)
		return err_nomem(e);
	for (;;) {
		r = geteuid() ? err_set(e, EPERM, "must be root") : 0;
		if (r >= 0)
			r = file_mkdirs(AT_FDCWD, BLOCKS, 0755, e);
		if (r >= 0)
			r = file_lock(AT_FDCWD, path, false, &fd, e);
		if (r < 0 && r != -ENOENT)
			return r;
		if (r >= 0 && !fstat(fd, &st) && st.st_nlink)
			break;
		if (fd >= 0)
			close(take_fd(&fd));
	}
	*ret_fd = take_fd(&fd);
	return 0;
}

/* The end of a block's record: nothing is left of the registry if it was all.
 */
static void record_end(const char *name)
{
	cleanup_prisons struct prisons *ps = NULL;

	record_remove(name);
	if (prisons_open(&ps, NULL) >= 0)
		prisons_tidy(ps);
}

/*
 * A sandbox stands for a machine, so it has the rights that jails' files ask
 * for and that cost nothing: its network stack, mounts and System V IPC are
 * its own whatever is done with them.
 */
static const struct right {
	const char *name, *value; /* NULL: a boolean */
} sandbox_rights[] = {
	{"allow.raw_sockets", NULL},
	{"allow.sysvipc", NULL},
	{"allow.mount", NULL},
	{"allow.mount.devfs", NULL},
	{"allow.mount.fdescfs", NULL},
	{"allow.mount.linprocfs", NULL},
	{"allow.mount.linsysfs", NULL},
	{"allow.mount.nullfs", NULL},
	{"allow.mount.procfs", NULL},
	{"allow.mount.tmpfs", NULL},
	{"enforce_statfs", "1"},
	{"sysvmsg", "new"},
	{"sysvsem", "new"},
	{"sysvshm", "new"},
};

/* May the jail that we are in give it?  It is told what is no default. */
static bool is_ours(const struct pset *own, const struct right *right)
{
	return right->value ? pset_find(own, right->name) != NULL
			    : param_set_bool(own, right->name);
}

static int put_rights(struct pset *ps, struct err *e)
{
	cleanup_pset struct pset own = {0};
	bool jailed = false;
	int r = prison_self_params(&own, &jailed, e);

	for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(sandbox_rights); i++) {
		const struct right *x = &sandbox_rights[i];

		if (!jailed || is_ours(&own, x))
			r = pset_put(ps, x->name, x->value, false, e);
	}
	return r;
}

/* In a jail half of what it may have at most: more than one block is made. */
static int children_max(void)
{
	struct prison_self self = {0};

	if (prison_self(&self, NULL) < 0 || !self.jailed ||
	    self.children_max / 2 > BLOCK_CHILDREN)
		return BLOCK_CHILDREN;
	return self.children_max / 2;
}

/* The parameters of the sandbox jail. */
static int sandbox_params(const struct block *b, struct pset *ps, struct err *e)
{
	cleanup_free char *max = str_printf("%d", children_max());
	const char *const rows[][2] = {
		{"name", b->name},	{"vnet", "new"},
		{"persist", NULL},	{"host.hostname", b->name},
		{"children.max", max},	{"mount.devfs", NULL},
		{"block.root", "copy"}, {"block.dir", b->dir},
	};
	int r = max ? put_rights(ps, e) : err_nomem(e);

	for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(rows); i++)
		r = pset_put(ps, rows[i][0], rows[i][1], false, e);
	return r;
}

static int sandbox_create(const struct block *b, struct prisons *ps,
			  int *ret_jid, struct err *e)
{
	cleanup_pset struct pset params = {0};
	int r = sandbox_params(b, &params, e);

	if (r < 0)
		return r;
	return prison_set(ps, &params, PRISON_CREATE, ret_jid, e);
}

/* Remove a sandbox again; keeps an error that is there already. */
static int sandbox_undo(struct prisons *ps, int jid, int r, struct err *e)
{
	struct err re = ERR_INIT;

	if (prison_remove(ps, jid, &re) >= 0)
		return r;
	if (r >= 0)
		return err_set(e, re.code, "%s", re.text);
	err_append(e, "; %s", re.text);
	return r;
}

static int sandbox_up(const struct block *b, bool dry_run,
		      const struct report *rep, size_t *changes, struct err *e)
{
	cleanup_prisons struct prisons *ps = NULL;
	cleanup_prison struct prison p = {0};
	bool fresh;
	int jid = 0, r;

	r = prisons_open(&ps, e);
	if (r < 0)
		return r;
	fresh = prison_get(ps, b->name, false, &p, NULL) < 0;
	/*
	 * A dry run makes the sandbox too and removes it again: rc.conf is
	 * shell, and a lab's shell never runs on the machine itself.
	 */
	if (fresh) {
		report(rep, REPORT_STEP, "create jail %s", b->name);
		++*changes;
		r = sandbox_create(b, ps, &jid, e);
		if (r < 0)
			return r;
		r = prison_get(ps, b->name, false, &p, e);
		if (r < 0)
			return sandbox_undo(ps, jid, r, e);
	}
	r = level_up_in(ps, &p, b->dir, dry_run, rep, changes, e);
	if (!fresh)
		return r;
	if (r >= 0 && !dry_run)
		r = prison_started(ps, jid, e);
	return r < 0 || dry_run ? sandbox_undo(ps, jid, r, e) : r;
}

int block_up(const struct block_opts *o, size_t *ret_changes, struct err *e)
{
	cleanup_block struct block b = {0}, old = {0};
	cleanup_close int lock = -1;
	size_t changes = 0;
	bool was_up;
	int r;

	r = block_of(o, &b, e);
	if (r >= 0)
		r = block_check(b.dir, o->report, e);
	if (r >= 0)
		r = lock_block(b.name, &lock, e);
	if (r < 0)
		return r;
	was_up = !block_find(b.name, &old, NULL);
	if (was_up && (strcmp(old.dir, b.dir) || old.host != b.host))
		return err_set(e, EEXIST,
			       "block \"%s\" is up already, from %s%s", b.name,
			       old.dir, old.host ? " on the host" : "");
	if (!was_up && !o->dry_run) {
		/* first, so that `down` works after whatever happens next */
		r = record_write(&b, e);
		if (r < 0) {
			record_end(b.name);
			return r;
		}
	}
	r = b.host ? level_up(b.dir, o->dry_run, o->report, &changes, e)
		   : sandbox_up(&b, o->dry_run, o->report, &changes, e);
	if (!was_up && (r < 0 || o->dry_run))
		record_end(b.name);
	if (r < 0)
		return r;
	if (ret_changes)
		*ret_changes = changes;
	return 0;
}

static int sandbox_down(const struct block *b, const struct report *rep,
			struct err *e)
{
	cleanup_prisons struct prisons *ps = NULL;
	cleanup_prison struct prison p = {0};
	struct err le = ERR_INIT;
	int r;

	r = prisons_open(&ps, e);
	if (r < 0)
		return r;
	if (prison_get(ps, b->name, true, &p, NULL) < 0)
		return 0; /* died before: the record is all that is left */
	if (!p.dying && level_down_in(ps, &p, b->dir, rep, &le) < 0)
		report(rep, REPORT_WARN, "%s: %s", b->name, le.text);
	report(rep, REPORT_STEP, "remove jail %s", b->name);
	return prison_remove(ps, p.jid, e);
}

int block_down(const struct block_opts *o, struct err *e)
{
	cleanup_block struct block b = {0};
	cleanup_close int lock = -1;
	int r;

	r = block_find(o->name ? o->name : o->dir, &b, e);
	if (r >= 0)
		r = lock_block(b.name, &lock, e);
	if (r < 0)
		return r;
	r = b.host ? level_down(b.dir, o->report, e)
		   : sandbox_down(&b, o->report, e);
	if (r < 0)
		return r;
	record_end(b.name);
	return 0;
}
