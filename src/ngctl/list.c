/* ngctl: list, show, types. */
#include "ngctl/ngctl.h"

#include "base/cleanup.h"

#define UNNAMED "<unnamed>"

void ngctl_safe(struct strbuf *b, const char *name, size_t size)
{
	for (size_t i = 0; i < size && name[i]; i++)
		strbuf_addch(b, (unsigned char)name[i] < ' ' || name[i] == 0x7f
					? '?'
					: name[i]);
}

/* A name of a message's array in a column of its own. */
static void add_column(struct strbuf *b, const char *name, size_t size,
		       int width)
{
	cleanup_strbuf struct strbuf s = STRBUF_INIT;

	ngctl_safe(&s, name, size);
	strbuf_addf(b, "%-*s", width, s.s);
}

static void add_name(struct strbuf *b, const struct nodeinfo *n, int width)
{
	if (n->name[0])
		add_column(b, n->name, sizeof(n->name), width);
	else
		strbuf_addf(b, "%-*s", width, UNNAMED);
}

void ngctl_format_node(struct strbuf *b, const struct nodeinfo *n)
{
	strbuf_adds(b, "  Name: ");
	add_name(b, n, 15);
	strbuf_adds(b, " Type: ");
	add_column(b, n->type, sizeof(n->type), 15);
	strbuf_addf(b, " ID: %08x   Num hooks: %u\n", n->id, n->hooks);
}

static void format_hook(struct strbuf *b, const struct linkinfo *l)
{
	strbuf_adds(b, "  ");
	add_column(b, l->ourhook, sizeof(l->ourhook), 15);
	strbuf_addch(b, ' ');
	add_name(b, &l->nodeinfo, 15);
	strbuf_addch(b, ' ');
	add_column(b, l->nodeinfo.type, sizeof(l->nodeinfo.type), 12);
	strbuf_addf(b, " %08x        ", l->nodeinfo.id);
	add_column(b, l->peerhook, sizeof(l->peerhook), 15);
	strbuf_addch(b, '\n');
}

#define HEAD "  %-15s %-15s %-12s %-15s %-15s\n"

void ngctl_format_show(struct strbuf *b, const struct hooklist *l, bool hooks)
{
	ngctl_format_node(b, &l->nodeinfo);
	if (!hooks || !l->nodeinfo.hooks)
		return;
	strbuf_addf(b, HEAD, "Local hook", "Peer name", "Peer type", "Peer ID",
		    "Peer hook");
	strbuf_addf(b, HEAD, "----------", "---------", "---------", "-------",
		    "---------");
	for (uint32_t i = 0; i < l->nodeinfo.hooks; i++)
		format_hook(b, &l->link[i]);
}

void ngctl_format_types(struct strbuf *b, const struct typelist *l)
{
	strbuf_addf(b, "There are %u total types:\n", l->numtypes);
	if (l->numtypes)
		strbuf_addf(b,
			    "%15s   Number of living nodes\n"
			    "%15s   ----------------------\n",
			    "Type name", "---------");
	for (uint32_t i = 0; i < l->numtypes; i++)
		strbuf_addf(b, "%15.*s   %5u\n", NG_TYPESIZ,
			    l->typeinfo[i].type_name, l->typeinfo[i].numnodes);
}

static int show(struct ngctl *c, const char *path, bool hooks, struct err *e)
{
	cleanup_strbuf struct strbuf b = STRBUF_INIT;
	cleanup_free struct ng_mesg *m = NULL;
	int rc;

	rc = ngctl_ask_hooks(c, path, "", &m, e);
	if (rc < 0)
		return rc;
	ngctl_format_show(&b, (const struct hooklist *)m->data, hooks);
	return ngctl_put(c, &b, e);
}

int ngctl_show(struct ngctl *c, int argc, char **argv, struct err *e)
{
	unsigned int flags;
	int rc, first;

	rc = ngctl_flags(c, argc, argv, "n", &flags, &first);
	if (rc)
		return rc;
	if (argc - first != 1)
		return NGCTL_USAGE;
	return show(c, argv[first], !flags, e);
}

int ngctl_list(struct ngctl *c, int argc, char **argv, struct err *e)
{
	cleanup_strbuf struct strbuf b = STRBUF_INIT;
	cleanup_free struct ng_mesg *m = NULL;
	const struct namelist *l;
	unsigned int flags;
	int rc, first;
	bool named;

	rc = ngctl_flags(c, argc, argv, "ln", &flags, &first);
	if (rc)
		return rc;
	if (argc != first)
		return NGCTL_USAGE;
	named = flags & 2;
	rc = ngctl_ask_nodes(c, named, "", &m, e);
	if (rc < 0)
		return rc;
	l = (const struct namelist *)m->data;
	strbuf_addf(&b, "There are %u total %snodes:\n", l->numnames,
		    named ? "named " : "");
	for (uint32_t i = 0; !(flags & 1) && i < l->numnames; i++)
		ngctl_format_node(&b, &l->nodeinfo[i]);
	rc = ngctl_put(c, &b, e);
	for (uint32_t i = 0; !rc && (flags & 1) && i < l->numnames; i++) {
		char path[NG_PATHSIZ];

		snprintf(path, sizeof(path), "[%x]:", l->nodeinfo[i].id);
		rc = show(c, path, true, e);
	}
	return rc;
}

int ngctl_types(struct ngctl *c, int argc, char **argv, struct err *e)
{
	cleanup_strbuf struct strbuf b = STRBUF_INIT;
	cleanup_free struct ng_mesg *m = NULL;
	int rc;

	(void)argv;
	if (argc != 1)
		return NGCTL_USAGE;
	rc = ngctl_ask_types(c, &m, e);
	if (rc < 0)
		return rc;
	ngctl_format_types(&b, (const struct typelist *)m->data);
	return ngctl_put(c, &b, e);
}
