/*
 * rcstate: what the kernel and the registry have, loaded once for a whole
 * comparison.
 */
#ifndef CB_RC_RCSTATE_H
#define CB_RC_RCSTATE_H

#include "net/ifnet.h"
#include "rc/rcfact.h"
#include "rc/rcnote.h"

struct rcstate {
	struct vnet *vnet; /* owned; NULL: none of our own */
	bool blank;	   /* a made-up kernel that has nothing else */
	struct ifnets ifs;
	struct strv routes; /* "inet DEST GATEWAY", sorted */
	struct strv jails;  /* names of running ones */
	struct strv given;  /* interfaces that they were lent, by name */
	bool lent_loaded;
	struct strv lent; /* interfaces inside jails, home names too */
};

int rcstate_load(struct rcstate *ret, bool vnet, struct err *e);
/*
 * An end of an epair that was in the vnet of a jail that has not come to be
 * (prison_nets.c) goes with that, and takes the other end along, in a moment:
 * wait for it, and look again.
 */
int rcstate_settle(struct rcstate *s, const struct notes *n, struct err *e);
void rcstate_free(struct rcstate *s);
#define cleanup_rcstate __attribute__((cleanup(rcstate_free)))

/* The interface of that name or that held it when it was made. */
struct ifnet *rcstate_if(const struct rcstate *s, const char *name);
/* Is it so already?  notes: for what the kernel cannot tell. */
bool rcstate_has(struct rcstate *s, const struct notes *n,
		 const struct fact *f);
/* What to put back when the fact is undone; malloc'd, "" for nothing. */
char *rcstate_old(struct rcstate *s, const struct fact *f);
/* The interface sits in one of the jails (its home or its present name). */
bool rcstate_lent(struct rcstate *s, const char *ifname);

/* rcroutes.c: the kernel's routes as sorted strings. */
int rcroutes_load(struct vnet *v, const struct ifnets *ifs, struct strv *ret,
		  struct err *e);

#endif
