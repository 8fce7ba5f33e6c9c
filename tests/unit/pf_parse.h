/* pf_parse: a ruleset's text into its model; what is told of it. */
#ifndef CB_TESTS_PF_PARSE_H
#define CB_TESTS_PF_PARSE_H

#include "base/report.h"
#include "pf/conf.h"

#include <atf-c.h>
#include <stdio.h>
#include <string.h>

/* Of the last text, or of what was made of it. */
static char told[4096];

static void tell(void *data, enum report_level level, const char *text)
{
	size_t n = strlen(told);

	(void)data;
	(void)level;
	snprintf(told + n, sizeof(told) - n, "%s\n", text);
}
static const struct report sink = {.line = tell};

static struct pf_conf *parse(const char *text)
{
	const struct pf_parse p = {.report = &sink};
	struct pf_conf *c = NULL;
	struct err e = ERR_INIT;

	told[0] = '\0';
	ATF_REQUIRE_EQ_MSG(0,
			   pf_conf_parse("t", text, strlen(text), &p, &c, &e),
			   "%s: %s", e.text, told);
	return c;
}

#endif
