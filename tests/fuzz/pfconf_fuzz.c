/*
 * pfconf_fuzz: hostile pf.conf(5) text, first byte: how it is read.  Whatever
 * parses must read the same from what the kernel is given to keep, optimised or
 * not; what does not must say why in printable lines.
 */
#include "pfconf_check.h"

#include "base/cleanup.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void line(void *data, enum report_level level, const char *text)
{
	size_t *lines = data;

	(void)level;
	for (const char *s = text; *s; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			abort();
	++*lines;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_pf_conf struct pf_conf *c = NULL;
	cleanup_strbuf struct strbuf echo = STRBUF_INIT, why = STRBUF_INIT;
	size_t lines = 0;
	struct report report = {.line = line, .data = &lines};
	struct pf_parse how = {
		.resolve = &pfconf_world,
		.report = &report,
		.echo = &echo,
		.has_optimize = true,
	};
	struct err e = ERR_INIT;

	if (!size || size > 4096)
		return 0;
	how.flags = data[0] & 1 ? PF_PARSE_VERBOSE : PF_PARSE_STORED;
	how.optimize = data[0] & 2 ? PF_OPT_BASIC : PF_OPT_NONE;
	/* files of the machine are none of a fuzzer's business */
	for (size_t i = 1; i + 4 < size; i++)
		if (data[i] == 'f' && data[i + 1] == 'i' && data[i + 2] == 'l')
			return 0;
	for (size_t i = 1; i + 4 < size; i++)
		if ((data[i] == 'i' && data[i + 1] == 'n' &&
		     data[i + 2] == 'c') ||
		    (data[i] == 'l' && data[i + 1] == 'o' &&
		     data[i + 2] == 'a'))
			return 0;
	if (pf_conf_parse("fuzz", (const char *)data + 1, size - 1, &how, &c,
			  &e) < 0) {
		if (c || !e.text[0])
			abort();
		return 0;
	}
	if (!pfconf_check_stored(c, &why)) {
		fputs(why.s, stderr);
		abort();
	}
	return 0;
}
