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
#include "passfd.h"

#include <fcntl.h>
#include <sys/stat.h>

#define UP_MAX 64

static void give(const char *path, const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY);

	if (fd < 0)
		broken("give: %s", strerror(errno));
	passfd_give(path, fd);
}

static void look(int fd, const char *marker, const char *how)
{
	struct stat st;

	if (fstatat(fd, marker, &st, 0) == 0)
		escaped("%s is there, %s", marker, how);
}

static int receive(const char *path)
{
	int dir = passfd_get(path);

	if (dir < 0)
		held("no descriptor came");
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
