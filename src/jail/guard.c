/* guard: see guard.h. */
#include "jail/guard.h"

#include "base/cleanup.h"
#include "jail/guard_table.h"
#include "jail/param.h"
#include "jail/prison_int.h"
#include "jail/rights.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* --- parameters to conditions -------------------------------------------- */

/* Rights that are one condition. */
static const struct {
	const char *param;
	uint32_t when;
} rights[] = {
	{"allow.socket_af", GUARD_AF},
	{"allow.raw_sockets", GUARD_RAW},
	{"allow.unprivileged_proc_debug", GUARD_DEBUG},
	{"allow.mlock", GUARD_MLOCK},
	{"allow.read_msgbuf", GUARD_MSGBUF},
	{"allow.settime", GUARD_TIME},
	{"allow.quotas", GUARD_QUOTAS},
	{"allow.set_hostname", GUARD_HOSTNAME},
};

static const struct {
	const char *param;
	uint32_t when;
} ipcs[] = {
	{"sysvmsg", GUARD_MSG},
	{"sysvsem", GUARD_SEM},
	{"sysvshm", GUARD_SHM},
};

uint32_t guard_conditions(const struct pset *params)
{
	unsigned int mount = rights_mount(params);
	int level = rights_securelevel(params);
	uint32_t open = GUARD_ALWAYS;

	if (rights_unconfined(params, "syscalls"))
		return GUARD_NO_WALL;
	if (param_int_of(params, "children.max", 0) > 0)
		open |= GUARD_CHILDREN;
	if (param_jailsys_of(params, "vnet", 2) == 1)
		open |= GUARD_VNET;
	if (mount & RIGHTS_MOUNT_BIND)
		open |= GUARD_BIND;
	if (mount & RIGHTS_MOUNT_NEW)
		open |= GUARD_MOUNT;
	for (size_t i = 0; i < ARRAY_SIZE(ipcs); i++)
		if (rights_sysv(params, ipcs[i].param))
			open |= ipcs[i].when;
	for (size_t i = 0; i < ARRAY_SIZE(rights); i++)
		if (param_set_bool(params, rights[i].param))
			open |= rights[i].when;
	/* whole frames have any address, the jail has some */
	if (param_jailsys_of(params, "ip4", 2) != 2 ||
	    param_jailsys_of(params, "ip6", 2) != 2)
		open &= ~(uint32_t)GUARD_RAW;
	if (level < 3)
		open |= GUARD_FILTER;
	return level < 2 ? open : open & ~(uint32_t)GUARD_TIME;
}

/* --- table and conditions to a program ----------------------------------- */

#define UNKNOWN ENOSYS
#define LOAD(field) BPF_LD | BPF_W | BPF_ABS, 0, 0, (field)
#define DATA(member) ((uint32_t)offsetof(struct seccomp_data, member))
/* The low half: both processors we know are little-endian. */
#define ARG(i) (DATA(args) + 8U * (uint32_t)(i))
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "ARG()");

/* A jump to a check, whose place is not known yet. */
struct fixup {
	size_t at;
	enum guard_check check;
};

/* Numbers from `from` on have this verdict; see struct guard_test. */
struct segment {
	uint32_t from;
	int verdict;
};

/*
 * The tree of one kind of system call: its inner nodes, one instruction each,
 * and behind them one exit for each verdict.  Conditional jumps go forward
 * and no further than 255, so nothing of it may be longer.
 */
struct tree {
	struct segment seg[200];
	size_t nseg;
	int exits[54]; /* verdicts */
	size_t nexits;
};

struct builder {
	uint32_t open;
	struct sock_filter *v;
	size_t n;
	bool failed;
	struct fixup fix[2 * GUARD_NCHECKS + 16];
	size_t nfix;
	struct tree tree;
};

static void put(struct builder *b, uint16_t code, uint8_t jt, uint8_t jf,
		uint32_t k)
{
	if (b->n == BPF_MAXINSNS) {
		b->failed = true;
		return;
	}
	b->v[b->n++] = (struct sock_filter){code, jt, jf, k};
}

/* One instruction that ends in a verdict or leads to a check. */
static void put_verdict(struct builder *b, int verdict)
{
	if (verdict >= 0) {
		put(b, BPF_RET | BPF_K, 0, 0,
		    verdict ? SECCOMP_RET_ERRNO | (uint32_t)verdict
			    : SECCOMP_RET_ALLOW);
		return;
	}
	if (b->nfix == ARRAY_SIZE(b->fix)) {
		b->failed = true;
		return;
	}
	b->fix[b->nfix++] = (struct fixup){b->n, (enum guard_check) - verdict};
	put(b, BPF_JMP | BPF_JA, 0, 0, 0);
}

static bool test_holds(const struct builder *b, const struct guard_test *t)
{
	return (!t->only || b->open & t->only) && !(b->open & t->unless);
}

/* A check whose first test is its last needs no look at the arguments. */
static int check_verdict(const struct builder *b, enum guard_check c)
{
	for (size_t i = 0; i < guard_ntests; i++)
		if (guard_tests[i].of == c && test_holds(b, &guard_tests[i]))
			return guard_tests[i].op == GUARD_ELSE
				       ? guard_tests[i].verdict
				       : GUARD_GO_ON(c);
	return EPERM;
}

static int row_verdict(const struct builder *b, const struct guard_row *r)
{
	if (!(b->open & r->open))
		return r->closed;
	return r->args ? check_verdict(b, r->args) : 0;
}

/* The exit for a verdict, by its place among them. */
static size_t exit_of(struct builder *b, int verdict)
{
	struct tree *t = &b->tree;

	for (size_t i = 0; i < t->nexits; i++)
		if (t->exits[i] == verdict)
			return i;
	if (t->nexits == ARRAY_SIZE(t->exits)) {
		b->failed = true;
		return 0;
	}
	t->exits[t->nexits] = verdict;
	return t->nexits++;
}

static void segment(struct builder *b, uint32_t from, int verdict)
{
	struct tree *t = &b->tree;

	if (t->nseg && t->seg[t->nseg - 1].verdict == verdict)
		return;
	if (t->nseg == ARRAY_SIZE(t->seg)) {
		b->failed = true;
		return;
	}
	t->seg[t->nseg++] = (struct segment){from, verdict};
	exit_of(b, verdict);
}

static void segments(struct builder *b, const struct guard_arch *a)
{
	uint32_t next = 0;

	b->tree.nseg = b->tree.nexits = 0;
	for (size_t i = 0; i < a->n; i++) {
		if (a->nr[i].nr > next)
			segment(b, next, UNKNOWN);
		segment(b, a->nr[i].nr,
			row_verdict(b, &guard_rows[a->nr[i].row]));
		next = a->nr[i].nr + 1U;
	}
	segment(b, next, UNKNOWN); /* x32's numbers are among these */
}

/*
 * Segments lo to hi - 1, at least two: a node, what is below it to the left,
 * then to the right.  `exits` is where the exits begin.
 */
static void put_tree(struct builder *b, size_t lo, size_t hi, size_t exits)
{
	const struct segment *seg = b->tree.seg;
	size_t mid = (lo + hi) / 2, here = b->n + 1;
	size_t left = here, right = here + (mid - lo - 1);

	if (mid - lo == 1)
		left = exits + exit_of(b, seg[lo].verdict);
	if (hi - mid == 1)
		right = exits + exit_of(b, seg[mid].verdict);
	put(b, BPF_JMP | BPF_JGE | BPF_K, (uint8_t)(right - here),
	    (uint8_t)(left - here), seg[mid].from);
	if (mid - lo > 1)
		put_tree(b, lo, mid, exits);
	if (hi - mid > 1)
		put_tree(b, mid, hi, exits);
}

static void put_arch(struct builder *b, const struct guard_arch *a)
{
	const struct tree *t = &b->tree;

	segments(b, a);
	put(b, LOAD(DATA(nr)));
	if (b->failed)
		return;
	put_tree(b, 0, t->nseg, b->n + t->nseg - 1);
	for (size_t i = 0; i < t->nexits; i++)
		put_verdict(b, t->exits[i]);
}

static void put_archs(struct builder *b)
{
	size_t jump[4] = {0};

	put(b, LOAD(DATA(arch)));
	for (size_t i = 0; i < guard_narchs; i++) {
		put(b, BPF_JMP | BPF_JEQ | BPF_K, 0, 1, guard_archs[i].audit);
		jump[i] = b->n;
		put(b, BPF_JMP | BPF_JA, 0, 0, 0);
	}
	put_verdict(b, UNKNOWN);
	for (size_t i = 0; i < guard_narchs; i++) {
		b->v[jump[i]].k = (uint32_t)(b->n - jump[i] - 1);
		put_arch(b, &guard_archs[i]);
	}
}

static void put_test(struct builder *b, const struct guard_test *t)
{
	if (t->op != GUARD_ELSE) {
		put(b, LOAD(ARG(t->arg)));
		if (t->op == GUARD_EQUAL && t->mask != UINT32_MAX)
			put(b, BPF_ALU | BPF_AND | BPF_K, 0, 0, t->mask);
		put(b,
		    BPF_JMP | BPF_K |
			    (t->op == GUARD_EQUAL ? BPF_JEQ : BPF_JSET),
		    0, 1, t->op == GUARD_EQUAL ? t->value : t->mask);
	}
	put_verdict(b, t->verdict);
}

/* Checks lead to later ones only, so one pass in order meets all. */
static void put_checks(struct builder *b)
{
	for (int c = 1; c < GUARD_NCHECKS; c++) {
		bool used = false;

		for (size_t i = 0; i < b->nfix; i++) {
			if ((int)b->fix[i].check != c)
				continue;
			b->v[b->fix[i].at].k =
				(uint32_t)(b->n - b->fix[i].at - 1);
			used = true;
		}
		for (size_t i = 0; used && i < guard_ntests; i++) {
			const struct guard_test *t = &guard_tests[i];

			if ((int)t->of != c || !test_holds(b, t))
				continue;
			put_test(b, t);
			if (t->op == GUARD_ELSE)
				break;
		}
	}
}

int guard_build(uint32_t open, struct guard *ret, struct err *e)
{
	cleanup_free struct sock_filter *v = NULL;
	struct builder b = {.open = open};

	_Static_assert(ARRAY_SIZE(b.tree.seg) - 1 + ARRAY_SIZE(b.tree.exits) <=
			       UINT8_MAX,
		       "jumps in a tree");

	if (open == GUARD_NO_WALL) {
		*ret = (struct guard){0};
		return 0;
	}
	v = calloc(BPF_MAXINSNS, sizeof(*v));
	if (!v)
		return err_nomem(e);
	b.v = v;
	put_archs(&b);
	put_checks(&b);
	if (b.failed)
		return err_set(e, E2BIG,
			       "the filter of system calls is too "
			       "long for the kernel");
	*ret = (struct guard){take_ptr(v), (unsigned short)b.n};
	return 0;
}

void guard_free(struct guard *g)
{
	free(g->insns);
	*g = (struct guard){0};
}

int guard_install(const struct guard *g, struct err *e)
{
	struct sock_fprog prog = {.len = g->n, .filter = g->insns};

	if (!g->n)
		return 0;
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0UL, &prog) < 0)
		return err_sys(e, errno, "filter of system calls");
	return 0;
}

/* --- the first process's own --------------------------------------------- */

#if defined(__x86_64__)
#define NATIVE AUDIT_ARCH_X86_64
#else
#define NATIVE AUDIT_ARCH_AARCH64
#endif

/* src/init/init.c and, before, what become_init() has yet to do. */
static const uint16_t init_calls[] = {
	SYS_rt_sigtimedwait, SYS_wait4,	     SYS_read,	 SYS_close,
	SYS_prctl,	     SYS_exit_group, SYS_capget, SYS_capset,
	SYS_rt_sigprocmask,  SYS_execveat,   SYS_exit,	 SYS_restart_syscall,
};

int guard_install_init(struct err *e)
{
	struct sock_filter v[ARRAY_SIZE(init_calls) + 5];
	const uint8_t n = ARRAY_SIZE(init_calls);

	v[0] = (struct sock_filter){LOAD(DATA(arch))};
	v[1] = (struct sock_filter){BPF_JMP | BPF_JEQ | BPF_K, 0,
				    (uint8_t)(n + 1), NATIVE};
	v[2] = (struct sock_filter){LOAD(DATA(nr))};
	for (uint8_t i = 0; i < n; i++)
		v[3 + i] = (struct sock_filter){BPF_JMP | BPF_JEQ | BPF_K,
						(uint8_t)(n - i), 0,
						init_calls[i]};
	v[3 + n] = (struct sock_filter){BPF_RET | BPF_K, 0, 0,
					SECCOMP_RET_ERRNO | EPERM};
	v[4 + n] =
		(struct sock_filter){BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW};
	return guard_install(&(struct guard){v, ARRAY_SIZE(v)}, e);
}
