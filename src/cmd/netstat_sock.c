/* netstat_sock: sockets (netstat -an) and protocol counters (netstat -s). */
#include "base/cleanup.h"
#include "base/file.h"
#include "base/str.h"
#include "cmd/netstat.h"
#include "net/hosts.h"
#include "net/socks.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>

static const char *proto_name(int protocol)
{
	return protocol == IPPROTO_TCP ? "tcp" : "udp";
}

/* Of an address with its port; -W has room for any of IPv6. */
static int end_width(const struct netstat_args *a)
{
	return a->wide && a->family != AF_INET ? 45 : 22;
}

static bool is_any(const struct sock *s, const union route_addr *a)
{
	return s->family == AF_INET ? !a->in.s_addr
				    : IN6_IS_ADDR_UNSPECIFIED(&a->in6);
}

static void put_end(const struct netstat_args *a, const struct sock *s,
		    const union route_addr *addr, uint16_t port, char *buf,
		    size_t size)
{
	size_t len = s->family == AF_INET ? 4 : 16;
	char host[256] = "*", service[16] = "*";
	const struct servent *se = NULL;

	if (!is_any(s, addr) && (a->numeric || !hosts_name(s->family, addr, len,
							   host, sizeof(host))))
		inet_ntop(s->family, addr, host, sizeof(host));
	if (port && !a->numeric)
		se = getservbyport(htons(port), proto_name(s->protocol));
	if (port)
		snprintf(service, sizeof(service), "%u", port);
	snprintf(buf, size, "%s.%s", host, se ? se->s_name : service);
}

static void print_sock(const struct netstat_args *a, const struct sock *s)
{
	char local[300], remote[300], proto[8];
	int w = end_width(a);

	snprintf(proto, sizeof(proto), "%s%c", proto_name(s->protocol),
		 s->family == AF_INET ? '4' : '6');
	put_end(a, s, &s->local, s->lport, local, sizeof(local));
	put_end(a, s, &s->remote, s->rport, remote, sizeof(remote));
	printf("%-5s %6u %6u %-*s %-*s %s\n", proto, s->recvq, s->sendq, w,
	       local, w, remote, s->state);
}

static json_t *end_json(const struct netstat_args *a, const struct sock *s,
			const union route_addr *addr, uint16_t port)
{
	char text[300];
	char *dot;

	put_end(a, s, addr, port, text, sizeof(text));
	dot = strrchr(text, '.');
	*dot = 0;
	return json_pack("{s:s, s:s}", "address", text, "port", dot + 1);
}

static json_t *sock_json(const struct netstat_args *a, const struct sock *s)
{
	char proto[8];
	json_t *o;

	snprintf(proto, sizeof(proto), "%s%c", proto_name(s->protocol),
		 s->family == AF_INET ? '4' : '6');
	o = json_pack("{s:s, s:I, s:I, s:o, s:o}", "protocol", proto,
		      "receive-bytes-waiting", (json_int_t)s->recvq,
		      "send-bytes-waiting", (json_int_t)s->sendq, "local",
		      end_json(a, s, &s->local, s->lport), "remote",
		      end_json(a, s, &s->remote, s->rport));
	if (o && *s->state)
		json_object_set_new(o, "tcp-state", json_string(s->state));
	return o;
}

static void print_socks(const struct netstat_args *a, const struct sock *v,
			size_t n)
{
	int w = end_width(a);
	bool any = false;

	for (size_t i = 0; i < n; i++) {
		if (v[i].listening && !a->all)
			continue;
		if (!any)
			printf("Active Internet connections%s\n"
			       "%-5s %-6s %-6s %-*s %-*s %s\n",
			       a->all ? " (including servers)" : "", "Proto",
			       "Recv-Q", "Send-Q", w, "Local Address", w,
			       "Foreign Address", "(state)");
		any = true;
		print_sock(a, &v[i]);
	}
}

static int socks_json(const struct netstat_args *a, const struct sock *v,
		      size_t n, struct err *e)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++)
		if (!v[i].listening || a->all)
			json_array_append_new(list, sock_json(a, &v[i]));
	return libxo_print(&a->xo, "statistics",
			   json_pack("{s:o}", "socket", list), e);
}

int netstat_sockets(struct vnet *v, const struct netstat_args *a, struct err *e)
{
	static const int protocols[] = {IPPROTO_TCP, IPPROTO_UDP};
	static const int families[] = {AF_INET, AF_INET6};
	cleanup_free struct sock *socks = NULL;
	size_t n = 0;
	int r = 0;

	if (a->bytes || a->drops)
		return err_set(e, EINVAL, "-b and -d go with -i only");
	if (a->protocol && strcmp(a->protocol, "tcp") != 0 &&
	    strcmp(a->protocol, "udp") != 0)
		return err_set(e, EINVAL,
			       "%s: unknown or uninstrumented protocol",
			       a->protocol);
	for (size_t p = 0; p < ARRAY_SIZE(protocols); p++) {
		if (a->protocol &&
		    strcmp(a->protocol, proto_name(protocols[p])) != 0)
			continue;
		for (size_t f = 0; r >= 0 && f < ARRAY_SIZE(families); f++)
			if (!a->family || a->family == families[f])
				r = socks_load(v, families[f], protocols[p],
					       false, &socks, &n, e);
	}
	if (r >= 0)
		r = netstat_seen(a->jail, socks, &n, e);
	if (r < 0)
		return r;
	if (a->xo.json)
		return socks_json(a, socks, n, e);
	print_socks(a, socks, n);
	return 0;
}

/* Lines of netstat -s: a counter of /proc/net/snmp and what it counts. */
static const struct counter {
	const char *proto, *linux_proto, *field, *one, *many;
} counters[] = {
	{"tcp", "Tcp", "OutSegs", "packet sent", "packets sent"},
	{"tcp", "Tcp", "RetransSegs", "data packet retransmitted",
	 "data packets retransmitted"},
	{"tcp", "Tcp", "InSegs", "packet received", "packets received"},
	{"tcp", "Tcp", "InErrs", "discarded due to errors",
	 "discarded due to errors"},
	{"tcp", "Tcp", "ActiveOpens", "connection request",
	 "connection requests"},
	{"tcp", "Tcp", "PassiveOpens", "connection accept",
	 "connection accepts"},
	{"tcp", "Tcp", "AttemptFails", "embryonic connection dropped",
	 "embryonic connections dropped"},
	{"udp", "Udp", "InDatagrams", "datagram received",
	 "datagrams received"},
	{"udp", "Udp", "InErrors", "dropped due to errors",
	 "dropped due to errors"},
	{"udp", "Udp", "NoPorts", "dropped due to no socket",
	 "dropped due to no socket"},
	{"udp", "Udp", "RcvbufErrors", "dropped due to full socket buffers",
	 "dropped due to full socket buffers"},
	{"udp", "Udp", "OutDatagrams", "datagram output", "datagrams output"},
	{"ip", "Ip", "InReceives", "total packet received",
	 "total packets received"},
	{"ip", "Ip", "InHdrErrors", "packet with a bad header",
	 "packets with bad headers"},
	{"ip", "Ip", "InDelivers", "packet for this host",
	 "packets for this host"},
	{"ip", "Ip", "InUnknownProtos",
	 "packet for unknown/unsupported protocol",
	 "packets for unknown/unsupported protocol"},
	{"ip", "Ip", "ForwDatagrams", "packet forwarded", "packets forwarded"},
	{"ip", "Ip", "OutRequests", "packet sent from this host",
	 "packets sent from this host"},
	{"ip", "Ip", "OutNoRoutes", "output packet discarded due to no route",
	 "output packets discarded due to no route"},
	{"icmp", "Icmp", "OutMsgs", "message sent", "messages sent"},
	{"icmp", "Icmp", "InMsgs", "message received", "messages received"},
	{"icmp", "Icmp", "InErrors", "message with errors",
	 "messages with errors"},
};

/*
 * /proc/net/snmp has two lines a protocol, "Tcp: NAME NAME..." and
 * "Tcp: VALUE VALUE...".
 */
static bool counter_find(const struct strv *lines, const struct counter *c,
			 long long *ret)
{
	cleanup_strv struct strv names = {0}, values = {0};
	size_t len = strlen(c->linux_proto);

	for (size_t i = 0; i + 1 < lines->n; i++) {
		if (strncmp(lines->v[i], c->linux_proto, len) != 0 ||
		    lines->v[i][len] != ':')
			continue;
		if (strv_split(&names, lines->v[i], " ") < 0 ||
		    strv_split(&values, lines->v[i + 1], " ") < 0)
			return false;
		for (size_t k = 1; k < names.n && k < values.n; k++)
			if (!strcmp(names.v[k], c->field))
				return str_to_int(values.v[k], 0, INT64_MAX,
						  ret) >= 0;
		return false;
	}
	return false;
}

int netstat_counters(struct vnet *v, const struct netstat_args *a,
		     struct err *e)
{
	cleanup_strv struct strv lines = {0};
	cleanup_free char *text = NULL;
	const char *last = "";
	int back, r;

	if (a->xo.json)
		return err_set(e, EOPNOTSUPP, "-s: no --libxo yet");
	r = vnet_enter(v, &back, e);
	if (r < 0)
		return r;
	r = file_read(AT_FDCWD, "/proc/thread-self/net/snmp", 1 << 16, &text,
		      NULL, e);
	vnet_leave(&back);
	if (r >= 0 && strv_split(&lines, text, "\n") < 0)
		r = err_nomem(e);
	for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(counters); i++) {
		const struct counter *c = &counters[i];
		long long n;

		if ((a->protocol && strcmp(a->protocol, c->proto) != 0) ||
		    !counter_find(&lines, c, &n))
			continue;
		if (strcmp(last, c->proto) != 0)
			printf("%s:\n", c->proto);
		last = c->proto;
		printf("\t%lld %s\n", n, n == 1 ? c->one : c->many);
	}
	if (r >= 0 && !*last)
		return err_set(e, EINVAL,
			       "%s: unknown or uninstrumented protocol",
			       a->protocol ? a->protocol : "-s");
	return r;
}
