/*
 * cmd_netgraph: the broker of a vnet's netgraph (netgraph/server.h), started
 * by whoever first wants something of it (netgraph/start.h):
 *
 *	cellblock-netgraph [JID]
 *
 * in that vnet, with descriptor 3 to say on when it can be reached.  JID is
 * the jail of the machine's in which the vnet is, when that is not the jail's
 * own.
 *
 * What it is, when it serves: nobody's child, in a session of its own, in `/`,
 * in the cgroup of the jail whose vnet it is; no descriptor of the starter's is
 * open; not to be looked into; with the capabilities that net/fallback.h names.
 */
#include "base/cleanup.h"
#include "base/file.h"
#include "base/str.h"
#include "cmd/cmd.h"
#include "jail/netgraph.h"
#include "net/fallback.h"
#include "net/vnet.h"
#include "netgraph/server.h"
#include "netgraph/start.h"
#include "ns/ns.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* Sockets of programs, and a file for each of their hooks. */
#define FILES 65536

static void tell(int code, const char *text)
{
	struct ng_started a = {.code = code};

	str_copy(a.text, sizeof(a.text), text);
	/* nobody may be listening any more */
	if (write(NG_READY_FD, &a, sizeof(a)) < 0)
		errno = 0;
	close(NG_READY_FD);
}

/* Its start is complete. */
static void ready(void *arg)
{
	(void)arg;
	tell(0, "");
}

/*
 * ip-netns(8) runs its command among mounts of their own, which end with it;
 * what is mounted for the broker must not.  So to the machine's own, where
 * /run is the same.
 */
static void mounts_enter(void)
{
	cleanup_close int own = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
	cleanup_close int machine =
		open("/proc/1/ns/mnt", O_RDONLY | O_CLOEXEC);
	struct stat a, b;

	if (own < 0 || machine < 0 || fstat(own, &a) < 0 ||
	    fstat(machine, &b) < 0 || a.st_ino == b.st_ino ||
	    stat("/run", &a) < 0 || setns(machine, CLONE_NEWNS) < 0)
		return;
	if (stat("/run", &b) < 0 || a.st_ino != b.st_ino ||
	    a.st_dev != b.st_dev)
		setns(own, CLONE_NEWNS);
}

/* What it costs is the jail's. */
static int cgroup_enter(const char *path, struct err *e)
{
	cleanup_free char *procs = str_printf("%s/cgroup.procs", path);

	return procs ? file_poke(AT_FDCWD, procs, "0", e) : err_nomem(e);
}

/* A limit that the starter had; without CAP_SYS_RESOURCE, as far as may be. */
static void lift(int what, rlim_t to)
{
	struct rlimit l = {to, to};

	if (setrlimit((__rlimit_resource_t)what, &l) == 0 ||
	    getrlimit((__rlimit_resource_t)what, &l) < 0)
		return;
	l.rlim_cur = l.rlim_max < to ? l.rlim_max : to;
	setrlimit((__rlimit_resource_t)what, &l);
}

static void limits_lift(void)
{
	static const int unlimited[] = {RLIMIT_FSIZE, RLIMIT_CPU, RLIMIT_AS,
					RLIMIT_DATA, RLIMIT_MEMLOCK};

	for (size_t i = 0; i < ARRAY_SIZE(unlimited); i++)
		lift(unlimited[i], RLIM_INFINITY);
	lift(RLIMIT_NOFILE, FILES);
}

/* Of the starter's nothing stays that would be in the way. */
static int settle(const struct netgraph_home *h, struct err *e)
{
	int r = h->cgroup ? cgroup_enter(h->cgroup, e) : 0;

	if (r < 0)
		return r;
	for (int sig = 1; sig < NSIG; sig++)
		signal(sig, SIG_DFL);
	signal(SIGPIPE, SIG_IGN);
	prctl(PR_SET_NAME, "cb-netgraph");
	if (prctl(PR_SET_DUMPABLE, 0) < 0)
		return err_sys(e, errno, "prctl");
	r = cap_bound(IF_ENGINE_CAPS, e);
	return r < 0 ? r : cap_keep(IF_ENGINE_CAPS, e);
}

static int serve(struct netgraph_home *h, bool *ret_empty, struct err *e)
{
	cleanup_vnet struct vnet *v = NULL;
	struct ng_server_conf c = {.bpfdir = NETGRAPH_BPFDIR,
				   .dirfd = h->dirfd,
				   .socket = h->socket,
				   .ready = ready};
	/* state of a jail's interfaces lies where the jail has it */
	int r = vnet_open(-1, h->cgroup ? NULL : VNET_STATEDIR, &v, e);

	c.vnet = v;
	if (!r)
		r = settle(h, e);
	return r < 0 ? r : ng_server_run(&c, ret_empty, e);
}

int cmd_netgraph(int argc, char **argv)
{
	struct netgraph_home h = {.dirfd = -1, .lock = -1};
	struct err e = ERR_INIT;
	bool empty = false;
	long long jid = 0;
	int r = 0;

	if (argc > 2 ||
	    (argc == 2 && str_to_int(argv[1], 1, 999999, &jid) < 0)) {
		fprintf(stderr, "usage: cellblock-netgraph [jid]\n");
		return 2;
	}
	if (fcntl(NG_READY_FD, F_SETFD, FD_CLOEXEC) < 0)
		return 2;
	limits_lift();
	mounts_enter();
	r = netgraph_home_open((int)jid, &h, &e);
	if (!r)
		r = serve(&h, &empty, &e);
	if (r < 0)
		tell(-r, e.text);
	netgraph_home_close(&h, !r && empty);
	return r < 0;
}
