/* print_label: labels with their macros filled in; words, quoted words. */
#include "pf/print.h"

#include "base/cleanup.h"
#include "pf/names.h"

#include <string.h>

static void fill_if(struct strbuf *out, const struct pf_rule *r)
{
	strbuf_adds(out, r->ifname ? r->ifname : "any");
}

static void fill_addr(struct strbuf *out, const struct pf_rule *r,
		      const struct pf_end *e)
{
	const struct pf_host *h = &e->host;

	if (h->neg)
		strbuf_adds(out, "! ");
	if (h->kind == PF_ADDR_RANGE) {
		strbuf_addch(out, '?');
	} else if (h->kind == PF_ADDR_DYNIF) {
		strbuf_addf(out, "(%s)", h->name);
	} else {
		struct pf_host plain = *h;

		plain.neg = false;
		pf_print_host(out, &plain, r->af, 0);
	}
}

static void fill_srcaddr(struct strbuf *out, const struct pf_rule *r)
{
	fill_addr(out, r, &r->src);
}

static void fill_dstaddr(struct strbuf *out, const struct pf_rule *r)
{
	fill_addr(out, r, &r->dst);
}

static void fill_port(struct strbuf *out, const struct pf_cmp *c)
{
	static const char *const forms[] = {
		[PF_OP_NONE] = "",	[PF_OP_EQ] = "%u",
		[PF_OP_NE] = "!=%u",	[PF_OP_LT] = "<%u",
		[PF_OP_LE] = "<=%u",	[PF_OP_GT] = ">%u",
		[PF_OP_GE] = ">=%u",	[PF_OP_IRG] = "%u><%u",
		[PF_OP_XRG] = "%u<>%u", [PF_OP_RRG] = "",
	};

	strbuf_addf(out, forms[c->op], c->a, c->b);
}

static void fill_srcport(struct strbuf *out, const struct pf_rule *r)
{
	fill_port(out, &r->src.port);
}

static void fill_dstport(struct strbuf *out, const struct pf_rule *r)
{
	fill_port(out, &r->dst.port);
}

static void fill_proto(struct strbuf *out, const struct pf_rule *r)
{
	const char *name = pf_proto_name(r->proto);

	if (name)
		strbuf_adds(out, name);
	else
		strbuf_addf(out, "%u", r->proto);
}

static void fill_nr(struct strbuf *out, const struct pf_rule *r)
{
	strbuf_addf(out, "%u", r->seq);
}

static const struct {
	const char *name;
	void (*fill)(struct strbuf *out, const struct pf_rule *r);
} macros[] = {
	{"$if", fill_if},	    {"$srcaddr", fill_srcaddr},
	{"$dstaddr", fill_dstaddr}, {"$srcport", fill_srcport},
	{"$dstport", fill_dstport}, {"$proto", fill_proto},
	{"$nr", fill_nr},
};

static void expand(struct strbuf *out, const char *label,
		   const struct pf_rule *r, bool number)
{
	size_t i;

	while (*label) {
		for (i = 0; i < ARRAY_SIZE(macros); i++)
			if (str_prefix(label, macros[i].name) &&
			    (number || macros[i].fill != fill_nr))
				break;
		if (i == ARRAY_SIZE(macros)) {
			strbuf_addch(out, *label++);
			continue;
		}
		macros[i].fill(out, r);
		label += strlen(macros[i].name);
	}
}

int pf_label_expand(struct strbuf *out, const char *label,
		    const struct pf_rule *r)
{
	expand(out, label, r, true);
	return 0;
}

void pf_label_expand_read(struct strbuf *out, const char *label,
			  const struct pf_rule *r)
{
	expand(out, label, r, false);
}

void pf_print_quoted(struct strbuf *out, const char *s, unsigned int flags)
{
	for (; *s; s++) {
		if (*s == '"' && (flags & PF_PRINT_EXACT))
			strbuf_addch(out, '\\');
		strbuf_addch(out, *s);
	}
}

void pf_print_name(struct strbuf *out, const char *s, unsigned int flags)
{
	/* quoted it is no word of the language, whatever it is */
	if (flags & PF_PRINT_EXACT)
		strbuf_addch(out, '"');
	pf_print_quoted(out, s ? s : "", flags);
	if (flags & PF_PRINT_EXACT)
		strbuf_addch(out, '"');
}

void pf_print_word(struct strbuf *out, const char *word, const char *name,
		   unsigned int flags)
{
	if (!name)
		return;
	strbuf_addf(out, " %s ", word);
	pf_print_name(out, name, flags);
}

void pf_print_labels(struct strbuf *out, const struct pf_rule *r,
		     unsigned int flags)
{
	for (size_t i = 0; i < r->nlabels; i++) {
		strbuf_adds(out, " label \"");
		if (flags & PF_PRINT_EXACT)
			pf_print_quoted(out, r->label[i], flags);
		else
			pf_label_expand(out, r->label[i], r);
		strbuf_addch(out, '"');
	}
	if (r->flags & PF_F_RIDENTIFIER)
		strbuf_addf(out, " ridentifier %u", r->ridentifier);
}
