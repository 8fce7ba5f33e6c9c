/*
 * tun: point-to-point device of the kernel's tun driver, persistent until
 * destroyed.  A program opens it with TUNSETIFF by name.  Also the creation
 * of tap and vmnet, which are the same driver's.
 */
#include "net/kind_rows.h"

#include "base/cleanup.h"
#include "net/bsderr.h"
#include "net/link.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#define TUN_DEV "/dev/net/tun"

int kind_tun_create(struct vnet *v, const char *type, int unit, short flags,
		    char ret_name[IFNAMSIZ], struct err *e)
{
	struct ifreq ifr = {.ifr_flags =
				    (short)(flags | IFF_NO_PI | IFF_TUN_EXCL)};
	cleanup_close int fd = -1;
	const char *names[] = {ifr.ifr_name};
	int back, r, open_errno;

	snprintf(ifr.ifr_name, IFNAMSIZ, "%s%d", type, unit);
	/* the device belongs to the vnet its file was opened in */
	r = vnet_enter(v, &back, e);
	if (r < 0)
		return r;
	fd = open(TUN_DEV, O_RDWR | O_CLOEXEC);
	open_errno = errno;
	vnet_leave(&back);
	if (fd < 0)
		return bsd_err(e, open_errno, "SIOCIFCREATE2: " TUN_DEV);
	if (ioctl(fd, TUNSETIFF, &ifr) < 0) {
		if (errno == EBUSY)
			return -EEXIST;
		return bsd_err(e, errno, "SIOCIFCREATE2");
	}
	if (ioctl(fd, TUNSETPERSIST, 1) < 0)
		return bsd_err(e, errno, "SIOCIFCREATE2");
	link_v6_off(v, names, 1);
	memcpy(ret_name, ifr.ifr_name, IFNAMSIZ);
	return 0;
}

static int tun_create(struct vnet *v, int unit, int nwords, char **words,
		      int *ret_used, char ret_name[IFNAMSIZ], struct err *e)
{
	(void)nwords;
	(void)words;
	*ret_used = 0;
	return kind_tun_create(v, "tun", unit, IFF_TUN, ret_name, e);
}

const struct ifkind kind_tun = {
	.name = "tun",
	.linux_kind = "tun",
	.clonable = true,
	.group = true,
	.create = tun_create,
	.destroy = kind_destroy_link,
};
