/* cpuset: see cpuset.h. */
#include "jail/cpuset.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "jail/prison_int.h"
#include "ns/cgctl.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TEXT_MAX 8192
#define PASSES_MAX 100
#define ONLINE "/sys/devices/system/cpu/online"

/* --- text ---------------------------------------------------------------- */

static int bad(const char *text, struct err *e)
{
	return err_set(e, EINVAL, "invalid cpu list: %s", text);
}

static const char *number(const char *s, int *ret)
{
	char *end;
	long n;

	if (*s < '0' || *s > '9')
		return NULL;
	errno = 0;
	n = strtol(s, &end, 10);
	if (errno || n >= CPU_SETSIZE)
		return NULL;
	*ret = (int)n;
	return end;
}

int cpuset_parse(const char *text, const cpu_set_t *all, cpu_set_t *ret,
		 struct err *e)
{
	cpu_set_t set;
	const char *s = text;

	CPU_ZERO(&set);
	if (!strcmp(text, "all")) {
		*ret = *all;
		return 0;
	}
	do {
		int from = 0, to;

		s = number(s, &from);
		to = from;
		if (s && *s == '-')
			s = number(s + 1, &to);
		if (!s || to < from || (*s && *s != ','))
			return bad(text, e);
		for (int i = from; i <= to; i++)
			CPU_SET(i, &set);
	} while (*s++ == ',');
	for (int i = 0; i < CPU_SETSIZE; i++)
		if (CPU_ISSET(i, &set) && !CPU_ISSET(i, all))
			return err_set(e, EINVAL, "there is no cpu %d here", i);
	*ret = set;
	return 0;
}

void cpuset_list(struct strbuf *out, const cpu_set_t *set)
{
	const char *sep = "";

	for (int i = 0; i < CPU_SETSIZE; i++) {
		int to = i;

		if (!CPU_ISSET(i, set))
			continue;
		while (to + 1 < CPU_SETSIZE && CPU_ISSET(to + 1, set))
			to++;
		if (to > i)
			strbuf_addf(out, "%s%d-%d", sep, i, to);
		else
			strbuf_addf(out, "%s%d", sep, i);
		sep = ",";
		i = to;
	}
}

void cpuset_print(struct strbuf *out, const cpu_set_t *set)
{
	const char *sep = "";

	for (int i = 0; i < CPU_SETSIZE; i++) {
		if (!CPU_ISSET(i, set))
			continue;
		strbuf_addf(out, "%s%d", sep, i);
		sep = ", ";
	}
}

/* A file of the kernel, or of ours: one line. */
static int read_list(int dirfd, const char *path, cpu_set_t *ret, struct err *e)
{
	cleanup_free char *text = NULL;
	cpu_set_t any;
	int r = file_read(dirfd, path, TEXT_MAX, &text, NULL, e);

	if (r < 0)
		return r;
	text[strcspn(text, "\n")] = '\0';
	memset(&any, 0xff, sizeof(any));
	return cpuset_parse(text, &any, ret, e);
}

int cpuset_all(cpu_set_t *ret, struct err *e)
{
	/* where /sys is not to be seen: what we may run on */
	if (read_list(AT_FDCWD, ONLINE, ret, NULL) == 0)
		return 0;
	if (sched_getaffinity(0, sizeof(*ret), ret) < 0)
		return err_sys(e, errno, "getaffinity");
	return 0;
}

/* --- affinity ------------------------------------------------------------ */

static int threads_once(DIR *d, const cpu_set_t *set, bool *changed,
			struct err *e)
{
	struct dirent *de;

	rewinddir(d);
	while ((de = readdir(d))) {
		pid_t tid = atoi(de->d_name);
		cpu_set_t now;

		if (tid <= 0 || sched_getaffinity(tid, sizeof(now), &now) < 0 ||
		    CPU_EQUAL(&now, set))
			continue;
		if (sched_setaffinity(tid, sizeof(*set), set) == 0)
			*changed = true;
		else if (errno != ESRCH)
			return err_sys(e, errno, "setaffinity");
	}
	return 0;
}

/* A thread that begins meanwhile has what its maker had: look again. */
int cpuset_process(pid_t pid, const cpu_set_t *set, struct err *e)
{
	cleanup_closedir DIR *d = NULL;
	bool changed = true;
	char path[64];
	int r = 0;

	snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	d = opendir(path);
	if (!d)
		return err_sys(e, ESRCH, "setaffinity");
	for (int i = 0; !r && changed && i < PASSES_MAX; i++) {
		changed = false;
		r = threads_once(d, set, &changed, e);
	}
	return r;
}

struct pass {
	const cpu_set_t *set;
	bool changed;
};

static int pass_process(pid_t pid, void *data)
{
	struct pass *p = data;
	struct err e = ERR_INIT;
	cpu_set_t now;
	int r;

	if (sched_getaffinity(pid, sizeof(now), &now) == 0 &&
	    !CPU_EQUAL(&now, p->set))
		p->changed = true;
	r = cpuset_process(pid, p->set, &e);
	return r == -ESRCH ? 0 : r;
}

static int set_processes(const struct life *l, const cpu_set_t *set,
			 struct err *e)
{
	cleanup_free char *tree = NULL;
	struct pass p = {.set = set, .changed = true};
	int r = 0;

	if (!l->cgroup)
		return err_set(e, EOPNOTSUPP,
			       "there is no cgroup2 here to tell a jail's "
			       "processes by");
	tree = str_printf("%s/tree", l->cgroup);
	if (!tree)
		return err_nomem(e);
	for (int i = 0; !r && p.changed && i < PASSES_MAX; i++) {
		p.changed = false;
		r = cgctl_each(tree, pass_process, &p, e);
	}
	return r;
}

/* --- a jail's ------------------------------------------------------------ */

static void file_of(int jid, char *buf, size_t size)
{
	snprintf(buf, size, "jails/%d/cpuset", jid);
}

/* The set as the cgroup's; 1: there is no controller for it. */
static int set_cgroup(const struct life *l, const char *list, struct err *e)
{
	cleanup_free char *root = NULL, *path = NULL;

	if (!l->cgroup || cgctl_find(CG_CPUSET, &root, NULL) != 2 ||
	    cgctl_enable(root, l->cgroup, CG_CPUSET, false, NULL) < 0)
		return 1;
	path = str_printf("%s/tree/cpuset.cpus", l->cgroup);
	return path ? file_poke(AT_FDCWD, path, list, e) : err_nomem(e);
}

static bool has_cgroup(const struct life *l)
{
	cleanup_free char *path = NULL, *text = NULL;

	if (!l->cgroup)
		return false;
	path = str_printf("%s/tree/cpuset.cpus", l->cgroup);
	return path &&
	       file_read(AT_FDCWD, path, TEXT_MAX, &text, NULL, NULL) == 0 &&
	       *text && *text != '\n';
}

int cpuset_set(struct prisons *ps, int jid, const cpu_set_t *set, struct err *e)
{
	cleanup_strbuf struct strbuf list = STRBUF_INIT;
	cleanup_life struct life l = {0};
	cleanup_close int lock = -1;
	char path[64];
	int r;

	cpuset_list(&list, set);
	if (strbuf_failed(&list))
		return err_nomem(e);
	if (!list.len)
		return err_sys(e, EINVAL, "setaffinity");
	file_of(jid, path, sizeof(path));
	r = reg_lock(ps, &lock, e);
	if (!r)
		r = life_read(ps, jid, &l, e);
	/* written first: who enters from here on takes it on */
	if (!r)
		r = file_write_atomic(ps->dirfd, path, list.s, 0644, e);
	if (!r)
		r = set_cgroup(&l, list.s, e);
	return r == 1 ? set_processes(&l, set, e) : r;
}

int cpuset_get(struct prisons *ps, int jid, cpu_set_t *ret, struct err *e)
{
	char path[64];

	file_of(jid, path, sizeof(path));
	if (read_list(ps->dirfd, path, ret, NULL) == 0)
		return 0;
	return cpuset_all(ret, e);
}

bool cpuset_wanted(struct prisons *ps, int jid, cpu_set_t *ret)
{
	cleanup_life struct life l = {0};
	char path[64];

	file_of(jid, path, sizeof(path));
	if (faccessat(ps->dirfd, path, F_OK, 0) < 0 ||
	    read_list(ps->dirfd, path, ret, NULL) < 0)
		return false;
	return life_read(ps, jid, &l, NULL) < 0 || !has_cgroup(&l);
}
