/*
 * jexec: see jexec.h.
 *
 * Theory of operation.  On FreeBSD jexec(8) becomes the command.  A process
 * cannot move itself into another pid namespace, so here the command is a
 * child, and this process stands in for it towards the caller's shell:
 *
 *  - the child is in a session of its own, and in the foreground of a terminal
 *    gets one of its own (jexec_tty.c);
 *  - when the child stops (^Z), we take the terminal back and stop too, and
 *    continue it when the shell continues us;
 *  - signals that somebody sends us are sent on to the child, those that the
 *    terminal sends to its whole process group;
 *  - our death is the child's.
 */
#include "jail/jexec.h"

#include "base/cleanup.h"
#include "jail/jexec_tty.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>

static const int passed_on[] = {SIGHUP,	 SIGINT,  SIGQUIT, SIGTERM, SIGUSR1,
				SIGUSR2, SIGALRM, SIGCONT, SIGTSTP};

struct jexec_child {
	const struct prison_exec *x;
	const char *who;
	struct jexec_tty tty;
	sigset_t mask; /* the caller's */
	int parent;    /* pidfd */
};

/*
 * Our death is the child's, also one before it could ask for that: its parent
 * is in another pid namespace, so getppid(2) tells nothing.
 */
static void die_with(int parent)
{
	struct pollfd p = {.fd = parent, .events = POLLIN};

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (poll(&p, 1, 0) > 0)
		_exit(1);
	close(parent);
}

/* In the jail, last thing before the command. */
static int child_main(void *data)
{
	const struct jexec_child *c = data;
	char *const *argv = c->x->argv;
	char who[64];
	int r;

	die_with(c->parent);
	if (c->tty.slave >= 0)
		jexec_tty_child();
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

static int block_signals(sigset_t *ret_old)
{
	sigset_t set;
	int fd;

	sigemptyset(&set);
	for (size_t i = 0; i < ARRAY_SIZE(passed_on); i++)
		sigaddset(&set, passed_on[i]);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGWINCH);
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	/* what we do to the terminal shall not stop us */
	sigaddset(&set, SIGTTOU);
	if (fd >= 0)
		sigprocmask(SIG_BLOCK, &set, ret_old);
	return fd;
}

/* ^Z in the jail: give the terminal back, stop, and go on together. */
static void stop_with(struct jexec_tty *t, pid_t pid)
{
	jexec_tty_leave(t);
	raise(SIGSTOP);
	jexec_tty_again(t);
	kill(-pid, SIGCONT);
}

/* True: the child has ended with *ret_status. */
static bool child_state(struct jexec_tty *t, pid_t pid, int *ret_status)
{
	int status;

	while (waitpid(pid, &status, WNOHANG | WUNTRACED) > 0) {
		if (!WIFSTOPPED(status)) {
			*ret_status = status;
			return true;
		}
		stop_with(t, pid);
	}
	return false;
}

static void signal_got(struct jexec_tty *t, pid_t pid,
		       const struct signalfd_siginfo *si)
{
	const int sig = (int)si->ssi_signo;

	if (sig == SIGCHLD)
		return;
	if (sig == SIGWINCH || sig == SIGCONT)
		jexec_tty_again(t);
	if (sig == SIGTSTP)
		/* it would be dropped: no shell is in the child's session */
		kill(-pid, SIGSTOP);
	else if (sig != SIGWINCH)
		kill(si->ssi_code == SI_KERNEL ? -pid : pid, sig);
}

static int stand_in(struct jexec_tty *t, int sigfd, pid_t pid)
{
	struct signalfd_siginfo si;
	int status;

	while (!child_state(t, pid, &status)) {
		jexec_tty_wait(t, sigfd, pid);
		while (read(sigfd, &si, sizeof(si)) == sizeof(si))
			signal_got(t, pid, &si);
	}
	return status;
}

int jexec_run(struct prisons *ps, const struct prison *p,
	      const struct prison_exec *x, const char *who, int *ret_status,
	      struct err *e)
{
	struct jexec_child c = {.x = x, .who = who};
	struct prison_exec y = *x;
	cleanup_close int sigfd = -1, self = -1;
	int way[] = {-1, -1, -1}, r;
	pid_t pid = 0;

	y.fn = child_main;
	y.runs = true;
	y.data = &c;
	y.cwd = NULL; /* its failure is told of by the child */
	self = (int)syscall(SYS_pidfd_open, getpid(), 0);
	if (self < 0)
		return err_sys(e, errno, "pidfd_open");
	c.parent = self;
	y.keep_fds = &c.parent;
	y.nkeep = 1;
	sigfd = block_signals(&c.mask);
	if (sigfd < 0)
		return err_sys(e, errno, "signalfd");
	jexec_tty_open(&c.tty);
	for (int i = 0; i < 3; i++) {
		if (c.tty.slave >= 0 && isatty(i))
			y.stdio[i] = c.tty.slave;
		else if (i || !jexec_tty_foreground())
			y.stdio[i] = way[i] = jexec_tty_one_way(i);
	}
	y.new_session = true;
	r = prison_spawn(ps, p, &y, &pid, e);
	if (!r) {
		jexec_tty_born(&c.tty);
		*ret_status = stand_in(&c.tty, sigfd, pid);
	}
	jexec_tty_close(&c.tty);
	for (int i = 0; i < 3; i++)
		cleanup_close_p(&way[i]);
	sigprocmask(SIG_SETMASK, &c.mask, NULL);
	return r;
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
