/*
 * sed(1), xargs(1), pgrep(1) and pkill(1) for scripts: what of FreeBSD's flags
 * Linux's programs read in another way.  The words go to these.
 */
#include "cmd/script.h"

#include "base/cleanup.h"
#include "jail/prison.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* -i and -I of FreeBSD always have a word that names what is kept. */
static bool is_suffix(const char *word)
{
	size_t n = word && *word == '.' ? 1 : 0;

	if (!word || !*word)
		return word;
	while (n && isalnum((unsigned char)word[n]))
		n++;
	return n > 1 && !word[n];
}

int script_sed(int argc, char **argv)
{
	cleanup_strv struct strv words = {0};
	int r = strv_add(&words, argv[0]);

	for (int i = 1; !r && i < argc; i++) {
		size_t n = strlen(argv[i]);
		bool in_place = argv[i][0] == '-' && argv[i][1] != '-' &&
				strchr("iI", argv[i][n - 1]) &&
				is_suffix(argv[i + 1]);

		if (!in_place) {
			r = strv_add(&words, argv[i]);
			continue;
		}
		/* "-Ei", "": -E -i */
		if (n > 2)
			r = strv_addf(&words, "%.*s", (int)n - 1, argv[i]);
		r = r || strv_addf(&words, "-i%s", argv[i + 1]);
		i++;
	}
	return r ? 1 : script_system(&words);
}

/* With -I there is one line for each command: Linux's complains of -n then. */
int script_xargs(int argc, char **argv)
{
	static const char with_word[] = "EIJLPRSadns";
	cleanup_strv struct strv words = {0};
	bool each = false;
	int i, r = strv_add(&words, argv[0]);

	for (i = 1; i < argc && argv[i][0] == '-' && argv[i][1]; i++) {
		const char *p = argv[i] + 1;

		while (*p && !strchr(with_word, *p))
			p++;
		each |= *p == 'I';
		i += *p && !p[1];
	}
	for (i = 1; !r && each && i < argc && argv[i][0] == '-'; i++) {
		const char *p = argv[i] + 1;
		size_t before;

		while (*p && !strchr(with_word, *p))
			p++;
		before = (size_t)(p - argv[i]);
		if (*p != 'n')
			r = strv_add(&words, argv[i]);
		else if (before > 1)
			r = strv_addf(&words, "%.*s", (int)before, argv[i]);
		if (*p && !p[1] && ++i < argc && *p != 'n')
			r = r || strv_add(&words, argv[i]);
	}
	if (!each)
		i = 1;
	for (; !r && i < argc; i++)
		r = strv_add(&words, argv[i]);
	return r ? 1 : script_system(&words);
}

/* The first process of a jail, by name or number. */
static int first_process(const char *jail, pid_t *ret, struct err *e)
{
	cleanup_prisons struct prisons *ps = NULL;
	cleanup_prison struct prison p = {0};
	int r = prisons_open(&ps, e);

	if (!r)
		r = prison_get(ps, jail, false, &p, e);
	if (!r)
		*ret = p.init;
	return r;
}

/* "-j JAIL": the processes of its pid namespace. */
int script_pgrep(int argc, char **argv)
{
	cleanup_strv struct strv words = {0};
	struct err e = ERR_INIT;
	int r = strv_add(&words, argv[0]);

	for (int i = 1; !r && i < argc; i++) {
		bool jail = str_prefix(argv[i], "-j");
		const char *name = argv[i] + 2;
		pid_t pid = 0;

		if (!jail) {
			r = strv_add(&words, argv[i]);
			continue;
		}
		if (!*name && ++i < argc)
			name = argv[i];
		if (first_process(name, &pid, &e) < 0) {
			fprintf(stderr, "%s: %s\n", argv[0], e.text);
			return 3;
		}
		r = strv_add(&words, "--nslist") || strv_add(&words, "pid") ||
		    strv_add(&words, "--ns") || strv_addf(&words, "%d", pid);
	}
	return r ? 3 : script_system(&words);
}
