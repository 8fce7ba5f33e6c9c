/*
 * rcact: making facts so, and taking them back.
 */
#ifndef CB_RC_RCACT_H
#define CB_RC_RCACT_H

#include "base/report.h"
#include "rc/netwait.h"
#include "rc/rc.h"
#include "rc/rcfact.h"
#include "rc/rcmodel.h"
#include "rc/rcnote.h"
#include "rc/rcstate.h"

/* Which end of an epair goes to which jail. */
struct rcready_end {
	char *end, *jail;
	bool named; /* while they are collected: something else is about it */
};

struct rcready {
	struct rcready_end *v;
	size_t n;
};
void rcready_free(struct rcready *r);

/* What all steps of a plan share; lives until the last of them is gone. */
struct rcact {
	unsigned int refs;
	struct vnet *vnet;    /* owned; NULL: no network to work on */
	struct notes notes;   /* owned */
	struct report report; /* a copy of the caller's */
	/* while rc_start runs */
	const struct rcconf *conf;
	const struct rc_place *place;
	bool keep_going; /* report a failed step and go on */
	bool messages;	 /* FreeBSD's, of whole services */
	bool parallel, reverse_stop;
	int jail_limit, jail_verbosity; /* the model's */
	size_t failed;			/* steps that failed with keep_going */
	char *block; /* owned: block's folder for jails, or NULL */
	/* what was made, for FreeBSD's summary lines */
	struct strv created, routes, sysctls, jails;
	struct facts dad;	  /* IPv6 addresses that the plan makes */
	struct rcready ready;	  /* rcready.h */
	struct prison_nets *nets; /* owned; NULL: not needed so far */
	struct strv dhcp; /* interfaces whose leases were not waited for */
	int route_delay, carrier_delay; /* the model's */
	struct netwait netwait;		/* owned; the model's */
};

struct rcact *rcact_new(void);
struct rcact *rcact_ref(struct rcact *a);
void rcact_unref(struct rcact *a);

int rcact_make(struct rcact *a, const struct fact *f, struct err *e);
/* From its note: what was there before comes back. */
int rcact_undo(struct rcact *a, const struct note *n, struct err *e);

/* Destroy the clones of several notes at once. */
int rcact_undo_clones(struct rcact *a, const struct facts *f, struct err *e);

/* Start (or stop, in the order given) several jails of one configuration. */
int rcact_jails(struct rcact *a, const char *conf, const struct strv *names,
		bool stop, struct err *e);
#endif
