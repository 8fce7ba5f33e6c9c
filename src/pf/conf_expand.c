/* conf_expand: one rule of each combination of a statement's lists. */
#include "pf/conf_impl.h"

#include "base/cleanup.h"
#include "pf/print.h"

#include <errno.h>
#include <string.h>

/*
 * The lists, in the order in which pfctl nests its loops: the last one turns
 * fastest.  An empty list counts as one member that says nothing.
 */
enum wheel {
	W_IF,
	W_PROTO,
	W_ICMP,
	W_SRC,
	W_SPORT,
	W_OS,
	W_DST,
	W_DPORT,
	W_UID,
	W_GID,
	W_COUNT,
};

void decide_family(const struct hosts *h, sa_family_t *af)
{
	if (*af || !h->n)
		return;
	*af = h->v[0].host.af;
	for (size_t i = 1; i < h->n; i++)
		if (h->v[i].host.af != *af) {
			*af = 0;
			return;
		}
}

void decide_families(struct draft *d)
{
	decide_family(&d->src, &d->r.af);
	decide_family(&d->dst, &d->r.af);
}

/*
 * A tag's macros: those of labels, filled in once, from its rule; its number
 * when it is final, which is no greater than when it was read.
 */
static int fill_tag(struct parser *p, const struct pf_rule *r, bool final,
		    char **tag)
{
	cleanup_strbuf struct strbuf b = STRBUF_INIT;
	char *s;

	if (!*tag || !strchr(*tag, '$'))
		return 0;
	pf_label_expand(&b, *tag, r);
	if (b.len >= PF_TAG_NAME)
		return pf_conf_error(p, "tag too long, max %u chars",
				     PF_TAG_NAME - 1);
	if (!final) {
		strbuf_clear(&b);
		pf_label_expand_read(&b, *tag, r);
	}
	s = strbuf_take(&b);
	if (!s)
		return -ENOMEM;
	free(*tag);
	*tag = s;
	return 0;
}

static int fill_tags(struct parser *p, struct pf_rule *r, bool final)
{
	int e = fill_tag(p, r, final, &r->tag);

	return e < 0 ? e : fill_tag(p, r, final, &r->tagged);
}

int conf_number_tags(struct parser *p, struct pf_anchor *a)
{
	int r = 0;

	for (size_t l = 0; l < PF_NLISTS; l++)
		for (size_t i = 0; l != PF_LIST_ETHER && i < a->list[l].n && !r;
		     i++) {
			struct pf_rule *x = &a->list[l].v[i];

			r = fill_tags(p, x, true);
			if (!r && x->anchor_inline)
				r = conf_number_tags(p, x->anchor);
		}
	return r;
}

int conf_append(struct parser *p, const struct pf_rule *r, enum pf_list list)
{
	struct pf_rule *to;
	unsigned int nr;

	if (p->nrules >= PF_MAX_RULES)
		return pf_conf_error(p, "too many rules, max %u", PF_MAX_RULES);
	p->nrules++;
	to = pf_rules_add(&p->anchor->list[list]);
	if (!to)
		return -ENOMEM;
	nr = to->nr;
	if (pf_rule_copy(to, r) < 0) {
		p->anchor->list[list].n--;
		return -ENOMEM;
	}
	to->nr = nr;
	/* pfctl gives binat rules no number; a loaded rule has its own */
	if (list == PF_LIST_ETHER || p->how->flags & PF_PARSE_STORED)
		to->seq = nr;
	else
		to->seq = list == PF_LIST_BINAT ? 0 : p->anchor->nread++;
	if (list == PF_LIST_ETHER || p->how->flags & PF_PARSE_STORED)
		return 0;
	return fill_tags(p, to, false);
}

static bool is_any(const struct pf_host *h)
{
	static const uint8_t zero[sizeof(h->addr.b)];

	return h->kind == PF_ADDR_MASK && !h->neg &&
	       !memcmp(h->addr.b, zero, sizeof(zero)) &&
	       !memcmp(h->mask.b, zero, sizeof(zero));
}

/* Name of the interface that a link-local address belongs to. */
static bool scope_name(unsigned int index, char name[IFNAMSIZ])
{
	if (!index || !if_indextoname(index, name))
		return false;
	if (!strcmp(name, "lo"))
		str_copy(name, IFNAMSIZ, "lo0");
	return true;
}

static bool scope_clash(const struct pf_host *h, const char *ifname)
{
	char name[IFNAMSIZ];

	return h->ifindex_of_scope && *ifname &&
	       (!scope_name(h->ifindex_of_scope, name) || strcmp(name, ifname));
}

static bool families_clash(sa_family_t af, const struct pf_host *src,
			   const struct pf_host *dst, const char *ifname)
{
	return (af && src->af && af != src->af) ||
	       (af && dst->af && af != dst->af) ||
	       (src->af && dst->af && src->af != dst->af) ||
	       (src->ifindex_of_scope && dst->ifindex_of_scope &&
		src->ifindex_of_scope != dst->ifindex_of_scope) ||
	       scope_clash(src, ifname) || scope_clash(dst, ifname);
}

/* What a combination borrows from the draft: no copies until it is kept. */
static void turn(const struct draft *d, const size_t at[W_COUNT],
		 struct pf_rule *r, char ifname[IFNAMSIZ])
{
	if (d->ifs.n) {
		str_copy(ifname, IFNAMSIZ, d->ifs.v[at[W_IF]].name);
		if (d->ifs.v[at[W_IF]].neg)
			r->flags |= PF_F_NOT_IF;
	}
	if (d->protos.n)
		r->proto = (uint8_t)d->protos.v[at[W_PROTO]];
	if (d->icmps.n) {
		const struct icmp *i = &d->icmps.v[at[W_ICMP]];

		r->flags |= PF_F_ICMP_TYPE;
		r->icmp_type = i->type;
		r->icmp_code = i->code;
		if (i->have_code)
			r->flags |= PF_F_ICMP_CODE;
	}
	if (d->src.n)
		r->src.host = d->src.v[at[W_SRC]].host;
	if (d->dst.n)
		r->dst.host = d->dst.v[at[W_DST]].host;
	if (d->sport.n)
		r->src.port = d->sport.v[at[W_SPORT]];
	if (d->dport.n)
		r->dst.port = d->dport.v[at[W_DPORT]];
	if (d->os.n)
		r->os = d->os.v[at[W_OS]];
	if (d->uids.n)
		r->uid = d->uids.v[at[W_UID]];
	if (d->gids.n)
		r->gid = d->gids.v[at[W_GID]];
}

/* What does not go with the protocol of this combination is left out. */
static void fit_protocol(struct pf_rule *r)
{
	if (!r->proto || r->proto == IPPROTO_TCP)
		return;
	if (r->state > PF_STATE_NORMAL)
		r->state = PF_STATE_NORMAL;
	r->tcp_flags = r->tcp_flagset = 0;
	r->flags &= ~PF_F_FLAGS_ANY;
}

/* One combination: 1 when it became a rule, 0 when it was left out. */
static int combine(struct parser *p, const struct draft *d, enum pf_list list,
		   const size_t at[W_COUNT])
{
	struct pf_rule r = d->r;
	char ifname[IFNAMSIZ] = "";
	int bad = 0, e;

	turn(d, at, &r, ifname);
	if (families_clash(r.af, &r.src.host, &r.dst.host, ifname))
		return 0;
	if (!r.af)
		r.af = r.src.host.af ? r.src.host.af : r.dst.host.af;
	if (!ifname[0] && !scope_name(r.src.host.ifindex_of_scope, ifname))
		scope_name(r.dst.host.ifindex_of_scope, ifname);
	r.ifname = ifname[0] ? ifname : NULL;
	bad += conf_netmask(p, &r.src.host, r.af) < 0;
	bad += conf_netmask(p, &r.dst.host, r.af) < 0;
	if (is_any(&r.src.host))
		r.src.host.kind = PF_ADDR_ANY;
	if (is_any(&r.dst.host))
		r.dst.host.kind = PF_ADDR_ANY;
	fit_protocol(&r);
	if (d->icmps.n && r.proto != d->icmps.v[at[W_ICMP]].proto) {
		pf_conf_error(p, "icmp-type mismatch");
		bad++;
	}
	bad += conf_check(p, &r, list) < 0;
	if (bad) {
		pf_conf_error(p, "skipping rule due to errors");
		return p->errors >= PF_MAX_ERRORS ? -E2BIG : 0;
	}
	e = conf_append(p, &r, list);
	return e < 0 ? e : 1;
}

static bool advance(size_t at[W_COUNT], const size_t n[W_COUNT])
{
	for (size_t w = W_COUNT; w-- > 0;) {
		if (++at[w] < n[w])
			return true;
		at[w] = 0;
	}
	return false;
}

int conf_expand(struct parser *p, struct draft *d, enum pf_list list)
{
	size_t n[W_COUNT] = {
		[W_IF] = d->ifs.n,	[W_PROTO] = d->protos.n,
		[W_ICMP] = d->icmps.n,	[W_SRC] = d->src.n,
		[W_SPORT] = d->sport.n, [W_OS] = d->os.n,
		[W_DST] = d->dst.n,	[W_DPORT] = d->dport.n,
		[W_UID] = d->uids.n,	[W_GID] = d->gids.n,
	};
	size_t at[W_COUNT] = {0}, tries = 0;
	bool added = false;
	int r;

	for (size_t w = 0; w < W_COUNT; w++) {
		if (!n[w])
			n[w] = 1;
		/* each rule is written down for itself */
		if (n[w] > 1 && p->how->flags & PF_PARSE_STORED)
			return pf_conf_error(p, "lists are not for here");
	}
	if (!d->r.file && !(d->r.file = strdup(lex_file(p))))
		return -ENOMEM;
	d->r.line = p->t.line;
	do {
		/* combinations of the wrong family count, too */
		if (++tries > 4 * (size_t)PF_MAX_RULES)
			return pf_conf_error(p, "too many combinations");
		r = combine(p, d, list, at);
		if (r < 0)
			return r;
		added |= r > 0;
	} while (advance(at, n));
	/* as other errors of expansion, it does not end an anchor's braces */
	if (!added)
		pf_conf_error(p, "rule expands to no valid combination");
	return 0;
}
