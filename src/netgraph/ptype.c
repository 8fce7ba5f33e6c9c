/*
 * ptype: the types of parse.h that every node type uses, and questions about
 * types.
 */
#include "netgraph/parse_impl.h"

#include <errno.h>
#include <limits.h>
#include <netgraph/ng_message.h>
#include <string.h>

#define INT(name, bytes, is_signed, is_hex)                                    \
	const struct ng_ptype name = {                                         \
		.kind = NGP_INT,                                               \
		.size = (bytes),                                               \
		.sign = (is_signed),                                           \
		.hex = (is_hex),                                               \
	}
INT(ng_p_int8, 1, true, false);
INT(ng_p_uint8, 1, false, false);
INT(ng_p_hint8, 1, false, true);
INT(ng_p_int16, 2, true, false);
INT(ng_p_uint16, 2, false, false);
INT(ng_p_hint16, 2, false, true);
INT(ng_p_int32, 4, true, false);
INT(ng_p_uint32, 4, false, false);
INT(ng_p_hint32, 4, false, true);
INT(ng_p_int64, 8, true, false);
INT(ng_p_uint64, 8, false, false);
INT(ng_p_hint64, 8, false, true);
INT(ng_p_byte, 1, false, true);

#define FIXEDSTRING(name, bytes)                                               \
	const struct ng_ptype name = {.kind = NGP_FIXEDSTRING, .size = (bytes)}
FIXEDSTRING(ng_p_hookbuf, NG_HOOKSIZ);
FIXEDSTRING(ng_p_nodebuf, NG_NODESIZ);
FIXEDSTRING(ng_p_typebuf, NG_TYPESIZ);
FIXEDSTRING(ng_p_pathbuf, NG_PATHSIZ);
FIXEDSTRING(ng_p_cmdbuf, NG_CMDSTRSIZ);

const struct ng_ptype ng_p_string = {.kind = NGP_STRING};
const struct ng_ptype ng_p_ipaddr = {.kind = NGP_IPADDR, .size = 4};
const struct ng_ptype ng_p_mac = {.kind = NGP_MAC, .size = 6};

/* Bytes of arguments after a header are as many as the header says. */
static int mesg_length(const struct ng_ptype *t, const uint8_t *start,
		       size_t size, size_t at)
{
	struct ng_mesg m;

	(void)t;
	if (at < sizeof(m) || at > size)
		return -EINVAL;
	memcpy(&m, start + at - sizeof(m), sizeof(m));
	return m.header.arglen > INT_MAX ? -EINVAL : (int)m.header.arglen;
}

static const struct ng_ptype mesg_data = {.kind = NGP_BYTES,
					  .length = mesg_length};
static const struct ng_pfield mesg_fields[] = {
	{.name = "version", .type = &ng_p_uint8},
	{.name = "spare", .type = &ng_p_uint8},
	{.name = "spare2", .type = &ng_p_uint16},
	{.name = "arglen", .type = &ng_p_uint32},
	{.name = "cmd", .type = &ng_p_uint32},
	{.name = "flags", .type = &ng_p_hint32},
	{.name = "token", .type = &ng_p_uint32},
	{.name = "typecookie", .type = &ng_p_uint32},
	{.name = "cmdstr", .type = &ng_p_cmdbuf},
	{.name = "data", .type = &mesg_data},
	{0},
};
const struct ng_ptype ng_p_ng_mesg = {.kind = NGP_STRUCT,
				      .fields = mesg_fields};

static size_t count_fields(const struct ng_ptype *t)
{
	size_t n = 0;

	while (t->fields[n].name)
		n++;
	return n;
}

size_t ptype_align(const struct ng_ptype *t)
{
	size_t max = 1;

	switch (t->kind) {
	case NGP_INT:
	case NGP_IPADDR:
		return t->size;
	case NGP_FIXEDARRAY:
	case NGP_ARRAY:
		return ptype_align(t->elem);
	case NGP_STRUCT:
		for (size_t i = 0; t->fields[i].name; i++) {
			size_t a = ptype_align(t->fields[i].type);

			if (a > max)
				max = a;
		}
		return max;
	default:
		return 1;
	}
}

size_t ptype_pad(size_t align, size_t at)
{
	return (align - at % align) % align;
}

static size_t struct_size(const struct ng_ptype *t)
{
	size_t at = 0;

	for (size_t i = 0; t->fields[i].name; i++) {
		const struct ng_ptype *f = t->fields[i].type;
		size_t one = ptype_size(f);

		if (!one)
			return 0;
		at += ptype_pad(ptype_align(f), at) + one;
	}
	return at + ptype_pad(ptype_align(t), at);
}

size_t ptype_size(const struct ng_ptype *t)
{
	switch (t->kind) {
	case NGP_INT:
	case NGP_FIXEDSTRING:
	case NGP_IPADDR:
	case NGP_MAC:
		return t->size;
	case NGP_STRUCT:
		return struct_size(t);
	case NGP_FIXEDARRAY:
		return t->count * ptype_size(t->elem);
	default:
		return 0;
	}
}

long ptype_count(const struct ng_ptype *t, const uint8_t *start, size_t size,
		 size_t at, size_t limit)
{
	long n;

	switch (t->kind) {
	case NGP_STRUCT:
		return (long)count_fields(t);
	case NGP_FIXEDARRAY:
		n = (long)t->count;
		break;
	case NGP_ARRAY:
	case NGP_BYTES:
		if (!t->length) {
			n = at < size ? (long)(size - at) : 0;
			break;
		}
		n = t->length(t, start, size, at);
		break;
	default:
		return -EINVAL;
	}
	if (n < 0)
		return -EINVAL;
	return (size_t)n > limit ? -E2BIG : n;
}

const struct ng_ptype *ptype_elem(const struct ng_ptype *t, size_t i)
{
	switch (t->kind) {
	case NGP_STRUCT:
		return t->fields[i].type;
	case NGP_BYTES:
		return &ng_p_byte;
	default:
		return t->elem;
	}
}

const uint8_t *ptype_default(const struct ng_ptype *t, size_t i)
{
	return t->kind == NGP_STRUCT ? t->fields[i].dflt : NULL;
}
