/*
 * See rcready.h.
 *
 * Theory of operation.  jail/prison_nets.c can make an epair with an end in
 * the vnet of a jail that is still to come, and leave that end there when the
 * jail goes.  That is as if the end had been moved, but for one thing: it is
 * not here between the clone's creation and the jail's, nor between the jail's
 * end and the clone's.  So it is done only where nobody could see that:
 *
 *   - one plan makes (destroys) both;
 *   - no other fact is about the end, no variable of its own configures it;
 *   - no local script and no start_if script runs;
 *   - of the commands that run on this level meanwhile for jails (exec.prestart
 *     and its like) none names the end, and those of its own jail are all
 *     known to be harmless;
 *   - one jail asks for it, by its name.
 *
 * An epair of which both ends are in jails is destroyed here by one of its
 * ends, so that one comes home.
 */
#include "rc/rcready.h"

#include "base/cleanup.h"
#include "jail/conf.h"
#include "jail/prison.h"
#include "net/kind.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* exec.* parameters of jail.conf(5) that run here, meanwhile. */
struct meanwhile {
	const char *own[4];   /* of the end's own jail: harmless only */
	const char *other[4]; /* of any jail: the end is not named */
};
static const struct meanwhile at_start = {
	.own = {"exec.prepare", "exec.prestart", "exec.created"},
	.other = {"exec.prepare", "exec.prestart", "exec.created",
		  "exec.poststart"},
};
static const struct meanwhile at_stop = {
	.own = {"exec.poststop", "exec.release"},
	.other = {"exec.prestop", "exec.poststop", "exec.release"},
};

void rcready_free(struct rcready *r)
{
	for (size_t i = 0; i < r->n; i++) {
		free(r->v[i].end);
		free(r->v[i].jail);
	}
	free(r->v);
	*r = (struct rcready){0};
}

static int ready_add(struct rcready *r, const char *end, const char *jail)
{
	void *v = reallocarray(r->v, r->n + 1, sizeof(*r->v));

	if (!v)
		return -ENOMEM;
	r->v = v;
	r->v[r->n] = (struct rcready_end){strdup(end), strdup(jail), false};
	r->n++;
	return r->v[r->n - 1].end && r->v[r->n - 1].jail ? 0 : -ENOMEM;
}

static const char *ready_jail(const struct rcready *r, const char *end)
{
	for (size_t i = 0; i < r->n; i++)
		if (!strcmp(r->v[i].end, end))
			return r->v[i].jail;
	return NULL;
}

static void ready_drop(struct rcready *r, size_t i)
{
	free(r->v[i].end);
	free(r->v[i].jail);
	r->v[i] = r->v[--r->n];
}

/* ---- commands ---- */

bool rcready_harmless(const char *line)
{
	static const char *const known[] = {"true",  ":",     "echo",  "logger",
					    "date",  "sleep", "touch", "rm",
					    "ln",    "mkdir", "rmdir", "chown",
					    "chmod", "mount", "umount"};
	cleanup_strv struct strv words = {0};
	const char *name;

	/* what only a shell understands is not understood here */
	if (strpbrk(line, "|&;<>()$`\\\"'*?[#~\n") ||
	    strv_split(&words, line, " \t") < 0)
		return false;
	if (!words.n)
		return true;
	name = strrchr(words.v[0], '/');
	name = name ? name + 1 : words.v[0];
	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (!strcmp(name, known[i]))
			return true;
	/* of one interface, which it names, more than a question */
	return !strcmp(name, "ifconfig") && words.n > 2 && *words.v[1] != '-';
}

/* Append the commands of these parameters. */
static int commands(const struct pset *params, const char *const *which,
		    size_t n, struct strv *ret)
{
	int r = 0;

	for (size_t i = 0; i < n && which[i]; i++) {
		const struct jparam *p = pset_find(params, which[i]);

		for (size_t k = 0; !r && p && k < p->values.n; k++)
			r = strv_add(ret, p->values.v[k]);
	}
	return r;
}

static bool any_names(const struct strv *lines, const char *end)
{
	for (size_t i = 0; i < lines->n; i++)
		if (strstr(lines->v[i], end))
			return true;
	return false;
}

static bool all_harmless(const struct pset *params, const char *const *which,
			 size_t n)
{
	for (size_t i = 0; i < n && which[i]; i++) {
		const struct jparam *p = pset_find(params, which[i]);

		for (size_t k = 0; p && k < p->values.n; k++)
			if (!rcready_harmless(p->values.v[k]))
				return false;
	}
	return true;
}

/* ---- which ends of which jails ---- */

/* The configurations of jails that are to be started or stopped. */
struct confs {
	struct {
		char *file;
		struct jailconf *jc;
	} * v;
	size_t n;
};

static void confs_free(struct confs *c)
{
	for (size_t i = 0; i < c->n; i++) {
		free(c->v[i].file);
		jailconf_free(&c->v[i].jc);
	}
	free(c->v);
}

/* NULL: it cannot be read, which others tell. */
static const struct jailconf *confs_get(struct confs *c, const char *file)
{
	void *v;

	for (size_t i = 0; i < c->n; i++)
		if (!strcmp(c->v[i].file, file))
			return c->v[i].jc;
	v = reallocarray(c->v, c->n + 1, sizeof(*c->v));
	if (!v)
		return NULL;
	c->v = v;
	c->v[c->n].jc = NULL;
	c->v[c->n].file = strdup(file);
	if (!c->v[c->n].file)
		return NULL;
	(void)jailconf_load_lenient(file, &c->v[c->n].jc, NULL);
	return c->v[c->n++].jc;
}

static const struct pset *confs_jail(struct confs *c, const struct fact *jail)
{
	const struct jailconf *jc = confs_get(c, jail->value);

	for (size_t i = 0; jc && i < jc->n; i++)
		if (!strcmp(jc->v[i].name, jail->key))
			return jc->v[i].error ? NULL : &jc->v[i].params;
	return NULL;
}

/* Is it one that a jail can have, and only this one? */
static int want_end(struct rcready *r, const struct strv *ends, struct strv *no,
		    const char *end, const char *jail)
{
	if (!strv_has(ends, end))
		return 0;
	if (ready_jail(r, end))
		return strv_add(no, end);
	return ready_add(r, end, jail);
}

/* What one jail has in vnet.interface; its commands into lines. */
static int collect_jail(const struct pset *p, const char *jail,
			const struct strv *ends, const struct meanwhile *mw,
			struct rcready *ret, struct strv *no,
			struct strv *lines)
{
	const struct jparam *ifs = pset_find(p, "vnet.interface");
	bool harmless = ifs && all_harmless(p, mw->own, ARRAY_SIZE(mw->own));
	int r = commands(p, mw->other, ARRAY_SIZE(mw->other), lines);

	for (size_t k = 0; !r && ifs && k < ifs->values.n; k++) {
		const char *end = ifs->values.v[k];

		r = want_end(ret, ends, no, end, jail);
		if (!r && !harmless)
			r = strv_add(no, end);
	}
	return r;
}

/* Ends of the list that the jails have in vnet.interface, by the rules. */
static int collect(const struct facts *jails, const struct strv *ends,
		   const struct meanwhile *mw, struct rcready *ret,
		   struct err *e)
{
	__attribute__((cleanup(confs_free))) struct confs confs = {0};
	cleanup_strv struct strv no = {0}, lines = {0};
	int r = 0;

	for (size_t i = 0; !r && i < jails->n; i++) {
		const struct pset *p = confs_jail(&confs, &jails->v[i]);

		if (p)
			r = collect_jail(p, jails->v[i].key, ends, mw, ret, &no,
					 &lines);
	}
	for (size_t k = ret->n; !r && k-- > 0;)
		if (strv_has(&no, ret->v[k].end) ||
		    any_names(&lines, ret->v[k].end))
			ready_drop(ret, k);
	return r ? err_nomem(e) : 0;
}

static bool is_epair(const struct fact *f)
{
	const struct ifkind *k;

	if (f->kind != FACT_CLONE || f->words.n)
		return false;
	k = ifkind_of_name(f->ifname, NULL);
	return k && !strcmp(k->name, "epair");
}

/* ---- start ---- */

static int end_cmp(const void *a, const void *b)
{
	const struct rcready_end *x = a, *y = b;

	return strcmp(x->end, y->end);
}

/* Those that carry that name are not wanted; the list is sorted. */
static void unwanted(struct rcready *r, const char *name)
{
	struct rcready_end key = {.end = (char *)name}, *end;

	end = name ? bsearch(&key, r->v, r->n, sizeof(key), end_cmp) : NULL;
	if (end)
		end->named = true;
}

/* What the model says of an end besides that it is made. */
static void drop_named(struct rcready *r, const struct rcmodel *m)
{
	if (r->n)
		qsort(r->v, r->n, sizeof(*r->v), end_cmp);
	for (size_t s = 0; r->n && s < RC_SERVICES; s++)
		for (size_t i = 0; i < m->of[s].n; i++) {
			const struct fact *f = &m->of[s].v[i];

			unwanted(r, f->ifname);
			unwanted(r, f->key);
			unwanted(r, f->value);
			for (size_t k = 0; k < f->words.n; k++)
				unwanted(r, f->words.v[k]);
		}
	for (size_t k = r->n; k-- > 0;)
		if (r->v[k].named)
			ready_drop(r, k);
}

int rcready_plan(struct rcact *a, const struct rcmodel *m, struct rcstate *s,
		 struct err *e)
{
	const struct facts *jails = &m->of[RC_JAIL], *netif = &m->of[RC_NETIF];
	cleanup_strv struct strv ends = {0};
	struct facts coming = {0};
	int r = 0;

	rcready_free(&a->ready);
	for (size_t i = 0; !r && i < netif->n; i++) {
		const struct fact *f = &netif->v[i];

		if (f->kind == FACT_IFSCRIPT)
			return 0;
		if (is_epair(f) && !rcstate_has(s, &a->notes, f))
			r = clone_ends_add(&ends, f->ifname);
	}
	if (r)
		return err_nomem(e);
	if (!ends.n || !jails->n)
		return 0;
	coming.v = calloc(jails->n, sizeof(*coming.v));
	if (!coming.v)
		return err_nomem(e);
	/* borrowed from the model */
	for (size_t i = 0; i < jails->n; i++)
		if (jails->v[i].kind == FACT_JAIL &&
		    !rcstate_has(s, &a->notes, &jails->v[i]))
			coming.v[coming.n++] = jails->v[i];
	r = collect(&coming, &ends, &at_start, &a->ready, e);
	free(coming.v);
	if (!r)
		drop_named(&a->ready, m);
	return r;
}

static int nets(struct rcact *a, struct err *e)
{
	return a->nets ? 0 : prison_nets_new(&a->nets, e);
}

int rcready_make(struct rcact *a, const struct fact *clone, struct err *e)
{
	cleanup_vnet struct vnet *va = NULL, *vb = NULL;
	struct vnet **at[] = {&va, &vb};
	const char *jail[2];
	char end[2][IFNAMSIZ];
	int r = is_epair(clone) ? 0 : -ENOENT;

	for (int i = 0; !r && i < 2; i++) {
		snprintf(end[i], IFNAMSIZ, "%.*s%c", IFNAMSIZ - 2,
			 clone->ifname, "ab"[i]);
		jail[i] = ready_jail(&a->ready, end[i]);
		if (jail[i])
			r = nets(a, NULL);
		/* what stands in the way is told when the jail is made */
		if (!r && jail[i])
			r = prison_nets_open(a->nets, jail[i], at[i], NULL);
	}
	if (r || (!va && !vb))
		return 0;
	r = if_create_epair_at(a->vnet, clone->ifname,
			       (struct vnet *const[]){va, vb}, e);
	for (int i = 0; !r && i < 2; i++)
		if (*at[i])
			r = prison_nets_put(a->nets, jail[i], *at[i], end[i],
					    e);
	return r < 0 ? r : 1;
}

int rcready_open(struct rcact *a, const char *end, struct vnet **ret)
{
	const char *jail = ready_jail(&a->ready, end);

	return jail && a->nets ? prison_nets_open(a->nets, jail, ret, NULL)
			       : -ENOENT;
}

int rcready_settle(struct rcact *a, const struct strv *jails, struct err *e)
{
	return a->nets && a->vnet ? prison_nets_home(a->nets, jails, a->vnet, e)
				  : 0;
}

/* ---- stop ---- */

/* The end of an epair that is elsewhere while the other one is here. */
static bool end_away(struct rcact *a, const char *clone, char ret[IFNAMSIZ],
		     int *ret_other)
{
	int index[2];

	for (int i = 0; i < 2; i++) {
		snprintf(ret, IFNAMSIZ, "%.*s%c", IFNAMSIZ - 2, clone, "ab"[i]);
		index[i] = vnet_ifindex(a->vnet, ret);
	}
	if (!index[0] == !index[1])
		return false;
	if (index[1])
		ret[strlen(ret) - 1] = 'a';
	*ret_other = index[0] + index[1];
	return true;
}

/* The notes of jails; and of clones the ends that jails may have. */
static int stop_lists(struct rcact *a, struct facts *jails, struct strv *ends)
{
	const struct notes *n = &a->notes;
	char end[IFNAMSIZ];
	int other;

	jails->v = calloc(n->n + 1, sizeof(*jails->v));
	if (!jails->v)
		return -ENOMEM;
	for (size_t i = 0; i < n->n; i++) {
		const struct fact *f = &n->v[i].fact;

		if (f->kind == FACT_SCRIPT || f->kind == FACT_IFSCRIPT) {
			jails->n = 0;
			return 0;
		}
		if (f->kind == FACT_JAIL)
			jails->v[jails->n++] = *f;
		else if (is_epair(f) && strcmp(f->value, "sticky") != 0 &&
			 end_away(a, f->ifname, end, &other) &&
			 strv_add(ends, end) < 0)
			return -ENOMEM;
	}
	return 0;
}

int rcready_stop(struct rcact *a, struct err *e)
{
	__attribute__((cleanup(rcready_free))) struct rcready left = {0};
	cleanup_strv struct strv ends = {0};
	struct facts jails = {0}; /* borrowed from the notes */
	int r = a->vnet ? stop_lists(a, &jails, &ends) : 0;

	if (r < 0)
		err_nomem(e);
	if (!r && jails.n && ends.n)
		r = collect(&jails, &ends, &at_stop, &left, e);
	free(jails.v);
	for (size_t i = 0; !r && i < left.n; i++) {
		char clone[IFNAMSIZ], end[IFNAMSIZ];
		int other;

		snprintf(clone, sizeof(clone), "%.*s",
			 (int)strlen(left.v[i].end) - 1, left.v[i].end);
		r = nets(a, e);
		if (!r && end_away(a, clone, end, &other))
			r = prison_nets_doom(a->nets, end, other, e);
	}
	return r;
}
