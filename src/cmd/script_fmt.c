/*
 * fmt(1) for scripts: FreeBSD's goal and maximum are numbers of their own
 * ("fmt 2" puts one word on each line), which coreutils' takes for files.
 */
#include "cmd/script.h"

#include "base/cleanup.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

static const char fmt_usage[] =
	"usage: fmt [-s] [-w width | -width | goal [maximum]] [file ...]\n";

#define WIDEST 2500 /* of coreutils */

/*
 * FreeBSD's fmt(1): without a maximum it is ten more than the goal; but no
 * line passes the goal by more than it would fall short without its last word.
 * Coreutils' has no such rule: it shows where the goal is small.
 */
static long long past(long long goal)
{
	return goal + (goal < 20 ? goal / 2 : 10);
}

static int widths(struct strv *argv, long long goal, long long most)
{
	if (most < goal || most >= WIDEST)
		return -EINVAL;
	return strv_add(argv, "-g") || strv_addf(argv, "%lld", goal) ||
	       /* coreutils counts the end of the line */
	       strv_add(argv, "-w") || strv_addf(argv, "%lld", most + 1);
}

/* "goal [maximum]" from the i-th word on, if it is a number: the next word. */
static int goal_words(int argc, char **argv, int i, struct strv *words)
{
	long long goal, most;

	if (i >= argc || str_to_int(argv[i], 1, WIDEST, &goal) < 0)
		return i;
	if (++i < argc && !str_to_int(argv[i], 1, WIDEST, &most))
		i++;
	else
		most = past(goal);
	return widths(words, goal, most) ? -EINVAL : i;
}

static int fmt_words(int argc, char **argv, struct strv *words)
{
	int i = 1, r = strv_add(words, "fmt");

	for (; !r && i < argc && argv[i][0] == '-' && argv[i][1]; i++) {
		const char *value = argv[i] + 1;
		long long width;

		if (!strcmp(argv[i], "--")) {
			i++;
			break;
		}
		if (!strcmp(argv[i], "-s")) {
			r = strv_add(words, "-s");
			continue;
		}
		if (*value == 'w' && !*++value)
			value = ++i < argc ? argv[i] : "";
		if (str_to_int(value, 1, WIDEST, &width) < 0)
			return -EINVAL;
		r = widths(words, width, width);
	}
	i = r ? -EINVAL : goal_words(argc, argv, i, words);
	if (i < 0 || strv_add(words, "--"))
		return -EINVAL;
	for (; !r && i < argc; i++)
		r = strv_add(words, argv[i]);
	return r ? -EINVAL : 0;
}

int script_fmt(int argc, char **argv)
{
	cleanup_strv struct strv words = {0};

	if (fmt_words(argc, argv, &words) < 0) {
		fputs(fmt_usage, stderr);
		return EX_USAGE;
	}
	return script_system(&words);
}
