/*
 * conf: pf.conf(5), text -> model.
 */
#ifndef CB_PF_CONF_H
#define CB_PF_CONF_H

#include "pf/pf.h"

struct altq_link; /* altq.h */

/* How names of interfaces and hosts are found; tests have a table of theirs. */
struct pf_resolve {
	/*
	 * All addresses of an interface or group, as pf_host MASKs with the
	 * prefix of the interface (network set apart by the caller); 0 and
	 * *n = 0 when there is no such interface.
	 */
	int (*ifaddrs)(void *data, const char *ifname, unsigned int if_flags,
		       struct pf_host **ret, size_t *n, struct err *e);
	/* Is it an interface (1), a group (2), neither (0)? */
	int (*ifkind)(void *data, const char *name);
	/* Addresses of a host name; NULL function: names are errors. */
	int (*host)(void *data, const char *name, struct pf_host **ret,
		    size_t *n, struct err *e);
	/* What an interface is to queues; false, or NULL: nothing is known. */
	bool (*link)(void *data, const char *name, struct altq_link *ret);
	void *data;
};

#define PF_PARSE_VERBOSE 0x01u	/* echo as -v: to .echo */
#define PF_PARSE_VERBOSE2 0x10u /* as -vv: rules with their numbers */
#define PF_PARSE_NUMERIC 0x02u	/* -P */
#define PF_PARSE_NO_DNS 0x04u	/* -S */
#define PF_PARSE_STORED 0x08u	/* text of print.c: no include, no names */
/* What is not echoed, as it is not loaded. */
#define PF_PARSE_NOT_OPTIONS 0x0100u /* but for what pfctl says always */
#define PF_PARSE_NOT_QUEUES 0x0200u
#define PF_PARSE_NOT_TABLES 0x0400u
#define PF_PARSE_NOT_FILTER 0x0800u /* and scrub rules */
#define PF_PARSE_NOT_NAT 0x1000u
#define PF_PARSE_NOT_ETHER 0x2000u

struct pf_parse {
	unsigned int flags;
	const struct strv *macros; /* -D NAME=VALUE */
	const char *anchor;	   /* -a: rules go there; NULL: main */
	const struct pf_resolve *resolve;
	struct strbuf *echo; /* what pfctl -nv prints while it reads */
	/*
	 * Error texts, one a line as pfctl prints them ("FILE:LINE: syntax
	 * error"), and warnings.  All errors of a file are told, up to 100.
	 */
	const struct report *report;
	const struct pf_profile *profile; /* for `profile`; or NULL */
	enum pf_optimize optimize;	  /* -o; used when has_optimize */
	bool has_optimize;
};

/*
 * Read FILE ("-": stdin) or `text`.  -EINVAL with "Syntax error in config file:
 * pf rules not loaded" after the reasons went to p->report.  The model comes
 * back optimised as asked.  `load anchor` files are read too.
 */
int pf_conf_load(const char *file, const struct pf_parse *p,
		 struct pf_conf **ret, struct err *e);
int pf_conf_parse(const char *name, const char *text, size_t len,
		  const struct pf_parse *p, struct pf_conf **ret,
		  struct err *e);

/*
 * Text of `pfctl -T ... -f FILE` and table files: addresses, nets, names,
 * negated or not, blanks and newlines between, # comments; appended to *v.
 */
int pf_table_text(const char *name, const char *text, size_t len,
		  const struct pf_resolve *resolve, struct pf_entry **v,
		  size_t *n, struct err *e);
/* One word of pfctl -T's arguments or of such a file. */
int pf_table_word(const char *word, const struct pf_resolve *resolve,
		  struct pf_entry **v, size_t *n, struct err *e);

/* opt.c: `set ruleset-optimization`, in place. */
int pf_optimize(struct pf_conf *c, enum pf_optimize how, struct err *e);
int pf_optimize_anchor(struct pf_conf *c, struct pf_anchor *a,
		       enum pf_optimize how, struct err *e);

#endif
