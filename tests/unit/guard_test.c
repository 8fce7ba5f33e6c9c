/*
 * jail/guard: the table of system calls, and the filter made of it: run in
 * an interpreter for every number, compared with libseccomp's, and put around
 * a child that tries calls with each condition and without.
 */
#include "base/cleanup.h"
#include "jail/guard.h"
#include "jail/guard_table.h"

#include <atf-c.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/netlink.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

/* No number of a system call is as high. */
#define HIGHEST 600

/* --- helpers ------------------------------------------------------------- */

/* What the kernel would answer, for the instructions that are used. */
static uint32_t run(const struct sock_filter *v, size_t n,
		    const struct seccomp_data *d)
{
	uint32_t a = 0;

	for (size_t pc = 0; pc < n; pc++) {
		const struct sock_filter *i = &v[pc];
		bool hold = false;

		switch (i->code) {
		case BPF_LD | BPF_W | BPF_ABS:
			ATF_REQUIRE(i->k % 4 == 0 && i->k < sizeof(*d));
			memcpy(&a, (const char *)d + i->k, sizeof(a));
			continue;
		case BPF_ALU | BPF_AND | BPF_K:
			a &= i->k;
			continue;
		case BPF_JMP | BPF_JA:
			pc += i->k;
			continue;
		case BPF_RET | BPF_K:
			return i->k;
		case BPF_JMP | BPF_JEQ | BPF_K:
			hold = a == i->k;
			break;
		case BPF_JMP | BPF_JGE | BPF_K:
			hold = a >= i->k;
			break;
		case BPF_JMP | BPF_JGT | BPF_K:
			hold = a > i->k;
			break;
		case BPF_JMP | BPF_JSET | BPF_K:
			hold = a & i->k;
			break;
		default:
			atf_tc_fail("instruction %#x", i->code);
		}
		pc += hold ? i->jt : i->jf;
	}
	atf_tc_fail("the program does not end");
}

/* The same from the table, by the longest way. */
static uint32_t ask_table(uint32_t open, const struct guard_row *r,
			  const struct seccomp_data *d)
{
	int verdict = r->args ? GUARD_GO_ON(r->args) : 0;

	if (!(open & r->open))
		return SECCOMP_RET_ERRNO | (uint32_t)r->closed;
	while (verdict < 0) {
		enum guard_check c = (enum guard_check) - verdict;

		for (size_t i = 0; i < guard_ntests; i++) {
			const struct guard_test *t = &guard_tests[i];
			uint32_t v = (uint32_t)d->args[t->arg];

			if (t->of != c || (t->only && !(open & t->only)) ||
			    (open & t->unless))
				continue;
			if (t->op == GUARD_ELSE ||
			    (t->op == GUARD_ANY && (v & t->mask)) ||
			    (t->op == GUARD_EQUAL &&
			     (v & t->mask) == t->value)) {
				verdict = t->verdict;
				break;
			}
		}
		ATF_REQUIRE(verdict != GUARD_GO_ON(c));
	}
	return verdict ? SECCOMP_RET_ERRNO | (uint32_t)verdict
		       : SECCOMP_RET_ALLOW;
}

static const struct guard_row *row_of(const struct guard_arch *a, uint32_t nr)
{
	for (size_t i = 0; i < a->n; i++)
		if (a->nr[i].nr == nr)
			return &guard_rows[a->nr[i].row];
	return NULL;
}

/* Does the row name this call? */
static bool names(const struct guard_row *r, const char *name)
{
	size_t n = strlen(name);

	for (const char *s = r->names; *s; s += strspn(s, " ")) {
		size_t len = strcspn(s, " ");

		if (len == n && !strncmp(s, name, n))
			return true;
		s += len;
	}
	return false;
}

static uint32_t scmp_arch(uint32_t audit)
{
	switch (audit) {
	case AUDIT_ARCH_X86_64:
		return SCMP_ARCH_X86_64;
	case AUDIT_ARCH_I386:
		return SCMP_ARCH_X86;
	default:
		return SCMP_ARCH_AARCH64;
	}
}

static struct pset *params_of(const char *text)
{
	static struct pset ps;
	cleanup_free char *copy = strdup(text);
	char *save = NULL;

	pset_free(&ps);
	for (char *w = strtok_r(copy, " ", &save); w;
	     w = strtok_r(NULL, " ", &save)) {
		char *eq = strchr(w, '=');

		if (eq)
			*eq++ = '\0';
		ATF_REQUIRE_EQ(0, pset_put(&ps, w, eq, false, NULL));
	}
	return &ps;
}

static uint32_t open_by(const char *text)
{
	return guard_conditions(params_of(text));
}

/* The usual jails, and everything at once. */
static const char *const usual[] = {
	"",
	"vnet",
	"vnet children.max=5",
	"sysvmsg=new sysvshm=new allow.raw_sockets allow.mlock",
	"allow.mount allow.mount.nullfs enforce_statfs=1",
	"allow.mount allow.mount.tmpfs enforce_statfs=1 allow.settime",
	"allow.nounprivileged_proc_debug allow.noset_hostname",
	"vnet securelevel=3 allow.settime",
	"securelevel=3",
	"vnet allow.socket_af sysvsem=inherit allow.quotas allow.read_msgbuf",
	"vnet children.max=1 allow.socket_af sysvmsg=new sysvsem=new "
	"sysvshm=new "
	"allow.mlock "
	"allow.settime allow.quotas allow.read_msgbuf allow.raw_sockets "
	"allow.mount allow.mount.tmpfs allow.mount.nullfs enforce_statfs=0",
};

/* --- the table ----------------------------------------------------------- */

ATF_TC(rows);
ATF_TC_HEAD(rows, tc)
{
	atf_tc_set_md_var(tc, "descr",
			  "Each row has names, an errno where it "
			  "can be closed, and a reason");
}
ATF_TC_BODY(rows, tc)
{
	for (size_t i = 0; i < guard_nrows; i++) {
		const struct guard_row *r = &guard_rows[i];

		ATF_CHECK_MSG(r->why && strlen(r->why) > 5, "%s", r->names);
		ATF_CHECK_MSG(!(r->open & GUARD_ALWAYS) == (r->closed > 0),
			      "%s: errno %d", r->names, r->closed);
		ATF_CHECK_MSG(!(r->open >> GUARD_WHEN_BITS), "%s", r->names);
		ATF_CHECK_MSG(r->args < GUARD_NCHECKS, "%s", r->names);
		for (const char *s = r->names; *s; s++)
			ATF_CHECK_MSG(*s != ' ' || (s > r->names && s[1] &&
						    s[1] != ' '),
				      "blanks: %s", r->names);
	}
	for (size_t i = 0; i < GUARD_WHEN_BITS; i++)
		ATF_CHECK(guard_when_names[i] && *guard_when_names[i]);
}

ATF_TC(names);
ATF_TC_HEAD(names, tc)
{
	atf_tc_set_md_var(tc, "descr",
			  "Each name is a system call, and in one row");
}
ATF_TC_BODY(names, tc)
{
	static const uint32_t archs[] = {SCMP_ARCH_X86_64, SCMP_ARCH_X86,
					 SCMP_ARCH_AARCH64, SCMP_ARCH_ARM};
	/* younger than the libseccomp of Debian 12 */
	static const char young[] =
		" uretprobe uprobe cachestat fchmodat2 map_shadow_stack "
		"futex_wake futex_wait futex_requeue statmount listmount "
		"lsm_get_self_attr lsm_set_self_attr lsm_list_modules mseal "
		"setxattrat getxattrat listxattrat removexattrat "
		"open_tree_attr file_getattr file_setattr ";

	for (size_t i = 0; i < guard_nrows; i++) {
		cleanup_free char *all = strdup(guard_rows[i].names);
		char *save = NULL;

		for (char *w = strtok_r(all, " ", &save); w;
		     w = strtok_r(NULL, " ", &save)) {
			char word[64];
			bool known = false;
			size_t rows = 0;

			for (size_t k = 0; k < ARRAY_SIZE(archs); k++)
				known |=
					seccomp_syscall_resolve_name_arch(
						archs[k], w) != __NR_SCMP_ERROR;
			snprintf(word, sizeof(word), " %s ", w);
			ATF_CHECK_MSG(known || strstr(young, word),
				      "%s is no system call", w);
			for (size_t k = 0; k < guard_nrows; k++)
				rows += names(&guard_rows[k], w);
			ATF_CHECK_EQ_MSG(1, rows, "%s is in %zu rows", w, rows);
		}
	}
}

ATF_TC(numbers);
ATF_TC_HEAD(numbers, tc)
{
	atf_tc_set_md_var(tc, "descr",
			  "Each number that libseccomp knows has a row, the "
			  "one with its name");
}
ATF_TC_BODY(numbers, tc)
{
	ATF_REQUIRE(guard_narchs > 0);
	for (size_t k = 0; k < guard_narchs; k++) {
		const struct guard_arch *a = &guard_archs[k];

		ATF_CHECK(a->n > 250);
		for (size_t i = 1; i < a->n; i++)
			ATF_CHECK(a->nr[i - 1].nr < a->nr[i].nr);
		for (int nr = 0; nr < HIGHEST; nr++) {
			cleanup_free char *name =
				seccomp_syscall_resolve_num_arch(
					scmp_arch(a->audit), nr);
			const struct guard_row *r = row_of(a, (uint32_t)nr);

			if (name)
				ATF_CHECK_MSG(r && names(r, name),
					      "%d is %s, the row is %s", nr,
					      name, r ? r->names : "none");
		}
	}
}

ATF_TC(tests);
ATF_TC_HEAD(tests, tc)
{
	atf_tc_set_md_var(tc, "descr",
			  "Each check of arguments ends, leads on "
			  "to later ones, and is used");
}
ATF_TC_BODY(tests, tc)
{
	for (int c = 1; c < GUARD_NCHECKS; c++) {
		const struct guard_test *last = NULL;
		bool used = false;

		for (size_t i = 0; i < guard_ntests; i++) {
			const struct guard_test *t = &guard_tests[i];

			used |= t->verdict == -c;
			if ((int)t->of != c)
				continue;
			ATF_CHECK_MSG(t->why && *t->why, "test %zu", i);
			ATF_CHECK_MSG(t->verdict > -GUARD_NCHECKS, "%zu", i);
			ATF_CHECK_MSG(t->verdict >= 0 || -t->verdict > c,
				      "test %zu leads back", i);
			ATF_CHECK_MSG(t->op != GUARD_EQUAL ||
					      !(t->value & ~t->mask),
				      "test %zu can never hold", i);
			ATF_CHECK(t->arg >= 0 && t->arg < 6);
			/* of its kind in one piece */
			ATF_CHECK_MSG(!last || last == t - 1, "test %zu", i);
			last = t;
		}
		ATF_REQUIRE_MSG(last && last->op == GUARD_ELSE && !last->only &&
					!last->unless,
				"check %d does not end", c);
		for (size_t i = 0; i < guard_nrows; i++)
			used |= (int)guard_rows[i].args == c;
		ATF_CHECK_MSG(used, "check %d", c);
	}
}

ATF_TC(conditions);
ATF_TC_HEAD(conditions, tc)
{
	atf_tc_set_md_var(tc, "descr", "Which parameter opens what");
}
ATF_TC_BODY(conditions, tc)
{
	const uint32_t plain =
		GUARD_ALWAYS | GUARD_DEBUG | GUARD_HOSTNAME | GUARD_FILTER;
	static const struct {
		const char *params;
		uint32_t more;
	} t[] = {
		{"", 0},
		{"children.max=0", 0},
		{"children.max=3", GUARD_CHILDREN},
		{"vnet", GUARD_VNET},
		{"vnet=inherit", 0},
		{"sysvmsg=new", GUARD_MSG},
		{"sysvmsg=disable", 0},
		{"sysvsem=inherit", GUARD_SEM},
		{"sysvshm=new", GUARD_SHM},
		{"allow.socket_af", GUARD_AF},
		{"allow.raw_sockets", GUARD_RAW},
		{"allow.raw_sockets ip4=new", 0},
		{"allow.raw_sockets ip6=disable", 0},
		{"allow.mlock", GUARD_MLOCK},
		{"allow.read_msgbuf", GUARD_MSGBUF},
		{"allow.settime", GUARD_TIME},
		{"allow.quotas", GUARD_QUOTAS},
		/* of no use without all three */
		{"allow.mount", 0},
		{"allow.mount.tmpfs enforce_statfs=1", 0},
		{"allow.mount allow.mount.tmpfs", 0},
		{"allow.mount enforce_statfs=1", 0},
		{"allow.mount allow.mount.tmpfs enforce_statfs=1", GUARD_MOUNT},
		{"allow.mount allow.mount.nullfs enforce_statfs=0", GUARD_BIND},
		{"allow.mount allow.mount.procfs enforce_statfs=1", GUARD_BIND},
		{"host.unconfined=caps", 0},
		{"securelevel=1 allow.settime", GUARD_TIME},
		{"securelevel=2 allow.settime", 0},
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++)
		ATF_CHECK_EQ_MSG(plain | t[i].more, open_by(t[i].params),
				 "%s: %#x", t[i].params, open_by(t[i].params));
	ATF_CHECK_EQ(plain & ~GUARD_DEBUG,
		     open_by("allow.nounprivileged_proc_debug"));
	ATF_CHECK_EQ(plain & ~GUARD_HOSTNAME, open_by("allow.noset_hostname"));
	ATF_CHECK_EQ(plain & ~GUARD_FILTER, open_by("securelevel=3"));
	ATF_CHECK_EQ(GUARD_NO_WALL, open_by("host.unconfined=syscalls"));
}

/* --- the program --------------------------------------------------------- */

/* Values at which a check may change its mind, and what is near them. */
static size_t interesting(uint64_t *v)
{
	size_t n = 0;

	v[n++] = 0;
	v[n++] = ~UINT64_C(0);
	for (size_t i = 0; i < guard_ntests; i++) {
		uint64_t x = guard_tests[i].op == GUARD_EQUAL
				     ? guard_tests[i].value
				     : guard_tests[i].mask;

		v[n++] = x;
		v[n++] = x + 1;
		v[n++] = x | UINT64_C(1) << 32;
	}
	return n;
}

ATF_TC(program);
ATF_TC_HEAD(program, tc)
{
	atf_tc_set_md_var(tc, "descr",
			  "The program says of every number and argument what "
			  "the table says");
}
ATF_TC_BODY(program, tc)
{
	uint64_t *v = calloc(2 + 3 * guard_ntests, sizeof(*v));
	size_t nv = interesting(v);

	for (size_t p = 0; p < ARRAY_SIZE(usual); p++) {
		cleanup_guard struct guard g = {0};
		uint32_t open = open_by(usual[p]);

		ATF_REQUIRE_EQ(0, guard_build(open, &g, NULL));
		printf("%s: %u instructions\n", usual[p], g.n);
		for (size_t k = 0; k < guard_narchs; k++) {
			const struct guard_arch *a = &guard_archs[k];
			struct seccomp_data d = {.arch = a->audit};

			for (d.nr = 0; d.nr < HIGHEST; d.nr++) {
				const struct guard_row *r =
					row_of(a, (uint32_t)d.nr);
				size_t n = r && r->args ? nv * 4 : 1;

				for (size_t i = 0; i < n; i++) {
					uint32_t want, got;

					memset(d.args, 0, sizeof(d.args));
					d.args[i % 4] = v[i / 4];
					if (i % 4 == 2)
						d.args[0] = AF_NETLINK;
					want = r ? ask_table(open, r, &d)
						 : SECCOMP_RET_ERRNO | ENOSYS;
					got = run(g.insns, g.n, &d);
					ATF_REQUIRE_EQ_MSG(
						want, got,
						"%s: %zu %d: %#x not %#x",
						usual[p], k, d.nr, got, want);
				}
			}
		}
	}
	free(v);
}

ATF_TC(sizes);
ATF_TC_HEAD(sizes, tc)
{
	atf_tc_set_md_var(tc, "descr",
			  "There is a program for every set of conditions");
}
ATF_TC_BODY(sizes, tc)
{
	unsigned short most = 0;

	for (uint32_t i = 0; i < 1U << (GUARD_WHEN_BITS - 1); i++) {
		cleanup_guard struct guard g = {0};

		ATF_REQUIRE_EQ_MSG(0, guard_build(i << 1 | 1, &g, NULL), "%#x",
				   i << 1 | 1);
		most = g.n > most ? g.n : most;
	}
	/* each instruction costs a quarter of a microsecond a process */
	ATF_CHECK_MSG(most < 450, "%u instructions", most);
}

ATF_TC(strange);
ATF_TC_HEAD(strange, tc)
{
	atf_tc_set_md_var(tc, "descr",
			  "Other kinds of system call, x32's and negative "
			  "numbers get ENOSYS");
}
ATF_TC_BODY(strange, tc)
{
	cleanup_guard struct guard g = {0};
	struct seccomp_data d = {.arch = guard_archs[0].audit};

	ATF_REQUIRE_EQ(0, guard_build(open_by(""), &g, NULL));
	ATF_CHECK_EQ(SECCOMP_RET_ALLOW, run(g.insns, g.n, &d)); /* read(2) */
	d.nr = 0x40000000;
	ATF_CHECK_EQ(SECCOMP_RET_ERRNO | ENOSYS, run(g.insns, g.n, &d));
	d.nr = -1;
	ATF_CHECK_EQ(SECCOMP_RET_ERRNO | ENOSYS, run(g.insns, g.n, &d));
	d.nr = 0;
	d.arch = AUDIT_ARCH_S390X;
	ATF_CHECK_EQ(SECCOMP_RET_ERRNO | ENOSYS, run(g.insns, g.n, &d));
}

/* libseccomp's filter of the rows that look at no arguments. */
static size_t seccomp_filter(uint32_t open, const struct guard_arch *a,
			     struct sock_filter *v)
{
	scmp_filter_ctx c = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));
	cleanup_close int fd = memfd_create("filter", MFD_CLOEXEC);
	ssize_t n;

	ATF_REQUIRE(c && fd >= 0);
	for (size_t i = 0; i < a->n; i++) {
		const struct guard_row *r = &guard_rows[a->nr[i].row];
		bool yes = open & r->open;
		int rc;

		if (yes && r->args)
			continue;
		if (!yes && r->closed == ENOSYS)
			continue; /* that is what is not named gets, too */
		rc = seccomp_rule_add(c,
				      yes ? SCMP_ACT_ALLOW
					  : SCMP_ACT_ERRNO((uint32_t)r->closed),
				      a->nr[i].nr, 0);
		ATF_REQUIRE_EQ_MSG(0, rc, "%s: %d", r->names, rc);
	}
	ATF_REQUIRE_EQ(0, seccomp_export_bpf(c, fd));
	n = pread(fd, v, BPF_MAXINSNS * sizeof(*v), 0);
	ATF_REQUIRE(n > 0);
	seccomp_release(c);
	return (size_t)n / sizeof(*v);
}

ATF_TC(libseccomp);
ATF_TC_HEAD(libseccomp, tc)
{
	atf_tc_set_md_var(tc, "descr", "libseccomp makes the same of the rows");
}
ATF_TC_BODY(libseccomp, tc)
{
	struct sock_filter *v = calloc(BPF_MAXINSNS, sizeof(*v));
	/* the others it would not take by number */
	const struct guard_arch *a = &guard_archs[0];

	for (size_t p = 0; p < ARRAY_SIZE(usual); p++) {
		cleanup_guard struct guard g = {0};
		uint32_t open = open_by(usual[p]);
		size_t n = seccomp_filter(open, a, v);
		struct seccomp_data d = {.arch = a->audit};

		ATF_REQUIRE_EQ(0, guard_build(open, &g, NULL));
		for (d.nr = 0; d.nr < HIGHEST; d.nr++) {
			const struct guard_row *r = row_of(a, (uint32_t)d.nr);

			if (r && (open & r->open) && r->args)
				continue;
			ATF_CHECK_EQ_MSG(run(v, n, &d), run(g.insns, g.n, &d),
					 "%s: %d", usual[p], d.nr);
		}
	}
	free(v);
}

/* --- in earnest ---------------------------------------------------------- */

#define BAD 1L /* no address */
#ifndef SYS_uretprobe
#define SYS_uretprobe 335
#endif

/*
 * Calls that do nothing whether refused or not: an address or descriptor is
 * wrong, or the child is in namespaces of its own.  `closed` is the filter's
 * errno, which the kernel itself would not give root there.
 */
static const struct {
	const char *what;
	long nr, a, b, c, d;
	int closed;
	const char *opens; /* parameters; NULL: none */
} attempts[] = {
	{"reboot", SYS_reboot, 0, 0, 0, 0, EPERM, NULL},
	{"kexec_load", SYS_kexec_load, 0, 99, BAD, 0xffff, EPERM, NULL},
	{"init_module", SYS_init_module, BAD, 1, BAD, 0, EPERM, NULL},
	{"delete_module", SYS_delete_module, BAD, 0, 0, 0, EPERM, NULL},
	{"swapon", SYS_swapon, BAD, 0, 0, 0, EPERM, NULL},
	{"acct", SYS_acct, BAD, 0, 0, 0, EPERM, NULL},
	{"open_by_handle_at", SYS_open_by_handle_at, -1, BAD, 0, 0, EPERM,
	 NULL},
	{"fanotify_mark", SYS_fanotify_mark, -1, 0, 0, -1, EPERM, NULL},
	{"perf_event_open", SYS_perf_event_open, BAD, 0, -1, -1, EPERM, NULL},
	{"bpf", SYS_bpf, 9999, BAD, 0, 0, EPERM, NULL},
	{"userfaultfd", SYS_userfaultfd, 0xffff, 0, 0, 0, EPERM, NULL},
	{"io_uring_setup", SYS_io_uring_setup, 1, BAD, 0, 0, ENOSYS, NULL},
	{"keyctl", SYS_keyctl, 9999, 0, 0, 0, ENOSYS, NULL},
	{"add_key", SYS_add_key, BAD, BAD, 0, 0, ENOSYS, NULL},
	{"move_pages", SYS_move_pages, 0, 0, 0, 0, EPERM, NULL},
	{"TIOCSTI", SYS_ioctl, -1, TIOCSTI, BAD, 0, EPERM, NULL},
	{"TIOCSTI, high bits", SYS_ioctl, -1, TIOCSTI | 1L << 32, BAD, 0, EPERM,
	 NULL},
	{"TIOCLINUX", SYS_ioctl, -1, TIOCLINUX, BAD, 0, EPERM, NULL},
	{"TIOCSETD", SYS_ioctl, -1, TIOCSETD, BAD, 0, EPERM, NULL},
	{"READ_IMPLIES_EXEC", SYS_personality, 0x0400000, 0, 0, 0, EPERM, NULL},
	{"clone3", SYS_clone3, 0, 0, 0, 0, ENOSYS, "children.max=1"},
	{"unshare", SYS_unshare, CLONE_NEWUTS, 0, 0, 0, EPERM,
	 "children.max=1"},
	{"unshare time", SYS_unshare, 0x80, 0, 0, 0, EPERM, "children.max=1"},
	{"clone", SYS_clone, CLONE_NEWUSER | CLONE_FS | SIGCHLD, 0, 0, 0, EPERM,
	 "children.max=1"},
	{"setns", SYS_setns, -1, 0, 0, 0, EPERM, "children.max=1"},
	{"pivot_root", SYS_pivot_root, BAD, BAD, 0, 0, EPERM, "children.max=1"},
	{"fsopen", SYS_fsopen, BAD, 0, 0, 0, ENOSYS, "children.max=1"},
	{"open_tree", SYS_open_tree, -1, BAD, 0, 0, ENOSYS, "children.max=1"},
	{"mount_setattr", SYS_mount_setattr, -1, BAD, 0, BAD, ENOSYS,
	 "children.max=1"},
	{"mknod", SYS_mknodat, -1, BAD, S_IFBLK | 0600, 0x800, EPERM,
	 "children.max=1"},
	{"mount", SYS_mount, BAD, BAD, BAD, 0, EPERM, "children.max=1"},
	{"mount", SYS_mount, BAD, BAD, BAD, MS_MGC_VAL, EPERM,
	 "allow.mount allow.mount.tmpfs enforce_statfs=1"},
	{"mount bind", SYS_mount, BAD, BAD, BAD, MS_BIND, EPERM,
	 "allow.mount allow.mount.nullfs enforce_statfs=1"},
	{"umount", SYS_umount2, BAD, 0, 0, 0, EPERM,
	 "allow.mount allow.mount.nullfs enforce_statfs=1"},
	{"msgget", SYS_msgget, 0x7e57, 0, 0, 0, ENOSYS, "sysvmsg=new"},
	{"msgctl", SYS_msgctl, -1, 0, 0, 0, ENOSYS, "sysvmsg=inherit"},
	{"semget", SYS_semget, 0x7e57, 0, 0, 0, ENOSYS, "sysvsem=new"},
	{"semop", SYS_semop, -1, 0, 0, 0, ENOSYS, "sysvsem=inherit"},
	{"shmget", SYS_shmget, 0x7e57, 0, 0, 0, ENOSYS, "sysvshm=new"},
	{"shmdt", SYS_shmdt, 0, 0, 0, 0, ENOSYS, "sysvshm=new"},
	{"AF_X25", SYS_socket, AF_X25, SOCK_SEQPACKET, 0, 0, EPROTONOSUPPORT,
	 "allow.socket_af"},
	{"AF_VSOCK pair", SYS_socketpair, AF_VSOCK, SOCK_STREAM, 99, BAD,
	 EPROTONOSUPPORT, "allow.socket_af"},
	{"AF_PACKET", SYS_socket, AF_PACKET, SOCK_RAW, 0, 0, EPERM,
	 "allow.raw_sockets"},
	{"AF_PACKET", SYS_socket, AF_PACKET, SOCK_RAW, 0, 0, EPERM, "vnet"},
	{"SOCK_PACKET", SYS_socket, AF_INET, SOCK_PACKET, 0, 0, EPERM, "vnet"},
	{"NETLINK_NETFILTER", SYS_socket, AF_NETLINK, SOCK_RAW,
	 NETLINK_NETFILTER, 0, EPROTONOSUPPORT, "vnet"},
	{"ptrace", SYS_ptrace, 16, 0x7fffffff, 0, 0, EPERM,
	 "allow.unprivileged_proc_debug"},
	{"process_vm_readv", SYS_process_vm_readv, 0x7fffffff, BAD, 1, BAD,
	 EPERM, "allow.unprivileged_proc_debug"},
	{"pidfd_getfd", SYS_pidfd_getfd, -1, 0, 0, 0, EPERM,
	 "allow.unprivileged_proc_debug"},
	{"mlock", SYS_mlock, 0, 0, 0, 0, EPERM, "allow.mlock"},
	{"mlockall", SYS_mlockall, 0xff, 0, 0, 0, EPERM, "allow.mlock"},
	{"syslog", SYS_syslog, 99, 0, 0, 0, EPERM, "allow.read_msgbuf"},
	{"clock_settime", SYS_clock_settime, 0, BAD, 0, 0, EPERM,
	 "allow.settime"},
	{"settimeofday", SYS_settimeofday, BAD, 0, 0, 0, EPERM,
	 "allow.settime"},
	{"quotactl", SYS_quotactl, 0, BAD, 0, BAD, EPERM, "allow.quotas"},
	{"sethostname", SYS_sethostname, BAD, -1, 0, 0, EPERM,
	 "allow.set_hostname"},
};

/* What must work in any jail: a wall that refuses all is no wall. */
static const struct {
	const char *what;
	long nr, a, b, c, d;
	int want; /* errno or 0 */
} works[] = {
	{"getpid", SYS_getpid, 0, 0, 0, 0, 0},
	{"unshare files", SYS_unshare, CLONE_FILES, 0, 0, 0, 0},
	{"linux32", SYS_personality, 8, 0, 0, 0, 0},
	{"AF_UNIX", SYS_socket, AF_UNIX, SOCK_STREAM, 0, 0, 0},
	{"AF_INET", SYS_socket, AF_INET, SOCK_DGRAM, 0, 0, 0},
	{"AF_INET6", SYS_socket, AF_INET6, SOCK_DGRAM, 0, 0, 0},
	{"NETLINK_ROUTE", SYS_socket, AF_NETLINK, SOCK_RAW, NETLINK_ROUTE, 0,
	 0},
	{"ioctl", SYS_ioctl, -1, FIONREAD, 0, 0, EBADF},
	{"mknod fifo", SYS_mknodat, -1, BAD, S_IFIFO | 0600, 0, EFAULT},
	{"openat2", SYS_openat2, -1, BAD, BAD, 24, EFAULT},
	{"seccomp", SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, BAD, 0, EFAULT},
	{"memfd_create", SYS_memfd_create, BAD, 0, 0, 0, EFAULT},
	{"chroot", SYS_chroot, BAD, 0, 0, 0, EFAULT},
	{"mq_unlink", SYS_mq_unlink, BAD, 0, 0, 0, EFAULT},
	{"adjtimex", SYS_adjtimex, BAD, 0, 0, 0, EFAULT},
	{"name_to_handle_at", SYS_name_to_handle_at, -1, BAD, BAD, BAD, EFAULT},
	{"a number of later kernels", 599, 0, 0, 0, 0, ENOSYS},
};

struct order {
	const struct guard *g;
	long nr, a, b, c, d;
};

/* The errno (0: none) of a call in a child with the filter. */
static int attempt(const struct order *o)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		struct err e = ERR_INIT;
		long r;

		if (unshare(CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNS |
			    CLONE_NEWNET) < 0 ||
		    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
		    prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
			_exit(255);
		if (guard_install(o->g, &e) < 0)
			_exit(254);
		r = syscall(o->nr, o->a, o->b, o->c, o->d, 0, 0);
		/* a clone's child ends here, too */
		_exit(r < 0 ? errno : 0);
	}
	ATF_REQUIRE(pid > 0 && waitpid(pid, &status, 0) == pid);
	ATF_REQUIRE_MSG(WIFEXITED(status), "status %#x", status);
	ATF_REQUIRE(WEXITSTATUS(status) != 255);
	ATF_REQUIRE(WEXITSTATUS(status) != 254);
	return WEXITSTATUS(status);
}

/* Whatever a parameter is that opens, "" or the reverse of a default. */
static const char *closing(const char *opens)
{
	if (opens && !strcmp(opens, "allow.unprivileged_proc_debug"))
		return "allow.nounprivileged_proc_debug";
	if (opens && !strcmp(opens, "allow.set_hostname"))
		return "allow.noset_hostname";
	return "";
}

ATF_TC(refused);
ATF_TC_HEAD(refused, tc)
{
	atf_tc_set_md_var(tc, "descr",
			  "Calls are refused with their errno, and work "
			  "with the parameter or without the wall");
	atf_tc_set_md_var(tc, "require.user", "root");
}
ATF_TC_BODY(refused, tc)
{
	for (size_t i = 0; i < ARRAY_SIZE(attempts); i++) {
		cleanup_guard struct guard shut = {0}, more = {0}, none = {0};
		const char *opens = attempts[i].opens;
		struct order o = {&shut,	 attempts[i].nr, attempts[i].a,
				  attempts[i].b, attempts[i].c,	 attempts[i].d};
		int got;

		ATF_REQUIRE_EQ(
			0, guard_build(open_by(closing(opens)), &shut, NULL));
		got = attempt(&o);
		ATF_CHECK_EQ_MSG(attempts[i].closed, got, "%s: %s",
				 attempts[i].what, strerror(got));
		ATF_REQUIRE_EQ(0, guard_build(GUARD_NO_WALL, &none, NULL));
		o.g = &none;
		got = attempt(&o);
		/* some kernels are built without some calls */
		if (got == ENOSYS)
			continue;
		ATF_CHECK_MSG(attempts[i].closed != got, "%s proves nothing",
			      attempts[i].what);
		if (!opens)
			continue;
		ATF_REQUIRE_EQ(0, guard_build(open_by(opens), &more, NULL));
		o.g = &more;
		ATF_CHECK_EQ_MSG(got, attempt(&o), "%s with %s",
				 attempts[i].what, opens);
	}
}

ATF_TC(allowed);
ATF_TC_HEAD(allowed, tc)
{
	atf_tc_set_md_var(tc, "descr", "What programs need works in any jail");
	atf_tc_set_md_var(tc, "require.user", "root");
}
ATF_TC_BODY(allowed, tc)
{
	cleanup_guard struct guard g = {0};

	ATF_REQUIRE_EQ(0, guard_build(open_by(""), &g, NULL));
	for (size_t i = 0; i < ARRAY_SIZE(works); i++) {
		struct order o = {&g,	      works[i].nr, works[i].a,
				  works[i].b, works[i].c,  works[i].d};
		int got = attempt(&o);

		ATF_CHECK_EQ_MSG(works[i].want, got, "%s: %s", works[i].what,
				 strerror(got));
	}
}

ATF_TC(first);
ATF_TC_HEAD(first, tc)
{
	atf_tc_set_md_var(tc, "descr",
			  "A first process makes its dozen of calls, no other");
	atf_tc_set_md_var(tc, "require.user", "root");
}
ATF_TC_BODY(first, tc)
{
	int status;
	pid_t pid = fork();

	ATF_REQUIRE(pid >= 0);
	if (!pid) {
		if (guard_install_init(NULL) < 0)
			syscall(SYS_exit_group, 9);
		if (syscall(SYS_getppid) != -1 || errno != EPERM)
			syscall(SYS_exit_group, 1);
		if (syscall(SYS_openat, AT_FDCWD, "/", 0) != -1 ||
		    errno != EPERM)
			syscall(SYS_exit_group, 2);
		if (syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0) != -1 ||
		    errno != EPERM)
			syscall(SYS_exit_group, 3);
		if (syscall(SYS_wait4, -1, 0, WNOHANG, 0) != -1 ||
		    errno != ECHILD)
			syscall(SYS_exit_group, 4);
		syscall(SYS_exit_group, 42);
	}
	ATF_REQUIRE_EQ(pid, waitpid(pid, &status, 0));
	ATF_CHECK_EQ_MSG(42 << 8, status, "%#x", status);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, first);
	ATF_TP_ADD_TC(tp, rows);
	ATF_TP_ADD_TC(tp, names);
	ATF_TP_ADD_TC(tp, numbers);
	ATF_TP_ADD_TC(tp, tests);
	ATF_TP_ADD_TC(tp, conditions);
	ATF_TP_ADD_TC(tp, program);
	ATF_TP_ADD_TC(tp, sizes);
	ATF_TP_ADD_TC(tp, strange);
	ATF_TP_ADD_TC(tp, libseccomp);
	ATF_TP_ADD_TC(tp, refused);
	ATF_TP_ADD_TC(tp, allowed);
	return atf_no_error();
}
