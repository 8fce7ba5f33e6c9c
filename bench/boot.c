/*
 * boot: a whole network at once: jails with two interfaces each, every one of
 * them a port of one of a few bridges, addresses on all.
 *
 * Each contender makes the same: `ip -batch` (network namespaces, nothing
 * runs in them), a block by one `cellblock up` (the jails with all their
 * walls, each with its first process and its own rc.conf), and Mininet with
 * its LinuxBridge switches (a shell in each host), if MININET_ROOT names the
 * folder into which Debian's packages mininet and bridge-utils were unpacked.
 * "stacks" and "floor" are the system calls alone, from one warm process:
 * without and with a process in all namespaces of a jail.
 *
 * Beside the time on the clock there is that of all processors: what the box's
 * own cgroup has used, so with all children and what they leave behind, but
 * without the kernel's own threads, which end network stacks.
 */
#include "bench.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DIR_ "/run/boot"
enum {
	LINKS = 2,	/* a jail */
	PER_BRIDGE = 20 /* links */
};

static const char lab[] = DIR_ "/lab", batch_up[] = DIR_ "/ip/up",
		  batch_down[] = DIR_ "/ip/down";

static int njails;

static int nlinks(void)
{
	return njails * LINKS;
}

static int nbridges(void)
{
	return (nlinks() + PER_BRIDGE - 1) / PER_BRIDGE;
}

int boot_bridge_of(int link)
{
	return link % nbridges();
}

/* The last two bytes of a link's address in its bridge's network. */
int boot_host_of(int link)
{
	return link / nbridges() + 1;
}

static FILE *open_file(const char *fmt, ...)
	__attribute__((format(printf, 1, 2)));
static FILE *open_file(const char *fmt, ...)
{
	char path[256];
	va_list ap;
	FILE *f;

	va_start(ap, fmt);
	vsnprintf(path, sizeof(path), fmt, ap);
	va_end(ap);
	f = fopen(path, "w");
	if (!f) {
		perror(path);
		exit(1);
	}
	return f;
}

static void make_dir(const char *fmt, ...)
	__attribute__((format(printf, 1, 2)));
static void make_dir(const char *fmt, ...)
{
	char path[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(path, sizeof(path), fmt, ap);
	va_end(ap);
	mkdir(path, 0755);
}

/* ---- ip */

static bool ip_setup(char *why, size_t size)
{
	FILE *f;

	(void)why;
	(void)size;
	make_dir(DIR_ "/ip");
	f = open_file(DIR_ "/ip/up");
	for (int b = 0; b < nbridges(); b++)
		fprintf(f, "link add b%d type bridge\nlink set b%d up\n", b, b);
	for (int j = 0; j < njails; j++)
		fprintf(f, "netns add j%d\n", j);
	for (int l = 0; l < nlinks(); l++)
		fprintf(f,
			"link add v%d type veth peer name e%d netns j%d\n"
			"link set v%d master b%d up\n",
			l, l % LINKS, l / LINKS, l, boot_bridge_of(l));
	fclose(f);
	f = open_file(DIR_ "/ip/down");
	for (int l = 0; l < nlinks(); l++)
		fprintf(f, "link del v%d\n", l);
	for (int b = 0; b < nbridges(); b++)
		fprintf(f, "link del b%d\n", b);
	for (int j = 0; j < njails; j++)
		fprintf(f, "netns del j%d\n", j);
	fclose(f);
	for (int j = 0; j < njails; j++) {
		f = open_file(DIR_ "/ip/j%d", j);
		fprintf(f, "link set lo up\n");
		for (int i = 0; i < LINKS; i++) {
			int l = j * LINKS + i;

			fprintf(f,
				"addr add 10.%d.%d.%d/16 dev e%d\n"
				"link set e%d up\n",
				boot_bridge_of(l), boot_host_of(l) / 256,
				boot_host_of(l) % 256, i, i);
		}
		fclose(f);
	}
	return true;
}

static bool ip_up(void)
{
	if (!cmd(NULL, "ip", "-batch", batch_up))
		return false;
	for (int j = 0; j < njails; j++) {
		char ns[16], file[64];

		snprintf(ns, sizeof(ns), "j%d", j);
		snprintf(file, sizeof(file), DIR_ "/ip/j%d", j);
		if (!cmd(NULL, "ip", "-n", ns, "-batch", file))
			return false;
	}
	return true;
}

static bool ip_down(void)
{
	return cmd(NULL, "ip", "-batch", batch_down);
}

/* ---- a block */

static bool block_setup(char *why, size_t size)
{
	FILE *f;

	(void)why;
	(void)size;
	make_dir(DIR_ "/lab");
	make_dir(DIR_ "/lab/jails");
	f = open_file(DIR_ "/lab/rc.conf");
	fprintf(f, "jail_enable=\"YES\"\njail_parallel_start=\"YES\"\n"
		   "cloned_interfaces=\"");
	for (int b = 0; b < nbridges(); b++)
		fprintf(f, "bridge%d ", b);
	for (int l = 0; l < nlinks(); l++)
		fprintf(f, "epair%d ", l);
	fprintf(f, "\"\n");
	for (int b = 0; b < nbridges(); b++) {
		fprintf(f, "ifconfig_bridge%d=\"up", b);
		for (int l = 0; l < nlinks(); l++)
			if (boot_bridge_of(l) == b)
				fprintf(f, " addm epair%da", l);
		fprintf(f, "\"\n");
	}
	for (int l = 0; l < nlinks(); l++)
		fprintf(f, "ifconfig_epair%da=\"up\"\n", l);
	fclose(f);
	f = open_file(DIR_ "/lab/jail.conf");
	fprintf(f, "path = /;\nvnet;\npersist;\n"
		   "exec.start = \"/bin/sh /etc/rc\";\n");
	for (int j = 0; j < njails; j++) {
		fprintf(f, "j%d {", j);
		for (int i = 0; i < LINKS; i++)
			fprintf(f, " vnet.interface += epair%db;",
				j * LINKS + i);
		fprintf(f, " }\n");
	}
	fclose(f);
	for (int j = 0; j < njails; j++) {
		make_dir(DIR_ "/lab/jails/j%d", j);
		f = open_file(DIR_ "/lab/jails/j%d/rc.conf", j);
		for (int i = 0; i < LINKS; i++) {
			int l = j * LINKS + i;

			fprintf(f,
				"ifconfig_epair%db=\"inet 10.%d.%d.%d/16\"\n",
				l, boot_bridge_of(l), boot_host_of(l) / 256,
				boot_host_of(l) % 256);
		}
		fclose(f);
	}
	return true;
}

static bool block_up(void)
{
	return cmd(NULL, "cellblock", "up", "-q", lab);
}

/* All of it, down to the addresses in the jails. */
static bool block_check(void)
{
	char out[CMD_OUT_MAX] = "";

	if (!cmd(out, "cellblock", "diff", lab))
		return false;
	if (*out)
		fprintf(stderr, "not all of it is up:\n%s", out);
	return !*out;
}

static bool block_down(void)
{
	return cmd(NULL, "cellblock", "down", "-q", "lab");
}

/* ---- Mininet */

static const char script[] =
	"import sys, time\n"
	"from mininet.net import Mininet\n"
	"from mininet.nodelib import LinuxBridge\n"
	"jails, links, bridges = map(int, sys.argv[1:])\n"
	"t = time.time()\n"
	"net = Mininet(switch=LinuxBridge, controller=None)\n"
	"s = [net.addSwitch('s%d' % (b + 1)) for b in range(bridges)]\n"
	"for j in range(jails):\n"
	"    h = net.addHost('h%d' % (j + 1), ip=None)\n"
	"    for i in range(links):\n"
	"        l = j * links + i\n"
	"        n = l // bridges + 1\n"
	"        a = '10.%d.%d.%d/16' % (l % bridges, n // 256, n % 256)\n"
	"        net.addLink(h, s[l % bridges], params1={'ip': a})\n"
	"net.start()\n"
	"up = time.time()\n"
	"net.stop()\n"
	"print('%f %f' % ((up - t) * 1e3, (time.time() - up) * 1e3))\n";

/* Its own programs, not ours of FreeBSD's names. */
static char mininet_command[8192];

static bool mininet_setup(char *why, size_t size)
{
	const char *root = getenv("MININET_ROOT");
	FILE *f;

	if (!root) {
		snprintf(why, size, "MININET_ROOT is not set");
		return false;
	}
	snprintf(mininet_command, sizeof(mininet_command),
		 "PATH=%s/usr/bin:%s/sbin:%s/usr/sbin:"
		 "/usr/sbin:/usr/bin:/sbin:/bin "
		 "PYTHONPATH=%s/usr/lib/python3/dist-packages "
		 "/usr/bin/python3 " DIR_ "/topology.py %d %d %d | tail -n 1",
		 root, root, root, root, njails, LINKS, nbridges());
	f = open_file(DIR_ "/topology.py");
	fputs(script, f);
	fclose(f);
	return true;
}

/* It measures itself, without the start of Python. */
static bool mininet_both(double *up, double *down)
{
	char out[CMD_OUT_MAX] = "";

	return cmd(out, "/bin/sh", "-c", mininet_command) &&
	       sscanf(out, "%lf %lf", up, down) == 2;
}

/* ---- bare system calls */

static bool none_setup(char *why, size_t size)
{
	(void)why;
	(void)size;
	return true;
}

static bool stacks_up(void)
{
	return floor_net_up(njails, LINKS, nbridges(), false);
}

static bool floor_net_all_up(void)
{
	return floor_net_up(njails, LINKS, nbridges(), true);
}

/* ---- processor time */

/* Milliseconds that the cgroup has used so far; 0: there is no cgroup2. */
static double cpu_ms(void)
{
	static char path[512];
	char line[4096], at[400];
	unsigned long long us = 0;
	FILE *f = *path ? NULL : fopen("/proc/self/mountinfo", "re");

	while (f && fgets(line, sizeof(line), f))
		if (strstr(line, " - cgroup2 ") &&
		    sscanf(line, "%*s %*s %*s %*s %399s", at) == 1)
			snprintf(path, sizeof(path), "%s/cpu.stat", at);
	if (f)
		fclose(f);
	f = fopen(path, "re");
	if (f) {
		if (fscanf(f, "usage_usec %llu", &us) != 1)
			us = 0;
		fclose(f);
	}
	return (double)us / 1e3;
}

/* ---- all */

static struct booter {
	const char *name;
	bool (*setup)(char *why, size_t size);
	bool (*up)(void), (*down)(void);
	bool (*check)(void); /* is it up?  Not measured; may be NULL */
	bool (*both)(double *up, double *down);
	bool runs;
	char why[256];
	struct samples phase[PHASES], cpu[PHASES];
} booters[] = {
	{.name = "ip -batch", .setup = ip_setup, .up = ip_up, .down = ip_down},
	{.name = "cellblock",
	 .setup = block_setup,
	 .up = block_up,
	 .check = block_check,
	 .down = block_down},
	{.name = "stacks",
	 .setup = none_setup,
	 .up = stacks_up,
	 .down = floor_net_down},
	{.name = "floor",
	 .setup = none_setup,
	 .up = floor_net_all_up,
	 .down = floor_net_down},
	{.name = "mininet", .setup = mininet_setup, .both = mininet_both},
};
#define NBOOTERS (sizeof(booters) / sizeof(booters[0]))

/*
 * The kernel ends network stacks later, and holds the lock of all network
 * configuration over it.  It takes them in the order in which they were left:
 * when the last one's link has gone, so have all.
 */
static bool settle(void)
{
	return cmd(NULL, "/bin/sh", "-c",
		   "ip netns add settle && ip link add settle0 type veth "
		   "peer name settle1 netns settle && ip netns del settle && "
		   "while ip link show settle0 >/dev/null 2>&1; do "
		   "sleep 0.1; done");
}

static bool boot_once(struct booter *b)
{
	double t[4], c[4] = {0}, up, down;

	if (!settle())
		return false;
	if (b->both) {
		if (!b->both(&up, &down))
			return false;
	} else {
		c[0] = cpu_ms();
		t[0] = now_ms();
		if (!b->up())
			return false;
		t[1] = now_ms();
		c[1] = cpu_ms();
		if (b->check && !b->check())
			return false;
		c[2] = cpu_ms();
		t[2] = now_ms();
		if (!b->down())
			return false;
		t[3] = now_ms();
		c[3] = cpu_ms();
		up = t[1] - t[0];
		down = t[3] - t[2];
	}
	samples_add(&b->phase[UP], up);
	samples_add(&b->phase[DOWN], down);
	samples_add(&b->cpu[UP], c[1] - c[0]);
	samples_add(&b->cpu[DOWN], c[3] - c[2]);
	return true;
}

bool boot_bench(int rounds, int jails)
{
	njails = jails;
	make_dir(DIR_);
	for (size_t i = 0; i < NBOOTERS; i++)
		booters[i].runs = booters[i].setup(booters[i].why,
						   sizeof(booters[i].why));
	for (int r = 0; r < rounds; r++)
		for (size_t i = 0; i < NBOOTERS; i++) {
			struct booter *b = &booters[i];

			if (!b->runs || boot_once(b))
				continue;
			b->runs = false;
			snprintf(b->why, sizeof(b->why), "%s", cmd_error());
		}
	return booters[0].runs && booters[1].runs;
}

static double ratio(const struct booter *b, int phase)
{
	double base = samples_median(&booters[0].phase[phase]);

	return base > 0 ? samples_median(&b->phase[phase]) / base : 0;
}

void boot_print(void)
{
	printf("\na network at once: %d jails, %d pairs, %d bridges "
	       "(milliseconds, medians; as a multiple of the first; and of "
	       "processor time)\n\n"
	       "%-11s %9s %9s %7s %7s %9s %9s\n",
	       njails, nlinks(), nbridges(), "", "up", "down", "up", "down",
	       "cpu up", "cpu down");
	for (size_t i = 0; i < NBOOTERS; i++) {
		const struct booter *b = &booters[i];

		if (b->runs)
			printf("%-11s %9.0f %9.0f %7.2f %7.2f %9.0f %9.0f\n",
			       b->name, samples_median(&b->phase[UP]),
			       samples_median(&b->phase[DOWN]), ratio(b, UP),
			       ratio(b, DOWN), samples_median(&b->cpu[UP]),
			       samples_median(&b->cpu[DOWN]));
		else
			printf("%-11s %s\n", b->name, b->why);
	}
}

void boot_json(void)
{
	printf("\"boot\":[");
	for (size_t i = 0; i < NBOOTERS; i++) {
		const struct booter *b = &booters[i];

		printf("%s{\"name\":\"%s\"", i ? "," : "", b->name);
		if (b->runs) {
			printf(",\"up\":%.3f,\"down\":%.3f"
			       ",\"cpu_up\":%.3f,\"cpu_down\":%.3f",
			       samples_median(&b->phase[UP]),
			       samples_median(&b->phase[DOWN]),
			       samples_median(&b->cpu[UP]),
			       samples_median(&b->cpu[DOWN]));
		} else {
			printf(",\"missing\":");
			json_text(b->why);
		}
		putchar('}');
	}
	putchar(']');
}
