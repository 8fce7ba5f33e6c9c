/* nft_expr: expressions of nftables rules (nft.h). */
#include "pf/nft.h"

#include <arpa/inet.h>
#include <string.h>

void nfe_begin(struct nfb *b, const char *name)
{
	nfb_nest(b, NFTA_LIST_ELEM);
	nfb_put_str(b, NFTA_EXPR_NAME, name);
	nfb_nest(b, NFTA_EXPR_DATA);
}

void nfe_end(struct nfb *b)
{
	nfb_nest_end(b);
	nfb_nest_end(b);
}

void nfe_payload(struct nfb *b, uint32_t base, uint32_t off, uint32_t len,
		 uint32_t dreg)
{
	nfe_begin(b, "payload");
	nfb_put_u32be(b, NFTA_PAYLOAD_DREG, dreg);
	nfb_put_u32be(b, NFTA_PAYLOAD_BASE, base);
	nfb_put_u32be(b, NFTA_PAYLOAD_OFFSET, off);
	nfb_put_u32be(b, NFTA_PAYLOAD_LEN, len);
	nfe_end(b);
}

static void payload_set(struct nfb *b, uint32_t base, uint32_t off,
			uint32_t len, uint32_t sreg, int csum_off,
			uint32_t flags)
{
	nfe_begin(b, "payload");
	nfb_put_u32be(b, NFTA_PAYLOAD_SREG, sreg);
	nfb_put_u32be(b, NFTA_PAYLOAD_BASE, base);
	nfb_put_u32be(b, NFTA_PAYLOAD_OFFSET, off);
	nfb_put_u32be(b, NFTA_PAYLOAD_LEN, len);
	nfb_put_u32be(b, NFTA_PAYLOAD_CSUM_TYPE,
		      csum_off >= 0 ? NFT_PAYLOAD_CSUM_INET
				    : NFT_PAYLOAD_CSUM_NONE);
	nfb_put_u32be(b, NFTA_PAYLOAD_CSUM_OFFSET,
		      csum_off >= 0 ? (uint32_t)csum_off : 0);
	nfb_put_u32be(b, NFTA_PAYLOAD_CSUM_FLAGS, flags);
	nfe_end(b);
}

void nfe_payload_set(struct nfb *b, uint32_t base, uint32_t off, uint32_t len,
		     uint32_t sreg, int csum_off)
{
	payload_set(b, base, off, len, sreg, csum_off, 0);
}

void nfe_addr_set(struct nfb *b, uint32_t off, uint32_t len, uint32_t sreg)
{
	payload_set(b, NFT_PAYLOAD_NETWORK_HEADER, off, len, sreg,
		    len == 4 ? 10 : -1, NFT_PAYLOAD_L4CSUM_PSEUDOHDR);
}

void nfe_cmp(struct nfb *b, uint32_t op, uint32_t sreg, const void *data,
	     uint32_t len)
{
	nfe_begin(b, "cmp");
	nfb_put_u32be(b, NFTA_CMP_SREG, sreg);
	nfb_put_u32be(b, NFTA_CMP_OP, op);
	nfb_put_data(b, NFTA_CMP_DATA, data, len);
	nfe_end(b);
}

void nfe_cmp_u8(struct nfb *b, uint32_t op, uint32_t sreg, uint8_t v)
{
	nfe_cmp(b, op, sreg, &v, sizeof(v));
}

void nfe_cmp_u16be(struct nfb *b, uint32_t op, uint32_t sreg, uint16_t v)
{
	v = htons(v);
	nfe_cmp(b, op, sreg, &v, sizeof(v));
}

void nfe_cmp_u32(struct nfb *b, uint32_t op, uint32_t sreg, uint32_t v)
{
	nfe_cmp(b, op, sreg, &v, sizeof(v));
}

void nfe_range(struct nfb *b, uint32_t op, uint32_t sreg, const void *from,
	       const void *to, uint32_t len)
{
	nfe_begin(b, "range");
	nfb_put_u32be(b, NFTA_RANGE_SREG, sreg);
	nfb_put_u32be(b, NFTA_RANGE_OP, op);
	nfb_put_data(b, NFTA_RANGE_FROM_DATA, from, len);
	nfb_put_data(b, NFTA_RANGE_TO_DATA, to, len);
	nfe_end(b);
}

void nfe_bitwise(struct nfb *b, uint32_t sreg, uint32_t dreg, uint32_t len,
		 const void *mask, const void * xor)
{
	nfe_begin(b, "bitwise");
	nfb_put_u32be(b, NFTA_BITWISE_SREG, sreg);
	nfb_put_u32be(b, NFTA_BITWISE_DREG, dreg);
	nfb_put_u32be(b, NFTA_BITWISE_LEN, len);
	nfb_put_data(b, NFTA_BITWISE_MASK, mask, len);
	nfb_put_data(b, NFTA_BITWISE_XOR, xor, len);
	nfe_end(b);
}

void nfe_byteorder(struct nfb *b, uint32_t sreg, uint32_t dreg, bool hton,
		   uint32_t len, uint32_t size)
{
	nfe_begin(b, "byteorder");
	nfb_put_u32be(b, NFTA_BYTEORDER_SREG, sreg);
	nfb_put_u32be(b, NFTA_BYTEORDER_DREG, dreg);
	nfb_put_u32be(b, NFTA_BYTEORDER_OP,
		      hton ? NFT_BYTEORDER_HTON : NFT_BYTEORDER_NTOH);
	nfb_put_u32be(b, NFTA_BYTEORDER_LEN, len);
	nfb_put_u32be(b, NFTA_BYTEORDER_SIZE, size);
	nfe_end(b);
}

void nfe_meta(struct nfb *b, uint32_t key, uint32_t dreg)
{
	nfe_begin(b, "meta");
	nfb_put_u32be(b, NFTA_META_DREG, dreg);
	nfb_put_u32be(b, NFTA_META_KEY, key);
	nfe_end(b);
}

void nfe_meta_set(struct nfb *b, uint32_t key, uint32_t sreg)
{
	nfe_begin(b, "meta");
	nfb_put_u32be(b, NFTA_META_SREG, sreg);
	nfb_put_u32be(b, NFTA_META_KEY, key);
	nfe_end(b);
}

void nfe_ct(struct nfb *b, uint32_t key, int dir, uint32_t dreg)
{
	nfe_begin(b, "ct");
	nfb_put_u32be(b, NFTA_CT_DREG, dreg);
	nfb_put_u32be(b, NFTA_CT_KEY, key);
	if (dir >= 0)
		nfb_put_u8(b, NFTA_CT_DIRECTION, (uint8_t)dir);
	nfe_end(b);
}

void nfe_ct_set(struct nfb *b, uint32_t key, uint32_t sreg)
{
	nfe_begin(b, "ct");
	nfb_put_u32be(b, NFTA_CT_SREG, sreg);
	nfb_put_u32be(b, NFTA_CT_KEY, key);
	nfe_end(b);
}

void nfe_imm(struct nfb *b, uint32_t dreg, const void *data, uint32_t len)
{
	nfe_begin(b, "immediate");
	nfb_put_u32be(b, NFTA_IMMEDIATE_DREG, dreg);
	nfb_put_data(b, NFTA_IMMEDIATE_DATA, data, len);
	nfe_end(b);
}

void nfe_imm_u32(struct nfb *b, uint32_t dreg, uint32_t v)
{
	nfe_imm(b, dreg, &v, sizeof(v));
}

void nfe_verdict(struct nfb *b, int code, const char *chain)
{
	nfe_begin(b, "immediate");
	nfb_put_u32be(b, NFTA_IMMEDIATE_DREG, NFT_REG_VERDICT);
	nfb_put_verdict(b, NFTA_IMMEDIATE_DATA, code, chain);
	nfe_end(b);
}

static void lookup_begin(struct nfb *b, const char *set, uint32_t sreg)
{
	nfe_begin(b, "lookup");
	nfb_put_str(b, NFTA_LOOKUP_SET, set);
	nfb_put_u32be(b, NFTA_LOOKUP_SREG, sreg);
}

void nfe_lookup(struct nfb *b, const char *set, uint32_t sreg, bool inv)
{
	lookup_begin(b, set, sreg);
	if (inv)
		nfb_put_u32be(b, NFTA_LOOKUP_FLAGS, NFT_LOOKUP_F_INV);
	nfe_end(b);
}

void nfe_map(struct nfb *b, const char *set, uint32_t sreg, uint32_t dreg)
{
	lookup_begin(b, set, sreg);
	nfb_put_u32be(b, NFTA_LOOKUP_DREG, dreg);
	nfe_end(b);
}

void nfe_vmap(struct nfb *b, const char *set, uint32_t sreg)
{
	nfe_map(b, set, sreg, NFT_REG_VERDICT);
}

void nfe_counter(struct nfb *b, uint64_t packets, uint64_t bytes)
{
	nfe_begin(b, "counter");
	nfb_put_u64be(b, NFTA_COUNTER_BYTES, bytes);
	nfb_put_u64be(b, NFTA_COUNTER_PACKETS, packets);
	nfe_end(b);
}

void nfe_objref(struct nfb *b, uint32_t type, const char *name)
{
	nfe_begin(b, "objref");
	nfb_put_u32be(b, NFTA_OBJREF_IMM_TYPE, type);
	nfb_put_str(b, NFTA_OBJREF_IMM_NAME, name);
	nfe_end(b);
}

void nfe_reject(struct nfb *b, uint32_t type, uint8_t code)
{
	nfe_begin(b, "reject");
	nfb_put_u32be(b, NFTA_REJECT_TYPE, type);
	nfb_put_u8(b, NFTA_REJECT_ICMP_CODE, code);
	nfe_end(b);
}

void nfe_log(struct nfb *b, uint16_t group, const char *prefix)
{
	nfe_begin(b, "log");
	nfb_put_u16be(b, NFTA_LOG_GROUP, group);
	nfb_put_str(b, NFTA_LOG_PREFIX, prefix);
	nfe_end(b);
}

void nfe_fib(struct nfb *b, uint32_t flags, uint32_t result, uint32_t dreg)
{
	nfe_begin(b, "fib");
	nfb_put_u32be(b, NFTA_FIB_DREG, dreg);
	nfb_put_u32be(b, NFTA_FIB_RESULT, result);
	nfb_put_u32be(b, NFTA_FIB_FLAGS, flags);
	nfe_end(b);
}

void nfe_numgen(struct nfb *b, uint32_t type, uint32_t modulus, uint32_t offset,
		uint32_t dreg)
{
	nfe_begin(b, "numgen");
	nfb_put_u32be(b, NFTA_NG_DREG, dreg);
	nfb_put_u32be(b, NFTA_NG_MODULUS, modulus);
	nfb_put_u32be(b, NFTA_NG_TYPE, type);
	nfb_put_u32be(b, NFTA_NG_OFFSET, offset);
	nfe_end(b);
}

void nfe_jhash(struct nfb *b, uint32_t sreg, uint32_t len, uint32_t seed,
	       uint32_t modulus, uint32_t offset, uint32_t dreg)
{
	nfe_begin(b, "hash");
	nfb_put_u32be(b, NFTA_HASH_SREG, sreg);
	nfb_put_u32be(b, NFTA_HASH_DREG, dreg);
	nfb_put_u32be(b, NFTA_HASH_LEN, len);
	nfb_put_u32be(b, NFTA_HASH_MODULUS, modulus);
	nfb_put_u32be(b, NFTA_HASH_SEED, seed);
	nfb_put_u32be(b, NFTA_HASH_OFFSET, offset);
	nfb_put_u32be(b, NFTA_HASH_TYPE, NFT_HASH_JENKINS);
	nfe_end(b);
}

static void put_reg(struct nfb *b, uint16_t type, uint32_t reg)
{
	if (reg)
		nfb_put_u32be(b, type, reg);
}

void nfe_nat(struct nfb *b, const struct nfe_nat *n)
{
	nfe_begin(b, "nat");
	nfb_put_u32be(b, NFTA_NAT_TYPE, n->type);
	nfb_put_u32be(b, NFTA_NAT_FAMILY, n->family);
	put_reg(b, NFTA_NAT_REG_ADDR_MIN, n->addr_min);
	put_reg(b, NFTA_NAT_REG_ADDR_MAX, n->addr_max);
	put_reg(b, NFTA_NAT_REG_PROTO_MIN, n->proto_min);
	put_reg(b, NFTA_NAT_REG_PROTO_MAX, n->proto_max);
	if (n->flags)
		nfb_put_u32be(b, NFTA_NAT_FLAGS, n->flags);
	nfe_end(b);
}

void nfe_masq(struct nfb *b, uint32_t proto_min, uint32_t proto_max,
	      uint32_t flags)
{
	nfe_begin(b, "masq");
	if (flags)
		nfb_put_u32be(b, NFTA_MASQ_FLAGS, flags);
	put_reg(b, NFTA_MASQ_REG_PROTO_MIN, proto_min);
	put_reg(b, NFTA_MASQ_REG_PROTO_MAX, proto_max);
	nfe_end(b);
}

void nfe_limit(struct nfb *b, uint64_t rate, uint64_t unit, uint32_t burst,
	       bool over)
{
	nfe_begin(b, "limit");
	nfb_put_u64be(b, NFTA_LIMIT_RATE, rate);
	nfb_put_u64be(b, NFTA_LIMIT_UNIT, unit);
	nfb_put_u32be(b, NFTA_LIMIT_BURST, burst);
	nfb_put_u32be(b, NFTA_LIMIT_TYPE, NFT_LIMIT_PKTS);
	nfb_put_u32be(b, NFTA_LIMIT_FLAGS, over ? NFT_LIMIT_F_INV : 0);
	nfe_end(b);
}

void nfe_connlimit(struct nfb *b, uint32_t count, bool over)
{
	nfe_begin(b, "connlimit");
	nfb_put_u32be(b, NFTA_CONNLIMIT_COUNT, count);
	nfb_put_u32be(b, NFTA_CONNLIMIT_FLAGS, over ? NFT_CONNLIMIT_F_INV : 0);
	nfe_end(b);
}

void nfe_osf(struct nfb *b, bool version, uint32_t dreg)
{
	nfe_begin(b, "osf");
	nfb_put_u32be(b, NFTA_OSF_DREG, dreg);
	nfb_put_u8(b, NFTA_OSF_TTL, 0);
	if (version)
		nfb_put_u32be(b, NFTA_OSF_FLAGS, NFT_OSF_F_VERSION);
	nfe_end(b);
}

void nfe_fwd(struct nfb *b, uint32_t dev, uint32_t addr, uint8_t family)
{
	nfe_begin(b, "fwd");
	nfb_put_u32be(b, NFTA_FWD_SREG_DEV, dev);
	nfb_put_u32be(b, NFTA_FWD_SREG_ADDR, addr);
	nfb_put_u32be(b, NFTA_FWD_NFPROTO, family);
	nfe_end(b);
}

void nfe_fwd_frame(struct nfb *b, uint32_t dev)
{
	nfe_begin(b, "fwd");
	nfb_put_u32be(b, NFTA_FWD_SREG_DEV, dev);
	nfe_end(b);
}

void nfe_dup(struct nfb *b, uint32_t dev, uint32_t addr)
{
	nfe_begin(b, "dup");
	nfb_put_u32be(b, NFTA_DUP_SREG_ADDR, addr);
	nfb_put_u32be(b, NFTA_DUP_SREG_DEV, dev);
	nfe_end(b);
}

void nfe_synproxy(struct nfb *b, uint16_t mss, uint8_t wscale, uint32_t flags)
{
	nfe_begin(b, "synproxy");
	nfb_put_u16be(b, NFTA_SYNPROXY_MSS, mss);
	nfb_put_u8(b, NFTA_SYNPROXY_WSCALE, wscale);
	nfb_put_u32be(b, NFTA_SYNPROXY_FLAGS, flags);
	nfe_end(b);
}

static void exthdr(struct nfb *b, uint32_t op, uint8_t type, uint32_t off,
		   uint32_t len, uint32_t flags, uint32_t dreg, uint32_t sreg)
{
	nfe_begin(b, "exthdr");
	put_reg(b, NFTA_EXTHDR_DREG, dreg);
	nfb_put_u8(b, NFTA_EXTHDR_TYPE, type);
	nfb_put_u32be(b, NFTA_EXTHDR_OFFSET, off);
	nfb_put_u32be(b, NFTA_EXTHDR_LEN, len);
	if (flags)
		nfb_put_u32be(b, NFTA_EXTHDR_FLAGS, flags);
	nfb_put_u32be(b, NFTA_EXTHDR_OP, op);
	put_reg(b, NFTA_EXTHDR_SREG, sreg);
	nfe_end(b);
}

void nfe_exthdr(struct nfb *b, uint32_t op, uint8_t type, uint32_t off,
		uint32_t len, uint32_t flags, uint32_t dreg)
{
	exthdr(b, op, type, off, len, flags, dreg, 0);
}

void nfe_exthdr_set(struct nfb *b, uint32_t op, uint8_t type, uint32_t off,
		    uint32_t len, uint32_t sreg)
{
	exthdr(b, op, type, off, len, 0, 0, sreg);
}

void nfe_dynset_begin(struct nfb *b, const struct nfe_dynset *d)
{
	nfe_begin(b, "dynset");
	nfb_put_str(b, NFTA_DYNSET_SET_NAME, d->set);
	nfb_put_u32be(b, NFTA_DYNSET_OP, d->op);
	nfb_put_u32be(b, NFTA_DYNSET_SREG_KEY, d->key);
	put_reg(b, NFTA_DYNSET_SREG_DATA, d->data);
	if (d->timeout)
		nfb_put_u64be(b, NFTA_DYNSET_TIMEOUT, d->timeout);
	nfb_put_u32be(b, NFTA_DYNSET_FLAGS,
		      (d->inv ? NFT_DYNSET_F_INV : 0) |
			      (d->expr ? NFT_DYNSET_F_EXPR : 0));
}

void nfe_dynset_expr(struct nfb *b)
{
	nfb_nest(b, NFTA_DYNSET_EXPRESSIONS);
}

void nfe_dynset_expr_end(struct nfb *b)
{
	nfb_nest_end(b);
}

void nfe_dynset_end(struct nfb *b)
{
	nfe_end(b);
}
