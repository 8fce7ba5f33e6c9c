/*
 * prison_nest: jails in jails, seen and handled from outside.
 *
 * Theory of operation.  A jail keeps a registry of its own jails in its own
 * /run/cellblock, where its root may write anything.  From outside it is
 * reached through the root directory of the jail's first process and read as
 * hostile text: no symbolic link is followed, sizes and counts are bounded,
 * jids must be of the range that the jail was given, names of one component.
 * Which process is a nested jail's first one is not asked of the text at all
 * but of the cgroup it must have been born in, which lies below the jail's.
 * So a lying jail can at most show its own processes under false names.
 *
 * To change something, a child enters the jail and does it there by the same
 * code, with the jail's rights: what happens is what the jail could have done
 * itself.  The answer comes back through a pipe.
 */
#include "jail/prison_int.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "jail/param.h"
#include "jail/regtext.h"
#include "ns/proctext.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/nsfs.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/wait.h>

#define DEPTH_MAX 16
/* What a nested jail gets to be made or removed in. */
#define ANSWER_MS 120000
#define ANSWER_POLL_MS 100
/* The jail's root may stop whoever is sent there, by a signal to all, say. */
#define STOPS_MAX 3

/* --- looking ------------------------------------------------------------- */

/* Pid in the innermost namespace. */
static long inner_pid(pid_t pid)
{
	cleanup_free char *text = NULL;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	if (file_read(AT_FDCWD, path, 65536, &text, NULL, NULL) < 0)
		return -1;
	return proctext_inner_pid(text);
}

/*
 * The first process of the jail with this cgroup, by our pids.  Its keeper is
 * born in the same cgroup, but is not pid 1 of its namespace.
 */
static int first_process(const char *cgroup, struct proc_id *ret)
{
	cleanup_free char *path = str_printf("%s/init/cgroup.procs", cgroup);
	cleanup_free char *text = NULL;
	char *save = NULL;
	long long pid;

	if (!path || file_read(AT_FDCWD, path, 65536, &text, NULL, NULL) < 0)
		return -ESRCH;
	for (char *s = strtok_r(text, "\n", &save); s;
	     s = strtok_r(NULL, "\n", &save))
		if (str_to_int(s, 2, INT32_MAX, &pid) == 0 &&
		    inner_pid((pid_t)pid) == 1)
			return proc_id_of((pid_t)pid, ret, NULL);
	return -ESRCH;
}

/* What goes to a terminal must not steer it. */
static void defuse(struct pset *ps)
{
	for (size_t i = 0; i < ps->n; i++)
		for (size_t k = 0; k < ps->v[i].values.n; k++)
			for (char *s = ps->v[i].values.v[k]; *s; s++)
				if ((unsigned char)*s < ' ' || *s == 0x7f)
					*s = '?';
}

/* A range that lies in the owner's; else the jail has no jails for us. */
static void bound_range(const struct life *owner, struct life *l)
{
	if (l->lo < owner->lo || l->hi > owner->hi)
		l->lo = l->hi = 0;
}

/* Text of jail jid below the registry at runfd, made harmless. */
static int nest_read(int runfd, const struct life *owner, int jid,
		     struct life *ret, struct pset *ret_params, struct err *e)
{
	cleanup_pset struct pset params = {0}, life = {0};
	cleanup_life struct life l = {0};
	char path[64];
	int r;

	if (jid < owner->lo || jid > owner->hi)
		return err_set(e, ENOENT, "jail %d not found", jid);
	snprintf(path, sizeof(path), "jails/%d/params", jid);
	r = regtext_read(runfd, path, &params, e);
	if (r < 0)
		return r;
	snprintf(path, sizeof(path), "jails/%d/life", jid);
	r = regtext_read(runfd, path, &life, e);
	if (!r)
		r = life_from_pset(&life, &l, e);
	if (r < 0)
		return r;
	defuse(&params);
	bound_range(owner, &l);
	free(take_ptr(l.cgroup));
	l.init = l.keeper = (struct proc_id){0};
	if (owner->cgroup) {
		l.cgroup =
			str_printf("%s/tree/cellblock/%d", owner->cgroup, jid);
		if (!l.cgroup)
			return err_nomem(e);
		first_process(l.cgroup, &l.init);
	}
	*ret = l;
	l = (struct life){0};
	*ret_params = params;
	params = (struct pset){0};
	return 0;
}

static int owner_run(const struct life *owner, int *ret_fd, struct err *e)
{
	return jail_run_open(&owner->init, ret_fd, e);
}

int nest_find(const struct life *owner, int jid, struct life *ret,
	      struct pset *ret_params, struct err *e)
{
	cleanup_close int run = -1;
	int r = owner_run(owner, &run, e);

	if (!r)
		r = nest_read(run, owner, jid, ret, ret_params, e);
	if (r < 0)
		return err_set(e, ENOENT, "jail %d not found", jid);
	if (ret->init.pid <= 0)
		return err_set(e, ESRCH, "jail %d is dying", jid);
	return 0;
}

/* "a.b" for what jail a calls b; a bad name shows as the jid. */
static char *nest_name(const char *owner, const char *name, int jid)
{
	if (!name || !*name || strchr(name, '.') || strlen(name) > 255)
		return str_printf("%s.%d", owner, jid);
	return str_printf("%s.%s", owner, name);
}

static int nest_prison(const struct prison *owner, int jid,
		       const struct life *l, struct pset *params,
		       struct prison *ret, struct err *e)
{
	cleanup_prison struct prison p = {.jid = jid};
	char num[16];
	int r;

	p.params = *params;
	*params = (struct pset){0};
	p.dying = l->init.pid <= 0;
	p.init = l->init.pid;
	p.name = nest_name(owner->name, pset_value(&p.params, "name"), jid);
	snprintf(num, sizeof(num), "%d", jid);
	if (!p.name || strv_copy(&p.path, &owner->path) < 0 ||
	    strv_add(&p.path, num) < 0)
		return err_nomem(e);
	r = prison_fill(&p, l, e);
	snprintf(num, sizeof(num), "%d", owner->jid);
	if (!r)
		r = pset_put(&p.params, "parent", num, false, e);
	if (r < 0)
		return r;
	*ret = p;
	p = (struct prison){0};
	return 0;
}

static int nest_list_one(struct prisons *ps, int runfd, size_t owner,
			 const struct life *ol, int jid, bool dying,
			 struct prison **v, size_t *n, struct err *e)
{
	cleanup_life struct life l = {0};
	cleanup_pset struct pset params = {0};
	cleanup_prison struct prison p = {0};
	struct prison *nv;
	char num[16];
	size_t own;
	int r;

	/* what cannot be read is not shown: it is the jail's own doing */
	if (nest_read(runfd, ol, jid, &l, &params, NULL) < 0)
		return 0;
	r = nest_prison(&(*v)[owner], jid, &l, &params, &p, e);
	if (r < 0)
		return r;
	if (p.dying && !dying)
		return 0;
	nv = reallocarray(*v, *n + 1, sizeof(*nv));
	if (!nv)
		return err_nomem(e);
	*v = nv;
	own = (*n)++;
	nv[own] = p;
	p = (struct prison){0};
	if (!l.lo || nv[own].dying || nv[own].path.n > DEPTH_MAX)
		return 0;
	r = nest_list(ps, own, &l, dying, v, n, e);
	snprintf(num, sizeof(num), "%d", (int)(*n - own - 1));
	return r < 0 ? r
		     : pset_put(&(*v)[own].params, "children.cur", num, false,
				e);
}

int nest_list(struct prisons *ps, size_t owner, const struct life *l,
	      bool dying, struct prison **v, size_t *n, struct err *e)
{
	cleanup_close int run = -1;
	cleanup_free int *jids = NULL;
	size_t count = 0;
	int r = 0;

	if (owner_run(l, &run, NULL) < 0)
		return 0;
	r = dir_jids(run, "jails", (size_t)(l->hi - l->lo + 1), &jids, &count,
		     e);
	for (size_t i = 0; !r && i < count; i++)
		r = nest_list_one(ps, run, owner, l, jids[i], dying, v, n, e);
	return r;
}

/* Its jails' vnets, through the process that has them. */
int nest_vnet(struct prisons *ps, const struct prison *p, struct vnet **ret,
	      struct err *e)
{
	cleanup_close int ns = -1, state = -1;
	char path[64], dir[64];
	struct proc_id init;
	int r;

	(void)ps;
	r = proc_id_of(p->init, &init, e);
	if (r < 0)
		return r;
	snprintf(path, sizeof(path), "/proc/%d/ns/net", (int)p->init);
	ns = open(path, O_RDONLY | O_CLOEXEC);
	if (ns < 0 || !proc_id_alive(&init))
		return err_set(e, ESRCH, "jail %d is dying", p->jid);
	if (jail_if_open(&init, &state, NULL) == 0)
		snprintf(dir, sizeof(dir), "/proc/self/fd/%d/.", state);
	return vnet_open(ns, state >= 0 ? dir : NULL, ret, e);
}

/* --- doing
 * ----------------------------------------------------------------------------
 */

struct call {
	int (*op)(struct prisons *ps, struct call *c, struct err *e);
	int jid, flags;
	const struct pset *params;
	const char *ifname;
	bool reclaim;
	int out; /* the pipe */
};

/* What comes back, from a process that the jail may have killed. */
struct answer {
	int result, jid, code;
	char text[ERR_TEXT_MAX];
};

static int call_child(void *data)
{
	cleanup_prisons struct prisons *ps = NULL;
	struct call *c = data;
	struct answer a = {0};
	struct err e = ERR_INIT;

	/* nothing that is started in there has it */
	fcntl(c->out, F_SETFD, FD_CLOEXEC);
	/* with its own registry out of the way it may show us our creator's */
	if (faccessat(AT_FDCWD, CELLBLOCK_RUN "/self", F_OK,
		      AT_SYMLINK_NOFOLLOW) < 0)
		a.result = err_sys(&e, errno, CELLBLOCK_RUN "/self");
	if (!a.result)
		a.result = prisons_open(&ps, &e);
	if (!a.result)
		a.result = c->op(ps, c, &e);
	a.jid = c->jid;
	a.code = e.code;
	memcpy(a.text, e.text, sizeof(a.text));
	if (write(c->out, &a, sizeof(a)) != (ssize_t)sizeof(a))
		return 1;
	return 0;
}

/* The jail's root may stop our process: it is not waited for forever. */
/* Is there an answer, or an end?  false: it is waited for no longer. */
static bool answer_comes(int fd, pid_t pid)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	int stops = 0;

	for (int ms = 0; ms < ANSWER_MS; ms += ANSWER_POLL_MS) {
		siginfo_t si = {0};

		if (poll(&p, 1, ANSWER_POLL_MS) > 0)
			return true;
		if (waitid(P_PID, (id_t)pid, &si, WSTOPPED | WNOHANG) < 0 ||
		    si.si_pid != pid)
			continue;
		if (++stops > STOPS_MAX)
			return false;
		kill(pid, SIGCONT);
	}
	return false;
}

static int answer_read(int fd, pid_t pid, struct answer *ret)
{
	int n;

	if (!answer_comes(fd, pid))
		return -1;
	do
		n = (int)read(fd, ret, sizeof(*ret));
	while (n < 0 && errno == EINTR);
	return n;
}

static int call_inside(struct prisons *ps, int owner, struct call *c,
		       struct err *e)
{
	cleanup_close int in = -1;
	struct prison_exec x = {
		.fn = call_child, .data = c, .stdio = {-1, -1, -1}, .nkeep = 1};
	struct answer a = {0};
	int p[2], out, r, got;
	pid_t pid;

	if (pipe2(p, O_CLOEXEC) < 0)
		return err_sys(e, errno, "pipe");
	in = p[0];
	out = c->out = p[1];
	x.keep_fds = &out;
	r = jail_spawn(ps, owner, &x, &pid, e);
	close(out);
	if (r < 0)
		return r;
	got = answer_read(in, pid, &a);
	/* it has nothing more to do; the jail may have stopped it */
	kill(pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	if (got != (int)sizeof(a))
		return err_set(e, EIO, "jail %d gave no answer", owner);
	c->jid = a.jid;
	if (a.result >= 0)
		return 0;
	a.text[sizeof(a.text) - 1] = '\0';
	for (char *s = a.text; *s; s++)
		if ((unsigned char)*s < ' ' || *s == 0x7f)
			*s = '?';
	return err_set(e, a.code > 0 && a.code < 4096 ? a.code : EIO, "%s",
		       a.text);
}

static int op_remove(struct prisons *ps, struct call *c, struct err *e)
{
	return prison_remove(ps, c->jid, e);
}

int nest_remove(struct prisons *ps, int owner, int jid, struct err *e)
{
	struct call c = {.op = op_remove, .jid = jid};
	cleanup_prison struct prison p = {0};
	char num[16];

	snprintf(num, sizeof(num), "%d", jid);
	if (prison_get(ps, num, true, &p, NULL) == 0)
		proc_wake_parents(p.init);
	return call_inside(ps, owner, &c, e);
}

static int op_lend(struct prisons *ps, struct call *c, struct err *e)
{
	return c->reclaim ? prison_reclaim(ps, c->jid, c->ifname, e)
			  : prison_lend(ps, c->jid, c->ifname, e);
}

int nest_lend(struct prisons *ps, int owner, int jid, const char *ifname,
	      bool reclaim, struct err *e)
{
	struct call c = {.op = op_lend,
			 .jid = jid,
			 .ifname = ifname,
			 .reclaim = reclaim};

	return call_inside(ps, owner, &c, e);
}

/*
 * The one who creates is gone as soon as it has answered, so the jail is made
 * to stand on its own at once: should our caller die before it calls
 * prison_started(), the nested jail stays.
 */
static int op_set(struct prisons *ps, struct call *c, struct err *e)
{
	int jid = 0;
	int r = prison_set(ps, c->params, c->flags, &jid, e);

	c->jid = jid;
	if (!r && (c->flags & PRISON_CREATE) && jid_exists(ps, jid) &&
	    pending_is(ps, jid))
		r = prison_started(ps, jid, e);
	return r;
}

int nest_set(struct prisons *ps, int owner, const struct pset *params,
	     int flags, int *ret_jid, struct err *e)
{
	struct call c = {.op = op_set, .params = params, .flags = flags};
	int r = call_inside(ps, owner, &c, e);

	if (!r)
		*ret_jid = c.jid;
	return r;
}

/* It was started by op_set(); is it still there? */
static int op_started(struct prisons *ps, struct call *c, struct err *e)
{
	int owner;

	if (ps->dirfd >= 0 && jid_exists(ps, c->jid))
		return 0;
	owner = range_owner(ps, c->jid);
	if (owner)
		return nest_started(ps, owner, c->jid, e);
	return err_set(e, ENOENT, "jail %d not found", c->jid);
}

int nest_started(struct prisons *ps, int owner, int jid, struct err *e)
{
	struct call c = {.op = op_started, .jid = jid};

	return call_inside(ps, owner, &c, e);
}

/* --- the end of the owner ------------------------------------------------ */

static int op_remove_all(struct prisons *ps, struct call *c, struct err *e)
{
	cleanup_free int *jids = NULL;
	struct err se = ERR_INIT;
	int first = 0, r;
	size_t n = 0;

	(void)c;
	if (ps->dirfd < 0)
		return 0;
	r = dir_jids(ps->dirfd, "jails", JAIL_MAX, &jids, &n, e);
	for (size_t i = 0; !r && i < n; i++) {
		int rr = prison_remove(ps, jids[i], &se);

		if (rr < 0 && rr != -ENOENT && !first)
			first = err_set(e, -rr, "%s", se.text);
	}
	return r < 0 ? r : first;
}

/* In the mount namespace `ns`, on the caller's descriptors. */
struct peek {
	int ns, fd;
};

static int peek_child(void *arg)
{
	struct peek *p = arg;

	if (setns(p->ns, CLONE_NEWNS) == 0)
		p->fd = open(CELLBLOCK_RUN,
			     O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return 0;
}

/* /run/cellblock of a pinned mount namespace without processes. */
static int peek_run(int mntns, int *ret_fd)
{
	struct peek p = {.ns = mntns, .fd = -1};
	struct ns_child c = {.flags = CLONE_FILES,
			     .cgroup_fd = -1,
			     .fn = peek_child,
			     .arg = &p};
	pid_t pid;

	if (ns_vfork(&c, &pid, NULL, NULL) < 0)
		return -EIO;
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	if (p.fd < 0)
		return -ENOENT;
	*ret_fd = p.fd;
	return 0;
}

static void salvage(struct prisons *ps, int mntns, int net,
		    const struct life *owner, int depth, int *left);

/* A pinned namespace, and never something that minds being opened. */
static int pinned_open(int run, int jid, const char *ns, int *ret)
{
	cleanup_close int at = -1;
	char path[64];
	struct statfs s;

	snprintf(path, sizeof(path), "jails/%d/%s", jid, ns);
	if (file_open_beneath(run, path, O_PATH, 0, &at, NULL) < 0 ||
	    fstatfs(at, &s) < 0 || s.f_type != NSFS_MAGIC)
		return -ENOENT;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", at);
	*ret = open(path, O_RDONLY | O_CLOEXEC);
	return *ret < 0 ? -errno : 0;
}

/* What jail jid was lent goes back to its owner's vnet `net`. */
static void salvage_one(struct prisons *ps, int run, int net,
			const struct life *owner, int jid, int depth, int *left)
{
	cleanup_close int from = -1, mnt = -1;
	cleanup_life struct life l = {0};
	cleanup_pset struct pset params = {0};
	cleanup_vnet struct vnet *a = NULL, *b = NULL;

	if (nest_read(run, owner, jid, &l, &params, NULL) < 0)
		return;
	if (pinned_open(run, jid, "net", &from) < 0)
		return;
	if (l.lo && pinned_open(run, jid, "mnt", &mnt) == 0)
		salvage(ps, mnt, from, &l, depth + 1, left);
	/* vnet_open finds out whether that is a vnet at all */
	if (l.nlent && vnet_open(from, NULL, &a, NULL) == 0 &&
	    vnet_open(net, NULL, &b, NULL) == 0 && !vnet_same(a, b))
		lent_bring(ps, a, b, &l, "nested jail", NULL);
}

/*
 * The owner's processes are dead and its jails' with them, so nobody can be
 * sent in; its mount namespace is pinned, and the vnets of its jails with it.
 * Only interfaces matter: all else goes when the pins go.
 */
static void salvage(struct prisons *ps, int mntns, int net,
		    const struct life *owner, int depth, int *left)
{
	cleanup_close int run = -1;
	cleanup_free int *jids = NULL;
	size_t n = 0;

	if (depth > DEPTH_MAX || peek_run(mntns, &run) < 0 ||
	    dir_jids(run, "jails", (size_t)(owner->hi - owner->lo + 1), &jids,
		     &n, NULL) < 0)
		return;
	/* each jid is of one jail: more are one namespace pinned many times */
	for (size_t i = 0; i < n && --*left >= 0; i++)
		salvage_one(ps, run, net, owner, jids[i], depth, left);
}

/* The owner's mount namespace: pinned, or held by its keeper. */
static int owner_mounts(int owner, const struct life *l)
{
	cleanup_free char *path = jail_path(owner, "mnt");
	cleanup_close int fd = -1, keeper = -1;

	fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	if (fd >= 0 && ioctl(fd, NS_GET_NSTYPE) == CLONE_NEWNS)
		return take_fd(&fd);
	if (proc_id_open(&l->keeper, &keeper, NULL) < 0)
		return -1;
	return (int)syscall(SYS_pidfd_getfd, keeper, KEEPER_MNT_FD, 0);
}

int nest_remove_all(struct prisons *ps, int owner, const struct life *l,
		    struct err *e)
{
	cleanup_free char *netpath = jail_path(owner, "net");
	cleanup_close int mnt = -1, net = -1;
	struct call c = {.op = op_remove_all};
	int left = l->hi - l->lo + 1;

	if (!netpath)
		return err_nomem(e);
	if (proc_id_alive(&l->init)) {
		struct err ce = ERR_INIT;
		int r = call_inside(ps, owner, &c, &ce);

		if (!r)
			return 0;
		report(ps->report, REPORT_WARN, "jail %d: %s", owner, ce.text);
		/* it would not: what it borrowed is fetched below */
	}
	mnt = owner_mounts(owner, l);
	net = open(l->vnet ? netpath : "/proc/self/ns/net",
		   O_RDONLY | O_CLOEXEC);
	if (mnt >= 0 && net >= 0)
		salvage(ps, mnt, net, l, 0, &left);
	return 0;
}
