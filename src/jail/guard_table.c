/*
 * guard_table: see guard_table.h.
 *
 * How the rows are judged.  A call is open to every jail when it acts on the
 * caller's own memory, descriptors, processes and files, with the rights that
 * the kernel checks anyway.  It is open to some when FreeBSD has a parameter
 * for it, or when making jails inside a jail needs it.  It is closed when it
 * acts on the machine as a whole, when what it names is not kept apart by
 * namespaces, or when it is a large body of kernel code that programs do
 * without.  The errno is EPERM; FreeBSD's where FreeBSD has another one; and
 * ENOSYS where programs know what to do on a kernel built without the call.
 * Whatever is not in this table (later kernels' calls, and those that have
 * left the kernel) is ENOSYS, too.
 */
#include "jail/guard_table.h"

#include "base/cleanup.h"

#include <asm/ioctls.h>
#include <errno.h>
#include <linux/mount.h>
#include <linux/net.h>
#include <linux/netlink.h>
#include <linux/personality.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/stat.h>

/* --- what opens ---------------------------------------------------------- */

const char *const guard_when_names[GUARD_WHEN_BITS] = {
	"always",
	"children.max > 0",
	"vnet",
	"allow.mount.nullfs and its like, with enforce_statfs < 2",
	"allow.mount.tmpfs and its like, with enforce_statfs < 2",
	"sysvmsg not disable",
	"sysvsem not disable",
	"sysvshm not disable",
	"allow.socket_af",
	"allow.raw_sockets, ip4 and ip6 inherit",
	"allow.unprivileged_proc_debug",
	"allow.mlock",
	"allow.read_msgbuf",
	"allow.settime, securelevel < 2",
	"allow.quotas",
	"allow.set_hostname",
	"securelevel < 3",
};

/* --- system calls -------------------------------------------------------- */

#define ALWAYS GUARD_ALWAYS, 0, GUARD_ARGS_ANY
#define ALWAYS_BUT(check) GUARD_ALWAYS, 0, GUARD_ARGS_##check
#define WITH(when, error) (when), (error), GUARD_ARGS_ANY
#define NEVER(error) 0, (error), GUARD_ARGS_ANY

const struct guard_row guard_rows[] = {
	/* files and descriptors */
	{"read write readv writev pread64 pwrite64 preadv pwritev preadv2 "
	 "pwritev2 lseek _llseek sendfile sendfile64 copy_file_range splice "
	 "tee vmsplice readahead fadvise64 fadvise64_64",
	 ALWAYS, "moves bytes between descriptors the caller holds"},
	{"open openat openat2 creat close close_range dup dup2 dup3 pipe pipe2 "
	 "fcntl fcntl64 flock",
	 ALWAYS, "opens by path within the jail's root, by file permissions"},
	{"stat lstat fstat newfstatat fstatat64 stat64 lstat64 fstat64 oldstat "
	 "oldlstat oldfstat statx statfs fstatfs statfs64 fstatfs64 access "
	 "faccessat faccessat2 readlink readlinkat getdents getdents64 readdir "
	 "getcwd",
	 ALWAYS, "looks at files the caller can name"},
	{"chdir fchdir rename renameat renameat2 mkdir mkdirat rmdir link "
	 "linkat unlink unlinkat symlink symlinkat truncate ftruncate "
	 "truncate64 ftruncate64 fallocate utime utimes futimesat utimensat "
	 "utimensat_time64 umask",
	 ALWAYS, "changes files by file permissions"},
	{"chmod fchmod fchmodat fchmodat2 chown fchown lchown fchownat chown32 "
	 "fchown32 lchown32",
	 ALWAYS, "owners and modes, within the jail's own range of ids"},
	{"setxattr lsetxattr fsetxattr getxattr lgetxattr fgetxattr listxattr "
	 "llistxattr flistxattr removexattr lremovexattr fremovexattr "
	 "setxattrat getxattrat listxattrat removexattrat file_getattr "
	 "file_setattr",
	 ALWAYS,
	 "attributes by file permissions; trusted.* and the immutable "
	 "flag need capabilities"},
	{"sync syncfs fsync fdatasync sync_file_range", ALWAYS,
	 "writes to disk what is to be written anyway"},
	{"mknod", ALWAYS_BUT(MKNOD),
	 "makes pipes and sockets; devices are for the creator to make"},
	{"mknodat", ALWAYS_BUT(MKNODAT), "as mknod"},
	{"poll ppoll ppoll_time64 select _newselect pselect6 pselect6_time64 "
	 "epoll_create epoll_create1 epoll_ctl epoll_wait epoll_pwait "
	 "epoll_pwait2 eventfd eventfd2 signalfd signalfd4 timerfd_create "
	 "timerfd_settime timerfd_gettime timerfd_settime64 "
	 "timerfd_gettime64 inotify_init inotify_init1 inotify_add_watch "
	 "inotify_rm_watch",
	 ALWAYS, "waits for events of what the caller holds or can read"},
	{"io_setup io_destroy io_submit io_cancel io_getevents io_pgetevents "
	 "io_pgetevents_time64",
	 ALWAYS, "asynchronous read and write of databases: a small interface"},
	{"ioctl", ALWAYS_BUT(IOCTL),
	 "what a descriptor can do its driver decides; not pushing input into "
	 "a terminal that may be the host's"},
	{"name_to_handle_at", ALWAYS,
	 "names a file the caller sees; opening by handle is refused"},
	{"chroot", ALWAYS, "inside the jail's mounts; needs CAP_SYS_CHROOT"},

	/* memory */
	{"mmap mmap2 munmap mremap mprotect brk madvise msync mincore "
	 "remap_file_pages munlock munlockall mseal map_shadow_stack",
	 ALWAYS, "the caller's own memory"},
	{"pkey_alloc pkey_free pkey_mprotect membarrier rseq", ALWAYS,
	 "the caller's own memory"},
	{"mbind set_mempolicy get_mempolicy set_mempolicy_home_node", ALWAYS,
	 "where the caller's own memory lies"},
	{"memfd_create", ALWAYS, "memory as a file, counted to the jail"},
	{"mlock mlock2 mlockall", WITH(GUARD_MLOCK, EPERM),
	 "memory that cannot be paged out is the machine's"},
	{"memfd_secret", WITH(GUARD_MLOCK, ENOSYS), "locked memory, too"},

	/* processes */
	{"clone", ALWAYS_BUT(CLONE),
	 "processes and threads; new namespaces only for who may have jails"},
	{"clone3", WITH(GUARD_CHILDREN, ENOSYS),
	 "its flags lie in memory, where no filter can read them; libc falls "
	 "back on clone"},
	{"fork vfork execve execveat exit exit_group wait4 waitid waitpid",
	 ALWAYS, "processes begin and end, in the jail's pid namespace"},
	{"getpid getppid gettid getpgid getpgrp setpgid getsid setsid "
	 "set_tid_address set_robust_list get_robust_list restart_syscall",
	 ALWAYS, "a process's names and place"},
	{"kill tkill tgkill rt_sigqueueinfo rt_tgsigqueueinfo pidfd_open "
	 "pidfd_send_signal process_mrelease",
	 ALWAYS, "reaches the jail's pid namespace only"},
	{"rt_sigaction rt_sigprocmask rt_sigreturn rt_sigpending rt_sigsuspend "
	 "rt_sigtimedwait rt_sigtimedwait_time64 sigaltstack sigaction signal "
	 "sigpending sigprocmask sigreturn sigsuspend sgetmask ssetmask pause",
	 ALWAYS, "the caller's own signals"},
	{"futex futex_time64 futex_waitv futex_wake futex_wait futex_requeue",
	 ALWAYS, "every lock of every thread library"},
	{"getuid geteuid getgid getegid getresuid getresgid getgroups getuid32 "
	 "geteuid32 getgid32 getegid32 getresuid32 getresgid32 getgroups32 "
	 "setuid setgid setreuid setregid setresuid setresgid setgroups "
	 "setfsuid setfsgid setuid32 setgid32 setreuid32 setregid32 "
	 "setresuid32 setresgid32 setgroups32 setfsuid32 setfsgid32",
	 ALWAYS, "ids within the jail's own range"},
	{"capget capset", ALWAYS, "fewer capabilities, never more"},
	{"prctl arch_prctl set_thread_area get_thread_area", ALWAYS,
	 "the caller's own attributes"},
	{"seccomp landlock_create_ruleset landlock_add_rule "
	 "landlock_restrict_self",
	 ALWAYS, "programs wall themselves in further"},
	{"getrlimit setrlimit ugetrlimit prlimit64 getrusage times nice "
	 "getpriority setpriority ioprio_get ioprio_set",
	 ALWAYS, "limits and priorities, downwards"},
	{"sched_yield sched_setparam sched_getparam sched_setscheduler "
	 "sched_getscheduler sched_get_priority_max sched_get_priority_min "
	 "sched_rr_get_interval sched_rr_get_interval_time64 "
	 "sched_setaffinity sched_getaffinity sched_setattr sched_getattr "
	 "getcpu",
	 ALWAYS, "scheduling within the jail's cgroup"},
	{"personality", ALWAYS_BUT(PERSONALITY),
	 "only those that change names and sizes, none that weakens memory "
	 "protection"},
	{"unshare", ALWAYS_BUT(UNSHARE),
	 "own descriptor tables; namespaces only for who may have jails"},
	{"setns", WITH(GUARD_CHILDREN, EPERM), "enters own jails"},
	{"ptrace process_vm_readv process_vm_writev process_madvise kcmp "
	 "pidfd_getfd",
	 WITH(GUARD_DEBUG, EPERM),
	 "debugging; ends at the jail's pid namespace and ids"},
	{"uretprobe uprobe", ALWAYS,
	 "put into programs by the machine's own tracing; elsewhere they do "
	 "nothing"},

	/* time */
	{"time gettimeofday clock_gettime clock_gettime64 clock_getres "
	 "clock_getres_time64 nanosleep clock_nanosleep clock_nanosleep_time64 "
	 "alarm getitimer setitimer timer_create timer_settime timer_gettime "
	 "timer_settime64 timer_gettime64 timer_getoverrun timer_delete",
	 ALWAYS, "clocks to read, timers of the caller"},
	{"adjtimex clock_adjtime clock_adjtime64", ALWAYS,
	 "reading is everybody's; setting needs CAP_SYS_TIME, which goes with "
	 "allow.settime and allow.adjtime"},
	{"settimeofday clock_settime clock_settime64 stime",
	 WITH(GUARD_TIME, EPERM), "the clock is the machine's"},

	/* system information */
	{"uname olduname oldolduname sysinfo getrandom", ALWAYS,
	 "what the kernel tells everybody"},
	{"sethostname setdomainname",
	 WITH(GUARD_HOSTNAME | GUARD_CHILDREN, EPERM),
	 "names of the jail's own uts namespace, or of its jails'"},
	{"syslog", WITH(GUARD_MSGBUF, EPERM),
	 "the kernel's messages are the machine's"},

	/* network */
	{"socket socketpair", ALWAYS_BUT(SOCKET),
	 "families that network namespaces keep apart"},
	{"bind connect listen accept accept4 getsockname getpeername "
	 "getsockopt shutdown sendto sendmsg sendmmsg "
	 "recvfrom recvmsg recvmmsg recvmmsg_time64",
	 ALWAYS, "sockets the caller holds"},
	{"setsockopt", ALWAYS_BUT(SETSOCKOPT),
	 "sockets the caller holds; old packet filters are set by it"},
	{"socketcall", ALWAYS_BUT(SOCKETCALL),
	 "32-bit form of the above; the family of a new socket lies in "
	 "memory, where no filter can read it"},

	/* interprocess communication */
	{"mq_open mq_unlink mq_timedsend mq_timedreceive mq_notify "
	 "mq_getsetattr mq_timedsend_time64 mq_timedreceive_time64",
	 ALWAYS, "POSIX queues of the jail's own ipc namespace"},
	{"msgget msgsnd msgrcv msgctl", WITH(GUARD_MSG, ENOSYS),
	 "System V queues, as on FreeBSD"},
	{"semget semop semctl semtimedop semtimedop_time64",
	 WITH(GUARD_SEM, ENOSYS), "System V semaphores, as on FreeBSD"},
	{"shmget shmat shmdt shmctl", WITH(GUARD_SHM, ENOSYS),
	 "System V shared memory, as on FreeBSD"},
	{"ipc", ALWAYS_BUT(IPC), "32-bit form of the three above"},

	/* mounts */
	{"mount", GUARD_CHILDREN | GUARD_BIND | GUARD_MOUNT, EPERM,
	 GUARD_ARGS_MOUNT,
	 "in the jail's own mount namespace, what allow.mount.* says"},
	{"umount2 umount",
	 WITH(GUARD_CHILDREN | GUARD_BIND | GUARD_MOUNT, EPERM),
	 "what the jail mounted; the kernel locks what its creator did"},
	{"fsopen fsconfig fsmount fspick open_tree open_tree_attr move_mount "
	 "mount_setattr",
	 WITH(GUARD_CHILDREN, ENOSYS),
	 "roots of jails in the jail; a kind of mount cannot be told by a "
	 "filter here, and programs fall back on mount"},
	{"statmount listmount", WITH(GUARD_CHILDREN, ENOSYS),
	 "mounts by number; /proc/self/mounts tells what enforce_statfs lets"},
	{"pivot_root", WITH(GUARD_CHILDREN, EPERM),
	 "roots of jails in the jail"},

	/* of the machine, never of a jail */
	{"reboot kexec_load kexec_file_load", NEVER(EPERM),
	 "the machine's running kernel"},
	{"init_module finit_module delete_module", NEVER(EPERM),
	 "the machine's kernel modules"},
	{"swapon swapoff acct", NEVER(EPERM), "files that serve the machine"},
	{"quotactl quotactl_fd", WITH(GUARD_QUOTAS, EPERM),
	 "quotas count for a whole file system, users of the host included"},
	{"iopl ioperm", NEVER(EPERM), "the machine's ports"},
	{"vhangup", NEVER(EPERM), "hangs up a terminal that may be the host's"},
	{"open_by_handle_at", NEVER(EPERM),
	 "opens any file of a file system, beneath no root"},
	{"fanotify_init fanotify_mark", NEVER(EPERM),
	 "watches whole file systems"},
	{"lookup_dcookie", NEVER(EPERM), "paths of the machine's profiler"},
	{"perf_event_open", NEVER(EPERM),
	 "measures the processor, and so the neighbours"},
	{"bpf", NEVER(EPERM), "programs in the machine's kernel"},
	{"userfaultfd", NEVER(EPERM),
	 "stops the kernel at will, the favourite help of exploits"},
	{"io_uring_setup io_uring_enter io_uring_register", NEVER(ENOSYS),
	 "a second way to make system calls that no filter sees"},
	{"add_key request_key keyctl", NEVER(ENOSYS),
	 "keyrings come with the session of whoever entered the jail"},
	{"move_pages migrate_pages", NEVER(EPERM),
	 "tells and changes where others' memory lies"},
	{"cachestat", NEVER(ENOSYS),
	 "tells what others have read: the page cache is the machine's"},
	{"lsm_get_self_attr lsm_set_self_attr lsm_list_modules", NEVER(ENOSYS),
	 "security modules are the machine's"},
	{"modify_ldt", NEVER(ENOSYS),
	 "16-bit segments; kernels can be built without"},
	{"vm86 vm86old", NEVER(ENOSYS),
	 "16-bit mode; kernels can be built without"},
	{"uselib ustat sysfs _sysctl nfsservctl create_module "
	 "get_kernel_syms query_module bdflush epoll_ctl_old epoll_wait_old",
	 NEVER(ENOSYS), "obsolete, gone from most kernels"},
	{"getpmsg putpmsg afs_syscall tuxcall security vserver break ftime "
	 "gtty stty idle lock mpx prof profil ulimit",
	 NEVER(ENOSYS), "numbers without a call behind them"},
};
const size_t guard_nrows = ARRAY_SIZE(guard_rows);

/* --- arguments ----------------------------------------------------------- */

#define ALL UINT32_MAX
#define NEW_NAMESPACES                                                         \
	(CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC |         \
	 CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET)
#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x80
#endif
#define MS_REMOUNT_ 0x20
#define MS_BIND_ 0x1000
#define MS_MOVE_ 0x2000
#define MS_PROPAGATION_ (1U << 17 | 1U << 18 | 1U << 19 | 1U << 20)
#define MS_MAGIC_ 0xc0ed0000U

#define EQUAL(check, arg, mask, value, verdict)                                \
	GUARD_ARGS_##check, GUARD_EQUAL, arg, mask, value, verdict
#define ANY(check, arg, mask, verdict)                                         \
	GUARD_ARGS_##check, GUARD_ANY, arg, mask, 0, verdict
#define ELSE(check, verdict) GUARD_ARGS_##check, GUARD_ELSE, 0, 0, 0, verdict
#define FOR_ALL 0, 0
#define ONLY(when) (when), 0
#define UNLESS(when) 0, (when)
#define OK 0

const struct guard_test guard_tests[] = {
	{ANY(CLONE, 0, NEW_NAMESPACES, EPERM), UNLESS(GUARD_CHILDREN),
	 "new namespaces give capabilities over much kernel code"},
	{ELSE(CLONE, OK), FOR_ALL, "threads and processes"},

	{ANY(UNSHARE, 0, NEW_NAMESPACES | CLONE_NEWTIME, EPERM),
	 UNLESS(GUARD_CHILDREN), "as clone"},
	{ELSE(UNSHARE, OK), FOR_ALL, "descriptor tables, working directory"},

	{EQUAL(PERSONALITY, 0, ALL, PER_LINUX, OK), FOR_ALL, "the usual one"},
	{EQUAL(PERSONALITY, 0, ALL, PER_LINUX32, OK), FOR_ALL,
	 "linux32: uname says a 32-bit machine"},
	{EQUAL(PERSONALITY, 0, ALL, UNAME26, OK), FOR_ALL,
	 "uname26: uname says 2.6"},
	{EQUAL(PERSONALITY, 0, ALL, (UNAME26 | PER_LINUX32), OK), FOR_ALL,
	 "both"},
	{EQUAL(PERSONALITY, 0, ALL, ALL, OK), FOR_ALL, "asks, changes nothing"},
	{ELSE(PERSONALITY, EPERM), FOR_ALL,
	 "executable stacks, fixed addresses, page zero"},

	{EQUAL(IOCTL, 1, ALL, TIOCSTI, EPERM), FOR_ALL,
	 "types into a terminal that a host shell may read from next"},
	{EQUAL(IOCTL, 1, ALL, TIOCLINUX, EPERM), FOR_ALL,
	 "pastes on the machine's console"},
	{EQUAL(IOCTL, 1, ALL, TIOCCONS, EPERM), FOR_ALL,
	 "takes the machine's console messages"},
	{EQUAL(IOCTL, 1, ALL, TIOCSETD, EPERM), FOR_ALL,
	 "line disciplines: drivers for any terminal to reach"},
	{ELSE(IOCTL, OK), FOR_ALL, "the driver decides"},

	{EQUAL(MKNOD, 1, S_IFMT, S_IFCHR, EPERM), UNLESS(GUARD_CHILDREN),
	 "devices come from devfs rulesets"},
	{EQUAL(MKNOD, 1, S_IFMT, S_IFBLK, EPERM), UNLESS(GUARD_CHILDREN),
	 "devices come from devfs rulesets"},
	{ELSE(MKNOD, OK), FOR_ALL, "pipes, sockets, files"},

	{EQUAL(MKNODAT, 2, S_IFMT, S_IFCHR, EPERM), UNLESS(GUARD_CHILDREN),
	 "as mknod"},
	{EQUAL(MKNODAT, 2, S_IFMT, S_IFBLK, EPERM), UNLESS(GUARD_CHILDREN),
	 "as mknod"},
	{ELSE(MKNODAT, OK), FOR_ALL, "as mknod"},

	/* fstype and source are pointers; what the flags tell is the kind */
	{ELSE(MOUNT, OK), ONLY(GUARD_CHILDREN),
	 "roots of jails need every kind"},
	{ANY(MOUNT, 3, MS_BIND_, OK), ONLY(GUARD_BIND), "nullfs"},
	{ANY(MOUNT, 3, MS_BIND_, EPERM), FOR_ALL, "nullfs, not allowed"},
	{EQUAL(MOUNT, 3, 0xffff0000U, MS_MAGIC_,
	       GUARD_GO_ON(GUARD_ARGS_MOUNT_LOW)),
	 FOR_ALL, "with the old magic number the kernel ignores high flags"},
	{ANY(MOUNT, 3, MS_PROPAGATION_, EPERM), FOR_ALL,
	 "FreeBSD's mounts do not propagate"},
	{ELSE(MOUNT, GUARD_GO_ON(GUARD_ARGS_MOUNT_LOW)), FOR_ALL,
	 "on to the flags below"},

	{ANY(MOUNT_LOW, 3, MS_MOVE_, EPERM), FOR_ALL,
	 "FreeBSD's mounts do not move"},
	{ANY(MOUNT_LOW, 3, MS_REMOUNT_, OK), FOR_ALL,
	 "changes what the jail has mounted; the kernel locks the rest"},
	{ELSE(MOUNT_LOW, OK), ONLY(GUARD_MOUNT), "a new file system"},
	{ELSE(MOUNT_LOW, EPERM), FOR_ALL, "a new file system, not allowed"},

	{EQUAL(SOCKET, 1, 0xf, SOCK_PACKET, EPERM),
	 UNLESS(GUARD_VNET | GUARD_RAW | GUARD_AF),
	 "AF_PACKET by its old name, which goes as AF_INET"},
	{EQUAL(SOCKET, 0, ALL, AF_UNIX, OK), FOR_ALL, "within the jail"},
	{EQUAL(SOCKET, 0, ALL, AF_INET, OK), FOR_ALL, "IPv4"},
	{EQUAL(SOCKET, 0, ALL, AF_INET6, OK), FOR_ALL, "IPv6"},
	{EQUAL(SOCKET, 0, ALL, AF_NETLINK, GUARD_GO_ON(GUARD_ARGS_NETLINK)),
	 FOR_ALL, "what FreeBSD's route sockets are for"},
	{EQUAL(SOCKET, 0, ALL, AF_PACKET, OK), ONLY(GUARD_VNET | GUARD_RAW),
	 "whole frames, with CAP_NET_RAW"},
	{ELSE(SOCKET, OK), ONLY(GUARD_AF), "as on FreeBSD"},
	{EQUAL(SOCKET, 0, ALL, AF_PACKET, EPERM), FOR_ALL,
	 "as the kernel says without CAP_NET_RAW"},
	{ELSE(SOCKET, EPROTONOSUPPORT), FOR_ALL,
	 "FreeBSD's errno; AF_VSOCK, AF_ALG and others know no namespaces"},

	{EQUAL(NETLINK, 2, ALL, NETLINK_ROUTE, OK), FOR_ALL,
	 "addresses and routes"},
	{EQUAL(NETLINK, 2, ALL, NETLINK_SOCK_DIAG, OK), FOR_ALL,
	 "sockets of the namespace: ss, netstat; /proc/net tells as much"},
	{EQUAL(NETLINK, 2, ALL, NETLINK_GENERIC, OK), FOR_ALL,
	 "interfaces' settings: ethtool"},
	{EQUAL(NETLINK, 2, ALL, NETLINK_KOBJECT_UEVENT, OK), ONLY(GUARD_VNET),
	 "the vnet's interfaces come and go; else it is all of the machine's "
	 "devices"},
	{EQUAL(NETLINK, 2, ALL, NETLINK_NETFILTER, EPERM), GUARD_VNET,
	 GUARD_FILTER, "securelevel 3: packet filters stay as they are"},
	{EQUAL(NETLINK, 2, ALL, NETLINK_NETFILTER, OK), ONLY(GUARD_VNET),
	 "the vnet's own firewall"},
	{EQUAL(NETLINK, 2, ALL, NETLINK_XFRM, OK), ONLY(GUARD_VNET),
	 "the vnet's own IPsec"},
	{ELSE(NETLINK, OK), ONLY(GUARD_AF), "as on FreeBSD"},
	{ELSE(NETLINK, EPROTONOSUPPORT), FOR_ALL,
	 "audit, connector, crypto, storage: the machine's"},

	{ELSE(SETSOCKOPT, OK), ONLY(GUARD_FILTER), "any option"},
	{EQUAL(SETSOCKOPT, 1, ALL, IPPROTO_IP, GUARD_GO_ON(GUARD_ARGS_XTABLES)),
	 FOR_ALL, "where iptables and arptables are"},
	{EQUAL(SETSOCKOPT, 1, ALL, IPPROTO_IPV6,
	       GUARD_GO_ON(GUARD_ARGS_XTABLES)),
	 FOR_ALL, "where ip6tables are"},
	{ELSE(SETSOCKOPT, OK), FOR_ALL, "no packet filter"},

	/* 64 to 67, 96 to 99, 128 to 131; no other option has such a number */
	{EQUAL(XTABLES, 2, ~3U, 64, EPERM), FOR_ALL, "iptables, ip6tables"},
	{EQUAL(XTABLES, 2, ~3U, 96, EPERM), FOR_ALL, "arptables"},
	{EQUAL(XTABLES, 2, ~3U, 128, EPERM), FOR_ALL, "ebtables"},
	{ELSE(XTABLES, OK), FOR_ALL, "other options of IP"},

	{EQUAL(SOCKETCALL, 0, ALL, SYS_SETSOCKOPT, EPERM), UNLESS(GUARD_FILTER),
	 "a packet filter could hide here"},
	{EQUAL(SOCKETCALL, 0, ALL, SYS_SOCKET, EPROTONOSUPPORT),
	 UNLESS(GUARD_AF), "any family could hide here"},
	{EQUAL(SOCKETCALL, 0, ALL, SYS_SOCKETPAIR, EPROTONOSUPPORT),
	 UNLESS(GUARD_AF), "any family could hide here"},
	{ELSE(SOCKETCALL, OK), FOR_ALL, "sockets the caller holds"},

	/* the high half of the number is a version */
	{EQUAL(IPC, 0, 0xfffc, 0, ENOSYS), UNLESS(GUARD_SEM),
	 "1 to 3: semaphores"},
	{EQUAL(IPC, 0, 0xffff, 4, ENOSYS), UNLESS(GUARD_SEM), "semtimedop"},
	{EQUAL(IPC, 0, 0xfffc, 8, ENOSYS), UNLESS(GUARD_MSG), "11: msgsnd"},
	{EQUAL(IPC, 0, 0xfffc, 12, ENOSYS), UNLESS(GUARD_MSG),
	 "12 to 14: queues"},
	{EQUAL(IPC, 0, 0xfffc, 20, ENOSYS), UNLESS(GUARD_SHM),
	 "21 to 23: shared memory"},
	{EQUAL(IPC, 0, 0xffff, 24, ENOSYS), UNLESS(GUARD_SHM), "shmctl"},
	{ELSE(IPC, OK), FOR_ALL, "numbers without a call"},
};
const size_t guard_ntests = ARRAY_SIZE(guard_tests);
