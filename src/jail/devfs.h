/*
 * devfs: FreeBSD's devfs(8) rules, on Linux.
 *
 * Theory of operation.  On FreeBSD devfs is a file system with a node for
 * every device, and numbered rulesets in the kernel say which of them a mount
 * shows.  Here a jail's /dev is a small tmpfs of its own in which only what
 * its ruleset leaves visible is ever made, and a BPF program on the jail's
 * cgroup lets it open no other device numbers (ns/cgbpf.h).
 *
 *   text     devfs.rules(5), rule specifications    devfs_text.c
 *   model    struct devfs_sets                      devfs_rules.c
 *   nodes    what names mean here, who may be
 *            shown what; rules applied to them      devfs_nodes.c
 *   state    a level's rulesets, a jail's number    devfs_state.c
 *   /dev     made in the jail's first process,
 *            changed while it runs                  prison_dev.c
 *
 * FreeBSD's stock rulesets 1 to 5 are built in.  A level's others come from
 * its /etc/devfs.rules, read when a jail starts, until devfs(8) or rc loads
 * them: then they are what lies in the registry, as they would lie in
 * FreeBSD's kernel.
 *
 * Rules that have nothing but a guess behind them do no harm: a jail can show
 * its own jails no device that it does not have, whatever its files say, for
 * all it can do is bind mount its own nodes.
 */
#ifndef CB_JAIL_DEVFS_H
#define CB_JAIL_DEVFS_H

#include "base/err.h"
#include "base/str.h"
#include "ns/cgbpf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define DEVFS_RULES_FILE "/etc/devfs.rules"
#define DEVFS_DEFAULT_RULESET 4
#define DEVFS_NUMBER_MAX 65535
/* Limits of what is read; FreeBSD's for a pattern. */
#define DEVFS_PATTERN_MAX 200
#define DEVFS_TEXT_MAX (256 * 1024)
#define DEVFS_RULES_MAX 8192

enum devfs_type {
	DEVFS_DISK = 1 << 0,
	DEVFS_MEM = 1 << 1,
	DEVFS_TAPE = 1 << 2,
	DEVFS_TTY = 1 << 3,
};

enum devfs_act {
	DEVFS_HIDE = 1 << 0,
	DEVFS_UNHIDE = 1 << 1,
	DEVFS_USER = 1 << 2,
	DEVFS_GROUP = 1 << 3,
	DEVFS_MODE = 1 << 4,
	DEVFS_INCLUDE = 1 << 5,
};

struct devfs_rule {
	int number;	    /* in its ruleset; 0: to be numbered */
	unsigned int types; /* enum devfs_type; 0: any */
	char *pattern;	    /* or NULL: any */
	unsigned int acts;  /* enum devfs_act */
	uid_t uid;
	gid_t gid;
	mode_t mode;
	int include;
};
void devfs_rule_free(struct devfs_rule *r);
#define cleanup_devfs_rule __attribute__((cleanup(devfs_rule_free)))

struct devfs_set {
	int number;
	char *name;
	bool stock;	      /* as FreeBSD ships it */
	struct devfs_rule *v; /* by number */
	size_t n;
};

struct devfs_sets {
	struct devfs_set *v; /* by number */
	size_t n;
	size_t rules; /* in all of them */
	bool loading; /* what is included may come later, or be gone */
};
void devfs_sets_free(struct devfs_sets *s);
#define cleanup_devfs_sets __attribute__((cleanup(devfs_sets_free)))

/* --- devfs_text.c --------------------------------------------------------- */

/*
 * devfs.rules(5) text into sets, in the place of those of the same number.
 * Any bytes may come.  Errors: "FILE line N: ...".  On failure sets holds what
 * was read before.
 */
int devfsrules_parse(const char *text, size_t len, const char *file,
		     struct devfs_sets *sets, struct err *e);
/* The stock rulesets. */
int devfs_stock(struct devfs_sets *sets, struct err *e);

/* "[NUMBER] CONDITION... ACTION...", devfs(8)'s rulespec. */
int devfs_rule_parse(char *const *words, size_t n, struct devfs_rule *ret,
		     struct err *e);
/* A rule or ruleset number as devfs(8) reads it. */
int devfs_number(const char *s, int *ret, struct err *e);
/* "100 path null unhide", without newline; reads back. */
void devfs_rule_print(struct strbuf *out, const struct devfs_rule *r);
/* The sets that are not as in stock, as devfs.rules(5) text. */
void devfs_sets_print(struct strbuf *out, const struct devfs_sets *s);

/* --- devfs_rules.c -------------------------------------------------------- */

/* NULL: none of that number, or it is empty. */
const struct devfs_set *devfs_set_find(const struct devfs_sets *s, int number);
/* By the name in devfs.rules(5), or a number. */
const struct devfs_set *devfs_set_named(const struct devfs_sets *s,
					const char *name);
/* A new or emptied set of that number and name. */
int devfs_set_new(struct devfs_sets *s, int number, const char *name,
		  bool stock, struct err *e);
/*
 * Add a rule to ruleset `number`; its contents are taken, also on failure.
 * FreeBSD's errors: EIO ruleset 0, EEXIST, ESRCH no such ruleset to include,
 * ERANGE.
 */
int devfs_rule_add(struct devfs_sets *s, int number, struct devfs_rule *rule,
		   struct err *e);
int devfs_rule_del(struct devfs_sets *s, int number, int rule, struct err *e);
/* The set of src, whose rules are taken, in the place of dst's. */
int devfs_set_move(struct devfs_sets *dst, struct devfs_sets *src, int number,
		   struct err *e);
/* As it was before anything changed it: stock, or not there. */
int devfs_set_restore(struct devfs_sets *s, int number, struct err *e);
int devfs_set_del(struct devfs_sets *s, int number, struct err *e);

/* fnmatch(pattern, name, FNM_PATHNAME) of FreeBSD's kernel, in linear time. */
bool devfs_match(const char *pattern, const char *name);

/* --- devfs_nodes.c -------------------------------------------------------- */

enum devfs_kind {
	DEVFS_CHAR,
	DEVFS_BLOCK,
	DEVFS_LINK,
	DEVFS_PTS, /* the directory of pseudo terminals */
	DEVFS_PTY, /* one of them: only its mode and group matter */
};

struct devfs_node {
	char *name;	    /* below /dev */
	const char *target; /* of a link */
	enum devfs_kind kind;
	unsigned int major, minor;
	uid_t uid; /* as seen inside */
	gid_t gid;
	mode_t mode;
	bool visible;
	bool touched; /* a rule matched it */
};

/* Whose /dev is to be furnished, and from what. */
struct devfs_view {
	int devfd;    /* the creator's /dev; -1: as if it were empty */
	bool vnet;    /* the jail has a vnet */
	bool trusted; /* host.unconfined has `devices` */
};

struct devfs_plan {
	struct devfs_node *v; /* all candidates, visible or not */
	size_t n;
	size_t withheld; /* unhidden, but only for the trusted */
	char first[64];	 /* the name of one of them */
};
void devfs_plan_free(struct devfs_plan *p);
#define cleanup_devfs_plan __attribute__((cleanup(devfs_plan_free)))

/*
 * What the ruleset leaves visible.  Errors: -ENOENT no such ruleset, -EPERM
 * ruleset 0 for a jail that is not trusted, -E2BIG rules that include each
 * other without end.
 */
int devfs_plan_make(const struct devfs_sets *sets, int ruleset,
		    const struct devfs_view *view, struct devfs_plan *ret,
		    struct err *e);
/* All candidates, without any rule. */
int devfs_plan_all(const struct devfs_view *view, struct devfs_plan *ret,
		   struct err *e);
/* What the creator's /dev has. */
int devfs_plan_own(const struct devfs_view *view, struct devfs_plan *ret,
		   struct err *e);
const struct devfs_node *devfs_plan_find(const struct devfs_plan *p,
					 const char *name);
/*
 * Apply one rule (of no ruleset), or when that is NULL a ruleset, to nodes as
 * they are; .touched says which of them it meant.
 */
int devfs_plan_apply(const struct devfs_sets *sets, int ruleset,
		     const struct devfs_rule *rule,
		     const struct devfs_view *view, struct devfs_plan *p,
		     struct err *e);
/* For cgbpf_devices(): the visible ones, and what terminals need. */
int devfs_plan_numbers(const struct devfs_plan *p, struct dev_rule **ret,
		       size_t *ret_n, struct err *e);

#endif
