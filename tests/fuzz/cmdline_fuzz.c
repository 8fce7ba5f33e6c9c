/*
 * cmdline_fuzz: command lines of jail(8) and jls(8), one argument a line; the
 * first says which.  Values that become commands, addresses and parameters
 * get the same words.  A refusal says why, or is bad usage.
 */
#include "base/cleanup.h"
#include "jail/jailcmd.h"
#include "jail/jailcmd_split.h"
#include "jail/jls.h"
#include "jail/param.h"

#include <errno.h>
#include <getopt.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_jail(int argc, char **argv)
{
	cleanup_jailcmd_args struct jailcmd_args a = {0};
	struct err e = ERR_INIT;

	if (jailcmd_args_parse(argc, argv, &a, &e) < 0)
		return;
	for (size_t i = 0; i < a.params.n; i++) {
		struct err pe = ERR_INIT;

		if (param_check(&a.params.v[i], &pe) < 0) {
			if (!*pe.text)
				abort();
		} else if (!*a.params.v[i].name) {
			abort();
		}
	}
}

static void check_jls(int argc, char **argv)
{
	cleanup_jls_opts struct jls_opts o = {0};
	cleanup_strbuf struct strbuf out = STRBUF_INIT;
	struct err e = ERR_INIT;
	int r = jls_parse(argc, argv, &o, &e);

	if (r < 0 && r != -EINVAL && !*e.text)
		abort();
	if (!r && jls_print(&o, NULL, 0, &out, &e) < 0 && !*e.text)
		abort();
}

static void check_word(const char *s)
{
	cleanup_free char *text = NULL;
	struct jailcmd_line l = {0};
	struct param_addr a;

	if (param_addr_split(s, &a) == 0 && strlen(a.addr) >= sizeof(a.addr))
		abort();
	if (jailcmd_split(s, &l, NULL) < 0)
		abort();
	if (l.shell && (l.argv.n != 3 || strcmp(l.argv.v[2], s)))
		abort();
	text = jailcmd_line_text(&l.argv);
	if (l.argv.n && !text)
		abort();
	strv_free(&l.argv);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_free char *text = strndup((const char *)data, size);
	char *argv[64], *p = text;
	int argc = 0;

	while (p && argc < 63)
		argv[argc++] = strsep(&p, "\n");
	argv[argc] = NULL;
	if (!argc)
		return 0;
	for (int i = 0; i < argc; i++)
		check_word(argv[i]);
	optind = 0;
	opterr = 0;
	if (!strcmp(argv[0], "jls"))
		check_jls(argc, argv);
	else
		check_jail(argc, argv);
	return 0;
}
