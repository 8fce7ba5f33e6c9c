/* injail: see injail.h. */
#include "cmd/injail.h"

#include "base/cleanup.h"
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

/* What ends the caller is for the process in the jail, which may have a
 * terminal to put in order; then it tells how that has ended. */
static const int passed_on[] = {SIGINT, SIGQUIT, SIGTERM, SIGHUP};
static volatile pid_t inside;

static void pass_on(int sig)
{
	int saved = errno;

	if (inside > 0)
		kill(inside, sig);
	errno = saved;
}

/* Stops when it stops, where there is a shell that knows of it and would go on
 * before that; what continues one continues the other. */
static int wait_end(pid_t pid, const struct sigaction *stop)
{
	struct sigaction now;
	int status = 0;

	for (;;) {
		if (waitpid(pid, &status, WUNTRACED) < 0) {
			if (errno == EINTR)
				continue;
			return status;
		}
		if (!WIFSTOPPED(status))
			return status;
		sigaction(SIGTSTP, stop, &now);
		raise(SIGTSTP);
		sigaction(SIGTSTP, &now, NULL);
	}
}

static int wait_for(pid_t pid)
{
	const struct sigaction on = {.sa_handler = pass_on},
			       ignore = {.sa_handler = SIG_IGN};
	struct sigaction old[ARRAY_SIZE(passed_on)], stop;
	int status;

	inside = pid;
	sigaction(SIGTSTP, &ignore, &stop);
	for (size_t i = 0; i < ARRAY_SIZE(passed_on); i++) {
		sigaction(passed_on[i], NULL, &old[i]);
		if (old[i].sa_handler != SIG_IGN)
			sigaction(passed_on[i], &on, NULL);
	}
	status = wait_end(pid, &stop);
	inside = 0;
	for (size_t i = 0; i < ARRAY_SIZE(passed_on); i++)
		sigaction(passed_on[i], &old[i], NULL);
	sigaction(SIGTSTP, &stop, NULL);
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
	pid_t pid;
	int r;

	sigprocmask(SIG_SETMASK, NULL, &call.mask);
	r = prisons_open(&ps, e);
	if (!r)
		r = prison_get(ps, jail, false, &p, e);
	if (!r)
		r = prison_spawn(ps, &p, &x, &pid, e);
	if (r < 0)
		return r;
	*ret_status = status_of(wait_for(pid));
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
