/*
 * netstat_seen: which sockets of a network stack are shown of a jail that has
 * no stack of its own: those made in it, as on FreeBSD (cr_canseeinpcb).
 *
 * From outside (-j) the cgroup tells in which a socket was made.  In a jail
 * its number cannot be told from a sibling's, but all processes that are seen
 * there are the jail's own, so what they have open is; a connection that
 * nobody has open any more (TIME_WAIT) is known by its address.
 */
#include "base/cleanup.h"
#include "block/doctor_owner.h"
#include "cmd/netstat.h"
#include "jail/prison.h"

#include <stdlib.h>
#include <string.h>

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

int netstat_seen(const char *jail, struct sock *v, size_t *n, struct err *e)
{
	cleanup_sight struct sight sight = {0};
	cleanup_prisons struct prisons *ps = NULL;
	cleanup_free bool *seen = NULL;
	int r = prison_sight(jail, &sight, e);

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
