/*
 * jexec_tty: a terminal of its own for a command in a jail.
 *
 * Theory of operation.  A process that has the caller's terminal open can
 * read from it whenever it likes, also when the command is over and the
 * caller's shell reads a password: there is no taking it away again.  So the
 * command gets a terminal made for it, which ends with it, and what is typed
 * and printed is carried between the two.  The outer one is raw meanwhile:
 * ^C and the like are characters to us and signals in the inner one.  Commands
 * that nobody talks with get the terminal for writing only; in all cases they
 * are in a session of their own, for which /dev/tty is not ours.  What is left
 * is the command at the head of a pipe, whose keyboard is shared with the
 * others of the pipe and can only be given as it is.
 *
 * ^Z is different.  The command leads a session without a shell to continue
 * it, and the kernel then drops SIGTSTP.  So when ^Z is typed while the
 * command's own process group has the inner foreground (not a job of a shell
 * that is the command), and the command has made no arrangements for SIGTSTP,
 * its group is stopped from here, and jexec stops as well.
 */
#include "jail/jexec_tty.h"

#include "base/cleanup.h"
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#ifndef TIOCGPTPEER
#define TIOCGPTPEER _IO('T', 0x41)
#endif

bool jexec_tty_foreground(void)
{
	return tcgetpgrp(STDIN_FILENO) == getpgrp();
}

int jexec_tty_one_way(int fd)
{
	char path[64];

	if (!isatty(fd))
		return -1;
	if (fd == STDIN_FILENO)
		return open("/dev/null", O_RDONLY | O_CLOEXEC);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return open(path, O_WRONLY | O_NOCTTY | O_CLOEXEC);
}

static void copy_size(const struct jexec_tty *t)
{
	struct winsize w;

	if (ioctl(STDIN_FILENO, TIOCGWINSZ, &w) == 0)
		(void)ioctl(t->master, TIOCSWINSZ, &w);
}

void jexec_tty_open(struct jexec_tty *t)
{
	cleanup_close int master = -1, slave = -1;

	*t = (struct jexec_tty){.master = -1, .slave = -1};
	/* not as one part of a pipe: the others need the terminal, too */
	if (!isatty(STDOUT_FILENO) || tcgetattr(STDIN_FILENO, &t->outer) < 0 ||
	    !jexec_tty_foreground())
		return;
	master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
	if (master < 0 || unlockpt(master) < 0)
		return;
	slave = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (slave < 0 || tcsetattr(slave, TCSANOW, &t->outer) < 0)
		return;
	t->master = take_fd(&master);
	t->slave = take_fd(&slave);
	copy_size(t);
}

void jexec_tty_child(void)
{
	(void)ioctl(STDIN_FILENO, TIOCSCTTY, 0);
}

void jexec_tty_again(struct jexec_tty *t)
{
	struct termios raw = t->outer;

	if (t->master < 0 || !jexec_tty_foreground())
		return;
	cfmakeraw(&raw);
	t->active = tcsetattr(STDIN_FILENO, TCSADRAIN, &raw) == 0;
	copy_size(t);
}

void jexec_tty_leave(struct jexec_tty *t)
{
	if (t->active)
		(void)tcsetattr(STDIN_FILENO, TCSADRAIN, &t->outer);
	t->active = false;
}

void jexec_tty_born(struct jexec_tty *t)
{
	if (t->slave >= 0)
		close(take_fd(&t->slave));
	jexec_tty_again(t);
}

/* Would the command do something of its own about SIGTSTP? */
static bool handles_stop(pid_t child)
{
	cleanup_free char *text = NULL;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/status", (int)child);
	if (file_read(AT_FDCWD, path, 65536, &text, NULL, NULL) < 0)
		return true;
	for (size_t i = 0; i < 2; i++) {
		const char *key = i ? "\nSigCgt:" : "\nSigIgn:";
		const char *at = strstr(text, key);

		if (!at ||
		    strtoull(at + strlen(key), NULL, 16) >> (SIGTSTP - 1) & 1)
			return true;
	}
	return false;
}

/* What is typed, up to and without a ^Z that is ours to act on. */
static void read_typed(struct jexec_tty *t, pid_t child)
{
	ssize_t n = read(STDIN_FILENO, t->in, sizeof(t->in));
	struct termios inner;
	const char *z;

	t->from = 0;
	t->to = n > 0 ? (size_t)n : 0;
	if (n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN)) {
		/* the outer terminal is gone: as for any program on it */
		t->active = false;
		kill(child, SIGHUP);
		return;
	}
	if (!t->to || tcgetattr(t->master, &inner) < 0 ||
	    !(inner.c_lflag & ISIG) || inner.c_cc[VSUSP] == _POSIX_VDISABLE)
		return;
	z = memchr(t->in, inner.c_cc[VSUSP], t->to);
	if (!z || tcgetpgrp(t->master) != child || handles_stop(child))
		return;
	t->to = (size_t)(z - t->in); /* what follows is lost, as by ^Z */
	kill(-child, SIGSTOP);
}

static void give(struct jexec_tty *t)
{
	ssize_t n = write(t->master, t->in + t->from, t->to - t->from);

	if (n > 0)
		t->from += (size_t)n;
	else if (n < 0 && errno != EAGAIN && errno != EINTR)
		t->from = t->to;
}

/* False: there is nothing, or nobody, any more. */
static bool take(struct jexec_tty *t)
{
	char buf[4096];
	ssize_t n = read(t->master, buf, sizeof(buf)), w;

	for (ssize_t done = 0; done < n; done += w) {
		w = write(STDOUT_FILENO, buf + done, (size_t)(n - done));
		if (w < 0 && errno == EINTR)
			w = 0;
		else if (w <= 0)
			return false;
	}
	if (n < 0 && errno == EIO)
		t->hung = true;
	return n > 0;
}

void jexec_tty_wait(struct jexec_tty *t, int sigfd, pid_t child)
{
	for (;;) {
		const bool typed = t->from < t->to;
		struct pollfd p[] = {
			{.fd = sigfd, .events = POLLIN},
			{.fd = t->hung ? -1 : t->master,
			 .events = (short)(POLLIN | (typed ? POLLOUT : 0))},
			{.fd = t->active && !typed ? STDIN_FILENO : -1,
			 .events = POLLIN},
		};

		if (poll(p, ARRAY_SIZE(p), -1) < 0)
			return;
		if (p[1].revents & POLLOUT)
			give(t);
		if (p[1].revents & (POLLIN | POLLHUP))
			take(t);
		if (p[2].revents)
			read_typed(t, child);
		if (p[0].revents)
			return;
	}
}

void jexec_tty_close(struct jexec_tty *t)
{
	if (t->slave >= 0)
		close(take_fd(&t->slave));
	if (t->master < 0)
		return;
	while (take(t))
		;
	jexec_tty_leave(t);
	close(take_fd(&t->master));
}
