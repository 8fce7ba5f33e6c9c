/*
 * rcset: any bytes as what a shell's `set` prints.  No crash, no leak, no
 * value that no environment could hold; what is accepted and printed again
 * with dash's quoting reads back to the same.
 */
#include "base/str.h"
#include "rc/rcset.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void put(struct strbuf *b, const struct rcvar *v)
{
	strbuf_addf(b, "%s='", v->name);
	for (const char *p = v->value; *p; p++)
		if (*p == '\'')
			strbuf_adds(b, "'\"'\"'");
		else
			strbuf_addch(b, *p);
	strbuf_adds(b, "'\n");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_strbuf struct strbuf b = STRBUF_INIT;
	struct rcvar *v = NULL, *w = NULL;
	size_t n = 0, m = 0;
	struct err e = ERR_INIT;

	if (rcset_parse((const char *)data, size, &v, &n, &e) < 0) {
		if (!*e.text || strchr(e.text, '\n'))
			abort();
		rcset_free(v, n);
		return 0;
	}
	for (size_t i = 0; i < n; i++)
		put(&b, &v[i]);
	if (rcset_parse(b.s, b.len, &w, &m, &e) < 0 || m != n)
		abort();
	for (size_t i = 0; i < n; i++)
		if (strcmp(v[i].name, w[i].name) ||
		    strcmp(v[i].value, w[i].value))
			abort();
	rcset_free(v, n);
	rcset_free(w, m);
	return 0;
}
