/*
 * ifstate_fuzz: hostile state files of interfaces.  Whatever is read must
 * print to text that reads back as the same, and hold nothing that could leave
 * a directory or move a cursor.
 */
#include "base/cleanup.h"
#include "net/ifstate.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(const char *s)
{
	for (; s && *s; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_ifstate struct ifstate s = {0}, again = {0};
	cleanup_strbuf struct strbuf one = STRBUF_INIT, two = STRBUF_INIT;
	struct err e = ERR_INIT;

	if (ifstate_parse((const char *)data, size, &s, &e) < 0)
		abort();
	check_text(s.home);
	check_text(s.descr);
	if (strlen(s.home) >= IFNAMSIZ || strchr(s.home, '/'))
		abort();
	for (size_t i = 0; i < s.groups.n; i++)
		check_text(s.groups.v[i]);
	ifstate_print(&s, &one);
	if (ifstate_parse(one.s, one.len, &again, &e) < 0)
		abort();
	ifstate_print(&again, &two);
	if (strcmp(one.s, two.s))
		abort();
	return 0;
}
