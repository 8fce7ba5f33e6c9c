/*
 * devfs_rules: rulesets in memory, with the numbering and the error numbers
 * of FreeBSD's kernel, and its patterns.
 */
#include "jail/devfs.h"

#include "base/cleanup.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void devfs_rule_free(struct devfs_rule *r)
{
	free(r->pattern);
	*r = (struct devfs_rule){0};
}

static void set_clear(struct devfs_sets *s, struct devfs_set *set)
{
	for (size_t i = 0; i < set->n; i++)
		devfs_rule_free(&set->v[i]);
	free(set->v);
	s->rules -= set->n;
	set->v = NULL;
	set->n = 0;
}

void devfs_sets_free(struct devfs_sets *s)
{
	for (size_t i = 0; i < s->n; i++) {
		set_clear(s, &s->v[i]);
		free(s->v[i].name);
	}
	free(s->v);
	*s = (struct devfs_sets){0};
}

/* Where it is, or would have to be. */
static size_t set_at(const struct devfs_sets *s, int number)
{
	size_t i = 0;

	while (i < s->n && s->v[i].number < number)
		i++;
	return i;
}

static struct devfs_set *set_get(const struct devfs_sets *s, int number)
{
	size_t i = set_at(s, number);

	return i < s->n && s->v[i].number == number ? &s->v[i] : NULL;
}

const struct devfs_set *devfs_set_find(const struct devfs_sets *s, int number)
{
	const struct devfs_set *set = set_get(s, number);

	return set && set->n ? set : NULL;
}

const struct devfs_set *devfs_set_named(const struct devfs_sets *s,
					const char *name)
{
	long long number;

	if (!str_to_int(name, 0, DEVFS_NUMBER_MAX, &number))
		return set_get(s, (int)number);
	/* of several of a name the last one read counts in FreeBSD's shell;
	 * names are kept unique by devfs_set_new() */
	for (size_t i = 0; i < s->n; i++)
		if (s->v[i].name && !strcmp(s->v[i].name, name))
			return &s->v[i];
	return NULL;
}

int devfs_set_new(struct devfs_sets *s, int number, const char *name,
		  bool stock, struct err *e)
{
	cleanup_free char *copy = strdup(name);
	struct devfs_set *set = set_get(s, number), *v;
	size_t at = set_at(s, number);

	if (!copy)
		return err_nomem(e);
	for (size_t i = 0; i < s->n; i++)
		if (s->v[i].name && !strcmp(s->v[i].name, name)) {
			free(s->v[i].name);
			s->v[i].name = NULL;
		}
	if (!set) {
		v = realloc(s->v, (s->n + 1) * sizeof(*v));
		if (!v)
			return err_nomem(e);
		s->v = v;
		memmove(v + at + 1, v + at, (s->n - at) * sizeof(*v));
		s->n++;
		set = &v[at];
		*set = (struct devfs_set){.number = number};
	}
	set_clear(s, set);
	free(set->name);
	set->name = take_ptr(copy);
	set->stock = stock;
	return 0;
}

/* 100, 200, ...: behind the last one. */
static int autonumber(const struct devfs_set *set)
{
	return set->n ? set->v[set->n - 1].number + 100 : 100;
}

static int check_add(const struct devfs_sets *s, int number,
		     const struct devfs_rule *r, struct err *e)
{
	if (!number)
		return err_set(e, EIO, "ruleset 0 cannot be changed");
	if (!s->loading && r->acts & DEVFS_INCLUDE &&
	    !devfs_set_find(s, r->include))
		return err_set(e, ESRCH, "include %d: no such ruleset",
			       r->include);
	if (s->rules >= DEVFS_RULES_MAX)
		return err_set(e, E2BIG, "more than %d rules", DEVFS_RULES_MAX);
	return 0;
}

int devfs_rule_add(struct devfs_sets *s, int number, struct devfs_rule *rule,
		   struct err *e)
{
	cleanup_devfs_rule struct devfs_rule r = *rule;
	struct devfs_rule *v;
	struct devfs_set *set;
	char name[32];
	size_t at = 0;
	int ret;

	*rule = (struct devfs_rule){0};
	ret = check_add(s, number, &r, e);
	if (ret < 0)
		return ret;
	if (!set_get(s, number)) {
		snprintf(name, sizeof(name), "ruleset%d", number);
		ret = devfs_set_new(s, number, name, false, e);
		if (ret < 0)
			return ret;
	}
	set = set_get(s, number);
	if (!r.number)
		r.number = autonumber(set);
	if (r.number > DEVFS_NUMBER_MAX)
		return err_set(e, ERANGE, "ruleset %d is full", number);
	while (at < set->n && set->v[at].number < r.number)
		at++;
	if (at < set->n && set->v[at].number == r.number)
		return err_set(e, EEXIST, "ruleset %d has a rule %d", number,
			       r.number);
	v = realloc(set->v, (set->n + 1) * sizeof(*v));
	if (!v)
		return err_nomem(e);
	set->v = v;
	memmove(v + at + 1, v + at, (set->n - at) * sizeof(*v));
	v[at] = r;
	r = (struct devfs_rule){0};
	set->n++;
	s->rules++;
	set->stock = false;
	return 0;
}

int devfs_rule_del(struct devfs_sets *s, int number, int rule, struct err *e)
{
	struct devfs_set *set = set_get(s, number);

	for (size_t i = 0; set && i < set->n; i++) {
		if (set->v[i].number != rule)
			continue;
		devfs_rule_free(&set->v[i]);
		memmove(set->v + i, set->v + i + 1,
			(set->n - i - 1) * sizeof(*set->v));
		set->n--;
		s->rules--;
		set->stock = false;
		return 0;
	}
	return err_set(e, ENOENT, "ruleset %d has no rule %d", number, rule);
}

int devfs_set_del(struct devfs_sets *s, int number, struct err *e)
{
	struct devfs_set *set = set_get(s, number);

	if (!number)
		return err_set(e, EIO, "ruleset 0 cannot be changed");
	/* the empty one stays: it says that the stock one is gone */
	if (set) {
		set_clear(s, set);
		set->stock = false;
	}
	return 0;
}

int devfs_set_move(struct devfs_sets *dst, struct devfs_sets *src, int number,
		   struct err *e)
{
	struct devfs_set *from = set_get(src, number), *to;
	int r;

	if (!from || !from->name)
		return devfs_set_del(dst, number, e);
	r = devfs_set_new(dst, number, from->name, from->stock, e);
	if (r < 0)
		return r;
	to = set_get(dst, number);
	to->v = take_ptr(from->v);
	to->n = from->n;
	dst->rules += to->n;
	src->rules -= to->n;
	from->n = 0;
	return 0;
}

/* --- patterns ------------------------------------------------------------ */

enum range {
	RANGE_NO,
	RANGE_YES,
	RANGE_BAD
};

/* *p is behind the '['; on RANGE_YES it is left behind the ']'. */
static enum range in_range(const char **p, char test)
{
	const char *s = *p;
	bool negate = *s == '!' || *s == '^', ok = false;
	unsigned char t = (unsigned char)test;

	if (negate)
		s++;
	do {
		unsigned char lo, hi;

		if (*s == '\\')
			s++;
		if (!*s)
			return RANGE_BAD;
		if (*s == '/')
			return RANGE_NO;
		lo = hi = (unsigned char)*s++;
		if (*s == '-' && s[1] && s[1] != ']') {
			s++;
			if (*s == '\\')
				s++;
			if (!*s)
				return RANGE_BAD;
			hi = (unsigned char)*s++;
		}
		if (lo <= t && t <= hi)
			ok = true;
	} while (*s && *s != ']');
	if (!*s)
		return RANGE_BAD;
	*p = s + 1;
	return ok != negate ? RANGE_YES : RANGE_NO;
}

/* One character c against the pattern's next part, which is passed over. */
static bool match_one(const char **p, char c)
{
	const char *s = *p;

	switch (*s) {
	case '\0':
		return false;
	case '?':
		(*p)++;
		return c != '/';
	case '[':
		if (c == '/')
			return false;
		s++;
		switch (in_range(&s, c)) {
		case RANGE_YES:
			*p = s;
			return true;
		case RANGE_NO:
			return false;
		case RANGE_BAD:
			break; /* an ordinary character then */
		}
		s = *p;
		break;
	case '\\':
		if (s[1])
			s++;
		break;
	default:
		break;
	}
	*p = s + 1;
	return *s == c;
}

/*
 * Only the last asterisk of a path component is ever tried again: what those
 * before it took cannot matter any more.
 */
bool devfs_match(const char *p, const char *s)
{
	const char *star = NULL, *from = NULL;

	for (;;) {
		const char *next = p;

		if (*p == '*') {
			star = ++p;
			from = s;
		} else if (!*s) {
			return !*p;
		} else if (match_one(&next, *s)) {
			if (*s == '/')
				star = NULL;
			p = next;
			s++;
		} else if (star && *from != '/') {
			s = ++from;
			p = star;
		} else {
			return false;
		}
	}
}
