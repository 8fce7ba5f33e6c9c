/*
 * prison_keeper: the process that waits outside a jail (src/init/keeper.c),
 * and the socket of its broker, which it listens at.
 *
 * Theory of operation.  A jail has its keeper once its creation is complete
 * (prison_started()).  One that may have jails gets one before its first
 * process goes on, so that its socket answers from its first command on, and
 * one that has a vnet beside its first command, which need not wait for it
 * (broker_call() is patient); that one waits for nothing, and gives place
 * to the other, who takes the socket over: nobody who connects meanwhile finds
 * nobody.
 *
 * A keeper that has been killed takes the socket with it.  The next command
 * that looks at the jail starts another, which binds anew, in a directory
 * that the jail has had in its hands meanwhile: so with the rights of the
 * jail's root over files, and no others.
 */
#include "jail/prison_int.h"

#include "base/cleanup.h"
#include "jail/param.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/fsuid.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>

/* Connections that wait while all brokers are busy. */
#define BACKLOG 8
#define STOP_MS 1000

/* --- the broker's socket ------------------------------------------------- */

/* As whoever fsuid and fsgid say. */
static int socket_bind(int run, int *ret, struct err *e)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	cleanup_close int fd = socket(
		AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	snprintf(sun.sun_path, sizeof(sun.sun_path), "/proc/self/fd/%d/broker",
		 run);
	if (unlinkat(run, "broker", 0) < 0 && errno != ENOENT)
		return err_sys(e, errno, CELLBLOCK_RUN "/broker");
	/* the mode that its name gets is that of the socket */
	if (fd < 0 || fchmod(fd, 0600) < 0 ||
	    bind(fd, (const struct sockaddr *)&sun, sizeof(sun)) < 0 ||
	    listen(fd, BACKLOG) < 0)
		return err_sys(e, errno, CELLBLOCK_RUN "/broker");
	*ret = take_fd(&fd);
	return 0;
}

static int socket_make(const struct life *l, int *ret, struct err *e)
{
	cleanup_close int run = -1;
	struct stat st;
	int r = jail_run_open(&l->init, &run, e);

	if (r < 0)
		return r;
	if (fstat(run, &st) < 0)
		return err_sys(e, errno, CELLBLOCK_RUN);
	/* jail_run_open() has seen to it that this is the jail's root */
	setfsgid(st.st_gid);
	setfsuid(st.st_uid);
	r = socket_bind(run, ret, e);
	setfsuid(geteuid());
	setfsgid(getegid());
	return r;
}

/* The one that the keeper so far listens at, or a new one. */
static int socket_get(const struct life *l, int *ret, struct err *e)
{
	cleanup_close int keeper = -1, fd = -1;
	socklen_t len = sizeof(int);
	int on = 0;

	if (proc_id_open(&l->keeper, &keeper, NULL) == 0)
		fd = (int)syscall(SYS_pidfd_getfd, keeper, KEEPER_BROKER_FD, 0);
	if (fd < 0 ||
	    getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &on, &len) < 0 || !on)
		return socket_make(l, ret, e);
	*ret = take_fd(&fd);
	return 0;
}

/* --- the process --------------------------------------------------------- */

struct keeper {
	const char *prog, *jail, *jid;
	bool creating;
	int error;
	int pidfd, events; /* events: -1 for a jail that persists */
	int mnt;	   /* the jail's mount namespace, or -1 */
	int broker;	   /* the socket, or -1 */
};

/* Its descriptors become these, from 3 on; -1: none. */
static void keeper_fds(const struct keeper *k)
{
	int fds[] = {k->pidfd, k->events, k->mnt, k->broker};
	int null;

	/* first out of the way: one may be the other's number */
	for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
		if (fds[i] >= 0)
			fds[i] = fcntl(fds[i], F_DUPFD, 10);
	null = open("/dev/null", O_RDWR);
	for (int fd = 0; fd < 3; fd++)
		if (null < 0 || dup2(null, fd) < 0)
			close(fd); /* else a caller's pipe stays open */
	for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
		if (fds[i] < 0 || dup2(fds[i], 3 + (int)i) < 0)
			close(3 + (int)i);
	syscall(SYS_close_range, 3 + ARRAY_SIZE(fds), ~0U, 0);
}

static int keeper_child(void *arg)
{
	struct keeper *k = arg;
	char *argv[] = {(char *)"cellblock-keeper", (char *)k->jail,
			(char *)k->jid, k->creating ? (char *)"creating" : NULL,
			NULL};
	char *envp[] = {NULL};

	keeper_fds(k);
	setsid();
	if (chdir("/") < 0)
		k->error = errno;
	umask(022);
	ns_vfork_unblock();
	execve(k->prog, argv, envp);
	k->error = errno;
	return 127;
}

void keeper_stop(struct life *l)
{
	cleanup_close int fd = -1;

	if (l->keeper.pid <= 0 || proc_id_open(&l->keeper, &fd, NULL) < 0)
		return;
	/* the keeper itself removes: it has become `jail -R` and must finish */
	if (l->keeper.pid == getpid())
		return;
	pidfd_signal(fd, SIGKILL);
	/* if it was our child it would stay a zombie */
	pidfd_wait(fd, STOP_MS);
	waitpid(l->keeper.pid, NULL, WNOHANG);
	l->keeper = (struct proc_id){0};
}

/* What it holds, opened; and in the jail's cgroup: it outlives our session. */
static int keeper_spawn(struct keeper *k, struct life *l, bool persist,
			struct err *e)
{
	struct ns_child c = {.cgroup_fd = -1, .fn = keeper_child, .arg = k};
	cleanup_close int pidfd = -1, events = -1, cg = -1, mnt = -1;
	cleanup_close int broker = -1;
	cleanup_free char *ev = NULL, *cgdir = NULL;
	char path[64];
	pid_t pid;
	int r = proc_id_open(&l->init, &pidfd, e);

	if (r < 0)
		return r;
	ev = str_printf("%s/tree/cgroup.events", l->cgroup ? l->cgroup : "");
	cgdir = str_printf("%s/init", l->cgroup ? l->cgroup : "");
	if (!ev || !cgdir)
		return err_nomem(e);
	if (l->cgroup && cgroup_open(cgdir, &cg, NULL) == 0)
		c.cgroup_fd = cg;
	if (!persist && l->cgroup)
		events = open(ev, O_RDONLY | O_CLOEXEC);
	if (l->lo) {
		snprintf(path, sizeof(path), "/proc/%d/ns/mnt",
			 (int)l->init.pid);
		mnt = open(path, O_RDONLY | O_CLOEXEC);
	}
	/* a jail that keeps us out of its directory has no broker then */
	if ((l->lo || l->vnet) && l->cgroup)
		socket_get(l, &broker, NULL);
	keeper_stop(l);
	k->pidfd = pidfd;
	k->events = events;
	k->mnt = mnt;
	k->broker = broker;
	r = ns_vfork(&c, &pid, NULL, e);
	if (r < 0)
		return r;
	if (k->error)
		return err_sys(e, k->error, "%s", k->prog);
	return proc_id_of(pid, &l->keeper, e);
}

/* In the place of the one that l knows of. */
static int keeper_new(struct prisons *ps, int jid, struct life *l, bool persist,
		      bool creating, struct err *e)
{
	cleanup_free char *rt = NULL, *prog = NULL, *jail = NULL;
	char num[16];
	struct keeper k = {.jid = num, .creating = creating};
	int r = rt_dir(ps, &rt, e);

	if (r < 0)
		return r;
	snprintf(num, sizeof(num), "%d", jid);
	prog = str_printf("%s/keeper", rt);
	jail = str_printf("%s/bin/jail", rt);
	if (!prog || !jail)
		return err_nomem(e);
	k.prog = prog;
	k.jail = jail;
	return keeper_spawn(&k, l, persist, e);
}

int keeper_first(struct prisons *ps, int jid, struct life *l, struct err *e)
{
	return keeper_new(ps, jid, l, true, true, e);
}

/* What goes wrong is no harm to who runs there: it finds no broker. */
void prison_inhabited(struct prisons *ps, int jid)
{
	cleanup_life struct life l = {0};
	cleanup_close int lock = -1;

	if (ps->dirfd >= 0 && pending_is(ps, jid) &&
	    reg_lock(ps, &lock, NULL) == 0 && pending_is(ps, jid) &&
	    life_read(ps, jid, &l, NULL) == 0 && l.vnet && l.cgroup &&
	    !proc_id_alive(&l.keeper) &&
	    keeper_new(ps, jid, &l, true, true, NULL) == 0)
		life_write(ps, jid, &l, NULL);
}

int keeper_start(struct prisons *ps, int jid, struct err *e)
{
	cleanup_pset struct pset params = {0};
	cleanup_life struct life l = {0};
	bool persist;
	int r;

	r = life_read(ps, jid, &l, e);
	if (!r)
		r = params_read(ps, jid, &params, e);
	if (r < 0)
		return r;
	persist = param_set_bool(&params, "persist");
	if (!persist && !l.cgroup)
		report(ps->report, REPORT_WARN,
		       "jail %d: there is no cgroup2 here: it will not end "
		       "with its last process",
		       jid);
	r = keeper_new(ps, jid, &l, persist, false, e);
	return r < 0 ? r : life_write(ps, jid, &l, e);
}

/*
 * The registry's lock, but only of a registry that is there: what looked like
 * a jail without a keeper may have been the last jail's end.
 */
static int lock_existing(struct prisons *ps, int *ret)
{
	cleanup_close int fd =
		openat(ps->dirfd, "lock", O_RDWR | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	while (fd >= 0 && flock(fd, LOCK_EX) < 0)
		if (errno != EINTR)
			return -errno;
	if (fd < 0 || fstat(fd, &st) < 0 || !st.st_nlink)
		return -ENOENT;
	*ret = take_fd(&fd);
	return 0;
}

/*
 * Who finds it gone has no lock yet.  Another that comes to it at the same
 * time finds the new one, when it has waited for the lock.
 */
void keeper_revive(struct prisons *ps, int jid)
{
	cleanup_life struct life l = {0};
	cleanup_close int lock = -1;

	if (lock_existing(ps, &lock) == 0 && !pending_is(ps, jid) &&
	    life_read(ps, jid, &l, NULL) == 0 && !proc_id_alive(&l.keeper) &&
	    proc_id_alive(&l.init))
		keeper_start(ps, jid, NULL);
}
