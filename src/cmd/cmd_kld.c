/*
 * kldload(8), kldunload(8), kldstat(8): the modules that scripts load before
 * they use what is in them.  And kld_load, as rc.subr(8) calls it, for scripts
 * that have not read that.
 */
#include "cmd/cmd.h"
#include "cmd/vnetopt.h"

#include "base/cleanup.h"
#include "rc/kld.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define NAME_SIZE 128

static const char kldload_usage[] = "usage: kldload [-nqv] file ...\n";
static const char kld_load_usage[] = "usage: kld_load file ...\n";
static const char unload_usage[] = "usage: kldunload [-fv] -i id ...\n"
				   "       kldunload [-fv] [-n] file ...\n";
static const char stat_usage[] =
	"usage: kldstat [-h] [-q] [-v] [-i id] [-n filename]\n"
	"       kldstat [-q] [-m modname]\n";

struct options {
	bool again_ok, quiet, verbose;
};

/* FreeBSD's words: what is missing is said by strerror, what is there not. */
static int load_one(const char *file, const struct options *o)
{
	struct err e = ERR_INIT;
	char name[NAME_SIZE];
	int r;

	kld_name(file, name, sizeof(name));
	r = kld_load(name, &e);
	if (r == -EEXIST && o->again_ok)
		return 0;
	if (r < 0 && !o->quiet && r == -EEXIST)
		fprintf(stderr,
			"kldload: can't load %s: module already loaded or in "
			"kernel\n",
			file);
	else if (r < 0 && !o->quiet)
		fprintf(stderr, "kldload: can't load %s: %s\n", file,
			r == -ENOENT ? strerror(ENOENT) : e.text);
	if (r < 0)
		return 1;
	if (o->verbose)
		printf("Loaded %s\n", file);
	return 0;
}

int cmd_kldload(int argc, char **argv)
{
	/* kld_load is a function of rc.subr: what is there is fine */
	struct options o = {.again_ok = !strcmp(argv[0], "kld_load")};
	const char *load_usage = o.again_ok ? kld_load_usage : kldload_usage;
	int ch, status = 0;

	if (vnetopt_help(argc, argv, load_usage))
		return 0;
	while ((ch = getopt(argc, argv, "nqv")) != -1) {
		switch (ch) {
		case 'n':
			o.again_ok = true;
			break;
		case 'q':
			o.quiet = true;
			o.verbose = false;
			break;
		case 'v':
			o.verbose = true;
			o.quiet = false;
			break;
		default:
			fputs(load_usage, stderr);
			return 1;
		}
	}
	if (optind == argc) {
		fputs(load_usage, stderr);
		return 1;
	}
	for (int i = optind; i < argc; i++)
		status |= load_one(argv[i], &o);
	return status;
}

/* Number 1 is the kernel, the list follows. */
static const char *name_of_id(const struct strv *list, const char *id)
{
	long long n;

	if (str_to_int(id, 2, (long long)list->n + 1, &n) < 0)
		return NULL;
	return list->v[n - 2];
}

static int unload_one(const char *word, bool by_id, bool verbose)
{
	cleanup_strv struct strv list = {0};
	struct err e = ERR_INIT;
	char name[NAME_SIZE] = "";
	int r = kld_list(&list, &e);

	if (!r && by_id && name_of_id(&list, word))
		str_copy(name, sizeof(name), name_of_id(&list, word));
	else if (!r && !by_id)
		kld_name(word, name, sizeof(name));
	if (!r)
		r = strv_has(&list, name) ? kld_unload(name, &e) : -ENOENT;
	if (r < 0) {
		fprintf(stderr, "kldunload: can't %s %s: %s\n",
			r == -ENOENT ? "find" : "unload", word,
			r == -ENOENT ? strerror(ENOENT) : e.text);
		return 1;
	}
	if (verbose)
		printf("Unloading %s.ko\n", name);
	return 0;
}

int cmd_kldunload(int argc, char **argv)
{
	bool verbose = false, by_id = false;
	int ch, status = 0;

	if (vnetopt_help(argc, argv, unload_usage))
		return 0;
	while ((ch = getopt(argc, argv, "finv")) != -1) {
		switch (ch) {
		case 'f': /* by force: nothing stands in the way here */
			break;
		case 'i':
			by_id = true;
			break;
		case 'n':
			by_id = false;
			break;
		case 'v':
			verbose = true;
			break;
		default:
			fputs(unload_usage, stderr);
			return 1;
		}
	}
	if (optind == argc) {
		fputs(unload_usage, stderr);
		return 1;
	}
	for (int i = optind; i < argc; i++)
		status |= unload_one(argv[i], by_id, verbose);
	return status;
}

/* There are no addresses and sizes: FreeBSD hides the first in jails, too. */
static void stat_line(size_t id, const char *name, const char *suffix)
{
	printf("%2zu %4d 0x%-16x %8x %s%s\n", id, 1, 0, 0, name, suffix);
}

static void stat_contents(const char *name)
{
	printf("\tContains modules:\n\t\tId Name\n\t\t%2d %s\n", 1, name);
}

struct wanted {
	const char *id, *file, *module;
	bool quiet, verbose;
};

static bool is_wanted(const struct wanted *w, const struct strv *list, size_t i)
{
	char name[NAME_SIZE];

	if (w->id) {
		const char *by_id = name_of_id(list, w->id);

		return by_id && !strcmp(by_id, list->v[i]);
	}
	kld_name(w->file ? w->file : w->module, name, sizeof(name));
	return !strcmp(name, list->v[i]);
}

static int stat_some(const struct wanted *w, const struct strv *list)
{
	const char *what = w->module ? w->module : w->file ? w->file : w->id;
	bool kernel = (w->id && !strcmp(w->id, "1")) ||
		      (w->file && !strcmp(w->file, "kernel"));
	size_t i = 0;

	while (!kernel && i < list->n && !is_wanted(w, list, i))
		i++;
	if (!kernel && i == list->n) {
		if (!w->quiet)
			fprintf(stderr, "kldstat: can't find %s %s: %s\n",
				w->module ? "module" : "file", what,
				strerror(ENOENT));
		return 1;
	}
	if (w->quiet)
		return 0;
	if (w->module) {
		printf("Id  Refs Name\n%3zu %4d %s\n", i + 1, 1, list->v[i]);
		return 0;
	}
	puts("Id Refs Address                Size Name");
	stat_line(kernel ? 1 : i + 2, kernel ? "kernel" : list->v[i],
		  kernel ? "" : ".ko");
	if (w->verbose && !kernel)
		stat_contents(list->v[i]);
	return 0;
}

int cmd_kldstat(int argc, char **argv)
{
	cleanup_strv struct strv list = {0};
	struct wanted w = {0};
	struct err e = ERR_INIT;
	int ch;

	if (vnetopt_help(argc, argv, stat_usage))
		return 0;
	while ((ch = getopt(argc, argv, "hi:m:n:qv")) != -1) {
		switch (ch) {
		case 'h': /* sizes for people: there are none */
			break;
		case 'i':
			w.id = optarg;
			break;
		case 'm':
			w.module = optarg;
			break;
		case 'n':
			w.file = optarg;
			break;
		case 'q':
			w.quiet = true;
			break;
		case 'v':
			w.verbose = true;
			break;
		default:
			fputs(stat_usage, stderr);
			return 1;
		}
	}
	if (optind < argc) {
		fputs(stat_usage, stderr);
		return 1;
	}
	if (kld_list(&list, &e) < 0)
		return vnetopt_fail("kldstat", &e);
	if (w.id || w.file || w.module)
		return stat_some(&w, &list);
	if (w.quiet)
		return 0;
	puts("Id Refs Address                Size Name");
	stat_line(1, "kernel", "");
	for (size_t i = 0; i < list.n; i++) {
		stat_line(i + 2, list.v[i], ".ko");
		if (w.verbose)
			stat_contents(list.v[i]);
	}
	return 0;
}
