/*
 * tunowner: see tunowner.h.  The kernel tells an interface's holder only the
 * other way round: fdinfo of a descriptor on /dev/net/tun has a line
 * "iff:<tab>NAME".  The name alone could be of another vnet, so the process
 * must be in this one; a holder that moved elsewhere is not found.
 */
#include "net/tunowner.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/str.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static bool fd_is(int proc, const char *pid, const char *fd, const char *kname)
{
	char path[64], target[32];
	cleanup_free char *text = NULL, *line = NULL;
	ssize_t n;

	snprintf(path, sizeof(path), "%.16s/fd/%.16s", pid, fd);
	n = readlinkat(proc, path, target, sizeof(target) - 1);
	if (n < 0)
		return false;
	target[n] = 0;
	if (strcmp(target, "/dev/net/tun") != 0)
		return false;
	snprintf(path, sizeof(path), "%.16s/fdinfo/%.16s", pid, fd);
	if (file_read(proc, path, 4096, &text, NULL, NULL) < 0)
		return false;
	line = str_printf("iff:\t%s\n", kname);
	return line && strstr(text, line);
}

static bool process_holds(int proc, const char *pid, const struct vnet *v,
			  const char *kname)
{
	cleanup_closedir DIR *d = NULL;
	const struct dirent *de;
	char path[64];
	struct stat st;
	int fd;

	snprintf(path, sizeof(path), "%.16s/ns/net", pid);
	if (fstatat(proc, path, &st, 0) < 0 || st.st_ino != v->nsino ||
	    st.st_dev != v->nsdev)
		return false;
	snprintf(path, sizeof(path), "%.16s/fd", pid);
	fd = openat(proc, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return false;
	d = fdopendir(fd);
	if (!d) {
		close(fd);
		return false;
	}
	while ((de = readdir(d)))
		if (isdigit((unsigned char)de->d_name[0]) &&
		    fd_is(proc, pid, de->d_name, kname))
			return true;
	return false;
}

pid_t tunowner_find(const struct vnet *v, const struct ifnet *ifp)
{
	cleanup_closedir DIR *d = opendir("/proc");
	const struct dirent *de;

	while (d && (de = readdir(d)))
		if (isdigit((unsigned char)de->d_name[0]) &&
		    process_holds(dirfd(d), de->d_name, v, ifp->kname))
			return (pid_t)atol(de->d_name);
	return 0;
}
