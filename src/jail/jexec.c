/*
 * jexec: see jexec.h.
 *
 * Theory of operation.  On FreeBSD jexec(8) becomes the command.  A process
 * cannot move itself into another pid namespace, so here the command is a
 * child, and this process stands in for it towards the caller's shell:
 *
 *  - the session stays the same, no terminal is allocated;
 *  - when we are in the foreground of the terminal, the child gets a process
 *    group of its own and the foreground with it, since inside the jail a
 *    group led by an outsider has no number and no shell could work with it;
 *  - when the child stops (^Z), we take the terminal back and stop too, and
 *    continue it when the shell continues us;
 *  - signals that somebody sends us are sent on to the child; those that the
 *    terminal sends have reached it already;
 *  - our death is the child's.
 */
#include "jail/jexec.h"

#include "base/cleanup.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

static const int passed_on[] = {SIGHUP,	 SIGINT,  SIGQUIT, SIGTERM, SIGUSR1,
				SIGUSR2, SIGALRM, SIGCONT, SIGTSTP};

struct jexec_child {
	const struct prison_exec *x;
	const char *who;
	bool foreground;
	sigset_t mask; /* the caller's */
};

/* In the jail, last thing before the command. */
static int child_main(void *data)
{
	const struct jexec_child *c = data;
	char *const *argv = c->x->argv;
	char who[64];
	int r;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (c->foreground) {
		/* SIGTTOU is blocked, as all that we wait for */
		(void)setpgid(0, 0);
		(void)tcsetpgrp(STDIN_FILENO, getpgrp());
	}
	sigprocmask(SIG_SETMASK, &c->mask, NULL);
	if (c->x->cwd && chdir(c->x->cwd) < 0) {
		dprintf(STDERR_FILENO, "%s: chdir(): %s: %s\n", c->who,
			c->x->cwd, strerror(errno));
		return 1;
	}
	/* in the environment that prison_spawn() has made */
	snprintf(who, sizeof(who), "%s: execvp: ", c->who);
	r = prison_execvp(argv, environ, who);
	dprintf(STDERR_FILENO, "%s%s: %s\n", who, argv[0], strerror(-r));
	return 1;
}

static void block_signals(sigset_t *ret_old)
{
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < ARRAY_SIZE(passed_on); i++)
		sigaddset(&set, passed_on[i]);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGTTOU);
	sigprocmask(SIG_BLOCK, &set, ret_old);
}

/* ^Z in the jail: give the terminal back, stop, and go on together. */
static void stop_with(pid_t pid, bool foreground)
{
	if (foreground)
		(void)tcsetpgrp(STDIN_FILENO, getpgrp());
	raise(SIGSTOP);
	/* continued by `fg` we are the foreground again, by `bg` not */
	if (foreground && tcgetpgrp(STDIN_FILENO) == getpgrp())
		(void)tcsetpgrp(STDIN_FILENO, pid);
	kill(foreground ? -pid : pid, SIGCONT);
}

/* True: the child has ended with *ret_status. */
static bool child_state(pid_t pid, bool foreground, int *ret_status)
{
	int status;

	while (waitpid(pid, &status, WNOHANG | WUNTRACED) > 0) {
		if (!WIFSTOPPED(status)) {
			*ret_status = status;
			return true;
		}
		stop_with(pid, foreground);
	}
	return false;
}

static int stand_in(pid_t pid, bool foreground)
{
	siginfo_t si;
	sigset_t set;
	int status;

	sigemptyset(&set);
	for (size_t i = 0; i < ARRAY_SIZE(passed_on); i++)
		sigaddset(&set, passed_on[i]);
	sigaddset(&set, SIGCHLD);
	while (!child_state(pid, foreground, &status)) {
		int sig = sigwaitinfo(&set, &si);

		if (sig < 0 || sig == SIGCHLD)
			continue;
		if (si.si_code != SI_KERNEL || sig == SIGHUP)
			kill(pid, sig);
	}
	return status;
}

/* Not as one part of a pipe: the others need the terminal, too. */
static bool wants_foreground(void)
{
	return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) &&
	       tcgetpgrp(STDIN_FILENO) == getpgrp();
}

int jexec_run(struct prisons *ps, const struct prison *p,
	      const struct prison_exec *x, const char *who, int *ret_status,
	      struct err *e)
{
	struct jexec_child c = {
		.x = x,
		.who = who,
		.foreground = wants_foreground(),
	};
	struct prison_exec y = *x;
	pid_t pid = 0;
	int r;

	y.fn = child_main;
	y.runs = true;
	y.data = &c;
	y.cwd = NULL; /* its failure is told of by the child */
	block_signals(&c.mask);
	r = prison_spawn(ps, p, &y, &pid, e);
	if (r < 0) {
		sigprocmask(SIG_SETMASK, &c.mask, NULL);
		return r;
	}
	if (c.foreground) {
		(void)setpgid(pid, pid);
		(void)tcsetpgrp(STDIN_FILENO, pid);
	}
	*ret_status = stand_in(pid, c.foreground);
	if (c.foreground)
		(void)tcsetpgrp(STDIN_FILENO, getpgrp());
	sigprocmask(SIG_SETMASK, &c.mask, NULL);
	return 0;
}

void jexec_exit(int status)
{
	/* the core, if any, was the command's */
	const struct rlimit none = {0, 0};
	sigset_t set;

	if (WIFSIGNALED(status)) {
		(void)setrlimit(RLIMIT_CORE, &none);
		signal(WTERMSIG(status), SIG_DFL);
		sigemptyset(&set);
		sigaddset(&set, WTERMSIG(status));
		sigprocmask(SIG_UNBLOCK, &set, NULL);
		raise(WTERMSIG(status));
		exit(128 + WTERMSIG(status));
	}
	exit(WEXITSTATUS(status));
}
