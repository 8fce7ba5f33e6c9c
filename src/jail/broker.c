/* broker: see broker.h. */
#include "jail/broker.h"

#include "base/cleanup.h"
#include "base/fdpass.h"
#include "base/file.h"
#include "jail/broker_wire.h"
#include "jail/netgraph.h"
#include "jail/param.h"
#include "jail/share_below.h"
#include "jail/share_broker.h"
#include "ns/proctext.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/nsfs.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/vfs.h>

/* The jail has so long to say what it wants. */
#define ASK_S 5
/* User namespaces within each other: the kernel allows 32. */
#define USERNS_MAX 33

struct ask {
	struct prisons *ps;
	int jid, conn;
	struct life life; /* of the jail that asks */
	struct pset params;
	pid_t peer;
	int peerfd; /* a pidfd */
	int netns;
	bool own_stack; /* that is the jail's own network namespace */
	int give;	/* goes along with the answer; -1: nothing */
	struct broker_msg msg;
};

static void ask_close(struct ask *a)
{
	prisons_free(&a->ps);
	life_free(&a->life);
	pset_free(&a->params);
	cleanup_close_p(&a->peerfd);
	cleanup_close_p(&a->netns);
	cleanup_close_p(&a->give);
}

/* --- who asks ------------------------------------------------------------ */

static bool same_file(const struct stat *a, const struct stat *b)
{
	return a->st_ino == b->st_ino && a->st_dev == b->st_dev;
}

/* The line of cgroup2 in /proc/PID/cgroup is below the jail's tree. */
static bool in_tree(const struct ask *a, const char *text)
{
	cleanup_free char *root = NULL, *want = NULL;
	const char *line = text;
	size_t n;

	if (cgroup_root(&root, NULL) < 0 || !str_prefix(a->life.cgroup, root))
		return false;
	want = str_printf("0::%s/tree", a->life.cgroup + strlen(root));
	if (!want)
		return false;
	n = strlen(want);
	while (line && strncmp(line, want, n) != 0)
		line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL;
	return line && (line[n] == '/' || line[n] == '\n');
}

/*
 * A command that came in from two levels up is not ours to look at.  What all
 * may see of it tells the same: it is in the jail's cgroup, and one pid
 * namespace away, so that it is in no jail of the jail's.
 */
static bool seems_inside(const struct ask *a)
{
	cleanup_free char *status = NULL, *cgroup = NULL;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/status", (int)a->peer);
	if (file_read(AT_FDCWD, path, 65536, &status, NULL, NULL) < 0)
		return false;
	snprintf(path, sizeof(path), "/proc/%d/cgroup", (int)a->peer);
	if (file_read(AT_FDCWD, path, 65536, &cgroup, NULL, NULL) < 0)
		return false;
	return proctext_pid_levels(status) == 2 && in_tree(a, cgroup);
}

static bool is_inside(const struct ask *a)
{
	struct stat own, other;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/ns/pid", (int)a->life.init.pid);
	if (stat(path, &own) < 0)
		return false;
	snprintf(path, sizeof(path), "/proc/%d/ns/pid", (int)a->peer);
	if (stat(path, &other) == 0)
		return same_file(&own, &other);
	return (errno == EACCES || errno == EPERM) && seems_inside(a);
}

static bool peer_alive(const struct ask *a)
{
	struct pollfd p = {.fd = a->peerfd, .events = POLLIN};

	return poll(&p, 1, 0) == 0;
}

static int peer_check(struct ask *a, struct err *e)
{
	struct ucred c = {0};
	socklen_t len = sizeof(c);
	uid_t root;
	int r = userns_root_of(a->life.init.pid, &root, e);

	if (r < 0)
		return r;
	if (getsockopt(a->conn, SOL_SOCKET, SO_PEERCRED, &c, &len) < 0)
		return err_sys(e, errno, "broker");
	if (c.uid != root || c.pid <= 0)
		return err_set(e, EPERM, "broker: for the jail's root only");
	a->peer = c.pid;
	a->peerfd = (int)syscall(SYS_pidfd_open, c.pid, 0);
	/* all of it is of the same life of that number when it still lives */
	if (a->peerfd < 0 || !is_inside(a) || !peer_alive(a) ||
	    !proc_id_alive(&a->life.init))
		return err_set(e, EPERM, "broker: for jail %d only", a->jid);
	return 0;
}

/* --- what is asked ------------------------------------------------------- */

/* With descriptor `with`, if it is not -1. */
static int send_bytes(int fd, const uint8_t *buf, size_t n, int with,
		      struct err *e)
{
	union fdpass c;
	struct iovec iov = {.iov_base = (void *)(uintptr_t)buf, .iov_len = n};
	struct msghdr m = {.msg_iov = &iov, .msg_iovlen = 1};

	if (with >= 0)
		fdpass_put(&m, &c, with);
	/* a jail that does not read has a full queue, and no answer */
	if (sendmsg(fd, &m, MSG_NOSIGNAL | MSG_DONTWAIT) != (ssize_t)n)
		return err_sys(e, errno, "broker");
	return 0;
}

/* One datagram: its bytes, its descriptor, and who the kernel says sent it. */
static int receive(struct ask *a, uint8_t buf[static BROKER_MSG_MAX],
		   size_t *ret_n, pid_t *ret_pid, struct err *e)
{
	union {
		char buf[CMSG_SPACE(4 * sizeof(int)) +
			 CMSG_SPACE(sizeof(struct ucred))];
		struct cmsghdr align;
	} c;
	struct iovec iov = {.iov_base = buf, .iov_len = BROKER_MSG_MAX};
	struct msghdr m = {.msg_iov = &iov,
			   .msg_iovlen = 1,
			   .msg_control = &c,
			   .msg_controllen = sizeof(c)};
	struct ucred who = {0};
	ssize_t n;

	do
		n = recvmsg(a->conn, &m, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return err_sys(e, errno, "broker: no request");
	fdpass_take(&m, &a->netns);
	for (struct cmsghdr *h = CMSG_FIRSTHDR(&m); h; h = CMSG_NXTHDR(&m, h))
		if (h->cmsg_level == SOL_SOCKET &&
		    h->cmsg_type == SCM_CREDENTIALS &&
		    h->cmsg_len == CMSG_LEN(sizeof(who)))
			memcpy(&who, CMSG_DATA(h), sizeof(who));
	if (m.msg_flags & (MSG_TRUNC | MSG_CTRUNC))
		return err_set(e, EMSGSIZE, "broker: no such message");
	*ret_n = (size_t)n;
	*ret_pid = who.pid;
	return 0;
}

static int request_read(struct ask *a, struct err *e)
{
	const struct timeval tv = {.tv_sec = ASK_S};
	uint8_t nonce[BROKER_NONCE], buf[BROKER_MSG_MAX];
	const int on = 1;
	pid_t sender = 0;
	size_t n = 0;
	int r;

	if (getrandom(nonce, sizeof(nonce), 0) != sizeof(nonce))
		return err_sys(e, errno, "broker: getrandom");
	if (setsockopt(a->conn, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) < 0 ||
	    setsockopt(a->conn, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)) < 0)
		return err_sys(e, errno, "broker");
	n = broker_hello_print(nonce, buf);
	r = send_bytes(a->conn, buf, n, -1, e);
	if (!r)
		r = receive(a, buf, &n, &sender, e);
	if (!r)
		r = broker_parse(buf, n, &a->msg, e);
	if (r < 0)
		return r;
	if (sender != a->peer || !peer_alive(a) ||
	    memcmp(a->msg.nonce, nonce, sizeof(nonce)) != 0)
		return err_set(e, EPERM,
			       "broker: for who has opened the connection");
	return 0;
}

/* --- what it may --------------------------------------------------------- */

static int stat_ns(pid_t pid, const char *ns, struct stat *ret, struct err *e)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/ns/%s", (int)pid, ns);
	if (stat(path, ret) < 0)
		return err_sys(e, errno, "%s", path);
	return 0;
}

/* Does the namespace belong to this user namespace, or to one below it? */
static bool owned_below(int nsfd, const struct stat *users)
{
	cleanup_close int fd = ioctl(nsfd, NS_GET_USERNS);
	struct stat st;

	for (int i = 0; fd >= 0 && i < USERNS_MAX; i++) {
		int up;

		if (fstat(fd, &st) == 0 && same_file(&st, users))
			return true;
		/* refused from where we are no more above it */
		up = ioctl(fd, NS_GET_PARENT);
		close(fd);
		fd = up;
	}
	return false;
}

static int stack_check(struct ask *a, struct err *e)
{
	pid_t init = a->life.init.pid;
	struct stat st, own, here, users;
	struct statfs fs;
	int r;

	if (a->netns < 0 || fstatfs(a->netns, &fs) < 0 ||
	    fs.f_type != NSFS_MAGIC ||
	    ioctl(a->netns, NS_GET_NSTYPE) != CLONE_NEWNET ||
	    fstat(a->netns, &st) < 0)
		return err_set(e, EINVAL, "broker: no network namespace");
	r = stat_ns(init, "net", &own, e);
	if (!r)
		r = stat_ns(init, "user", &users, e);
	if (!r && stat("/proc/self/ns/net", &here) < 0)
		r = err_sys(e, errno, "/proc/self/ns/net");
	if (!r && !proc_id_alive(&a->life.init))
		r = err_set(e, ESRCH, "jail %d is dying", a->jid);
	if (r < 0)
		return r;
	a->own_stack = same_file(&st, &own);
	/* who has our users, too, owns what is ours by that */
	if (!a->own_stack &&
	    (same_file(&st, &here) || !owned_below(a->netns, &users)))
		return err_set(e, EPERM,
			       "broker: a network stack of somebody else's");
	return 0;
}

static int path_check(const struct ask *a, struct err *e)
{
	for (size_t i = 0; i < a->msg.depth; i++)
		if (a->msg.path[i] < a->life.lo || a->msg.path[i] > a->life.hi)
			return err_set(e, EPERM, "jail %d is none of jail %d's",
				       a->msg.path[i], a->jid);
	return 0;
}

/* Is this address, of that family, in the jail's own list? */
static bool listed(const struct pset *params, const char *list, int family,
		   const void *addr, size_t size)
{
	const struct jparam *p = pset_find(params, list);

	for (size_t i = 0; p && i < p->values.n; i++) {
		cleanup_free char *text = strdup(p->values.v[i]);
		struct param_addr w;
		struct in6_addr bin;

		if (text && param_addr_split(text, &w) == 0 &&
		    inet_pton(family, w.addr, &bin) == 1 &&
		    !memcmp(&bin, addr, size))
			return true;
	}
	return false;
}

/* What of one family a jail without a stack of its own has to give. */
static int family_check(const struct ask *a, int family, struct err *e)
{
	const struct broker_share *s = &a->msg.share;
	const bool v4 = family == AF_INET;
	const char *mode = v4 ? "ip4" : "ip6";
	const char *list = v4 ? "ip4.addr" : "ip6.addr";
	const size_t n = v4 ? s->n4 : s->n6;
	const size_t size = v4 ? sizeof(s->addr4[0]) : sizeof(s->addr6[0]);
	const char *addr = v4 ? (const char *)s->addr4 : (const char *)s->addr6;
	char text[INET6_ADDRSTRLEN];

	if ((v4 ? s->mode4 : s->mode6) != IPSHARE_NEW)
		return 0;
	if (param_jailsys_of(&a->params, mode, IPSHARE_INHERIT) ==
	    IPSHARE_INHERIT)
		return err_set(e, EPERM,
			       "%s: jail %d has neither addresses nor a "
			       "network stack (vnet) of its own to give from",
			       list, a->jid);
	for (size_t i = 0; i < n; i++, addr += size)
		if (!listed(&a->params, list, family, addr, size))
			return err_set(
				e, EPERM, "%s: %s is not an address of jail %d",
				list,
				inet_ntop(family, addr, text, sizeof(text)),
				a->jid);
	return 0;
}

/* Rights are cut to the jail's own, addresses beyond them refused. */
static int share_check(struct ask *a, struct err *e)
{
	struct broker_share *s = &a->msg.share;
	int r;

	if (!param_set_bool(&a->params, "allow.reserved_ports"))
		s->low_ports = false;
	if (!a->own_stack || param_jailsys_of(&a->params, "vnet", 2) == 1)
		return 0;
	if (!param_set_bool(&a->params, "allow.raw_sockets"))
		s->raw = false;
	r = family_check(a, AF_INET, e);
	return r < 0 ? r : family_check(a, AF_INET6, e);
}

/* --- doing it ------------------------------------------------------------ */

static int share_set(struct ask *a, struct err *e)
{
	int r = share_check(a, e);

	if (r < 0 || a->ps->jailed)
		return r;
	return share_below_set(a->ps, a->jid, &a->life, &a->params, &a->msg,
			       a->netns, e);
}

static int share_clear(struct ask *a, struct err *e)
{
	if (a->ps->jailed)
		return 0;
	return share_below_clear(a->ps, a->jid, a->msg.path, a->msg.depth, e);
}

/* The jail's own, if it has one, or one of a jail's of it. */
static int ng_open(struct ask *a, struct err *e)
{
	if (a->own_stack && param_jailsys_of(&a->params, "vnet", 2) != 1)
		return err_set(e, EPERM,
			       "netgraph: jail %d has no network stack (vnet) "
			       "of its own",
			       a->jid);
	if (a->ps->jailed)
		return 0;
	return netgraph_open_for(a->ps, a->jid, &a->life, a->netns,
				 !a->own_stack, &a->give, e);
}

/* The jail's own goes with it. */
static int ng_end(struct ask *a, struct err *e)
{
	if (a->own_stack)
		return err_set(e, EPERM, "netgraph: the jail's own stack");
	return a->ps->jailed ? 0 : netgraph_end(a->ps, a->netns, e);
}

/* Behind whoever is about to change that. */
static int lasts(struct ask *a, struct err *e)
{
	cleanup_pset struct pset params = {0};
	cleanup_close int lock = -1;
	int r;

	if (a->msg.depth || !a->own_stack)
		return err_set(e, EINVAL, "lasts: of who asks alone");
	r = reg_lock(a->ps, &lock, e);
	if (!r)
		r = params_read(a->ps, a->jid, &params, e);
	if (r < 0 || param_set_bool(&params, "persist"))
		return r;
	if (pending_is(a->ps, a->jid))
		return err_set(e, EAGAIN, "jail %d is being created", a->jid);
	return err_set(e, ECHILD, "jail %d goes with its last process", a->jid);
}

/* Checks; and where the right for it is here, does it. */
static const struct {
	int (*run)(struct ask *a, struct err *e);
	bool here; /* no right is needed: the next one up is not asked */
} handlers[] = {
	[BROKER_SHARE_SET] = {share_set, false},
	[BROKER_SHARE_CLEAR] = {share_clear, false},
	[BROKER_NG_OPEN] = {ng_open, false},
	[BROKER_NG_END] = {ng_end, false},
	[BROKER_LASTS] = {lasts, true},
};
_Static_assert(ARRAY_SIZE(handlers) == BROKER_REQUESTS, "a handler for each");

/* To the broker of this level, for whom the jail is one of ours. */
static int forward(struct ask *a, struct err *e)
{
	struct broker_msg *m = &a->msg;

	if (m->depth == BROKER_DEPTH)
		return err_set(e, E2BIG, "%s: more than %d jails deep",
			       broker_name(m->request), BROKER_DEPTH);
	memmove(m->path + 1, m->path, m->depth * sizeof(*m->path));
	m->path[0] = a->jid;
	m->depth++;
	return broker_call(m, a->netns,
			   m->request == BROKER_NG_OPEN ? &a->give : NULL, e);
}

static int serve(struct ask *a, struct err *e)
{
	int r = prisons_look(&a->ps, e);

	if (!r && a->ps->dirfd < 0)
		r = err_set(e, ENOENT, "jail %d not found", a->jid);
	/* of a jail that is being created only what it is, not yet how */
	if (!r)
		r = life_read(a->ps, a->jid, &a->life, e);
	if (!r)
		r = params_read(a->ps, a->jid, &a->params, e);
	if (!r && ((!a->life.lo && !a->life.vnet) || !a->life.cgroup))
		r = err_set(e, EPERM, "jail %d has no jails", a->jid);
	if (!r)
		r = peer_check(a, e);
	if (!r)
		r = request_read(a, e);
	if (!r)
		r = path_check(a, e);
	if (!r)
		r = stack_check(a, e);
	if (!r)
		r = handlers[a->msg.request].run(a, e);
	if (!r && a->ps->jailed && !handlers[a->msg.request].here)
		r = forward(a, e);
	return r;
}

int broker_serve(int jid, int conn, struct err *e)
{
	struct ask a __attribute__((cleanup(ask_close))) = {.jid = jid,
							    .conn = conn,
							    .peerfd = -1,
							    .netns = -1,
							    .give = -1};
	uint8_t buf[BROKER_MSG_MAX];
	struct err se = ERR_INIT;
	size_t n;
	int r = serve(&a, &se);

	n = broker_answer_print(r < 0 ? -r : 0, se.text, buf);
	if (send_bytes(conn, buf, n, r < 0 ? -1 : a.give, r < 0 ? NULL : e) <
		    0 &&
	    !r)
		return -EIO;
	return r < 0 ? err_set(e, -r, "%s", se.text) : 0;
}
