/*
 * bridge_span: span ports.
 *
 * A span port gets one copy of each frame that goes through the bridge.  A
 * frame enters either by a member or from the host's own stack, so a mirror
 * on the ingress of every member and one on the egress of the bridge interface
 * see each frame exactly once, however many members it is then sent to
 * (egress of the bridge interface is what the host sends; what is forwarded
 * does not pass it).  The span port itself is no member: nothing that comes in
 * there is bridged.
 *
 * The bridge's state file lists the ports by index, the port's names the
 * bridge.  Mirrors of a member that is moved or destroyed go with it, mirrors
 * to a port that is gone do nothing; span_sync() makes all of them true again.
 */
#include "net/bridge_impl.h"

#include "base/cleanup.h"
#include "net/bridge_host.h"
#include "net/bsderr.h"
#include "net/ifstate.h"
#include "net/kind.h"
#include "net/link.h"
#include "net/tc.h"

#include <errno.h>
#include <linux/if_arp.h>
#include <string.h>

/* Ports that were destroyed behind our back are no more. */
static void drop_dead(struct vnet *v, struct ifstate *s)
{
	char name[IFNAMSIZ];
	size_t o = 0;

	for (size_t i = 0; i < s->nspans; i++)
		if (vnet_ifname(v, s->spans[i], name))
			s->spans[o++] = s->spans[i];
	s->nspans = o;
}

int span_sync(struct vnet *v, int bridge, int member, struct err *e)
{
	cleanup_members struct bridge_members members = {0};
	cleanup_ifstate struct ifstate s = {0};
	int r;

	r = ifstate_get(v, bridge, &s, e);
	if (r < 0)
		return r;
	drop_dead(v, &s);
	if (member)
		return tc_mirror_set(v, member, TC_INGRESS, s.spans, s.nspans,
				     e);
	r = bridge_members_load(v, bridge, &members, e);
	for (size_t i = 0; r >= 0 && i < members.n; i++)
		r = tc_mirror_set(v, members.v[i], TC_INGRESS, s.spans,
				  s.nspans, e);
	if (r >= 0)
		r = tc_mirror_set(v, bridge, TC_EGRESS, s.spans, s.nspans, e);
	return r;
}

int span_clear(struct vnet *v, int member, struct err *e)
{
	return tc_mirror_set(v, member, TC_INGRESS, NULL, 0, e);
}

struct span_change {
	struct vnet *v;
	int port;
};

static int put_span(struct ifstate *s, void *data, struct err *e)
{
	const struct span_change *c = data;

	drop_dead(c->v, s);
	if (s->nspans >= IFSTATE_MAX_SPANS)
		return bsd_err(e, ENOSPC, "BRDGADDS");
	s->spans[s->nspans++] = c->port;
	return 0;
}

static int drop_span(struct ifstate *s, void *data, struct err *e)
{
	int index = *(const int *)data;
	size_t o = 0;

	(void)e;
	for (size_t i = 0; i < s->nspans; i++)
		if (s->spans[i] != index)
			s->spans[o++] = s->spans[i];
	s->nspans = o;
	return 0;
}

static int put_span_of(struct ifstate *s, void *data, struct err *e)
{
	(void)e;
	s->span_of = *(const int *)data;
	return 0;
}

/* Take a port off the list and its mirrors down, as far as possible. */
static int span_remove(struct vnet *v, int bridge, int port, struct err *e)
{
	int none = 0, r, r2;

	r = ifstate_update(v, bridge, drop_span, &port, e);
	r2 = ifstate_update(v, port, put_span_of, &none, r < 0 ? NULL : e);
	if (r >= 0)
		r = r2;
	r2 = span_sync(v, bridge, 0, r < 0 ? NULL : e);
	return r < 0 ? r : r2;
}

int bridge_span(struct vnet *v, const char *bridge, const char *port,
		struct err *e)
{
	cleanup_ifnet struct ifnet br = {0}, ifp = {0};
	struct span_change change;
	int r;

	r = bridge_get(v, bridge, &br, e, "BRDGADDS %s", port);
	if (r < 0)
		return r;
	if (ifnet_link(v, port, &ifp, NULL) < 0)
		return bsd_err(e, ENOENT, "BRDGADDS %s", port);
	if (!ifp.kind->ethernet || ifp.arptype != ARPHRD_ETHER || ifp.is_bridge)
		return bsd_err(e, EINVAL, "BRDGADDS %s", port);
	if (ifp.master || ifp.span_of)
		return bsd_err(e, EBUSY, "BRDGADDS %s", port);
	change = (struct span_change){v, ifp.index};
	r = ifstate_update(v, br.index, put_span, &change, e);
	if (r >= 0)
		r = ifstate_update(v, ifp.index, put_span_of, &br.index, e);
	if (r >= 0)
		r = span_sync(v, br.index, 0, e);
	if (r < 0) {
		span_remove(v, br.index, ifp.index, NULL);
		return err_wrap(e, "BRDGADDS %s", port);
	}
	return 0;
}

int bridge_unspan(struct vnet *v, const char *bridge, const char *port,
		  struct err *e)
{
	cleanup_ifnet struct ifnet br = {0}, ifp = {0};
	int r;

	r = bridge_get(v, bridge, &br, e, "BRDGDELS %s", port);
	if (r < 0)
		return r;
	if (ifnet_link(v, port, &ifp, NULL) < 0 || ifp.span_of != br.index)
		return bsd_err(e, ENOENT, "BRDGDELS %s", port);
	r = span_remove(v, br.index, ifp.index, e);
	return r < 0 ? err_wrap(e, "BRDGDELS %s", port) : 0;
}

/* The bridge goes: its members lose their mirrors, its span ports the note. */
static int forget_bridge(struct vnet *v, const struct ifnet *br, struct err *e)
{
	cleanup_ifstate struct ifstate s = {0};
	int r;

	r = ifstate_get(v, br->index, &s, e);
	for (size_t i = 0; r >= 0 && i < s.nspans; i++)
		r = span_remove(v, br->index, s.spans[i], e);
	return r;
}

static void leave(struct vnet *v, const struct ifnet *ifp)
{
	cleanup_ifnet struct ifnet br = {0};

	if (ifnet_link_any(v, NULL, ifp->master, &br, NULL) >= 0)
		bridge_host_leave(v, &br, ifp->index, NULL);
}

int bridge_forget(struct vnet *v, const struct ifnet *ifp, struct err *e)
{
	char name[IFNAMSIZ];
	int r;

	if (ifp->is_bridge)
		return forget_bridge(v, ifp, e);
	if (ifp->is_port)
		leave(v, ifp);
	if (!ifp->span_of)
		return 0;
	/* a note in a state file may speak of a bridge that is no more */
	if (!vnet_ifname(v, ifp->span_of, name))
		return 0;
	r = span_remove(v, ifp->span_of, ifp->index, e);
	return r < 0 ? err_wrap(e, "BRDGDELS %s", ifp->name) : 0;
}
