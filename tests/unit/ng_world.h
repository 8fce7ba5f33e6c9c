/*
 * ng_world: a graph, and a node "me" of the test's own whose hooks end here:
 * what is sent out of them walks the graph, what comes in by them is noted,
 * data and messages alike.  The data path is plain memory, in which the
 * reference walks (ng_ref.h), or the kernel's programs: a test says what it
 * expects once and runs on both (WORLD_TEST).
 */
#ifndef CB_TESTS_NG_WORLD_H
#define CB_TESTS_NG_WORLD_H

#include "ng_ref.h"

#include "base/str.h"

#include <errno.h>
#include <stdarg.h>

#pragma GCC diagnostic ignored "-Wunused-function"

#define WORLD_GOT 4096

struct got {
	char hook[NG_HOOKSIZ];
	uint8_t *data;
	size_t len;
};

struct world {
	struct ng_dp *dp;
	struct ng_graph *g;
	struct ng_node *me;
	struct ref ref;
	bool kernel;
	struct got got[WORLD_GOT]; /* data, in the order it came */
	size_t ngot;
	struct strbuf flow; /* "HOOK up", "HOOK down", one a line */
};

/* Most tests have one; those that compare two switch between them. */
static struct world worlds[2], *world_now = &worlds[0];
#define world (*world_now)

/* --- me ----------------------------------------------------------------- */

static int probe_rcvdata(struct ng_hook *h, const void *data, size_t len)
{
	struct got *got = &world.got[world.ngot++];

	ATF_REQUIRE(world.ngot < WORLD_GOT);
	str_copy(got->hook, sizeof(got->hook), h->name);
	got->data = malloc(len + 1);
	ATF_REQUIRE(got->data != NULL);
	memcpy(got->data, data, len);
	got->len = len;
	return 0;
}

static int probe_rcvmsg(struct ng_node *n, const struct ng_mesg *msg,
			struct ng_hook *last, struct ng_reply *reply)
{
	(void)n;
	(void)reply;
	if (msg->header.typecookie != NGM_FLOW_COOKIE || !last)
		return -EINVAL;
	strbuf_addf(&world.flow, "%s %s\n", last->name,
		    msg->header.cmd == NGM_LINK_IS_UP ? "up" : "down");
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
static const struct ng_type *const probe_types[] = {&probe_type, NULL};

/* --- making it ---------------------------------------------------------- */

static void world_forget(void)
{
	for (size_t i = 0; i < world.ngot; i++)
		free(world.got[i].data);
	world.ngot = 0;
}

static void world_open_memory(void)
{
	ATF_REQUIRE_EQ(0, dp_memory(&world.dp));
	ATF_REQUIRE_EQ(0, ng_graph_new(world.dp, &world.g));
	world.ref.g = world.g;
	dp_memory_walk(world.dp, ref_walk, &world.ref);
}

static void world_begin(void)
{
	ng_graph_types(world.g, probe_types);
	world.flow = (struct strbuf)STRBUF_INIT;
	ATF_REQUIRE_EQ(0, ng_node_new(world.g, &probe_type, &world.me));
	ATF_REQUIRE_EQ(0, ng_node_rename(world.me, "me"));
}

static void world_close(void)
{
	world_forget();
	strbuf_free(&world.flow);
	ng_graph_free(&world.g);
	dp_free(&world.dp);
}

/* --- acting ------------------------------------------------------------- */

static struct ng_node *at(const char *path)
{
	struct ng_node *n = NULL;

	ATF_REQUIRE_EQ_MSG(0, ng_path(world.g, world.me, path, &n, NULL),
			   "no node %s", path);
	return n;
}

/* A new node, by a hook of me; named, unless name is NULL. */
static struct ng_node *make(const char *hook, const char *type,
			    const char *peerhook, const char *name)
{
	struct ng_node *n = NULL;

	ATF_REQUIRE_EQ_MSG(0, ng_mkpeer(world.me, hook, peerhook, type, &n),
			   "mkpeer %s %s", type, peerhook);
	if (name)
		ATF_REQUIRE_EQ(0, ng_node_rename(n, name));
	return n;
}

static void join(const char *hook, struct ng_node *n, const char *peerhook)
{
	ATF_REQUIRE_EQ_MSG(0, ng_connect(world.me, hook, n, peerhook),
			   "connect %s %s", hook, peerhook);
}

static int message(struct ng_node *to, struct ng_hook *last, uint32_t cookie,
		   uint32_t cmd, const void *arg, size_t len,
		   struct ng_reply *reply)
{
	struct ng_mesg *m = calloc(1, sizeof(*m) + len + 1);
	int r;

	ATF_REQUIRE(m != NULL);
	m->header = (struct ng_msghdr){.version = NG_VERSION,
				       .typecookie = cookie,
				       .cmd = cmd,
				       .arglen = (uint32_t)len};
	if (len)
		memcpy(m->data, arg, len);
	r = ng_message(world.me, to, last, m, reply);
	free(m);
	return r;
}

/*
 * As ngctl msg: the answer's arguments as text, "" if there are none, or the
 * name of the error.  Arguments may be NULL.
 */
static const char *say(struct ng_node *n, const char *word, const char *args)
{
	static char text[1 << 20];
	struct ng_reply bytes = {0}, reply = {0}, ascii = {0};
	struct {
		struct ng_mesg m;
		char args[4096];
	} question = {0};
	const struct ng_mesg *m;
	int r;

	str_copy((char *)question.m.header.cmdstr, NG_CMDSTRSIZ, word);
	str_copy(question.args, sizeof(question.args), args ? args : "");
	question.m.header.version = NG_VERSION;
	question.m.header.arglen = (uint32_t)strlen(question.args) + 1;
	r = message(n, NULL, NGM_GENERIC_COOKIE, NGM_ASCII2BINARY, &question,
		    sizeof(question.m) + question.m.header.arglen, &bytes);
	if (!r) {
		m = (const void *)bytes.msg->m.data;
		r = message(n, NULL, m->header.typecookie, m->header.cmd,
			    m->data, m->header.arglen, &reply);
	}
	text[0] = '\0';
	if (!r && reply.msg)
		r = message(n, NULL, NGM_GENERIC_COOKIE, NGM_BINARY2ASCII,
			    &reply.msg->m, reply.msg->size, &ascii);
	if (!r && ascii.msg) {
		m = (const void *)ascii.msg->m.data;
		str_copy(text, sizeof(text), m->data);
	}
	if (r < 0)
		str_copy(text, sizeof(text), strerrorname_np(-r));
	free(bytes.msg);
	free(reply.msg);
	free(ascii.msg);
	return text;
}

#define SAYS(node, word, args, expected)                                       \
	ATF_CHECK_STREQ(expected, say(node, word, args))

/* --- packets ------------------------------------------------------------ */

/* Out of a hook of me, and everything that comes of it. */
static void push(const char *hook, const void *data, size_t len)
{
	struct ng_hook *h = ng_hook_by_name(world.me, hook);

	ATF_REQUIRE_MSG(h != NULL, "no hook %s", hook);
	world_forget();
	ATF_REQUIRE_EQ(0, ng_send_data(h, data, len));
	ATF_REQUIRE(ng_graph_drain(world.g) >= 0);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct got *)a)->hook,
		      ((const struct got *)b)->hook);
}

/* Which hooks of me have got it: "b c". */
static const char *where(void)
{
	static char text[65536];

	text[0] = '\0';
	if (world.ngot)
		qsort(world.got, world.ngot, sizeof(world.got[0]), by_name);
	for (size_t i = 0; i < world.ngot; i++) {
		size_t n = strlen(text);

		snprintf(text + n, sizeof(text) - n, "%s%s", n ? " " : "",
			 world.got[i].hook);
	}
	return text;
}

/* A frame of 60 bytes: addresses are their last bytes, after 02:00:..., or
 * FF for broadcast, 01 for a multicast one. */
static void frame(uint8_t f[60], unsigned int dst, unsigned int src,
		  unsigned int type)
{
	memset(f, 0, 60);
	for (size_t i = 14; i < 60; i++)
		f[i] = (uint8_t)i;
	f[0] = f[6] = 2;
	f[5] = (uint8_t)dst;
	f[11] = (uint8_t)src;
	if (dst == 0xff)
		memset(f, 0xff, 6);
	if (dst == 1)
		f[0] = 1;
	if (src == 1)
		f[6] = 1;
	f[12] = (uint8_t)(type >> 8);
	f[13] = (uint8_t)type;
}

/* Where a frame goes that is sent by `hook`; unchanged. */
static const char *go(const char *hook, unsigned int dst, unsigned int src)
{
	uint8_t f[60];

	frame(f, dst, src, 0x88b5);
	push(hook, f, sizeof(f));
	for (size_t i = 0; i < world.ngot; i++) {
		ATF_CHECK_EQ(sizeof(f), world.got[i].len);
		if (world.got[i].len == sizeof(f))
			ATF_CHECK(!memcmp(f, world.got[i].data, sizeof(f)));
	}
	return where();
}

#define GOES(hook, dst, src, hooks) ATF_CHECK_STREQ(hooks, go(hook, dst, src))

#include "ng_world_kernel.h"

/* Two test cases, NAME and NAME_kernel. */
#define WORLD_TEST(name)                                                       \
	static void name##_world(void);                                        \
	ATF_TC_WITHOUT_HEAD(name);                                             \
	ATF_TC_BODY(name, tc)                                                  \
	{                                                                      \
		(void)tc;                                                      \
		world_open_memory();                                           \
		world_begin();                                                 \
		name##_world();                                                \
		world_close();                                                 \
	}                                                                      \
	WORLD_KERNEL_TC(name##_kernel, name##_world)                           \
	static void name##_world(void)

#define WORLD_ADD(name)                                                        \
	do {                                                                   \
		ATF_TP_ADD_TC(tp, name);                                       \
		ATF_TP_ADD_TC(tp, name##_kernel);                              \
	} while (0)

#endif
