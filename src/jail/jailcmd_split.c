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

char *jailcmd_line_text(const struct strv *argv)
{
	return strv_join(argv, " ");
}
