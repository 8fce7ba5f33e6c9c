/*
 * parse: arguments of control messages, bytes to text and back
 * (netgraph(4), "Control messages"; ng_parse(9)).
 *
 * Theory of operation.  A `struct ng_ptype` says how a value lies in memory
 * and how it reads; types are `const` and made of each other, and one pair of
 * functions walks them.  Text: integers in C's bases, "strings" with C's
 * escapes, 1.2.3.4, aa:bb:cc:dd:ee:ff, `[ a b 5=c ]`, `{ f=v f=v }` in any
 * order.  What equals its default is not printed.  Values are aligned as the
 * C compiler does it.  Both texts and bytes are a client's: every length is
 * checked against what is there.
 */
#ifndef CB_NETGRAPH_PARSE_H
#define CB_NETGRAPH_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ng_ptype;

enum ng_pkind {
	NGP_INT,	 /* .size 1, 2, 4, 8; .sign, .hex */
	NGP_STRING,	 /* NUL-ended, to the end of what is there */
	NGP_FIXEDSTRING, /* .size bytes, padded with NUL */
	NGP_SIZEDSTRING, /* u16 length before it */
	NGP_IPADDR,	 /* 4 bytes, network order */
	NGP_MAC,	 /* 6 bytes */
	NGP_STRUCT,	 /* .fields */
	NGP_FIXEDARRAY,	 /* .elem, .count */
	NGP_ARRAY,	 /* .elem, .length() says how many are there */
	NGP_BYTES,  /* .length() hex bytes, as ng_parse_bytearray_type; without
		       that function: all there are */
	NGP_CUSTOM, /* .custom */
};

struct ng_pfield {
	const char *name; /* NULL ends the table */
	const struct ng_ptype *type;
	const void *dflt; /* bytes of the default, NULL: zeros */
	bool required;	  /* printed even if it is the default */
};

/*
 * How many elements an array has, from the bytes around it: `start` is the
 * whole message's arguments, `at` where the array begins.  When text is read,
 * the count field is what the text says (as FreeBSD's getLength is used), so
 * printed counts come first in their structs.
 */
typedef int ng_plength(const struct ng_ptype *t, const uint8_t *start,
		       size_t size, size_t at);

/* A value that reads as nothing else does; at the end of a message. */
struct ng_pcustom {
	/* The value that text begins with, into buf; the bytes used, *ret_used
	 * is how much text that was.  -EINVAL, -ERANGE */
	int (*parse)(const char *text, uint8_t *buf, size_t room,
		     size_t *ret_used);
	/* The value in size bytes at data as a text that ends in NUL; how many
	 * of them it had.  -EINVAL, -ERANGE */
	int (*unparse)(const uint8_t *data, size_t size, char *text,
		       size_t room);
};

struct ng_ptype {
	enum ng_pkind kind;
	size_t size;
	bool sign, hex;
	const struct ng_pfield *fields;
	const struct ng_ptype *elem;
	size_t count;
	ng_plength *length;
	const struct ng_pcustom *custom;
};

extern const struct ng_ptype ng_p_int8, ng_p_uint8, ng_p_hint8, ng_p_int16,
	ng_p_uint16, ng_p_hint16, ng_p_int32, ng_p_uint32, ng_p_hint32,
	ng_p_int64, ng_p_uint64, ng_p_hint64, ng_p_string, ng_p_hookbuf,
	ng_p_nodebuf, ng_p_typebuf, ng_p_pathbuf, ng_p_cmdbuf, ng_p_ipaddr,
	ng_p_mac, ng_p_ng_mesg;

/*
 * Read `text` as a value of type t into buf (room for size bytes); the bytes
 * used.  -EINVAL syntax, -ENOENT unknown field, -EALREADY a field twice,
 * -E2BIG too many elements, -ERANGE no room.
 */
int ng_parse(const struct ng_ptype *t, const char *text, uint8_t *buf,
	     size_t size);
/* Write size bytes as text; its length, or -EINVAL (bytes are not such a
 * value), -ERANGE. */
int ng_unparse(const struct ng_ptype *t, const uint8_t *data, size_t size,
	       char *text, size_t room);

#endif
