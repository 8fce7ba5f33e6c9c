/* See rcdad.h. */
#include "rc/rcdad.h"

#include "base/cancel.h"
#include "base/cleanup.h"
#include "net/dad.h"
#include "net/ifnet.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if.h>
#include <linux/if_addr.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define DAD_POLL_MS 25

bool rcdad_concerns(const struct fact *f)
{
	return (f->kind == FACT_ADDR && strchr(f->key, ':')) ||
	       (f->kind == FACT_IP6 && !strcmp(f->value, "-ifdisabled"));
}

static const struct if_addr *addr_of(const struct ifnet *ifp,
				     const struct fact *f)
{
	char text[INET6_ADDRSTRLEN + 8], a[INET6_ADDRSTRLEN];

	for (size_t i = 0; i < ifp->naddrs; i++) {
		if (ifp->addrs[i].family != AF_INET6 ||
		    !inet_ntop(AF_INET6, &ifp->addrs[i].addr.in6, a, sizeof(a)))
			continue;
		snprintf(text, sizeof(text), "%s/%d", a, ifp->addrs[i].plen);
		if (!strcmp(text, f->key))
			return &ifp->addrs[i];
	}
	return NULL;
}

/* A link-local address comes by itself when IPv6 is turned on. */
static const struct if_addr *tentative(const struct ifnet *ifp)
{
	for (size_t i = 0; i < ifp->naddrs; i++)
		if (ifp->addrs[i].family == AF_INET6 &&
		    (ifp->addrs[i].flags & IFA_F_TENTATIVE) &&
		    !(ifp->addrs[i].flags & IFA_F_DADFAILED))
			return &ifp->addrs[i];
	return NULL;
}

/* 1: some address is still checked; -EADDRINUSE: f is a duplicate. */
static int look(struct vnet *v, const struct facts *facts,
		const struct fact **ret_bad, struct err *e)
{
	cleanup_ifnets struct ifnets ifs = {0};
	int r = ifnets_load(v, &ifs, e);
	bool pending = false;

	for (size_t i = 0; r >= 0 && i < facts->n; i++) {
		const struct fact *f = &facts->v[i];
		struct ifnet *ifp = ifnets_find(&ifs, f->ifname);
		const struct if_addr *a = !ifp ? NULL
					  : f->kind == FACT_IP6
						  ? tentative(ifp)
						  : addr_of(ifp, f);

		if (!a)
			continue; /* in a jail by now, or taken off again */
		if (a->flags & IFA_F_DADFAILED) {
			*ret_bad = f;
			return err_set(e, EADDRINUSE,
				       "%s: duplicate address on the link",
				       f->key);
		}
		/* without a carrier the check does not begin */
		if ((a->flags & IFA_F_TENTATIVE) && dad_begins(&ifs, ifp))
			pending = true;
	}
	return r < 0 ? r : pending;
}

int rcdad_wait(struct vnet *v, const struct facts *facts,
	       const struct fact **ret_bad, struct err *e)
{
	const struct timespec t = {.tv_nsec = DAD_POLL_MS * 1000000L};
	int r = 0;

	if (!v || !facts->n)
		return 0;
	for (int n = 0; n < DAD_MAX_MS / DAD_POLL_MS; n++) {
		r = look(v, facts, ret_bad, e);
		if (r <= 0)
			return r;
		if (cancel_asked())
			return err_set(e, ECANCELED, "interrupted");
		nanosleep(&t, NULL);
	}
	return 0;
}
