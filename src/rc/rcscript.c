/*
 * rcscript: runs a local rc.d script.
 *
 * Theory of operation.  The script is text for /bin/sh and finds FreeBSD's
 * commands first in PATH.  What it prints comes back line by line as results;
 * it is not waited for longer than its descriptors stay open by itself: a
 * daemon that it leaves behind keeps the pipe, so the wait ends with the
 * script.  A failing script is reported and does not stop the boot, as on
 * FreeBSD.
 *
 * Scripts begin with `. /etc/rc.subr`.  Where there is none, ours is written:
 * by a boot until stop (a fact in its notes), by service(8) for as long as the
 * script runs.
 */
#include "rc/rcscript.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "jail/prison.h"
#include "rc/rcsubr.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#define SCRIPT_PATH                                                            \
	"PATH=" CELLBLOCK_RUN "/rt/bin:%s/sbin:/bin:/usr/sbin:/usr/bin:/usr/"  \
	"local/sbin:/usr/local/bin"

/* Where FreeBSD's names are when this is not a jail: beside the program. */
static char *own_bin(void)
{
	char exe[4096];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	char *slash;

	if (n <= 0)
		return strdup("");
	exe[n] = '\0';
	slash = strrchr(exe, '/');
	if (!slash)
		return strdup("");
	*slash = '\0';
	return str_printf("%s/bin:", exe);
}

/* In the child; out -1: the caller's own descriptors. */
static void __attribute__((noreturn))
script_exec(char *const *argv, const char *env_path, int out)
{
	char *const envp[] = {(char *)env_path, (char *)"HOME=/",
			      (char *)"RC_PID=1", NULL};
	int null = open("/dev/null", O_RDONLY);
	sigset_t sigs;

	sigemptyset(&sigs);
	sigprocmask(SIG_SETMASK, &sigs, NULL);
	if (out >= 0 && ((null >= 0 && dup2(null, 0) < 0) || dup2(out, 1) < 0 ||
			 dup2(out, 2) < 0))
		_exit(126);
	if (null > 2)
		close(null);
	if (chdir("/") == 0)
		prison_execvp(argv, envp, "");
	_exit(127);
}

/* Complete lines go out; the rest stays. */
static void relay(struct strbuf *b, const struct report *r, bool all)
{
	for (;;) {
		char *nl = memchr(b->s, '\n', b->len);
		size_t len = nl ? (size_t)(nl - b->s) : b->len;

		if (!b->len || (!nl && !all && b->len < 4096))
			return;
		report(r, REPORT_OUT, "%.*s", (int)len, b->s);
		if (nl)
			len++;
		memmove(b->s, b->s + len, b->len - len + 1);
		b->len -= len;
	}
}

static void relay_until(int fd, int pidfd, const struct report *r)
{
	cleanup_strbuf struct strbuf b = STRBUF_INIT;
	struct pollfd p[2] = {{.fd = fd, .events = POLLIN},
			      {.fd = pidfd, .events = POLLIN}};
	char buf[4096];

	while (!p[1].revents || (p[0].revents & POLLIN)) {
		ssize_t n;

		p[0].revents = p[1].revents = 0;
		if (poll(p, 2, -1) < 0 && errno != EINTR)
			break;
		if (!p[0].revents)
			continue;
		n = read(fd, buf, sizeof(buf));
		if (n <= 0) {
			p[0].fd = -1;
			continue;
		}
		strbuf_addn(&b, buf, (size_t)n);
		relay(&b, r, false);
	}
	relay(&b, r, true);
}

/* Start the script; the pipe's reading end in *ret_in, or -1 without one. */
static int script_start(char *const *argv, bool piped, int *ret_in,
			pid_t *ret_pid, struct err *e)
{
	cleanup_free char *bin = own_bin();
	cleanup_free char *env = str_printf(SCRIPT_PATH, bin ? bin : "");
	cleanup_close int in = -1, out = -1;
	int fds[2];
	pid_t pid;

	if (!env)
		return err_nomem(e);
	if (piped) {
		if (pipe2(fds, O_CLOEXEC) < 0)
			return err_sys(e, errno, "pipe");
		in = fds[0];
		out = fds[1];
	}
	pid = fork();
	if (pid < 0)
		return err_sys(e, errno, "fork");
	if (pid == 0)
		script_exec(argv, env, out);
	*ret_in = take_fd(&in);
	*ret_pid = pid;
	return 0;
}

static int script_wait(pid_t pid)
{
	int status = 0;

	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return status;
}

int rcscript_run(const char *path, const char *arg, const struct report *r,
		 struct err *e)
{
	char *const argv[] = {(char *)"/bin/sh", (char *)path, (char *)arg,
			      NULL};
	cleanup_close int in = -1, pidfd = -1;
	int status, ret;
	pid_t pid;

	ret = script_start(argv, true, &in, &pid, e);
	if (ret < 0)
		return ret;
	pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (pidfd >= 0)
		relay_until(in, pidfd, r);
	status = script_wait(pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	if (WIFSIGNALED(status))
		return err_set(e, EIO, "%s %s: died of signal %d", path, arg,
			       WTERMSIG(status));
	return err_set(e, EIO, "%s %s: failed with status %d", path, arg,
		       WEXITSTATUS(status));
}

int rcscript_interactive(const char *path, int nargs, char *const *args,
			 int *ret_status, struct err *e)
{
	cleanup_strv struct strv argv = {0};
	bool made = false;
	int status, in, r;
	pid_t pid;

	r = strv_add(&argv, "/bin/sh") || strv_add(&argv, path);
	for (int i = 0; !r && i < nargs; i++)
		r = strv_add(&argv, args[i]);
	if (r)
		return err_nomem(e);
	if (access(RC_SUBR, F_OK) < 0) {
		r = file_write_atomic(AT_FDCWD, RC_SUBR, rc_subr_text, 0644, e);
		if (r < 0)
			return r;
		made = true;
	}
	r = script_start(argv.v, false, &in, &pid, e);
	if (!r) {
		status = script_wait(pid);
		*ret_status = WIFEXITED(status) ? WEXITSTATUS(status)
						: 128 + WTERMSIG(status);
	}
	if (made)
		unlink(RC_SUBR);
	return r;
}
