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
#include <string.h>
#include <sys/syscall.h>

/* Preferences of our filters: MONITOR's comes after all mirrors. */
#define PREF_MIRROR 0xcb00
#define MIRRORS 64
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
	uint16_t ours[MIRRORS + 1];
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
	if (pref < PREF_MIRROR || pref > PREF_DROP) {
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

/* Take the hooks away when no filter is left on either. */
static int clsact_tidy(struct vnet *v, int ifindex, struct err *e)
{
	struct hook_scan in, out;
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
		if (s.ours[i] >= PREF_MIRROR + MIRRORS)
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

/* Two instructions: r0 = TC_ACT_SHOT; exit */
static int drop_program(struct err *e)
{
	const struct bpf_insn prog[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = TC_ACT_SHOT},
		{.code = BPF_JMP | BPF_EXIT},
	};
	union bpf_attr attr;
	long fd;

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = BPF_PROG_TYPE_SCHED_CLS;
	attr.insns = (uint64_t)(uintptr_t)prog;
	attr.insn_cnt = ARRAY_SIZE(prog);
	attr.license = (uint64_t)(uintptr_t) "Dual BSD/GPL";
	memcpy(attr.prog_name, "cb_monitor", sizeof("cb_monitor"));
	fd = syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr));
	return fd < 0 ? err_sys(e, errno, "monitor: load filter") : (int)fd;
}

int tc_drop_add(struct vnet *v, int ifindex, struct err *e)
{
	cleanup_close int fd = drop_program(e);
	struct nlattr *opts;
	struct nlm m;
	int r;

	if (fd < 0)
		return fd;
	r = clsact_add(v, ifindex, e);
	if (r < 0)
		return r;
	tc_begin(&m, RTM_NEWTFILTER, NLM_F_CREATE, ifindex,
		 hook_parent(TC_INGRESS), PREF_DROP);
	nlm_put_str(&m, TCA_KIND, "bpf");
	opts = nlm_nest(&m, TCA_OPTIONS);
	nlm_put_u32(&m, TCA_BPF_FD, (uint32_t)fd);
	nlm_put_str(&m, TCA_BPF_NAME, "cb_monitor");
	nlm_put_u32(&m, TCA_BPF_FLAGS, TCA_BPF_FLAG_ACT_DIRECT);
	nlm_nest_end(&m, opts);
	r = nl_talk(v->rt, &m, NULL, NULL);
	return r < 0 ? bsd_err(e, -r, "monitor") : 0;
}

int tc_drop_del(struct vnet *v, int ifindex, struct err *e)
{
	filter_del(v, ifindex, TC_INGRESS, PREF_DROP);
	return clsact_tidy(v, ifindex, e);
}
