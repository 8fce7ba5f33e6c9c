/*
 * prison_reg: the registry's files.
 *
 * Every file is replaced whole by rename, so readers need no lock; whoever
 * changes something holds `lock`, whose content is the jid to try next.
 * Nothing here looks at all jails except where a range of jids is chosen,
 * so that the cost of a start does not grow with their number.
 */
#include "jail/prison_int.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/plan.h"
#include "base/runtime.h"
#include "jail/alias.h"
#include "jail/netgraph.h"
#include "jail/rctl_int.h"
#include "jail/regtext.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>

/* The initial pid namespace has a constant number: PROC_PID_INIT_INO. */
#define PID_NS_INIT "pid:[4026531836]"

static const char *const subdirs[] = {"jails", "names", "pending", "ranges",
				      "ids"};
/* made with the first rule of rctl(8) */
static const char *const rctl_dirs[] = {"rctl/jail", "rctl/process", "rctl"};

/* --- the directory ------------------------------------------------------- */

/*
 * Hold the directory itself: who mounts on it or takes the mount away does so
 * alone.  -ENOENT: it was removed meanwhile.
 */
static int reg_hold(int *ret_fd, struct err *e)
{
	cleanup_close int fd = open(
		CELLBLOCK_RUN, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st, now;

	if (fd < 0)
		return err_sys(e, errno, CELLBLOCK_RUN);
	while (flock(fd, LOCK_EX) < 0)
		if (errno != EINTR)
			return err_sys(e, errno, CELLBLOCK_RUN);
	if (fstat(fd, &st) < 0 || lstat(CELLBLOCK_RUN, &now) < 0 ||
	    st.st_ino != now.st_ino || st.st_dev != now.st_dev)
		return err_sys(e, ENOENT, CELLBLOCK_RUN);
	*ret_fd = take_fd(&fd);
	return 0;
}

static int reg_make_once(struct prisons *ps, struct err *e)
{
	cleanup_close int hold = -1;
	int r;

	if (mkdir(CELLBLOCK_RUN, 0755) < 0 && errno != EEXIST) {
		r = file_mkdirs(AT_FDCWD, CELLBLOCK_RUN, 0755, e);
		if (r < 0)
			return r;
	}
	if (ps->jailed || mnt_is_point(CELLBLOCK_RUN))
		return 0;
	r = reg_hold(&hold, e);
	if (r < 0 || mnt_is_point(CELLBLOCK_RUN))
		return r;
	plan_failpoint();
	/* pinned vnets must not spread to other mount namespaces */
	return mnt_make_private_dir(CELLBLOCK_RUN, e);
}

static int reg_make(struct prisons *ps, struct err *e)
{
	int r;

	for (int i = 0; i < 100; i++) {
		r = reg_make_once(ps, e);
		/* else the last jail's remover has tidied it away */
		if (r != -ENOENT)
			return r;
		err_clear(e);
	}
	return err_set(e, EAGAIN, CELLBLOCK_RUN ": keeps disappearing");
}

static int reg_subdirs(struct prisons *ps, struct err *e)
{
	for (size_t i = 0; i < ARRAY_SIZE(subdirs); i++)
		if (mkdirat(ps->dirfd, subdirs[i], 0755) < 0 && errno != EEXIST)
			return err_sys(e, errno, CELLBLOCK_RUN "/%s",
				       subdirs[i]);
	return 0;
}

int reg_open(struct prisons *ps, bool make, struct err *e)
{
	int r;

	if (make) {
		r = reg_make(ps, e);
		if (r < 0)
			return r;
	}
	if (ps->dirfd >= 0)
		close(ps->dirfd);
	ps->dirfd = open(CELLBLOCK_RUN,
			 O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (ps->dirfd < 0 && (errno != ENOENT || make))
		return err_sys(e, errno, CELLBLOCK_RUN);
	return make ? reg_subdirs(ps, e) : 0;
}

/*
 * Is the directory that is open still what lies at its place?  Else the last
 * jail's remover took the mount away between the two, and what is pinned by
 * path would be under the mount that the next command makes.
 */
static bool reg_current(const struct prisons *ps)
{
	const unsigned int mask = STATX_MNT_ID;
	struct statx held, now;

	if (ps->jailed)
		return true; /* there it is a mount that stays */
	return statx(ps->dirfd, "", AT_EMPTY_PATH, mask, &held) == 0 &&
	       statx(AT_FDCWD, CELLBLOCK_RUN, AT_SYMLINK_NOFOLLOW, mask,
		     &now) == 0 &&
	       (held.stx_attributes & STATX_ATTR_MOUNT_ROOT) &&
	       held.stx_mnt_id == now.stx_mnt_id;
}

/*
 * The lock is good while its file has a name and the directory that it was
 * found in is the mounted one: reg_tidy(), which holds it, ends both, first
 * the mount, then the name.
 */
int reg_lock(struct prisons *ps, int *ret_fd, struct err *e)
{
	cleanup_close int fd = -1;
	struct stat st;
	int r;

	for (int i = 0; i < 100; i++) {
		r = reg_open(ps, true, e);
		if (!r)
			r = file_lock(ps->dirfd, "lock", false, &fd, e);
		if (r < 0 && r != -ENOENT)
			return r;
		/* removed with the last jail meanwhile: again */
		if (r >= 0 && fstat(fd, &st) == 0 && st.st_nlink > 0 &&
		    reg_current(ps)) {
			*ret_fd = take_fd(&fd);
			return reg_subdirs(ps, e);
		}
		err_clear(e);
		if (fd >= 0)
			close(take_fd(&fd));
	}
	return err_set(e, EAGAIN, CELLBLOCK_RUN ": keeps disappearing");
}

/* Left by a writer that was killed: NAME.tmp.PID of a process that is gone. */
static void drop_stale_tmp(int dirfd, const char *dir)
{
	int fd = openat(dirfd, dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cleanup_closedir DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *de;

	while (d && (de = readdir(d))) {
		const char *s = strstr(de->d_name, ".tmp.");
		long pid = s ? strtol(s + 5, NULL, 10) : 0;

		if (pid > 0 && kill((pid_t)pid, 0) < 0 && errno == ESRCH)
			unlinkat(fd, de->d_name, 0);
	}
}

/*
 * State of interfaces goes when there is none: the records of units and the
 * lock that orders writers, unless one is writing.
 */
static void drop_if(struct prisons *ps)
{
	cleanup_close int lock = -1;

	unlinkat(ps->dirfd, "if/units", AT_REMOVEDIR);
	lock = openat(ps->dirfd, "if/lock",
		      O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (lock >= 0 && flock(lock, LOCK_EX | LOCK_NB) == 0)
		unlinkat(ps->dirfd, "if/lock", 0);
	unlinkat(ps->dirfd, "if", AT_REMOVEDIR);
}

void reg_tidy(struct prisons *ps)
{
	cleanup_close int hold = -1;

	drop_stale_tmp(ps->dirfd, "pending");
	drop_stale_tmp(ps->dirfd, "alias/held");
	/* rulesets stay until they are taken away, as on FreeBSD */
	if (ps->jailed || faccessat(ps->dirfd, "devfs", F_OK, 0) == 0)
		return;
	/* each fails while something is in it: then there is more to keep */
	if (!alias_tidy(ps) || !netgraph_tidy(ps))
		return;
	rctl_purge(ps);
	for (size_t i = 0; i < ARRAY_SIZE(rctl_dirs); i++)
		if (unlinkat(ps->dirfd, rctl_dirs[i], AT_REMOVEDIR) < 0 &&
		    errno != ENOENT)
			return;
	for (size_t i = 0; i < ARRAY_SIZE(subdirs); i++) {
		if (unlinkat(ps->dirfd, subdirs[i], AT_REMOVEDIR) < 0 &&
		    errno != ENOENT) {
			reg_subdirs(ps, NULL);
			return;
		}
	}
	/*
	 * Who waits for the lock meanwhile must not go on with it: below the
	 * directory it has open, nothing is mounted from here on.
	 */
	if (reg_hold(&hold, NULL) < 0)
		return;
	plan_failpoint();
	/* with it what is mounted below, the bpffs */
	umount2(CELLBLOCK_RUN, MNT_DETACH | UMOUNT_NOFOLLOW);
	plan_failpoint();
	/* the other way round who comes now would make and lock a new one */
	unlinkat(ps->dirfd, "lock", 0);
	/* interfaces and blocks keep theirs */
	drop_if(ps);
	unlinkat(ps->dirfd, "bpf", AT_REMOVEDIR);
	unlinkat(ps->dirfd, "bpf.lock", 0);
	unlinkat(ps->dirfd, "btf", 0);
	unlinkat(ps->dirfd, "blocks", AT_REMOVEDIR);
	drop_stale_tmp(ps->dirfd, ".");
	rmdir(CELLBLOCK_RUN);
}

/* --- life ---------------------------------------------------------------- */

void life_free(struct life *l)
{
	free(l->cgroup);
	free(l->lent);
	*l = (struct life){0};
}

static int get_proc(const struct pset *ps, const char *name,
		    struct proc_id *ret, struct err *e)
{
	const struct jparam *p = pset_find(ps, name);
	long long pid, start;

	if (!p)
		return 0;
	if (p->values.n != 2 ||
	    str_to_int(p->values.v[0], 1, INT32_MAX, &pid) < 0 ||
	    str_to_int(p->values.v[1], 0, INT64_MAX, &start) < 0)
		return err_set(e, EBADMSG, "%s: no process", name);
	*ret = (struct proc_id){.pid = (pid_t)pid, .start = (uint64_t)start};
	return 0;
}

static int put_proc(struct pset *ps, const char *name, const struct proc_id *id,
		    struct err *e)
{
	cleanup_strv struct strv v = {0};

	if (id->pid <= 0)
		return 0;
	if (strv_addf(&v, "%d", (int)id->pid) < 0 ||
	    strv_addf(&v, "%llu", (unsigned long long)id->start) < 0)
		return err_nomem(e);
	return pset_put_values(ps, name, &v, false, NULL, 0, e);
}

static int get_range(const struct pset *ps, int *lo, int *hi, struct err *e)
{
	const struct jparam *p = pset_find(ps, "jids");
	long long a, b;

	if (!p)
		return 0;
	if (p->values.n != 2 ||
	    str_to_int(p->values.v[0], 1, JAIL_MAX, &a) < 0 ||
	    str_to_int(p->values.v[1], a, JAIL_MAX, &b) < 0)
		return err_set(e, EBADMSG, "jids: no range");
	*lo = (int)a;
	*hi = (int)b;
	return 0;
}

/* "NAME INDEX MAC", MAC in hexadecimal digits or "-". */
static int get_lent(const char *s, struct lent *ret, struct err *e)
{
	struct lent l = {0};
	char mac[65] = "";

	if (sscanf(s, "%15s %d %63[0-9a-f-]", l.name, &l.index, mac) != 3 ||
	    l.index < 0 || strchr(l.name, '/'))
		return err_set(e, EBADMSG, "lent: no interface");
	/* a nested jail's may be hostile, and names are told to the user */
	for (const char *c = l.name; *c; c++)
		if ((unsigned char)*c <= ' ' || *c == 0x7f)
			return err_set(e, EBADMSG, "lent: no interface");
	if (strcmp(mac, "-") != 0)
		snprintf(l.mac, sizeof(l.mac), "%.63s", mac);
	*ret = l;
	return 0;
}

int life_from_pset(const struct pset *ps, struct life *ret, struct err *e)
{
	cleanup_life struct life l = {0};
	const struct jparam *p;
	const char *s;
	int r;

	r = get_proc(ps, "init", &l.init, e);
	if (!r)
		r = get_proc(ps, "keeper", &l.keeper, e);
	if (!r)
		r = get_range(ps, &l.lo, &l.hi, e);
	if (r < 0)
		return r;
	l.vnet = pset_find(ps, "ownvnet") != NULL;
	s = pset_value(ps, "cgroup");
	if (s && !(l.cgroup = strdup(s)))
		return err_nomem(e);
	p = pset_find(ps, "lent");
	if (p && p->values.n) {
		l.lent = calloc(p->values.n, sizeof(*l.lent));
		if (!l.lent)
			return err_nomem(e);
		for (size_t i = 0; i < p->values.n; i++) {
			r = get_lent(p->values.v[i], &l.lent[l.nlent++], e);
			if (r < 0)
				return r;
		}
	}
	*ret = l;
	l = (struct life){0};
	return 0;
}

int life_to_pset(const struct life *l, struct pset *ret, struct err *e)
{
	cleanup_pset struct pset ps = {0};
	cleanup_strv struct strv v = {0}, range = {0};
	int r;

	r = put_proc(&ps, "init", &l->init, e);
	if (!r)
		r = put_proc(&ps, "keeper", &l->keeper, e);
	if (!r && l->cgroup)
		r = pset_put(&ps, "cgroup", l->cgroup, false, e);
	if (!r && l->vnet)
		r = pset_put(&ps, "ownvnet", NULL, false, e);
	if (!r && l->lo) {
		if (strv_addf(&range, "%d", l->lo) < 0 ||
		    strv_addf(&range, "%d", l->hi) < 0)
			return err_nomem(e);
		r = pset_put_values(&ps, "jids", &range, false, NULL, 0, e);
	}
	for (size_t i = 0; i < l->nlent; i++)
		if (strv_addf(&v, "%s %d %s", l->lent[i].name, l->lent[i].index,
			      *l->lent[i].mac ? l->lent[i].mac : "-") < 0)
			return err_nomem(e);
	if (!r && v.n)
		r = pset_put_values(&ps, "lent", &v, false, NULL, 0, e);
	if (r < 0)
		return r;
	*ret = ps;
	ps = (struct pset){0};
	return 0;
}

int life_read(struct prisons *ps, int jid, struct life *ret, struct err *e)
{
	cleanup_pset struct pset set = {0};
	char path[64];
	int r;

	snprintf(path, sizeof(path), "jails/%d/life", jid);
	r = regtext_read(ps->dirfd, path, &set, e);
	return r < 0 ? r : life_from_pset(&set, ret, e);
}

/* A file of the registry, named in full when it cannot be written. */
static int reg_write(struct prisons *ps, const char *path,
		     const struct pset *set, struct err *e)
{
	struct err we = ERR_INIT;
	int r = regtext_write(ps->dirfd, path, set, &we);

	if (r < 0)
		return err_set(e, we.code ? we.code : -r, CELLBLOCK_RUN "/%s",
			       we.text);
	return 0;
}

int life_write(struct prisons *ps, int jid, const struct life *l, struct err *e)
{
	cleanup_pset struct pset set = {0};
	char path[64];
	int r;

	snprintf(path, sizeof(path), "jails/%d/life", jid);
	r = life_to_pset(l, &set, e);
	return r < 0 ? r : reg_write(ps, path, &set, e);
}

int params_read(struct prisons *ps, int jid, struct pset *ret, struct err *e)
{
	char path[64];

	snprintf(path, sizeof(path), "jails/%d/params", jid);
	return regtext_read(ps->dirfd, path, ret, e);
}

int params_write(struct prisons *ps, int jid, const struct pset *params,
		 struct err *e)
{
	char path[64];

	snprintf(path, sizeof(path), "jails/%d/params", jid);
	return reg_write(ps, path, params, e);
}

char *jail_path(int jid, const char *file)
{
	return str_printf(CELLBLOCK_RUN "/jails/%d/%s", jid, file);
}

/* --- pending ------------------------------------------------------------- */

void pending_free(struct pending *p)
{
	free(p->name);
	free(p->cgroup);
	*p = (struct pending){0};
}

int pending_read(struct prisons *ps, int jid, struct pending *ret,
		 struct err *e)
{
	cleanup_pending struct pending p = {0};
	cleanup_pset struct pset set = {0};
	const char *name, *cgroup;
	char path[64];
	int r;

	snprintf(path, sizeof(path), "pending/%d", jid);
	r = regtext_read(ps->dirfd, path, &set, e);
	if (!r)
		r = get_proc(&set, "owner", &p.owner, e);
	if (r < 0)
		return r;
	p.remove = pset_find(&set, "remove") != NULL;
	name = pset_value(&set, "jail");
	cgroup = pset_value(&set, "cgroup");
	if ((name && !(p.name = strdup(name))) ||
	    (cgroup && !(p.cgroup = strdup(cgroup))))
		return err_nomem(e);
	*ret = p;
	p = (struct pending){0};
	return 0;
}

int pending_write(struct prisons *ps, int jid, const struct pending *p,
		  struct err *e)
{
	cleanup_pset struct pset set = {0};
	char path[64];
	int r;

	r = put_proc(&set, "owner", &p->owner, e);
	if (!r && p->remove)
		r = pset_put(&set, "remove", NULL, false, e);
	if (!r && p->name)
		r = pset_put(&set, "jail", p->name, false, e);
	if (!r && p->cgroup)
		r = pset_put(&set, "cgroup", p->cgroup, false, e);
	if (r < 0)
		return r;
	snprintf(path, sizeof(path), "pending/%d", jid);
	return reg_write(ps, path, &set, e);
}

bool pending_is(struct prisons *ps, int jid)
{
	char path[64];

	snprintf(path, sizeof(path), "pending/%d", jid);
	return faccessat(ps->dirfd, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

int pending_drop(struct prisons *ps, int jid, struct err *e)
{
	char path[64];

	snprintf(path, sizeof(path), "pending/%d", jid);
	if (unlinkat(ps->dirfd, path, 0) < 0 && errno != ENOENT)
		return err_sys(e, errno, "%s", path);
	return 0;
}

/* --- jids ---------------------------------------------------------------- */

static int range_compare(const void *a, const void *b)
{
	return ((const struct jids *)a)->lo - ((const struct jids *)b)->lo;
}

/* All ranges in use, sorted: as many as there are jails with children. */
static int ranges_read(struct prisons *ps, struct jids **ret, size_t *ret_n,
		       struct err *e)
{
	int fd =
		openat(ps->dirfd, "ranges", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cleanup_closedir DIR *d = fd < 0 ? NULL : fdopendir(fd);
	cleanup_free struct jids *v = NULL;
	struct dirent *de;
	size_t n = 0;

	/* jids given out without a look would be given out twice */
	if (!d && errno != ENOENT) {
		int code = errno;

		if (fd >= 0)
			close(fd);
		return err_sys(e, code, CELLBLOCK_RUN "/ranges");
	}
	while (d && (de = readdir(d))) {
		struct jids rg = {0}, *nv;

		if (sscanf(de->d_name, "%7d-%7d-%7d", &rg.lo, &rg.hi,
			   &rg.jid) != 3 ||
		    rg.lo < 1 || rg.hi < rg.lo)
			continue;
		nv = reallocarray(v, n + 1, sizeof(*v));
		if (!nv)
			return err_nomem(e);
		v = nv;
		v[n++] = rg;
	}
	if (n)
		qsort(v, n, sizeof(*v), range_compare);
	*ret = take_ptr(v);
	*ret_n = n;
	return 0;
}

static int range_holding(const struct jids *v, size_t n, int jid)
{
	for (size_t i = 0; i < n; i++)
		if (jid >= v[i].lo && jid <= v[i].hi)
			return (int)i;
	return -1;
}

int range_owner(struct prisons *ps, int jid)
{
	cleanup_free struct jids *v = NULL;
	size_t n = 0;
	int i;

	if (ps->dirfd < 0 || ranges_read(ps, &v, &n, NULL) < 0)
		return 0;
	i = range_holding(v, n, jid);
	return i < 0 ? 0 : v[i].jid;
}

int range_take(struct prisons *ps, const struct jids *j, struct err *e)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "ranges/%d-%d-%d", j->lo, j->hi, j->jid);
	fd = openat(ps->dirfd, path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	if (fd < 0)
		return err_sys(e, errno, "%s", path);
	close(fd);
	return 0;
}

/*
 * A name of the directory is a jail, or one that is coming or going; of the
 * jails below one no more than its range of jids is known.
 */
int jails_at_most(struct prisons *ps, size_t *ret, struct err *e)
{
	cleanup_free struct jids *v = NULL;
	cleanup_free int *jids = NULL;
	size_t n = 0, sum = 0;
	int r = 0;

	if (ps->dirfd >= 0)
		r = dir_jids(ps->dirfd, "jails", JAIL_MAX, &jids, &sum, e);
	if (!r && ps->dirfd >= 0)
		r = ranges_read(ps, &v, &n, e);
	for (size_t i = 0; !r && i < n; i++)
		if (v[i].hi >= v[i].lo)
			sum += (size_t)(v[i].hi - v[i].lo + 1);
	if (!r)
		*ret = sum;
	return r;
}

/* By jid alone: whoever cleans up after a crash knows no more. */
void range_drop(struct prisons *ps, int jid)
{
	cleanup_free struct jids *v = NULL;
	char path[64];
	size_t n = 0;

	if (ranges_read(ps, &v, &n, NULL) < 0)
		return;
	for (size_t i = 0; i < n; i++) {
		if (v[i].jid != jid)
			continue;
		snprintf(path, sizeof(path), "ranges/%d-%d-%d", v[i].lo,
			 v[i].hi, jid);
		unlinkat(ps->dirfd, path, 0);
	}
}

bool jid_exists(struct prisons *ps, int jid)
{
	char path[64];

	snprintf(path, sizeof(path), "jails/%d", jid);
	return faccessat(ps->dirfd, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0 ||
	       pending_is(ps, jid);
}

/* The highest single jid in [lo,hi], or 0. */
static int highest_single(struct prisons *ps, int lo, int hi)
{
	int fd = openat(ps->dirfd, "jails", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cleanup_closedir DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *de;
	int best = 0;

	while (d && (de = readdir(d))) {
		int jid = atoi(de->d_name);

		if (jid >= lo && jid <= hi && jid > best)
			best = jid;
	}
	return best;
}

/* Ranges are cut from the top, single jids (as j->jid) from the bottom. */
static int range_choose(struct prisons *ps, const struct jids *v, size_t n,
			int size, struct jids *j)
{
	int hi = ps->hi, in, single;

	while (hi - size + 1 >= ps->lo) {
		in = -1;
		for (size_t i = 0; i < n; i++)
			if (v[i].lo <= hi && v[i].hi >= hi - size + 1)
				in = (int)i; /* sorted: the highest one */
		if (in >= 0) {
			hi = v[in].lo - 1;
			continue;
		}
		single = highest_single(ps, hi - size + 1, hi);
		if (j->jid >= hi - size + 1 && j->jid <= hi && j->jid > single)
			single = j->jid;
		if (single) {
			hi = single - 1;
			continue;
		}
		j->lo = hi - size + 1;
		j->hi = hi;
		return 0;
	}
	return -EAGAIN;
}

static int jid_next(struct prisons *ps, int lockfd, const struct jids *v,
		    size_t n, int *ret)
{
	char buf[16] = "";
	int jid = 0, i;

	if (pread(lockfd, buf, sizeof(buf) - 1, 0) > 0)
		jid = atoi(buf);
	if (jid < ps->lo || jid > ps->hi)
		jid = ps->lo;
	for (int tries = ps->hi - ps->lo + 1; tries > 0; tries--) {
		i = range_holding(v, n, jid);
		if (i >= 0)
			jid = v[i].hi;
		else if (!jid_exists(ps, jid)) {
			*ret = jid;
			return 0;
		}
		if (++jid > ps->hi)
			jid = ps->lo;
	}
	return -EAGAIN;
}

int jid_choose(struct prisons *ps, int lockfd, int want, int size,
	       struct jids *ret, struct err *e)
{
	cleanup_free struct jids *v = NULL;
	struct jids j = {.jid = want};
	int i, r;
	char buf[16];
	size_t n = 0;

	r = ranges_read(ps, &v, &n, e);
	if (r < 0)
		return r;
	if (!want) {
		r = jid_next(ps, lockfd, v, n, &j.jid);
	} else if (jid_exists(ps, want)) {
		return err_set(e, EEXIST, "jail %d already exists", want);
	} else if (want < ps->lo || want > ps->hi) {
		return err_set(e, EPERM, "jail_set: Operation not permitted");
	} else {
		i = range_holding(v, n, want);
		if (i >= 0)
			return err_set(e, EEXIST,
				       "jid %d is kept for children of jail "
				       "%d",
				       want, v[i].jid);
	}
	if (!r && size > 0)
		r = range_choose(ps, v, n, size, &j);
	if (r < 0 && ps->jailed)
		return err_set(e, EAGAIN, "prison limit exceeded");
	if (r < 0)
		return err_set(e, EAGAIN, "no available jail IDs");
	if (!want) {
		int len = snprintf(buf, sizeof(buf), "%d\n", j.jid + 1);

		if (pwrite(lockfd, buf, (size_t)len, 0) == len)
			(void)ftruncate(lockfd, len);
	}
	*ret = j;
	return 0;
}

/* --- names --------------------------------------------------------------- */

int name_encode(const char *name, char *dst, size_t size)
{
	size_t n = 0;

	for (; *name; name++) {
		bool odd = *name == '/' || *name == '%';

		if (n + 4 > size)
			return -ENAMETOOLONG;
		n += (size_t)snprintf(dst + n, size - n, odd ? "%%%02X" : "%c",
				      (unsigned char)*name);
	}
	return n ? 0 : -EINVAL;
}

static int name_path(const char *name, char *path, size_t size)
{
	memcpy(path, "names/", 6);
	return name_encode(name, path + 6, size - 6);
}

int name_find(struct prisons *ps, const char *name, int *ret_jid)
{
	char path[6 + 256 + 4], target[16];
	ssize_t n;

	if (ps->dirfd < 0 || name_path(name, path, sizeof(path)) < 0)
		return -ENOENT;
	n = readlinkat(ps->dirfd, path, target, sizeof(target) - 1);
	if (n <= 0)
		return -ENOENT;
	target[n] = '\0';
	*ret_jid = atoi(target);
	return *ret_jid > 0 ? 0 : -ENOENT;
}

int name_add(struct prisons *ps, const char *name, int jid, struct err *e)
{
	char path[6 + 256 + 4], target[16];
	int r;

	r = name_path(name, path, sizeof(path));
	if (r < 0)
		return err_sys(e, -r, "name \"%s\"", name);
	snprintf(target, sizeof(target), "%d", jid);
	if (symlinkat(target, ps->dirfd, path) == 0)
		return 0;
	if (errno == EEXIST)
		return err_set(e, EEXIST, "jail \"%s\" already exists", name);
	return err_sys(e, errno, "name \"%s\"", name);
}

void name_drop(struct prisons *ps, const char *name, int jid)
{
	char path[6 + 256 + 4];
	int owner;

	if (name_find(ps, name, &owner) < 0 || owner != jid)
		return;
	if (name_path(name, path, sizeof(path)) == 0)
		unlinkat(ps->dirfd, path, 0);
}

/* --- where things lie ---------------------------------------------------- */

int rt_dir(struct prisons *ps, char **ret, struct err *e)
{
	if (!ps->jailed)
		return runtime_dir(ret, e);
	*ret = strdup(RT_IN_JAIL);
	return *ret ? 0 : err_nomem(e);
}

int cgroup_base(struct prisons *ps, char **ret, struct err *e)
{
	cleanup_free char *root = NULL;
	char ns[64] = "";
	int r;

	r = cgroup_root(&root, e);
	if (r < 0)
		return r;
	/*
	 * Registries of other pid namespaces (containers, tests) may share the
	 * machine's cgroup tree: each has a directory of its own there.
	 */
	if (!ps->jailed &&
	    readlink("/proc/self/ns/pid", ns, sizeof(ns) - 1) > 0 &&
	    strcmp(ns, PID_NS_INIT) != 0)
		*ret = str_printf("%s/cellblock.%lu", root,
				  strtoul(ns + 5, NULL, 10));
	else
		*ret = str_printf("%s/cellblock", root);
	return *ret ? 0 : err_nomem(e);
}
