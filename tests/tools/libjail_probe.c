/*
 * libjail_probe VERB ARGUMENT...: jail(3) from a program that sees nothing of
 * cellblock but <jail.h> and <sys/jail.h>.  Prints results, or on the standard
 * error output jail_errmsg, and exits 1.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <jail.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/jail.h>
#include <unistd.h>

static int told(int r)
{
	if (r < 0)
		fprintf(stderr, "%s\n", jail_errmsg);
	else
		printf("%d\n", r);
	return r < 0;
}

/* set FLAGS NAME[=VALUE]... */
static int verb_set(int argc, char **argv)
{
	struct jailparam *jp = calloc((size_t)argc, sizeof(*jp));
	unsigned int n = 0;
	int r = jp ? 0 : -1;

	for (int i = 1; i < argc && r == 0; i++) {
		char *value = strchr(argv[i], '=');

		if (value)
			*value++ = '\0';
		r = jailparam_init(&jp[n], argv[i]);
		if (r == 0)
			r = jailparam_import(&jp[n++], value);
	}
	if (r == 0)
		r = jailparam_set(jp, n, atoi(argv[0]));
	jailparam_free(jp, n);
	free(jp);
	return told(r);
}

/* get KEY VALUE NAME...: each value on a line */
static int verb_get(int argc, char **argv)
{
	struct jailparam jp[16] = {0};
	unsigned int n = 0;
	int r = jailparam_init(&jp[n++], argv[0]);

	if (r == 0)
		r = jailparam_import(&jp[0], argv[1]);
	for (int i = 2; i < argc && n < 16 && r == 0; i++)
		r = jailparam_init(&jp[n++], argv[i]);
	if (r == 0)
		r = jailparam_get(jp, n, 0);
	for (unsigned int i = 1; i < n && r >= 0; i++) {
		char *s = jailparam_export(&jp[i]);

		printf("%s=%s\n", jp[i].jp_name, s ? s : "?");
		free(s);
	}
	jailparam_free(jp, n);
	if (r < 0)
		fprintf(stderr, "%s\n", jail_errmsg);
	return r < 0;
}

static int verb_list(int argc, char **argv)
{
	int last = 0;

	(void)argc;
	(void)argv;
	for (;;) {
		struct iovec iov[2] = {{(char *)"lastjid", sizeof("lastjid")},
				       {&last, sizeof(last)}};

		last = jail_get(iov, 2, 0);
		if (last < 0)
			return errno != ENOENT;
		printf("%d\n", last);
	}
}

static int verb_all(int argc, char **argv)
{
	struct jailparam *jp = NULL;
	int n = jailparam_all(&jp);

	(void)argc;
	(void)argv;
	for (int i = 0; i < n; i++)
		printf("%s %d %x\n", jp[i].jp_name, jp[i].jp_ctltype,
		       jp[i].jp_flags);
	jailparam_free(jp, n < 0 ? 0 : (unsigned int)n);
	free(jp);
	return n < 0;
}

static int verb_id(int argc, char **argv)
{
	(void)argc;
	return told(jail_getid(argv[0]));
}

static int verb_name(int argc, char **argv)
{
	char *name = jail_getname(atoi(argv[0]));

	(void)argc;
	if (!name)
		return told(-1);
	puts(name);
	free(name);
	return 0;
}

/* The example of jail(3): set and read back by name. */
static int verb_hostname(int argc, char **argv)
{
	char hostname[256];

	(void)argc;
	if (jail_setv(JAIL_UPDATE, "name", argv[0], "host.hostname", argv[1],
		      NULL) < 0 ||
	    jail_getv(0, "name", argv[0], "host.hostname", hostname, NULL) < 0)
		return told(-1);
	puts(hostname);
	return 0;
}

/* Raw: a jail that ends with the caller, who is in it. */
static int verb_enter(int argc, char **argv)
{
	char errmsg[256] = "";
	struct iovec iov[] = {
		{(char *)"name", sizeof("name")},
		{argv[0], strlen(argv[0]) + 1},
		{(char *)"path", sizeof("path")},
		{(char *)"/", 2},
		{(char *)"errmsg", sizeof("errmsg")},
		{errmsg, sizeof(errmsg)},
	};

	(void)argc;
	if (jail_set(iov, 6, JAIL_CREATE | JAIL_ATTACH) < 0) {
		fprintf(stderr, "%s\n", errmsg);
		return 1;
	}
	execvp(argv[1], argv + 1);
	perror(argv[1]);
	return 126;
}

static int verb_attach(int argc, char **argv)
{
	(void)argc;
	if (jail_attach(atoi(argv[0])) < 0) {
		perror("jail_attach");
		return 1;
	}
	execvp(argv[1], argv + 1);
	perror(argv[1]);
	return 126;
}

static int verb_remove(int argc, char **argv)
{
	(void)argc;
	if (jail_remove(atoi(argv[0])) == 0)
		return 0;
	perror("jail_remove");
	return 1;
}

/* import NAME VALUE: to memory and back */
static int verb_import(int argc, char **argv)
{
	struct jailparam jp;
	char *s = NULL;

	(void)argc;
	if (jailparam_init(&jp, argv[0]) < 0)
		return told(-1);
	if (jailparam_import(&jp, argv[1]) < 0 ||
	    !(s = jailparam_export(&jp))) {
		jailparam_free(&jp, 1);
		return told(-1);
	}
	printf("%zu %s\n", jp.jp_valuelen, s);
	free(s);
	jailparam_free(&jp, 1);
	return 0;
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int args;
		int (*run)(int argc, char **argv);
	} verbs[] = {
		{"set", 2, verb_set},
		{"get", 3, verb_get},
		{"list", 0, verb_list},
		{"all", 0, verb_all},
		{"id", 1, verb_id},
		{"name", 1, verb_name},
		{"hostname", 2, verb_hostname},
		{"enter", 2, verb_enter},
		{"attach", 2, verb_attach},
		{"remove", 1, verb_remove},
		{"import", 2, verb_import},
	};

	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (argc > 1 && !strcmp(argv[1], verbs[i].name) &&
		    argc - 2 >= verbs[i].args)
			return verbs[i].run(argc - 2, argv + 2);
	fprintf(stderr, "usage: libjail_probe VERB ARGUMENT...\n");
	return 2;
}
