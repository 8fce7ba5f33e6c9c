/*
 * main: the multi-call program.  The name it was called by picks the command;
 * `cellblock NAME ARGS` runs any of them too, for names that a Debian tool
 * has on the ordinary PATH.
 */
#include "cmd/cmd.h"

#include "ifng/ifng.h"
#include "jail/jailcmd.h"

#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A caller that closed 0, 1 or 2 must not make a later open take its place. */
static void stdio_open(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= 2);
	if (fd > 2)
		close(fd);
}

int main(int argc, char **argv)
{
	const struct command *c;
	const char *base;
	char *slash;

	stdio_open();
	setlocale(LC_CTYPE, "");
	ifng_register();
	jailcmd_set_rc(cmd_rc);
	if (argc < 1)
		return 1;
	slash = strrchr(argv[0], '/');
	base = slash ? slash + 1 : argv[0];
	c = command_find(base);
	if (!c)
		c = command_find("cellblock");
	argv[0] = (char *)c->name;
	return c->main(argc, argv);
}
