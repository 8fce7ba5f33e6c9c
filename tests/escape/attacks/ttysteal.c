/*
 * ttysteal: out by the terminal that whoever runs a command in a jail leaves
 * it: a process that stays behind reads what is typed to the host's shell
 * afterwards, a password say.
 *
 *	ttysteal on COMMAND...	(outside) run COMMAND on a terminal as a shell
 *				does; then somebody types a line: who gets it?
 *	ttysteal take		leave such a process behind
 */
#include "escape.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/ioctl.h>
#include <sys/wait.h>

#define LINE "a password\n"

/* Reads from whatever leads to the terminal, for 4 seconds. */
static void reader(int ready)
{
	const int fds[] = {0, 1, 2, open("/dev/tty", O_RDWR | O_CLOEXEC)};
	char buf[256];

	signal(SIGHUP, SIG_IGN);
	signal(SIGTTIN, SIG_IGN);
	signal(SIGTTOU, SIG_IGN);
	if (write(ready, "", 1) != 1)
		exit(1);
	alarm(4);
	for (;;)
		for (size_t i = 0; i < 4; i++) {
			struct pollfd p = {fds[i], POLLIN, 0};

			tcsetpgrp(fds[i], getpgrp());
			if (poll(&p, 1, 1) > 0 && (p.revents & POLLIN))
				(void)!read(fds[i], buf, sizeof(buf));
		}
}

static void take(void)
{
	int p[2];
	char c;

	if (pipe(p) < 0)
		exit(1);
	if (!fork()) {
		setpgid(0, 0);
		close(p[0]);
		reader(p[1]);
	}
	close(p[1]);
	exit(read(p[0], &c, 1) == 1 ? 0 : 1);
}

/* The host's shell: runs the command in the foreground, then reads a line. */
static void shell(const char *name, int said, char **argv)
{
	int fd, status;
	char buf[256];
	ssize_t n;
	pid_t pid;

	setsid();
	fd = open(name, O_RDWR);
	if (fd < 0 || ioctl(fd, TIOCSCTTY, 0) < 0)
		exit(2);
	for (int i = 0; i < 3; i++)
		dup2(fd, i);
	signal(SIGTTOU, SIG_IGN);
	pid = fork();
	if (!pid) {
		setpgid(0, 0);
		tcsetpgrp(0, getpgrp());
		signal(SIGTTOU, SIG_DFL);
		execvp(argv[0], argv);
		exit(127);
	}
	waitpid(pid, &status, 0);
	tcsetpgrp(0, getpgrp());
	if (!WIFEXITED(status) || WEXITSTATUS(status)) {
		(void)!write(said, "?", 1);
		exit(2);
	}
	(void)!write(said, "r", 1); /* the command is over: type */
	/* a shell prints its prompt, and waits for a person */
	usleep(500000);
	tcsetpgrp(0, getpgrp());
	alarm(3);
	n = read(0, buf, sizeof(buf));
	(void)!write(said, n == sizeof(LINE) - 1 ? "y" : "n", 1);
	exit(0);
}

/* What the command says goes to our stderr. */
static void drain(int master)
{
	char buf[1024];
	struct pollfd p = {master, POLLIN, 0};

	while (poll(&p, 1, 100) > 0 && (p.revents & POLLIN)) {
		ssize_t n = read(master, buf, sizeof(buf));

		if (n <= 0 || write(2, buf, (size_t)n) != n)
			break;
	}
}

static void on(char **argv)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC), said[2];
	char c = 0;

	if (master < 0 || unlockpt(master) < 0 || pipe(said) < 0)
		broken("no terminal: %s", strerror(errno));
	fcntl(said[0], F_SETFD, FD_CLOEXEC);
	fcntl(said[1], F_SETFD, FD_CLOEXEC);
	if (!fork()) {
		close(said[0]);
		shell(ptsname(master), said[1], argv);
	}
	close(said[1]);
	if (read(said[0], &c, 1) != 1 || c != 'r') {
		drain(master);
		broken("the command failed");
	}
	usleep(200000);
	if (write(master, LINE, sizeof(LINE) - 1) < 0)
		broken("typing: %s", strerror(errno));
	if (read(said[0], &c, 1) == 1 && c == 'y')
		held("the host's shell reads what is typed to it");
	escaped("a line typed to the host's shell went to the jail");
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "take"))
		take();
	if (argc > 2 && !strcmp(argv[1], "on"))
		on(argv + 2);
	broken("usage: ttysteal on COMMAND... | take");
}
