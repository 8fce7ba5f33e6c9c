/*
 * ng_scene: a graph on a data path of memory, with nodes of type `probe` that
 * send and remember what comes, messages as text, and a loop for timers and
 * descriptors that the test turns by hand.
 */
#ifndef NG_SCENE_H
#define NG_SCENE_H

#include "netgraph/dp.h"
#include "netgraph/dp_impl.h"
#include "netgraph/type.h"

#include <atf-c.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WATCHES 16
#define SEEN 4096

static struct scene {
	struct ng_dp *dp;
	struct ng_graph *g;
	struct ng_node *timer_node;
	uint64_t timer;
	ng_timer_fn *timer_fn;
	struct watched {
		struct ng_node *n;
		int fd;
		short events;
		ng_fd_fn *fn;
	} watch[WATCHES];
	int busy;
	char seen[SEEN];      /* "hook:data;" of all probes */
	struct ng_mesg *said; /* last message to a probe; owned */
} scene;

/* ------------------------------------------------------------- probes */

static int probe_rcvdata(struct ng_hook *h, const void *data, size_t len)
{
	size_t at = strlen(scene.seen);

	snprintf(scene.seen + at, SEEN - at, "%s:%.*s;", h->name, (int)len,
		 (const char *)data);
	return 0;
}

static int probe_rcvmsg(struct ng_node *n, const struct ng_mesg *m,
			struct ng_hook *last, struct ng_reply *reply)
{
	size_t size = sizeof(*m) + m->header.arglen;

	(void)n;
	(void)last;
	(void)reply;
	free(scene.said);
	scene.said = malloc(size);
	ATF_REQUIRE(scene.said != NULL);
	memcpy(scene.said, m, size);
	return 0;
}

static const struct ng_type probe_type = {
	.name = "probe",
	.cookie = 1,
	.kind = NGD_USER,
	.persistent = true,
	.rcvdata = probe_rcvdata,
	.rcvmsg = probe_rcvmsg,
};

/* ---------------------------------------------------------- the loop */

static void on_timer(void *arg, struct ng_node *n, uint64_t when,
		     ng_timer_fn *fn)
{
	(void)arg;
	scene.timer_node = n;
	scene.timer = when;
	scene.timer_fn = fn;
}

static int on_watch(void *arg, struct ng_node *n, int fd, short events,
		    ng_fd_fn *fn)
{
	struct watched *place = NULL;

	(void)arg;
	for (struct watched *w = scene.watch; w < scene.watch + WATCHES; w++) {
		if (w->events && w->fd == fd) {
			place = w;
			break;
		}
		if (!w->events)
			place = w;
	}
	if (!place)
		atf_tc_fail("more descriptors than WATCHES are watched");
	*place = (struct watched){n, fd, events, fn};
	return 0;
}

/* One node alone is looked at. */
static void on_busy(void *arg, struct ng_node *n, bool busy)
{
	(void)arg;
	(void)n;
	scene.busy = busy;
}

static void on_gone(void *arg, struct ng_node *n)
{
	(void)arg;
	for (struct watched *w = scene.watch; w < scene.watch + WATCHES; w++)
		if (w->n == n)
			w->events = 0;
	if (scene.timer_node == n)
		scene.timer = 0;
}

static const struct ng_ops scene_ops = {
	.timer = on_timer,
	.watch = on_watch,
	.busy = on_busy,
	.gone = on_gone,
};

/* What the programs would have sent up goes up: kinds with a broker's part
 * have nothing else here. */
static void walk_up(struct ng_dp *dp, uint32_t hook, const void *data,
		    size_t len, void *arg)
{
	struct ngd_up up = {.kind = NGD_UP_DATA,
			    .hook = hook,
			    .gen = dp_hook(dp, hook)->gen,
			    .len = (uint32_t)len};

	(void)arg;
	dp_memory_up(dp, &up, data);
}

/* Until data that was sent has arrived. */
static void scene_drain(void)
{
	while (ng_graph_drain(scene.g) > 0)
		;
}

/* Wait for one of the descriptors, and do what is to be done. */
static void __attribute__((unused)) scene_poll(void)
{
	struct pollfd p[WATCHES];
	struct watched w[WATCHES];
	nfds_t n = 0;

	for (int i = 0; i < WATCHES; i++)
		if (scene.watch[i].events) {
			w[n] = scene.watch[i];
			p[n++] = (struct pollfd){scene.watch[i].fd,
						 scene.watch[i].events, 0};
		}
	ATF_REQUIRE(poll(p, n, 10000) > 0);
	for (nfds_t i = 0; i < n; i++)
		if (p[i].revents) {
			ng_enter(scene.g);
			w[i].fn(w[i].n, w[i].fd, p[i].revents);
			ng_leave(scene.g);
		}
	scene_drain();
}

static void __attribute__((unused)) scene_run_timer(void)
{
	ng_timer_fn *fn = scene.timer_fn;

	ATF_REQUIRE(scene.timer != 0);
	scene.timer = 0;
	ng_enter(scene.g);
	fn(scene.timer_node);
	ng_leave(scene.g);
	scene_drain();
}

/* ------------------------------------------------------------- the scene */

static void scene_begin(void)
{
	static const struct ng_type *const more[] = {&probe_type, NULL};

	memset(&scene, 0, sizeof(scene));
	ATF_REQUIRE_EQ(0, dp_memory(&scene.dp));
	dp_memory_walk(scene.dp, walk_up, NULL);
	ATF_REQUIRE_EQ(0, ng_graph_new(scene.dp, &scene.g));
	ng_graph_types(scene.g, more);
	ng_graph_ops(scene.g, &scene_ops, NULL);
}

static void scene_end(void)
{
	ng_graph_free(&scene.g);
	dp_free(&scene.dp);
	free(scene.said);
}

static struct ng_node *probe(const char *name)
{
	struct ng_node *n = NULL;

	ATF_REQUIRE_EQ(0, ng_node_new(scene.g, &probe_type, &n));
	ATF_REQUIRE_EQ(0, ng_node_rename(n, name));
	return n;
}

static struct ng_node *at(const char *path)
{
	struct ng_node *n = NULL;

	ATF_REQUIRE_EQ(0, ng_path(scene.g, ng_nodes(scene.g), path, &n, NULL));
	return n;
}

static void __attribute__((unused))
send_text(struct ng_node *n, const char *hook, const char *text)
{
	struct ng_hook *h = ng_hook_by_name(n, hook);

	ATF_REQUIRE(h != NULL);
	ATF_REQUIRE_EQ(0, ng_send_data(h, text, strlen(text)));
	scene_drain();
}

/* `ngctl msg` with `word args`, from node `from`: the answer's text, "" for
 * none, or what errno says. */
static const char *msg(struct ng_node *from, struct ng_node *n,
		       const char *word, const char *args)
{
	static char text[8192];
	const struct ng_cmd *c = ng_cmd_by_name(n->type, word);
	struct ng_mesg *m = calloc(1, sizeof(*m) + 4096);
	struct ng_reply reply = {0};
	int r = 0;

	ATF_REQUIRE(m != NULL && c != NULL);
	m->header = (struct ng_msghdr){.version = NG_VERSION,
				       .typecookie = c->cookie,
				       .cmd = c->cmd,
				       .token = 77};
	if (args && c->arg)
		r = ng_parse(c->arg, args, (uint8_t *)m->data, 4096);
	if (r >= 0) {
		m->header.arglen = (uint32_t)r;
		r = ng_message(from, n, NULL, m, &reply);
	}
	text[0] = '\0';
	if (r >= 0 && reply.msg && c->reply)
		r = ng_unparse(c->reply, (uint8_t *)reply.msg->m.data,
			       reply.msg->m.header.arglen, text, sizeof(text));
	if (r < 0)
		snprintf(text, sizeof(text), "%s", strerror(-r));
	free(reply.msg);
	free(m);
	scene_drain();
	return text;
}

#endif
