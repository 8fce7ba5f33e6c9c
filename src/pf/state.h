/*
 * state: pf's states, as conntrack's flows show them.
 *
 * Theory of operation.  The kernel has one entry for a connection of a vnet;
 * pf has a state for each direction in which a rule passed its first packet:
 * two for one that is forwarded.  Which ones there are is written in the
 * entry's label (pf_mark_of()); addresses before and after translation follow
 * from the entry's two tuples.  A flow without a mark is none of pf's states.
 *
 * An entry cannot lose one state and keep the other: killing either ends the
 * connection, as it does on FreeBSD unless rules pass the middle of one.
 */
#ifndef CB_PF_STATE_H
#define CB_PF_STATE_H

#include "pf/load.h"
#include "pf/pf.h"

struct pf_gate;
struct pf_peer {
	union pf_addr addr;
	uint16_t port; /* or the ICMP id */
};

/* An entry of conntrack. */
struct pf_flow {
	sa_family_t af;
	uint8_t proto;
	struct pf_peer orig[2], reply[2]; /* source, destination */
	uint8_t icmp_type, icmp_code;
	uint32_t status;	       /* IPS_* */
	uint32_t id, timeout;	       /* seconds */
	uint64_t start;		       /* ns since the epoch; 0: not known */
	uint64_t packets[2], bytes[2]; /* orig, reply; 0 without accounting */
	uint8_t tcp_state, tcp_flags[2], wscale[2];
	uint8_t sctp_state;
	uint16_t zone;
	uint32_t label[4];
};

/* One message of ctnetlink; -EBADMSG: no flow that pf could have. */
int pf_flow_parse(const struct nlmsghdr *h, struct pf_flow *ret);

/*
 * The flow that a packet belongs to: .af, .proto, .orig (and ICMP's type and
 * code) of `like` are the packet's.  -ENOENT.
 */
int pf_flow_find(struct nl *nl, const struct pf_flow *like, struct pf_flow *ret,
		 struct err *e);

struct pf_state {
	char ifname[IFNAMSIZ]; /* "all": floating */
	enum pf_dir dir;
	sa_family_t af;
	uint8_t proto;
	/* source and destination of the packet that made it, ... */
	struct pf_peer wire[2];	 /* ... on the interface */
	struct pf_peer stack[2]; /* ... towards the stack */
	const char *level[2];	 /* of these two; ICMP: "0" */
	bool have_wscale;
	uint8_t wscale[2];
	uint64_t id;
	uint64_t packets[2], bytes[2]; /* there, back */
	int64_t age;
	uint32_t expires;
	int rule;		/* as pf_mark says */
	int rule_nr, anchor_nr; /* as shown; -1: none */
	int nat_rule, rdr_rule;
	unsigned int gate[2];
	/* with a ruleset at hand; NULL: not known */
	const struct pf_rule *r; /* that made it */
	/* where it was made: its rule says, or (known without) the label */
	const char *origif;
	bool sticky;		   /* of a translation with sticky-address */
	const struct pf_gate *via; /* route-to and such; the shower's to fill */
};

/* The states of a flow: how many (0 to 2) of v are filled. */
size_t pf_flow_states(const struct pf_flow *f, const struct pf_mark *m,
		      int64_t now_ns, struct pf_state v[2]);

#define PF_STATE_VERBOSE 0x1u  /* -v */
#define PF_STATE_VERBOSE2 0x2u /* -vv */
#define PF_STATE_DNS 0x4u      /* -r */
/*
 * One state as pfctl -ss shows it, with its newlines.  What match and scrub
 * rules add to it is not known.
 */
void pf_state_print(struct strbuf *out, const struct pf_state *s,
		    uint32_t creatorid, unsigned int flags);

/* What -k, -i and -F states choose. */
struct pf_state_filter {
	const char *ifname; /* where it was made; NULL: any */
	bool match;	    /* -M: the flow's other state goes (counts), too */
	sa_family_t af;	    /* of src and dst; AF_UNSPEC: any address */
	union pf_addr src, src_mask, dst, dst_mask;
	bool nat;    /* `-k nat`: addresses on the stack's side */
	uint64_t id; /* 0: any */
	bool key;    /* `-k key`: proto and both ports too */
	uint8_t proto;
	uint16_t src_port, dst_port;
	/* `-k label`: of the rule that made it */
	bool (*rule)(void *data, int rule);
	void *data;
};
bool pf_state_chosen(const struct pf_state *s, const struct pf_state_filter *f);

/*
 * Call fn for each state of the vnet (stops at a negative result), with rule
 * numbers filled in from `c` (NULL: left at -1).
 */
typedef int pf_state_fn(const struct pf_flow *f, const struct pf_state *s,
			void *data, struct err *e);
int pf_states_each(struct pf_kernel *k, const struct vnet *v,
		   const struct pf_conf *c, pf_state_fn *fn, void *data,
		   struct err *e);
/* End the flows that `over` says are. */
int pf_flows_end(const struct vnet *v,
		 bool (*over)(void *data, const struct pf_flow *f), void *data,
		 struct err *e);
/* End all flows with a state that is chosen; *ret: states that went. */
int pf_states_kill(struct pf_kernel *k, const struct vnet *v,
		   const struct pf_state_filter *f, size_t *ret, struct err *e);

#endif
