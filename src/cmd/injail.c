/* injail: see injail.h. */
#include "cmd/injail.h"

#include "base/err.h"
#include "jail/prison.h"

#include <errno.h>
#include <stdio.h>
#include <sys/wait.h>

struct call {
	int (*fn)(int, char **);
	int argc;
	char **argv;
};

static int call_main(void *data)
{
	const struct call *c = data;
	int status = c->fn(c->argc, c->argv);

	fflush(stdout);
	return status;
}

int injail_try(const char *jail, int (*fn)(int, char **), int argc, char **argv,
	       int *ret_status, struct err *e)
{
	struct call call = {.fn = fn, .argc = argc, .argv = argv};
	struct prison_exec x = {
		.fn = call_main, .data = &call, .stdio = {-1, -1, -1}};
	cleanup_prisons struct prisons *ps = NULL;
	cleanup_prison struct prison p = {0};
	int status = 0, r;
	pid_t pid;

	r = prisons_open(&ps, e);
	if (!r)
		r = prison_get(ps, jail, false, &p, e);
	if (!r)
		r = prison_spawn(ps, &p, &x, &pid, e);
	if (r < 0)
		return r;
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	*ret_status = WIFEXITED(status) ? WEXITSTATUS(status) : 1;
	return 0;
}

int injail(const char *prog, const char *jail, int (*fn)(int, char **),
	   int argc, char **argv)
{
	struct err e = ERR_INIT;
	int status = 0;

	if (injail_try(jail, fn, argc, argv, &status, &e) < 0) {
		fprintf(stderr, "%s: %s\n", prog, e.text);
		return 1;
	}
	return status;
}
