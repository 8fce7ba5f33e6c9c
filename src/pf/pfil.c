/* See pfil.h. */
#include "pf/pfil.h"

#include "base/cleanup.h"
#include "net/bridge_pfil.h"
#include "pf/kernel.h"
#include "pf/load.h"
#include "pf/nft_gen.h"
#include "pf/store.h"
#include "pf/watch.h"

#include <errno.h>
#include <linux/if_ether.h>
#include <linux/netfilter/nf_tables_compat.h>

#define TABLE "cellblock_pfil"

static const char no_bridge_tables[] =
	"this kernel cannot filter what a bridge forwards "
	"(CONFIG_NF_TABLES_BRIDGE)";

static const struct nfb_hook forward = {"filter", GEN_BR_FORWARD, -300, NULL};

/* Nobody else asks the kernel to load what hands bridged packets over. */
static void load_module(struct pf_kernel *k)
{
	static const struct nfb_hook hook = {"filter", NF_INET_FORWARD, 0,
					     NULL};
	/* linux/netfilter/xt_physdev.h: four names, two bytes */
	uint8_t info[72] = {[65] = 0x04};
	cleanup_nfb struct nfb b;

	nfb_init(&b);
	b.family = NFPROTO_IPV4;
	b.table = TABLE;
	nfb_table(&b, 0);
	nfb_chain_base(&b, "forward", &hook);
	nfb_rule(&b, "forward");
	nfe_begin(&b, "match");
	nfb_put_str(&b, NFTA_MATCH_NAME, "physdev");
	nfb_put_u32be(&b, NFTA_MATCH_REV, 0);
	nfb_put(&b, NFTA_MATCH_INFO, info, sizeof(info));
	nfe_end(&b);
	nfb_rule_end(&b);
	nfb_table_del(&b); /* the table is never there */
	nfb_commit(&b, k->nf, 0, NULL, NULL);
}

/* The table of bridges for members goes; with `probe` it could be made. */
static int no_members(struct pf_kernel *k, bool probe, struct err *e)
{
	cleanup_nfb struct nfb b;
	int r;

	nfb_init(&b);
	b.family = NFPROTO_BRIDGE;
	b.table = GEN_MEMBER_TABLE;
	nfb_table(&b, 0);
	nfb_table_del(&b);
	r = nfb_commit(&b, k->nf, 0, NULL, NULL);
	if (r == 0 || !probe)
		return 0;
	return r == -EPERM ? err_sys(e, EPERM, "packet filter")
			   : err_set(e, EOPNOTSUPP, no_bridge_tables);
}

static void pass_type(struct nfb *b, const char *chain, uint16_t type)
{
	nfb_rule(b, chain);
	nfe_meta(b, NFT_META_PROTOCOL, NFR(0));
	nfe_cmp_u16be(b, NFT_CMP_EQ, NFR(0), type);
	nfe_verdict(b, NF_ACCEPT, NULL);
	nfb_rule_end(b);
}

/* The table of bridges: frames of other types than IP, ARP, RARP. */
static int only_ip(struct pf_kernel *k, bool on, struct err *e)
{
	static const uint16_t types[] = {ETH_P_IP, ETH_P_IPV6, ETH_P_ARP,
					 ETH_P_RARP};
	cleanup_nfb struct nfb b;
	size_t i;
	int r;

	nfb_init(&b);
	b.family = NFPROTO_BRIDGE;
	b.table = TABLE;
	nfb_table(&b, 0); /* so that it is there */
	nfb_table_del(&b);
	if (on) {
		nfb_table(&b, 0);
		nfb_chain_base(&b, "forward", &forward);
		for (i = 0; i < ARRAY_SIZE(types); i++)
			pass_type(&b, "forward", types[i]);
		nfb_rule(&b, "forward");
		nfe_verdict(&b, NF_DROP, NULL);
		nfb_rule_end(&b);
	}
	r = nfb_commit(&b, k->nf, 0, NULL, NULL);
	if (r == 0 || !on)
		return 0; /* what the kernel cannot have is off */
	if (r == -EPERM)
		return err_sys(e, EPERM, "packet filter");
	return err_set(e, EOPNOTSUPP, no_bridge_tables);
}

static void note_line(void *data, enum report_level level, const char *text)
{
	struct strbuf *b = data;

	if (level == REPORT_ERROR && !b->len)
		strbuf_adds(b, text);
}

/* Loaded rules are made anew for the members, or without. */
static int reload(struct pf_kernel *k, struct err *e)
{
	cleanup_strbuf struct strbuf first = STRBUF_INIT;
	const struct report rep = {.line = note_line, .data = &first};
	struct pf_meta m = {0};
	int r;

	if (pf_store_read_meta(k->nf, &m, NULL) < 0 || !m.generation)
		return 0;
	r = pf_reload(k, &rep, e);
	if (r < 0 && first.len)
		return err_set(e, -r, "%s", first.s);
	return r < 0 ? err_wrap(e, "loaded rules") : 0;
}

int pf_pfil_apply(const struct vnet *v, struct err *e)
{
	cleanup_pf_kernel struct pf_kernel *k = NULL;
	struct bridge_pfil p;
	bool on;
	int r;

	bridge_pfil_read(v, &p);
	on = p.member || p.bridge;
	r = pf_kernel_open(v, &k, e);
	if (r < 0)
		return on ? r : 0;
	if (on && bridge_pfil_apply(v, NULL) < 0)
		load_module(k);
	r = bridge_pfil_apply(v, e);
	if (r >= 0)
		r = no_members(k, p.member, e);
	if (r >= 0)
		r = reload(k, e);
	if (r >= 0) /* the handle's sockets are used, nothing of it changes */
		r = pf_watch((struct vnet *)(uintptr_t)v, e);
	return r < 0 ? r : only_ip(k, on && p.onlyip, e);
}

int pf_rules_again(const struct vnet *v, struct err *e)
{
	cleanup_pf_kernel struct pf_kernel *k = NULL;
	int r = pf_kernel_open(v, &k, NULL);

	return r < 0 ? 0 : reload(k, e);
}
