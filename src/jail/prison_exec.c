/*
 * prison_exec: jail_attach(2) and what is built on it: running things inside.
 *
 * Theory of operation.  The child is born in the jail's cgroup and pid
 * namespace (by way of a process that enters this and ends), then:
 *
 *   1. enter    all other namespaces of the jail's first process, by pidfd,
 *               its user namespace last
 *   2. settle   session, root directory, descriptors
 *   3. drop     capability bounds of the jail, the filter of system calls,
 *               user and groups
 *   4. run      fn, or the command, by way of rt/run (prison_run.c)
 *
 * Between 1 and the execve the process is in the jail with the caller's
 * memory, so it has been made non-dumpable before: nothing in the jail can
 * trace it or open its /proc files.  A command is run on the caller's memory
 * (ns_vfork), so that its failure is returned here; fn gets a copy.
 */
#include "jail/prison_int.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "jail/cpuset.h"
#include "jail/guard.h"
#include "jail/param.h"
#include "jail/pwfile.h"
#include "jail/rctl_int.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <paths.h>
#include <pwd.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#define PASSWD_MAX (4 << 20)
#define GROUPS_MAX 256
#define PATH_DFLT                                                              \
	RT_IN_JAIL "/bin:/sbin:/bin:/usr/sbin:/usr/bin:/usr/local/sbin:"       \
		   "/usr/local/bin"

extern char **environ;

/* --- users --------------------------------------------------------------- */

struct user {
	bool set;
	uid_t uid;
	gid_t gid;
	gid_t *groups;
	size_t ngroups;
	char *name, *home, *shell;
};

static void user_free(struct user *u)
{
	free(u->groups);
	free(u->name);
	free(u->home);
	free(u->shell);
}

static int user_take(struct user *u, const struct passwd *pw, struct err *e)
{
	u->uid = pw->pw_uid;
	u->gid = pw->pw_gid;
	u->name = strdup(pw->pw_name);
	u->home = strdup(pw->pw_dir && *pw->pw_dir ? pw->pw_dir : "/");
	u->shell = strdup(pw->pw_shell && *pw->pw_shell ? pw->pw_shell
							: _PATH_BSHELL);
	u->set = true;
	return u->name && u->home && u->shell ? 0 : err_nomem(e);
}

static int user_group(struct user *u, gid_t gid, struct err *e)
{
	gid_t *v = reallocarray(u->groups, u->ngroups + 1, sizeof(*v));

	if (!v)
		return err_nomem(e);
	u->groups = v;
	v[u->ngroups++] = gid;
	return 0;
}

static int user_from_host(const char *name, struct user *u, struct err *e)
{
	const struct passwd *pw = getpwnam(name);
	gid_t g[256];
	int n = ARRAY_SIZE(g), r;

	if (!pw)
		return err_set(e, ENOENT, "%s: no such user", name);
	r = user_take(u, pw, e);
	if (r < 0)
		return r;
	if (getgrouplist(u->name, u->gid, g, &n) < 0)
		n = ARRAY_SIZE(g);
	for (int i = 0; !r && i < n; i++)
		r = user_group(u, g[i], e);
	return r;
}

/* A file of the jail, or NULL: regular, not huge, nothing outside. */
static char *jail_file(int rootfd, const char *path)
{
	cleanup_close int fd = -1;
	char *text = NULL;
	struct stat st;

	if (file_open_in_root(rootfd, path, O_RDONLY | O_NONBLOCK, 0, &fd,
			      NULL) < 0 ||
	    fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) ||
	    file_read_fd(fd, PASSWD_MAX, &text, NULL) < 0)
		return NULL;
	return text;
}

static int user_from_jail(int rootfd, const char *name, struct user *u,
			  struct err *e)
{
	cleanup_free char *passwd = jail_file(rootfd, "/etc/passwd");
	cleanup_free char *group = jail_file(rootfd, "/etc/group");
	cleanup_pwuser struct pwuser pw = {0};
	struct passwd as;
	gid_t gids[GROUPS_MAX];
	size_t n;
	int r;

	r = pwfile_user(passwd, name, &pw, e);
	if (r < 0)
		return r;
	as = (struct passwd){.pw_name = pw.name,
			     .pw_uid = pw.uid,
			     .pw_gid = pw.gid,
			     .pw_dir = pw.home,
			     .pw_shell = pw.shell};
	r = user_take(u, &as, e);
	if (!r)
		r = user_group(u, u->gid, e);
	n = pwfile_groups(group, name, gids, ARRAY_SIZE(gids));
	for (size_t i = 0; !r && i < n; i++)
		r = user_group(u, gids[i], e);
	return r;
}

/* root is root, whatever the files say. */
static int user_find(int rootfd, const struct prison_exec *x, struct user *u,
		     struct err *e)
{
	const struct passwd root = {.pw_name = (char *)"root",
				    .pw_dir = (char *)"/root",
				    .pw_shell = (char *)_PATH_BSHELL};
	int r;

	if (x->user)
		return x->user_from_host
			       ? user_from_host(x->user, u, e)
			       : user_from_jail(rootfd, x->user, u, e);
	if (user_from_jail(rootfd, "root", u, NULL) == 0 && !u->uid)
		return 0;
	user_free(u);
	*u = (struct user){0};
	r = user_take(u, &root, e);
	return r < 0 ? r : user_group(u, 0, e);
}

/* setgroups(2) and its like would only say "Invalid argument". */
static int user_fits(const struct user *u, struct err *e)
{
	uint32_t high = u->uid > u->gid ? u->uid : u->gid;

	for (size_t i = 0; i < u->ngroups; i++)
		if (u->groups[i] > high)
			high = u->groups[i];
	return high < JAIL_IDS
		       ? 0
		       : err_set(e, EINVAL,
				 "%s: user or group %u: a jail's end at %u",
				 u->name, high, JAIL_IDS - 1);
}

/* --- environment --------------------------------------------------------- */

static int env_login(const struct user *u, char *const *env, struct strv *out)
{
	const char *term = str_env(env, "TERM");
	int r;

	r = strv_addf(out, "HOME=%s", u->home);
	if (!r)
		r = strv_addf(out, "SHELL=%s", u->shell);
	if (!r)
		r = strv_addf(out, "USER=%s", u->name);
	if (!r)
		r = strv_add(out, "PATH=" PATH_DFLT);
	if (!r && term)
		r = strv_addf(out, "TERM=%s", term);
	return r;
}

/* The caller's, with the runtime first in PATH. */
static int env_full(char *const *env, struct strv *out)
{
	static const char rt[] = RT_IN_JAIL "/bin";
	const char *path = str_env(env, "PATH");
	int r;

	if (!path)
		r = strv_add(out, "PATH=" PATH_DFLT);
	else if (!strncmp(path, rt, sizeof(rt) - 1))
		r = strv_addf(out, "PATH=%s", path);
	else
		r = strv_addf(out, "PATH=%s:%s", rt, path);
	for (; !r && env && *env; env++)
		if (strncmp(*env, "PATH=", 5) != 0)
			r = strv_add(out, *env);
	return r;
}

/* NAME=VALUE words over what is there. */
static int env_set(struct strv *env, char *const *words)
{
	int r = 0;

	for (; !r && words && *words; words++) {
		size_t n = strcspn(*words, "=") + 1;

		for (size_t i = env->n; i-- > 0;)
			if (!strncmp(env->v[i], *words, n))
				strv_remove(env, i);
		r = strv_add(env, *words);
	}
	return r;
}

/* --- the child ----------------------------------------------------------- */

struct join {
	const struct prison_exec *x;
	int pidfd;
	int differing; /* CLONE_NEW* of what is entered by pidfd */
	int userfd;    /* the jail's user namespace; -1: the caller's */
	uint64_t caps;
	struct rctl_join limits; /* of the jail of this level */
	bool has_cpus;		 /* it is to run on these */
	cpu_set_t cpus;
	struct guard guard;
	struct user user;
	struct strv env;
	bool vfork;
	bool searching; /* all else is done, now it is about the program */
	int run;	/* rt/run for the command, or -1 */
	struct run_text run_text;
	struct err err; /* of a vfork'ed child */
};

static void join_free(struct join *j)
{
	user_free(&j->user);
	strv_free(&j->env);
	rctl_join_close(&j->limits);
	guard_free(&j->guard);
	run_text_free(&j->run_text);
	cleanup_close_p(&j->run);
}

/*
 * allow.mlock.  The limit is counted by the machine and can only be raised
 * from there; in a jail within a jail it is what it was for the first.
 */
int mlock_limit(uint64_t caps, struct err *e)
{
	const bool may = caps & UINT64_C(1) << CAP_IPC_LOCK;
	struct rlimit l = {0};

	if (may) {
		l.rlim_cur = l.rlim_max = RLIM_INFINITY;
		if (setrlimit(RLIMIT_MEMLOCK, &l) == 0)
			return 0;
		if (getrlimit(RLIMIT_MEMLOCK, &l) < 0)
			return err_sys(e, errno, "limit of locked memory");
		l.rlim_cur = l.rlim_max;
	}
	if (setrlimit(RLIMIT_MEMLOCK, &l) < 0)
		return err_sys(e, errno, "limit of locked memory");
	return 0;
}

/* 1. Nothing may be opened by path before all are entered. */
static int join_enter(const struct join *j, struct err *e)
{
	int r = mlock_limit(j->caps, e);

	if (!r)
		r = keyring_new_session(e);
	if (r < 0)
		return r;
	if (j->differing && setns(j->pidfd, j->differing) < 0)
		return err_sys(e, errno, "enter namespaces");
	/* last: with it go all rights outside */
	return j->userfd >= 0 ? userns_enter(j->userfd, e) : 0;
}

static int fd_compare(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

/* Close everything above 2 that is not kept; run goes with the execve. */
static void close_others(const struct prison_exec *x, int run)
{
	int keep[65] = {0}, from = 3;
	size_t n =
		x->nkeep < ARRAY_SIZE(keep) ? x->nkeep : ARRAY_SIZE(keep) - 1;

	for (size_t i = 0; i < n; i++)
		keep[i] = x->keep_fds[i];
	keep[n++] = run;
	qsort(keep, n, sizeof(*keep), fd_compare);
	for (size_t i = 0; i < n; i++) {
		if (keep[i] < 3)
			continue;
		if (keep[i] > from)
			syscall(SYS_close_range, from, keep[i] - 1, 0);
		if (keep[i] != run)
			fcntl(keep[i], F_SETFD, 0);
		from = keep[i] + 1;
	}
	syscall(SYS_close_range, from, ~0U, 0);
}

/* 2. */
static int join_settle(const struct join *j, struct err *e)
{
	const struct prison_exec *x = j->x;
	int high[3];

	for (int i = 0; i < 3; i++) {
		high[i] = -1;
		/* first out of the way: one may be the other's number */
		if (x->stdio[i] >= 0)
			high[i] = fcntl(x->stdio[i], F_DUPFD_CLOEXEC, 10);
	}
	for (int i = 0; i < 3; i++)
		if (high[i] >= 0 && dup2(high[i], i) < 0)
			return err_sys(e, errno, "stdio");
	close_others(x, j->run);
	if (x->new_session)
		setsid();
	return 0;
}

/*
 * 3. In the order in which each step still has the right it needs.  Directory
 * after the user, as that user may enter it.
 */
static int join_drop(const struct join *j, struct err *e)
{
	const struct user *u = &j->user;
	const char *cwd = j->x->cwd;
	int r;

	r = cap_bound(j->caps, e);
	if (!r)
		r = guard_install(&j->guard, e);
	if (r < 0)
		return r;
	if (u->set) {
		/* initial groups of a process of the jail, root's too */
		if (syscall(SYS_setgroups, u->ngroups, u->groups) < 0 ||
		    syscall(SYS_setresgid, u->gid, u->gid, u->gid) < 0 ||
		    syscall(SYS_setresuid, u->uid, u->uid, u->uid) < 0)
			return err_sys(e, errno, "%s", u->name);
	}
	r = cap_keep(j->caps, e);
	if (r < 0)
		return r;
	if (!cwd && j->x->login)
		cwd = u->home;
	if (!cwd)
		cwd = "/";
	if (chdir(cwd) < 0) {
		if (j->x->cwd)
			return err_sys(e, errno, "chdir: %s", cwd);
		if (chdir("/") < 0)
			return err_sys(e, errno, "chdir: /");
	}
	return 0;
}

static int join_child(void *arg)
{
	struct join *j = arg;
	struct err *e = &j->err;
	int r;

	r = rctl_join_cgroups(&j->limits, e);
	if (!r && j->has_cpus &&
	    sched_setaffinity(0, sizeof(j->cpus), &j->cpus) < 0)
		r = err_sys(e, errno, "setaffinity");
	if (!r)
		r = join_enter(j, e);
	if (!r)
		r = join_settle(j, e);
	if (!r)
		r = join_drop(j, e);
	if (!r)
		r = rctl_join_limits(&j->limits, e);
	if (!r && j->vfork) {
		j->searching = true;
		ns_vfork_unblock();
		r = run_exec(j->run, &j->run_text, j->x->argv, j->env.v,
			     str_env(j->env.v, "PATH"));
		r = err_sys(e, -r, "%s", j->x->argv[0]);
	}
	if (!r) {
		environ = j->env.v;
		run_child(j->run);
		return j->x->fn(j->x->data);
	}
	if (!j->vfork)
		dprintf(2, "jail_attach: %s\n", e->text);
	return 126;
}

/* --- the caller's side --------------------------------------------------- */

int jail_root_open(const struct proc_id *init, int *ret_fd, struct err *e)
{
	cleanup_close int fd = -1;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/root", (int)init->pid);
	fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	/* opened first, then asked whether that was the process meant */
	if (fd < 0 || !proc_id_alive(init))
		return err_set(e, ESRCH, "the jail's first process is gone");
	*ret_fd = take_fd(&fd);
	return 0;
}

/*
 * A root that may mount can put any directory it sees there, and the machine's
 * root would write to it: it must be one of that root's own, as the file
 * system is that it was given.
 */
int jail_run_open(const struct proc_id *init, int *ret_fd, struct err *e)
{
	cleanup_close int root = -1, fd = -1;
	struct stat st;
	uid_t owner;
	int r;

	r = jail_root_open(init, &root, e);
	if (!r)
		r = file_open_beneath(root, CELLBLOCK_RUN,
				      O_RDONLY | O_DIRECTORY, 0, &fd, e);
	if (!r)
		r = userns_root_of(init->pid, &owner, e);
	if (r < 0)
		return r;
	if (!proc_id_alive(init))
		return err_set(e, ESRCH, "the jail's first process is gone");
	if (fstat(fd, &st) < 0 || st.st_uid != owner)
		return err_set(e, EPERM,
			       CELLBLOCK_RUN " of that jail is not its own");
	*ret_fd = take_fd(&fd);
	return 0;
}

int jail_if_open(const struct proc_id *init, int *ret_fd, struct err *e)
{
	cleanup_close int run = -1;
	int r = jail_run_open(init, &run, e);

	return r < 0 ? r
		     : file_open_same_mount(run, "if", O_RDONLY | O_DIRECTORY,
					    0, ret_fd, e);
}

/* What is entered: a jail of this level, or one of a jail's own. */
struct target {
	struct life life; /* its first process, its cgroup; our view */
	struct pset params;
	uint64_t caps;
	int own; /* jid at this level: it, or the one it is in */
	struct rctl_limits more; /* what those between have set */
	uint32_t open;		 /* guard_conditions() */
};

static void target_free(struct target *t)
{
	life_free(&t->life);
	pset_free(&t->params);
}

static int join_prepare(struct join *j, const struct target *t, struct err *e)
{
	char *const *env = j->x->envp ? j->x->envp : environ;
	cleanup_close int root = -1;
	int r;

	r = jail_root_open(&t->life.init, &root, e);
	if (!r)
		r = user_find(root, j->x, &j->user, e);
	if (!r && j->userfd >= 0)
		r = user_fits(&j->user, e);
	if (r < 0)
		return r;
	r = j->x->login ? env_login(&j->user, env, &j->env)
			: env_full(env, &j->env);
	if (!r)
		r = env_set(&j->env, j->x->setenv);
	if (r < 0)
		return err_nomem(e);
	j->caps = t->caps & cap_bounding();
	return guard_build(t->open, &j->guard, e);
}

struct birth {
	struct join *j;
	struct ns_child child;
	pid_t pid;
	struct err e;
};

/*
 * Whoever enters a pid namespace for its children may have no way back, so
 * this is done by a process that ends then; its child is its parent's.
 */
static int birth_child(void *arg)
{
	struct birth *b = arg;

	if (setns(b->j->pidfd, CLONE_NEWPID) < 0)
		return err_sys(&b->e, errno, "enter pid namespace") < 0;
	return (b->j->vfork ? ns_vfork(&b->child, &b->pid, NULL, &b->e)
			    : ns_fork(&b->child, &b->pid, NULL, &b->e)) < 0;
}

/* One child in the jail's cgroup and pid namespace. */
static int join_clone_once(struct join *j, const char *tree, bool self,
			   pid_t *ret_pid, struct err *e)
{
	cleanup_close int cg = -1;
	struct birth b = {
		.j = j,
		.child = {.flags = CLONE_PARENT,
			  .cgroup_fd = -1,
			  .fn = join_child,
			  .arg = j},
		.e = ERR_INIT,
	};
	const struct ns_child c = {
		.cgroup_fd = -1, .fn = birth_child, .arg = &b};
	int dumpable = prctl(PR_GET_DUMPABLE, 0, 0, 0, 0), r;
	pid_t pid;

	if (tree) {
		r = cgctl_open_birth(tree, self, &cg, e);
		if (r < 0)
			return r;
		b.child.cgroup_fd = cg;
	}
	j->vfork = !j->x->fn;
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	r = ns_vfork(&c, &pid, NULL, e);
	prctl(PR_SET_DUMPABLE, dumpable == 1 ? 1 : 0, 0, 0, 0);
	if (r < 0)
		return r;
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	*ret_pid = b.pid;
	return b.e.code ? err_set(e, b.e.code, "%s", b.e.text) : 0;
}

/*
 * A jail that passes controllers on to jails of its own has its processes in
 * a cgroup beside theirs: nothing can be born in its root then.
 */
static int join_clone(struct join *j, const struct life *l, pid_t *ret_pid,
		      struct err *e)
{
	cleanup_free char *tree = NULL;
	struct err ce = ERR_INIT;
	bool self;
	int r;

	if (l->cgroup && !(tree = str_printf("%s/tree", l->cgroup)))
		return err_nomem(e);
	/* with pids and cpu alone the kernel would not refuse, but from then
	 * on nothing could be born below */
	self = tree && l->lo && cgctl_passes_on(tree);
	r = join_clone_once(j, tree, self, ret_pid, &ce);
	if (tree && !self && (r == -EBUSY || r == -EOPNOTSUPP))
		return join_clone_once(j, tree, true, ret_pid, e);
	return r < 0 ? err_set(e, ce.code, "%s", ce.text) : 0;
}

/*
 * The namespaces to enter: those that are not our own, for there may be no
 * right to enter one in which we are.
 */
static int join_namespaces(struct join *j, const struct proc_id *init,
			   int *ret_userfd, struct err *e)
{
	cleanup_close int fd = -1;
	char path[64];
	int types, r = ns_differing(init->pid, &types, e);

	if (r < 0)
		return r;
	j->differing = types & ~CLONE_NEWUSER;
	if (types & CLONE_NEWUSER) {
		snprintf(path, sizeof(path), "/proc/%d/ns/user",
			 (int)init->pid);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			return err_sys(e, errno, "%s", path);
	}
	/* looked at by its number: was that still the process? */
	if (!proc_id_alive(init))
		return err_set(e, ESRCH, "the jail's first process is gone");
	j->userfd = *ret_userfd = take_fd(&fd);
	return 0;
}

/* cpuset(1) that came in between has perhaps missed the child. */
static void join_recheck(struct prisons *ps, const struct target *t,
			 const struct join *j, pid_t pid)
{
	cpu_set_t now;

	if (cpuset_wanted(ps, t->own, &now) &&
	    (!j->has_cpus || !CPU_EQUAL(&now, &j->cpus)))
		cpuset_process(pid, &now, NULL);
}

/* What is executed first, and what it will be called with. */
static int join_program(struct prisons *ps, struct join *j, const char *what,
			struct err *e)
{
	cleanup_free char *who =
		str_printf("%s: %s", program_invocation_short_name, what);
	int r = run_open(ps, &j->run, e);

	if (r < 0 || j->x->fn)
		return r;
	r = who ? run_text_make(&j->run_text, j->x->argv, 1, who) : -ENOMEM;
	return r < 0 ? err_nomem(e) : 0;
}

static int target_spawn(struct prisons *ps, const struct target *t,
			const struct prison_exec *x, const char *what,
			pid_t *ret_pid, struct err *e)
{
	struct join j __attribute__((cleanup(join_free))) = {
		.x = x, .userfd = -1, .run = -1};
	cleanup_close int pidfd = -1, userfd = -1;
	pid_t pid = 0;
	int r;

	r = proc_id_open(&t->life.init, &pidfd, e);
	if (r < 0)
		return r;
	r = join_namespaces(&j, &t->life.init, &userfd, e);
	if (r < 0)
		return r;
	j.pidfd = pidfd;
	j.has_cpus = cpuset_wanted(ps, t->own, &j.cpus);
	r = rctl_join_open(ps, t->own, &t->more, &j.limits, e);
	if (!r)
		r = join_prepare(&j, t, e);
	if (!r && (!x->fn || x->runs))
		r = join_program(ps, &j, what, e);
	if (!r)
		r = join_clone(&j, &t->life, &pid, e);
	if (r < 0)
		return r;
	if (j.vfork && j.err.code) {
		while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
			;
		return err_set(e, j.err.code, "%s%s", j.searching ? what : "",
			       j.err.text);
	}
	*ret_pid = pid;
	join_recheck(ps, t, &j, pid);
	return rctl_join_check(ps, t->own, &j.limits, e);
}

static int target_own(struct prisons *ps, int jid, struct target *t,
		      struct err *e)
{
	int r = life_read(ps, jid, &t->life, e);

	t->own = jid;
	t->more = rctl_no_limits;
	if (!r)
		r = params_read(ps, jid, &t->params, e);
	if (!r) {
		t->caps = jail_caps(&t->params);
		t->open = guard_conditions(&t->params);
	}
	return r;
}

/*
 * A jail's own jail: what is known of it comes from the jail, except that
 * its first process is in the jail's cgroups, and that it gets no capability
 * and no system call that the jails on the way have not.
 */
static int target_find(struct prisons *ps, const struct prison *p,
		       struct target *t, struct err *e)
{
	int r;

	r = target_own(ps, p->path.n ? atoi(p->path.v[0]) : p->jid, t, e);
	for (size_t i = 1; !r && i < p->path.n; i++) {
		cleanup_life struct life l = {0};
		cleanup_pset struct pset params = {0};

		r = nest_find(&t->life, atoi(p->path.v[i]), &l, &params, e);
		if (r < 0)
			return r;
		rctl_nested_limits(&t->life, atoi(p->path.v[i]), &t->more);
		target_free(t);
		t->caps &= jail_caps(&params);
		t->open &= guard_conditions(&params);
		t->life = l;
		t->params = params;
		l = (struct life){0};
		params = (struct pset){0};
	}
	return r;
}

static int spawn(struct prisons *ps, const struct prison *p,
		 const struct prison_exec *x, const char *what, pid_t *ret_pid,
		 struct err *e)
{
	struct target t __attribute__((cleanup(target_free))) = {0};
	int r;

	if (!ps->writable)
		return err_set(e, EPERM, "Operation not permitted");
	if (ps->dirfd < 0)
		return err_set(e, ENOENT, "jail %d not found", p->jid);
	r = target_find(ps, p, &t, e);
	return r < 0 ? r : target_spawn(ps, &t, x, what, ret_pid, e);
}

int prison_spawn(struct prisons *ps, const struct prison *p,
		 const struct prison_exec *x, pid_t *ret_pid, struct err *e)
{
	return spawn(ps, p, x, "exec ", ret_pid, e);
}

int jail_spawn(struct prisons *ps, int jid, const struct prison_exec *x,
	       pid_t *ret_pid, struct err *e)
{
	struct target t __attribute__((cleanup(target_free))) = {0};
	int r = target_own(ps, jid, &t, e);

	return r < 0 ? r : target_spawn(ps, &t, x, "exec ", ret_pid, e);
}

/* --- jexec
 * ---------------------------------------------------------------------------
 */

static pid_t proxy_child;

static void proxy_forward(int sig)
{
	int saved = errno;

	kill(proxy_child, sig);
	errno = saved;
}

/* Stopped by job control: stop as well, and go on together. */
static void proxy_stop(void)
{
	kill(getpid(), SIGSTOP);
	kill(proxy_child, SIGCONT);
}

_Noreturn static void proxy_end(int status)
{
	int sig;

	if (WIFEXITED(status))
		_exit(WEXITSTATUS(status));
	sig = WTERMSIG(status);
	/* end as it ended, without a second core file */
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	signal(sig, SIG_DFL);
	kill(getpid(), sig);
	_exit(128 + sig);
}

/*
 * A process cannot change its own pid namespace, so the caller stays and is
 * to its parent what the command is: same signals, stops and end.
 */
void prison_proxy(pid_t child)
{
	static const int forward[] = {SIGTERM, SIGHUP,	SIGUSR1,
				      SIGUSR2, SIGALRM, SIGWINCH};
	struct sigaction sa = {.sa_handler = proxy_forward,
			       .sa_flags = SA_RESTART};
	int status;

	proxy_child = child;
	for (size_t i = 0; i < ARRAY_SIZE(forward); i++)
		sigaction(forward[i], &sa, NULL);
	/* from the terminal: the command is in the same group and gets them */
	signal(SIGINT, SIG_IGN);
	signal(SIGQUIT, SIG_IGN);
	signal(SIGTTOU, SIG_IGN);
	for (;;) {
		if (waitpid(child, &status, WUNTRACED) < 0) {
			if (errno == EINTR)
				continue;
			_exit(1);
		}
		if (WIFSTOPPED(status))
			proxy_stop();
		else
			proxy_end(status);
	}
}

int prison_exec(struct prisons *ps, const struct prison *p,
		const struct prison_exec *x, struct err *e)
{
	pid_t pid;
	int r = spawn(ps, p, x, "execvp: ", &pid, e);

	if (r < 0)
		return r;
	prison_proxy(pid);
}
