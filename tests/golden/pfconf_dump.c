/*
 * pfconf_dump: what `pfctl -nv` would echo of a file, on a machine with known
 * interfaces, for the golden tests.
 *
 *	pfconf_dump [-PSev] [-a ANCHOR] [-D NAME=VALUE] [-o HOW] echo FILE
 *	pfconf_dump ... check FILE
 *
 * `check` reads what it printed: the echoed rules must give the same rules
 * again, and so must the text that the kernel keeps; with -e only the latter,
 * where names are words of the language, which pfctl does not quote.
 */
#include "pfconf_check.h"

#include "base/cleanup.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

static void line(void *data, enum report_level level, const char *text)
{
	(void)data;
	(void)level;
	fprintf(stderr, "%s\n", text);
}

static const struct report to_stderr = {.line = line};

static int echo_file(const char *file, struct pf_parse *how)
{
	cleanup_pf_conf struct pf_conf *c = NULL;
	cleanup_strbuf struct strbuf out = STRBUF_INIT;
	struct err e = ERR_INIT;
	int r;

	how->echo = &out;
	how->flags |= PF_PARSE_VERBOSE;
	r = pf_conf_load(file, how, &c, &e);
	fputs(out.s, stdout);
	if (r < 0)
		fprintf(stderr, "pfctl: %s\n", e.text);
	return r < 0;
}

static int check_file(const char *file, struct pf_parse *how, bool stored)
{
	cleanup_pf_conf struct pf_conf *c = NULL;
	cleanup_strbuf struct strbuf why = STRBUF_INIT;
	struct err e = ERR_INIT;

	if (pf_conf_load(file, how, &c, &e) < 0) {
		fprintf(stderr, "pfctl: %s\n", e.text);
		return 1;
	}
	if (stored ? pfconf_check_stored(c, &why) : pfconf_check(c, how, &why))
		return 0;
	fputs(why.s, stderr);
	return 1;
}

int main(int argc, char **argv)
{
	static const char *const optimize[] = {"none", "basic", "profile"};
	cleanup_strv struct strv macros = {0};
	struct pf_parse how = {
		.resolve = &pfconf_world,
		.report = &to_stderr,
		.macros = &macros,
		.has_optimize = true,
		.optimize = PF_OPT_NONE,
	};
	bool stored = false;
	int o;

	while ((o = getopt(argc, argv, "PSeva:D:o:")) != -1)
		switch (o) {
		case 'P':
			how.flags |= PF_PARSE_NUMERIC;
			break;
		case 'S':
			how.flags |= PF_PARSE_NO_DNS;
			break;
		case 'e':
			stored = true;
			break;
		case 'v':
			how.flags |= PF_PARSE_VERBOSE2;
			break;
		case 'a':
			how.anchor = optarg;
			break;
		case 'D':
			if (strv_add(&macros, optarg) < 0)
				return 2;
			break;
		case 'o':
			how.has_optimize = strcmp(optarg, "file") != 0;
			for (unsigned int i = 0; i < 3; i++)
				if (!strcmp(optarg, optimize[i]))
					how.optimize = (enum pf_optimize)i;
			break;
		default:
			return 2;
		}
	if (argc - optind != 2)
		return 2;
	if (!strcmp(argv[optind], "check"))
		return check_file(argv[optind + 1], &how, stored);
	return echo_file(argv[optind + 1], &how);
}
