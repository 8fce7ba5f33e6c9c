/* rcdaemon: see rcdaemon.h. */
#include "rc/rcdaemon.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/runtime.h"
#include "base/str.h"
#include "jail/prison.h"
#include "ns/proctext.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>

/* Some have things to say to others before they end. */
#define STOP_MS 3000

/* Start time of a process that is no zombie; false: there is none. */
static bool process_start(pid_t pid, uint64_t *ret)
{
	cleanup_free char *path = str_printf("/proc/%d/stat", (int)pid);
	cleanup_free char *text = NULL;
	char state;

	return path &&
	       file_read(AT_FDCWD, path, 4096, &text, NULL, NULL) == 0 &&
	       proctext_stat(text, &state, ret) == 0 && state != 'Z' &&
	       state != 'X';
}

pid_t rcdaemon_running(const char *file)
{
	cleanup_free char *text = NULL;
	cleanup_strv struct strv w = {0};
	long long pid, start;
	uint64_t now;

	if (file_read(AT_FDCWD, file, 4096, &text, NULL, NULL) < 0 ||
	    strv_split(&w, text, " \n") < 0 || w.n < 2 ||
	    str_to_int(w.v[0], 2, INT32_MAX, &pid) < 0 ||
	    str_to_int(w.v[1], 0, INT64_MAX, &start) < 0)
		return 0;
	return process_start((pid_t)pid, &now) && now == (uint64_t)start
		       ? (pid_t)pid
		       : 0;
}

static void __attribute__((noreturn))
program_exec(const char *path, char *const *argv, char *const *envp)
{
	int null = open("/dev/null", O_RDWR);
	sigset_t sigs;

	sigemptyset(&sigs);
	sigprocmask(SIG_SETMASK, &sigs, NULL);
	if (setsid() < 0 || null < 0 || dup2(null, 0) < 0 ||
	    dup2(null, 1) < 0 || dup2(null, 2) < 0 || chdir("/") < 0)
		_exit(126);
	if (null > 2)
		close(null);
	execve(path, argv, envp);
	_exit(127);
}

/* "PID START [OTHER]": its number also stands in the file OTHER. */
static int note_pid(const char *file, const char *other, pid_t pid,
		    struct err *e)
{
	cleanup_free char *text = NULL, *number = str_printf("%d\n", (int)pid);
	uint64_t start = 0;
	int r;

	if (!process_start(pid, &start))
		return 0; /* ended already: who waits will see */
	text = str_printf("%d %llu %s\n", (int)pid, (unsigned long long)start,
			  other ? other : "");
	if (!number || !text)
		return err_nomem(e);
	r = file_write_atomic(AT_FDCWD, file, text, 0600, e);
	if (!r && other)
		r = file_write_atomic(AT_FDCWD, other, number, 0644, e);
	return r;
}

int rcdaemon_start(const char *file, const char *pidfile, const char *path,
		   char *const *argv, char *const *envp, pid_t *ret_pid,
		   struct err *e)
{
	pid_t pid;
	int r;

	if (access(path, X_OK) < 0)
		return err_sys(e, errno, "%s", path);
	pid = fork();
	if (pid < 0)
		return err_sys(e, errno, "fork");
	if (pid == 0)
		program_exec(path, argv, envp);
	r = note_pid(file, pidfile, pid, e);
	if (r < 0) {
		/* one that nobody could find again must not stay */
		kill(pid, SIGKILL);
		(void)waitpid(pid, NULL, 0);
		return r;
	}
	*ret_pid = pid;
	return 0;
}

void rcdaemon_forget(const char *file)
{
	cleanup_free char *text = NULL;
	char *other, *end;

	if (file_read(AT_FDCWD, file, 4096, &text, NULL, NULL) < 0)
		return;
	other = strchr(text, '/');
	end = other ? strchr(other, '\n') : NULL;
	if (end) {
		*end = '\0';
		unlink(other);
	}
	unlink(file);
}

/* It may be no child of ours. */
static void end_process(pid_t pid)
{
	cleanup_close int fd = (int)syscall(SYS_pidfd_open, pid, 0);
	struct pollfd p = {.fd = fd, .events = POLLIN};

	if (fd < 0)
		return;
	(void)syscall(SYS_pidfd_send_signal, fd, SIGTERM, NULL, 0);
	if (poll(&p, 1, STOP_MS) < 1) {
		(void)syscall(SYS_pidfd_send_signal, fd, SIGKILL, NULL, 0);
		(void)poll(&p, 1, STOP_MS);
	}
	(void)waitpid(pid, NULL, WNOHANG);
}

void rcdaemon_stop(const char *file)
{
	pid_t pid = rcdaemon_running(file);

	if (pid)
		end_process(pid);
	rcdaemon_forget(file);
}

int rcdaemon_command(const char *name, char **ret, struct err *e)
{
	cleanup_free char *path = str_printf(CELLBLOCK_RUN "/rt/bin/%s", name);
	cleanup_free char *rt = NULL;
	int r;

	if (!path)
		return err_nomem(e);
	/* in a jail; elsewhere there is no such link */
	if (access(path, X_OK) < 0) {
		r = runtime_dir(&rt, e);
		if (r < 0)
			return r;
		free(path);
		path = str_printf("%s/bin/%s", rt, name);
		if (!path)
			return err_nomem(e);
	}
	*ret = take_ptr(path);
	return 0;
}
