/* The table of names the program answers to. */
#include "cmd/cmd.h"
#include "cmd/script.h"

#include <stddef.h>
#include <string.h>

const struct command commands[] = {
	{"cellblock", cmd_cellblock, "bring blocks of jails up and down"},
	{"arp", cmd_arp, "address resolution table"},
	{"cpuset", cmd_cpuset, "processors of jails and processes"},
	{"daemon", cmd_daemon, "run a program in the background"},
	{"devfs", cmd_devfs, "rules for the devices that jails see"},
	{"dhclient", cmd_dhclient, "get addresses by DHCP"},
	{"dhclient-script", cmd_dhclient_script, "what dhclient runs"},
	{"freebsd-version", cmd_freebsd_version, "release of system and jails"},
	{"ifconfig", cmd_ifconfig, "configure network interfaces"},
	{"jail", cmd_jail, "create, modify and remove jails"},
	{"jexec", cmd_jexec, "run a command inside a jail"},
	{"jls", cmd_jls, "list jails"},
	{"jot", cmd_jot, "print numbers and letters in sequence"},
	{"kld_load", cmd_kldload, "load modules, as rc scripts do"},
	{"kldload", cmd_kldload, "load modules"},
	{"kldstat", cmd_kldstat, "list modules"},
	{"kldunload", cmd_kldunload, "unload modules"},
	{"ndp", cmd_ndp, "neighbour discovery table"},
	{"netstat", cmd_netstat, "show network status"},
	{"ngctl", cmd_ngctl, "control netgraph nodes"},
	{"nghook", cmd_nghook, "connect to a netgraph node"},
	{"pfctl", cmd_pfctl, "control the packet filter"},
	{"pflogd", cmd_pflogd, "keep what the packet filter logs"},
	{"rc", cmd_rc, "boot a level from its rc.conf"},
	{"rcorder", cmd_rcorder, "order rc scripts"},
	{"rctl", cmd_rctl, "limit the resources of jails"},
	{"route", cmd_route, "manipulate the routing tables"},
	{"rtsol", cmd_rtsol, "ask routers to say who they are"},
	{"rtsold", cmd_rtsold, "ask them whenever a link comes up"},
	{"service", cmd_service, "control rc services"},
	{"sockstat", cmd_sockstat, "list open sockets"},
	{"sysctl", cmd_sysctl, "get or set kernel state"},
	{"sysrc", cmd_sysrc, "edit rc.conf"},
	{"uname", cmd_uname, "what the system is, inside jails"},
	{NULL, NULL, NULL},
};

/* Run by our own programs alone: no link, no page, not in the help. */
static const struct command internal[] = {
	{.name = "cellblock-bridge", .main = cmd_keeper},
	{.name = "cellblock-broker", .main = cmd_broker},
	{.name = "cellblock-lagg", .main = cmd_keeper},
	{.name = "cellblock-pf", .main = cmd_keeper},
	{.name = "cellblock-netgraph", .main = cmd_netgraph},
};

/* In rt/scripts (script.h). */
static const struct command scripts[] = {
	{.name = "cut", .main = script_cut},
	{.name = "fmt", .main = script_fmt},
	{.name = "md5", .main = script_digest},
	{.name = "mount", .main = script_mount},
	{.name = "mount_nullfs", .main = script_mount},
	{.name = "nc", .main = script_nc},
	{.name = "pgrep", .main = script_pgrep},
	{.name = "ping", .main = script_ping},
	{.name = "ping6", .main = script_ping},
	{.name = "pkill", .main = script_pgrep},
	{.name = "sed", .main = script_sed},
	{.name = "sha1", .main = script_digest},
	{.name = "sha256", .main = script_digest},
	{.name = "sha512", .main = script_digest},
	{.name = "stat", .main = script_stat},
	{.name = "sum", .main = script_sum},
	{.name = "tail", .main = script_tail},
	{.name = "xargs", .main = script_xargs},
};

const struct command *command_find(const char *name)
{
	for (const struct command *c = commands; c->name; c++)
		if (!strcmp(c->name, name))
			return c;
	for (size_t i = 0; i < sizeof(internal) / sizeof(internal[0]); i++)
		if (!strcmp(internal[i].name, name))
			return &internal[i];
	for (size_t i = 0; i < sizeof(scripts) / sizeof(scripts[0]); i++)
		if (!strcmp(scripts[i].name, name))
			return &scripts[i];
	return NULL;
}
