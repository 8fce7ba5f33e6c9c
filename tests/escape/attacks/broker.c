/*
 * broker: asks the broker of the jail it is in, or the one at PATH, to hold a
 * jail to addresses, or to let it go, that is none of its business.
 *
 *	broker [-p PATH] [-n NETNS] set JID[/JID]... MODE4 MODE6 [ADDR...]
 *	broker [-p PATH] [-n NETNS] clear JID[/JID]...
 *	broker [-p PATH] [-n NETNS] open	a connection to the netgraph
 *						of that network stack
 *	broker [-p PATH] [-n NETNS] end		... to end it
 *	broker proxy PATH JID	by a process that connects and ends, so that
 *				its number is free again, with another that
 *				has the connection and asks for all
 *
 * Modes as in ipshare/ipshare.h: 0 disable, 1 new, 2 inherit.
 */
#include "escape.h"

#include "../../tools/brokertalk.h"

#include <sys/wait.h>

static const char *path = TALK_PATH, *netns = "/proc/self/ns/net";
static struct talk t;

static void jids(const char *s)
{
	char *end;

	for (;; s = end + 1) {
		talk_jid(&t, (uint32_t)strtoul(s, &end, 10));
		if (*end != '/')
			return;
	}
}

static void ask(void)
{
	uint8_t buf[sizeof(t.head) + TALK_MAX];
	int fd = open(netns, O_RDONLY | O_CLOEXEC), r;

	if (fd < 0)
		broken("%s: %s", netns, strerror(errno));
	memcpy(buf, &t.head, sizeof(t.head));
	memcpy(buf + sizeof(t.head), t.body, t.n);
	r = talk_send(&t, buf, sizeof(t.head) + t.n, fd, 1);
	if (!r)
		r = talk_answer(&t);
	if (r)
		held("%s", strerror(r));
	if (t.code)
		held("%s", t.text);
	escaped("the broker has done it");
}

static void hello(void)
{
	int r = talk_hello(&t);

	if (r == EPROTO)
		held("%s", t.text);
	if (r)
		held("%s", strerror(r));
}

static void dial(void)
{
	int r = talk_dial(&t, path);

	if (r)
		held("%s: %s", path, strerror(r));
}

/* The connection outlives the one who made it. */
static void proxy(void)
{
	int sp[2], fd = -1;
	union {
		char buf[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} c;
	char byte;
	struct iovec iov = {.iov_base = &byte, .iov_len = 1};
	struct msghdr m = {.msg_iov = &iov,
			   .msg_iovlen = 1,
			   .msg_control = &c,
			   .msg_controllen = sizeof(c)};

	if (socketpair(AF_UNIX, SOCK_DGRAM, 0, sp) < 0)
		broken("socketpair");
	if (!fork()) {
		struct talk out = {.fd = sp[1]};

		dial();
		talk_send(&out, "", 1, t.fd, 1);
		_exit(0);
	}
	wait(NULL);
	if (recvmsg(sp[0], &m, MSG_DONTWAIT) != 1 || !CMSG_FIRSTHDR(&m))
		held("no connection");
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&m)), sizeof(fd));
	t.fd = fd;
}

int main(int argc, char **argv)
{
	while (argc > 2 && argv[1][0] == '-') {
		*(argv[1][1] == 'p' ? &path : &netns) = argv[2];
		argv += 2;
		argc -= 2;
	}
	if (argc > 3 && !strcmp(argv[1], "proxy")) {
		path = argv[2];
		proxy();
		hello();
		t.head.request = 2;
		jids(argv[3]);
		ask();
	}
	if (argc < 2)
		broken("usage");
	dial();
	hello();
	if (!strcmp(argv[1], "open") || !strcmp(argv[1], "end")) {
		t.head.request = argv[1][0] == 'o' ? 3 : 4;
		ask();
	}
	if (argc < 3)
		broken("usage");
	jids(argv[2]);
	t.head.request = !strcmp(argv[1], "set") ? 1 : 2;
	if (t.head.request == 1 && argc > 4)
		talk_addresses(&t, atoi(argv[3]), atoi(argv[4]), 15, argv + 5);
	ask();
	return 2;
}
