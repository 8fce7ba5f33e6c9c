/*
 * uname(1) with FreeBSD's flags, for jails: what it tells of the release is
 * the jail's own (osrelease, osreldate), which the system call cannot tell.
 * All else is as Linux has it, for the programs around it are Linux's; so
 * their long options are understood, too.  Outside a jail it is not meant to
 * be found: there it gives way to the next uname in PATH.
 */
#include "cmd/cmd.h"
#include "cmd/vnetopt.h"

#include "base/cleanup.h"
#include "base/str.h"
#include "jail/prison.h"
#include "rc/sysctl.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

static const char usage[] = "usage: uname [-abiKmnoprsUv]\n";

/* In the order of the output. */
static const struct item {
	char flag;
	bool all; /* -a has it */
	const char *oid, *fixed;
	const char *word; /* Linux's long option */
} items[] = {
	{'s', true, "kern.ostype", NULL, "kernel-name"},
	{'n', true, "kern.hostname", NULL, "nodename"},
	{'r', true, "kern.osrelease", NULL, "kernel-release"},
	{'v', true, NULL, NULL, "kernel-version"},
	{'m', true, NULL, NULL, "machine"},
	{'p', false, NULL, NULL, "processor"},
	{'i', false, "kern.ident", NULL, "hardware-platform"},
	{'o', false, NULL, "GNU/Linux", "operating-system"},
	{'K', false, "kern.osreldate", NULL, NULL},
	{'U', false, "kern.osreldate", NULL, NULL},
	{'b', false, "kern.build_id", NULL, NULL},
};

/* A link to this program, or to what starts it in a jail. */
static bool is_ours(const char *path)
{
	char real[PATH_MAX];

	return realpath(path, real) &&
	       (str_suffix(real, "/cellblock") || str_suffix(real, "/launch"));
}

static int pass_on(char **argv)
{
	const char *path = getenv("PATH");
	cleanup_strv struct strv dirs = {0};

	if (strv_split(&dirs, path ? path : "/bin:/usr/bin", ":") < 0)
		return 1;
	for (size_t i = 0; i < dirs.n; i++) {
		cleanup_free char *file = str_printf("%s/uname", dirs.v[i]);

		if (file && !is_ours(file))
			execv(file, argv);
	}
	fputs("uname: there is no other uname in PATH\n", stderr);
	return 1;
}

static int value(const struct item *it, struct strbuf *b, struct err *e)
{
	char var[] = "UNAME_x";
	const char *env;
	struct utsname u;

	var[sizeof(var) - 2] = it->flag;
	env = getenv(var);
	if (env || it->fixed) {
		strbuf_adds(b, env ? env : it->fixed);
		return 0;
	}
	if (it->oid)
		return sysctl_get(it->oid, b, e);
	if (uname(&u) < 0)
		return err_set(e, EIO, "uname");
	strbuf_adds(b, it->flag == 'v' ? u.version : u.machine);
	return 0;
}

static const struct item *find(int flag)
{
	for (size_t i = 0; i < ARRAY_SIZE(items); i++)
		if (items[i].flag == flag)
			return &items[i];
	return NULL;
}

/* What is wanted, a bit an item; -1 after bad usage. */
static long parse(int argc, char **argv)
{
	struct option longs[ARRAY_SIZE(items) + 2] = {{"all", 0, NULL, 'a'}};
	const struct item *it;
	long want = 0;
	int ch, n = 1;

	for (size_t i = 0; i < ARRAY_SIZE(items); i++)
		if (items[i].word)
			longs[n++] = (struct option){items[i].word, 0, NULL,
						     items[i].flag};
	while ((ch = getopt_long(argc, argv, "abiKmnoprsUv", longs, NULL)) !=
	       -1) {
		it = find(ch);
		if (!it && ch != 'a')
			return -1;
		for (size_t i = 0; i < ARRAY_SIZE(items); i++)
			if (it ? it == &items[i] : items[i].all)
				want |= 1L << i;
	}
	if (optind < argc)
		return -1;
	return want ? want : 1;
}

int cmd_uname(int argc, char **argv)
{
	cleanup_strbuf struct strbuf out = STRBUF_INIT;
	struct prison_self self = {0};
	struct err e = ERR_INIT;
	long want;

	if (prison_self(&self, NULL) < 0 || !self.jailed)
		return pass_on(argv);
	if (vnetopt_help(argc, argv, usage))
		return 0;
	opterr = 0;
	want = parse(argc, argv);
	if (want < 0) {
		fputs(usage, stderr);
		return 1;
	}
	for (size_t i = 0; i < ARRAY_SIZE(items); i++) {
		if (!(want & 1L << i))
			continue;
		if (out.len)
			strbuf_addch(&out, ' ');
		if (value(&items[i], &out, &e) < 0) {
			fprintf(stderr, "uname: %s\n", e.text);
			return 1;
		}
	}
	puts(out.s ? out.s : "");
	return fflush(stdout) == 0 ? 0 : 1;
}
