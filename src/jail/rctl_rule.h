/*
 * rctl_rule: one rule of rctl(8), `subject:subject-id:resource:action=amount/
 * per`, and filters, which are rules with parts left out.
 *
 * Text goes two steps, as on FreeBSD: rctl_expand() is what rctl(8) does with
 * what a person writes (short names of subjects, names of users, units), and
 * rctl_parse() what the kernel does with the result.  Nothing here looks at
 * jails, cgroups or processes.
 */
#ifndef CB_JAIL_RCTL_RULE_H
#define CB_JAIL_RCTL_RULE_H

#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum rctl_subject {
	RCTL_PROCESS,
	RCTL_USER,
	RCTL_LOGINCLASS,
	RCTL_JAIL,
	RCTL_SUBJECTS,
};

/* In the order in which `rctl -u` prints them. */
enum rctl_resource {
	RCTL_CPUTIME,
	RCTL_DATASIZE,
	RCTL_STACKSIZE,
	RCTL_COREDUMPSIZE,
	RCTL_MEMORYUSE,
	RCTL_MEMORYLOCKED,
	RCTL_MAXPROC,
	RCTL_OPENFILES,
	RCTL_VMEMORYUSE,
	RCTL_PSEUDOTERMINALS,
	RCTL_SWAPUSE,
	RCTL_NTHR,
	RCTL_MSGQQUEUED,
	RCTL_MSGQSIZE,
	RCTL_NMSGQ,
	RCTL_NSEM,
	RCTL_NSEMOP,
	RCTL_NSHM,
	RCTL_SHMSIZE,
	RCTL_WALLCLOCK,
	RCTL_PCPU,
	RCTL_READBPS,
	RCTL_WRITEBPS,
	RCTL_READIOPS,
	RCTL_WRITEIOPS,
	RCTL_RESOURCES,
};

/* Signals are actions of their own: their names come after these. */
enum rctl_action {
	RCTL_DENY,
	RCTL_LOG,
	RCTL_DEVCTL,
	RCTL_THROTTLE,
	RCTL_SIGNALS, /* the first signal of the table */
};

#define RCTL_OMITTED (-1)
#define RCTL_ID_MAX 256 /* with NUL: MAXHOSTNAMELEN */
#define RCTL_TEXT_MAX 4096

struct rctl_rule {
	int subject;	      /* enum, or RCTL_OMITTED */
	char id[RCTL_ID_MAX]; /* pid or uid in decimal, name; "": omitted */
	int resource;
	int action;
	int64_t amount; /* >= 0, or RCTL_OMITTED */
	int per;	/* enum rctl_subject */
};

const char *rctl_subject_name(int subject);
const char *rctl_resource_name(int resource);
/* Linux's number of the action's signal; 0: no signal, or none here. */
int rctl_action_signal(int action);

/*
 * What a person wrote -> what rctl_parse() reads.  With `resolve` names of
 * users become numbers.  The error is the whole message ("malformed rule
 * ..."); ret is malloc'd.
 */
int rctl_expand(const char *text, bool resolve, char **ret, struct err *e);

/* A rule or a filter; errors are FreeBSD's errno with strerror's text. */
int rctl_parse(const char *text, struct rctl_rule *ret, struct err *e);
/* Both steps with names resolved, and FreeBSD's default for `per`. */
int rctl_parse_rule(const char *text, struct rctl_rule *ret, struct err *e);

/* Everything but nothing is there: it can be added. */
bool rctl_complete(const struct rctl_rule *r);
/* What FreeBSD refuses on any machine: -EOPNOTSUPP. */
int rctl_check(const struct rctl_rule *r, struct err *e);
bool rctl_match(const struct rctl_rule *r, const struct rctl_rule *filter);
/* Adding `r` takes `old` away: the same but for a deny's amount. */
bool rctl_replaces(const struct rctl_rule *r, const struct rctl_rule *old);

/* As rctl(8) prints it, without a newline; `numeric` as -n, `human` as -h. */
void rctl_print(struct strbuf *out, const struct rctl_rule *r, bool human,
		bool numeric);
/* humanize_number(3) as rctl calls it: five characters, powers of 1024. */
void rctl_human(struct strbuf *out, int64_t amount);

/*
 * rctl.conf(5): the first word of each line, comments gone, and which line it
 * is.  Ends with what fn returns, when that is not 0.
 */
int rctl_conf(const char *text, size_t len,
	      int (*fn)(void *data, const char *rule, unsigned int line),
	      void *data);

#endif
