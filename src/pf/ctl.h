/*
 * ctl: pfctl(8) without its terminal.
 *
 * Theory of operation.  ctl_args() reads the command line into what is asked
 * for; ctl_run() does it in pfctl's order, whatever the order typed: disable,
 * show, zero, flush, kill states, kill source nodes, tables, load, enable,
 * debug.  What is printed goes into .out, what is told goes to the report:
 * REPORT_ERROR and REPORT_WARN are "pfctl: text", REPORT_OUT is a line for
 * stderr as it is.  So every output is tested without a kernel's pf where it
 * needs none.
 */
#ifndef CB_PF_CTL_H
#define CB_PF_CTL_H

#include "base/report.h"
#include "base/str.h"
#include "pf/conf.h"
#include "pf/load.h"
#include "pf/resolve.h"

/* Letters without an argument. */
#define CTL_DISABLE 0x0001u
#define CTL_ENABLE 0x0002u
#define CTL_QUIET 0x0004u
#define CTL_MERGE 0x0008u
#define CTL_KILLMATCH 0x0010u
#define CTL_NOACTION 0x0020u
#define CTL_USEDNS 0x0040u
#define CTL_DEBUG 0x0080u
#define CTL_NUMERIC 0x0100u
#define CTL_NODNS 0x0200u
#define CTL_VERBOSE 0x0400u
#define CTL_VERBOSE2 0x0800u
#define CTL_ZERO 0x1000u
#define CTL_RECURSE 0x2000u
#define CTL_SHOWALL 0x4000u

struct ctl {
	unsigned int opts; /* CTL_* */
	unsigned int load; /* PF_LOAD_* that -A -N -O -R -T load chose */
	const char *clear, *show, *debug, *tblcmd; /* whole words, or NULL */
	const char *file, *device, *iface, *table;
	char anchor[PF_ANCHOR_PATH]; /* "" main */
	bool has_anchor;
	bool has_optimize;
	enum pf_optimize optimize;
	struct strv macros;
	const char *kill[2], *killsrc[2];
	int nkill, nkillsrc;
	char **argv; /* addresses of -T */
	int argc;

	/* while it runs */
	struct pf_kernel *k;
	struct vnet *v;
	struct pf_names names;
	struct strbuf out;
	/* puts out what there is, for what never ends; NULL: it ends; -errno */
	int (*put)(struct ctl *c);
	const struct report *r;
	bool titled, labels;
	bool bad_usage; /* with the error, the usage is to be shown */
	int status;	/* exit status */
};
void ctl_free(struct ctl *c);
#define cleanup_ctl __attribute__((cleanup(ctl_free)))

extern const char ctl_usage[]; /* behind "usage: pfctl" */
/*
 * 0; -EINVAL: what is wrong (if e->text is not empty) and the usage are to be
 * shown; another error: e->text alone.  argv[0] is the program.
 */
int ctl_args(struct ctl *c, int argc, char **argv, struct err *e);
/*
 * Everything; -errno: e->text is to be shown, and with .bad_usage the usage;
 * the exit status is 1.
 */
int ctl_run(struct ctl *c, struct err *e);

/* What the parts do (ctl_*.c). */
int ctl_show(struct ctl *c, struct err *e);
int ctl_tables(struct ctl *c, struct err *e);
int ctl_zero(struct ctl *c, struct err *e);
int ctl_show_states(struct ctl *c, struct err *e);
int ctl_flush_states(struct ctl *c, struct err *e);
int ctl_kill_states(struct ctl *c, struct err *e);
int ctl_show_sources(struct ctl *c, struct err *e);
int ctl_count_sources(struct ctl *c, uint64_t *ret, struct err *e);
int ctl_flush_sources(struct ctl *c, struct err *e);
int ctl_kill_sources(struct ctl *c, struct err *e);
int ctl_show_tables(struct ctl *c, struct err *e);
/*
 * Anchors are made of which only tables are known; those go that nothing is in
 * any more (their tables were killed) and no rule leads to.  -ENOMEM.
 */
int ctl_table_anchors(struct ctl *c, struct pf_conf *conf, struct err *e);
/* Does a rule of `from`, or below, lead to this anchor or below it? */
bool ctl_anchor_called(const struct pf_anchor *from, const char *path,
		       bool ether);
int ctl_flush_tables(struct ctl *c, const char *path, size_t *ret,
		     struct err *e);
int ctl_show_status(struct ctl *c, struct err *e);
int ctl_show_queues(struct ctl *c, struct err *e);

/* ctl_profile.c: what the optimiser's profile goes by. */
struct ctl_profile;
struct ctl_profile *ctl_profile_new(struct ctl *c); /* NULL: no memory */
const struct pf_profile *ctl_profile_of(const struct ctl_profile *p);
void ctl_profile_free(struct ctl_profile **p);

/* "TITLE:" of -s all, with the empty line before it. */
void ctl_title(struct ctl *c, const char *title);
/* To stderr, unless -q. */
void ctl_tell(const struct ctl *c, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* An address or net with /LEN and names as -k has it: all it stands for. */
struct ctl_addr {
	sa_family_t af;
	union pf_addr addr, mask;
};
int ctl_addrs(const char *word, bool dns, struct ctl_addr **ret, size_t *n,
	      struct err *e);
/* print_status() of a status, at the time `now`. */
void ctl_status_text(struct strbuf *out, const struct pf_status *s, int64_t now,
		     const struct pf_options *o, unsigned int opts);

#endif
