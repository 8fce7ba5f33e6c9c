/*
 * journal: what the model is, for the next broker.
 *
 * Theory of operation.  A file of records (jansson's JSON is not for this:
 * fixed structs and bytes), written by append, one write(2) a message that
 * was carried out, so that a record is there whole or not at all (a length
 * and a sum tell).  At start the records are played, what they say is compared
 * with the interfaces that there are, and a fresh file of the result is put in
 * its place by rename.  It lies in the registry of the level whose cellblock
 * is the broker, below ng/COOKIE, root's alone; it goes with the vnet.
 *
 * A record is of one node or one hook: "this is how it is now" or "gone";
 * counters' bases are in it.  All records of one message are one write.
 */
#ifndef CB_NETGRAPH_JOURNAL_H
#define CB_NETGRAPH_JOURNAL_H

#include "base/err.h"
#include "netgraph/graph.h"

struct ng_journal;

/* Open dir/journal (dirfd), play it into g, start a fresh one.  -EBADMSG:
 * what is there is no journal, or another version's. */
int ng_journal_open(int dirfd, struct ng_graph *g, struct ng_journal **ret,
		    struct err *e);
#define NG_JOURNAL_BAD "journal.bad"
int ng_journal_put_aside(int dirfd, struct err *e);
void ng_journal_free(struct ng_journal **j);
/* Play it into g (on dp_memory()) and leave it as it is: for those who look. */
int ng_journal_read(int dirfd, struct ng_graph *g, struct err *e);

/* Noted until ng_journal_commit() writes them; order does not matter. */
void ng_journal_node(struct ng_journal *j, struct ng_node *n);
void ng_journal_node_gone(struct ng_journal *j, struct ng_node *n);
void ng_journal_hook(struct ng_journal *j, struct ng_hook *h);
void ng_journal_hook_gone(struct ng_journal *j, struct ng_hook *h);
/* What was noted, in one write(2); done by the outermost ng_leave().  When
 * that fails (no room) the next one tries with a fresh file. */
int ng_journal_commit(struct ng_journal *j, struct err *e);

#endif
