/*
 * prison_int: what the files of prison share.
 *
 *   prison.c         opening the registry, finishing what was begun, lookup
 *   prison_reg.c     the registry's files, names, jids
 *   prison_set.c     checks, jail_set(2)
 *   prison_make.c    making a jail: the parent's side
 *   prison_users.c   ... its user namespace and what belongs to that
 *   prison_copy.c    ... its copy-on-write root
 *   prison_root.c    making a jail: the first process's own view of files
 *   prison_fstab.c   ... and its mount, mount.fstab lines
 *   prison_remove.c  jail_remove(2)
 *   prison_lend.c    interfaces that go in and come back
 *   prison_nets.c    ... or are in there already, and need not come back
 *   prison_share.c   addresses of a jail without a vnet
 *   prison_self.c    what a jail is told of itself
 *   prison_keeper.c  who waits for its end
 *   prison_exec.c    jail_attach(2), running things inside
 *   prison_caps.c    ... with which capabilities
 *   prison_nest.c    jails in jails, seen and handled from outside
 */
#ifndef CB_JAIL_PRISON_INT_H
#define CB_JAIL_PRISON_INT_H

#include "base/report.h"
#include "jail/prison.h"
#include "ns/cgctl.h"
#include "ns/ns.h"

#include <limits.h>
#include <stdint.h>

#define JAIL_MAX 999999
/*
 * Where a keeper holds the mount namespace of a jail that has children, and
 * the socket of its broker.
 */
#define KEEPER_MNT_FD 5
#define KEEPER_BROKER_FD 6
#define RT_IN_JAIL CELLBLOCK_RUN "/rt"

struct prisons {
	int dirfd;     /* CELLBLOCK_RUN, or -1: no registry yet */
	bool writable; /* we are root here */
	bool jailed;
	int lo, hi;		     /* jids of this level */
	int children_max;	     /* JAIL_MAX on the host */
	struct pset self;	     /* the text of `self` */
	const struct report *report; /* borrowed, may be NULL */
	struct user_slots *slots;    /* once asked for, prison_users.c */
	int *held;		     /* vnets that end with the handle */
	size_t nheld;
	struct prison_nets *nets; /* borrowed, may be NULL */
	struct proc_id owner;	  /* new jails are made for it; pid 0: for us */
	/* a new jail has its jid and its name; may be NULL */
	void (*entered)(void *data);
	void *entered_data;
};

/* The process that was to make it for us, see `owner`, has ended half-way. */
void prisons_take_back(struct prisons *ps, const char *name);

/* An interface that a level gave to its jail. */
struct lent {
	char name[16]; /* the kernel's name at home */
	int index;     /* in the jail's vnet; 0: not there yet */
	char mac[64];  /* hex, "" when it has none */
};

/* jails/JID/life */
struct life {
	struct proc_id init, keeper;
	char *cgroup; /* path, NULL without cgroup2 */
	bool vnet;
	int lo, hi; /* jids for its children; 0: none */
	struct lent *lent;
	size_t nlent;
};
void life_free(struct life *l);
#define cleanup_life __attribute__((cleanup(life_free)))

/* pending/JID */
struct pending {
	struct proc_id owner;
	bool remove; /* else it is being created */
	char *name;
	char *cgroup;
};
void pending_free(struct pending *p);
#define cleanup_pending __attribute__((cleanup(pending_free)))

/* --- prison_reg.c --------------------------------------------------------- */

/* Open what exists; with `make` also make it (a private mount, once). */
int reg_open(struct prisons *ps, bool make, struct err *e);
/* Lock the registry for a change; makes it if missing. */
int reg_lock(struct prisons *ps, int *ret_fd, struct err *e);
/* Nothing in it any more: remove it too.  Call with the lock held. */
void reg_tidy(struct prisons *ps);

int life_from_pset(const struct pset *ps, struct life *ret, struct err *e);
int life_to_pset(const struct life *l, struct pset *ret, struct err *e);
int life_read(struct prisons *ps, int jid, struct life *ret, struct err *e);
int life_write(struct prisons *ps, int jid, const struct life *l,
	       struct err *e);

int pending_read(struct prisons *ps, int jid, struct pending *ret,
		 struct err *e);
int pending_write(struct prisons *ps, int jid, const struct pending *p,
		  struct err *e);
bool pending_is(struct prisons *ps, int jid);
int pending_drop(struct prisons *ps, int jid, struct err *e);

int params_read(struct prisons *ps, int jid, struct pset *ret, struct err *e);
int params_write(struct prisons *ps, int jid, const struct pset *params,
		 struct err *e);

/* Is there a directory for it? */
bool jid_exists(struct prisons *ps, int jid);
/* A jail's jid, and those that its children have; lo 0: none. */
struct jids {
	int jid, lo, hi;
};
/*
 * Choose (want 0) or check a jid, and a range of `size` for its children.  Flat
 * in the number of jails.  Call with the lock held.
 */
int jid_choose(struct prisons *ps, int lockfd, int want, int size,
	       struct jids *ret, struct err *e);
/* Note a range as taken by jid, or as free again. */
int range_take(struct prisons *ps, const struct jids *j, struct err *e);
void range_drop(struct prisons *ps, int jid);
/*
 * Not fewer than there are jails at this level and below, without a look at
 * any of them.
 */
int jails_at_most(struct prisons *ps, size_t *ret, struct err *e);
/* The jail of this level whose children's range holds jid; 0: none. */
int range_owner(struct prisons *ps, int jid);

/* A name as a file name: the few bytes that cannot be in one as %XX. */
int name_encode(const char *name, char *dst, size_t size);
/* One component of a name, "" and "/" and the like included. */
int name_find(struct prisons *ps, const char *name, int *ret_jid);
int name_add(struct prisons *ps, const char *name, int jid, struct err *e);
void name_drop(struct prisons *ps, const char *name, int jid);

/* The runtime directory as the caller sees it; malloc'd. */
int rt_dir(struct prisons *ps, char **ret, struct err *e);
/* The cgroup under which this level's jails lie; -ENOENT without cgroup2. */
int cgroup_base(struct prisons *ps, char **ret, struct err *e);
/* Registry path of a jail's file: malloc'd CELLBLOCK_RUN/jails/JID/FILE. */
char *jail_path(int jid, const char *file);

/* --- prison.c ------------------------------------------------------------- */

/* A handle that knows what this level is, and looks no further. */
int prisons_look(struct prisons **ret, struct err *e);

/* Numbers that name entries of a directory, sorted; at most max. */
int dir_jids(int dirfd, const char *dir, size_t max, int **ret, size_t *ret_n,
	     struct err *e);
/* Computed parameters and defaults into p->params. */
int prison_fill(struct prison *p, const struct life *l, struct err *e);

/* --- prison_make.c, prison_remove.c -------------------------------------- */

int jail_make(struct prisons *ps, const struct jids *jids,
	      const struct pset *params, const struct pset *mounts,
	      const char *cgroup, int slot, struct err *e);
/* Everything goes; pending/JID is the caller's.  Also after a failed make. */
int jail_destroy(struct prisons *ps, int jid, struct err *e);
/* Take pending/JID over for removal; -ENOENT when it is gone meanwhile. */
int jail_claim(struct prisons *ps, int jid, bool only_dead, struct err *e);

/* --- prison_keeper.c ------------------------------------------------------ */

/*
 * For a jail with children that is being created: the one that has its
 * broker's socket until prison_started().  It is written into l.
 */
int keeper_first(struct prisons *ps, int jid, struct life *l, struct err *e);
/* Start (again) the process that waits for the jail's end. */
int keeper_start(struct prisons *ps, int jid, struct err *e);
void keeper_stop(struct life *l);
/* The same when somebody has killed it. */
void keeper_revive(struct prisons *ps, int jid);

/* --- prison_users.c ------------------------------------------------------ */

/* Who a jail's users are outside. */
#define JAIL_IDS 65536u /* of a jail whose users are not its creator's */
struct jail_users {
	struct ns_users ns; /* .user is -1: the creator's own users */
	uint32_t uid, gid;  /* its root, as its creator says it */
	bool shifted;	    /* other ids than inside: mounts are idmapped */
};
/* Give the jail a slot of ids, or take it back.  Call with the lock held. */
int users_take(struct prisons *ps, int jid, int *ret_slot, struct err *e);
void users_drop(struct prisons *ps, int jid);
/* What is known of slots goes with the handle. */
void users_forget(struct prisons *ps);
/*
 * Make of what the holder has the jail's user namespace, and in it those of
 * CLONE_NEWNET, NEWIPC and NEWUTS that are in flags.  slot -1: the creator's
 * ids one to one.
 */
int users_make(struct prisons *ps, int slot, const struct pset *params,
	       uint64_t flags, struct ns_holder *holder, struct jail_users *ret,
	       struct err *e);

/* --- prison_root.c ------------------------------------------------------- */

struct dev_make;
struct root_plan {
	struct prisons *ps;
	const char *path; /* the jail's root in the creator's view */
	bool copy;	  /* copy-on-write view of it */
	bool vnet, children, cgroup;
	bool nested;	     /* its creator has no rights on the machine */
	const char *lower;   /* with copy: what is copied */
	const char *scratch; /* a directory to mount on, in this namespace */
	const char *rt;
	const char *block;	   /* or NULL */
	const char *self;	   /* text for its `self` */
	const struct pset *params; /* of them it is told prison_told[] */
	const struct pset *mounts;
	const struct jail_users *users;
	struct dev_make *dev; /* prison_dev.h */
	int die_fd;	      /* see root_failpoint() */
};
/* In the jail's first process: see the head of prison_root.c. */
int root_enter(const struct root_plan *p, struct err *e);

/*
 * What was made for the jail becomes its root's; name "": dirfd itself.  And
 * a mount point in its root, made if missing; no symbolic link may lie on the
 * way (-ELOOP).
 */
int root_give(const struct root_plan *p, int dirfd, const char *name,
	      struct err *e);
int root_point(const struct root_plan *p, int rootfd, const char *where,
	       bool file, int *ret, struct err *e);
/* Attach the mount fd there; -ELOOP when a link lies on the way. */
int root_put(const struct root_plan *p, int rootfd, const char *where,
	     bool file, int fd, struct err *e);

/* -ELOOP when a symbolic link lies on the way to `where`. */
int root_no_link(int rootfd, const char *where, struct err *e);
/* Make files as the jail's root; its creator's rights over files rest. */
void root_act(const struct root_plan *p, bool on);
/*
 * Show the files of a detached tree with the jail's users as owners; what
 * cannot be shown so is refused, in one line.
 */
int root_idmap(const struct root_plan *p, int fd, const char *what,
	       struct err *e);

/*
 * prison_copy.c: the overlay that becomes "/"; and, with children, the
 * read-only view that copies of their own are made of.
 */
int root_copy(const struct root_plan *p, int *ret, int *ret_view,
	      struct err *e);

/*
 * prison_fstab.c: a directory of the creator's, by a path in which no jail
 * has made a symbolic link (-ELOOP), and its name without any.
 */
int jail_path_open(struct prisons *ps, const char *path, int *ret_fd,
		   char ret_real[static PATH_MAX], struct err *e);
/* prison_fstab.c: the jail's own mounts, on the root that is not "/" yet. */
int root_mounts(int rootfd, const struct root_plan *p, struct err *e);

/* --- prison_lend.c ------------------------------------------------------- */

/* An interface of a vnet, as it is written down; -ENXIO: there is none. */
int lent_look(struct vnet *v, const char *ifname, struct lent *ret,
	      struct err *e);
/* The jail's own vnet; the caller has made sure that it has one. */
int jail_vnet(struct prisons *ps, int jid, const struct life *l,
	      struct vnet **ret, struct err *e);
/* Bring every lent interface home; goes on after failures. */
int lent_bring(struct prisons *ps, struct vnet *from, struct vnet *home,
	       const struct life *l, const char *jail, struct err *e);
int lent_return(struct prisons *ps, int jid, struct life *l, struct err *e);
/* Let the vnets end that lent_return() has emptied. */
void vnets_let_go(struct prisons *ps);

/* --- prison_nets.c ------------------------------------------------------- */

/* A vnet that is there before its jail. */
struct ready_net;
/* That of jail `name`, if nobody has had it yet. */
struct ready_net *nets_find(struct prison_nets *n, const char *name);
/*
 * Its namespaces become the new jail's: take the holder; then, when the jail
 * is going to be written down, l says what is in it; and it has been.
 */
int nets_take(struct ready_net *rn, struct ns_holder *ret, struct err *e);
int nets_tell(const struct ready_net *rn, struct life *l, struct err *e);
void nets_taken(struct ready_net *rn, int jid);
/*
 * Another process is going to make the jail (jailcmd_crew.c): keep the vnet
 * here as well.  Then what came of it, a jid or a negative number; and over
 * there, if nothing came of it.
 */
void nets_away(struct prison_nets *n, const char *name);
void nets_back(struct prison_nets *n, const char *name, int result);
void nets_forget(struct prison_nets *n, const char *name);
/* Was this interface in jail jid's vnet from the beginning?  Said once. */
bool nets_lent(struct prison_nets *n, int jid, const char *kname);
/* One that is in a vnet whose jail has not come to be is brought home. */
void nets_fetch(struct prison_nets *n, struct vnet *home, const char *kname);
/* Is the other end of this one (a veth's `link`) about to be destroyed? */
bool nets_doomed(const struct prison_nets *n, const char *kname, int link);
/* Keep the vnet until that has been done; false: it cannot be. */
bool nets_hold(struct prison_nets *n, const struct vnet *v);

/* --- prison_caps.c -------------------------------------------------------- */

/* Capabilities that a jail with these parameters may have, bits by CAP_*. */
uint64_t jail_caps(const struct pset *params);

/* --- prison_exec.c ------------------------------------------------------- */

/* allow.mlock, by these capabilities: the limit of this process. */
int mlock_limit(uint64_t caps, struct err *e);

/* As prison_spawn, in a jail of this level. */
int jail_spawn(struct prisons *ps, int jid, const struct prison_exec *x,
	       pid_t *ret_pid, struct err *e);
/* "/" of the jail as its first process has it; -ESRCH when that is gone. */
int jail_root_open(const struct proc_id *init, int *ret_fd, struct err *e);
/*
 * Its /run/cellblock, resolved inside that root: the jail's own, and hostile.
 * And the directory of its interfaces' state in there.
 */
int jail_run_open(const struct proc_id *init, int *ret_fd, struct err *e);
int jail_if_open(const struct proc_id *init, int *ret_fd, struct err *e);

/* --- prison_run.c -------------------------------------------------------- */

#define RUN_PATH_MAX 4096

/* What rt/run is called with; made before a child that may not allocate. */
struct run_text {
	char **argv;
	char status[12];
	char *who;
	char path[RUN_PATH_MAX];
};
/* For the command argv; run says "WHOargv[0]: ERROR", exits with status. */
int run_text_make(struct run_text *t, char *const *argv, int status,
		  const char *who);
void run_text_free(struct run_text *t);
/* The program rt/run, where no jail can write to it. */
int run_open(struct prisons *ps, int *ret_fd, struct err *e);
/* In the jail: become argv by way of fd; returns only an errno, negative. */
int run_exec(int fd, struct run_text *t, char *const *argv, char *const *envp,
	     const char *path);
/* For prison_execvp() in this process. */
void run_child(int fd);

/* --- prison_meta.c -------------------------------------------------------- */

/* Bring meta, env and their keys in `ch` into all's two texts; EFBIG. */
int meta_merge(struct prisons *ps, struct pset *all, const struct pset *ch,
	       struct err *e);
/* The same for a set that has only what was given. */
int meta_fold(struct prisons *ps, struct pset *params, struct err *e);
/* Parameters that the jail can read, and the file of its registry. */
extern const struct told {
	const char *param, *file;
} prison_told[];
#define PRISON_NTOLD 3
/* Tell the running jail what of them is new. */
int told_update(const struct life *l, const struct pset *old,
		const struct pset *now, struct err *e);

/* --- prison_self.c -------------------------------------------------------- */

/* The text of `self` for a jail with these parameters (jid, name included). */
int self_text(const struct prisons *ps, const struct pset *params, int lo,
	      int hi, bool blockroot, struct strbuf *out, struct err *e);
/* Tell the running jail, if something of it is new. */
int self_update(const struct prisons *ps, const struct life *l,
		const struct pset *old, const struct pset *now, struct err *e);

/* --- prison_unix.c -------------------------------------------------------- */

/* Around a new jail's cgroup, as its parameters have it. */
int unix_guard(struct prisons *ps, const char *cgroup,
	       const struct pset *params, struct err *e);
/* After a change of them. */
int unix_update(struct prisons *ps, const struct life *l,
		const struct pset *old, const struct pset *now, struct err *e);

/* --- prison_share.c ------------------------------------------------------- */

/* Canonical parameters: their addresses, and those against the parent's. */
int share_valid(struct prisons *ps, const struct pset *params, struct err *e);
/* Addresses given to a jail that was made without such. */
int share_check_change(const struct pset *old, const struct pset *given,
		       struct err *e);
/* What those of a new jail imply for ip4 and ip6. */
int share_imply(struct prisons *ps, struct pset *params, struct err *e);
/*
 * Note the addresses as the jail's, -EADDRINUSE when they clash with another's;
 * or let them go.  Call with the lock held.
 */
int share_take(struct prisons *ps, int jid, const struct pset *params,
	       struct err *e);
void share_drop(struct prisons *ps, int jid);
/* Around a new jail's cgroup (NULL: none), as its parameters have it. */
int share_guard(struct prisons *ps, int jid, const char *cgroup,
		const struct pset *params, const struct jail_users *users,
		struct err *e);
/* After a change of them; with the lock held. */
int share_update(struct prisons *ps, int jid, const struct life *l,
		 const struct pset *old, const struct pset *now, struct err *e);
/* No process is left in the jail's cgroup, which is there; or in none's. */
int share_let_go(struct prisons *ps, int jid, const char *cgroup,
		 struct err *e);
int share_clear_stray(const char *cgroup, struct err *e);

/* --- prison_nest.c -------------------------------------------------------- */

/* End the jails of jail `owner`, which is to be removed itself. */
int nest_remove_all(struct prisons *ps, int owner, const struct life *l,
		    struct err *e);
/* In jail `owner` of this level: remove the jail jid, which is its own. */
int nest_remove(struct prisons *ps, int owner, int jid, struct err *e);
/* There: lend (or reclaim) to (from) its jail jid. */
int nest_lend(struct prisons *ps, int owner, int jid, const char *ifname,
	      bool reclaim, struct err *e);
/* There: prison_set(); params are in the owner's terms. */
int nest_set(struct prisons *ps, int owner, const struct pset *params,
	     int flags, int *ret_jid, struct err *e);
int nest_started(struct prisons *ps, int owner, int jid, struct err *e);
/* What a jail with this life says of its own jail jid; hostile. */
int nest_find(const struct life *owner, int jid, struct life *ret,
	      struct pset *ret_params, struct err *e);
/* Append what the jail v[owner] says of its own jails. */
int nest_list(struct prisons *ps, size_t owner, const struct life *l,
	      bool dying, struct prison **v, size_t *n, struct err *e);
int nest_vnet(struct prisons *ps, const struct prison *p, struct vnet **ret,
	      struct err *e);

/* --- prison_set.c -------------------------------------------------------- */
int param_int_of(const struct pset *ps, const char *name, int dflt);
int param_jailsys_of(const struct pset *ps, const char *name, int dflt);

#endif
