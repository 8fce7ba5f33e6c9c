/*
 * rcfact: one thing that the configuration wants to be so.
 *
 * Theory of operation.  Everything rc does is broken down into facts: an
 * interface exists, has an address, is a member of a bridge, a route is
 * there, a knob has a value.  A fact can be looked up in the kernel
 * (rcstate), made (rcact_make) and taken back (rcact_undo), and it has a text
 * for plans.  That makes `up` a comparison of two sets, and stop the facts
 * that were made, backwards.
 */
#ifndef CB_RC_RCFACT_H
#define CB_RC_RCFACT_H

#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>

enum fact_kind {
	FACT_SYSCTL,   /* key: name, value */
	FACT_HOSTNAME, /* value */
	FACT_CLONE,    /* ifname: as in cloned_interfaces; words: create_args */
	FACT_RENAME,   /* ifname: old, key: new */
	FACT_IP6,      /* value: "on" or "off" (ifdisabled) */
	FACT_ETHER,    /* value: MAC */
	FACT_MTU,      /* value */
	FACT_DESCR,    /* value */
	FACT_METRIC,   /* value */
	FACT_GROUP,    /* key: group */
	FACT_MEMBER,   /* ifname: bridge, key: member */
	FACT_SPAN,     /* ifname: bridge, key: port */
	FACT_ADDR,     /* key: canonical ADDR/LEN; words: as given */
	FACT_FLAG_UP,  /* up */
	FACT_FLAG_DOWN,
	FACT_WORDS,    /* words whose effect only the notes remember */
	FACT_RTSOL,    /* a router is asked to say who it is */
	FACT_DHCP,     /* value: "sync" or not; words: program and its flags */
	FACT_RTSOLD,   /* words: its flags */
	FACT_RTADVD,   /* words: interfaces, value: radvd.conf */
	FACT_TEXT,     /* key: path, value: its text; the old comes back */
	FACT_KLD,      /* key: a module */
	FACT_NEIGH,    /* key: address, value: MAC */
	FACT_IFSCRIPT, /* key: start_if.IF, value: stop_if.IF */
	FACT_ROUTE,    /* key: canonical "DEST GATEWAY"; words: of route add */
	FACT_PF,       /* value: the file of rules, words: a number of its text,
			  pfctl's flags */
	FACT_PFLOG,    /* key: instance or "", words: flags of pflogd */
	FACT_RULE,     /* of rctl(8); key: what it is about, value: the rule */
	FACT_FILE,     /* key: path, value: its text; only when absent */
	FACT_DEVFS,    /* key: file of rulesets; value: their numbers */
	FACT_DEVMOUNT, /* key: a /dev; value: its ruleset */
	FACT_SCRIPT,   /* key: path of a local rc.d script */
	FACT_JAIL,     /* key: name, value: configuration file; words: digest of
			  what it says, if known */
	FACT_KINDS,
};

struct fact {
	enum fact_kind kind;
	char *ifname; /* never NULL, may be "" */
	char *key;    /* never NULL: with kind and ifname the identity */
	char *value;  /* never NULL */
	struct strv words;
	char *var;    /* variable it comes from, for messages; or NULL */
	bool primary; /* an inet address given without alias: replaces */
	bool implied; /* not written by the user: no complaint if absent */
};

struct facts {
	struct fact *v;
	size_t n;
};

/* "epair0", which has two ends, "epair0a" and "epair0b"? */
bool clone_is_pair(const char *clone);
/* The clone's interfaces: the two ends, or itself.  0 or -ENOMEM. */
int clone_ends_add(struct strv *sv, const char *clone);
/* Is that one of them? */
bool clone_has_end(const char *clone, const char *ifname);

/* The kind's name in notes, and back (-1: none). */
const char *fact_kind_name(enum fact_kind k);
int fact_kind_find(const char *name);

/* Append; NULL texts become "".  words may be NULL.  The new fact or NULL. */
struct fact *facts_add(struct facts *f, enum fact_kind kind, const char *ifname,
		       const char *key, const char *value,
		       const struct strv *words);
int fact_copy(struct fact *dst, const struct fact *src);
void fact_free(struct fact *f);
void facts_free(struct facts *f);
#define cleanup_facts __attribute__((cleanup(facts_free)))

/* Same kind, interface and key: the same thing, whatever its value. */
bool fact_same(const struct fact *a, const struct fact *b);
const struct fact *facts_find(const struct facts *f, const struct fact *like);

/* "bridge0: addm epair1a"; undo: "bridge0: deletem epair1a". */
void fact_text(const struct fact *f, bool undo, struct strbuf *b);

#endif
