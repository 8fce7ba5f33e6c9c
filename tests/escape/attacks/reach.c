/*
 * reach: can this be reached from here?
 *
 *	reach read FILE		open it for reading, and read
 *	reach write FILE...	open one of them for writing (nothing is
 *written) reach list DIR NAME	DIR has an entry NAME
 *	reach text WORD		WORD is in the environment, or in that of the
 *				parent, or among the arguments of any process
 *	reach kill PID		send it a signal that does nothing, then SIGKILL
 *	reach trace PID		trace it, by ptrace(2)
 */
#include "escape.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/wait.h>

static void do_read(char **argv)
{
	char c;
	int fd = open(argv[0], O_RDONLY | O_NONBLOCK);

	if (fd < 0)
		held("%s: %s", argv[0], strerror(errno));
	if (read(fd, &c, 1) < 0)
		held("read %s: %s", argv[0], strerror(errno));
	escaped("%s can be read", argv[0]);
}

static void do_write(char **argv)
{
	int fd = -1;

	for (char **p = argv; *p; p++) {
		fd = open(*p, O_WRONLY | O_NONBLOCK);
		if (fd >= 0)
			escaped("%s is open for writing", *p);
		if (errno == ENOENT && p == argv && !p[1])
			held("%s is not there", *p);
	}
	held("%s: %s", argv[0], strerror(errno));
}

static void do_list(char **argv)
{
	char path[4096];
	struct stat st;

	if (!argv[1])
		broken("usage: reach list DIR NAME");
	snprintf(path, sizeof(path), "%s/%s", argv[0], argv[1]);
	if (lstat(path, &st) == 0)
		escaped("%s is there", path);
	held("%s: %s", path, strerror(errno));
}

static void file_has(const char *path, const char *word)
{
	static char buf[1 << 20];
	int fd = open(path, O_RDONLY);
	ssize_t n;

	if (fd < 0)
		return;
	n = read(fd, buf, sizeof(buf));
	close(fd);
	if (n > 0 && memmem(buf, (size_t)n, word, strlen(word)))
		escaped("%s is in %s", word, path);
}

static void do_text(char **argv)
{
	/* in two halves, or it would find its own arguments */
	DIR *proc = opendir("/proc");
	struct dirent *de;
	char word[256], path[300];

	if (!argv[1] || !proc)
		broken("usage: reach text WO RD");
	snprintf(word, sizeof(word), "%s%s", argv[0], argv[1]);
	while ((de = readdir(proc))) {
		if (de->d_name[0] < '1' || de->d_name[0] > '9')
			continue;
		snprintf(path, sizeof(path), "/proc/%s/environ", de->d_name);
		file_has(path, word);
		snprintf(path, sizeof(path), "/proc/%s/cmdline", de->d_name);
		file_has(path, word);
	}
	held("%s is nowhere", word);
}

static void do_kill(char **argv)
{
	pid_t pid = atoi(argv[0]);

	if (kill(pid, 0) < 0)
		held("kill %d: %s", (int)pid, strerror(errno));
	if (kill(pid, SIGKILL) < 0)
		held("kill %d: %s", (int)pid, strerror(errno));
	for (int i = 0; i < 200; i++) {
		char path[64], text[256] = "", *p;
		int fd;

		snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
		fd = open(path, O_RDONLY);
		if (fd < 0)
			escaped("process %d is dead", (int)pid);
		if (read(fd, text, sizeof(text) - 1) <= 0)
			escaped("process %d is dead", (int)pid);
		close(fd);
		p = strrchr(text, ')');
		if (p && (p[2] == 'Z' || p[2] == 'X'))
			escaped("process %d is dead", (int)pid);
		usleep(5000);
	}
	held("process %d lives on", (int)pid);
}

static void do_trace(char **argv)
{
	pid_t pid = atoi(argv[0]);

	if (ptrace(PTRACE_SEIZE, pid, NULL, NULL) < 0)
		held("trace %d: %s", (int)pid, strerror(errno));
	ptrace(PTRACE_INTERRUPT, pid, NULL, NULL);
	waitpid(pid, NULL, __WALL);
	ptrace(PTRACE_DETACH, pid, NULL, NULL);
	escaped("process %d is traced", (int)pid);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*fn)(char **);
	} verbs[] = {{"read", do_read}, {"write", do_write},
		     {"list", do_list}, {"text", do_text},
		     {"kill", do_kill}, {"trace", do_trace}};

	if (argc >= 3)
		for (size_t i = 0; i < sizeof(verbs) / sizeof(*verbs); i++)
			if (!strcmp(argv[1], verbs[i].name))
				verbs[i].fn(argv + 2);
	broken("usage: reach VERB WHAT...");
}
