/*
 * main: measure the contenders side by side and print a table.
 *
 * Theory of operation.  In each round every contender makes one jail and
 * removes it, one contender after the other, the order turned by one place a
 * round: what the machine does meanwhile hits all alike.  Printed are medians
 * and their ratios to the floor.  The second part brings N jails up at once,
 * keeps them, and takes them down, for N = 1, 50, 500: it shows whether the
 * cost of a jail grows with the number of those that are there.  Before all
 * that come start.c, one command with full isolation, without interfaces, and
 * graph.c, netgraph beside other ways to join network stacks, share.c, jails
 * that share the host's addresses, and pf.c, its rules beside nft's.
 */
#include "bench.h"

#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	CONTENDERS_MAX = 8,
	SCALES_MAX = 8
};

struct result {
	bool runs;
	char why[1024];
	struct samples phase[PHASES];
	struct samples both;
};

struct scale {
	int n;
	double up[CONTENDERS_MAX];   /* per jail, while going from 0 to n */
	double last[CONTENDERS_MAX]; /* up of the last tenth alone */
	double down[CONTENDERS_MAX];
};

struct options {
	int rounds;
	int scales[SCALES_MAX];
	int nscales;
	bool json;
	bool verbose;
	int start_rounds;
	int boot_rounds, boot_jails;
	int graph_rounds;
	int share_rounds;
	int pf_rounds;
	int share_jails;
	int be_many; /* -M: not a benchmark, but a part of one */
	const char *only;
	const char *scale_only;
};

char bench_dir[4096];
static struct result results[CONTENDERS_MAX];
static struct scale scales[SCALES_MAX];

/* Is NAME a word of the comma-separated list?  NULL lists everything. */
static bool listed(const char *list, const char *name)
{
	size_t n = strlen(name);

	for (const char *p = list; p && *p; p += strcspn(p, ",")) {
		p += *p == ',';
		if (!strncmp(p, name, n) && (!p[n] || p[n] == ','))
			return true;
	}
	return !list;
}

static void broken(size_t c, const char *phase)
{
	results[c].runs = false;
	snprintf(results[c].why, sizeof(results[c].why), "%s: %s", phase,
		 cmd_error());
	fprintf(stderr, "bench: %s stops: %s\n", contenders[c].name,
		results[c].why);
}

static void setup(const struct options *o)
{
	for (size_t c = 0; c < ncontenders; c++) {
		struct result *r = &results[c];

		if (!listed(o->only, contenders[c].name)) {
			snprintf(r->why, sizeof(r->why), "not asked for");
			continue;
		}
		r->runs = contenders[c].setup(r->why, sizeof(r->why));
		if (!r->runs)
			fprintf(stderr, "bench: without %s: %s\n",
				contenders[c].name, r->why);
	}
}

static void one(size_t c)
{
	struct result *r = &results[c];
	double t0, t1, t2;

	cmd_owner = contenders[c].name;
	t0 = now_ms();
	if (!contenders[c].up(0)) {
		broken(c, "up");
		return;
	}
	t1 = now_ms();
	if (!contenders[c].down(0)) {
		broken(c, "down");
		return;
	}
	t2 = now_ms();
	cmd_owner = NULL;
	samples_add(&r->phase[UP], t1 - t0);
	samples_add(&r->phase[DOWN], t2 - t1);
	samples_add(&r->both, t2 - t0);
}

static void rounds(int n)
{
	for (int i = 0; i < n; i++)
		for (size_t k = 0; k < ncontenders; k++) {
			size_t c = (k + (size_t)i) % ncontenders;

			if (results[c].runs)
				one(c);
		}
}

/* All at once, by one command: the last tenth cannot be told apart. */
static void scale_many(size_t c, struct scale *s)
{
	double t0 = now_ms(), t1;

	if (!contenders[c].many_up(s->n)) {
		broken(c, "up");
		return;
	}
	t1 = now_ms();
	s->up[c] = s->last[c] = (t1 - t0) / s->n;
	if (!contenders[c].many_down(s->n)) {
		broken(c, "down");
		return;
	}
	s->down[c] = (now_ms() - t1) / s->n;
}

static void scale(size_t c, struct scale *s)
{
	int tenth = s->n / 10 > 0 ? s->n / 10 : 1;
	double t0 = now_ms(), mark = t0, t1;

	for (int i = 0; i < s->n; i++) {
		if (i == s->n - tenth)
			mark = now_ms();
		if (!contenders[c].up(i)) {
			broken(c, "up");
			return;
		}
	}
	t1 = now_ms();
	s->up[c] = (t1 - t0) / s->n;
	s->last[c] = (t1 - mark) / tenth;
	for (int i = s->n - 1; i >= 0; i--)
		if (!contenders[c].down(i)) {
			broken(c, "down");
			return;
		}
	s->down[c] = (now_ms() - t1) / s->n;
}

/* The median of a contender that ran, or 0. */
static double median_of(const char *name)
{
	for (size_t c = 0; c < ncontenders; c++)
		if (!strcmp(contenders[c].name, name))
			return samples_median(&results[c].both);
	return 0;
}

static void print_table(void)
{
	double fl = median_of("floor");

	printf("one jail with a network stack, a pair of interfaces and a "
	       "bridge port\n(medians of %zu interleaved rounds, "
	       "milliseconds)\n\n",
	       results[0].both.n);
	printf("%-11s %-20s %8s %8s %8s %8s %8s\n", "", "", "up", "down",
	       "both", "p90", "x floor");
	for (size_t c = 0; c < ncontenders; c++) {
		const struct result *r = &results[c];

		if (!r->both.n) {
			printf("%-11s %s\n", contenders[c].name, r->why);
			continue;
		}
		printf("%-11s %-20s %8.2f %8.2f %8.2f %8.2f",
		       contenders[c].name, contenders[c].what,
		       samples_median(&r->phase[UP]),
		       samples_median(&r->phase[DOWN]),
		       samples_median(&r->both),
		       samples_quantile(&r->both, 0.9));
		if (fl > 0)
			printf(" %8.2f", samples_median(&r->both) / fl);
		putchar('\n');
	}
}

/* The targets of the project, said as met or missed. */
static void print_targets(void)
{
	double cell = median_of("cellblock"), runc = median_of("runc");
	double fl = median_of("floor"), moves = median_of("moves");

	if (!cell)
		return;
	putchar('\n');
	if (fl)
		printf("cellblock / floor  %6.2f   target at most 1.5   %s\n",
		       cell / fl, cell <= 1.5 * fl ? "met" : "MISSED");
	if (moves)
		printf("cellblock / moves  %6.2f\n", cell / moves);
	if (runc)
		printf("runc / cellblock   %6.2f   target at least 5    %s\n",
		       runc / cell, runc >= 5 * cell ? "met" : "MISSED");
}

static void print_scales(const struct options *o)
{
	printf("\nmany at once (milliseconds a jail; \"last\": the last tenth "
	       "going up)\n\n%-11s",
	       "");
	for (int i = 0; i < o->nscales; i++)
		printf("  %6d up   last   down", scales[i].n);
	putchar('\n');
	for (size_t c = 0; c < ncontenders; c++) {
		if (!results[c].both.n ||
		    !listed(o->scale_only, contenders[c].name))
			continue;
		printf("%-11s", contenders[c].name);
		for (int i = 0; i < o->nscales; i++)
			printf("  %9.2f %6.2f %6.2f", scales[i].up[c],
			       scales[i].last[c], scales[i].down[c]);
		putchar('\n');
	}
}

static void print_commands(void)
{
	printf("\nmedian of each command (milliseconds)\n\n");
	for (size_t i = 0; i < ncmd_stats; i++)
		printf("%-40s %8.2f\n", cmd_stats[i].label,
		       samples_median(&cmd_stats[i].s));
}

/* A JSON string; only what may stand in our own texts is escaped. */
void json_text(const char *s)
{
	putchar('"');
	for (; *s; s++) {
		if (*s == '"' || *s == '\\')
			putchar('\\');
		putchar((unsigned char)*s < ' ' ? ' ' : *s);
	}
	putchar('"');
}

static void print_json(const struct options *o)
{
	printf("{\"rounds\":%d,\"unit\":\"ms\",", o->rounds);
	if (o->start_rounds) {
		start_json();
		putchar(',');
	}
	if (o->boot_rounds) {
		boot_json();
		putchar(',');
	}
	if (o->graph_rounds) {
		graph_json();
		putchar(',');
	}
	if (o->share_rounds) {
		share_json();
		putchar(',');
	}
	if (o->pf_rounds) {
		pf_json();
		putchar(',');
	}
	printf("\"contenders\":[");
	for (size_t c = 0; c < ncontenders; c++) {
		const struct result *r = &results[c];

		printf("%s{\"name\":\"%s\"", c ? "," : "", contenders[c].name);
		if (r->both.n)
			printf(",\"up\":%.3f,\"down\":%.3f,\"both\":%.3f,"
			       "\"p10\":%.3f,\"p90\":%.3f",
			       samples_median(&r->phase[UP]),
			       samples_median(&r->phase[DOWN]),
			       samples_median(&r->both),
			       samples_quantile(&r->both, 0.1),
			       samples_quantile(&r->both, 0.9));
		if (!r->runs) {
			printf(",\"missing\":");
			json_text(r->why);
		}
		if (r->both.n && listed(o->scale_only, contenders[c].name)) {
			printf(",\"scale\":[");
			for (int i = 0; i < o->nscales; i++)
				printf("%s{\"n\":%d,\"up\":%.3f,\"last\":%.3f,"
				       "\"down\":%.3f}",
				       i ? "," : "", scales[i].n,
				       scales[i].up[c], scales[i].last[c],
				       scales[i].down[c]);
			putchar(']');
		}
		putchar('}');
	}
	printf("]}\n");
}

static int usage(void)
{
	fprintf(stderr,
		"usage: cbbench [-jv] [-S rounds] [-B rounds] [-b jails] "
		"[-G rounds] [-A rounds] [-P rounds]\n               "
		"[-m jails] [-n rounds]\n"
		"               [-s N,N,...] [-c contender,...] "
		"[-C contender,...]\n"
		"  -S  interleaved rounds of one command in a jail (101); 0: "
		"skip\n"
		"  -B  rounds of a whole network at once (5); 0: skip\n"
		"  -b  its jails (200)\n"
		"  -G  rounds with netgraph and bridges (101); 0: skip\n"
		"  -P  rounds with rules of pf (31); 0: skip\n"
		"  -A  rounds with jails that share addresses (101); 0: skip\n"
		"  -m  how many of them at once (1000); 0: skip\n"
		"  -n  interleaved rounds of jails with interfaces (31); 0: "
		"skip\n"
		"  -s  how many at once (1,50,500); 0: skip this part\n"
		"  -c  contenders: floor,moves,cellblock,block,ip,runc,crun\n"
		"  -C  those in the part with many (floor,cellblock,block)\n"
		"  -j  JSON  -v  times of single commands too\n");
	return 2;
}

static bool parse_scales(struct options *o, char *list)
{
	o->nscales = 0;
	for (char *p = strtok(list, ","); p; p = strtok(NULL, ",")) {
		int n = (int)strtol(p, NULL, 10);

		if (n < 0 || n >= JAILS_MAX || o->nscales == SCALES_MAX)
			return false;
		if (n)
			o->scales[o->nscales++] = n;
	}
	return true;
}

static bool parse(int argc, char **argv, struct options *o)
{
	int c;

	while ((c = getopt(argc, argv, "jvS:B:b:G:A:P:m:M:n:s:c:C:")) != -1) {
		switch (c) {
		case 'j':
			o->json = true;
			break;
		case 'v':
			o->verbose = true;
			break;
		case 'S':
			o->start_rounds = (int)strtol(optarg, NULL, 10);
			break;
		case 'B':
			o->boot_rounds = (int)strtol(optarg, NULL, 10);
			break;
		case 'b':
			o->boot_jails = (int)strtol(optarg, NULL, 10);
			break;
		case 'G':
			o->graph_rounds = (int)strtol(optarg, NULL, 10);
			break;
		case 'A':
			o->share_rounds = (int)strtol(optarg, NULL, 10);
			break;
		case 'P':
			o->pf_rounds = (int)strtol(optarg, NULL, 10);
			break;
		case 'm':
			o->share_jails = (int)strtol(optarg, NULL, 10);
			break;
		case 'M':
			o->be_many = (int)strtol(optarg, NULL, 10);
			break;
		case 'n':
			o->rounds = (int)strtol(optarg, NULL, 10);
			break;
		case 's':
			if (!parse_scales(o, optarg))
				return false;
			break;
		case 'c':
			o->only = optarg;
			break;
		case 'C':
			o->scale_only = optarg;
			break;
		default:
			return false;
		}
	}
	return optind == argc && o->rounds >= 0 && o->start_rounds >= 0 &&
	       o->boot_rounds >= 0 && o->boot_jails > 0 &&
	       o->boot_jails <= 2000 && o->graph_rounds >= 0 &&
	       o->share_rounds >= 0 && o->pf_rounds >= 0 &&
	       o->share_jails >= 0 && o->share_jails < 10000 && o->be_many >= 0;
}

static void net_bench(const struct options *o)
{
	setup(o);
	rounds(o->rounds);
	for (int i = 0; i < o->nscales; i++) {
		scales[i].n = o->scales[i];
		for (size_t c = 0; c < ncontenders; c++) {
			if (!results[c].runs ||
			    !listed(o->scale_only, contenders[c].name))
				continue;
			if (contenders[c].many_up)
				scale_many(c, &scales[i]);
			else
				scale(c, &scales[i]);
		}
	}
}

int main(int argc, char **argv)
{
	struct options o = {
		.start_rounds = 101,
		.boot_rounds = 5,
		.boot_jails = 200,
		.graph_rounds = 101,
		.share_rounds = 101,
		.pf_rounds = 31,
		.share_jails = 1000,
		.rounds = 31,
		.scales = {1, 50, 500},
		.nscales = 3,
		.scale_only = "floor,cellblock,block",
	};
	ssize_t n =
		readlink("/proc/self/exe", bench_dir, sizeof(bench_dir) - 1);

	if (n < 0)
		return 2;
	bench_dir[n] = '\0';
	dirname(bench_dir);
	if (!parse(argc, argv, &o))
		return usage();
	if (o.be_many)
		return !share_many(o.be_many);
	if (o.start_rounds && !start_bench(o.start_rounds))
		return 1;
	if (o.boot_rounds && !boot_bench(o.boot_rounds, o.boot_jails))
		return 1;
	if (o.graph_rounds && !graph_bench(o.graph_rounds))
		return 1;
	if (o.share_rounds && !share_bench(o.share_rounds, o.share_jails))
		return 1;
	if (o.pf_rounds && !pf_bench(o.pf_rounds))
		return 1;
	if (o.rounds)
		net_bench(&o);
	if (o.json) {
		print_json(&o);
		return 0;
	}
	if (o.start_rounds)
		start_print();
	if (o.boot_rounds)
		boot_print();
	if (o.graph_rounds)
		graph_print();
	if (o.share_rounds)
		share_print();
	if (o.pf_rounds)
		pf_print();
	if (!o.rounds)
		return 0;
	print_table();
	print_targets();
	if (o.nscales)
		print_scales(&o);
	if (o.verbose)
		print_commands();
	return 0;
}
