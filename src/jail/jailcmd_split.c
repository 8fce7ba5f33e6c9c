/*
 * jailcmd_split: words of exec.* strings.
 *
 * Theory of operation.  jail(8) splits at blanks and executes the command
 * itself; a shell is asked only when the text has a character that means
 * something to one.  A text whose only such character is an "&" at its very
 * end is run without waiting and without a shell.
 */
#include "jail/jailcmd_split.h"

#include "base/cleanup.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char meta[] = "!\"$&'()*;<>?[\\]`{|}~";
static const char blanks[] = " \t\f\v\r\n";

int jailcmd_split(const char *text, struct jailcmd_line *ret, struct err *e)
{
	cleanup_strv struct strv argv = {0};
	cleanup_free char *plain = strdup(text);
	char *m = plain ? strpbrk(plain, meta) : NULL;
	bool background = m && m[0] == '&' && m[1] == '\0';
	bool shell = m && !background;
	int r;

	if (!plain)
		return err_nomem(e);
	if (background)
		*m = '\0';
	if (shell) {
		if (strv_add(&argv, "/bin/sh") < 0 ||
		    strv_add(&argv, "-c") < 0 || strv_add(&argv, text) < 0)
			return err_nomem(e);
	} else {
		r = strv_split(&argv, plain, blanks);
		if (r < 0)
			return err_nomem(e);
	}
	*ret = (struct jailcmd_line){
		.argv = argv,
		.shell = shell,
		.background = background,
	};
	argv = (struct strv){0};
	return 0;
}

enum bsd_kind {
	BSD_COMMAND, /* in RT */
	BSD_SCRIPT,  /* in scripts beside RT: Linux's by another path */
	BSD_THEIRS,  /* Linux's, found by PATH */
};

/* ifconfig and route, too, of net-tools: who wants those calls them elsewhere,
 * or ip(8). */
static const struct bsd {
	const char *path; /* behind the first slash */
	enum bsd_kind kind;
} bsd[] = {
	{"sbin/devfs", BSD_COMMAND},	   {"sbin/ifconfig", BSD_COMMAND},
	{"sbin/kldload", BSD_COMMAND},	   {"sbin/kldstat", BSD_COMMAND},
	{"sbin/kldunload", BSD_COMMAND},   {"sbin/pfctl", BSD_COMMAND},
	{"sbin/route", BSD_COMMAND},	   {"sbin/sysctl", BSD_COMMAND},
	{"usr/sbin/jail", BSD_COMMAND},	   {"usr/sbin/jexec", BSD_COMMAND},
	{"usr/sbin/jls", BSD_COMMAND},	   {"usr/sbin/ndp", BSD_COMMAND},
	{"usr/sbin/ngctl", BSD_COMMAND},   {"usr/sbin/nghook", BSD_COMMAND},
	{"sbin/mount", BSD_SCRIPT},	   {"sbin/ping", BSD_SCRIPT},
	{"sbin/mount_nullfs", BSD_SCRIPT}, {"sbin/md5", BSD_SCRIPT},
	{"sbin/sha256", BSD_SCRIPT},	   {"sbin/umount", BSD_THEIRS},
};

/* Such a path that text, which begins with a slash, begins with, or NULL. */
static const struct bsd *bsd_path(const char *text)
{
	for (size_t i = 0; i < ARRAY_SIZE(bsd); i++)
		if (str_prefix(text + 1, bsd[i].path) &&
		    strchr(" \t\n;|&)`\"'<>", text[1 + strlen(bsd[i].path)]))
			return &bsd[i];
	return NULL;
}

/* Does a command begin behind what b has? */
static bool at_command(const struct strbuf *b)
{
	size_t n = b->len;

	while (n && (b->s[n - 1] == ' ' || b->s[n - 1] == '\t'))
		n--;
	return !n || strchr(";|&(`!\n{", b->s[n - 1]);
}

static int bsd_word(char **word, const char *rt, struct err *e)
{
	cleanup_strbuf struct strbuf b = STRBUF_INIT;
	const char *p = *word;

	while (*p) {
		const struct bsd *d =
			*p == '/' && at_command(&b) ? bsd_path(p) : NULL;
		const char *name = d ? strrchr(d->path, '/') + 1 : NULL;

		if (!d)
			strbuf_addch(&b, *p);
		else if (d->kind == BSD_COMMAND)
			strbuf_addf(&b, "%s/%s", rt, name);
		else if (d->kind == BSD_SCRIPT)
			strbuf_addf(&b, "%s/../scripts/%s", rt, name);
		else
			strbuf_adds(&b, name);
		p += d ? 1 + strlen(d->path) : 1;
	}
	if (strbuf_failed(&b))
		return err_nomem(e);
	free(*word);
	*word = strbuf_take(&b);
	return 0;
}

int jailcmd_bsd_paths(struct jailcmd_line *l, const char *rt, struct err *e)
{
	size_t i = l->shell ? 2 : 0;

	return i < l->argv.n ? bsd_word(&l->argv.v[i], rt, e) : 0;
}

char *jailcmd_line_text(const struct strv *argv)
{
	return strv_join(argv, " ");
}
