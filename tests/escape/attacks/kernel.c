/*
 * kernel: out by what the one kernel offers everybody: system calls that
 * change or show the whole machine, and those whose bugs have been ways out.
 *
 *	kernel NAME [WORD]
 *
 * Each attempt is made so that it harms nothing where it succeeds: a value is
 * set to what it is, or an argument is wrong that the kernel looks at only
 * after it has decided who may.  So any answer but "you may not" is a way out.
 */
#include "escape.h"

#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/io_uring.h>
#include <linux/keyctl.h>
#include <linux/perf_event.h>
#include <linux/userfaultfd.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/klog.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timex.h>
#include <sys/wait.h>
#include <time.h>

/* clone3's first fields; linux/sched.h and sched.h do not go together. */
struct clone3_args {
	uint64_t flags, pidfd, child_tid, parent_tid, exit_signal;
	uint64_t stack, stack_size, tls;
};

static bool there; /* some answer was not "no such system call" */
static int last;   /* the last refusal */

/* One attempt: whoever gets past the question of rights is out. */
static void try(const char *what, long r)
{
	int code = errno;

	if (r < 0 && code == ENOSYS)
		return;
	there = true;
	last = code;
	if (r < 0 && (code == EPERM || code == EACCES || code == EROFS ||
		      code == EPROTONOSUPPORT || code == EAFNOSUPPORT))
		return;
	escaped("%s: %s", what, r < 0 ? strerror(code) : "done");
}

__attribute__((noreturn)) static void refused(void)
{
	if (!there)
		held("not in this kernel");
	held("%s", strerror(last));
}

/* --- code in the kernel -------------------------------------------------- */

static void modules(const char *word)
{
	(void)word;
	try("init_module", syscall(SYS_init_module, NULL, 0L, ""));
	try("finit_module", syscall(SYS_finit_module, -1, "", 0));
	try("delete_module",
	    syscall(SYS_delete_module, "cellblock_none", O_NONBLOCK));
}

static void kexec(const char *word)
{
	const unsigned long no_such_flag = 0x4000;

	(void)word;
	try("kexec_load", syscall(SYS_kexec_load, 0L, 0L, NULL, no_such_flag));
	try("kexec_file_load",
	    syscall(SYS_kexec_file_load, -1, -1, 0L, NULL, no_such_flag));
}

static void bpf(const char *word)
{
	const struct bpf_insn insn[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K}, /* r0 = 0 */
		{.code = BPF_JMP | BPF_EXIT},
	};
	union bpf_attr map = {.map_type = BPF_MAP_TYPE_ARRAY,
			      .key_size = 4,
			      .value_size = 4,
			      .max_entries = 1};
	union bpf_attr prog = {.prog_type = BPF_PROG_TYPE_SOCKET_FILTER,
			       .insn_cnt = 2,
			       .insns = (uintptr_t)insn,
			       .license = (uintptr_t) "GPL"};
	union bpf_attr next = {.start_id = 0};

	(void)word;
	try("BPF_PROG_LOAD",
	    syscall(SYS_bpf, BPF_PROG_LOAD, &prog, sizeof(prog)));
	try("BPF_MAP_CREATE",
	    syscall(SYS_bpf, BPF_MAP_CREATE, &map, sizeof(map)));
	try("BPF_PROG_GET_NEXT_ID",
	    syscall(SYS_bpf, BPF_PROG_GET_NEXT_ID, &next, sizeof(next)));
}

/* --- watching others ----------------------------------------------------- */

static void perf(const char *word)
{
	struct perf_event_attr a = {.type = PERF_TYPE_SOFTWARE,
				    .size = sizeof(a),
				    .config = PERF_COUNT_SW_CPU_CLOCK,
				    .exclude_kernel = 1};

	(void)word;
	try("perf_event_open of a processor",
	    syscall(SYS_perf_event_open, &a, -1, 0, -1, 0UL));
	try("perf_event_open of itself",
	    syscall(SYS_perf_event_open, &a, 0, -1, -1, 0UL));
}

static void dmesg(const char *word)
{
	char buf[1024];

	(void)word;
	try("syslog", klogctl(3, buf, sizeof(buf)));
	/* a jail has no such node; "files node" makes one */
	if (access("/dev/kmsg", F_OK) == 0)
		try("/dev/kmsg", open("/dev/kmsg", O_RDONLY | O_NONBLOCK));
}

/* A key that the host's session holds: WORD is what it is called. */
static void keys(const char *word)
{
	static const int rings[] = {
		KEY_SPEC_SESSION_KEYRING, KEY_SPEC_USER_KEYRING,
		KEY_SPEC_USER_SESSION_KEYRING, KEY_SPEC_PROCESS_KEYRING};
	char text[64] = "";

	for (size_t i = 0; i < sizeof(rings) / sizeof(*rings); i++) {
		long k = syscall(SYS_keyctl, KEYCTL_SEARCH, rings[i], "user",
				 word, 0);

		if (k < 0 && errno != ENOSYS) {
			there = true;
			last = errno;
		}
		if (k >= 0 && syscall(SYS_keyctl, KEYCTL_READ, k, text,
				      sizeof(text) - 1) > 0)
			escaped("read the key %s: %s", word, text);
	}
	try("add_key",
	    syscall(SYS_add_key, "user", word, "x", 1L, KEY_SPEC_USER_KEYRING));
}

/* On the host: a session with a key in it, and in that the command. */
static void with_key(char **argv)
{
	if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) < 0 ||
	    syscall(SYS_add_key, "user", argv[0], "secret", 6L,
		    KEY_SPEC_SESSION_KEYRING) < 0)
		broken("add_key: %s", strerror(errno));
	execvp(argv[1], argv + 1);
	broken("%s: %s", argv[1], strerror(errno));
}

/* --- interfaces with a history ------------------------------------------- */

static void uffd(const char *word)
{
	(void)word;
	try("userfaultfd",
	    syscall(SYS_userfaultfd, O_CLOEXEC | UFFD_USER_MODE_ONLY));
	try("userfaultfd for the kernel's faults",
	    syscall(SYS_userfaultfd, O_CLOEXEC));
}

static void uring(const char *word)
{
	struct io_uring_params p = {0};

	(void)word;
	try("io_uring_setup", syscall(SYS_io_uring_setup, 1U, &p));
}

/* In a child, for its flags go with the call. */
static void try_clone(const char *what, long (*call)(void))
{
	int status;
	pid_t pid = fork();

	if (pid < 0)
		broken("fork: %s", strerror(errno));
	if (!pid) {
		long r;

		prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
		r = call();
		int code = errno;

		/* also the clone's own end */
		_exit(r >= 0 ? 0 : code);
	}
	if (waitpid(pid, &status, 0) < 0)
		broken("%s: the child", what);
	/* killed: by the kernel that has no such door, or by the filter */
	errno = WIFEXITED(status) ? WEXITSTATUS(status) : ENOSYS;
	try(what, errno ? -1 : 0);
}

static long unshare_user(void)
{
	return unshare(CLONE_NEWUSER);
}

static long clone_user(void)
{
	return syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, NULL, NULL, NULL,
		       NULL);
}

static long clone3_user(void)
{
	struct clone3_args a = {.flags = CLONE_NEWUSER, .exit_signal = SIGCHLD};

	return syscall(SYS_clone3, &a, sizeof(a));
}

static void userns(const char *word)
{
	(void)word;
	try_clone("unshare", unshare_user);
	try_clone("clone", clone_user);
	try_clone("clone3", clone3_user);
}

static long unshare_mnt(void)
{
	return unshare(CLONE_NEWNS);
}

static long unshare_net(void)
{
	return unshare(CLONE_NEWNET);
}

static long unshare_pid(void)
{
	return unshare(CLONE_NEWPID);
}

static long unshare_ipc(void)
{
	return unshare(CLONE_NEWIPC);
}

static long unshare_cgroup(void)
{
	return unshare(CLONE_NEWCGROUP);
}

static void namespaces(const char *word)
{
	(void)word;
	try_clone("a mount namespace", unshare_mnt);
	try_clone("a network namespace", unshare_net);
	try_clone("a pid namespace", unshare_pid);
	try_clone("an ipc namespace", unshare_ipc);
	try_clone("a cgroup namespace", unshare_cgroup);
}

/*
 * The same by the doors that a filter may have forgotten: numbers of 32-bit
 * programs, and of x32.
 */
#ifdef __x86_64__
static long int80(long nr, long a, long b, long c)
{
	long r;

	__asm__ volatile("int $0x80"
			 : "=a"(r)
			 : "0"(nr), "b"(a), "c"(b), "d"(c)
			 : "memory", "r8", "r9", "r10", "r11");
	if ((int)r >= 0)
		return (int)r;
	errno = -(int)r;
	return -1;
}

#define X32 0x40000000L

static long int80_unshare(void)
{
	return int80(310, CLONE_NEWUSER, 0, 0);
}

static long int80_keyctl(void)
{
	return int80(288, KEYCTL_JOIN_SESSION_KEYRING, 0, 0);
}

static long int80_userfaultfd(void)
{
	return int80(374, O_CLOEXEC | UFFD_USER_MODE_ONLY, 0, 0);
}

static long int80_socket(void)
{
	return int80(359, 40 /* AF_VSOCK */, 1 /* SOCK_STREAM */, 0);
}

static long x32_unshare(void)
{
	return syscall(X32 | SYS_unshare, CLONE_NEWUSER);
}

static long x32_keyctl(void)
{
	return syscall(X32 | SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL);
}

static void doors(const char *word)
{
	(void)word;
	try_clone("unshare of 32 bits", int80_unshare);
	try_clone("keyctl of 32 bits", int80_keyctl);
	try_clone("userfaultfd of 32 bits", int80_userfaultfd);
	try_clone("AF_VSOCK of 32 bits", int80_socket);
	try_clone("unshare of x32", x32_unshare);
	try_clone("keyctl of x32", x32_keyctl);
}
#else
static void doors(const char *word)
{
	(void)word;
}
#endif

/* --- the machine's state ------------------------------------------------- */

static void clock_set(const char *word)
{
	struct timex now = {0}, tick = {0};
	struct timezone tz = {0};
	struct timespec no_time = {.tv_nsec = -1};

	(void)word;
	if (syscall(SYS_gettimeofday, NULL, &tz) < 0 || adjtimex(&now) < 0)
		broken("the clock cannot be read: %s", strerror(errno));
	tick.modes = ADJ_TICK;
	tick.tick = now.tick;
	try("adjtimex", syscall(SYS_adjtimex, &tick));
	try("clock_adjtime", syscall(SYS_clock_adjtime, CLOCK_REALTIME, &tick));
	try("settimeofday", syscall(SYS_settimeofday, NULL, &tz));
	/* a wrong time is looked at first: only seccomp says EPERM here */
	if (syscall(SYS_clock_settime, CLOCK_REALTIME, &no_time) == 0)
		escaped("clock_settime");
}

/* WORD becomes the name; whose it was the test case looks at. */
static void hostname(const char *word)
{
	try("sethostname", syscall(SYS_sethostname, word, strlen(word)));
	try("setdomainname", syscall(SYS_setdomainname, word, strlen(word)));
}

static void reboot_(const char *word)
{
	const unsigned int no_magic = 1;

	(void)word;
	try("reboot", syscall(SYS_reboot, no_magic, no_magic, 0U, NULL));
}

static void swap(const char *word)
{
	(void)word;
	try("swapon", syscall(SYS_swapon, "/cellblock.none", 0));
	try("swapoff", syscall(SYS_swapoff, "/cellblock.none"));
	try("acct", syscall(SYS_acct, "/cellblock.none"));
}

static void ports(const char *word)
{
	(void)word;
#ifdef SYS_iopl
	try("iopl", syscall(SYS_iopl, 3));
	try("ioperm", syscall(SYS_ioperm, 0x80UL, 1UL, 1));
#endif
}

/* More of the machine than others get. */
static void priority(const char *word)
{
	const struct sched_param fifo = {.sched_priority = 1};
	const int ioprio_rt = 1 << 13;

	(void)word;
	try("SCHED_FIFO", sched_setscheduler(0, SCHED_FIFO, &fifo));
	try("nice", setpriority(PRIO_PROCESS, 0, -5));
	try("I/O priority", syscall(SYS_ioprio_set, 1, 0, ioprio_rt));
}

static void limits(const char *word)
{
	static const struct {
		const char *name;
		int limit;
	} limit[] = {{"RLIMIT_NICE", RLIMIT_NICE},
		     {"RLIMIT_RTPRIO", RLIMIT_RTPRIO},
		     {"RLIMIT_MEMLOCK", RLIMIT_MEMLOCK},
		     {"RLIMIT_NPROC", RLIMIT_NPROC},
		     {"RLIMIT_SIGPENDING", RLIMIT_SIGPENDING},
		     {"RLIMIT_MSGQUEUE", RLIMIT_MSGQUEUE}};

	(void)word;
	for (size_t i = 0; i < sizeof(limit) / sizeof(*limit); i++) {
		struct rlimit r;

		if (getrlimit(limit[i].limit, &r) < 0)
			broken("%s: %s", limit[i].name, strerror(errno));
		if (r.rlim_max == RLIM_INFINITY)
			continue;
		r.rlim_max++;
		try(limit[i].name, setrlimit(limit[i].limit, &r));
	}
	if (!there)
		broken("every limit is infinite already");
}

/* --- mounts -------------------------------------------------------------- */

static void mounts(const char *word)
{
	struct mount_attr none = {0};
	int fd;

	(void)word;
	try("mount tmpfs", mount("none", "/tmp", "tmpfs", 0, NULL));
	try("mount proc", mount("none", "/tmp", "proc", 0, NULL));
	try("bind", mount("/", "/tmp", NULL, MS_BIND, NULL));
	try("remount /proc",
	    mount(NULL, "/proc", NULL, MS_REMOUNT | MS_BIND, NULL));
	try("propagation", mount(NULL, "/", NULL, MS_SLAVE, NULL));
	try("move", mount("/proc", "/tmp", NULL, MS_MOVE, NULL));
	try("umount", umount2("/proc", MNT_DETACH));
	try("pivot_root", syscall(SYS_pivot_root, "/tmp", "/tmp"));
	fd = (int)syscall(SYS_open_tree, AT_FDCWD, "/", 1U);
	try("open_tree", fd);
	fd = (int)syscall(SYS_fsopen, "tmpfs", 0U);
	try("fsopen", fd);
	fd = (int)syscall(SYS_fspick, AT_FDCWD, "/proc", 0U);
	try("fspick", fd);
	try("mount_setattr", syscall(SYS_mount_setattr, AT_FDCWD, "/proc", 0U,
				     &none, sizeof(none)));
	try("move_mount",
	    syscall(SYS_move_mount, AT_FDCWD, "/proc", AT_FDCWD, "/tmp", 0U));
}

/* --- */

static const struct {
	const char *name;
	void (*run)(const char *word);
} attacks[] = {
	{"modules", modules},  {"kexec", kexec},
	{"bpf", bpf},	       {"perf", perf},
	{"dmesg", dmesg},      {"keys", keys},
	{"userfaultfd", uffd}, {"io_uring", uring},
	{"userns", userns},    {"namespaces", namespaces},
	{"clock", clock_set},  {"hostname", hostname},
	{"reboot", reboot_},   {"swap", swap},
	{"ports", ports},      {"priority", priority},
	{"limits", limits},    {"mounts", mounts},
	{"doors", doors},
};

int main(int argc, char **argv)
{
	if (argc > 3 && !strcmp(argv[1], "with_key"))
		with_key(argv + 2);
	for (size_t i = 0; argc > 1 && i < sizeof(attacks) / sizeof(*attacks);
	     i++) {
		if (strcmp(argv[1], attacks[i].name) != 0)
			continue;
		attacks[i].run(argc > 2 ? argv[2] : "cellblock");
		refused();
	}
	broken("usage: kernel NAME [WORD]");
}
