/*
 * rcvalue: is a variable's value one that it can have?  One row a type; see
 * rcdefaults.h.
 */
#include "rc/rcdefaults.h"

#include "base/cleanup.h"
#include "base/table.h"
#include "rc/rc.h"

#include <ctype.h>
#include <net/if.h>
#include <stdarg.h>
#include <string.h>
#include <strings.h>

/* Values come from files that anybody may have written: no terminal is to see
 * their control characters. */
static void quote(struct strbuf *b, const char *value)
{
	size_t n = 0;

	strbuf_addch(b, '"');
	for (; *value && n < 64; value++, n++)
		strbuf_addch(b, iscntrl((unsigned char)*value) ? '?' : *value);
	strbuf_adds(b, *value ? "...\"" : "\"");
}

/* Is it one of the words, whatever the case? */
static bool one_of(const char *words, const char *value)
{
	size_t len = strlen(value);

	for (const char *p = words; p && *p; p += strspn(p, " ")) {
		size_t n = strcspn(p, " ");

		if (n == len && !strncasecmp(p, value, n))
			return true;
		p += n;
	}
	return false;
}

bool rcvar_ifname_ok(const char *name)
{
	size_t n = strlen(name);

	if (!n || n >= IFNAMSIZ || !strcmp(name, ".") || !strcmp(name, ".."))
		return false;
	for (; *name; name++)
		if (!isgraph((unsigned char)*name) || strchr("/:%", *name))
			return false;
	return true;
}

static bool __attribute__((format(printf, 3, 4)))
refuse(struct strbuf *why, const char *value, const char *fmt, ...)
{
	va_list ap;

	quote(why, value);
	strbuf_addch(why, ' ');
	va_start(ap, fmt);
	strbuf_vaddf(why, fmt, ap);
	va_end(ap);
	return false;
}

static bool switch_ok(const struct rcvar_def *d, const char *value,
		      struct strbuf *why)
{
	(void)d;
	if (rcconf_bool(value) >= 0)
		return true;
	return refuse(why, value, "is neither YES nor NO");
}

static bool number_ok(const struct rcvar_def *d, const char *value,
		      struct strbuf *why)
{
	long long n;

	if (!str_to_int(value, d->min, d->max, &n))
		return true;
	return refuse(why, value, "is no number from %lld to %lld", d->min,
		      d->max);
}

static bool word_ok(const struct rcvar_def *d, const char *value,
		    struct strbuf *why)
{
	if (one_of(d->words, value))
		return true;
	return refuse(why, value, "is none of %s", d->words);
}

static bool if_ok(const struct rcvar_def *d, const char *value,
		  struct strbuf *why)
{
	(void)d;
	if (!strcasecmp(value, "NO") || rcvar_ifname_ok(value))
		return true;
	return refuse(why, value, "is no name of an interface");
}

static bool path_ok(const struct rcvar_def *d, const char *value,
		    struct strbuf *why)
{
	bool bad = *value != '/';

	(void)d;
	for (const char *p = value; *p; p++)
		bad |= iscntrl((unsigned char)*p) != 0;
	if (!bad)
		return true;
	return refuse(why, value, "is no absolute path");
}

static bool paths_ok(const struct rcvar_def *d, const char *value,
		     struct strbuf *why)
{
	cleanup_strv struct strv list = {0};

	if (strv_split(&list, value, " \t\n") < 0)
		return true;
	for (size_t i = 0; i < list.n; i++)
		if (!path_ok(d, list.v[i], why))
			return false;
	return true;
}

static const struct {
	bool (*ok)(const struct rcvar_def *d, const char *value,
		   struct strbuf *why); /* NULL: all are */
	bool refuge;
} types[] = {
	[RCTYPE_TEXT] = {NULL, false},
	[RCTYPE_SWITCH] = {switch_ok, true},
	[RCTYPE_NUMBER] = {number_ok, true},
	[RCTYPE_WORD] = {word_ok, true},
	[RCTYPE_IF] = {if_ok, true},
	[RCTYPE_PATH] = {path_ok, false},
	[RCTYPE_PATHS] = {paths_ok, false},
};
TABLE_COMPLETE(types, RCTYPE_COUNT);

bool rcvar_value_ok(const struct rcvar_def *d, const char *value,
		    struct strbuf *why)
{
	if (!types[d->type].ok || one_of(d->also, value) ||
	    (!*value && d->type != RCTYPE_SWITCH))
		return true;
	return types[d->type].ok(d, value, why);
}

bool rcvar_has_refuge(const struct rcvar_def *d)
{
	return types[d->type].refuge;
}
