/*
 * ping(8), ping6(8) and nc(1) for scripts: FreeBSD's flags on iputils' ping
 * and on netcat-openbsd, which is FreeBSD's nc but for few flags.
 */
#include "cmd/script.h"

#include "base/cleanup.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

static const char ping_usage[] =
	"usage: ping [-46DdfLnoqRrv] [-c count] [-I interface] [-i wait]\n"
	"            [-l preload] [-m ttl] [-p pattern] [-S src_addr]\n"
	"            [-s packetsize] [-T ttl] [-t timeout] [-W waittime]\n"
	"            [-z tos] host\n";

/* FreeBSD's letter, and what iputils calls it. */
static const struct flag {
	char letter;
	bool arg;
	const char *words; /* before the argument; NULL: a case below */
} flags[] = {
	{'4', false, "-4"}, {'6', false, "-6"}, {'a', false, "-a"},
	{'c', true, "-c"},  {'D', false, NULL}, {'d', false, "-d"},
	{'f', false, "-f"}, {'I', true, "-I"},	{'i', true, "-i"},
	{'L', false, "-L"}, {'l', true, "-l"},	{'m', true, "-t"},
	{'n', false, "-n"}, {'o', false, NULL}, {'p', true, "-p"},
	{'q', false, "-q"}, {'R', false, "-R"}, {'r', false, "-r"},
	{'S', true, "-I"},  {'s', true, "-s"},	{'T', true, "-t"},
	{'t', true, NULL},  {'v', false, "-v"}, {'W', true, NULL},
	{'X', true, NULL},  {'x', true, NULL},	{'z', true, "-Q"},
};

struct ping {
	struct strv argv;
	bool once, deadline;
};

static const struct flag *flag_find(int c)
{
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++)
		if (flags[i].letter == c)
			return &flags[i];
	return NULL;
}

/* Those that mean something else, or another unit. */
static int special(struct ping *p, int c)
{
	long long ms;

	switch (c) {
	case 'D':
		return strv_add(&p->argv, "-M") || strv_add(&p->argv, "do");
	case 'o':
		p->once = true;
		return 0;
	case 't':
	case 'X':
		p->deadline = true;
		return strv_add(&p->argv, "-w") || strv_add(&p->argv, optarg);
	default: /* W, and ping6's x: milliseconds to wait for an answer */
		if (str_to_int(optarg, 1, 86400000, &ms) < 0)
			return -EINVAL;
		return strv_add(&p->argv, "-W") ||
		       strv_addf(&p->argv, "%lld.%03lld", ms / 1000, ms % 1000);
	}
}

/* Letters of the table for getopt(3). */
static void letters(char *buf)
{
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
		*buf++ = flags[i].letter;
		if (flags[i].arg)
			*buf++ = ':';
	}
	*buf = '\0';
}

static int ping_words(int argc, char **argv, struct ping *p)
{
	char opts[2 * ARRAY_SIZE(flags) + 1];
	int c, r = strv_add(&p->argv, "ping");

	letters(opts);
	if (!r && !strcmp(argv[0], "ping6"))
		r = strv_add(&p->argv, "-6");
	while (!r && (c = getopt(argc, argv, opts)) != -1) {
		const struct flag *f = flag_find(c);

		if (!f)
			return -EINVAL;
		if (!f->words)
			r = special(p, c);
		else
			r = strv_add(&p->argv, f->words) ||
			    (f->arg && strv_add(&p->argv, optarg));
	}
	if (r || optind != argc - 1)
		return -EINVAL;
	/* with a deadline the count is that of answers */
	if (p->once)
		r = strv_add(&p->argv, "-c") || strv_add(&p->argv, "1") ||
		    (!p->deadline && (strv_add(&p->argv, "-w") ||
				      strv_add(&p->argv, "2147483")));
	return r ? r : strv_add(&p->argv, argv[optind]);
}

int script_ping(int argc, char **argv)
{
	struct ping p = {0};
	int r = ping_words(argc, argv, &p);

	if (r) {
		strv_free(&p.argv);
		fputs(ping_usage, stderr);
		return EX_USAGE;
	}
	r = script_system(&p.argv);
	strv_free(&p.argv);
	/* nobody answered; no such host and the like */
	return r == 1 ? 2 : r == 2 ? EX_NOHOST : r;
}

/* netcat-openbsd's own letters go through; what FreeBSD added is here. */
int script_nc(int argc, char **argv)
{
	cleanup_strv struct strv words = {0};
	int r = strv_add(&words, "nc");

	for (int i = 1; !r && i < argc; i++) {
		if (!strcmp(argv[i], "--no-tcpopt") ||
		    !strcmp(argv[i], "--sctp") || !strcmp(argv[i], "-e") ||
		    !strcmp(argv[i], "-E")) {
			fprintf(stderr, "nc: %s: not available here\n",
				argv[i]);
			return 1;
		}
		if (!strcmp(argv[i], "-V") && i + 1 < argc) {
			/* the only routing table there is */
			if (strcmp(argv[++i], "0") != 0) {
				fprintf(stderr,
					"nc: rtable %s: there is one routing "
					"table\n",
					argv[i]);
				return 1;
			}
			continue;
		}
		r = strv_add(&words, argv[i]);
	}
	return r ? 1 : script_system(&words);
}
