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

/* A process named by pid and start time (field 22 of /proc/PID/stat). */
struct proc_id {
	pid_t pid;
	uint64_t start;
};
int proc_id_of(pid_t pid, struct proc_id *ret, struct err *e);
/* pidfd if the process still is the one named, else -ESRCH. */
int proc_id_open(const struct proc_id *id, int *ret_pidfd, struct err *e);

#endif
