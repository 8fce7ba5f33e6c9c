/*
 * cleanup: ownership by scope.  Every owning local carries one of these
 * attributes and an initial value; ownership leaves a function only by
 * take_ptr() or take_fd().
 */
#ifndef CB_BASE_CLEANUP_H
#define CB_BASE_CLEANUP_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

static inline void cleanup_free_p(void *p)
{
	free(*(void **)p);
}

static inline void cleanup_close_p(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static inline void cleanup_fclose_p(FILE **f)
{
	if (*f)
		fclose(*f);
}

static inline void cleanup_closedir_p(DIR **d)
{
	if (*d)
		closedir(*d);
}

#define cleanup_free __attribute__((cleanup(cleanup_free_p)))
#define cleanup_close __attribute__((cleanup(cleanup_close_p)))
#define cleanup_fclose __attribute__((cleanup(cleanup_fclose_p)))
#define cleanup_closedir __attribute__((cleanup(cleanup_closedir_p)))

/* Hand over a pointer: yields it and leaves NULL behind. */
#define take_ptr(p)                                                            \
	({                                                                     \
		__auto_type t_ = (p);                                          \
		(p) = NULL;                                                    \
		t_;                                                            \
	})

/* Hand over a descriptor: yields it and leaves -1 behind. */
static inline int take_fd(int *fd)
{
	int t = *fd;

	*fd = -1;
	return t;
}

#endif
