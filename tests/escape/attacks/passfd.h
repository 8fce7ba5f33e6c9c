/*
 * passfd: a descriptor from one process to another by a unix socket that has a
 * path (unix(7), SCM_RIGHTS).
 */
#ifndef CB_TESTS_ESCAPE_PASSFD_H
#define CB_TESTS_ESCAPE_PASSFD_H

#include "escape.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

union passfd_control {
	char buf[CMSG_SPACE(sizeof(int))];
	struct cmsghdr align;
};

static int passfd_socket(const char *path, struct sockaddr_un *ret)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	*ret = (struct sockaddr_un){.sun_family = AF_UNIX};
	strncpy(ret->sun_path, path, sizeof(ret->sun_path) - 1);
	if (fd < 0)
		broken("socket: %s", strerror(errno));
	return fd;
}

/* The one that is given there; -1 when none comes. */
__attribute__((unused)) static int passfd_get(const char *path)
{
	struct sockaddr_un un;
	union passfd_control c = {0};
	char byte;
	struct iovec io = {&byte, 1};
	struct msghdr m = {.msg_iov = &io,
			   .msg_iovlen = 1,
			   .msg_control = &c,
			   .msg_controllen = sizeof(c)};
	int s = passfd_socket(path, &un), fd = -1;
	struct cmsghdr *h;

	if (connect(s, (void *)&un, sizeof(un)) < 0)
		broken("%s: %s", path, strerror(errno));
	if (recvmsg(s, &m, MSG_CMSG_CLOEXEC) == 1 && (h = CMSG_FIRSTHDR(&m)) &&
	    h->cmsg_type == SCM_RIGHTS)
		memcpy(&fd, CMSG_DATA(h), sizeof(fd));
	close(s);
	return fd;
}

/* Print "ready", give it to whoever connects there, for ever. */
__attribute__((unused, noreturn)) static void passfd_give(const char *path,
							  int fd)
{
	struct sockaddr_un un;
	union passfd_control c = {0};
	char byte = 'x';
	struct iovec io = {&byte, 1};
	struct msghdr m = {.msg_iov = &io,
			   .msg_iovlen = 1,
			   .msg_control = &c,
			   .msg_controllen = sizeof(c)};
	struct cmsghdr *h = CMSG_FIRSTHDR(&m);
	int l = passfd_socket(path, &un), s;

	h->cmsg_level = SOL_SOCKET;
	h->cmsg_type = SCM_RIGHTS;
	h->cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(h), &fd, sizeof(fd));
	if (bind(l, (void *)&un, sizeof(un)) < 0 || chmod(path, 0777) < 0 ||
	    listen(l, 8) < 0)
		broken("%s: %s", path, strerror(errno));
	dprintf(1, "ready\n");
	while ((s = accept(l, NULL, NULL)) >= 0) {
		if (sendmsg(s, &m, MSG_NOSIGNAL) < 0)
			dprintf(2, "give: %s\n", strerror(errno));
		close(s);
	}
	broken("accept: %s", strerror(errno));
}

#endif
