/*
 * prison_nets: vnets that are there before their jails, and vnets that stay a
 * moment longer.
 *
 * Theory of operation.  To move an interface into another vnet costs a grace
 * period of the kernel's RCU, 10 to 30 ms under its one lock of all network
 * configuration.  To make an epair with an end in another vnet costs nothing
 * of that, nor does it to delete one.  So whoever makes both the epairs and
 * the jails (rc) saves two such periods an interface:
 *
 *   before  a holder (ns/userns.c) makes the jail's user namespace, still
 *           without ids, and the vnet in it; the end is made there and noted
 *           here; the jail, when it is made, takes the holder's namespaces for
 *           its own, and its `life` says from the first moment on what it was
 *           lent; then vnet.interface has nothing left to do;
 *   after   an end whose other end is going to be destroyed stays in the vnet
 *           of the removed jail, which a descriptor keeps until that is done.
 *
 * Nothing of it is written down and nothing has a name: pipes to the holders
 * and descriptors are all there is, so if the process is killed the kernel
 * ends the vnets, and with them the pairs that had an end there.  They count
 * as made in the notes of rc, which makes them again when it finds them gone.
 */
#include "jail/prison_int.h"

#include "base/cleanup.h"
#include "net/kind.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Descriptors at a time, of each of the two: 1,024 is the usual limit. */
#define NETS_MAX 256

struct ready_net {
	char *jail;
	struct ns_holder holder; /* until the jail has taken it */
	int net;		 /* from then on, until that is written down */
	int jid;		 /* from then on */
	struct lent *v;		 /* what is in it and was not said to be lent */
	size_t n;
};

struct doomed {
	char name[16];
	int other;
};

struct prison_nets {
	int holder; /* the program, or -1: not opened yet */
	struct ready_net **ready;
	size_t nready;
	struct doomed *doomed;
	size_t ndoomed;
	int held[NETS_MAX];
	size_t nheld;
};

static void ready_free(struct ready_net *rn)
{
	userns_holder_end(&rn->holder);
	if (rn->net >= 0)
		close(rn->net);
	free(rn->jail);
	free(rn->v);
	free(rn);
}

void prison_nets_free(struct prison_nets **np)
{
	struct prison_nets *n = take_ptr(*np);

	if (!n)
		return;
	for (size_t i = 0; i < n->nready; i++)
		ready_free(n->ready[i]);
	while (n->nheld)
		close(n->held[--n->nheld]);
	cleanup_close_p(&n->holder);
	free(n->ready);
	free(n->doomed);
	free(n);
}

int prison_nets_new(struct prison_nets **ret, struct err *e)
{
	struct prison_nets *n = calloc(1, sizeof(*n));

	if (!n)
		return err_nomem(e);
	n->holder = -1;
	*ret = n;
	return 0;
}

void prisons_nets(struct prisons *ps, struct prison_nets *n)
{
	ps->nets = n;
}

/* --- before the jail ----------------------------------------------------- */

static struct ready_net *ready_of(struct prison_nets *n, const char *jail)
{
	for (size_t i = 0; n && jail && i < n->nready; i++)
		if (!strcmp(n->ready[i]->jail, jail))
			return n->ready[i];
	return NULL;
}

static int open_holder(struct prison_nets *n, struct err *e)
{
	cleanup_prisons struct prisons *ps = NULL;
	cleanup_free char *rt = NULL, *file = NULL;
	int r;

	if (n->holder >= 0)
		return 0;
	r = prisons_look(&ps, e);
	if (!r)
		r = rt_dir(ps, &rt, e);
	if (r < 0)
		return r;
	file = str_printf("%s/holder", rt);
	if (!file)
		return err_nomem(e);
	n->holder = open(file, O_PATH | O_CLOEXEC);
	return n->holder < 0 ? err_sys(e, errno, "%s", file) : 0;
}

static int ready_new(struct prison_nets *n, const char *jail,
		     struct ready_net **ret, struct err *e)
{
	struct ready_net **v, *rn;
	int r = open_holder(n, e);

	if (r < 0)
		return r;
	if (n->nready >= NETS_MAX)
		return err_set(e, ENOSPC, "too many vnets at a time");
	v = reallocarray(n->ready, n->nready + 1, sizeof(rn));
	if (!v)
		return err_nomem(e);
	n->ready = v;
	rn = calloc(1, sizeof(*rn));
	if (!rn)
		return err_nomem(e);
	rn->net = -1;
	rn->jail = strdup(jail);
	r = rn->jail ? userns_begin(CLONE_NEWNET | CLONE_NEWIPC, n->holder,
				    &rn->holder, e)
		     : err_nomem(e);
	if (r < 0) {
		ready_free(rn);
		return r;
	}
	v[n->nready++] = *ret = rn;
	return 0;
}

static int ready_open(const struct ready_net *rn, struct vnet **ret,
		      struct err *e)
{
	cleanup_close int fd = -1;
	int r = 0;

	if (rn->net < 0)
		r = ns_of(rn->holder.pid, "net", &fd, e);
	return r < 0 ? r : vnet_open(fd < 0 ? rn->net : fd, NULL, ret, e);
}

int prison_nets_open(struct prison_nets *n, const char *jail, struct vnet **ret,
		     struct err *e)
{
	struct ready_net *rn = ready_of(n, jail);
	int r = rn ? 0 : ready_new(n, jail, &rn, e);

	if (r < 0)
		return r;
	if (!rn->holder.pid)
		return err_set(e, EEXIST, "jail \"%s\" has it already", jail);
	return ready_open(rn, ret, e);
}

int prison_nets_put(struct prison_nets *n, const char *jail, struct vnet *v,
		    const char *ifname, struct err *e)
{
	struct ready_net *rn = ready_of(n, jail);
	struct lent x = {0}, *p;
	int r = rn ? lent_look(v, ifname, &x, e)
		   : err_set(e, ENOENT, "jail \"%s\"", jail);

	if (r < 0)
		return r;
	p = reallocarray(rn->v, rn->n + 1, sizeof(*p));
	if (!p)
		return err_nomem(e);
	rn->v = p;
	p[rn->n++] = x;
	return 0;
}

struct ready_net *nets_find(struct prison_nets *n, const char *name)
{
	struct ready_net *rn = ready_of(n, name);

	return rn && rn->holder.pid ? rn : NULL;
}

void nets_away(struct prison_nets *n, const char *name)
{
	struct ready_net *rn = nets_find(n, name);

	/* without it the ends are lost if the jail fails, and made again */
	if (rn)
		ns_of(rn->holder.pid, "net", &rn->net, NULL);
}

void nets_back(struct prison_nets *n, const char *name, int result)
{
	struct ready_net *rn = nets_find(n, name);

	if (!rn)
		return;
	userns_holder_end(&rn->holder);
	if (result >= 0)
		nets_taken(rn, result);
}

void nets_forget(struct prison_nets *n, const char *name)
{
	struct ready_net *rn = ready_of(n, name);

	if (rn)
		cleanup_close_p(&rn->net);
}

int nets_take(struct ready_net *rn, struct ns_holder *ret, struct err *e)
{
	/* should the jail not come to be, what is in it is not lost */
	int r = ns_of(rn->holder.pid, "net", &rn->net, e);

	if (r < 0)
		return r;
	*ret = rn->holder;
	rn->holder = (struct ns_holder){0};
	return 0;
}

int nets_tell(const struct ready_net *rn, struct life *l, struct err *e)
{
	l->lent = calloc(rn->n + 1, sizeof(*l->lent));
	if (!l->lent)
		return err_nomem(e);
	if (rn->n)
		memcpy(l->lent, rn->v, rn->n * sizeof(*rn->v));
	l->nlent = rn->n;
	return 0;
}

void nets_taken(struct ready_net *rn, int jid)
{
	rn->jid = jid;
	cleanup_close_p(&rn->net);
	rn->net = -1;
}

/* Strike an interface out of a vnet's list. */
static bool ready_strike(struct ready_net *rn, const char *kname)
{
	for (size_t i = 0; i < rn->n; i++)
		if (!strcmp(rn->v[i].name, kname)) {
			rn->v[i] = rn->v[--rn->n];
			return true;
		}
	return false;
}

bool nets_lent(struct prison_nets *n, int jid, const char *kname)
{
	for (size_t i = 0; n && i < n->nready; i++)
		if (n->ready[i]->jid == jid)
			return ready_strike(n->ready[i], kname);
	return false;
}

static int ready_home(struct ready_net *rn, const char *kname,
		      struct vnet *home, struct err *e)
{
	cleanup_vnet struct vnet *from = NULL;
	int r = ready_open(rn, &from, e);

	if (!r)
		r = if_move(from, kname, home, e);
	if (!r)
		ready_strike(rn, kname);
	return r;
}

void nets_fetch(struct prison_nets *n, struct vnet *home, const char *kname)
{
	for (size_t i = 0; n && i < n->nready; i++)
		for (size_t k = 0; k < n->ready[i]->n; k++)
			if (!n->ready[i]->jid &&
			    !strcmp(n->ready[i]->v[k].name, kname)) {
				ready_home(n->ready[i], kname, home, NULL);
				return;
			}
}

int prison_nets_home(struct prison_nets *n, const struct strv *jails,
		     struct vnet *home, struct err *e)
{
	struct err he = ERR_INIT;
	int first = 0;

	for (size_t i = 0; n && i < jails->n; i++) {
		struct ready_net *rn = ready_of(n, jails->v[i]);

		for (size_t k = rn && !rn->jid ? rn->n : 0; k-- > 0;) {
			char name[16];

			memcpy(name, rn->v[k].name, sizeof(name));
			err_note(e, &first, ready_home(rn, name, home, &he),
				 &he);
		}
	}
	return first;
}

/* --- after it ------------------------------------------------------------ */

int prison_nets_doom(struct prison_nets *n, const char *ifname, int other,
		     struct err *e)
{
	struct doomed *v = reallocarray(n->doomed, n->ndoomed + 1, sizeof(*v));

	if (!v)
		return err_nomem(e);
	n->doomed = v;
	v += n->ndoomed++;
	str_copy(v->name, sizeof(v->name), ifname);
	v->other = other;
	return 0;
}

bool nets_doomed(const struct prison_nets *n, const char *kname, int other)
{
	for (size_t i = 0; n && i < n->ndoomed; i++)
		if (n->doomed[i].other == other &&
		    !strcmp(n->doomed[i].name, kname))
			return true;
	return false;
}

bool nets_hold(struct prison_nets *n, const struct vnet *v)
{
	struct stat st;
	int fd;

	/* by a descriptor it is held with all that is in it */
	if (n->nheld && fstat(n->held[n->nheld - 1], &st) == 0 &&
	    st.st_dev == v->nsdev && st.st_ino == v->nsino)
		return true;
	if (n->nheld == NETS_MAX)
		return false;
	fd = fcntl(v->nsfd, F_DUPFD_CLOEXEC, 3);
	if (fd < 0)
		return false;
	n->held[n->nheld++] = fd;
	return true;
}
