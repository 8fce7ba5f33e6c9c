/*
 * arp: arp(8) of FreeBSD over net/arp.h.
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
#include <stdlib.h>
#include <string.h>

static const char usage[] =
	"usage: arp [-j jail] [-n] [-i interface] hostname\n"
	"       arp [-j jail] [--libxo json] [-n] [-i interface] -a\n"
	"       arp [-j jail] -d hostname [pub]\n"
	"       arp [-j jail] -d [-i interface] -a\n"
	"       arp [-j jail] -s hostname ether_addr [temp] [pub]\n"
	"       arp [-j jail] -S hostname ether_addr [temp] [pub]\n"
	"       arp [-j jail] -f filename\n";

struct args {
	struct libxo xo;
	const char *jail, *ifname;
	struct sight sight;
	bool all, numeric, delete, set, replace, file;
};

static int usage_exit(void)
{
	fputs(usage, stderr);
	return 1;
}

static void host_text(const struct args *a, const struct arp_row *row,
		      char *buf, size_t size)
{
	if (a->numeric ||
	    !hosts_name(AF_INET, &row->addr, sizeof(row->addr.in), buf, size))
		snprintf(buf, size, "?");
}

static void print_row(const struct args *a, const struct arp_row *row)
{
	char host[256], mac[32] = "(incomplete)", ip[INET_ADDRSTRLEN];

	host_text(a, row, host, sizeof(host));
	if (row->has_mac)
		neigh_mac_text(row, mac);
	printf("%s (%s) at %s on %s", host,
	       inet_ntop(AF_INET, &row->addr, ip, sizeof(ip)), mac,
	       row->ifname);
	if (row->permanent)
		printf(" permanent");
	else if (row->expire && row->has_mac)
		printf(" expires in %u seconds", row->expire);
	else
		printf(" expired");
	if (row->published)
		printf(" published");
	printf(" [ethernet]\n");
}

static json_t *row_json(const struct args *a, const struct arp_row *row)
{
	char host[256], mac[32], ip[INET_ADDRSTRLEN];
	json_t *o = json_object();

	host_text(a, row, host, sizeof(host));
	inet_ntop(AF_INET, &row->addr, ip, sizeof(ip));
	json_object_set_new(o, "hostname", json_string(host));
	json_object_set_new(o, "ip-address", json_string(ip));
	if (row->has_mac) {
		neigh_mac_text(row, mac);
		json_object_set_new(o, "mac-address", json_string(mac));
	} else {
		json_object_set_new(o, "incomplete", json_true());
	}
	json_object_set_new(o, "interface", json_string(row->ifname));
	if (row->permanent)
		json_object_set_new(o, "permanent", json_true());
	else
		json_object_set_new(o, "expires",
				    json_integer((json_int_t)row->expire));
	if (row->published)
		json_object_set_new(o, "published", json_true());
	json_object_set_new(o, "type", json_string("ethernet"));
	return o;
}

static int print_rows(const struct args *a, const struct arp_row *rows,
		      size_t n, struct err *e)
{
	json_t *list, *body;

	if (!a->xo.json) {
		for (size_t i = 0; i < n; i++)
			print_row(a, &rows[i]);
		return 0;
	}
	list = json_array();
	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, row_json(a, &rows[i]));
	body = json_pack("{s:o}", "arp-cache", list);
	return libxo_print(&a->xo, "arp", body, e);
}

static int parse_host(const char *s, union route_addr *ret, struct err *e)
{
	if (inet_aton(s, &ret->in) ||
	    hosts_find(s, AF_INET, &ret->in, sizeof(ret->in)))
		return 0;
	return err_set(e, EADDRNOTAVAIL, "%s: Unknown host", s);
}

static int show_one(struct vnet *v, const struct args *a, const char *host,
		    struct err *e)
{
	cleanup_free struct arp_row *rows = NULL;
	char ip[INET_ADDRSTRLEN];
	union route_addr addr;
	size_t n = 0, found = 0;
	int r;

	r = parse_host(host, &addr, e);
	if (r >= 0)
		r = arp_rows(v, AF_INET, a->ifname, &a->sight, &rows, &n, e);
	if (r < 0)
		return r;
	for (size_t i = 0; i < n; i++)
		if (rows[i].addr.in.s_addr == addr.in.s_addr)
			rows[found++] = rows[i];
	if (found)
		return print_rows(a, rows, found, e);
	printf("%s (%s) -- no entry", host,
	       inet_ntop(AF_INET, &addr.in, ip, sizeof(ip)));
	if (a->ifname)
		printf(" on %s", a->ifname);
	putchar('\n');
	return -ENOENT;
}

/* host NULL: every entry that is not an address of our own. */
static int delete (struct vnet *v, const struct args *a, const char *host,
		   bool pub, struct err *e)
{
	cleanup_free struct arp_row *rows = NULL;
	union route_addr addr = {.in.s_addr = 0};
	char ip[INET_ADDRSTRLEN];
	size_t n = 0, found = 0;
	int r = host ? parse_host(host, &addr, e) : 0;

	if (r >= 0)
		r = arp_rows(v, AF_INET, a->ifname, &a->sight, &rows, &n, e);
	for (size_t i = 0; r >= 0 && i < n; i++) {
		const struct arp_row *row = &rows[i];

		if (row->own ||
		    (host && row->addr.in.s_addr != addr.in.s_addr) ||
		    (host && row->published != pub))
			continue;
		inet_ntop(AF_INET, &row->addr, ip, sizeof(ip));
		r = arp_delete(v, row, e);
		if (r < 0)
			return bsd_err(e, -r, "delete %s", ip);
		printf("%s (%s) deleted\n", host ? host : ip, ip);
		found++;
	}
	if (r >= 0 && host && !found)
		return err_set(e, ENOENT, "delete: cannot locate %s", host);
	return r;
}

static bool own_mac(struct vnet *v, const unsigned char mac[6])
{
	cleanup_free struct arp_row *rows = NULL;
	size_t n = 0;

	if (arp_rows(v, AF_INET, NULL, NULL, &rows, &n, NULL) < 0)
		return false;
	for (size_t i = 0; i < n; i++)
		if (rows[i].own && !memcmp(rows[i].mac, mac, 6))
			return true;
	return false;
}

/* hostname ether_addr [temp] [pub] */
static int set(struct vnet *v, const void *args, int argc, char **argv,
	       struct err *e)
{
	const struct args *a = args;
	struct arp_entry entry = {.family = AF_INET};
	bool automac;
	int r;

	r = parse_host(argv[0], &entry.addr, e);
	if (r < 0)
		return r;
	automac = !strcmp(argv[1], "auto");
	if (!automac && !ifconfig_mac_parse(argv[1], entry.mac))
		return err_set(e, EINVAL, "invalid Ethernet address '%s'",
			       argv[1]);
	for (int i = 2; i < argc; i++) {
		if (!strcmp(argv[i], "temp"))
			entry.temp = true;
		else if (!strcmp(argv[i], "pub"))
			entry.publish = true;
		else
			return err_set(e, EOPNOTSUPP,
				       "%s: not supported on Linux", argv[i]);
	}
	if (automac && !entry.publish)
		return err_set(e, EINVAL, "invalid Ethernet address 'auto'");
	if (entry.publish && !automac && !own_mac(v, entry.mac))
		return err_set(e, EOPNOTSUPP,
			       "pub: Linux answers with the interface's own "
			       "address only");
	if (a->replace)
		delete (v, a, argv[0], entry.publish, NULL);
	return neigh_set(v, argv[0], &entry, e);
}

static int run(struct vnet *v, const struct args *a, int argc, char **argv,
	       struct err *e)
{
	cleanup_free struct arp_row *rows = NULL;
	size_t n = 0;
	int r;

	if (a->delete)
		return delete (v, a, a->all ? NULL : argv[0], argc > 1, e);
	if (a->set)
		return set(v, a, argc, argv, e);
	if (a->file)
		return neigh_file(v, argv[0], "cannot open", set, a, e);
	if (!a->all)
		return show_one(v, a, argv[0], e);
	r = arp_rows(v, AF_INET, a->ifname, &a->sight, &rows, &n, e);
	return r < 0 ? r : print_rows(a, rows, n, e);
}

static bool options(struct args *a, int argc, char **argv)
{
	int c;

	opterr = 0;
	while ((c = getopt(argc, argv, "+adfi:j:nsS")) != -1) {
		switch (c) {
		case 'a':
			a->all = true;
			break;
		case 'd':
			a->delete = true;
			break;
		case 'f':
			a->file = true;
			break;
		case 'i':
			a->ifname = optarg;
			break;
		case 'j':
			a->jail = optarg;
			break;
		case 'n':
			a->numeric = true;
			break;
		case 'S':
			a->replace = true;
			a->set = true;
			break;
		case 's':
			a->set = true;
			break;
		default:
			return false;
		}
	}
	return true;
}

static bool sane(const struct args *a, int argc, char **argv)
{
	if (a->delete + a->set + a->file > 1)
		return false;
	if (a->set)
		return !a->all && argc >= 2;
	if (a->delete &&!a->all)
		return argc == 1 || (argc == 2 && !strcmp(argv[1], "pub"));
	return argc == (a->all ? 0 : 1);
}

int cmd_arp(int argc, char **argv)
{
	cleanup_vnet struct vnet *v = NULL;
	struct args a = {.all = false};
	struct err e = ERR_INIT;
	int r;

	if (vnetopt_help(argc, argv, usage))
		return 0;
	r = libxo_parse(&a.xo, &argc, argv, &e);
	if (r < 0)
		return vnetopt_fail("arp", &e);
	if (!options(&a, argc, argv) || !sane(&a, argc - optind, argv + optind))
		return usage_exit();
	r = vnetopt_open(a.jail, &v, &e);
	if (r >= 0)
		r = prison_sight(a.jail, &a.sight, &e);
	if (r >= 0)
		r = run(v, &a, argc - optind, argv + optind, &e);
	sight_free(&a.sight);
	if (r < 0 && *e.text)
		return vnetopt_fail("arp", &e);
	return r < 0;
}
