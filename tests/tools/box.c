/*
 * box: run a command in namespaces of its own and leave nothing behind.
 *
 * Theory of operation.  Every system test case runs in a box, so that it can
 * be root over a network, mounts, processes and cgroups which are not the
 * machine's.  Three processes make one:
 *
 *   box       what the caller started; makes the cgroup, starts the others,
 *             waits, passes the command's exit status on
 *   first     pid 1 of the box: has new net, mount, pid, uts, ipc and cgroup
 *             namespaces, prepares them, starts the command, reaps; when it
 *             ends the kernel kills all that is left inside
 *   guardian  outside, in a session of its own; a pipe tells it when box has
 *             ended, in whatever way (Kyua kills by SIGKILL); then it kills
 *             the cgroup and removes it
 *
 * The guardian also removes what jails with limits have in v1 hierarchies,
 * which no namespace hides: directories named after the box's pid namespace.
 * Where cgroup2 has controllers the box gets them, and its own processes are
 * in `self`, as the kernel wants of who passes controllers on.
 *
 * In the box /run and /tmp are empty (directories given by -k stay visible),
 * /proc, /sys, /sys/fs/bpf and the cgroup2 tree are its own, what is written
 * below /etc goes with the box, lo is up, and the host name is "box".
 *
 * /tmp is a tmpfs where the kernel can make idmapped mounts of one (6.3, which
 * is when jails can have their root there), else a directory of the caller's
 * /tmp, which the guardian removes.
 *
 *   box [-k DIR]... [--] COMMAND [ARG...]
 *
 * Exit status: the command's, 128+N when signal N ended it, 125 when the box
 * cannot be made.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <linux/sched.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	EXIT_BOX = 125,
	KEEP_MAX = 16
};

struct box {
	char cg_mount[4096]; /* where the cgroup2 tree is mounted */
	char cg_dir[4096];   /* the box's own cgroup, below that */
	int cg_fd;
	char tmp_dir[64]; /* what is /tmp in the box; "": a tmpfs */
	int tmp_fd;	  /* the caller's /tmp */
	const char *keep[KEEP_MAX];
	int keep_fd[KEEP_MAX];
	int nkeep;
	char **argv;
};

static void die(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

static void die(const char *fmt, ...)
{
	int code = errno;
	va_list ap;

	fputs("box: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fprintf(stderr, ": %s\n", strerror(code));
	exit(EXIT_BOX);
}

static void nap_ms(long ms)
{
	struct timespec ts = {.tv_nsec = ms * 1000000L};

	nanosleep(&ts, NULL);
}

/* ------------------------------------------------------------- cgroups */

/* Where the cgroup2 tree is mounted: "... - cgroup2 SOURCE OPTIONS". */
static void cgroup_find_mount(struct box *b)
{
	char line[8192], mnt[4096];
	FILE *f = fopen("/proc/self/mountinfo", "re");

	if (!f)
		die("/proc/self/mountinfo");
	while (fgets(line, sizeof(line), f)) {
		if (!strstr(line, " - cgroup2 ") ||
		    sscanf(line, "%*d %*d %*s %*s %4095s", mnt) != 1)
			continue;
		snprintf(b->cg_mount, sizeof(b->cg_mount), "%s", mnt);
		break;
	}
	fclose(f);
	if (!b->cg_mount[0]) {
		errno = ENODEV;
		die("no cgroup2 file system is mounted");
	}
}

/* Is there a process in it?  An empty file has size 0, too. */
static bool has_processes(const char *cg)
{
	char path[8400], c;
	int fd;
	bool any;

	snprintf(path, sizeof(path), "%s/cgroup.procs", cg);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	any = fd >= 0 && read(fd, &c, 1) == 1;
	if (fd >= 0)
		close(fd);
	return any;
}

/*
 * Pass the machine's controllers on.  Where it has none, or where the cgroup
 * has processes of its own and is not the root of all, boxes are without: the
 * kernel would pass on those for threads, and no box could start below.
 */
static void controllers_on(const char *mnt, const char *own)
{
	static const char *const words[] = {"+memory", "+pids", "+cpu", "+io"};
	char path[8300];
	int fd;

	snprintf(path, sizeof(path), "%s%s/cgroup.type", mnt, own);
	if (!access(path, F_OK)) {
		*strrchr(path, '/') = '\0';
		if (has_processes(path))
			return;
	}
	snprintf(path, sizeof(path), "%s%s/cgroup.subtree_control", mnt, own);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	for (size_t i = 0; fd >= 0 && i < sizeof(words) / sizeof(*words); i++)
		if (write(fd, words[i], strlen(words[i])) < 0)
			continue;
	if (fd >= 0)
		close(fd);
}

/* In the box: out of the root of its tree, if that has controllers. */
static void leave_root(const char *mnt)
{
	char path[4200], text[256] = "";
	int fd;

	snprintf(path, sizeof(path), "%s/cgroup.controllers", mnt);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || read(fd, text, sizeof(text) - 1) < 0)
		die("%s", path);
	close(fd);
	if (!text[strspn(text, "\n")])
		return;
	snprintf(path, sizeof(path), "%s/self", mnt);
	if (mkdir(path, 0755))
		die("%s", path);
	snprintf(path, sizeof(path), "%s/self/cgroup.procs", mnt);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, "0", 1) < 0)
		die("%s", path);
	close(fd);
}

/* Make MOUNT/OWN-CGROUP/box-PID. */
static void cgroup_make(struct box *b)
{
	char line[4096], own[4096] = "";
	FILE *f = fopen("/proc/self/cgroup", "re");
	int n;

	if (!f)
		die("/proc/self/cgroup");
	while (fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = '\0';
		if (!strncmp(line, "0::/", 4))
			snprintf(own, sizeof(own), "%s", line + 3);
	}
	fclose(f);
	n = snprintf(b->cg_dir, sizeof(b->cg_dir), "%s%s/box-%d", b->cg_mount,
		     !strcmp(own, "/") ? "" : own, (int)getpid());
	if (n < 0 || (size_t)n >= sizeof(b->cg_dir)) {
		errno = ENAMETOOLONG;
		die("%s", own);
	}
	controllers_on(b->cg_mount, strcmp(own, "/") ? own : "");
	if (mkdir(b->cg_dir, 0755))
		die("%s", b->cg_dir);
	b->cg_fd = open(b->cg_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (b->cg_fd < 0)
		die("%s", b->cg_dir);
}

/* Remove the cgroups below dirfd, deepest first. */
static void cgroup_prune(int dirfd)
{
	int fd = dup(dirfd);
	struct dirent *de;
	DIR *d;

	if (fd < 0)
		return;
	lseek(fd, 0, SEEK_SET);
	d = fdopendir(fd);
	if (!d) {
		close(fd);
		return;
	}
	while ((de = readdir(d))) {
		int sub;

		if (de->d_type != DT_DIR || de->d_name[0] == '.')
			continue;
		sub = openat(dirfd, de->d_name,
			     O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
		if (sub < 0)
			continue;
		cgroup_prune(sub);
		close(sub);
		unlinkat(dirfd, de->d_name, AT_REMOVEDIR);
	}
	closedir(d);
}

/* ----------------------------------------------------- /tmp on the disk */

/* Can a tmpfs be mounted idmapped?  Since Linux 6.3. */
static bool tmpfs_idmaps(void)
{
	unsigned int major, minor;
	struct utsname u;

	return uname(&u) || sscanf(u.release, "%u.%u", &major, &minor) != 2 ||
	       major > 6 || (major == 6 && minor >= 3);
}

static void tmp_make(struct box *b)
{
	if (tmpfs_idmaps())
		return;
	snprintf(b->tmp_dir, sizeof(b->tmp_dir), "/tmp/box-%d-XXXXXX",
		 (int)getpid());
	if (!mkdtemp(b->tmp_dir) || chmod(b->tmp_dir, 01777))
		die("%s", b->tmp_dir);
	b->tmp_fd = open("/tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (b->tmp_fd < 0)
		die("/tmp");
}

/* Remove what is below dirfd/name, and the name; not what is mounted there. */
static void tmp_prune(int dirfd, const char *name)
{
	struct open_how how = {
		.flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW,
		.resolve = RESOLVE_NO_XDEV,
	};
	int fd = (int)syscall(SYS_openat2, dirfd, name, &how, sizeof(how));
	struct dirent *de;
	DIR *d = fd < 0 ? NULL : fdopendir(fd);

	while (d && (de = readdir(d))) {
		if (!strcmp(de->d_name, ".") || !strcmp(de->d_name, ".."))
			continue;
		if (unlinkat(fd, de->d_name, 0))
			tmp_prune(fd, de->d_name);
	}
	if (d)
		closedir(d);
	unlinkat(dirfd, name, AT_REMOVEDIR);
}

/* ------------------------------------------------------------ guardian */

/* Close every descriptor but these (0 is the box's stdin: not needed). */
static void close_others(int a, int b, int c)
{
	for (int fd = 0; fd < 1024; fd++)
		if (fd != a && fd != b && fd != c)
			close(fd);
	close_range(1024, ~0U, 0);
}

/* Remove the v1 cgroups of pid namespace `ns`; false: some are in use yet. */
static bool v1_prune(const char *ns)
{
	DIR *d = *ns ? opendir("/sys/fs/cgroup") : NULL;
	struct dirent *de;
	bool gone = true;

	while (d && (de = readdir(d))) {
		char base[512];
		int fd;

		if (de->d_type != DT_DIR || de->d_name[0] == '.')
			continue;
		snprintf(base, sizeof(base), "/sys/fs/cgroup/%s/cellblock.%s",
			 de->d_name, ns);
		fd = open(base, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (fd < 0)
			continue;
		cgroup_prune(fd);
		close(fd);
		if (rmdir(base) && errno != ENOENT)
			gone = false;
	}
	if (d)
		closedir(d);
	return gone;
}

/* Wait for the end of box, then kill and remove its cgroup; never returns. */
static void guardian(const struct box *b, int pipe_rd)
{
	char ns[32] = "";
	size_t len = 0;
	int kill_fd;
	ssize_t n;

	setsid();
	if (chdir("/"))
		_exit(1);
	close_others(pipe_rd, b->cg_fd, b->tmp_fd);
	/* first comes the number of the box's pid namespace */
	while ((n = read(pipe_rd, ns + len, sizeof(ns) - 1 - len)) > 0 ||
	       (n < 0 && errno == EINTR))
		len += n > 0 ? (size_t)n : 0;
	kill_fd = openat(b->cg_fd, "cgroup.kill", O_WRONLY | O_CLOEXEC);
	for (int i = 0; i < 1000; i++) {
		if (kill_fd >= 0 && write(kill_fd, "1", 1) < 0)
			break;
		cgroup_prune(b->cg_fd);
		if (v1_prune(ns) && (!rmdir(b->cg_dir) || errno == ENOENT)) {
			if (b->tmp_dir[0])
				tmp_prune(b->tmp_fd,
					  strrchr(b->tmp_dir, '/') + 1);
			_exit(0);
		}
		nap_ms(i < 20 ? 1 : 10);
	}
	_exit(1);
}

/* ------------------------------------------------------- inside the box */

static void mount_or_die(const char *src, const char *dst, const char *type,
			 unsigned long flags, const char *data)
{
	if (mount(src, dst, type, flags, data))
		die("mount %s on %s", type ? type : src, dst);
}

/* mkdir -p; what exists is fine. */
static void mkdirs(const char *path)
{
	char buf[4096];

	snprintf(buf, sizeof(buf), "%s", path);
	for (char *p = buf + 1; *p; p++)
		if (*p == '/') {
			*p = '\0';
			mkdir(buf, 0755);
			*p = '/';
		}
	mkdir(buf, 0755);
}

/*
 * An empty directory there (`from`, or NULL: a new tmpfs), then the kept
 * directories again.
 */
static void private_dir(const struct box *b, const char *dir, const char *mode,
			const char *from)
{
	size_t n = strlen(dir);

	if (from) {
		mount_or_die(from, dir, NULL, MS_BIND, NULL);
		mount_or_die(NULL, dir, NULL,
			     MS_BIND | MS_REMOUNT | MS_NOSUID | MS_NODEV, NULL);
	} else {
		mount_or_die("box", dir, "tmpfs", MS_NOSUID | MS_NODEV, mode);
	}
	for (int i = 0; i < b->nkeep; i++) {
		char src[64];

		if (strncmp(b->keep[i], dir, n) || b->keep[i][n] != '/')
			continue;
		mkdirs(b->keep[i]);
		snprintf(src, sizeof(src), "/proc/self/fd/%d", b->keep_fd[i]);
		mount_or_die(src, b->keep[i], NULL, MS_BIND | MS_REC, NULL);
	}
}

/* sysfs of the new netns, with the cgroup trees moved over to it. */
static void private_sys(const struct box *b)
{
	int tree = (int)syscall(SYS_open_tree, AT_FDCWD, "/sys/fs/cgroup",
				OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC |
					(unsigned int)AT_RECURSIVE);

	if (tree < 0)
		die("open_tree /sys/fs/cgroup");
	mount_or_die("box", "/sys", "sysfs", 0, NULL);
	if (syscall(SYS_move_mount, tree, "", AT_FDCWD, "/sys/fs/cgroup",
		    MOVE_MOUNT_F_EMPTY_PATH))
		die("move_mount /sys/fs/cgroup");
	close(tree);
	/* The kernel refuses one file system twice on the same point. */
	if (umount2(b->cg_mount, MNT_DETACH))
		die("umount %s", b->cg_mount);
	mount_or_die("box", b->cg_mount, "cgroup2", 0, NULL);
	/* Kernels without BPF have no such directory; then nothing to hide. */
	if (mount("box", "/sys/fs/bpf", "bpf", 0, "mode=700") &&
	    errno != ENOENT && errno != ENODEV)
		die("mount bpf");
}

/*
 * What is written below /etc is seen in the box only and goes with it: an
 * overlay whose upper layer is a tmpfs that nothing else holds.  Where
 * overlays cannot be (boxes in boxes in boxes), nothing can be written.
 */
static void private_etc(void)
{
	mount_or_die("box", "/tmp", "tmpfs", 0, NULL);
	if (mkdir("/tmp/upper", 0755) || mkdir("/tmp/work", 0755))
		die("mkdir");
	if (mount("box", "/etc", "overlay", 0,
		  "lowerdir=/etc,upperdir=/tmp/upper,workdir=/tmp/work")) {
		mount_or_die("/etc", "/etc", NULL, MS_BIND | MS_REC, NULL);
		mount_or_die(NULL, "/etc", NULL,
			     MS_BIND | MS_REMOUNT | MS_RDONLY, NULL);
	}
	if (umount2("/tmp", MNT_DETACH))
		die("umount /tmp");
}

static void loopback_up(void)
{
	struct ifreq ifr = {.ifr_name = "lo", .ifr_flags = IFF_UP};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &ifr))
		die("lo up");
	close(fd);
}

static void enter(struct box *b)
{
	char cwd[4096];

	if (!getcwd(cwd, sizeof(cwd)))
		die("getcwd");
	if (unshare(CLONE_NEWCGROUP))
		die("unshare cgroup");
	mount_or_die(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
	for (int i = 0; i < b->nkeep; i++) {
		b->keep_fd[i] =
			open(b->keep[i], O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (b->keep_fd[i] < 0)
			die("%s", b->keep[i]);
	}
	mount_or_die("box", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC,
		     NULL);
	private_sys(b);
	leave_root(b->cg_mount);
	private_etc();
	private_dir(b, "/run", "mode=755", NULL);
	private_dir(b, "/tmp", "mode=1777", b->tmp_dir[0] ? b->tmp_dir : NULL);
	if (chdir(cwd) && chdir("/tmp"))
		die("chdir");
	if (sethostname("box", 3))
		die("sethostname");
	loopback_up();
}

/* pid 1 of the box: start the command, reap, pass on its status. */
static int first(struct box *b)
{
	int status, ret = EXIT_BOX;
	pid_t pid, got;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	enter(b);
	close_range(3, ~0U, 0);
	setenv("CELLBLOCK_BOX", "1", 1);
	pid = fork();
	if (pid < 0)
		die("fork");
	if (!pid) {
		execvp(b->argv[0], b->argv);
		die("%s", b->argv[0]);
	}
	for (;;) {
		got = wait(&status);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0 || got == pid)
			break;
	}
	if (got == pid)
		ret = WIFEXITED(status) ? WEXITSTATUS(status)
					: 128 + WTERMSIG(status);
	return ret;
}

/* ----------------------------------------------------------------- main */

/* Tell the guardian which pid namespace the box has. */
static void tell_pidns(int fd, pid_t first_pid)
{
	char path[64], ns[64] = "";

	snprintf(path, sizeof(path), "/proc/%d/ns/pid", (int)first_pid);
	if (readlink(path, ns, sizeof(ns) - 1) < 0)
		return; /* it has ended already */
	ns[strcspn(ns, "]")] = '\0';
	if (write(fd, ns + strlen("pid:["), strlen(ns) - strlen("pid:[")) < 0)
		die("guardian");
}

static pid_t clone_first(struct box *b)
{
	struct clone_args ca = {
		.flags = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET |
			 CLONE_NEWUTS | CLONE_NEWIPC | CLONE_INTO_CGROUP,
		.exit_signal = SIGCHLD,
		.cgroup = (uint64_t)b->cg_fd,
	};

	return (pid_t)syscall(SYS_clone3, &ca, sizeof(ca));
}

static int run(struct box *b)
{
	int p[2], status = 0, ret = EXIT_BOX, failed = 0;
	pid_t guard, pid;

	if (pipe2(p, O_CLOEXEC))
		die("pipe");
	guard = fork();
	if (guard < 0)
		die("fork");
	if (!guard) {
		close(p[1]);
		guardian(b, p[0]);
	}
	close(p[0]);
	pid = clone_first(b);
	if (!pid) {
		close(p[1]);
		_exit(first(b));
	}
	if (pid < 0)
		failed = errno;
	else
		tell_pidns(p[1], pid);
	if (pid >= 0 && waitpid(pid, &status, 0) == pid)
		ret = WIFEXITED(status) ? WEXITSTATUS(status)
					: 128 + WTERMSIG(status);
	close(p[1]);
	while (waitpid(guard, &status, 0) < 0 && errno == EINTR)
		;
	if (failed) {
		errno = failed;
		die("clone3");
	}
	if (!WIFEXITED(status) || WEXITSTATUS(status)) {
		errno = EBUSY;
		die("%s", b->cg_dir);
	}
	return ret;
}

int main(int argc, char **argv)
{
	static struct box b = {.tmp_fd = -1};
	int c;

	while ((c = getopt(argc, argv, "+k:")) != -1) {
		if (c != 'k' || b.nkeep == KEEP_MAX) {
			fprintf(stderr, "usage: box [-k dir]... [--] command "
					"[argument...]\n");
			return EXIT_BOX;
		}
		b.keep[b.nkeep++] = optarg;
	}
	if (optind == argc) {
		fprintf(stderr,
			"usage: box [-k dir]... [--] command [argument...]\n");
		return EXIT_BOX;
	}
	b.argv = argv + optind;
	/* The command inherits 0-2 only; nothing of ours may linger in it. */
	signal(SIGCHLD, SIG_DFL);
	cgroup_find_mount(&b);
	cgroup_make(&b);
	tmp_make(&b);
	return run(&b);
}
