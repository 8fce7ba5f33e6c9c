/* See jsontext.h. */
#include "block/jsontext.h"

#include "base/cleanup.h"

int jsontext_put(json_t *top, struct strbuf *out, struct err *e)
{
	cleanup_free char *text = top ? json_dumps(top, JSON_INDENT(2)) : NULL;

	json_decref(top);
	if (!text)
		return err_nomem(e);
	strbuf_addf(out, "%s\n", text);
	return 0;
}
