/*
 * doctor_owner: whose a socket is.  The jail is told by the cgroup in which
 * the socket was made, whoever holds it now; the process by what /proc shows
 * open.  Both look only as far as a bound goes, since jails make cgroups,
 * processes and descriptors: beyond it nobody is named.
 */
#ifndef CB_BLOCK_DOCTOR_OWNER_H
#define CB_BLOCK_DOCTOR_OWNER_H

#include "base/err.h"
#include "jail/prison.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Which jail (an index into the list) a cgroup's id belongs to. */
struct cgroup_owner {
	uint64_t id;
	size_t jail;
};
/*
 * All cgroups of the jails v[n], sorted by id, each with the innermost jail
 * it is of.  Jails that end meanwhile are left out.  The caller frees.
 */
int owner_cgroups(struct prisons *ps, const struct prison *v, size_t n,
		  struct cgroup_owner **ret, size_t *ret_n, struct err *e);
/* The jail, or SIZE_MAX: of none. */
size_t owner_of(const struct cgroup_owner *v, size_t n, uint64_t id);

/* A descriptor of a process that is a socket. */
struct socket_fd {
	uint32_t inode;
	pid_t pid;
	int fd;
	uid_t uid;     /* whose the socket is */
	char name[16]; /* of the process, printable */
};
/*
 * All that can be seen from here, by process and number.  pidns: of processes
 * in the pid namespace that this descriptor is of; -1: of any.  The caller
 * frees.
 */
int owner_sockets(int pidns, struct socket_fd **ret, size_t *ret_n,
		  struct err *e);

/* A socket's inode number and the first process that has it open. */
struct socket_user {
	uint32_t inode;
	size_t what;   /* the caller's */
	pid_t pid;     /* 0: none that can be seen from here */
	char name[16]; /* printable */
};
/* Fill in pid and name; v becomes sorted by inode. */
void owner_processes(struct socket_user *v, size_t n);

#endif
