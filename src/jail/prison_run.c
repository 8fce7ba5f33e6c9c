/*
 * prison_run: from the one who joins a jail to the program of the jail.
 *
 * Theory of operation.  A program in a jail may be a script that names
 * /proc/self/exe as its interpreter, which is the program of whoever executes
 * it: cellblock itself, or the loader.  The jail would have its file, and
 * where the jail's root is the host's (host.users=inherit) could write to it
 * once nobody runs it (CVE-2019-5736).  So who joins first becomes rt/run
 * (src/init/run.c), from a copy in memory that is sealed and that, where the
 * jail has users of its own, cannot be read either: then the kernel lets
 * nobody in the jail trace it or look at it.
 *
 * The search along PATH is done before, so that what usually goes wrong is
 * still the caller's to tell of.
 */
#include "jail/prison_int.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/str.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#define RUN_MAX 65536
#ifndef MFD_EXEC /* Linux 6.3 */
#define MFD_EXEC 0x10U
#endif

/* Set in the child of a prison_exec that `runs`. */
static int child_fd = -1;

static int copy_make(void)
{
	const unsigned int flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
	int fd = memfd_create("cellblock", flags | MFD_EXEC);

	return fd < 0 && errno == EINVAL ? memfd_create("cellblock", flags)
					 : fd;
}

/* Where the machine has forbidden programs in memory: a read-only mount. */
static int open_mounted(const char *file, int *ret_fd, struct err *e)
{
	cleanup_close int fd = -1;
	int r = mnt_clone(AT_FDCWD, file, false, &fd, e);

	if (!r)
		r = mnt_set(fd, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID, 0, e);
	if (!r)
		*ret_fd = take_fd(&fd);
	return r;
}

int run_open(struct prisons *ps, int *ret_fd, struct err *e)
{
	const int seals =
		F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL;
	cleanup_free char *rt = NULL, *file = NULL, *text = NULL;
	cleanup_close int fd = -1;
	size_t len;
	int r = rt_dir(ps, &rt, e);

	if (r < 0)
		return r;
	file = str_printf("%s/run", rt);
	if (!file)
		return err_nomem(e);
	r = file_read(AT_FDCWD, file, RUN_MAX, &text, &len, e);
	if (r < 0)
		return r;
	fd = copy_make();
	if (fd < 0 && errno == EACCES)
		return open_mounted(file, ret_fd, e);
	if (fd < 0 || write(fd, text, len) != (ssize_t)len ||
	    fchmod(fd, 0111) < 0 || fcntl(fd, F_ADD_SEALS, seals) < 0)
		return err_sys(e, errno, "copy of %s", file);
	/* not the number of a closed standard descriptor, that will be filled
	 */
	*ret_fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	return *ret_fd < 0 ? err_sys(e, errno, "copy of %s", file) : 0;
}

/* May it be executed?  What execve(2) says, without doing it. */
static int candidate(const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EACCES;
	return faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) < 0 ? -errno : 0;
}

/* As execvp(3), but an empty entry of PATH is not the current directory. */
static int find_program(const char *name, const char *path,
			char ret[static RUN_PATH_MAX])
{
	int code = -ENOENT, n, r;
	const char *end;

	if (strchr(name, '/')) {
		n = snprintf(ret, RUN_PATH_MAX, "%s", name);
		return n < RUN_PATH_MAX ? candidate(ret) : -ENAMETOOLONG;
	}
	for (; path && *path; path = *end ? end + 1 : end) {
		end = strchrnul(path, ':');
		if (end == path)
			continue;
		n = snprintf(ret, RUN_PATH_MAX, "%.*s/%s", (int)(end - path),
			     path, name);
		r = n < RUN_PATH_MAX ? candidate(ret) : -ENAMETOOLONG;
		if (r == -EACCES)
			code = r;
		else if (r != -ENOENT && r != -ENOTDIR)
			return r;
	}
	return code;
}

int run_exec(int fd, struct run_text *t, char *const *argv, char *const *envp,
	     const char *path)
{
	char **v = t->argv;
	int r = *argv ? find_program(argv[0], path, t->path) : -EFAULT;

	if (r < 0)
		return r;
	*v++ = t->status;
	*v++ = t->who;
	*v++ = t->path;
	while ((*v++ = *argv++))
		;
	syscall(SYS_execveat, fd, "", t->argv, envp, AT_EMPTY_PATH);
	return -errno;
}

int run_text_make(struct run_text *t, char *const *argv, int status,
		  const char *who)
{
	size_t n = 0;

	while (argv[n])
		n++;
	t->argv = calloc(n + 4, sizeof(*t->argv));
	t->who = str_printf("%s%s", who, n ? argv[0] : "");
	snprintf(t->status, sizeof(t->status), "%d", status);
	return t->argv && t->who ? 0 : -ENOMEM;
}

void run_text_free(struct run_text *t)
{
	free(t->argv);
	free(t->who);
}

void run_child(int fd)
{
	child_fd = fd;
}

int prison_execvp(char *const *argv, char *const *envp, const char *who)
{
	struct run_text t __attribute__((cleanup(run_text_free))) = {0};
	int r;

	if (child_fd < 0) {
		/* at home; PATH is this process's here, too */
		execvpe(argv[0], argv, envp);
		return -errno;
	}
	r = run_text_make(&t, argv, 1, who);
	return r < 0 ? r : run_exec(child_fd, &t, argv, envp, getenv("PATH"));
}
