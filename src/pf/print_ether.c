/* print_ether: rules for Ethernet frames in pfctl's words. */
#include "pf/print.h"

#include <string.h>

static void print_mac(struct strbuf *out, const uint8_t addr[6],
		      const uint8_t mask[6], bool neg)
{
	int bits = 0;
	bool prefix = true;

	if (neg)
		strbuf_adds(out, "! ");
	for (int i = 0; i < 6; i++)
		strbuf_addf(out, "%s%02x", i ? ":" : "", addr[i]);
	for (int i = 0; i < 48; i++) {
		bool set = mask[i / 8] & 0x80 >> i % 8;

		if (set && bits != i)
			prefix = false;
		bits += set;
	}
	if (prefix && bits < 48)
		strbuf_addf(out, "/%d", bits);
	for (int i = 0; i < 6 && !prefix; i++)
		strbuf_addf(out, "%s%02x", i ? ":" : "&", mask[i]);
}

static void print_options(struct strbuf *out, const struct pf_rule *r,
			  unsigned int flags)
{
	pf_print_word(out, "queue", r->queue, flags);
	pf_print_word(out, "tag", r->tag, flags);
	pf_print_word(out, r->flags & PF_F_NOT_TAGGED ? "! tagged" : "tagged",
		      r->tagged, flags);
	if (r->dnpipe[0])
		strbuf_addf(out, " %s %u",
			    r->flags & PF_F_DNPIPE ? "dnpipe" : "dnqueue",
			    r->dnpipe[0]);
	pf_print_labels(out, r, flags);
}

void pf_print_ether(struct strbuf *out, const struct pf_rule *r,
		    unsigned int flags)
{
	const struct pf_host *src = &r->src.host, *dst = &r->dst.host;

	if (flags & PF_PRINT_NUMBERS)
		strbuf_addf(out, "@%u ", r->nr);
	if (r->action == PF_ANCHOR) {
		strbuf_adds(out, "ether anchor");
		if (r->anchor_call[0] != '_' || (flags & PF_PRINT_EXACT)) {
			strbuf_adds(out, " \"");
			pf_print_quoted(out, r->anchor_call, flags);
			strbuf_addch(out, '"');
		}
	} else {
		strbuf_addf(out, "ether %s",
			    r->action == PF_BLOCK ? "block" : "pass");
	}
	strbuf_adds(out, r->dir == PF_IN ? " in" : r->dir ? " out" : "");
	if (r->flags & PF_F_QUICK)
		strbuf_adds(out, " quick");
	pf_print_word(out, r->flags & PF_F_NOT_IF ? "on !" : "on", r->ifname,
		      flags);
	pf_print_word(out, "bridge-to", r->bridge_to, flags);
	if (r->ether_proto)
		strbuf_addf(out, " proto 0x%04x", r->ether_proto);
	if (r->ether_src.set) {
		strbuf_adds(out, " from ");
		print_mac(out, r->ether_src.addr, r->ether_src.mask,
			  r->ether_src.neg);
	}
	if (r->ether_dst.set) {
		strbuf_adds(out, " to ");
		print_mac(out, r->ether_dst.addr, r->ether_dst.mask,
			  r->ether_dst.neg);
	}
	/* pfctl says "l3 all" where nothing was said, too */
	strbuf_adds(out, " l3");
	if (src->kind == PF_ADDR_ANY && dst->kind == PF_ADDR_ANY) {
		strbuf_adds(out, " all");
	} else {
		strbuf_adds(out, " from ");
		pf_print_host(out, src, src->af, flags);
		strbuf_adds(out, " to ");
		pf_print_host(out, dst, dst->af, flags);
	}
	print_options(out, r, flags);
}
