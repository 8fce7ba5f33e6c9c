/*
 * brokerask: a request to the broker of the jail in which it runs, well made
 * or not; prints "ok", or the errno's number and the broker's words.
 *
 *	brokerask [-p PATH] [-n NETNS] set JID[/JID]... MODE4 MODE6 ADDR...
 *	brokerask [-p PATH] clear JID[/JID]...
 *	brokerask [-n NETNS] lasts [JID]
 *	brokerask lasting	the same again and again, until it is killed
 *	brokerask garbage N	N random bytes in place of a request
 *	brokerask raw HEX	a request with this after its nonce
 *	brokerask version N	a request of that version
 *	brokerask nonce		... with another nonce
 *	brokerask fds N JID	... with N descriptors
 *	brokerask notnet N JID	... with one that is no network namespace
 *	brokerask other		... sent by another process
 *	brokerask hold N	N connections that say nothing: "held" when all
 *				are there, until it is killed
 *	brokerask flood N	N connections one after the other, all at once
 *				let go of
 *
 * Modes: 0 disable, 1 new, 2 inherit.  Exit status: 0 ok, 1 refused, 2 no
 * answer.
 */
#include "brokertalk.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/wait.h>

static const char *path = TALK_PATH, *netns = "/proc/self/ns/net";
static struct talk t;

static int no(const char *what, int code)
{
	printf("%s: %s\n", what, strerror(code));
	return 2;
}

static int told(int r)
{
	if (r && r != EPROTO)
		return no("answer", r);
	if (!t.code) {
		puts("ok");
		return 0;
	}
	printf("%u %s\n", t.code, t.text);
	return 1;
}

static void jids(const char *s)
{
	char *end;

	for (;; s = end + 1) {
		talk_jid(&t, (uint32_t)strtoul(s, &end, 10));
		if (*end != '/')
			return;
	}
}

static int begin(void)
{
	int r = talk_dial(&t, path);

	if (r)
		return no("connect", r);
	r = talk_hello(&t);
	if (r == EPROTO)
		return told(r);
	return r ? no("greeting", r) : -1;
}

static int ask(int fds, const char *ns)
{
	uint8_t buf[sizeof(t.head) + TALK_MAX];
	int fd = open(ns, O_RDONLY | O_CLOEXEC), r;

	memcpy(buf, &t.head, sizeof(t.head));
	memcpy(buf + sizeof(t.head), t.body, t.n);
	r = talk_send(&t, buf, sizeof(t.head) + t.n, fd, fds);
	return r ? no("request", r) : told(talk_answer(&t));
}

static int garbage(size_t n)
{
	uint8_t buf[TALK_MAX];
	int r;

	if (n > sizeof(buf) || getrandom(buf, n, 0) != (ssize_t)n)
		return 2;
	r = talk_send(&t, buf, n, 0, 0);
	return r ? no("request", r) : told(talk_answer(&t));
}

static int raw(const char *hex)
{
	unsigned int b;

	for (; sscanf(hex, "%2x", &b) == 1; hex += 2) {
		uint8_t c = (uint8_t)b;

		talk_add(&t, &c, 1);
	}
	/* in the place of depth and zero */
	memcpy(&t.head.depth, t.body, 4);
	memmove(t.body, t.body + 4, t.n - 4);
	t.n -= 4;
	t.head.request = 1;
	return ask(1, netns);
}

static int other(void)
{
	pid_t pid = fork();
	int st;

	if (!pid) {
		talk_request(&t);
		_exit(0);
	}
	waitpid(pid, &st, 0);
	return told(talk_answer(&t));
}

static int many(int n, int keep)
{
	for (int i = 0; i < n; i++) {
		struct talk one = {0};
		int r = talk_dial(&one, path);

		if (r)
			return no("connect", r);
		if (!keep)
			close(one.fd);
	}
	puts(keep ? "held" : "ok");
	fflush(stdout);
	if (keep)
		for (;;)
			pause();
	return 0;
}

_Noreturn static void lasting(void)
{
	for (;;) {
		int r;

		memset(&t, 0, sizeof(t));
		r = begin();
		t.head.request = 5;
		if (r < 0)
			ask(1, netns);
		close(t.fd);
	}
}

int main(int argc, char **argv)
{
	const char *what;
	int r;

	while (argc > 2 && argv[1][0] == '-') {
		*(argv[1][1] == 'p' ? &path : &netns) = argv[2];
		argv += 2;
		argc -= 2;
	}
	what = argc > 1 ? argv[1] : "";
	if (argc > 2 && (!strcmp(what, "hold") || !strcmp(what, "flood")))
		return many(atoi(argv[2]), *what == 'h');
	if (!strcmp(what, "lasting"))
		lasting();
	r = begin();
	if (r >= 0)
		return r;
	if (!strcmp(what, "lasts")) {
		t.head.request = 5;
		if (argc > 2)
			jids(argv[2]);
		return ask(1, netns);
	}
	if (argc > 4 && !strcmp(what, "set")) {
		t.head.request = 1;
		jids(argv[2]);
		talk_addresses(&t, atoi(argv[3]), atoi(argv[4]), 3 | 8,
			       argv + 5);
		return ask(1, netns);
	}
	if (argc > 2 && !strcmp(what, "garbage"))
		return garbage((size_t)atol(argv[2]));
	if (argc > 2 && !strcmp(what, "raw"))
		return raw(argv[2]);
	t.head.request = 2;
	if (argc > 2 && !strcmp(what, "clear")) {
		jids(argv[2]);
		return ask(1, netns);
	}
	jids(argc > 3 ? argv[3] : "1");
	if (argc > 2 && !strcmp(what, "version")) {
		t.head.version = (uint16_t)atoi(argv[2]);
		return ask(1, netns);
	}
	if (!strcmp(what, "nonce")) {
		t.head.nonce[3] ^= 1;
		return ask(1, netns);
	}
	if (argc > 2 && !strcmp(what, "fds"))
		return ask(atoi(argv[2]), netns);
	if (!strcmp(what, "notnet"))
		return ask(1, "/proc/self/ns/uts");
	if (!strcmp(what, "other"))
		return other();
	return 2;
}
