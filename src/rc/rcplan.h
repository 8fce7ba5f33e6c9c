/*
 * rcplan: wanted against present -> steps; empty when nothing differs.
 */
#ifndef CB_RC_RCPLAN_H
#define CB_RC_RCPLAN_H

#include "base/plan.h"
#include "rc/rcact.h"
#include "rc/rcmodel.h"
#include "rc/rcserv.h"

/* One step of a plan: facts to make (several: jails), or notes to undo. */
struct rcstep {
	struct rcact *act;
	bool remove;
	int service; /* enum rc_service; RC_SERVICES: a script */
	struct facts facts;
	struct strv old; /* one for each fact */
};

/* Whose facts a plan is about. */
struct rcplan_scope {
	bool service[RC_SERVICES];
	unsigned long kinds; /* of these facts alone, as bits; 0: all */
	bool scripts;	     /* local scripts */
	bool leftovers;	     /* undo what was made and is wanted no more */
	bool early;	     /* only what comes before netif */
	const struct strv *only_ifs; /* netif of these alone; NULL: all */
};

int rcplan_build(const struct rcmodel *m, const struct rcservs *servs,
		 struct rcstate *s, struct rcact *act,
		 const struct rcplan_scope *scope, struct plan *ret,
		 struct err *e);

/* Undo all that the notes say, jails first; for stop.  Goes on at failures. */
int rcplan_stop(struct rcact *act, const struct rcplan_scope *scope,
		struct plan *ret, struct err *e);

#endif
