/*
 * ng_device: interfaces as ports of a graph in the kernel (ng_world.h): what a
 * packet socket on ngethN sends walks as a host's packets do, with remembered
 * verdicts, and what arrives there is noted as that of a hook of me.
 */
#ifndef CB_TESTS_NG_DEVICE_H
#define CB_TESTS_NG_DEVICE_H

#include "ng_world.h"

#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define DEVICES 64

static struct device {
	char port[16];
	struct ng_node *node;
	int fd;
} devices[DEVICES];
static size_t ndevices;

/* Nobody but the test sends: for interfaces to come. */
static void devices_quiet(void)
{
	int fd = open("/proc/sys/net/ipv6/conf/default/disable_ipv6",
		      O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return; /* no IPv6 */
	ATF_REQUIRE_EQ(1, write(fd, "1", 1));
	close(fd);
}

/* The kernel sees a moment later that our end of the pair is up, and sends
 * nothing by it before: wait until it does. */
static void device_wait(int fd, const char *name)
{
	struct sockaddr_ll to = {.sll_family = AF_PACKET, .sll_halen = 6};
	char ours[NG_NODESIZ + 4];
	uint8_t f[60];

	snprintf(ours, sizeof(ours), "ng-%s", name);
	to.sll_ifindex = (int)if_nametoindex(ours);
	frame(f, 0xff, 3, 0x88b4);
	for (int i = 0; i < 2000; i++) {
		struct pollfd p = {.fd = fd, .events = POLLIN};

		sendto(fd, f, sizeof(f), 0, (const struct sockaddr *)&to,
		       sizeof(to));
		if (poll(&p, 1, 5) > 0)
			break;
	}
	while (recv(fd, f, sizeof(f), MSG_DONTWAIT) > 0)
		;
}

/* Up, and heard. */
static int device_open(const char *name)
{
	struct sockaddr_ll at = {.sll_family = AF_PACKET,
				 .sll_protocol = htons(ETH_P_ALL),
				 .sll_ifindex = (int)if_nametoindex(name)};
	struct ifreq ifr = {0};
	int one = 1, fd;

	fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	ATF_REQUIRE(fd >= 0 && at.sll_ifindex);
	str_copy(ifr.ifr_name, sizeof(ifr.ifr_name), name);
	ATF_REQUIRE_EQ(0, ioctl(fd, SIOCGIFFLAGS, &ifr));
	ifr.ifr_flags |= IFF_UP | IFF_NOARP;
	ATF_REQUIRE_EQ(0, ioctl(fd, SIOCSIFFLAGS, &ifr));
	ATF_REQUIRE_EQ(0, setsockopt(fd, SOL_PACKET, PACKET_AUXDATA, &one,
				     sizeof(one)));
	ATF_REQUIRE_EQ(0, bind(fd, (const struct sockaddr *)&at, sizeof(at)));
	device_wait(fd, name);
	return fd;
}

/* An eiface node for n's hook, which is port `port`. */
static void device_new(const char *port, struct ng_node *n, const char *hook)
{
	struct device *d = &devices[ndevices++];

	ATF_REQUIRE(ndevices <= DEVICES);
	*d = (struct device){0};
	str_copy(d->port, sizeof(d->port), port);
	ATF_REQUIRE_EQ(0, ng_mkpeer(n, hook, "ether", "eiface", &d->node));
	d->fd = device_open(d->node->name);
}

static struct device *device_find(const char *port)
{
	for (size_t i = 0; i < ndevices; i++)
		if (!strcmp(devices[i].port, port))
			return &devices[i];
	return NULL;
}

/* Is it connected? */
static bool device_there(const char *port)
{
	const struct device *d = device_find(port);

	return d && ng_hook_by_name(d->node, "ether");
}

/* The tag that the kernel has beside the packet goes where it was. */
static void device_tag(struct got *got, const struct msghdr *m)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c;
	     c = CMSG_NXTHDR((struct msghdr *)m, c)) {
		struct tpacket_auxdata aux;
		uint16_t tag[2];

		if (c->cmsg_level != SOL_PACKET ||
		    c->cmsg_type != PACKET_AUXDATA)
			continue;
		memcpy(&aux, CMSG_DATA(c), sizeof(aux));
		if (!(aux.tp_status & TP_STATUS_VLAN_VALID))
			continue;
		tag[0] = htons(aux.tp_status & TP_STATUS_VLAN_TPID_VALID
				       ? aux.tp_vlan_tpid
				       : ETH_P_8021Q);
		tag[1] = htons(aux.tp_vlan_tci);
		memmove(got->data + 16, got->data + 12, got->len - 12);
		memcpy(got->data + 12, tag, 4);
		got->len += 4;
	}
}

/* The next that has arrived there; false: none. */
static bool device_next(const struct device *d)
{
	struct got *got = &world.got[world.ngot];
	char control[256];
	struct sockaddr_ll from;
	struct iovec iov;
	struct msghdr m = {.msg_name = &from,
			   .msg_iov = &iov,
			   .msg_iovlen = 1,
			   .msg_control = control};
	ssize_t n;

	got->data = malloc(2048);
	ATF_REQUIRE(got->data != NULL);
	iov = (struct iovec){got->data, 2000};
	do {
		m.msg_namelen = sizeof(from);
		m.msg_controllen = sizeof(control);
		n = recvmsg(d->fd, &m, MSG_DONTWAIT);
	} while (n >= 0 && from.sll_pkttype == PACKET_OUTGOING);
	if (n < 0) {
		free(got->data);
		return false;
	}
	got->len = (size_t)n;
	str_copy(got->hook, sizeof(got->hook), d->port);
	device_tag(got, &m);
	ATF_REQUIRE(++world.ngot < WORLD_GOT);
	return true;
}

/* Sent by a port, which may be a hook of me; `expected` packets are to arrive
 * anywhere, and are waited for. */
static void device_push(const char *port, const void *data, size_t len,
			size_t expected)
{
	const struct device *d = device_find(port);
	struct pollfd p[DEVICES];
	int r = 1;

	if (d) {
		world_forget();
		ATF_REQUIRE_EQ((ssize_t)len, send(d->fd, data, len, 0));
	} else {
		push(port, data, len);
	}
	for (size_t i = 0; i < ndevices; i++)
		p[i] = (struct pollfd){.fd = devices[i].fd, .events = POLLIN};
	do {
		for (size_t i = 0; i < ndevices; i++)
			while (device_next(&devices[i]))
				;
		ATF_REQUIRE(ng_graph_drain(world.g) >= 0);
		if (world.ngot < expected)
			r = poll(p, ndevices, 2000);
	} while (world.ngot < expected && r > 0);
}

static void devices_end(void)
{
	for (size_t i = 0; i < ndevices; i++) {
		close(devices[i].fd);
		ng_node_shutdown(devices[i].node);
	}
	ndevices = 0;
}

#endif
