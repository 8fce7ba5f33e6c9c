/*
 * pf: the model of a packet filter's rules.
 *
 * Theory of operation.  pf.conf(5) is read (conf_*.c) into a
 * `struct pf_conf`: options and a tree of anchors, each with its tables and six
 * lists of rules, lists already expanded to one rule per combination, hosts and
 * interface names resolved where pf resolves them at load time.  print.c writes
 * a model in pfctl's words, such that reading them gives the same model again;
 * that text is also how a loaded ruleset is kept in the kernel (store.h).
 * opt.c is pfctl's ruleset optimiser, model to model.
 *
 * Nothing here knows how rules are enforced: nft_*.c makes one nftables
 * transaction of a model (load.h), another back end could stand beside it.
 *
 *	text --conf--> struct pf_conf --opt--> --nft--> one batch --> kernel
 *	                     ^------------ store ------------------------'
 *
 * Numbers are host order unless the comment says otherwise; addresses network
 * order.  Strings are owned by the structure that holds them; NULL: none.
 */
#ifndef CB_PF_PF_H
#define CB_PF_PF_H

#include "base/err.h"
#include "base/report.h"
#include "base/str.h"

#include <net/if.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#define PF_TABLE_NAME 32 /* with its NUL */
#define PF_TAG_NAME 64
#define PF_LABEL_SIZE 64
#define PF_LABELS 5 /* per rule */
#define PF_ANCHOR_PATH 1024
#define PF_ANCHOR_DEPTH 64
#define PF_NAT_PORT_LOW 50001
#define PF_NAT_PORT_HIGH 65535

/* The lists of a ruleset, in the order of pf.conf's sections. */
enum pf_list {
	PF_LIST_ETHER,
	PF_LIST_SCRUB,
	PF_LIST_NAT,
	PF_LIST_BINAT,
	PF_LIST_RDR,
	PF_LIST_FILTER,
	PF_NLISTS,
};

enum pf_action {
	PF_PASS,
	PF_BLOCK,
	PF_MATCH,
	PF_SCRUB,
	PF_NOSCRUB,
	PF_NAT,
	PF_NONAT,
	PF_BINAT,
	PF_NOBINAT,
	PF_RDR,
	PF_NORDR,
	PF_ANCHOR, /* which list tells whether nat-anchor, ... */
};

enum pf_dir {
	PF_INOUT,
	PF_IN,
	PF_OUT
};

/* What a `block` answers. */
enum pf_return {
	PF_RETURN_DROP,
	PF_RETURN,	/* RST for TCP, unreachable for the rest */
	PF_RETURN_RST,	/* with .return_ttl */
	PF_RETURN_ICMP, /* with .return_icmp, .return_icmp6 */
};

/* Binary and unary operators of ports, users and groups. */
enum pf_op {
	PF_OP_NONE,
	PF_OP_EQ, /* = a */
	PF_OP_NE, /* != a */
	PF_OP_LT,
	PF_OP_LE,
	PF_OP_GT,
	PF_OP_GE,
	PF_OP_IRG, /* a >< b: between, without the ends */
	PF_OP_XRG, /* a <> b: outside */
	PF_OP_RRG, /* a:b: between, with the ends */
};

struct pf_cmp {
	enum pf_op op;
	uint32_t a, b;
};
#define PF_UID_UNKNOWN UINT32_MAX /* users and groups: "unknown" */

union pf_addr {
	struct in_addr v4;
	struct in6_addr v6;
	uint8_t b[16];
};

enum pf_addr_kind {
	PF_ADDR_ANY,
	PF_ADDR_MASK,  /* addr/mask: any mask, not only a prefix */
	PF_ADDR_RANGE, /* addr - end */
	PF_ADDR_DYNIF, /* (IF): name, if_flags, net = -1 or the prefix length */
	PF_ADDR_TABLE, /* <name> */
	PF_ADDR_NOROUTE,
	PF_ADDR_URPFFAILED,
	PF_ADDR_NONE, /* only the second pool of af-to and the like */
};

/* Modifiers of (IF). */
#define PF_IF_NETWORK 0x01u
#define PF_IF_BROADCAST 0x02u
#define PF_IF_PEER 0x04u
#define PF_IF_NOALIAS 0x08u /* :0 */

struct pf_host {
	enum pf_addr_kind kind;
	bool neg;	/* "! " before it */
	sa_family_t af; /* of addr; AF_UNSPEC: any, table, dynif without */
	union pf_addr addr;
	union pf_addr mask;    /* MASK: bits; RANGE: the end */
	char *name;	       /* DYNIF: interface or group; TABLE: table */
	unsigned int if_flags; /* DYNIF: PF_IF_* */
	int net;	       /* DYNIF: "/NN", or -1 */
	unsigned int ifindex_of_scope; /* link-local addresses; 0: none */
	int count; /* addresses in TABLE or DYNIF now, as -vv prints; 0: none */
};

struct pf_end { /* one side of from/to */
	struct pf_host host;
	struct pf_cmp port;
};

enum pf_pool_type {
	PF_POOL_NONE,
	PF_POOL_BITMASK,
	PF_POOL_RANDOM,
	PF_POOL_SRCHASH,
	PF_POOL_ROUNDROBIN,
};

struct pf_pool_entry {
	char *ifname; /* route-to and the like: (IF ADDR); "" or NULL: none */
	struct pf_host host;
};

/* Where translated or routed packets go. */
struct pf_pool {
	struct pf_pool_entry *v;
	size_t n;
	enum pf_pool_type type;
	uint8_t key[16]; /* SRCHASH */
	bool have_key;	 /* given in the text; else random, and printed */
	bool sticky;
	bool static_port;
	bool endpoint_independent;
	uint16_t port[2]; /* 0,0: as pf's default for this kind of rule */
	bool port_shift;  /* rdr ... port a:b -> c:* */
	struct {
		uint8_t offset, psidlen; /* psidlen 0: no map-e-portset */
		uint16_t psid;
	} mape;
	sa_family_t af; /* of af-to's target; else 0 */
};

enum pf_route {
	PF_ROUTE_NONE,
	PF_ROUTE_TO,
	PF_REPLY_TO,
	PF_DUP_TO
};

enum pf_state_kind {
	PF_STATE_NONE, /* "no state", or nothing said on block */
	PF_STATE_NORMAL,
	PF_STATE_MODULATE,
	PF_STATE_SYNPROXY,
};

/* Timeouts, in pf's order; pf_timeouts[] has their names. */
enum pf_timeout {
	PF_TM_TCP_FIRST,
	PF_TM_TCP_OPENING,
	PF_TM_TCP_ESTABLISHED,
	PF_TM_TCP_CLOSING,
	PF_TM_TCP_FINWAIT,
	PF_TM_TCP_CLOSED,
	PF_TM_TCP_TSDIFF,
	PF_TM_SCTP_FIRST,
	PF_TM_SCTP_OPENING,
	PF_TM_SCTP_ESTABLISHED,
	PF_TM_SCTP_CLOSING,
	PF_TM_SCTP_CLOSED,
	PF_TM_UDP_FIRST,
	PF_TM_UDP_SINGLE,
	PF_TM_UDP_MULTIPLE,
	PF_TM_ICMP_FIRST,
	PF_TM_ICMP_ERROR,
	PF_TM_OTHER_FIRST,
	PF_TM_OTHER_SINGLE,
	PF_TM_OTHER_MULTIPLE,
	PF_TM_FRAG,
	PF_TM_INTERVAL,
	PF_TM_ADAPTIVE_START, /* states, not seconds */
	PF_TM_ADAPTIVE_END,
	PF_TM_SRC_TRACK,
	PF_NTIMEOUTS,
};
#define PF_TM_UNSET UINT32_MAX

/* Flags of struct pf_rule.flags: words without a value. */
#define PF_F_QUICK 0x00000001u
#define PF_F_LOG 0x00000002u
#define PF_F_LOG_ALL 0x00000004u
#define PF_F_LOG_USER 0x00000008u
#define PF_F_LOG_MATCHES 0x00000010u
#define PF_F_FRAGMENT 0x00000020u
#define PF_F_ALLOW_OPTS 0x00000040u
#define PF_F_NOT_IF 0x00000080u	    /* on ! IF */
#define PF_F_NOT_TAGGED 0x00000100u /* ! tagged */
#define PF_F_NAT_PASS 0x00000200u   /* nat pass, rdr pass, binat pass */
#define PF_F_PROBABILITY 0x00000400u
#define PF_F_SET_PRIO 0x00000800u
#define PF_F_PRIO 0x00001000u
#define PF_F_TOS 0x00002000u
#define PF_F_SET_TOS 0x00004000u
#define PF_F_ONCE 0x00008000u
#define PF_F_FLAGS_ANY 0x00010000u /* "flags any" was said */
#define PF_F_DIVERT 0x00020000u
#define PF_F_NOT_RCVIF 0x00040000u /* ! received-on */
#define PF_F_ICMP_CODE 0x00080000u /* .icmp_code counts */
#define PF_F_ICMP_TYPE 0x00100000u /* .icmp_type counts */
#define PF_F_RTABLE 0x00200000u
#define PF_F_RIDENTIFIER 0x00400000u
/* scrub words, of scrub rules and of scrub (...) in filter rules */
#define PF_F_NO_DF 0x01000000u
#define PF_F_RANDOM_ID 0x02000000u
#define PF_F_REASSEMBLE_TCP 0x04000000u
#define PF_F_FRAG_REASSEMBLE 0x08000000u /* scrub: fragment reassemble */
#define PF_F_FRAG_NOREASS 0x10000000u
#define PF_F_DNPIPE 0x20000000u
#define PF_F_DNQUEUE 0x40000000u
/* of a rule that is loaded, with `once`: it has decided, and is none any more
 */
#define PF_F_USED 0x80000000u

/* Flags of struct pf_state_opts.flags. */
#define PF_S_NOSYNC 0x0001u
#define PF_S_IFBOUND 0x0002u
#define PF_S_FLOATING 0x0004u
#define PF_S_SLOPPY 0x0008u
#define PF_S_SRCTRACK 0x0010u	   /* source-track */
#define PF_S_SRCTRACK_RULE 0x0020u /* source-track rule */
#define PF_S_SRCTRACK_GLOBAL 0x0040u
#define PF_S_FLUSH 0x0080u /* overload <t> flush */
#define PF_S_FLUSH_GLOBAL 0x0100u
#define PF_S_PFLOW 0x0200u
#define PF_S_ALLOW_RELATED 0x0400u

struct pf_state_opts {
	unsigned int flags;
	uint32_t max_states; /* 0: no limit, as of those below */
	uint32_t max_src_nodes;
	uint32_t max_src_states;
	uint32_t max_src_conn;
	uint32_t conn_rate, conn_rate_seconds;
	char *overload;			/* table */
	uint32_t timeout[PF_NTIMEOUTS]; /* PF_TM_UNSET: the ruleset's own */
};

struct pf_anchor;

/* One rule of any list; what does not apply is zero. */
struct pf_rule {
	enum pf_action action;
	enum pf_dir dir;
	unsigned int flags; /* PF_F_* */

	enum pf_return ret;
	uint8_t return_ttl;
	uint16_t return_icmp, return_icmp6; /* type << 8 | code */
	char *logif;			    /* log (to pflogN); NULL: pflog0 */

	char *ifname; /* on IF or group; NULL: any */
	char *rcvif;  /* received-on */
	sa_family_t af;
	uint8_t proto; /* 0: any */
	struct pf_end src, dst;
	char *os; /* from ... os "name" */
	struct pf_cmp uid, gid;
	uint8_t tcp_flags, tcp_flagset; /* flags a/b */
	uint8_t icmp_type, icmp_code;
	uint8_t tos; /* the tos byte */
	uint8_t prio;
	uint8_t set_prio[2];
	uint8_t set_tos;
	uint32_t probability; /* of UINT32_MAX, as pf counts */
	uint8_t min_ttl;
	uint16_t max_mss;
	uint32_t max_pkt_rate, max_pkt_rate_seconds;
	uint32_t max_pkt_size;

	enum pf_route route;
	struct pf_pool route_pool;
	struct pf_pool pool; /* nat, rdr, binat: "->"; else nat-to */
	struct pf_pool rdr;  /* rdr-to, and af-to's second pool */
	enum pf_state_kind state;
	struct pf_state_opts opts;

	char *label[PF_LABELS]; /* macros ($if, $nr, ...) not yet filled in */
	size_t nlabels;
	uint32_t ridentifier;
	char *tag, *tagged;
	char *queue, *pqueue;
	uint16_t dnpipe[2]; /* pipes or queues: forward, reply */
	uint32_t rtable;
	union pf_addr divert_addr;
	uint16_t divert_port;

	/* PF_LIST_ETHER */
	uint16_t ether_proto;
	struct {
		uint8_t addr[6], mask[6];
		bool neg, set;
	} ether_src, ether_dst;
	char *bridge_to;

	/* PF_ANCHOR */
	struct pf_anchor
		*anchor;    /* where it leads; for a wildcard, the parent */
	char *anchor_call;  /* as written, made canonical; with its star */
	bool anchor_wild;   /* ends in a slash and a star */
	bool anchor_inline; /* its body stands in braces where it is called */

	/* where it was written; not part of the model's meaning */
	char *file;
	unsigned int line;
	unsigned int nr;  /* in its list of its anchor, counted from 0 */
	unsigned int seq; /* as pfctl counts: $nr, and -nvv's number */
};

struct pf_rules {
	struct pf_rule *v;
	size_t n, size;
};

#define PF_T_CONST 0x1u
#define PF_T_PERSIST 0x2u
#define PF_T_COUNTERS 0x4u
#define PF_T_HAS_INIT 0x8u /* braces or file given: contents are replaced */
#define PF_T_AUTO 0x10u	   /* made by the optimiser */

/* An entry of a table: an address or net, or its negation. */
struct pf_entry {
	union pf_addr addr;
	uint8_t af; /* AF_INET or AF_INET6 */
	uint8_t len;
	bool neg;
	uint32_t since; /* seconds since the epoch; 0: as long as its table */
};

/* How a table's contents were written, for the echo of -nv. */
struct pf_table_init {
	char *file;	   /* file "path"; else: */
	struct pf_host *v; /* braces: what they held, resolved */
	size_t n;
};

struct pf_table {
	char name[PF_TABLE_NAME];
	unsigned int flags; /* PF_T_* */
	struct pf_table_init *init;
	size_t ninit;
	struct pf_entry *v; /* all inits together, sorted, without doubles */
	size_t n;
};

struct pf_anchor {
	char *name; /* last part; "" is the main ruleset */
	char *path; /* whole, without leading slash */
	struct pf_anchor *parent;
	struct pf_anchor **child; /* sorted by name */
	size_t nchild;
	struct pf_rules list[PF_NLISTS];
	struct pf_table *table; /* sorted by name */
	size_t ntable;
	unsigned int nread; /* rules, for their `seq` */
	/* `load anchor`, or a brace: this file says what is in it */
	bool loaded;
};

struct pf_limit_name {
	const char *name;
	uint32_t dflt;
};
enum pf_limit {
	PF_LIMIT_STATES,
	PF_LIMIT_SRC_NODES,
	PF_LIMIT_FRAGS,
	PF_LIMIT_TABLES, /* how many tables; FreeBSD has no such word */
	PF_LIMIT_TABLE_ENTRIES,
	PF_LIMIT_ANCHORS,
	PF_LIMIT_ETH_ANCHORS,
	PF_NLIMITS,
};

/* Which options a file named: bits of pf_options.set. */
#define PF_O_OPTIMIZATION 0x0001u
#define PF_O_RULESET_OPT 0x0002u
#define PF_O_LOGIF 0x0004u
#define PF_O_BLOCK_POLICY 0x0008u
#define PF_O_FAIL_POLICY 0x0010u
#define PF_O_STATE_POLICY 0x0020u
#define PF_O_HOSTID 0x0040u
#define PF_O_DEBUG 0x0080u
#define PF_O_FINGERPRINTS 0x0100u
#define PF_O_REQUIRE_ORDER 0x0200u
#define PF_O_KEEPCOUNTERS 0x0400u
#define PF_O_REASSEMBLE 0x0800u
#define PF_O_SYNCOOKIES 0x1000u
#define PF_O_STATE_DEFAULTS 0x2000u

/* Options that may do nothing, or be refused: pf_options.where. */
enum pf_where {
	PF_W_REASSEMBLE,
	PF_W_FINGERPRINTS,
	PF_W_FAIL_POLICY,
	PF_W_SYNCOOKIES,
	PF_W_LIMIT,
	PF_W_TIMEOUT = PF_W_LIMIT + PF_NLIMITS,
	PF_NWHERE = PF_W_TIMEOUT + PF_NTIMEOUTS,
};

enum pf_optimize {
	PF_OPT_NONE,
	PF_OPT_BASIC,
	PF_OPT_PROFILE
};
enum pf_debug {
	PF_DEBUG_NONE,
	PF_DEBUG_URGENT,
	PF_DEBUG_MISC,
	PF_DEBUG_NOISY
};
enum pf_syncookies {
	PF_SYNC_NEVER,
	PF_SYNC_ALWAYS,
	PF_SYNC_ADAPTIVE
};

struct pf_options {
	unsigned int set; /* PF_O_* named in the file */
	uint32_t timeout[PF_NTIMEOUTS];
	uint32_t timeout_set; /* a bit each */
	uint32_t limit[PF_NLIMITS];
	uint32_t limit_set;
	char *optimization; /* "normal", ... */
	enum pf_optimize ruleset_opt;
	char *loginterface; /* NULL: none */
	bool block_return, fail_return, if_bound;
	struct pf_state_opts state_defaults;
	uint32_t hostid;
	enum pf_debug debug;
	char *fingerprints;
	bool require_order;
	bool keepcounters;
	bool reassemble, reassemble_nodf;
	enum pf_syncookies syncookies;
	uint8_t syncookies_high, syncookies_low; /* per cent */
	struct strv skip;	/* interfaces and groups of `set skip on` */
	char *where[PF_NWHERE]; /* "FILE:LINE: "; NULL: no file sets it */
};

/* What rules that are loaded have counted, for the optimiser's profile. */
struct pf_profile {
	/* False: no such rule in the filter rules of this anchor. */
	bool (*packets)(void *data, const char *path, const struct pf_rule *r,
			uint64_t *ret);
	void *data;
};

struct pf_conf {
	struct pf_options opt;
	struct pf_anchor *root;
	/* ALTQ as read: queue.h, altq.h */
	struct pf_queues *queues;
	unsigned int auto_tables; /* how many names the optimiser used */
	const struct pf_profile *profile; /* while it is read; or NULL */
};

/* model.c: life of the parts. */
struct pf_conf *pf_conf_new(void); /* with pf's defaults; NULL: no memory */
void pf_conf_free(struct pf_conf **c);
#define cleanup_pf_conf __attribute__((cleanup(pf_conf_free)))
void pf_rule_clear(struct pf_rule *r);
int pf_rule_copy(struct pf_rule *dst, const struct pf_rule *src);
/* A zeroed rule at the list's end; NULL: no memory. */
struct pf_rule *pf_rules_add(struct pf_rules *l);
/*
 * The anchor of a path ("" or "/": the root), made with all its parents if
 * `create`; NULL: not there, or the path is no path (EINVAL), or no memory.
 */
struct pf_anchor *pf_anchor_find(struct pf_conf *c, const char *path,
				 bool create);
/* As rules of `a` see it: the anchor's own, else the main ruleset's. */
struct pf_table *pf_table_seen(const struct pf_conf *c,
			       const struct pf_anchor *a, const char *name);
struct pf_table *pf_table_find(const struct pf_anchor *a, const char *name);
struct pf_table *pf_table_add(struct pf_anchor *a, const char *name);

/* An anchor below `a` by one name; and out of the tree with all below it. */
struct pf_anchor *pf_anchor_child(struct pf_anchor *a, const char *name,
				  bool create);
void pf_anchor_remove(struct pf_anchor *a);
void pf_options_default(struct pf_options *o);
void pf_options_clear(struct pf_options *o);
int pf_host_copy(struct pf_host *dst, const struct pf_host *src);
void pf_pool_clear(struct pf_pool *p);
void pf_table_clear(struct pf_table *t);

extern const char *const pf_list_names[PF_NLISTS];
extern const struct pf_timeout_name {
	const char *name;
	uint32_t dflt;
} pf_timeouts[PF_NTIMEOUTS];
extern const struct pf_limit_name pf_limits[PF_NLIMITS];

#endif
