/*
 * cgbpf_int: what the files of cgbpf share: BPF instructions, and bpf(2).
 */
#ifndef CB_NS_CGBPF_INT_H
#define CB_NS_CGBPF_INT_H

#include "ns/cgbpf.h"

#include <linux/bpf.h>
#include <stddef.h>
#include <stdint.h>

/* --- instructions
 * ------------------------------------------------------------ */

static inline struct bpf_insn op(uint8_t code, uint8_t dst, uint8_t src,
				 int16_t off, int32_t imm)
{
	return (struct bpf_insn){.code = code,
				 .dst_reg = dst & 15,
				 .src_reg = src & 15,
				 .off = off,
				 .imm = imm};
}

#define LOAD32(dst, src, off) op(BPF_LDX | BPF_W | BPF_MEM, dst, src, off, 0)
#define MOV32(dst, src) op(BPF_ALU | BPF_MOV | BPF_X, dst, src, 0, 0)
#define SET(dst, v) op(BPF_ALU64 | BPF_MOV | BPF_K, dst, 0, 0, v)
#define AND32(dst, v) op(BPF_ALU | BPF_AND | BPF_K, dst, 0, 0, v)
#define LSH32(dst, v) op(BPF_ALU | BPF_LSH | BPF_K, dst, 0, 0, v)
#define OR32(dst, src) op(BPF_ALU | BPF_OR | BPF_X, dst, src, 0, 0)
#define RSH32(dst, v) op(BPF_ALU | BPF_RSH | BPF_K, dst, 0, 0, v)
/* skip so many instructions if not equal; if any of these bits is not set */
#define SKIP_NE32(dst, v, n) op(BPF_JMP32 | BPF_JNE | BPF_K, dst, 0, n, v)
#define SKIP_EQ32(dst, v, n) op(BPF_JMP32 | BPF_JEQ | BPF_K, dst, 0, n, v)
#define SKIP_GE32(dst, v, n) op(BPF_JMP32 | BPF_JGE | BPF_K, dst, 0, n, v)
/* 16 bits as they go over the network, and back */
#define NET16(dst) op(BPF_ALU | BPF_END | BPF_TO_BE, dst, 0, 0, 16)
#define SKIP(n) op(BPF_JMP | BPF_JA, 0, 0, n, 0)
#define CALL(fn) op(BPF_JMP | BPF_CALL, 0, 0, 0, fn)
#define EXIT() op(BPF_JMP | BPF_EXIT, 0, 0, 0, 0)

/* --- bpf(2), cgbpf.c
 * --------------------------------------------------------- */

struct cgbpf_prog {
	const struct bpf_insn *insns;
	size_t n; /* 0: there are too many */
	uint32_t type, attach;
	uint32_t btf_id; /* the hook, where there are several of that type */
	const char *name;
};
/* A descriptor, or a negative errno. */
int cgbpf_load(const struct cgbpf_prog *p);
/*
 * What a refusal means: `what` is what the jail is left without, `lacks` what
 * a kernel that does not know of such programs has not.
 */
int cgbpf_refused(struct err *e, int r, const char *what, const char *lacks);
/* Add a program to a cgroup's. */
int cgbpf_attach(int cgroup_fd, int prog, uint32_t attach);
/* Take programs of that name away from this very cgroup. */
int cgbpf_detach_named(int cgroup_fd, uint32_t attach, const char *name);

#endif
