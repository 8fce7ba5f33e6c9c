/* service: not written yet; its author replaces this file. */
#include "cmd/cmd.h"

#include <stdio.h>

int cmd_service(int argc, char **argv)
{
	(void)argc;
	fprintf(stderr, "%s: not written yet\n", argv[0]);
	return 1;
}
