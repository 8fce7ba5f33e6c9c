/*
 * cmd_cellblock: cellblock(1) itself: a table of subcommands, and every other
 * name of the program ("cellblock ifconfig ...").
 */
#include "base/cleanup.h"
#include "cmd/cmd.h"
#include "cmd/cmd_block.h"
#include "cmd/cmd_map.h"
#include "cmd/cmd_pflog.h"
#include "cmd/cmd_trace.h"

#include <stdio.h>
#include <string.h>

static const struct command subcommands[] = {
	{"up", block_up_main, "bring a block up, or up to date"},
	{"down", block_down_main, "remove what up made"},
	{"diff", block_diff_main, "what up would change"},
	{"status", block_status_main, "which blocks are up, and their jails"},
	{"map", map_main, "draw jails, bridges and the cables between them"},
	{"trace", trace_main, "which way packets go through netgraph"},
	{"pflog", pflog_main, "packets that pf's rules log, for tcpdump"},
	{"shell", block_shell_main, "a shell or command inside"},
	{"doctor", block_doctor_main, "what works here, what was left behind"},
};

static const struct command *subcommand_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(subcommands); i++)
		if (!strcmp(subcommands[i].name, name))
			return &subcommands[i];
	return NULL;
}

static int help(FILE *f)
{
	fprintf(f, "usage: cellblock COMMAND [ARGUMENTS]\n");
	for (size_t i = 0; i < ARRAY_SIZE(subcommands); i++)
		fprintf(f, "  %-15s %s\n", subcommands[i].name,
			subcommands[i].summary);
	fprintf(f, "FreeBSD's commands, as in a jail:\n");
	for (const struct command *c = commands; c->name; c++)
		if (c->main != cmd_cellblock)
			fprintf(f, "  %-15s %s\n", c->name, c->summary);
	return f == stderr;
}

int cmd_cellblock(int argc, char **argv)
{
	static char name[32]; /* what getopt(3) calls a subcommand */
	const struct command *c;

	if (argc < 2)
		return help(stderr);
	if (!strcmp(argv[1], "--version"))
		return printf("cellblock %s\n", CELLBLOCK_VERSION) < 0;
	if (!strcmp(argv[1], "help") || !strcmp(argv[1], "--help"))
		return help(stdout);
	c = subcommand_find(argv[1]);
	if (c) {
		snprintf(name, sizeof(name), "cellblock %s", c->name);
		argv[1] = name;
	} else {
		c = command_find(argv[1]);
	}
	if (!c || c->main == cmd_cellblock) {
		fprintf(stderr,
			"cellblock: unknown command %s; see cellblock help\n",
			argv[1]);
		return 1;
	}
	return c->main(argc - 1, argv + 1);
}
