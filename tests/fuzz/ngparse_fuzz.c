/*
 * ngparse_fuzz: hostile arguments of netgraph's control messages, as text and
 * as bytes.  What is read is in the buffer and is printed; what is printed
 * reads back and prints the same again; bytes never make the printer look
 * behind their end.
 */
#include "netgraph/parse.h"

#include <errno.h>
#include <netgraph/ng_message.h>
#include <stdlib.h>
#include <string.h>

#define ROOM 512
#define TEXT 8192

static int length(const struct ng_ptype *t, const uint8_t *start, size_t size,
		  size_t at)
{
	(void)t;
	return at && at <= size ? start[at - 1] : -EINVAL;
}

static const uint32_t dflt = 60;
static const struct ng_ptype small = {.kind = NGP_FIXEDSTRING, .size = 5};
static const struct ng_ptype sized = {.kind = NGP_SIZEDSTRING};
static const struct ng_ptype bytes = {.kind = NGP_BYTES, .length = length};
static const struct ng_pfield item_fields[] = {
	{.name = "mac", .type = &ng_p_mac},
	{.name = "n", .type = &ng_p_int16},
	{.name = "ip", .type = &ng_p_ipaddr},
	{.name = "s", .type = &small},
	{0},
};
static const struct ng_ptype item = {.kind = NGP_STRUCT, .fields = item_fields};
static const struct ng_ptype items = {
	.kind = NGP_ARRAY, .elem = &item, .length = length};
static const struct ng_ptype fixed = {
	.kind = NGP_FIXEDARRAY, .elem = &ng_p_hint16, .count = 4};
static const struct ng_pfield all_fields[] = {
	{.name = "a", .type = &ng_p_hint8},
	{.name = "fixed", .type = &fixed},
	{.name = "big", .type = &ng_p_uint64},
	{.name = "d", .type = &ng_p_uint32, .dflt = &dflt},
	{.name = "must", .type = &ng_p_int32, .required = true},
	{.name = "n", .type = &ng_p_uint8},
	{.name = "items", .type = &items},
	{.name = "m", .type = &ng_p_uint8},
	{.name = "bytes", .type = &bytes},
	{.name = "sized", .type = &sized},
	{.name = "string", .type = &ng_p_string},
	{0},
};
static const struct ng_ptype all = {.kind = NGP_STRUCT, .fields = all_fields};

static const struct ng_ptype *const types[] = {
	&all,	       &item,	     &fixed,	    &sized,
	&ng_p_ng_mesg, &ng_p_string, &ng_p_pathbuf, &ng_p_mac,
	&ng_p_ipaddr,  &ng_p_int8,   &ng_p_uint64,  &ng_p_int32,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(const struct ng_ptype *t, const char *text)
{
	static char one[TEXT], two[TEXT];
	/* as large as it is said to be, so that ASan sees one byte more */
	uint8_t *buf = malloc(ROOM);
	int n = ng_parse(t, text, buf, ROOM);

	if (n > ROOM)
		abort();
	if (n >= 0) {
		if (ng_unparse(t, buf, (size_t)n, one, sizeof(one)) < 0)
			abort();
		memset(buf, 0x5a, ROOM);
		n = ng_parse(t, one, buf, ROOM);
		if (n < 0 ||
		    ng_unparse(t, buf, (size_t)n, two, sizeof(two)) < 0 ||
		    strcmp(one, two) != 0)
			abort();
	}
	free(buf);
}

static void check_bytes(const struct ng_ptype *t, const uint8_t *data,
			size_t size)
{
	static char text[TEXT];
	uint8_t *copy = malloc(size);
	int n;

	if (size)
		memcpy(copy, data, size);
	n = ng_unparse(t, copy, size, text, sizeof(text));
	if (n >= 0 && strlen(text) != (size_t)n)
		abort();
	for (const char *s = text; n >= 0 && *s; s++)
		if (*s < ' ' || *s > '~')
			abort();
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text;

	if (!size)
		return 0;
	text = malloc(size);
	memcpy(text, data + 1, size - 1);
	text[size - 1] = '\0';
	check_text(types[data[0] % 12], text);
	check_bytes(types[data[0] % 12], data + 1, size - 1);
	free(text);
	return 0;
}
