/*
 * jailcmd_term: stop.timeout: SIGTERM to everything in the jail.
 *
 * Theory of operation.  A jail of this level is asked by its cgroup, so that
 * the cost does not grow with the number of jails.  Without cgroup2, and for
 * a jail in a jail, its processes are those of its pid namespace.  Each is
 * signalled and waited for by pidfd; one that was born meanwhile is killed
 * with the jail.
 */
#include "jail/jailcmd_int.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "jail/param.h"
#include "jail/prison_int.h"
#include "net/keeper.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/stat.h>

#define STOP_TIMEOUT_DEFAULT 10
#define PROCS_MAX (4 << 20)

struct pids {
	pid_t *v;
	size_t n;
};

static void pids_free(struct pids *p)
{
	free(p->v);
}

static int pids_add(struct pids *p, pid_t pid)
{
	pid_t *v = reallocarray(p->v, p->n + 1, sizeof(pid_t));

	if (!v)
		return -ENOMEM;
	p->v = v;
	v[p->n++] = pid;
	return 0;
}

static int pids_in(const struct life *l, const char *sub, struct pids *ret)
{
	cleanup_free char *path = NULL, *text = NULL;
	char *save = NULL;
	long long pid;
	int r;

	path = str_printf("%s/%s/cgroup.procs", l->cgroup, sub);
	if (!path)
		return -ENOMEM;
	r = file_read(AT_FDCWD, path, PROCS_MAX, &text, NULL, NULL);
	if (r < 0)
		return r;
	for (char *s = strtok_r(text, "\n", &save); s && !r;
	     s = strtok_r(NULL, "\n", &save))
		/* 0: of a pid namespace that we do not see */
		if (!str_to_int(s, 1, INT_MAX, &pid) && pid != l->init.pid)
			r = pids_add(ret, (pid_t)pid);
	return r;
}

/* By cgroup; an error means "ask another way". */
static int pids_of_cgroup(struct jailrun *run, int jid, struct pids *ret)
{
	cleanup_life struct life l = {0};
	int r;

	r = life_read(run->ps, jid, &l, NULL);
	if (r < 0 || !l.cgroup)
		return r < 0 ? r : -ENOENT;
	r = pids_in(&l, "tree", ret);
	if (r < 0)
		return r;
	/* where they are when it has jails with limits */
	r = pids_in(&l, "tree/" CGCTL_SELF, ret);
	return r == -ENOENT ? 0 : r;
}

/* Is this a process of the pid namespace? */
static bool pid_in_ns(const char *pid, const struct stat *ns)
{
	char path[64];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/%.20s/ns/pid", pid);
	return !stat(path, &st) && st.st_dev == ns->st_dev &&
	       st.st_ino == ns->st_ino;
}

/* The same by pid namespace, of all processes there are. */
static int pids_of_ns(struct jailrun *run, int jid, struct pids *ret)
{
	cleanup_prison struct prison p = {0};
	cleanup_closedir DIR *proc = NULL;
	char which[64];
	struct dirent *de;
	struct stat ns;
	int r = 0;

	snprintf(which, sizeof(which), "%d", jid);
	if (prison_get(run->ps, which, false, &p, NULL) < 0 || p.init <= 0)
		return -ESRCH;
	snprintf(which, sizeof(which), "/proc/%d/ns/pid", (int)p.init);
	if (stat(which, &ns) < 0)
		return -errno;
	proc = opendir("/proc");
	while (proc && !r && (de = readdir(proc))) {
		long long pid;

		if (!str_to_int(de->d_name, 1, INT_MAX, &pid) &&
		    pid != p.init && pid_in_ns(de->d_name, &ns))
			r = pids_add(ret, (pid_t)pid);
	}
	return r;
}

bool jailjob_has_processes(struct jailrun *run, struct jailjob *j)
{
	struct pids pids __attribute__((cleanup(pids_free))) = {0};

	if (pids_of_cgroup(run, j->jid, &pids) < 0 &&
	    pids_of_ns(run, j->jid, &pids) < 0)
		return true; /* not known: the kernel decides */
	return pids.n > 0;
}

static int term_add(struct jailrun *run, struct jailjob *j, pid_t pid)
{
	cleanup_close int fd = pidfd_open(pid, 0);
	int *v;

	/* by descriptor, so that a pid used again meets no stranger */
	if (fd < 0 || pidfd_send_signal(fd, SIGTERM, NULL, 0) < 0)
		return 0;
	/* nobody waits for one that was stopped */
	if (keeper_is(pid))
		pidfd_send_signal(fd, SIGCONT, NULL, 0);
	v = reallocarray(j->termfds, j->nterm + 1, sizeof(int));
	if (!v)
		return -ENOMEM;
	j->termfds = v;
	if (jailrun_watch(run, j, fd) < 0)
		return 0;
	v[j->nterm++] = take_fd(&fd);
	return 1;
}

int jailjob_term(struct jailrun *run, struct jailjob *j, const char *value)
{
	struct jparam *t = pset_find(&j->params, "stop.timeout");
	cleanup_strbuf struct strbuf note = STRBUF_INIT;
	struct pids pids __attribute__((cleanup(pids_free))) = {0};
	int seconds = STOP_TIMEOUT_DEFAULT;

	(void)value;
	if (t)
		(void)param_int(t, &seconds, NULL);
	if (seconds <= 0 || (pids_of_cgroup(run, j->jid, &pids) < 0 &&
			     pids_of_ns(run, j->jid, &pids) < 0))
		return STEP_DONE;
	for (size_t i = 0; i < pids.n; i++)
		if (term_add(run, j, pids.v[i]) > 0)
			strbuf_addf(&note, " %d", (int)pids.v[i]);
	if (!j->nterm)
		return STEP_DONE;
	jailjob_note(run, j, REPORT_VERBOSE, "sent SIGTERM to:%s", note.s);
	j->flags |= JOB_TERM;
	j->since = jailrun_now();
	j->deadline = j->since + (int64_t)seconds * 1000;
	jailjob_queue(run, j, QUEUE_SLEEP);
	return STEP_WAIT;
}
