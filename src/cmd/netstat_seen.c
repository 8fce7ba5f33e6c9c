/*
 * netstat_seen: which sockets of a network stack are shown of a jail that has
 * no stack of its own: those made in it, as on FreeBSD (cr_canseeinpcb).
 *
 * From outside (-j) the cgroup tells in which a socket was made.  In a jail
 * its number cannot be told from a sibling's, but all processes that are seen
 * there are the jail's own, so what they have open is; a connection that
 * nobody has open any more (TIME_WAIT) is known by its address.
 *
 * A listener of a jail that shares addresses may really be at another port than
 * its program asked for (ipshare/jail.bpf.c, "Hidden listeners").  The socket
 * itself says what it is to be, so it is asked, by a copy of the descriptor
 * that a process has.
 */
#include "base/cleanup.h"
#include "block/doctor_owner.h"
#include "cmd/netstat.h"
#include "jail/prison.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static size_t keep(struct sock *v, size_t n, const bool *seen)
{
	size_t k = 0;

	for (size_t i = 0; i < n; i++)
		if (seen[i])
			v[k++] = v[i];
	return k;
}

static int seen_inside(const struct sight *sight, const struct sock *v,
		       size_t n, bool *seen, struct err *e)
{
	cleanup_free struct socket_user *u = calloc(n, sizeof(*u));

	if (!u)
		return err_nomem(e);
	for (size_t i = 0; i < n; i++)
		u[i] = (struct socket_user){.inode = v[i].inode, .what = i};
	owner_processes(u, n);
	for (size_t i = 0; i < n; i++) {
		const struct sock *s = &v[u[i].what];

		seen[u[i].what] =
			s->inode ? u[i].pid != 0
				 : sight_has(sight, s->family, &s->local);
	}
	return 0;
}

/* The jail itself and what is in it. */
static bool is_of(const struct prison *p, const char *jail)
{
	size_t len = strlen(jail);

	return !strncmp(p->name, jail, len) &&
	       (!p->name[len] || p->name[len] == '.');
}

static int seen_of(struct prisons *ps, const char *jail, const struct sock *v,
		   size_t n, bool *seen, struct err *e)
{
	cleanup_free struct cgroup_owner *owners = NULL;
	cleanup_prison struct prison named = {0};
	struct prison *jails = NULL;
	size_t njails = 0, nowners = 0;
	int r = prison_get(ps, jail, false, &named, e);

	if (r >= 0)
		r = prison_list(ps, false, &jails, &njails, e);
	if (r >= 0)
		r = owner_cgroups(ps, jails, njails, &owners, &nowners, e);
	for (size_t i = 0; r >= 0 && i < n; i++) {
		size_t o = owner_of(owners, nowners, v[i].cgroup);

		seen[i] = o != SIZE_MAX && is_of(&jails[o], named.name);
	}
	prison_list_free(&jails, njails);
	return r;
}

/* Which of the sockets has this inode number. */
struct at_inode {
	uint32_t inode;
	size_t i;
};

static int by_inode(const void *a, const void *b)
{
	const struct at_inode *x = a, *y = b;

	return (x->inode > y->inode) - (x->inode < y->inode);
}

/* Where the socket of this descriptor says that it is bound, if it does. */
static void ask(const struct socket_fd *fd, struct sock *s)
{
	cleanup_close int proc = (int)syscall(SYS_pidfd_open, fd->pid, 0);
	cleanup_close int copy =
		proc < 0 ? -1 : (int)syscall(SYS_pidfd_getfd, proc, fd->fd, 0);
	union {
		struct sockaddr sa;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
	} a;
	socklen_t len = sizeof(a);
	struct stat st;

	/* it may have become another since */
	if (copy < 0 || fstat(copy, &st) < 0 || !S_ISSOCK(st.st_mode) ||
	    (uint32_t)st.st_ino != fd->inode ||
	    getsockname(copy, &a.sa, &len) < 0 || a.sa.sa_family != s->family)
		return;
	if (s->family == AF_INET) {
		s->local.in = a.in.sin_addr;
		s->lport = ntohs(a.in.sin_port);
	} else {
		s->local.in6 = a.in6.sin6_addr;
		s->lport = ntohs(a.in6.sin6_port);
	}
}

static int ask_all(struct sock *v, size_t n, struct err *e)
{
	cleanup_free struct at_inode *at = calloc(n, sizeof(*at));
	cleanup_free struct socket_fd *fds = NULL;
	size_t nfds = 0, nat = 0;
	int r = at ? owner_sockets(-1, &fds, &nfds, e) : err_nomem(e);

	if (r < 0)
		return r;
	for (size_t i = 0; i < n; i++)
		if (v[i].listening && v[i].inode)
			at[nat++] = (struct at_inode){v[i].inode, i};
	if (nat)
		qsort(at, nat, sizeof(*at), by_inode);
	for (size_t i = 0; nat && i < nfds; i++) {
		const struct at_inode key = {.inode = fds[i].inode};
		struct at_inode *found =
			bsearch(&key, at, nat, sizeof(*at), by_inode);

		if (found && found->i != SIZE_MAX) {
			ask(&fds[i], &v[found->i]);
			found->i = SIZE_MAX; /* once is enough */
		}
	}
	return 0;
}

int netstat_seen(const char *jail, struct sock *v, size_t *n, struct err *e)
{
	cleanup_sight struct sight sight = {0};
	cleanup_prisons struct prisons *ps = NULL;
	cleanup_free bool *seen = NULL;
	int r = prison_sight(jail, &sight, e);

	/* programs of jails that share addresses are here, or about us */
	if (r >= 0 && *n &&
	    (sight.shared || access(CELLBLOCK_RUN "/bpf", F_OK) == 0))
		r = ask_all(v, *n, e);
	if (r < 0 || !sight.shared || !*n)
		return r;
	seen = calloc(*n, sizeof(*seen));
	if (!seen)
		return err_nomem(e);
	if (jail) {
		r = prisons_open(&ps, e);
		if (r >= 0)
			r = seen_of(ps, jail, v, *n, seen, e);
	} else {
		r = seen_inside(&sight, v, *n, seen, e);
	}
	if (r >= 0)
		*n = keep(v, *n, seen);
	return r;
}
