/*
 * hooks: the least that a jail's programs can cost; see hooks.h.
 *
 * What a program does is not all of its price: the kernel finds the socket's
 * cgroup, sets up what the program sees, and calls it; for some hooks it also
 * takes the socket's lock, or leaves a faster way.  So the same hooks get a
 * program here that says yes at once.
 */
#include "hooks.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define TOP "/sys/fs/cgroup/unified/floor"

static const struct hook {
	enum bpf_prog_type type;
	enum bpf_attach_type at;
} hooks[] = {
	{BPF_PROG_TYPE_CGROUP_SOCK, BPF_CGROUP_INET_SOCK_RELEASE},
	{BPF_PROG_TYPE_CGROUP_SOCK, BPF_CGROUP_INET_SOCK_CREATE},
	{BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET4_BIND},
	{BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET6_BIND},
	{BPF_PROG_TYPE_CGROUP_SOCK, BPF_CGROUP_INET4_POST_BIND},
	{BPF_PROG_TYPE_CGROUP_SOCK, BPF_CGROUP_INET6_POST_BIND},
	{BPF_PROG_TYPE_SOCK_OPS, BPF_CGROUP_SOCK_OPS},
	{BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET4_CONNECT},
	{BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET6_CONNECT},
	{BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_UDP4_SENDMSG},
	{BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_UDP6_SENDMSG},
	{BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET4_GETSOCKNAME},
	{BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET6_GETSOCKNAME},
	{BPF_PROG_TYPE_SK_LOOKUP, BPF_SK_LOOKUP},
};

static int bpf(int command, union bpf_attr *a)
{
	return (int)syscall(SYS_bpf, command, a, sizeof(*a));
}

/* r0 = 1; exit */
static int load(const struct hook *h)
{
	static const struct bpf_insn yes[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = 1},
		{.code = BPF_JMP | BPF_EXIT},
	};
	union bpf_attr a;

	memset(&a, 0, sizeof(a));
	a.prog_type = h->type;
	a.expected_attach_type = h->at;
	a.insns = (uint64_t)(uintptr_t)yes;
	a.insn_cnt = sizeof(yes) / sizeof(yes[0]);
	a.license = (uint64_t)(uintptr_t) "GPL";
	return bpf(BPF_PROG_LOAD, &a);
}

/* A link lives as long as it is open. */
static int attach(const struct hook *h, int prog, int cgroup, int net)
{
	union bpf_attr a;
	int link;

	memset(&a, 0, sizeof(a));
	if (h->at == BPF_SK_LOOKUP) {
		a.link_create.prog_fd = (uint32_t)prog;
		a.link_create.target_fd = (uint32_t)net;
		a.link_create.attach_type = h->at;
		link = bpf(BPF_LINK_CREATE, &a);
		return link < 0 ? link : fcntl(link, F_SETFD, 0);
	}
	a.target_fd = (uint32_t)cgroup;
	a.attach_bpf_fd = (uint32_t)prog;
	a.attach_type = h->at;
	a.attach_flags = BPF_F_ALLOW_MULTI;
	return bpf(BPF_PROG_ATTACH, &a);
}

static bool join(void)
{
	FILE *f = fopen(TOP "/cgroup.procs", "we");
	bool ok = f && fprintf(f, "%d", (int)getpid()) > 0;

	return f && !fclose(f) && ok;
}

bool hooks_enter(void)
{
	int cgroup, net = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);

	if (net < 0 || (mkdir(TOP, 0755) < 0 && errno != EEXIST))
		return false;
	cgroup = open(TOP, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (cgroup < 0 || !join())
		return false;
	for (size_t i = 0; i < sizeof(hooks) / sizeof(hooks[0]); i++) {
		int prog = load(&hooks[i]);

		if (prog < 0 || attach(&hooks[i], prog, cgroup, net) < 0)
			return false;
	}
	return true;
}
