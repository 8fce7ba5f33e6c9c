/* See conf_check.h. */
#include "conf_check.h"

#include "jail/conf_impl.h"

#include <string.h>

void conf_dump(const struct jailconf *c, struct strbuf *out)
{
	for (size_t i = 0; i < c->n; i++) {
		if (c->v[i].error)
			strbuf_addf(out, "jail: %s\n", c->v[i].error);
		else
			jailconf_print_jail(out, c->v[i].name, &c->v[i].params);
	}
}

static bool differ(struct strbuf *why, const char *what, const char *a,
		   const char *b)
{
	if (!strcmp(a, b))
		return false;
	strbuf_addf(why, "%s differs: first\n%s\nthen\n%s\n", what, a, b);
	return true;
}

/* A jail's block parses to the parameters it was printed from. */
static bool check_jail(const struct jailconf_jail *j, struct strbuf *why)
{
	cleanup_jailconf struct jailconf *back = NULL;
	cleanup_strbuf struct strbuf a = STRBUF_INIT, b = STRBUF_INIT;
	const struct pset *p = &j->params, *q;
	struct err e = ERR_INIT;

	jailconf_print_jail(&a, j->name, p);
	if (jailconf_parse("block", a.s, a.len, &back, &e) < 0 ||
	    back->n != 1 || strcmp(back->v[0].name, j->name) != 0) {
		strbuf_addf(why, "block does not parse: %s\n%s\n", e.text, a.s);
		return false;
	}
	q = &back->v[0].params;
	jailconf_print_jail(&b, j->name, q);
	if (differ(why, "block", a.s, b.s))
		return false;
	for (size_t i = 0; i < p->n; i++) {
		const struct jparam *want = &p->v[i];
		const struct jparam *have = pset_find(q, want->name);

		if (!have || have->values.n != want->values.n) {
			strbuf_addf(why, "%s: lost\n", want->name);
			return false;
		}
		for (size_t k = 0; k < want->values.n; k++)
			if (differ(why, want->name, want->values.v[k],
				   have->values.v[k]))
				return false;
	}
	return true;
}

bool conf_check(const struct jailconf *c, struct strbuf *why)
{
	cleanup_jailconf struct jailconf *back = NULL;
	cleanup_strbuf struct strbuf text = STRBUF_INIT, again = STRBUF_INIT;
	cleanup_strbuf struct strbuf jails = STRBUF_INIT, jails2 = STRBUF_INIT;
	struct err e = ERR_INIT;

	if (jailconf_print(c, &text, &e) < 0 ||
	    conf_parse_text("canonical", text.s, text.len, true, &back, &e) <
		    0 ||
	    jailconf_print(back, &again, &e) < 0) {
		strbuf_addf(why, "canonical text does not parse: %s\n%s\n",
			    e.text, text.s);
		return false;
	}
	if (differ(why, "canonical text", text.s, again.s))
		return false;
	conf_dump(c, &jails);
	conf_dump(back, &jails2);
	if (differ(why, "merged jails", jails.s, jails2.s))
		return false;
	for (size_t i = 0; i < c->n; i++)
		if (!c->v[i].error && !check_jail(&c->v[i], why))
			return false;
	return true;
}
