/*
 * contenders: the ways to a jail that are compared.  Each does what its
 * users do: commands, one after the other.
 */
#include "bench.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool mounted_tool(const char *tool, char *why, size_t size)
{
	if (cmd(NULL, tool, "--version"))
		return true;
	snprintf(why, size, "%s", cmd_error());
	return false;
}

/* ---- ip(8): a named namespace; no processes, mounts or other namespaces */

static bool ip_setup(char *why, size_t size)
{
	if (!cmd(NULL, "ip", "-Version") || !link_bridge("brip")) {
		snprintf(why, size, "%s", cmd_error());
		return false;
	}
	return true;
}

static bool ip_up(int i)
{
	char ns[16], a[16], b[16];

	snprintf(ns, sizeof(ns), "ns%d", i);
	snprintf(a, sizeof(a), "p%da", i);
	snprintf(b, sizeof(b), "p%db", i);
	return cmd(NULL, "ip", "netns", "add", ns) &&
	       cmd(NULL, "ip", "link", "add", a, "type", "veth", "peer", "name",
		   b, "netns", ns) &&
	       cmd(NULL, "ip", "link", "set", a, "master", "brip", "up");
}

static bool ip_down(int i)
{
	char ns[16], a[16];

	snprintf(ns, sizeof(ns), "ns%d", i);
	snprintf(a, sizeof(a), "p%da", i);
	return cmd(NULL, "ip", "link", "del", a) &&
	       cmd(NULL, "ip", "netns", "del", ns);
}

/* ---- runc and crun: a container with a network namespace, then ip(8) */

/* The namespaces of a jail; a static program that does nothing. */
static const char oci_config[] =
	"{\"ociVersion\":\"1.0.2\","
	"\"process\":{\"user\":{\"uid\":0,\"gid\":0},\"args\":[\"/pause\"],"
	"\"env\":[\"PATH=/\"],\"cwd\":\"/\",\"noNewPrivileges\":true},"
	"\"root\":{\"path\":\"rootfs\",\"readonly\":true},"
	"\"hostname\":\"bench\","
	"\"mounts\":[{\"destination\":\"/proc\",\"type\":\"proc\","
	"\"source\":\"proc\"},{\"destination\":\"/dev\",\"type\":\"tmpfs\","
	"\"source\":\"tmpfs\",\"options\":[\"nosuid\",\"mode=755\"]}],"
	"\"linux\":{\"namespaces\":[{\"type\":\"pid\"},{\"type\":\"mount\"},"
	"{\"type\":\"network\"},{\"type\":\"uts\"},{\"type\":\"ipc\"},"
	"{\"type\":\"cgroup\"}]}}";

static bool oci_bundle(void)
{
	FILE *f;
	bool ok;

	char pause[4200];

	snprintf(pause, sizeof(pause), "%s/pause", bench_dir);
	mkdir("/run/bundle", 0755);
	mkdir("/run/bundle/rootfs", 0755);
	mkdir("/run/bundle/rootfs/proc", 0755);
	mkdir("/run/bundle/rootfs/dev", 0755);
	if (!cmd(NULL, "cp", pause, "/run/bundle/rootfs/pause"))
		return false;
	f = fopen("/run/bundle/config.json", "we");
	if (!f)
		return false;
	ok = fputs(oci_config, f) >= 0;
	return !fclose(f) && ok;
}

static bool oci_up(const char *tool, const char *bridge, int i)
{
	char id[32], a[16], b[16], pid[CMD_OUT_MAX], pidfile[64];
	FILE *f;
	bool ok;

	snprintf(id, sizeof(id), "cbbench-%d-%d", (int)getpid(), i);
	snprintf(a, sizeof(a), "%c%da", tool[0], i);
	snprintf(b, sizeof(b), "%c%db", tool[0], i);
	snprintf(pidfile, sizeof(pidfile), "/run/%s-%d.pid", tool, i);
	if (!cmd(NULL, tool, "run", "--detach", "--pid-file", pidfile,
		 "--bundle", "/run/bundle", id))
		return false;
	f = fopen(pidfile, "re");
	if (!f)
		return false;
	ok = fgets(pid, sizeof(pid), f);
	fclose(f);
	return ok &&
	       cmd(NULL, "ip", "link", "add", a, "type", "veth", "peer", "name",
		   b, "netns", pid) &&
	       cmd(NULL, "ip", "link", "set", a, "master", bridge, "up");
}

static bool oci_down(const char *tool, int i)
{
	char id[32], a[16];

	snprintf(id, sizeof(id), "cbbench-%d-%d", (int)getpid(), i);
	snprintf(a, sizeof(a), "%c%da", tool[0], i);
	return cmd(NULL, "ip", "link", "del", a) &&
	       cmd(NULL, tool, "delete", "--force", id);
}

static bool oci_setup(const char *tool, const char *bridge, char *why,
		      size_t size)
{
	if (!mounted_tool(tool, why, size))
		return false;
	if (!oci_bundle() || !link_bridge(bridge)) {
		snprintf(why, size, "no bundle: %s", strerror(errno));
		return false;
	}
	/* crun refuses some machines' cgroups: find out now. */
	if (oci_up(tool, bridge, JAILS_MAX - 1) &&
	    oci_down(tool, JAILS_MAX - 1))
		return true;
	snprintf(why, size, "%s", cmd_error());
	return false;
}

static bool runc_setup(char *why, size_t size)
{
	return oci_setup("runc", "brrunc", why, size);
}

static bool runc_up(int i)
{
	return oci_up("runc", "brrunc", i);
}

static bool runc_down(int i)
{
	return oci_down("runc", i);
}

static bool crun_setup(char *why, size_t size)
{
	return oci_setup("crun", "brcrun", why, size);
}

static bool crun_up(int i)
{
	return oci_up("crun", "brcrun", i);
}

static bool crun_down(int i)
{
	return oci_down("crun", i);
}

/* ---- cellblock: the commands a FreeBSD administrator types */

static char epairs[JAILS_MAX][16];

static bool jail_up(int i)
{
	char out[CMD_OUT_MAX], name[32], iface[48];
	size_t n;

	if (!cmd(out, "ifconfig", "epair", "create", "up"))
		return false;
	n = strlen(out);
	if (n < 2 || n >= sizeof(epairs[i]) || out[n - 1] != 'a')
		return false;
	memcpy(epairs[i], out, n + 1);
	snprintf(name, sizeof(name), "name=b%d", i);
	snprintf(iface, sizeof(iface), "vnet.interface=%.*sb", (int)n - 1, out);
	return cmd(NULL, "ifconfig", "bridge0", "addm", out) &&
	       cmd(NULL, "jail", "-c", name, "path=/", "vnet", "persist",
		   iface);
}

static bool jail_down(int i)
{
	char name[32];

	snprintf(name, sizeof(name), "b%d", i);
	return cmd(NULL, "jail", "-r", name) &&
	       cmd(NULL, "ifconfig", epairs[i], "destroy");
}

static bool jail_setup(char *why, size_t size)
{
	if (cmd(NULL, "ifconfig", "bridge0", "create", "up") &&
	    jail_up(JAILS_MAX - 1) && jail_down(JAILS_MAX - 1))
		return true;
	snprintf(why, size, "%s", cmd_error());
	return false;
}

/* ---- a block: all jails in two files, brought up by one command */

static bool block_write(int n)
{
	FILE *rc, *jail;
	bool ok;

	mkdir("/run/lab", 0755);
	rc = fopen("/run/lab/rc.conf", "we");
	jail = fopen("/run/lab/jail.conf", "we");
	if (!rc || !jail)
		return false;
	fputs("jail_enable=\"YES\"\ncloned_interfaces=\"bridge0", rc);
	for (int i = 0; i < n; i++)
		fprintf(rc, " epair%d", i);
	fputs("\"\nifconfig_bridge0=\"up", rc);
	for (int i = 0; i < n; i++)
		fprintf(rc, " addm epair%da", i);
	fputs("\"\n", rc);
	fputs("vnet;\npersist;\n", jail);
	for (int i = 0; i < n; i++) {
		fprintf(rc, "ifconfig_epair%da=\"up\"\n", i);
		fprintf(jail, "j%d { vnet.interface = epair%db; }\n", i, i);
	}
	ok = !ferror(rc) && !ferror(jail);
	return !fclose(rc) && !fclose(jail) && ok;
}

static bool block_up(int n)
{
	return block_write(n) && cmd(NULL, "cellblock", "up", "-q", "/run/lab");
}

static bool block_down(int n)
{
	(void)n;
	return cmd(NULL, "cellblock", "down", "-q", "lab");
}

static bool block_one_up(int i)
{
	(void)i;
	return block_up(1);
}

static bool block_setup(char *why, size_t size)
{
	if (block_up(1) && block_down(1))
		return true;
	snprintf(why, size, "%s", cmd_error());
	return false;
}

const struct contender contenders[] = {
	{"floor", "bare system calls", floor_setup, floor_up, floor_down, NULL,
	 NULL},
	{"moves", "same, end moved", moves_setup, moves_up, moves_down, NULL,
	 NULL},
	{"cellblock", "ifconfig, jail", jail_setup, jail_up, jail_down, NULL,
	 NULL},
	{"block", "cellblock up, down", block_setup, block_one_up, block_down,
	 block_up, block_down},
	{"ip", "ip netns, ip link", ip_setup, ip_up, ip_down, NULL, NULL},
	{"runc", "runc, ip link", runc_setup, runc_up, runc_down, NULL, NULL},
	{"crun", "crun, ip link", crun_setup, crun_up, crun_down, NULL, NULL},
};
const size_t ncontenders = sizeof(contenders) / sizeof(contenders[0]);
