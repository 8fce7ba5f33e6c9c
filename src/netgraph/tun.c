/* tun: see tun.h.  netdevice(7), Documentation/networking/tuntap.rst. */
#include "netgraph/tun.h"

#include "base/cleanup.h"
#include "net/link.h"
#include "netgraph/links.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define TUN_DEV "/dev/net/tun"

/* A file of the driver; devices made by it are in v. */
static int tun_file(struct vnet *v)
{
	struct err e = {0};
	int back, fd, r;

	r = vnet_enter(v, &back, &e);
	if (r < 0)
		return r;
	fd = open(TUN_DEV, O_RDWR | O_CLOEXEC | O_NONBLOCK);
	r = fd < 0 ? -errno : fd;
	vnet_leave(&back);
	return r;
}

static int attach(struct vnet *v, const char *name, short flags, int *ret_fd)
{
	struct ifreq ifr = {.ifr_flags = (short)(IFF_TUN | IFF_NO_PI | flags)};
	cleanup_close int fd = tun_file(v);

	if (fd < 0)
		return fd;
	snprintf(ifr.ifr_name, IFNAMSIZ, "%s", name);
	if (ioctl(fd, TUNSETIFF, &ifr) < 0)
		return errno == EBUSY ? -EEXIST : -errno;
	if (ioctl(fd, TUNSETPERSIST, 1) < 0)
		return -errno;
	*ret_fd = fd;
	fd = -1;
	return 0;
}

int tun_make(struct vnet *v, const char *name, int *ret_fd,
	     uint32_t *ret_ifindex)
{
	const char *names[] = {name};
	cleanup_close int fd = -1;
	int r;

	r = attach(v, name, IFF_TUN_EXCL, &fd);
	if (r < 0)
		return r;
	link_v6_off(v, names, 1);
	r = vnet_ifindex(v, name);
	if (r <= 0) {
		tun_remove(fd);
		return -ENXIO;
	}
	*ret_ifindex = (uint32_t)r;
	/* ifconfig and others know it by that (net/eiface.h) */
	ng_link_group(v, *ret_ifindex, IF_GROUP_EIFACE);
	*ret_fd = fd;
	fd = -1;
	return 0;
}

int tun_again(struct vnet *v, uint32_t ifindex, int *ret_fd)
{
	char name[IFNAMSIZ];
	struct ng_link l;

	/* another interface may have got its number */
	if (ng_link_get(v, ifindex, -1, &l) < 0 || strcmp(l.kind, "tun") != 0 ||
	    !vnet_ifname(v, (int)ifindex, name))
		return -ENXIO;
	return attach(v, name, 0, ret_fd);
}

int tun_name(int fd, char ret[IFNAMSIZ])
{
	struct ifreq ifr = {0};

	if (ioctl(fd, TUNGETIFF, &ifr) < 0)
		return -ENXIO;
	memcpy(ret, ifr.ifr_name, IFNAMSIZ);
	ret[IFNAMSIZ - 1] = '\0';
	return 0;
}

void tun_remove(int fd)
{
	ioctl(fd, TUNSETPERSIST, 0);
}

int tun_carrier(int fd, bool up)
{
	int on = up;

	return ioctl(fd, TUNSETCARRIER, &on) < 0 ? -errno : 0;
}

int tun_flags(struct vnet *v, int fd, uint32_t *ret)
{
	char name[IFNAMSIZ];
	struct ng_link l;
	int ifindex, r;

	r = tun_name(fd, name);
	if (r < 0)
		return r;
	ifindex = vnet_ifindex(v, name);
	if (ifindex <= 0)
		return -ENXIO;
	r = ng_link_get(v, (uint32_t)ifindex, -1, &l);
	if (r < 0)
		return r;
	*ret = l.flags;
	return 0;
}
