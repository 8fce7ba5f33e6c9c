/* rcdefaults: see rcdefaults.h; the rows follow rc.conf(5)'s order. */
#include "rc/rcdefaults.h"

#include "base/cleanup.h"

#include <fnmatch.h>
#include <string.h>

#define LATER RCVAR_LATER
#define OLD RCVAR_OBSOLETE
#define NEVER RCVAR_NEVER

static const struct rcvar_def rcvar_defs[] = {
	/* interfaces */
	{"netif_enable", "YES", RCVAR_ON, "configure interfaces"},
	{"network_interfaces", "auto", RCVAR_ON, "interfaces to configure"},
	{"cloned_interfaces", "", RCVAR_ON, "interfaces to create"},
	{"cloned_interfaces_sticky", "NO", RCVAR_ON, "keep clones at stop"},
	{"create_args_*", NULL, RCVAR_ON, "words of the create"},
	{"autobridge_interfaces", "", RCVAR_ON, "bridges that fill themselves"},
	{"autobridge_*", NULL, RCVAR_ON, "members by glob"},
	{"ifconfig_DEFAULT", NULL, RCVAR_ON,
	 "for interfaces without own words"},
	{"ifconfig_*_alias[0-9]*", NULL, RCVAR_ON, "one more address"},
	{"ifconfig_*_aliases", NULL, RCVAR_ON, "more addresses"},
	{"ifconfig_*_ipv6", NULL, RCVAR_ON, "IPv6 words"},
	{"ifconfig_*_name", NULL, RCVAR_ON, "new name"},
	{"ifconfig_*_descr", NULL, RCVAR_ON, "description"},
	{"ifconfig_*", NULL, RCVAR_ON, "words for ifconfig"},
	{"ipv4_addrs_*", NULL, RCVAR_ON, "IPv4 addresses, old form"},
	{"ipv6_prefix_*", NULL, LATER, "prefixes with EUI-64 addresses"},
	{"ipv6_activate_all_interfaces", "NO", RCVAR_ON,
	 "IPv6 on interfaces without IPv6 variables"},
	{"ipv6_network_interfaces", "auto", LATER, "interfaces with IPv6"},
	{"ipv6_privacy", "NO", LATER, "temporary addresses"},
	{"ipv6_cpe_wanif", "NO", LATER, "accept advertisements as a router"},
	{"ipv6_default_interface", "NO", LATER, "scope of link-local routes"},
	{"netif_ipexpand_max", "2048", RCVAR_ON, "longest address range"},
	{"vlans_*", NULL, LATER, "child vlans"},
	{"wlans_*", NULL, LATER, "wireless children"},
	{"gif_interfaces", NULL, OLD, "use cloned_interfaces"},
	{"gifconfig_*", NULL, OLD, "use create_args_IF and ifconfig_IF"},
	{"dhclient_program", "/sbin/dhclient", LATER, "DHCP client"},
	{"dhclient_flags", "", LATER, "flags of the DHCP client"},
	{"dhclient_flags_*", NULL, LATER, "flags of the DHCP client"},
	{"background_dhclient", "NO", LATER, "DHCP in the background"},
	{"background_dhclient_*", NULL, LATER, "DHCP in the background"},
	{"synchronous_dhclient", "NO", LATER, "wait for DHCP"},
	{"defaultroute_delay", "30", LATER, "wait for a DHCP route"},
	{"defaultroute_carrier_delay", "5", LATER, "wait for carrier"},
	{"netwait_enable", "NO", LATER, "wait for the network"},
	{"hostname", "", RCVAR_ON, "name of the machine"},

	/* routing */
	{"defaultrouter", "NO", RCVAR_ON, "IPv4 default route"},
	{"ipv6_defaultrouter", "NO", RCVAR_ON, "IPv6 default route"},
	{"defaultrouter_fib*", NULL, LATER, "default route of a fib"},
	{"ipv6_defaultrouter_fib*", NULL, LATER, "default route of a fib"},
	{"static_routes", "", RCVAR_ON, "names of IPv4 routes"},
	{"route_*", NULL, RCVAR_ON, "words of a route"},
	{"ipv6_static_routes", "", RCVAR_ON, "names of IPv6 routes"},
	{"ipv6_route_*", NULL, RCVAR_ON, "words of a route"},
	{"static_arp_pairs", "", LATER, "fixed ARP entries"},
	{"static_arp_*", NULL, LATER, "a fixed ARP entry"},
	{"static_ndp_pairs", "", LATER, "fixed neighbours"},
	{"static_ndp_*", NULL, LATER, "a fixed neighbour"},
	{"gateway_enable", "NO", RCVAR_ON, "forward IPv4"},
	{"ipv6_gateway_enable", "NO", RCVAR_ON, "forward IPv6"},
	{"arpproxy_all", "NO", RCVAR_ON, "answer ARP for others"},
	{"forward_sourceroute", "NO", RCVAR_ON, "forward source routes"},
	{"accept_sourceroute", "NO", RCVAR_ON, "accept source routes"},
	{"icmp_drop_redirect", "NO", RCVAR_ON, "ignore redirects"},
	{"icmp_log_redirect", "NO", LATER, "log redirects"},
	{"icmp_bmcastecho", "NO", RCVAR_ON, "answer broadcast pings"},
	{"rtsold_enable", "NO", LATER, "solicit routers"},
	{"rtsold_flags", NULL, LATER, "flags of rtsold"},
	{"rtadvd_enable", "NO", LATER, "advertise prefixes"},
	{"rtadvd_interfaces", NULL, LATER, "where to advertise"},
	{"routed_enable", "NO", LATER, "RIP"},
	{"route6d_enable", "NO", LATER, "RIPng"},
	{"ip6addrctl_enable", "YES", LATER, "address selection"},
	{"ip6addrctl_policy", "AUTO", LATER, "address selection"},

	/* packet filters */
	{"pf_enable", "NO", LATER, "packet filter"},
	{"pf_rules", "/etc/pf.conf", LATER, "rules of pf"},
	{"pf_program", "/sbin/pfctl", LATER, "pfctl"},
	{"pf_flags", "", LATER, "flags of pfctl"},
	{"pf_fallback_rules*", NULL, LATER, "rules when others fail"},
	{"pflog_enable", "NO", LATER, "packet log"},
	{"pflog_*", NULL, LATER, "packet log"},
	{"pfsync_enable", "NO", LATER, "shared states"},
	{"pfsync_*", NULL, LATER, "shared states"},
	{"ftpproxy_enable", "NO", LATER, "FTP helper"},
	{"dnctl_enable", "NO", LATER, "dummynet"},
	{"dnctl_rules", NULL, LATER, "dummynet"},
	{"firewall_enable", "NO", LATER, "ipfw"},
	{"firewall_*", NULL, LATER, "ipfw"},
	{"ipfilter_enable", "NO", LATER, "ipfilter"},

	/* jails */
	{"jail_enable", "NO", RCVAR_ON, "start jails"},
	{"jail_conf", "/etc/jail.conf", RCVAR_ON, "their configuration"},
	{"jail_list", "", RCVAR_ON, "which jails, in order"},
	{"jail_parallel_start", "NO", RCVAR_ON, "all at once"},
	{"jail_reverse_stop", "NO", RCVAR_ON, "stop in reverse"},
	{"jail_confwarn", "YES", RCVAR_ON, "warn of jail_* variables"},
	{"jail_flags", "", LATER, "flags of jail(8)"},
	{"jail_*_flags", NULL, LATER, "flags of jail(8)"},
	{"jail_*_svcj*", NULL, LATER, "service jails"},
	{"jail_*_*", NULL, OLD, "use jail.conf(5)"},
	{"*_svcj", NULL, LATER, "service jails"},
	{"*_svcj_options", NULL, LATER, "service jails"},

	/* the rest that a jail or a lab may name */
	{"devfs_rulesets", "/etc/defaults/devfs.rules /etc/devfs.rules",
	 RCVAR_ON, "files of devfs rulesets"},
	{"devfs_load_rulesets", "YES", RCVAR_ON, "load them at boot"},
	{"devfs_set_rulesets", "", RCVAR_ON, "rulesets of jails' /dev"},
	{"devfs_system_ruleset", "", NEVER, "the machine's own /dev is udev's"},
	{"kld_list", "", LATER, "modules"},
	{"kern_securelevel_enable", "NO", LATER, "raise the securelevel"},
	{"kern_securelevel", "-1", LATER, "securelevel"},
	{"rctl_enable", "YES", RCVAR_ON, "resource limits"},
	{"rctl_rules", "/etc/rctl.conf", RCVAR_ON, "rules of rctl"},
	{"rc_startmsgs", "YES", RCVAR_ON, "say what is started"},
	{"rc_debug", "NO", RCVAR_ON, "rc.subr's debug()"},
	{"rc_info", "NO", RCVAR_ON, "rc.subr's info()"},
	{"local_startup", "/usr/local/etc/rc.d", RCVAR_ON, "local scripts"},
};

const struct rcvar_def *rcvar_def_at(size_t i)
{
	return i < ARRAY_SIZE(rcvar_defs) ? &rcvar_defs[i] : NULL;
}

const struct rcvar_def *rcvar_def_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(rcvar_defs); i++)
		if (!strcmp(rcvar_defs[i].pattern, name))
			return &rcvar_defs[i];
	for (size_t i = 0; i < ARRAY_SIZE(rcvar_defs); i++)
		if (strpbrk(rcvar_defs[i].pattern, "*[") &&
		    !fnmatch(rcvar_defs[i].pattern, name, 0))
			return &rcvar_defs[i];
	return NULL;
}
