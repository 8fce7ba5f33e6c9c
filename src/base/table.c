/* See table.h. */
#include "base/table.h"

#include "base/str.h"

#include <inttypes.h>
#include <string.h>

int table_index(const char *const *names, size_t n, const char *s)
{
	for (size_t i = 0; i < n; i++)
		if (names[i] && !strcmp(names[i], s))
			return (int)i;
	return -1;
}

void table_flags(struct strbuf *b, uint64_t value,
		 const struct flag_name *names, size_t n)
{
	const char *sep = "";

	strbuf_addf(b, "%" PRIx64 "<", value);
	for (size_t i = 0; i < n; i++) {
		if (!(value & names[i].bit))
			continue;
		strbuf_addf(b, "%s%s", sep, names[i].name);
		sep = ",";
	}
	strbuf_addch(b, '>');
}
