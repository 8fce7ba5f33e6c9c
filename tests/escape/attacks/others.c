/*
 * others: out by other processes, and by what processes share.
 *
 *	others peek PROC PID	PROC is a /proc in which PID is the host's:
 *				read its memory, its files, signal it
 *	others ipc WORD		(outside) System V segments and queues, POSIX
 *				queue and shared memory with a key or name made
 *				of WORD; then stay
 *	others find WORD	the same objects
 *	others fork N		more than N processes at a time
 */
#include "escape.h"

#include <fcntl.h>
#include <mqueue.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

static int last = ENOENT;

/* --- processes ----------------------------------------------------------- */

static void peek(char **argv)
{
	static const char *const file[] = {"environ", "mem",   "maps",
					   "auxv",    "stack", "syscall"};
	static const char *const dir[] = {"root", "cwd", "fd", "map_files"};
	char path[512], c[16];
	int fd;

	for (size_t i = 0; i < sizeof(file) / sizeof(*file); i++) {
		snprintf(path, sizeof(path), "%s/%s/%s", argv[0], argv[1],
			 file[i]);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd >= 0 &&
		    (read(fd, c, sizeof(c)) > 0 || !strcmp(file[i], "mem")))
			escaped("%s can be read", path);
		last = errno;
	}
	for (size_t i = 0; i < sizeof(dir) / sizeof(*dir); i++) {
		snprintf(path, sizeof(path), "%s/%s/%s/.", argv[0], argv[1],
			 dir[i]);
		if (open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) >= 0)
			escaped("%s can be opened", path);
	}
	snprintf(path, sizeof(path), "%s/%s", argv[0], argv[1]);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		broken("%s: %s", path, strerror(errno));
	if (syscall(SYS_pidfd_send_signal, fd, 0, NULL, 0) == 0)
		escaped("%s can be signalled", path);
	held("%s", strerror(last));
}

/* --- objects with names -------------------------------------------------- */

struct object {
	const char *what;
	int (*get)(const char *word, bool make);
};

static key_t key(const char *word)
{
	key_t k = 0x5e5e;

	while (*word)
		k = k * 31 + *word++;
	return k & 0x7fffffff;
}

static int shm_seg(const char *word, bool make)
{
	return shmget(key(word), 4096, make ? IPC_CREAT | 0666 : 0);
}

static int msg_queue(const char *word, bool make)
{
	return msgget(key(word), make ? IPC_CREAT | 0666 : 0);
}

static int sem_set(const char *word, bool make)
{
	return semget(key(word), 1, make ? IPC_CREAT | 0666 : 0);
}

static int posix_queue(const char *word, bool make)
{
	struct mq_attr a = {.mq_maxmsg = 1, .mq_msgsize = 16};
	char name[64];

	snprintf(name, sizeof(name), "/%s", word);
	return mq_open(name, make ? O_CREAT | O_RDWR : O_RDWR, 0666, &a);
}

static int posix_shm(const char *word, bool make)
{
	char name[64];

	snprintf(name, sizeof(name), "/%s", word);
	return shm_open(name, make ? O_CREAT | O_RDWR : O_RDWR, 0666);
}

static const struct object objects[] = {
	{"a System V shared memory segment", shm_seg},
	{"a System V message queue", msg_queue},
	{"a System V semaphore set", sem_set},
	{"a POSIX message queue", posix_queue},
	{"POSIX shared memory", posix_shm},
};

static void ipc(char **argv)
{
	umask(0);
	for (size_t i = 0; i < sizeof(objects) / sizeof(*objects); i++)
		if (objects[i].get(argv[0], true) < 0)
			broken("%s: %s", objects[i].what, strerror(errno));
	dprintf(1, "ready\n");
	for (;;)
		pause();
}

static void find(char **argv)
{
	for (size_t i = 0; i < sizeof(objects) / sizeof(*objects); i++) {
		if (objects[i].get(argv[0], false) >= 0)
			escaped("%s of others", objects[i].what);
		last = errno;
		if (last != ENOENT && last != ENOSYS && last != EPERM)
			escaped("%s of others: %s", objects[i].what,
				strerror(last));
	}
	held("%s", strerror(last));
}

/* --- numbers ------------------------------------------------------------- */

static void fork_(char **argv)
{
	int n = atoi(argv[0]), i, code = 0;
	int hold[2];

	if (n < 1 || n > 5000 || pipe(hold) < 0)
		broken("fork: 1 to 5000");
	for (i = 0; i < n; i++) {
		pid_t pid = fork();

		if (pid < 0) {
			code = errno;
			break;
		}
		if (!pid) {
			char c;

			close(hold[1]);
			_exit(read(hold[0], &c, 1) < 0);
		}
	}
	close(hold[1]);
	while (wait(NULL) > 0)
		;
	if (i < n)
		held("after %d processes: %s", i, strerror(code));
	escaped("%d processes", n);
}

static const struct {
	const char *name;
	void (*run)(char **argv);
	int words;
} attacks[] = {
	{"peek", peek, 2},
	{"ipc", ipc, 1},
	{"find", find, 1},
	{"fork", fork_, 1},
};

int main(int argc, char **argv)
{
	for (size_t i = 0; argc > 1 && i < sizeof(attacks) / sizeof(*attacks);
	     i++)
		if (!strcmp(argv[1], attacks[i].name) &&
		    argc - 2 >= attacks[i].words)
			attacks[i].run(argv + 2);
	broken("usage: see the head of others.c");
}
