/*
 * ngctl: the table of commands, and how a line becomes one.
 */
#include "ngctl/ngctl.h"

#include "base/cleanup.h"
#include "net/bsderr.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <strings.h>
#include <sysexits.h>

#define BLANKS " \t\r\n\v\f"
/* Files may read files; one that reads itself must end. */
#define DEPTH_MAX 16

const struct ngctl_cmd ngctl_cmds[] = {
	{
		.usage = "config <path> [arguments]",
		.summary = "get or set configuration of node at <path>",
		.run = ngctl_config,
	},
	{
		.usage = "connect [path] <relpath> <hook> <peerhook>",
		.aliases = {"join"},
		.summary = "Connects hook <peerhook> of the node at <relpath> "
			   "to <hook>",
		.help = "A link is made between hook \"hook\" of the node at "
			"\"path\" and hook \"peerhook\" of the node at "
			"\"relpath\", which is looked for from \"path\" if it "
			"does not begin with a node. \"path\" is \".\" if it "
			"is left out.",
		.run = ngctl_connect,
	},
	{
		.usage = "debug [level]",
		.summary = "Get/set debugging verbosity level",
		.help = "Shows the level, or sets it to a number, or one up "
			"by \"+\", one down by \"-\".",
		.run = ngctl_debug,
	},
	{
		.usage = "dot [outputfile]",
		.aliases = {"graphviz", "confdot"},
		.summary = "Produce a GraphViz (.dot) of the entire netgraph.",
		.help = "It goes to standard output if there is no "
			"outputfile.",
		.run = ngctl_dot,
	},
	{
		.usage = "help [command]",
		.aliases = {"?"},
		.summary = "Show command summary or get more help on a "
			   "specific command",
		.run = ngctl_help,
	},
	{
		.usage = "list [-ln]",
		.aliases = {"ls"},
		.summary = "Show information about all nodes",
		.help = "With -n, nodes that have names alone; with -l, with "
			"their hooks.",
		.run = ngctl_list,
	},
	{
		.usage = "mkpeer [path] <type> <hook> <peerhook>",
		.summary = "Create and connect a new node to the node at "
			   "\"path\"",
		.help = "A node of type \"type\" is made, and its hook "
			"\"peerhook\" connected to hook \"hook\" of the node "
			"at \"path\"; both, or nothing. \"path\" is \".\" if "
			"it is left out.",
		.run = ngctl_mkpeer,
	},
	{
		.usage = "msg path command [args ... ]",
		.aliases = {"cmd"},
		.summary = "Send a netgraph control message to the node at "
			   "\"path\"",
		.help = "The node itself says how the command's name and its "
			"arguments read as a message, which is sent to it "
			"then. An answer that comes at once is shown.",
		.run = ngctl_msg,
	},
	{
		.usage = "name <path> <name>",
		.summary = "Assign name <name> to the node at <path>",
		.run = ngctl_name,
	},
	{
		.usage = "read <filename>",
		.aliases = {"source", "."},
		.summary = "Read and execute commands from a file",
		.run = ngctl_read,
	},
	{
		.usage = "rmhook [path] <hook>",
		.aliases = {"disconnect"},
		.summary = "Disconnect hook \"hook\" of the node at \"path\"",
		.help = "The node at \"path\" lets go of the link of its hook "
			"\"hook\", if there is one. \"path\" is \".\" if it "
			"is left out.",
		.run = ngctl_rmhook,
	},
	{
		.usage = "show [-n] <path>",
		.aliases = {"inquire", "info"},
		.summary = "Show information about the node at <path>",
		.help = "With -n, without its hooks.",
		.run = ngctl_show,
	},
	{
		.usage = "shutdown <path>",
		.aliases = {"kill", "rmnode"},
		.summary = "Shutdown the node at <path>",
		.run = ngctl_shutdown,
	},
	{
		.usage = "status <path>",
		.summary = "Get human readable status information from the "
			   "node at <path>",
		.run = ngctl_status,
	},
	{
		.usage = "types",
		.summary = "Show information about all installed node types",
		.run = ngctl_types,
	},
	{
		.usage = "write hook < -f file | byte ... >",
		.aliases = {"w"},
		.summary = "Send a data packet down the hook named by "
			   "\"hook\".",
		.help = "The packet is what is in the file, or the bytes: "
			"numbers from -128 to 255, in C's bases.",
		.run = ngctl_write,
	},
	{
		.usage = "quit",
		.aliases = {"exit"},
		.summary = "Exit program",
		.run = ngctl_quit,
	},
	{0},
};

size_t ngctl_word(const struct ngctl_cmd *cmd)
{
	return strcspn(cmd->usage, BLANKS);
}

/* Does `word` begin the command's name or an alias, in any case? */
static bool matches(const struct ngctl_cmd *cmd, const char *word)
{
	size_t len = strlen(word);

	if (len <= ngctl_word(cmd) && !strncasecmp(word, cmd->usage, len))
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(cmd->aliases); i++)
		if (cmd->aliases[i] && !strncasecmp(word, cmd->aliases[i], len))
			return true;
	return false;
}

int ngctl_find(const char *word, const struct ngctl_cmd **ret, struct err *e)
{
	const struct ngctl_cmd *found = NULL;

	for (const struct ngctl_cmd *cmd = ngctl_cmds; cmd->usage; cmd++) {
		if (!matches(cmd, word))
			continue;
		if (found)
			return err_set(e, EEXIST, "\"%s\": ambiguous command",
				       word);
		found = cmd;
	}
	if (!found)
		return err_set(e, ENOENT, "\"%s\": unknown command", word);
	*ret = found;
	return 0;
}

static void warnf(struct ngctl *c, const char *fmt, const char *arg)
{
	char text[ERR_TEXT_MAX];

	snprintf(text, sizeof(text), fmt, arg);
	c->warn(c->data, text);
}

int ngctl_run(struct ngctl *c, int argc, char **argv)
{
	const struct ngctl_cmd *cmd = NULL;
	struct err e = ERR_INIT;
	int rc;

	if (argc < 1 || !*argv[0])
		return 0;
	rc = ngctl_find(argv[0], &cmd, &e);
	if (!rc)
		rc = cmd->run(c, argc, argv, &e);
	if (rc == NGCTL_USAGE)
		warnf(c, "usage: %s", cmd->usage);
	else if (rc < 0 && e.text[0])
		warnf(c, "%s", e.text);
	return rc;
}

int ngctl_line(struct ngctl *c, const char *line)
{
	cleanup_strv struct strv words = {0};

	if (strv_split(&words, line, BLANKS) < 0) {
		c->warn(c->data, strerror(ENOMEM));
		return -ENOMEM;
	}
	return ngctl_run(c, (int)words.n, words.v);
}

/* The file cannot be read further. */
static int broken(struct ngctl *c, const char *name, int code)
{
	struct err e = ERR_INIT;

	bsd_err(&e, code, "%s", name);
	c->warn(c->data, e.text);
	return -EIO;
}

int ngctl_file(struct ngctl *c, FILE *f, const char *name)
{
	cleanup_free char *line = NULL;
	unsigned int number = 0;
	size_t size = 0;
	char where[64];
	int rc = 0;

	while (!rc) {
		errno = 0;
		if (getline(&line, &size, f) < 0)
			return ferror(f) ? broken(c, name, errno) : 0;
		number++;
		/* FreeBSD's must stand in the first column */
		if (line[strspn(line, BLANKS)] != '#')
			rc = ngctl_line(c, line);
	}
	if (rc != NGCTL_QUIT) {
		snprintf(where, sizeof(where), "line %u: error in file",
			 number);
		c->warn(c->data, where);
	}
	return rc;
}

int ngctl_status_of(int rc)
{
	if (rc == NGCTL_USAGE)
		return EX_USAGE;
	return rc < 0 ? EX_OSERR : EX_OK;
}

/* --- commands about commands --- */

int ngctl_quit(struct ngctl *c, int argc, char **argv, struct err *e)
{
	(void)c;
	(void)argc;
	(void)argv;
	(void)e;
	return NGCTL_QUIT;
}

int ngctl_read(struct ngctl *c, int argc, char **argv, struct err *e)
{
	cleanup_fclose FILE *f = NULL;
	int rc;

	if (argc != 2)
		return NGCTL_USAGE;
	if (c->depth >= DEPTH_MAX)
		return err_set(e, ELOOP, "%s: %s", argv[1],
			       bsd_strerror(ELOOP));
	f = fopen(argv[1], "re");
	if (!f)
		return bsd_err(e, errno, "%s", argv[1]);
	c->depth++;
	rc = ngctl_file(c, f, argv[1]);
	c->depth--;
	return rc;
}

int ngctl_debug(struct ngctl *c, int argc, char **argv, struct err *e)
{
	long long level;

	if (argc == 1) {
		ngctl_putf(c, "Current debug level is %d\n", NgSetDebug(-1));
		return 0;
	}
	if (argc != 2)
		return NGCTL_USAGE;
	(void)e;
	if (!strcmp(argv[1], "+"))
		level = NgSetDebug(-1) + 1;
	else if (!strcmp(argv[1], "-"))
		level = NgSetDebug(-1) - 1;
	else if (str_to_int(argv[1], 0, 1000, &level) < 0)
		return NGCTL_USAGE;
	if (level >= 0)
		NgSetDebug((int)level);
	return 0;
}

/* A paragraph in lines of 63. */
static void wrap(struct strbuf *b, const char *s)
{
	while (*s) {
		size_t len = strnlen(s, 63);

		while (len > 0 && s[len] && s[len] != ' ')
			len--;
		strbuf_adds(b, "  ");
		strbuf_addn(b, s, len);
		strbuf_addch(b, '\n');
		s += len;
		s += strspn(s, " ");
	}
}

static void help_one(struct strbuf *b, const struct ngctl_cmd *cmd)
{
	strbuf_addf(b, "usage:    %s\n", cmd->usage);
	for (size_t i = 0; i < ARRAY_SIZE(cmd->aliases) && cmd->aliases[i]; i++)
		strbuf_addf(b, "%s%s",
			    i ? ", " : "Aliases:  ", cmd->aliases[i]);
	if (cmd->aliases[0])
		strbuf_addch(b, '\n');
	strbuf_addf(b, "Summary:  %s\n", cmd->summary);
	if (cmd->help) {
		strbuf_adds(b, "Description:\n");
		wrap(b, cmd->help);
	}
}

int ngctl_help(struct ngctl *c, int argc, char **argv, struct err *e)
{
	cleanup_strbuf struct strbuf b = STRBUF_INIT;
	const struct ngctl_cmd *cmd = NULL;

	if (argc > 1) {
		struct err unknown = ERR_INIT;

		/* which is no error of `help`, as FreeBSD has it */
		if (ngctl_find(argv[1], &cmd, &unknown) < 0) {
			c->warn(c->data, unknown.text);
			return 0;
		}
		help_one(&b, cmd);
		return ngctl_put(c, &b, e);
	}
	strbuf_adds(&b, "Available commands:\n");
	for (cmd = ngctl_cmds; cmd->usage; cmd++)
		strbuf_addf(&b, "  %-10.*s %s\n", (int)ngctl_word(cmd),
			    cmd->usage, cmd->summary);
	return ngctl_put(c, &b, e);
}
