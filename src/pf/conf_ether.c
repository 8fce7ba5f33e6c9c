/* conf_ether: rules for Ethernet frames, "ether pass ...". */
#include "pf/conf_impl.h"

#include "base/cleanup.h"
#include "pf/print.h"

#include <errno.h>
#include <string.h>

struct mac {
	uint8_t addr[6], mask[6];
	bool neg;
};
struct macs {
	struct mac *v;
	size_t n, size;
};

struct frame { /* what may be a list */
	struct draft d;
	struct macs src, dst;
};

static void frame_clear(struct frame *f)
{
	draft_clear(&f->d);
	free(f->src.v);
	free(f->dst.v);
}

/* "02:00:00:00:00:01"; *end behind it. */
static bool mac_text(const char *s, uint8_t ret[6], const char **end)
{
	for (size_t i = 0; i < 6; i++) {
		char *e;
		unsigned long v;

		if (!*s || *s == '-' || *s == '+' || *s == ' ')
			return false;
		v = strtoul(s, &e, 16);
		if (e == s || e - s > 2 || v > 255)
			return false;
		ret[i] = (uint8_t)v;
		s = e;
		if (i < 5 && *s++ != ':')
			return false;
	}
	*end = s;
	return true;
}

static void mac_prefix(uint8_t mask[6], long long bits)
{
	memset(mask, 0, 6);
	for (int i = 0; i < bits; i++)
		mask[i / 8] |= (uint8_t)(0x80 >> i % 8);
}

static int mac_one(struct parser *p, struct macs *to)
{
	cleanup_free char *s = NULL;
	struct mac m = {0}, *v;
	const char *end = "";
	long long bits = 48;
	bool slash = false;
	int r = accept_char(p, '!', &m.neg);

	if (!r)
		r = take_words(p, &s);
	if (r < 0)
		return r;
	if (!mac_text(s, m.addr, &end))
		return pf_conf_error(p, "invalid MAC address");
	mac_prefix(m.mask, 48);
	if (*end == '&') {
		if (!mac_text(end + 1, m.mask, &end) || *end)
			return pf_conf_error(p, "invalid MAC mask");
	} else if (*end) {
		return pf_conf_error(p, "invalid MAC address");
	}
	r = accept_char(p, '/', &slash);
	if (!r && slash) {
		r = take_number(p, 0, 48, "invalid MAC mask length", &bits);
		mac_prefix(m.mask, bits);
	}
	if (r < 0)
		return r;
	v = list_add(to);
	if (!v)
		return -ENOMEM;
	*v = m;
	return 0;
}

static int mac_item(struct parser *p, void *to)
{
	return mac_one(p, to);
}

static int ether_proto(struct parser *p, void *to)
{
	uint32_t *v;
	long long n = 0;
	char *end;

	if (at(p, T_NUMBER)) {
		n = p->t.n;
	} else if (at(p, T_STRING) && !strncmp(p->t.s, "0x", 2)) {
		n = strtoll(p->t.s + 2, &end, 16);
		if (*end || end == p->t.s + 2)
			return pf_conf_error(p, "invalid EtherType hex");
	} else if (at(p, T_STRING)) {
		return pf_conf_error(p, "Symbolic EtherType not yet supported");
	} else {
		return conf_syntax(p);
	}
	if (n < 0 || n > 65535)
		return pf_conf_error(p, "protocol outside range");
	if (!n)
		return pf_conf_error(p, "proto 0 cannot be used");
	v = list_add((struct numbers *)to);
	if (!v)
		return -ENOMEM;
	*v = (uint32_t)n;
	return lex_next(p);
}

static int l3_side(struct parser *p, const struct hosts *h, const char *side)
{
	for (size_t i = 0; i < h->n; i++)
		if (h->v[i].host.kind != PF_ADDR_MASK &&
		    h->v[i].host.kind != PF_ADDR_TABLE)
			return pf_conf_error(
				p, "%s must be an address or table", side);
	return 0;
}

/* [proto] [from MAC] [to MAC] [l3 from A to B] */
static int addresses(struct parser *p, struct frame *f)
{
	bool yes = false;
	int r = accept_kind(p, K_PROTO, &yes);

	if (!r && yes)
		r = conf_list(p, ether_proto, &f->d.protos);
	if (!r)
		r = accept_kind(p, K_ALL, &yes);
	if (!r && !yes) {
		r = accept_kind(p, K_FROM, &yes);
		if (!r && yes)
			r = conf_list(p, mac_item, &f->src);
		if (!r)
			r = accept_kind(p, K_TO, &yes);
		if (!r && yes)
			r = conf_list(p, mac_item, &f->dst);
	}
	if (!r)
		r = accept_kind(p, K_L3, &yes);
	if (r < 0 || !yes)
		return r;
	r = conf_fromto(p, &f->d);
	if (!r && (f->d.sport.n || f->d.dport.n || f->d.os.n))
		return pf_conf_error(p, "l3 is for addresses only");
	if (!r)
		r = l3_side(p, &f->d.src, "from");
	return r < 0 ? r : l3_side(p, &f->d.dst, "to");
}

static int ether_queue(struct parser *p, struct pf_rule *rule)
{
	bool paren = false;
	int r = lex_next(p);

	if (rule->queue)
		return pf_conf_error(p, "queue cannot be redefined");
	if (!r)
		r = accept_char(p, '(', &paren);
	if (!r)
		r = take_name(p, PF_QUEUE_NAME, "rule qname", &rule->queue);
	return r < 0 || !paren ? r : expect_char(p, ')');
}

static int ether_opts(struct parser *p, struct pf_rule *rule)
{
	int r = 0;

	while (!r)
		switch (p->t.kind) {
		case K_QUEUE:
			r = ether_queue(p, rule);
			break;
		case K_RIDENTIFIER:
			r = conf_ridentifier(p, rule);
			break;
		case K_LABEL:
			r = conf_label(p, rule);
			break;
		case K_TAG:
			r = conf_tag(p, &rule->tag);
			break;
		case K_TAGGED:
			r = conf_tagged(p, rule);
			break;
		case K_DNPIPE:
		case K_DNQUEUE:
			r = conf_dummynet(p, rule);
			break;
		default:
			if (!at_char(p, '!'))
				return 0;
			r = conf_tagged(p, rule);
		}
	return r;
}

static void ether_family(struct pf_rule *r)
{
	sa_family_t af = r->src.host.af ? r->src.host.af : r->dst.host.af;

	if (!r->ether_proto && af)
		r->ether_proto = af == AF_INET ? 0x0800 : 0x86dd;
}

/* Interfaces, protocols, MACs, addresses: in this order, the last fastest. */
static int ether_expand(struct parser *p, struct frame *f)
{
	size_t n[6] = {f->d.ifs.n, f->d.protos.n, f->src.n,
		       f->dst.n,   f->d.src.n,	  f->d.dst.n};
	size_t i[6] = {0}, w;
	int r;

	for (w = 0; w < 6; w++) {
		if (!n[w])
			n[w] = 1;
		if (n[w] > 1 && p->how->flags & PF_PARSE_STORED)
			return pf_conf_error(p, "lists are not for here");
	}
	f->d.r.file = strdup(lex_file(p));
	f->d.r.line = p->t.line;
	if (!f->d.r.file)
		return -ENOMEM;
	do {
		struct pf_rule x = f->d.r;

		if (f->d.ifs.n) {
			x.ifname = f->d.ifs.v[i[0]].name;
			if (f->d.ifs.v[i[0]].neg)
				x.flags |= PF_F_NOT_IF;
		}
		if (f->d.protos.n)
			x.ether_proto = (uint16_t)f->d.protos.v[i[1]];
		if (f->src.n) {
			const struct mac *m = &f->src.v[i[2]];

			memcpy(x.ether_src.addr, m->addr, 6);
			memcpy(x.ether_src.mask, m->mask, 6);
			x.ether_src.neg = m->neg;
			x.ether_src.set = true;
		}
		if (f->dst.n) {
			const struct mac *m = &f->dst.v[i[3]];

			memcpy(x.ether_dst.addr, m->addr, 6);
			memcpy(x.ether_dst.mask, m->mask, 6);
			x.ether_dst.neg = m->neg;
			x.ether_dst.set = true;
		}
		if (f->d.src.n)
			x.src.host = f->d.src.v[i[4]].host;
		if (f->d.dst.n)
			x.dst.host = f->d.dst.v[i[5]].host;
		ether_family(&x);
		r = conf_append(p, &x, PF_LIST_ETHER);
		for (w = 6; w-- > 0;) {
			if (++i[w] < n[w])
				break;
			i[w] = 0;
		}
	} while (!r && w != (size_t)-1);
	return r;
}

static int ether_anchor(struct parser *p, struct frame *f)
{
	cleanup_free char *name = NULL;
	struct pf_rules *l;
	size_t first;
	int r = conf_anchor_head(p, &f->d, &name);

	if (!r)
		r = addresses(p, f);
	if (!r)
		r = conf_anchor_call(p, &f->d.r, name, PF_LIST_ETHER);
	if (!r)
		r = conf_end(p, SECTION_ETHER);
	l = &p->anchor->list[PF_LIST_ETHER];
	first = l->n;
	if (!r)
		r = ether_expand(p, f);
	if (!r)
		conf_anchor_once(l, first);
	return r;
}

static int ether_rule(struct parser *p, struct frame *f)
{
	bool yes = false;
	int r;

	if (!at(p, K_PASS) && !at(p, K_BLOCK))
		return conf_syntax(p);
	f->d.r.action = at(p, K_BLOCK) ? PF_BLOCK : PF_PASS;
	r = lex_next(p);
	if (!r)
		r = conf_dir(p, &f->d.r.dir);
	if (!r)
		r = conf_quick(p, &f->d.r);
	if (!r)
		r = conf_interface(p, &f->d.ifs);
	if (!r)
		r = accept_kind(p, K_BRIDGE_TO, &yes);
	if (!r && yes)
		r = take_name(p, IFNAMSIZ, "interface name", &f->d.r.bridge_to);
	if (!r)
		r = addresses(p, f);
	if (!r)
		r = ether_opts(p, &f->d.r);
	if (!r)
		r = conf_end(p, SECTION_ETHER);
	return r < 0 ? r : ether_expand(p, f);
}

int conf_ether(struct parser *p)
{
	struct frame f;
	int r = lex_next(p);

	memset(&f, 0, sizeof(f));
	draft_init(&f.d);
	if (!r)
		r = at(p, K_ANCHOR) ? ether_anchor(p, &f) : ether_rule(p, &f);
	frame_clear(&f);
	return r;
}
