/* See gate.h. */
#include "pf/gate.h"

#include "base/cleanup.h"
#include "net/ifnet.h"
#include "pf/nft_gen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SET PF_GATES_SET
#define TABLE 0x70660000u /* of gate 0; "pf" */
/* Behind the local table's (0), before the main table's (32766). */
#define PREF_WAY 900
#define PREF_ELSE 901
#define LEFT_MAX 16 /* rules of one number */

static const sa_family_t families[] = {AF_INET, AF_INET6};

static size_t addr_len(sa_family_t af)
{
	return af == AF_INET6 ? 16 : 4;
}

/* numbers */

static bool same_gate(const struct pf_gate *a, const struct pf_gate *b)
{
	if (a->kind != b->kind)
		return false;
	if (a->kind == PF_GATE_FIB)
		return a->fib == b->fib;
	return strcmp(a->ifname, b->ifname) == 0 && a->af == b->af &&
	       (!a->af || memcmp(a->addr.b, b->addr.b, addr_len(a->af)) == 0);
}

unsigned int pf_gate_find(const struct pf_gates *g, const struct pf_gate *gate)
{
	unsigned int k;

	for (k = 1; k <= PF_GATES; k++)
		if (g->v[k].kind && same_gate(&g->v[k], gate))
			return k;
	return 0;
}

unsigned int pf_gate_add(struct pf_gates *g, const struct pf_gate *gate)
{
	unsigned int k, to = 0;

	/* one that has never been is better than one that states may have */
	for (k = 1; k <= PF_GATES; k++) {
		if (!g->v[k].kind) {
			to = k;
			break;
		}
		if (!to && !g->v[k].used)
			to = k;
	}
	if (to)
		g->v[to] = *gate;
	return to;
}

/* the set: userdata "I em0 10.0.0.1" (N: neighbour), "I em0 -" or "F 7" */

static void gate_text(const struct pf_gate *gate, char *buf, size_t size)
{
	char addr[INET6_ADDRSTRLEN] = "-";

	if (gate->kind == PF_GATE_FIB) {
		snprintf(buf, size, "F %u", gate->fib);
		return;
	}
	if (gate->af)
		inet_ntop(gate->af, gate->addr.b, addr, sizeof(addr));
	snprintf(buf, size, "%c %s %s", gate->neighbour ? 'N' : 'I',
		 gate->ifname, addr);
}

static bool read_addr(const char *s, struct pf_gate *to)
{
	size_t i;

	if (strcmp(s, "-") == 0)
		return true;
	for (i = 0; i < ARRAY_SIZE(families); i++)
		if (inet_pton(families[i], s, to->addr.b) == 1) {
			to->af = families[i];
			return true;
		}
	return false;
}

/* Written above, but a jail's root may have written something else. */
static bool read_gate(const char *s, struct pf_gate *ret)
{
	struct pf_gate to = {.kind = PF_GATE_IF};
	char addr[INET6_ADDRSTRLEN], kind;
	long long n;

	if (strncmp(s, "F ", 2) == 0) {
		if (str_to_int(s + 2, 1, UINT16_MAX, &n) < 0)
			return false;
		to.kind = PF_GATE_FIB;
		to.fib = (uint32_t)n;
	} else if (sscanf(s, "%c %15s %45s", &kind, to.ifname, addr) != 3 ||
		   !read_addr(addr, &to)) {
		return false;
	} else {
		to.neighbour = kind == 'N';
	}
	*ret = to;
	return true;
}

static int take_gate(const struct nft_elem *el, void *data, struct err *e)
{
	struct pf_gates *g = data;
	char text[80];
	uint32_t k;

	(void)e;
	if (el->klen != sizeof(k) || el->udata_len >= sizeof(text) ||
	    !el->udata)
		return 0;
	memcpy(&k, el->key, sizeof(k));
	memcpy(text, el->udata, el->udata_len);
	text[el->udata_len] = '\0';
	if (k >= 1 && k <= PF_GATES)
		read_gate(text, &g->v[k]);
	return 0;
}

static void forget(void *data)
{
	memset(data, 0, sizeof(struct pf_gates));
}

int pf_gates_read(struct nl *nf, struct pf_gates *ret, struct err *e)
{
	int r = nft_each_elem(nf, SET, take_gate, forget, ret, e);

	if (r != -ENOENT)
		return r;
	err_clear(e);
	return 0;
}

void pf_gates_put(struct nfb *b, const struct pf_gates *g)
{
	char text[80];
	uint32_t k;

	nfb_set(b, &(struct nfb_set){
			   .name = SET, .ktype = NFB_TYPE_INT, .klen = 4});
	nfb_elems(b, SET, false);
	for (k = 1; k <= PF_GATES; k++) {
		if (!g->v[k].kind)
			continue;
		gate_text(&g->v[k], text, sizeof(text));
		nfb_elem(b, &(struct nfb_elem){.key = &k,
					       .klen = sizeof(k),
					       .udata = text,
					       .udata_len =
						       (uint32_t)strlen(text)});
	}
	nfb_elems_end(b);
}

/* routing */

static uint32_t mark_of(unsigned int k)
{
	return GEN_ROUTE_WAY | k << GEN_ROUTE_SHIFT;
}

static bool has_family(const struct pf_gate *gate, sa_family_t af)
{
	return gate->kind == PF_GATE_FIB || !gate->af || gate->af == af;
}

static int rule_talk(const struct vnet *v, bool add, sa_family_t af,
		     unsigned int k, uint32_t pref, uint32_t table,
		     uint8_t action, struct err *e)
{
	const struct fib_rule_hdr h = {.family = (uint8_t)af,
				       .table = RT_TABLE_UNSPEC,
				       .action = action};
	struct nlm m;

	nlm_begin(&m, add ? RTM_NEWRULE : RTM_DELRULE,
		  add ? NLM_F_CREATE | NLM_F_EXCL : 0, &h, sizeof(h));
	nlm_put_u32(&m, FRA_PRIORITY, pref);
	nlm_put_u32(&m, FRA_FWMARK, mark_of(k));
	nlm_put_u32(&m, FRA_FWMASK, GEN_ROUTE_MASK);
	if (table)
		nlm_put_u32(&m, FRA_TABLE, table);
	if (add)
		nlm_put_u8(&m, FRA_PROTOCOL, RTPROT_STATIC);
	return nl_talk(v->rt, &m, e, "policy routing");
}

static int route_talk(const struct vnet *v, bool add, sa_family_t af,
		      unsigned int k, const struct pf_gate *gate, int oif,
		      struct err *e)
{
	const struct rtmsg rt = {
		.rtm_family = (uint8_t)af,
		.rtm_table = RT_TABLE_UNSPEC,
		.rtm_protocol = add ? RTPROT_STATIC : RTPROT_UNSPEC,
		.rtm_scope = !add	? RT_SCOPE_NOWHERE
			     : gate->af ? RT_SCOPE_UNIVERSE
					: RT_SCOPE_LINK,
		.rtm_type = add ? RTN_UNICAST : RTN_UNSPEC,
		/* pf asks nobody whether the next hop is in the net */
		.rtm_flags = add && gate->af ? RTNH_F_ONLINK : 0,
	};
	struct nlm m;

	nlm_begin(&m, add ? RTM_NEWROUTE : RTM_DELROUTE,
		  add ? NLM_F_CREATE | NLM_F_REPLACE : 0, &rt, sizeof(rt));
	nlm_put_u32(&m, RTA_TABLE, TABLE | k);
	if (add) {
		nlm_put_u32(&m, RTA_OIF, (uint32_t)oif);
		if (gate->af)
			nlm_put(&m, RTA_GATEWAY, gate->addr.b, addr_len(af));
	}
	return nl_talk(v->rt, &m, e, "route");
}

/*
 * A packet that leaves through another interface's egress hook for a next hop
 * whose address is not known would wait for it and then go where it came from:
 * the kernel is asked to keep the address known.
 */
#ifndef NTF_EXT_MANAGED
#define NTF_EXT_MANAGED (1u << 0)
#endif
static void neighbour_talk(const struct vnet *v, bool add,
			   const struct pf_gate *gate, int oif)
{
	const struct ndmsg nd = {.ndm_family = (uint8_t)gate->af,
				 .ndm_ifindex = oif};
	struct nlm m;

	if (!gate->af)
		return;
	nlm_begin(&m, add ? RTM_NEWNEIGH : RTM_DELNEIGH,
		  add ? NLM_F_CREATE | NLM_F_REPLACE : 0, &nd, sizeof(nd));
	nlm_put(&m, NDA_DST, gate->addr.b, addr_len(gate->af));
	if (add)
		nlm_put_u32(&m, NDA_FLAGS_EXT, NTF_EXT_MANAGED);
	/* point-to-point interfaces have none, and need none */
	nl_talk(v->rt, &m, NULL, NULL);
}

/*
 * Answers of a gate's side come in on an interface that the ordinary route to
 * their sender does not name; a strict filter would drop them.
 */
static void loosen(const struct vnet *v, const char *kname)
{
	static const char all[] = "ipv4/conf/all/rp_filter";
	char path[64];

	snprintf(path, sizeof(path), "ipv4/conf/%s/rp_filter", kname);
	if (vnet_sysctl_get(v, all, 0) == 1 || vnet_sysctl_get(v, path, 0) == 1)
		vnet_sysctl_set(v, path, 2, NULL);
}

static void close_family(const struct vnet *v, sa_family_t af, unsigned int k)
{
	static const struct pf_gate none;

	rule_talk(v, false, af, k, PREF_WAY, 0, FR_ACT_UNSPEC, NULL);
	rule_talk(v, false, af, k, PREF_ELSE, 0, FR_ACT_UNSPEC, NULL);
	route_talk(v, false, af, k, &none, 0, NULL);
}

/* What a loader has left that was killed before its rules were in force. */
static void clear_number(const struct vnet *v, unsigned int k)
{
	for (size_t i = 0; i < ARRAY_SIZE(families); i++)
		for (int n = 0; n < LEFT_MAX; n++)
			if (rule_talk(v, false, families[i], k, PREF_WAY, 0,
				      FR_ACT_UNSPEC, NULL) < 0)
				break;
}

static void close_gate(const struct vnet *v, unsigned int k,
		       const struct pf_gate *gate)
{
	int oif = 0;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(families); i++)
		if (has_family(gate, families[i]))
			close_family(v, families[i], k);
	if (gate->kind == PF_GATE_IF)
		oif = vnet_ifindex(v, gate->ifname);
	if (oif && gate->neighbour)
		neighbour_talk(v, false, gate, oif);
}

static int open_family(const struct vnet *v, sa_family_t af, unsigned int k,
		       const struct pf_gate *gate, struct err *e)
{
	const bool fib = gate->kind == PF_GATE_FIB;
	int r;

	/* what drops first: no packet takes the ordinary way meanwhile */
	r = rule_talk(v, true, af, k, PREF_ELSE, 0,
		      fib ? FR_ACT_UNREACHABLE : FR_ACT_BLACKHOLE, e);
	if (r == 0 || r == -EEXIST)
		r = rule_talk(v, true, af, k, PREF_WAY,
			      fib ? gate->fib : TABLE | k, FR_ACT_TO_TBL, e);
	if (r != -EEXIST)
		return r;
	err_clear(e);
	return 0;
}

static int open_gate(const struct vnet *v, unsigned int k,
		     const struct pf_gate *gate, const struct report *report_to,
		     struct err *e)
{
	const bool fib = gate->kind == PF_GATE_FIB;
	int oif = fib ? 0 : vnet_ifindex(v, gate->ifname), r;
	bool dead = !fib && !oif;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(families); i++) {
		if (!has_family(gate, families[i]))
			continue;
		r = open_family(v, families[i], k, gate, e);
		/* without IPv6 there is nothing to route of it */
		if (r == -EAFNOSUPPORT && gate->af != AF_INET6) {
			err_clear(e);
			continue;
		}
		if (r == -EOPNOTSUPP || r == -EAFNOSUPPORT)
			return err_set(e, EOPNOTSUPP,
				       "route-to, reply-to and rtable need the "
				       "kernel's CONFIG_IP%s_MULTIPLE_TABLES",
				       families[i] == AF_INET6 ? "V6" : "");
		if (r < 0)
			return r;
		if (oif &&
		    route_talk(v, true, families[i], k, gate, oif, NULL) < 0)
			dead |= gate->af == families[i] ||
				families[i] == AF_INET;
	}
	if (oif && gate->neighbour)
		neighbour_talk(v, true, gate, oif);
	if (oif)
		loosen(v, ifname_to_kernel(gate->ifname));
	if (dead && gate->used)
		report(report_to, REPORT_WARN,
		       "%s is not up: what is routed to it is dropped",
		       gate->ifname);
	return 0;
}

int pf_gates_open(const struct vnet *v, const struct pf_gates *old,
		  const struct pf_gates *now, const struct report *r,
		  struct err *e)
{
	unsigned int k;
	int n;

	for (k = 1; k <= PF_GATES; k++) {
		if (!now->v[k].kind)
			continue;
		/* its number was another's */
		if (old->v[k].kind && !same_gate(&old->v[k], &now->v[k]))
			close_gate(v, k, &old->v[k]);
		else if (!old->v[k].kind)
			clear_number(v, k);
		n = open_gate(v, k, &now->v[k], r, e);
		if (n < 0)
			return n;
	}
	return 0;
}

void pf_gates_close(const struct vnet *v, const struct pf_gates *old,
		    const struct pf_gates *now)
{
	unsigned int k;

	for (k = 1; k <= PF_GATES; k++)
		if (old->v[k].kind && !now->v[k].kind)
			close_gate(v, k, &old->v[k]);
}
