/*
 * prison_meta: the parameters meta and env.
 *
 * Theory of operation.  Each is one text of bounded size.  jail(8) may set all
 * of it, or treat it as lines KEY=VALUE: meta.KEY=VALUE replaces the line of
 * that key (the new one comes first), meta.KEY= empties its value, meta.KEY
 * without "=" takes the line out.  What is stored is always the one text;
 * jls finds keys in it.  env is shown to the jail itself as the sysctl
 * security.jail.env, for which a copy lies in its /run/cellblock, as of the
 * other parameters that a jail's sysctl(8) tells (prison_told).
 */
#include "jail/prison_int.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "jail/param.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#define MAXBUF_FILE "sysctl/security.jail.meta_maxbufsize"

static const char *const texts[] = {"meta", "env"};

/* KEY of "meta.KEY"; NULL when name is no such. */
static const char *meta_key(const char *name, const char *text)
{
	size_t n = strlen(text);

	if (strncmp(name, text, n) != 0 || name[n] != '.')
		return NULL;
	return name + n + 1;
}

static bool is_line(const char *line, const char *key, size_t n)
{
	return !strncmp(line, key, n) && line[n] == '=';
}

const char *prison_meta_find(const char *text, const char *key, size_t *ret_len)
{
	size_t n = strlen(key);

	for (const char *s = text; *s;) {
		size_t len = strcspn(s, "\n");

		if (is_line(s, key, n)) {
			*ret_len = len - n - 1;
			return s + n + 1;
		}
		s += len + (s[len] == '\n');
	}
	return NULL;
}

/* All lines but those of the key. */
static void copy_without(struct strbuf *out, const char *text, const char *key)
{
	size_t n = strlen(key);

	for (const char *s = text; *s;) {
		size_t len = strcspn(s, "\n");

		if (!is_line(s, key, n))
			strbuf_addf(out, "%s%.*s", out->len ? "\n" : "",
				    (int)len, s);
		s += len + (s[len] == '\n');
	}
}

static int set_key(struct pset *all, const char *text, const char *key,
		   const struct jparam *p, struct err *e)
{
	const char *old = pset_value(all, text);
	const char *value = p->values.n ? p->values.v[p->values.n - 1] : NULL;
	cleanup_strbuf struct strbuf rest = STRBUF_INIT, b = STRBUF_INIT;

	copy_without(&rest, old ? old : "", key);
	if (value)
		strbuf_addf(&b, "%s=%s%s", key, value, rest.len ? "\n" : "");
	strbuf_adds(&b, rest.s ? rest.s : "");
	if (strbuf_failed(&rest) || strbuf_failed(&b))
		return err_nomem(e);
	return pset_put(all, text, b.s ? b.s : "", false, e);
}

static int check_size(const struct pset *all, const char *text, size_t max,
		      struct err *e)
{
	const char *s = pset_value(all, text);

	/* the kernel's buffer has the NUL in it, too */
	if (s && strlen(s) + 1 > max)
		return err_set(e, EFBIG, "jail_set: %s", strerror(EFBIG));
	return 0;
}

static size_t size_limit(struct prisons *ps)
{
	cleanup_free char *text = NULL;
	long long n = PRISON_META_MAX;

	if (ps->dirfd < 0 ||
	    file_read(ps->dirfd, MAXBUF_FILE, 64, &text, NULL, NULL) < 0)
		return PRISON_META_MAX;
	text[strcspn(text, "\n")] = '\0';
	if (str_to_int(text, 0, PRISON_META_HARD, &n) < 0)
		return PRISON_META_MAX;
	return (size_t)n;
}

int meta_merge(struct prisons *ps, struct pset *all, const struct pset *ch,
	       struct err *e)
{
	size_t max = size_limit(ps);
	int r = 0;

	for (size_t t = 0; t < ARRAY_SIZE(texts); t++) {
		bool touched = false;

		for (size_t i = 0; !r && i < ch->n; i++) {
			const struct jparam *p = &ch->v[i];
			const char *key = meta_key(p->name, texts[t]);
			bool whole = !strcmp(p->name, texts[t]);

			if (key)
				r = set_key(all, texts[t], key, p, e);
			else if (whole)
				r = pset_put(all, texts[t],
					     p->values.n ? p->values.v[0] : "",
					     false, e);
			touched |= key || whole;
		}
		/* a limit lowered later does not touch what is there */
		if (!r && touched)
			r = check_size(all, texts[t], max, e);
	}
	return r;
}

int meta_fold(struct prisons *ps, struct pset *params, struct err *e)
{
	cleanup_pset struct pset given = {0};
	int r = pset_copy(&given, params, e);

	for (size_t i = 0; !r && i < given.n; i++) {
		const struct param_def *d = param_find(given.v[i].name, NULL);

		if (d && (d->flags & PARAM_KEYVAL))
			pset_remove(params, given.v[i].name);
	}
	return r < 0 ? r : meta_merge(ps, params, &given, e);
}

const struct told prison_told[] = {
	{"env", "env"},
	{"host.hostuuid", "hostuuid"},
	{"host.hostid", "hostid"},
};
static_assert(ARRAY_SIZE(prison_told) == PRISON_NTOLD, "see prison_int.h");

/* What the jail made of its files is its affair: nothing is followed. */
static int told_write(const struct life *l, const char *file, const char *text,
		      struct err *e)
{
	cleanup_close int run = -1;
	int r = jail_run_open(&l->init, &run, e);

	return r < 0 ? r : file_write_atomic(run, file, text, 0644, e);
}

int told_update(const struct life *l, const struct pset *old,
		const struct pset *now, struct err *e)
{
	int r = 0;

	for (size_t i = 0; !r && i < PRISON_NTOLD; i++) {
		const char *was = pset_value(old, prison_told[i].param);
		const char *is = pset_value(now, prison_told[i].param);

		if (strcmp(was ? was : "", is ? is : "") != 0)
			r = told_write(l, prison_told[i].file, is ? is : "", e);
	}
	return r;
}
