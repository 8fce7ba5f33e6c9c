/*
 * prison_check: what should not be there, for `cellblock doctor`.
 *
 * Opening the registry finishes what is written down in pending/.  This looks
 * for the rest: jails that could not be removed, cgroups and names and jids
 * that belong to no jail, netgraphs of network stacks that have ended.  A table
 * of looks; each reports what it finds and, asked to, removes it.
 */
#include "jail/prison_int.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "jail/alias.h"
#include "jail/netgraph.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>

struct check {
	struct prisons *ps;
	bool repair;
	struct strv *found;
};

/* One thing found; `r` is the repair's result. */
static int tell(struct check *c, int r, const struct err *re, struct err *e,
		const char *what)
{
	int a = !c->repair ? strv_add(c->found, what)
		: r < 0	   ? strv_addf(c->found, "%s: %s", what, re->text)
			   : 0;

	return a < 0 ? err_nomem(e) : 0;
}

static int check_dying(struct check *c, struct err *e)
{
	struct prison *v = NULL;
	size_t n = 0;
	int r = prison_list(c->ps, true, &v, &n, e);

	for (size_t i = 0; r >= 0 && i < n; i++) {
		cleanup_free char *what = NULL;
		struct err re = ERR_INIT;
		int rr = 0;

		if (!v[i].dying || strchr(v[i].name, '.'))
			continue;
		what = str_printf("jail \"%s\" could not be removed",
				  v[i].name);
		if (!what) {
			r = err_nomem(e);
			break;
		}
		if (c->repair)
			rr = prison_remove(c->ps, v[i].jid, &re);
		r = tell(c, rr, &re, e, what);
	}
	prison_list_free(&v, n);
	return r < 0 ? r : 0;
}

/* Does a jail, or an operation under way, own the number? */
static bool owned(struct prisons *ps, const char *number)
{
	long long jid;

	if (str_to_int(number, 1, JAIL_MAX, &jid) < 0)
		return true; /* not ours to judge */
	return jid_exists(ps, (int)jid) || pending_is(ps, (int)jid);
}

static int remove_v2(const char *path, struct err *e)
{
	int r = cgroup_kill(path, e);

	if (!r)
		r = share_clear_stray(path, e);
	return r < 0 ? r : cgroup_remove(path, e);
}

/* Directories named by jids below `base`. */
static int check_base(struct check *c, const char *base,
		      int (*remove)(const char *path, struct err *e),
		      struct err *e)
{
	cleanup_closedir DIR *d = opendir(base);
	struct dirent *de;
	int r;

	while (d && (de = readdir(d))) {
		cleanup_free char *path = str_printf("%s/%s", base, de->d_name);
		cleanup_free char *what = NULL;
		struct err re = ERR_INIT;
		int rr = 0;

		if (de->d_type != DT_DIR || de->d_name[0] == '.' ||
		    owned(c->ps, de->d_name))
			continue;
		what = str_printf("cgroup %s belongs to no jail", path);
		if (!path || !what)
			return err_nomem(e);
		if (c->repair)
			rr = remove(path, &re);
		r = tell(c, rr, &re, e, what);
		if (r < 0)
			return r;
	}
	return 0;
}

static int check_cgroups(struct check *c, struct err *e)
{
	cleanup_free char *base = NULL;
	int r;

	if (cgroup_base(c->ps, &base, NULL) < 0)
		return 0; /* no cgroup2: nothing to be left in it */
	r = check_base(c, base, remove_v2, e);
	/* what jails with limits have in v1 hierarchies, of the same name */
	for (int k = 0; !r && !c->ps->jailed && k < CGCTLS; k++) {
		cleanup_free char *root = NULL, *v1 = NULL;

		if (cgctl_find(k, &root, NULL) != 1)
			continue;
		v1 = str_printf("%s%s", root, strrchr(base, '/'));
		r = v1 ? check_base(c, v1, cgctl_remove, e) : err_nomem(e);
	}
	return r;
}

/* Does a process live in the pid namespace with this number? */
static bool pidns_lives(const char *number)
{
	cleanup_closedir DIR *d = opendir("/proc");
	cleanup_free char *want = str_printf("pid:[%s]", number);
	struct dirent *de;

	while (d && want && (de = readdir(d))) {
		cleanup_free char *path = NULL;
		char ns[64] = "";

		if (de->d_name[0] < '1' || de->d_name[0] > '9')
			continue;
		path = str_printf("/proc/%s/ns/pid", de->d_name);
		if (path && readlink(path, ns, sizeof(ns) - 1) > 0 &&
		    !strcmp(ns, want))
			return true;
	}
	return !d || !want;
}

/*
 * Registries of other pid namespaces (containers, tests) have cgroups named
 * after the namespace beside ours.  When it is gone, so is their owner.
 */
static int foreign_in(struct check *c, const char *root, struct err *e)
{
	cleanup_closedir DIR *d = opendir(root);
	struct dirent *de;
	int r;

	while (d && (de = readdir(d))) {
		cleanup_free char *path = NULL, *what = NULL;
		struct err re = ERR_INIT;
		int rr = 0;

		if (!str_prefix(de->d_name, "cellblock.") ||
		    pidns_lives(de->d_name + strlen("cellblock.")))
			continue;
		path = str_printf("%s/%s", root, de->d_name);
		what = str_printf("cgroup %s/%s is of a pid namespace that "
				  "has ended",
				  root, de->d_name);
		if (!path || !what)
			return err_nomem(e);
		if (c->repair)
			rr = cgroup_remove(path, &re);
		r = tell(c, rr, &re, e, what);
		if (r < 0)
			return r;
	}
	return 0;
}

static int check_foreign(struct check *c, struct err *e)
{
	cleanup_free char *root = NULL, *base = NULL;
	int r;

	if (c->ps->jailed || cgroup_root(&root, NULL) < 0)
		return 0;
	r = foreign_in(c, root, e);
	if (r < 0 || cgroup_base(c->ps, &base, NULL) < 0)
		return r;
	/*
	 * A container may see the whole machine's v1 hierarchies, and has no
	 * way to tell which pid namespaces live.
	 */
	for (int k = 0; !r && str_suffix(base, "/cellblock") && k < CGCTLS;
	     k++) {
		cleanup_free char *v1 = NULL;

		if (cgctl_find(k, &v1, NULL) == 1)
			r = foreign_in(c, v1, e);
	}
	return r;
}

static int check_names(struct check *c, struct err *e)
{
	cleanup_closedir DIR *d = opendir(CELLBLOCK_RUN "/names");
	struct dirent *de;
	int r;

	while (d && (de = readdir(d))) {
		char jid[16] = "";
		cleanup_free char *what = NULL;
		struct err re = ERR_INIT;
		int rr = 0;

		if (de->d_type != DT_LNK ||
		    readlinkat(dirfd(d), de->d_name, jid, sizeof(jid) - 1) <
			    0 ||
		    owned(c->ps, jid))
			continue;
		what = str_printf("name \"%s\" belongs to no jail", de->d_name);
		if (!what)
			return err_nomem(e);
		if (c->repair && unlinkat(dirfd(d), de->d_name, 0) < 0)
			rr = err_sys(&re, errno, "unlink");
		r = tell(c, rr, &re, e, what);
		if (r < 0)
			return r;
	}
	return 0;
}

/*
 * A jail's jail that was given aliases here may have ended without a word:
 * nobody in there can take them away.
 */
static int check_aliases(struct check *c, struct err *e)
{
	cleanup_free int *v = NULL;
	size_t n = 0;
	int r = dir_jids(c->ps->dirfd, "alias/held", JAIL_MAX, &v, &n, e);

	for (size_t i = 0; r >= 0 && i < n; i++) {
		cleanup_prison struct prison p = {0};
		cleanup_free char *what = NULL;
		struct err re = ERR_INIT;
		char jid[16];
		int rr = 0;

		snprintf(jid, sizeof(jid), "%d", v[i]);
		if (pending_is(c->ps, v[i]) ||
		    prison_get(c->ps, jid, true, &p, NULL) != -ENOENT)
			continue;
		what = str_printf("jail %d has ended and left addresses on "
				  "interfaces",
				  v[i]);
		if (!what)
			return err_nomem(e);
		if (c->repair)
			rr = alias_end(c->ps, v[i], 0, 0, &re);
		r = tell(c, rr, &re, e, what);
	}
	return r < 0 ? r : 0;
}

static int check_netgraph(struct check *c, struct err *e)
{
	cleanup_free uint64_t *v = NULL;
	size_t n = 0;
	int r = netgraph_left(c->ps, &v, &n, e);

	for (size_t i = 0; r >= 0 && i < n; i++) {
		cleanup_free char *what = NULL;
		struct err re = ERR_INIT;
		int rr = 0;

		what = str_printf("netgraph of a network stack that has "
				  "ended, " CELLBLOCK_RUN "/ng/%ju",
				  (uintmax_t)v[i]);
		if (!what)
			return err_nomem(e);
		if (c->repair)
			rr = netgraph_left_drop(c->ps, v[i], &re);
		r = tell(c, rr, &re, e, what);
	}
	return r < 0 ? r : 0;
}

static int (*const checks[])(struct check *c, struct err *e) = {
	check_dying, check_cgroups, check_foreign,
	check_names, check_aliases, check_netgraph,
};

int prisons_check(struct prisons *ps, bool repair, struct strv *found,
		  struct err *e)
{
	struct check c = {.ps = ps, .repair = repair, .found = found};
	int r;

	if (!ps->writable)
		return err_set(e, EPERM, "only root can look for remains");
	for (size_t i = 0; i < ARRAY_SIZE(checks); i++) {
		r = checks[i](&c, e);
		if (r < 0)
			return r;
	}
	return 0;
}

void prisons_tidy(struct prisons *ps)
{
	cleanup_close int lock = -1;

	if (ps->writable && ps->dirfd >= 0 && reg_lock(ps, &lock, NULL) == 0)
		reg_tidy(ps);
}
