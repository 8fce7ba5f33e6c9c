/*
 * cgbpf: BPF programs on a jail's cgroup.  Raw bpf(2), programs written as
 * instructions here: nothing has to be compiled or opened at run time.
 */
#ifndef CB_NS_CGBPF_H
#define CB_NS_CGBPF_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Device numbers that may be opened. */
struct dev_rule {
	bool block;    /* else a character device */
	int32_t major; /* -1: any */
	int32_t minor; /* -1: any */
};
#define CGBPF_RULES_MAX 1024

/*
 * Processes in the cgroup and below may open only the devices of these rules
 * (n may be 0), and may make no device node at all.  Called again it puts the
 * new list in the place of the old one, with no moment without any.
 * The error says what the kernel lacks: -ENOSYS no bpf or no CONFIG_CGROUP_BPF,
 * -EPERM no right to load programs (in a user namespace: programs of those
 * above stay in force), -E2BIG too many rules.
 */
int cgbpf_devices(int cgroup_fd, const struct dev_rule *v, size_t n,
		  struct err *e);
/* Could it be loaded?  Errors as above. */
int cgbpf_devices_can(struct err *e);
/* Take the filter away again; fine when there is none. */
int cgbpf_devices_off(int cgroup_fd, struct err *e);

/*
 * Processes of this user (as the machine's first user namespace numbers it)
 * may bind ports below 1024 from the cgroup and below, in whatever network
 * namespace they are; others as before.  It goes by the real user id, the
 * one the kernel tells BPF: a process that has put root aside for a while
 * (seteuid) may still, a set-user-id program of another user may not.
 * Errors as above.
 */
int cgbpf_low_ports(int cgroup_fd, uint32_t uid, struct err *e);
int cgbpf_low_ports_off(int cgroup_fd, struct err *e);
/*
 * Nobody in the cgroup and below binds ports below 1024, whatever the settings
 * of the network namespace are: EACCES (before Linux 6.1 EPERM).
 */
int cgbpf_no_low_ports(int cgroup_fd, struct err *e);
int cgbpf_no_low_ports_off(int cgroup_fd, struct err *e);

/*
 * Sockets made in the cgroup and below reach abstract unix sockets only of the
 * same, and take no abstract name: EPERM.  With *ret_whole false the kernel
 * could only be had to let them reach none at all, and take names
 * (cgbpf_unix.c).  -ENOSYS when it can do neither, else as above.  kept: where
 * to keep what the kernel's type information says (ns/btf.h), or NULL.
 */
int cgbpf_unix(int cgroup_fd, const char *kept, bool *ret_whole, struct err *e);
/* Whether that would work here; nothing is changed. */
int cgbpf_unix_can(bool *ret_whole, struct err *e);
/* As it was; fine when nothing was. */
int cgbpf_unix_off(int cgroup_fd, struct err *e);

#endif
