/*
 * prison_self: what a jail is told of itself, the file `self` of its registry.
 *
 * Its creator writes it, at creation and when something in it changes.  Where
 * the jail's own programs go by it (how many children, which rights they may
 * be given) they are only spared a refusal by the kernel: nothing outside
 * believes what is found there.  So it is with what they are shown of a network
 * stack that is not the jail's own (net/sight.h).
 */
#include "jail/prison_int.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "jail/param.h"
#include "jail/regtext.h"
#include "jail/share_broker.h"

#include <errno.h>
#include <string.h>

/* Besides these, all rights. */
static const char *const told[] = {
	"vnet",	   "host",	"securelevel", "enforce_statfs",
	"persist", "osrelease", "osreldate",   "devfs_ruleset",
	"sysvmsg", "sysvsem",	"sysvshm",     "host.users",
	"ip4",	   "ip6",	"ip4.addr",    "ip6.addr",
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
		r = pset_put_values(self, d->name, &p->values, false, NULL, 0,
				    e);
	}
	return r;
}

/*
 * Where it has its creator's network stack as it is, it is held to what its
 * creator is held to.
 */
static int put_shared(const struct pset *params, const struct pset *parent,
		      struct pset *self, struct err *e)
{
	static const char *const names[][2] = {{"ip4", "ip4.addr"},
					       {"ip6", "ip6.addr"}};
	int r = 0;

	if (param_jailsys_of(params, "vnet", 2) == 1 ||
	    param_jailsys_of(parent, "vnet", 2) == 1)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (param_jailsys_of(params, names[i][0], 2) != 2)
			continue;
		for (size_t k = 0; !r && k < 2; k++) {
			const struct jparam *p = pset_find(parent, names[i][k]);

			if (p)
				r = pset_put_values(self, names[i][k],
						    &p->values, false, NULL, 0,
						    e);
		}
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

/* As the machine calls it, "a.b.c": what is derived from it is unique there. */
static int put_fullname(const struct prisons *ps, const char *name,
			struct pset *self, struct err *e)
{
	const char *creator = pset_value(&ps->self, "fullname");
	cleanup_free char *full = str_printf("%s%s%s", creator ? creator : "",
					     creator ? "." : "", name);

	return full ? pset_put(self, "fullname", full, false, e) : err_nomem(e);
}

int self_text(const struct prisons *ps, const struct pset *params, int lo,
	      int hi, bool blockroot, struct strbuf *out, struct err *e)
{
	cleanup_pset struct pset self = {0};
	const char *jid = pset_value(params, "jid");
	const char *name = pset_value(params, "name");
	int r;

	r = pset_put(&self, "jid", jid, false, e);
	if (!r)
		r = pset_put(&self, "name", name ? name : jid, false, e);
	if (!r)
		r = put_fullname(ps, name ? name : jid, &self, e);
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
		r = put_shared(params, &ps->self, &self, e);
	if (!r)
		regtext_print(out, &self);
	return !r && strbuf_failed(out) ? err_nomem(e) : r;
}

int self_update(const struct prisons *ps, const struct life *l,
		const struct pset *old, const struct pset *now, struct err *e)
{
	cleanup_strbuf struct strbuf was = STRBUF_INIT, is = STRBUF_INIT;
	cleanup_close int run = -1;
	cleanup_pset struct pset self = {0};
	int r;

	r = self_text(ps, old, l->lo, l->hi, false, &was, e);
	if (!r)
		r = self_text(ps, now, l->lo, l->hi, false, &is, e);
	if (r < 0 || !strcmp(was.s, is.s))
		return r;
	r = jail_run_open(&l->init, &run, e);
	if (r < 0)
		return r;
	/* whether it has a root to copy only it itself knows by now */
	if (regtext_read(run, "self", &self, NULL) == 0 &&
	    pset_find(&self, "blockroot")) {
		strbuf_clear(&is);
		r = self_text(ps, now, l->lo, l->hi, true, &is, e);
	}
	return r < 0 ? r : file_write_atomic(run, "self", is.s, 0644, e);
}

int prison_lasts(struct err *e)
{
	struct broker_msg m = {.request = BROKER_LASTS};

	return broker_call(&m, -1, NULL, e);
}

/* --- what it is shown ---------------------------------------------------- */

/* Of what its creator is shown, what a jail is; net: its stack is its own. */
static int narrow(struct sight *s, const struct pset *params, bool net,
		  struct err *e)
{
	static const struct {
		const char *mode, *list;
		int family;
	} families[] = {{"ip4", "ip4.addr", AF_INET},
			{"ip6", "ip6.addr", AF_INET6}};
	int r = 0;

	if (net) {
		sight_free(s);
		return 0;
	}
	s->shared = true;
	for (size_t i = 0; i < ARRAY_SIZE(families); i++) {
		int mode = param_jailsys_of(params, families[i].mode, 2);
		const struct jparam *p = pset_find(params, families[i].list);

		if (mode == 2)
			continue;
		sight_hold(s, families[i].family);
		for (size_t k = 0; !r && mode && p && k < p->values.n; k++)
			r = sight_add(s, families[i].family, p->values.v[k], e);
	}
	return r;
}

/* The jail `which` and those on the way to it from here. */
static int narrow_below(struct sight *s, struct prisons *ps, const char *which,
			struct err *e)
{
	cleanup_prison struct prison p = {0};
	int r = prison_get(ps, which, false, &p, e);

	for (size_t i = 0; !r && i < p.path.n; i++) {
		cleanup_prison struct prison on = {0};

		r = prison_get(ps, p.path.v[i], false, &on, e);
		if (!r)
			r = narrow(s, &on.params, on.vnet, e);
	}
	return r;
}

int prison_sight(const char *jail, struct sight *ret, struct err *e)
{
	cleanup_prisons struct prisons *ps = NULL;
	cleanup_sight struct sight s = {0};
	int r = prisons_look(&ps, e);

	if (!r && ps->jailed)
		r = narrow(&s, &ps->self,
			   param_jailsys_of(&ps->self, "vnet", 2) == 1, e);
	if (!r && jail)
		r = narrow_below(&s, ps, jail, e);
	if (r < 0)
		return r;
	*ret = s;
	s = (struct sight){0};
	return 0;
}
