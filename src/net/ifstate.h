/*
 * ifstate: what the kernel has no place for, one small text file an
 * interface, and the records of which unit numbers are held.
 *
 * Theory of operation.  statedir/COOKIE.IFINDEX holds lines "KEY VALUE"; it
 * survives renames (the index stays) and is carried along by if_move.  A file
 * exists only when something differs from the defaults, so a fresh interface
 * costs no file.  Files are replaced by rename, read without following links
 * and with every value checked: a jail's root writes its own level's.  Files
 * whose interface is gone are removed when a listing finds them.
 *
 * statedir/units/epair0 holds a line "COOKIE.IFINDEX NSID KIND" for each end
 * of a clone that was renamed or moved away: it still holds its unit.  NSID is
 * the id the other namespace has in the one that owns the unit, so that
 * ifunit_held() can ask the kernel whether the interface still lives; a
 * record that fails the test is removed.
 */
#ifndef CB_NET_IFSTATE_H
#define CB_NET_IFSTATE_H

#include "base/err.h"
#include "base/str.h"
#include "net/ifnet.h"
#include "net/vnet.h"

#define IFSTATE_MAX_GROUPS 32
#define IFSTATE_MAX_SPANS 16
#define IFSTATE_MAX_PORTS 1023 /* as many as a Linux bridge takes */
#define IFDESCR_MAX 1024       /* net.ifdescr_maxlen */
#define IFSTATE_MAX_WORDS 32
#define IFSTATE_WORD_LEN 96

/* Per-port facts of a bridge (kept with the bridge). */
struct ifstate_port {
	int index;
	uint32_t flags; /* IFBIF_* of ifnet.h */
	uint32_t cost;	/* 0: by the link's speed */
	uint32_t maxaddr;
	uint8_t priority;
};
/* A member of which nothing was said. */
#define IFSTATE_PORT_DEFAULT                                                   \
	((struct ifstate_port){.flags = IFBIF_AUTOEDGE | IFBIF_AUTOPTP,        \
			       .priority = 128})

/* Spanning tree settings of a bridge; `set` when they are not the defaults. */
struct ifstate_stp {
	bool set;
	uint8_t proto, hello, forward_delay, max_age, hold_count;
	uint16_t priority;
};
#define IFSTATE_STP_DEFAULT                                                    \
	((struct ifstate_stp){.proto = 2,                                      \
			      .hello = 2,                                      \
			      .forward_delay = 15,                             \
			      .max_age = 20,                                   \
			      .hold_count = 6,                                 \
			      .priority = 32768})

struct ifstate {
	char home[IFNAMSIZ]; /* name at creation; "" when it still has it */
	char *descr;	     /* only what IFLA_IFALIAS cannot hold */
	struct strv groups;  /* beyond the type's */
	bool no_type_group;
	int metric, fib, tunnelfib;
	uint32_t ext;		   /* IFEXT_* */
	uint32_t nd6_set, nd6_clr; /* differences from the kind's default */
	/* "vxlanid 42": said before the driver could be told */
	struct strv words;
	int spans[IFSTATE_MAX_SPANS]; /* ifindexes of span ports */
	size_t nspans;
	int span_of; /* ifindex of the bridge it spans */
	bool has_lagg;
	struct iflagg lagg;
	bool has_vlan;
	struct ifvlan vlan; /* of a vlan that the kernel has no word about */
	struct ifstate_port *ports;
	size_t nports;
	struct ifstate_stp stp;
	uint16_t def_untagged; /* VLAN of members that are added; 0 none */
};

void ifstate_free(struct ifstate *s);
#define cleanup_ifstate __attribute__((cleanup(ifstate_free)))
bool ifstate_is_default(const struct ifstate *s);

/* What is said of a member; the defaults when nothing is. */
struct ifstate_port ifstate_port_get(const struct ifstate *s, int index);
/* Note it; the defaults take the note away.  -ENOSPC, -ENOMEM */
int ifstate_port_put(struct ifstate *s, const struct ifstate_port *p);
/* Of the bridge, defaults included. */
struct ifstate_stp ifstate_stp_get(const struct ifstate *s);

/* Text to model and back; lines that make no sense are left out. */
int ifstate_parse(const char *text, size_t len, struct ifstate *ret,
		  struct err *e);
void ifstate_print(const struct ifstate *s, struct strbuf *out);

/* A missing file reads as the defaults; so does a hostile one. */
int ifstate_get(const struct vnet *v, int ifindex, struct ifstate *ret,
		struct err *e);
/* Defaults remove the file. */
int ifstate_put(const struct vnet *v, int ifindex, const struct ifstate *s,
		struct err *e);
void ifstate_remove(const struct vnet *v, int ifindex);

/*
 * Call fn for each file of this vnet; files of interfaces that are gone are
 * removed instead.
 */
int ifstate_each(const struct vnet *v,
		 int (*fn)(int ifindex, const struct ifstate *s, void *data,
			   struct err *e),
		 void *data, struct err *e);

/* Change one interface's state under the lock of the directory. */
int ifstate_update(const struct vnet *v, int ifindex,
		   int (*fn)(struct ifstate *s, void *data, struct err *e),
		   void *data, struct err *e);

/*
 * A lock of the vnet's directory by this name; the descriptor that holds it,
 * or -1 where there is none (or, without `create`, none yet).  Waits a second
 * at most: a jail's root may hold it for ever.
 */
int ifstate_lock(const struct vnet *v, const char *name, bool create);

/*
 * Units.  `base` is the clone's name without end ("epair0", "bridge3"), `end`
 * 'a' or 'b' for epairs and '-' for others.
 */
bool ifunit_held(struct vnet *v, const char *base);
int ifunit_hold(struct vnet *v, const char *base, char end, uint64_t cookie,
		int ifindex, int nsid, const char *linux_kind, struct err *e);
/*
 * The home name ("epair0b") that a record gives to cookie.ifindex.  hint, if
 * not NULL, is the base whose record is looked at before all others.
 */
bool ifunit_find(struct vnet *v, uint64_t cookie, int ifindex, const char *hint,
		 char ret_home[IFNAMSIZ]);
void ifunit_drop(struct vnet *v, const char *base);

/*
 * One small file below a directory that a jail's root may write: whole into
 * buf (a negative errno when it is no regular file or does not fit), or
 * replaced by rename.
 */
int ifstate_read_file(int dirfd, const char *name, char *buf, size_t size,
		      size_t *ret_len);
int ifstate_write_file(int dirfd, const char *name, const char *text,
		       struct err *e);

#endif
