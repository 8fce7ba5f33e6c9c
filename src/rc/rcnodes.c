/* See rcnodes.h for the theory of operation. */
#include "rc/rcnodes.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/str.h"
#include "rc/rcnote.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <netgraph.h>
#include <netgraph/ng_eiface.h>
#include <netgraph/ng_ether.h>
#include <netgraph/ng_socket.h>
#include <stdio.h>
#include <string.h>

#define FILE_MAX (4u << 20)

/* A node that was noted: those that come after `from`, or one of them. */
struct noted {
	ng_ID_t id;
	char type[NG_TYPESIZ];
};

struct notes_of {
	char *path;	 /* owned */
	ng_ID_t from;	 /* a start has begun and not ended; 0: none */
	struct noted *v; /* owned */
	size_t n;
};

static void notes_of_free(struct notes_of *s)
{
	free(s->path);
	free(s->v);
	*s = (struct notes_of){0};
}
#define cleanup_notes_of __attribute__((cleanup(notes_of_free)))

bool rcnodes_concerns(const char *text)
{
	return strstr(text, "ngctl") || strstr(text, "nghook");
}

/* ------------------------------------------------------------- file */

static int note_add(struct notes_of *s, ng_ID_t id, const char *type)
{
	struct noted *v = reallocarray(s->v, s->n + 1, sizeof(*v));

	if (!v)
		return -ENOMEM;
	s->v = v;
	v[s->n] = (struct noted){.id = id};
	str_copy(v[s->n++].type, sizeof(v->type), type);
	return 0;
}

static char *notes_path(const char *script)
{
	uint64_t h = 0xcbf29ce484222325u;
	const char *base = strrchr(script, '/');

	for (const char *p = script; *p; p++)
		h = (h ^ (unsigned char)*p) * 0x100000001b3u;
	return str_printf(RCNOTE_DIR "/nodes.%.64s.%016llx",
			  base ? base + 1 : script, (unsigned long long)h);
}

static int notes_parse(struct notes_of *s, const char *text)
{
	int r = 0;

	for (const char *p = text; *p && !r;
	     p = strchrnul(p, '\n'), p += !!*p) {
		char type[NG_TYPESIZ];
		uint32_t id;

		if (sscanf(p, "from %" SCNx32, &id) == 1)
			s->from = id;
		else if (sscanf(p, "node %" SCNx32 " %31[^ \n]", &id, type) ==
			 2)
			r = note_add(s, id, type);
	}
	return r;
}

static int notes_read(const char *script, struct notes_of *s, struct err *e)
{
	cleanup_free char *text = NULL;
	cleanup_close int fd = -1;
	int r;

	s->path = notes_path(script);
	if (!s->path)
		return err_nomem(e);
	fd = open(s->path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return 0;
	r = fd < 0 ? -errno : file_read_fd(fd, FILE_MAX, &text, NULL);
	if (!r)
		r = notes_parse(s, text);
	return r < 0 ? err_sys(e, -r, "%s", s->path) : 0;
}

static int notes_write(const struct notes_of *s, struct err *e)
{
	cleanup_strbuf struct strbuf b = STRBUF_INIT;
	int r;

	if (!s->from && !s->n) {
		if (unlink(s->path) < 0 && errno != ENOENT)
			return err_sys(e, errno, "%s", s->path);
		rmdir(RCNOTE_DIR); /* others' notes keep it */
		return 0;
	}
	if (s->from)
		strbuf_addf(&b, "from %" PRIx32 "\n", s->from);
	for (size_t i = 0; i < s->n; i++)
		strbuf_addf(&b, "node %" PRIx32 " %s\n", s->v[i].id,
			    s->v[i].type);
	if (strbuf_failed(&b))
		return err_nomem(e);
	r = file_mkdirs(AT_FDCWD, RCNOTE_DIR, 0755, e);
	return r < 0 ? r : file_write_atomic(AT_FDCWD, s->path, b.s, 0600, e);
}

/* ------------------------------------------------------------ graph */

/* A socket node of ours, and all there are when it has come. */
struct graph {
	int cs;
	ng_ID_t self;
	struct ng_mesg *reply; /* owned; namelist */
	const struct namelist *list;
};

static void graph_close(struct graph *g)
{
	if (g->cs >= 0)
		close(g->cs);
	free(g->reply);
}
#define cleanup_graph __attribute__((cleanup(graph_close)))

/* Ask our own node; the answer is malloc'd. */
static int ask(int cs, int cmd, struct ng_mesg **ret)
{
	if (NgSendMsg(cs, ".", NGM_GENERIC_COOKIE, cmd, NULL, 0) < 0 ||
	    NgAllocRecvMsg(cs, ret, NULL) < 0)
		return -errno;
	return 0;
}

static int graph_open(struct graph *g, struct err *e)
{
	struct ng_mesg *info = NULL;
	int r = 0;

	if (NgMkSockNode(NULL, &g->cs, NULL) < 0)
		r = -errno;
	if (!r)
		r = ask(g->cs, (int)NGM_NODEINFO, &info);
	if (!r)
		g->self = ((const struct nodeinfo *)info->data)->id;
	free(info);
	if (!r)
		r = ask(g->cs, (int)NGM_LISTNODES, &g->reply);
	if (r < 0)
		return err_sys(e, -r, "netgraph");
	g->list = (const struct namelist *)g->reply->data;
	return 0;
}

/* One that a script may have made and that does not go by itself. */
static bool is_made(const struct nodeinfo *n)
{
	return strcmp(n->type, NG_ETHER_NODE_TYPE) != 0 &&
	       strcmp(n->type, NG_SOCKET_NODE_TYPE) != 0 &&
	       strcmp(n->type, "lagg") != 0 &&
	       strcmp(n->type, "vif") != 0; /* a clone of ifconfig's */
}

static const struct nodeinfo *graph_find(const struct graph *g,
					 const struct noted *like)
{
	for (uint32_t i = 0; i < g->list->numnames; i++) {
		const struct nodeinfo *n = &g->list->nodeinfo[i];

		if (n->id == like->id && !strcmp(n->type, like->type))
			return n;
	}
	return NULL;
}

/* What has come since the start began, and what is left of earlier ones. */
static int collect(struct notes_of *s, const struct graph *g)
{
	size_t kept = 0;
	int r = 0;

	for (size_t i = 0; i < s->n; i++)
		if (graph_find(g, &s->v[i]))
			s->v[kept++] = s->v[i];
	s->n = kept;
	for (uint32_t i = 0; !r && s->from && i < g->list->numnames; i++) {
		const struct nodeinfo *n = &g->list->nodeinfo[i];

		if (n->id > s->from && is_made(n))
			r = note_add(s, n->id, n->type);
	}
	s->from = 0;
	return r;
}

/* Read the graph, and bring the notes up to it. */
static int notes_renew(struct notes_of *s, struct graph *g, struct err *e)
{
	int r = graph_open(g, e);

	return !r && collect(s, g) < 0 ? err_nomem(e) : r;
}

/* ------------------------------------------------------- the runner's */

int rcnodes_begin(const char *script, struct err *e)
{
	cleanup_notes_of struct notes_of s = {0};
	cleanup_graph struct graph g = {.cs = -1};
	int r = notes_read(script, &s, e);

	/* one that was killed on its way: its nodes are this script's, too */
	if (!r)
		r = notes_renew(&s, &g, e);
	if (r < 0)
		return r;
	s.from = g.self;
	return notes_write(&s, e);
}

int rcnodes_end(const char *script, struct err *e)
{
	cleanup_notes_of struct notes_of s = {0};
	cleanup_graph struct graph g = {.cs = -1};
	int r = notes_read(script, &s, e);

	if (!r)
		r = notes_renew(&s, &g, e);
	return r < 0 ? r : notes_write(&s, e);
}

int rcnodes_remove(const char *script, struct err *e)
{
	cleanup_notes_of struct notes_of s = {0};
	cleanup_graph struct graph g = {.cs = -1};
	int r = notes_read(script, &s, e);

	if (r < 0 || (!s.n && !s.from))
		return r;
	r = notes_renew(&s, &g, e);
	/* the last one made is the first to go */
	while (!r && s.n) {
		char path[16];

		snprintf(path, sizeof(path), "[%" PRIx32 "]:", s.v[s.n - 1].id);
		if (NgSendMsg(g.cs, path, NGM_GENERIC_COOKIE, NGM_SHUTDOWN,
			      NULL, 0) < 0 &&
		    errno != ENOENT) /* else it went with another */
			r = err_sys(e, errno, "netgraph node %s", path);
		else
			s.n--;
	}
	if (r < 0) {
		notes_write(&s, NULL);
		return r;
	}
	return notes_write(&s, e);
}
