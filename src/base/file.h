/*
 * file: whole files in and out, locks, and paths that a hostile jail may have
 * prepared.  Nothing here writes through a symlink or into a file that was
 * there before, file_poke() excepted; every descriptor is close-on-exec.
 */
#ifndef CB_BASE_FILE_H
#define CB_BASE_FILE_H

#include "base/err.h"

#include <stdbool.h>
#include <sys/types.h>

/*
 * Read a whole file of at most `max` bytes, relative to dirfd.  Follows
 * links: for what a jail has written open with file_open_beneath() first.
 * ret is malloc'd and NUL-terminated, ret_len may be NULL.
 * -EFBIG when larger; errors carry the path and strerror.
 */
int file_read(int dirfd, const char *path, size_t max, char **ret,
	      size_t *ret_len, struct err *e);

/* The rest of what an open descriptor gives; -EFBIG beyond `max` bytes. */
int file_read_fd(int fd, size_t max, char **ret, size_t *ret_len);

/* Write by "PATH.tmp.PID" and rename: readers see the old or the new file. */
int file_write_atomic(int dirfd, const char *path, const char *text,
		      mode_t mode, struct err *e);

/* Plain write to an existing file (procfs, sysfs, cgroupfs). */
int file_poke(int dirfd, const char *path, const char *text, struct err *e);

/* mkdir -p of an absolute or dirfd-relative path; existing ones are fine. */
int file_mkdirs(int dirfd, const char *path, mode_t mode, struct err *e);

/* Remove a tree without crossing into other mounts or following links. */
int file_rmtree(int dirfd, const char *path, struct err *e);

/*
 * Take an exclusive (or shared) flock on a file made if missing.
 * ret_fd: close it to unlock.  Blocks; EINTR is retried.
 */
int file_lock(int dirfd, const char *path, bool shared, int *ret_fd,
	      struct err *e);

/*
 * Open `path` inside the tree at rootfd as if rootfd were "/"
 * (openat2 RESOLVE_IN_ROOT, no magic links): for a jail's files.
 */
int file_open_in_root(int rootfd, const char *path, int flags, mode_t mode,
		      int *ret_fd, struct err *e);

/* As above but no symlink at all may occur on the way. */
int file_open_beneath(int rootfd, const char *path, int flags, mode_t mode,
		      int *ret_fd, struct err *e);

/* And nothing that is mounted, which might keep a reader waiting (FUSE). */
int file_open_same_mount(int rootfd, const char *path, int flags, mode_t mode,
			 int *ret_fd, struct err *e);

#endif
