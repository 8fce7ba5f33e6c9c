/*
 * prison_self: what a jail is told of itself, the file `self` of its registry.
 *
 * Its creator writes it, at creation and when something in it changes.  Where
 * the jail's own programs go by it (how many children, which rights they may
 * be given) they are only spared a refusal by the kernel: nothing outside
 * believes what is found there.
 */
#include "jail/prison_int.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "jail/param.h"
#include "jail/regtext.h"

#include <errno.h>
#include <string.h>

/* Besides these, all rights. */
static const char *const told[] = {
	"vnet",	     "host",	  "securelevel",   "enforce_statfs",
	"osrelease", "osreldate", "devfs_ruleset", "sysvmsg",
	"sysvsem",   "sysvshm",	  "host.users",
};

static bool is_told(const struct param_def *d)
{
	for (size_t i = 0; i < ARRAY_SIZE(told); i++)
		if (!strcmp(told[i], d->name))
			return true;
	return (d->flags & PARAM_ALLOW) != 0;
}

/* Those with another value than every jail's. */
static int put_params(const struct pset *params, struct pset *self,
		      struct err *e)
{
	const struct param_def *d;
	int r = 0;

	for (size_t i = 0; !r && (d = param_at(i)); i++) {
		const struct jparam *p = pset_find(params, d->name);
		const char *v = p && p->values.n ? p->values.v[0] : NULL;

		if (!v || !is_told(d) || (d->dflt && !strcmp(d->dflt, v)))
			continue;
		r = pset_put(self, d->name, v, false, e);
	}
	return r;
}

static int put_num(struct pset *self, const char *name, int v, bool append,
		   struct err *e)
{
	char num[16];

	snprintf(num, sizeof(num), "%d", v);
	return pset_put(self, name, num, append, e);
}

int self_text(const struct pset *params, int lo, int hi, bool blockroot,
	      struct strbuf *out, struct err *e)
{
	cleanup_pset struct pset self = {0};
	const char *jid = pset_value(params, "jid");
	const char *name = pset_value(params, "name");
	int r;

	r = pset_put(&self, "jid", jid, false, e);
	if (!r)
		r = pset_put(&self, "name", name ? name : jid, false, e);
	if (!r)
		r = put_num(&self, "children.max",
			    param_int_of(params, "children.max", 0), false, e);
	if (!r && lo) {
		r = put_num(&self, "jids", lo, false, e);
		if (!r)
			r = put_num(&self, "jids", hi, true, e);
	}
	if (!r && blockroot)
		r = pset_put(&self, "blockroot", NULL, false, e);
	if (!r)
		r = put_params(params, &self, e);
	if (!r)
		regtext_print(out, &self);
	return !r && strbuf_failed(out) ? err_nomem(e) : r;
}

int self_update(const struct life *l, const struct pset *old,
		const struct pset *now, struct err *e)
{
	cleanup_strbuf struct strbuf was = STRBUF_INIT, is = STRBUF_INIT;
	cleanup_close int run = -1;
	cleanup_pset struct pset self = {0};
	int r;

	r = self_text(old, l->lo, l->hi, false, &was, e);
	if (!r)
		r = self_text(now, l->lo, l->hi, false, &is, e);
	if (r < 0 || !strcmp(was.s, is.s))
		return r;
	r = jail_run_open(&l->init, &run, e);
	if (r < 0)
		return r;
	/* whether it has a root to copy only it itself knows by now */
	if (regtext_read(run, "self", &self, NULL) == 0 &&
	    pset_find(&self, "blockroot")) {
		strbuf_clear(&is);
		r = self_text(now, l->lo, l->hi, true, &is, e);
	}
	return r < 0 ? r : file_write_atomic(run, "self", is.s, 0644, e);
}
