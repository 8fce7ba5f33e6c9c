/*
 * prison_make: making a jail, the creator's side.
 *
 * Theory of operation.  The caller has written pending/JID, so whatever is
 * left here by a crash is found and removed.  Steps:
 *
 *   1. cgroups BASE/JID/{init,tree}; `tree` is the root that the jail sees.
 *      A helper born in `tree` makes the cgroup namespace, since that is
 *      rooted where its maker stands.
 *   2. the first process, born in `init` and in new namespaces, furnishes
 *      its view of the files (prison_root.c), drops capabilities and becomes
 *      src/init/init.c, which waits on a pipe.
 *   3. its vnet (and, if it may have children, its mount namespace, for
 *      their vnets) is pinned;
 *   4. params and life are written;
 *   5. a jail that may have children gets its broker (prison_keeper.c);
 *   6. a byte in the pipe lets init go on.  Should the creator die before,
 *      init sees the end of the pipe and ends, and the jail with it.
 *
 * There is no fork of the creator's memory: children run on it while it
 * sleeps (ns_vfork) and report errors straight into its struct err.
 */
#include "jail/prison_dev.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/plan.h"
#include "jail/guard.h"
#include "jail/param.h"
#include "jail/rights.h"
#include "ns/cgbpf.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#define GO_FD 3
/* A first process that takes longer to become init never will. */
#define PROGRAM_MS 10000

struct make {
	struct prisons *ps;
	int jid, lo, hi, slot;
	const struct pset *params;
	struct life life;
	struct root_plan root;
	struct strbuf self; /* what the jail is told of itself */
	char *scratch;
	uint64_t flags; /* CLONE_NEW* */
	uint64_t caps;
	bool wall; /* of system calls, around all that is in the jail */
	const char *hostname, *domainname; /* NULL: as the creator's */
	char *rt;
	char *argv0;
	char *cgroup; /* NULL: none */
	int init_fd;  /* the program */
	int go[2];
	int cgns_fd;
	struct jail_users users;
	struct ns_holder holder; /* of the users' namespaces, or none yet */
	struct ready_net *ready; /* the vnet is this one, or NULL */
	struct dev_make dev;
	uint64_t mntns; /* id of the creator's mount namespace */
	struct err *e;	/* the first process's, in shared memory */
	bool failed;	/* it did not get as far as its program */
};

static void make_close(struct make *m)
{
	life_free(&m->life);
	strbuf_free(&m->self);
	free(m->scratch);
	free(m->rt);
	free(m->argv0);
	cleanup_close_p(&m->init_fd);
	cleanup_close_p(&m->go[0]);
	cleanup_close_p(&m->go[1]);
	cleanup_close_p(&m->cgns_fd);
	ns_users_close(&m->users.ns);
	userns_holder_end(&m->holder);
	dev_make_close(&m->dev);
}

/* --- 1. cgroups ---------------------------------------------------------- */

static int make_cgroups(struct make *m, struct err *e)
{
	static const char *const sub[] = {"", "/init", "/tree"};
	cleanup_free char *base = strdup(m->cgroup);
	int r;

	if (!base)
		return err_nomem(e);
	*strrchr(base, '/') = '\0';
	r = cgroup_make(base, e);
	for (size_t i = 0; !r && i < ARRAY_SIZE(sub); i++) {
		cleanup_free char *p = str_printf("%s%s", m->cgroup, sub[i]);

		plan_failpoint();
		r = p ? cgroup_make(p, e) : err_nomem(e);
		/* the end of the last other jail may have taken the base */
		for (int k = 0; p && !i && r == -ENOENT && k < 10; k++) {
			cgroup_make(base, NULL);
			r = cgroup_make(p, e);
		}
	}
	return r;
}

/* Its own jails' processes are put below `tree` by the jail's root. */
static int delegate(struct make *m, struct err *e)
{
	static const char *const files[] = {"", "/cgroup.procs",
					    "/cgroup.threads",
					    "/cgroup.subtree_control"};

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		cleanup_free char *p =
			str_printf("%s/tree%s", m->cgroup, files[i]);

		if (!p)
			return err_nomem(e);
		if (chown(p, m->users.uid, m->users.gid) < 0)
			return err_sys(e, errno, "cgroup %s", p);
	}
	return 0;
}

/* Shares memory and descriptors with the creator: the answer is in *arg. */
static int cgns_child(void *arg)
{
	int *ret = arg;

	if (unshare(CLONE_NEWCGROUP) < 0) {
		*ret = -errno;
		return 1;
	}
	*ret = open("/proc/self/ns/cgroup", O_RDONLY | O_CLOEXEC);
	if (*ret < 0)
		*ret = -errno;
	return 0;
}

static int make_cgns(struct make *m, struct err *e)
{
	cleanup_free char *tree = str_printf("%s/tree", m->cgroup);
	cleanup_close int cg = -1;
	struct ns_child c = {.flags = CLONE_FILES, .fn = cgns_child};
	int fd = -1, r;
	pid_t pid;

	if (!tree)
		return err_nomem(e);
	r = cgroup_open(tree, &cg, e);
	if (r < 0)
		return r;
	c.cgroup_fd = cg;
	c.arg = &fd;
	r = ns_vfork(&c, &pid, NULL, e);
	if (r < 0)
		return r;
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	if (fd < 0)
		return err_sys(e, -fd, "cgroup namespace");
	m->cgns_fd = fd;
	return 0;
}

/* --- 2. the first process ------------------------------------------------ */

static int set_names(const struct make *m, struct err *e)
{
	const char *h = m->hostname, *d = m->domainname;

	if (h && sethostname(h, strlen(h)) < 0)
		return err_sys(e, errno, "host.hostname");
	if (d && setdomainname(d, strlen(d)) < 0)
		return err_sys(e, errno, "host.domainname");
	return 0;
}

/*
 * Must leave no descriptor but the pipe, no capability or system call beyond
 * the jail's, no process group or session of the creator's.
 */
static int become_init(struct make *m, struct err *e)
{
	char *argv[] = {m->argv0, NULL}, *envp[] = {NULL};
	int init_fd = fcntl(m->init_fd, F_DUPFD_CLOEXEC, GO_FD + 1);
	int r;

	if (init_fd < 0 || setsid() < 0)
		return err_sys(e, errno, "first process");
	if (dup2(m->go[0], GO_FD) < 0)
		return err_sys(e, errno, "first process");
	fcntl(GO_FD, F_SETFD, 0);
	syscall(SYS_close_range, 0, GO_FD - 1, 0);
	if (init_fd > GO_FD + 1)
		syscall(SYS_close_range, GO_FD + 1, init_fd - 1, 0);
	syscall(SYS_close_range, init_fd + 1, ~0U, 0);
	r = cap_bound(m->caps, e);
	if (!r)
		r = m->wall ? guard_install_init(e) : 0;
	if (!r)
		r = cap_keep(m->caps, e);
	if (r < 0)
		return r;
	ns_vfork_unblock();
	syscall(SYS_execveat, init_fd, "", argv, envp, AT_EMPTY_PATH);
	return err_sys(e, errno, "%s/init", m->rt);
}

/*
 * For the crash test only: the first process is in a pid namespace of its own
 * and cannot kill its creator by a call, so a pipe does it.
 */
static void arm_failpoints(struct make *m)
{
	int p[2];

	m->root.die_fd = -1;
	if (!secure_getenv("CELLBLOCK_DIE_AT") || pipe2(p, O_CLOEXEC) < 0)
		return;
	if (fcntl(p[0], F_SETOWN, getpid()) < 0 ||
	    fcntl(p[0], F_SETSIG, SIGKILL) < 0 ||
	    fcntl(p[0], F_SETFL, O_ASYNC) < 0)
		return;
	m->root.die_fd = p[1];
}

/* The namespaces that were made before the first process. */
static int enter_made(const struct make *m, struct err *e)
{
	const struct {
		int fd, type;
		const char *name;
	} rows[] = {
		{m->cgns_fd, CLONE_NEWCGROUP, "cgroup"},
		{m->users.ns.net, CLONE_NEWNET, "network"},
		{m->users.ns.ipc, CLONE_NEWIPC, "ipc"},
		{m->users.ns.uts, CLONE_NEWUTS, "uts"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].fd >= 0 && setns(rows[i].fd, rows[i].type) < 0)
			return err_sys(e, errno, "%s namespace", rows[i].name);
	return 0;
}

/*
 * From here on the process has no right outside the jail.  What was mounted
 * with the creator's rights is copied into a mount namespace of the jail's,
 * where the kernel locks it: nobody in the jail can take a mount away, look
 * under it or make it writable.
 */
static int become_users(const struct make *m, struct err *e)
{
	int r = userns_enter(m->users.ns.user, e);

	if (r < 0)
		return r;
	if (unshare(CLONE_NEWNS) < 0)
		return err_sys(e, errno, "mount namespace");
	return m->root.children ? mnt_ns_newer(m->mntns, e) : 0;
}

static int first_child(void *arg)
{
	struct make *m = arg;
	struct err *e = m->e;
	int r = 0;

	/* a creator that is killed takes the unfinished jail with it */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	r = keyring_new_session(e);
	if (!r)
		r = mlock_limit(m->caps, e);
	if (!r)
		r = enter_made(m, e);
	if (!r && m->root.children && m->users.ns.user < 0)
		r = mnt_ns_newer(m->mntns, e);
	if (!r)
		r = set_names(m, e);
	if (!r)
		r = root_enter(&m->root, e);
	if (!r && m->users.ns.user >= 0)
		r = become_users(m, e);
	if (!r)
		prctl(PR_SET_PDEATHSIG, 0);
	if (!r)
		r = become_init(m, e);
	m->failed = true;
	return 1;
}

/*
 * The kernel wakes us just before the child leaves our memory for init's.  What
 * has entered a jail without another program is out of its own reach, and so is
 * the child until then: on a machine whose processors are themselves waiting
 * that has been seen to last until somebody was to enter the jail.
 */
static void wait_for_program(pid_t pid)
{
	const struct timespec nap = {.tv_nsec = 1000000};
	struct stat st;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/ns/mnt", (int)pid);
	for (int ms = 0;
	     ms < PROGRAM_MS && stat(path, &st) < 0 && errno == EACCES; ms++)
		nanosleep(&nap, NULL);
}

static int make_first(struct make *m, struct err *e)
{
	cleanup_free char *cgdir =
		m->cgroup ? str_printf("%s/init", m->cgroup) : NULL;
	cleanup_close int cg = -1;
	struct ns_child c = {.flags = m->flags, .fn = first_child, .arg = m};
	struct err ce = ERR_INIT;
	pid_t pid;
	int dumpable = prctl(PR_GET_DUMPABLE, 0, 0, 0, 0), r = 0;

	if (m->cgroup && !cgdir)
		return err_nomem(e);
	if (pipe2(m->go, O_CLOEXEC) < 0)
		return err_sys(e, errno, "pipe");
	if (cgdir)
		r = cgroup_open(cgdir, &cg, e);
	if (r < 0)
		return r;
	c.cgroup_fd = cg;
	m->mntns = mnt_ns_id();
	m->e = &ce;
	arm_failpoints(m);
	m->failed = false;
	/* it is in the jail before it has another program than ours */
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	r = ns_vfork(&c, &pid, NULL, e);
	prctl(PR_SET_DUMPABLE, dumpable == 1 ? 1 : 0, 0, 0, 0);
	if (r < 0)
		return r;
	close(take_fd(&m->go[0]));
	if (m->failed) {
		while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
			;
		return err_set(e, ce.code, "%s", ce.text);
	}
	wait_for_program(pid);
	return proc_id_of(pid, &m->life.init, e);
}

/* --- 3. pins ------------------------------------------------------------- */

static int pin(const struct make *m, const char *ns, struct err *e)
{
	cleanup_free char *path = jail_path(m->jid, ns);
	cleanup_close int fd = -1;
	int r;

	if (!path)
		return err_nomem(e);
	r = ns_of(m->life.init.pid, ns, &fd, e);
	if (r < 0)
		return r;
	return mnt_pin(fd, path, e);
}

static int pin_vnet(struct make *m, struct err *e)
{
	return pin(m, "net", e);
}

/*
 * The kernel refuses to pin a mount namespace in one that it takes for the
 * younger, and from 6.18 on guesses the age wrong at times, outside the
 * initial one.  Then the keeper alone holds it (see keeper_spawn()).
 */
static int pin_mounts(struct make *m, struct err *e)
{
	struct err pe = ERR_INIT;
	int r = pin(m, "mnt", &pe);

	if (r == -EINVAL)
		return 0;
	return r < 0 ? err_set(e, pe.code, "%s", pe.text) : 0;
}

/* --- all of it ----------------------------------------------------------- */

static void plan_namespaces(struct make *m)
{
	const char *host = pset_value(m->params, "host.hostname");

	m->flags = CLONE_NEWPID | CLONE_NEWNS;
	if (!rights_sysv_shared(m->params))
		m->flags |= CLONE_NEWIPC;
	if (m->root.vnet)
		m->flags |= CLONE_NEWNET;
	if (param_jailsys_of(m->params, "host", 2) == 1) {
		m->flags |= CLONE_NEWUTS;
		m->hostname = host ? host : "";
		m->domainname = pset_value(m->params, "host.domainname");
		if (!m->domainname)
			m->domainname = "";
	}
	m->caps = jail_caps(m->params) & cap_bounding();
	m->wall = guard_conditions(m->params) != GUARD_NO_WALL;
}

static int write_down(struct make *m, struct err *e)
{
	const struct dev_state dev = {
		.ruleset = m->dev.ruleset,
		.dev = m->dev.dev,
		.uid = m->users.shifted ? m->users.uid : 0,
		.gid = m->users.shifted ? m->users.gid : 0,
	};
	int r = params_write(m->ps, m->jid, m->params, e);

	if (!r)
		r = dev_state_write(m->ps, m->jid, &dev, e);
	if (!r && m->ready)
		r = nets_tell(m->ready, &m->life, e);
	if (!r)
		r = life_write(m->ps, m->jid, &m->life, e);
	if (!r && m->ready)
		nets_taken(m->ready, m->jid);
	return r;
}

static int let_go(struct make *m, struct err *e)
{
	if (write(m->go[1], "", 1) != 1)
		return err_sys(e, errno, "first process");
	return 0;
}

/*
 * init may be run, not read: to the kernel its processes are the machine's,
 * so nothing in a jail can reach into them, whatever its capabilities.  Where
 * the maker is in a jail himself that would keep him out, too; he takes
 * holder, the readable copy.
 */
static int open_program(const struct make *m, const char *name, int *ret,
			struct err *e)
{
	cleanup_free char *file = str_printf("%s/%s", m->rt, name);

	if (!file)
		return err_nomem(e);
	*ret = open(file, O_PATH | O_CLOEXEC);
	return *ret < 0 ? err_sys(e, errno, "%s", file) : 0;
}

static int hold_users(struct make *m, struct err *e)
{
	cleanup_close int prog = -1;
	int r;

	if (m->root.vnet)
		m->ready =
			nets_find(m->ps->nets, pset_value(m->params, "name"));
	if (m->ready)
		return nets_take(m->ready, &m->holder, e);
	r = open_program(m, "holder", &prog, e);
	return r < 0 ? r
		     : userns_begin(m->flags & (CLONE_NEWNET | CLONE_NEWIPC),
				    prog, &m->holder, e);
}

/* The namespaces that belong to its users are made with those. */
static int make_users(struct make *m, struct err *e)
{
	int r = hold_users(m, e);

	if (!r)
		r = users_make(m->ps, m->slot, m->params, m->flags, &m->holder,
			       &m->users, e);
	if (r < 0)
		return r;
	if (m->users.ns.net >= 0)
		m->flags &= ~(uint64_t)CLONE_NEWNET;
	if (m->users.ns.ipc >= 0)
		m->flags &= ~(uint64_t)CLONE_NEWIPC;
	if (m->users.ns.uts >= 0)
		m->flags &= ~(uint64_t)CLONE_NEWUTS;
	return 0;
}

static int make_rt(struct make *m, struct err *e)
{
	int r = rt_dir(m->ps, &m->rt, e);

	m->root.rt = m->rt;
	return r < 0 ? r
		     : open_program(m, m->root.nested ? "holder" : "init",
				    &m->init_fd, e);
}

static int make_self(struct make *m, struct err *e)
{
	int r = self_text(m->ps, m->params, m->lo, m->hi,
			  m->root.copy && m->root.children, &m->self, e);

	m->root.self = m->self.s;
	return r;
}

static int plan_devices(struct make *m, struct err *e)
{
	return dev_plan(m->ps, m->params, &m->dev, e);
}

static int guard_unix(struct make *m, struct err *e)
{
	return unix_guard(m->ps, m->cgroup, m->params, e);
}

static int guard_share(struct make *m, struct err *e)
{
	return share_guard(m->ps, m->jid, m->cgroup, m->params, &m->users, e);
}

/* So that it can limit its own jails. */
static int pass_controllers(struct make *m, struct err *e)
{
	(void)e;
	cgctl_pass_all(m->cgroup);
	return 0;
}

static int guard_devices(struct make *m, struct err *e)
{
	return dev_guard(m->ps, m->cgroup, m->params, &m->users, &m->dev.plan,
			 e);
}

static int make_scratch(struct make *m, struct err *e)
{
	return file_mkdirs(AT_FDCWD, m->scratch, 0700, e);
}

static int make_keeper(struct make *m, struct err *e)
{
	return keeper_first(m->ps, m->jid, &m->life, e);
}

enum {
	IF_CGROUP = 1,
	IF_CHILDREN = 2,
	IF_USERS = 4, /* of its own */
	IF_VNET = 8,
	IF_COPY = 16
};

/*
 * In this order; a step is left out where the jail has not all that it needs.
 * Whatever failed, jail_destroy() undoes.
 */
static const struct {
	int (*run)(struct make *m, struct err *e);
	unsigned int needs;
} steps[] = {
	{make_rt, 0},
	{make_self, 0},
	{plan_devices, 0},
	{make_users, IF_USERS},
	{make_cgroups, IF_CGROUP},
	/* before there is anybody in it */
	{guard_unix, IF_CGROUP},
	{guard_share, 0},
	{delegate, IF_CGROUP | IF_CHILDREN | IF_USERS},
	{pass_controllers, IF_CGROUP | IF_CHILDREN},
	{guard_devices, 0},
	{make_cgns, IF_CGROUP},
	{make_scratch, IF_COPY},
	{make_first, 0},
	/* which waits now */
	{pin_vnet, IF_VNET},
	{pin_mounts, IF_CHILDREN},
	{make_keeper, IF_CGROUP | IF_CHILDREN},
	{write_down, 0},
	{let_go, 0},
};

static unsigned int conditions(const struct make *m)
{
	bool users = param_jailsys_of(m->params, "host.users", 1) == 1;

	return (m->cgroup ? IF_CGROUP : 0) |
	       (m->root.children ? IF_CHILDREN : 0) | (users ? IF_USERS : 0) |
	       (m->root.vnet ? IF_VNET : 0) | (m->root.copy ? IF_COPY : 0);
}

static void plan_root(struct make *m, const struct pset *mounts)
{
	const char *root = pset_value(mounts, "block.root");

	m->root = (struct root_plan){
		.ps = m->ps,
		.path = pset_value(m->params, "path"),
		.copy = root && !strcmp(root, "copy"),
		.vnet = param_jailsys_of(m->params, "vnet", 2) == 1,
		.children = m->lo > 0,
		.cgroup = m->cgroup != NULL,
		.scratch = m->scratch,
		.block = pset_value(mounts, "block.dir"),
		.mounts = mounts,
		.params = m->params,
		.users = &m->users,
		.dev = &m->dev,
		.nested = !userns_initial(),
	};
	m->root.lower = m->root.path;
	if (!strcmp(m->root.path, "/") && pset_find(&m->ps->self, "blockroot"))
		m->root.lower = CELLBLOCK_RUN "/host";
}

int jail_make(struct prisons *ps, const struct jids *jids,
	      const struct pset *params, const struct pset *mounts,
	      const char *cgroup, int slot, struct err *e)
{
	struct make m __attribute__((cleanup(make_close))) = {
		.ps = ps,
		.jid = jids->jid,
		.lo = jids->lo,
		.hi = jids->hi,
		.slot = slot,
		.params = params,
		.life = {.lo = jids->lo, .hi = jids->hi},
		.self = STRBUF_INIT,
		.scratch = jail_path(jids->jid, "root"),
		.init_fd = -1,
		.go = {-1, -1},
		.cgns_fd = -1,
		.users = {.ns = {-1, -1, -1, -1}},
		.dev = {.fd = -1},
		.cgroup = (char *)cgroup,
	};
	unsigned int is;
	int r = 0;

	m.argv0 = str_printf("jail: %s", pset_value(params, "name"));
	if (cgroup)
		m.life.cgroup = strdup(cgroup);
	if (!m.scratch || !m.argv0 || (cgroup && !m.life.cgroup))
		return err_nomem(e);
	plan_root(&m, mounts);
	m.life.vnet = m.root.vnet;
	plan_namespaces(&m);
	is = conditions(&m);
	for (size_t i = 0; !r && i < ARRAY_SIZE(steps); i++) {
		if ((steps[i].needs & is) != steps[i].needs)
			continue;
		plan_failpoint();
		r = steps[i].run(&m, e);
	}
	return r;
}
