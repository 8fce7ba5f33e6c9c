/*
 * ifconfig_geneve: words of ifconfig(8) on geneve interfaces, gathered as those
 * of vxlan are.
 */
#include "net/ifconfig_words.h"

#include "base/str.h"
#include "net/bsderr.h"
#include "net/geneve.h"
#include "net/kind_rows.h"

#include <errno.h>

static int finish(struct ifconfig_run *run, void *data, struct err *e)
{
	return geneve_apply(run->v, run->name, data, e);
}

static int gather(struct ifconfig_run *run, const struct ifconfig_word *w,
		  struct geneve **ret, struct err *e)
{
	struct geneve *g = run_gathered(run, finish);
	struct ifnet *ifp;
	int r;

	if (g) {
		*ret = g;
		return 0;
	}
	r = run_ifp(run, false, &ifp, e);
	if (r < 0)
		return r;
	if (ifp->kind != &kind_geneve)
		return bsd_err(e, EINVAL, "%s", w->name);
	g = run_gather(run, w->fn, finish, sizeof(*g));
	if (!g)
		return err_nomem(e);
	*ret = g;
	return geneve_load(run->v, ifp, g, e);
}

static int word_geneve(struct ifconfig_run *run, const struct ifconfig_word *w,
		       bool on, char *const *args, struct err *e)
{
	char *words[] = {on ? (char *)w->name : (char *)"-genevedscpinherit",
			 w->nargs ? args[0] : NULL};
	struct geneve scratch, *g = &scratch;
	int nargs, r = 0;

	geneve_init(&scratch);
	if (!run->dry)
		r = gather(run, w, &g, e);
	if (r >= 0)
		r = geneve_word(g, 1 + w->nargs, words, &nargs, e);
	return r < 0 ? r : 0;
}

/* The way of packets is settled by the far end alone. */
static int word_refused(struct ifconfig_run *run, const struct ifconfig_word *w,
			bool on, char *const *args, struct err *e)
{
	(void)run;
	(void)args;
	if (!on) /* that is how it is */
		return 0;
	return err_set(e, EOPNOTSUPP, "%s: Linux's geneve has no such setting",
		       w->name);
}

const struct ifconfig_word ifconfig_geneve_words[] = {
	{"genevemode", 1, false, word_geneve, 0, 0},
	{"geneveid", 1, false, word_geneve, 0, 0},
	{"geneveremote", 1, false, word_geneve, 0, 0},
	{"geneveremoteport", 1, false, word_geneve, 0, 0},
	{"genevettl", 1, false, word_geneve, 0, 0},
	{"genevedf", 1, false, word_geneve, 0, 0},
	{"genevedscpinherit", 0, true, word_geneve, 0, 0},
	{"genevelocal", 1, false, word_refused, 0, 0},
	{"genevegroup", 1, false, word_refused, 0, 0},
	{"genevedev", 1, false, word_refused, 0, 0},
	{"genevelocalport", 1, false, word_refused, 0, 0},
	{"geneveportrange", 2, false, word_refused, 0, 0},
	{"genevetimeout", 1, false, word_refused, 0, 0},
	{"genevemaxaddr", 1, false, word_refused, 0, 0},
	{"genevelearn", 0, true, word_refused, 0, 0},
	{"geneveexternal", 0, true, word_refused, 0, 0},
	{"geneveflush", 0, false, word_refused, 0, 0},
	{"geneveflushall", 0, false, word_refused, 0, 0},
	{NULL, 0, false, NULL, 0, 0},
};
