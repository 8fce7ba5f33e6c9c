/* See fstab.h. */
#include "jail/fstab.h"

#include "base/cleanup.h"

#include <errno.h>
#include <string.h>
#include <sys/mount.h>

#define BLANKS " \t\f\v\r\n"

/* --- types --------------------------------------------------------------- */

#define BIT(k) (1u << (k))
#define ANY (~0u)

static const struct {
	const char *name;
	enum fstab_kind kind;
} types[] = {
	{"nullfs", FSTAB_NULLFS},  {"tmpfs", FSTAB_TMPFS},
	{"procfs", FSTAB_PROCFS},  {"linprocfs", FSTAB_PROCFS},
	{"linsysfs", FSTAB_SYSFS}, {"fdescfs", FSTAB_FDESCFS},
	{"devfs", FSTAB_DEVFS},	   {"unionfs", FSTAB_UNIONFS},
	{"proc", FSTAB_PROCFS},	   {"sysfs", FSTAB_SYSFS},
	{"bind", FSTAB_NULLFS}, /* Linux's words for nullfs */
	{"none", FSTAB_NULLFS},
};

/* --- options ------------------------------------------------------------- */

enum opt_how {
	OPT_ATTR,   /* of the mount: set, clear */
	OPT_IDLE,   /* mount(8) takes it and it says nothing here: why */
	OPT_FLAG,   /* a bool of the model, at */
	OPT_BYTES,  /* a number with k, m, g, t, p, e, at */
	OPT_NUMBER, /* decimal, at */
	OPT_OCTAL,  /* at */
	OPT_WORD,   /* one value is what Linux does, others are refused: why */
	OPT_NEVER,  /* FreeBSD has it, Linux cannot: why */
};

#define AT(m) offsetof(struct fstab_line, m)
static const char not_mounted[] = "when and whether is jail(8)'s business";
static const char no_devices[] = "devices work in devfs only";

static const struct option {
	const char *name;
	enum opt_how how;
	unsigned int kinds; /* BIT(kind) */
	uint64_t set, clear;
	size_t at;
	const char *word, *why;
} options[] = {
	{"ro", OPT_ATTR, ANY, .set = MOUNT_ATTR_RDONLY},
	{"rdonly", OPT_ATTR, ANY, .set = MOUNT_ATTR_RDONLY},
	{"rw", OPT_ATTR, ANY, .clear = MOUNT_ATTR_RDONLY},
	{"nosuid", OPT_ATTR, ANY, .set = MOUNT_ATTR_NOSUID},
	{"suid", OPT_ATTR, ANY, .clear = MOUNT_ATTR_NOSUID},
	{"noexec", OPT_ATTR, ANY, .set = MOUNT_ATTR_NOEXEC},
	{"exec", OPT_ATTR, ANY, .clear = MOUNT_ATTR_NOEXEC},
	{"nosymfollow", OPT_ATTR, ANY, .set = MOUNT_ATTR_NOSYMFOLLOW},
	{"symfollow", OPT_ATTR, ANY, .clear = MOUNT_ATTR_NOSYMFOLLOW},
	/* one of several values of a field: the field is cleared before */
	{"noatime", OPT_ATTR, ANY, .set = MOUNT_ATTR_NOATIME,
	 .clear = MOUNT_ATTR__ATIME},
	{"atime", OPT_ATTR, ANY, .clear = MOUNT_ATTR__ATIME},
	{"dev", OPT_IDLE, ANY, .why = no_devices},
	{"nodev", OPT_IDLE, ANY, .why = no_devices},
	{"defaults", OPT_IDLE, ANY, .why = "no option at all"},
	{"auto", OPT_IDLE, ANY, .why = not_mounted},
	{"noauto", OPT_IDLE, ANY, .why = not_mounted},
	{"late", OPT_IDLE, ANY, .why = not_mounted},
	{"failok", OPT_IDLE, ANY, .why = not_mounted},
	{"async", OPT_IDLE, ANY, .why = "of file systems on disks"},
	{"noasync", OPT_IDLE, ANY, .why = "of file systems on disks"},
	{"cache", OPT_IDLE, BIT(FSTAB_NULLFS), .why = "of FreeBSD's vnodes"},
	{"nocache", OPT_IDLE, BIT(FSTAB_NULLFS), .why = "of FreeBSD's vnodes"},
	{"bind", OPT_IDLE, BIT(FSTAB_NULLFS), .why = "what nullfs is"},
	{"rbind", OPT_FLAG, BIT(FSTAB_NULLFS), .at = AT(recursive)},
	{"size", OPT_BYTES, BIT(FSTAB_TMPFS), .at = AT(size)},
	{"inodes", OPT_BYTES, BIT(FSTAB_TMPFS), .at = AT(inodes)},
	{"nr_inodes", OPT_BYTES, BIT(FSTAB_TMPFS), .at = AT(inodes)},
	{"mode", OPT_OCTAL, BIT(FSTAB_TMPFS), .at = AT(mode)},
	{"uid", OPT_NUMBER, BIT(FSTAB_TMPFS), .at = AT(uid)},
	{"gid", OPT_NUMBER, BIT(FSTAB_TMPFS), .at = AT(gid)},
	{"nonc", OPT_IDLE, BIT(FSTAB_TMPFS), .why = "of FreeBSD's name cache"},
	{"maxfilesize", OPT_NEVER, BIT(FSTAB_TMPFS),
	 .why = "Linux has no such limit; use size"},
	{"linrdlnk", OPT_IDLE, BIT(FSTAB_FDESCFS), .why = "links they are"},
	{"rdlnk", OPT_IDLE, BIT(FSTAB_FDESCFS), .why = "links they are"},
	{"nodup", OPT_IDLE, BIT(FSTAB_FDESCFS), .why = "Linux never dups"},
	{"ruleset", OPT_NUMBER, BIT(FSTAB_DEVFS), .at = AT(ruleset)},
	{"below", OPT_FLAG, BIT(FSTAB_UNIONFS), .at = AT(below)},
	{"copymode", OPT_WORD, BIT(FSTAB_UNIONFS), .word = "transparent",
	 .why = "copies keep owner and mode of the original"},
	{"whiteout", OPT_WORD, BIT(FSTAB_UNIONFS), .word = "whenneeded",
	 .why = "overlayfs makes them where there is something to hide"},
	{"udir", OPT_NEVER, BIT(FSTAB_UNIONFS),
	 .why = "copies keep owner and mode of the original"},
	{"ufile", OPT_NEVER, BIT(FSTAB_UNIONFS),
	 .why = "copies keep owner and mode of the original"},
	{"uid", OPT_NEVER, BIT(FSTAB_UNIONFS),
	 .why = "copies keep owner and mode of the original"},
	{"gid", OPT_NEVER, BIT(FSTAB_UNIONFS),
	 .why = "copies keep owner and mode of the original"},
};

/* Nothing that could steer a terminal or break a line gets into messages. */
static void add_plain(struct strbuf *b, const char *s)
{
	for (; *s; s++) {
		bool odd = (unsigned char)*s < ' ' || *s == 0x7f;

		strbuf_addch(b, odd && *s != '\t' ? '?'
				: *s == '\t'	  ? ' '
						  : *s);
	}
}

int fstab_error(const struct fstab_line *l, int code, struct err *e,
		const char *fmt, ...)
{
	cleanup_strbuf struct strbuf text = STRBUF_INIT, all = STRBUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	strbuf_vaddf(&text, fmt, ap);
	va_end(ap);
	if (l->where) {
		add_plain(&all, l->where);
		strbuf_adds(&all, ": ");
	}
	strbuf_addf(&all, "%s: ", l->param);
	add_plain(&all, text.s);
	return err_set(e, code, "%s", all.s);
}

static int octal(const char *s, long long *ret)
{
	long long v = 0;

	for (; *s >= '0' && *s <= '7' && v <= 07777; s++)
		v = v * 8 + (*s - '0');
	if (*s || v > 07777)
		return -EINVAL;
	*ret = v;
	return 0;
}

/* As expand_number(3). */
static int bytes(const char *s, long long *ret)
{
	static const char units[] = "kmgtpe";
	size_t digits = strspn(s, "0123456789"), shift = 0;
	cleanup_free char *number = strndup(s, digits);
	long long v = 0;
	const char *u;

	if (!number)
		return -ENOMEM;
	if (!digits || str_to_int(number, 0, INT64_MAX, &v) < 0)
		return -EINVAL;
	s += digits;
	u = *s ? strchr(units, *s | ' ') : NULL;
	if (u) {
		shift = 10 * ((size_t)(u - units) + 1);
		s++;
	}
	if ((*s | ' ') == 'b')
		s++;
	if (*s || v > (INT64_MAX >> shift))
		return -EINVAL;
	*ret = v << shift;
	return 0;
}

static int opt_value(struct fstab_line *l, const struct option *o,
		     const char *word, const char *v, struct err *e)
{
	long long *to = (long long *)(void *)((char *)l + o->at);
	int r = -EINVAL;

	if (o->how == OPT_BYTES)
		r = bytes(v, to);
	else if (o->how == OPT_OCTAL)
		r = *v ? octal(v, to) : -EINVAL;
	else
		r = str_to_int(v, 0, INT32_MAX, to);
	if (r == -ENOMEM)
		return err_nomem(e);
	return r < 0 ? fstab_error(l, EINVAL, e, "%s: %s: not a%s number",
				   l->dir, word,
				   o->how == OPT_OCTAL ? "n octal" : "")
		     : 0;
}

static int opt_apply(struct fstab_line *l, const struct option *o,
		     const char *word, const char *v, struct err *e)
{
	bool valued = o->how == OPT_BYTES || o->how == OPT_NUMBER ||
		      o->how == OPT_OCTAL || o->how == OPT_WORD;

	if (o->how == OPT_NEVER)
		return fstab_error(l, EOPNOTSUPP, e, "%s: %s: %s", l->dir, word,
				   o->why);
	if (valued && !v)
		return fstab_error(l, EINVAL, e, "%s: %s needs a value", l->dir,
				   word);
	if (!valued && v)
		return fstab_error(l, EINVAL, e, "%s: %s: takes no value",
				   l->dir, word);
	switch (o->how) {
	case OPT_ATTR:
		l->set = (l->set & ~(o->clear | o->set)) | o->set;
		l->clear |= o->clear;
		/* what is set last is not cleared: the rightmost wins */
		if (o->set != MOUNT_ATTR_NOATIME)
			l->clear &= ~o->set;
		return 0;
	case OPT_FLAG:
		*((bool *)l + o->at) = true;
		return 0;
	case OPT_WORD:
		if (strcmp(v, o->word) != 0)
			return fstab_error(l, EOPNOTSUPP, e,
					   "%s: %s: only %s: %s", l->dir, word,
					   o->word, o->why);
		return 0;
	case OPT_IDLE:
	case OPT_NEVER:
		return 0;
	case OPT_BYTES:
	case OPT_NUMBER:
	case OPT_OCTAL:
		break;
	}
	return opt_value(l, o, word, v, e);
}

static int opt_one(struct fstab_line *l, const char *word, struct err *e)
{
	size_t n = strcspn(word, "=");
	const char *v = word[n] ? word + n + 1 : NULL;

	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		const struct option *o = &options[i];

		if ((o->kinds & BIT(l->kind)) && strlen(o->name) == n &&
		    !strncmp(o->name, word, n))
			return opt_apply(l, o, word, v, e);
	}
	return fstab_error(l, EINVAL, e, "%s: mount option <%.*s> is unknown",
			   l->dir, (int)n, word);
}

/* --- lines --------------------------------------------------------------- */

/* fstab(5) writes blanks in paths as \040. */
static void unescape(char *s)
{
	char *to = s;

	for (; *s; s++) {
		if (s[0] == '\\' && s[1] >= '0' && s[1] <= '3' && s[2] >= '0' &&
		    s[2] <= '7' && s[3] >= '0' && s[3] <= '7') {
			char c = (char)((s[1] - '0') << 6 | (s[2] - '0') << 3 |
					(s[3] - '0'));

			*to++ = c ? c : '?';
			s += 3;
			continue;
		}
		*to++ = *s;
	}
	*to = '\0';
}

void fstab_line_free(struct fstab_line *l)
{
	free(l->source);
	free(l->dir);
	free(l->where);
}

static int parse_type(struct fstab_line *l, const char *type, struct err *e)
{
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		if (strcmp(types[i].name, type) != 0)
			continue;
		l->kind = types[i].kind;
		return 0;
	}
	/* mount(8)'s words for a type that the kernel has not */
	return fstab_error(l, ENODEV, e,
			   "%s: %s: Operation not supported by device",
			   l->source, type);
}

static int parse_fields(struct fstab_line *l, const char *text,
			const struct strv *f, struct err *e)
{
	cleanup_strv struct strv words = {0};
	int r;

	if (f->n < 3)
		return fstab_error(l, EINVAL, e, "%s: missing information",
				   text);
	l->source = strdup(f->v[0]);
	l->dir = strdup(f->v[1]);
	if (!l->source || !l->dir)
		return err_nomem(e);
	unescape(l->source);
	unescape(l->dir);
	if (l->dir[0] != '/')
		return fstab_error(l, EINVAL, e, "%s: not an absolute pathname",
				   l->dir);
	r = parse_type(l, f->v[2], e);
	if (r < 0)
		return r;
	if (f->n > 3 && strv_split(&words, f->v[3], ",") < 0)
		return err_nomem(e);
	for (size_t i = 0; !r && i < words.n; i++)
		r = opt_one(l, words.v[i], e);
	/* another file system's source is only a name */
	if (!r && (l->kind == FSTAB_NULLFS || l->kind == FSTAB_UNIONFS) &&
	    l->source[0] != '/')
		r = fstab_error(l, EINVAL, e, "%s: not an absolute pathname",
				l->source);
	return r;
}

int fstab_parse(const char *param, const char *line, struct fstab_line *ret,
		struct err *e)
{
	cleanup_fstab_line struct fstab_line l = {
		.size = -1,
		.inodes = -1,
		.mode = -1,
		.uid = -1,
		.gid = -1,
		.ruleset = -1,
		.param = strcmp(param, "mount") != 0 ? "mount.fstab" : "mount",
	};
	const char *end = strchrnul(line, '\n');
	cleanup_free char *text = strndup(line, (size_t)(end - line));
	cleanup_strv struct strv f = {0};
	int r;

	if (!text || (*end && !(l.where = strdup(end + 1))) ||
	    strv_split(&f, text, BLANKS) < 0)
		return err_nomem(e);
	if (strlen(text) > FSTAB_LINE_MAX)
		return fstab_error(&l, E2BIG, e, "line too long");
	if (!f.n)
		return 1;
	r = parse_fields(&l, text, &f, e);
	if (r < 0)
		return r;
	*ret = l;
	l = (struct fstab_line){0};
	return 0;
}

int fstab_lines(const char *file, const char *text, size_t len,
		struct strv *ret, struct err *e)
{
	cleanup_strv struct strv lines = {0};
	const char *end = text + len, *nl;
	unsigned int number = 1;

	for (const char *s = text; s < end; s = nl + 1, number++) {
		const char *stop;
		size_t blank = 0;

		nl = memchr(s, '\n', (size_t)(end - s));
		if (!nl)
			nl = end;
		if (memchr(s, '\0', (size_t)(nl - s)))
			return err_at(e, EINVAL, file, number,
				      "contains a NUL byte");
		stop = memchr(s, '#', (size_t)(nl - s));
		if (!stop)
			stop = nl;
		while (s + blank < stop && strchr(BLANKS, s[blank]))
			blank++;
		if (s + blank == stop)
			continue;
		if (lines.n >= FSTAB_LINES || stop - s > FSTAB_LINE_MAX)
			return err_at(e, E2BIG, file, number, "%s",
				      lines.n >= FSTAB_LINES ? "too many lines"
							     : "line too long");
		if (strv_addf(&lines, "%.*s\n%s line %u", (int)(stop - s), s,
			      file, number) < 0)
			return err_nomem(e);
	}
	strv_free(ret);
	*ret = lines;
	lines = (struct strv){0};
	return 0;
}
