/* server: see server.h. */
#include "netgraph/server.h"

#include "base/cleanup.h"
#include "base/str.h"
#include "netgraph/dp.h"
#include "netgraph/journal.h"
#include "netgraph/links.h"
#include "netgraph/server_int.h"
#include "netgraph/type.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <syslog.h>
#include <time.h>

#define BACKLOG 128
#define NS UINT64_C(1000000000)
/* So long it waits for the next one who wants something. */
#define IDLE_NS (2 * NS)
#define BUCKETS 256

/* What the loop does for one node. */
struct served {
	struct ng_node *node;
	struct served *next; /* in its bucket */
	bool busy;
	uint64_t when; /* 0: no timer */
	ng_timer_fn *fn;
	size_t at; /* in the heap of timers */
	struct watch *watches;
};

struct watch {
	struct source src;
	struct ng_node *node;
	ng_fd_fn *fn;
	struct watch *next;
};

struct ng_server {
	int epfd;
	int closed; /* an epoll set for ends of programs' sockets alone */
	int spare;  /* a descriptor to be given up, see turn_away() */
	bool settling;
	struct source listen, links_src, up_src;
	struct ng_dp *dp;
	struct ng_graph *g;
	struct ng_journal *j;
	struct ng_links *links;
	struct clients clients;
	bool reap;
	struct served *served[BUCKETS];
	struct served **heap; /* the earliest first */
	size_t nheap, heap_size;
	size_t nbusy;
	uint64_t idle; /* since then nobody wants anything; 0: somebody does */
};

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * NS + (uint64_t)ts.tv_nsec;
}

struct ng_graph *server_graph(struct ng_server *s)
{
	return s->g;
}

void server_reap_later(struct ng_server *s)
{
	s->reap = true;
}

/* --- descriptors --------------------------------------------------------- */

int source_add(struct ng_server *s, struct source *src, uint32_t events)
{
	struct epoll_event ev = {.events = events, .data.ptr = src};

	if (events & EPOLLRDHUP) {
		struct epoll_event end = {.events = EPOLLRDHUP,
					  .data.ptr = src};

		if (epoll_ctl(s->closed, EPOLL_CTL_ADD, src->fd, &end) < 0)
			return -errno;
	}
	src->server = s;
	return epoll_ctl(s->epfd, EPOLL_CTL_ADD, src->fd, &ev) < 0 ? -errno : 0;
}

/* One event is taken at a time, so there is none of it in anybody's hands. */
static void source_remove(struct source *src)
{
	if (src->fd >= 0 && src->server) {
		epoll_ctl(src->server->epfd, EPOLL_CTL_DEL, src->fd, NULL);
		epoll_ctl(src->server->closed, EPOLL_CTL_DEL, src->fd, NULL);
	}
	src->server = NULL;
}

void source_close(struct source *src)
{
	source_remove(src);
	if (src->fd >= 0)
		close(take_fd(&src->fd));
}

void server_settle(struct ng_server *s)
{
	struct epoll_event ev;

	if (s->settling)
		return;
	s->settling = true;
	/* each call takes one packet, the last one the end */
	while (epoll_wait(s->closed, &ev, 1, 0) == 1) {
		struct source *src = ev.data.ptr;

		src->fn(src, EPOLLIN | ev.events);
		clients_reap(&s->clients);
	}
	s->settling = false;
}

/* --- what nodes want of the loop ----------------------------------------- */

static size_t bucket_of(const struct ng_node *n)
{
	return ((uintptr_t)n >> 6) % BUCKETS;
}

static struct served *served_find(struct ng_server *s, const struct ng_node *n)
{
	struct served *v = s->served[bucket_of(n)];

	while (v && v->node != n)
		v = v->next;
	return v;
}

static struct served *served_get(struct ng_server *s, struct ng_node *n)
{
	struct served *v = served_find(s, n);

	if (v)
		return v;
	v = calloc(1, sizeof(*v));
	if (!v)
		return NULL;
	v->node = n;
	v->next = s->served[bucket_of(n)];
	s->served[bucket_of(n)] = v;
	return v;
}

static void heap_put(struct ng_server *s, size_t at, struct served *v)
{
	s->heap[at] = v;
	v->at = at;
}

static void heap_up(struct ng_server *s, size_t at, struct served *v)
{
	for (; at && s->heap[(at - 1) / 2]->when > v->when; at = (at - 1) / 2)
		heap_put(s, at, s->heap[(at - 1) / 2]);
	heap_put(s, at, v);
}

static void heap_down(struct ng_server *s, size_t at, struct served *v)
{
	for (size_t k; (k = 2 * at + 1) < s->nheap; at = k) {
		if (k + 1 < s->nheap && s->heap[k + 1]->when < s->heap[k]->when)
			k++;
		if (s->heap[k]->when >= v->when)
			break;
		heap_put(s, at, s->heap[k]);
	}
	heap_put(s, at, v);
}

static void timer_off(struct ng_server *s, struct served *v)
{
	struct served *last;

	if (!v->when)
		return;
	v->when = 0;
	last = s->heap[--s->nheap];
	if (last == v)
		return;
	if (v->at && s->heap[(v->at - 1) / 2]->when > last->when)
		heap_up(s, v->at, last);
	else
		heap_down(s, v->at, last);
}

static void op_timer(void *arg, struct ng_node *n, uint64_t when,
		     ng_timer_fn *fn)
{
	struct ng_server *s = arg;
	struct served *v = when ? served_get(s, n) : served_find(s, n);

	if (!v)
		return;
	timer_off(s, v);
	if (!when)
		return;
	if (s->nheap == s->heap_size) {
		size_t size = s->heap_size ? 2 * s->heap_size : 64;
		struct served **h = reallocarray(s->heap, size, sizeof(*h));

		if (!h)
			return;
		s->heap = h;
		s->heap_size = size;
	}
	v->when = when;
	v->fn = fn;
	heap_up(s, s->nheap++, v);
}

static void watch_event(struct source *src, uint32_t events)
{
	struct watch *w = (struct watch *)src; /* its first member */
	struct ng_graph *g = src->server->g;
	short ev = 0;

	if (events & (EPOLLIN | EPOLLHUP | EPOLLERR))
		ev |= POLLIN;
	if (events & EPOLLOUT)
		ev |= POLLOUT;
	/* which may end the watch, or the node */
	ng_enter(g);
	w->fn(w->node, src->fd, ev);
	ng_leave(g);
}
_Static_assert(offsetof(struct watch, src) == 0, "watch_event() casts");

/* The descriptor is the node's and stays open. */
static void watch_free(struct watch *w)
{
	source_remove(&w->src);
	free(w);
}

static uint32_t epoll_events(short events)
{
	return (events & POLLIN ? EPOLLIN : 0u) |
	       (events & POLLOUT ? EPOLLOUT : 0u);
}

static int watch_new(struct ng_server *s, struct served *v, int fd,
		     short events, ng_fd_fn *fn)
{
	struct watch *w = calloc(1, sizeof(*w));
	int r;

	if (!w)
		return -ENOMEM;
	w->src = (struct source){.fd = fd, .fn = watch_event};
	w->node = v->node;
	w->fn = fn;
	r = source_add(s, &w->src, epoll_events(events));
	if (r < 0) {
		free(w);
		return r;
	}
	w->next = v->watches;
	v->watches = w;
	return 0;
}

static int op_watch(void *arg, struct ng_node *n, int fd, short events,
		    ng_fd_fn *fn)
{
	struct ng_server *s = arg;
	struct served *v = events ? served_get(s, n) : served_find(s, n);
	struct watch **p, *w;

	if (!v)
		return events ? -ENOMEM : 0;
	for (p = &v->watches; *p && (*p)->src.fd != fd; p = &(*p)->next)
		;
	w = *p;
	if (w) {
		*p = w->next;
		watch_free(w);
	}
	return events ? watch_new(s, v, fd, events, fn) : 0;
}

static void op_busy(void *arg, struct ng_node *n, bool busy)
{
	struct ng_server *s = arg;
	struct served *v = busy ? served_get(s, n) : served_find(s, n);

	if (!v || v->busy == busy)
		return;
	v->busy = busy;
	s->nbusy += busy ? 1 : (size_t)-1;
}

static void op_gone(void *arg, struct ng_node *n)
{
	struct ng_server *s = arg;
	struct served **p = &s->served[bucket_of(n)], *v;

	while (*p && (*p)->node != n)
		p = &(*p)->next;
	v = *p;
	if (!v)
		return;
	op_busy(s, n, false);
	timer_off(s, v);
	while (v->watches) {
		struct watch *w = v->watches;

		v->watches = w->next;
		watch_free(w);
	}
	*p = v->next;
	free(v);
}

static const struct ng_ops ops = {
	.timer = op_timer,
	.watch = op_watch,
	.busy = op_busy,
	.gone = op_gone,
};

static void timers_run(struct ng_server *s)
{
	const uint64_t now = now_ns();

	/* one that sets itself again for now has its turn in the next round */
	while (s->nheap && s->heap[0]->when <= now) {
		struct served *v = s->heap[0];

		timer_off(s, v);
		ng_enter(s->g);
		v->fn(v->node);
		ng_leave(s->g);
	}
}

/* --- packets and interfaces ---------------------------------------------- */

static void on_trace(const struct ngd_up *up, const void *head, void *arg)
{
	struct ng_server *s = arg;

	trace_tell(s->g, &s->clients, up, head);
}

int server_up(struct ng_server *s)
{
	int r = ng_graph_drain(s->g);

	return r < 0 ? r : 0;
}

static void up_event(struct source *src, uint32_t events)
{
	(void)events;
	server_up(src->server);
}

static void links_event(struct source *src, uint32_t events)
{
	(void)events;
	server_before(src->server);
}

void server_before(struct ng_server *s)
{
	if (!s->links)
		return;
	ng_enter(s->g);
	/* what it misses it looks at anew; there is nobody to tell */
	ng_links_read(s->links, NULL);
	ng_leave(s->g);
}

/*
 * Without a free descriptor who connects would wait, and epoll not: he gets
 * the one that is kept for this, and with it the end of the connection.
 */
static void turn_away(struct ng_server *s)
{
	close(take_fd(&s->spare));
	cleanup_close_p(
		&(int){accept4(s->listen.fd, NULL, NULL, SOCK_CLOEXEC)});
	s->spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static void listen_event(struct source *src, uint32_t events)
{
	int fd = accept4(src->fd, NULL, NULL, SOCK_CLOEXEC);

	(void)events;
	if (fd >= 0)
		client_accept(&src->server->clients, fd);
	else if (errno == EMFILE || errno == ENFILE)
		turn_away(src->server);
}

/* --- life ---------------------------------------------------------------- */

static bool wanted(struct ng_server *s)
{
	return s->clients.n || s->nbusy;
}

/* How long to wait; false: there is nothing to do any more. */
static bool next_time(struct ng_server *s, struct timespec *ret)
{
	uint64_t until = s->nheap ? s->heap[0]->when : UINT64_MAX, now;

	now = now_ns();
	if (wanted(s))
		s->idle = 0;
	else if (!s->idle)
		s->idle = now;
	else if (now - s->idle >= IDLE_NS)
		return false;
	if (s->idle && until > s->idle + IDLE_NS)
		until = s->idle + IDLE_NS;
	/* an hour, where there is no end */
	until = until > now ? until - now : 0;
	if (until > 3600 * NS)
		until = 3600 * NS;
	*ret = (struct timespec){.tv_sec = (time_t)(until / NS),
				 .tv_nsec = (long)(until % NS)};
	return true;
}

static void event(struct source *src, uint32_t events)
{
	src->fn(src, events);
}

static int loop(struct ng_server *s, struct err *e)
{
	struct timespec ts;

	while (next_time(s, &ts)) {
		struct epoll_event ev;
		/* one: what it does may free what another is about */
		int n = epoll_pwait2(s->epfd, &ev, 1, &ts, NULL);

		if (n < 0 && errno != EINTR)
			return err_sys(e, errno, "epoll");
		if (n > 0)
			event(ev.data.ptr, ev.events);
		timers_run(s);
		if (s->reap) {
			s->reap = false;
			clients_reap(&s->clients);
		}
	}
	return 0;
}

/* Interfaces' own nodes come back by themselves; anything else is kept. */
static bool is_empty(struct ng_server *s)
{
	for (struct ng_node *n = ng_nodes(s->g); n; n = n->next)
		if (!n->type->no_mkpeer || n->nhooks)
			return false;
	return true;
}

static int listen_open(struct ng_server *s, const char *path, struct err *e)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	const int flags = SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK;
	int r;

	str_copy(sun.sun_path, sizeof(sun.sun_path), path);
	unlink(path); /* of one that was killed */
	s->listen = (struct source){.fd = socket(AF_UNIX, flags, 0),
				    .fn = listen_event};
	/* the mode that its name gets is that of the socket */
	if (s->listen.fd < 0 || fchmod(s->listen.fd, 0600) < 0 ||
	    bind(s->listen.fd, (struct sockaddr *)&sun, sizeof(sun)) < 0 ||
	    listen(s->listen.fd, BACKLOG) < 0)
		return err_sys(e, errno, "%s", path);
	r = source_add(s, &s->listen, EPOLLIN);
	return r < 0 ? err_sys(e, -r, "%s", path) : 0;
}

static int links_open(struct ng_server *s, struct err *e)
{
	int r;

	ng_enter(s->g);
	r = ng_links_open(s->g, &s->links, e);
	ng_leave(s->g);
	if (r == -ENODEV) { /* a data path of memory */
		err_clear(e);
		return 0;
	}
	if (r < 0)
		return r;
	s->links_src =
		(struct source){.fd = ng_links_fd(s->links), .fn = links_event};
	r = source_add(s, &s->links_src, EPOLLIN);
	return r < 0 ? err_sys(e, -r, "epoll") : 0;
}

static int up_open(struct ng_server *s, struct err *e)
{
	int fd = dp_up_fd(s->dp), r;

	if (fd < 0)
		return 0;
	if (dp_ctl(s->dp)->trace) /* for a broker that was killed */
		trace_set(s->g, false);
	s->up_src = (struct source){.fd = fd, .fn = up_event};
	r = source_add(s, &s->up_src, EPOLLIN);
	return r < 0 ? err_sys(e, -r, "epoll") : 0;
}

/* The data path, and the graph as the journal has it. */
static int graph_open(struct ng_server *s, const struct ng_server_conf *c,
		      struct err *e)
{
	int r = 0;

	if (c->bpfdir)
		r = dp_open(c->vnet, c->bpfdir, &s->dp, e);
	else if (dp_memory(&s->dp) < 0)
		r = err_nomem(e);
	if (!r && ng_graph_new(s->dp, &s->g) < 0)
		r = err_nomem(e);
	if (r < 0)
		return r;
	ng_graph_ops(s->g, &ops, s);
	ng_graph_trace(s->g, on_trace, s);
	return ng_journal_open(c->dirfd, s->g, &s->j, e);
}

/*
 * A journal of another version, or one that a disk has spoilt, must not keep
 * a vnet from netgraph for ever: it is put aside, and the graph begins anew,
 * as does what packets see, which nothing describes any more.
 */
static int graph_open_anew(struct ng_server *s, const struct ng_server_conf *c,
			   struct err *e)
{
	syslog(LOG_WARNING, "%s: put aside as %s; the graph is lost", e->text,
	       NG_JOURNAL_BAD);
	err_clear(e);
	ng_graph_free(&s->g);
	dp_free(&s->dp);
	if (ng_journal_put_aside(c->dirfd, e) < 0)
		return -e->code;
	if (c->bpfdir && dp_remove(c->vnet, c->bpfdir, e) < 0)
		return -e->code;
	return graph_open(s, c, e);
}

static int server_open(struct ng_server *s, const struct ng_server_conf *c,
		       struct err *e)
{
	int r;

	s->epfd = epoll_create1(EPOLL_CLOEXEC);
	s->closed = epoll_create1(EPOLL_CLOEXEC);
	s->spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (s->epfd < 0 || s->closed < 0 || s->spare < 0)
		return err_sys(e, errno, "epoll");
	s->clients.server = s;
	/* who connects waits until all is there */
	r = listen_open(s, c->socket, e);
	if (!r)
		r = graph_open(s, c, e);
	if (r == -EBADMSG)
		r = graph_open_anew(s, c, e);
	if (!r)
		r = links_open(s, e);
	if (!r)
		r = up_open(s, e);
	return r;
}

static void server_close(struct ng_server *s)
{
	clients_free(&s->clients);
	source_close(&s->listen);
	source_remove(&s->links_src);
	source_remove(&s->up_src);
	ng_links_free(&s->links);
	ng_journal_free(&s->j);
	ng_graph_free(&s->g);
	dp_free(&s->dp);
	for (size_t i = 0; i < BUCKETS; i++)
		while (s->served[i])
			op_gone(s, s->served[i]->node);
	free(s->heap);
	cleanup_close_p(&s->epfd);
	cleanup_close_p(&s->closed);
	cleanup_close_p(&s->spare);
}

int ng_server_run(const struct ng_server_conf *c, bool *ret_empty,
		  struct err *e)
{
	struct ng_server s __attribute__((cleanup(server_close))) = {
		.epfd = -1,
		.closed = -1,
		.spare = -1,
		.listen.fd = -1,
		.links_src.fd = -1,
		.up_src.fd = -1,
	};
	int r = server_open(&s, c, e);

	if (r < 0)
		return r;
	if (c->ready)
		c->ready(c->arg);
	r = loop(&s, e);
	/* from here on who connects starts another */
	unlink(c->socket);
	if (!r)
		*ret_empty = is_empty(&s);
	return r;
}
