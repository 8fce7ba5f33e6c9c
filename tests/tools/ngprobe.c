/*
 * ngprobe: netgraph(3) from a script, for a program that knows the library
 * only by its headers.  One call a line on standard input, one line of answer
 * each: what came, "ok", or the name of the errno.  Nodes of the program are
 * named by one letter.
 *
 *	mk A [NAME]		make node A; its id in hexadecimal
 *	mkc A [NAME]		with a control socket alone; mkd: data alone
 *	name A PATH NAME
 *	mkpeer A PATH TYPE HOOK PEERHOOK
 *	connect A PATH RELPATH HOOK PEERHOOK
 *	rmhook A PATH HOOK
 *	shutdown A PATH
 *	nolinger A | linger A
 *	msg A PATH WORDS...	NgSendAsciiMsg(); "token" for its token
 *	bad A PATH COOKIE CMD	NgSendMsg() of that without arguments
 *	long A PATH N		NgSendMsg() with N bytes of arguments
 *	reply A			the last message of rmsg, answered
 *	rmsg A			the next message in words: PATH NAME ARGS
 *	rbin A			... not: COOKIE CMD FLAGS ARGLEN
 *	nodes A			all nodes: TYPE:NAME, sorted
 *	datac A HOOK TEXT	NgSendData() to the control socket
 *	msgd A PATH		NgSendMsg() to the data socket
 *	send A HOOK TEXT	NgSendData(); sendn A HOOK N: N bytes
 *	sockname A		LENGTH FAMILY NAME, by getsockname(2)
 *	write A TEXT		plain write(2)
 *	recv A			HOOK TEXT; recvn A: HOOK LENGTH
 *	read A			plain read(2)
 *	poll A			which of "control" and "data" can be read now
 *	wait A			wait until one can
 *	fill A HOOK N SIZE	send so many; how many went, and the errno
 *	drain A			how many packets are there
 *	close A | closec A | closed A
 *	sleepers N		N children with A's sockets, that wait
 *	pid			of this program
 *	#...			is written back
 *
 * What could wait is not called: EAGAIN.
 */
#include <netgraph.h>
#include <netgraph/ng_socket.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WORDS 8
#define NODES 26

static struct node {
	int cs, ds;
} nodes[NODES];

static struct {
	struct ng_mesg m;
	char path[NG_PATHSIZ];
} last;

static void said(int r)
{
	puts(r < 0 ? strerrorname_np(errno) : "ok");
}

static struct node *node_of(const char *letter)
{
	if (*letter < 'A' || *letter > 'Z' || letter[1]) {
		fprintf(stderr, "ngprobe: no node: %s\n", letter);
		exit(2);
	}
	return &nodes[*letter - 'A'];
}

static bool readable(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	if (fd >= 0 && poll(&p, 1, 0) == 1)
		return true;
	errno = fd < 0 ? EBADF : EAGAIN;
	return false;
}

/* --- nodes --- */

static void call_mk(char **w)
{
	unsigned char room[sizeof(struct ng_mesg) + sizeof(struct nodeinfo)];
	struct ng_mesg *m = (struct ng_mesg *)room;
	struct nodeinfo *ni = (struct nodeinfo *)m->data;
	struct node *n = node_of(w[1]);
	const char what = w[0][2];
	int r;

	n->cs = n->ds = -1;
	r = NgMkSockNode(w[2], what == 'd' ? NULL : &n->cs,
			 what == 'c' ? NULL : &n->ds);
	if (r < 0 || what == 'd') {
		said(r);
		return;
	}
	if (NgSendMsg(n->cs, ".", NGM_GENERIC_COOKIE, NGM_NODEINFO, NULL, 0) <
		    0 ||
	    NgRecvMsg(n->cs, m, sizeof(room), NULL) < 0)
		said(-1);
	else
		printf("%x\n", ni->id);
}

static void call_name(char **w)
{
	said(NgNameNode(node_of(w[1])->cs, w[2], "%s", w[3]));
}

static void call_mkpeer(char **w)
{
	struct ngm_mkpeer a = {0};

	snprintf(a.type, sizeof(a.type), "%s", w[3]);
	snprintf(a.ourhook, sizeof(a.ourhook), "%s", w[4]);
	snprintf(a.peerhook, sizeof(a.peerhook), "%s", w[5]);
	said(NgSendMsg(node_of(w[1])->cs, w[2], NGM_GENERIC_COOKIE, NGM_MKPEER,
		       &a, sizeof(a)));
}

static void call_connect(char **w)
{
	struct ngm_connect a = {0};

	snprintf(a.path, sizeof(a.path), "%s", w[3]);
	snprintf(a.ourhook, sizeof(a.ourhook), "%s", w[4]);
	snprintf(a.peerhook, sizeof(a.peerhook), "%s", w[5]);
	said(NgSendMsg(node_of(w[1])->cs, w[2], NGM_GENERIC_COOKIE, NGM_CONNECT,
		       &a, sizeof(a)));
}

static void call_rmhook(char **w)
{
	struct ngm_rmhook a = {0};

	snprintf(a.ourhook, sizeof(a.ourhook), "%s", w[3]);
	said(NgSendMsg(node_of(w[1])->cs, w[2], NGM_GENERIC_COOKIE, NGM_RMHOOK,
		       &a, sizeof(a)));
}

static void call_shutdown(char **w)
{
	said(NgSendMsg(node_of(w[1])->cs, w[2], NGM_GENERIC_COOKIE,
		       NGM_SHUTDOWN, NULL, 0));
}

static void call_linger(char **w)
{
	said(NgSendMsg(node_of(w[1])->cs, ".", NGM_SOCKET_COOKIE,
		       *w[0] == 'n' ? NGM_SOCK_CMD_NOLINGER
				    : NGM_SOCK_CMD_LINGER,
		       NULL, 0));
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void print_nodes(const struct namelist *l)
{
	char **v = calloc(l->numnames + 1, sizeof(*v));

	for (uint32_t i = 0; i < l->numnames; i++)
		if (asprintf(&v[i], "%s:%s", l->nodeinfo[i].type,
			     l->nodeinfo[i].name) < 0)
			exit(1);
	qsort(v, l->numnames, sizeof(*v), compare);
	for (uint32_t i = 0; i < l->numnames; i++) {
		printf("%s%s", i ? " " : "", v[i]);
		free(v[i]);
	}
	putchar('\n');
	free(v);
}

static void call_nodes(char **w)
{
	struct ng_mesg *m = NULL;
	const struct namelist *l;
	int cs = node_of(w[1])->cs;

	if (NgSendMsg(cs, ".", NGM_GENERIC_COOKIE, NGM_LISTNODES, NULL, 0) <
		    0 ||
	    NgAllocRecvMsg(cs, &m, NULL) < 0) {
		said(-1);
		return;
	}
	l = (const struct namelist *)m->data;
	print_nodes(l);
	free(m);
}

/* --- messages --- */

static void call_msg(char **w)
{
	char text[4096] = "";
	size_t n = 0;

	for (int i = 3; w[i]; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s",
				      i > 3 ? " " : "", w[i]);
	said(NgSendAsciiMsg(node_of(w[1])->cs, w[2], "%s", text));
}

static void call_bad(char **w)
{
	said(NgSendMsg(node_of(w[1])->cs, w[2], atoi(w[3]), atoi(w[4]), NULL,
		       0));
}

static void call_long(char **w)
{
	size_t n = (size_t)atol(w[3]);
	void *p = calloc(1, n + 1);

	said(NgSendMsg(node_of(w[1])->cs, w[2], 12345, 1, p, n));
	free(p);
}

static void call_reply(char **w)
{
	said(NgSendReplyMsg(node_of(w[1])->cs, last.path, &last.m, "yes", 4));
}

static void call_rmsg(char **w)
{
	int cs = node_of(w[1])->cs;
	struct ng_mesg *m = NULL;

	if (!readable(cs) || NgAllocRecvAsciiMsg(cs, &m, last.path) < 0) {
		said(-1);
		return;
	}
	last.m = *m;
	printf("%s %s %s%s%s\n", last.path, (char *)m->header.cmdstr, m->data,
	       m->header.flags & NGF_RESP ? " (response)" : "",
	       m->header.arglen == strlen(m->data) + 1 ? "" : " short");
	free(m);
}

static void call_rbin(char **w)
{
	int cs = node_of(w[1])->cs;
	struct ng_mesg *m = NULL;
	int n;

	if (!readable(cs) || (n = NgAllocRecvMsg(cs, &m, last.path)) < 0) {
		said(-1);
		return;
	}
	last.m = *m;
	printf("%s %u %u %u %u%s\n", last.path, m->header.typecookie,
	       m->header.cmd, m->header.flags, m->header.arglen,
	       (size_t)n == sizeof(*m) + m->header.arglen ? "" : " short");
	free(m);
}

static void call_token(char **w)
{
	int cs = node_of(w[1])->cs;
	struct ng_mesg *m = NULL;
	int one = NgSendMsg(cs, ".", NGM_GENERIC_COOKIE, NGM_NODEINFO, NULL, 0);
	int two = NgSendMsg(cs, ".", NGM_GENERIC_COOKIE, NGM_NODEINFO, NULL, 0);

	if (one < 0 || two < 0 || NgAllocRecvMsg(cs, &m, NULL) < 0) {
		said(-1);
		return;
	}
	printf("%s", one != two && m->header.token == (uint32_t)one ? "own"
								    : "others");
	free(m);
	if (NgAllocRecvMsg(cs, &m, NULL) < 0) {
		said(-1);
		return;
	}
	printf(" %s\n", m->header.token == (uint32_t)two ? "own" : "others");
	free(m);
}

/* --- data --- */

static void call_send(char **w)
{
	said(NgSendData(node_of(w[1])->ds, w[2], (unsigned char *)w[3],
			strlen(w[3])));
}

static void call_sendn(char **w)
{
	size_t n = (size_t)atol(w[3]);
	unsigned char *p = malloc(n + 1);

	memset(p, 'x', n);
	said(NgSendData(node_of(w[1])->ds, w[2], p, n));
	free(p);
}

static void call_datac(char **w)
{
	said(NgSendData(node_of(w[1])->cs, w[2], (unsigned char *)w[3],
			strlen(w[3])));
}

static void call_msgd(char **w)
{
	said(NgSendMsg(node_of(w[1])->ds, w[2], NGM_GENERIC_COOKIE,
		       NGM_SHUTDOWN, NULL, 0));
}

static void call_write(char **w)
{
	said((int)write(node_of(w[1])->ds, w[2], strlen(w[2])));
}

static void call_recv(char **w)
{
	int ds = node_of(w[1])->ds, n;
	char hook[NG_HOOKSIZ];
	unsigned char *p;

	if (!readable(ds) || (n = NgAllocRecvData(ds, &p, hook)) < 0) {
		said(-1);
		return;
	}
	if (w[0][4])
		printf("%s %d\n", hook, n);
	else
		printf("%s %.*s\n", hook, n, (char *)p);
	free(p);
}

static void call_read(char **w)
{
	int ds = node_of(w[1])->ds;
	char buf[4096];
	ssize_t n;

	if (!readable(ds) || (n = read(ds, buf, sizeof(buf))) < 0)
		said(-1);
	else
		printf("%zd %.*s\n", n, (int)n, buf);
}

static void call_sockname(char **w)
{
	struct {
		struct sockaddr_ng a;
		char nul;
	} sa = {0};
	socklen_t len = sizeof(sa);

	if (getsockname(node_of(w[1])->cs, (struct sockaddr *)&sa, &len) < 0)
		puts(strerrorname_np(errno));
	else
		printf("%u %u %s\n", len, sa.a.sg_family, sa.a.sg_data);
}

static void call_poll(char **w)
{
	const struct node *n = node_of(w[1]);

	printf("poll%s%s\n", readable(n->cs) ? " control" : "",
	       readable(n->ds) ? " data" : "");
}

static void call_wait(char **w)
{
	const struct node *n = node_of(w[1]);
	struct pollfd p[2] = {{.fd = n->cs, .events = POLLIN},
			      {.fd = n->ds, .events = POLLIN}};

	poll(p, 2, 30000);
	call_poll(w);
}

static void call_fill(char **w)
{
	int ds = node_of(w[1])->ds, want = atoi(w[3]), i, r = 0;
	unsigned char buf[65536] = {0};

	for (i = 0; i < want; i++) {
		r = NgSendData(ds, w[2], buf, (size_t)atoi(w[4]));
		if (r < 0)
			break;
	}
	printf("%d %s\n", i, r < 0 ? strerrorname_np(errno) : "ok");
}

static void call_drain(char **w)
{
	int ds = node_of(w[1])->ds, n = 0;
	unsigned char buf[65536];

	while (readable(ds) && NgRecvData(ds, buf, sizeof(buf), NULL) >= 0)
		n++;
	printf("%d\n", n);
}

/* --- life --- */

static void call_close(char **w)
{
	struct node *n = node_of(w[1]);

	if (w[0][5] != 'd' && n->cs >= 0) {
		close(n->cs);
		n->cs = -1;
	}
	if (w[0][5] != 'c' && n->ds >= 0) {
		close(n->ds);
		n->ds = -1;
	}
	puts("ok");
}

static void call_sleepers(char **w)
{
	for (int i = atoi(w[1]); i > 0; i--)
		if (fork() == 0) {
			/* not what the script comes in by, and goes out by */
			close(0);
			close(1);
			pause();
			_exit(0);
		}
	puts("ok");
}

static void call_pid(char **w)
{
	(void)w;
	printf("%d\n", (int)getpid());
}

static const struct {
	const char *name;
	int words; /* at least */
	void (*fn)(char **w);
} calls[] = {
	{"mk", 2, call_mk},
	{"mkc", 2, call_mk},
	{"mkd", 2, call_mk},
	{"name", 4, call_name},
	{"mkpeer", 6, call_mkpeer},
	{"connect", 6, call_connect},
	{"rmhook", 4, call_rmhook},
	{"shutdown", 3, call_shutdown},
	{"nolinger", 2, call_linger},
	{"linger", 2, call_linger},
	{"nodes", 2, call_nodes},
	{"msg", 4, call_msg},
	{"bad", 5, call_bad},
	{"long", 4, call_long},
	{"reply", 2, call_reply},
	{"rmsg", 2, call_rmsg},
	{"rbin", 2, call_rbin},
	{"token", 2, call_token},
	{"send", 4, call_send},
	{"sendn", 4, call_sendn},
	{"datac", 4, call_datac},
	{"msgd", 3, call_msgd},
	{"write", 3, call_write},
	{"recv", 2, call_recv},
	{"recvn", 2, call_recv},
	{"read", 2, call_read},
	{"sockname", 2, call_sockname},
	{"poll", 2, call_poll},
	{"wait", 2, call_wait},
	{"fill", 5, call_fill},
	{"drain", 2, call_drain},
	{"close", 2, call_close},
	{"closec", 2, call_close},
	{"closed", 2, call_close},
	{"sleepers", 2, call_sleepers},
	{"pid", 1, call_pid},
};

static void run(char *line)
{
	char *w[WORDS + 1] = {0};
	int n = 0;

	for (char *s = strtok(line, " "); s && n < WORDS; s = strtok(NULL, " "))
		w[n++] = s;
	for (size_t i = 0; n && i < sizeof(calls) / sizeof(calls[0]); i++)
		if (!strcmp(calls[i].name, w[0]) && n >= calls[i].words) {
			calls[i].fn(w);
			return;
		}
	fprintf(stderr, "ngprobe: no such call: %s\n", n ? w[0] : "");
	exit(2);
}

int main(void)
{
	char line[4096];

	setvbuf(stdout, NULL, _IOLBF, 0);
	for (int i = 0; i < NODES; i++)
		nodes[i] = (struct node){-1, -1};
	while (fgets(line, sizeof(line), stdin)) {
		line[strcspn(line, "\n")] = '\0';
		if (*line == '#')
			puts(line);
		else if (*line)
			run(line);
	}
	return 0;
}
