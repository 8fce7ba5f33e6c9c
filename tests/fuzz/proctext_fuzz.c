/*
 * proctext_fuzz: files of /proc.  Programs choose their names, those who
 * mount choose mount points: what is read of them stays inside the text.
 */
#include "base/cleanup.h"
#include "ns/proctext.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_free char *text = strndup((const char *)data, size);
	struct proctext_mount m;
	uint64_t start;
	size_t len;
	char state;

	if (!text)
		return 0;
	len = strlen(text);
	if (proctext_stat(text, &state, &start) == 0 &&
	    !isalpha((unsigned char)state))
		abort();
	if (proctext_inner_pid(text) < -1 || proctext_pid_levels(text) < 0)
		abort();
	if (proctext_mount(text, &m) &&
	    strlen(m.point) + strlen(m.fstype) + strlen(m.source) > len)
		abort();
	return 0;
}
