/*
 * devfsrules_fuzz: hostile devfs.rules(5).  What is read is printed to text
 * that reads back the same; and whatever the rules say, a jail gets no device
 * but those that are safe, unless it is trusted.
 */
#include "base/cleanup.h"
#include "jail/devfs.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_plan(const struct devfs_sets *s, int number)
{
	const struct devfs_view view = {.devfd = -1, .vnet = true};
	cleanup_devfs_plan struct devfs_plan p = {0};
	struct err e = ERR_INIT;

	if (devfs_plan_make(s, number, &view, &p, &e) < 0) {
		if (!*e.text)
			abort();
		return;
	}
	for (size_t i = 0; i < p.n; i++) {
		const struct devfs_node *n = &p.v[i];

		if (n->visible && n->kind == DEVFS_BLOCK)
			abort();
		if (*n->name == '/' || strstr(n->name, "..") ||
		    (n->mode & ~(mode_t)07777))
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_devfs_sets struct devfs_sets s = {0}, again = {.loading = true};
	cleanup_strbuf struct strbuf one = STRBUF_INIT, two = STRBUF_INIT;
	struct err e = ERR_INIT;

	if (devfsrules_parse((const char *)data, size, "rules", &s, &e) < 0) {
		if (!*e.text)
			abort();
		for (const char *c = e.text; *c; c++)
			if (((unsigned char)*c < ' ' && *c != '\t') ||
			    *c == 0x7f)
				abort();
		return 0;
	}
	devfs_sets_print(&one, &s);
	if (devfsrules_parse(one.s, one.len, "again", &again, &e) < 0)
		abort();
	devfs_sets_print(&two, &again);
	if (strcmp(one.s, two.s))
		abort();
	for (size_t i = 0; i < s.n; i++)
		check_plan(&s, s.v[i].number);
	return 0;
}
