/* rcorder(8): order rc scripts by what they say of themselves. */
#include "cmd/cmd.h"
#include "cmd/vnetopt.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "rc/rcorder.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define SCRIPT_MAX (1u << 20)

static const char usage[] =
	"usage: rcorder [-gp] [-k keyword] [-s keyword] file ...\n";

struct set {
	struct rcnode *v;
	size_t n;
};

static void set_free(struct set *s)
{
	for (size_t i = 0; i < s->n; i++)
		rcnode_free(&s->v[i]);
	free(s->v);
}

static int load(struct set *s, int argc, char **argv)
{
	int status = 0;

	s->v = calloc((size_t)argc + 1, sizeof(*s->v));
	for (int i = 0; s->v && i < argc; i++) {
		cleanup_free char *text = NULL;
		struct err e = ERR_INIT;

		if (file_read(AT_FDCWD, argv[i], SCRIPT_MAX, &text, NULL, &e) <
		    0) {
			fprintf(stderr, "rcorder: %s\n", e.text);
			status = 1;
			continue;
		}
		s->v[s->n].name = strdup(argv[i]);
		if (!s->v[s->n].name || rcorder_parse(text, &s->v[s->n]) < 0)
			return 2;
		s->n++;
	}
	return s->v ? status : 2;
}

/* -p: those that wait for the same number of others share a line. */
static size_t level_of(const struct set *s, const size_t *order,
		       const size_t *level, size_t at)
{
	const struct rcnode *me = &s->v[order[at]];
	size_t l = 0;

	for (size_t k = 0; k < at; k++) {
		const struct rcnode *o = &s->v[order[k]];
		bool before_me = false;

		for (size_t i = 0; i < o->provide.n; i++)
			before_me |= strv_has(&me->require, o->provide.v[i]);
		for (size_t i = 0; i < me->provide.n; i++)
			before_me |= strv_has(&o->before, me->provide.v[i]);
		if (before_me && level[k] >= l)
			l = level[k] + 1;
	}
	return l;
}

static void print(const struct set *s, const size_t *order,
		  const struct strv *keep, const struct strv *skip,
		  bool parallel)
{
	cleanup_free size_t *level = calloc(s->n + 1, sizeof(*level));
	size_t max = 0;

	for (size_t i = 0; level && parallel && i < s->n; i++) {
		level[i] = level_of(s, order, level, i);
		max = level[i] > max ? level[i] : max;
	}
	for (size_t l = 0; level && l <= max; l++) {
		const char *sep = "";

		for (size_t i = 0; i < s->n; i++) {
			const struct rcnode *n = &s->v[order[i]];

			if (level[i] != l || rcnode_keyword(n, skip) ||
			    (keep->n && !rcnode_keyword(n, keep)))
				continue;
			printf("%s%s", parallel ? sep : "", n->name);
			if (!parallel)
				putchar('\n');
			sep = " ";
		}
		if (parallel && *sep)
			putchar('\n');
	}
}

/* -g: the graph in Graphviz's language. */
static void print_graph(const struct set *s)
{
	puts("digraph {");
	for (size_t i = 0; i < s->n; i++)
		for (size_t k = 0; k < s->n; k++) {
			const struct rcnode *a = &s->v[i], *b = &s->v[k];
			bool edge = false;

			for (size_t p = 0; p < b->provide.n; p++)
				edge |= strv_has(&a->require, b->provide.v[p]);
			for (size_t p = 0; p < a->provide.n; p++)
				edge |= strv_has(&b->before, a->provide.v[p]);
			if (edge)
				printf("\t\"%s\" -> \"%s\";\n", a->name,
				       b->name);
		}
	puts("}");
}

int cmd_rcorder(int argc, char **argv)
{
	__attribute__((cleanup(set_free))) struct set set = {0};
	cleanup_strv struct strv keep = {0}, skip = {0}, warnings = {0};
	cleanup_free size_t *order = NULL;
	bool parallel = false, graph = false, circular = false;
	int c, status;

	if (vnetopt_help(argc, argv, usage))
		return 0;
	while ((c = getopt(argc, argv, "gk:ps:")) != -1) {
		switch (c) {
		case 'g':
			graph = true;
			break;
		case 'k':
			strv_add(&keep, optarg);
			break;
		case 'p':
			parallel = true;
			break;
		case 's':
			strv_add(&skip, optarg);
			break;
		default:
			fputs(usage, stderr);
			return 1;
		}
	}
	if (optind == argc) {
		fputs(usage, stderr);
		return 1;
	}
	status = load(&set, argc - optind, argv + optind);
	order = calloc(set.n + 1, sizeof(*order));
	if (status > 1 || !order ||
	    rcorder_sort(set.v, set.n, order, &warnings, &circular) < 0) {
		fputs("rcorder: out of memory\n", stderr);
		return 1;
	}
	for (size_t i = 0; i < warnings.n; i++)
		fprintf(stderr, "rcorder: %s\n", warnings.v[i]);
	if (graph)
		print_graph(&set);
	else
		print(&set, order, &keep, &skip, parallel);
	return circular ? 1 : status;
}
