/* See tc.h. */
#include "net/tc.h"

#include "base/cleanup.h"
#include "net/bsderr.h"
#include "nl/nl.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <linux/tc_act/tc_mirred.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>

/* Preferences of our filters: MONITOR's comes after all mirrors. */
#define PCP_SHIFT 13
#define PREF_WATCH 0xcaff
#define PREF_MIRROR 0xcb00
#define MIRRORS 64
#define PREF_GRAPH 0xcb80
#define PREF_MEMBER 0xcb90
#define PREF_PCP 0xcbfe
#define PREF_DROP 0xcbff

static uint32_t hook_parent(enum tc_hook hook)
{
	return TC_H_MAKE(TC_H_CLSACT, hook == TC_INGRESS ? TC_H_MIN_INGRESS
							 : TC_H_MIN_EGRESS);
}

static void tc_begin(struct nlm *m, uint16_t type, uint16_t flags, int ifindex,
		     uint32_t parent, uint16_t pref)
{
	struct tcmsg t = {
		.tcm_family = AF_UNSPEC,
		.tcm_ifindex = ifindex,
		.tcm_parent = parent,
		.tcm_info = TC_H_MAKE((uint32_t)pref << 16, htons(ETH_P_ALL)),
	};

	nlm_begin(m, type, flags, &t, sizeof(t));
}

static void clsact_begin(struct nlm *m, uint16_t type, uint16_t flags,
			 int ifindex)
{
	struct tcmsg t = {
		.tcm_family = AF_UNSPEC,
		.tcm_ifindex = ifindex,
		.tcm_parent = TC_H_CLSACT,
		.tcm_handle = TC_H_MAKE(TC_H_CLSACT, 0),
	};

	nlm_begin(m, type, flags, &t, sizeof(t));
	nlm_put_str(m, TCA_KIND, "clsact");
}

static int clsact_add(struct vnet *v, int ifindex, struct err *e)
{
	struct nlm m;
	int r;

	clsact_begin(&m, RTM_NEWQDISC, NLM_F_CREATE | NLM_F_EXCL, ifindex);
	r = nl_talk(v->rt, &m, NULL, NULL);
	if (r == -EEXIST)
		return 0;
	return r < 0 ? bsd_err(e, -r, "clsact") : 0;
}

/* Which filters a hook has: those that are ours, and whether others. */
struct hook_scan {
	uint16_t ours[MIRRORS + 5];
	size_t n;
	bool others;
};

static int scan_cb(const struct nlmsghdr *h, void *data, struct err *e)
{
	const struct tcmsg *t = mnl_nlmsg_get_payload(h);
	struct hook_scan *s = data;
	uint16_t pref;

	(void)e;
	if (h->nlmsg_type != RTM_NEWTFILTER ||
	    mnl_nlmsg_get_payload_len(h) < sizeof(*t))
		return 0;
	pref = (uint16_t)(TC_H_MAJ(t->tcm_info) >> 16);
	if (pref < PREF_WATCH || pref > PREF_DROP) {
		s->others = true;
		return 0;
	}
	for (size_t i = 0; i < s->n; i++)
		if (s->ours[i] == pref)
			return 0;
	if (s->n < ARRAY_SIZE(s->ours))
		s->ours[s->n++] = pref;
	return 0;
}

static void scan_restart(void *data)
{
	*(struct hook_scan *)data = (struct hook_scan){0};
}

static int hook_scan(struct vnet *v, int ifindex, enum tc_hook hook,
		     struct hook_scan *ret, struct err *e)
{
	struct tcmsg t = {.tcm_family = AF_UNSPEC,
			  .tcm_ifindex = ifindex,
			  .tcm_parent = hook_parent(hook)};
	struct nlm m;
	int r;

	*ret = (struct hook_scan){0};
	nlm_begin(&m, RTM_GETTFILTER, 0, &t, sizeof(t));
	r = nl_dump(v->rt, &m, scan_cb, scan_restart, ret, e);
	/* no hooks there, or the interface went away: nothing to see */
	if (r == -EINVAL || r == -ENODEV || r == -EOPNOTSUPP) {
		err_clear(e);
		r = 0;
	}
	return r;
}

static void filter_del(struct vnet *v, int ifindex, enum tc_hook hook,
		       uint16_t pref)
{
	struct nlm m;

	tc_begin(&m, RTM_DELTFILTER, 0, ifindex, hook_parent(hook), pref);
	nl_talk(v->rt, &m, NULL, NULL);
}

static bool has_pref(const struct hook_scan *s, uint16_t pref)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->ours[i] == pref)
			return true;
	return false;
}

/* Take the hooks away when no filter is left on either. */
static int clsact_tidy(struct vnet *v, int ifindex, struct err *e)
{
	struct hook_scan in = {0}, out = {0};
	struct nlm m;
	int r;

	r = hook_scan(v, ifindex, TC_INGRESS, &in, e);
	if (r >= 0)
		r = hook_scan(v, ifindex, TC_EGRESS, &out, e);
	if (r < 0 || in.n || in.others || out.n || out.others)
		return r;
	clsact_begin(&m, RTM_DELQDISC, 0, ifindex);
	nl_talk(v->rt, &m, NULL, NULL);
	return 0;
}

/*
 * u32 is the classifier that every kernel here has; a selector without keys
 * matches frames of any length.
 */
static int mirror_add(struct vnet *v, int ifindex, enum tc_hook hook,
		      uint16_t pref, int target, struct err *e)
{
	struct tc_u32_sel sel = {.flags = TC_U32_TERMINAL};
	struct tc_mirred mir = {.action = TC_ACT_UNSPEC,
				.eaction = TCA_EGRESS_MIRROR,
				.ifindex = (uint32_t)target};
	struct nlattr *opts, *acts, *act, *ao;
	struct nlm m;
	int r;

	tc_begin(&m, RTM_NEWTFILTER, NLM_F_CREATE | NLM_F_EXCL, ifindex,
		 hook_parent(hook), pref);
	nlm_put_str(&m, TCA_KIND, "u32");
	opts = nlm_nest(&m, TCA_OPTIONS);
	nlm_put(&m, TCA_U32_SEL, &sel, sizeof(sel));
	acts = nlm_nest(&m, TCA_U32_ACT);
	act = nlm_nest(&m, 1);
	nlm_put_str(&m, TCA_ACT_KIND, "mirred");
	ao = nlm_nest(&m, TCA_ACT_OPTIONS);
	nlm_put(&m, TCA_MIRRED_PARMS, &mir, sizeof(mir));
	nlm_nest_end(&m, ao);
	nlm_nest_end(&m, act);
	nlm_nest_end(&m, acts);
	nlm_nest_end(&m, opts);
	r = nl_talk(v->rt, &m, NULL, NULL);
	return r < 0 ? bsd_err(e, -r, "mirror filter") : 0;
}

int tc_mirror_set(struct vnet *v, int ifindex, enum tc_hook hook,
		  const int *targets, size_t n, struct err *e)
{
	struct hook_scan s;
	size_t had = 0;
	int r;

	r = hook_scan(v, ifindex, hook, &s, e);
	if (r < 0)
		return r;
	for (size_t i = 0; i < s.n; i++) {
		if (s.ours[i] < PREF_MIRROR ||
		    s.ours[i] >= PREF_MIRROR + MIRRORS)
			continue;
		filter_del(v, ifindex, hook, s.ours[i]);
		had++;
	}
	if (!n)
		return had ? clsact_tidy(v, ifindex, e) : 0;
	if (n > MIRRORS)
		return bsd_err(e, ENOSPC, "mirror filter");
	r = clsact_add(v, ifindex, e);
	for (size_t i = 0; r >= 0 && i < n; i++)
		r = mirror_add(v, ifindex, hook, (uint16_t)(PREF_MIRROR + i),
			       targets[i], e);
	return r;
}

static int load(const char *name, const struct bpf_insn *prog, size_t n,
		struct err *e)
{
	union bpf_attr attr;
	long fd;

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = BPF_PROG_TYPE_SCHED_CLS;
	attr.insns = (uint64_t)(uintptr_t)prog;
	attr.insn_cnt = (uint32_t)n;
	attr.license = (uint64_t)(uintptr_t) "Dual BSD/GPL";
	snprintf(attr.prog_name, sizeof(attr.prog_name), "cb_%s", name);
	fd = syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr));
	return fd < 0 ? err_sys(e, errno, "%s: load filter", name) : (int)fd;
}

/* Two instructions: r0 = TC_ACT_SHOT; exit */
static int drop_program(struct err *e)
{
	const struct bpf_insn prog[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = TC_ACT_SHOT},
		{.code = BPF_JMP | BPF_EXIT},
	};

	return load("monitor", prog, ARRAY_SIZE(prog), e);
}

#define SKB(field) ((int16_t)offsetof(struct __sk_buff, field))
#define LOAD_SKB(field)                                                        \
	{                                                                      \
		.code = BPF_LDX | BPF_W | BPF_MEM, .dst_reg = 2, .src_reg = 1, \
		.off = SKB(field)                                              \
	}
#define SKIP_IF(value, n)                                                      \
	{                                                                      \
		.code = BPF_JMP | BPF_JEQ | BPF_K, .dst_reg = 2, .off = (n),   \
		.imm = (value)                                                 \
	}

/* Has it a tag, in the kernel's place for one or in its bytes, it goes on. */
static int pcp_program(unsigned int pcp, struct err *e)
{
	const struct bpf_insn prog[] = {
		LOAD_SKB(vlan_present),
		SKIP_IF(1, 6),
		LOAD_SKB(protocol),
		SKIP_IF(htons(ETH_P_8021Q), 4),
		SKIP_IF(htons(ETH_P_8021AD), 3),
		{.code = BPF_ALU64 | BPF_MOV | BPF_K,
		 .dst_reg = 2,
		 .imm = htons(ETH_P_8021Q)},
		{.code = BPF_ALU64 | BPF_MOV | BPF_K,
		 .dst_reg = 3,
		 .imm = (int32_t)(pcp << PCP_SHIFT)},
		{.code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_skb_vlan_push},
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = TC_ACT_UNSPEC},
		{.code = BPF_JMP | BPF_EXIT},
	};

	return load("pcp", prog, ARRAY_SIZE(prog), e);
}

/* A program that says what becomes of the packet; one for a preference. */
struct program {
	const char *name;
	enum tc_hook hook;
	uint16_t pref;
	uint32_t handle; /* 0: the only one of its preference */
};

static int program_add(struct vnet *v, int ifindex, const struct program *p,
		       int fd, uint32_t class, struct err *e)
{
	struct tcmsg t = {
		.tcm_family = AF_UNSPEC,
		.tcm_ifindex = ifindex,
		.tcm_parent = hook_parent(p->hook),
		.tcm_handle = p->handle ? p->handle : 1,
		.tcm_info =
			TC_H_MAKE((uint32_t)p->pref << 16, htons(ETH_P_ALL)),
	};
	struct nlattr *opts;
	struct nlm m;
	int r = clsact_add(v, ifindex, e);

	if (r < 0)
		return r;
	nlm_begin(&m, RTM_NEWTFILTER, NLM_F_CREATE | NLM_F_REPLACE, &t,
		  sizeof(t));
	nlm_put_str(&m, TCA_KIND, "bpf");
	opts = nlm_nest(&m, TCA_OPTIONS);
	nlm_put_u32(&m, TCA_BPF_FD, (uint32_t)fd);
	nlm_put_str(&m, TCA_BPF_NAME, p->name);
	if (class)
		nlm_put_u32(&m, TCA_BPF_CLASSID, class);
	nlm_put_u32(&m, TCA_BPF_FLAGS, TCA_BPF_FLAG_ACT_DIRECT);
	nlm_nest_end(&m, opts);
	r = nl_talk(v->rt, &m, NULL, NULL);
	return r < 0 ? bsd_err(e, -r, "%s", p->name) : 0;
}

static int program_del(struct vnet *v, int ifindex, const struct program *p,
		       struct err *e)
{
	filter_del(v, ifindex, p->hook, p->pref);
	return clsact_tidy(v, ifindex, e);
}

static const struct program watch = {"cb_watch", TC_INGRESS, PREF_WATCH, 0};
static const struct program drop = {"cb_monitor", TC_INGRESS, PREF_DROP, 0};
static const struct program pcp_tag = {"cb_pcp", TC_EGRESS, PREF_PCP, 0};
static const struct program member_in = {"cb_member", TC_INGRESS, PREF_MEMBER,
					 0};
static const struct program member_out = {"cb_member", TC_EGRESS, PREF_MEMBER,
					  0};

int tc_watch_add(struct vnet *v, int ifindex, int fd, struct err *e)
{
	return program_add(v, ifindex, &watch, fd, 0, e);
}

int tc_watch_del(struct vnet *v, int ifindex, struct err *e)
{
	return program_del(v, ifindex, &watch, e);
}

int tc_drop_add(struct vnet *v, int ifindex, struct err *e)
{
	cleanup_close int fd = drop_program(e);

	return fd < 0 ? fd : program_add(v, ifindex, &drop, fd, 0, e);
}

int tc_drop_del(struct vnet *v, int ifindex, struct err *e)
{
	return program_del(v, ifindex, &drop, e);
}

int tc_pcp_add(struct vnet *v, int ifindex, unsigned int pcp, struct err *e)
{
	cleanup_close int fd = pcp_program(pcp, e);

	return fd < 0 ? fd : program_add(v, ifindex, &pcp_tag, fd, 0, e);
}

int tc_pcp_del(struct vnet *v, int ifindex, struct err *e)
{
	return program_del(v, ifindex, &pcp_tag, e);
}

/* --- members of bridges -------------------------------------------------- */

int tc_member_add(struct vnet *v, int member, int bridge,
		  const struct tc_member_fds *fds, struct err *e)
{
	const struct program up = {"cb_member", TC_INGRESS, PREF_MEMBER,
				   (uint32_t)member};
	int r;

	/* who takes in comes before who sends there */
	r = program_add(v, member, &member_in, fds->in, 0, e);
	if (r >= 0)
		r = program_add(v, bridge, &up, fds->up, 0, e);
	if (r >= 0)
		r = program_add(v, member, &member_out, fds->out, 0, e);
	return r;
}

int tc_member_del(struct vnet *v, int member, int bridge, bool *ret_last,
		  struct err *e)
{
	struct tcmsg t = {
		.tcm_family = AF_UNSPEC,
		.tcm_ifindex = bridge,
		.tcm_parent = hook_parent(TC_INGRESS),
		.tcm_handle = (uint32_t)member,
		.tcm_info = TC_H_MAKE((uint32_t)PREF_MEMBER << 16,
				      htons(ETH_P_ALL)),
	};
	struct hook_scan before = {0}, s = {0};
	struct nlm m;
	int r;

	r = program_del(v, member, &member_out, e);
	if (r >= 0)
		r = hook_scan(v, bridge, TC_INGRESS, &before, e);
	if (r < 0)
		return r;
	nlm_begin(&m, RTM_DELTFILTER, 0, &t, sizeof(t));
	nlm_put_str(&m, TCA_KIND, "bpf");
	nl_talk(v->rt, &m, NULL, NULL);
	r = hook_scan(v, bridge, TC_INGRESS, &s, e);
	*ret_last =
		has_pref(&before, PREF_MEMBER) && !has_pref(&s, PREF_MEMBER);
	if (r >= 0)
		r = clsact_tidy(v, bridge, e);
	return r < 0 ? r : program_del(v, member, &member_in, e);
}

/* --- netgraph ------------------------------------------------------------ */

int tc_graph_set(struct vnet *v, int ifindex, enum tc_hook hook, int prog_fd,
		 uint32_t class, struct err *e)
{
	const struct program p = {"cb_netgraph", hook, PREF_GRAPH, 0};

	return program_add(v, ifindex, &p, prog_fd, class, e);
}

int tc_graph_del(struct vnet *v, int ifindex, bool ingress, bool egress,
		 struct err *e)
{
	if (ingress)
		filter_del(v, ifindex, TC_INGRESS, PREF_GRAPH);
	if (egress)
		filter_del(v, ifindex, TC_EGRESS, PREF_GRAPH);
	return clsact_tidy(v, ifindex, e);
}

struct hooked {
	int *index;
	size_t n, room;
};

static int hooked_cb(const struct nlmsghdr *h, void *data, struct err *e)
{
	const struct tcmsg *t = mnl_nlmsg_get_payload(h);
	struct hooked *s = data;
	int *more;

	if (h->nlmsg_type != RTM_NEWQDISC ||
	    mnl_nlmsg_get_payload_len(h) < sizeof(*t) ||
	    t->tcm_parent != TC_H_CLSACT)
		return 0;
	if (s->n == s->room) {
		s->room = s->room ? 2 * s->room : 64;
		more = realloc(s->index, s->room * sizeof(*more));
		if (!more)
			return err_nomem(e);
		s->index = more;
	}
	s->index[s->n++] = t->tcm_ifindex;
	return 0;
}

static void hooked_restart(void *data)
{
	((struct hooked *)data)->n = 0;
}

int tc_graph_each(struct vnet *v, tc_graph_fn *fn, void *arg, struct err *e)
{
	struct tcmsg t = {.tcm_family = AF_UNSPEC};
	struct hooked s = {0};
	struct nlm m;
	int r;

	nlm_begin(&m, RTM_GETQDISC, 0, &t, sizeof(t));
	r = nl_dump(v->rt, &m, hooked_cb, hooked_restart, &s, e);
	for (size_t i = 0; r >= 0 && i < s.n; i++)
		r = fn(v, s.index[i], arg, e);
	free(s.index);
	return r;
}
