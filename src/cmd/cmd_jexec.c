/* jexec(8): parse, attach, run; see jail/jexec.h for how. */
#include "cmd/cmd.h"

#include "base/cleanup.h"
#include "base/err.h"
#include "base/str.h"
#include "jail/jexec.h"
#include "jail/prison.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char usage[] =
	"usage: jexec [-l] [-d working-directory] [-e name=value]\n"
	"             [-u username | -U username] jail [command ...]\n";

struct jexec_opts {
	struct strv env; /* -e */
	const char *dir, *user, *jail;
	bool user_from_host, login, help, version;
	char *const *argv;
};

static int parse(int argc, char **argv, struct jexec_opts *o, struct err *e)
{
	static const struct option longs[] = {
		{"help", no_argument, NULL, 1000},
		{"version", no_argument, NULL, 1001},
		{NULL, 0, NULL, 0},
	};
	int ch, users = 0;

	opterr = 0;
	while ((ch = getopt_long(argc, argv, "+:d:e:lnu:U:", longs, NULL)) !=
	       -1) {
		switch (ch) {
		case 'd':
			o->dir = optarg;
			break;
		case 'e':
			if (!strchr(optarg, '=') || optarg[0] == '=')
				return err_set(e, EINVAL,
					       "-e requires name=value");
			if (strv_add(&o->env, optarg) < 0)
				return err_nomem(e);
			break;
		case 'l':
			o->login = true;
			break;
		case 'n':
			break;
		case 'u':
		case 'U':
			o->user = optarg;
			o->user_from_host = ch == 'u';
			users |= ch == 'u' ? 1 : 2;
			break;
		case 1000:
			o->help = true;
			return 0;
		case 1001:
			o->version = true;
			return 0;
		case ':':
			return err_set(e, EINVAL,
				       "option requires an argument -- %c",
				       optopt);
		default:
			return err_set(e, EINVAL, "illegal option -- %c",
				       optopt ? optopt : '-');
		}
	}
	if (optind >= argc || users == 3)
		return err_set(e, EINVAL, "%s", "");
	o->jail = argv[optind];
	o->argv = argv + optind + 1;
	return 0;
}

/* The one jail in others whose name ends so: malloc'd, or NULL. */
static char *longer_name(struct prisons *ps, const char *last)
{
	struct prison *v = NULL;
	const char *found = NULL;
	char *ret = NULL;
	size_t n = 0, hits = 0;

	if (prison_list(ps, false, &v, &n, NULL) < 0)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		const char *dot = strrchr(v[i].name, '.');

		if (!dot || strcmp(dot + 1, last) != 0)
			continue;
		found = v[i].name;
		hits++;
	}
	if (hits == 1)
		ret = strdup(found);
	if (ret)
		str_tame_line(ret, strlen(ret));
	prison_list_free(&v, n);
	return ret;
}

/* jail_getid(3) does not ask whether a jid exists; jail_attach(2) does. */
static int attach_target(struct prisons *ps, const char *jail,
			 struct prison *ret, struct err *e)
{
	cleanup_free char *longer = NULL;
	long long jid;
	int r;

	r = prison_get(ps, jail, false, ret, e);
	if (r != -ENOENT)
		return r;
	if (!str_to_int(jail, 1, INT_MAX, &jid))
		return err_set(e, ENOENT, "jail_attach(%lld): %s", jid,
			       strerror(geteuid() ? EPERM : EINVAL));
	longer = longer_name(ps, jail);
	return err_set(e, ENOENT, "jail \"%s\" not found%s%s%s", jail,
		       longer ? "; there is \"" : "", longer ? longer : "",
		       longer ? "\"" : "");
}

static int run(const struct jexec_opts *o, int *ret_status, struct err *e)
{
	cleanup_prisons struct prisons *ps = NULL;
	cleanup_prison struct prison p = {0};
	cleanup_strv struct strv shell = {0};
	struct prison_exec x = {
		.argv = o->argv,
		.cwd = o->dir,
		.user = o->user,
		.user_from_host = o->user_from_host,
		.setenv = o->env.v,
		.login = o->login,
		.stdio = {-1, -1, -1},
	};
	const char *sh = getenv("SHELL");
	int r;

	if (o->user && o->user_from_host && !getpwnam(o->user))
		return err_set(e, EINVAL, "%s: no such user", o->user);
	if (!o->argv[0]) {
		if (strv_add(&shell, sh && *sh ? sh : "/bin/sh") < 0 ||
		    strv_add(&shell, "-i") < 0)
			return err_nomem(e);
		x.argv = shell.v;
	}
	r = prisons_open(&ps, e);
	if (!r)
		r = attach_target(ps, o->jail, &p, e);
	if (r < 0)
		return r;
	if (geteuid() != 0)
		return err_set(e, EPERM, "jail_attach(%d): %s", p.jid,
			       strerror(EPERM));
	return jexec_run(ps, &p, &x, "jexec", ret_status, e);
}

int cmd_jexec(int argc, char **argv)
{
	struct jexec_opts o = {0};
	struct err e = ERR_INIT;
	int r, status = 0;

	r = parse(argc, argv, &o, &e);
	if (r < 0) {
		if (e.text[0])
			fprintf(stderr, "jexec: %s\n", e.text);
		fputs(usage, stderr);
		return 1;
	}
	if (o.help) {
		fputs(usage, stdout);
		return 0;
	}
	if (o.version) {
		puts("jexec (cellblock) " CELLBLOCK_VERSION);
		return 0;
	}
	r = run(&o, &status, &e);
	strv_free(&o.env);
	if (r < 0) {
		fprintf(stderr, "jexec: %s\n", e.text);
		return 1;
	}
	jexec_exit(status);
}
