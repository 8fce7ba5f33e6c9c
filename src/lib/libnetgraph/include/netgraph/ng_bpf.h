/*
 * netgraph/ng_bpf.h: ng_bpf(4), as FreeBSD's header of that name has it.
 *
 * FreeBSD's struct bpf_insn (net/bpf.h) is Linux's struct sock_filter; Linux
 * has another struct of that name.  A program that has included pcap's bpf.h
 * before gets FreeBSD's.
 */
#ifndef NETGRAPH_NG_BPF_H
#define NETGRAPH_NG_BPF_H

#include <netgraph/ng_message.h>

#ifdef lib_pcap_bpf_h
#define NG_BPF_INSN struct bpf_insn
#else
#include <linux/filter.h>
#define NG_BPF_INSN struct sock_filter
#endif

#define NG_BPF_NODE_TYPE "bpf"
#define NGM_BPF_COOKIE 944100792

/* The program of one hook. */
struct ng_bpf_hookprog {
	char thisHook[NG_HOOKSIZ];
	char ifMatch[NG_HOOKSIZ];    /* goes out there if it returns not 0 */
	char ifNotMatch[NG_HOOKSIZ]; /* ... if it returns 0 */
	int32_t bpf_prog_len;	     /* instructions */
	NG_BPF_INSN bpf_prog[];
};

#define NG_BPF_HOOKPROG_SIZE(numInsn)                                          \
	(sizeof(struct ng_bpf_hookprog) + (numInsn) * sizeof(NG_BPF_INSN))

struct ng_bpf_hookstat {
	uint64_t recvFrames;
	uint64_t recvOctets;
	uint64_t recvMatchFrames;
	uint64_t recvMatchOctets;
	uint64_t xmitFrames;
	uint64_t xmitOctets;
};

enum {
	NGM_BPF_SET_PROGRAM = 1, /* struct ng_bpf_hookprog */
	NGM_BPF_GET_PROGRAM,	 /* a hook's name, as those below */
	NGM_BPF_GET_STATS,
	NGM_BPF_CLR_STATS,
	NGM_BPF_GETCLR_STATS,
};

#endif
