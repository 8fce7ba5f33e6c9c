/*
 * clutter: directories that take long to walk, and what is no file.
 *
 *	clutter wide DIR N	N entries in DIR
 *	clutter deep DIR N	N levels below DIR
 *	clutter socket FILE 1	a socket
 *
 * As many as the file system takes, if that is fewer.
 */
#include "escape.h"

#include <sys/stat.h>

int main(int argc, char **argv)
{
	int n = argc == 4 ? atoi(argv[3]) : 0;
	char name[32];

	if (n <= 0)
		broken("usage: clutter wide|deep|socket PATH N");
	if (!strcmp(argv[1], "socket")) {
		if (mknod(argv[2], S_IFSOCK | 0666, 0) < 0)
			broken("%s: %s", argv[2], strerror(errno));
		return 0;
	}
	if (mkdir(argv[2], 0755) < 0 || chdir(argv[2]) < 0)
		broken("%s: %s", argv[2], strerror(errno));
	for (int i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "%d", i);
		if (mkdir(name, 0755) < 0)
			break;
		if (!strcmp(argv[1], "deep") && chdir(name) < 0)
			break;
	}
	return 0;
}
