/*
 * title: see title.h.
 *
 * Where the arguments lie the kernel tells, in fields 48 and 49 of
 * /proc/self/stat: argv is of no use, as the loader may have moved it on.
 */
#include "base/title.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/str.h"

#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>

#define FIELD_ARG_START 48

static bool arguments(char **ret_start, size_t *ret_len)
{
	cleanup_free char *text = NULL;
	cleanup_strv struct strv w = {0};
	long long start, end;
	char *p;

	if (file_read(AT_FDCWD, "/proc/self/stat", 4096, &text, NULL, NULL) < 0)
		return false;
	/* behind the name, which may hold anything; the state is field 3 */
	p = strrchr(text, ')');
	if (!p || strv_split(&w, p + 1, " \n") < 0 ||
	    w.n <= FIELD_ARG_START - 2 ||
	    str_to_int(w.v[FIELD_ARG_START - 3], 1, INT64_MAX, &start) < 0 ||
	    str_to_int(w.v[FIELD_ARG_START - 2], 1, INT64_MAX, &end) < 0 ||
	    end <= start)
		return false;
	*ret_start = (char *)(uintptr_t)start;
	*ret_len = (size_t)(end - start);
	return true;
}

void title_set(const char *fmt, ...)
{
	cleanup_strbuf struct strbuf b = STRBUF_INIT;
	char *start, name[16];
	size_t len, n;
	va_list ap;

	va_start(ap, fmt);
	strbuf_vaddf(&b, fmt, ap);
	va_end(ap);
	if (!arguments(&start, &len))
		return;
	n = b.len < len ? b.len : len - 1;
	memcpy(start, b.s, n);
	memset(start + n, 0, len - n);
	str_copy(name, sizeof(name), b.s);
	name[strcspn(name, " :")] = '\0';
	(void)prctl(PR_SET_NAME, name);
}
