/*
 * table: names and numbers in const tables.  A table that an enum indexes is
 * closed by TABLE_COMPLETE so that a new enumerator without a row does not
 * compile.
 */
#ifndef CB_BASE_TABLE_H
#define CB_BASE_TABLE_H

#include <stddef.h>
#include <stdint.h>

struct strbuf;

#define TABLE_COMPLETE(table, count)                                           \
	_Static_assert(sizeof(table) / sizeof((table)[0]) == (count),          \
		       #table " lacks a row or has one too many")

/* Index of `s` in names[n] (exact match), or -1. */
int table_index(const char *const *names, size_t n, const char *s);

struct flag_name {
	uint64_t bit;
	const char *name;
};

/* "HEX<A,B>" as FreeBSD's printb: hex without 0x, "<>" when none is set. */
void table_flags(struct strbuf *b, uint64_t value,
		 const struct flag_name *names, size_t n);

#endif
