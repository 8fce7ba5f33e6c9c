/*
 * cgbpf: see cgbpf.h.
 *
 * Theory of operation.  A program is an array of struct bpf_insn, loaded,
 * attached to the cgroup's descriptor and closed: from then on it lives as
 * long as the cgroup does and nothing is pinned anywhere.  BPF_F_ALLOW_MULTI
 * makes it add to what stands above: a device must be allowed by the programs
 * of every cgroup from the jail's to the root, so that a jail within a jail
 * never opens more than its parent; and of bind's results the "needs no
 * capability" bit of any program counts.
 *
 * The device program compares with a list of the character devices that are
 * named one by one, then goes through the other rules: "type, major and minor
 * as here? then 1", at the end 0.  The context word is access << 16 | type;
 * whoever asks to make a node is refused first.
 *
 * Detaching, and loading any other program, needs CAP_BPF or CAP_SYS_ADMIN
 * over the machine, which nobody has in a user namespace.
 */
#include "ns/cgbpf_int.h"

#include "base/cleanup.h"

#include <errno.h>
#include <linux/bpf.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define DEVICES_NAME "cb_devices"
#define PORTS_NAME "cb_low_ports"
#define NO_PORTS_NAME "cb_no_ports"
#define PORTS_LOW 1024
#define PROGS_MAX 64
/* bind may go on, and without CAP_NET_BIND_SERVICE (Linux 5.12) */
#define BIND_OK 1
#define BIND_OK_NO_CAP 3

/* --- bpf(2)
 * ------------------------------------------------------------------ */

/* The result, a descriptor with some commands, or a negative errno. */
static int call_bpf(int cmd, union bpf_attr *a)
{
	long r = syscall(SYS_bpf, cmd, a, sizeof(*a));

	return r < 0 ? -errno : (int)r;
}

int cgbpf_refused(struct err *e, int r, const char *what, const char *lacks)
{
	/* the kernel says EINVAL of program types that it does not have */
	if (r == -ENOSYS || r == -EINVAL || r == -EOPNOTSUPP || r == -ENOENT)
		return err_set(e, ENOSYS, "%s: this kernel has no BPF %s", what,
			       lacks);
	return err_sys(e, -r, "%s: BPF", what);
}

static int refused(struct err *e, int r, const char *what)
{
	return cgbpf_refused(e, r, what,
			     "programs for cgroups (CONFIG_BPF_SYSCALL, "
			     "CONFIG_CGROUP_BPF)");
}

int cgbpf_load(const struct cgbpf_prog *p)
{
	union bpf_attr a;

	if (!p->n)
		return -E2BIG;
	memset(&a, 0, sizeof(a));
	a.prog_type = p->type;
	a.expected_attach_type = p->attach;
	a.attach_btf_id = p->btf_id;
	a.insns = (uint64_t)(uintptr_t)p->insns;
	a.insn_cnt = (uint32_t)p->n;
	/* some helpers ask for a licence that goes with the kernel's own */
	a.license = (uint64_t)(uintptr_t) "Dual BSD/GPL";
	strncpy(a.prog_name, p->name, sizeof(a.prog_name) - 1);
	return call_bpf(BPF_PROG_LOAD, &a);
}

int cgbpf_attach(int cgroup_fd, int prog, uint32_t attach)
{
	union bpf_attr a;

	memset(&a, 0, sizeof(a));
	a.target_fd = (uint32_t)cgroup_fd;
	a.attach_bpf_fd = (uint32_t)prog;
	a.attach_type = attach;
	a.attach_flags = BPF_F_ALLOW_MULTI;
	return call_bpf(BPF_PROG_ATTACH, &a);
}

static int prog_detach(int cgroup_fd, int prog, uint32_t attach)
{
	union bpf_attr a;

	memset(&a, 0, sizeof(a));
	a.target_fd = (uint32_t)cgroup_fd;
	a.attach_bpf_fd = (uint32_t)prog;
	a.attach_type = attach;
	return call_bpf(BPF_PROG_DETACH, &a);
}

/* Ids of what is attached to this very cgroup; their number. */
static int prog_ids(int cgroup_fd, uint32_t attach, uint32_t ids[PROGS_MAX])
{
	uint32_t flags[PROGS_MAX];
	union bpf_attr a;
	int r;

	memset(&a, 0, sizeof(a));
	a.query.target_fd = (uint32_t)cgroup_fd;
	a.query.attach_type = attach;
	a.query.prog_ids = (uint64_t)(uintptr_t)ids;
	a.query.prog_cnt = PROGS_MAX;
	/* of these the kernel will not tell without */
	if (attach == BPF_LSM_CGROUP)
		a.query.prog_attach_flags = (uint64_t)(uintptr_t)flags;
	r = call_bpf(BPF_PROG_QUERY, &a);
	return r < 0 ? r : (int)a.query.prog_cnt;
}

/* A descriptor of the program of that id if it is one of ours, else < 0. */
static int prog_open(uint32_t id, const char *name)
{
	struct bpf_prog_info info;
	cleanup_close int fd = -1;
	union bpf_attr a;

	memset(&a, 0, sizeof(a));
	a.prog_id = id;
	fd = call_bpf(BPF_PROG_GET_FD_BY_ID, &a);
	if (fd < 0)
		return fd;
	memset(&info, 0, sizeof(info));
	memset(&a, 0, sizeof(a));
	a.info.bpf_fd = (uint32_t)fd;
	a.info.info_len = sizeof(info);
	a.info.info = (uint64_t)(uintptr_t)&info;
	if (call_bpf(BPF_OBJ_GET_INFO_BY_FD, &a) < 0 ||
	    strncmp(info.name, name, sizeof(info.name)) != 0)
		return -ENOENT;
	return take_fd(&fd);
}

/* Detach ours, by that name, of the ids that were found before. */
static int detach_ours(int cgroup_fd, uint32_t attach, const char *name,
		       const uint32_t *ids, int n)
{
	for (int i = 0; i < n; i++) {
		cleanup_close int fd = prog_open(ids[i], name);
		int r;

		if (fd < 0)
			continue;
		r = prog_detach(cgroup_fd, fd, attach);
		if (r < 0)
			return r;
	}
	return 0;
}

int cgbpf_detach_named(int cgroup_fd, uint32_t attach, const char *name)
{
	uint32_t ids[PROGS_MAX];
	int n = prog_ids(cgroup_fd, attach, ids);

	return n < 0 ? n : detach_ours(cgroup_fd, attach, name, ids, n);
}

/* --- devices
 * ----------------------------------------------------------------- */

#define HEAD_INSNS 10
#define LIST_INSNS 7
#define RULE_INSNS 5
#define TAIL_INSNS 2
#define MINOR_BITS 20 /* the kernel's, of 32 */
#define MAJOR_MAX 4095
#define MINOR_MAX ((1 << MINOR_BITS) - 1)

/* One character device, as nearly all rules name. */
static bool is_plain(const struct dev_rule *v)
{
	return !v->block && v->major >= 0 && v->major <= MAJOR_MAX &&
	       v->minor >= 0 && v->minor <= MINOR_MAX;
}

/*
 * These are a list of numbers with one way out, which the kernel verifies four
 * times faster than as many tests of three values, and each jail pays for that.
 */
static size_t plain_devices(struct bpf_insn *p, const struct dev_rule *v,
			    size_t n)
{
	size_t k = 0, left = 0;

	for (size_t i = 0; i < n; i++)
		left += is_plain(&v[i]);
	if (!left)
		return 0;
	p[k++] = SET(BPF_REG_0, 1);
	p[k++] = MOV32(BPF_REG_3, BPF_REG_4);
	p[k++] = LSH32(BPF_REG_3, MINOR_BITS);
	p[k++] = OR32(BPF_REG_3, BPF_REG_5);
	p[k++] = SKIP_NE32(BPF_REG_2, BPF_DEVCG_DEV_CHAR, (int16_t)(left + 2));
	for (size_t i = 0; i < n; i++)
		if (is_plain(&v[i]))
			p[k++] = SKIP_EQ32(
				BPF_REG_3,
				(int32_t)((uint32_t)v[i].major << MINOR_BITS |
					  (uint32_t)v[i].minor),
				(int16_t)left--);
	p[k++] = SKIP(1);
	p[k++] = EXIT();
	return k;
}

/*
 * r2 type, r3 access, r4 major, r5 minor.  The order of tests in a rule is
 * the one that fails soonest: few rules share a minor number.
 */
static size_t device_program(struct bpf_insn *p, const struct dev_rule *v,
			     size_t n)
{
	const int16_t at_access =
		offsetof(struct bpf_cgroup_dev_ctx, access_type);
	size_t k = 0;

	p[k++] = LOAD32(BPF_REG_2, BPF_REG_1, at_access);
	p[k++] = MOV32(BPF_REG_3, BPF_REG_2);
	p[k++] = AND32(BPF_REG_2, 0xffff);
	p[k++] = RSH32(BPF_REG_3, 16);
	p[k++] = LOAD32(BPF_REG_4, BPF_REG_1,
			offsetof(struct bpf_cgroup_dev_ctx, major));
	p[k++] = LOAD32(BPF_REG_5, BPF_REG_1,
			offsetof(struct bpf_cgroup_dev_ctx, minor));
	p[k++] = AND32(BPF_REG_3, BPF_DEVCG_ACC_MKNOD);
	p[k++] = SKIP_EQ32(BPF_REG_3, 0, 2);
	p[k++] = SET(BPF_REG_0, 0);
	p[k++] = EXIT();
	k += plain_devices(p + k, v, n);
	for (size_t i = 0; i < n; i++) {
		int16_t rest = 2 + 1 + (v[i].major >= 0) + (v[i].minor >= 0);

		if (is_plain(&v[i]))
			continue;
		if (v[i].minor >= 0)
			p[k++] = SKIP_NE32(BPF_REG_5, v[i].minor, --rest);
		if (v[i].major >= 0)
			p[k++] = SKIP_NE32(BPF_REG_4, v[i].major, --rest);
		p[k++] = SKIP_NE32(BPF_REG_2,
				   v[i].block ? BPF_DEVCG_DEV_BLOCK
					      : BPF_DEVCG_DEV_CHAR,
				   --rest);
		p[k++] = SET(BPF_REG_0, 1);
		p[k++] = EXIT();
	}
	p[k++] = SET(BPF_REG_0, 0);
	p[k++] = EXIT();
	return k;
}

static int devices_load(const struct bpf_insn *p, size_t n)
{
	return cgbpf_load(&(struct cgbpf_prog){
		.insns = p,
		.n = n,
		.type = BPF_PROG_TYPE_CGROUP_DEVICE,
		.attach = BPF_CGROUP_DEVICE,
		.name = DEVICES_NAME,
	});
}

static const char what_devices[] = "device filter";

int cgbpf_devices(int cgroup_fd, const struct dev_rule *v, size_t n,
		  struct err *e)
{
	cleanup_free struct bpf_insn *p = NULL;
	uint32_t old[PROGS_MAX];
	cleanup_close int prog = -1;
	int had, r;

	if (n > CGBPF_RULES_MAX)
		return err_set(e, E2BIG, "%s: more than %d devices",
			       what_devices, CGBPF_RULES_MAX);
	p = calloc(HEAD_INSNS + LIST_INSNS + n * RULE_INSNS + TAIL_INSNS,
		   sizeof(*p));
	if (!p)
		return err_nomem(e);
	prog = devices_load(p, device_program(p, v, n));
	if (prog < 0)
		return refused(e, prog, what_devices);
	/* while both are attached only what is in both lists opens */
	had = prog_ids(cgroup_fd, BPF_CGROUP_DEVICE, old);
	r = had < 0 ? had : cgbpf_attach(cgroup_fd, prog, BPF_CGROUP_DEVICE);
	if (!r)
		r = detach_ours(cgroup_fd, BPF_CGROUP_DEVICE, DEVICES_NAME, old,
				had);
	return r < 0 ? refused(e, r, what_devices) : 0;
}

int cgbpf_devices_can(struct err *e)
{
	struct bpf_insn p[HEAD_INSNS + 2];
	cleanup_close int prog = devices_load(p, device_program(p, NULL, 0));

	return prog < 0 ? refused(e, prog, what_devices) : 0;
}

int cgbpf_devices_off(int cgroup_fd, struct err *e)
{
	int r = cgbpf_detach_named(cgroup_fd, BPF_CGROUP_DEVICE, DEVICES_NAME);

	if (r == -ENOSYS || r == -EINVAL)
		return 0;
	return r < 0 ? refused(e, r, what_devices) : 0;
}

/* --- ports below 1024
 * -------------------------------------------------------- */

static const char what_ports[] = "allow.reserved_ports";
static const uint32_t port_types[] = {BPF_CGROUP_INET4_BIND,
				      BPF_CGROUP_INET6_BIND};

static int ports_load(const struct bpf_insn *p, size_t n, uint32_t attach,
		      const char *name)
{
	return cgbpf_load(&(struct cgbpf_prog){
		.insns = p,
		.n = n,
		.type = BPF_PROG_TYPE_CGROUP_SOCK_ADDR,
		.attach = attach,
		.name = name,
	});
}

int cgbpf_low_ports(int cgroup_fd, uint32_t uid, struct err *e)
{
	const struct bpf_insn p[] = {
		CALL(BPF_FUNC_get_current_uid_gid),
		/* gid << 32 | uid: a 32 bit jump sees the uid */
		SKIP_NE32(BPF_REG_0, (int32_t)uid, 2),
		SET(BPF_REG_0, BIND_OK_NO_CAP),
		EXIT(),
		SET(BPF_REG_0, BIND_OK),
		EXIT(),
	};
	for (size_t i = 0; i < ARRAY_SIZE(port_types); i++) {
		cleanup_close int prog =
			ports_load(p, ARRAY_SIZE(p), port_types[i], PORTS_NAME);
		int r = prog < 0 ? prog
				 : cgbpf_attach(cgroup_fd, prog, port_types[i]);

		if (r < 0)
			return refused(e, r, what_ports);
	}
	return 0;
}

/* Without `eacces` it does without a helper that is younger than the rest. */
static int no_ports_load(uint32_t attach, bool eacces)
{
	const struct bpf_insn p[] = {
		LOAD32(BPF_REG_2, BPF_REG_1,
		       offsetof(struct bpf_sock_addr, user_port)),
		NET16(BPF_REG_2),
		/* 0: any free one */
		SKIP_EQ32(BPF_REG_2, 0, 5),
		SKIP_GE32(BPF_REG_2, PORTS_LOW, 4),
		SET(BPF_REG_1, -EACCES),
		eacces ? CALL(BPF_FUNC_set_retval) : SET(BPF_REG_1, 0),
		SET(BPF_REG_0, 0),
		EXIT(),
		SET(BPF_REG_0, BIND_OK),
		EXIT(),
	};

	return ports_load(p, ARRAY_SIZE(p), attach, NO_PORTS_NAME);
}

int cgbpf_no_low_ports(int cgroup_fd, struct err *e)
{
	for (size_t i = 0; i < ARRAY_SIZE(port_types); i++) {
		cleanup_close int prog = no_ports_load(port_types[i], true);
		int r;

		if (prog < 0)
			prog = no_ports_load(port_types[i], false);
		r = prog < 0 ? prog
			     : cgbpf_attach(cgroup_fd, prog, port_types[i]);
		if (r < 0)
			return refused(e, r, "allow.noreserved_ports");
	}
	return 0;
}

static int ports_off(int cgroup_fd, const char *name, struct err *e)
{
	for (size_t i = 0; i < ARRAY_SIZE(port_types); i++) {
		int r = cgbpf_detach_named(cgroup_fd, port_types[i], name);

		if (r < 0 && r != -ENOSYS && r != -EINVAL)
			return refused(e, r, what_ports);
	}
	return 0;
}

int cgbpf_low_ports_off(int cgroup_fd, struct err *e)
{
	return ports_off(cgroup_fd, PORTS_NAME, e);
}

int cgbpf_no_low_ports_off(int cgroup_fd, struct err *e)
{
	return ports_off(cgroup_fd, NO_PORTS_NAME, e);
}
