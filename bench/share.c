/*
 * share: what it costs a program that its jail shares the host's addresses.
 *
 * Three parts.  Traffic: the same load generator (load.c) runs on a bare host
 * (a box of its own, without jails), on one behind a system call filter that
 * allows all, which any container has, on one that has programs that allow all
 * at the jails' hooks, too, on the host of the jails, in a jail that
 * inherits its addresses, in one with an address and in one with two (on a host
 * of its own, since it costs that), the last two and the bare host by IPv6,
 * too; each has its sockets for ten rounds, in each round every test is done on
 * every side for a moment, one side after the other, forwards and backwards in
 * turn, and what counts is the median of the rounds' ratios to the bare host.
 * Start: such a jail, made and removed,
 * beside a vnet one that gets an interface. Many: connections of one jail that
 * has no others beside it and of one among a thousand, each in a box of its own
 * (so that both are there at the same time), in turn as above.
 */
#include "bench.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define SLICE_MS 20
/* Rounds after which each load generator starts anew: see load.c. */
#define ANEW 10

/* ---- a load generator somewhere */

struct side {
	const char *name;
	bool box;	   /* one of its own, where nothing else is */
	const char *walls; /* that allow all: load.c's third word */
	const char *jail;  /* NULL: the host */
	const char *param; /* of it, beside persist */
	const char *addr, *port;
	pid_t pid;
	FILE *to, *from;
};

static bool side_spawn(struct side *s, const char *const *argv)
{
	posix_spawn_file_actions_t fa;
	int in[2], out[2], r;

	if (pipe2(in, O_CLOEXEC))
		return false;
	if (pipe2(out, O_CLOEXEC)) {
		close(in[0]);
		close(in[1]);
		return false;
	}
	posix_spawn_file_actions_init(&fa);
	posix_spawn_file_actions_adddup2(&fa, in[0], 0);
	posix_spawn_file_actions_adddup2(&fa, out[1], 1);
	r = posix_spawnp(&s->pid, argv[0], &fa, NULL, (char *const *)argv,
			 environ);
	posix_spawn_file_actions_destroy(&fa);
	close(in[0]);
	close(out[1]);
	s->to = fdopen(in[1], "w");
	s->from = fdopen(out[0], "r");
	if (r) {
		fprintf(stderr, "bench: %s: %s\n", argv[0], strerror(r));
		return false;
	}
	return s->to && s->from;
}

static void side_end(struct side *s)
{
	if (s->to)
		fclose(s->to);
	if (s->from)
		fclose(s->from);
	if (s->pid > 0)
		waitpid(s->pid, NULL, 0);
	s->to = s->from = NULL;
	s->pid = 0;
}

/* Operations a second of processor time; 0: it failed, and said so. */
static double side_rate(struct side *s, const char *test, int ms)
{
	char line[256] = "no answer\n";
	unsigned long long ops, cpu, wall;

	if (fprintf(s->to, "%s %d\n", test, ms) < 0 || fflush(s->to) ||
	    !fgets(line, sizeof(line), s->from) ||
	    sscanf(line, "%llu %llu %llu", &ops, &cpu, &wall) != 3 || !cpu) {
		fprintf(stderr, "bench: %s, %s: %s", s->name, test, line);
		return 0;
	}
	return (double)ops * 1e9 / (double)cpu;
}

static bool side_anew(struct side *s)
{
	char line[256];

	return fprintf(s->to, "anew 0\n") > 0 && !fflush(s->to) &&
	       fgets(line, sizeof(line), s->from) && !strcmp(line, "anew\n");
}

static void load_path(char *ret, size_t size)
{
	snprintf(ret, size, "%s/load", bench_dir);
}

/* Run words, as many as there are (five at most), in a box of its own. */
static bool side_box(struct side *s, const char *const *words)
{
	char box[4200], top[4200];
	const char *argv[12] = {box, "-k", top, "--"};

	/* BUILD/bench, BUILD/tests/tools/box */
	snprintf(box, sizeof(box), "%s/../tests/tools/box", bench_dir);
	snprintf(top, sizeof(top), "%s/..", bench_dir);
	for (size_t i = 0; i < 5 && words[i]; i++)
		argv[4 + i] = words[i];
	return side_spawn(s, argv);
}

/* With as many addresses as the host of the jails: they cost, too. */
static bool side_alone(struct side *s, const char *path)
{
	char jail[200] = "", script[4600];
	const char *words[] = {"sh", "-c", script, NULL};

	if (s->jail)
		snprintf(jail, sizeof(jail),
			 "jail -c name=%s '%s' persist || exit 1; "
			 "set -- jexec %s; ",
			 s->jail, s->param, s->jail);
	snprintf(script, sizeof(script),
		 "for i in 1 2 3 4; do ifconfig lo0 inet 10.96.0.$i/32 alias "
		 "&& ifconfig lo0 inet6 fd00:96::$i/128 alias || exit 1; done; "
		 "%sexec \"$@\" '%s' %s %s %s",
		 jail, path, s->addr, s->port, s->walls ? s->walls : "");
	return side_box(s, words);
}

static bool side_up(struct side *s)
{
	char path[4200], name[64];
	const char *host[] = {path, s->addr, s->port, NULL};
	const char *jexec[] = {"jexec", s->jail, path, s->addr, s->port, NULL};

	load_path(path, sizeof(path));
	if (s->box)
		return side_alone(s, path);
	if (!s->jail)
		return side_spawn(s, host);
	snprintf(name, sizeof(name), "name=%s", s->jail);
	if (!cmd(NULL, "jail", "-c", name, s->param, "persist")) {
		fprintf(stderr, "bench: %s: %s\n", s->name, cmd_error());
		return false;
	}
	return side_spawn(s, jexec);
}

static void side_down(struct side *s)
{
	side_end(s);
	if (s->jail && !s->box)
		cmd(NULL, "jail", "-r", s->jail);
}

/* All on one processor: what they share is then the same for all. */
static void pin(bool on)
{
	static cpu_set_t before;
	cpu_set_t one;

	if (!on) {
		sched_setaffinity(0, sizeof(before), &before);
		return;
	}
	sched_getaffinity(0, sizeof(before), &before);
	CPU_ZERO(&one);
	CPU_SET(sched_getcpu(), &one);
	sched_setaffinity(0, sizeof(one), &one);
}

/* ---- traffic */

#define ALIAS(addr) "ip4.addr=lo0|" addr "/32"
#define ALIAS6(addr) "ip6.addr=lo0|" addr "/128"

enum {
	BARE,
	FILTER,
	FLOOR,
	HOST,
	INHERIT,
	ONE,
	TWO,
	BARE6, /* the rest speak IPv6 */
	ONE6,
	TWO6,
	NSIDES
};
static struct side sides[NSIDES] = {
	[BARE] = {.name = "bare",
		  .box = true,
		  .addr = "10.96.0.1",
		  .port = "8000"},
	[FILTER] = {.name = "filter",
		    .box = true,
		    .walls = "filter",
		    .addr = "10.96.0.1",
		    .port = "8000"},
	[FLOOR] = {.name = "floor",
		   .box = true,
		   .walls = "floor",
		   .addr = "10.96.0.1",
		   .port = "8000"},
	[HOST] = {.name = "host", .addr = "10.96.0.1", .port = "8000"},
	[INHERIT] = {.name = "inherit",
		     .jail = "benchi",
		     .param = "ip4=inherit",
		     .addr = "10.96.0.1",
		     .port = "8010"},
	[ONE] = {.name = "one",
		 .jail = "bench1",
		 .param = ALIAS("10.96.0.2"),
		 .addr = "10.96.0.2",
		 .port = "8020"},
	[TWO] = {.name = "two",
		 .box = true,
		 .jail = "bench2",
		 .param = ALIAS("10.96.0.3") ",lo0|10.96.0.4/32",
		 .addr = "10.96.0.3",
		 .port = "8030"},
	[BARE6] = {.name = "bare6",
		   .box = true,
		   .addr = "fd00:96::1",
		   .port = "8000"},
	[ONE6] = {.name = "one6",
		  .jail = "bench61",
		  .param = ALIAS6("fd00:96::2"),
		  .addr = "fd00:96::2",
		  .port = "8040"},
	[TWO6] = {.name = "two6",
		  .box = true,
		  .jail = "bench62",
		  .param = ALIAS6("fd00:96::3") ",lo0|fd00:96::4/128",
		  .addr = "fd00:96::3",
		  .port = "8050"},
};

static struct traffic {
	const char *test;
	const char *what;
	double target;
	struct samples rate[NSIDES], ratio[NSIDES]; /* to bare, or bare6 */
	struct samples walls;			    /* of "one" to "floor" */
} traffic[] = {
	{.test = "tcp1", .what = "64 KiB on one connection", .target = 0.99},
	{.test = "tcp4", .what = "64 KiB, four in turn", .target = 0.99},
	{.test = "rr", .what = "request and response", .target = 0.99},
	{.test = "udpmm", .what = "32 datagrams, sendmmsg", .target = 0.99},
	{.test = "udp", .what = "datagram, connected", .target = 0.99},
	{.test = "udpto", .what = "datagrams there and back", .target = 0.99},
	{.test = "connect", .what = "connect, accept, close", .target = 0.95},
};
#define NTRAFFIC (sizeof(traffic) / sizeof(traffic[0]))

/* What a side is compared with. */
static size_t base_of(size_t side)
{
	return side < BARE6 ? BARE : BARE6;
}

static bool traffic_round(struct traffic *t, int round)
{
	double rate[NSIDES];

	for (size_t k = 0; k < NSIDES; k++) {
		size_t i = round % 2 ? NSIDES - 1 - k : k;

		rate[i] = side_rate(&sides[i], t->test, SLICE_MS);
		if (rate[i] <= 0)
			return false;
	}
	/* the first of them makes the sockets, and fills caches */
	if (round % ANEW == 0)
		return true;
	for (size_t i = 0; i < NSIDES; i++) {
		samples_add(&t->rate[i], rate[i]);
		samples_add(&t->ratio[i], rate[i] / rate[base_of(i)]);
	}
	samples_add(&t->walls, rate[ONE] / rate[FLOOR]);
	return true;
}

static bool traffic_bench(int rounds)
{
	bool ok = cmd(NULL, "ifconfig", "lo0", "inet", "10.96.0.1/32", "alias");

	pin(true);
	for (size_t i = 0; ok && i < NSIDES; i++)
		ok = side_up(&sides[i]);
	for (int r = 0; ok && r <= rounds; r++) {
		for (size_t i = 0; ok && r && r % ANEW == 0 && i < NSIDES; i++)
			ok = side_anew(&sides[i]);
		for (size_t t = 0; ok && t < NTRAFFIC; t++)
			ok = traffic_round(&traffic[t], r);
	}
	for (size_t i = 0; i < NSIDES; i++)
		side_down(&sides[i]);
	pin(false);
	return ok;
}

static const char *verdict(bool met)
{
	return met ? "met" : "MISSED";
}

static void traffic_print(void)
{
	printf("a program in a jail that shares the host's addresses, and a "
	       "bare host without jails\n(thousands of operations a second of "
	       "processor time, and the others' ratio to it;\nmedians of %zu "
	       "rounds)\n\n%-32s",
	       traffic[0].rate[0].n, "");
	for (size_t i = 0; i < NSIDES; i++)
		printf(" %7s", sides[i].name);
	printf(" %8s\n", "one/flo.");
	for (size_t t = 0; t < NTRAFFIC; t++) {
		const struct traffic *p = &traffic[t];

		printf("%-8s%-24s", p->test, p->what);
		for (size_t i = 0; i < NSIDES; i++)
			if (i == base_of(i))
				printf(" %7.1f",
				       samples_median(&p->rate[i]) / 1e3);
			else
				printf(" %7.3f", samples_median(&p->ratio[i]));
		printf(" %8.3f   one at least %.2f: %s\n",
		       samples_median(&p->walls), p->target,
		       verdict(samples_median(&p->ratio[ONE]) >= p->target));
	}
	putchar('\n');
}

/* ---- start */

#define SHARED ALIAS("10.96.1.1")
static struct starter {
	const char *name;
	const char *what;
	const char *params[3];
	struct samples up, both;
} starters[] = {
	{.name = "shared",
	 .what = "ip4.addr=lo0|10.96.1.1",
	 .params = {SHARED}},
	{.name = "vnet",
	 .what = "vnet vnet.interface=",
	 .params = {"vnet", "vnet.interface=epair96b"}},
	{.name = "vnet-bare", .what = "vnet, no interface", .params = {"vnet"}},
	{.name = "inherit", .what = "no network of its own", .params = {NULL}},
	/* with no other jail on the machine: programs are loaded, too */
	{.name = "first", .what = "shared, the only jail", .params = {SHARED}},
};
#define NSTARTERS (sizeof(starters) / sizeof(starters[0]))

static bool start_one(struct starter *s)
{
	const char *argv[8] = {"jail", "-c", "name=bench", "persist"};
	double t0, t1;

	for (size_t i = 0; i < 3 && s->params[i]; i++)
		argv[4 + i] = s->params[i];
	t0 = now_ms();
	if (!cmd_run(NULL, argv))
		return false;
	t1 = now_ms();
	if (!cmd(NULL, "jail", "-r", "bench"))
		return false;
	samples_add(&s->up, t1 - t0);
	samples_add(&s->both, now_ms() - t0);
	return true;
}

static bool start_rounds(int rounds)
{
	static const char other[] = ALIAS("10.96.1.2");
	size_t others = NSTARTERS - 1;
	bool ok = cmd(NULL, "ifconfig", "epair96", "create");

	for (int r = 0; ok && r < rounds; r++)
		ok = start_one(&starters[others]);
	ok = ok && cmd(NULL, "jail", "-c", "name=bench0", other, "persist");
	for (int r = 0; ok && r < rounds; r++)
		for (size_t k = 0; ok && k < others; k++)
			ok = start_one(&starters[(k + (size_t)r) % others]);
	if (!ok)
		fprintf(stderr, "bench: %s\n", cmd_error());
	cmd(NULL, "jail", "-r", "bench0");
	cmd(NULL, "ifconfig", "epair96a", "destroy");
	return ok;
}

static void start_table(void)
{
	double up = samples_median(&starters[0].up);
	double both = samples_median(&starters[0].both);

	printf("jail -c and jail -r beside another such jail (medians of %zu "
	       "interleaved rounds, "
	       "milliseconds)\n\n%-35s %8s %8s %8s %8s\n",
	       starters[0].up.n, "", "up", "x shared", "both", "x shared");
	for (size_t i = 0; i < NSTARTERS; i++) {
		const struct starter *s = &starters[i];
		double u = samples_median(&s->up);
		double b = samples_median(&s->both);

		printf("%-11s%-24s %8.2f %8.2f %8.2f %8.2f", s->name, s->what,
		       u, u / up, b, b / both);
		if (i == 1)
			printf("   at least 3: %s, %s", verdict(u >= 3 * up),
			       verdict(b >= 3 * both));
		putchar('\n');
	}
	putchar('\n');
}

/* ---- many */

static int many;
static struct samples many_rate[2], many_ratio;

/* jail.conf for n jails with two addresses each: m0, m1, ... */
static bool many_conf(const char *path, int n)
{
	FILE *f = fopen(path, "we");
	bool ok;

	if (!f)
		return false;
	fprintf(f, "persist; path = /;\n");
	for (int i = 0; i < n; i++)
		fprintf(f,
			"m%d { ip4.addr = \"lo0|10.97.%d.%d/32\", "
			"\"lo0|10.98.%d.%d/32\"; }\n",
			i, i / 250, i % 250 + 1, i / 250, i % 250 + 1);
	ok = !ferror(f);
	return !fclose(f) && ok;
}

/* In a box of its own: n jails, and the first one's load generator. */
bool share_many(int n)
{
	char path[4200];

	load_path(path, sizeof(path));
	if (!many_conf("/tmp/many.conf", n) ||
	    !cmd(NULL, "jail", "-q", "-f", "/tmp/many.conf", "-c")) {
		fprintf(stderr, "bench: %s\n", cmd_error());
		return false;
	}
	execlp("jexec", "jexec", "m0", path, "10.97.0.1", "8000", NULL);
	return false;
}

static bool many_side(struct side *s, int n)
{
	char self[4200], num[16];
	const char *words[] = {self, "-M", num, NULL};

	snprintf(self, sizeof(self), "%s/cbbench", bench_dir);
	snprintf(num, sizeof(num), "%d", n);
	return side_box(s, words);
}

static bool many_bench(int rounds, int n)
{
	struct side alone = {.name = "one jail"}, among = {.name = "many"};
	bool ok;

	many = n;
	pin(true);
	ok = many_side(&alone, 1) && many_side(&among, n) &&
	     side_rate(&alone, "connect", 1) > 0 &&
	     side_rate(&among, "connect", 1) > 0;
	for (int r = 0; ok && r < rounds; r++) {
		double a, b;

		if (r && r % ANEW == 0)
			ok = side_anew(&alone) && side_anew(&among) &&
			     side_rate(&alone, "connect", 1) > 0 &&
			     side_rate(&among, "connect", 1) > 0;
		if (!ok)
			break;
		if (r % 2) {
			b = side_rate(&among, "connect", SLICE_MS);
			a = side_rate(&alone, "connect", SLICE_MS);
		} else {
			a = side_rate(&alone, "connect", SLICE_MS);
			b = side_rate(&among, "connect", SLICE_MS);
		}
		ok = a > 0 && b > 0;
		samples_add(&many_rate[0], a);
		samples_add(&many_rate[1], b);
		samples_add(&many_ratio, b / a);
	}
	side_end(&alone);
	side_end(&among);
	pin(false);
	return ok;
}

static void many_print(void)
{
	double ratio = samples_median(&many_ratio);

	printf("connect, accept, close in one of many jails with two addresses "
	       "each\n(thousands a second of processor time, medians of %zu "
	       "rounds)\n\n1 jail %8.1f   %d jails %8.1f   ratio %6.3f   at "
	       "least 0.90  %s\n\n",
	       many_ratio.n, samples_median(&many_rate[0]) / 1e3, many,
	       samples_median(&many_rate[1]) / 1e3, ratio,
	       verdict(ratio >= 0.9));
}

/* ---- all of it */

bool share_bench(int rounds, int n)
{
	return traffic_bench(rounds) && start_rounds((rounds + 2) / 3) &&
	       (!n || many_bench(rounds, n));
}

void share_print(void)
{
	traffic_print();
	start_table();
	if (many_ratio.n)
		many_print();
}

void share_json(void)
{
	printf("\"share\":{\"traffic\":[");
	for (size_t t = 0; t < NTRAFFIC; t++) {
		printf("%s{\"test\":\"%s\"", t ? "," : "", traffic[t].test);
		for (size_t i = 0; i < NSIDES; i++)
			printf(",\"%s\":%.1f,\"%s/%s\":%.4f", sides[i].name,
			       samples_median(&traffic[t].rate[i]),
			       sides[i].name, sides[base_of(i)].name,
			       samples_median(&traffic[t].ratio[i]));
		printf(",\"one/floor\":%.4f}",
		       samples_median(&traffic[t].walls));
	}
	printf("],\"start\":[");
	for (size_t i = 0; i < NSTARTERS; i++)
		printf("%s{\"name\":\"%s\",\"up\":%.3f,\"both\":%.3f}",
		       i ? "," : "", starters[i].name,
		       samples_median(&starters[i].up),
		       samples_median(&starters[i].both));
	putchar(']');
	if (many_ratio.n)
		printf(",\"many\":{\"jails\":%d,\"one\":%.1f,\"among\":%.1f,"
		       "\"ratio\":%.4f}",
		       many, samples_median(&many_rate[0]),
		       samples_median(&many_rate[1]),
		       samples_median(&many_ratio));
	putchar('}');
}
