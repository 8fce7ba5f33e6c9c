/*
 * nft_gen: what the parts of the emitter share.  Each nft_*.c turns a part of a
 * model into messages of one batch; nft_filter.c has the theory of operation.
 */
#ifndef CB_PF_NFT_GEN_H
#define CB_PF_NFT_GEN_H

#include "pf/altq.h"
#include "pf/gate.h"
#include "pf/nft.h"
#include "pf/pf.h"

#include "net/vnet.h"

/* Where rules are judged: one copy of the filter's chains each. */
enum gen_place {
	GEN_IN,	 /* prerouting, after dnat */
	GEN_OUT, /* postrouting, after snat */
	GEN_FWD, /* forward and output: packets that nobody will snat */
		 /* bridged packets, by class of member (nft_member.c) */
#define GEN_CLASSES 12
	GEN_MIN,			  /* as they came in */
	GEN_MOUT = GEN_MIN + GEN_CLASSES, /* as they go out */
	GEN_NPLACES = GEN_MOUT + GEN_CLASSES,
};
extern const char gen_letter[GEN_NPLACES + 1]; /* in names of chains, sets */

static inline bool gen_is_member(enum gen_place p)
{
	return p >= GEN_MIN;
}

static inline bool gen_is_in(enum gen_place p)
{
	return p == GEN_IN || (p >= GEN_MIN && p < GEN_MOUT);
}

/* Label of a conntrack entry: 32-bit words; see nft_filter.c. */
#define GEN_LABEL_X 0
#define GEN_LABEL_Y 1
#define GEN_LABEL_NAT 2
#define GEN_LABEL_FLAGS 3
#define GEN_VALID 0x80000000u
#define GEN_GEN_SHIFT 20
#define GEN_GEN_MAX 0x7ffu
#define GEN_RULE_MASK 0x000fffffu
#define GEN_MAX_RULES 0x000ffff0u
#define GEN_FLAG_X_REPLY 0x1u
#define GEN_FLAG_Y_REPLY 0x2u
#define GEN_FLAG_REJECTED 0x4u
/* nft_overload.c, of X and, one bit further, of Y: */
#define GEN_FLAG_DEAD 0x8u	 /* this state is one no more */
#define GEN_FLAG_EST 0x20u	 /* the handshake was seen through */
#define GEN_FLAG_AFTER 0x80u	 /* made when its source had been flushed */
#define GEN_FLAG_SYNPROXY 0x200u /* nft_synproxy.c */
/*
 * The numbers of the nat rule (GEN_LABEL_NAT) and of the rdr rule
 * (GEN_LABEL_FLAGS), each + 1; 0: none, or too large for the place.
 */
#define GEN_NAT_MASK 0x3fffu
#define GEN_RDR_MASK 0xffffu
#define GEN_RDR_SHIFT 16
#define GEN_TAG_SHIFT 20 /* of skb->mark and of GEN_LABEL_NAT */
#define GEN_TAG_MASK 0xfff00000u
#define GEN_MAX_TAGS 0xfffu
/*
 * Gates (gate.h): of GEN_LABEL_FLAGS, that of original packets, of
 * GEN_LABEL_NAT, that of replies; of skb->mark, what is to be done with this
 * packet.
 */
#define GEN_GATE_ORIG_SHIFT 10
#define GEN_GATE_REPLY_SHIFT 14
#define GEN_GATE_MASK 0x3fu
#define GEN_ROUTE_SHIFT 12
#define GEN_ROUTE_MASK 0x000ff000u
#define GEN_ROUTE_WAY 0x00040000u    /* routed to the gate */
#define GEN_ROUTE_EGRESS 0x00080000u /* sent there where it leaves */
#define GEN_ROUTE_DUP 0x000c0000u    /* and a copy there */
/* Of skb->mark while rules are judged: a rule with `log (matches)` did match.
 */
#define GEN_LOG_MATCHES 0x00000800u
#define GEN_PCP_SHIFT 7 /* nft_prio.c: four bits */

/* Different max-src-states with `source-track global`. */
#define GEN_SRC_LIMITS 16

struct gen_node { /* an anchor; 0 is the main ruleset */
	const struct pf_anchor *a;
	unsigned int base[PF_NLISTS]; /* number of a list's first rule */
	size_t end;		      /* the first node behind its children */
};

struct gen {
	struct nfb b;
	const struct pf_conf *c;
	const struct vnet *v; /* NULL: only a check */
	uint32_t generation;  /* 1 to GEN_GEN_MAX */
	struct gen_node *node;
	size_t nnodes;
	unsigned int nrules; /* of all lists */
	struct strv tags;    /* a tag's number is its place + 1 */
	struct strv groups;  /* names with a set "g.NAME" */
	struct strv dynifs;  /* "NAME/FLAGS/NET" with sets "d4.K", "d6.K" */
	struct strv dynamic; /* ".NAME" of tables that rules overload into */
	bool flush[2];	     /* `flush global` of rules for in, for out */
	/* of a load, for what tables have; NULL: nothing is known of them */
	struct nl *nf;
	struct pf_tablereg *reg;
	bool refresh;	   /* only what gen_ifsets() makes, of sets there are */
	struct strv times; /* objects of nft_timeout.c */
	struct strv had_times;	    /* which the kernel has */
	bool sloppy, rst_ttl, once; /* there are rules that say so */
	unsigned int sole[2];	    /* nft_sole.c: of in, of out */
	bool has_sole[2];
	struct strv have; /* counters and other objects in the kernel */
	bool ordered;	  /* rules must be judged in order: nft_filter.c */
	bool mid;	  /* gen_mid() is needed */
	const struct pf_rule *log_matches; /* a match rule that says so */
	const struct report *report;
	unsigned int refused;
	struct strv said; /* of this line: */
	unsigned int said_line;
	struct strv natifs;
	bool tagged;		 /* there are tags: states keep them */
	bool nat;		 /* there are rules that change sources */
	bool rdr;		 /* or destinations */
	bool pass_nat, pass_rdr; /* in rules that pass: nft_natto.c */
	bool localnet;		 /* there are redirections to 127/8 */
	struct ifnets *ifs;	 /* of the vnet, NULL: only a check */
	unsigned int runs;	 /* numbers of their maps */
	unsigned int singles;	 /* rules that are in none, of all places */
	bool first;		 /* nft_first.c: what is put is a copy */
	bool place[GEN_NPLACES];
	struct pf_gates gates; /* begins as those of the loaded ruleset */
	bool routes;	       /* rules lead packets to gates */
	bool dups;	       /* or copies */
	struct strv egress;    /* interfaces where packets are led away */
	bool egress_any;
	bool answers;	  /* there is a `block return` */
	bool answers_out; /* there is a `block return out` */
	bool backs;	  /* and it needs nft_back.c */
	bool asks_ifs;	  /* what is put has interfaces' addresses */
	bool no_egress;	  /* the kernel has no such hook */
	bool dormant;	  /* pf is disabled */
	struct gen_ether_count *ether; /* to go on from; NULL: from zero */
	/* nft_limit.c: of rules with `source-track global` */
	uint32_t src_limits[GEN_SRC_LIMITS];
	size_t nsrc_limits;
	bool synproxy; /* a rule says so, this one: */
	unsigned int synproxy_rule;
	bool cookies;		  /* set syncookies always */
	unsigned int pcps;	  /* nft_prio.c: bits of what rules ask for */
	bool prio_match, prio_in; /* who sets it */
	/* nft_bound.c: rules whose states remember their interface */
	size_t bound;
	bool bound_any; /* rules whose states are bound by the rule itself */
	const struct pf_rule *bound_rule; /* the first one */
	struct strv bound_ifs;		  /* the list; so many came at first: */
	size_t bound_first;
	bool bound_grown;
	struct gen_pfil { /* net.link.bridge.pfil_* */
		bool member, bridge, local_phys;
	} pfil;
	bool new_queues; /* c's are to be made now: their interfaces must be */
	struct altq altq;
	/* what older rules have said of their states, newest first */
	struct gen_old_queue {
		uint32_t word;
		char queue[PF_QUEUE_NAME], pqueue[PF_QUEUE_NAME];
	} * old_queues;
	size_t nold_queues;
	/* nft_older.c: where older rules' states pass */
	struct gen_older {
		uint32_t word;
		char name[IFNAMSIZ];
	} * older;
	size_t nolder;
	/* an interface of each class of members; the first has none */
	const struct ifnet *member[GEN_CLASSES];
	size_t nclasses;
};

/* nft_gen.c */
int gen_init(struct gen *g, const struct pf_conf *c, const struct vnet *v,
	     const struct report *r, struct err *e);
void gen_free(struct gen *g);
#define cleanup_gen __attribute__((cleanup(gen_free)))
/* The node of an anchor, by path: rules' pointers lead to other trees. */
const struct gen_node *gen_node_of(const struct gen *g, const char *path);
/* The anchor and list a number belongs to; false: no such rule. */
bool gen_rule_at(const struct gen *g, unsigned int n,
		 const struct gen_node **ret_node, enum pf_list *ret_list,
		 unsigned int *ret_nr);
/* FILE:LINE: text, counted. */
void gen_refuse(struct gen *g, const struct pf_rule *r, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* FILE:LINE: text, a warning: it has no effect, and does no harm. */
void gen_tell(struct gen *g, const struct pf_rule *r, const char *text);
uint32_t gen_tag(struct gen *g, const char *tag); /* its number, 1 and up */

/* nft_match.c: conditions of a rule. */
#define GEN_AF_ANY 1u
#define GEN_AF_V4 2u
#define GEN_AF_V6 4u
/* Which kernel rules a rule needs: GEN_AF_ANY alone, or families. */
unsigned int gen_families(const struct pf_rule *r);
struct gen_match {
	const struct gen_node *node;
	const struct pf_rule *r;
	enum gen_place place;
	unsigned int af;  /* one of gen_families() */
	bool loop;	  /* in output: what will come in on lo */
	unsigned int dyn; /* GEN_DYN_*: what packets have added to the table */
	enum gen_l4 {	  /* of gen_split(): call gen_match() for both */
		GEN_L4_ANY,
		GEN_L4_TCP,
		GEN_L4_OTHERS,
	} l4;
};
/*
 * A rule with flags and without a protocol is for TCP packets that have these,
 * and for all others.  No expression says "or": where flags are S/SA, packets
 * of TCP that begin no connection are marked (gen_mid(), by the priority, which
 * rules in order use) before rules see them, and not led to nft_first.c's
 * chains; other rules are two in the kernel.
 */
void gen_mid_note(struct gen *g, const struct pf_rule *r);
bool gen_split(const struct gen *g, const struct pf_rule *r);
void gen_match_l4(struct gen *g, const struct gen_match *m);
/* Of TCP, and neither S of S/SA: `to` (NULL: is marked). */
void gen_mid(struct gen *g, const char *chain, const char *to);
/*
 * A table into which rules overload is in two sets.  A rule that asks whether
 * an address is in it is a kernel rule for each: call gen_match() for all
 * m->dyn that are subsets of this.
 */
#define GEN_DYN_SRC 1u
#define GEN_DYN_DST 2u
unsigned int gen_dynamic(const struct gen *g, const struct gen_node *node,
			 const struct pf_rule *r);
/* Put the conditions; false: the rule can never match there. */
bool gen_match(struct gen *g, const struct gen_match *m);
/* "t4.NAME" of the table that a rule of the node means. */
void gen_table_set(const struct gen_node *node, const char *name,
		   unsigned int af, char *buf, size_t size);
/*
 * Addresses and ports of a rule of the main ruleset, asked of the entry of
 * conntrack: what they were when a rule that looks at packets coming in (X:
 * word GEN_LABEL_X of the label), or going out, saw its first packet.  False:
 * as gen_match().
 */
bool gen_match_entry(struct gen *g, const struct pf_rule *r, unsigned int af,
		     unsigned int word);
/* Can they be asked so? */
bool gen_entry_knows(const struct gen *g, const struct pf_rule *r);
void gen_match_check(struct gen *g, const struct pf_rule *r, enum pf_list list);
void gen_match_if(struct gen *g, const char *name, bool neg, bool out);
void gen_match_af(struct gen *g, unsigned int af);
void gen_match_proto(struct gen *g, uint8_t proto);
void gen_match_tagged(struct gen *g, const struct pf_rule *r);

/* nft_ifset.c: sets of interfaces and of interfaces' addresses. */
void gen_kernel_name(const char *name, char ret[IFNAMSIZ]);
bool gen_is_group(const char *name);
/* Remember what a rule needs; then make the sets of all. */
void gen_ifset_rule(struct gen *g, const struct pf_rule *r);
/*
 * The interfaces of nat rules, for the set "natif"; false: it may be any.
 */
bool gen_nat_ifs(struct gen *g);
int gen_ifsets(struct gen *g, struct err *e);
/* Do translations name interfaces, or the table, that stand in rules? */
bool gen_pools_by_if(const struct gen *g);
/* Is the interface meant by the name, its own or a group's? */
bool gen_if_meant(const struct ifnet *ifp, const char *name);
bool gen_pools_by_table(const struct gen *g, const char *table);
/* The addresses that "(IF)" has now are put behind those there are. */
struct pf_entries;
int gen_dynif_entries(const struct gen *g, const struct pf_host *h,
		      unsigned int af, struct pf_entries *ret);
const char *gen_group_set(struct gen *g, const char *name, char *buf,
			  size_t size);
const char *gen_dynif_set(struct gen *g, const struct pf_host *h,
			  unsigned int af, char *buf, size_t size);
/* A set of the table under way: a group's "g.NAME"; entries' addresses. */
int gen_group_set_put(struct gen *g, const char *name);
int gen_addr_set(struct gen *g, const char *set, sa_family_t af,
		 struct pf_entries *e);

/* nft_ether.c: rules for Ethernet frames */
bool gen_ether(const struct gen *g, bool out); /* are there any? */
bool gen_ether_any(const struct gen *g);       /* of either direction */
/* Do they ask for addresses in the table (NULL: in any)? */
bool gen_ether_by_table(const struct gen *g, const char *table);
/* Their part of the table `netdev pf`. */
void gen_ether_chains(struct gen *g);
/* What that has counted, by rule number, of frames in and out; free it. */
struct gen_ether_count {
	uint64_t seen[2], packets[2], bytes[2];
};
int gen_ether_counts(const struct gen *g, struct nl *nf,
		     struct gen_ether_count **ret, struct err *e);

/* nft_filter.c */
#define GEN_CHAIN 48 /* bytes of a name */
/* What judging a packet ends in: a verdict, or a chain to go to. */
struct gen_verdict {
	int code;
	char chain[GEN_CHAIN];
};
void gen_filter_chains(struct gen *g, enum gen_place p);
void gen_filter(struct gen *g, enum gen_place p);
/* The word that names rule n in registers and labels. */
uint32_t gen_word(const struct gen *g, unsigned int n);
/* Put an `immediate` verdict into the rule under way. */
void gen_verdict(struct gen *g, const struct gen_verdict *v);

/*
 * nft_run.c: rules of a first-match chain, in the order of the chain; flush
 * puts them, those that cannot be put together by `single`.
 */
struct gen_run;
typedef void gen_single(struct gen *g, const struct gen_node *node,
			const struct pf_rule *r, enum gen_place p,
			const char *chain);
struct gen_run *gen_run_new(struct gen *g, const struct gen_node *node,
			    enum gen_place p, const char *chain,
			    gen_single *single);
void gen_run_add(struct gen_run *run, const struct pf_rule *r);
void gen_run_flush(struct gen_run *run);
void gen_run_free(struct gen_run **run);

/* nft_state.c: the way of packets that have a state, and how one is made. */
char gen_state_letter(enum gen_place p);
void gen_state_maps(struct gen *g);
void gen_place_chains(struct gen *g, enum gen_place p);
void gen_place_rules(struct gen *g, enum gen_place p);
void gen_hook(struct gen *g, enum gen_place p, const char *chain);
/* The priority is no register any more. */
void gen_priority_rest(struct gen *g, const char *chain, enum gen_place p);

/* nft_first.c: a flow's first packet. */
void gen_first_name(enum gen_place p, char ret[GEN_CHAIN]);
bool gen_has_first(enum gen_place p); /* has the place such a chain? */
/* Is there a copy of the rules: known when the others are put. */
bool gen_first_copies(const struct gen *g, enum gen_place p);
void gen_first_begin(struct gen *g, enum gen_place p);
void gen_first_end(struct gen *g, enum gen_place p);
/* Put what the rule's verdict comes to; false: nothing is put. */
bool gen_first_single(struct gen *g, const struct gen_verdict *v,
		      enum gen_place p, uint32_t word);
/* Does it make a state at once: its word in this register, then the rest. */
bool gen_first_makes(const struct gen *g, const struct gen_verdict *v,
		     enum gen_place p);
uint32_t gen_first_word(enum gen_place p);
void gen_first_make(struct gen *g, enum gen_place p);

/* nft_action.c: what a rule does. */
/* Where it leads; `make`: with the chains it needs of its own. */
void gen_rule_verdict(struct gen *g, const struct gen_node *node,
		      const struct pf_rule *r, unsigned int n, enum gen_place p,
		      bool make, struct gen_verdict *ret);
/* What happens to packets of states whose rule has nothing of its own. */
void gen_state_passes(const struct gen *g, char letter,
		      struct gen_verdict *ret);
/* What happens to packets of its states; false: they just pass. */
bool gen_state_verdict(struct gen *g, const struct gen_node *node,
		       const struct pf_rule *r, unsigned int n, char letter,
		       bool make, struct gen_verdict *ret);
/* Expressions of a rule that matches among others, for ordered chains. */
void gen_set_tag(struct gen *g, const char *tag);
void gen_state_tag(struct gen *g, const char *chain);
void gen_effects(struct gen *g, const struct gen_node *node,
		 const struct pf_rule *r, unsigned int n, enum gen_place p);
void gen_action_check(struct gen *g, const struct pf_rule *r,
		      enum pf_list list);
/* Does a rule of the list make states? */
bool gen_makes_state(const struct pf_rule *r, enum pf_list list);
bool gen_answers(const struct pf_rule *r); /* block return, in any form */
#define GEN_ONCE "done"
void gen_once_set(struct gen *g);

/* Sets the mark for that, or takes it away. */
void gen_log_matches(struct gen *g, bool on);
/* All such rules log where the first one does. */
void gen_log_matches_note(struct gen *g, const struct pf_rule *r);
/* r has matched, behind such a rule. */
void gen_log_matched(struct gen *g, const struct gen_node *node,
		     const struct pf_rule *r, enum gen_place p);
void gen_log(struct gen *g, const struct gen_node *node,
	     const struct pf_rule *r, enum gen_place p);

/*
 * What a kernel rule stands for is its userdata, a letter and what belongs to
 * it, so that pf/trace.c can tell why a packet went which way.
 */
#define GEN_WHY_RULE 'R'    /* a rule of pf: its number */
#define GEN_WHY_SEEN 'E'    /* nothing: one for Ethernet is looked at */
#define GEN_WHY_RUN 'G'	    /* a run of them: struct gen_run_why */
#define GEN_WHY_STATE 'S'   /* the packet's state */
#define GEN_WHY_SKIP 'K'    /* set skip on */
#define GEN_WHY_DIVIDE 'D'  /* judged at another place */
#define GEN_WHY_ANSWER 'A'  /* what a block rule has answered */
#define GEN_WHY_LOOP 'L'    /* to 127/8 from outside */
#define GEN_WHY_OPTIONS 'O' /* IP options without allow-opts */
#define GEN_WHY_ND 'N'	    /* answer of neighbour discovery */
struct gen_run_why {	    /* how a run's key is made */
	uint8_t letter;
	uint8_t len; /* of what follows, as nft(8) reads userdata */
	uint8_t place, fields, v6;
	uint8_t run[4];		  /* number of its map, little endian */
	uint8_t src[16], dst[16]; /* masks */
};
_Static_assert(sizeof(struct gen_run_why) == 41, "bytes alone");
/* A kernel rule with the conditions; false, and no rule: it can never match. */
bool gen_rule_begin(struct gen *g, const char *chain,
		    const struct gen_match *m);
/* The end of a kernel rule that counts for rule n. */
void gen_rule_end(struct gen *g, unsigned int n);
/* The end of one that is none of pf's. */
void gen_rule_why(struct gen *g, char why);

/* nft_member.c: bridged packets */
void gen_pfil_read(const struct vnet *v, struct gen_pfil *ret);
/* The classes that there are, and their places. */
int gen_member_classes(struct gen *g, struct err *e);
void gen_member_check(struct gen *g, const struct pf_rule *r);
/* `on NAME` or `on ! NAME` at a member's place. */
bool gen_member_is(const struct gen *g, enum gen_place p, const char *name,
		   bool neg);
void gen_member_skip(struct gen *g, const char *chain, enum gen_place p);
/* What the packet's priority is when a place is done with it. */
uint32_t gen_member_rest(const struct gen *g, enum gen_place p);
/* Packets that are judged elsewhere leave a hook's chain. */
void gen_member_leave(struct gen *g, enum gen_place p, const char *chain);
void gen_member_hooks(struct gen *g);
/* linux/netfilter_bridge.h does not go with net/if.h */
#define GEN_BR_PRE_ROUTING 0
#define GEN_BR_FORWARD 2
/* The table of bridges that goes with them. */
#define GEN_MEMBER_TABLE "cellblock_pf"

/* nft_scrub.c: what is changed in packets */
bool gen_edits(const struct pf_rule *r);
void gen_edit(struct gen *g, const struct pf_rule *r, const char *chain);
void gen_set_prio(struct gen *g, const char *chain, const uint8_t prio[2]);
bool gen_scrubs(const struct gen *g);
void gen_scrub_check(struct gen *g); /* of match rules that do so */
void gen_scrub(struct gen *g, enum gen_place p);
void gen_scrub_call(struct gen *g, enum gen_place p, const char *hook);
/*
 * In the chain: packets of states of place p that were made behind the match
 * rule, one that gen_scrub_check() has let pass.
 */
void gen_match_later(struct gen *g, const struct pf_rule *like,
		     enum gen_place p, const char *chain, int code,
		     const char *to);

/* nft_prio.c */
void gen_prio_note(struct gen *g, const struct pf_rule *r, enum pf_list list);
void gen_prio_chains(struct gen *g);
/* Behind what has written the packet's priority for its own ends. */
void gen_prio_again(struct gen *g, const char *chain, enum gen_place p);
void gen_match_prio(struct gen *g, const struct pf_rule *r);
void gen_prio_hooks(struct gen *g);

/* nft_limit.c: how many states */
bool gen_limits(const struct pf_rule *r);
void gen_limit(struct gen *g, const struct pf_rule *r, unsigned int n,
	       const char *chain, enum gen_place p);
void gen_limit_check(struct gen *g, const struct pf_rule *r);
void gen_limit_note(struct gen *g, const struct pf_rule *r);
void gen_limit_sets(struct gen *g);

/* nft_overload.c */
bool gen_overloads(const struct pf_rule *r);
void gen_overload_note(struct gen *g, const struct gen_node *node,
		       const struct pf_rule *r);
void gen_overload_sets(struct gen *g);
/* In the chain of a rule's packets: it makes a state now. */
void gen_overload_new(struct gen *g, const struct pf_rule *r, unsigned int n,
		      const char *chain, enum gen_place p);
/* In chain `ls`. */
void gen_overload_made(struct gen *g, const char *chain, enum gen_place p);
/* At the head of a chain of states' packets. */
void gen_overload_state(struct gen *g, const struct gen_node *node,
			const struct pf_rule *r, unsigned int n, char letter,
			const char *chain);
/* Chains for states of rules that do not overload themselves. */
void gen_overload_chains(struct gen *g);
void gen_flushed(struct gen *g, const char *chain, char letter);
bool gen_flushes(const struct gen *g);
/* The label's word that is looked up for a packet of this direction. */
unsigned int gen_label_word(char letter, int dir);
void gen_match_dir(struct gen *g, int dir);
/* What of `flag` is the state's in word X or Y. */
uint32_t gen_label_flag(uint32_t flag, unsigned int word);

/* nft_timeout.c: timeouts of a rule's states */
bool gen_times(const struct pf_rule *r);
void gen_timeouts(struct gen *g); /* their objects; old ones go */
void gen_timeout(struct gen *g, const struct pf_rule *r, const char *chain);
void gen_timeout_check(struct gen *g, const struct pf_rule *r);

/* nft_counted.c: tables with `counters` */
bool gen_counted(const struct gen *g, const struct gen_node *node,
		 const struct pf_rule *r);
void gen_counted_first(struct gen *g, const struct gen_node *node,
		       const struct pf_rule *r, const char *chain,
		       enum gen_place p);
void gen_counted_state(struct gen *g, const struct gen_node *node,
		       const struct pf_rule *r, const char *chain, char letter);

/* nft_sloppy.c */
bool gen_sloppy(const struct pf_rule *r);
void gen_sloppy_sets(struct gen *g);
void gen_sloppy_new(struct gen *g, const char *chain, enum gen_place p);
void gen_sloppy_pass(struct gen *g, enum gen_place p, const char *chain);

/* nft_bound.c: if-bound states; `rules`: how many there are, of all lists */
#define GEN_BOUND_IFS "boundif"
#define GEN_BOUND_MEMBER                                                       \
	"if-bound states do not go with net.link.bridge.pfil_member=1"
/* The rule names their interface; they remember it. */
bool gen_bound_named(const struct gen *g, const struct pf_rule *r);
bool gen_bound_pairs(const struct gen *g, const struct pf_rule *r);
void gen_bound_check(struct gen *g, const struct pf_rule *r);
/* The number of the pair of rule n and interface i. */
unsigned int gen_pair(unsigned int rules, unsigned int n, unsigned int i);
/*
 * The rule that a word of a label names, -1: none; *ret_if (may be NULL) gets
 * the state's interface by its place in the list, or -1.
 */
int gen_word_rule(uint32_t word, unsigned int rules, int *ret_if);
/* The words of a rule's states: its own is the one with i = 0; false: no more.
 */
bool gen_rule_word(const struct gen *g, const struct pf_rule *r, unsigned int n,
		   size_t i, uint32_t *ret);
/* The size of a map by words that has place for n rules' own ones. */
uint32_t gen_bound_room(const struct gen *g, size_t n);
/* The list that is loaded; *ret_first (may be NULL): of how many it was made.
 */
int gen_bound_read(struct nl *nf, struct strv *ret, size_t *ret_first,
		   struct err *e);
void gen_bound_keep(struct gen *g, struct nl *nf); /* that one */
void gen_bound_grow(struct gen *g); /* by interfaces that are not in it */
void gen_bound_maps(struct gen *g);
/* *v: what happens to packets of the rule's states. */
void gen_bound_verdict(struct gen *g, unsigned int n, char letter, bool make,
		       struct gen_verdict *v);
#define GEN_BOUND_KEY 20 /* a word, a name */
void gen_bound_states(struct gen *g, char letter);
void gen_bound_pass(struct gen *g, enum gen_place p, const char *chain, int dir,
		    bool match);
void gen_bound_made(struct gen *g, const char *chain, enum gen_place p);

/* The words of all bound states, each with the interfaces where it passes. */
void gen_bound_each(struct gen *g,
		    void (*fn)(void *data, uint32_t word, const char *ifname),
		    void *data);

/* nft_older.c: if-bound states of older rules */
#define GEN_OLDER "boundwas"
/*
 * Makes g->older: of the rules that were loaded (NULL: the same, or none), and
 * of the set in the kernel, if it is there.
 */
int gen_older_recall(struct gen *g, struct gen *was, bool there, struct err *e);
void gen_older_set(struct gen *g);
/* What is in the set, by words; the caller frees *ret. */
int gen_older_read(struct nl *nf, uint32_t generation, struct gen_older **ret,
		   size_t *n);
/* The only interface that goes with a word, or NULL. */
const char *gen_older_if(const struct gen_older *v, size_t n, uint32_t word);
/*
 * Conditions on the label in registers 0 to 3: its word is bound to where the
 * packet is, or (!here) it is none that is bound.
 */
void gen_older_match(struct gen *g, enum gen_place p, unsigned int word,
		     bool here);

/* nft_sole.c: all states of a direction are of one rule */
void gen_sole(struct gen *g); /* find them */
/* Put the rest of a rule for that state's packets; false: nothing is put. */
bool gen_sole_pass(struct gen *g, enum gen_place p, int dir);
/* Is the kernel rule one that counts them: for rule n, in (0) or out (1). */
bool gen_sole_counts(const struct nft_rule_info *r, unsigned int *ret_n,
		     int *ret_way);

/* nft_answer.c: answers with a code or a time to live */
bool gen_answers_own(const struct pf_rule *r);
bool gen_answers_ttl(const struct pf_rule *r);
void gen_answer_maps(struct gen *g);
void gen_answer(struct gen *g, const struct pf_rule *r, unsigned int n,
		const char *chain, enum gen_place p);
void gen_answer_ttl(struct gen *g, const char *chain);

/* The answer alone, for packets that nft_back.c has led back. */
void gen_answer_back(struct gen *g, const struct pf_rule *r, const char *chain);

/* nft_back.c: answers to what nat has changed already */
#define GEN_BACK_SET "backif"
bool gen_back_if(const struct gen *g, const struct ifnet *ifp);
void gen_back_set(struct gen *g);
/* At the end of a chain in postrouting; form: a rule's number + 1, or 0. */
void gen_back_out(struct gen *g, const char *chain, uint32_t form);
/* Behind that: such packets' priority stays. */
void gen_back_keep(struct gen *g, const char *chain);
void gen_back_egress(struct gen *g, const char *chain);
void gen_back_hook(struct gen *g);

/* nft_synproxy.c */
bool gen_synproxy(const struct gen *g, const struct pf_rule *r);
/* Refuse what `set syncookies always` cannot do. */
void gen_cookies_check(struct gen *g);
void gen_synproxy_check(struct gen *g, const struct pf_rule *r);
void gen_synproxy_maps(struct gen *g);
void gen_synproxy_new(struct gen *g, const struct pf_rule *r, unsigned int n,
		      const char *chain);
/* Limits of what it does not answer, behind it. */
void gen_synproxy_limits(struct gen *g, const struct pf_rule *r, unsigned int n,
			 const char *chain);
void gen_synproxy_pass(struct gen *g, enum gen_place p, const char *chain);
/* At the head of a chain of nat: to servers, or (out) from here to them. */
void gen_synproxy_nat(struct gen *g, const char *chain, bool out);
void gen_synproxy_hooks(struct gen *g);

/* nft_limit.c */
/* set limit states; nothing where the number is too large to be counted to. */
#define GEN_STATES_MAX 10000
bool gen_limits_all(const struct gen *g);
void gen_limit_all(struct gen *g, const char *chain);
/* The counters there are, but for those that the kernel has. */
#define GEN_COUNT_BEGIN "begin" /* "match" and "insert" at once */
void gen_counters(struct gen *g);

/* nft_logif.c */
#define GEN_LOGIF "lg." /* how its objects' names begin */
#define GEN_LOGIF_NAME (IFNAMSIZ + 16)
void gen_logif_note(struct gen *g); /* for gen_ifsets() */
void gen_logif(struct gen *g);
void gen_count(struct gen *g, const char *counter);
void gen_source(struct gen *g, unsigned int af);
/*
 * Source, destination and ports of a TCP packet from the first register on, or
 * as the packet has them that answers it: a set's key of so many bytes.
 */
#define GEN_ENDS_LEN(af) ((af) == GEN_AF_V6 ? 40 : 16)
void gen_ends(struct gen *g, unsigned int af, bool answer);
void gen_source_set(struct gen *g, const char *name, unsigned int af,
		    uint32_t size, uint64_t timeout);

/* nft_pool.c: one of several */
struct gen_addrs {
	union pf_addr *v;
	size_t n, size;
};
void gen_addrs_free(struct gen_addrs *a);
#define cleanup_gen_addrs __attribute__((cleanup(gen_addrs_free)))
/* All that the pool has of the family now; -E2BIG. */
int gen_pool_addrs(const struct gen *g, const struct gen_node *node,
		   const struct pf_pool *p, unsigned int af,
		   struct gen_addrs *ret);
/* What a table has when the rules under way are in force; free ret->v. */
int gen_table_entries(const struct gen *g, const struct gen_node *node,
		      const char *name, struct pf_entries *ret);
/* A number below n, plus offset, into the register, in host order. */
void gen_draw(struct gen *g, const struct pf_pool *p, unsigned int af,
	      uint32_t n, uint32_t offset, uint32_t reg);
/* sticky-address: rule n's map; the source's number, if any; or a new one. */
void gen_sticky_map(struct gen *g, unsigned int n, char letter,
		    unsigned int af);
void gen_recall(struct gen *g, unsigned int n, char letter, unsigned int af,
		uint32_t reg);
void gen_remember(struct gen *g, unsigned int n, char letter, unsigned int af,
		  uint32_t reg);
/* Go to one of the chains of a verdict map of `count` numbers, and back. */
void gen_choice(struct gen *g, const struct pf_rule *r,
		const struct pf_pool *pool, unsigned int n, const char *map,
		uint32_t count, const char *chain, char letter);

/* nft_route.c: route-to, reply-to, dup-to, rtable */
/* Numbers for all gates, refusals: before all else. */
void gen_gates(struct gen *g);
bool gen_routed(const struct pf_rule *r);
/* What such a rule does with the packet that it decides. */
void gen_route(struct gen *g, const struct pf_rule *r, unsigned int n,
	       const char *chain, enum gen_place p);
/* The label alone, of a rule with one gate and no dup-to: nft_synproxy.c. */
void gen_route_entry(struct gen *g, const struct pf_rule *r, const char *chain);
/* Is a copy of each of its states' packets sent, and how. */
bool gen_dups(const struct pf_rule *r, char letter);
void gen_dup(struct gen *g, const struct pf_rule *r, const char *chain);
void gen_route_chains(struct gen *g); /* called by the rules' chains */
void gen_route_hooks(struct gen *g);
/* Tables of other families; `there`: which there are, bits by GEN_OTHER_*. */
#define GEN_OTHER_NETDEV 0x1u
#define GEN_OTHER_IP 0x2u
#define GEN_OTHER_IP6 0x4u
struct gen_other {
	uint8_t family;
	unsigned int bit;
};
extern const struct gen_other gen_others[3];
void gen_other_tables(struct gen *g, unsigned int there);

/* nft_altq.c */
void gen_altq_check(struct gen *g); /* makes g->altq */
void gen_queue_check(struct gen *g, const struct pf_rule *r, enum pf_list list);
/*
 * Reads old_queues from the kernel's set of this name, but for words of the
 * generation to be loaded.
 */
#define GEN_QUEUES "altqs"
int gen_altq_recall(struct gen *g, struct err *e);
/* A match rule that has a queue. */
bool gen_match_queues(const struct gen *g, const struct pf_rule *r);
void gen_altq(struct gen *g); /* chains that rules' chains call, and the hook */
/* A rule without state that has a queue: what it does. */
bool gen_queued(const struct gen *g, const struct pf_rule *r);
void gen_queue(struct gen *g, const struct pf_rule *r, const char *chain,
	       enum gen_place p);

/* nft_natto.c */
/* No packet comes to both. */
bool gen_apart(const struct pf_rule *a, const struct pf_rule *b);
/* A match rule that is one of translation. */
bool gen_match_translates(const struct pf_rule *r);
void gen_natto_rule(struct gen *g, const struct pf_rule *r);
void gen_natto_check(struct gen *g);

/* nft_nat.c */
void gen_nat(struct gen *g);
void gen_nat_rule(struct gen *g, const struct pf_rule *r, enum pf_list list);
/* What `set skip on` names is not even translated. */
void gen_skip(struct gen *g, const char *chain, bool out);

/* What the rules need is collected: gen_ifsets() may follow. */
void gen_prepare(struct gen *g);

/* load.c and tests: a whole ruleset; -EOPNOTSUPP after refusals. */
int gen_all(struct gen *g, struct err *e);

#endif
