/*
 * freebsd-version(1): the release of the installed kernel, the running one,
 * the programs, and the jails.  Here all of them are what osrelease says.
 */
#include "cmd/cmd.h"
#include "cmd/vnetopt.h"

#include "base/cleanup.h"
#include "base/str.h"
#include "jail/prison.h"
#include "rc/sysctl.h"

#include <stdio.h>
#include <unistd.h>

static const char usage[] = "usage: freebsd-version [-kru] [-j jail]\n";

static int show_own(struct err *e)
{
	cleanup_strbuf struct strbuf b = STRBUF_INIT;
	int r = sysctl_get("kern.osrelease", &b, e);

	if (r < 0)
		return r;
	puts(b.s ? b.s : "");
	return 0;
}

static int show_jail(const char *which, struct err *e)
{
	cleanup_prisons struct prisons *ps = NULL;
	cleanup_prison struct prison p = {0};
	const char *rel;
	int r = prisons_open(&ps, e);

	if (!r)
		r = prison_get(ps, which, false, &p, e);
	if (r < 0)
		return r;
	rel = pset_value(&p.params, "osrelease");
	puts(rel ? rel : "");
	return 0;
}

int cmd_freebsd_version(int argc, char **argv)
{
	cleanup_strv struct strv jails = {0};
	bool want[3] = {false}; /* -k, -r, -u */
	struct err e = ERR_INIT;
	int ch, r = 0;

	if (vnetopt_help(argc, argv, usage))
		return 0;
	opterr = 0;
	while ((ch = getopt(argc, argv, "krhuj:")) != -1) {
		switch (ch) {
		case 'k':
			want[0] = true;
			break;
		case 'r':
			want[1] = true;
			break;
		case 'u':
			want[2] = true;
			break;
		case 'j':
			if (strv_add(&jails, optarg) < 0)
				return 1;
			break;
		default:
			fputs(usage, stderr);
			return ch == 'h' ? 0 : 1;
		}
	}
	if (optind < argc) {
		fputs(usage, stderr);
		return 1;
	}
	if (!want[0] && !want[1] && !jails.n)
		want[2] = true;
	for (size_t i = 0; !r && i < ARRAY_SIZE(want); i++)
		if (want[i])
			r = show_own(&e);
	for (size_t i = 0; !r && i < jails.n; i++)
		r = show_jail(jails.v[i], &e);
	if (r < 0) {
		fprintf(stderr, "freebsd-version: %s\n", e.text);
		return 1;
	}
	return fflush(stdout) == 0 ? 0 : 1;
}
