/*
 * ns: namespaces, mounts, credentials, cgroups and running things inside.
 * Each privileged stage is a function of its own whose comment says what it
 * must and must not do.
 */
#ifndef CB_NS_NS_H
#define CB_NS_NS_H

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* --- proc.c: processes that cannot be mistaken for others --------------- */

/* A process named by pid and start time (field 22 of /proc/PID/stat). */
struct proc_id {
	pid_t pid;
	uint64_t start;
};
int proc_id_of(pid_t pid, struct proc_id *ret, struct err *e);
/* The calling process. */
int proc_id_self(struct proc_id *ret, struct err *e);
/* pidfd if the process still is the one named, else -ESRCH. */
int proc_id_open(const struct proc_id *id, int *ret_pidfd, struct err *e);
/* It exists and is no zombie. */
bool proc_id_alive(const struct proc_id *id);
/*
 * ... and does not end just now: the first process of a pid namespace, killed,
 * has no namespaces any more and is there until all others have ended.
 */
bool proc_id_running(const struct proc_id *id);
/*
 * For who is about to end that pid namespace: a killed process stays, as a
 * zombie, until its parent has asked for it, and the parent of one that was
 * sent into the namespace is outside, and may have been stopped with it (by
 * ^Z).  Such parents are continued, of processes in namespaces below, too.
 */
void proc_wake_parents(pid_t init);

int pidfd_signal(int pidfd, int sig);
/* Wait until it ended; false when timeout_ms (-1: none) passed before. */
bool pidfd_wait(int pidfd, int timeout_ms);

/* --- clone.c: children --------------------------------------------------- */

/*
 * How to make a child.  `flags` are CLONE_NEW* and the like; signal handlers
 * are always reset in the child.  cgroup_fd: -1, or the cgroup2 directory to
 * be born in (no migration, which would wait for a grace period).
 */
struct ns_child {
	uint64_t flags;
	int cgroup_fd;
	int (*fn)(void *arg); /* its return value is the exit status */
	void *arg;
	/* no SIGCHLD at its end, which a caller's program may count: waitpid()
	 * with __WALL finds it */
	bool quiet;
};

/*
 * Like vfork: the child runs fn on a stack of its own in the caller's memory,
 * the caller sleeps until the child executes a program or ends.  So fn may
 * report through memory, and must not leave locks held or change what the
 * caller does not expect.  Cost does not depend on the caller's size.
 */
int ns_vfork(const struct ns_child *c, pid_t *ret_pid, int *ret_pidfd,
	     struct err *e);
/* In fn, last thing before execve: the caller's signal mask again. */
void ns_vfork_unblock(void);
/* Like fork: a copy of the caller; fn may do anything. */
int ns_fork(const struct ns_child *c, pid_t *ret_pid, int *ret_pidfd,
	    struct err *e);

/* --- userns.c: user namespaces -------------------------------------------- */

struct ns_idmap {
	uint32_t inside, outside, count;
};
struct ns_idmaps {
	struct ns_idmap *uid, *gid;
	size_t nuid, ngid;
};
void ns_idmaps_free(struct ns_idmaps *m);
int ns_idmap_add(struct ns_idmap **v, size_t *n, uint32_t inside,
		 uint32_t outside, uint32_t count, struct err *e);
/* The caller's own ids, each to itself: the map of a namespace below. */
int userns_own_maps(struct ns_idmaps *ret, struct err *e);
/* Is the caller in the machine's user namespace? */
bool userns_initial(void);
/*
 * CLONE_NEW* of the namespaces (mount, uts, ipc, network, cgroup, user) in
 * which that process is not with the caller.
 */
int ns_differing(pid_t pid, int *ret, struct err *e);

/* Descriptors of a user namespace and of those that belong to it, or -1. */
struct ns_users {
	int user, net, ipc, uts;
};
void ns_users_close(struct ns_users *u);
/*
 * A process that does nothing but keep them; it ends with the pipe, so with
 * whoever made it.
 */
struct ns_holder {
	pid_t pid; /* 0: none */
	int pipe;
};
/*
 * Make a user namespace without ids, and in it the namespaces of flags
 * (CLONE_NEWNET, CLONE_NEWIPC).  holder: a program (descriptor) that waits for
 * the end of its descriptor 3 and ends then.
 */
int userns_begin(uint64_t flags, int holder, struct ns_holder *ret,
		 struct err *e);
/*
 * Give it its ids, get descriptors of those in flags, and let the holder end.
 * uts: a uts namespace, too, whose host name the new namespace's root may set
 * without any capability.
 */
int userns_finish(struct ns_holder *h, const struct ns_idmaps *maps,
		  uint64_t flags, bool uts, struct ns_users *ret,
		  struct err *e);
void userns_holder_end(struct ns_holder *h);
/*
 * fn(arg) with the host name of a uts namespace, in the caller's memory; it
 * returns 0 or a positive errno.
 */
int ns_uts_call(int nsfd, int (*fn)(void *arg), void *arg, struct err *e);
/*
 * A namespace ("net", "mnt") of a child that has just been made, also while
 * the kernel does not let /proc tell yet.
 */
int ns_of(pid_t pid, const char *ns, int *ret, struct err *e);
/* Who of us is root in the user namespace of that process. */
int userns_root_of(pid_t pid, uid_t *ret, struct err *e);
/*
 * What a user of ours is in the user namespace of that process; the same where
 * it is nobody there, or the process is gone.
 */
uid_t userns_uid_in(pid_t pid, uid_t uid);
/* Enter it and be its root, with all rights in it.  System calls only. */
int userns_enter(int userfd, struct err *e);

/* --- cgroup.c: cgroup2 without controllers, as a container of processes --- */

/* Where cgroup2 is mounted; -ENOENT when it is not.  Malloc'd. */
int cgroup_root(char **ret, struct err *e);
int cgroup_make(const char *path, struct err *e);
int cgroup_open(const char *path, int *ret_fd, struct err *e);
/* SIGKILL to everything in it and below; missing ones are fine. */
int cgroup_kill(const char *path, struct err *e);
/* Remove it and all below once empty; waits for the last to leave, 2 s. */
int cgroup_remove(const char *path, struct err *e);
/* Whether any process is in it or below; an unreadable one counts as not. */
bool cgroup_populated(const char *path);

/* --- mnt.c: the mount API by descriptors ---------------------------------- */

struct mnt_opt {
	const char *key;
	const char *value; /* NULL: a flag */
};
/*
 * A new file system, not attached anywhere; it ends with its descriptor
 * unless attached.  attrs: MOUNT_ATTR_*.
 */
int mnt_new(const char *fstype, const char *source, const struct mnt_opt *o,
	    size_t n, unsigned int attrs, int *ret_fd, struct err *e);
/* A copy of what is mounted at path (recursive: and below), not attached. */
int mnt_clone(int dirfd, const char *path, bool recursive, int *ret_fd,
	      struct err *e);
/* Change attributes of a whole (detached or attached) tree. */
int mnt_set(int fd, uint64_t set, uint64_t clear, struct err *e);
/*
 * Owners in a detached tree are seen through a user namespace's map: its root
 * owns what root owns.  recursive: what is mounted below, too.  -EINVAL when
 * a file system cannot do it.
 */
int mnt_idmap(int fd, int userfd, bool recursive, struct err *e);
/* Attach a detached tree on the directory or file behind `to`. */
int mnt_attach(int fd, int to, const char *what, struct err *e);
/*
 * Open (make, when missing) the directory `path` inside the tree at rootfd
 * for use as a mount point; -ELOOP when a symbolic link lies on the way.
 */
int mnt_point(int rootfd, const char *path, bool file, int *ret_fd,
	      struct err *e);
/* Make `rootfd` the root and forget the old one with all its mounts. */
int mnt_pivot(int rootfd, struct err *e);
/* Everything mounted here stops propagating: own mount namespace only. */
int mnt_private_all(struct err *e);

/*
 * The id of the caller's mount namespace, 0 where the kernel does not tell;
 * and, right after CLONE_NEWNS, see to it that the own one can be pinned in
 * the namespace of that id (see mnt.c).
 */
uint64_t mnt_ns_id(void);
int mnt_ns_newer(uint64_t than, struct err *e);
/* Keep a namespace alive by a bind mount of its file on `path` (made). */
int mnt_pin(int nsfd, const char *path, struct err *e);
/* Undo; missing is fine. */
int mnt_unpin(const char *path, struct err *e);
/* A directory becomes a mount of its own that does not propagate. */
int mnt_make_private_dir(const char *path, struct err *e);
bool mnt_is_point(const char *path);

/* --- keyring.c ----------------------------------------------------------- */

/*
 * Leave the caller's session keyring for a new, empty one.  As the machine's
 * root, before any change of users: others may own few keys.
 */
int keyring_new_session(struct err *e);

/* --- cap.c: capabilities ------------------------------------------------- */

/*
 * No program that the calling process becomes can have more than `mask` (bits
 * by CAP_*): drops the rest from the bounding set, and all inheritance.  To
 * be called while the process may still change users.
 */
int cap_bound(uint64_t mask, struct err *e);
/*
 * The calling process itself has no more than `mask` from here on, and passes
 * nothing on.  Must be the last privileged step before execve.
 */
int cap_keep(uint64_t mask, struct err *e);
/* What the caller's bounding set holds. */
uint64_t cap_bounding(void);

#endif
