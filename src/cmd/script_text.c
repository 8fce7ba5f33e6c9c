/*
 * cut(1), tail(1), sum(1), md5(1) and its like for scripts: FreeBSD's "cut -w"
 * and "tail -r", and digests by FreeBSD's names.  Without those flags the words
 * go to Linux's program as they are.
 */
#include "cmd/script.h"

#include "base/cleanup.h"

#include <ctype.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char cut_usage[] = "usage: cut -f list [-s] -w [file ...]\n";
static const char tail_usage[] = "usage: tail -r [-n lines] [file ...]\n";

static int pass(int argc, char **argv)
{
	cleanup_strv struct strv words = {0};

	for (int i = 0; i < argc; i++)
		if (strv_add(&words, argv[i]))
			return 1;
	return script_system(&words);
}

/* Each file, "-" or none being the standard input, line by line. */
static int each_line(int argc, char **argv, const char *prog,
		     int (*fn)(void *data, char *line), void *data)
{
	cleanup_free char *line = NULL;
	size_t size = 0;
	int status = 0;

	for (int i = 0; i < argc || (!i && !argc); i++) {
		bool in = !argc || !strcmp(argv[i], "-");
		FILE *f = in ? stdin : fopen(argv[i], "re");

		if (!f) {
			fprintf(stderr, "%s: %s: %s\n", prog, argv[i],
				strerror(errno));
			status = 1;
			continue;
		}
		while (getline(&line, &size, f) >= 0) {
			line[strcspn(line, "\n")] = '\0';
			if (fn(data, line))
				status = 1;
		}
		if (!in)
			fclose(f);
	}
	return status;
}

/* --- cut ---------------------------------------------------------------- */

#define FIELDS_MAX 2048

struct cut {
	bool fields[FIELDS_MAX + 1];
	long long most; /* the last that is named */
	bool rest;	/* "N-": with all that follow it */
	bool only;	/* -s: lines without a blank are not shown */
};

/* "2", "2-4", "-4", "2-" */
static int cut_range(struct cut *x, char *word)
{
	long long from = 1, to;
	char *dash = strchr(word, '-');

	if (dash)
		*dash++ = '\0';
	if ((*word || !dash) && str_to_int(word, 1, FIELDS_MAX, &from) < 0)
		return -EINVAL;
	to = from;
	if (dash && *dash && str_to_int(dash, from, FIELDS_MAX, &to) < 0)
		return -EINVAL;
	if (dash && !*dash && from >= x->most)
		x->rest = true;
	else if (to > x->most)
		x->rest = false;
	for (long long i = from; i <= to; i++)
		x->fields[i] = true;
	if (to > x->most)
		x->most = to;
	return 0;
}

static int cut_list(struct cut *x, const char *list)
{
	cleanup_strv struct strv words = {0};
	int r = strv_split(&words, list, ", \t");

	for (size_t i = 0; !r && i < words.n; i++)
		r = cut_range(x, words.v[i]);
	return r || !x->most ? -EINVAL : 0;
}

/* Fields end at blanks, however many; what is shown is parted by tabs. */
static int cut_line(void *data, char *line)
{
	const struct cut *x = data;
	const char *p = line;
	int shown = 0;

	if (!strpbrk(line, " \t")) {
		if (!x->only)
			puts(line);
		return 0;
	}
	for (long long i = 1; i <= x->most; i++) {
		size_t n = strcspn(p, " \t");

		if (x->fields[i])
			printf("%s%.*s", shown++ ? "\t" : "", (int)n, p);
		p += n;
		if (!*p)
			break;
		p += strspn(p, " \t");
		if (i == x->most && x->rest)
			printf("%s%s", shown ? "\t" : "", p);
	}
	putchar('\n');
	return 0;
}

int script_cut(int argc, char **argv)
{
	struct cut x = {0};
	const char *list = NULL;
	bool blanks = false, other = false;
	int c;

	opterr = 0;
	while ((c = getopt(argc, argv, "+b:c:d:f:nsw")) != -1) {
		if (c == 'w')
			blanks = true;
		else if (c == 'f')
			list = optarg;
		else if (c == 's')
			x.only = true;
		else
			other = true;
	}
	if (!blanks)
		return pass(argc, argv);
	if (other || !list || cut_list(&x, list) < 0) {
		fputs(cut_usage, stderr);
		return 1;
	}
	return each_line(argc - optind, argv + optind, "cut", cut_line, &x);
}

/* --- tail --------------------------------------------------------------- */

static int keep_line(void *data, char *line)
{
	return strv_add(data, line);
}

int script_tail(int argc, char **argv)
{
	cleanup_strv struct strv lines = {0};
	long long most = -1;
	bool reverse = false, other = false;
	int c, status;

	opterr = 0;
	while ((c = getopt(argc, argv, "+Fb:c:fn:qrv")) != -1) {
		if (c == 'r')
			reverse = true;
		else if (c != 'n' || str_to_int(optarg, 0, INT64_MAX, &most))
			other = true;
	}
	if (!reverse)
		return pass(argc, argv);
	if (other) {
		fputs(tail_usage, stderr);
		return 1;
	}
	status = each_line(argc - optind, argv + optind, "tail", keep_line,
			   &lines);
	for (size_t i = lines.n; i-- && most; most -= most > 0)
		puts(lines.v[i]);
	return status;
}

/* --- sum ---------------------------------------------------------------- */

/* Numbers without zeros before them, which a shell takes for octal ones. */
static int sum_one(const char *file)
{
	cleanup_strbuf struct strbuf out = STRBUF_INIT;
	cleanup_strv struct strv words = {0};
	const char *name = file ? " " : "";
	unsigned long sum, blocks;
	char *rest;

	if (strv_add(&words, "sum") || strv_add(&words, "--") ||
	    (file && strv_add(&words, file)) || script_read(&words, NULL, &out))
		return 1;
	sum = strtoul(out.s, &rest, 10);
	blocks = strtoul(rest, NULL, 10);
	printf("%lu %lu%s%s\n", sum, blocks, name, file ? file : "");
	return 0;
}

int script_sum(int argc, char **argv)
{
	int status = 0;

	if (argc > 1 && argv[1][0] == '-')
		return pass(argc, argv);
	if (argc == 1)
		return sum_one(NULL);
	for (int i = 1; i < argc; i++)
		status |= sum_one(argv[i]);
	return status;
}

/* --- digests ------------------------------------------------------------ */

struct digest {
	char linux_name[16], label[8];
	bool quiet, reversed;
};

/* Of a file, of a text, or (both NULL) of the standard input. */
static int digest_one(const struct digest *d, const char *file,
		      const char *text)
{
	cleanup_strbuf struct strbuf out = STRBUF_INIT;
	cleanup_strv struct strv words = {0};
	const char *quote = text ? "\"" : "", *what = text ? text : file;
	int status;

	if (strv_add(&words, d->linux_name) || strv_add(&words, "--") ||
	    (file && strv_add(&words, file)))
		return 1;
	status = script_read(&words, text, &out);
	if (status)
		return 1;
	/* coreutils begins with "\" where it escapes the file's name */
	out.s[strcspn(out.s, " ")] = '\0';
	if (!what || d->quiet)
		puts(out.s + (*out.s == '\\'));
	else if (d->reversed)
		printf("%s %s%s%s\n", out.s + (*out.s == '\\'), quote, what,
		       quote);
	else
		printf("%s (%s%s%s) = %s\n", d->label, quote, what, quote,
		       out.s + (*out.s == '\\'));
	return 0;
}

int script_digest(int argc, char **argv)
{
	struct digest d = {0};
	int c, status = 0;
	bool text = false;

	snprintf(d.linux_name, sizeof(d.linux_name), "%.7ssum", argv[0]);
	for (size_t i = 0; argv[0][i] && i < sizeof(d.label) - 1; i++)
		d.label[i] = (char)toupper((unsigned char)argv[0][i]);
	while ((c = getopt(argc, argv, "qrs:")) != -1) {
		if (c == 'q') {
			d.quiet = true;
		} else if (c == 'r') {
			d.reversed = true;
		} else if (c == 's') {
			status |= digest_one(&d, NULL, optarg);
			text = true;
		} else {
			fprintf(stderr,
				"usage: %s [-qr] [-s string] [file ...]\n",
				argv[0]);
			return 1;
		}
	}
	if (optind == argc && !text)
		status |= digest_one(&d, NULL, NULL);
	for (int i = optind; i < argc; i++)
		status |= digest_one(&d, argv[i], NULL);
	return status;
}
