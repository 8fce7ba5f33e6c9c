/*
 * ngctl: dot, the graph for graphviz.
 *
 * Nodes are boxes "ID", hooks octagons "ID.HOOK" of their own; a link is drawn
 * once, from the node with the larger number.
 */
#include "ngctl/ngctl.h"

#include "base/cleanup.h"
#include "net/bsderr.h"

#include <errno.h>
#include <string.h>

/* Within a dot string. */
static void add_quoted(struct strbuf *b, const char *name, size_t size)
{
	for (size_t i = 0; i < size && name[i]; i++) {
		if (name[i] == '"' || name[i] == '\\')
			strbuf_addch(b, '\\');
		ngctl_safe(b, name + i, 1);
	}
}

/* "ID.HOOK" */
static void add_hook(struct strbuf *b, ng_ID_t id, const char *hook)
{
	strbuf_addf(b, "\"%x.", id);
	add_quoted(b, hook, NG_HOOKSIZ);
	strbuf_addch(b, '"');
}

/* Within the label of a record, too. */
static void add_field(struct strbuf *b, const char *name, size_t size)
{
	for (size_t i = 0; i < size && name[i]; i++) {
		if (strchr("{}|<>", name[i]))
			strbuf_addch(b, '\\');
		add_quoted(b, name + i, 1);
	}
}

static void add_box(struct strbuf *b, const struct nodeinfo *n)
{
	strbuf_addf(b, "\t\t\"%x\" [ label = \"{", n->id);
	if (n->name[0])
		add_field(b, n->name, sizeof(n->name));
	else
		strbuf_adds(b, "\\<unnamed\\>");
	strbuf_addf(b, ":|{%.*s|[%x]:}}\" ];\n", NG_TYPESIZ, n->type, n->id);
}

void ngctl_dot_head(struct strbuf *b, const struct namelist *l)
{
	strbuf_adds(b, "graph netgraph {\n"
		       "\tedge [ weight = 1.0 ];\n"
		       "\tnode [ shape = record, fontsize = 12 ] {\n");
	for (uint32_t i = 0; i < l->numnames; i++)
		add_box(b, &l->nodeinfo[i]);
	strbuf_adds(b, "\t};\n"
		       "\tsubgraph cluster_disconnected {\n"
		       "\t\tbgcolor = pink;\n");
	for (uint32_t i = 0; i < l->numnames; i++)
		if (!l->nodeinfo[i].hooks)
			strbuf_addf(b, "\t\t\"%x\";\n", l->nodeinfo[i].id);
	strbuf_adds(b, "\t};\n");
}

void ngctl_dot_node(struct strbuf *b, const struct hooklist *l)
{
	ng_ID_t id = l->nodeinfo.id;
	uint32_t n = l->nodeinfo.hooks;

	if (!n)
		return;
	strbuf_adds(b, "\tnode [ shape = octagon, fontsize = 10 ] {\n");
	for (uint32_t i = 0; i < n; i++) {
		strbuf_adds(b, "\t\t");
		add_hook(b, id, l->link[i].ourhook);
		strbuf_adds(b, " [ label = \"");
		add_quoted(b, l->link[i].ourhook, NG_HOOKSIZ);
		strbuf_adds(b, "\" ];\n");
	}
	strbuf_adds(b, "\t};\n"
		       "\t{\n"
		       "\t\tedge [ weight = 2.0, style = bold ];\n");
	for (uint32_t i = 0; i < n; i++) {
		strbuf_addf(b, "\t\t\"%x\" -- ", id);
		add_hook(b, id, l->link[i].ourhook);
		strbuf_adds(b, ";\n");
	}
	strbuf_adds(b, "\t};\n");
	for (uint32_t i = 0; i < n; i++) {
		if (l->link[i].nodeinfo.id > id)
			continue;
		strbuf_addch(b, '\t');
		add_hook(b, id, l->link[i].ourhook);
		strbuf_adds(b, " -- ");
		add_hook(b, l->link[i].nodeinfo.id, l->link[i].peerhook);
		strbuf_adds(b, ";\n");
	}
}

/* FreeBSD ends with "};", which dot(1) calls a syntax error. */
void ngctl_dot_tail(struct strbuf *b)
{
	strbuf_adds(b, "}\n");
}

static int draw(struct ngctl *c, struct strbuf *b, struct err *e)
{
	cleanup_free struct ng_mesg *nodes = NULL;
	const struct namelist *l;
	int rc;

	rc = ngctl_ask_nodes(c, false, "listnodes ", &nodes, e);
	if (rc < 0)
		return rc;
	l = (const struct namelist *)nodes->data;
	ngctl_dot_head(b, l);
	for (uint32_t i = 0; i < l->numnames; i++) {
		cleanup_free struct ng_mesg *m = NULL;
		char path[NG_PATHSIZ];

		snprintf(path, sizeof(path), "[%x]:", l->nodeinfo[i].id);
		rc = ngctl_ask_hooks(c, path, "listhooks ", &m, e);
		if (rc < 0)
			return rc;
		ngctl_dot_node(b, (const struct hooklist *)m->data);
	}
	ngctl_dot_tail(b);
	return strbuf_failed(b) ? err_nomem(e) : 0;
}

int ngctl_dot(struct ngctl *c, int argc, char **argv, struct err *e)
{
	cleanup_strbuf struct strbuf b = STRBUF_INIT;
	cleanup_fclose FILE *f = NULL;
	unsigned int flags;
	int rc, first;

	rc = ngctl_flags(c, argc, argv, "", &flags, &first);
	if (rc)
		return rc;
	if (argc - first > 1)
		return NGCTL_USAGE;
	if (argc - first == 1) {
		f = fopen(argv[first], "we");
		if (!f)
			return bsd_err(e, errno,
				       "Could not open %s for writing",
				       argv[first]);
	}
	rc = draw(c, &b, e);
	if (rc < 0 || !f)
		return rc < 0 ? rc : ngctl_put(c, &b, e);
	fputs(b.s, f);
	if (fflush(f) != 0 || ferror(f))
		return bsd_err(e, errno, "%s", argv[first]);
	return 0;
}
