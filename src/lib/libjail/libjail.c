/*
 * libjail: the short forms of jail(3), by name and text.
 */
#include "base/cleanup.h"

#include <errno.h>
#include <jail.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int jail_getid(const char *name)
{
	struct jailparam jp;
	char *end;
	long n = strtol(name, &end, 10);
	bool number = *name && !*end && n > 0;
	int r;

	if (jailparam_init(&jp, number ? "jid" : "name") < 0)
		return -1;
	r = jailparam_import(&jp, name);
	if (r == 0)
		r = jailparam_get(&jp, 1, 0);
	jailparam_free(&jp, 1);
	return r;
}

char *jail_getname(int jid)
{
	struct jailparam jp[2] = {0};
	char *name = NULL;

	if (jailparam_init(&jp[0], "jid") == 0 &&
	    jailparam_init(&jp[1], "name") == 0 &&
	    jailparam_import_raw(&jp[0], &jid, sizeof(jid)) == 0 &&
	    jailparam_get(jp, 2, 0) >= 0)
		name = jailparam_export(&jp[1]);
	jailparam_free(jp, 2);
	return name;
}

/* The records of a list "name, value, ..., NULL"; texts by their side. */
static int list_init(va_list ap, struct jailparam **ret, char ***ret_texts,
		     unsigned int *ret_n)
{
	struct jailparam *jp = NULL, *w;
	char **texts = NULL, **t;
	unsigned int n = 0;
	const char *name;

	while ((name = va_arg(ap, const char *))) {
		w = reallocarray(jp, n + 1, sizeof(*jp));
		if (w)
			jp = w;
		t = w ? reallocarray(texts, n + 1, sizeof(*texts)) : NULL;
		if (t)
			texts = t;
		if (!t) {
			snprintf(jail_errmsg, JAIL_ERRMSGLEN, "%s",
				 strerror(ENOMEM));
			errno = ENOMEM;
		}
		if (!t || jailparam_init(&jp[n], name) < 0) {
			jailparam_free(jp, n);
			free(jp);
			free(texts);
			return -1;
		}
		texts[n++] = va_arg(ap, char *);
	}
	*ret = jp;
	*ret_texts = texts;
	*ret_n = n;
	return 0;
}

static void list_free(struct jailparam *jp, char **texts, unsigned int n)
{
	int code = errno;

	jailparam_free(jp, n);
	free(jp);
	free(texts);
	errno = code;
}

int jail_setv(int flags, ...)
{
	struct jailparam *jp = NULL;
	char **texts = NULL;
	unsigned int n = 0;
	va_list ap;
	int r;

	va_start(ap, flags);
	r = list_init(ap, &jp, &texts, &n);
	va_end(ap);
	for (unsigned int i = 0; r == 0 && i < n; i++)
		r = jailparam_import(&jp[i], texts[i]);
	if (r == 0)
		r = jailparam_set(jp, n, flags);
	list_free(jp, texts, n);
	return r;
}

/* Which of them says which jail is meant. */
static unsigned int list_key(const struct jailparam *jp, unsigned int n)
{
	static const char *const keys[] = {"lastjid", "jid", "name"};

	for (size_t k = 0; k < ARRAY_SIZE(keys); k++)
		for (unsigned int i = 0; i < n; i++)
			if (!strcmp(jp[i].jp_name, keys[k]))
				return i;
	return n;
}

int jail_getv(int flags, ...)
{
	struct jailparam *jp = NULL;
	char **texts = NULL;
	unsigned int n = 0, key;
	va_list ap;
	int r;

	va_start(ap, flags);
	r = list_init(ap, &jp, &texts, &n);
	va_end(ap);
	key = r == 0 ? list_key(jp, n) : n;
	if (key < n)
		r = jailparam_import(&jp[key], texts[key]);
	if (r == 0)
		r = jailparam_get(jp, n, flags);
	for (unsigned int i = 0; r >= 0 && i < n; i++) {
		cleanup_free char *s = NULL;

		if (i == key)
			continue;
		s = jailparam_export(&jp[i]);
		if (s)
			/* the caller's word that there is room, see jail(3) */
			memcpy(texts[i], s, strlen(s) + 1);
		else
			r = -1;
	}
	list_free(jp, texts, n);
	return r;
}
