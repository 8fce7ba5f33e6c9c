/*
 * map_json: the topology as JSON, for programs.  The schema is described in
 * cellblock-map(1): members are added, never renamed or removed, within one
 * "version".
 */
#include "base/cleanup.h"
#include "block/map_ng.h"
#include "block/map_priv.h"

#include <jansson.h>
#include <stdio.h>

#define SCHEMA_VERSION 1

/* jansson takes no broken UTF-8; names may be anything. */
static json_t *text(const char *s)
{
	cleanup_strbuf struct strbuf b = STRBUF_INIT;

	if (!s)
		return json_null();
	text_valid(&b, s, true);
	return json_string(b.s);
}

static json_t *texts(const struct strv *sv)
{
	json_t *a = json_array();

	for (size_t i = 0; i < sv->n; i++)
		json_array_append_new(a, text(sv->v[i]));
	return a;
}

static json_t *addresses(const struct ifnet *ifp)
{
	json_t *a = json_array();
	char buf[80];

	for (size_t i = 0; i < ifp->naddrs; i++) {
		model_addr_text(&ifp->addrs[i], buf, sizeof(buf));
		json_array_append_new(a, json_string(buf));
	}
	return a;
}

static json_t *ether(const struct ifnet *ifp)
{
	cleanup_strbuf struct strbuf b = STRBUF_INIT;

	if (ifp->maclen != 6)
		return json_null();
	for (size_t i = 0; i < 6; i++)
		strbuf_addf(&b, "%s%02x", i ? ":" : "", ifp->mac[i]);
	return json_string(b.s);
}

static json_t *bridge_of(const struct topo_jail *tj, const struct ifnet *ifp)
{
	for (size_t i = 0; ifp->master && i < topo_real(tj); i++)
		if (tj->ifs.v[i].index == ifp->master)
			return text(tj->ifs.v[i].name);
	return json_null();
}

static json_t *span_of(const struct topo_jail *tj, const struct ifnet *ifp)
{
	for (size_t i = 0; i < tj->ifs.n; i++)
		if (strv_has(&tj->ifs.v[i].spans, ifp->name))
			return text(tj->ifs.v[i].name);
	return json_null();
}

static json_t *interface(const struct topo_jail *tj, const struct ifnet *ifp)
{
	return json_pack("{s:o, s:i, s:o, s:b, s:b, s:i, s:o, s:o, s:o, s:o, "
			 "s:o, s:o}",
			 "name", text(ifp->name), "index", ifp->index, "kind",
			 text(model_kind(ifp)), "up",
			 (ifp->flags & IFF_UP) != 0, "carrier", ifp->carrier,
			 "mtu", (int)ifp->mtu, "ether", ether(ifp), "addresses",
			 addresses(ifp), "bridge", bridge_of(tj, ifp), "span",
			 span_of(tj, ifp), "description", text(ifp->descr),
			 "groups", texts(&ifp->groups));
}

static json_t *hook(const struct topo_hook *h)
{
	return json_pack("{s:o, s:I, s:o}", "name", text(h->name), "peer",
			 (json_int_t)h->peer, "peer_hook", text(h->peer_hook));
}

/* Of netgraph; those of interfaces say which one that is. */
static json_t *nodes(const struct topo_jail *tj)
{
	json_t *a = json_array();

	for (size_t i = 0; i < tj->nnodes; i++) {
		const struct topo_node *n = &tj->nodes[i];
		json_t *hooks = json_array();

		for (size_t k = 0; k < n->nhooks; k++)
			json_array_append_new(hooks, hook(&n->hooks[k]));
		json_array_append_new(
			a, json_pack("{s:I, s:o, s:o, s:o}", "id",
				     (json_int_t)n->id, "name",
				     *n->name ? text(n->name) : json_null(),
				     "type", text(n->type), "hooks", hooks));
	}
	return a;
}

static json_t *jail(const struct topo *t, const struct topo_jail *tj)
{
	json_t *ifs = json_array();

	for (size_t i = 0; i < topo_real(tj); i++)
		json_array_append_new(ifs, interface(tj, &tj->ifs.v[i]));
	return json_pack(
		"{s:i, s:o, s:o, s:o, s:b, s:o, s:o, s:o, s:o, s:o}", "jid",
		tj->jid, "name", text(tj->name), "path", text(tj->full),
		"parent",
		tj->parent < 0 ? json_null()
			       : json_integer(t->jails[tj->parent].jid),
		"vnet", tj->vnet, "hostname", text(tj->hostname), "gateway",
		text(tj->gateway), "addresses", texts(&tj->addrs), "interfaces",
		ifs, "nodes", nodes(tj));
}

/* An interface, or a hook and the id of its node. */
static json_t *end(const struct topo *t, size_t j, size_t i)
{
	const struct topo_jail *tj = &t->jails[j];

	if (topo_is_ng(tj, i)) {
		const struct topo_part *p = &tj->parts[i - tj->ng_at];
		const struct topo_node *n = &tj->nodes[p->node];

		return json_pack("{s:i, s:I, s:o}", "jid", tj->jid, "node",
				 (json_int_t)n->id, "hook",
				 text(n->hooks[p->hook].name));
	}
	return json_pack("{s:i, s:o}", "jid", t->jails[j].jid, "interface",
			 text(t->jails[j].ifs.v[i].name));
}

static json_t *cable(const struct topo *t, const struct topo_link *k)
{
	return json_pack("{s:o, s:o}", "a", end(t, k->jail_a, k->if_a), "b",
			 end(t, k->jail_b, k->if_b));
}

int map_json(const struct topo *t, struct strbuf *out, struct err *e)
{
	cleanup_free char *s = NULL;
	json_t *jails = json_array(), *links = json_array(), *top;

	for (size_t i = 0; i < t->njails; i++)
		json_array_append_new(jails, jail(t, &t->jails[i]));
	for (size_t i = 0; i < t->nlinks; i++)
		json_array_append_new(links, cable(t, &t->links[i]));
	top = json_pack("{s:i, s:o, s:o}", "version", SCHEMA_VERSION, "jails",
			jails, "links", links);
	if (top)
		s = json_dumps(top, JSON_INDENT(2) | JSON_ENSURE_ASCII);
	json_decref(top);
	if (!s)
		return err_nomem(e);
	strbuf_adds(out, s);
	strbuf_addch(out, '\n');
	return strbuf_failed(out) ? err_nomem(e) : 0;
}
