/*
 * data: what the broker writes and the data path reads: the graph as packets
 * see it.  Shared with bpf/ (no other header than these types).
 *
 * Theory of operation.  Three arrays, mapped into the broker's memory
 * (BPF_F_MMAPABLE): `hooks`, `nodes` and one `ctl`.  A *slot* is an index of
 * one of the first two; slot 0 is none.  A hook keeps its slot for life.  The
 * broker changes the graph by stores of single 32-bit words that packets read
 * with one load, as RCU lists are changed: what is new is written whole into
 * slots that nothing points to, then one store makes it be seen; what is gone
 * is cut off by one store and its slot not used again before every packet that
 * may still hold it has left (membarrier(2) MEMBARRIER_CMD_GLOBAL waits for
 * that; once for many slots, and only when fresh ones have run out).  So a
 * change costs no system call, is atomic for packets, loses none, and its cost
 * does not grow with the graph.
 *
 * Of counters each CPU has its own (`stats`, by hook slot); "clear" is the
 * broker's remembering what they were.
 */
#ifndef CB_NETGRAPH_DATA_H
#define CB_NETGRAPH_DATA_H

#include <linux/types.h>

/* Which packet function a node has; one bpf/KIND.bpf.h each. */
enum ngd_kind {
	NGD_NONE,
	NGD_ETHER,
	NGD_EIFACE,
	NGD_USER, /* data ends in the broker: socket, ksocket, ... */
	NGD_BRIDGE,
	NGD_HUB,
	NGD_ONE2MANY,
	NGD_TEE,
	NGD_VLAN,
	NGD_VLAN_ROTATE,
	NGD_HOLE,
	NGD_ECHO,
	NGD_SPLIT,
	NGD_PATCH,
	NGD_BPF,
	NGD_ETF,
	NGD_MACFILTER,
	NGD_TAG,
	NGD_TCPMSS,
	NGD_CAR,
	NGD_PIPE,
	NGD_SOURCE,
	NGD_IFACE,
	NGD_NAT,
	NGD_NETFLOW,
	NGD_CHECKSUM,
	NGD_ETHER_ECHO,
	NGD_LAGG,
	NGD_KINDS
};

/* Why a packet ended; the words are in trace and statistics (dp_drops.c). */
enum ngd_drop {
	NGD_D_NONE,
	NGD_D_NOPEER,  /* sent out of a hook that is not connected */
	NGD_D_LOOP,    /* more steps or frames than a packet may take */
	NGD_D_RUNT,    /* shorter than an Ethernet header */
	NGD_D_INVALID, /* source address is a multicast one */
	NGD_D_MUTED,   /* link muted after a loop was seen */
	NGD_D_FILTER,  /* a node's configuration says so */
	NGD_D_HOLE,    /* a hole node, or a type that swallows */
	NGD_D_DOWN,    /* interface is down or gone */
	NGD_D_MTU,     /* larger than the receiving interface takes */
	NGD_D_QUEUE,   /* no room in a queue */
	NGD_D_HOOK,    /* data on a hook that takes none */
	NGD_D_RATE,    /* car, pipe: over the rate, or lost on purpose */
	NGD_D_KERNEL,  /* a helper refused: no memory */
	NGD_D_NOTABLE, /* a table is full */
	NGD_DROPS
};

/* One hook: what it is in its node, and who is at its other end. */
struct ngd_hook {
	__u32 peer;   /* hook slot at the other end; 0: none */
	__u32 node;   /* slot of its node */
	__u32 next;   /* next in its node's list of hooks; 0: last */
	__u16 kind;   /* enum ngd_kind of its node */
	__u16 role;   /* enum of the node type; 0: one of many alike */
	__u32 number; /* link7: 7 */
	__u32 gen;    /* of the slot: tables that name it say it, too */
	__u32 flags;  /* NGD_HF_*, the node type's */
	__u32 conf;   /* the node type's */
};
#define NGD_HF_MUTED 0x01u

/*
 * A device's filter names the node that its packets enter by, and the
 * direction: its classid.  0: our own device, for packets that begin at a hook.
 */
#define NGD_CLASS_EGRESS 0x8000u
#define NGD_CLASS_NODE 0x7fffu
/* The mark of what is injected: the hook's slot, and of what is shorter than
 * an Ethernet header and so was padded its length plus 1. */
#define NGD_MARK_HOOK 0x00ffffffu
#define NGD_MARK_SHORT 24

#define NGD_ROLES 8
#define NGD_CONF 12

/* One node. */
struct ngd_node {
	__u32 id;
	__u16 kind;
	__u16 flags;
	__u32 first;   /* first of its hooks */
	__u32 ifindex; /* the device it stands for; eiface: our end of the pair
			*/
	__u32 gen;     /* of its tables: entries with another one are void */
	__u32 blob;    /* slot in `blobs` */
	__u32 hook[NGD_ROLES]; /* hooks of fixed roles, by role; 0: none */
	__u32 conf[NGD_CONF];  /* the node type's */
	__u32 reserved[6];
};

/* Larger configuration: a node's `blob`; changed as a whole, by a new slot. */
#define NGD_BLOB 8192
struct ngd_blob {
	__u8 bytes[NGD_BLOB];
};

/* A node's own numbers that packets change (tokens, turns), by node slot. */
struct ngd_state {
	__u64 word[16];
};

/* Counters of a hook.  The first four are counted by the walk for every hook,
 * the others are the node type's. */
enum {
	NGD_C_IN_PACKETS, /* received by the node on this hook */
	NGD_C_IN_OCTETS,
	NGD_C_OUT_PACKETS, /* sent by the node out of it */
	NGD_C_OUT_OCTETS,
	NGD_C_DROPS, /* of what was received on it */
	NGD_C_TYPE,  /* first of the node type's */
	NGD_COUNTERS = 16
};
struct ngd_stats {
	__u64 c[NGD_COUNTERS];
};

/*
 * A remembered verdict (bpf/flow.bpf.h), with what it has counted itself: one
 * pair of numbers for all the hooks on the way, which are added to theirs when
 * the place is used anew.  Until then they are to be added by who reads.  Each
 * CPU has NGD_FLOWS of them, one CPU's after the other's.  Of slot 0 in
 * `stats`, which is no hook's, NGD_C_FOLDS is odd while that CPU adds, and
 * another number afterwards.
 */
#define NGD_FLOWS 512u
#define NGD_PATH 40u		 /* hooks that a remembered verdict counts */
#define NGD_PATH_TAG 0x80000000u /* with a tag */
#define NGD_C_FOLDS NGD_C_IN_PACKETS
struct ngd_flow {
	__u64 dst_src; /* all of dst, the first two bytes of src */
	__u64 src_tag; /* the other four, the tag */
	__u64 born;    /* jiffies */
	__u64 packets, octets;
	__u32 class; /* of the filter: node and direction */
	__u32 gen;   /* ctl.gen when the walk began; never 0 */
	__u32 ifindex;
	__u32 tag; /* that it leaves with */
	__u16 how; /* NGW_* */
	__u16 npath;
	__u16 limit; /* longest packet, unless it is to be segmented */
	__u16 pad;
	/* here ends what a packet looks at; pairs: out of, into */
	__u32 path[NGD_PATH]; /* slots, 0: none any more */
	__u32 room[8];
};

/* Learned and configured tables: `fdb` (learned, LRU) and `rules` (written by
 * the broker alone), both keyed by node slot and up to 12 bytes. */
struct ngd_key {
	__u32 node;
	__u8 k[12]; /* MAC; or vid, ethertype as u16 in network order; rest 0 */
};
struct ngd_entry {
	__u32 hook;	/* slot */
	__u32 hook_gen; /* of the hook; another: void */
	__u32 node_gen; /* of the node; another: void */
	__u32 flags;
	__u64 born; /* bpf_ktime_get_ns() */
	__u64 seen;
};

/* One for the whole graph. */
struct ngd_ctl {
	__u32 gen;   /* one more after each change: cached verdicts are void */
	__u32 trace; /* events are wanted: NGD_T_* */
	__u32 hooks, nodes, blobs; /* how many slots there are */
	__u32 loopdev;	 /* our device for packets that go on later; 0: none */
	__u32 secret[3]; /* in skb->cb of packets that have left the graph */
	__u32 fresh[3];	 /* hooks, nodes, blobs: from here on never used */
	__u32 without;	 /* NGD_WITHOUT_*: what is not loaded */
	__u32 fate; /* of what was injected last: NGD_FATE; 0: it arrived */
	__u32 reserved[2];
};
/* It has ended at that hook (slot), for that reason, and no copy elsewhere. */
#define NGD_FATE(why, hook) ((__u32)(why) | (__u32)(hook) << 8)
#define NGD_FATE_WHY(fate) ((fate)&0xffu)
#define NGD_FATE_HOOK(fate) ((fate) >> 8)
#define NGD_WITHOUT_NAT 1u /* until there is a nat node */

/* What goes to the broker, before the bytes of the packet (ring `up`). */
struct ngd_up {
	__u32 kind; /* NGD_UP_* */
	__u32 hook; /* slot on which the broker's node has received it */
	__u32 gen;
	__u32 len;  /* of the packet; this many bytes follow */
	__u32 info; /* NGD_UP_TRACE: enum ngd_drop; NGD_UP_EVENT: the node
		       type's; NGD_UP_DATA: segments of that size */
	__u32 more; /* NGD_UP_TRACE: the packet's length; the first
		       NGD_TRACE_HEAD bytes of it follow.  NGD_UP_DATA:
		       NGD_UP_L3, NGD_UP_NEST */
	__u64 when;
};
enum {
	NGD_UP_DATA = 1,
	NGD_UP_TRACE,
	NGD_UP_EVENT
};
#define NGD_UP_L3 0x80000000u /* begins with the IP header */
#define NGD_UP_NEST 0xffu     /* tunnels around it (iface_nest.h) */

#define NGD_TRACE_HEAD 64
#define NGD_FRAMES 64  /* copies pending at once: a graph's depth of floods */
#define NGD_STEPS 8192 /* hooks that one packet may cross */

/* Sizes of what does not grow with the graph. */
#define NGD_FDB_SIZE 16384   /* learned entries, the least used one goes */
#define NGD_RULES_SIZE 65536 /* configured ones */
#define NGD_RING_SIZE 524288 /* bytes on their way to the broker */

_Static_assert(sizeof(struct ngd_hook) == 32, "shared with BPF");
_Static_assert(sizeof(struct ngd_node) == 128, "shared with BPF");
_Static_assert(sizeof(struct ngd_stats) == 128, "shared with BPF");
_Static_assert(sizeof(struct ngd_flow) == 256, "shared with BPF");
_Static_assert(sizeof(struct ngd_key) == 16, "shared with BPF");
_Static_assert(sizeof(struct ngd_entry) == 32, "shared with BPF");
_Static_assert(sizeof(struct ngd_ctl) == 64, "shared with BPF");
_Static_assert(sizeof(struct ngd_up) == 32, "shared with BPF");

#endif
