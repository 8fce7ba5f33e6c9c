/*
 * cgctl: the controllers of cgroups, whichever version has them.
 *
 * A machine has each controller on its cgroup2 tree, or in a v1 hierarchy of
 * its own beside it ("hybrid"), or not at all.  What limits a group of
 * processes is a directory of that tree.
 */
#ifndef CB_NS_CGCTL_H
#define CB_NS_CGCTL_H

#include "base/err.h"

#include <stdbool.h>
#include <sys/types.h>

enum cgctl {
	CG_MEMORY,
	CG_PIDS,
	CG_CPU,
	CG_IO,
	CGCTLS, /* those that limit how much */
	CG_CPUSET = CGCTLS,
	CG_ALL,
};

/*
 * 2 or 1: the version that has the controller here, and where the root of
 * its tree is mounted (malloc'd).  -ENOENT with the reason in one line.
 */
int cgctl_find(enum cgctl c, char **ret_root, struct err *e);

/*
 * cgroup2: make the controller's files appear in the directories below
 * `dir`, which lies below `root`: it is passed on from the root downwards.
 *
 * A cgroup that passes controllers on must have no processes of its own,
 * unless it is the machine's root.  With `make_room` those of `root` are
 * moved to ROOT/self.
 */
#define CGCTL_SELF "self"
int cgctl_enable(const char *root, const char *dir, enum cgctl c,
		 bool make_room, struct err *e);
/* Does it? */
bool cgctl_passes_on(const char *dir);
/* Open the directory in which a process of the cgroup `path` can be born. */
int cgctl_open_birth(const char *path, bool self, int *ret_fd, struct err *e);
/* Pass every controller on from the root to what is below `dir`, if any. */
void cgctl_pass_all(const char *dir);

/* v1: make BASE and BASE/NAME in the hierarchy at root; existing is fine. */
int cgctl_make(const char *root, const char *base, const char *name,
	       struct err *e);
/* v1: remove a directory without processes (waits 2 s) and an empty parent. */
int cgctl_remove(const char *path, struct err *e);

/*
 * fn for every process in a cgroup and below it, by our pids; it stops when
 * fn returns not 0.  A process that forks meanwhile may be missed or met
 * twice: ask again until nothing new comes.
 */
int cgctl_each(const char *path, int (*fn)(pid_t pid, void *data), void *data,
	       struct err *e);

#endif
