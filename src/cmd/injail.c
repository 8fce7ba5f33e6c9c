/* injail: see injail.h. */
#include "cmd/injail.h"

#include "base/err.h"
#include "jail/prison.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>

struct call {
	int (*fn)(int, char **);
	int argc;
	char **argv;
	sigset_t mask; /* the caller's; who is born in a jail has all blocked */
};

/* It is one with its parent, which waits: neither outlives the other. */
static int call_main(void *data)
{
	const struct call *c = data;
	int status;

	prctl(PR_SET_PDEATHSIG, SIGTERM);
	sigprocmask(SIG_SETMASK, &c->mask, NULL);
	status = c->fn(c->argc, c->argv);
	fflush(stdout);
	return status;
}

/* As a shell would tell of it. */
static int status_of(int status)
{
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
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

	sigprocmask(SIG_SETMASK, NULL, &call.mask);
	r = prisons_open(&ps, e);
	if (!r)
		r = prison_get(ps, jail, false, &p, e);
	if (!r)
		r = prison_spawn(ps, &p, &x, &pid, e);
	if (r < 0)
		return r;
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	*ret_status = status_of(status);
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
