/*
 * prison: what FreeBSD's kernel does for jail_set(2), jail_get(2),
 * jail_attach(2) and jail_remove(2), on Linux namespaces.
 *
 * Theory of operation.  The kernel's objects are the truth; a registry under
 * /run/cellblock holds what the kernel has no place for.  Each level of
 * nesting has its own registry at the same path, so the same code works on
 * the host and inside.  A jail's /run/cellblock is a small tmpfs of its own
 * mount namespace; from outside it is reached through the root directory of
 * the jail's first process, and what is found there is hostile text.
 *
 *   /run/cellblock/
 *     lock                 flock for every change; holds the next jid to try
 *     self                 in a jail: what its creator lets it know of itself
 *     env hostuuid hostid  in a jail: these parameters, for sysctl(8)
 *     broker               in a jail with children: a socket at which its root
 *                          asks for what takes its creator's rights (broker.h)
 *     rt/                  in a jail: the runtime, read-only (rt/bin in PATH)
 *     block/               in a jail: its block's folder, read-only, if any
 *     host/                in a jail with copy-on-write root and children:
 *                          the host's root, read-only, to make more of
 *     jails/JID/params     kernel parameters        } strict jail.conf text,
 *     jails/JID/life       pids with start times,   } see regtext.h
 *                          cgroup, lent interfaces  }
 *     jails/JID/rctl       limits in force (rctl.h), if any
 *     rctl/                rules of rctl(8) at this level, if any (rctl.h)
 *     jails/JID/net        the pinned vnet (bind mount of its nsfs file)
 *     jails/JID/mnt        with children.max: the pinned mount namespace, so
 *                          that their vnets outlive the jail's processes
 *     jails/JID/dev        which file system its /dev is, its ruleset
 *     jails/JID/share/     what its jails have shared (share_below.h), if any
 *     devfs                devfs rulesets, once something changed them
 *     jails/JID/addrs      its addresses, without a vnet (prison_share.c)
 *     addrs/ADDR/JID       ... by address
 *     alias/               what interfaces have for jails' sake (alias.h)
 *     btf                  where the kernel keeps things (ns/btf.h)
 *     bpf/                 programs and tables for them (ipshare/): a bpffs
 *     jails/JID/cpuset     its processors (cpuset.h), where they are not all
 *     names/NAME           symlink to the jid (names as this level says them)
 *     ranges/LO-HI-JID     jids given to jail JID for its children
 *     pending/JID          operations under way; empty when all is well
 *     if/COOKIE.IFINDEX    interface state (net/ifstate.h)
 *     blocks/NAME          blocks brought up (block/)
 *
 * The directory is made with the first jail, as a mount of its own that does
 * not propagate, and goes with the last.
 *
 * A jail has a first process (src/init/init.c, pid 1 of its pid namespace,
 * reaps, nothing else) and outside a keeper (src/init/keeper.c) that waits
 * for the end of the first process, or of the last process of a jail without
 * persist, and then runs `jail -R JID`; of a jail with children it listens at
 * the broker's socket, too (prison_keeper.c).  Killing either, or any command
 * half way, leaves remains that the next command (prisons_open) finishes.
 * Processes are found by cgroup: BASE/JID/init holds the first process and
 * the keeper, BASE/JID/tree all others, where BASE is `cellblock` in the root
 * of the cgroup2 tree, and in a jail below its own `tree`.
 */
#ifndef CB_JAIL_PRISON_H
#define CB_JAIL_PRISON_H

#include "base/err.h"
#include "base/report.h"
#include "base/str.h"
#include "jail/pset.h"
#include "net/sight.h"
#include "net/vnet.h"

#include <stdbool.h>
#include <sys/types.h>

#define CELLBLOCK_RUN "/run/cellblock"
/* With the jid: the mount source of a jail's copy-on-write root. */
#define PRISON_COPY "cellblock:"

/* The registry of the calling level. */
struct prisons;
/*
 * Open it (made if missing, root only for changes) and finish or undo what
 * killed commands left in pending/.  Without the right to write it opens for
 * reading.
 */
int prisons_open(struct prisons **ret, struct err *e);
/* Where warnings go (an interface that came back under another name). */
void prisons_report(struct prisons *ps, const struct report *r);
void prisons_free(struct prisons **ps);
#define cleanup_prisons __attribute__((cleanup(prisons_free)))

/*
 * Look for what no command would find by itself: jails that could not be
 * removed, cgroups and names of no jail.  found gets a line for each, with
 * `repair` only for those that could not be removed now.
 */
int prisons_check(struct prisons *ps, bool repair, struct strv *found,
		  struct err *e);
/* Remove the registry itself when nothing is in it. */
void prisons_tidy(struct prisons *ps);

/* One jail as seen from the calling level. */
struct prison {
	int jid;
	char *name; /* relative to the caller: "a", "a.b" */
	bool dying;
	bool vnet;
	struct pset params; /* every kernel parameter, as text */
	pid_t init; /* first process in the caller's pid namespace, or 0 */
	struct strv path; /* registry directories from this level down */
};
void prison_free(struct prison *p);
#define cleanup_prison __attribute__((cleanup(prison_free)))

/* flags, as jail_set(2) */
enum {
	PRISON_CREATE = 1,
	PRISON_UPDATE = 2,
	PRISON_DYING = 8,
};

/*
 * jail_set(2).  Checks every parameter against param.h's table first; on
 * error nothing is changed.  Messages are jail.md section 4's, without the
 * "jail: " prefix.  Pseudo parameters (exec.*, vnet.interface, ...) are not
 * accepted here except those that the mounts of a new root need:
 * mount, mount.fstab lines, mount.devfs, mount.procfs, mount.fdescfs,
 * block.root=copy (copy-on-write view of the host's root),
 * block.dir=DIR (folder to show at /run/cellblock/block).
 * A new jail has state "starting" until prison_started(): should the caller
 * die before, the next command removes it.
 */
int prison_set(struct prisons *ps, const struct pset *params, int flags,
	       int *ret_jid, struct err *e);
/* Creation is complete: leave pending/, start the keeper. */
int prison_started(struct prisons *ps, int jid, struct err *e);

/*
 * The first process of a jail that is starting is under way: from now on there
 * is somebody who could ask for what its creator alone can do (broker.h).  Not
 * called before, since that process shall not wait for it.
 */
void prison_inhabited(struct prisons *ps, int jid);

/* jail_get(2): by jid or by name ("5", "a", "a.b"); -ENOENT with text. */
int prison_get(struct prisons *ps, const char *which, bool dying,
	       struct prison *ret, struct err *e);
/*
 * The names of this level's own jails, in jid order; and (lent, if not NULL)
 * of the interfaces that they were lent.
 */
int prison_names(struct prisons *ps, struct strv *ret, struct strv *lent,
		 struct err *e);
/* All jails, nested ones too, in jid order. */
int prison_list(struct prisons *ps, bool dying, struct prison **ret,
		size_t *ret_n, struct err *e);
void prison_list_free(struct prison **v, size_t n);

/* kern.osreldate of the FreeBSD that our programs follow. */
#define PRISON_OSRELDATE "1400097"

/*
 * The number of a jail's set of processors; 0 and 1 are the machine's.
 */
#define PRISON_CPUSET(jid) ((jid) + 1)

/* Size of meta and of env with their NUL: the usual limit, and the highest. */
#define PRISON_META_MAX 4096
#define PRISON_META_HARD 65536
/* The value of KEY=VALUE in such a text, ended by ret_len; NULL: none. */
const char *prison_meta_find(const char *text, const char *key,
			     size_t *ret_len);

/*
 * jail_remove(2) and all that follows: kill, hand interfaces back to the
 * vnets they came from, unpin, remove from the registry.  Children first.
 */
int prison_remove(struct prisons *ps, int jid, struct err *e);

/* A vnet handle on the jail's stack (its own for vnet jails, else caller's). */
int prison_vnet(struct prisons *ps, const struct prison *p, struct vnet **ret,
		struct err *e);

/*
 * The cgroup that holds all of the jail's processes and those of its jails,
 * malloc'd; -ENOENT without cgroup2.
 */
int prison_cgroup(struct prisons *ps, const struct prison *p, char **ret,
		  struct err *e);

/*
 * vnet.interface / ifconfig IF vnet J: give one of the caller's interfaces to
 * the jail, noted in `life` so that it comes back; and take one back.
 */
int prison_lend(struct prisons *ps, int jid, const char *ifname, struct err *e);
int prison_reclaim(struct prisons *ps, int jid, const char *ifname,
		   struct err *e);

/*
 * What somebody who makes (or destroys) interfaces as well as the jails that
 * they are lent to knows of both, so that none has to move: see the head of
 * prison_nets.c.  All of it ends with the object, or with the process.
 */
struct prison_nets;
int prison_nets_new(struct prison_nets **ret, struct err *e);
void prison_nets_free(struct prison_nets **n);
/*
 * The vnet that a jail of this level, which is not there yet, is going to
 * have; made the first time.  The handle is the caller's.
 */
int prison_nets_open(struct prison_nets *n, const char *jail, struct vnet **ret,
		     struct err *e);
/* The interface is in it; prison_lend() will find it lent. */
int prison_nets_put(struct prison_nets *n, const char *jail, struct vnet *v,
		    const char *ifname, struct err *e);
/* What is in the vnets of jails that did not come to be comes home. */
int prison_nets_home(struct prison_nets *n, const struct strv *jails,
		     struct vnet *home, struct err *e);
/*
 * An end of an epair whose other end (its index here) the caller is going to
 * destroy when all jails have been removed: it need not come home.
 */
int prison_nets_doom(struct prison_nets *n, const char *ifname, int other,
		     struct err *e);
/* The handle's jails are made and removed by what n says. */
void prisons_nets(struct prisons *ps, struct prison_nets *n);

/*
 * Run a function or a command inside.  The child is created in the jail's
 * cgroup, enters all its namespaces, drops to the jail's capability bounds,
 * closes every descriptor but 0-2 and keep_fds, and calls fn(data) whose
 * return value is its exit status.  ret_pid: to be waited for by the caller.
 */
struct prison_exec {
	int (*fn)(void *data); /* or NULL: execvp(argv) */
	void *data;
	char *const *argv;
	char *const *envp;   /* NULL: the caller's */
	char *const *setenv; /* set on top of it, also with login; or NULL */
	const char *cwd;     /* in the jail; NULL: "/" */
	const char *user;    /* NULL: root */
	bool user_from_host; /* look `user` up in the host's passwd */
	bool login;	     /* clean environment: HOME SHELL TERM USER PATH */
	int stdio[3];	     /* -1: inherit */
	const int *keep_fds;
	size_t nkeep;
	bool new_session; /* setsid, for exec.* */
	bool runs;	  /* fn ends by prison_execvp() */
};
int prison_spawn(struct prisons *ps, const struct prison *p,
		 const struct prison_exec *x, pid_t *ret_pid, struct err *e);
/*
 * execvp(3) with another environment (PATH is that of this process).  In an fn
 * that `runs`, and in what it forks, without giving the jail hold of the
 * caller's own program.
 * Returns a negative errno; what goes wrong later is told of on descriptor 2,
 * after WHO and argv[0], with exit status 1.
 */
int prison_execvp(char *const *argv, char *const *envp, const char *who);
/* jail_attach(2) for jexec: as above but replaces the caller (exec). */
int prison_exec(struct prisons *ps, const struct prison *p,
		const struct prison_exec *x, struct err *e);

/*
 * Be to the caller's parent what the child is: pass signals on, stop and end
 * with it.  What prison_exec does after its spawn.
 */
_Noreturn void prison_proxy(pid_t child);

/* What the calling process is: in a jail? its own jid, name, limits. */
struct prison_self {
	bool jailed;
	int jid;
	char name[256];
	bool vnet;
	int children_max;
	bool block_root; /* has /run/cellblock/host: may make copy roots */
};
int prison_self(struct prison_self *ret, struct err *e);
/*
 * In a jail: 0 if it stays when its last process has ended, -ECHILD if it goes
 * then, -EAGAIN while it is being created; other errors: nobody knows.
 */
int prison_lasts(struct err *e);
/*
 * The parameters of the jail that the caller is in, as far as its creator
 * tells it: those with another value than the table's default.  None on the
 * machine.
 */
int prison_self_params(struct pset *ret, bool *ret_jailed, struct err *e);
/*
 * What the caller, or with `jail` (its name or jid) who is in that, is shown of
 * the network stack it uses.
 */
int prison_sight(const char *jail, struct sight *ret, struct err *e);

#endif
