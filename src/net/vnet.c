/* See vnet.h for the theory of operation. */
#include "net/vnet.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/str.h"
#include "net/ifnet.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE 71
#endif

/*
 * The state directory of a jail lies in a directory that the jail's root
 * writes, so its last component is never followed when it is a symlink.
 */
static int open_statedir(const char *path, int *ret, struct err *e)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	int fd, r;

	fd = open(path, flags);
	if (fd < 0 && errno == ENOENT) {
		r = file_mkdirs(AT_FDCWD, path, 0755, e);
		/* without the right to make it there is no state to read */
		if (r == -EACCES || r == -EPERM || r == -EROFS) {
			err_clear(e);
			return 0;
		}
		if (r < 0)
			return r;
		fd = open(path, flags);
	}
	if (fd < 0)
		return err_sys(e, errno, "%s", path);
	*ret = fd;
	return 0;
}

int vnet_open(int nsfd, const char *statedir, struct vnet **ret, struct err *e)
{
	cleanup_vnet struct vnet *v = calloc(1, sizeof(*v));
	socklen_t len = sizeof(v->cookie);
	struct stat st;
	int r;

	if (!v)
		return err_nomem(e);
	v->statefd = -1;
	if (nsfd < 0)
		v->nsfd = nl_own_netns(e);
	else
		v->nsfd = fcntl(nsfd, F_DUPFD_CLOEXEC, 3);
	if (v->nsfd < 0 || fstat(v->nsfd, &st) < 0)
		return err_sys(e, errno, "network namespace");
	v->nsdev = st.st_dev;
	v->nsino = st.st_ino;
	r = nl_open(NETLINK_ROUTE, nsfd, &v->rt, e);
	if (r < 0)
		return r;
	if (getsockopt(nl_fd(v->rt), SOL_SOCKET, SO_NETNS_COOKIE, &v->cookie,
		       &len) < 0)
		return err_sys(e, errno, "cookie of the network namespace");
	if (statedir) {
		r = open_statedir(statedir, &v->statefd, e);
		if (r < 0)
			return r;
	}
	*ret = take_ptr(v);
	return 0;
}

void vnet_free(struct vnet **vp)
{
	struct vnet *v = take_ptr(*vp);

	if (!v)
		return;
	nl_free(&v->rt);
	nl_free(&v->gen);
	if (v->nsfd >= 0)
		close(v->nsfd);
	if (v->statefd >= 0)
		close(v->statefd);
	free(v);
}

bool vnet_same(const struct vnet *a, const struct vnet *b)
{
	return a->cookie == b->cookie;
}

/* Interface ioctls work on any socket, so the netlink one serves. */
int vnet_ifindex(const struct vnet *v, const char *name)
{
	struct ifreq ifr = {.ifr_ifindex = 0};
	const char *kname = ifname_to_kernel(name);

	if (!*kname || strlen(kname) >= sizeof(ifr.ifr_name))
		return 0;
	str_copy(ifr.ifr_name, sizeof(ifr.ifr_name), kname);
	if (ioctl(nl_fd(v->rt), SIOCGIFINDEX, &ifr) < 0)
		return 0;
	return ifr.ifr_ifindex;
}

bool vnet_ifname(const struct vnet *v, int index, char ret[IFNAMSIZ])
{
	struct ifreq ifr = {.ifr_ifindex = index};

	if (ioctl(nl_fd(v->rt), SIOCGIFNAME, &ifr) < 0)
		return false;
	memcpy(ret, ifr.ifr_name, IFNAMSIZ);
	ret[IFNAMSIZ - 1] = '\0';
	return true;
}

int vnet_enter(const struct vnet *v, int *ret_back, struct err *e)
{
	cleanup_close int self = -1;
	struct stat st;

	self = nl_own_netns(e);
	if (self < 0)
		return self;
	if (fstat(self, &st) < 0)
		return err_sys(e, errno, "own network namespace");
	if (st.st_dev == v->nsdev && st.st_ino == v->nsino) {
		*ret_back = -1;
		return 0;
	}
	/* to enter what one is in asks whether the way back is open */
	if (setns(self, CLONE_NEWNET) < 0 || setns(v->nsfd, CLONE_NEWNET) < 0)
		return err_sys(e, errno, "enter network namespace");
	*ret_back = take_fd(&self);
	return 0;
}

void vnet_leave(int *back)
{
	if (*back < 0)
		return;
	if (setns(*back, CLONE_NEWNET) < 0)
		abort();
	close(take_fd(back));
}

static int sysctl_path(struct strbuf *b, const char *path, struct err *e)
{
	if (strstr(path, "/../"))
		return err_set(e, EINVAL, "%s: bad path", path);
	strbuf_addf(b, "/proc/sys/net/%s", path);
	return strbuf_failed(b) ? err_nomem(e) : 0;
}

int vnet_sysctl_set(const struct vnet *v, const char *path, long long value,
		    struct err *e)
{
	cleanup_strbuf struct strbuf b = STRBUF_INIT;
	char text[32];
	int back, r;

	r = sysctl_path(&b, path, e);
	if (r < 0)
		return r;
	snprintf(text, sizeof(text), "%lld", value);
	r = vnet_enter(v, &back, e);
	if (r < 0)
		return r;
	r = file_poke(AT_FDCWD, b.s, text, e);
	vnet_leave(&back);
	return r;
}

long long vnet_sysctl_get(const struct vnet *v, const char *path,
			  long long dflt)
{
	cleanup_strbuf struct strbuf b = STRBUF_INIT;
	cleanup_free char *text = NULL;
	long long n = dflt;
	size_t len;
	int back;

	if (sysctl_path(&b, path, NULL) < 0 || vnet_enter(v, &back, NULL) < 0)
		return dflt;
	if (file_read(AT_FDCWD, b.s, 64, &text, &len, NULL) == 0) {
		text[strcspn(text, "\n")] = '\0';
		if (str_to_int(text, INT64_MIN, INT64_MAX, &n) < 0)
			n = dflt;
	}
	vnet_leave(&back);
	return n;
}

/* A small file of the registry, hostile or not: 0 bytes when it is no file. */
static void read_beside(const struct vnet *v, const char *path, char *buf,
			size_t size)
{
	cleanup_close int fd = -1;
	struct stat st;
	ssize_t n = 0;

	if (v->statefd >= 0)
		fd = openat(v->statefd, path,
			    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		n = read(fd, buf, size - 1);
	buf[n > 0 ? n : 0] = '\0';
}

long long vnet_kept(const struct vnet *v, const char *name, long long dflt)
{
	char path[128], text[32];
	long long n;

	snprintf(path, sizeof(path), "../sysctl/%s", name);
	read_beside(v, path, text, sizeof(text));
	text[strcspn(text, "\n")] = '\0';
	return str_to_int(text, INT32_MIN, INT32_MAX, &n) < 0 ? dflt : n;
}

void vnet_jail_name(const struct vnet *v, char *buf, size_t size)
{
	static const char key[] = "\nfullname = \"";
	char text[4096];
	char *p;

	buf[0] = '\0';
	text[0] = '\n';
	read_beside(v, "../self", text + 1, sizeof(text) - 1);
	p = strstr(text, key);
	if (!p)
		return;
	p += sizeof(key) - 1;
	p[strcspn(p, "\"\n")] = '\0';
	str_copy(buf, size, p);
}
