/* names: tables of pf.conf(5)'s words for numbers. */
#include "pf/names.h"

#include "base/cleanup.h"

#include <netdb.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>

struct named {
	const char *name;
	int number;
};

struct coded {
	const char *name;
	int type, code;
};

static const struct named icmp_types[] = {
	{"echoreq", 8},	   {"echorep", 0},     {"unreach", 3},
	{"squench", 4},	   {"redir", 5},       {"althost", 6},
	{"routeradv", 9},  {"routersol", 10},  {"timex", 11},
	{"paramprob", 12}, {"timereq", 13},    {"timerep", 14},
	{"inforeq", 15},   {"inforep", 16},    {"maskreq", 17},
	{"maskrep", 18},   {"trace", 30},      {"dataconv", 31},
	{"mobredir", 32},  {"ipv6-where", 33}, {"ipv6-here", 34},
	{"mobregreq", 35}, {"mobregrep", 36},  {"skip", 39},
	{"photuris", 40},
};

/* A number with two names prints by the first. */
static const struct named icmp6_types[] = {
	{"unreach", 1},	     {"toobig", 2},	 {"timex", 3},
	{"paramprob", 4},    {"echoreq", 128},	 {"echorep", 129},
	{"groupqry", 130},   {"listqry", 130},	 {"grouprep", 131},
	{"listenrep", 131},  {"groupterm", 132}, {"listendone", 132},
	{"routersol", 133},  {"routeradv", 134}, {"neighbrsol", 135},
	{"neighbradv", 136}, {"redir", 137},	 {"routrrenum", 138},
	{"wrureq", 139},     {"wrurep", 140},	 {"fqdnreq", 139},
	{"fqdnrep", 140},    {"niqry", 139},	 {"nirep", 140},
	{"mtraceresp", 200}, {"mtrace", 201},
};

static const struct coded icmp_codes[] = {
	{"net-unr", 3, 0},	 {"host-unr", 3, 1},
	{"proto-unr", 3, 2},	 {"port-unr", 3, 3},
	{"needfrag", 3, 4},	 {"srcfail", 3, 5},
	{"net-unk", 3, 6},	 {"host-unk", 3, 7},
	{"isolate", 3, 8},	 {"net-prohib", 3, 9},
	{"host-prohib", 3, 10},	 {"net-tos", 3, 11},
	{"host-tos", 3, 12},	 {"filter-prohib", 3, 13},
	{"host-preced", 3, 14},	 {"cutoff-preced", 3, 15},
	{"redir-net", 5, 0},	 {"redir-host", 5, 1},
	{"redir-tos-net", 5, 2}, {"redir-tos-host", 5, 3},
	{"normal-adv", 9, 0},	 {"common-adv", 9, 16},
	{"transit", 11, 0},	 {"reassemb", 11, 1},
	{"badhead", 12, 0},	 {"optmiss", 12, 1},
	{"badlen", 12, 2},	 {"unknown-ind", 40, 1},
	{"auth-fail", 40, 2},	 {"decrypt-fail", 40, 3},
};

static const struct coded icmp6_codes[] = {
	{"admin-unr", 1, 1},  {"noroute-unr", 1, 0},   {"notnbr-unr", 1, 2},
	{"beyond-unr", 1, 2}, {"addr-unr", 1, 3},      {"port-unr", 1, 4},
	{"transit", 3, 0},    {"reassemb", 3, 1},      {"badhead", 4, 0},
	{"nxthdr", 4, 1},     {"redironlink", 137, 0}, {"redirrouter", 137, 1},
};

static const struct named tos_names[] = {
	{"af11", 0x28},	      {"af12", 0x30},	     {"af13", 0x38},
	{"af21", 0x48},	      {"af22", 0x50},	     {"af23", 0x58},
	{"af31", 0x68},	      {"af32", 0x70},	     {"af33", 0x78},
	{"af41", 0x88},	      {"af42", 0x90},	     {"af43", 0x98},
	{"critical", 0xa0},   {"cs0", 0x00},	     {"cs1", 0x20},
	{"cs2", 0x40},	      {"cs3", 0x60},	     {"cs4", 0x80},
	{"cs5", 0xa0},	      {"cs6", 0xc0},	     {"cs7", 0xe0},
	{"ef", 0xb8},	      {"inetcontrol", 0xc0}, {"lowdelay", 0x10},
	{"netcontrol", 0xe0}, {"reliability", 0x04}, {"throughput", 0x08},
	{"va", 0xb0},
};

/* The first name of a number is the one printed. */
static const struct named protos[] = {
	{"ip", 0},	   {"icmp", 1},		{"igmp", 2},
	{"ggp", 3},	   {"ipencap", 4},	{"st2", 5},
	{"tcp", 6},	   {"egp", 8},		{"igp", 9},
	{"pup", 12},	   {"udp", 17},		{"hmp", 20},
	{"xns-idp", 22},   {"rdp", 27},		{"iso-tp4", 29},
	{"dccp", 33},	   {"xtp", 36},		{"ddp", 37},
	{"idpr-cmtp", 38}, {"ipv6", 41},	{"ipv6-route", 43},
	{"ipv6-frag", 44}, {"idrp", 45},	{"rsvp", 46},
	{"gre", 47},	   {"dsr", 48},		{"esp", 50},
	{"ah", 51},	   {"skip", 57},	{"ipv6-icmp", 58},
	{"icmp6", 58},	   {"ipv6-nonxt", 59},	{"ipv6-opts", 60},
	{"rspf", 73},	   {"vmtp", 81},	{"eigrp", 88},
	{"ospf", 89},	   {"ospfigp", 89},	{"ax.25", 93},
	{"ipip", 94},	   {"etherip", 97},	{"encap", 98},
	{"pim", 103},	   {"ipcomp", 108},	{"carp", 112},
	{"vrrp", 112},	   {"l2tp", 115},	{"isis", 124},
	{"sctp", 132},	   {"fc", 133},		{"mobility-header", 135},
	{"udplite", 136},  {"mpls-in-ip", 137}, {"hip", 139},
	{"shim6", 140},	   {"wesp", 141},	{"pfsync", 240},
};

/* Services: bit 1 tcp, bit 2 udp. */
static const struct service {
	const char *name;
	uint16_t port;
	uint8_t how;
} services[] = {
	{"tcpmux", 1, 3},
	{"echo", 7, 3},
	{"discard", 9, 3},
	{"systat", 11, 3},
	{"daytime", 13, 3},
	{"qotd", 17, 3},
	{"chargen", 19, 3},
	{"ftp-data", 20, 3},
	{"ftp", 21, 3},
	{"ssh", 22, 3},
	{"telnet", 23, 3},
	{"smtp", 25, 3},
	{"mail", 25, 3},
	{"time", 37, 3},
	{"nameserver", 42, 3},
	{"nicname", 43, 3},
	{"whois", 43, 3},
	{"tacacs", 49, 3},
	{"domain", 53, 3},
	{"bootps", 67, 3},
	{"bootpc", 68, 3},
	{"tftp", 69, 3},
	{"gopher", 70, 3},
	{"finger", 79, 3},
	{"http", 80, 3},
	{"www", 80, 3},
	{"kerberos", 88, 3},
	{"kerberos-sec", 88, 3},
	{"hostname", 101, 3},
	{"pop3", 110, 3},
	{"pop-3", 110, 3},
	{"sunrpc", 111, 3},
	{"rpcbind", 111, 3},
	{"portmapper", 111, 3},
	{"auth", 113, 3},
	{"ident", 113, 3},
	{"nntp", 119, 3},
	{"ntp", 123, 3},
	{"epmap", 135, 3},
	{"netbios-ns", 137, 3},
	{"netbios-dgm", 138, 3},
	{"netbios-ssn", 139, 3},
	{"imap", 143, 3},
	{"imap2", 143, 3},
	{"imap4", 143, 3},
	{"snmp", 161, 3},
	{"snmptrap", 162, 3},
	{"snmp-trap", 162, 3},
	{"xdmcp", 177, 3},
	{"bgp", 179, 3},
	{"irc", 194, 3},
	{"ipx", 213, 3},
	{"ldap", 389, 3},
	{"https", 443, 3},
	{"microsoft-ds", 445, 3},
	{"kpasswd5", 464, 3},
	{"smtps", 465, 1},
	{"submissions", 465, 1},
	{"isakmp", 500, 3},
	{"biff", 512, 2},
	{"exec", 512, 1},
	{"login", 513, 1},
	{"who", 513, 2},
	{"shell", 514, 1},
	{"syslog", 514, 2},
	{"printer", 515, 3},
	{"talk", 517, 3},
	{"ntalk", 518, 3},
	{"router", 520, 2},
	{"rip", 520, 2},
	{"timed", 525, 3},
	{"uucp", 540, 3},
	{"klogin", 543, 3},
	{"kshell", 544, 3},
	{"dhcpv6-client", 546, 3},
	{"dhcpv6-server", 547, 3},
	{"rtsp", 554, 3},
	{"nntps", 563, 3},
	{"submission", 587, 3},
	{"ipp", 631, 3},
	{"ldaps", 636, 3},
	{"ldp", 646, 3},
	{"kerberos-adm", 749, 3},
	{"iscsi", 860, 3},
	{"domain-s", 853, 3},
	{"rsync", 873, 3},
	{"ftps-data", 989, 3},
	{"ftps", 990, 3},
	{"telnets", 992, 3},
	{"imaps", 993, 3},
	{"ircs", 994, 3},
	{"pop3s", 995, 3},
	{"socks", 1080, 3},
	{"openvpn", 1194, 3},
	{"ms-sql-s", 1433, 3},
	{"l2tp", 1701, 3},
	{"pptp", 1723, 3},
	{"radius", 1812, 3},
	{"radacct", 1813, 3},
	{"radius-acct", 1813, 3},
	{"mqtt", 1883, 3},
	{"ssdp", 1900, 3},
	{"hsrp", 1985, 3},
	{"nfsd", 2049, 3},
	{"nfs", 2049, 3},
	{"cvspserver", 2401, 3},
	{"iscsi-target", 3260, 3},
	{"mysql", 3306, 3},
	{"rdp", 3389, 3},
	{"stun", 3478, 3},
	{"svn", 3690, 3},
	{"sae-urn", 4500, 3},
	{"ipsec-nat-t", 4500, 3},
	{"vxlan", 4789, 3},
	{"sip", 5060, 3},
	{"sip-tls", 5061, 3},
	{"xmpp-client", 5222, 3},
	{"xmpp-server", 5269, 3},
	{"mdns", 5353, 3},
	{"postgresql", 5432, 3},
	{"amqp", 5672, 3},
	{"rfb", 5900, 3},
	{"x11", 6000, 3},
	{"redis", 6379, 3},
	{"ircu", 6667, 3},
	{"ircs-u", 6697, 3},
	{"ftp-proxy", 8021, 1},
	{"http-alt", 8080, 3},
	{"pcsync-https", 8443, 3},
	{"mqtts", 8883, 3},
	{"git", 9418, 3},
	{"snpp", 444, 3},
};

static int by_name(const struct named *t, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(t[i].name, name))
			return t[i].number;
	return -1;
}

static const char *by_number(const struct named *t, size_t n, int number)
{
	for (size_t i = 0; i < n; i++)
		if (t[i].number == number)
			return t[i].name;
	return NULL;
}

int pf_icmp_type(const char *name, sa_family_t af)
{
	return af == AF_INET6
		       ? by_name(icmp6_types, ARRAY_SIZE(icmp6_types), name)
		       : by_name(icmp_types, ARRAY_SIZE(icmp_types), name);
}

const char *pf_icmp_type_name(int type, sa_family_t af)
{
	return af == AF_INET6
		       ? by_number(icmp6_types, ARRAY_SIZE(icmp6_types), type)
		       : by_number(icmp_types, ARRAY_SIZE(icmp_types), type);
}

static const struct coded *codes_of(sa_family_t af, size_t *n)
{
	*n = af == AF_INET6 ? ARRAY_SIZE(icmp6_codes) : ARRAY_SIZE(icmp_codes);
	return af == AF_INET6 ? icmp6_codes : icmp_codes;
}

int pf_icmp_code(int type, const char *name, sa_family_t af)
{
	size_t n;
	const struct coded *t = codes_of(af, &n);

	for (size_t i = 0; i < n; i++)
		if (t[i].type == type && !strcmp(t[i].name, name))
			return t[i].code;
	return -1;
}

const char *pf_icmp_code_name(int type, int code, sa_family_t af)
{
	size_t n;
	const struct coded *t = codes_of(af, &n);

	for (size_t i = 0; i < n; i++)
		if (t[i].type == type && t[i].code == code)
			return t[i].name;
	return NULL;
}

int pf_tos_value(const char *name)
{
	return by_name(tos_names, ARRAY_SIZE(tos_names), name);
}

int pf_proto_number(const char *name)
{
	int n = by_name(protos, ARRAY_SIZE(protos), name);
	const struct protoent *p;

	if (n >= 0)
		return n;
	p = getprotobyname(name);
	return p ? p->p_proto : -1;
}

const char *pf_proto_name(uint8_t proto)
{
	return by_number(protos, ARRAY_SIZE(protos), proto);
}

int pf_service_port(const char *name)
{
	const struct servent *s;

	for (size_t i = 0; i < ARRAY_SIZE(services); i++)
		if (!strcmp(services[i].name, name))
			return services[i].port;
	s = getservbyname(name, "tcp");
	if (!s)
		s = getservbyname(name, "udp");
	return s ? ntohs((uint16_t)s->s_port) : -1;
}

const char *pf_service_name(uint16_t port, uint8_t proto)
{
	uint8_t how = proto == IPPROTO_TCP ? 1 : 2;

	for (size_t i = 0; i < ARRAY_SIZE(services); i++)
		if (services[i].port == port && (services[i].how & how))
			return services[i].name;
	return NULL;
}

int pf_tcp_flags(const char *letters)
{
	int f = 0;

	for (; *letters; letters++) {
		const char *at = strchr(PF_TCP_FLAGS, *letters);

		if (!at)
			return -1;
		f |= 1 << (at - PF_TCP_FLAGS);
	}
	return f;
}
