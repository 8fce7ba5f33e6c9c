/*
 * netgraph/ng_patch.h: ng_patch(4), as FreeBSD's header of that name has it.
 */
#ifndef NETGRAPH_NG_PATCH_H
#define NETGRAPH_NG_PATCH_H

#include <netgraph/ng_message.h>
#include <netgraph/ng_csum.h>

#define NG_PATCH_NODE_TYPE "patch"
#define NGM_PATCH_COOKIE 1262445509

#define NG_PATCH_HOOK_IN "in"
#define NG_PATCH_HOOK_OUT "out"

/* What csum_flags may ask to be computed anew. */
#define NG_PATCH_CSUM_IPV4 (CSUM_IP | CSUM_TCP | CSUM_UDP | CSUM_SCTP)
#define NG_PATCH_CSUM_IPV6 (CSUM_TCP_IPV6 | CSUM_UDP_IPV6 | CSUM_SCTP_IPV6)

enum {
	NGM_PATCH_SETCONFIG = 1,
	NGM_PATCH_GETCONFIG,
	NGM_PATCH_GET_STATS,
	NGM_PATCH_CLR_STATS,
	NGM_PATCH_GETCLR_STATS,
	NGM_PATCH_GETDLT,
	NGM_PATCH_SETDLT,
};

/* ng_patch_op.mode */
enum {
	NG_PATCH_MODE_SET = 1,
	NG_PATCH_MODE_ADD = 2,
	NG_PATCH_MODE_SUB = 3,
	NG_PATCH_MODE_MUL = 4,
	NG_PATCH_MODE_DIV = 5,
	NG_PATCH_MODE_NEG = 6,
	NG_PATCH_MODE_AND = 7,
	NG_PATCH_MODE_OR = 8,
	NG_PATCH_MODE_XOR = 9,
	NG_PATCH_MODE_SHL = 10,
	NG_PATCH_MODE_SHR = 11,
};

/* In messages it is v8, whatever the length. */
union ng_patch_op_val {
	uint8_t v1;
	uint16_t v2;
	uint32_t v4;
	uint64_t v8;
};

struct ng_patch_op {
	uint32_t offset;
	uint16_t length; /* 1, 2, 4 or 8 */
	uint16_t mode;
	union ng_patch_op_val val;
};

struct ng_patch_config {
	uint32_t count;
	uint64_t csum_flags;
	uint32_t relative_offset; /* behind the link-layer header */
	struct ng_patch_op ops[];
};

struct ng_patch_stats {
	uint64_t received;
	uint64_t patched;
	uint64_t dropped;
};

struct ng_patch_vlan_header {
	uint16_t tag;
	uint16_t etype;
};

#define NG_PATCH_CONF_SIZE(count)                                              \
	(sizeof(struct ng_patch_config) + (count) * sizeof(struct ng_patch_op))

#endif
