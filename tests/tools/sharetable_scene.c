/*
 * sharetable_scene: who takes part, which addresses they have, and talking to
 * the sockprobe of each.  tests/system/sharetable_test.sh makes the same scene.
 */
#include "sharetable.h"

#include <poll.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	ANSWER = 1024,
	ANSWERS = 16,
	PATIENCE_MS = 30000,
};

const char *const where_name[W_MAX] = {
	[W_HOST] = "host",   [W_OUT] = "out",	[W_JAIL2] = "jail2",
	[W_ONE] = "one",     [W_TWO] = "two",	[W_V4] = "v4only",
	[W_NOSEL] = "nosel", [W_PING] = "ping",
};

/* What starts a program there. */
static const char *const start[W_MAX][6] = {
	[W_HOST] = {NULL},
	[W_OUT] = {"ip", "netns", "exec", "out", NULL},
	[W_JAIL2] = {"jexec", "jail2", NULL},
	[W_ONE] = {"jexec", "one", NULL},
	[W_TWO] = {"jexec", "two", NULL},
	[W_V4] = {"jexec", "v4only", NULL},
	[W_NOSEL] = {"jexec", "nosel", NULL},
	[W_PING] = {"jexec", "ping", NULL},
};

/* Addresses that are the same for all ... */
static const char *const addr[A_MAX][2] = {
	[A_LOOP] = {"127.0.0.1", "::1"},
	[A_LOOP2] = {"127.0.0.2", NULL},
	[A_ANY] = {"0.0.0.0", "::"},
	[A_HOST] = {"192.0.2.1", "fd00:2::1"},
	[A_HOST2] = {"198.51.100.1", "fd00:51::1"},
	[A_JAIL2] = {"192.0.2.21", "fd00:2::21"},
	[A_FAR] = {"203.0.113.9", "fd00:113::9"},
	[A_FAR2] = {"198.51.100.254", "fd00:51::fe"},
	[A_GW] = {"192.0.2.254", "fd00:2::fe"},
	[A_MCAST] = {"239.1.2.3", "ff15::1:2:3"},
	[A_BCAST] = {"192.0.2.255", NULL},
};

/* ... and each jail's own. */
static const char *const own[W_MAX][2][2] = {
	[W_ONE] = {{"192.0.2.10", "fd00:2::10"}, {NULL, NULL}},
	[W_TWO] = {{"192.0.2.11", "fd00:2::11"},
		   {"198.51.100.11", "fd00:51::11"}},
	[W_V4] = {{"192.0.2.13", NULL}, {NULL, NULL}},
	[W_NOSEL] = {{"192.0.2.14", "fd00:2::14"},
		     {"198.51.100.14", "fd00:51::14"}},
	[W_PING] = {{"192.0.2.15", "fd00:2::15"}, {NULL, NULL}},
};

static FILE *to[W_MAX];
static int from[W_MAX];

static void die(const char *what, const char *more)
{
	fprintf(stderr, "sharetable: %s: %s\n", what, more);
	exit(2);
}

static void start_one(enum where w, const char *sockprobe)
{
	const char *argv[8] = {NULL};
	int in[2], out[2], n = 0;
	pid_t pid;

	while (start[w][n]) {
		argv[n] = start[w][n];
		n++;
	}
	argv[n] = sockprobe;
	if (pipe(in) || pipe(out))
		die("pipe", where_name[w]);
	pid = fork();
	if (pid < 0)
		die("fork", where_name[w]);
	if (pid == 0) {
		dup2(in[0], 0);
		dup2(out[1], 1);
		for (int fd = 3; fd < 64; fd++)
			close(fd);
		execvp(argv[0], (char **)argv);
		_exit(127);
	}
	close(in[0]);
	close(out[1]);
	to[w] = fdopen(in[1], "w");
	from[w] = out[0];
}

void scene_start(const char *sockprobe)
{
	for (enum where w = 0; w < W_MAX; w++)
		start_one(w, sockprobe);
}

const char *ask(enum where w, const char *fmt, ...)
{
	static char answers[ANSWERS][ANSWER];
	static int turn;
	char *buf = answers[turn++ % ANSWERS];
	size_t n = 0;
	va_list ap;

	va_start(ap, fmt);
	vfprintf(to[w], fmt, ap);
	va_end(ap);
	fputc('\n', to[w]);
	fflush(to[w]);
	do {
		struct pollfd p = {.fd = from[w], .events = POLLIN};

		if (n == ANSWER - 1 || poll(&p, 1, PATIENCE_MS) != 1 ||
		    read(from[w], buf + n, 1) != 1)
			die("no answer from the program", where_name[w]);
	} while (buf[n++] != '\n');
	buf[n - 1] = '\0';
	if (getenv("SHARETABLE_TRACE")) {
		va_start(ap, fmt);
		fprintf(stderr, "%s: ", where_name[w]);
		vfprintf(stderr, fmt, ap);
		fprintf(stderr, ": %s\n", buf);
		va_end(ap);
	}
	return buf;
}

bool ok(const char *answer)
{
	return !strncmp(answer, "ok", 2);
}

const char *addr_of(enum where jail, enum class class, bool six)
{
	if (class == A_OWN1 || class == A_OWN2)
		return own[jail][class - A_OWN1][six];
	return addr[class][six];
}

bool wire_six(enum fam fam)
{
	return fam == F_6 || fam == F_DUAL;
}

const char *family_word(enum fam fam)
{
	static const char *const words[F_MAX] = {"4", "6", "46", "46"};

	return words[fam];
}

const char *addr_word(enum where jail, const char *text, enum fam fam)
{
	static char strange[4][64];
	static int turn;
	char *s = strange[turn++ % 4];
	bool mapped = !strncmp(text, "::ffff:", 7);
	char plain[64];

	snprintf(plain, sizeof(plain), "%s", mapped ? text + 7 : text);
	plain[strcspn(plain, " ")] = '\0';
	for (enum class c = A_LOOP; c < A_MAX; c++)
		for (int six = 0; six < 2; six++) {
			const char *a = addr_of(jail, c, six);

			if (a && !strcmp(a, plain) &&
			    mapped == (fam == F_MAP && !six) &&
			    six == wire_six(fam))
				return class_name[c];
		}
	snprintf(s, sizeof(strange[0]), "%.*s", (int)strcspn(text, " "), text);
	return s;
}
