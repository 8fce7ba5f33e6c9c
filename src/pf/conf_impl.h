/*
 * conf_impl: what the files of the reader of pf.conf(5) share.
 *
 * Theory of operation.  conf_lex.c makes tokens of files, macros' values and
 * strings.  pf's words are no regular language (a macro may end in the middle
 * of a word, "10.0.0.1" begins as a number does, files nest), and its rules
 * are read with one token of lookahead; so lexer and parser are written by
 * hand, recursive descent, a function for each construct, which also gives
 * pf's own error texts where they arise.
 *
 * A rule is read into a `struct draft`: one pf_rule for what is the same in all
 * combinations, and lists for what may be a list.  conf_expand.c makes one rule
 * of each combination, in pfctl's order, checked by conf_check.c, at the end of
 * the list it belongs to.  An error is reported at once with its line; the
 * statement is given up, reading goes on behind its newline, so that all errors
 * of a file are told.  Functions return 0 or a negative errno: -EINVAL says
 * that the reason was reported, anything else ends the reading.
 */
#ifndef CB_PF_CONF_IMPL_H
#define CB_PF_CONF_IMPL_H

#include "pf/conf.h"
#include "pf/queue.h"

#include <string.h>

#define PF_MAX_RULES (1u << 20)
#define PF_MAX_LOADS 4096 /* files that `load anchor` names */
#define PF_MAX_LIST 65536 /* entries of one list in braces */
/* Each is looked for in all: what is read may be anybody's. */
#define PF_MAX_QUEUES 4096
#define PF_MAX_CHILDREN 65536
#define PF_MAX_ERRORS 100
#define PF_MAX_FILES 32	 /* files within files */
#define PF_MAX_WORD 8096 /* pfctl's longest word */

/* Only while a rule is read: source-track itself was said. */
#define PF_S_TRACK_SAID 0x80000000u

enum kind {
	T_EOF,
	T_NEWLINE,
	T_CHAR,	  /* .c */
	T_STRING, /* .s */
	T_NUMBER, /* .n */
	T_ARROW,
	T_BETWEEN, /* >< or <>: .op */
	T_ERROR,   /* reported; the line is gone */
	/* words with a meaning; conf_lex.c has the table */
	K_ALL,
	K_ALLOW_OPTS,
	K_ALLOW_RELATED,
	K_AF_TO,
	K_ALTQ,
	K_ANCHOR,
	K_ANTISPOOF,
	K_ANY,
	K_BANDWIDTH,
	K_BINAT,
	K_BINAT_ANCHOR,
	K_BINAT_TO,
	K_BITMASK,
	K_BLOCK,
	K_BLOCK_POLICY,
	K_BRIDGE_TO,
	K_BUCKETS,
	K_CBQ,
	K_CODE,
	K_CODEL,
	K_DEBUG,
	K_DIVERT_REPLY,
	K_DIVERT_TO,
	K_DNPIPE,
	K_DNQUEUE,
	K_DROP,
	K_DUP_TO,
	K_ENDPI,
	K_ETHER,
	K_FAIL_POLICY,
	K_FAIRQ,
	K_FASTROUTE,
	K_FILE,
	K_FINGERPRINTS,
	K_FLAGS,
	K_FLOATING,
	K_FLUSH,
	K_FOR,
	K_FRAGMENT,
	K_FROM,
	K_GLOBAL,
	K_GROUP,
	K_HFSC,
	K_HOGS,
	K_HOSTID,
	K_ICMP_TYPE,
	K_ICMP6_TYPE,
	K_IF_BOUND,
	K_IN,
	K_INCLUDE,
	K_INET,
	K_INET6,
	K_INTERVAL,
	K_KEEP,
	K_KEEPCOUNTERS,
	K_L3,
	K_LABEL,
	K_LIMIT,
	K_LINKSHARE,
	K_LOAD,
	K_LOG,
	K_LOGINTERFACE,
	K_MAP_E_PORTSET,
	K_MATCH,
	K_MATCHES,
	K_MAX,
	K_MAX_MSS,
	K_MAX_PKT_RATE,
	K_MAX_PKT_SIZE,
	K_MAX_SRC_CONN,
	K_MAX_SRC_CONN_RATE,
	K_MAX_SRC_NODES,
	K_MAX_SRC_STATES,
	K_MIN_TTL,
	K_MODULATE,
	K_NAT,
	K_NAT_ANCHOR,
	K_NAT_TO,
	K_NO,
	K_NO_DF,
	K_NO_ROUTE,
	K_NO_SYNC,
	K_ON,
	K_ONCE,
	K_OPTIMIZATION,
	K_OS,
	K_OUT,
	K_OVERLOAD,
	K_PASS,
	K_PFLOW,
	K_PORT,
	K_PRIO,
	K_PRIORITY,
	K_PRIQ,
	K_PROBABILITY,
	K_PROTO,
	K_QLIMIT,
	K_QUEUE,
	K_QUICK,
	K_RANDOM,
	K_RANDOM_ID,
	K_RDR,
	K_RDR_ANCHOR,
	K_RDR_TO,
	K_REALTIME,
	K_REASSEMBLE,
	K_RECEIVED_ON,
	K_REPLY_TO,
	K_REQUIRE_ORDER,
	K_RETURN,
	K_RETURN_ICMP,
	K_RETURN_ICMP6,
	K_RETURN_RST,
	K_RIDENTIFIER,
	K_ROUND_ROBIN,
	K_ROUTE,
	K_ROUTE_TO,
	K_RTABLE,
	K_RULE,
	K_RULESET_OPTIMIZATION,
	K_SCRUB,
	K_SET,
	K_SET_TOS,
	K_SKIP,
	K_SLOPPY,
	K_SOURCE_HASH,
	K_SOURCE_TRACK,
	K_STATE,
	K_STATE_DEFAULTS,
	K_STATE_POLICY,
	K_STATIC_PORT,
	K_STICKY_ADDRESS,
	K_SYNCOOKIES,
	K_SYNPROXY,
	K_TABLE,
	K_TAG,
	K_TAGGED,
	K_TARGET,
	K_TBRSIZE,
	K_TIMEOUT,
	K_TO,
	K_TOS,
	K_TTL,
	K_UPPERLIMIT,
	K_URPF_FAILED,
	K_USER,
	T_NKINDS,
};

struct token {
	enum kind kind;
	char c;
	enum pf_op op;
	char *s; /* owned */
	long long n;
	unsigned int line;
};

struct source; /* a file being read */
struct macro {
	char *name, *value;
	bool fixed; /* from -D: assignments in files do not count */
	bool used;
};

/* Sections of a file, for `set require-order`. */
enum section {
	SECTION_NONE,
	SECTION_OPTION,
	SECTION_ETHER,
	SECTION_SCRUB,
	SECTION_QUEUE,
	SECTION_NAT,
	SECTION_FILTER,
};

struct load_anchor {
	char *path, *file;
	unsigned int line;
};

struct parser {
	const struct pf_parse *how;
	struct pf_conf *conf;
	struct pf_anchor *base;	  /* where the file's rules go */
	struct pf_anchor *anchor; /* where they go now: base, or in braces */
	unsigned int depth;	  /* of braces around rules */
	unsigned int nesting;	  /* of braces around addresses */
	unsigned int anonymous;	  /* anchors without a name so far */
	enum section section;
	bool require_order;
	bool optimize_set;
	size_t nrules;
	size_t nchildren; /* names of queues in queues */
	unsigned int errors;
	bool reported; /* by this statement */

	/* conf_lex.c */
	struct source *source;
	const char *macro; /* rest of the value of a macro, or NULL */
	char *pushback;
	size_t npushback;
	size_t mark; /* of those, so many come after the macro's value */
	struct macro *macros;
	size_t nmacros;
	struct token t; /* the next token */
	char *main_name;

	struct load_anchor *load;
	size_t nload;
};

/* conf_lex.c */
int lex_open(struct parser *p, const char *name, const char *text, size_t len);
int lex_include(struct parser *p, const char *name, int *ret_errno);
void lex_close(struct parser *p);
int lex_next(struct parser *p); /* to p->t */
int lex_macro_set(struct parser *p, const char *name, const char *value,
		  bool fixed);
const char *lex_file(const struct parser *p);

/* conf_parse.c: errors and small steps */
int pf_conf_error(struct parser *p, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void conf_warn(struct parser *p, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* Why, before pf_conf_error() says where. */
void conf_reason(struct parser *p, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
int conf_syntax(struct parser *p);
bool at(const struct parser *p, enum kind k);
bool at_char(const struct parser *p, char c);
bool at_end(const struct parser *p); /* of a statement */
/* If the next token is that, take it. */
int accept_kind(struct parser *p, enum kind k, bool *ret);
int accept_char(struct parser *p, char c, bool *ret);
int expect_kind(struct parser *p, enum kind k);
int expect_char(struct parser *p, char c);
/* Take a string; *ret is the caller's. */
int take_string(struct parser *p, char **ret);
int take_words(struct parser *p, char **ret); /* "a b c" of several */
int take_number(struct parser *p, long long min, long long max,
		const char *complaint, long long *ret);
int take_name(struct parser *p, size_t size, const char *what, char **ret);
int skip_newlines(struct parser *p);
int skip_comma(struct parser *p);
int in_section(struct parser *p, enum section s);
/* A statement of that section ends here. */
int conf_end(struct parser *p, enum section s);
bool verbose(const struct parser *p);
/* Verbose, and not one of the PF_PARSE_NOT_*? */
bool conf_echoes(const struct parser *p, unsigned int what);
#define echo(p, ...)                                                           \
	do {                                                                   \
		if (verbose(p))                                                \
			strbuf_addf((p)->how->echo, __VA_ARGS__);              \
	} while (0)

/* `{ a, b }` or a single one; item() reads one. */
int conf_list(struct parser *p, int (*item)(struct parser *p, void *to),
	      void *to);

/* Growing arrays of list members. */
struct hosts {
	struct pf_pool_entry *v; /* .ifname: of route-to and the like */
	size_t n, size;
};
struct cmps {
	struct pf_cmp *v;
	size_t n, size;
};
struct ifitem {
	char name[IFNAMSIZ];
	bool neg, dynamic;
};
struct ifs {
	struct ifitem *v;
	size_t n, size;
};
struct icmp {
	uint8_t type, code;
	bool have_code;
	uint8_t proto;
};
struct icmps {
	struct icmp *v;
	size_t n, size;
};
struct numbers {
	uint32_t *v;
	size_t n, size;
};
void *list_grow(void *v, size_t n, size_t *size, size_t each);
/* A zeroed member at the end of a list; NULL: no memory. */
#define list_add(l)                                                            \
	({                                                                     \
		void *v_ = list_grow((l)->v, (l)->n, &(l)->size,               \
				     sizeof(*(l)->v));                         \
		if (v_)                                                        \
			(l)->v = v_;                                           \
		v_ ? memset(&(l)->v[(l)->n++], 0, sizeof(*(l)->v)) : NULL;     \
	})

void hosts_clear(struct hosts *h);

/* What may be lists in one statement, and what is the same in all its rules. */
struct draft {
	struct pf_rule r;
	struct ifs ifs;
	struct numbers protos;
	struct icmps icmps;
	struct hosts src, dst;
	struct cmps sport, dport;
	struct strv os;
	struct cmps uids, gids;
	struct hosts pool, rdr, route; /* of r.pool, r.rdr, r.route_pool */
	bool have_flags, have_keep, have_min_ttl, have_max_mss;
	bool binat_to, scrubbed;
};
void draft_clear(struct draft *d);
#define cleanup_draft __attribute__((cleanup(draft_clear)))

/* conf_host.c */
int conf_host(struct parser *p, struct hosts *to);   /* one, without "!" */
int conf_ipspec(struct parser *p, struct hosts *to); /* any, "! h", { } */
int conf_portstar(struct parser *p, uint16_t port[2], bool *star);
int conf_fromto(struct parser *p, struct draft *d);
int host_word(const char *word, const struct pf_resolve *resolve, bool names,
	      struct hosts *to, struct err *e);
int ifaddrs_of(const struct pf_resolve *resolve, const char *ifname,
	       unsigned int flags, struct hosts *to, struct err *e);

/* conf_words.c: parts that several kinds of rules have */
int conf_interface(struct parser *p, struct ifs *to); /* [on IF] */
int conf_if_item(struct parser *p, void *to);
int conf_af(struct parser *p, sa_family_t *ret);
int conf_protos(struct parser *p, struct numbers *to);
/* [inet] [proto P] [from H to H] */
int conf_packets(struct parser *p, struct draft *d);
int conf_dir(struct parser *p, enum pf_dir *ret);
int conf_log(struct parser *p, struct pf_rule *r);
int conf_quick(struct parser *p, struct pf_rule *r);
int conf_logquick(struct parser *p, struct pf_rule *r);
int conf_tos(struct parser *p, uint8_t *ret);
int conf_label(struct parser *p, struct pf_rule *r);
int conf_ridentifier(struct parser *p, struct pf_rule *r);
int conf_tag(struct parser *p, char **ret);
int conf_tagged(struct parser *p, struct pf_rule *r);
int conf_rtable(struct parser *p, struct pf_rule *r);
int conf_unary(struct parser *p, enum pf_op *ret); /* PF_OP_NONE: none */

/* conf_opts.c: words of filter rules behind from and to */
int conf_filter_opts(struct parser *p, struct draft *d);
int conf_dummynet(struct parser *p, struct pf_rule *rule);
int conf_scrub_opts(struct parser *p, struct draft *d, bool needed);
/* conf_state.c */
int conf_state_opts(struct parser *p, struct pf_state_opts *o);
int conf_state_finish(struct parser *p, struct pf_rule *r);

/* conf_pool.c */
int conf_route(struct parser *p, struct draft *d);
int conf_redirection(struct parser *p, struct hosts *to, struct pf_pool *pool,
		     bool many, bool *star);
int conf_pool_opts(struct parser *p, struct pf_pool *pool);
int conf_pool_finish(struct parser *p, struct hosts *h, struct pf_pool *pool,
		     sa_family_t *af, const char *kind);
int conf_natto(struct parser *p, struct draft *d);
int conf_afto(struct parser *p, struct draft *d);
int conf_number_word(struct parser *p, long long *ret);
/* "0x50", of at most 32 bits; false: it is none. */
bool conf_hex(const char *s, long long *ret);
/* 0, or -EINVAL where a mask is too long for IPv4 (told, not counted) */
int conf_netmask(struct parser *p, const struct pf_host *h, sa_family_t af);

/* statements, each from its first token to before its newline */
int conf_rule(struct parser *p); /* conf_rule.c: pass, block, match */
int conf_scrub(struct parser *p, bool no);
int conf_antispoof(struct parser *p);
int conf_anchor_rule(struct parser *p); /* conf_anchor.c */
int conf_nat_anchor(struct parser *p, enum pf_list list);
int conf_load_anchor(struct parser *p);
int conf_nat(struct parser *p, bool no, enum pf_action action); /* conf_nat.c */
int conf_binat(struct parser *p, bool no);
int conf_option(struct parser *p); /* conf_option.c */
int conf_table(struct parser *p);  /* conf_table.c */
int conf_ether(struct parser *p);  /* conf_ether.c */
int conf_altq(struct parser *p);   /* conf_queue.c */
int conf_queue(struct parser *p);
int conf_stored_anchor(struct parser *p);
/* Statements up to the brace that ends an anchor's body. */
int conf_body(struct parser *p, bool ether);

void draft_init(struct draft *d);
int conf_flags(struct parser *p, const struct draft *d);
int conf_nat_ports(struct parser *p, struct pf_pool *pool);
void conf_rdr_ports(struct pf_pool *pool, const struct cmps *dport);
/* anchor [NAME] [in] [quick] [on IF]; the first word is the next token */
int conf_anchor_head(struct parser *p, struct draft *d, char **ret_name);
int conf_anchor_call(struct parser *p, struct pf_rule *r, const char *name,
		     enum pf_list list);
void conf_anchor_once(struct pf_rules *l, size_t first);

/* conf_expand.c */
int conf_expand(struct parser *p, struct draft *d, enum pf_list list);
int conf_append(struct parser *p, const struct pf_rule *r, enum pf_list list);
/* Numbers of rules into the tags of an anchor and those inside of it. */
int conf_number_tags(struct parser *p, struct pf_anchor *a);
void decide_family(const struct hosts *h, sa_family_t *af);
void decide_families(struct draft *d); /* of from and to */
/* conf_check.c: 0, or -EINVAL with the reasons told */
int conf_check(struct parser *p, const struct pf_rule *r, enum pf_list list);

#endif
