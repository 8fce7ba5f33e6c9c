/* script: see script.h. */
#include "cmd/script.h"

#include "base/cleanup.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
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

int script_system(const struct strv *argv)
{
	cleanup_free char *path = find(argv->v[0]);
	int status = 0;
	pid_t pid;

	if (!path) {
		fprintf(stderr, "%s: there is no such program\n", argv->v[0]);
		return 127;
	}
	fflush(stdout);
	pid = fork();
	if (pid < 0) {
		fprintf(stderr, "%s: fork: %s\n", argv->v[0], strerror(errno));
		return 127;
	}
	if (pid == 0) {
		execv(path, argv->v);
		_exit(127);
	}
	/* what the terminal sends is for the program */
	signal(SIGINT, SIG_IGN);
	signal(SIGQUIT, SIG_IGN);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
