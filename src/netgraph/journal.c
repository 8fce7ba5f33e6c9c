/*
 * journal: writing it (journal.h; the format: journal_impl.h).
 *
 * What a message has changed is noted as it happens (nodes and hooks by
 * pointer, what is gone as bytes) and becomes one batch, one write(2), when
 * the message is done.  A write that fails leaves half a batch, which is cut
 * off again; from then on the file is stale, and the next commit writes a
 * fresh one, as it does when the old one has become much larger than what it
 * tells.
 */
#include "netgraph/journal_impl.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/str.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FRESH_LEAST (1024u * 1024) /* smaller files are not worth it */
#define FRESH_TIMES 4u

struct noted {
	void **v;
	size_t n, size;
};

struct ng_journal {
	struct ng_graph *g;
	int dirfd, fd;
	struct noted nodes, hooks;
	struct strbuf gone;
	struct strbuf batch; /* kept, for its memory */
	size_t size, fresh;  /* of the file: now, and at its beginning */
	bool changed, stale;
};

/* --- noting -------------------------------------------------------------- */

/* Its place + 1; 0: no memory. */
static uint32_t noted_add(struct noted *l, void *p)
{
	if (l->n == l->size) {
		size_t size = l->size ? 2 * l->size : 64;
		void **v = realloc(l->v, size * sizeof(*v));

		if (!v)
			return 0;
		l->v = v;
		l->size = size;
	}
	l->v[l->n++] = p;
	return (uint32_t)l->n;
}

static void noted_remove(struct noted *l, uint32_t *place)
{
	if (*place)
		l->v[*place - 1] = NULL;
	*place = 0;
}

void ng_journal_node(struct ng_journal *j, struct ng_node *n)
{
	j->changed = true;
	if (n->noted)
		return;
	n->noted = noted_add(&j->nodes, n);
	j->stale |= !n->noted;
}

void ng_journal_hook(struct ng_journal *j, struct ng_hook *h)
{
	j->changed = true;
	if (h->noted)
		return;
	h->noted = noted_add(&j->hooks, h);
	j->stale |= !h->noted;
}

/* --- writing ------------------------------------------------------------- */

static void put_u32(struct strbuf *b, uint32_t v)
{
	strbuf_addn(b, &v, sizeof(v));
}

static void put_text(struct strbuf *b, const char *s)
{
	size_t len = strlen(s);

	strbuf_addch(b, (char)len); /* names are short */
	strbuf_addn(b, s, len);
}

static void put_node(struct strbuf *b, const struct ng_node *n)
{
	strbuf_addch(b, JOURNAL_NODE);
	put_u32(b, n->id);
	put_u32(b, n->slot);
	put_u32(b, n->gen);
	put_u32(b, n->blob);
	put_u32(b, n->ifindex);
	strbuf_addch(b, n->persistent);
	put_text(b, n->type->name);
	put_text(b, n->name);
	put_u32(b, (uint32_t)n->type->priv_size);
	strbuf_addn(b, n->priv, n->type->priv_size);
}

static bool has_base(const struct ng_hook *h)
{
	for (size_t i = 0; i < NGD_COUNTERS; i++)
		if (h->base[i])
			return true;
	return false;
}

static void put_hook(struct strbuf *b, const struct ng_hook *h)
{
	strbuf_addch(b, JOURNAL_HOOK);
	put_u32(b, h->node->id);
	put_text(b, h->name);
	put_u32(b, h->peer->node->id);
	put_text(b, h->peer->name);
	put_u32(b, h->slot);
	put_u32(b, h->role);
	put_u32(b, h->number);
	put_u32(b, h->flags);
	put_u32(b, h->conf);
	strbuf_addch(b, has_base(h));
	if (has_base(h))
		strbuf_addn(b, h->base, sizeof(h->base));
}

void ng_journal_node_gone(struct ng_journal *j, struct ng_node *n)
{
	j->changed = true;
	noted_remove(&j->nodes, &n->noted);
	if (!n->written)
		return;
	n->written = false;
	strbuf_addch(&j->gone, JOURNAL_NODE_GONE);
	put_u32(&j->gone, n->id);
}

void ng_journal_hook_gone(struct ng_journal *j, struct ng_hook *h)
{
	j->changed = true;
	noted_remove(&j->hooks, &h->noted);
	if (!h->written)
		return;
	h->written = false;
	strbuf_addch(&j->gone, JOURNAL_HOOK_GONE);
	put_u32(&j->gone, h->node->id);
	put_text(&j->gone, h->name);
}

/* Room for what comes before a batch, which batch_end() fills in. */
static size_t batch_begin(const struct ng_graph *g, struct strbuf *b)
{
	size_t at = b->len;

	put_u32(b, 0);
	put_u32(b, 0);
	put_u32(b, g->next_id);
	return at;
}

static int batch_end(struct strbuf *b, size_t at)
{
	uint32_t head[2];

	if (strbuf_failed(b) || b->len - at > UINT32_MAX)
		return -ENOMEM;
	head[0] = (uint32_t)(b->len - at - JOURNAL_BATCH);
	head[1] = journal_sum(b->s + at + JOURNAL_BATCH, head[0]);
	memcpy(b->s + at, head, sizeof(head));
	return 0;
}

/* What is noted goes into the batch and is noted no more. */
static void noted_put(struct ng_journal *j, struct strbuf *b)
{
	strbuf_addn(b, j->gone.s, j->gone.len);
	for (size_t i = 0; i < j->nodes.n; i++) {
		struct ng_node *n = j->nodes.v[i];

		if (!n)
			continue;
		n->noted = 0;
		n->written = true;
		put_node(b, n);
	}
	for (size_t i = 0; i < j->hooks.n; i++) {
		struct ng_hook *h = j->hooks.v[i];

		if (!h)
			continue;
		h->noted = 0;
		h->written = true;
		put_hook(b, h);
	}
	j->stale |= strbuf_failed(&j->gone);
	strbuf_clear(&j->gone);
	j->nodes.n = j->hooks.n = 0;
	j->changed = false;
}

static int write_whole(int fd, const struct strbuf *b)
{
	size_t at = 0;

	while (at < b->len) {
		ssize_t n = write(fd, b->s + at, b->len - at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (!n)
			return -ENOSPC;
		at += (size_t)n;
	}
	return 0;
}

/* --- a fresh file -------------------------------------------------------- */

/* All there is, oldest first. */
static int put_all(struct ng_graph *g, struct strbuf *b)
{
	size_t at;

	strbuf_adds(b, JOURNAL_MAGIC);
	put_u32(b, JOURNAL_VERSION);
	at = batch_begin(g, b);
	for (struct ng_node *n = g->oldest; n; n = n->prev)
		put_node(b, n);
	for (struct ng_node *n = g->oldest; n; n = n->prev)
		for (const struct ng_hook *h = n->oldest; h; h = h->newer)
			if (!h->invalid)
				put_hook(b, h);
	return batch_end(b, at);
}

static void all_written(struct ng_graph *g)
{
	for (struct ng_node *n = g->oldest; n; n = n->prev) {
		n->written = true;
		for (struct ng_hook *h = n->oldest; h; h = h->newer)
			h->written = !h->invalid;
	}
}

static int journal_fresh(struct ng_journal *j, struct err *e)
{
	cleanup_strbuf struct strbuf b = STRBUF_INIT;
	cleanup_close int fd = -1;
	int r = put_all(j->g, &b);

	if (r < 0)
		return err_nomem(e);
	fd = openat(j->dirfd, JOURNAL_NEW,
		    O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_NOFOLLOW |
			    O_CLOEXEC,
		    0600);
	if (fd < 0)
		return err_sys(e, errno, "%s", JOURNAL_NEW);
	r = write_whole(fd, &b);
	if (!r && renameat(j->dirfd, JOURNAL_NEW, j->dirfd, JOURNAL_FILE) < 0)
		r = -errno;
	if (r < 0) {
		(void)unlinkat(j->dirfd, JOURNAL_NEW, 0);
		return err_sys(e, -r, "%s", JOURNAL_NEW);
	}
	if (j->fd >= 0)
		close(j->fd);
	j->fd = take_fd(&fd);
	j->size = j->fresh = b.len;
	j->stale = false;
	all_written(j->g);
	return 0;
}

int ng_journal_commit(struct ng_journal *j, struct err *e)
{
	struct strbuf *b = &j->batch;
	size_t at;
	int r;

	if (!j->changed && !j->stale)
		return 0;
	strbuf_clear(b);
	at = batch_begin(j->g, b);
	noted_put(j, b);
	r = batch_end(b, at);
	if (!r && !j->stale &&
	    (j->size < FRESH_LEAST || j->size < FRESH_TIMES * j->fresh)) {
		r = write_whole(j->fd, b);
		if (!r) {
			j->size += b->len;
			return 0;
		}
		/* half of it may be there; the player would stop at it */
		if (ftruncate(j->fd, (off_t)j->size) < 0)
			r = -errno;
	}
	strbuf_free(b); /* perhaps its failure is over next time */
	j->stale = true;
	return journal_fresh(j, e);
}

/* --- life ---------------------------------------------------------------- */

static int journal_load(int dirfd, struct ng_graph *g, bool look, struct err *e)
{
	cleanup_free char *data = NULL;
	size_t len = 0;
	int r = file_read(dirfd, JOURNAL_FILE, JOURNAL_MAX, &data, &len, e);

	if (r == -ENOENT) {
		err_clear(e);
		return 0;
	}
	return r < 0 ? r : journal_play(g, data, len, look, e);
}

int ng_journal_read(int dirfd, struct ng_graph *g, struct err *e)
{
	return journal_load(dirfd, g, true, e);
}

int ng_journal_open(int dirfd, struct ng_graph *g, struct ng_journal **ret,
		    struct err *e)
{
	struct ng_journal *j = NULL;
	int r = journal_load(dirfd, g, false, e);

	if (r < 0)
		return r;
	j = calloc(1, sizeof(*j));
	if (!j)
		return err_nomem(e);
	j->g = g;
	j->fd = -1;
	j->gone = j->batch = (struct strbuf)STRBUF_INIT;
	j->dirfd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	r = j->dirfd < 0 ? err_sys(e, errno, "journal") : journal_fresh(j, e);
	if (r < 0) {
		ng_journal_free(&j);
		return r;
	}
	g->journal = j;
	*ret = j;
	return 0;
}

int ng_journal_put_aside(int dirfd, struct err *e)
{
	if (renameat(dirfd, JOURNAL_FILE, dirfd, NG_JOURNAL_BAD) < 0)
		return err_sys(e, errno, "%s", NG_JOURNAL_BAD);
	return 0;
}

void ng_journal_free(struct ng_journal **pj)
{
	struct ng_journal *j = *pj;

	if (!j)
		return;
	*pj = NULL;
	if (j->g->journal == j)
		j->g->journal = NULL;
	if (j->fd >= 0)
		close(j->fd);
	if (j->dirfd >= 0)
		close(j->dirfd);
	strbuf_free(&j->gone);
	strbuf_free(&j->batch);
	free(j->nodes.v);
	free(j->hooks.v);
	free(j);
}
