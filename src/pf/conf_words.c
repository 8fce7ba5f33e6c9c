/* conf_words: parts that several kinds of rules have. */
#include "pf/conf_impl.h"

#include "base/cleanup.h"
#include "pf/names.h"

#include <errno.h>
#include <string.h>

int conf_if_item(struct parser *p, void *to)
{
	struct ifs *l = to;
	struct ifitem *i;
	const char *name;

	if (!at(p, T_STRING) && !at(p, K_ANY))
		return conf_syntax(p);
	name = at(p, K_ANY) ? "any" : p->t.s;
	if (strlen(name) >= IFNAMSIZ)
		return pf_conf_error(p, "interface name too long");
	if (!*name)
		return pf_conf_error(p, "interface name is empty");
	i = list_add(l);
	if (!i)
		return -ENOMEM;
	str_copy(i->name, sizeof(i->name), name);
	return lex_next(p);
}

static int if_item_not(struct parser *p, void *to)
{
	struct ifs *l = to;
	size_t n = l->n;
	bool neg = false;
	int r = accept_char(p, '!', &neg);

	if (!r)
		r = conf_if_item(p, to);
	if (!r)
		l->v[n].neg = neg;
	return r;
}

int conf_interface(struct parser *p, struct ifs *to)
{
	bool on = false;
	int r = accept_kind(p, K_ON, &on);

	if (r < 0 || !on)
		return r;
	return conf_list(p, if_item_not, to);
}

int conf_af(struct parser *p, sa_family_t *ret)
{
	if (at(p, K_INET))
		*ret = AF_INET;
	else if (at(p, K_INET6))
		*ret = AF_INET6;
	else
		return 0;
	return lex_next(p);
}

static int proto_item(struct parser *p, void *to)
{
	struct numbers *l = to;
	uint32_t *v;
	long long n = 0;

	if (at(p, T_STRING)) {
		n = pf_proto_number(p->t.s);
		if (n < 0 || n > 255)
			return pf_conf_error(p, "unknown protocol %s", p->t.s);
	} else if (at(p, T_NUMBER)) {
		n = p->t.n;
		if (n < 0 || n > 255)
			return pf_conf_error(p, "protocol outside range");
	} else {
		return conf_syntax(p);
	}
	if (!n)
		return pf_conf_error(p, "proto 0 cannot be used");
	v = list_add(l);
	if (!v)
		return -ENOMEM;
	*v = (uint32_t)n;
	return lex_next(p);
}

int conf_protos(struct parser *p, struct numbers *to)
{
	bool yes = false;
	int r = accept_kind(p, K_PROTO, &yes);

	if (r < 0 || !yes)
		return r;
	return conf_list(p, proto_item, to);
}

int conf_dir(struct parser *p, enum pf_dir *ret)
{
	if (at(p, K_IN))
		*ret = PF_IN;
	else if (at(p, K_OUT))
		*ret = PF_OUT;
	else
		return 0;
	return lex_next(p);
}

int conf_packets(struct parser *p, struct draft *d)
{
	int r = conf_af(p, &d->r.af);

	if (!r)
		r = conf_protos(p, &d->protos);
	return r < 0 ? r : conf_fromto(p, d);
}

static int log_to(struct parser *p, struct pf_rule *r)
{
	cleanup_free char *name = NULL;
	long long n = 0;
	int e = take_words(p, &name);

	if (e < 0)
		return e;
	if (strncmp(name, "pflog", 5))
		return pf_conf_error(p, "%s: should be a pflog interface",
				     name);
	e = str_to_int(name + 5, 0, 255, &n);
	if (e < 0)
		return pf_conf_error(p, "%s: %s", name,
				     e == -ERANGE ? "too large" : "invalid");
	free(r->logif);
	r->logif = NULL;
	if (n && !(r->logif = str_printf("pflog%lld", n)))
		return -ENOMEM;
	return 0;
}

static int log_option(struct parser *p, struct pf_rule *r)
{
	switch (p->t.kind) {
	case K_ALL:
		r->flags |= PF_F_LOG_ALL;
		break;
	case K_MATCHES:
		r->flags |= PF_F_LOG_MATCHES;
		break;
	case K_USER:
	case K_GROUP:
		r->flags |= PF_F_LOG_USER;
		break;
	case K_TO: {
		int e = lex_next(p);

		return e < 0 ? e : log_to(p, r);
	}
	default:
		return conf_syntax(p);
	}
	return lex_next(p);
}

int conf_log(struct parser *p, struct pf_rule *r)
{
	bool yes = false;
	int e = accept_kind(p, K_LOG, &yes);

	if (e < 0 || !yes)
		return e;
	r->flags |= PF_F_LOG;
	e = accept_char(p, '(', &yes);
	if (e < 0 || !yes)
		return e;
	do {
		e = log_option(p, r);
		if (!e)
			e = skip_comma(p);
	} while (!e && !at_char(p, ')'));
	return e < 0 ? e : lex_next(p);
}

int conf_quick(struct parser *p, struct pf_rule *r)
{
	bool quick = false;
	int e = accept_kind(p, K_QUICK, &quick);

	if (!e && quick)
		r->flags |= PF_F_QUICK;
	return e;
}

int conf_logquick(struct parser *p, struct pf_rule *r)
{
	int e = conf_quick(p, r);

	if (!e)
		e = conf_log(p, r);
	if (!e && !(r->flags & PF_F_QUICK))
		e = conf_quick(p, r);
	return e;
}

int conf_tos(struct parser *p, uint8_t *ret)
{
	long long v;

	if (at(p, T_NUMBER)) {
		v = p->t.n;
		if (v < 0 || v > 255)
			return pf_conf_error(p, "illegal tos value %lld", v);
	} else if (at(p, T_STRING)) {
		char *end = NULL;

		v = pf_tos_value(p->t.s);
		if (v < 0 && !strncmp(p->t.s, "0x", 2) && p->t.s[2] &&
		    strlen(p->t.s) < 12) {
			v = (long long)strtoul(p->t.s + 2, &end, 16);
			if (*end)
				v = -1;
		}
		if (v < 0 || v > 255)
			return pf_conf_error(p, "illegal tos value %s", p->t.s);
	} else {
		return conf_syntax(p);
	}
	*ret = (uint8_t)v;
	return lex_next(p);
}

int conf_label(struct parser *p, struct pf_rule *r)
{
	int e;

	if (r->nlabels >= PF_LABELS)
		return pf_conf_error(p, "label can only be used %d times",
				     PF_LABELS);
	e = lex_next(p);
	if (e < 0)
		return e;
	if (at(p, T_STRING) && strlen(p->t.s) >= PF_LABEL_SIZE)
		return pf_conf_error(p, "rule label too long (max %d chars)",
				     PF_LABEL_SIZE - 1);
	return take_string(p, &r->label[r->nlabels++]);
}

int conf_ridentifier(struct parser *p, struct pf_rule *r)
{
	long long n = 0;
	int e = lex_next(p);

	if (!e)
		e = conf_number_word(p, &n);
	if (e < 0)
		return e;
	if (n < 0 || n > UINT32_MAX)
		return pf_conf_error(p, "ridentifier out of range");
	r->ridentifier = (uint32_t)n;
	r->flags |= n ? PF_F_RIDENTIFIER : 0;
	return 0;
}

static int tag_words(struct parser *p, char **ret)
{
	int r = take_words(p, ret);

	if (!r && strlen(*ret) >= PF_TAG_NAME)
		return pf_conf_error(p, "tag too long, max %u chars",
				     PF_TAG_NAME - 1);
	return r;
}

int conf_tag(struct parser *p, char **ret)
{
	int r = lex_next(p);

	return r < 0 ? r : tag_words(p, ret);
}

/* [!] tagged NAME; the next token is one of the two */
int conf_tagged(struct parser *p, struct pf_rule *r)
{
	bool neg = false;
	int e = accept_char(p, '!', &neg);

	if (!e)
		e = expect_kind(p, K_TAGGED);
	if (!e)
		e = tag_words(p, &r->tagged);
	r->flags &= ~PF_F_NOT_TAGGED;
	if (!e && neg)
		r->flags |= PF_F_NOT_TAGGED;
	return e;
}

int conf_rtable(struct parser *p, struct pf_rule *r)
{
	long long n = 0;
	int e = lex_next(p);

	/* as many as net.fibs may have */
	if (!e)
		e = take_number(p, 0, 65535, "invalid rtable id", &n);
	if (e < 0)
		return e;
	r->rtable = (uint32_t)n;
	r->flags |= PF_F_RTABLE;
	return 0;
}

int conf_unary(struct parser *p, enum pf_op *ret)
{
	static const struct {
		char c;
		enum pf_op alone, equal;
	} ops[] = {
		{'=', PF_OP_EQ, PF_OP_NONE},
		{'!', PF_OP_NONE, PF_OP_NE},
		{'<', PF_OP_LT, PF_OP_LE},
		{'>', PF_OP_GT, PF_OP_GE},
	};

	*ret = PF_OP_NONE;
	for (size_t i = 0; i < ARRAY_SIZE(ops); i++) {
		bool equal = false;
		int r;

		if (!at_char(p, ops[i].c))
			continue;
		r = lex_next(p);
		if (!r && ops[i].equal)
			r = accept_char(p, '=', &equal);
		if (r < 0)
			return r;
		*ret = equal ? ops[i].equal : ops[i].alone;
		return *ret ? 0 : conf_syntax(p);
	}
	return 0;
}
