/*
 * dp_packets: packets from the broker into the graph and back.
 *
 * Theory of operation.  Into it: our own device ng-loop0 (one end of a pair
 * whose other end is never up) has the data path's program at its egress.  A
 * frame sent there by an AF_PACKET socket, with a hook's slot for its mark,
 * begins a walk out of that hook within the system call; the device itself
 * never gets one.  So data of a socket node has reached other sockets' queues
 * when the call returns.  Frames shorter than a header are padded; the mark
 * has their true length, too.
 *
 * Back: the ring; packets are as the kernel has them (offload.h).
 */
#include "netgraph/dp_kernel.h"

#include "base/cleanup.h"
#include "net/eiface.h"
#include "net/link.h"
#include "net/tc.h"

#include <bpf/libbpf.h>
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/veth.h>
#include <string.h>
#include <sys/socket.h>

#define LOOP_DEVICE "ng-loop0"
#define LOOP_OTHER "ng-loop1"
#define LOOP_MTU 65535
#define SNDBUF (8 * 1024 * 1024)

/* --- our device ---------------------------------------------------------- */

static int loop_make(struct vnet *v, struct err *e)
{
	static const char *const names[] = {LOOP_DEVICE, LOOP_OTHER};
	struct ifinfomsg ifi = {0};
	struct link_nest n;
	struct nlattr *peer;
	struct nlm m;
	int r;

	link_new(&m, LOOP_DEVICE);
	nlm_put_u32(&m, IFLA_GROUP, IF_GROUP_HIDDEN);
	nlm_put_u32(&m, IFLA_MTU, LOOP_MTU);
	n = link_data(&m, "veth");
	peer = nlm_nest(&m, VETH_INFO_PEER);
	nlm_put_raw(&m, &ifi, sizeof(ifi));
	nlm_put_str(&m, IFLA_IFNAME, LOOP_OTHER);
	nlm_put_u32(&m, IFLA_GROUP, IF_GROUP_HIDDEN);
	nlm_nest_end(&m, peer);
	link_nest_end(&m, &n);
	r = nl_talk(v->rt, &m, e, "%s", LOOP_DEVICE);
	if (r >= 0)
		link_v6_off(v, names, ARRAY_SIZE(names));
	return r;
}

static int loop_up(struct vnet *v, int index, struct err *e)
{
	struct nlm m;

	link_set(&m, index, IFF_UP | IFF_NOARP, IFF_UP | IFF_NOARP);
	return nl_talk(v->rt, &m, e, "%s", LOOP_DEVICE);
}

int dpk_loop(struct dp_kernel *k, struct err *e)
{
	int index = vnet_ifindex(k->v, LOOP_DEVICE);
	int r = 0;

	if (index && k->dp.ctl->loopdev == (uint32_t)index)
		return 0;
	if (!index)
		r = loop_make(k->v, e);
	if (r < 0)
		return r;
	index = vnet_ifindex(k->v, LOOP_DEVICE);
	if (!index)
		return err_sys(e, ENODEV, "%s", LOOP_DEVICE);
	/* before it is up: then the kernel has nothing to wait for */
	r = tc_graph_set(k->v, index, TC_EGRESS, k->enter, NGD_CLASS_EGRESS, e);
	if (r >= 0)
		r = loop_up(k->v, index, e);
	if (r >= 0)
		dp_store(&k->dp.ctl->loopdev, (uint32_t)index);
	cleanup_close_p(&k->sock);
	k->sock = -1;
	return r;
}

int dpk_loop_remove(struct vnet *v, struct err *e)
{
	int index = vnet_ifindex(v, LOOP_DEVICE);

	return index ? link_delete(v, index, e) : 0;
}

/* --- into the graph ------------------------------------------------------ */

static int sock_open(struct dp_kernel *k)
{
	int back, fd, size = SNDBUF;
	struct err e;
	int r = vnet_enter(k->v, &back, &e);

	if (r < 0)
		return r;
	/* protocol 0: it receives nothing */
	fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	r = fd < 0 ? -errno : 0;
	vnet_leave(&back);
	if (r < 0)
		return r;
	setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size));
	k->sock = fd;
	return 0;
}

static int send_marked(struct dp_kernel *k, uint32_t hook, const void *data,
		       size_t len)
{
	static const uint8_t zeros[ETH_HLEN];
	struct sockaddr_ll to = {
		.sll_family = AF_PACKET,
		.sll_ifindex = (int)k->dp.ctl->loopdev,
		.sll_protocol = htons(ETH_P_ALL),
	};
	struct iovec iov[] = {
		{(void *)(uintptr_t)data, len},
		{(void *)(uintptr_t)zeros, len < ETH_HLEN ? ETH_HLEN - len : 0},
	};
	union {
		struct cmsghdr h;
		char room[CMSG_SPACE(sizeof(uint32_t))];
	} control;
	struct msghdr m = {
		.msg_name = &to,
		.msg_namelen = sizeof(to),
		.msg_iov = iov,
		.msg_iovlen = 2,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};

	if (len < ETH_HLEN)
		hook |= (uint32_t)(len + 1) << NGD_MARK_SHORT;
	memset(&control, 0, sizeof(control));
	control.h.cmsg_level = SOL_SOCKET;
	control.h.cmsg_type = SO_MARK;
	control.h.cmsg_len = CMSG_LEN(sizeof(hook));
	memcpy(CMSG_DATA(&control.h), &hook, sizeof(hook));
	return sendmsg(k->sock, &m, MSG_DONTWAIT) < 0 ? -errno : 0;
}

int dpk_inject(struct ng_dp *dp, uint32_t hook, const void *data, size_t len)
{
	struct dp_kernel *k = dpk(dp);
	int r = 0;

	if (len > LOOP_MTU + ETH_HLEN)
		return -EMSGSIZE;
	if (k->sock < 0)
		r = sock_open(k);
	if (!r)
		r = send_marked(k, hook, data, len);
	if (r == -ENXIO || r == -ENODEV || r == -ENETDOWN) {
		/* somebody has removed our device, or taken it down */
		dp_store(&dp->ctl->loopdev, 0);
		r = dpk_loop(k, NULL);
		if (!r && k->sock < 0)
			r = sock_open(k);
		if (!r)
			r = send_marked(k, hook, data, len);
	}
	return r == -EAGAIN ? -ENOBUFS : r;
}

/* --- out of it ----------------------------------------------------------- */

static int up_one(void *arg, void *data, size_t size)
{
	struct dp_kernel *k = arg;
	struct ngd_up up;

	if (size < sizeof(up))
		return 0;
	memcpy(&up, data, sizeof(up));
	if (up.len <= size - sizeof(up))
		k->up(&up, (const uint8_t *)data + sizeof(up), k->up_arg);
	return 0;
}

static int ring_open(struct dp_kernel *k)
{
	if (!k->ring)
		k->ring = ring_buffer__new(k->map[DPK_UP], up_one, k, NULL);
	return k->ring ? 0 : -errno;
}

int dpk_up_fd(struct ng_dp *dp)
{
	int r = ring_open(dpk(dp));

	return r < 0 ? r : ring_buffer__epoll_fd(dpk(dp)->ring);
}

int dpk_up_read(struct ng_dp *dp, dp_up_fn *fn, void *arg)
{
	struct dp_kernel *k = dpk(dp);
	int r = ring_open(k);

	/* from within fn: what comes up now is read by the outer one */
	if (r < 0 || k->up)
		return r;
	k->up = fn;
	k->up_arg = arg;
	r = ring_buffer__consume(k->ring);
	k->up = NULL;
	return r;
}

void dpk_packets_free(struct dp_kernel *k)
{
	if (k->ring)
		ring_buffer__free(k->ring);
	cleanup_close_p(&k->sock);
}
