/* conf_anchor: anchors, in braces and by name. */
#include "pf/conf_impl.h"

#include "base/cleanup.h"

#include <errno.h>
#include <string.h>

static bool reserved(const char *name)
{
	return name[0] == '_' || strstr(name, "/_");
}

/*
 * The anchor that a call leads to, seen from where it stands: "/a/b" from the
 * main ruleset, "../b" from the parent, else from here.  A star at the end
 * stands for all children.
 */
static int call(struct parser *p, struct pf_rule *r, const char *name,
		struct pf_anchor *from)
{
	cleanup_free char *path = NULL;
	const char *rest = name;
	size_t n;

	while (!strncmp(rest, "../", 3)) {
		from = from->parent;
		rest += 3;
		if (!from)
			return pf_conf_error(p, "anchor %s is beyond the root",
					     name);
	}
	if (rest[0] == '/' || !from->path[0])
		path = strdup(rest + strspn(rest, "/"));
	else
		path = str_printf("%s/%s", from->path, rest);
	if (!path)
		return -ENOMEM;
	n = strlen(path);
	if (str_suffix(path, "/*") || !strcmp(path, "*")) {
		r->anchor_wild = true;
		path[n > 1 ? n - 2 : 0] = '\0';
	}
	if (strlen(path) >= PF_ANCHOR_PATH)
		return pf_conf_error(p, "anchor name '%s' too long", name);
	r->anchor = pf_anchor_find(p->conf, path, true);
	if (!r->anchor)
		return pf_conf_error(p, "bad anchor name '%s'", name);
	r->anchor_call = strdup(name);
	return r->anchor_call ? 0 : -ENOMEM;
}

/* Open the brace of an inline anchor, read its body. */
static int body(struct parser *p, struct pf_rule *r, const char *name,
		enum pf_list list)
{
	struct pf_anchor *here = p->anchor, *a;
	char anonymous[32];
	int e;

	if (p->depth + 1 >= PF_ANCHOR_DEPTH)
		return pf_conf_error(p, "anchors nested too deeply");
	snprintf(anonymous, sizeof(anonymous), "_%u", ++p->anonymous);
	if (name && strchr(name, '/'))
		return pf_conf_error(p, "anchor paths containing '/' cannot be "
					"used for inline anchors.");
	a = pf_anchor_child(here, name ? name : anonymous, true);
	if (!a)
		return -ENOMEM;
	if (a->list[list].n)
		return pf_conf_error(p, "inline anchor '%s' already exists",
				     a->name);
	r->anchor = a;
	r->anchor_inline = true;
	r->anchor_call = strdup(a->name);
	if (!r->anchor_call)
		return -ENOMEM;
	p->anchor = a;
	p->depth++;
	e = lex_next(p);
	if (!e)
		e = conf_body(p, list == PF_LIST_ETHER);
	if (!e)
		e = expect_char(p, '}');
	p->depth--;
	p->anchor = here;
	return e;
}

int conf_anchor_call(struct parser *p, struct pf_rule *r, const char *name,
		     enum pf_list list)
{
	bool stored = p->how->flags & PF_PARSE_STORED;

	if (name && reserved(name) && !stored)
		return pf_conf_error(p, "anchor names beginning with '_' are "
					"reserved for internal use");
	if (at_char(p, '{'))
		return body(p, r, name, list);
	if (!name)
		return pf_conf_error(p, "anchors without explicit rules must "
					"specify a name");
	return call(p, r, name, p->anchor);
}

/* Of the rules one statement made, the first has the body. */
void conf_anchor_once(struct pf_rules *l, size_t first)
{
	for (size_t i = first + 1; i < l->n; i++)
		l->v[i].anchor_inline = false;
}

int conf_anchor_head(struct parser *p, struct draft *d, char **ret_name)
{
	int r = lex_next(p);

	d->r.action = PF_ANCHOR;
	if (!r && at(p, T_STRING))
		r = take_string(p, ret_name);
	if (!r)
		r = conf_dir(p, &d->r.dir);
	if (!r)
		r = conf_quick(p, &d->r);
	return r < 0 ? r : conf_interface(p, &d->ifs);
}

int conf_anchor_rule(struct parser *p)
{
	cleanup_draft struct draft d;
	cleanup_free char *name = NULL;
	size_t first;
	int r;

	draft_init(&d);
	r = conf_anchor_head(p, &d, &name);
	if (!r)
		r = conf_packets(p, &d);
	if (!r)
		r = conf_filter_opts(p, &d);
	if (!r)
		r = conf_anchor_call(p, &d.r, name, PF_LIST_FILTER);
	if (!r)
		r = conf_end(p, SECTION_FILTER);
	if (!r)
		r = conf_flags(p, &d);
	if (r < 0)
		return r;
	if (d.have_keep && d.r.state)
		return pf_conf_error(p, "cannot specify state handling on "
					"anchors");
	if (d.pool.n || d.rdr.n)
		return pf_conf_error(p, "nat-to, rdr-to and af-to are not for "
					"anchors");
	decide_families(&d);
	first = p->anchor->list[PF_LIST_FILTER].n;
	r = conf_expand(p, &d, PF_LIST_FILTER);
	if (!r)
		conf_anchor_once(&p->anchor->list[PF_LIST_FILTER], first);
	return r;
}

/* What anchors for translation cannot have. */
static int nat_anchor_limits(struct parser *p, const struct draft *d,
			     enum pf_list list)
{
	if (list == PF_LIST_RDR) {
		if (d->sport.n)
			return pf_conf_error(p, "source port parameter not "
						"supported in rdr-anchor");
		if (d->dport.n > 1)
			return pf_conf_error(p,
					     "destination port list expansion "
					     "not supported in rdr-anchor");
		if (d->dport.n && d->dport.v[0].op != PF_OP_EQ)
			return pf_conf_error(p,
					     "destination port operators not "
					     "supported in rdr-anchor");
	}
	if (list == PF_LIST_BINAT) {
		if (d->protos.n > 1)
			return pf_conf_error(p, "proto list expansion not "
						"supported in binat-anchor");
		if (d->src.n || d->dst.n || d->sport.n || d->dport.n)
			return pf_conf_error(p,
					     "fromto parameter not supported "
					     "in binat-anchor");
	}
	return 0;
}

int conf_nat_anchor(struct parser *p, enum pf_list list)
{
	cleanup_draft struct draft d;
	cleanup_free char *name = NULL;
	int r = lex_next(p);

	draft_init(&d);
	d.r.action = PF_ANCHOR;
	if (!r)
		r = take_words(p, &name);
	if (!r)
		r = conf_interface(p, &d.ifs);
	if (!r)
		r = conf_packets(p, &d);
	if (!r && at(p, K_RTABLE))
		r = conf_rtable(p, &d.r);
	if (!r)
		r = conf_end(p, SECTION_NAT);
	if (!r)
		r = nat_anchor_limits(p, &d, list);
	if (!r)
		r = call(p, &d.r, name, p->anchor);
	if (r < 0)
		return r;
	decide_families(&d);
	return conf_expand(p, &d, list);
}

int conf_load_anchor(struct parser *p)
{
	cleanup_free char *name = NULL, *file = NULL;
	struct load_anchor *v;
	int r = lex_next(p);

	if (!r)
		r = expect_kind(p, K_ANCHOR);
	if (!r)
		r = take_words(p, &name);
	if (!r)
		r = expect_kind(p, K_FROM);
	if (!r)
		r = take_words(p, &file);
	if (r < 0)
		return r;
	if (!at_end(p))
		return conf_syntax(p);
	if (p->how->flags & PF_PARSE_STORED)
		return pf_conf_error(p, "load anchor is not for here");
	if (strlen(p->base->path) + 1 + strlen(name) >= PF_ANCHOR_PATH)
		return pf_conf_error(p, "anchorname %s too long, max %u", name,
				     PF_ANCHOR_PATH - 1);
	v = reallocarray(p->load, p->nload + 1, sizeof(*v));
	if (!v)
		return -ENOMEM;
	p->load = v;
	v += p->nload;
	v->path = p->base->path[0] ? str_printf("%s/%s", p->base->path, name)
				   : take_ptr(name);
	v->file = take_ptr(file);
	v->line = p->t.line;
	p->nload++;
	return v->path ? 0 : -ENOMEM;
}

/* @anchor "PATH": what follows belongs there; only in what print.c wrote. */
int conf_stored_anchor(struct parser *p)
{
	cleanup_free char *path = NULL;
	int r = lex_next(p);

	if (!r)
		r = expect_kind(p, K_ANCHOR);
	if (!r)
		r = take_string(p, &path);
	if (r < 0)
		return r;
	p->base = pf_anchor_find(p->conf, path, true);
	if (!p->base)
		return pf_conf_error(p, "bad anchor name '%s'", path);
	p->base->loaded = true;
	p->anchor = p->base;
	p->section = SECTION_NONE;
	return 0;
}
