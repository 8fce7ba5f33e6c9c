/* jsontext: what status and doctor print with --json. */
#ifndef CB_BLOCK_JSONTEXT_H
#define CB_BLOCK_JSONTEXT_H

#include "base/err.h"
#include "base/str.h"

#include <jansson.h>

/* Append `top`, indented, and a newline to out.  Takes top; NULL: no memory. */
int jsontext_put(json_t *top, struct strbuf *out, struct err *e);

#endif
