/*
 * vnetmove: move an interface between network namespaces by net/'s if_move.
 *
 *   vnetmove FROM IF TO
 *
 * FROM and TO are names of `ip netns`, or "." for the caller's own; their
 * state directories are /run/cellblock/if and /run/cellblock/if-NAME.  Exit
 * status 1 with the error's text when it fails.
 */
#include "base/cleanup.h"
#include "net/kind.h"
#include "net/vnet.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

static int open_named(const char *name, struct vnet **ret, struct err *e)
{
	char path[256], state[256];
	cleanup_close int fd = -1;

	if (!strcmp(name, "."))
		return vnet_open(-1, VNET_STATEDIR, ret, e);
	snprintf(path, sizeof(path), "/run/netns/%s", name);
	snprintf(state, sizeof(state), "%s-%s", VNET_STATEDIR, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return err_sys(e, ENOENT, "%s", path);
	return vnet_open(fd, state, ret, e);
}

int main(int argc, char **argv)
{
	cleanup_vnet struct vnet *from = NULL, *to = NULL;
	struct err e = ERR_INIT;

	if (argc != 4) {
		fprintf(stderr, "usage: vnetmove from interface to\n");
		return 2;
	}
	if (open_named(argv[1], &from, &e) < 0 ||
	    open_named(argv[3], &to, &e) < 0 ||
	    if_move(from, argv[2], to, &e) < 0) {
		fprintf(stderr, "%s\n", e.text);
		return 1;
	}
	return 0;
}
