/*
 * kind: one file and one table row per kind of interface (kind_epair.c,
 * kind_bridge.c, ...; the table is in kind.c).
 */
#ifndef CB_NET_KIND_H
#define CB_NET_KIND_H

#include "base/err.h"
#include "base/str.h"
#include "net/ifnet.h"
#include "net/vnet.h"

#include <stdbool.h>
#include <stdint.h>

struct ifconfig_opts;

struct ifkind {
	const char *name;	   /* FreeBSD's clone type: "epair" */
	const char *linux_kind;	   /* IFLA_INFO_KIND that shows as this kind */
	const char *linux_also[2]; /* further ones */
	/* further condition for that, or NULL */
	bool (*match)(const struct ifnet *ifp);
	bool clonable;
	bool group;    /* interfaces belong to a group of this name */
	bool ethernet; /* has a MAC, may join a bridge, listed by -l ether */
	/* flags as FreeBSD numbers them that differ from what Linux says */
	uint32_t flags_set, flags_clr;
	/*
	 * What a kernel without the driver has not: "IP tunnels (CONFIG_X)";
	 * for kind_refuse().
	 */
	const char *lacks;
	/* it waits for its configuration; NULL: never */
	bool (*idle)(const struct ifnet *ifp);
	/*
	 * Create unit `unit` (names NAMEunit, epair: NAMEunit + a/b).  ret_name
	 * gets the name to print ("epair0a").  -EEXIST when taken.  `words` are
	 * create-time words of this kind (vlan N vlandev IF); consumed ones
	 * are counted in ret_used.
	 */
	int (*create)(struct vnet *v, int unit, int nwords, char **words,
		      int *ret_used, char ret_name[IFNAMSIZ], struct err *e);
	int (*destroy)(struct vnet *v, const struct ifnet *ifp, struct err *e);
	/* An inet6 address was put on it; NULL: nothing to do. */
	int (*inet6)(struct vnet *v, const struct ifnet *ifp,
		     const struct if_addr *a, struct err *e);
	/*
	 * Lines of a listing that are the kind's own, from the model alone:
	 * before the addresses, and after them.  Either may be NULL.
	 */
	void (*show_tunnel)(const struct ifnet *ifp,
			    const struct ifconfig_opts *o, struct strbuf *out);
	void (*show)(const struct ifnets *all, const struct ifnet *ifp,
		     const struct ifconfig_opts *o, struct strbuf *out);
};

const struct ifkind *ifkind_by_name(const char *name); /* "epair" */
const struct ifkind *ifkind_of_name(const char *ifname, int *ret_unit);
const struct ifkind *ifkind_by_index(size_t i); /* NULL past the end */
/* What an interface shows as; needs home_name and what the kernel said. */
const struct ifkind *ifkind_classify(const struct ifnet *ifp);

/*
 * `ifconfig NAME create WORDS`: NAME is a type ("epair": lowest free unit) or
 * a type with unit ("epair0").  Errors have ifconfig's texts.
 */
int if_create(struct vnet *v, const char *name, int nwords, char **words,
	      int *ret_used, char ret_name[IFNAMSIZ], struct err *e);
int if_destroy(struct vnet *v, const char *name, struct err *e);
/*
 * Several at once, in one request to the kernel; names that are gone already
 * (the other end of an epair) are skipped.
 */
int if_destroy_many(struct vnet *v, const char *const *names, size_t n,
		    struct err *e);
int if_rename(struct vnet *v, const char *name, const char *to, struct err *e);

/*
 * `ifconfig epairN create` and then `vnet` for the ends that are to be in
 * another vnet at once: at[0] for end a, at[1] for end b, NULL: they stay in v.
 */
int if_create_epair_at(struct vnet *v, const char *name,
		       struct vnet *const at[2], struct err *e);

/*
 * Move an interface between vnets (FreeBSD: ifconfig IF vnet J).  The state
 * file moves along; a Linux bridge, which cannot change namespace, is rebuilt
 * in `to` with its settings.  Afterwards the interface is down, has no
 * addresses, is in no bridge.  -EEXIST on a name clash in `to`.
 */
int if_move(struct vnet *from, const char *name, struct vnet *to,
	    struct err *e);
/* The same, and `want` is its number there, if that is free; 0: any. */
int if_move_as(struct vnet *from, const char *name, struct vnet *to, int want,
	       struct err *e);

/* Take away all names of it but its own. */
int if_drop_altnames(struct vnet *v, const char *name, struct err *e);

#endif
