/*
 * cpuset(1): processors of jails, processes and commands.  Sets of their own
 * have only jails here, and all that is in none has set 1, as on FreeBSD; set
 * 0 is what there is.
 */
#include "cmd/cmd.h"
#include "cmd/vnetopt.h"

#include "base/cleanup.h"
#include "base/str.h"
#include "jail/cpuset.h"
#include "jail/prison.h"
#include "jail/rctl_int.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SET_ROOT 0
#define SET_USUAL 1

static const char usage[] =
	"usage: cpuset [-l cpu-list] cmd ...\n"
	"       cpuset [-c] -l cpu-list -p pid | -t tid | -j jail | -s setid\n"
	"       cpuset -g [-cir] [-p pid | -t tid | -j jail | -s setid]\n";

enum which {
	OF_SELF,
	OF_PID,
	OF_TID,
	OF_JAIL,
	OF_SET,
};

/* As FreeBSD calls them. */
static const char *const which_names[] = {
	[OF_SELF] = "pid",  [OF_PID] = "pid",	 [OF_TID] = "tid",
	[OF_JAIL] = "jail", [OF_SET] = "cpuset",
};

static struct opts {
	const char *list, *target;
	enum which which;
	bool get, id, set, root;
} o;

/* The jid of the process's jail of this level; 0: in none. */
static int jail_of(struct prisons *ps, pid_t pid, int *ret, struct err *e)
{
	cleanup_prison struct prison p = {0};
	cleanup_free char *name = NULL;
	int r = rctl_jail_of(ps, pid ? pid : getpid(), &name, e);

	if (r < 0 || !name)
		return r;
	r = prison_get(ps, name, false, &p, e);
	if (!r)
		*ret = p.jid;
	return r;
}

/* What is meant: a process (0: ours) or a jail. */
struct target {
	pid_t pid;
	int jid; /* 0: none, or the process is in none */
	long shown;
};

static int find(struct prisons *ps, struct target *ret, struct err *e)
{
	cleanup_prison struct prison p = {0};
	struct target t = {.shown = -1};
	long long n = 0;
	char num[24];
	int r = 0;

	switch (o.which) {
	case OF_SELF:
		r = jail_of(ps, 0, &t.jid, e);
		break;
	case OF_PID:
	case OF_TID:
		if (str_to_int(o.target, 1, INT_MAX, &n) < 0)
			return err_set(e, EINVAL, "invalid number: %s",
				       o.target);
		t.pid = (pid_t)n;
		t.shown = (long)n;
		r = jail_of(ps, t.pid, &t.jid, e);
		break;
	case OF_SET:
		if (str_to_int(o.target, 0, INT_MAX, &n) < 0)
			return err_set(e, EINVAL, "invalid number: %s",
				       o.target);
		t.shown = (long)n;
		if (n <= SET_USUAL)
			break;
		snprintf(num, sizeof(num), "%lld", n - PRISON_CPUSET(0));
		r = prison_get(ps, num, false, &p, NULL);
		if (r < 0)
			return err_set(e, ESRCH, "there is no set %s",
				       o.target);
		break;
	case OF_JAIL:
		r = prison_get(ps, o.target, false, &p, e);
		break;
	}
	if (!r && p.jid) {
		if (p.path.n > 1)
			return err_set(e, EOPNOTSUPP,
				       "jail \"%s\" is its own jail's to "
				       "divide up",
				       o.target);
		t.jid = p.jid;
		if (o.which == OF_JAIL)
			t.shown = p.jid;
	}
	if (!r)
		*ret = t;
	return r;
}

static int mask_of(struct prisons *ps, const struct target *t, cpu_set_t *ret,
		   struct err *e)
{
	bool process = o.which <= OF_TID;

	if (o.root || (!t->jid && (o.set || !process)))
		return cpuset_all(ret, e);
	if (!process || o.set)
		return cpuset_get(ps, t->jid, ret, e);
	if (sched_getaffinity(t->pid, sizeof(*ret), ret) < 0)
		return err_sys(e, errno, "getaffinity");
	return 0;
}

static int get(struct prisons *ps, struct err *e)
{
	const char *level = o.root ? " root" : o.set ? " cpuset" : "";
	cleanup_strbuf struct strbuf b = STRBUF_INIT;
	struct target t;
	cpu_set_t set;
	int r = find(ps, &t, e);

	if (r < 0)
		return r;
	if (o.id) {
		printf("%s %ld%s id: %d\n", which_names[o.which], t.shown,
		       level,
		       o.root  ? SET_ROOT
		       : t.jid ? PRISON_CPUSET(t.jid)
			       : SET_USUAL);
		return 0;
	}
	r = mask_of(ps, &t, &set, e);
	if (r < 0)
		return r;
	cpuset_print(&b, &set);
	printf("%s %ld%s mask: %s\n", which_names[o.which], t.shown, level,
	       b.s ? b.s : "");
	return 0;
}

static int set(struct prisons *ps, struct err *e)
{
	struct target t;
	cpu_set_t all, want;
	int r = cpuset_all(&all, e);

	if (!r)
		r = cpuset_parse(o.list, &all, &want, e);
	if (!r)
		r = find(ps, &t, e);
	if (r < 0)
		return r;
	if (o.which == OF_JAIL || o.which == OF_SET || o.set) {
		if (!t.jid)
			return err_sys(e, EPERM, "setaffinity");
		return cpuset_set(ps, t.jid, &want, e);
	}
	if (o.which == OF_PID)
		return cpuset_process(t.pid, &want, e);
	if (sched_setaffinity(t.pid, sizeof(want), &want) < 0)
		return err_sys(e, errno, "setaffinity");
	return 0;
}

static int run(char **argv, struct err *e)
{
	cpu_set_t all, want;
	int r = cpuset_all(&all, e);

	if (!r && o.list)
		r = cpuset_parse(o.list, &all, &want, e);
	if (r < 0)
		return r;
	if (o.list && sched_setaffinity(0, sizeof(want), &want) < 0)
		return err_sys(e, errno, "setaffinity");
	execvp(argv[0], argv);
	return err_sys(e, errno, "%s", argv[0]);
}

static bool parse(int argc, char **argv)
{
	int targets = 0, ch;

	opterr = 0;
	while ((ch = getopt(argc, argv, "+cgij:l:p:rs:t:")) != -1) {
		switch (ch) {
		case 'c':
			o.set = true;
			break;
		case 'g':
			o.get = true;
			break;
		case 'i':
			o.id = true;
			break;
		case 'r':
			o.root = true;
			break;
		case 'l':
			o.list = optarg;
			break;
		case 'j':
		case 'p':
		case 's':
		case 't':
			o.which = ch == 'j'   ? OF_JAIL
				  : ch == 'p' ? OF_PID
				  : ch == 's' ? OF_SET
					      : OF_TID;
			o.target = optarg;
			targets++;
			break;
		default:
			return false;
		}
	}
	if (targets > 1 || (o.set && o.root))
		return false;
	if (o.get)
		return !o.list && optind == argc;
	if (o.id || o.root)
		return false;
	return optind < argc ? !targets : targets && o.list;
}

int cmd_cpuset(int argc, char **argv)
{
	cleanup_prisons struct prisons *ps = NULL;
	struct err e = ERR_INIT;
	int r;

	if (vnetopt_help(argc, argv, usage))
		return 0;
	if (!parse(argc, argv)) {
		fputs(usage, stderr);
		return 1;
	}
	if (optind < argc) {
		r = run(argv + optind, &e);
	} else {
		r = prisons_open(&ps, &e);
		if (!r)
			r = o.get ? get(ps, &e) : set(ps, &e);
	}
	if (r < 0) {
		fprintf(stderr, "cpuset: %s\n", e.text);
		return 1;
	}
	return fflush(stdout) == 0 ? 0 : 1;
}
