/*
 * attempt: try one thing that a jail may or may not be allowed to do, and say
 * how it went: "ok", or the name of the errno.  Nothing that succeeds leaves
 * anything behind or changes the machine: clocks are "set" to values that the
 * kernel refuses (EINVAL) once it has found that the caller may set them.
 *
 *	attempt NAME [ARGUMENT...]
 *
 * Exit status: 0 ok, 1 refused, 2 bad usage.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/msg.h>
#include <sys/ptrace.h>
#include <sys/quota.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timex.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

#define LOCKED (64 << 10)

static int try_msg(char **arg)
{
	int id = msgget(IPC_PRIVATE, 0600);

	(void)arg;
	return id < 0 ? -1 : msgctl(id, IPC_RMID, NULL);
}

static int try_sem(char **arg)
{
	int id = semget(IPC_PRIVATE, 1, 0600);

	(void)arg;
	return id < 0 ? -1 : semctl(id, 0, IPC_RMID);
}

static int try_shm(char **arg)
{
	int id = shmget(IPC_PRIVATE, 4096, 0600);

	(void)arg;
	return id < 0 ? -1 : shmctl(id, IPC_RMID, NULL);
}

static int try_mlock(char **arg)
{
	static char room[LOCKED];

	(void)arg;
	return mlock(room, sizeof(room));
}

/* What no filter of system calls looks at. */
static int try_mlock_map(char **arg)
{
	void *p = mmap(NULL, LOCKED, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED, -1, 0);

	(void)arg;
	return p == MAP_FAILED ? -1 : munmap(p, LOCKED);
}

static int try_ptrace(char **arg)
{
	pid_t pid = fork();
	long r;
	int saved;

	(void)arg;
	if (!pid) {
		pause();
		_exit(0);
	}
	r = ptrace(PTRACE_SEIZE, pid, NULL, NULL);
	saved = errno;
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	errno = saved;
	return r < 0 ? -1 : 0;
}

static int try_syslog(char **arg)
{
	char buf[128];

	(void)arg;
	return syscall(SYS_syslog, 3, buf, sizeof(buf)) < 0 ? -1 : 0;
}

static int try_sethostname(char **arg)
{
	return sethostname(arg[0], strlen(arg[0]));
}

static int try_setdomainname(char **arg)
{
	return setdomainname(arg[0], strlen(arg[0]));
}

static int try_socket(char **arg)
{
	int fd = socket(atoi(arg[0]), atoi(arg[1]), atoi(arg[2]));

	return fd < 0 ? -1 : close(fd);
}

static int try_bind_mount(char **arg)
{
	if (mount(arg[0], arg[1], NULL, MS_BIND | MS_REC, NULL) < 0)
		return -1;
	return umount2(arg[1], MNT_DETACH);
}

static int try_mount(char **arg)
{
	if (mount(arg[0], arg[1], arg[0], 0, NULL) < 0)
		return -1;
	return umount2(arg[1], MNT_DETACH);
}

static int try_settime(char **arg)
{
	const struct timespec never = {.tv_sec = 1, .tv_nsec = -1};

	(void)arg;
	/* libc would find the fault itself */
	return (int)syscall(SYS_clock_settime, CLOCK_REALTIME, &never);
}

static int try_adjtime(char **arg)
{
	struct timex t = {.modes = ADJ_TICK, .tick = 0};

	(void)arg;
	return adjtimex(&t) < 0 ? -1 : 0;
}

static int try_extattr(char **arg)
{
	if (setxattr(arg[0], "trusted.attempt", "x", 1, 0) < 0)
		return -1;
	return removexattr(arg[0], "trusted.attempt");
}

static int try_quota(char **arg)
{
	(void)arg;
	return (int)syscall(SYS_quotactl, QCMD(Q_SYNC, USRQUOTA), NULL, 0,
			    NULL);
}

static int try_open(char **arg)
{
	int fd = open(arg[0], O_RDWR);

	return fd < 0 ? -1 : close(fd);
}

/* A system call by name: NAME A B C D, numbers in any base. */
static int try_call(char **arg)
{
	static const struct {
		const char *name;
		long nr;
	} calls[] = {
		{"bpf", SYS_bpf},
		{"clone3", SYS_clone3},
		{"fsopen", SYS_fsopen},
		{"getppid", SYS_getppid},
		{"io_uring_setup", SYS_io_uring_setup},
		{"ioctl", SYS_ioctl},
		{"keyctl", SYS_keyctl},
		{"mknodat", SYS_mknodat},
		{"perf_event_open", SYS_perf_event_open},
		{"personality", SYS_personality},
		{"setns", SYS_setns},
		{"unshare", SYS_unshare},
		{"userfaultfd", SYS_userfaultfd},
#ifdef __x86_64__
		{"x32_getppid", 0x40000000 + SYS_getppid},
#endif
		{"young", 599},
	};
	long a[4];

	for (int i = 0; i < 4; i++)
		a[i] = strtol(arg[1 + i], NULL, 0);
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (!strcmp(calls[i].name, arg[0]))
			return (int)syscall(calls[i].nr, a[0], a[1], a[2], a[3],
					    0, 0) < 0
				       ? -1
				       : 0;
	errno = EINVAL;
	return -1;
}

/* The way of 32-bit programs: NUMBER A B C. */
static int try_call32(char **arg)
{
#ifdef __x86_64__
	long a[4];
	int r;

	for (int i = 0; i < 4; i++)
		a[i] = strtol(arg[i], NULL, 0);
	__asm__ volatile("int $0x80"
			 : "=a"(r)
			 : "0"(a[0]), "b"(a[1]), "c"(a[2]), "d"(a[3])
			 : "memory", "r8", "r9", "r10", "r11");
	if (r >= 0)
		return 0;
	errno = -r;
#else
	(void)arg;
	errno = ENOSYS;
#endif
	return -1;
}

static const struct {
	const char *name;
	int (*fn)(char **arg);
	int nargs;
} rows[] = {
	{"msg", try_msg, 0},
	{"sem", try_sem, 0},
	{"shm", try_shm, 0},
	{"mlock", try_mlock, 0},
	{"mlock_map", try_mlock_map, 0},
	{"ptrace", try_ptrace, 0},
	{"syslog", try_syslog, 0},
	{"sethostname", try_sethostname, 1},
	{"setdomainname", try_setdomainname, 1},
	{"socket", try_socket, 3},	   /* FAMILY TYPE PROTOCOL */
	{"bind_mount", try_bind_mount, 2}, /* FROM TO */
	{"mount", try_mount, 2},	   /* TYPE TO */
	{"settime", try_settime, 0},
	{"adjtime", try_adjtime, 0},
	{"extattr", try_extattr, 1}, /* FILE */
	{"quota", try_quota, 0},
	{"open", try_open, 1}, /* FILE */
	{"call", try_call, 5},
	{"call32", try_call32, 4},
};

int main(int argc, char **argv)
{
	for (size_t i = 0; argc > 1 && i < sizeof(rows) / sizeof(rows[0]);
	     i++) {
		if (strcmp(rows[i].name, argv[1]) != 0 ||
		    argc != 2 + rows[i].nargs)
			continue;
		if (rows[i].fn(argv + 2) == 0) {
			puts("ok");
			return 0;
		}
		puts(strerrorname_np(errno));
		return 1;
	}
	fputs("usage: attempt NAME [ARGUMENT...]\n", stderr);
	return 2;
}
