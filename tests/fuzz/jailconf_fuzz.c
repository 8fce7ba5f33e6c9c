/*
 * jailconf: any bytes as a jail.conf.  The parser must neither crash nor
 * leak; what it accepts, the printer must write so that it parses again, to
 * the same text.
 */
#include "base/str.h"
#include "jail/conf.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(int r, const char *what, const struct err *e)
{
	if (r == 0)
		return;
	fprintf(stderr, "%s: %s\n", what, e->text);
	abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_strbuf struct strbuf one = STRBUF_INIT, two = STRBUF_INIT;
	cleanup_jailconf struct jailconf *a = NULL;
	cleanup_jailconf struct jailconf *b = NULL;
	struct err e = ERR_INIT;

	if (jailconf_parse("fuzz", (const char *)data, size, &a, &e) < 0) {
		/* An error without words helps nobody. */
		if (!e.text[0] || strchr(e.text, '\n') || a)
			abort();
		return 0;
	}
	check(jailconf_print(a, &one, &e), "print", &e);
	check(jailconf_parse("printed", one.s, one.len, &b, &e), "parse again",
	      &e);
	check(jailconf_print(b, &two, &e), "print again", &e);
	if (one.len != two.len || memcmp(one.s, two.s, one.len)) {
		fprintf(stderr, "printed:\n%s\nthen:\n%s\n", one.s, two.s);
		abort();
	}
	return 0;
}
