/*
 * ngmessage_fuzz: hostile messages to a graph that they have made.  The input
 * is a program: each step makes, connects, names or cuts by words of a list,
 * or sends any bytes as any message to any node, whose answer is printed as
 * text.  After each step what packets see is the model, and no answer is
 * longer than its memory.
 */
#include "../unit/ngworld.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define STEPS 64

static const char *const hooks[] = {
	"link0", "link1", "uplink1",	"left",	   "right", "left2right",
	"in",	 "out",	  "mixed",	"one",	   "many0", "many1",
	"ether", "lower", "downstream", "nomatch", "upper", "default",
	"role1", "role2", "die",	"bya",	   "byb",   "veto",
	"a",	 "b",	  "refuse",	"suicide", "x",	    "debug",
};

static const char *const names[] = {"n0", "n1", "n2", "[2]", "", "x.y"};

/* Not those that would open sockets. */
static const enum ngd_kind kinds[] = {
	NGD_EIFACE,	 NGD_BRIDGE, NGD_HUB,	   NGD_ONE2MANY,
	NGD_TEE,	 NGD_VLAN,   NGD_HOLE,	   NGD_ECHO,
	NGD_SPLIT,	 NGD_PATCH,  NGD_BPF,	   NGD_ETF,
	NGD_MACFILTER,	 NGD_TAG,    NGD_TCPMSS,   NGD_CAR,
	NGD_PIPE,	 NGD_SOURCE, NGD_CHECKSUM, NGD_ETHER_ECHO,
	NGD_VLAN_ROTATE,
};

struct program {
	const uint8_t *p;
	size_t left;
};

static uint8_t next(struct program *in)
{
	if (!in->left)
		return 0;
	in->left--;
	return *in->p++;
}

#define NEXT_OF(in, list) ((list)[next(in) % ARRAY_SIZE(list)])

/* A type by a number: those of the test, and those of `kinds`. */
static const char *some_type(struct program *in)
{
	uint8_t k = next(in);

	if (k % 4 == 0)
		return world_types[k / 4 % (ARRAY_SIZE(world_types) - 1)]->name;
	for (const struct ng_type *const *t = ng_types; *t; t++)
		if ((*t)->kind == kinds[k / 4 % ARRAY_SIZE(kinds)])
			return (*t)->name;
	return "hub";
}

/* One of the nodes there are. */
static const struct ng_node *
some_node(const struct world *w, struct program *in, char *path, size_t size)
{
	size_t k = next(in) % ng_node_count(w->g);
	const struct ng_node *n = ng_nodes(w->g);

	while (k--)
		n = n->next;
	snprintf(path, size, "[%x]:", n->id);
	return n;
}

static void print_answer(struct world *w, const char *path,
			 const struct ng_reply *reply)
{
	const struct ng_msgbuf *b = reply->msg;
	struct ng_reply text = {0};
	const struct ng_mesg *m;

	if (!b)
		return;
	if (b->size != sizeof(b->m) + b->m.header.arglen ||
	    !(b->m.header.flags & NGF_RESP) || b->m.header.token != 7)
		abort();
	if (!world_send(w, path, NGM_GENERIC_COOKIE, NGM_BINARY2ASCII, &b->m,
			b->size, &text)) {
		m = (const struct ng_mesg *)text.msg->m.data;
		if (text.msg->m.header.arglen !=
			    sizeof(*m) + m->header.arglen ||
		    strnlen(m->data, m->header.arglen) + 1 != m->header.arglen)
			abort();
	}
	free(text.msg);
}

/* A word of the node's, with text or bytes as its arguments. */
static void some_message(struct world *w, struct program *in)
{
	char path[32];
	const struct ng_node *n = some_node(w, in, path, sizeof(path));
	const struct ng_cmd *c = n->type->cmds;
	uint8_t how = next(in), word = next(in);
	size_t len = next(in) * (how & 4 ? 4u : 1u);
	struct ng_reply reply = {0};
	uint32_t cookie = n->type->cookie, cmd = word;

	if (len > in->left)
		len = in->left;
	for (; c && c->name; c++)
		if (!word--) {
			cookie = c->cookie;
			cmd = c->cmd;
			break;
		}
	if (how & 1) { /* a generic one */
		cookie = NGM_GENERIC_COOKIE;
		cmd = 1 + cmd % 15;
		if (cmd >= 6 && cmd <= 13)
			cmd |= NGM_READONLY | NGM_HASREPLY;
	}
	if (how & 2) { /* its arguments are text, to be made bytes */
		cleanup_free struct ng_mesg *m =
			calloc(1, sizeof(*m) + len + 1);

		if (!m)
			abort();
		if (c && c->name)
			str_copy((char *)m->header.cmdstr, NG_CMDSTRSIZ,
				 c->name);
		m->header.arglen = (uint32_t)len + 1;
		memcpy(m->data, in->p, len);
		if (!world_send(w, path, NGM_GENERIC_COOKIE, NGM_ASCII2BINARY,
				m, sizeof(*m) + len + 1, &reply)) {
			struct ng_reply answer = {0};
			const struct ng_mesg *b =
				(const struct ng_mesg *)reply.msg->m.data;

			if (!world_send(w, path, b->header.typecookie,
					b->header.cmd, b->data,
					b->header.arglen, &answer))
				print_answer(w, path, &answer);
			free(answer.msg);
		}
	} else if (!world_send(w, path, cookie, cmd, in->p, len, &reply)) {
		print_answer(w, path, &reply);
	}
	free(reply.msg);
	in->p += len;
	in->left -= len;
}

static void one_step(struct world *w, struct program *in)
{
	char path[32], other[32];
	uint8_t what = next(in) % 8;

	if (what >= 5) {
		some_message(w, in);
		return;
	}
	some_node(w, in, path, sizeof(path));
	if (what == 0) {
		const char *type = some_type(in), *hook = NEXT_OF(in, hooks);

		(void)world_mkpeer(w, path, type, hook, NEXT_OF(in, hooks));
	} else if (what == 1) {
		const char *hook = NEXT_OF(in, hooks);

		some_node(w, in, other, sizeof(other));
		(void)world_join(w, path, other, hook, NEXT_OF(in, hooks));
	} else if (what == 2) {
		(void)world_name(w, path, NEXT_OF(in, names));
	} else if (what == 3) {
		(void)world_rmhook(w, path, NEXT_OF(in, hooks));
	} else {
		(void)world_kill(w, path);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct program in = {data, size};
	struct world w;

	world_begin(&w);
	for (int i = 0; in.left && i < STEPS && ng_nodes(w.g); i++) {
		w.me = ng_nodes(w.g); /* who sends does not matter */
		one_step(&w, &in);
		world_check(w.g);
	}
	while (ng_nodes(w.g) && !ng_nodes(w.g)->dying) {
		struct ng_node *n = ng_nodes(w.g);

		/* value 99 does not want to die */
		if (n->type->priv_size == sizeof(struct world_priv) &&
		    n->type->shutdown == world_shutdown)
			((struct world_priv *)n->priv)->value = 0;
		ng_node_shutdown(n);
	}
	world_check(w.g);
	world_end(&w);
	return 0;
}
