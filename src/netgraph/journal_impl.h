/* journal_impl: the format that journal.c writes and journal_play.c reads. */
#ifndef CB_NETGRAPH_JOURNAL_IMPL_H
#define CB_NETGRAPH_JOURNAL_IMPL_H

#include "base/err.h"
#include "netgraph/graph_impl.h"

#define JOURNAL_FILE "journal"
#define JOURNAL_NEW "journal.new"
#define JOURNAL_MAX (1024u * 1024 * 1024)

/*
 * The file: "cbng" and a version; then batches, one for each message that was
 * carried out: length, sum, and that many bytes:
 *
 *	next id
 *	entries: a letter, and fields as below; numbers as this machine has
 *	them, text with its length (one byte) before it
 *
 * What is gone comes first in a batch, then nodes, then hooks.
 */
#define JOURNAL_MAGIC "cbng"
#define JOURNAL_VERSION 1u
#define JOURNAL_HEAD 8u	 /* of the file */
#define JOURNAL_BATCH 8u /* before a batch */

enum journal_entry {
	/* id slot gen blob ifindex persistent type name; length, priv */
	JOURNAL_NODE = 'n',
	JOURNAL_NODE_GONE = 'N', /* id; its hooks, too */
	/* id name peer-id peer-name slot role number flags conf;
	 * 1, base[] or 0 */
	JOURNAL_HOOK = 'h',
	JOURNAL_HOOK_GONE = 'H', /* id name */
};

static inline uint32_t journal_sum(const void *data, size_t len)
{
	const uint8_t *p = data;
	uint32_t h = 2166136261u;

	for (size_t i = 0; i < len; i++)
		h = (h ^ p[i]) * 16777619u;
	return h;
}

/* Bring g, which is empty, to what the bytes of a journal say: as far as they
 * are whole.  look: what it was, nothing is made live and nothing ends. */
int journal_play(struct ng_graph *g, const void *data, size_t len, bool look,
		 struct err *e);

#endif
