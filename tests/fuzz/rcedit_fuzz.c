/*
 * rcedit: any text as an rc.conf, with any value to be set.  What was set
 * reads back; setting it again changes nothing; what was deleted is gone.
 * The first byte says where the value ends.
 */
#include "base/cleanup.h"
#include "base/str.h"
#include "rc/rcedit.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_set(const char *text, const char *value)
{
	cleanup_strbuf struct strbuf one = STRBUF_INIT, two = STRBUF_INIT;
	cleanup_strbuf struct strbuf back = STRBUF_INIT;

	if (!rcedit_set(text, "a", value, &one)) {
		if (*one.s || !strpbrk(text, "'\"\\"))
			abort();
		return;
	}
	if (!rcedit_get(one.s, "a", &back) || strcmp(back.s, value))
		abort();
	if (!rcedit_set(one.s, "a", value, &two) || strcmp(one.s, two.s))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_strbuf struct strbuf gone = STRBUF_INIT, v = STRBUF_INIT;
	cleanup_free char *value = NULL, *text = NULL;
	size_t cut;

	if (!size)
		return 0;
	cut = data[0] < size - 1 ? data[0] : size - 1;
	value = strndup((const char *)data + 1, cut);
	text = strndup((const char *)data + 1 + cut, size - 1 - cut);
	if (!value || !text)
		return 0;
	check_set(text, value);
	rcedit_delete(text, "a", &gone);
	if (rcedit_get(gone.s, "a", &v))
		abort();
	return 0;
}
