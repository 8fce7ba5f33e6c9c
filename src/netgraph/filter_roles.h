/*
 * filter_roles: what node files and packet functions of bpf, patch,
 * vlan_rotate, tcpmss, tag, checksum and ether_echo have agreed on.  Shared
 * with bpf/ (numbers only).
 */
#ifndef CB_NETGRAPH_FILTER_ROLES_H
#define CB_NETGRAPH_FILTER_ROLES_H

#include "netgraph/data.h"

/* --- bpf ---
 * The blob: programs, of all hooks that have one, and their instructions.  A
 * hook's conf is 1 + the place of its program; 0: it has FreeBSD's first one,
 * which nothing matches. */
#define NGD_BPF_PROGS 64
struct ngd_bpf_prog {
	__u32 match, nomatch; /* hook slots; 0: there is none of that name */
	__u16 start, len;     /* of the instructions */
	__u32 pad;
};
struct ngd_bpf_insn {
	__u16 code;
	__u8 jt, jf;
	__u32 k;
};
#define NGD_BPF_INSNS                                                          \
	((NGD_BLOB - NGD_BPF_PROGS * sizeof(struct ngd_bpf_prog)) /            \
	 sizeof(struct ngd_bpf_insn))
struct ngd_bpf_blob {
	struct ngd_bpf_prog prog[NGD_BPF_PROGS];
	struct ngd_bpf_insn insn[NGD_BPF_INSNS];
};
#define NGD_BPF_MAXINSNS 512 /* of one program: FreeBSD's net.bpf.maxinsns */
#define NGD_BPF_MEMWORDS 16
enum {
	NGD_BPF_C_FRAMES = NGD_C_TYPE, /* that matched */
	NGD_BPF_C_OCTETS,
};
_Static_assert(sizeof(struct ngd_bpf_blob) == NGD_BLOB, "fits");
_Static_assert(NGD_BPF_INSNS >= NGD_BPF_MAXINSNS, "the longest one fits");

/* Numbers that packets count by node are words of its state. */

/* --- patch ---
 * The blob. */
#define NGD_PATCH_OPS 256
struct ngd_patch_op {
	__u64 val;
	__u32 offset;
	__u16 length, mode;
};
struct ngd_patch_blob {
	__u32 count;
	__u32 flags; /* NGD_PATCH_* */
	struct ngd_patch_op op[NGD_PATCH_OPS];
};
#define NGD_PATCH_SET 0x01u	 /* there is a configuration */
#define NGD_PATCH_RELATIVE 0x02u /* offsets count from behind Ethernet's */
#define NGD_PATCH_TYPE 0x04u	 /* the Ethernet type may change */
#define NGD_PATCH_IP 0x08u	 /* keep right: the IP header's checksum, */
#define NGD_PATCH_L4 0x10u	 /* TCP's and UDP's over IPv4, */
#define NGD_PATCH_L4_6 0x20u	 /* over IPv6 */
enum {
	NGD_PATCH_IN = 1,
	NGD_PATCH_OUT,
};
enum { /* words */
	NGD_PATCH_RECEIVED,
	NGD_PATCH_PATCHED,
	NGD_PATCH_DROPPED,
	NGD_PATCH_WORDS,
};
_Static_assert(sizeof(struct ngd_patch_blob) <= NGD_BLOB, "fits");

/* --- vlan_rotate --- */
enum {
	NGD_ROTATE_ORIGINAL = 1,
	NGD_ROTATE_ORDERED,
	NGD_ROTATE_EXCESSIVE,
	NGD_ROTATE_INCOMPLETE,
};
enum {			/* conf */
	NGD_ROTATE_ROT, /* towards ordered; signed */
	NGD_ROTATE_MIN,
	NGD_ROTATE_MAX,
};
#define NGD_ROTATE_TAGS 10
enum { /* words */
	NGD_ROTATE_W_DROPS,
	NGD_ROTATE_W_EXCESSIVE,
	NGD_ROTATE_W_INCOMPLETE,
	NGD_ROTATE_W_HISTOGRAM,
	NGD_ROTATE_WORDS = NGD_ROTATE_W_HISTOGRAM + NGD_ROTATE_TAGS,
};

/* --- tcpmss ---
 * A hook's number is the slot of its outHook, 0: not configured; its conf is
 * maxMSS. */
enum {
	NGD_MSS_C_PACKETS = NGD_C_TYPE,
	NGD_MSS_C_OCTETS,
	NGD_MSS_C_SYN,
	NGD_MSS_C_FIXED,
};

/* --- tag ---
 * Each tag that a node of the vnet puts on packets has a number; a packet
 * carries the numbers of its tags, the newest in the lowest byte.  A hook's
 * number is that of the tag that it puts on what leaves by it, 0: none; its
 * conf is 1 + the place of its rule in the blob, 0: it has FreeBSD's first one,
 * which nothing matches and which drops all. */
#define NGD_TAG_RULES 64
#define NGD_TAG_NUMBERS 256
#define NGD_TAG_CARRIED 4
struct ngd_tag_rule {
	__u32 match, nomatch; /* hook slots; 0: there is none of that name */
	__u32 strip;
	__u32 pad;
	__u32 wanted[NGD_TAG_NUMBERS / 32]; /* a bit a number */
};
struct ngd_tag_blob {
	struct ngd_tag_rule rule[NGD_TAG_RULES];
};
enum {
	NGD_TAG_C_FRAMES = NGD_C_TYPE, /* that matched */
	NGD_TAG_C_OCTETS,
};
_Static_assert(sizeof(struct ngd_tag_blob) <= NGD_BLOB, "fits");

/* --- checksum --- */
enum {
	NGD_SUM_IN = 1,
	NGD_SUM_OUT,
};
#define NGD_SUM_FLAGS 0 /* conf: NGD_SUM_* */
#define NGD_SUM_IP 0x01u
#define NGD_SUM_UDP 0x02u
#define NGD_SUM_TCP 0x04u
#define NGD_SUM_UDP6 0x08u
#define NGD_SUM_TCP6 0x10u
#define NGD_SUM_RAW 0x20u /* packets begin with the IP header */
enum {			  /* words */
	NGD_SUM_RECEIVED,
	NGD_SUM_PROCESSED,
	NGD_SUM_DROPPED,
	NGD_SUM_WORDS,
};

#endif
