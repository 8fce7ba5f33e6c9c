/*
 * rcnote: see rcnote.h.
 *
 * Theory of operation.  The journal is a text file of lines: '+' made, '-'
 * gone, then fields separated by tabs: kind, interface, key, value, ifindex,
 * flags, old, words...  A line is appended before the change it speaks of, so
 * that a killed command leaves at worst a note of something that never
 * happened, and to undo that is to find it absent.  Opening for writing
 * rewrites the file when half of it is history.
 */
#include "rc/rcnote.h"

#include "base/cleanup.h"
#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define RCNOTE_MAX (64u << 20)

static void put_field(struct strbuf *b, const char *s)
{
	strbuf_addch(b, '\t');
	for (; *s; s++) {
		if (*s == '\t')
			strbuf_adds(b, "\\t");
		else if (*s == '\n')
			strbuf_adds(b, "\\n");
		else if (*s == '\\')
			strbuf_adds(b, "\\\\");
		else
			strbuf_addch(b, *s);
	}
}

/* The next field of *p, unescaped, malloc'd; *p NULL at the end. */
static char *get_field(const char **p)
{
	struct strbuf b = STRBUF_INIT;
	const char *s = *p;

	for (; *s && *s != '\t'; s++) {
		if (*s == '\\' && s[1]) {
			s++;
			strbuf_addch(&b, *s == 't'   ? '\t'
					 : *s == 'n' ? '\n'
						     : *s);
		} else {
			strbuf_addch(&b, *s);
		}
	}
	*p = *s ? s + 1 : NULL;
	return strbuf_take(&b);
}

void note_line(struct strbuf *b, char sign, const struct fact *f, int ifindex,
	       const char *old)
{
	strbuf_addch(b, sign);
	strbuf_adds(b, fact_kind_name(f->kind));
	put_field(b, f->ifname);
	put_field(b, f->key);
	put_field(b, f->value);
	strbuf_addf(b, "\t%d\t%s", ifindex, f->primary ? "p" : "");
	put_field(b, old);
	for (size_t i = 0; i < f->words.n; i++)
		put_field(b, f->words.v[i]);
	strbuf_addch(b, '\n');
}

static void note_free(struct note *n)
{
	fact_free(&n->fact);
	free(n->old);
	n->old = NULL;
}

int note_parse(const char *line, char *ret_sign, struct note *ret)
{
	struct note n = {0};
	const char *p = line + 1;
	char *f[7] = {0};
	long long index = 0;
	int kind = -1, r = -EINVAL;

	if (*line != '+' && *line != '-')
		return -EINVAL;
	for (size_t i = 0; i < ARRAY_SIZE(f) && p; i++)
		f[i] = get_field(&p);
	if (f[6])
		kind = fact_kind_find(f[0]);
	if (kind >= 0 && !str_to_int(f[4], 0, INT32_MAX, &index)) {
		n.fact.kind = (enum fact_kind)kind;
		n.fact.ifname = take_ptr(f[1]);
		n.fact.key = take_ptr(f[2]);
		n.fact.value = take_ptr(f[3]);
		n.fact.primary = *f[5] == 'p';
		n.ifindex = (int)index;
		n.old = take_ptr(f[6]);
		r = 0;
		while (p && !r)
			r = strv_take(&n.fact.words, get_field(&p));
	}
	for (size_t i = 0; i < ARRAY_SIZE(f); i++)
		free(f[i]);
	if (r < 0) {
		note_free(&n);
		return r;
	}
	*ret_sign = *line;
	*ret = n;
	return 0;
}

struct note *notes_find(const struct notes *n, const struct fact *like)
{
	for (size_t i = 0; i < n->n; i++)
		if (fact_same(&n->v[i].fact, like))
			return &n->v[i];
	return NULL;
}

bool notes_have(const struct notes *n, const struct fact *f)
{
	const struct note *note = notes_find(n, f);

	if (!note || note->fact.words.n != f->words.n)
		return false;
	for (size_t i = 0; i < f->words.n; i++)
		if (strcmp(note->fact.words.v[i], f->words.v[i]) != 0)
			return false;
	return true;
}

static void notes_remove(struct notes *n, struct note *at)
{
	size_t i = (size_t)(at - n->v);

	note_free(at);
	memmove(at, at + 1, (n->n - i - 1) * sizeof(*at));
	n->n--;
}

static int notes_put(struct notes *n, struct note *note)
{
	struct note *at = notes_find(n, &note->fact), *v;

	if (at) {
		/* the first `old` is what the machine had before us */
		char *old = take_ptr(at->old);

		free(note->old);
		note->old = old;
		note_free(at);
		*at = *note;
		return 0;
	}
	v = reallocarray(n->v, n->n + 1, sizeof(*v));
	if (!v)
		return -ENOMEM;
	n->v = v;
	v[n->n++] = *note;
	return 0;
}

/* Replay; a line cut short by a full disk or a kill is the last one. */
static int notes_replay(struct notes *n, const char *text, size_t *ret_lines)
{
	cleanup_strv struct strv lines = {0};

	if (strv_split(&lines, text, "\n") < 0)
		return -ENOMEM;
	for (size_t i = 0; i < lines.n; i++) {
		struct note note = {0}, *at;
		char sign;

		if (note_parse(lines.v[i], &sign, &note) < 0)
			continue;
		if (sign == '-') {
			at = notes_find(n, &note.fact);
			if (at)
				notes_remove(n, at);
			note_free(&note);
		} else if (notes_put(n, &note) < 0) {
			note_free(&note);
			return -ENOMEM;
		}
	}
	*ret_lines = lines.n;
	return 0;
}

/* "made" for /etc; another folder's name is made a file name. */
static char *notes_path(const char *etc)
{
	cleanup_strbuf struct strbuf b = STRBUF_INIT;
	uint64_t h = 0xcbf29ce484222325u;
	const char *base = strrchr(etc, '/');

	if (!strcmp(etc, "/etc"))
		return strdup(RCNOTE_DIR "/made");
	for (const char *p = etc; *p; p++)
		h = (h ^ (unsigned char)*p) * 0x100000001b3u;
	base = base ? base + 1 : etc;
	strbuf_addf(&b, RCNOTE_DIR "/made.%.64s.%016llx", base,
		    (unsigned long long)h);
	return strbuf_take(&b);
}

static int notes_rewrite(struct notes *n, struct err *e)
{
	cleanup_strbuf struct strbuf b = STRBUF_INIT;

	for (size_t i = 0; i < n->n; i++)
		note_line(&b, '+', &n->v[i].fact, n->v[i].ifindex, n->v[i].old);
	if (strbuf_failed(&b))
		return err_nomem(e);
	return file_write_atomic(AT_FDCWD, n->path, b.s, 0600, e);
}

/* A lock that was waited for may have gone with the last journal. */
static int notes_lock(int *ret, struct err *e)
{
	for (;;) {
		cleanup_close int fd = -1;
		struct stat st;
		int r = file_mkdirs(AT_FDCWD, RCNOTE_DIR, 0755, e);

		if (!r)
			r = file_lock(AT_FDCWD, RCNOTE_DIR "/lock", false, &fd,
				      e);
		if (r < 0 && r != -ENOENT)
			return r;
		if (r < 0 || fstat(fd, &st) < 0 || !st.st_nlink)
			continue;
		*ret = take_fd(&fd);
		return 0;
	}
}

int notes_open(const char *etc, bool write, struct notes *ret, struct err *e)
{
	cleanup_notes struct notes n = NOTES_INIT;
	cleanup_free char *text = NULL;
	struct err re = ERR_INIT;
	size_t lines = 0;
	int r = 0;

	n.path = notes_path(etc);
	if (!n.path)
		return err_nomem(e);
	if (write) {
		r = notes_lock(&n.lock, e);
	}
	if (r < 0)
		return r;
	r = file_read(AT_FDCWD, n.path, RCNOTE_MAX, &text, NULL, &re);
	if (r < 0 && r != -ENOENT && (write || r != -EACCES))
		return err_set(e, re.code, "%s", re.text);
	if (text && notes_replay(&n, text, &lines) < 0)
		return err_nomem(e);
	if (write) {
		if (lines > 2 * n.n + 16 || (text && lines && !n.n))
			r = notes_rewrite(&n, e);
		else
			r = 0;
		if (r < 0)
			return r;
		n.fd = open(n.path,
			    O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC |
				    O_NOFOLLOW,
			    0600);
		if (n.fd < 0)
			return err_sys(e, errno, "%s", n.path);
	}
	*ret = n;
	n = (struct notes)NOTES_INIT;
	return 0;
}

static int notes_append(struct notes *n, char sign, const struct fact *f,
			int ifindex, const char *old, struct err *e)
{
	cleanup_strbuf struct strbuf b = STRBUF_INIT;
	ssize_t w;

	if (n->fd < 0)
		return 0;
	note_line(&b, sign, f, ifindex, old);
	if (strbuf_failed(&b))
		return err_nomem(e);
	do
		w = write(n->fd, b.s, b.len);
	while (w < 0 && errno == EINTR);
	if (w != (ssize_t)b.len)
		return err_sys(e, w < 0 ? errno : ENOSPC, "%s", n->path);
	return 0;
}

int notes_made(struct notes *n, const struct fact *f, int ifindex,
	       const char *old, struct err *e)
{
	struct note note = {.ifindex = ifindex};
	int r = notes_append(n, '+', f, ifindex, old ? old : "", e);

	if (r < 0)
		return r;
	note.old = strdup(old ? old : "");
	if (!note.old || fact_copy(&note.fact, f) < 0 ||
	    notes_put(n, &note) < 0) {
		note_free(&note);
		return err_nomem(e);
	}
	return 0;
}

int notes_gone(struct notes *n, const struct fact *f, struct err *e)
{
	struct note *at = notes_find(n, f);
	int r;

	if (!at)
		return 0;
	r = notes_append(n, '-', f, at->ifindex, "", e);
	if (!r)
		notes_remove(n, at);
	return r;
}

void notes_drop(struct notes *n)
{
	cleanup_closedir DIR *d = NULL;
	bool others = false;
	struct dirent *de;

	if (n->fd < 0 || n->n)
		return;
	unlink(n->path);
	d = opendir(RCNOTE_DIR);
	while (d && (de = readdir(d)))
		others |= *de->d_name != '.' && strcmp(de->d_name, "lock");
	if (others || !d)
		return;
	unlink(RCNOTE_DIR "/lock");
	rmdir(RCNOTE_DIR);
}

void notes_free(struct notes *n)
{
	for (size_t i = 0; i < n->n; i++)
		note_free(&n->v[i]);
	free(n->v);
	free(n->path);
	if (n->fd >= 0)
		close(n->fd);
	if (n->lock >= 0)
		close(n->lock);
	*n = (struct notes)NOTES_INIT;
}
