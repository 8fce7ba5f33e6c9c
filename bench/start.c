/*
 * start: what a jail costs with all its walls: from the command to the first
 * instruction of the first program in it, and until nothing of it is left.
 *
 * Every contender runs the same static program in the same directory, in user,
 * pid, mount, network, ipc, uts and cgroup namespaces of its own, with /proc,
 * /dev with its nodes, /dev/pts, /dev/shm and /sys.  The program writes one
 * byte to a pipe: the time until it arrives is "first"; until the command has
 * ended "ended"; until the jail's last trace has gone "gone", which for some
 * is the same.  Each jail is made by one command that a shell would start.
 */
#include "bench.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define BUNDLE "/run/start"
#define ROOT "/run/start/rootfs"
#define PATH_ROOT "path=/run/start/rootfs"

enum {
	FIRST,
	ENDED,
	GONE,
	TIMES
};

struct starter {
	const char *name;
	const char *what;
	const char *const *argv;
	const char *trace; /* goes with the last of the jail; NULL: none */
};

static const char *const jail_argv[] = {"jail",	      "-c",
					"name=start", PATH_ROOT,
					"vnet",	      "host.hostname=bench",
					"exec.clean", "command=/hello",
					NULL};
/* The opt-out: what the users cost. */
static const char *const trusted_argv[] = {"jail",
					   "-c",
					   "name=start",
					   PATH_ROOT,
					   "vnet",
					   "host.hostname=bench",
					   "host.users=inherit",
					   "exec.clean",
					   "command=/hello",
					   NULL};
static const char *const bwrap_argv[] = {
	"bwrap",
	"--unshare-user",
	"--unshare-pid",
	"--unshare-net",
	"--unshare-uts",
	"--unshare-ipc",
	"--unshare-cgroup",
	"--uid",
	"0",
	"--gid",
	"0",
	"--hostname",
	"bench",
	"--bind",
	ROOT,
	"/",
	"--proc",
	"/proc",
	"--dev",
	"/dev",
	"--ro-bind",
	"/sys",
	"/sys",
	"--clearenv",
	"/hello",
	NULL,
};
static const char *const runc_argv[] = {"runc", "run",		 "--bundle",
					BUNDLE, "cbbench-start", NULL};
static const char *const crun_argv[] = {"crun", "run",		 "--bundle",
					BUNDLE, "cbbench-start", NULL};

static const struct starter starters[] = {
	{"cellblock", "jail -c command=", jail_argv,
	 "/run/cellblock/names/start"},
	{"trusted", "host.users=inherit", trusted_argv,
	 "/run/cellblock/names/start"},
	{"bwrap", "bwrap --unshare-*", bwrap_argv, NULL},
	{"runc", "runc run", runc_argv, NULL},
	{"crun", "crun run", crun_argv, NULL},
};

#define NSTARTERS (sizeof(starters) / sizeof(starters[0]))

static struct start_result {
	bool runs;
	char why[512];
	struct samples t[TIMES];
} results[NSTARTERS];

/* ---- preparing */

static bool copy(const char *from, const char *to)
{
	char src[4300];

	snprintf(src, sizeof(src), "%s/%s", bench_dir, from);
	return cmd(NULL, "cp", src, to);
}

/* A root directory, and what tells runc and crun the same (oci.json). */
static bool prepare(void)
{
	static const char *const dirs[] = {BUNDLE, ROOT};
	static const char *const points[] = {"proc", "dev", "sys", "run"};
	char path[64];

	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++)
		if (mkdir(dirs[i], 0755))
			return false;
	for (size_t i = 0; i < sizeof(points) / sizeof(points[0]); i++) {
		snprintf(path, sizeof(path), ROOT "/%s", points[i]);
		if (mkdir(path, 0755))
			return false;
	}
	return copy("hello", ROOT "/hello") &&
	       copy("oci.json", BUNDLE "/config.json");
}

/* ---- one jail */

static void nap(void)
{
	struct timespec ts = {.tv_nsec = 100000};

	nanosleep(&ts, NULL);
}

static void complain(struct start_result *r, int errfd, const char *what)
{
	ssize_t n = pread(errfd, r->why, sizeof(r->why) - 1, 0);

	r->runs = false;
	if (n > 0) {
		r->why[n] = '\0';
		r->why[strcspn(r->why, "\n")] = '\0';
	} else {
		snprintf(r->why, sizeof(r->why), "%s", what);
	}
}

static bool spawn(const struct starter *s, int errfd, int out, pid_t *pid)
{
	posix_spawn_file_actions_t fa;
	int e;

	posix_spawn_file_actions_init(&fa);
	posix_spawn_file_actions_addopen(&fa, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&fa, out, 1);
	posix_spawn_file_actions_adddup2(&fa, errfd, 2);
	e = posix_spawnp(pid, s->argv[0], &fa, NULL, (char *const *)s->argv,
			 environ);
	posix_spawn_file_actions_destroy(&fa);
	errno = e;
	return !e;
}

static void one(const struct starter *s, struct start_result *r, bool count)
{
	double t0 = now_ms(), first, ended, gone;
	static int errfd = -1;
	int p[2], status = -1;
	pid_t pid;
	char c;
	bool ok;

	if (errfd < 0)
		errfd = open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (ftruncate(errfd, 0) || pipe2(p, O_CLOEXEC))
		return;
	ok = spawn(s, errfd, p[1], &pid);
	close(p[1]);
	if (!ok) {
		close(p[0]);
		complain(r, errfd, strerror(errno));
		return;
	}
	ok = read(p[0], &c, 1) == 1;
	first = now_ms();
	close(p[0]);
	ok = waitpid(pid, &status, 0) == pid && !status && ok;
	ended = gone = now_ms();
	if (!ok) {
		complain(r, errfd, "failed and said nothing");
		return;
	}
	while (s->trace &&
	       faccessat(AT_FDCWD, s->trace, F_OK, AT_SYMLINK_NOFOLLOW) == 0) {
		nap();
		gone = now_ms();
	}
	if (!count)
		return;
	samples_add(&r->t[FIRST], first - t0);
	samples_add(&r->t[ENDED], ended - t0);
	samples_add(&r->t[GONE], gone - t0);
}

/* ---- all of them */

bool start_bench(int rounds)
{
	if (!prepare()) {
		fprintf(stderr, "bench: " BUNDLE ": %s\n", strerror(errno));
		return false;
	}
	for (size_t s = 0; s < NSTARTERS; s++) {
		results[s].runs = true;
		one(&starters[s], &results[s], false);
		if (!results[s].runs)
			fprintf(stderr, "bench: without %s: %s\n",
				starters[s].name, results[s].why);
	}
	for (int i = 0; i < rounds; i++)
		for (size_t k = 0; k < NSTARTERS; k++) {
			size_t s = (k + (size_t)i) % NSTARTERS;

			if (results[s].runs)
				one(&starters[s], &results[s], true);
		}
	return true;
}

static double median(const char *name, int time)
{
	for (size_t s = 0; s < NSTARTERS; s++)
		if (!strcmp(starters[s].name, name))
			return samples_median(&results[s].t[time]);
	return 0;
}

static void print_target(const char *than, double factor)
{
	double ours = median("cellblock", FIRST), theirs = median(than, FIRST);
	double all = median("cellblock", GONE), theirs_all = median(than, GONE);

	if (!ours || !theirs)
		return;
	printf("cellblock / %-6s %6.2f   target at most %.1f   %-6s   (until "
	       "gone: %.2f)\n",
	       than, ours / theirs, factor,
	       ours <= factor * theirs ? "met" : "MISSED", all / theirs_all);
}

void start_print(void)
{
	printf("one command in a jail of its own, all namespaces and walls\n"
	       "(medians of %zu interleaved rounds, milliseconds)\n\n",
	       results[0].t[FIRST].n);
	printf("%-11s %-20s %8s %8s %8s %8s\n", "", "", "first", "p90", "ended",
	       "gone");
	for (size_t s = 0; s < NSTARTERS; s++) {
		const struct start_result *r = &results[s];

		if (!r->t[FIRST].n) {
			printf("%-11s %s\n", starters[s].name, r->why);
			continue;
		}
		printf("%-11s %-20s %8.2f %8.2f %8.2f %8.2f\n",
		       starters[s].name, starters[s].what,
		       samples_median(&r->t[FIRST]),
		       samples_quantile(&r->t[FIRST], 0.9),
		       samples_median(&r->t[ENDED]),
		       samples_median(&r->t[GONE]));
	}
	putchar('\n');
	print_target("runc", 0.5);
	print_target("crun", 1.5);
	print_target("bwrap", 1.5);
	putchar('\n');
}

void start_json(void)
{
	printf("\"start\":[");
	for (size_t s = 0; s < NSTARTERS; s++) {
		const struct start_result *r = &results[s];

		printf("%s{\"name\":\"%s\"", s ? "," : "", starters[s].name);
		if (r->t[FIRST].n)
			printf(",\"first\":%.3f,\"ended\":%.3f,"
			       "\"gone\":%.3f,\"p10\":%.3f,\"p90\":%.3f",
			       samples_median(&r->t[FIRST]),
			       samples_median(&r->t[ENDED]),
			       samples_median(&r->t[GONE]),
			       samples_quantile(&r->t[FIRST], 0.1),
			       samples_quantile(&r->t[FIRST], 0.9));
		if (!r->runs) {
			printf(",\"missing\":");
			json_text(r->why);
		}
		putchar('}');
	}
	putchar(']');
}
