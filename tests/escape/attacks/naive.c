/*
 * naive: a runtime as they were before they were attacked.  It joins the
 * namespaces of process PID and runs a command there; each option leaves out
 * what has been learnt since, and with it comes back the way out of that
 * name:
 *
 *	naive [option]... PID COMMAND [ARG...]
 *
 *	-f DIR	leave DIR open as descriptor 9 (CVE-2024-21626)
 *	-d DIR	go to DIR last, as the command's directory (the same)
 *	-D	stay dumpable while joining (CVE-2016-9962)
 *	-w SEC	and take SEC seconds between joining and the command
 *	-g	keep the caller's supplementary groups (CVE-2022-2995)
 *	-i	set the inheritable capabilities (CVE-2022-27650)
 *	-u UID	run it as that user
 *	-p	stay in the caller's pid namespace
 *	-c CG	put the command into the cgroup CG after it has started
 *	-x	search COMMAND and run it from this very program, whose file
 *		the jail then reaches (CVE-2019-5736); without -x a copy in
 *		memory does it
 */
#include "escape.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#define LEAKED 9

struct naive {
	const char *leak, *dir, *cgroup;
	bool dumpable, groups, inheritable, own_file, pids;
	unsigned int wait;
	unsigned long long caps;
	uid_t uid;
	pid_t pid;
	char **argv;
};

static void die(const char *what)
{
	fprintf(stderr, "naive: %s: %s\n", what, strerror(errno));
	exit(126);
}

/* The remedy of CVE-2019-5736: be a sealed copy before joining. */
static void become_copy(char **argv)
{
	int self, copy, seals = F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK;
	struct stat st;

	self = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	copy = memfd_create("naive", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (self < 0 || copy < 0 || fstat(self, &st) < 0)
		die("/proc/self/exe");
	if (fcntl(self, F_GET_SEALS) >= 0)
		return; /* is one */
	if (sendfile(copy, self, NULL, (size_t)st.st_size) != st.st_size ||
	    fcntl(copy, F_ADD_SEALS, seals) < 0)
		die("copy");
	fexecve(copy, argv, environ);
	die("copy");
}

static bool same_ns(pid_t pid, const char *ns)
{
	char path[64];
	struct stat a, b;

	snprintf(path, sizeof(path), "/proc/%d/ns/%s", (int)pid, ns);
	if (stat(path, &a) < 0)
		die(path);
	snprintf(path, sizeof(path), "/proc/self/ns/%s", ns);
	return stat(path, &b) == 0 && a.st_ino == b.st_ino;
}

/* The capabilities that the jail's first process may have. */
static unsigned long long caps_of(pid_t pid)
{
	unsigned long long mask = 0;
	char line[256];
	FILE *f;

	snprintf(line, sizeof(line), "/proc/%d/status", (int)pid);
	f = fopen(line, "re");
	if (!f)
		die(line);
	while (fgets(line, sizeof(line), f))
		sscanf(line, "CapBnd: %llx", &mask);
	fclose(f);
	return mask;
}

static void drop(unsigned long long mask, bool inheritable)
{
	struct __user_cap_header_struct h = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct d[2];

	for (unsigned long c = 0; c < 64; c++)
		if (!(mask >> c & 1))
			prctl(PR_CAPBSET_DROP, c, 0, 0, 0);
	if (syscall(SYS_capget, &h, d) < 0)
		die("capget");
	for (int i = 0; i < 2; i++) {
		d[i].permitted &= (unsigned int)(mask >> (32 * i));
		d[i].effective = d[i].permitted;
		d[i].inheritable = inheritable ? d[i].permitted : 0;
	}
	if (syscall(SYS_capset, &h, d) < 0)
		die("capset");
}

static void command(const struct naive *n)
{
	if (!n->groups && setgroups(0, NULL) < 0)
		die("setgroups");
	drop(n->caps, n->inheritable);
	if (n->uid && (setresgid(n->uid, n->uid, n->uid) < 0 ||
		       setresuid(n->uid, n->uid, n->uid) < 0))
		die("setresuid");
	prctl(PR_SET_DUMPABLE, n->dumpable, 0, 0, 0);
	sleep(n->wait);
	if (n->dir && chdir(n->dir) < 0)
		die(n->dir);
	execvp(n->argv[0], n->argv);
	die(n->argv[0]);
}

static int join(const struct naive *n)
{
	int ns = CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS |
		 CLONE_NEWCGROUP | (n->pids ? 0 : CLONE_NEWPID);
	bool user = !same_ns(n->pid, "user");
	int pidfd = (int)syscall(SYS_pidfd_open, n->pid, 0), cg = -1, status;
	pid_t child;

	if (pidfd < 0)
		die("pidfd_open");
	if (n->cgroup && (cg = open(n->cgroup, O_WRONLY | O_CLOEXEC)) < 0)
		die(n->cgroup);
	if (n->leak) {
		int fd = open(n->leak, O_RDONLY | O_DIRECTORY);

		if (fd < 0 || dup2(fd, LEAKED) < 0 || close(fd) < 0)
			die(n->leak);
	}
	prctl(PR_SET_DUMPABLE, n->dumpable, 0, 0, 0);
	if (setns(pidfd, ns) < 0 || (user && setns(pidfd, CLONE_NEWUSER) < 0))
		die("setns");
	close(pidfd);
	if (user && (setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0))
		die("setresuid");
	prctl(PR_SET_DUMPABLE, n->dumpable, 0, 0, 0);
	child = fork();
	if (child < 0)
		die("fork");
	if (!child)
		command(n);
	if (cg >= 0) {
		usleep(300000);
		dprintf(cg, "%d", (int)child);
	}
	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			die("waitpid");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

int main(int argc, char **argv)
{
	struct naive n = {0};
	int c;

	while ((c = getopt(argc, argv, "+f:d:Dw:giu:pc:x")) != -1) {
		switch (c) {
		case 'f':
			n.leak = optarg;
			break;
		case 'd':
			n.dir = optarg;
			break;
		case 'D':
			n.dumpable = true;
			break;
		case 'w':
			n.wait = (unsigned int)atoi(optarg);
			break;
		case 'g':
			n.groups = true;
			break;
		case 'i':
			n.inheritable = true;
			break;
		case 'u':
			n.uid = (uid_t)atoi(optarg);
			break;
		case 'p':
			n.pids = true;
			break;
		case 'c':
			n.cgroup = optarg;
			break;
		case 'x':
			n.own_file = true;
			break;
		default:
			return 2;
		}
	}
	if (argc - optind < 2) {
		/* run by a script of the jail, "#!/proc/self/exe -w SEC" */
		sleep(n.wait);
		return 2;
	}
	if (!n.own_file)
		become_copy(argv);
	prctl(PR_SET_NAME, "naive", 0, 0, 0);
	n.pid = atoi(argv[optind]);
	n.caps = caps_of(n.pid);
	n.argv = argv + optind + 1;
	return join(&n);
}
