/*
 * tag: marks on packets, set, looked for and taken off; ng_tag(4).
 *
 * Theory of operation.  A tag is a cookie, an id and data.  All packets go in
 * the kernel (bpf/tag.bpf.h), where a packet does not carry tags but numbers:
 * one for each tag that a node of the vnet puts on, up to 255.  Here is which
 * number is which tag (it lies with the hook that puts it on), and for each
 * hook the set of numbers that its rule finds: those of the same cookie and
 * id, with data that begins with the rule's.  When a tag is put on that was not
 * before, or no more, the rules of all tag nodes are looked at again.
 *
 * A packet keeps its tags on its way from hook to hook, copies of floods and
 * those that other nodes change among them.  They end where it leaves the
 * graph: on an interface, at a node of the broker's (socket, ksocket, a pipe or
 * car that lets it wait): nothing of Linux's looks at them, and nobody in a
 * jail can make one.  A packet has up to four at a time; a fifth is not put on.
 * A node has rules for NGD_TAG_RULES hooks, data of up to TAG_DATA bytes; more
 * is ENOMEM.
 *
 * Hooks of any names; the node goes with its last one.  Hooks named in rules
 * may come later.
 */
#include "netgraph/filter_roles.h"
#include "netgraph/filter_types.h"
#include "netgraph/node.h"

#include <errno.h>
#include <netgraph/ng_tag.h>
#include <stddef.h>
#include <string.h>

#define TAG_DATA 32

struct def {
	uint32_t cookie;
	uint16_t id, len;
	uint8_t data[TAG_DATA];
};

/* What a hook does, from the first message about it on. */
struct place {
	bool used;
	uint8_t strip;
	uint8_t number; /* of `out`; 0: nothing is put on */
	char match[NG_HOOKSIZ], nomatch[NG_HOOKSIZ];
	struct def in, out;
	uint32_t wanted[NGD_TAG_NUMBERS / 32]; /* numbers that `in` finds */
};

struct tags {
	struct place place[NGD_TAG_RULES];
};

_Static_assert(sizeof(struct ng_tag_hookstat) ==
			       sizeof(struct node_match_stat) &&
		       (int)NGD_TAG_C_FRAMES == (int)NGD_C_TYPE &&
		       (int)NGD_TAG_C_OCTETS == NGD_C_TYPE + 1,
	       "what node_match_stats() answers");

/* --- arguments ---------------------------------------------------------- */

/* Bytes of data: the number stands just before them. */
static int data_length(const struct ng_ptype *t, const uint8_t *start,
		       size_t size, size_t at)
{
	uint16_t n;

	(void)t;
	if (at < sizeof(n) || size < at)
		return -EINVAL;
	memcpy(&n, start + at - sizeof(n), sizeof(n));
	return n;
}

static const struct ng_ptype data_type = {
	.kind = NGP_BYTES,
	.length = data_length,
};
static const struct ng_pfield in_fields[] = {
	NODE_FIELD("thisHook", &ng_p_hookbuf),
	NODE_FIELD("ifMatch", &ng_p_hookbuf),
	NODE_FIELD("ifNotMatch", &ng_p_hookbuf),
	NODE_FIELD("strip", &ng_p_uint8),
	NODE_FIELD("tag_cookie", &ng_p_uint32),
	NODE_FIELD("tag_id", &ng_p_uint16),
	NODE_FIELD("tag_len", &ng_p_uint16),
	NODE_FIELD("tag_data", &data_type),
	{0},
};
static const struct ng_ptype in_type = {
	.kind = NGP_STRUCT,
	.fields = in_fields,
};
static const struct ng_pfield out_fields[] = {
	NODE_FIELD("thisHook", &ng_p_hookbuf),
	NODE_FIELD("tag_cookie", &ng_p_uint32),
	NODE_FIELD("tag_id", &ng_p_uint16),
	NODE_FIELD("tag_len", &ng_p_uint16),
	NODE_FIELD("tag_data", &data_type),
	{0},
};
static const struct ng_ptype out_type = {
	.kind = NGP_STRUCT,
	.fields = out_fields,
};

static const struct ng_cmd cmds[] = {
	{NGM_TAG_COOKIE, NGM_TAG_SET_HOOKIN, "sethookin", &in_type, NULL},
	{NGM_TAG_COOKIE, NGM_TAG_GET_HOOKIN, "gethookin", &ng_p_hookbuf,
	 &in_type},
	{NGM_TAG_COOKIE, NGM_TAG_SET_HOOKOUT, "sethookout", &out_type, NULL},
	{NGM_TAG_COOKIE, NGM_TAG_GET_HOOKOUT, "gethookout", &ng_p_hookbuf,
	 &out_type},
	{NGM_TAG_COOKIE, NGM_TAG_GET_STATS, "getstats", &ng_p_hookbuf,
	 &node_match_stat_type},
	{NGM_TAG_COOKIE, NGM_TAG_CLR_STATS, "clrstats", &ng_p_hookbuf, NULL},
	{NGM_TAG_COOKIE, NGM_TAG_GETCLR_STATS, "getclrstats", &ng_p_hookbuf,
	 &node_match_stat_type},
	{0},
};

/* --- numbers ------------------------------------------------------------ */

/* Without cookie and id it is none: nothing is put on, nothing found. */
static bool def_is(const struct def *d)
{
	return d->cookie || d->id;
}

static bool def_same(const struct def *a, const struct def *b)
{
	return a->cookie == b->cookie && a->id == b->id && a->len == b->len &&
	       !memcmp(a->data, b->data, a->len);
}

static bool def_finds(const struct def *rule, const struct def *d)
{
	return def_is(rule) && rule->cookie == d->cookie && rule->id == d->id &&
	       rule->len <= d->len && !memcmp(rule->data, d->data, rule->len);
}

/* Which number is which of all tags that are put on; NULL: it is free. */
static void numbers(struct ng_graph *g, const struct def *ret[NGD_TAG_NUMBERS])
{
	for (struct ng_node *n = ng_nodes(g); n; n = n->next) {
		const struct tags *t = n->priv;

		if (n->type != &ng_type_tag)
			continue;
		for (size_t i = 0; i < NGD_TAG_RULES; i++)
			if (t->place[i].number)
				ret[t->place[i].number] = &t->place[i].out;
	}
}

/* The number that d has, or shall have; 0: they have run out. */
static uint8_t number_for(struct ng_graph *g, const struct def *d)
{
	const struct def *all[NGD_TAG_NUMBERS] = {0};
	unsigned int free = 0;

	numbers(g, all);
	for (unsigned int i = NGD_TAG_NUMBERS - 1; i > 0; i--) {
		if (!all[i])
			free = i;
		else if (def_same(all[i], d))
			return (uint8_t)i;
	}
	return (uint8_t)free;
}

/* What p's rule finds of all; true: that is not what it was. */
static bool rule_again(struct place *p, const struct def *const all[])
{
	uint32_t wanted[NGD_TAG_NUMBERS / 32] = {0};

	for (unsigned int k = 1; k < NGD_TAG_NUMBERS; k++)
		if (all[k] && def_finds(&p->in, all[k]))
			wanted[k / 32] |= 1u << k % 32;
	if (!memcmp(wanted, p->wanted, sizeof(wanted)))
		return false;
	memcpy(p->wanted, wanted, sizeof(wanted));
	return true;
}

static int rules_node(struct ng_node *n, const struct def *const all[])
{
	struct tags *t = n->priv;
	bool changed = false;

	for (size_t i = 0; i < NGD_TAG_RULES; i++)
		if (t->place[i].used)
			changed |= rule_again(&t->place[i], all);
	return changed ? ng_node_changed(n) : 0;
}

/* p is another from here on.  Where that makes a number one of a tag that was
 * none, or the other way round, all rules are looked at. */
static int place_store(struct ng_graph *g, struct place *p,
		       const struct place *fresh)
{
	const struct def *was[NGD_TAG_NUMBERS] = {0};
	const struct def *all[NGD_TAG_NUMBERS] = {0};
	unsigned int old = p->number, new = fresh->number;
	int r = 0;

	numbers(g, was);
	*p = *fresh;
	numbers(g, all);
	if (p->used)
		rule_again(p, all);
	if (!was[old] == !all[old] && !was[new] == !all[new])
		return 0;
	for (struct ng_node *n = ng_nodes(g); n && !r; n = n->next)
		if (n->type == &ng_type_tag)
			r = rules_node(n, all);
	return r;
}

/* --- what packets see --------------------------------------------------- */

static struct place *place_of(const struct ng_hook *h)
{
	struct tags *t = h->node->priv;

	return h->conf ? &t->place[h->conf - 1] : NULL;
}

/* A place for h, which has perhaps none yet; NULL: they have run out. */
static struct place *place_for(const struct ng_hook *h)
{
	struct tags *t = h->node->priv;
	struct place *p = place_of(h);

	for (size_t i = 0; !p && i < NGD_TAG_RULES; i++)
		if (!t->place[i].used)
			p = &t->place[i];
	return p;
}

static size_t tag_blob(const struct ng_node *n, uint8_t ret[NGD_BLOB])
{
	struct ngd_tag_blob *d = (struct ngd_tag_blob *)ret;
	const struct tags *t = n->priv;

	for (size_t i = 0; i < NGD_TAG_RULES; i++) {
		const struct place *p = &t->place[i];
		struct ngd_tag_rule *rule = &d->rule[i];

		rule->match = node_hook_slot(n, p->match);
		rule->nomatch = node_hook_slot(n, p->nomatch);
		rule->strip = p->strip;
		memcpy(rule->wanted, p->wanted, sizeof(p->wanted));
	}
	return sizeof(*d);
}

static void tag_disconnect(struct ng_hook *h)
{
	struct place *p = place_of(h);

	if (!p)
		return;
	place_store(h->node->graph, p, &(struct place){0});
	h->conf = h->number = 0;
	ng_node_changed(h->node);
}

/* A journal's bytes are not to be trusted with places in arrays. */
static int tag_restore(struct ng_node *n)
{
	const struct tags *t = n->priv;

	for (size_t i = 0; i < NGD_TAG_RULES; i++) {
		const struct place *p = &t->place[i];

		if (p->in.len > TAG_DATA || p->out.len > TAG_DATA ||
		    !memchr(p->match, 0, NG_HOOKSIZ) ||
		    !memchr(p->nomatch, 0, NG_HOOKSIZ))
			return -EINVAL;
	}
	for (const struct ng_hook *h = n->hooks; h; h = h->older)
		if (h->conf > NGD_TAG_RULES || h->number >= NGD_TAG_NUMBERS)
			return -EINVAL;
	return 0;
}

/* --- messages ----------------------------------------------------------- */

/* `fresh` is h's from here on; as it was before, if that cannot be. */
static int place_set(struct ng_hook *h, struct place *p, struct place *fresh)
{
	struct place old = *p;
	int r;

	fresh->used = true;
	r = place_store(h->node->graph, p, fresh);
	if (r >= 0)
		r = ng_node_changed(h->node);
	if (r < 0) {
		place_store(h->node->graph, p, &old);
		return r;
	}
	h->conf = (uint32_t)(p - ((struct tags *)h->node->priv)->place) + 1;
	h->number = p->number;
	return ng_hook_changed(h);
}

/* Text is made arguments of a multiple of four bytes, which FreeBSD then
 * refuses when there is other data. */
static bool size_good(const struct ng_mesg *msg, size_t size)
{
	return msg->header.arglen == size ||
	       msg->header.arglen == ((size + 3) & ~(size_t)3);
}

static int msg_sethookin(struct ng_node *n, const struct ng_mesg *msg)
{
	const struct ng_tag_hookin *arg = (const void *)msg->data;
	struct place *p, fresh;
	struct ng_hook *h;

	if (msg->header.arglen < sizeof(*arg) ||
	    !size_good(msg, NG_TAG_HOOKIN_SIZE((size_t)arg->tag_len)))
		return -EINVAL;
	h = node_hook_named(n, arg->thisHook);
	if (!h)
		return -ENOENT;
	p = place_for(h);
	if (!p || arg->tag_len > TAG_DATA)
		return -ENOMEM;
	fresh = *p;
	memcpy(fresh.match, arg->ifMatch, NG_HOOKSIZ - 1);
	memcpy(fresh.nomatch, arg->ifNotMatch, NG_HOOKSIZ - 1);
	fresh.strip = arg->strip;
	fresh.in = (struct def){.cookie = arg->tag_cookie,
				.id = arg->tag_id,
				.len = arg->tag_len};
	memcpy(fresh.in.data, arg->tag_data, arg->tag_len);
	return place_set(h, p, &fresh);
}

static int msg_sethookout(struct ng_node *n, const struct ng_mesg *msg)
{
	const struct ng_tag_hookout *arg = (const void *)msg->data;
	struct place *p, fresh;
	struct ng_hook *h;

	if (msg->header.arglen < sizeof(*arg) ||
	    !size_good(msg, NG_TAG_HOOKOUT_SIZE((size_t)arg->tag_len)))
		return -EINVAL;
	h = node_hook_named(n, arg->thisHook);
	if (!h)
		return -ENOENT;
	p = place_for(h);
	if (!p || arg->tag_len > TAG_DATA)
		return -ENOMEM;
	fresh = *p;
	fresh.out = (struct def){.cookie = arg->tag_cookie,
				 .id = arg->tag_id,
				 .len = arg->tag_len};
	memcpy(fresh.out.data, arg->tag_data, arg->tag_len);
	fresh.number = 0;
	if (def_is(&fresh.out)) {
		fresh.number = number_for(n->graph, &fresh.out);
		if (!fresh.number)
			return -ENOMEM;
	}
	return place_set(h, p, &fresh);
}

static const struct place unset;

static int msg_gethookin(struct ng_node *n, const struct ng_mesg *msg,
			 struct ng_reply *reply)
{
	const struct ng_hook *h = node_hook_arg(n, msg);
	const struct place *p;
	struct ng_tag_hookin *ret;

	if (!msg->header.arglen)
		return -EINVAL;
	if (!h)
		return -ENOENT;
	p = place_of(h) ? place_of(h) : &unset;
	ret = ng_answer_room(reply, msg, NG_TAG_HOOKIN_SIZE(p->in.len));
	if (!ret)
		return -ENOMEM;
	memcpy(ret->thisHook, h->name, NG_HOOKSIZ);
	memcpy(ret->ifMatch, p->match, NG_HOOKSIZ);
	memcpy(ret->ifNotMatch, p->nomatch, NG_HOOKSIZ);
	ret->strip = p->strip;
	ret->tag_cookie = p->in.cookie;
	ret->tag_id = p->in.id;
	ret->tag_len = p->in.len;
	memcpy(ret->tag_data, p->in.data, p->in.len);
	return 0;
}

static int msg_gethookout(struct ng_node *n, const struct ng_mesg *msg,
			  struct ng_reply *reply)
{
	const struct ng_hook *h = node_hook_arg(n, msg);
	const struct place *p;
	struct ng_tag_hookout *ret;

	if (!msg->header.arglen)
		return -EINVAL;
	if (!h)
		return -ENOENT;
	p = place_of(h) ? place_of(h) : &unset;
	ret = ng_answer_room(reply, msg, NG_TAG_HOOKOUT_SIZE(p->out.len));
	if (!ret)
		return -ENOMEM;
	memcpy(ret->thisHook, h->name, NG_HOOKSIZ);
	ret->tag_cookie = p->out.cookie;
	ret->tag_id = p->out.id;
	ret->tag_len = p->out.len;
	memcpy(ret->tag_data, p->out.data, p->out.len);
	return 0;
}

static int tag_rcvmsg(struct ng_node *n, const struct ng_mesg *msg,
		      struct ng_hook *last, struct ng_reply *reply)
{
	(void)last;
	if (msg->header.typecookie != NGM_TAG_COOKIE)
		return -EINVAL;
	switch (msg->header.cmd) {
	case NGM_TAG_SET_HOOKIN:
		return msg_sethookin(n, msg);
	case NGM_TAG_GET_HOOKIN:
		return msg_gethookin(n, msg, reply);
	case NGM_TAG_SET_HOOKOUT:
		return msg_sethookout(n, msg);
	case NGM_TAG_GET_HOOKOUT:
		return msg_gethookout(n, msg, reply);
	case NGM_TAG_GET_STATS:
		return node_match_stats(n, msg, reply, NODE_GET);
	case NGM_TAG_CLR_STATS:
		return node_match_stats(n, msg, reply, NODE_CLEAR);
	case NGM_TAG_GETCLR_STATS:
		return node_match_stats(n, msg, reply, NODE_GET | NODE_CLEAR);
	default:
		return -EINVAL;
	}
}

const struct ng_type ng_type_tag = {
	.name = NG_TAG_NODE_TYPE,
	.cookie = NGM_TAG_COOKIE,
	.kind = NGD_TAG,
	.cmds = cmds,
	.priv_size = sizeof(struct tags),
	.disconnect = tag_disconnect,
	.rcvmsg = tag_rcvmsg,
	.restore = tag_restore,
	.blob = tag_blob,
};
