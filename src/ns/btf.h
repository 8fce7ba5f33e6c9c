/*
 * btf: where the running kernel keeps things: the numbers of its functions
 * and the places of members in its structures, from its own type information.
 */
#ifndef CB_NS_BTF_H
#define CB_NS_BTF_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One question.  member NULL: the id of the function `type`. */
struct btf_want {
	const char *type;
	const char *member;
	bool optional;	/* no error when there is no answer */
	uint32_t value; /* the answer: an id, or an offset in bytes */
	bool found;
};

/*
 * Answer all from a text of type information (the first definition that has
 * the member counts).  -ENOENT with the name when one is not answered,
 * -EINVAL when the text is none.
 */
int btf_find(const void *data, size_t len, struct btf_want *w, size_t n,
	     struct err *e);
/* The same of the running kernel; -ENOSYS when it tells nothing. */
int btf_kernel(struct btf_want *w, size_t n, struct err *e);
/*
 * The same, with the answers kept in a file for the next time (NULL: in none).
 * Nobody but root may be able to write it.  What is in it that is not about
 * this kernel and these questions is not looked at, and replaced.
 */
int btf_kernel_kept(const char *path, struct btf_want *w, size_t n,
		    struct err *e);

#endif
