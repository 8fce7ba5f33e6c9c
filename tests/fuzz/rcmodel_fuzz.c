/*
 * rcmodel_fuzz: what a shell made of a jail's rc.conf, one NAME='VALUE' a line
 * as rcset reads them, and behind a form feed a sysctl.conf.  Whatever comes
 * out as facts has a text, and a place to look.
 */
#include "base/cleanup.h"
#include "rc/rcmodel.h"
#include "rc/rcset.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct rcvar *)a)->name,
		      ((const struct rcvar *)b)->name);
}

static void check_facts(const struct facts *f)
{
	for (size_t i = 0; i < f->n; i++) {
		cleanup_strbuf struct strbuf b = STRBUF_INIT;
		struct fact copy = {0};

		if (!f->v[i].ifname || !f->v[i].key || !f->v[i].value)
			abort();
		fact_text(&f->v[i], i & 1, &b);
		if (!b.len || fact_copy(&copy, &f->v[i]) < 0 ||
		    !fact_same(&copy, &f->v[i]))
			abort();
		fact_free(&copy);
	}
}

static void check_model(struct rcconf *c, bool jailed)
{
	const struct rc_place place = {.jailed = jailed,
				       .vnet = true,
				       .pf = true,
				       .etc = "/nonexistent",
				       .block = true};
	const struct ifnets none = {0};
	cleanup_rcmodel struct rcmodel m = {0};
	struct err e = ERR_INIT;

	if (rcmodel_build(c, &none, &place, NULL, &m, &e) < 0) {
		if (!*e.text)
			abort();
		return;
	}
	for (size_t i = 0; i < RC_SERVICES; i++)
		check_facts(&m.of[i]);
}

static void check_sysctl(char *text)
{
	char *line, *name, *value;

	while ((line = strsep(&text, "\n")))
		if (rcmodel_sysctl_line(line, &name, &value) &&
		    (!*name || !*value || strchr(name, '#')))
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_free char *text = strndup((const char *)data, size);
	char *sysctl = text ? strchr(text, '\f') : NULL;
	struct rcconf c = {.file = (char *)"/nonexistent/rc.conf"};

	if (!text)
		return 0;
	if (sysctl) {
		*sysctl++ = '\0';
		check_sysctl(sysctl);
	}
	if (rcset_parse(text, strlen(text), &c.v, &c.n, NULL) < 0) {
		rcset_free(c.v, c.n);
		return 0;
	}
	if (c.n)
		qsort(c.v, c.n, sizeof(*c.v), by_name);
	check_model(&c, true);
	check_model(&c, false);
	rcset_free(c.v, c.n);
	return 0;
}
