/*
 * store: ipshare's programs and maps as they are pinned, and the tables in
 * them.  The head of store.c says how.
 */
#ifndef CB_IPSHARE_STORE_H
#define CB_IPSHARE_STORE_H

#include "base/err.h"
#include "ipshare/shared.h"
#include "net/vnet.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum store_map {
	STORE_CONF,
	STORE_SOCK,
	STORE_JAILS,
	STORE_MEMBERS,
	STORE_OWNERS,
	STORE_ROUTES,
	STORE_SOURCES,
	STORE_PORTS,
	STORE_LISTEN,
	STORE_USED,
	STORE_WAITING,
	STORE_HEARD,
	STORE_LOST,
	STORE_QUEUES,
	STORE_NMAPS
};

struct store {
	char *path; /* owned; the directory of this version's pins */
	int map[STORE_NMAPS];
};
void store_free(struct store *s);
#define cleanup_store __attribute__((cleanup(store_free)))
#define STORE_INIT                                                             \
	{                                                                      \
		.path = NULL, .map = { [0 ... STORE_NMAPS - 1] = -1 }          \
	}

/* Mounted, loaded and pinned if it is not there; under bpffs_lock(). */
int store_open(const char *bpfdir, struct store *s, struct err *e);
/* The maps of what is there: false when there is nothing. */
bool store_find(const char *bpfdir, struct store *s);
/* All pins of this version go. */
int store_remove(const struct store *s, struct err *e);
/* The file system goes, too. */
int store_unmount(const char *bpfdir, struct err *e);
/* Load and forget. */
int store_try(struct err *e);

/* What a row asks for is attached, and what it does not is not. */
int store_attach(struct store *s, int cgroup_fd, const struct ipshare_row *row,
		 struct err *e);
/*
 * Another version of this program had the jail: its programs, given a cgroup
 * (or -1), and its rows go, and its pins with its last jail.  ret_left: there
 * are still other versions' pins.
 */
int store_old(const char *bpfdir, const struct store *s, int cgroup_fd,
	      uint64_t cgroup, bool *ret_left, struct err *e);
/* Programs of ours, of any version, are taken away from the cgroup. */
int store_detach(int cgroup_fd, struct err *e);
/* sk_lookup for a network namespace: there from then on. */
int store_lookup(struct store *s, int net_fd, uint64_t cookie, struct err *e);
int store_lookup_remove(struct store *s, uint64_t cookie, struct err *e);

/*
 * show.c.  show.bpf.c sees what arrives at each interface that the network
 * namespace has now; *ret_shows: false on a kernel that cannot have it.
 */
int store_show(struct store *s, struct vnet *v, bool *ret_shows, struct err *e);
int store_show_remove(struct store *s, uint64_t cookie, struct err *e);

/* For show.c: pins by name, and maps by their names in the programs. */
int store_get(const char *dir, const char *name);
int store_pin(const char *dir, const char *name, int fd, struct err *e);
extern const char *const store_maps[STORE_NMAPS];
/* What a failure to load, or to attach, means. */
int store_refused(int code, struct err *e);

#endif
