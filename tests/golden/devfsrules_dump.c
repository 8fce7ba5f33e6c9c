/*
 * devfsrules_dump FILE: the rulesets that a devfs.rules(5) adds to the stock
 * ones, as they are written back (which must read back as the same), and which
 * of the nodes of every machine each ruleset shows; or the error.
 */
#include "base/cleanup.h"
#include "base/file.h"
#include "jail/devfs.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

static int load(const char *text, const char *name, struct devfs_sets *sets,
		struct err *e)
{
	int r = devfs_stock(sets, e);

	return r < 0 ? r : devfsrules_parse(text, strlen(text), name, sets, e);
}

static void show(const struct devfs_sets *sets, int number)
{
	const struct devfs_view view = {.devfd = -1};
	cleanup_devfs_plan struct devfs_plan p = {0};
	struct err e = ERR_INIT;

	if (devfs_plan_make(sets, number, &view, &p, &e) < 0) {
		printf("%s\n", e.text);
		return;
	}
	printf("%d shows", number);
	for (size_t i = 0; i < p.n; i++) {
		const struct devfs_node *n = &p.v[i];

		if (!n->visible)
			continue;
		printf(" %s", n->name);
		if (n->kind == DEVFS_CHAR && n->mode != 0666)
			printf("=%o", (unsigned int)n->mode);
		if (n->uid || (n->gid && n->kind != DEVFS_PTY))
			printf("=%u:%u", (unsigned int)n->uid,
			       (unsigned int)n->gid);
	}
	putchar('\n');
}

static int dump(const char *file, struct err *e)
{
	cleanup_devfs_sets struct devfs_sets sets = {0}, again = {0};
	cleanup_strbuf struct strbuf out = STRBUF_INIT, back = STRBUF_INIT;
	cleanup_free char *text = NULL;
	int r;

	r = file_read(AT_FDCWD, file, DEVFS_TEXT_MAX, &text, NULL, e);
	if (!r)
		r = load(text, file, &sets, e);
	if (r < 0)
		return r;
	devfs_sets_print(&out, &sets);
	fputs(out.s, stdout);
	again.loading = true;
	r = load(out.s, "what was written", &again, e);
	if (r < 0)
		return r;
	devfs_sets_print(&back, &again);
	if (strcmp(out.s, back.s) != 0)
		printf("written back as:\n%s", back.s);
	for (size_t i = 0; i < sets.n; i++)
		if (!sets.v[i].stock)
			show(&sets, sets.v[i].number);
	return 0;
}

int main(int argc, char **argv)
{
	struct err e = ERR_INIT;

	if (argc != 2)
		return 2;
	if (dump(argv[1], &e) < 0)
		printf("error: %s\n", e.text);
	return 0;
}
