/*
 * jailconf_fuzz: hostile jail.conf(5) text.  Whatever parses must survive
 * parse -> print -> parse; nothing may crash, hang or eat memory.
 */
#include "conf_check.h"

#include "base/cleanup.h"
#include "jail/conf_impl.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_jailconf struct jailconf *c = NULL;
	cleanup_strbuf struct strbuf why = STRBUF_INIT, out = STRBUF_INIT;
	struct err e = ERR_INIT;

	if (conf_parse_text("fuzz", (const char *)data, size, true, &c, &e) <
	    0) {
		/* an error is one printable line */
		for (const char *s = e.text; *s; s++)
			if ((unsigned char)*s < 0x20 || *s == 0x7f)
				abort();
		if (!e.text[0] || c)
			abort();
		return 0;
	}
	if (!conf_check(c, &why)) {
		fputs(why.s, stderr);
		abort();
	}
	if (jailconf_export(c, ":", &out, &e) < 0)
		abort();
	return 0;
}
