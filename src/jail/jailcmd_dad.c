/*
 * jailcmd_dad: a jail's IPv6 addresses are fit for use when its commands run.
 *
 * Theory of operation.  An address that the kernel is still checking can not
 * be bound to.  On a wire that takes one to two seconds, so a job sleeps for
 * it while others go on: one netlink socket a run tells of changed addresses,
 * one request then says which are still being checked.  Somebody else has the
 * address: the jail does not start.  Without a carrier there is no check, and
 * one that does not end is given up, with a line.  Addresses of interfaces
 * that lead nowhere outside are made without any (net/dad.h).
 */
#include "jail/jailcmd_int.h"

#include "base/cleanup.h"
#include "net/dad.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

static int duplicate(struct jailrun *run, const struct jailjob *j,
		     const struct dad *d)
{
	char text[INET6_ADDRSTRLEN], name[IFNAMSIZ] = "?";

	inet_ntop(AF_INET6, &d->addr, text, sizeof(text));
	vnet_ifname(run->vnet, d->index, name);
	jailjob_error(run, j,
		      "ip6.addr %s on %s: duplicate address: somebody else on "
		      "the link has it",
		      text, name);
	return -EADDRINUSE;
}

/* Is it worth waiting for? */
static bool begins(const struct ifnets *ifs, int index)
{
	struct ifnet *ifp = ifnets_by_index(ifs, index);

	return ifp && dad_begins(ifs, ifp);
}

/* What of the job's addresses is being checked, into j->dad. */
static int gather(struct jailrun *run, struct jailjob *j, struct err *e)
{
	const struct jparam *p = pset_find(&j->params, "ip6.addr");
	cleanup_ifnets struct ifnets ifs = {0};
	cleanup_dads struct dads all = {0};
	int r = dads_load(run->vnet, &all, e);

	if (!r && all.n)
		r = ifnets_load(run->vnet, &ifs, e);
	if (!r && all.n && !(j->dad = calloc(p->values.n, sizeof(*j->dad))))
		r = err_nomem(e);
	for (size_t i = 0; r >= 0 && i < p->values.n; i++) {
		struct in6_addr a;
		const struct dad *d;

		if (inet_pton(AF_INET6, p->values.v[i], &a) != 1)
			continue;
		d = dads_find(&all, &a, 0);
		if (!d)
			continue;
		if (d->failed)
			return duplicate(run, j, d);
		if (begins(&ifs, d->index))
			j->dad[j->ndad++] = *d;
	}
	if (r < 0)
		jailjob_error(run, j, "%s", e->text);
	return r < 0 ? r : 0;
}

/* The socket that tells, with the run itself as its tag. */
static int listen_for(struct jailrun *run, struct err *e)
{
	struct epoll_event ev = {.events = EPOLLIN, .data.ptr = run};
	int r;

	if (run->dad)
		return 0;
	r = nl_open(NETLINK_ROUTE, run->vnet->nsfd, &run->dad, e);
	if (!r)
		r = nl_join(run->dad, RTNLGRP_IPV6_IFADDR, e);
	if (!r && epoll_ctl(run->epfd, EPOLL_CTL_ADD, nl_fd(run->dad), &ev) < 0)
		r = err_sys(e, errno, "epoll_ctl");
	return r;
}

static void dad_free(struct jailjob *j)
{
	free(j->dad);
	j->dad = NULL;
	j->ndad = 0;
	free(j->line);
	j->line = NULL;
	j->deadline = 0;
}

/* 1: something is being checked still; -EADDRINUSE, told of. */
static int look(struct jailrun *run, const struct jailjob *j,
		const struct dads *all, bool tell)
{
	int r = 0;

	for (size_t i = 0; i < j->ndad; i++) {
		const struct dad *d =
			dads_find(all, &j->dad[i].addr, j->dad[i].index);

		if (!d)
			continue;
		if (d->failed)
			return tell ? duplicate(run, j, d) : -EADDRINUSE;
		r = 1;
	}
	return r;
}

int jailjob_dad(struct jailrun *run, struct jailjob *j, const char *value)
{
	const struct jparam *p = pset_find(&j->params, "ip6.addr");
	struct err e = ERR_INIT;
	int r = 0;

	(void)value;
	if (!p || !p->values.n)
		return 0;
	if (!run->vnet)
		r = vnet_open(-1, VNET_STATEDIR, &run->vnet, &e);
	/* first, so that nothing changes between the look and the wait */
	if (!r)
		r = listen_for(run, &e);
	if (r < 0) {
		jailjob_error(run, j, "%s", e.text);
		return r;
	}
	r = gather(run, j, &e);
	if (r < 0 || !j->ndad) {
		dad_free(j);
		return r;
	}
	j->line = strdup("duplicate address detection");
	j->flags |= JOB_DAD;
	j->since = jailrun_now();
	j->deadline = j->since + DAD_MAX_MS;
	jailjob_queue(run, j, QUEUE_SLEEP);
	return STEP_WAIT;
}

void jailrun_dad(struct jailrun *run)
{
	cleanup_dads struct dads all = {0};
	struct jailjob *j, *next;
	char buf[8192];

	/* what it says does not matter, nor does what was lost */
	while (recv(nl_fd(run->dad), buf, sizeof(buf), MSG_DONTWAIT) >= 0 ||
	       errno == ENOBUFS || errno == EINTR)
		;
	if (dads_load(run->vnet, &all, NULL) < 0)
		return;
	for (j = TAILQ_FIRST(&run->queues[QUEUE_SLEEP]); j; j = next) {
		next = TAILQ_NEXT(j, link);
		if ((j->flags & JOB_DAD) && look(run, j, &all, false) <= 0)
			jailjob_queue(run, j, QUEUE_READY);
	}
}

int jailjob_dad_end(struct jailrun *run, struct jailjob *j)
{
	cleanup_dads struct dads all = {0};
	struct err e = ERR_INIT;
	int r;

	j->flags &= ~(unsigned int)JOB_DAD;
	if (j->flags & JOB_CANCEL) {
		jailjob_error(run, j, "interrupted");
		dad_free(j);
		return -1;
	}
	r = dads_load(run->vnet, &all, &e);
	if (r < 0)
		jailjob_error(run, j, "%s", e.text);
	else
		r = look(run, j, &all, true);
	if (r > 0)
		jailjob_warn(run, j,
			     "duplicate address detection of its IPv6 "
			     "addresses does not end: not waited for");
	dad_free(j);
	return r < 0 ? -1 : 0;
}
