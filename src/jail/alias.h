/*
 * alias: addresses that interfaces have for the sake of jails (`IF|ADDR` in
 * ip4.addr and ip6.addr): made before the jail, taken away after it.
 *
 * Theory of operation.  An address that the interface had before stays as it
 * is, and stays.  What was made here is noted in the registry, so that it goes
 * whoever ends the jail, and also when nobody does any more:
 *
 *     alias/on/IF|ADDR/TOKEN   made here, for TOKEN; several jails may have
 *                              the address, it goes with the last
 *     alias/begun/TOKEN        what a command has made and no jail has yet:
 *                              the command's process, the list in order
 *     alias/held/JID           what a jail has
 *
 * A list is written before, and goes after, what it lists.  The jail takes the
 * list over by a rename once it is there, its remover takes it back; lists in
 * begun/ whose process has ended are undone by the next command.  All of it
 * under the registry's lock.
 */
#ifndef CB_JAIL_ALIAS_H
#define CB_JAIL_ALIAS_H

#include "base/err.h"
#include "base/str.h"
#include "net/vnet.h"

#include <stdbool.h>

struct prisons;

/* The name of a new list in begun/, this process's. */
#define ALIAS_LIST_MAX 64
int alias_list_name(char ret[static ALIAS_LIST_MAX], struct err *e);

struct alias {
	const char *ifname;
	int family;
	const void *addr;
};

/*
 * The address is to be on the interface, for who has the list.  make() puts it
 * there; it is not called when it is there already.
 */
int alias_add(struct prisons *ps, struct vnet *v, const char *list,
	      const struct alias *a, int (*make)(void *data, struct err *e),
	      void *data, struct err *e);
/* Who has the list needs it no more; fine when it is not in there. */
int alias_drop(struct prisons *ps, struct vnet *v, const char *list,
	       const struct alias *a, struct err *e);
/* ... nor anything else in it, last one first. */
int alias_drop_all(struct prisons *ps, const char *list, struct err *e);

/* The list becomes the jail's, added to what it has; and back. */
int alias_give(struct prisons *ps, const char *list, int jid, struct err *e);
int alias_take(struct prisons *ps, int jid, const char *list, struct err *e);
/* Of what the jail has only that stays whose address is in `addrs`. */
int alias_keep(struct prisons *ps, int jid, const struct strv *addrs,
	       struct err *e);
/* A jail has ended, and those with the jids from lo to hi (0: none). */
int alias_end(struct prisons *ps, int jid, int lo, int hi, struct err *e);

/* What dead processes have begun. */
void alias_sweep(struct prisons *ps);
/* The directories go; false: there is something in them. */
bool alias_tidy(struct prisons *ps);

#endif
