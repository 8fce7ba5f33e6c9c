/*
 * jailcmd_args: jail(8)'s command line.
 *
 * Theory of operation.  jail(8) has four styles: a jail (or all) of the file,
 * removal by name, one jail given by its parameters, and the old style with
 * fixed arguments.  Which one is meant follows from -c -m -r, from the number
 * of arguments, and from an "=" in the only one.
 */
#include "jail/jailcmd.h"

#include "base/cleanup.h"
#include "jail/param.h"

#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char jailcmd_usage[] =
	"usage: jail [-dhilqv] [-J jid_file] [-u username] [-U username]\n"
	"            -[cmr] param=value ... [command=command ...]\n"
	"       jail [-dqv] [-f file] [-p limit] -[cmr] [jail]\n"
	"       jail [-qv] [-f file] -[rR] ['*' | jail ...]\n"
	"       jail [-qv] [-f file] -C ['*' | jail ...]\n"
	"       jail [-f file] -e separator\n"
	"       jail [-dhilqv] [-J jid_file] [-u username] [-U username]\n"
	"            [-n jailname] [-s securelevel]\n"
	"            path hostname [ip[,...]] command ...\n";

/* State of one parse. */
struct argparse {
	struct jailcmd_args *a;
	bool no_file; /* an option that only a command line's jail can have */
};

static int arg_param(struct argparse *ap, const char *name, const char *value,
		     struct err *e)
{
	ap->no_file = true;
	return pset_put(&ap->a->params, name, value, false, e);
}

static int arg_users(struct argparse *ap, const char *user, bool host,
		     struct err *e)
{
	int r = arg_param(ap, "exec.jail_user", user, e);

	if (!r && host)
		r = arg_param(ap, "exec.system_jail_user", NULL, e);
	return r;
}

static int arg_limit(struct jailcmd *c, const char *s, struct err *e)
{
	long long n;

	if (str_to_int(s, 0, INT_MAX, &n) < 0)
		return err_set(e, EINVAL, "invalid limit: %s", s);
	c->limit = (int)n;
	return 0;
}

static int arg_option(struct argparse *ap, int ch, struct err *e)
{
	struct jailcmd_args *a = ap->a;
	struct jailcmd *c = &a->cmd;

	switch (ch) {
	case 'c':
		c->ops |= JAILCMD_CREATE;
		break;
	case 'C':
		c->ops |= JAILCMD_REMOVE;
		c->cleanup = true;
		break;
	case 'd':
		c->dying = true;
		break;
	case 'e':
		a->export = optarg;
		break;
	case 'f':
		c->file = optarg;
		break;
	case 'h':
		return arg_param(ap, "ip_hostname", NULL, e);
	case 'i':
		a->print_jid = true;
		c->verbosity = -1;
		break;
	case 'J':
		a->jidfile = optarg;
		break;
	case 'l':
		return arg_param(ap, "exec.clean", NULL, e);
	case 'm':
		c->ops |= JAILCMD_MODIFY;
		break;
	case 'n':
		return arg_param(ap, "name", optarg, e);
	case 'p':
		return arg_limit(c, optarg, e);
	case 'q':
		c->verbosity = -1;
		break;
	case 'r':
		c->ops |= JAILCMD_REMOVE;
		break;
	case 'R':
		c->ops |= JAILCMD_REMOVE;
		c->hard = true;
		break;
	case 's':
		return arg_param(ap, "securelevel", optarg, e);
	case 'u':
		return arg_users(ap, optarg, true, e);
	case 'U':
		return arg_users(ap, optarg, false, e);
	case 'v':
		c->verbosity = 1;
		break;
	case 1000:
		a->help = true;
		break;
	case 1001:
		a->version = true;
		break;
	case ':':
		return err_set(e, EINVAL, "option requires an argument -- %c",
			       optopt);
	default:
		return err_set(e, EINVAL, "illegal option -- %c",
			       optopt ? optopt : '-');
	}
	return 0;
}

/* Lists that a command line may write with commas. */
static bool param_splits(const struct param_def *d)
{
	static const char *const names[] = {"ip4.addr", "ip6.addr",
					    "vnet.interface", "zfs.dataset",
					    "host.unconfined"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (!strcmp(d->name, names[i]))
			return true;
	return false;
}

static bool param_appends(const struct param_def *d)
{
	return d->type == PARAM_LIST || d->type == PARAM_IP4 ||
	       d->type == PARAM_IP6;
}

/* "NAME" or "NAME=VALUE"; unknown names are told of later, by the check. */
static int arg_assign(struct argparse *ap, const char *arg, struct err *e)
{
	const char *eq = strchr(arg, '=');
	cleanup_free char *name =
		eq ? strndup(arg, (size_t)(eq - arg)) : strdup(arg);
	cleanup_strv struct strv parts = {0};
	const struct param_def *d;
	char path[PATH_MAX];

	if (!name)
		return err_nomem(e);
	d = param_find(name, NULL);
	if (!eq)
		return pset_put(&ap->a->params, name, NULL, false, e);
	eq++;
	/* one that is absolute is looked at later, with care */
	if (d && !strcmp(d->name, "path") && *eq != '/' && realpath(eq, path))
		eq = path;
	/* "vnet.interface=": none */
	if (d && param_splits(d) && !*eq)
		return pset_put(&ap->a->params, name, NULL, false, e);
	if (!d || !param_splits(d) || !strchr(eq, ','))
		return pset_put(&ap->a->params, name, eq, d && param_appends(d),
				e);
	if (strv_split(&parts, eq, ",") < 0)
		return err_nomem(e);
	return pset_put_values(&ap->a->params, name, &parts, true, NULL, 0, e);
}

/* `command` and `command=x` take all that follows. */
static int arg_command(struct argparse *ap, const char *first, int argc,
		       char **argv, struct err *e)
{
	int r = 0;

	if (first)
		r = pset_put(&ap->a->params, "command", first, true, e);
	for (int i = 0; !r && i < argc; i++)
		r = pset_put(&ap->a->params, "command", argv[i], true, e);
	return r;
}

static int args_single(struct argparse *ap, int argc, char **argv,
		       struct err *e)
{
	int r;

	for (int i = 0; i < argc; i++) {
		if (!strcmp(argv[i], "command"))
			return arg_command(ap, NULL, argc - i - 1, argv + i + 1,
					   e);
		if (str_prefix(argv[i], "command="))
			return arg_command(ap, argv[i] + strlen("command="),
					   argc - i - 1, argv + i + 1, e);
		r = arg_assign(ap, argv[i], e);
		if (r < 0)
			return r;
	}
	return 0;
}

/* path hostname [ip[,...]] command ... */
static int args_old(struct argparse *ap, int argc, char **argv, struct err *e)
{
	cleanup_strv struct strv ips = {0};
	unsigned char bin[16];
	char path[PATH_MAX];
	int r;

	if (argc < 4 || argv[0][0] != '/')
		return err_set(e, EINVAL, "%s", "");
	ap->a->old_style = true;
	ap->a->cmd.ops = JAILCMD_CREATE;
	r = pset_put(&ap->a->params, "path",
		     realpath(argv[0], path) ? path : argv[0], false, e);
	if (!r)
		r = pset_put(&ap->a->params, "host.hostname", argv[1], false,
			     e);
	if (!r && strv_split(&ips, argv[2], ",") < 0)
		r = err_nomem(e);
	for (size_t i = 0; !r && i < ips.n; i++) {
		bool v6 = inet_pton(AF_INET6, ips.v[i], bin) == 1;

		r = pset_put(&ap->a->params, v6 ? "ip6.addr" : "ip4.addr",
			     ips.v[i], true, e);
	}
	if (!r)
		r = arg_command(ap, NULL, argc - 3, argv + 3, e);
	return r;
}

static int args_names(struct argparse *ap, int argc, char **argv)
{
	ap->a->cmd.names = (const char *const *)argv;
	ap->a->cmd.nnames = (size_t)argc;
	return 0;
}

static int args_remove(struct argparse *ap, int argc, char **argv,
		       struct err *e)
{
	struct jailcmd *c = &ap->a->cmd;

	if (ap->no_file || !argc)
		return err_set(e, EINVAL, "%s", "");
	for (int i = 0; i < argc && !c->hard; i++)
		if (strchr(argv[i], '='))
			return err_set(e, EINVAL, "%s", "");
	/* a file is used when there is one */
	if (c->hard || (strcmp(c->file, "-") != 0 && access(c->file, F_OK) < 0))
		c->file = NULL;
	return args_names(ap, argc, argv);
}

static int args_style(struct argparse *ap, int argc, char **argv, struct err *e)
{
	struct jailcmd_args *a = ap->a;
	int r;

	if (a->export) {
		if (a->cmd.ops || argc || ap->no_file)
			return err_set(e, EINVAL, "%s", "");
		return 0;
	}
	if (a->cmd.ops == JAILCMD_REMOVE)
		return args_remove(ap, argc, argv, e);
	if (a->cmd.cleanup || a->cmd.hard)
		return err_set(e, EINVAL, "%s", "");
	if (!a->cmd.ops || argc > 1 || ap->no_file ||
	    (argc == 1 && strchr(argv[0], '='))) {
		if (a->cmd.ops && !argc)
			return err_set(e, EINVAL, "%s", "");
		r = a->cmd.ops ? args_single(ap, argc, argv, e)
			       : args_old(ap, argc, argv, e);
		a->cmd.params = &a->params;
		a->cmd.file = NULL;
		return r;
	}
	return args_names(ap, argc, argv);
}

int jailcmd_args_parse(int argc, char **argv, struct jailcmd_args *ret,
		       struct err *e)
{
	static const struct option longs[] = {
		{"help", no_argument, NULL, 1000},
		{"version", no_argument, NULL, 1001},
		{NULL, 0, NULL, 0},
	};
	struct argparse ap = {.a = ret};
	int ch, r;

	*ret = (struct jailcmd_args){
		.cmd = {.file = JAILCMD_CONF, .cancel_fd = -1},
	};
	optind = 0;
	opterr = 0;
	while ((ch = getopt_long(argc, argv, "+:cCde:f:hiJ:lmn:p:qrRs:u:U:v",
				 longs, NULL)) != -1) {
		r = arg_option(&ap, ch, e);
		if (r < 0)
			return r;
	}
	if (ret->help || ret->version)
		return 0;
	return args_style(&ap, argc - optind, argv + optind, e);
}

void jailcmd_args_free(struct jailcmd_args *a)
{
	pset_free(&a->params);
}
