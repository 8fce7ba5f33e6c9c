/* command: run programs as a user's shell would, timed. */
#include "bench.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct cmd_stat cmd_stats[128];
size_t ncmd_stats;
const char *cmd_owner;
static char error_text[1024];

double now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec * 1e3 + (double)ts.tv_nsec / 1e6;
}

void samples_add(struct samples *s, double ms)
{
	if (s->n == s->size) {
		s->size = s->size ? s->size * 2 : 64;
		s->v = realloc(s->v, s->size * sizeof(*s->v));
		if (!s->v)
			abort();
	}
	s->v[s->n++] = ms;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double samples_quantile(const struct samples *s, double q)
{
	double *v, r;

	if (!s->n)
		return 0;
	v = malloc(s->n * sizeof(*v));
	if (!v)
		abort();
	memcpy(v, s->v, s->n * sizeof(*v));
	qsort(v, s->n, sizeof(*v), compare);
	r = v[(size_t)(q * (double)(s->n - 1) + 0.5)];
	free(v);
	return r;
}

static void book(const char *const *argv, double ms)
{
	char label[64];

	if (!cmd_owner)
		return;
	snprintf(label, sizeof(label), "%s: %s %s", cmd_owner, argv[0],
		 argv[1] ? argv[1] : "");
	for (size_t i = 0; i < ncmd_stats; i++)
		if (!strcmp(cmd_stats[i].label, label)) {
			samples_add(&cmd_stats[i].s, ms);
			return;
		}
	if (ncmd_stats == sizeof(cmd_stats) / sizeof(cmd_stats[0]))
		return;
	memcpy(cmd_stats[ncmd_stats].label, label, sizeof(label));
	samples_add(&cmd_stats[ncmd_stats++].s, ms);
}

const char *cmd_error(void)
{
	return error_text;
}

/* What a descriptor holds, up to `size`, then closed. */
static void slurp(int fd, char *buf, size_t size)
{
	size_t n = 0;
	ssize_t r;

	while (n + 1 < size && (r = read(fd, buf + n, size - 1 - n)) > 0)
		n += (size_t)r;
	buf[n] = '\0';
	close(fd);
}

/* stdout to a pipe only when wanted: a daemon that keeps it would block us. */
static bool start(const char *const *argv, int *out, int errfd, pid_t *pid)
{
	posix_spawn_file_actions_t fa;
	int p[2] = {-1, -1};
	int r;

	if (out && pipe2(p, O_CLOEXEC))
		return false;
	posix_spawn_file_actions_init(&fa);
	posix_spawn_file_actions_addopen(&fa, 0, "/dev/null", O_RDONLY, 0);
	if (out)
		posix_spawn_file_actions_adddup2(&fa, p[1], 1);
	else
		posix_spawn_file_actions_addopen(&fa, 1, "/dev/null", O_WRONLY,
						 0);
	posix_spawn_file_actions_adddup2(&fa, errfd, 2);
	r = posix_spawnp(pid, argv[0], &fa, NULL, (char *const *)argv, environ);
	posix_spawn_file_actions_destroy(&fa);
	if (out)
		close(p[1]);
	if (r) {
		if (out)
			close(p[0]);
		snprintf(error_text, sizeof(error_text), "%s: %s", argv[0],
			 strerror(r));
		return false;
	}
	if (out)
		*out = p[0];
	return true;
}

bool cmd_run(char *out, const char *const *argv)
{
	static int errfd = -1;
	double t0 = now_ms();
	int status, fd = -1;
	size_t n;
	pid_t pid;

	if (errfd < 0)
		errfd = open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (ftruncate(errfd, 0) || lseek(errfd, 0, SEEK_SET))
		return false;
	if (!start(argv, out ? &fd : NULL, errfd, &pid))
		return false;
	if (out) {
		slurp(fd, out, CMD_OUT_MAX);
		out[strcspn(out, "\n")] = '\0';
	}
	if (waitpid(pid, &status, 0) != pid)
		return false;
	if (WIFEXITED(status) && !WEXITSTATUS(status)) {
		book(argv, now_ms() - t0);
		return true;
	}
	n = (size_t)snprintf(error_text, sizeof(error_text), "%s %s: ", argv[0],
			     argv[1] ? argv[1] : "");
	if (n < sizeof(error_text)) {
		ssize_t r = pread(errfd, error_text + n,
				  sizeof(error_text) - n - 1, 0);

		error_text[n + (r > 0 ? (size_t)r : 0)] = '\0';
	}
	error_text[strcspn(error_text, "\n")] = '\0';
	return false;
}

bool sh(const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (cmd(NULL, "sh", "-ec", text))
		return true;
	fprintf(stderr, "bench: %s\nbench: %s\n", text, cmd_error());
	return false;
}

void enter(int ns)
{
	if (setns(ns, CLONE_NEWNET) < 0) {
		perror("bench: setns");
		exit(1);
	}
}
