/*
 * rcnote_fuzz: lines of the journal of what rc made.  What is read is written
 * to the same line.
 */
#include "base/cleanup.h"
#include "base/str.h"
#include "rc/rcnote.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_free char *text = strndup((const char *)data, size);
	cleanup_strbuf struct strbuf one = STRBUF_INIT, two = STRBUF_INIT;
	struct note n = {0}, m = {0};
	char sign = '?';

	if (!text)
		return 0;
	text[strcspn(text, "\n")] = '\0';
	if (note_parse(text, &sign, &n) < 0)
		return 0;
	note_line(&one, sign, &n.fact, n.ifindex, n.old);
	/* without the newline, as the file's reader has it */
	one.s[one.len - 1] = '\0';
	if (strchr(one.s, '\n') || note_parse(one.s, &sign, &m) < 0)
		abort();
	note_line(&two, sign, &m.fact, m.ifindex, m.old);
	two.s[two.len - 1] = '\0';
	if (strcmp(one.s, two.s) || !fact_same(&n.fact, &m.fact))
		abort();
	fact_free(&n.fact);
	fact_free(&m.fact);
	free(n.old);
	free(m.old);
	return 0;
}
