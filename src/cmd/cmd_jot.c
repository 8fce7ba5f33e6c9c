/*
 * jot(1): sequential or random data.  Of reps, begin, end and step any three
 * determine the fourth; how the missing ones are found is a table in the
 * manual's words.
 */
#include "cmd/cmd.h"
#include "cmd/vnetopt.h"

#include "base/cleanup.h"
#include "base/str.h"

#include <ctype.h>
#include <limits.h>
#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#define REPS_DEFAULT 100
#define BEGIN_DEFAULT 1
#define END_DEFAULT 100
#define STEP_DEFAULT 1

static const char usage[] =
	"usage: jot [-cnr] [-b word] [-w word] [-s string] [-p precision]\n"
	"           [reps [begin [end [s]]]]\n";

struct jot {
	const char *word, *sep;
	char *format; /* of one datum; NULL: plain */
	char conv;    /* its conversion */
	bool boring, random, no_newline, have_prec;
	int prec;
	long reps;
	double begin, end, step;
	bool has_reps, has_begin, has_end, has_step;
};

/* The next whole number below; what is beyond 64 bits has no fraction. */
static double whole_of(double x)
{
	double t;

	if (!(fabs(x) < 9e18))
		return x;
	t = (double)(long long)x;
	return t > x ? t - 1 : t;
}

static double ten_to(int n)
{
	double x = 1;

	while (n-- > 0)
		x *= 10;
	return x;
}

static int __attribute__((format(printf, 1, 2))) fail(const char *fmt, ...)
{
	va_list ap;

	fputs("jot: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	return 1;
}

/* Digits behind the point. */
static int precision(const char *s)
{
	const char *dot = strchr(s, '.');

	return dot ? (int)strspn(dot + 1, "0123456789") : 0;
}

static bool real(const char *s, double *ret)
{
	char *end;

	*ret = strtod(s, &end);
	return *s && !*end && isfinite(*ret);
}

/* A number, or a character that stands for its code. */
static bool bound(struct jot *j, const char *s, double *ret)
{
	if (real(s, ret)) {
		if (!j->have_prec && precision(s) > j->prec)
			j->prec = precision(s);
		return true;
	}
	*ret = (unsigned char)*s;
	return *s && !s[1];
}

static bool given(int argc, char **argv, int i)
{
	return i < argc && strcmp(argv[i], "-") != 0 && *argv[i];
}

static int arguments(struct jot *j, int argc, char **argv)
{
	long long n;

	if (argc < 1 || argc > 4) {
		fputs(usage, stderr);
		return 1;
	}
	if (given(argc, argv, 0)) {
		if (str_to_int(argv[0], 0, LONG_MAX, &n) < 0)
			return fail("bad reps value: %s", argv[0]);
		j->reps = (long)n;
		j->has_reps = true;
	}
	if (given(argc, argv, 1)) {
		if (!bound(j, argv[1], &j->begin))
			return fail("bad begin value: %s", argv[1]);
		j->has_begin = true;
	}
	if (given(argc, argv, 2)) {
		if (!bound(j, argv[2], &j->end))
			return fail("bad end value: %s", argv[2]);
		j->has_end = true;
	}
	if (given(argc, argv, 3)) {
		if (!real(argv[3], &j->step))
			return fail("bad s value: %s", argv[3]);
		j->has_step = true;
	}
	if (!j->has_reps && !j->has_begin && !j->has_end && !j->has_step) {
		fputs(usage, stderr);
		return 1;
	}
	return 0;
}

/* How many steps lead from begin to end; 0: none do. */
static long steps(const struct jot *j)
{
	double n = (j->end - j->begin + j->step) / j->step;

	/* one that is due in spite of rounding */
	n = whole_of(n + 1e-9 * fabs(n));
	return n < 1 ? 0 : n > (double)LONG_MAX / 2 ? LONG_MAX / 2 : (long)n;
}

static int complete_random(struct jot *j)
{
	double t;

	if (!j->has_reps)
		j->reps = REPS_DEFAULT;
	if (!j->has_begin)
		j->begin = BEGIN_DEFAULT;
	if (!j->has_end)
		j->end = END_DEFAULT;
	if (j->begin > j->end) {
		t = j->begin;
		j->begin = j->end;
		j->end = t;
	}
	return 0;
}

static int complete(struct jot *j)
{
	int n = j->has_reps + j->has_begin + j->has_end + j->has_step;

	if (j->random)
		return complete_random(j);
	/* the defaults, from left to right, until three are known */
	if (!j->has_step && !(j->has_begin && j->has_end)) {
		j->step = STEP_DEFAULT;
		j->has_step = true;
		n++;
	}
	if (n < 3 && !j->has_reps) {
		j->reps = REPS_DEFAULT;
		j->has_reps = true;
		n++;
	}
	if (n < 3 && !j->has_begin) {
		j->begin = BEGIN_DEFAULT;
		j->has_begin = true;
		n++;
	}
	if (n == 4 || !j->has_reps) {
		long most = j->step != 0 ? steps(j) : j->reps;

		if (!j->has_reps && j->step == 0)
			return fail("impossible stepsize");
		if (most <= 0)
			return fail("impossible stepsize");
		if (!j->has_reps || !j->reps || most < j->reps)
			j->reps = most;
	} else if (!j->has_begin) {
		if (!j->reps)
			return fail("must specify begin if reps == 0");
		j->begin = j->end - (double)j->reps * j->step + j->step;
	} else if (!j->has_step) {
		if (!j->reps)
			return fail("infinite sequences cannot be bounded");
		j->step = j->reps == 1
				  ? 0
				  : (j->end - j->begin) / (double)(j->reps - 1);
	}
	return 0;
}

/* %[#][ ][{+,-}][0-9]*[.[0-9]*]C, once, into a format for our own types. */
static int format(struct jot *j)
{
	cleanup_strbuf struct strbuf b = STRBUF_INIT;
	bool seen = false;

	for (const char *p = j->word; *p; p++) {
		const char *from = p;

		strbuf_addch(&b, *p);
		if (*p != '%')
			continue;
		if (p[1] == '%') {
			strbuf_addch(&b, *++p);
			continue;
		}
		p += 1 + strspn(p + 1, "# +-");
		p += strspn(p, "0123456789");
		if (*p == '.')
			p += 1 + strspn(p + 1, "0123456789");
		strbuf_addn(&b, from + 1, (size_t)(p - from - 1));
		if (*p == 'l')
			p++;
		if (!*p || !strchr("diouxXcefgEGDOU", *p))
			return fail("illegal or unsupported format '%s'",
				    j->word);
		if (seen)
			return fail("too many conversions");
		seen = true;
		j->conv = strchr("DOU", *p) ? (char)tolower(*p) : *p;
		if (strchr("diouxX", j->conv))
			strbuf_adds(&b, "l");
		strbuf_addch(&b, j->conv);
	}
	if (!seen) {
		strbuf_addf(&b, "%%.%df", j->prec);
		j->conv = 'f';
	}
	j->format = strbuf_take(&b);
	return j->format ? 0 : fail("out of memory");
}

static int put(const struct jot *j, double x)
{
	double whole = whole_of(x + 1e-9 * fabs(x));

	switch (j->conv) {
	case 'c':
		if (whole < 0 || whole > 255)
			return fail("range error in conversion");
		printf(j->format, (int)whole);
		break;
	case 'e':
	case 'f':
	case 'g':
	case 'E':
	case 'G':
		printf(j->format, x);
		break;
	default:
		if (whole < (double)LONG_MIN || whole > (double)LONG_MAX)
			return fail("range error in conversion");
		printf(j->format, (long)whole);
	}
	return 0;
}

/* Any of begin..end in steps of the precision. */
static double any(const struct jot *j)
{
	double scale = ten_to(j->conv == 'c' ? 0 : j->prec);
	double n = whole_of((j->end - j->begin) * scale) + 1;
	uint64_t r = 0;

	if (getrandom(&r, sizeof(r), 0) != (ssize_t)sizeof(r))
		return j->begin;
	return j->begin +
	       whole_of(((double)(r >> 11) / 9007199254740992.0) * n) / scale;
}

static int print(const struct jot *j)
{
	double x = j->begin;

	for (long i = 0; !j->reps || i < j->reps; i++) {
		if (i)
			fputs(j->sep, stdout);
		if (j->boring)
			fputs(j->word, stdout);
		else if (put(j, j->random ? any(j) : x))
			return 1;
		if (ferror(stdout))
			return 1;
		x = j->begin + (double)(i + 1) * j->step;
	}
	if (!j->no_newline)
		putchar('\n');
	return fflush(stdout) ? 1 : 0;
}

/* -1: go on; a negative number is no option. */
static int options(int *argc, char ***argv, struct jot *j)
{
	long long n;
	int c;

	while (optind < *argc) {
		const char *a = (*argv)[optind];

		if (*a == '-' && (isdigit((unsigned char)a[1]) || a[1] == '.'))
			break;
		c = getopt(*argc, *argv, "+b:cnp:rs:w:");
		if (c == -1)
			break;
		switch (c) {
		case 'b':
			j->boring = true;
			j->word = optarg;
			break;
		case 'c':
			j->word = "%c";
			break;
		case 'n':
			j->no_newline = true;
			break;
		case 'p':
			if (str_to_int(optarg, 0, 30, &n) < 0)
				return fail("bad precision value");
			j->prec = (int)n;
			j->have_prec = true;
			break;
		case 'r':
			j->random = true;
			break;
		case 's':
			j->sep = optarg;
			break;
		case 'w':
			j->word = optarg;
			break;
		default:
			fputs(usage, stderr);
			return 1;
		}
	}
	*argc -= optind;
	*argv += optind;
	return -1;
}

int cmd_jot(int argc, char **argv)
{
	struct jot j = {.word = "", .sep = "\n"};
	cleanup_free char *format_owner = NULL;
	int r;

	if (vnetopt_help(argc, argv, usage))
		return 0;
	r = options(&argc, &argv, &j);
	if (r >= 0)
		return r;
	if (arguments(&j, argc, argv) || complete(&j))
		return 1;
	if (!j.boring && format(&j))
		return 1;
	format_owner = j.format;
	return print(&j);
}
