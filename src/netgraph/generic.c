/*
 * generic: messages, and what every node understands (netgraph(4), "Control
 * messages"; ng_base.c, ng_generic_msg()).
 *
 * A message is a client's: its caller has made sure that arglen bytes of
 * arguments are there, nothing else.
 */
#include "netgraph/graph_impl.h"

#include "base/cleanup.h"
#include "base/str.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* Text of arguments starts with FreeBSD's 20 KiB and may take this much, which
 * lists of ten thousand nodes fit in. */
#define TEXT_START (20u * 1024)
#define TEXT_MAX (4u * 1024 * 1024)

/* --- what they are called ------------------------------------------------ */

static int length_before(const struct ng_ptype *t, const uint8_t *start,
			 size_t size, size_t at)
{
	uint32_t n;

	(void)t;
	if (at < sizeof(n) || at > size)
		return -EINVAL;
	memcpy(&n, start + at - sizeof(n), sizeof(n));
	return n > INT32_MAX ? -EINVAL : (int)n;
}

static int length_of_links(const struct ng_ptype *t, const uint8_t *start,
			   size_t size, size_t at)
{
	(void)at;
	return length_before(t, start, size, sizeof(struct nodeinfo));
}
_Static_assert(offsetof(struct nodeinfo, hooks) + sizeof(uint32_t) ==
		       sizeof(struct nodeinfo),
	       "the number of hooks is what precedes the links");

#define F(field, ptype)                                                        \
	{                                                                      \
		.name = field, .type = ptype                                   \
	}
#define STRUCT(name, ...)                                                      \
	static const struct ng_pfield name##_fields[] = {__VA_ARGS__, {0}};    \
	static const struct ng_ptype name##_type = {                           \
		.kind = NGP_STRUCT,                                            \
		.fields = name##_fields,                                       \
	}
#define ARRAY(name, of, fn)                                                    \
	static const struct ng_ptype name##_type = {                           \
		.kind = NGP_ARRAY,                                             \
		.elem = &of##_type,                                            \
		.length = fn,                                                  \
	}

STRUCT(mkpeer, F("type", &ng_p_typebuf), F("ourhook", &ng_p_hookbuf),
       F("peerhook", &ng_p_hookbuf));
STRUCT(connect, F("path", &ng_p_pathbuf), F("ourhook", &ng_p_hookbuf),
       F("peerhook", &ng_p_hookbuf));
STRUCT(name, F("name", &ng_p_nodebuf));
STRUCT(rmhook, F("hook", &ng_p_hookbuf));
STRUCT(nodeinfo, F("name", &ng_p_nodebuf), F("type", &ng_p_typebuf),
       F("id", &ng_p_hint32), F("hooks", &ng_p_uint32));
STRUCT(linkinfo, F("ourhook", &ng_p_hookbuf), F("peerhook", &ng_p_hookbuf),
       F("nodeinfo", &nodeinfo_type));
STRUCT(typeinfo, F("typename", &ng_p_typebuf), F("numnodes", &ng_p_uint32));
ARRAY(links, linkinfo, length_of_links);
ARRAY(nodeinfos, nodeinfo, length_before);
ARRAY(typeinfos, typeinfo, length_before);
STRUCT(hooklist, F("nodeinfo", &nodeinfo_type), F("linkinfo", &links_type));
STRUCT(namelist, F("numnames", &ng_p_uint32), F("nodeinfo", &nodeinfos_type));
STRUCT(typelist, F("numtypes", &ng_p_uint32), F("typeinfo", &typeinfos_type));

#define CMD(number, word, args, answer)                                        \
	{                                                                      \
		NGM_GENERIC_COOKIE, number, word, args, answer                 \
	}
static const struct ng_cmd generic_cmds[] = {
	CMD(NGM_SHUTDOWN, "shutdown", NULL, NULL),
	CMD(NGM_MKPEER, "mkpeer", &mkpeer_type, NULL),
	CMD(NGM_CONNECT, "connect", &connect_type, NULL),
	CMD(NGM_NAME, "name", &name_type, NULL),
	CMD(NGM_RMHOOK, "rmhook", &rmhook_type, NULL),
	CMD(NGM_NODEINFO, "nodeinfo", NULL, &nodeinfo_type),
	CMD(NGM_LISTHOOKS, "listhooks", NULL, &hooklist_type),
	CMD(NGM_LISTNAMES, "listnames", NULL, &namelist_type),
	CMD(NGM_LISTNODES, "listnodes", NULL, &namelist_type),
	CMD(NGM_LISTTYPES, "listtypes", NULL, &typelist_type),
	CMD(NGM_TEXT_CONFIG, "textconfig", NULL, &ng_p_string),
	CMD(NGM_TEXT_STATUS, "textstatus", NULL, &ng_p_string),
	CMD(NGM_ASCII2BINARY, "ascii2binary", &ng_p_ng_mesg, &ng_p_ng_mesg),
	CMD(NGM_BINARY2ASCII, "binary2ascii", &ng_p_ng_mesg, &ng_p_ng_mesg),
	{0},
};

const struct ng_cmd *ng_cmd_by_name(const struct ng_type *t, const char *name)
{
	for (const struct ng_cmd *c = t->cmds; c && c->name; c++)
		if (strcmp(c->name, name) == 0)
			return c;
	for (const struct ng_cmd *c = generic_cmds; c->name; c++)
		if (strcmp(c->name, name) == 0)
			return c;
	return NULL;
}

static const struct ng_cmd *cmd_by_number(const struct ng_type *t,
					  uint32_t cookie, uint32_t cmd)
{
	for (const struct ng_cmd *c = t->cmds; c && c->name; c++)
		if (c->cookie == cookie && c->cmd == cmd)
			return c;
	for (const struct ng_cmd *c = generic_cmds; c->name; c++)
		if (c->cookie == cookie && c->cmd == cmd)
			return c;
	return NULL;
}

/* --- answers ------------------------------------------------------------- */

void *ng_answer_room(struct ng_reply *r, const struct ng_mesg *question,
		     size_t len)
{
	struct ng_msgbuf *b;

	if (len > UINT32_MAX)
		return NULL;
	b = calloc(1, sizeof(*b) + len + 1);
	if (!b)
		return NULL;
	b->size = sizeof(b->m) + len;
	b->m.header = (struct ng_msghdr){
		.version = NG_VERSION,
		.arglen = (uint32_t)len,
		.cmd = question->header.cmd,
		.flags = NGF_RESP,
		.token = question->header.token,
		.typecookie = question->header.typecookie,
	};
	memcpy(b->m.header.cmdstr, question->header.cmdstr, NG_CMDSTRSIZ);
	free(r->msg);
	r->msg = b;
	return b->m.data;
}

int ng_answer(struct ng_reply *r, const struct ng_mesg *question,
	      const void *data, size_t len)
{
	void *to = ng_answer_room(r, question, len);

	if (!to)
		return -ENOMEM;
	if (len)
		memcpy(to, data, len);
	return 0;
}

/* Less was needed. */
static void answer_shrink(struct ng_reply *r, size_t len)
{
	r->msg->m.header.arglen = (uint32_t)len;
	r->msg->size = sizeof(r->msg->m) + len;
}

/* --- changes ------------------------------------------------------------- */

/* A text that a client says ends within its field. */
#define FIELD(args, field) field_end((args).field, sizeof((args).field))

static const char *field_end(char *field, size_t size)
{
	field[size - 1] = '\0';
	return field;
}

/* A copy of arguments that have just that size. */
static int args_copy(const struct ng_mesg *msg, void *to, size_t size)
{
	if (msg->header.arglen != size)
		return -EINVAL;
	memcpy(to, msg->data, size);
	return 0;
}

static int do_shutdown(struct ng_node *n, const struct ng_mesg *msg,
		       struct ng_reply *reply)
{
	(void)msg;
	(void)reply;
	ng_node_shutdown(n);
	return 0;
}

static int do_mkpeer(struct ng_node *n, const struct ng_mesg *msg,
		     struct ng_reply *reply)
{
	struct ngm_mkpeer a;

	(void)reply;
	if (args_copy(msg, &a, sizeof(a)) < 0)
		return -EINVAL;
	return ng_mkpeer(n, FIELD(a, ourhook), FIELD(a, peerhook),
			 FIELD(a, type), NULL);
}

static int do_connect(struct ng_node *n, const struct ng_mesg *msg,
		      struct ng_reply *reply)
{
	struct ngm_connect a;
	struct ng_node *m;
	int r;

	(void)reply;
	if (args_copy(msg, &a, sizeof(a)) < 0)
		return -EINVAL;
	r = ng_path(n->graph, n, FIELD(a, path), &m, NULL);
	if (r < 0)
		return r;
	return ng_connect(n, FIELD(a, ourhook), m, FIELD(a, peerhook));
}

static int do_name(struct ng_node *n, const struct ng_mesg *msg,
		   struct ng_reply *reply)
{
	struct ngm_name a;

	(void)reply;
	if (args_copy(msg, &a, sizeof(a)) < 0)
		return -EINVAL;
	return ng_node_rename(n, FIELD(a, name));
}

/* A hook that is not there is as good as gone. */
static int do_rmhook(struct ng_node *n, const struct ng_mesg *msg,
		     struct ng_reply *reply)
{
	struct ngm_rmhook a;
	struct ng_hook *h;

	(void)reply;
	if (args_copy(msg, &a, sizeof(a)) < 0)
		return -EINVAL;
	h = ng_hook_by_name(n, FIELD(a, ourhook));
	if (h)
		ng_hook_destroy(h);
	return 0;
}

/* --- listing ------------------------------------------------------------- */

static void info_of(const struct ng_node *n, struct nodeinfo *ret)
{
	str_copy(ret->name, sizeof(ret->name), n->name);
	str_copy(ret->type, sizeof(ret->type), n->type->name);
	ret->id = n->id;
	ret->hooks = (uint32_t)n->nhooks;
}

static int do_nodeinfo(struct ng_node *n, const struct ng_mesg *msg,
		       struct ng_reply *reply)
{
	struct nodeinfo *i = ng_answer_room(reply, msg, sizeof(*i));

	if (!i)
		return -ENOMEM;
	info_of(n, i);
	return 0;
}

static int do_listhooks(struct ng_node *n, const struct ng_mesg *msg,
			struct ng_reply *reply)
{
	struct hooklist *l;
	uint32_t k = 0;

	l = ng_answer_room(reply, msg,
			   sizeof(*l) + n->nhooks * sizeof(*l->link));
	if (!l)
		return -ENOMEM;
	info_of(n, &l->nodeinfo);
	for (const struct ng_hook *h = n->hooks; h; h = h->older) {
		struct linkinfo *i = &l->link[k];

		if (h->invalid)
			continue;
		str_copy(i->ourhook, sizeof(i->ourhook), h->name);
		str_copy(i->peerhook, sizeof(i->peerhook), h->peer->name);
		info_of(h->peer->node, &i->nodeinfo);
		k++;
	}
	l->nodeinfo.hooks = k;
	answer_shrink(reply, sizeof(*l) + k * sizeof(*l->link));
	return 0;
}

/* By id.  FreeBSD does so for a machine's first nodes, then by id modulo the
 * size of a hash; scripts take the last line for the newest node. */
static int do_list(struct ng_node *n, const struct ng_mesg *msg,
		   struct ng_reply *reply, bool named)
{
	const struct ng_graph *g = n->graph;
	struct namelist *l;
	uint32_t k = 0;

	l = ng_answer_room(reply, msg,
			   sizeof(*l) + g->nnodes * sizeof(*l->nodeinfo));
	if (!l)
		return -ENOMEM;
	for (const struct ng_node *m = g->oldest; m; m = m->prev)
		if (!m->dying && (!named || *m->name))
			info_of(m, &l->nodeinfo[k++]);
	l->numnames = k;
	answer_shrink(reply, sizeof(*l) + k * sizeof(*l->nodeinfo));
	return 0;
}

static int do_listnames(struct ng_node *n, const struct ng_mesg *msg,
			struct ng_reply *reply)
{
	return do_list(n, msg, reply, true);
}

static int do_listnodes(struct ng_node *n, const struct ng_mesg *msg,
			struct ng_reply *reply)
{
	return do_list(n, msg, reply, false);
}

static uint32_t types_fill(const struct ng_graph *g,
			   const struct ng_type *const *t, struct typeinfo *ret)
{
	uint32_t k = 0;

	for (; t && *t; t++, k++) {
		if (!ret)
			continue;
		str_copy(ret[k].type_name, sizeof(ret[k].type_name),
			 (*t)->name);
		ret[k].numnodes = (uint32_t)ng_type_living(g, *t);
	}
	return k;
}

static int do_listtypes(struct ng_node *n, const struct ng_mesg *msg,
			struct ng_reply *reply)
{
	const struct ng_graph *g = n->graph;
	uint32_t k = types_fill(g, ng_types, NULL);
	uint32_t more = types_fill(g, g->more_types, NULL);
	struct typelist *l;

	l = ng_answer_room(reply, msg,
			   sizeof(*l) + (k + more) * sizeof(*l->typeinfo));
	if (!l)
		return -ENOMEM;
	l->numtypes = k + more;
	types_fill(g, ng_types, l->typeinfo);
	types_fill(g, g->more_types, l->typeinfo + k);
	return 0;
}

/* --- to text and back ---------------------------------------------------- */

/* The message within a message; its arguments have `least` bytes or more. */
static int inner_copy(const struct ng_mesg *msg, size_t least,
		      struct ng_mesg *ret, const char **ret_args)
{
	if (msg->header.arglen < sizeof(*ret))
		return -EINVAL;
	memcpy(ret, msg->data, sizeof(*ret));
	if (ret->header.arglen < least ||
	    ret->header.arglen > msg->header.arglen - sizeof(*ret))
		return -EINVAL;
	*ret_args = msg->data + sizeof(*ret);
	return 0;
}

static const struct ng_ptype *cmd_type(const struct ng_cmd *c,
				       const struct ng_mesg *m)
{
	return m->header.flags & NGF_RESP ? c->reply : c->arg;
}

typedef int convert_fn(const struct ng_ptype *t, const char *args,
		       const struct ng_mesg *inner, char *to, size_t room);

/* An answer of `inner`, changed as it is, and what convert() makes of its
 * arguments: with more and more room until it fits. */
static int convert(struct ng_reply *reply, const struct ng_mesg *msg,
		   const struct ng_mesg *inner, const char *args,
		   const struct ng_ptype *t, convert_fn *fn)
{
	int len = -ERANGE;

	for (size_t room = TEXT_START; len == -ERANGE && room <= TEXT_MAX;
	     room *= 2) {
		struct ng_mesg *out =
			ng_answer_room(reply, msg, sizeof(*out) + room);

		if (!out)
			return -ENOMEM;
		*out = *inner;
		len = fn(t, args, inner, out->data, room);
		if (len < 0)
			continue;
		out->header.arglen = (uint32_t)len;
		answer_shrink(reply, sizeof(*out) + (size_t)len);
	}
	return len < 0 ? len : 0;
}

static int to_text(const struct ng_ptype *t, const char *args,
		   const struct ng_mesg *inner, char *to, size_t room)
{
	int len = 0;

	if (t)
		len = ng_unparse(t, (const uint8_t *)args, inner->header.arglen,
				 to, room);
	if (len < 0)
		return len;
	to[len] = '\0';
	return len + 1;
}

static int to_bytes(const struct ng_ptype *t, const char *args,
		    const struct ng_mesg *inner, char *to, size_t room)
{
	(void)inner;
	return t ? ng_parse(t, args, (uint8_t *)to, room) : 0;
}

static int do_binary2ascii(struct ng_node *n, const struct ng_mesg *msg,
			   struct ng_reply *reply)
{
	struct ng_mesg inner;
	const struct ng_cmd *c;
	const char *args;
	cleanup_free char *copy = NULL;

	if (inner_copy(msg, 0, &inner, &args) < 0)
		return -EINVAL;
	c = cmd_by_number(n->type, inner.header.typecookie, inner.header.cmd);
	if (!c)
		return -ENOSYS;
	/* not aligned, where it is, for what reads 64-bit numbers */
	copy = malloc(inner.header.arglen + 1u);
	if (!copy)
		return -ENOMEM;
	memcpy(copy, args, inner.header.arglen);
	str_copy((char *)inner.header.cmdstr, NG_CMDSTRSIZ, c->name);
	return convert(reply, msg, &inner, copy, cmd_type(c, &inner), to_text);
}

static int do_ascii2binary(struct ng_node *n, const struct ng_mesg *msg,
			   struct ng_reply *reply)
{
	struct ng_mesg inner;
	const struct ng_cmd *c;
	const char *args;
	cleanup_free char *text = NULL;

	if (inner_copy(msg, 1, &inner, &args) < 0)
		return -EINVAL;
	inner.header.cmdstr[NG_CMDSTRSIZ - 1] = '\0';
	c = ng_cmd_by_name(n->type, (const char *)inner.header.cmdstr);
	if (!c)
		return -ENOSYS;
	text = strndup(args, inner.header.arglen - 1);
	if (!text)
		return -ENOMEM;
	inner.header.typecookie = c->cookie;
	inner.header.cmd = c->cmd;
	return convert(reply, msg, &inner, text, cmd_type(c, &inner), to_bytes);
}

/* --- carrying out -------------------------------------------------------- */

static const struct {
	uint32_t cmd;
	int (*fn)(struct ng_node *n, const struct ng_mesg *msg,
		  struct ng_reply *reply);
} handlers[] = {
	{NGM_SHUTDOWN, do_shutdown},
	{NGM_MKPEER, do_mkpeer},
	{NGM_CONNECT, do_connect},
	{NGM_NAME, do_name},
	{NGM_RMHOOK, do_rmhook},
	{NGM_NODEINFO, do_nodeinfo},
	{NGM_LISTHOOKS, do_listhooks},
	{NGM_LISTNAMES, do_listnames},
	{NGM_LISTNODES, do_listnodes},
	{NGM_LISTTYPES, do_listtypes},
	{NGM_BINARY2ASCII, do_binary2ascii},
	{NGM_ASCII2BINARY, do_ascii2binary},
};

static int type_message(struct ng_node *to, const struct ng_mesg *msg,
			struct ng_hook *last, struct ng_reply *reply, int none)
{
	if (last && last->invalid)
		last = NULL;
	return to->type->rcvmsg ? to->type->rcvmsg(to, msg, last, reply) : none;
}

static int generic_message(struct ng_node *to, const struct ng_mesg *msg,
			   struct ng_hook *last, struct ng_reply *reply)
{
	uint32_t cmd = msg->header.cmd;

	for (size_t i = 0; i < ARRAY_SIZE(handlers); i++)
		if (handlers[i].cmd == cmd)
			return handlers[i].fn(to, msg, reply);
	/* words of all nodes that only the types can say something to */
	if (cmd == NGM_TEXT_CONFIG || cmd == NGM_TEXT_STATUS)
		return type_message(to, msg, last, reply, -EINVAL);
	return -EINVAL;
}

ng_ID_t ng_sender(const struct ng_graph *g)
{
	return g->sender;
}

int ng_message(struct ng_node *from, struct ng_node *to, struct ng_hook *last,
	       const struct ng_mesg *msg, struct ng_reply *reply)
{
	struct ng_graph *g = to->graph;
	ng_ID_t sender = g->sender;
	int r;

	if (to->dying)
		return -EINVAL;
	if (g->messages >= GRAPH_DEPTH)
		return -ELOOP;
	ng_enter(g);
	g->messages++;
	g->sender = from ? from->id : 0;
	if (msg->header.typecookie == NGM_GENERIC_COOKIE &&
	    !(msg->header.flags & NGF_RESP))
		r = generic_message(to, msg, last, reply);
	else
		r = type_message(to, msg, last, reply, 0);
	g->sender = sender;
	g->messages--;
	if (r < 0) {
		free(reply->msg);
		reply->msg = NULL;
	}
	ng_leave(g);
	return r;
}

/* Carry out a node's own message; the answer goes to the node that asked. */
static int message_own(struct ng_node *from, struct ng_node *to,
		       struct ng_hook *last, const struct ng_mesg *m)
{
	struct ng_reply answer = {0}, none = {0};
	int r;

	ng_enter(from->graph);
	r = ng_message(from, to, last, m, &answer);
	if (!r && answer.msg && !from->dying)
		(void)ng_message(to, from, last ? last->peer : NULL,
				 &answer.msg->m, &none);
	ng_leave(from->graph);
	free(answer.msg);
	free(none.msg);
	return r;
}

int ng_message_peer(struct ng_hook *h, uint32_t cookie, uint32_t cmd,
		    const void *arg, size_t len)
{
	cleanup_free struct ng_mesg *m = NULL;

	if (h->cut || !h->peer)
		return -ENOTCONN;
	if (len > UINT32_MAX)
		return -EMSGSIZE;
	m = calloc(1, sizeof(*m) + len);
	if (!m)
		return -ENOMEM;
	m->header = (struct ng_msghdr){
		.version = NG_VERSION,
		.arglen = (uint32_t)len,
		.cmd = cmd,
		.typecookie = cookie,
	};
	if (len)
		memcpy(m->data, arg, len);
	return message_own(h->node, h->peer->node, h->peer, m);
}

int ng_message_id(struct ng_node *from, ng_ID_t to, const struct ng_mesg *m)
{
	struct ng_node *n = ng_node_by_id(from->graph, to);

	return n ? message_own(from, n, NULL, m) : -ENOENT;
}
