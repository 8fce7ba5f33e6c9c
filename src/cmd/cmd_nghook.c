/*
 * nghook(8): standard input and output as a hook of a netgraph node.
 *
 * One process with two descriptors to read: what comes by the hook is a packet
 * each, what comes on input is a packet for each read(2).  -s and -S take the
 * other descriptor, so that a program that runs nghook can give it one socket
 * for both.
 */
#include "cmd/cmd.h"
#include "cmd/vnetopt.h"

#include "base/cleanup.h"
#include "base/str.h"
#include "net/bsderr.h"
#include "ngctl/ngctl.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#define OUR_HOOK "hook"
#define PACKET_MAX (64 * 1024)

static const char usage_text[] =
	"usage: nghook [-adlnsS] [-m msg]* path [hookname]\n"
	"   or: nghook -e [-n] [-m msg]* path hookname prog [args...]\n";

static struct {
	bool ascii, exec, loop, no_input;
	int in, out;
	struct strv msgs;
} o = {.in = STDIN_FILENO, .out = STDOUT_FILENO};

static int usage(void)
{
	fputs(usage_text, stderr);
	return EX_USAGE;
}

static int fail(int code, const char *what)
{
	if (code)
		fprintf(stderr, "nghook: %s: %s\n", what, bsd_strerror(code));
	else
		fprintf(stderr, "nghook: %s\n", what);
	return EX_OSERR;
}

/* --- the node --- */

static int make_node(const char *path, const char *hook, int *cs, int *ds)
{
	struct ngm_connect m = {.ourhook = OUR_HOOK};

	if (strlen(path) >= sizeof(m.path) ||
	    strlen(hook) >= sizeof(m.peerhook))
		return fail(EINVAL, "can't connect to node");
	str_copy(m.path, sizeof(m.path), path);
	str_copy(m.peerhook, sizeof(m.peerhook), hook);
	if (NgMkSockNode(NULL, cs, ds) < 0)
		return fail(errno, "can't get sockets");
	if (NgSendMsg(*cs, ".", NGM_GENERIC_COOKIE, NGM_CONNECT, &m,
		      sizeof(m)) < 0)
		return fail(errno, "can't connect to node");
	return 0;
}

static int send_msgs(int cs, const char *path)
{
	for (size_t i = 0; i < o.msgs.n; i++) {
		int code;

		if (NgSendAsciiMsg(cs, path, "%s", o.msgs.v[i]) >= 0)
			continue;
		code = errno;
		fprintf(stderr, "nghook: sending message '%s': %s\n",
			o.msgs.v[i], bsd_strerror(code));
		return EX_OSERR;
	}
	return 0;
}

/* --- packets --- */

static int write_all(const void *data, size_t len)
{
	const char *p = data;

	while (len > 0) {
		ssize_t n = write(o.out, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fail(errno, "write(stdout)");
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

static int write_ascii(const void *data, size_t len)
{
	cleanup_strbuf struct strbuf b = STRBUF_INIT;

	ngctl_dump(&b, data, len);
	strbuf_addch(&b, '\n');
	if (strbuf_failed(&b))
		return fail(ENOMEM, "write(stdout)");
	return write_all(b.s, b.len);
}

/* A packet of the hook, and maybe back. */
static int from_hook(int ds, unsigned char *buf)
{
	int len = NgRecvData(ds, buf, PACKET_MAX, NULL), rc;

	if (len < 0)
		return fail(errno, "read(hook)");
	if (!len)
		return fail(0, "read EOF from hook?!");
	rc = o.ascii ? write_ascii(buf, (size_t)len)
		     : write_all(buf, (size_t)len);
	if (!rc && o.loop && NgSendData(ds, OUR_HOOK, buf, (size_t)len) < 0)
		return fail(errno, "write(hook)");
	return rc;
}

static int from_input(int ds, unsigned char *buf)
{
	ssize_t len = read(o.in, buf, PACKET_MAX);

	if (len < 0)
		return errno == EINTR ? 0 : fail(errno, "read(stdin)");
	if (!len)
		return fail(0, "EOF(stdin)");
	if (NgSendData(ds, OUR_HOOK, buf, (size_t)len) < 0)
		return fail(errno, "write(hook)");
	return 0;
}

static int relay(int ds)
{
	struct pollfd p[] = {
		{.fd = ds, .events = POLLIN},
		{.fd = o.no_input ? -1 : o.in, .events = POLLIN},
	};
	cleanup_free unsigned char *buf = malloc(PACKET_MAX);
	int rc = 0;

	if (!buf)
		return fail(ENOMEM, "malloc");
	while (!rc) {
		if (poll(p, ARRAY_SIZE(p), -1) < 0) {
			if (errno == EINTR)
				continue;
			return fail(errno, "poll");
		}
		if (p[0].revents)
			rc = from_hook(ds, buf);
		if (!rc && p[1].revents)
			rc = from_input(ds, buf);
	}
	return rc;
}

/* -e: the program's input and output are the hook. */
static int exec_program(int ds, char **argv)
{
	close(STDIN_FILENO);
	if ((!o.no_input && dup2(ds, STDIN_FILENO) < 0) ||
	    dup2(ds, STDOUT_FILENO) < 0)
		return fail(errno, "dup2");
	execv(argv[0], argv);
	return fail(errno, argv[0]);
}

/* --- options --- */

static int option(int c)
{
	switch (c) {
	case 'a':
		o.ascii = true;
		break;
	case 'd':
		NgSetDebug(NgSetDebug(-1) + 1);
		break;
	case 'e':
		o.exec = true;
		break;
	case 'l':
		o.loop = true;
		break;
	case 'm':
		return strv_add(&o.msgs, optarg) < 0 ? fail(ENOMEM, "-m") : 0;
	case 'n':
		o.no_input = true;
		break;
	case 's':
		o.out = STDIN_FILENO;
		break;
	case 'S':
		o.in = STDOUT_FILENO;
		break;
	default:
		fprintf(stderr,
			c == ':' ? "nghook: option requires an argument -- %c\n"
				 : "nghook: illegal option -- %c\n",
			optopt);
		return usage();
	}
	return 0;
}

int cmd_nghook(int argc, char **argv)
{
	const char *hook = "debug", *path;
	int c, rc, cs = -1, ds = -1;

	if (vnetopt_help(argc, argv, usage_text))
		return 0;
	while ((c = getopt(argc, argv, "+:adelm:nsS")) != -1) {
		rc = option(c);
		if (rc)
			return rc;
	}
	argc -= optind;
	argv += optind;
	if (o.exec && (o.ascii || o.loop)) {
		fputs("conflicting options\n", stderr);
		return usage();
	}
	if (argc < 1 || (o.exec ? argc < 3 : argc > 2))
		return usage();
	path = argv[0];
	if (argc > 1)
		hook = argv[1];
	rc = make_node(path, hook, &cs, &ds);
	if (!rc)
		rc = send_msgs(cs, path);
	if (rc)
		return rc;
	if (o.exec)
		return exec_program(ds, argv + 2);
	if (o.no_input && o.out != STDIN_FILENO)
		close(STDIN_FILENO);
	return relay(ds);
}
