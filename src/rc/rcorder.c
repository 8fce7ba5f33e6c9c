/*
 * rcorder: see rcorder.h.
 *
 * Theory of operation.  A walk in depth over the nodes in the order they were
 * given: before a node come the providers of all it requires, and the nodes
 * that said BEFORE: one of its provisions.  A node met again while it is being
 * worked on is a circle: reported, and the order goes on without that edge.
 */
#include "rc/rcorder.h"

#include "base/cleanup.h"

#include <errno.h>
#include <string.h>

static const struct {
	const char *word;
	size_t offset;
} header_words[] = {
	{"PROVIDE:", offsetof(struct rcnode, provide)},
	{"PROVIDES:", offsetof(struct rcnode, provide)},
	{"REQUIRE:", offsetof(struct rcnode, require)},
	{"REQUIRES:", offsetof(struct rcnode, require)},
	{"BEFORE:", offsetof(struct rcnode, before)},
	{"KEYWORD:", offsetof(struct rcnode, keyword)},
	{"KEYWORDS:", offsetof(struct rcnode, keyword)},
};

/* One line; false when it is no header line. */
static bool header_line(const char *line, size_t len, struct rcnode *node,
			int *ret)
{
	const char *p = line + 1;

	if (len < 2 || *line != '#')
		return false;
	while (p < line + len && (*p == ' ' || *p == '\t'))
		p++;
	for (size_t i = 0; i < ARRAY_SIZE(header_words); i++) {
		size_t wl = strlen(header_words[i].word);
		cleanup_free char *rest = NULL;

		if ((size_t)(line + len - p) < wl ||
		    strncmp(p, header_words[i].word, wl))
			continue;
		p += wl;
		rest = strndup(p, (size_t)(line + len - p));
		*ret = rest ? strv_split(
				      (struct strv *)((char *)node +
						      header_words[i].offset),
				      rest, " \t\r")
			    : -ENOMEM;
		return true;
	}
	return false;
}

int rcorder_parse(const char *text, struct rcnode *node)
{
	bool seen = false;
	int r = 0;

	while (*text && !r) {
		size_t len = strcspn(text, "\n");

		if (header_line(text, len, node, &r))
			seen = true;
		else if (seen)
			break; /* the block of headers has ended */
		text += len + (text[len] == '\n');
	}
	return r;
}

void rcnode_free(struct rcnode *n)
{
	free(n->name);
	strv_free(&n->provide);
	strv_free(&n->require);
	strv_free(&n->before);
	strv_free(&n->keyword);
	*n = (struct rcnode){0};
}

bool rcnode_keyword(const struct rcnode *n, const struct strv *keywords)
{
	for (size_t i = 0; i < n->keyword.n; i++)
		if (strv_has(keywords, n->keyword.v[i]))
			return true;
	return false;
}

enum mark {
	MARK_NEW,
	MARK_OPEN,
	MARK_DONE,
};

struct sort {
	const struct rcnode *v;
	size_t n;
	enum mark *mark; /* owned */
	size_t *order, norder;
	struct strv *warnings;
	bool *circular;
	int failed;
};

static void sort_node(struct sort *s, size_t i);

static void sort_warn(struct sort *s, char *text)
{
	if (strv_take(s->warnings, text) < 0)
		s->failed = -ENOMEM;
}

static void sort_edge(struct sort *s, size_t from, size_t to, const char *what)
{
	if (s->mark[to] == MARK_OPEN && to != from) {
		*s->circular = true;
		sort_warn(s, str_printf("Circular dependency on provision `%s' "
					"in file `%s'.",
					what, s->v[from].name));
	} else {
		sort_node(s, to);
	}
}

static void sort_require(struct sort *s, size_t i, const char *what)
{
	bool found = false;

	for (size_t k = 0; k < s->n; k++)
		if (strv_has(&s->v[k].provide, what)) {
			found = true;
			sort_edge(s, i, k, what);
		}
	if (!found)
		sort_warn(s, str_printf("requirement `%s' in file `%s' has no "
					"providers.",
					what, s->v[i].name));
}

/* Depth is at most the number of nodes: each is entered once. */
static void sort_node(struct sort *s, size_t i)
{
	const struct rcnode *node = &s->v[i];

	if (s->mark[i] != MARK_NEW)
		return;
	s->mark[i] = MARK_OPEN;
	for (size_t k = 0; k < node->require.n; k++)
		sort_require(s, i, node->require.v[k]);
	for (size_t k = 0; k < s->n; k++)
		for (size_t p = 0; p < node->provide.n; p++)
			if (strv_has(&s->v[k].before, node->provide.v[p]))
				sort_edge(s, i, k, node->provide.v[p]);
	s->mark[i] = MARK_DONE;
	s->order[s->norder++] = i;
}

int rcorder_sort(const struct rcnode *v, size_t n, size_t *ret_order,
		 struct strv *warnings, bool *ret_circular)
{
	struct sort s = {.v = v,
			 .n = n,
			 .order = ret_order,
			 .warnings = warnings,
			 .circular = ret_circular};
	cleanup_free enum mark *mark = calloc(n + 1, sizeof(*mark));

	if (!mark)
		return -ENOMEM;
	s.mark = mark;
	*ret_circular = false;
	for (size_t i = 0; i < n; i++)
		sort_node(&s, i);
	/* a BEFORE: of something that is not there is no error */
	return s.failed;
}
