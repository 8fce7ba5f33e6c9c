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

/* ifconfig and route, too, of net-tools: who wants those calls them elsewhere,
 * or ip(8). */
static const char *const bsd[] = {
	"/sbin/devfs",	   "/sbin/ifconfig",   "/sbin/kldload", "/sbin/kldstat",
	"/sbin/kldunload", "/sbin/pfctl",      "/sbin/route",	"/sbin/sysctl",
	"/usr/sbin/jail",  "/usr/sbin/jexec",  "/usr/sbin/jls", "/usr/sbin/ndp",
	"/usr/sbin/ngctl", "/usr/sbin/nghook",
};

/* The length of such a path that text begins with, and its last part. */
static size_t bsd_path(const char *text, const char **ret_name)
{
	for (size_t i = 0; i < ARRAY_SIZE(bsd); i++) {
		size_t n = strlen(bsd[i]);

		if (strncmp(text, bsd[i], n) != 0 ||
		    !strchr(" \t\n;|&)`\"'<>", text[n]))
			continue;
		*ret_name = strrchr(bsd[i], '/');
		return n;
	}
	return 0;
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
	const char *p = *word, *name;

	while (*p) {
		size_t n = *p == '/' && at_command(&b) ? bsd_path(p, &name) : 0;

		if (n)
			strbuf_addf(&b, "%s%s", rt, name);
		else
			strbuf_addch(&b, *p);
		p += n ? n : 1;
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
