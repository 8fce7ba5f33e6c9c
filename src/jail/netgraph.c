/* netgraph: see netgraph.h. */
#include "jail/netgraph.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "jail/prison_int.h"
#include "jail/share_broker.h"
#include "net/move.h"
#include "netgraph/dp.h"
#include "netgraph/start.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/if_link.h>
#include <linux/magic.h>
#include <linux/rtnetlink.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>

/* A killed process is gone after so long, or never. */
#define END_MS 10000
/* Vnets of one level that have a directory; a look at all is bounded. */
#define DIRS_MAX 65536

/*
 * ng/COOKIE/owner: "JID NSID"; NSID is what the machine's own vnet, that of its
 * first process, knows it by; -1 for the own vnet of jail JID.  JID 0: a vnet
 * that is no jail's.  The machine's own has no such file.
 */
struct owner {
	int jid, nsid;
};

#define MACHINE_NET "/proc/1/ns/net"

/* --- directories --------------------------------------------------------- */

static void dir_name(uint64_t cookie, const char *file, char *ret, size_t size)
{
	snprintf(ret, size, "ng/%" PRIu64 "%s%s", cookie, *file ? "/" : "",
		 file);
}

static int owner_read(struct prisons *ps, uint64_t cookie, struct owner *ret)
{
	cleanup_free char *text = NULL;
	char path[64];

	dir_name(cookie, "owner", path, sizeof(path));
	if (file_read(ps->dirfd, path, 64, &text, NULL, NULL) < 0)
		return -ENOENT;
	return sscanf(text, "%d %d", &ret->jid, &ret->nsid) == 2 ? 0 : -EBADMSG;
}

static int owner_write(int dirfd, const struct owner *o, struct err *e)
{
	char text[32];

	snprintf(text, sizeof(text), "%d %d\n", o->jid, o->nsid);
	return file_write_atomic(dirfd, "owner", text, 0600, e);
}

/* What fn says for each that has a directory; it stops at what is not 0. */
static int dirs_each(struct prisons *ps,
		     int (*fn)(struct prisons *ps, uint64_t cookie, void *arg),
		     void *arg)
{
	int fd = openat(ps->dirfd, "ng", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cleanup_closedir DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *de;
	int r = 0;

	for (int i = 0; d && !r && i < DIRS_MAX && (de = readdir(d)); i++) {
		char *end;
		uint64_t cookie = strtoull(de->d_name, &end, 10);

		if (cookie && !*end)
			r = fn(ps, cookie, arg);
	}
	return r;
}

static bool is_bpffs(int dirfd, const char *path)
{
	cleanup_close int fd =
		openat(dirfd, path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	struct statfs fs;

	return fd >= 0 && fstatfs(fd, &fs) == 0 && fs.f_type == BPF_FS_MAGIC;
}

static int bpf_mount(struct prisons *ps, struct err *e)
{
	if (mkdirat(ps->dirfd, "ng/bpf", 0700) < 0 && errno != EEXIST)
		return err_sys(e, errno, NETGRAPH_BPFDIR);
	if (is_bpffs(ps->dirfd, "ng/bpf") ||
	    mount("bpf", NETGRAPH_BPFDIR, "bpf",
		  MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=0700") == 0)
		return 0;
	return err_sys(e, errno, NETGRAPH_BPFDIR ": mount bpf");
}

static int any_dir(struct prisons *ps, uint64_t cookie, void *arg)
{
	(void)ps;
	(void)cookie;
	(void)arg;
	return 1;
}

bool netgraph_tidy(struct prisons *ps)
{
	if (faccessat(ps->dirfd, "ng", F_OK, AT_SYMLINK_NOFOLLOW) < 0)
		return true;
	if (dirs_each(ps, any_dir, NULL))
		return false;
	if (is_bpffs(ps->dirfd, "ng/bpf") &&
	    umount2(NETGRAPH_BPFDIR, MNT_DETACH | UMOUNT_NOFOLLOW) < 0)
		return false;
	unlinkat(ps->dirfd, "ng/bpf", AT_REMOVEDIR);
	unlinkat(ps->dirfd, "ng/bpf.lock", 0); /* dp_open()'s */
	return unlinkat(ps->dirfd, "ng", AT_REMOVEDIR) == 0;
}

/* Pins and files; with the registry's lock, and without a broker. */
static int dir_drop(struct prisons *ps, uint64_t cookie, struct err *e)
{
	cleanup_free char *pins = str_printf("ng/bpf/ng-%" PRIx64, cookie);
	char path[64];
	int r = pins ? file_rmtree(ps->dirfd, pins, e) : err_nomem(e);

	if (r < 0 && r != -ENOENT)
		return r;
	dir_name(cookie, "", path, sizeof(path));
	r = file_rmtree(ps->dirfd, path, e);
	return r == -ENOENT ? 0 : r;
}

/* --- brokers ------------------------------------------------------------- */

/*
 * The lock that a broker has as long as it lives, in which it says who it is.
 * -EALREADY: one lives.
 */
static int broker_lock(struct prisons *ps, uint64_t cookie, int *ret)
{
	cleanup_close int fd = -1;
	char path[64];

	dir_name(cookie, "lock", path, sizeof(path));
	fd = openat(ps->dirfd, path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC,
		    0600);
	if (fd < 0)
		return -errno;
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		return errno == EWOULDBLOCK ? -EALREADY : -errno;
	*ret = take_fd(&fd);
	return 0;
}

static int broker_sign(int lock, struct err *e)
{
	struct proc_id me;
	char text[64];
	int r = proc_id_self(&me, e), n;

	if (r < 0)
		return r;
	n = snprintf(text, sizeof(text), "%d %" PRIu64 "\n", (int)me.pid,
		     me.start);
	if (ftruncate(lock, 0) < 0 || pwrite(lock, text, (size_t)n, 0) != n)
		return err_sys(e, errno, NG_RUN);
	return 0;
}

static int broker_kill(struct prisons *ps, uint64_t cookie, struct err *e)
{
	cleanup_free char *text = NULL;
	cleanup_close int fd = -1;
	struct proc_id id;
	char path[64];
	int pid;

	dir_name(cookie, "lock", path, sizeof(path));
	if (file_read(ps->dirfd, path, 64, &text, NULL, NULL) < 0 ||
	    sscanf(text, "%d %" SCNu64, &pid, &id.start) != 2)
		return 0;
	id.pid = pid;
	if (proc_id_open(&id, &fd, NULL) < 0)
		return 0;
	pidfd_signal(fd, SIGKILL);
	return pidfd_wait(fd, END_MS)
		       ? 0
		       : err_set(e, EBUSY, "netgraph's broker does not end");
}

/*
 * Whoever starts a broker has the registry's lock while it takes the other:
 * so none comes in between.  v: of a vnet that may live on, or NULL.
 */
static int vnet_drop(struct prisons *ps, uint64_t cookie, struct vnet *v,
		     struct err *e)
{
	cleanup_close int reg = -1, lock = -1;
	char path[64];
	int r;

	dir_name(cookie, "", path, sizeof(path));
	if (faccessat(ps->dirfd, path, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	for (int i = 0; i < 10; i++) {
		r = broker_kill(ps, cookie, e);
		if (!r)
			r = reg_lock(ps, &reg, e);
		if (r < 0)
			return r;
		r = broker_lock(ps, cookie, &lock);
		if (r != -EALREADY)
			break;
		/* one was just starting */
		close(take_fd(&reg));
	}
	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return err_sys(e, -r, NG_RUN);
	if (v && faccessat(ps->dirfd, "ng/bpf", F_OK, 0) == 0)
		r = dp_remove(v, NETGRAPH_BPFDIR, e);
	return r < 0 ? r : dir_drop(ps, cookie, e);
}

int netgraph_end(struct prisons *ps, int netns, struct err *e)
{
	cleanup_vnet struct vnet *v = NULL;
	int r;

	if (ps->dirfd < 0 || faccessat(ps->dirfd, "ng", F_OK, 0) < 0)
		return 0;
	r = vnet_open(netns, NULL, &v, e);
	return r < 0 ? r : vnet_drop(ps, v->cookie, v, e);
}

/* --- whose --------------------------------------------------------------- */

/* The number by which the machine's vnet knows another means one. */
static bool nsid_lives(int nsid)
{
	cleanup_close int machine = open(MACHINE_NET, O_RDONLY | O_CLOEXEC);
	struct ifinfomsg ifi = {.ifi_index = 1}; /* lo */
	cleanup_nl struct nl *nl = NULL;
	struct nlm m;
	int r;

	if (machine < 0 || nl_open(NETLINK_ROUTE, machine, &nl, NULL) < 0)
		return true;
	nlm_begin(&m, RTM_GETLINK, 0, &ifi, sizeof(ifi));
	nlm_put_u32(&m, IFLA_TARGET_NETNSID, (uint32_t)nsid);
	nlm_put_u32(&m, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	r = nl_talk(nl, &m, NULL, NULL);
	return r != -EINVAL && r != -ENODEV;
}

/* 0: that is the machine's own. */
static int nsid_get(struct vnet *v, int *ret, struct err *e)
{
	cleanup_close int machine = open(MACHINE_NET, O_RDONLY | O_CLOEXEC);
	cleanup_vnet struct vnet *own = NULL;
	int r;

	if (machine < 0)
		return err_sys(e, errno, MACHINE_NET);
	r = vnet_open(machine, NULL, &own, e);
	if (r < 0 || vnet_same(own, v))
		return r;
	*ret = vnet_nsid(own, v);
	return *ret < 0 ? err_set(e, ENOMEM, "network namespace: no number")
			: 1;
}

struct sweep {
	int jid;
	bool all; /* also those whose vnet may live */
	size_t left;
	int first;
	struct err *e;
};

static int sweep_one(struct prisons *ps, uint64_t cookie, void *arg)
{
	struct sweep *s = arg;
	struct err se = ERR_INIT;
	struct owner o;

	if (owner_read(ps, cookie, &o) < 0 || o.jid != s->jid)
		return 0;
	if (!s->all && (o.nsid < 0 || nsid_lives(o.nsid))) {
		s->left++;
		return 0;
	}
	err_note(s->e, &s->first, vnet_drop(ps, cookie, NULL, &se), &se);
	return 0;
}

int netgraph_jail_end(struct prisons *ps, int jid, const struct life *l,
		      struct err *e)
{
	struct sweep s = {.jid = jid, .all = true, .e = e};
	cleanup_vnet struct vnet *v = NULL;
	struct err se = ERR_INIT;

	if (ps->jailed) {
		cleanup_free char *path = jail_path(jid, "net");
		cleanup_close int ns =
			l->vnet && path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
		struct broker_msg m = {.request = BROKER_NG_END};

		/* else it goes with the jail that we are in */
		if (ns >= 0)
			broker_call(&m, ns, NULL, NULL);
		return 0;
	}
	if (faccessat(ps->dirfd, "ng", F_OK, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	if (l->vnet && jail_vnet(ps, jid, l, &v, NULL) == 0)
		err_note(e, &s.first, vnet_drop(ps, v->cookie, v, &se), &se);
	err_clear(&se);
	if (l->lo) /* it may have had jails */
		dirs_each(ps, sweep_one, &s);
	return s.first;
}

/* --- what is left of vnets that have ended ------------------------------- */

struct left {
	uint64_t *v; /* owned */
	size_t n;
};

static int left_add(struct left *l, uint64_t cookie)
{
	uint64_t *more = reallocarray(l->v, l->n + 1, sizeof(*more));

	if (!more)
		return -ENOMEM;
	l->v = more;
	l->v[l->n++] = cookie;
	return 0;
}

static int left_dir(struct prisons *ps, uint64_t cookie, void *arg)
{
	struct owner o;

	if (owner_read(ps, cookie, &o) < 0 || (o.jid && pending_is(ps, o.jid)))
		return 0;
	if ((!o.jid || jid_exists(ps, o.jid)) &&
	    (o.nsid < 0 || nsid_lives(o.nsid)))
		return 0;
	return left_add(arg, cookie);
}

/* Pins of a vnet whose directory is gone. */
static int left_pins(struct prisons *ps, struct left *l)
{
	int fd =
		openat(ps->dirfd, "ng/bpf", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cleanup_closedir DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *de;
	int r = 0;

	for (int i = 0; d && !r && i < DIRS_MAX && (de = readdir(d)); i++) {
		uint64_t cookie;
		char path[64], *end;

		if (strncmp(de->d_name, "ng-", 3) != 0)
			continue;
		cookie = strtoull(de->d_name + 3, &end, 16);
		if (!cookie || *end)
			continue;
		dir_name(cookie, "", path, sizeof(path));
		if (faccessat(ps->dirfd, path, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
			r = left_add(l, cookie);
	}
	return r;
}

int netgraph_left(struct prisons *ps, uint64_t **ret, size_t *ret_n,
		  struct err *e)
{
	struct left l = {0};
	int r = dirs_each(ps, left_dir, &l);

	if (!r)
		r = left_pins(ps, &l);
	if (r < 0) {
		free(l.v);
		return err_nomem(e);
	}
	*ret = l.v;
	*ret_n = l.n;
	return 0;
}

int netgraph_left_drop(struct prisons *ps, uint64_t cookie, struct err *e)
{
	int r = vnet_drop(ps, cookie, NULL, e);

	return r < 0 ? r : dir_drop(ps, cookie, e);
}

/* Whose vnet is it, of the jails of this level?  0: nobody's. */
static int jail_of_vnet(struct prisons *ps, struct err *e)
{
	cleanup_free int *jids = NULL;
	struct stat own, st;
	char path[64];
	size_t n = 0;

	if (stat("/proc/self/ns/net", &own) < 0)
		return err_sys(e, errno, "/proc/self/ns/net");
	if (dir_jids(ps->dirfd, "jails", JAIL_MAX, &jids, &n, NULL) < 0)
		return 0;
	for (size_t i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "jails/%d/net", jids[i]);
		if (fstatat(ps->dirfd, path, &st, 0) == 0 &&
		    st.st_ino == own.st_ino && st.st_dev == own.st_dev)
			return jids[i];
	}
	return 0;
}

/* --- a broker's own place ------------------------------------------------ */

static int home_dir(struct prisons *ps, struct netgraph_home *h, struct err *e)
{
	char path[64];

	if (mkdirat(ps->dirfd, "ng", 0700) < 0 && errno != EEXIST)
		return err_sys(e, errno, NG_RUN);
	dir_name(h->cookie, "", path, sizeof(path));
	if (mkdirat(ps->dirfd, path, 0700) < 0 && errno != EEXIST)
		return err_sys(e, errno, CELLBLOCK_RUN "/%s", path);
	h->dirfd = openat(ps->dirfd, path,
			  O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (h->dirfd < 0)
		return err_sys(e, errno, CELLBLOCK_RUN "/%s", path);
	return bpf_mount(ps, e);
}

/* Of no jail: `ip netns` and the like. */
static int home_stray(struct netgraph_home *h, struct err *e)
{
	struct owner o = {.jid = 0};
	cleanup_vnet struct vnet *v = NULL;
	int r = vnet_open(-1, NULL, &v, e);

	if (!r)
		r = nsid_get(v, &o.nsid, e);
	return r > 0 ? owner_write(h->dirfd, &o, e) : r;
}

/* below: the vnet is of a jail somewhere in that jail. */
static int home_owner(struct prisons *ps, struct netgraph_home *h, int jid,
		      bool below, struct err *e)
{
	struct owner o = {.jid = jid, .nsid = -1};
	cleanup_life struct life l = {0};
	int r;

	/* the machine's root looks at what a jail's has asked for before */
	if (!jid && owner_read(ps, h->cookie, &o) == 0)
		jid = o.jid;
	if (!jid)
		return home_stray(h, e);
	r = life_read(ps, jid, &l, e);
	if (r < 0)
		return r;
	if (l.cgroup && !(h->cgroup = str_printf("%s/init", l.cgroup)))
		return err_nomem(e);
	if (below)
		/* known to its owner's vnet since it was asked for */
		return owner_read(ps, h->cookie, &o) == 0
			       ? 0
			       : err_set(e, EPERM, "nobody has asked for it");
	return owner_write(h->dirfd, &o, e);
}

int netgraph_home_open(int jid, struct netgraph_home *ret, struct err *e)
{
	struct netgraph_home h = {.dirfd = -1, .lock = -1};
	struct sweep stray = {.jid = 0};
	cleanup_prisons struct prisons *ps = NULL;
	cleanup_close int reg = -1;
	int own = 0, r;

	r = ng_cookie(-1, &h.cookie, e);
	if (!r)
		r = prisons_look(&ps, e);
	if (!r && ps->jailed)
		r = err_set(e, EPERM, "netgraph's broker runs on the machine");
	if (!r && ps->dirfd >= 0)
		dirs_each(ps, sweep_one, &stray);
	if (!r)
		r = reg_lock(ps, &reg, e);
	if (!r)
		r = own = jail_of_vnet(ps, e);
	if (r >= 0)
		r = home_dir(ps, &h, e);
	if (!r)
		r = home_owner(ps, &h, own ? own : jid, !own, e);
	if (!r) {
		r = broker_lock(ps, h.cookie, &h.lock);
		if (r < 0)
			err_sys(e, -r, NG_RUN "/%" PRIu64, h.cookie);
	}
	if (!r)
		r = broker_sign(h.lock, e);
	if (r < 0) {
		cleanup_close_p(&h.dirfd);
		cleanup_close_p(&h.lock);
		free(h.cgroup);
		return r;
	}
	ng_run_path(h.cookie, "socket", h.socket, sizeof(h.socket));
	*ret = h;
	return 0;
}

void netgraph_home_close(struct netgraph_home *h, bool empty)
{
	cleanup_prisons struct prisons *ps = NULL;
	cleanup_vnet struct vnet *v = NULL;
	cleanup_close int reg = -1;

	if (empty && prisons_look(&ps, NULL) == 0 &&
	    vnet_open(-1, NULL, &v, NULL) == 0 &&
	    reg_lock(ps, &reg, NULL) == 0 &&
	    dp_remove(v, NETGRAPH_BPFDIR, NULL) == 0 &&
	    dir_drop(ps, h->cookie, NULL) == 0)
		reg_tidy(ps);
	cleanup_close_p(&h->dirfd);
	cleanup_close_p(&h->lock);
	free(h->cgroup);
	h->cgroup = NULL;
}

/* --- connections --------------------------------------------------------- */

static int connect_here(int netns, int jid, int *ret_fd, struct err *e)
{
	cleanup_prisons struct prisons *ps = NULL;
	cleanup_free char *rt = NULL, *prog = NULL;
	int r = prisons_look(&ps, e);

	if (!r)
		r = rt_dir(ps, &rt, e);
	if (r < 0)
		return r;
	prog = str_printf("%s/cellblock", rt);
	return prog ? ng_broker_connect(netns, prog, jid, ret_fd, e)
		    : err_nomem(e);
}

int netgraph_connect(int netns, int jid, int *ret_fd, struct err *e)
{
	struct broker_msg m = {.request = BROKER_NG_OPEN};
	struct prison_self self;
	int r = prison_self(&self, e);

	if (r < 0)
		return r;
	if (!self.jailed)
		return connect_here(netns, jid, ret_fd, e);
	if (!self.vnet)
		return err_set(e, EPERM,
			       "netgraph: this jail has no network stack "
			       "(vnet) of its own");
	return broker_call(&m, netns, ret_fd, e);
}

/*
 * A vnet of a jail's jail: noted as such before its broker starts, with the
 * number that our vnet knows it by, and no more of them than the jail may
 * have jails.
 */
static int below_note(struct prisons *ps, int jid, const struct life *l,
		      int netns, struct err *e)
{
	struct netgraph_home h = {.dirfd = -1, .lock = -1};
	struct sweep s = {.jid = jid};
	struct owner o = {.jid = jid};
	cleanup_vnet struct vnet *v = NULL;
	cleanup_close int reg = -1;
	int r = vnet_open(netns, NULL, &v, e);

	if (r < 0)
		return r;
	h.cookie = v->cookie;
	/* 0: the machine's root had a look at it */
	if (owner_read(ps, h.cookie, &o) == 0 && o.jid)
		return o.jid == jid ? 0
				    : err_set(e, EPERM, "netgraph: of jail %d",
					      o.jid);
	dirs_each(ps, sweep_one, &s);
	if (s.left > (size_t)(l->hi - l->lo + 1))
		return err_set(e, EAGAIN, "prison limit exceeded");
	o.jid = jid;
	r = nsid_get(v, &o.nsid, e);
	if (!r)
		return err_set(e, EPERM, "netgraph: the machine's own");
	if (r > 0)
		r = reg_lock(ps, &reg, e);
	if (!r)
		r = home_dir(ps, &h, e);
	if (!r)
		r = owner_write(h.dirfd, &o, e);
	cleanup_close_p(&h.dirfd);
	return r;
}

int netgraph_open_for(struct prisons *ps, int jid, const struct life *l,
		      int netns, bool nested, int *ret_fd, struct err *e)
{
	int r = nested ? below_note(ps, jid, l, netns, e) : 0;

	return r < 0 ? r : connect_here(netns, jid, ret_fd, e);
}
