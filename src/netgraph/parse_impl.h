/* parse_impl: what parse.c and unparse.c share; see parse.h. */
#ifndef CB_NETGRAPH_PARSE_IMPL_H
#define CB_NETGRAPH_PARSE_IMPL_H

#include "netgraph/parse.h"

/* Alignment of a value of type t; 1 for what has none (ng_parse.c gives
 * strings and MAC addresses none either). */
size_t ptype_align(const struct ng_ptype *t);
/* Bytes of a value; 0 where that depends on the value. */
size_t ptype_size(const struct ng_ptype *t);
/* How many fields or elements the composite at `at` has: what its type says,
 * or its length function from the `size` bytes that are there.  At most
 * `limit`.  -EINVAL from the function, -E2BIG more than limit. */
long ptype_count(const struct ng_ptype *t, const uint8_t *start, size_t size,
		 size_t at, size_t limit);
/* Type of the i'th. */
const struct ng_ptype *ptype_elem(const struct ng_ptype *t, size_t i);
/* Default of the i'th as the type's table has it; NULL: the type's own. */
const uint8_t *ptype_default(const struct ng_ptype *t, size_t i);
/* Bytes to skip from `at` (counted from where the composite begins). */
size_t ptype_pad(size_t align, size_t at);

/* What NGP_BYTES is an array of. */
extern const struct ng_ptype ng_p_byte;

#endif
