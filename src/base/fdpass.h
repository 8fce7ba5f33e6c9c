/*
 * fdpass: descriptors that come along with messages of unix sockets
 * (SCM_RIGHTS of unix(7)).
 */
#ifndef CB_BASE_FDPASS_H
#define CB_BASE_FDPASS_H

#include <sys/socket.h>

/* Where a message has the one that it brings along. */
union fdpass {
	char buf[CMSG_SPACE(sizeof(int))];
	struct cmsghdr align;
};

/* m takes fd along; m borrows *c, which is filled in. */
void fdpass_put(struct msghdr *m, union fdpass *c, int fd);
/* The first descriptor that came along with m goes to *ret, which is the
 * caller's from then on; all others are closed, and if *ret has one already,
 * all are.  *ret is untouched if there is none. */
void fdpass_take(struct msghdr *m, int *ret);

#endif
