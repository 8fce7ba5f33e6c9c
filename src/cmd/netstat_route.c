/* netstat_route: netstat -r. */
#include "base/cleanup.h"
#include "cmd/netstat.h"
#include "jail/prison.h"
#include "net/ifnet.h"
#include "net/route.h"

#include <stdio.h>
#include <sys/socket.h>

/* nhop 0: not asked for (-W) */
static json_t *row_json(const struct route_row *row, unsigned int nhop)
{
	json_t *o = json_object(), *words = json_array();

	json_object_set_new(o, "destination", json_string(row->dst));
	json_object_set_new(o, "gateway", json_string(row->gw));
	json_object_set_new(o, "flags", json_string(row->flags));
	for (const char *p = row->flags; *p; p++)
		json_array_append_new(words, json_string(route_flag_word(*p)));
	json_object_set_new(o, "flags_pretty", words);
	if (nhop) {
		json_object_set_new(o, "nhop", json_integer(nhop));
		json_object_set_new(o, "mtu", json_integer(row->mtu));
	}
	json_object_set_new(o, "interface-name", json_string(row->netif));
	if (row->expire)
		json_object_set_new(o, "expire-time",
				    json_integer((json_int_t)row->expire));
	return o;
}

static int family_json(struct vnet *v, const struct ifnets *ifs, int family,
		       bool wide, const struct sight *sight, json_t *list,
		       struct err *e)
{
	cleanup_free struct route_row *rows = NULL;
	cleanup_free unsigned int *nhops = NULL;
	json_t *entries;
	size_t n = 0;
	int r = route_rows(v, ifs, family, sight, &rows, &n, e);

	if (r < 0 || !n)
		return r;
	if (wide)
		r = route_nhops(rows, n, &nhops, e);
	if (r < 0)
		return r;
	entries = json_array();
	for (size_t i = 0; i < n; i++)
		json_array_append_new(entries,
				      row_json(&rows[i], nhops ? nhops[i] : 0));
	json_array_append_new(
		list, json_pack("{s:s, s:o}", "address-family",
				family == AF_INET ? "Internet" : "Internet6",
				"rt-entry", entries));
	return 0;
}

static int routes_json(struct vnet *v, const struct netstat_args *a,
		       const struct sight *sight, struct err *e)
{
	cleanup_ifnets struct ifnets ifs = {0};
	json_t *list = json_array();
	int r = ifnets_load(v, &ifs, e);

	if (r >= 0 && a->family != AF_INET6)
		r = family_json(v, &ifs, AF_INET, a->wide, sight, list, e);
	if (r >= 0 && a->family != AF_INET)
		r = family_json(v, &ifs, AF_INET6, a->wide, sight, list, e);
	if (r < 0) {
		json_decref(list);
		return r;
	}
	return libxo_print(&a->xo, "statistics",
			   json_pack("{s:{s:{s:o}}}", "route-information",
				     "route-table", "rt-family", list),
			   e);
}

int netstat_routes(struct vnet *v, const struct netstat_args *a, struct err *e)
{
	cleanup_strbuf struct strbuf out = STRBUF_INIT;
	cleanup_sight struct sight sight = {0};
	int r = prison_sight(a->jail, &sight, e);

	if (r < 0)
		return r;
	if (a->xo.json)
		return routes_json(v, a, &sight, e);
	r = route_table_print(v, a->family, &sight, a->wide, &out, e);
	if (r >= 0)
		fwrite(out.s, 1, out.len, stdout);
	return r;
}
