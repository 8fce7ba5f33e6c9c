/* script: see script.h. */
#include "cmd/script.h"

#include "base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>

/* The program of this name that is not ours; malloc'd, NULL: none. */
static char *find(const char *name)
{
	const char *path = getenv("PATH");
	cleanup_strv struct strv dirs = {0};

	if (strv_split(&dirs, path && *path ? path : "/usr/bin:/bin", ":"))
		return NULL;
	for (size_t i = 0; i < dirs.n; i++) {
		cleanup_free char *p = str_printf("%s/%s", dirs.v[i], name);
		cleanup_free char *real = p ? realpath(p, NULL) : NULL;

		/* our names are links to the program or its launcher */
		if (!real || str_suffix(real, "/launch") ||
		    str_suffix(real, "/cellblock") || access(p, X_OK) < 0)
			continue;
		return take_ptr(p);
	}
	return NULL;
}

/* In a child, with these as descriptors 0 and 1 unless they are negative. */
static pid_t begin(const char *path, char *const *argv, int in, int out)
{
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid < 0)
		fprintf(stderr, "%s: fork: %s\n", argv[0], strerror(errno));
	if (pid)
		return pid;
	if ((in < 0 || dup2(in, STDIN_FILENO) >= 0) &&
	    (out < 0 || dup2(out, STDOUT_FILENO) >= 0))
		execv(path, argv);
	_exit(127);
}

static int end(pid_t pid)
{
	int status = 0;

	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int script_system(const struct strv *argv)
{
	cleanup_free char *path = find(argv->v[0]);
	pid_t pid;

	if (!path) {
		fprintf(stderr, "%s: there is no such program\n", argv->v[0]);
		return 127;
	}
	pid = begin(path, argv->v, -1, -1);
	if (pid < 0)
		return 127;
	/* what the terminal sends is for the program */
	signal(SIGINT, SIG_IGN);
	signal(SIGQUIT, SIG_IGN);
	return end(pid);
}

/* A file with this text, to be read from its beginning. */
static int text_fd(const char *text)
{
	cleanup_close int fd = memfd_create("input", MFD_CLOEXEC);
	size_t n = strlen(text);

	if (fd < 0 || write(fd, text, n) != (ssize_t)n ||
	    lseek(fd, 0, SEEK_SET) < 0)
		return -1;
	return take_fd(&fd);
}

int script_read(const struct strv *argv, const char *input, struct strbuf *ret)
{
	cleanup_free char *path = find(argv->v[0]);
	cleanup_close int in = input ? text_fd(input) : -1, from = -1, to = -1;
	char buf[512];
	int fds[2];
	ssize_t n;
	pid_t pid;

	if (!path) {
		fprintf(stderr, "%s: there is no such program\n", argv->v[0]);
		return 127;
	}
	if ((input && in < 0) || pipe2(fds, O_CLOEXEC) < 0)
		return 127;
	from = fds[0];
	to = fds[1];
	pid = begin(path, argv->v, in, to);
	if (pid < 0)
		return 127;
	close(take_fd(&to));
	while ((n = read(from, buf, sizeof(buf))) > 0 ||
	       (n < 0 && errno == EINTR))
		if (n > 0)
			strbuf_addn(ret, buf, (size_t)n);
	return strbuf_failed(ret) ? 127 : end(pid);
}
