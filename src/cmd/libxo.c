/* See libxo.h. */
#include "cmd/libxo.h"

#include "base/cleanup.h"
#include "base/str.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static int words(struct libxo *xo, const char *spec, struct err *e)
{
	cleanup_strv struct strv sv = {0};

	if (strv_split(&sv, spec, ",") < 0)
		return err_nomem(e);
	for (size_t i = 0; i < sv.n; i++) {
		if (!strcmp(sv.v[i], "json"))
			xo->json = true;
		else if (!strcmp(sv.v[i], "pretty"))
			xo->pretty = true;
		else if (strcmp(sv.v[i], "text") != 0)
			return err_set(e, EINVAL,
				       "--libxo: only json and text are "
				       "supported, not %s",
				       sv.v[i]);
	}
	return 0;
}

static int letters(struct libxo *xo, const char *s, struct err *e)
{
	for (; *s; s++) {
		if (*s == 'J')
			xo->json = true;
		else if (*s == 'P')
			xo->pretty = true;
		else if (*s != 'T')
			return err_set(e, EINVAL,
				       "--libxo: only json and text are "
				       "supported, not '%c'",
				       *s);
	}
	return 0;
}

int libxo_parse(struct libxo *xo, int *argc, char **argv, struct err *e)
{
	int n = 1, r = 0;

	for (int i = 1; r >= 0 && i < *argc; i++) {
		const char *a = argv[i];

		if (!str_prefix(a, "--libxo"))
			argv[n++] = argv[i];
		else if (a[7] == '=')
			r = words(xo, a + 8, e);
		else if (a[7] == ':')
			r = letters(xo, a + 8, e);
		else if (!a[7] && i + 1 < *argc)
			r = words(xo, argv[++i], e);
		else
			r = err_set(e, EINVAL, "%s: missing or bad argument",
				    a);
	}
	argv[n] = NULL;
	*argc = n;
	return r;
}

int libxo_print(const struct libxo *xo, const char *name, json_t *body,
		struct err *e)
{
	json_t *top = json_pack("{s:s, s:o}", "__version", "1", name, body);
	cleanup_free char *text = NULL;

	if (!top)
		return err_nomem(e);
	text = json_dumps(top, JSON_PRESERVE_ORDER |
				       (xo->pretty ? JSON_INDENT(2) : 0));
	json_decref(top);
	if (!text)
		return err_nomem(e);
	puts(text);
	return 0;
}
