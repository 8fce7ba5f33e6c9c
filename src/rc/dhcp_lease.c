/*
 * dhcp_lease: a lease as values: from the client's environment (udhcpc's
 * names), to and from the file that remembers it.  See dhcp.h.
 */
#include "rc/dhcp.h"

#include "base/cleanup.h"
#include "rc/resolv.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <net/if.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

/* What a lease may bring of each kind. */
#define MAX_LIST 16

void dhcp_lease_free(struct dhcp_lease *l)
{
	strv_free(&l->routes);
	strv_free(&l->servers);
	strv_free(&l->search);
	*l = (struct dhcp_lease){0};
}

/* An address that a host can have. */
static bool host_ok(struct in_addr a)
{
	uint32_t h = ntohl(a.s_addr);

	return h >> 24 && h >> 24 != 127 && h < 0xe0000000u;
}

static bool parse_host(const char *s, struct in_addr *ret)
{
	struct in_addr a;

	if (!s || inet_pton(AF_INET, s, &a) != 1 || !host_ok(a))
		return false;
	*ret = a;
	return true;
}

static unsigned int env_number(char *const *env, const char *name,
			       unsigned int min, unsigned int max,
			       unsigned int dflt)
{
	const char *s = str_env(env, name);
	long long n;

	return s && !str_to_int(s, min, max, &n) ? (unsigned int)n : dflt;
}

/* "a.b.c.d/n" of a route: a network that a gateway can lead to. */
static bool dest_ok(const char *s)
{
	const char *slash = strchr(s, '/');
	char buf[INET_ADDRSTRLEN];
	struct in_addr a;
	long long plen;

	if (!slash || (size_t)(slash - s) >= sizeof(buf) ||
	    str_to_int(slash + 1, 0, 32, &plen) < 0)
		return false;
	memcpy(buf, s, (size_t)(slash - s));
	buf[slash - s] = '\0';
	if (inet_pton(AF_INET, buf, &a) != 1)
		return false;
	return plen == 0 ? a.s_addr == 0 : host_ok(a);
}

/* RFC 3442: pairs of destination and gateway; these replace the routers. */
static int static_routes(const char *text, struct dhcp_lease *l)
{
	cleanup_strv struct strv w = {0};
	int r = strv_split(&w, text, " ");

	for (size_t i = 0; !r && i + 1 < w.n && l->routes.n < MAX_LIST;
	     i += 2) {
		struct in_addr gw;

		/* 0.0.0.0: on this link, which the netmask says already */
		if (!dest_ok(w.v[i]) || !parse_host(w.v[i + 1], &gw))
			continue;
		r = strv_addf(&l->routes, "%s %s",
			      str_suffix(w.v[i], "/0") ? "default" : w.v[i],
			      w.v[i + 1]);
	}
	return r;
}

static int routes(char *const *env, struct dhcp_lease *l)
{
	const char *text = str_env(env, "staticroutes");
	cleanup_strv struct strv w = {0};
	int r = text ? static_routes(text, l) : 0;

	text = str_env(env, "router");
	if (!r && text)
		r = strv_split(&w, text, " ");
	for (size_t i = 0; i < w.n && !l->has_router; i++)
		l->has_router = parse_host(w.v[i], &l->router);
	if (!r && !l->routes.n && l->has_router) {
		char buf[INET_ADDRSTRLEN];

		inet_ntop(AF_INET, &l->router, buf, sizeof(buf));
		r = strv_addf(&l->routes, "default %s", buf);
	}
	return r;
}

static int names(char *const *env, struct dhcp_lease *l)
{
	static const char *const domains[] = {"search", "domain"};
	const char *text = str_env(env, "dns");
	cleanup_strv struct strv w = {0};
	int r = text ? strv_split(&w, text, " ") : 0;

	for (size_t i = 0; !r && i < w.n && i < MAX_LIST; i++) {
		struct in_addr a;

		/* a resolver on this very host is not the network's to name */
		if (parse_host(w.v[i], &a))
			r = strv_add(&l->servers, w.v[i]);
	}
	for (size_t i = 0; !r && !l->search.n && i < ARRAY_SIZE(domains); i++) {
		text = str_env(env, domains[i]);
		strv_free(&w);
		if (text)
			r = strv_split(&w, text, " ");
		for (size_t k = 0; !r && k < w.n && k < MAX_LIST; k++)
			if (resolv_domain_ok(w.v[k]))
				r = strv_add(&l->search, w.v[k]);
	}
	text = str_env(env, "hostname");
	if (text && strlen(text) < sizeof(l->hostname) &&
	    resolv_domain_ok(text))
		str_copy(l->hostname, sizeof(l->hostname), text);
	return r;
}

static unsigned int class_plen(struct in_addr a)
{
	uint32_t h = ntohl(a.s_addr);

	return h < 0x80000000u ? 8 : h < 0xc0000000u ? 16 : 24;
}

int dhcp_lease_env(char *const *env, struct dhcp_lease *ret, struct err *e)
{
	cleanup_lease struct dhcp_lease l = {0};

	if (!parse_host(str_env(env, "ip"), &l.addr))
		return err_set(e, EINVAL, "no usable address in the lease");
	l.plen = env_number(env, "mask", 1, 32, class_plen(l.addr));
	/* FreeBSD's limits: less makes no IP */
	l.mtu = env_number(env, "mtu", 576, 65535, 0);
	l.seconds = env_number(env, "lease", 1, UINT32_MAX, 0);
	l.has_server = parse_host(str_env(env, "serverid"), &l.server);
	if (routes(env, &l) < 0 || names(env, &l) < 0)
		return err_nomem(e);
	*ret = l;
	l = (struct dhcp_lease){0};
	return 0;
}

static void print_addr(struct strbuf *b, const char *key, struct in_addr a)
{
	char buf[INET_ADDRSTRLEN];

	strbuf_addf(b, "%s %s\n", key,
		    inet_ntop(AF_INET, &a, buf, sizeof(buf)));
}

static void print_list(struct strbuf *b, const char *key, const struct strv *v)
{
	for (size_t i = 0; i < v->n; i++)
		strbuf_addf(b, "%s %s\n", key, v->v[i]);
}

void dhcp_lease_print(const struct dhcp_lease *l, struct strbuf *b)
{
	print_addr(b, "address", l->addr);
	strbuf_addf(b, "plen %u\n", l->plen);
	if (l->has_router)
		print_addr(b, "router", l->router);
	if (l->has_server)
		print_addr(b, "server", l->server);
	strbuf_addf(b, "mtu %u\nold_mtu %u\nseconds %u\n", l->mtu, l->old_mtu,
		    l->seconds);
	if (*l->hostname)
		strbuf_addf(b, "hostname %s\n", l->hostname);
	if (*l->note)
		strbuf_addf(b, "note %s\n", l->note);
	print_list(b, "route", &l->routes);
	print_list(b, "nameserver", &l->servers);
	print_list(b, "search", &l->search);
}

static int parse_number(const char *s, unsigned int max, unsigned int *ret)
{
	long long n;

	if (str_to_int(s, 0, max, &n) < 0)
		return -EINVAL;
	*ret = (unsigned int)n;
	return 0;
}

static int parse_line(struct dhcp_lease *l, const char *key, const char *v)
{
	if (!strcmp(key, "address"))
		return parse_host(v, &l->addr) ? 0 : -EINVAL;
	if (!strcmp(key, "router"))
		return (l->has_router = parse_host(v, &l->router)) ? 0
								   : -EINVAL;
	if (!strcmp(key, "server"))
		return (l->has_server = parse_host(v, &l->server)) ? 0
								   : -EINVAL;
	if (!strcmp(key, "plen"))
		return parse_number(v, 32, &l->plen);
	if (!strcmp(key, "mtu"))
		return parse_number(v, 65535, &l->mtu);
	if (!strcmp(key, "old_mtu"))
		return parse_number(v, UINT32_MAX, &l->old_mtu);
	if (!strcmp(key, "seconds"))
		return parse_number(v, UINT32_MAX, &l->seconds);
	if (!strcmp(key, "route"))
		return strv_add(&l->routes, v);
	if (!strcmp(key, "nameserver"))
		return strv_add(&l->servers, v);
	if (!strcmp(key, "search"))
		return strv_add(&l->search, v);
	if (!strcmp(key, "hostname"))
		str_copy(l->hostname, sizeof(l->hostname), v);
	if (!strcmp(key, "note"))
		str_copy(l->note, sizeof(l->note), v);
	return 0;
}

int dhcp_lease_parse(const char *text, struct dhcp_lease *ret)
{
	cleanup_lease struct dhcp_lease l = {0};
	cleanup_strv struct strv lines = {0};
	int r = strv_split(&lines, text, "\n");

	for (size_t i = 0; !r && i < lines.n; i++) {
		char *sp = strchr(lines.v[i], ' ');

		if (!sp)
			return -EINVAL;
		*sp++ = '\0';
		r = parse_line(&l, lines.v[i], sp);
	}
	if (!r && !l.addr.s_addr)
		r = -EINVAL;
	if (r < 0)
		return r;
	*ret = l;
	l = (struct dhcp_lease){0};
	return 0;
}

static void freebsd_list(struct strbuf *b, const char *key,
			 const struct strv *v, const char *quote)
{
	for (size_t i = 0; i < v->n; i++)
		strbuf_addf(b, "%s%s%s%s", i ? ", " : key, quote, v->v[i],
			    quote);
	if (v->n)
		strbuf_adds(b, ";\n");
}

/* "2 2026/11/24 10:00:00 UTC" */
static void freebsd_time(struct strbuf *b, const char *key, time_t t)
{
	struct tm tm;
	char buf[64];

	if (gmtime_r(&t, &tm) &&
	    strftime(buf, sizeof(buf), "%w %Y/%m/%d %H:%M:%S UTC", &tm))
		strbuf_addf(b, "  %s %s;\n", key, buf);
}

void dhcp_lease_freebsd(const struct dhcp_lease *l, const char *ifname,
			struct strbuf *b)
{
	struct in_addr mask = {
		htonl(l->plen ? 0xffffffffu << (32 - l->plen) : 0)};
	char buf[INET_ADDRSTRLEN];
	time_t now = time(NULL);

	strbuf_addf(b, "lease {\n  interface \"%s\";\n  fixed-address %s;\n",
		    ifname, inet_ntop(AF_INET, &l->addr, buf, sizeof(buf)));
	strbuf_addf(b, "  option subnet-mask %s;\n",
		    inet_ntop(AF_INET, &mask, buf, sizeof(buf)));
	if (l->has_router)
		strbuf_addf(b, "  option routers %s;\n",
			    inet_ntop(AF_INET, &l->router, buf, sizeof(buf)));
	freebsd_list(b, "  option domain-name-servers ", &l->servers, "");
	freebsd_list(b, "  option domain-name ", &l->search, "\"");
	if (l->mtu)
		strbuf_addf(b, "  option interface-mtu %u;\n", l->mtu);
	if (l->seconds)
		strbuf_addf(b, "  option dhcp-lease-time %u;\n", l->seconds);
	if (l->has_server)
		strbuf_addf(b, "  option dhcp-server-identifier %s;\n",
			    inet_ntop(AF_INET, &l->server, buf, sizeof(buf)));
	freebsd_time(b, "renew", now + l->seconds / 2);
	freebsd_time(b, "rebind", now + l->seconds / 8 * 7);
	freebsd_time(b, "expire", now + l->seconds);
	strbuf_adds(b, "}\n");
}
