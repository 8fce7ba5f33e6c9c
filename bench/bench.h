/*
 * bench: what the parts of the benchmark share.  See bench/README.md for the
 * method.
 */
#ifndef CB_BENCH_BENCH_H
#define CB_BENCH_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* ---- time and samples */

struct samples {
	double *v; /* milliseconds */
	size_t n;
	size_t size;
};

double now_ms(void);
void samples_add(struct samples *s, double ms);
double samples_quantile(const struct samples *s, double q);
static inline double samples_median(const struct samples *s)
{
	return samples_quantile(s, 0.5);
}

/* ---- what can be measured */

enum {
	UP,
	DOWN,
	PHASES
};

/*
 * One way to make "jail" number i (an own network stack, a pair of interfaces
 * of which one end is in it, the other a port of a bridge) and to remove it.
 * setup says in `why` what is missing when it returns false.
 */
struct contender {
	const char *name;
	const char *what;
	bool (*setup)(char *why, size_t size);
	bool (*up)(int i);
	bool (*down)(int i);
	/* All of them by one command; then up and down are for one only. */
	bool (*many_up)(int n);
	bool (*many_down)(int n);
};

extern const struct contender contenders[];
extern const size_t ncontenders;

bool floor_setup(char *why, size_t size);
bool floor_up(int i);
bool floor_down(int i);
bool moves_setup(char *why, size_t size);
bool moves_up(int i);
bool moves_down(int i);

/* floor.c: the network of boot.c by bare system calls; with processes? */
bool floor_net_up(int jails, int links, int nbridges, bool processes);
bool floor_net_down(void);

/* start.c: one command in a jail of its own, with all walls. */
bool start_bench(int rounds);
void start_print(void);
/* "start":[...], no comma after it. */
void start_json(void);

/* share.c: jails that share the host's addresses; many 0: without that part. */
bool share_bench(int rounds, int many);
void share_print(void);
void share_json(void); /* "share":{...} */
/* Become the load generator of the first of n such jails; false: failed. */
bool share_many(int n);

/* graph.c: two network stacks joined by netgraph, and by other ways. */
bool graph_bench(int rounds);
void graph_print(void);
void graph_json(void); /* "graph":{...} */

/* boot.c: a whole network by one command. */
bool boot_bench(int rounds, int jails);
/* The bridge and the host number of a link's address. */
int boot_bridge_of(int link);
int boot_host_of(int link);
void boot_print(void);
void boot_json(void); /* "boot":[...] */

/* pf.c: rules of pf beside nft's and iptables'. */
bool pf_bench(int rounds);
void pf_print(void);
void pf_json(void); /* "pf":[...] */

/* main.c: a JSON string. */
void json_text(const char *s);

/* Where this program lies, with `load`, `pause`, `hello` and `oci.json` beside
 * it. */
extern char bench_dir[4096];

/* ---- running commands; each is timed under its first two words */

enum {
	CMD_OUT_MAX = 256,
	JAILS_MAX = 4096
};

/*
 * Run argv[0] from PATH and wait.  out (NULL or CMD_OUT_MAX bytes) receives
 * the first line of stdout; what went wrong is kept for cmd_error().
 */
bool cmd_run(char *out, const char *const *argv);
#define cmd(out, ...) cmd_run(out, (const char *const[]){__VA_ARGS__, NULL})
const char *cmd_error(void);

/* A script, which ends at the first thing that fails; says so then. */
bool sh(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* This thread goes into a network namespace. */
void enter(int ns);

struct cmd_stat {
	char label[64];
	struct samples s;
};
extern struct cmd_stat cmd_stats[];
extern size_t ncmd_stats;
/* Commands are booked under this contender; NULL: not at all. */
extern const char *cmd_owner;

/* A bridge made by raw netlink, up. */
bool link_bridge(const char *name);

#endif
