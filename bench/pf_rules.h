/*
 * pf_rules: the rulesets of pf.c's contenders, the same for each: everything is
 * dropped but UDP or TCP to n - 2 ports.  They are files of PF_RULES, named
 * NAME.WHAT.N, where WHAT is the protocol.
 */
#ifndef CB_BENCH_PF_RULES_H
#define CB_BENCH_PF_RULES_H

#define PF_RULES "/run/pfbench"
enum {
	PF_PORT = 1000,	 /* the first that passes */
	PF_PORTS = 50000 /* of a net, which is 10.0/16 first */
};

/* How a contender's ruleset of n rules for "udp" or "tcp" is written. */
typedef void pf_write_t(const char *proto, int n);

pf_write_t pf_write_none;  /* connections are tracked, that is all */
pf_write_t pf_write_empty; /* and chains without rules, where pf's are */
pf_write_t pf_write_pf;
pf_write_t pf_write_nft;
pf_write_t pf_write_nft2; /* judges where pf does, and counts as it does */
pf_write_t pf_write_iptables;

/* For pf and nft: addresses in a table that a rule asks; WHAT is "table". */
void pf_write_table(int count);

#endif
