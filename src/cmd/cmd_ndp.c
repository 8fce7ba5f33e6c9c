/*
 * ndp: ndp(8) of FreeBSD over net/arp.h.
 */
#include "cmd/cmd.h"

#include "base/cleanup.h"
#include "cmd/libxo.h"
#include "cmd/neigh.h"
#include "cmd/vnetopt.h"
#include "jail/prison.h"
#include "net/bsderr.h"
#include "net/hosts.h"
#include "net/ifconfig_addr.h"

#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

static const char usage[] =
	"usage: ndp [-j jail] [-n] hostname\n"
	"       ndp [-j jail] [--libxo json] [-n] -a | -c\n"
	"       ndp [-j jail] -d hostname\n"
	"       ndp [-j jail] -s hostname ether_addr [temp] [proxy]\n"
	"       ndp [-j jail] -f filename\n";

struct args {
	struct libxo xo;
	const char *jail;
	struct sight sight;
	bool numeric;
	int what; /* a c d s f, or 0: one host */
};

static void expire_text(const struct arp_row *row, char *buf, size_t size)
{
	uint32_t s = row->expire;

	if (row->permanent)
		snprintf(buf, size, "permanent");
	else if (!s || !row->has_mac)
		snprintf(buf, size, "expired");
	else if (s >= 3600)
		snprintf(buf, size, "%uh%um%us", s / 3600, s / 60 % 60, s % 60);
	else if (s >= 60)
		snprintf(buf, size, "%um%us", s / 60, s % 60);
	else
		snprintf(buf, size, "%us", s);
}

static void name_text(const struct args *a, const struct arp_row *row,
		      struct strbuf *out)
{
	char name[256];

	if (!a->numeric &&
	    hosts_name(AF_INET6, &row->addr, sizeof(row->addr.in6), name,
		       sizeof(name)))
		strbuf_adds(out, name);
	else
		arp_put_addr(row, out);
}

static void print_row(const struct args *a, const struct arp_row *row)
{
	cleanup_strbuf struct strbuf name = STRBUF_INIT;
	char mac[32] = "(incomplete)", expire[32];

	name_text(a, row, &name);
	if (row->has_mac)
		neigh_mac_text(row, mac);
	expire_text(row, expire, sizeof(expire));
	printf("%-36s %-17s %6s %-9s %c %s%s\n", name.s, mac, row->ifname,
	       expire, row->state, row->router ? "R" : "",
	       row->published ? "p" : "");
}

static json_t *row_json(const struct args *a, const struct arp_row *row)
{
	cleanup_strbuf struct strbuf name = STRBUF_INIT;
	char mac[32], state[2] = {row->state, 0};
	json_t *o = json_object();

	name_text(a, row, &name);
	json_object_set_new(o, "address", json_string(name.s));
	if (row->has_mac) {
		neigh_mac_text(row, mac);
		json_object_set_new(o, "mac-address", json_string(mac));
	}
	json_object_set_new(o, "interface", json_string(row->ifname));
	if (row->permanent)
		json_object_set_new(o, "permanent", json_true());
	else
		json_object_set_new(o, "expires_sec",
				    json_integer((json_int_t)row->expire));
	json_object_set_new(o, "neighbor-state", json_string(state));
	if (row->router)
		json_object_set_new(o, "router", json_true());
	if (row->published)
		json_object_set_new(o, "proxy", json_true());
	return o;
}

static int print_rows(const struct args *a, const struct arp_row *rows,
		      size_t n, struct err *e)
{
	json_t *list;

	if (a->xo.json) {
		list = json_array();
		for (size_t i = 0; i < n; i++)
			json_array_append_new(list, row_json(a, &rows[i]));
		return libxo_print(&a->xo, "ndp",
				   json_pack("{s:o}", "neighbor-cache", list),
				   e);
	}
	printf("%-36s %-17s %6s %-9s %s %s\n", "Neighbor", "Linklayer Address",
	       "Netif", "Expire", "S", "Flags");
	for (size_t i = 0; i < n; i++)
		print_row(a, &rows[i]);
	return 0;
}

/* "addr" or "addr%if"; ret_if points into s, or NULL. */
static int parse_host(const char *s, union route_addr *ret, const char **ret_if,
		      struct err *e)
{
	char text[INET6_ADDRSTRLEN] = "";
	size_t n = strcspn(s, "%");

	if (n < sizeof(text)) {
		memcpy(text, s, n);
		if (inet_pton(AF_INET6, text, &ret->in6) == 1 ||
		    hosts_find(text, AF_INET6, &ret->in6, sizeof(ret->in6))) {
			*ret_if = s[n] ? s + n + 1 : NULL;
			return 0;
		}
	}
	return err_set(e, EADDRNOTAVAIL, "%s: Name does not resolve", s);
}

/* The rows of one host, at the front. */
static int rows_of(struct vnet *v, const char *host, const struct sight *sight,
		   struct arp_row **ret, size_t *ret_n, struct err *e)
{
	cleanup_free struct arp_row *rows = NULL;
	const char *ifname = NULL;
	union route_addr addr;
	size_t n = 0, found = 0;
	int r;

	r = parse_host(host, &addr, &ifname, e);
	if (r >= 0)
		r = arp_rows(v, AF_INET6, ifname, sight, &rows, &n, e);
	if (r < 0)
		return r;
	for (size_t i = 0; i < n; i++)
		if (IN6_ARE_ADDR_EQUAL(&rows[i].addr.in6, &addr.in6))
			rows[found++] = rows[i];
	*ret = take_ptr(rows);
	*ret_n = found;
	return 0;
}

static int show_one(struct vnet *v, const struct args *a, const char *host,
		    struct err *e)
{
	cleanup_free struct arp_row *rows = NULL;
	size_t n = 0;
	int r = rows_of(v, host, &a->sight, &rows, &n, e);

	if (r < 0)
		return r;
	if (n)
		return print_rows(a, rows, n, e);
	printf("%s -- no entry\n", host);
	return -ENOENT;
}

static int delete_rows(struct vnet *v, const struct arp_row *rows, size_t n,
		       size_t *ret_done, struct err *e)
{
	*ret_done = 0;
	for (size_t i = 0; i < n; i++) {
		cleanup_strbuf struct strbuf name = STRBUF_INIT;
		int r;

		if (rows[i].own)
			continue;
		arp_put_addr(&rows[i], &name);
		r = arp_delete(v, &rows[i], e);
		if (r < 0)
			return bsd_err(e, -r, "delete %s", name.s);
		printf("%s (%s) deleted\n", name.s, name.s);
		++*ret_done;
	}
	return 0;
}

static int delete_host(struct vnet *v, const char *host, struct err *e)
{
	cleanup_free struct arp_row *rows = NULL;
	size_t n = 0, done = 0;
	int r = rows_of(v, host, NULL, &rows, &n, e);

	if (r >= 0)
		r = delete_rows(v, rows, n, &done, e);
	if (r >= 0 && !done)
		return err_set(e, ENOENT, "delete: cannot locate %s", host);
	return r;
}

static int delete_all(struct vnet *v, struct err *e)
{
	cleanup_free struct arp_row *rows = NULL;
	size_t n = 0, done;
	int r = arp_rows(v, AF_INET6, NULL, NULL, &rows, &n, e);

	return r < 0 ? r : delete_rows(v, rows, n, &done, e);
}

/* hostname ether_addr [temp] [proxy] */
static int set(struct vnet *v, const void *args, int argc, char **argv,
	       struct err *e)
{
	struct arp_entry entry = {.family = AF_INET6};
	int r;

	(void)args;
	r = parse_host(argv[0], &entry.addr, &entry.ifname, e);
	if (r < 0)
		return r;
	if (!ifconfig_mac_parse(argv[1], entry.mac))
		return err_set(e, EINVAL, "invalid Ethernet address '%s'",
			       argv[1]);
	for (int i = 2; i < argc; i++) {
		if (!strcmp(argv[i], "temp"))
			entry.temp = true;
		else if (!strcmp(argv[i], "proxy"))
			entry.publish = true;
		else
			return err_set(e, EINVAL, "%s: unknown word", argv[i]);
	}
	return neigh_set(v, argv[0], &entry, e);
}

static int run(struct vnet *v, const struct args *a, int argc, char **argv,
	       struct err *e)
{
	cleanup_free struct arp_row *rows = NULL;
	size_t n = 0;
	int r;

	switch (a->what) {
	case 'a':
		r = arp_rows(v, AF_INET6, NULL, &a->sight, &rows, &n, e);
		return r < 0 ? r : print_rows(a, rows, n, e);
	case 'c':
		return delete_all(v, e);
	case 'd':
		return delete_host(v, argv[0], e);
	case 's':
		return set(v, NULL, argc, argv, e);
	case 'f':
		return neigh_file(v, argv[0], "open", set, NULL, e);
	default:
		return show_one(v, a, argv[0], e);
	}
}

/* 0, or the exit status with what to say said. */
static int options(struct args *a, int argc, char **argv)
{
	int c;

	opterr = 0;
	while ((c = getopt(argc, argv, "+:acdfj:ns")) != -1) {
		if (c == 'j') {
			a->jail = optarg;
		} else if (c == 'n') {
			a->numeric = true;
		} else if (c != '?' && c != ':' && !a->what) {
			a->what = c;
		} else if (c == '?' && strchr("AHIiPpRrtx", optopt)) {
			fprintf(stderr, "ndp: -%c: not supported\n", optopt);
			return 1;
		} else {
			fputs(usage, stderr);
			return 1;
		}
	}
	return 0;
}

static bool sane(const struct args *a, int argc)
{
	if (a->what == 'a' || a->what == 'c')
		return !argc;
	return a->what == 's' ? argc >= 2 : argc == 1;
}

int cmd_ndp(int argc, char **argv)
{
	cleanup_vnet struct vnet *v = NULL;
	struct args a = {.what = 0};
	struct err e = ERR_INIT;
	int r;

	if (vnetopt_help(argc, argv, usage))
		return 0;
	if (libxo_parse(&a.xo, &argc, argv, &e) < 0)
		return vnetopt_fail("ndp", &e);
	if (options(&a, argc, argv))
		return 1;
	if (!sane(&a, argc - optind)) {
		fputs(usage, stderr);
		return 1;
	}
	r = vnetopt_open(a.jail, &v, &e);
	if (r >= 0)
		r = prison_sight(a.jail, &a.sight, &e);
	if (r >= 0)
		r = run(v, &a, argc - optind, argv + optind, &e);
	sight_free(&a.sight);
	if (r < 0 && *e.text)
		return vnetopt_fail("ndp", &e);
	return r < 0;
}
