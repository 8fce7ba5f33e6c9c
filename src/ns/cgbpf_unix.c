/*
 * cgbpf_unix: abstract unix sockets are kept apart by network namespaces
 * alone, so a jail that shares its creator's would share these, too
 * (CVE-2020-15257).
 *
 * Theory of operation.  Three LSM programs for the jail's cgroup (Linux 6.0,
 * CONFIG_BPF_LSM, and "bpf" in the kernel's list of security modules):
 *
 *	unix_stream_connect   the socket at the other end has an abstract name
 *	unix_may_send         and was not made in this cgroup or below: EPERM
 *	socket_bind	      an abstract name: EPERM
 *
 * The first two keep the jail off the host's and its siblings' sockets.  The
 * last keeps whoever is outside off the jail's: a connection from outside is
 * not the jail's to forbid, but a name that it cannot take it cannot offer,
 * nor sit on in the place of a service that starts later.  Names that the
 * kernel chooses (autobind) stay possible, for answers.
 *
 * Where the kernel takes no LSM programs there are, since Linux 6.7, hooks for
 * cgroups in connect(2) and sendmsg(2), which see the name alone: then no
 * abstract name at all is within the jail's reach, its own neither.
 *
 * The programs read the kernel's memory at places that its type information
 * tells (ns/btf.h).  Who made the other socket is asked of its cgroup, whose
 * number is compared with the jail's, then its parent's, and so on.
 */
#include "ns/cgbpf_int.h"

#include "base/cleanup.h"
#include "ns/btf.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#define UNIX_NAME "cb_unix"
/* Jails in jails make two levels each; the kernel's own limit is no lower. */
#define DEPTH 24
#define INSNS_MAX 1024

/* --- where the kernel keeps it
 * -------------------------------------------------- */

enum {
	HOOK_CONNECT,
	HOOK_SEND,
	HOOK_BIND,
	SOCKET_SK,
	SOCK_CGROUP,
	CGROUP_DATA,
	CGROUP_SELF,
	CGROUP_KN,
	CSS_PARENT,
	CSS_CGROUP,
	KN_ID,
	UNIX_ADDR,
	ADDR_NAME,
	/* from here on for the names alone */
	CAST, /* the context as the kernel has it */
	KERN_ADDR,
	KERN_LEN,
	NWANTS
};

/* One look for all: it is what takes the time. */
#define FUNC(t)                                                                \
	{                                                                      \
		.type = (t), .optional = true                                  \
	}
#define MEMBER(t, m)                                                           \
	{                                                                      \
		.type = (t), .member = (m), .optional = true                   \
	}
static const struct btf_want wants[NWANTS] = {
	[HOOK_CONNECT] = FUNC("bpf_lsm_unix_stream_connect"),
	[HOOK_SEND] = FUNC("bpf_lsm_unix_may_send"),
	[HOOK_BIND] = FUNC("bpf_lsm_socket_bind"),
	[SOCKET_SK] = MEMBER("socket", "sk"),
	[SOCK_CGROUP] = MEMBER("sock", "sk_cgrp_data"),
	[CGROUP_DATA] = MEMBER("sock_cgroup_data", "cgroup"),
	[CGROUP_SELF] = MEMBER("cgroup", "self"),
	[CGROUP_KN] = MEMBER("cgroup", "kn"),
	[CSS_PARENT] = MEMBER("cgroup_subsys_state", "parent"),
	[CSS_CGROUP] = MEMBER("cgroup_subsys_state", "cgroup"),
	[KN_ID] = MEMBER("kernfs_node", "id"),
	[UNIX_ADDR] = MEMBER("unix_sock", "addr"),
	[ADDR_NAME] = MEMBER("unix_address", "name"),
	[CAST] = FUNC("bpf_cast_to_kern_ctx"),
	[KERN_ADDR] = MEMBER("bpf_sock_addr_kern", "uaddr"),
	[KERN_LEN] = MEMBER("bpf_sock_addr_kern", "uaddrlen"),
};

static bool found(const struct btf_want *at, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		if (!at[i].found)
			return false;
	return true;
}

/* Linux 6.7, newer than the headers this may be built with. */
#define HOOK_UNIX_CONNECT 49
#define HOOK_UNIX_SENDMSG 50

/* --- the programs
 * --------------------------------------------------------------- */

/* What is under way; a jump to `allow` is mended at the end. */
struct code {
	struct bpf_insn p[INSNS_MAX];
	size_t n;
	const struct btf_want *at;
};

static void put(struct code *c, struct bpf_insn i)
{
	if (c->n < INSNS_MAX)
		c->p[c->n] = i;
	c->n++;
}

/* BPF_ADD, BPF_K and BPF_IMM are no bits */
#define ADD(dst, v) op(BPF_ALU64, dst, 0, 0, v)

/* To the program's end, where r0 becomes 1; offset -1 marks it. */
#define TO_ALLOW (-1)

static void allow_if(struct code *c, uint8_t jump, uint8_t reg, int32_t v)
{
	put(c, op(BPF_JMP | jump | BPF_K, reg, 0, TO_ALLOW, v));
}

/* dst = size bytes of the kernel's memory at reg + off; 0 if there is none. */
static void fetch(struct code *c, uint8_t dst, uint8_t reg, uint32_t off,
		  uint8_t width, int32_t size)
{
	put(c, op(BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_3, reg, 0, 0));
	put(c, ADD(BPF_REG_3, (int32_t)off));
	put(c, SET(BPF_REG_2, size));
	put(c, op(BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_1, BPF_REG_10, 0, 0));
	put(c, ADD(BPF_REG_1, -8));
	put(c, CALL(BPF_FUNC_probe_read_kernel));
	put(c, op(BPF_LDX | width | BPF_MEM, dst, BPF_REG_10, -8, 0));
}

static void fetch_ptr(struct code *c, uint8_t dst, uint8_t reg, uint32_t off)
{
	fetch(c, dst, reg, off, BPF_DW, 8);
}

static void load_arg(struct code *c, uint8_t dst, int n)
{
	put(c, op(BPF_LDX | BPF_DW | BPF_MEM, dst, BPF_REG_1, (int16_t)(n * 8),
		  0));
}

static void load_imm64(struct code *c, uint8_t dst, uint64_t v)
{
	put(c, op(BPF_LD | BPF_DW, dst, 0, 0, (int32_t)v));
	put(c, op(0, 0, 0, 0, (int32_t)(v >> 32)));
}

static bool is_jump(const struct bpf_insn *i)
{
	return BPF_CLASS(i->code) == BPF_JMP || BPF_CLASS(i->code) == BPF_JMP32;
}

/* r0 = 0 is EPERM; then what the jumps lead to.  Their number, 0: too long. */
static size_t finish(struct code *c)
{
	put(c, SET(BPF_REG_0, 0));
	put(c, EXIT());
	if (c->n + 2 > INSNS_MAX)
		return 0;
	for (size_t i = 0; i < c->n; i++)
		if (c->p[i].off == TO_ALLOW && is_jump(&c->p[i]))
			c->p[i].off = (int16_t)(c->n - i - 1);
	put(c, SET(BPF_REG_0, 1));
	put(c, EXIT());
	return c->n;
}

/* r6: the other socket, r7: its cgroup, r8: the jail's number. */
static size_t reach_program(struct code *c, bool by_socket, uint64_t cgroup)
{
	const struct btf_want *at = c->at;

	load_arg(c, BPF_REG_6, 1);
	if (by_socket)
		fetch_ptr(c, BPF_REG_6, BPF_REG_6, at[SOCKET_SK].value);
	fetch_ptr(c, BPF_REG_7, BPF_REG_6, at[UNIX_ADDR].value);
	allow_if(c, BPF_JEQ, BPF_REG_7, 0); /* no name: a pair, a client */
	fetch(c, BPF_REG_7, BPF_REG_7,
	      at[ADDR_NAME].value +
		      (uint32_t)offsetof(struct sockaddr_un, sun_path),
	      BPF_B, 1);
	allow_if(c, BPF_JNE, BPF_REG_7, 0); /* a path: files decide */
	fetch_ptr(c, BPF_REG_7, BPF_REG_6,
		  at[SOCK_CGROUP].value + at[CGROUP_DATA].value);
	load_imm64(c, BPF_REG_8, cgroup);
	for (int i = 0; i < DEPTH; i++) {
		fetch_ptr(c, BPF_REG_9, BPF_REG_7, at[CGROUP_KN].value);
		fetch_ptr(c, BPF_REG_9, BPF_REG_9, at[KN_ID].value);
		put(c, op(BPF_JMP | BPF_JEQ | BPF_X, BPF_REG_9, BPF_REG_8,
			  TO_ALLOW, 0));
		fetch_ptr(c, BPF_REG_7, BPF_REG_7,
			  at[CGROUP_SELF].value + at[CSS_PARENT].value);
		fetch_ptr(c, BPF_REG_7, BPF_REG_7, at[CSS_CGROUP].value);
	}
	return finish(c);
}

/* r6: the address, r7: its length; abstract names are refused. */
static void judge_name(struct code *c)
{
	/* no name in it: the kernel is asked to choose one */
	put(c, op(BPF_JMP32 | BPF_JSLE | BPF_K, BPF_REG_7, 0, TO_ALLOW,
		  offsetof(struct sockaddr_un, sun_path)));
	fetch(c, BPF_REG_8, BPF_REG_6, offsetof(struct sockaddr_un, sun_family),
	      BPF_H, 2);
	allow_if(c, BPF_JNE, BPF_REG_8, AF_UNIX);
	fetch(c, BPF_REG_8, BPF_REG_6, offsetof(struct sockaddr_un, sun_path),
	      BPF_B, 1);
	allow_if(c, BPF_JNE, BPF_REG_8, 0);
}

static size_t bind_program(struct code *c)
{
	load_arg(c, BPF_REG_6, 1);
	load_arg(c, BPF_REG_7, 2);
	judge_name(c);
	return finish(c);
}

/* Where a connection or a message goes, by its name. */
static size_t name_program(struct code *c)
{
	const struct btf_want *at = c->at;

	put(c, op(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_KFUNC_CALL, 0,
		  (int32_t)at[CAST].value));
	put(c, op(BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_9, BPF_REG_0, 0, 0));
	fetch_ptr(c, BPF_REG_6, BPF_REG_9, at[KERN_ADDR].value);
	fetch(c, BPF_REG_7, BPF_REG_9, at[KERN_LEN].value, BPF_W, 4);
	judge_name(c);
	return finish(c);
}

/* --- loading
 * -------------------------------------------------------------------- */

static const char what[] = "abstract unix sockets";

static int unix_refused(struct err *e, int r)
{
	return cgbpf_refused(e, r, what,
			     "programs for them (Linux 6.0 with bpf among its "
			     "security modules, or Linux 6.7)");
}

static int unix_load(const struct code *c, size_t n, uint32_t type,
		     uint32_t attach, uint32_t hook)
{
	return cgbpf_load(&(struct cgbpf_prog){
		.insns = c->p,
		.n = n,
		.type = type,
		.attach = attach,
		.btf_id = hook,
		.name = UNIX_NAME,
	});
}

static int attach(int cgroup_fd, int prog, uint32_t hook)
{
	return cgroup_fd < 0 ? 0 : cgbpf_attach(cgroup_fd, prog, hook);
}

/* All three are loaded before the first is attached: all or none. */
static int guard_all(int cgroup_fd, struct code *c, uint64_t cgroup)
{
	int prog[HOOK_BIND + 1] = {-1, -1, -1};
	int r = found(c->at, 0, CAST) ? 0 : -ENOSYS;

	for (int i = HOOK_CONNECT; r >= 0 && i <= HOOK_BIND; i++) {
		size_t n;

		c->n = 0;
		n = i == HOOK_BIND ? bind_program(c)
				   : reach_program(c, i == HOOK_SEND, cgroup);
		r = unix_load(c, n, BPF_PROG_TYPE_LSM, BPF_LSM_CGROUP,
			      c->at[i].value);
		prog[i] = r;
	}
	for (int i = HOOK_CONNECT; r >= 0 && i <= HOOK_BIND; i++)
		r = attach(cgroup_fd, prog[i], BPF_LSM_CGROUP);
	for (int i = HOOK_CONNECT; i <= HOOK_BIND; i++)
		cleanup_close_p(&prog[i]);
	return r < 0 ? r : 0;
}

static int guard_names(int cgroup_fd, struct code *c)
{
	static const uint32_t hooks[] = {HOOK_UNIX_CONNECT, HOOK_UNIX_SENDMSG};
	int r = found(c->at, CAST, NWANTS) ? 0 : -ENOSYS;

	for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(hooks); i++) {
		cleanup_close int prog = -1;

		c->n = 0;
		prog = unix_load(c, name_program(c),
				 BPF_PROG_TYPE_CGROUP_SOCK_ADDR, hooks[i], 0);
		r = prog < 0 ? prog : attach(cgroup_fd, prog, hooks[i]);
	}
	return r < 0 ? r : 0;
}

/* Without a cgroup (-1) it is a rehearsal. */
static int guard(int cgroup_fd, uint64_t cgroup, const char *kept,
		 bool *ret_whole, struct err *e)
{
	cleanup_free struct code *c = calloc(1, sizeof(*c));
	struct btf_want at[NWANTS];
	bool whole = true;
	int r;

	if (!c)
		return err_nomem(e);
	memcpy(at, wants, sizeof(at));
	r = btf_kernel_kept(kept, at, NWANTS, e);
	if (r < 0)
		return err_wrap(e, "%s", what);
	c->at = at;
	r = guard_all(cgroup_fd, c, cgroup);
	if (r < 0) {
		/* half of it may be there */
		if (cgroup_fd >= 0)
			cgbpf_unix_off(cgroup_fd, NULL);
		whole = false;
		r = guard_names(cgroup_fd, c);
	}
	if (r < 0) {
		if (cgroup_fd >= 0)
			cgbpf_unix_off(cgroup_fd, NULL);
		return unix_refused(e, r);
	}
	*ret_whole = whole;
	return 0;
}

int cgbpf_unix(int cgroup_fd, const char *kept, bool *ret_whole, struct err *e)
{
	struct stat st;

	if (fstat(cgroup_fd, &st) < 0)
		return err_sys(e, errno, "cgroup");
	/* a file's number in cgroup2 is the cgroup's id */
	return guard(cgroup_fd, st.st_ino, kept, ret_whole, e);
}

int cgbpf_unix_can(bool *ret_whole, struct err *e)
{
	return guard(-1, 1, NULL, ret_whole, e);
}

int cgbpf_unix_off(int cgroup_fd, struct err *e)
{
	static const uint32_t hooks[] = {BPF_LSM_CGROUP, HOOK_UNIX_CONNECT,
					 HOOK_UNIX_SENDMSG};

	for (size_t i = 0; i < ARRAY_SIZE(hooks); i++) {
		int r = cgbpf_detach_named(cgroup_fd, hooks[i], UNIX_NAME);

		if (r < 0 && r != -ENOSYS && r != -EINVAL)
			return unix_refused(e, r);
	}
	return 0;
}
