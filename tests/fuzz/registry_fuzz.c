/*
 * registry_fuzz: files of the registry, which a jail's root writes for its
 * own jails and the host reads: regtext, and what becomes of it as `life`.
 * What parses prints to text that parses to the same.
 */
#include "base/cleanup.h"
#include "jail/param.h"
#include "jail/prison_int.h"
#include "jail/regtext.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A life out of hostile text: bounded, and the same again. */
static void check_life(const struct pset *ps)
{
	cleanup_life struct life l = {0}, again = {0};
	cleanup_pset struct pset out = {0};
	struct err e = ERR_INIT;

	if (life_from_pset(ps, &l, &e) < 0) {
		if (!*e.text)
			abort();
		return;
	}
	if (l.init.pid < 0 || l.lo < 0 || l.hi > JAIL_MAX || l.lo > l.hi)
		abort();
	for (size_t i = 0; i < l.nlent; i++) {
		const struct lent *t = &l.lent[i];

		if (!*t->name || strchr(t->name, '/') || t->index < 0 ||
		    strspn(t->mac, "0123456789abcdef-") != strlen(t->mac))
			abort();
	}
	if (life_to_pset(&l, &out, &e) < 0 ||
	    life_from_pset(&out, &again, &e) < 0)
		abort();
	if (again.lo != l.lo || again.hi != l.hi || again.vnet != l.vnet ||
	    again.nlent != l.nlent || again.init.pid != l.init.pid ||
	    again.init.start != l.init.start)
		abort();
}

/* As jls does with a nested jail's parameters. */
static void check_params(const struct pset *ps)
{
	for (size_t i = 0; i < ps->n; i++) {
		struct err e = ERR_INIT;

		if (param_check(&ps->v[i], &e) < 0 && !*e.text)
			abort();
	}
	(void)param_int_of(ps, "children.max", 0);
	(void)param_jailsys_of(ps, "vnet", 2);
	(void)param_set_bool(ps, "persist");
	(void)jail_caps(ps);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_pset struct pset ps = {0}, again = {0};
	cleanup_strbuf struct strbuf one = STRBUF_INIT, two = STRBUF_INIT;
	struct err e = ERR_INIT;

	if (regtext_parse((const char *)data, size, &ps, &e) < 0) {
		if (!*e.text || ps.n)
			abort();
		return 0;
	}
	regtext_print(&one, &ps);
	if (regtext_parse(one.s, one.len, &again, &e) < 0 || again.n != ps.n)
		abort();
	regtext_print(&two, &again);
	if (strcmp(one.s, two.s))
		abort();
	check_life(&ps);
	check_params(&ps);
	return 0;
}
