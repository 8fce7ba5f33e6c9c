/*
 * dirfd: out by a directory descriptor that a jail gives its sibling over a
 * socket in a directory that both see.  On FreeBSD the receiver walks up from
 * it past the giver's root, for only its own root stops it.
 *
 *	dirfd give SOCKET DIR	listen at SOCKET, send DIR to each that comes
 *	dirfd take SOCKET MARKER
 *				MARKER is what only the host's root has: looked
 *				for in DIR and in each directory above it
 *	dirfd run SOCKET COMMAND...
 *				run COMMAND with DIR as descriptor 9
 */
#include "escape.h"

#include <fcntl.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#define UP_MAX 64

static char control[CMSG_SPACE(sizeof(int))];
static char byte;
static struct iovec io = {&byte, 1};
static struct msghdr msg = {.msg_iov = &io,
			    .msg_iovlen = 1,
			    .msg_control = control,
			    .msg_controllen = sizeof(control)};

static int at(const char *path, struct sockaddr_un *un)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	*un = (struct sockaddr_un){.sun_family = AF_UNIX};
	strncpy(un->sun_path, path, sizeof(un->sun_path) - 1);
	if (fd < 0)
		broken("socket: %s", strerror(errno));
	return fd;
}

static void give(const char *path, const char *dir)
{
	struct cmsghdr *h = CMSG_FIRSTHDR(&msg);
	struct sockaddr_un un;
	int l = at(path, &un), fd = open(dir, O_RDONLY | O_DIRECTORY);

	if (fd < 0 || bind(l, (void *)&un, sizeof(un)) < 0 ||
	    chmod(path, 0777) < 0 || listen(l, 8) < 0)
		broken("give: %s", strerror(errno));
	h->cmsg_level = SOL_SOCKET;
	h->cmsg_type = SCM_RIGHTS;
	h->cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(h), &fd, sizeof(fd));
	dprintf(1, "ready\n");
	for (;;) {
		int s = accept(l, NULL, NULL);

		sendmsg(s, &msg, 0);
		close(s);
	}
}

static void look(int fd, const char *marker, const char *how)
{
	struct stat st;

	if (fstatat(fd, marker, &st, 0) == 0)
		escaped("%s is there, %s", marker, how);
}

static int receive(const char *path)
{
	struct sockaddr_un un;
	struct cmsghdr *h;
	int s = at(path, &un), dir;

	if (connect(s, (void *)&un, sizeof(un)) < 0)
		broken("%s: %s", path, strerror(errno));
	if (recvmsg(s, &msg, 0) != 1 || !(h = CMSG_FIRSTHDR(&msg)))
		held("no descriptor came");
	memcpy(&dir, CMSG_DATA(h), sizeof(dir));
	return dir;
}

static void run(const char *path, char **argv)
{
	if (dup2(receive(path), 9) < 0)
		broken("descriptor 9: %s", strerror(errno));
	execv(argv[0], argv);
	broken("%s: %s", argv[0], strerror(errno));
}

static void take(const char *path, const char *marker)
{
	int dir = receive(path), fd;

	fd = dup(dir);
	for (int up = 0; up < UP_MAX && fd >= 0; up++) {
		look(fd, marker, "by openat");
		fd = openat(fd, "..", O_RDONLY | O_DIRECTORY);
	}
	if (fchdir(dir) == 0) {
		for (int up = 0; up < UP_MAX && chdir("..") == 0; up++)
			look(AT_FDCWD, marker, "by chdir");
		/* and with a root below: ".." then knows no end */
		if (fchdir(dir) == 0 && chroot("/tmp") == 0)
			for (int up = 0; up < UP_MAX && chdir("..") == 0; up++)
				look(AT_FDCWD, marker, "by chroot");
	}
	held("the walk up ends at the giver's root");
}

int main(int argc, char **argv)
{
	if (argc == 4 && !strcmp(argv[1], "give"))
		give(argv[2], argv[3]);
	if (argc == 4 && !strcmp(argv[1], "take"))
		take(argv[2], argv[3]);
	if (argc > 3 && !strcmp(argv[1], "run"))
		run(argv[2], argv + 3);
	broken("usage: see the head of dirfd.c");
}
