/*
 * pset: see pset.h.
 *
 * Two spellings name the same entry when they are equal or when param.h's
 * table says that they mean the same parameter: "nopersist" replaces
 * "persist", "ip4.addrs" extends "ip4.addr".  The spelling of the latest
 * writer stays, since it carries the "no".  Keys of meta and env are all one
 * row of the table, so those are compared by their text.
 */
#include "jail/pset.h"

#include "base/cleanup.h"
#include "jail/param.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct jparam *pset_find(const struct pset *ps, const char *name)
{
	const struct param_def *def;

	/* the exact spelling is the usual case and needs no table */
	for (size_t i = 0; i < ps->n; i++)
		if (ps->v[i].name[0] == name[0] && !strcmp(ps->v[i].name, name))
			return &ps->v[i];
	def = param_find(name, NULL);
	if (!def || (def->flags & PARAM_KEYVAL))
		return NULL;
	for (size_t i = 0; i < ps->n; i++)
		if (ps->v[i].def == def)
			return &ps->v[i];
	return NULL;
}

const char *pset_value(const struct pset *ps, const char *name)
{
	const struct jparam *p = pset_find(ps, name);

	return p && p->values.n ? p->values.v[0] : NULL;
}

static void jparam_clear(struct jparam *p)
{
	free(p->name);
	strv_free(&p->values);
	free(p->file);
	*p = (struct jparam){0};
}

/* A new entry at the end; takes what `p` owns, also on failure. */
static int pset_push(struct pset *ps, struct jparam *p, struct err *e)
{
	struct jparam *v;

	v = reallocarray(ps->v, ps->n + 1, sizeof(*v));
	if (!v) {
		jparam_clear(p);
		return err_nomem(e);
	}
	ps->v = v;
	ps->v[ps->n++] = *p;
	*p = (struct jparam){0};
	return 0;
}

static int jparam_make(struct jparam *p, const char *name,
		       const struct strv *values, const char *file,
		       unsigned int line)
{
	*p = (struct jparam){
		.name = strdup(name),
		.line = line,
		.def = param_find(name, NULL),
	};
	if (p->name && file)
		p->file = strdup(file);
	if (p->name && (!file || p->file) &&
	    (!values || strv_copy(&p->values, values) == 0))
		return 0;
	jparam_clear(p);
	return -ENOMEM;
}

int pset_put_values(struct pset *ps, const char *name,
		    const struct strv *values, bool append, const char *file,
		    unsigned int line, struct err *e)
{
	struct jparam *old = pset_find(ps, name), p;

	if (jparam_make(&p, name, values, file, line) < 0)
		return err_nomem(e);
	if (!old)
		return pset_push(ps, &p, e);
	/* += without a value says the name alone: nothing to append to */
	if (append && p.values.n) {
		cleanup_strv struct strv all = {0};

		if (strv_copy(&all, &old->values) < 0 ||
		    strv_copy(&all, &p.values) < 0) {
			jparam_clear(&p);
			return err_nomem(e);
		}
		strv_free(&p.values);
		p.values = all;
		all = (struct strv){0};
	}
	jparam_clear(old);
	*old = p;
	return 0;
}

int pset_add(struct pset *ps, const char *name, const struct strv *values,
	     const char *file, unsigned int line, struct err *e)
{
	struct jparam p;

	if (jparam_make(&p, name, values, file, line) < 0)
		return err_nomem(e);
	return pset_push(ps, &p, e);
}

int pset_add_row(struct pset *ps, const struct param_def *row,
		 const struct strv *values, struct err *e)
{
	struct jparam p = {.name = strdup(row->name), .def = row};

	if (!p.name || strv_copy(&p.values, values) < 0) {
		jparam_clear(&p);
		return err_nomem(e);
	}
	return pset_push(ps, &p, e);
}

int pset_put(struct pset *ps, const char *name, const char *value, bool append,
	     struct err *e)
{
	cleanup_strv struct strv values = {0};

	if (value && strv_add(&values, value) < 0)
		return err_nomem(e);
	return pset_put_values(ps, name, &values, append, NULL, 0, e);
}

void pset_remove(struct pset *ps, const char *name)
{
	struct jparam *p = pset_find(ps, name);

	if (!p)
		return;
	jparam_clear(p);
	memmove(p, p + 1, (size_t)(ps->v + ps->n - (p + 1)) * sizeof(*p));
	ps->n--;
}

int pset_copy(struct pset *dst, const struct pset *src, struct err *e)
{
	cleanup_pset struct pset copy = {0};
	struct jparam p;
	int r;

	for (size_t i = 0; i < src->n; i++) {
		if (jparam_make(&p, src->v[i].name, &src->v[i].values,
				src->v[i].file, src->v[i].line) < 0)
			return err_nomem(e);
		r = pset_push(&copy, &p, e);
		if (r < 0)
			return r;
	}
	pset_free(dst);
	*dst = copy;
	copy = (struct pset){0};
	return 0;
}

void pset_free(struct pset *ps)
{
	for (size_t i = 0; i < ps->n; i++)
		jparam_clear(&ps->v[i]);
	free(ps->v);
	*ps = (struct pset){0};
}
