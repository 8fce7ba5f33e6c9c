/*
 * mount(8) and mount_nullfs(8) for scripts: FreeBSD's types that Linux has by
 * other means.  All else goes to Linux's program as it is.
 */
#include "cmd/script.h"

#include "base/cleanup.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char mount_usage[] =
	"usage: mount [-rw] [-o options] -t type special node\n";
static const char nullfs_usage[] =
	"usage: mount_nullfs [-o options] target mount-point\n";

/* What is each jail's own is not mounted from outside. */
static const struct {
	const char *type;
	const char *instead; /* NULL: a bind mount */
} types[] = {
	{"nullfs", NULL},
	{"devfs", "mount.devfs"},
	{"fdescfs", "mount.fdescfs"},
	{"procfs", "mount.procfs"},
	{"linprocfs", "mount or mount.fstab"},
	{"linsysfs", "mount or mount.fstab"},
	{"unionfs", "mount or mount.fstab"},
};

/* Options of FreeBSD that say nothing here. */
static const char *const idle[] = {
	"auto", "cache", "failok", "late", "nocache", "noauto",
};

/* The argument of -t, wherever it stands, or NULL. */
static const char *type_of(char **argv)
{
	for (size_t i = 1; argv[i]; i++) {
		if (!strcmp(argv[i], "-t"))
			return argv[i + 1];
		if (str_prefix(argv[i], "-t"))
			return argv[i] + 2;
	}
	return NULL;
}

static int add_options(struct strbuf *b, const char *list)
{
	cleanup_strv struct strv words = {0};

	if (strv_split(&words, list, ","))
		return -1;
	for (size_t i = 0; i < words.n; i++) {
		bool is_idle = false;

		for (size_t k = 0; k < ARRAY_SIZE(idle); k++)
			is_idle |= !strcmp(words.v[i], idle[k]);
		if (!is_idle)
			strbuf_addf(b, ",%s", words.v[i]);
	}
	return 0;
}

/* Both programs, for nullfs: a bind mount shows one file system, as it does. */
static int nullfs(int argc, char **argv, const char *letters, const char *usage)
{
	cleanup_strbuf struct strbuf options = STRBUF_INIT;
	cleanup_strv struct strv words = {0};
	int c, r = 0;

	strbuf_adds(&options, "bind");
	while (!r && (c = getopt(argc, argv, letters)) != -1) {
		switch (c) {
		case 'o':
			r = add_options(&options, optarg);
			break;
		case 'r':
		case 'w':
			strbuf_addf(&options, ",r%c", c == 'r' ? 'o' : 'w');
			break;
		case 't':
			break;
		default:
			r = -1;
		}
	}
	if (r || optind + 2 != argc || strbuf_failed(&options) ||
	    strv_add(&words, "mount") || strv_add(&words, "-o") ||
	    strv_add(&words, options.s) || strv_add(&words, "--") ||
	    strv_add(&words, argv[optind]) ||
	    strv_add(&words, argv[optind + 1])) {
		fputs(usage, stderr);
		return 1;
	}
	return script_system(&words);
}

int script_mount(int argc, char **argv)
{
	cleanup_strv struct strv words = {0};
	const char *type;

	if (!strcmp(argv[0], "mount_nullfs"))
		return nullfs(argc, argv, "o:", nullfs_usage);
	type = type_of(argv);
	for (size_t i = 0; type && i < ARRAY_SIZE(types); i++) {
		if (strcmp(types[i].type, type) != 0)
			continue;
		if (!types[i].instead)
			return nullfs(argc, argv, "o:rt:w", mount_usage);
		fprintf(stderr,
			"mount: %s: each jail has its own: say %s in "
			"jail.conf(5)\n",
			type, types[i].instead);
		return 1;
	}
	if (strv_add(&words, "mount"))
		return 1;
	for (int i = 1; i < argc; i++)
		if (strv_add(&words, argv[i]))
			return 1;
	return script_system(&words);
}
