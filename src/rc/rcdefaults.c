/* rcdefaults: see rcdefaults.h; the rows follow rc.conf(5)'s order. */
#include "rc/rcdefaults.h"

#include "base/cleanup.h"

#include <fnmatch.h>
#include <stdint.h>
#include <string.h>

#define ON RCVAR_ON
#define LATER RCVAR_LATER
#define OLD RCVAR_OBSOLETE
#define NEVER RCVAR_NEVER
/* What values there are. */
#define TEXT .type = RCTYPE_TEXT
#define SWITCH .type = RCTYPE_SWITCH
#define NUMBER(lo, hi) .type = RCTYPE_NUMBER, .min = (lo), .max = (hi)
#define IF .type = RCTYPE_IF
#define FILE_ .type = RCTYPE_PATH
#define FILES .type = RCTYPE_PATHS
#define ONE_OF(list) .type = RCTYPE_WORD, .words = (list)

#define ROUTING                                                                \
	"no RIP here: Debian's frr or bird take its place, by a local script"

static const struct rcvar_def rcvar_defs[] = {
	/* interfaces */
	{"netif_enable", "YES", ON, "configure interfaces", SWITCH},
	{"network_interfaces", "auto", ON, "interfaces to configure", TEXT},
	{"cloned_interfaces", "", ON, "interfaces to create", TEXT},
	{"cloned_interfaces_sticky", "NO", ON, "keep clones at stop", SWITCH},
	{"create_args_*", NULL, ON, "words of the create", TEXT},
	{"autobridge_interfaces", "", ON, "bridges that fill themselves", TEXT},
	{"autobridge_*", NULL, ON, "members by glob", TEXT},
	{"ifconfig_DEFAULT", NULL, ON, "for interfaces without own words",
	 TEXT},
	{"ifconfig_*_alias[0-9]*", NULL, ON, "one more address", TEXT},
	{"ifconfig_*_aliases", NULL, ON, "more addresses", TEXT},
	{"ifconfig_*_ipv6", NULL, ON, "IPv6 words", TEXT},
	{"ifconfig_*_name", NULL, ON, "new name", TEXT},
	{"ifconfig_*_descr", NULL, ON, "description", TEXT},
	{"ifconfig_*", NULL, ON, "words for ifconfig", TEXT},
	{"ipv4_addrs_*", NULL, ON, "IPv4 addresses, old form", TEXT},
	{"ipv6_prefix_*", NULL, ON, "prefixes with EUI-64 addresses", TEXT},
	{"ipv6_activate_all_interfaces", "NO", ON,
	 "IPv6 on interfaces without IPv6 variables", SWITCH},
	{"ipv6_network_interfaces", "auto", ON, "interfaces with IPv6", TEXT},
	{"ipv6_privacy", "NO", ON, "temporary addresses", SWITCH},
	{"ipv6_cpe_wanif", "NO", ON, "accept advertisements as a router", IF},
	{"ipv6_default_interface", "NO", NEVER,
	 "Linux takes no link-local address without its interface", TEXT},
	{"netif_ipexpand_max", "2048", ON, "longest address range",
	 NUMBER(1, 1 << 20)},
	{"vlans_*", NULL, ON, "child vlans", TEXT},
	{"wlans_*", NULL, NEVER, "there is no wireless", TEXT},
	{"wlandebug_*", NULL, NEVER, "there is no wireless", TEXT},
	{"wpa_supplicant_*", NULL, NEVER, "there is no wireless", TEXT},
	{"hostapd_*", NULL, NEVER, "there is no wireless", TEXT},
	{"gif_interfaces", NULL, OLD, "use cloned_interfaces", TEXT},
	{"gifconfig_*", NULL, OLD, "use create_args_IF and ifconfig_IF", TEXT},
	{"dhclient_program", "/sbin/dhclient", ON, "DHCP client", FILE_},
	{"dhclient_flags", "", ON, "flags of the DHCP client", TEXT},
	{"dhclient_flags_*", NULL, ON, "flags of the DHCP client", TEXT},
	{"background_dhclient", "NO", ON, "DHCP in the background", SWITCH},
	{"background_dhclient_*", NULL, ON, "DHCP in the background", SWITCH},
	{"synchronous_dhclient", "NO", ON, "wait for DHCP", SWITCH},
	{"defaultroute_delay", "30", ON, "wait for a DHCP route",
	 NUMBER(0, 3600)},
	{"defaultroute_carrier_delay", "5", ON, "wait for carrier",
	 NUMBER(0, 3600)},
	{"netwait_enable", "NO", ON, "wait for the network", SWITCH},
	{"netwait_ip", "", ON, "hosts of which one must answer", TEXT},
	{"netwait_timeout", "60", ON, "seconds for each of them",
	 NUMBER(1, 3600)},
	{"netwait_if", "", ON, "interfaces that must have a link", TEXT},
	{"netwait_if_timeout", "30", ON, "seconds for each of them",
	 NUMBER(1, 3600)},
	{"netwait_dad", "NO", ON, "wait for the addresses' checks", SWITCH},
	{"netwait_dad_timeout", "10", ON, "seconds for that", NUMBER(1, 3600)},
	{"hostname", "", ON, "name of the machine", TEXT},

	/* routing */
	{"defaultrouter", "NO", ON, "IPv4 default route", TEXT},
	{"ipv6_defaultrouter", "NO", ON, "IPv6 default route", TEXT},
	{"defaultrouter_fib*", NULL, NEVER, "there is one routing table", TEXT},
	{"ipv6_defaultrouter_fib*", NULL, NEVER, "there is one routing table",
	 TEXT},
	{"static_routes", "", ON, "names of IPv4 routes", TEXT},
	{"route_*", NULL, ON, "words of a route", TEXT},
	{"ipv6_static_routes", "", ON, "names of IPv6 routes", TEXT},
	{"ipv6_route_*", NULL, ON, "words of a route", TEXT},
	{"static_arp_pairs", "", ON, "fixed ARP entries", TEXT},
	{"static_arp_*", NULL, ON, "a fixed ARP entry", TEXT},
	{"static_ndp_pairs", "", ON, "fixed neighbours", TEXT},
	{"static_ndp_*", NULL, ON, "a fixed neighbour", TEXT},
	{"gateway_enable", "NO", ON, "forward IPv4", SWITCH},
	{"ipv6_gateway_enable", "NO", ON, "forward IPv6", SWITCH},
	{"arpproxy_all", "NO", ON, "answer ARP for others", SWITCH},
	{"forward_sourceroute", "NO", ON, "forward source routes", SWITCH},
	{"accept_sourceroute", "NO", ON, "accept source routes", SWITCH},
	{"icmp_drop_redirect", "NO", ON, "ignore redirects",
	 .type = RCTYPE_SWITCH, .also = "auto"},
	{"icmp_log_redirect", "NO", NEVER, "Linux does not log redirects",
	 TEXT},
	{"icmp_bmcastecho", "NO", ON, "answer broadcast pings", SWITCH},
	{"rtsold_enable", "NO", ON, "solicit routers", SWITCH},
	{"rtsold_flags", "-a", ON, "flags of rtsold", TEXT},
	{"rtadvd_enable", "NO", ON, "advertise prefixes", SWITCH},
	{"rtadvd_interfaces", "", ON, "where to advertise", TEXT},
	{"rtadvd_program", NULL, NEVER, "radvd it is", TEXT},
	{"rtadvd_flags", "", ON, "flags of rtadvd", TEXT},
	{"routed_enable", "NO", NEVER, ROUTING, SWITCH},
	{"routed_*", NULL, NEVER, ROUTING, TEXT},
	{"route6d_enable", "NO", NEVER, ROUTING, SWITCH},
	{"route6d_*", NULL, NEVER, ROUTING, TEXT},
	{"ip6addrctl_enable", "YES", ON, "address selection", SWITCH},
	{"ip6addrctl_policy", "AUTO", ON, "address selection",
	 ONE_OF("AUTO ipv4_prefer ipv6_prefer NONE")},
	{"ip6addrctl_verbose", "NO", ON, "print the policy", SWITCH},

	/* packet filters */
	{"pf_enable", "NO", ON, "packet filter", SWITCH},
	{"pf_rules", "/etc/pf.conf", ON, "rules of pf", FILE_},
	{"pf_program", "/sbin/pfctl", NEVER, "pfctl is part of rc", TEXT},
	{"pf_flags", "", ON, "flags of pfctl", TEXT},
	{"pf_fallback_rules_enable", "NO", ON, "other rules when they fail",
	 SWITCH},
	{"pf_fallback_rules_file", "/etc/pf-fallback.conf", ON,
	 "file of those rules", FILE_},
	{"pf_fallback_rules", "block drop log all", ON,
	 "those rules, when there is no such file", TEXT},
	{"pflog_enable", "NO", ON, "packet log", SWITCH},
	{"pflog_logfile", "/var/log/pflog", ON, "its file", FILE_},
	{"pflog_flags", "", ON, "flags of pflogd", TEXT},
	{"pflog_dev", "pflog0", ON, "which log", TEXT},
	{"pflog_instances", "", ON, "names of several logs", TEXT},
	{"pflog_*_dev", NULL, ON, "which log", TEXT},
	{"pflog_*_logfile", NULL, ON, "its file", TEXT},
	{"pflog_*_flags", NULL, ON, "flags of pflogd", TEXT},
	{"pfsync_enable", "NO", LATER, "shared states", SWITCH},
	{"pfsync_*", NULL, LATER, "shared states", TEXT},
	{"ftpproxy_enable", "NO", NEVER, "there is no ftp-proxy", SWITCH},
	{"dnctl_enable", "NO", NEVER, "there is no dummynet", SWITCH},
	{"dnctl_rules", NULL, NEVER, "there is no dummynet", TEXT},
	{"firewall_enable", "NO", NEVER, "there is no ipfw: use pf", SWITCH},
	{"firewall_*", NULL, NEVER, "there is no ipfw: use pf", TEXT},
	{"ipfilter_enable", "NO", NEVER, "there is no ipfilter: use pf",
	 SWITCH},

	/* jails */
	{"jail_enable", "NO", ON, "start jails", SWITCH},
	{"jail_conf", "/etc/jail.conf", ON, "their configuration", FILE_},
	{"jail_list", "", ON, "which jails, in order", TEXT},
	{"jail_parallel_start", "NO", ON, "all at once", SWITCH},
	{"jail_reverse_stop", "NO", ON, "stop in reverse", SWITCH},
	{"jail_confwarn", "YES", ON, "warn of jail_* variables", SWITCH},
	{"jail_flags", "", ON, "flags of jail(8)", TEXT},
	{"jail_*_flags", NULL, OLD, "use jail_flags and jail.conf(5)", TEXT},
	{"jail_*_*", NULL, OLD, "use jail.conf(5)", TEXT},
	{"svcj_all_enable", "NO", ON, "all scripts' services in jails", SWITCH},
	{"*_svcj", NULL, ON, "this script's service in a jail", SWITCH},
	{"*_svcj_options", NULL, ON, "what it may do in there", TEXT},
	{"*_svcj_ipaddrs", NULL, ON, "addresses it has in there", TEXT},
	{"*_svcj_enable", NULL, ON, "this command in there", SWITCH},

	/* the rest that a jail or a lab may name */
	{"devfs_rulesets", "/etc/defaults/devfs.rules /etc/devfs.rules", ON,
	 "files of devfs rulesets", FILES},
	{"devfs_load_rulesets", "YES", ON, "load them at boot", SWITCH},
	{"devfs_set_rulesets", "", ON, "rulesets of jails' /dev", TEXT},
	{"devfs_system_ruleset", "", NEVER, "the machine's own /dev is udev's",
	 TEXT},
	{"kld_list", "", ON, "modules", TEXT},
	{"kern_securelevel_enable", "NO", ON, "raise the securelevel", SWITCH},
	{"kern_securelevel", "-1", ON, "securelevel", NUMBER(-1, 3)},
	{"rctl_enable", "YES", ON, "resource limits", SWITCH},
	{"rctl_rules", "/etc/rctl.conf", ON, "rules of rctl", FILE_},
	{"rc_startmsgs", "YES", ON, "say what is started", SWITCH},
	{"rc_debug", "NO", ON, "rc.subr's debug()", SWITCH},
	{"rc_info", "NO", ON, "rc.subr's info()", SWITCH},
	{"local_startup", "/usr/local/etc/rc.d", ON, "local scripts", FILES},
};

const struct rcvar_def *rcvar_def_at(size_t i)
{
	return i < ARRAY_SIZE(rcvar_defs) ? &rcvar_defs[i] : NULL;
}

const struct rcvar_def *rcvar_def_find(const char *name)
{
	/* each rc asks for each default: lengths tell most names apart */
	static uint8_t lens[ARRAY_SIZE(rcvar_defs)];
	size_t len = strlen(name);

	if (!lens[0])
		for (size_t i = ARRAY_SIZE(rcvar_defs); i-- > 0;)
			lens[i] = (uint8_t)strlen(rcvar_defs[i].pattern);
	for (size_t i = 0; i < ARRAY_SIZE(rcvar_defs); i++)
		if (lens[i] == len && !strcmp(rcvar_defs[i].pattern, name))
			return &rcvar_defs[i];
	for (size_t i = 0; i < ARRAY_SIZE(rcvar_defs); i++)
		if (strpbrk(rcvar_defs[i].pattern, "*[") &&
		    !fnmatch(rcvar_defs[i].pattern, name, 0))
			return &rcvar_defs[i];
	return NULL;
}
