/* keeper_loop: see keeper_loop.h. */
#include "net/keeper_loop.h"

#include "base/cleanup.h"
#include "net/keeper_alone.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <libmnl/libmnl.h>
#include <linux/if_packet.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define TICK_MS 1000
/* So long after the kernel's word of a change, others may follow. */
#define SETTLE_MS 50
/*
 * Who brings something in step for so long rests four times as long, whatever
 * happens: changes may be a jail's, and without an end.
 */
#define REST 4
#define REST_MS 5000
#define NAP_NS 100000000
#define ASK_MS 60000 /* who could not be asked is asked again */
#define EVENTS_SIZE 65536
#define EVENTS_QUEUE (4 << 20)
#define BACKLOG 64

static uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

void keeper_loop_changed(struct keeper_loop *l)
{
	const uint64_t at = now_ms() + SETTLE_MS;

	if (!l->sync_at)
		l->sync_at = at < l->rest_until ? l->rest_until : at;
}

/* --- what it waits for -------------------------------------------------- */

static int watch(struct keeper_loop *l, int fd, void *ptr, struct err *e)
{
	struct epoll_event ev = {.events = EPOLLIN, .data.ptr = ptr};

	return epoll_ctl(l->epfd, EPOLL_CTL_ADD, fd, &ev) < 0
		       ? err_sys(e, errno, "epoll")
		       : 0;
}

static int open_events(struct keeper_loop *l, struct err *e)
{
	const int size = EVENTS_QUEUE;
	struct nl *nl = NULL;
	int r = nl_open(NETLINK_ROUTE, l->v->nsfd, &nl, e);

	for (const unsigned int *g = l->ops->groups; r >= 0 && *g; g++)
		r = nl_join(nl, *g, e);
	if (r < 0) {
		nl_free(&nl);
		return r;
	}
	setsockopt(nl_fd(nl), SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	l->events = nl;
	return watch(l, nl_fd(nl), &l->events, e);
}

static int open_listener(struct keeper_loop *l, struct err *e)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	cleanup_close int fd =
		socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	char name[64];

	keeper_file(l->ops->sort, l->v, ".sock", name, sizeof(name));
	unlinkat(l->v->statefd, name, 0);
	snprintf(sun.sun_path, sizeof(sun.sun_path), "/proc/self/fd/%d/%s",
		 l->v->statefd, name);
	if (fd < 0 || bind(fd, (struct sockaddr *)&sun, sizeof(sun)) < 0 ||
	    listen(fd, BACKLOG) < 0)
		return err_sys(e, errno, "%s: socket", l->ops->sort->what);
	l->listen = take_fd(&fd);
	return watch(l, l->listen, &l->listen, e);
}

/* Bound last, so that no frame comes that the filter has not seen. */
static int open_packets(const struct keeper_frames *f, int index, int *ret,
			struct err *e)
{
	struct packet_mreq mr = {.mr_ifindex = index,
				 .mr_type = PACKET_MR_MULTICAST,
				 .mr_alen = ETH_ALEN};
	/* all protocols': who asks for one hears what is left of it */
	struct sockaddr_ll ll = {.sll_family = AF_PACKET,
				 .sll_protocol = htons(ETH_P_ALL),
				 .sll_ifindex = index};
	cleanup_close int fd =
		socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	const int on = 1;

	memcpy(mr.mr_address, f->group, ETH_ALEN);
	if (fd < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &f->filter,
		       sizeof(f->filter)) < 0 ||
	    setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on,
		       sizeof(on)) < 0 ||
	    setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &mr, sizeof(mr)) <
		    0 ||
	    bind(fd, (struct sockaddr *)&ll, sizeof(ll)) < 0)
		return err_sys(e, errno, "%s: packet socket", f->proto);
	*ret = take_fd(&fd);
	return 0;
}

int keeper_loop_hear(struct keeper_loop *l, const struct keeper_frames *f,
		     int index, void *port, int *ret, struct err *e)
{
	cleanup_close int fd = -1;
	int r = open_packets(f, index, &fd, e);

	if (r >= 0)
		r = watch(l, fd, port, e);
	if (r >= 0)
		*ret = take_fd(&fd);
	return r;
}

/* --- what comes --------------------------------------------------------- */

static void on_events(struct keeper_loop *l)
{
	char buf[EVENTS_SIZE] __attribute__((aligned(8)));
	ssize_t n;
	int left;

	/* a flood of them must not keep the protocol's frames waiting */
	for (int i = 0; i < 64; i++) {
		n = nl_recv(l->events, buf, sizeof(buf), MSG_DONTWAIT);
		if (n < 0 && errno == ENOBUFS) {
			/* some were lost: look at everything */
			keeper_loop_changed(l);
			if (l->ops->lost)
				l->ops->lost(l->k);
			continue;
		}
		if (n < 0)
			return;
		left = (int)n;
		for (const struct nlmsghdr *h = (void *)buf;
		     mnl_nlmsg_ok(h, left); h = mnl_nlmsg_next(h, &left))
			l->ops->message(l->k, h);
	}
}

static int sync_all(struct keeper_loop *l, struct err *e)
{
	const uint64_t begun = now_ms();
	uint64_t rest;
	int r;

	l->sync_at = 0;
	r = l->ops->sync(l->k, e);
	rest = (now_ms() - begun) * REST;
	l->rest_until = now_ms() + (rest < REST_MS ? rest : REST_MS);
	return r;
}

/* Who has changed something wants to know when that is done, or why not. */
static int on_client(struct keeper_loop *l, struct err *e)
{
	cleanup_close int fd =
		accept4(l->listen, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	const struct timespec nap = {.tv_nsec = NAP_NS};
	struct err se = ERR_INIT;
	const char *answer = "k";
	bool last;
	int r;

	if (fd < 0) {
		/* without room for one more he waits, and so do we */
		if (errno != EAGAIN)
			nanosleep(&nap, NULL);
		return 0;
	}
	on_events(l);
	r = sync_all(l, &se);
	last = r < 0 || !l->ops->patient;
	if (r >= 0)
		r = l->ops->settle(l->k, &se);
	if (r < 0)
		answer = se.text;
	send(fd, answer, strlen(answer), MSG_NOSIGNAL);
	return r < 0 && last ? err_set(e, -r, "%s", se.text) : 0;
}

static void watch_news(struct keeper_loop *l)
{
	struct epoll_event ev = {.events = keeper_place->events,
				 .data.ptr = &l->news};

	l->news = keeper_place->open_news();
	if (l->news >= 0)
		epoll_ctl(l->epfd, EPOLL_CTL_ADD, l->news, &ev);
}

/*
 * Is somebody left in this place?  Who waits for all their ends needs no more
 * than one of them.
 */
static void look_for_others(struct keeper_loop *l)
{
	struct err e = ERR_INIT;
	int r;

	l->other_at = 0;
	if (l->other >= 0)
		close(l->other);
	l->other = -1;
	if (!keeper_place)
		return;
	/* before it is asked: an answer that is no more true is told of */
	if (l->news < 0)
		watch_news(l);
	r = keeper_place->alone(&l->other);
	if (l->other >= 0)
		watch(l, l->other, &l->other, &e);
	l->over = r == -ECHILD;
	if (r < 0 && !l->over)
		l->other_at = now_ms() + (r == -EAGAIN ? TICK_MS : ASK_MS);
}

/* What was said of the place may be said anew. */
static void on_news(struct keeper_loop *l)
{
	char buf[4096] __attribute__((aligned(8)));
	const uint64_t at = now_ms() + keeper_place->ms;

	while (keeper_place->queued && read(l->news, buf, sizeof(buf)) > 0)
		;
	if (l->other < 0 && (!l->other_at || l->other_at > at))
		l->other_at = at;
}

static void tick(struct keeper_loop *l)
{
	l->tick_at += TICK_MS;
	/* stopped for long: what was missed is not made up for */
	if (l->tick_at < now_ms())
		l->tick_at = now_ms() + TICK_MS;
	l->ops->tick(l->k);
}

static int timeout(const struct keeper_loop *l)
{
	uint64_t now = now_ms(), at = UINT64_MAX;

	if (!l->ops->ticks || l->ops->ticks(l->k))
		at = l->tick_at;
	if (l->sync_at && l->sync_at < at)
		at = l->sync_at;
	if (l->other_at && l->other_at < at)
		at = l->other_at;
	if (at == UINT64_MAX)
		return -1;
	return at <= now ? 0 : (int)(at - now);
}

static int step(struct keeper_loop *l, struct err *e)
{
	struct epoll_event ev;
	int n, r = 0;

	/* one at a time: what it does may take the others' memory away */
	n = epoll_wait(l->epfd, &ev, 1, timeout(l));
	if (n < 0 && errno != EINTR)
		return err_sys(e, errno, "epoll_wait");
	if (n == 1 && ev.data.ptr == &l->events)
		on_events(l);
	else if (n == 1 && ev.data.ptr == &l->listen)
		r = on_client(l, e);
	else if (n == 1 && ev.data.ptr == &l->other)
		look_for_others(l);
	else if (n == 1 && ev.data.ptr == &l->news)
		on_news(l);
	else if (n == 1)
		l->ops->receive(ev.data.ptr);
	if (r >= 0 && l->sync_at && now_ms() >= l->sync_at)
		r = sync_all(l, e);
	if (l->other_at && now_ms() >= l->other_at)
		look_for_others(l);
	if (r >= 0 && now_ms() >= l->tick_at)
		tick(l);
	return r < 0 ? r : l->ops->after(l->k, e);
}

/* --- from its beginning to its end -------------------------------------- */

static int begin(struct keeper_loop *l, struct err *e)
{
	int r;

	l->epfd = epoll_create1(EPOLL_CLOEXEC);
	if (l->epfd < 0)
		return err_sys(e, errno, "epoll");
	r = open_events(l, e);
	if (r >= 0)
		r = open_listener(l, e);
	if (r < 0)
		return r;
	l->tick_at = now_ms() + TICK_MS;
	r = sync_all(l, e);
	return r < 0 ? r : l->ops->settle(l->k, e);
}

/* The lock goes last, so that a successor finds nothing of ours. */
static void end(struct keeper_loop *l)
{
	static const char *const suffixes[] = {".sock", ""};
	const int fds[] = {l->listen, l->other, l->news, l->epfd, l->lock};
	char name[64];

	l->ops->drop(l->k);
	if (l->ops->status)
		ifstatus_remove(l->ops->status, l->v);
	for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++) {
		keeper_file(l->ops->sort, l->v, suffixes[i], name,
			    sizeof(name));
		unlinkat(l->v->statefd, name, 0);
	}
	nl_free(&l->events);
	for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

int keeper_loop_run(struct keeper_loop *l, const struct keeper_ops *ops,
		    struct keeper *k, struct vnet *v, void (*ready)(void),
		    struct err *e)
{
	int r;

	*l = (struct keeper_loop){
		.ops = ops,
		.k = k,
		.v = v,
		.epfd = -1,
		.lock = -1,
		.listen = -1,
		.other = -1,
		.news = -1,
	};
	r = keeper_lock(ops->sort, v, &l->lock);
	if (r < 0)
		return err_sys(e, -r, "%s: lock", ops->sort->what);
	r = begin(l, e);
	if (r >= 0)
		ready();
	if (r >= 0)
		look_for_others(l);
	while (r >= 0 && !l->over && ops->busy(k))
		r = step(l, e);
	end(l);
	return r;
}
