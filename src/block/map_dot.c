/*
 * map_dot: the topology in Graphviz's language.  A jail is a cluster, with
 * its children's clusters inside; its plain interfaces are one table, each
 * bridge is a table with its ports.  Colours are for white paper.
 */
#include "base/cleanup.h"
#include "block/map_ng.h"
#include "block/map_priv.h"

#include <stdio.h>
#include <string.h>

static const char head[] =
	"graph cellblock {\n"
	"\tgraph [rankdir=LR, bgcolor=\"white\", fontname=\"Helvetica\", "
	"fontsize=12, nodesep=0.25, ranksep=0.9, labeljust=l, "
	"compound=true];\n"
	"\tnode [shape=plain, fontname=\"Helvetica\", fontsize=11];\n"
	"\tedge [penwidth=1.4, color=\"#2d7d46\"];\n";

#define TEXT_MAX 64 /* characters of a name */
#define FRAME "#8c959f"
#define FAINT "#57606a"
#define RED "#b3261e"
#define VIOLET "#6f42c1"

/* Lighter and darker in turn, so that nesting shows. */
static const char *const fills[] = {"#f6f8fa", "#ffffff"};

/* For HTML-like labels and quoted strings alike. */
static void put(struct strbuf *out, const char *s)
{
	cleanup_strbuf struct strbuf b = STRBUF_INIT;
	size_t chars = 0;

	text_valid(&b, s, false);
	for (const char *p = b.s; *p; p++) {
		if ((*p & 0xc0) != 0x80 && chars++ == TEXT_MAX) {
			strbuf_adds(out, "\u2026");
			return;
		}
		switch (*p) {
		case '&':
			strbuf_adds(out, "&amp;");
			break;
		case '<':
			strbuf_adds(out, "&lt;");
			break;
		case '>':
			strbuf_adds(out, "&gt;");
			break;
		case '"':
			strbuf_adds(out, "&quot;");
			break;
		case '\\':
			strbuf_adds(out, "&#92;");
			break;
		default:
			strbuf_addch(out, *p);
		}
	}
}

static void put_addrs(struct strbuf *out, const struct ifnet *ifp)
{
	bool any = false;
	char buf[80];

	for (size_t i = 0; i < ifp->naddrs; i++) {
		if (model_addr_dull(&ifp->addrs[i]))
			continue;
		model_addr_text(&ifp->addrs[i], buf, sizeof(buf));
		strbuf_addf(out, "%s%s", any ? "<BR ALIGN=\"LEFT\"/>" : "",
			    buf);
		any = true;
	}
}

static bool is_up(const struct ifnet *ifp)
{
	return ifp->flags & IFF_UP;
}

static void put_remark(struct strbuf *out, const struct topo_jail *tj, size_t i)
{
	const struct ifnet *ifp = &tj->ifs.v[i];
	const char *kind = model_kind(ifp);

	if (model_is_span(tj, i))
		strbuf_adds(out, "<FONT COLOR=\"" VIOLET "\">span</FONT> ");
	if (!is_up(ifp))
		strbuf_adds(out, "<FONT COLOR=\"" RED "\">down</FONT>");
	else if (!ifp->carrier)
		strbuf_adds(out, "<FONT COLOR=\"" FAINT "\">no carrier</FONT>");
	else if (kind && !model_kind_dull(kind)) {
		strbuf_adds(out, "<FONT COLOR=\"" FAINT "\">");
		put(out, kind);
		strbuf_adds(out, "</FONT>");
	}
}

static void put_row(struct strbuf *out, const struct topo_jail *tj, size_t i)
{
	const struct ifnet *ifp = &tj->ifs.v[i];

	strbuf_addf(out, "<TR><TD PORT=\"l%zu\" ALIGN=\"LEFT\">", i);
	if (!is_up(ifp))
		strbuf_adds(out, "<FONT COLOR=\"" RED "\">");
	put(out, topo_if_name(ifp));
	if (!is_up(ifp))
		strbuf_adds(out, "</FONT>");
	strbuf_adds(out, "</TD><TD ALIGN=\"LEFT\" BALIGN=\"LEFT\">");
	put_addrs(out, ifp);
	strbuf_addf(out, "</TD><TD PORT=\"r%zu\" ALIGN=\"LEFT\">", i);
	put_remark(out, tj, i);
	strbuf_adds(out, "</TD></TR>");
}

static void put_fact(struct strbuf *out, const char *key, const char *val)
{
	strbuf_addf(out,
		    "<TR><TD ALIGN=\"LEFT\"><FONT COLOR=\"" FAINT
		    "\">%s</FONT></TD><TD ALIGN=\"LEFT\">",
		    key);
	put(out, val);
	strbuf_adds(out, "</TD><TD></TD></TR>");
}

static const char table[] =
	"<TABLE BORDER=\"1\" CELLBORDER=\"0\" CELLSPACING=\"0\" "
	"CELLPADDING=\"4\" COLOR=\"" FRAME "\" BGCOLOR=\"white\">";

struct port {
	size_t far, i;
};

static int port_cmp(const void *a, const void *b)
{
	const struct port *x = a, *y = b;

	if (x->far != y->far)
		return x->far < y->far ? -1 : 1;
	return x->i < y->i ? -1 : x->i > y->i;
}

/* The jail at the other end of a cable; 0 for none, which sorts first. */
static size_t far_jail(const struct topo *t, size_t j, size_t i)
{
	for (size_t k = 0; k < t->nlinks; k++) {
		const struct topo_link *l = &t->links[k];

		if (l->jail_a == j && l->if_a == i)
			return l->jail_b;
		if (l->jail_b == j && l->if_b == i)
			return l->jail_a;
	}
	return 0;
}

/* Ports stand in the order of the jails they lead to. */
static int put_ports(struct strbuf *out, const struct topo *t, size_t j,
		     size_t br, struct err *e)
{
	const struct topo_jail *tj = &t->jails[j];
	const struct ifnet *b = &tj->ifs.v[br];
	cleanup_free struct port *v = calloc(tj->ifs.n, sizeof(*v));
	size_t n = 0;

	if (!v)
		return err_nomem(e);
	for (size_t i = 0; i < tj->ifs.n; i++)
		if (tj->ifs.v[i].master == b->index ||
		    strv_has(&b->spans, tj->ifs.v[i].name))
			v[n++] = (struct port){far_jail(t, j, i), i};
	qsort(v, n, sizeof(*v), port_cmp);
	for (size_t i = 0; i < n; i++)
		put_row(out, tj, v[i].i);
	return 0;
}

static int put_bridge(struct strbuf *out, const struct topo *t, size_t j,
		      size_t br, struct err *e)
{
	const struct ifnet *b = &t->jails[j].ifs.v[br];
	int r;

	strbuf_addf(out,
		    "n%zu_%zu [label=<%s<TR><TD COLSPAN=\"3\" "
		    "BGCOLOR=\"#ddebf7\" ALIGN=\"LEFT\" "
		    "BALIGN=\"LEFT\"><B>",
		    j, br, table);
	put(out, topo_if_name(b));
	strbuf_adds(out, "</B>");
	if (!is_up(b))
		strbuf_adds(out, " <FONT COLOR=\"" RED "\">down</FONT>");
	strbuf_adds(out, " ");
	put_addrs(out, b);
	strbuf_adds(out, "</TD></TR>");
	r = put_ports(out, t, j, br, e);
	strbuf_adds(out, "</TABLE>>];\n");
	return r;
}

/* The table of what is in no bridge; never empty, or the cluster vanishes. */
static void put_plain(struct strbuf *out, const struct topo *t, size_t j)
{
	const struct topo_jail *tj = &t->jails[j];
	const char *host = model_hostname(tj);
	bool any = tj->gateway || host || tj->addrs.n;

	strbuf_addf(out, "n%zu [label=<%s", j, table);
	for (size_t i = 0; i < tj->ifs.n; i++) {
		if (tj->ifs.v[i].is_bridge || model_has_bridge(tj, i) ||
		    !model_if_shown(&tj->ifs.v[i]))
			continue;
		put_row(out, tj, i);
		any = true;
	}
	for (size_t i = 0; i < tj->addrs.n; i++)
		put_fact(out, "shares", tj->addrs.v[i]);
	if (tj->gateway)
		put_fact(out, "gateway", tj->gateway);
	if (host)
		put_fact(out, "hostname", host);
	if (!any)
		strbuf_adds(out, "<TR><TD><FONT COLOR=\"" FAINT
				 "\">no interfaces</FONT></TD></TR>");
	strbuf_adds(out, "</TABLE>>];\n");
}

static void indent(struct strbuf *out, int depth)
{
	for (int i = 0; i < depth; i++)
		strbuf_addch(out, '\t');
}

/* No table of plain interfaces is needed: something else is in the cluster. */
static bool nothing_plain(const struct topo *t, size_t j)
{
	const struct topo_jail *tj = &t->jails[j];
	bool other = false;

	if (tj->gateway || model_hostname(tj) || tj->addrs.n)
		return false;
	for (size_t k = j + 1; k < t->njails; k++)
		other |= t->jails[k].parent == (int)j;
	for (size_t i = 0; i < tj->ifs.n; i++) {
		if (tj->ifs.v[i].is_bridge)
			other = true;
		else if (!model_has_bridge(tj, i) &&
			 model_if_shown(&tj->ifs.v[i]))
			return false;
	}
	return other;
}

static int put_jail(struct strbuf *out, const struct topo *t, size_t j,
		    int depth, struct err *e)
{
	const struct topo_jail *tj = &t->jails[j];
	int r = 0;

	indent(out, depth);
	strbuf_addf(out, "subgraph cluster_%zu {\n", j);
	indent(out, depth + 1);
	strbuf_adds(out, "label=<<B>");
	put(out, tj->name);
	strbuf_addf(out,
		    "</B>>; style=\"rounded,filled\"; color=\"" FRAME
		    "\"; fillcolor=\"%s\";\n",
		    fills[depth % 2 ? 0 : 1]);
	if (!nothing_plain(t, j)) {
		indent(out, depth + 1);
		put_plain(out, t, j);
	}
	for (size_t i = 0; !r && i < tj->ifs.n; i++) {
		if (!tj->ifs.v[i].is_bridge)
			continue;
		indent(out, depth + 1);
		r = put_bridge(out, t, j, i, e);
	}
	for (size_t k = j + 1; !r && k < t->njails; k++)
		if (t->jails[k].parent == (int)j)
			r = put_jail(out, t, k, depth + 1, e);
	indent(out, depth);
	strbuf_adds(out, "}\n");
	return r;
}

/* "n0_3:r5:e": the node an interface is in, its port, its side. */
static void put_end(struct strbuf *out, const struct topo *t, size_t j,
		    size_t i, char port, const char *side)
{
	const struct topo_jail *tj = &t->jails[j];
	const struct ifnet *ifp = &tj->ifs.v[i];

	strbuf_addf(out, "n%zu", j);
	for (size_t k = 0; k < tj->ifs.n; k++)
		if (tj->ifs.v[k].is_bridge &&
		    (tj->ifs.v[k].index == ifp->master ||
		     strv_has(&tj->ifs.v[k].spans, ifp->name))) {
			strbuf_addf(out, "_%zu", k);
			break;
		}
	strbuf_addf(out, ":%c%zu%s", port, i, side);
}

static void put_link(struct strbuf *out, const struct topo *t,
		     const struct topo_link *k)
{
	struct topo_link n = *k;
	const struct topo_jail *a, *b;
	bool own;

	/* what is outside stands left */
	if (model_is_below(t, n.jail_a, n.jail_b))
		n = (struct topo_link){k->jail_b, k->if_b, k->jail_a, k->if_a};
	/* of two jails side by side, the first; a loop stays on one side */
	own = n.jail_a == n.jail_b;
	a = &t->jails[n.jail_a];
	b = &t->jails[n.jail_b];
	strbuf_addch(out, '\t');
	put_end(out, t, n.jail_a, n.if_a, 'r', ":e");
	strbuf_adds(out, " -- ");
	put_end(out, t, n.jail_b, n.if_b, own ? 'r' : 'l', own ? ":e" : ":w");
	if (model_is_span(a, n.if_a) || model_is_span(b, n.if_b))
		strbuf_adds(out, " [style=dashed, color=\"" VIOLET "\"]");
	else if (!is_up(&a->ifs.v[n.if_a]) || !is_up(&b->ifs.v[n.if_b]))
		strbuf_adds(out, " [style=dotted, color=\"" RED "\"]");
	strbuf_adds(out, own ? " [constraint=false];\n" : ";\n");
}

int map_dot(const struct topo *t, struct strbuf *out, struct err *e)
{
	int r = 0;

	strbuf_adds(out, head);
	if (t->njails)
		r = put_jail(out, t, 0, 1, e);
	for (size_t i = 0; i < t->nlinks; i++)
		put_link(out, t, &t->links[i]);
	strbuf_adds(out, "}\n");
	return !r && strbuf_failed(out) ? err_nomem(e) : r;
}
