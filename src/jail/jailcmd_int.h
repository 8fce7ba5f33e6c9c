/* jailcmd_int: what the files jailcmd*.c share; see jailcmd.c. */
#ifndef CB_JAIL_JAILCMD_INT_H
#define CB_JAIL_JAILCMD_INT_H

#include "jail/alias.h"
#include "jail/jailcmd.h"

#include <stdint.h>
#include <sys/queue.h>
#include <sys/types.h>

struct jailrun;
struct jailjob;

/* What a step's functions answer. */
enum {
	STEP_DONE = 0,
	STEP_WAIT = 1, /* a command runs; negative: failed, reported */
};

struct jailstep {
	const char *name;
	/* Run once for each value of this parameter; NULL: see list. */
	const char *param;
	/* Or for each string of this list; both NULL: once. */
	const struct strv *(*list)(const struct jailjob *j);
	int (*run)(struct jailrun *run, struct jailjob *j, const char *value);
	/* When a later step of a start failed; NULL: nothing to undo. */
	int (*undo)(struct jailrun *run, struct jailjob *j, const char *value);
	bool injail; /* a command that runs in the jail */
};

extern const struct jailstep jail_start_steps[]; /* end with name NULL */
extern const struct jailstep jail_stop_steps[];
extern const struct jailstep jail_cleanup_steps[]; /* -C */
extern const struct jailstep jail_update_steps[];

enum jobqueue {
	QUEUE_IDLE,   /* not asked for, or done */
	QUEUE_READY,  /* something can be done */
	QUEUE_DEPEND, /* waits for other jails */
	QUEUE_SLEEP,  /* waits for processes */
	QUEUE_LIMIT,  /* waits for a free command slot (-p) */
	NQUEUES,
};

enum {
	JOB_FAILED = 1 << 0,
	JOB_DEPEND = 1 << 1,  /* here because another jail needs it */
	JOB_WILD = 1 << 2,    /* asked for by a wildcard, or by no name */
	JOB_CHECKED = 1 << 3, /* parameters have been looked at */
	JOB_PERSIST = 1 << 4, /* persist was set for the time of the start */
	JOB_CREATED = 1 << 5, /* by us: prison_started() is due */
	JOB_KILLED = 1 << 6,  /* its command was killed: timeout or cancel */
	JOB_TERM = 1 << 7,    /* sleeps for processes sent SIGTERM */
	JOB_CANCEL = 1 << 8,
	JOB_DAD = 1 << 9,	 /* sleeps for the check of its addresses */
	JOB_INHABITED = 1 << 10, /* prison_inhabited() is due */
	JOB_RC = 1 << 13,	 /* /etc/rc was run in it */
	JOB_CREW = 1 << 12,	 /* the crew is done with it: see made */
	JOB_MADE = 1 << 11,	 /* its jail was not there before this run */
};

/* `from` depends on `to`; light: only on its being there. */
struct jobdep {
	struct jailjob *from, *to;
	bool light;
	bool seen[2]; /* settled; index 1 for stops */
};

struct jobdeps {
	struct jobdep **v; /* edges belong to the run */
	size_t n;
};

struct jailjob {
	TAILQ_ENTRY(jailjob) link;
	enum jobqueue queue;
	size_t index;
	char *name;	    /* NULL: the command line's jail */
	struct pset params; /* aliases split off from ip4.addr, ip6.addr */
	struct pset given;  /* as given */
	struct strv alias4, alias6;
	char aliases[ALIAS_LIST_MAX]; /* name of the list, "" none yet */
	int jid;		      /* 0: not looked up yet, -1: not there */
	pid_t init;	    /* the first process it had then; 0: unknown */
	unsigned int ops;   /* JAILCMD_* */
	unsigned int flags; /* JOB_* */
	struct jobdeps needs, needed;
	/* place in the steps */
	const struct jailstep *steps;
	int step;     /* -1: before the first */
	size_t value; /* index of the next value + 1; 0: none done */
	size_t nvalues;
	/* the command that runs */
	pid_t pid; /* 0: none */
	int pidfd;
	bool own_group; /* it leads a process group of its own */
	char *line;
	int64_t since;	  /* ms, monotonic */
	int64_t deadline; /* ms, monotonic; 0: none */
	/* processes that were sent SIGTERM */
	int *termfds;
	size_t nterm;
	struct dad *dad; /* addresses that it waits for */
	size_t ndad;
	int output; /* kept output of its commands; 0: none */
	/* of a jail that the crew makes */
	struct strbuf request;
	int made; /* the jid, or a negative errno */
	char *made_text;
};

TAILQ_HEAD(jobqueue_head, jailjob);

struct jailrun {
	const struct jailcmd *cmd;
	const struct report *report;
	struct prisons *ps; /* cmd's or own_ps */
	struct prisons *own_ps;
	struct report prison_report; /* own_ps's warnings */
	struct jailconf *own_conf;
	const struct jailconf *conf; /* NULL: no configuration in use */
	struct vnet *vnet;	     /* the caller's, opened when first used */
	struct nl *dad; /* tells of changed addresses, once one waits */
	struct jobqueue_head queues[NQUEUES];
	struct jailjob **jobs;
	size_t njobs;
	struct jailjob **byname; /* sorted */
	size_t nbyname;
	struct jobdep **deps;
	size_t ndeps;
	int epfd;
	size_t running;	  /* commands */
	size_t inhabited; /* jobs with JOB_INHABITED */
	pid_t *background;
	size_t nbackground;
	const char *blockdir; /* NULL: not in a block */
	bool block_root;      /* copy-on-write roots can be made */
	struct crew *crew;    /* jailcmd_crew.c; NULL: none */
	bool crew_asked;      /* ... and none will come */
	bool note_remove;
	bool failed;
	bool cancelled;
	bool progress; /* a progress line is shown */
};

/* jailcmd.c */
void jailjob_queue(struct jailrun *run, struct jailjob *j, enum jobqueue q);
void jailjob_fail(struct jailrun *run, struct jailjob *j);
void jailjob_error(struct jailrun *run, const struct jailjob *j,
		   const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void jailjob_warn(struct jailrun *run, const struct jailjob *j, const char *fmt,
		  ...) __attribute__((format(printf, 3, 4)));
void jailjob_note(struct jailrun *run, const struct jailjob *j,
		  enum report_level level, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
int jailjob_new(struct jailrun *run, const char *name,
		const struct pset *params, struct jailjob **ret, struct err *e);
const struct strv *jailstep_values(const struct jailstep *s,
				   const struct jailjob *j);

/* jailcmd_graph.c */
static inline bool jailjob_stops(const struct jailjob *j)
{
	return (j->ops & (JAILCMD_MODIFY | JAILCMD_REMOVE)) == JAILCMD_REMOVE;
}
int jailgraph_build(struct jailrun *run, struct err *e);
void jailgraph_free(struct jailrun *run);
struct jailjob *jailgraph_find(const struct jailrun *run, const char *name);
/*
 * Has a block above, of the same name, taken the jail that j is to start?  On
 * FreeBSD both are begun, unless the first needs to wait for nothing (a mount,
 * an address, a command) before its jail is made; then the second finds it
 * there, as if it had been started another day.
 */
bool jailgraph_taken(const struct jailrun *run, const struct jailjob *j);
/* Has dependencies that are not settled. */
bool jailgraph_pending(const struct jailjob *j);
/* Pull in what is needed; true: it waits now in QUEUE_DEPEND. */
bool jailgraph_wait(struct jailrun *run, struct jailjob *j);
/* Tell dependents; light: only that the jail itself is there or gone. */
void jailgraph_done(struct jailrun *run, struct jailjob *j, bool light);
struct jailjob *jailgraph_next(struct jailrun *run);

/* jailcmd_params.c */
int jailjob_check(struct jailrun *run, struct jailjob *j);
/* A line for each parameter that is written in a way of our own. */
void jailjob_spelling(struct jailrun *run, const struct jailjob *j);
/* What prison_set() is to get. */
int jailjob_prison_params(struct jailrun *run, struct jailjob *j, bool create,
			  struct pset *ret, struct err *e);
/* A create-only parameter that differs: its name; NULL: none. */
const char *jailjob_create_only(const struct jailjob *j,
				const struct prison *p);
/* A right that it would lose, and what runs in it would not. */
const char *jailjob_taken(const struct jailjob *j, const struct prison *p);
/* jid, or name, or NULL: how the running jail is looked up. */
const char *jailjob_key(const struct jailjob *j);

/* jailcmd_steps.c: what it has made and not given to a jail goes. */
void jailjob_aliases_end(struct jailrun *run, struct jailjob *j);

/* Its jail is there: tell everybody. */
int jailjob_created(struct jailrun *run, struct jailjob *j, int jid);

/*
 * jailcmd_crew.c: give it to others to make.  STEP_WAIT: it sleeps until that
 * is done; STEP_DONE: nobody has taken it.
 */
int crew_make(struct jailrun *run, struct jailjob *j,
	      const struct pset *params);
/* It has been: as step_create() would say. */
int crew_result(struct jailrun *run, struct jailjob *j);
/* Somebody of the crew has something to say; jobs may be ready by that. */
void crew_event(struct jailrun *run);
/* Those that nobody has begun with are not made any more. */
void crew_cancel(struct jailrun *run);
void crew_free(struct jailrun *run);

/* jailcmd_dad.c */
int jailjob_dad(struct jailrun *run, struct jailjob *j, const char *value);
/* An address of the vnet has changed: who has waited for it is ready. */
void jailrun_dad(struct jailrun *run);
/* How it went: -1 for a duplicate, reported. */
int jailjob_dad_end(struct jailrun *run, struct jailjob *j);

/* jailcmd_exec.c */
int jailjob_exec(struct jailrun *run, struct jailjob *j,
		 const struct jailstep *step, const char *value);
int jailjob_term(struct jailrun *run, struct jailjob *j, const char *value);
/*
 * The descriptor for output of a command without a log: a file of the job's
 * (no pipe, so that a command in the background holds nobody up) or -1, ours.
 * It is shown and let go at the end of the job.
 */
int jailjob_output(const struct jailrun *run, struct jailjob *j);
void jailjob_output_end(struct jailrun *run, struct jailjob *j);
/* Besides its first one; true when it cannot be known. */
bool jailjob_has_processes(struct jailrun *run, struct jailjob *j);

/* jailcmd_wait.c */
int64_t jailrun_now(void);
int jailrun_watch(struct jailrun *run, struct jailjob *j, int fd);
/* A job whose processes are done, or NULL (nothing yet, or none sleeps). */
struct jailjob *jailrun_wait(struct jailrun *run, bool block);
/* Look at how the job's command ended; -1: it failed, reported. */
int jailjob_reap(struct jailrun *run, struct jailjob *j);

#endif
