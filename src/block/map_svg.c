/*
 * map_svg: SVG by Graphviz.  dot(1) reads the drawing from a memory file and
 * writes to a pipe, so neither can wait for the other.
 */
#include "base/cleanup.h"
#include "block/map.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>

extern char **environ;

static int memory_file(const struct strbuf *text, int *ret_fd, struct err *e)
{
	cleanup_close int fd = memfd_create("map.dot", MFD_CLOEXEC);
	size_t off = 0;
	ssize_t n;

	if (fd < 0)
		return err_sys(e, errno, "memfd_create");
	while (off < text->len) {
		n = write(fd, text->s + off, text->len - off);
		if (n < 0)
			return err_sys(e, errno, "memory file");
		off += (size_t)n;
	}
	if (lseek(fd, 0, SEEK_SET) < 0)
		return err_sys(e, errno, "memory file");
	*ret_fd = take_fd(&fd);
	return 0;
}

static int spawn_dot(int in, int out, pid_t *ret, struct err *e)
{
	char *argv[] = {(char *)"dot", (char *)"-Tsvg", NULL};
	posix_spawn_file_actions_t fa;
	int r;

	r = posix_spawn_file_actions_init(&fa);
	if (r)
		return err_sys(e, r, "dot");
	r = posix_spawn_file_actions_adddup2(&fa, in, 0);
	if (!r)
		r = posix_spawn_file_actions_adddup2(&fa, out, 1);
	if (!r)
		r = posix_spawnp(ret, "dot", &fa, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&fa);
	if (r == ENOENT)
		return err_set(e, ENOENT,
			       "--svg needs dot(1), which is not installed "
			       "(Debian package graphviz)");
	return r ? err_sys(e, r, "dot") : 0;
}

static int read_all(int fd, struct strbuf *out, struct err *e)
{
	char buf[16384];
	ssize_t n;

	for (;;) {
		n = read(fd, buf, sizeof(buf));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(e, errno, "dot");
		if (!n)
			return 0;
		strbuf_addn(out, buf, (size_t)n);
	}
}

static int wait_dot(pid_t pid, struct err *e)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return err_sys(e, errno, "dot");
	if (WIFEXITED(status) && !WEXITSTATUS(status))
		return 0;
	if (WIFSIGNALED(status))
		return err_set(e, EIO, "dot was killed by signal %d",
			       WTERMSIG(status));
	return err_set(e, EIO, "dot failed with exit status %d",
		       WEXITSTATUS(status));
}

int map_svg(const struct topo *t, struct strbuf *out, struct err *e)
{
	cleanup_strbuf struct strbuf dot = STRBUF_INIT;
	cleanup_close int in = -1, rd = -1, wr = -1;
	int p[2], r, w;
	pid_t pid;

	r = map_dot(t, &dot, e);
	if (!r)
		r = memory_file(&dot, &in, e);
	if (r)
		return r;
	if (pipe2(p, O_CLOEXEC))
		return err_sys(e, errno, "pipe");
	rd = p[0];
	wr = p[1];
	r = spawn_dot(in, wr, &pid, e);
	if (r)
		return r;
	close(take_fd(&wr));
	r = read_all(rd, out, e);
	close(take_fd(&rd));
	w = wait_dot(pid, r ? NULL : e);
	if (!r && !w && strbuf_failed(out))
		return err_nomem(e);
	return r ? r : w;
}
