/* share_below: see share_below.h. */
#include "jail/share_below.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "ipshare/ipshare.h"
#include "jail/param.h"
#include "jail/share_broker.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/magic.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>

/* "CGROUP COUNT J1/J2": 20 digits, 3, and 7 for each jid. */
#define RECORD_MAX (32 + 8 * BROKER_DEPTH)

/* Addresses of one jail that are not added up, and of all when they are. */
#define COUNT_FEW 16
#define COUNT_SUM 4096

struct record {
	uint64_t cgroup;
	unsigned int count; /* of addresses */
	int path[BROKER_DEPTH];
	size_t depth;
};

/* --- the records --------------------------------------------------------- */

/* The directory, locked: brokers run at the same time. */
static int records_open(struct prisons *ps, int jid, bool make, int *ret,
			struct err *e)
{
	cleanup_close int fd = -1;
	char path[64];

	snprintf(path, sizeof(path), "jails/%d/share", jid);
	if (make && mkdirat(ps->dirfd, path, 0700) < 0 && errno != EEXIST)
		return err_sys(e, errno, CELLBLOCK_RUN "/%s", path);
	fd = openat(ps->dirfd, path,
		    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return err_sys(e, errno, CELLBLOCK_RUN "/%s", path);
	while (flock(fd, LOCK_EX) < 0)
		if (errno != EINTR)
			return err_sys(e, errno, CELLBLOCK_RUN "/%s", path);
	*ret = take_fd(&fd);
	return 0;
}

static int record_read(int dir, int jid, struct record *ret)
{
	cleanup_free char *text = NULL;
	struct record r = {0};
	char name[16], *s;
	int n = 0, jn;

	snprintf(name, sizeof(name), "%d", jid);
	if (file_read(dir, name, RECORD_MAX, &text, NULL, NULL) < 0)
		return -ENOENT;
	if (sscanf(text, "%" SCNu64 " %u %n", &r.cgroup, &r.count, &n) != 2 ||
	    !n)
		return -EBADMSG;
	for (s = text + n; r.depth < BROKER_DEPTH; s++) {
		n = 0;
		if (sscanf(s, "%7d%n", &jn, &n) != 1 || !n)
			return -EBADMSG;
		r.path[r.depth++] = jn;
		s += n;
		if (*s != '/')
			break;
	}
	*ret = r;
	return 0;
}

static int record_write(int dir, int jid, const struct record *r, struct err *e)
{
	cleanup_strbuf struct strbuf b = STRBUF_INIT;
	char name[16];

	snprintf(name, sizeof(name), "%d", jid);
	strbuf_addf(&b, "%" PRIu64 " %u ", r->cgroup, r->count);
	for (size_t i = 0; i < r->depth; i++)
		strbuf_addf(&b, "%s%d", i ? "/" : "", r->path[i]);
	strbuf_addch(&b, '\n');
	if (strbuf_failed(&b))
		return err_nomem(e);
	return file_write_atomic(dir, name, b.s, 0600, e);
}

/* Let go of what it stands for; a record that nobody can read goes, too. */
static int record_clear(int dir, int jid, struct err *e)
{
	struct record r;
	char name[16];
	int code = record_read(dir, jid, &r);

	if (code == -ENOENT)
		return 0;
	if (!code) {
		code = ipshare_clear(SHARE_BPFDIR, r.cgroup, e);
		if (code < 0)
			return code;
	}
	snprintf(name, sizeof(name), "%d", jid);
	if (unlinkat(dir, name, 0) < 0 && errno != ENOENT)
		return err_sys(e, errno, CELLBLOCK_RUN ": share/%s", name);
	return 0;
}

/* --- the cgroup ---------------------------------------------------------- */

/* Of the jail that this way leads to. */
static int target_open(const struct life *l, const int *path, size_t depth,
		       int *ret, uint64_t *ret_id, struct err *e)
{
	cleanup_free char *tree = str_printf("%s/tree", l->cgroup);
	cleanup_strbuf struct strbuf way = STRBUF_INIT;
	cleanup_close int top = -1, fd = -1;
	struct statfs fs;
	struct stat st;
	int r;

	for (size_t i = 0; i < depth; i++)
		strbuf_addf(&way, "%scellblock/%d", i ? "/tree/" : "", path[i]);
	if (!tree || strbuf_failed(&way))
		return err_nomem(e);
	r = cgroup_open(tree, &top, e);
	if (!r)
		r = file_open_same_mount(top, way.s, O_RDONLY | O_DIRECTORY, 0,
					 &fd, NULL);
	if (r < 0 || fstatfs(fd, &fs) < 0 || fs.f_type != CGROUP2_SUPER_MAGIC ||
	    fstat(fd, &st) < 0)
		return err_set(e, ENOENT, "jail %d has no cgroup",
			       path[depth - 1]);
	*ret = take_fd(&fd);
	*ret_id = st.st_ino;
	return 0;
}

/* --- how many ------------------------------------------------------------ */

static bool is_gone(const struct life *l, int dir, int jid)
{
	cleanup_close int fd = -1;
	struct record r;
	uint64_t id;

	return record_read(dir, jid, &r) < 0 ||
	       target_open(l, r.path, r.depth, &fd, &id, NULL) < 0 ||
	       id != r.cgroup;
}

/* As many as the jail may have jails.  What was killed makes room. */
static int make_room(const struct life *l, const struct pset *params, int dir,
		     int jid, struct err *e)
{
	int max = param_int_of(params, "children.max", 0);
	cleanup_free int *jids = NULL;
	char name[16];
	size_t n = 0;
	int r;

	snprintf(name, sizeof(name), "%d", jid);
	if (faccessat(dir, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return 0;
	r = dir_jids(dir, ".", JAIL_MAX, &jids, &n, e);
	if (r < 0 || (int)n < max)
		return r;
	for (size_t i = 0; i < n; i++)
		if (is_gone(l, dir, jids[i]) &&
		    record_clear(dir, jids[i], NULL) == 0)
			max++;
	return (int)n < max ? 0 : err_set(e, EAGAIN, "prison limit exceeded");
}

/*
 * The tables of the kernel are all jails' and have an end: what has few
 * addresses fits by its number, which children.max bounds; who wants many has
 * them of a sum.
 */
static int check_sum(int dir, int jid, unsigned int count, struct err *e)
{
	cleanup_free int *jids = NULL;
	unsigned int sum = count;
	size_t n = 0;
	int r = 0;

	if (count > COUNT_FEW)
		r = dir_jids(dir, ".", JAIL_MAX, &jids, &n, e);
	for (size_t i = 0; !r && i < n; i++) {
		struct record rec;

		if (jids[i] != jid && record_read(dir, jids[i], &rec) == 0)
			sum += rec.count;
	}
	if (r < 0 || count <= COUNT_FEW || sum <= COUNT_SUM)
		return r;
	return err_set(e, E2BIG,
		       "too many addresses: the jails of one jail may have %d",
		       COUNT_SUM);
}

/* --- holding it ---------------------------------------------------------- */

struct hold {
	int cgroup, net, out;
	const struct ipshare_conf *conf;
	pid_t parent;
};

struct held {
	int result;
	struct err e;
};

static int hold_child(void *arg)
{
	const struct hold *h = arg;
	struct held a = {0};

	/* what ends the broker ends this, too */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != h->parent)
		return 1;
	a.result = ipshare_set(SHARE_BPFDIR, h->cgroup, h->net, h->conf, &a.e);
	return write(h->out, &a, sizeof(a)) != (ssize_t)sizeof(a);
}

/* Where the machine's own processes are, as drop_cgroup() has it. */
static int machine_cgroup(bool self, int *ret)
{
	cleanup_free char *root = NULL, *path = NULL;

	if (cgroup_root(&root, NULL) < 0)
		return -ENOENT;
	path = str_printf("%s%s", root, self ? "/" CGCTL_SELF : "");
	return path ? cgroup_open(path, ret, NULL) : -ENOMEM;
}

/*
 * A broker is in the jail's cgroup, and to that the kernel would charge its
 * tables, which are all jails', for as long as they exist: a jail at its limit
 * of memory would be in the way of others.  So a child outside does it.
 */
static int hold_outside(const struct ipshare_conf *conf, int cgroup, int net,
			struct err *e)
{
	struct hold h = {cgroup, net, -1, conf, getpid()};
	struct ns_child c = {.fn = hold_child, .arg = &h, .cgroup_fd = -1};
	cleanup_close int in = -1, out = -1;
	struct held a = {0};
	int p[2], r = -ENOENT;
	ssize_t n;
	pid_t pid;

	if (pipe2(p, O_CLOEXEC) < 0)
		return err_sys(e, errno, "pipe");
	in = p[0];
	h.out = out = p[1];
	for (int self = 0; r < 0 && self < 2; self++) {
		cleanup_close int cg = -1;

		if (machine_cgroup(self, &cg) < 0)
			continue;
		c.cgroup_fd = cg;
		r = ns_fork(&c, &pid, NULL, NULL);
	}
	/* a container's, with controllers: there is no other place for it */
	c.cgroup_fd = -1;
	if (r < 0)
		r = ns_fork(&c, &pid, NULL, e);
	if (r < 0)
		return r;
	close(take_fd(&out));
	n = read(in, &a, sizeof(a));
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	if (n != (ssize_t)sizeof(a))
		return err_set(e, EIO, "ip4, ip6: killed at it");
	return a.result < 0 ? err_set(e, -a.result, "%s", a.e.text) : 0;
}

/* --- all of it ----------------------------------------------------------- */

int share_below_set(struct prisons *ps, int jid, const struct life *l,
		    const struct pset *params, const struct broker_msg *m,
		    int netns, struct err *e)
{
	const struct broker_share *s = &m->share;
	const int target = m->path[m->depth - 1];
	struct ipshare_conf conf = {
		.mode4 = s->mode4,
		.mode6 = s->mode6,
		.addr4 = s->addr4,
		.n4 = s->n4,
		.addr6 = s->addr6,
		.n6 = s->n6,
		.saddrsel4 = s->saddrsel4,
		.saddrsel6 = s->saddrsel6,
		.raw = s->raw,
		.low_ports = s->low_ports,
	};
	struct record now = {.depth = m->depth,
			     .count = (unsigned int)(s->n4 + s->n6)},
		      was = {0};
	cleanup_close int dir = -1, cg = -1;
	uid_t root;
	int r = userns_root_of(l->init.pid, &root, e);

	memcpy(now.path, m->path, m->depth * sizeof(*m->path));
	if (!r)
		r = target_open(l, m->path, m->depth, &cg, &now.cgroup, e);
	if (!r)
		r = records_open(ps, jid, true, &dir, e);
	if (!r)
		r = make_room(l, params, dir, target, e);
	if (!r)
		r = check_sum(dir, target, now.count, e);
	/* the same number for a jail that has ended without a word */
	if (!r && record_read(dir, target, &was) == 0 &&
	    was.cgroup != now.cgroup)
		r = record_clear(dir, target, e);
	if (!r)
		r = record_write(dir, target, &now, e);
	if (r < 0)
		return r;
	/* jails in jails have their creator's root for theirs */
	conf.root = root;
	r = hold_outside(&conf, cg, netns, e);
	if (r < 0 && was.cgroup != now.cgroup)
		record_clear(dir, target, NULL);
	return r;
}

static bool leads_by(const struct record *r, const int *path, size_t depth)
{
	return r->depth >= depth &&
	       !memcmp(r->path, path, depth * sizeof(*path));
}

int share_below_clear(struct prisons *ps, int jid, const int *path,
		      size_t depth, struct err *e)
{
	cleanup_close int dir = -1;
	cleanup_free int *jids = NULL;
	struct err oe = ERR_INIT;
	int first = 0, r;
	size_t n = 0;

	r = records_open(ps, jid, false, &dir, &oe);
	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return err_set(e, -r, "%s", oe.text);
	r = dir_jids(dir, ".", JAIL_MAX, &jids, &n, e);
	for (size_t i = 0; !r && i < n; i++) {
		struct record rec;
		int rr;

		if (depth && (record_read(dir, jids[i], &rec) < 0 ||
			      !leads_by(&rec, path, depth)))
			continue;
		rr = record_clear(dir, jids[i], first ? NULL : e);
		if (rr < 0 && !first)
			first = rr;
	}
	return r < 0 ? r : first;
}

int share_below_end(struct prisons *ps, int jid, struct err *e)
{
	if (!ps->jailed)
		return share_below_clear(ps, jid, NULL, 0, e);
	/* what we are in ends some time, and the first level clears then */
	share_broker_clear(jid, NULL);
	return 0;
}
