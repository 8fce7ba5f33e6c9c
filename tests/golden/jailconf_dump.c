/*
 * jailconf_dump merged|canonical|export|check FILE
 *
 * For the golden test of jail.conf(5): prints a file's jails after merge, its
 * canonical text, or the lines of `jail -e :`; "check" prints nothing and
 * fails when parse -> print -> parse is not the identity.
 */
#include "conf_check.h"

#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
	cleanup_jailconf struct jailconf *c = NULL;
	cleanup_strbuf struct strbuf out = STRBUF_INIT;
	struct err e = ERR_INIT;
	int r = 0;

	if (argc != 3) {
		fprintf(stderr, "usage: jailconf_dump MODE FILE\n");
		return 2;
	}
	if (jailconf_load_lenient(argv[2], &c, &e) < 0) {
		fprintf(stderr, "jail: %s\n", e.text);
		return 1;
	}
	if (!strcmp(argv[1], "merged"))
		conf_dump(c, &out);
	else if (!strcmp(argv[1], "canonical"))
		r = jailconf_print(c, &out, &e);
	else if (!strcmp(argv[1], "export"))
		r = jailconf_export(c, ":", &out, &e);
	else
		r = conf_check(c, &out) ? 0 : -1;
	fputs(out.s, stdout);
	return r < 0;
}
