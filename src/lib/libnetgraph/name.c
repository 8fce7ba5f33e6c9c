/*
 * name: getsockname(2) of a control socket, which is one of FreeBSD's address
 * family to a program, and of Linux's unix sockets here.
 *
 * The library has a function of that name, which a program finds before the C
 * library's.  It asks the kernel, as that one does; only of a socket that is
 * connected to a broker's it answers what FreeBSD does: the name of the node,
 * as much as the address has room for.
 */
#include "base/cleanup.h"
#include "lib/libnetgraph/internal.h"
#include "netgraph/start.h"

#include <errno.h>
#include <netgraph/ng_socket.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

/* Nobody else has sockets in there. */
static bool is_control(int fd)
{
	struct sockaddr_un peer = {0};
	socklen_t len = sizeof(peer);

	return getpeername(fd, (struct sockaddr *)&peer, &len) == 0 &&
	       peer.sun_family == AF_UNIX &&
	       !strncmp(peer.sun_path, NG_RUN "/", strlen(NG_RUN "/"));
}

static int node_name(int fd, struct sockaddr_ng *ret)
{
	cleanup_close int file = -1;
	bool silent;
	uint32_t id;
	int r = ng_call(fd, WIRE_NAME, "", NULL, 0, &id, &file, &silent);

	if (r < 0)
		return r;
	*ret = (struct sockaddr_ng){.sg_len = sizeof(*ret),
				    .sg_family = AF_NETGRAPH};
	return pread(file, ret->sg_data, sizeof(ret->sg_data), 0) < 0 ? -errno
								      : 0;
}

int getsockname(int fd, __SOCKADDR_ARG addr, socklen_t *restrict len)
{
	socklen_t room = len ? *len : 0;
	struct sockaddr_ng name;
	int r;

	if (syscall(SYS_getsockname, fd, addr.__sockaddr__, len) < 0)
		return -1;
	/* ours has no address */
	if (*len != sizeof(sa_family_t) || !is_control(fd))
		return 0;
	r = node_name(fd, &name);
	if (r < 0) {
		errno = -r;
		return -1;
	}
	memcpy(addr.__sockaddr__, &name,
	       room < sizeof(name) ? room : sizeof(name));
	*len = sizeof(name);
	return 0;
}
