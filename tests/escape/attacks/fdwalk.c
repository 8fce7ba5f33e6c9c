/*
 * fdwalk: out by a descriptor or a working directory of the outside
 * (CVE-2024-21626).
 *
 *	fdwalk MARKER
 *
 * MARKER is a file that exists at that path outside only.  From the working
 * directory and from every open descriptor it walks up as far as "..", goes,
 * and looks for it.  A descriptor above 2 that leads to nothing of the sort
 * is told as a way out, too: nobody knows what it is good for.
 */
#include "escape.h"

#include <fcntl.h>
#include <sys/stat.h>

#define FD_MAX 1024
#define UP_MAX 32

/* The marker below fd or one of its parents. */
static int finds(int fd, const char *marker)
{
	char path[4096];
	size_t n = 0;

	for (int up = 0; up < UP_MAX; up++) {
		struct stat st;

		snprintf(path + n, sizeof(path) - n, "./%s", marker);
		if (fstatat(fd, path, &st, 0) == 0)
			return 1;
		n += (size_t)snprintf(path + n, sizeof(path) - n, "../");
	}
	return 0;
}

int main(int argc, char **argv)
{
	char link[64], what[256] = "?";
	struct stat st;
	ssize_t len;

	if (argc != 2 || argv[1][0] != '/')
		broken("usage: fdwalk /MARKER");
	if (stat(argv[1], &st) == 0)
		broken("%s exists in the jail", argv[1]);
	if (finds(AT_FDCWD, argv[1] + 1))
		escaped("%s from the working directory", argv[1]);
	for (int fd = 0; fd < FD_MAX; fd++) {
		if (fcntl(fd, F_GETFD) < 0)
			continue;
		if (finds(fd, argv[1] + 1))
			escaped("%s from descriptor %d", argv[1], fd);
		if (fd <= 2)
			continue;
		snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
		len = readlink(link, what, sizeof(what) - 1);
		if (len >= 0)
			what[len] = '\0';
		escaped("descriptor %d is open: %s", fd, what);
	}
	held("nothing but 0 to 2 is open, the directory is inside");
}
