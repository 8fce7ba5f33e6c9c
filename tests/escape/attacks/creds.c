/*
 * creds: rights that somebody starting a command in a jail leaves it.
 *
 *	creds groups GID	a supplementary group of the caller's
 *				(CVE-2022-2995)
 *	creds inherit FILE	inheritable capabilities (CVE-2022-27650): as
 *				a user without rights run FILE, a copy of this
 *				program that `creds setcap FILE` has marked,
 *				and see what comes of it
 *	creds setcap FILE	(outside) mark it
 *	creds cgroup		be outside the jail's cgroup, at once or as one
 *				of many children begotten at once
 */
#include "escape.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sys/xattr.h>

#define CHILDREN 32

static void do_groups(char **argv)
{
	gid_t want, g[256];
	int n = getgroups(256, g);

	if (!argv[0] || n < 0)
		broken("usage: creds groups GID");
	want = (gid_t)atoi(argv[0]);
	for (int i = 0; i < n; i++)
		if (g[i] == want || g[i] == 65534)
			escaped("in the caller's group (seen as %d)",
				(int)g[i]);
	held("%d groups, none of them the caller's", n);
}

/* Every capability, inheritable and effective, in a file's attribute. */
static void do_setcap(char **argv)
{
	const struct vfs_cap_data d = {
		.magic_etc = VFS_CAP_REVISION_2 | VFS_CAP_FLAGS_EFFECTIVE,
		.data = {{0, ~0U}, {0, ~0U}},
	};

	if (setxattr(argv[0], "security.capability", &d, XATTR_CAPS_SZ_2, 0) <
	    0)
		broken("setxattr %s: %s", argv[0], strerror(errno));
}

static unsigned int permitted(void)
{
	struct __user_cap_header_struct h = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct d[2];

	if (syscall(SYS_capget, &h, d) < 0)
		broken("capget: %s", strerror(errno));
	return d[0].permitted;
}

static void do_inherit(char **argv)
{
	if (!argv[0] || getuid() == 0 || permitted())
		broken("usage: as nobody: creds inherit FILE");
	execl(argv[0], argv[0], "gained", NULL);
	if (errno == EPERM)
		held("%s: %s", argv[0], strerror(errno));
	broken("%s: %s", argv[0], strerror(errno));
}

static void do_gained(char **argv)
{
	(void)argv;
	if (permitted())
		escaped("uid %d has capabilities %#x", (int)getuid(),
			permitted());
	held("uid %d has none", (int)getuid());
}

/* The line of the unified hierarchy; "/.." is outside of the own root. */
static int outside(void)
{
	char buf[4096], *p;
	int fd = open("/proc/self/cgroup", O_RDONLY);
	ssize_t n = fd < 0 ? -1 : read(fd, buf, sizeof(buf) - 1);

	if (n <= 0)
		broken("/proc/self/cgroup");
	close(fd);
	buf[n] = '\0';
	for (p = strtok(buf, "\n"); p; p = strtok(NULL, "\n"))
		if (!strncmp(p, "0::", 3))
			return !strncmp(p + 3, "/..", 3);
	broken("no unified hierarchy");
}

static void do_cgroup(char **argv)
{
	int out = 0, status;

	(void)argv;
	for (int i = 0; i < CHILDREN; i++) {
		pid_t pid = fork();

		if (pid < 0)
			broken("fork: %s", strerror(errno));
		if (!pid) {
			usleep(500000); /* later than who moves its parent */
			_exit(outside());
		}
	}
	while (wait(&status) > 0)
		out += WIFEXITED(status) && WEXITSTATUS(status);
	if (out || outside())
		escaped("%d of %d children are outside the jail's cgroup", out,
			CHILDREN);
	held("all %d children are in the jail's cgroup", CHILDREN);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*fn)(char **);
	} verbs[] = {{"groups", do_groups},
		     {"setcap", do_setcap},
		     {"inherit", do_inherit},
		     {"gained", do_gained},
		     {"cgroup", do_cgroup}};

	if (argc >= 2)
		for (size_t i = 0; i < sizeof(verbs) / sizeof(*verbs); i++)
			if (!strcmp(argv[1], verbs[i].name)) {
				verbs[i].fn(argv + 2);
				return 0;
			}
	broken("usage: creds WHAT [ARG]");
}
