/*
 * rcconf_dump FILE [ETC]: what an rc.conf asks for, as the plan of a jail with
 * a vnet of its own that has lo0 (down) and em0 (up) and nothing else.  ETC is
 * where sysctl.conf and jail.conf lie.  Warnings come first ("warning: "), an
 * error is "error: ".  The files' directory is the working directory.
 *
 * rcconf_dump -t: the table of variables: name, default, what becomes of it.
 * rcconf_dump -l FILE: warnings and the error alone, of each line of the file
 * as an rc.conf; "\n" in it is a new line.
 */
#include "base/cleanup.h"
#include "rc/rc.h"
#include "rc/rcdefaults.h"
#include "rc_plan.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A file that has no name of its own. */
static const char *tmp_name = "";

/* Files are named as the test gave them, wherever the tree lies. */
static const char *without_cwd(const char *text)
{
	static char buf[4096], cwd[4096];
	char *at;

	snprintf(buf, sizeof(buf), "%s", text);
	if (!getcwd(cwd, sizeof(cwd) - 1))
		return buf;
	strcat(cwd, "/");
	while (*tmp_name && (at = strstr(buf, tmp_name)) != NULL) {
		memcpy(at, "rc.conf", 7);
		memmove(at + 7, at + strlen(tmp_name),
			strlen(at + strlen(tmp_name)) + 1);
	}
	while ((at = strstr(buf, cwd)) != NULL)
		memmove(at, at + strlen(cwd), strlen(at + strlen(cwd)) + 1);
	return buf;
}

static void line(void *data, enum report_level level, const char *text)
{
	(void)data;
	(void)level;
	printf("warning: %s\n", without_cwd(text));
}

static void put_step(const char *text)
{
	printf("%s\n", without_cwd(text));
}

static int dump(const char *file, const char *etc, bool steps, struct err *e)
{
	const struct report r = {.line = line};
	cleanup_rcconf struct rcconf *conf = NULL;
	int ret = rcconf_load((const char *[]){file, NULL}, &conf, e);

	for (size_t i = 0; !ret && i < conf->messages.n; i++)
		report(&r, REPORT_WARN, "%s", conf->messages.v[i]);
	return ret ? ret : rc_plan(conf, etc, &r, steps ? put_step : NULL, e);
}

static const char *const states[] = {
	[RCVAR_ON] = "on",
	[RCVAR_LATER] = "later",
	[RCVAR_OBSOLETE] = "obsolete",
	[RCVAR_NEVER] = "never",
};

static const char *const types[RCTYPE_COUNT] = {
	[RCTYPE_TEXT] = "text",	    [RCTYPE_SWITCH] = "switch",
	[RCTYPE_NUMBER] = "number", [RCTYPE_WORD] = "word",
	[RCTYPE_IF] = "interface",  [RCTYPE_PATH] = "path",
	[RCTYPE_PATHS] = "paths",
};

static void table(void)
{
	const struct rcvar_def *d;

	for (size_t i = 0; (d = rcvar_def_at(i)) != NULL; i++)
		printf("%s=%s %s %s: %s\n", d->pattern,
		       d->dflt ? d->dflt : "(unset)", types[d->type],
		       states[d->state], d->what);
}

/* Each line of the file is an rc.conf. */
static int lines(const char *path, struct err *e)
{
	cleanup_fclose FILE *in = fopen(path, "r");
	char buf[8192];

	if (!in)
		return err_set(e, ENOENT, "%s", path);
	while (fgets(buf, sizeof(buf), in)) {
		char name[] = "/tmp/rcconf_dumpXXXXXX";
		struct err le = ERR_INIT;
		int fd;

		if (*buf == '#' || *buf == '\n')
			continue;
		printf("> %s", buf);
		for (char *p = buf; (p = strstr(p, "\\n")) != NULL; p++) {
			p[0] = '\n';
			memmove(p + 1, p + 2, strlen(p + 2) + 1);
		}
		fd = mkstemp(name);
		if (fd < 0 || write(fd, buf, strlen(buf)) < 0 || close(fd) < 0)
			return err_set(e, EIO, "%s", name);
		tmp_name = name;
		if (dump(name, "/nonexistent", false, &le) < 0)
			printf("error: %s\n", without_cwd(le.text));
		unlink(name);
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct err e = ERR_INIT;
	int r;

	if (argc < 2)
		return 2;
	if (!strcmp(argv[1], "-t")) {
		table();
		return 0;
	}
	r = !strcmp(argv[1], "-l") && argc == 3
		    ? lines(argv[2], &e)
		    : dump(argv[1], argc > 2 ? argv[2] : "/nonexistent", true,
			   &e);
	if (r < 0)
		printf("error: %s\n", without_cwd(e.text));
	return 0;
}
