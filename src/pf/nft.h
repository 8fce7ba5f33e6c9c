/*
 * nft: builder of nftables transactions, straight into one buffer of netlink
 * messages.
 *
 * Theory of operation.  A `struct nfb` is a batch: messages are appended, each
 * a table, chain, rule, set, or as many elements of a set as fit, and
 * nfb_commit() hands all of them to the kernel in one send, which the kernel
 * takes as one transaction.  Nothing is allocated per object or expression, so
 * that 100,000 rules cost their bytes and no more.  Errors (memory, an
 * attribute that does not fit) are sticky and told by nfb_commit().
 *
 * Each message remembers the batch's `cookie` of its time; when the kernel
 * refuses a message, its cookie comes back: the caller's rule number.
 *
 * Everything is in one table, `inet pf`, while the batch's `family` and `table`
 * name no other.  Expressions (nfe_*) are put between nfb_rule() and
 * nfb_rule_end(); registers are the kernel's 32-bit ones, NFR(0) to NFR(15),
 * and do not last from rule to rule.
 */
#ifndef CB_PF_NFT_H
#define CB_PF_NFT_H

#include "base/err.h"
#include "nl/nl.h"

#include <netinet/in.h> /* before linux/, or both define it */

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NFT_PF_TABLE "pf"
#define NFR(n) (NFT_REG32_00 + (n))
#define NFB_NO_COOKIE UINT32_MAX
#define NFB_DEPTH 8
#define NFB_UDATA 250 /* bytes of userdata of a rule or element */

struct nfb {
	char *buf;
	size_t len, size;
	uint32_t *cookies; /* of each message */
	size_t nmsg, cookies_size;
	uint32_t cookie;
	uint8_t family;	   /* NFPROTO_INET unless changed */
	const char *table; /* NFT_PF_TABLE */
	bool failed;	   /* no memory, or an attribute too large */
	size_t msg;	   /* offset of the open message */
	size_t nest[NFB_DEPTH];
	unsigned int depth;
	/* elements under way */
	const char *set;
	uint16_t elem_msg;
};

void nfb_init(struct nfb *b);
void nfb_free(struct nfb *b);
#define cleanup_nfb __attribute__((cleanup(nfb_free)))

/*
 * Send everything as one transaction.  genid: what nft_genid() told when the
 * present state was read, or 0; -ERESTART when it has changed since.  On
 * failure nothing has changed; *ret_cookie is that of the message refused
 * (NFB_NO_COOKIE: none).
 */
int nfb_commit(struct nfb *b, struct nl *nf, uint32_t genid,
	       uint32_t *ret_cookie, struct err *e);
int nft_genid(struct nl *nf, uint32_t *ret, struct err *e);

/* Messages. */
void nfb_table(struct nfb *b, uint32_t flags);
void nfb_table_del(struct nfb *b);
void nfb_chain(struct nfb *b, const char *name);
struct nfb_hook {
	const char *type; /* "filter", "nat", "route" */
	int hook, priority;
	const char *dev; /* netdev family only */
};
void nfb_chain_base(struct nfb *b, const char *name, const struct nfb_hook *h);
void nfb_chain_del(struct nfb *b, const char *name);
void nfb_rule(struct nfb *b, const char *chain);
void nfb_rule_end(struct nfb *b);
void nfb_rule_cancel(struct nfb *b); /* as if it had not been begun */
/* As nfb_rule_end, with up to NFB_UDATA bytes of userdata. */
void nfb_rule_end_udata(struct nfb *b, const void *data, size_t len);

#define NFB_TYPE_IFNAME 41
#define NFB_TYPE_MARK 19
#define NFB_TYPE_V4 7
#define NFB_TYPE_V6 8
#define NFB_TYPE_PORT 13
#define NFB_TYPE_INT 4
#define NFB_FIELDS 6
struct nfb_set {
	const char *name;
	uint32_t flags; /* NFT_SET_* */
	uint32_t ktype, klen;
	uint32_t dtype, dlen; /* of a map; NFT_DATA_VERDICT, 0: verdict map */
	uint32_t objtype;     /* NFT_OBJECT_*: a map to objects */
	uint32_t size;	      /* 0: no limit */
	uint64_t timeout;     /* ms */
	uint8_t field[NFB_FIELDS]; /* bytes of the key's parts, if several */
	bool counter;		   /* each element counts */
};
void nfb_set(struct nfb *b, const struct nfb_set *s);
void nfb_set_del(struct nfb *b, const char *name);

struct nfb_elem {
	const void *key;
	uint32_t klen;
	const void *key_end; /* interval sets of several fields */
	uint32_t flags;	     /* NFT_SET_ELEM_* */
	const void *data;    /* maps */
	uint32_t dlen;
	bool verdict;	   /* verdict maps: */
	int code;	   /* NF_ACCEPT, NFT_GOTO, ... */
	const char *chain; /* of NFT_GOTO and NFT_JUMP */
	const char *obj;
	uint64_t timeout;  /* ms; 0: the set's */
	const void *udata; /* at most NFB_UDATA bytes */
	uint32_t udata_len;
	bool counted; /* a counter with these values */
	uint64_t packets, bytes;
};
/* Elements added (or deleted) until nfb_elems_end(); messages as needed. */
void nfb_elems(struct nfb *b, const char *set, bool del);
void nfb_elem(struct nfb *b, const struct nfb_elem *el);
void nfb_elems_end(struct nfb *b);
void nfb_set_flush(struct nfb *b, const char *set);

void nfb_counter_obj(struct nfb *b, const char *name, uint64_t packets,
		     uint64_t bytes);
void nfb_obj_del(struct nfb *b, const char *name, uint32_t type);

/* A message by hand: header, then nfb_put*, nfb_nest, nfb_end. */
void nfb_begin(struct nfb *b, uint16_t type, uint16_t flags);
void nfb_end(struct nfb *b);
void nfb_put(struct nfb *b, uint16_t type, const void *data, size_t len);
void nfb_put_str(struct nfb *b, uint16_t type, const char *s);
/* What a register or an element holds: bytes, or a verdict (chain or NULL). */
void nfb_put_data(struct nfb *b, uint16_t type, const void *data, uint32_t len);
void nfb_put_verdict(struct nfb *b, uint16_t type, int code, const char *chain);
void nfb_put_u8(struct nfb *b, uint16_t type, uint8_t v);
void nfb_put_u16be(struct nfb *b, uint16_t type, uint16_t v);
void nfb_put_u32be(struct nfb *b, uint16_t type, uint32_t v);
void nfb_put_u64be(struct nfb *b, uint16_t type, uint64_t v);
void nfb_nest(struct nfb *b, uint16_t type);
void nfb_nest_end(struct nfb *b);

/* Expressions. */
void nfe_begin(struct nfb *b, const char *name);
void nfe_end(struct nfb *b);
void nfe_payload(struct nfb *b, uint32_t base, uint32_t off, uint32_t len,
		 uint32_t dreg);
/* csum_off: of the checksum to mend in the header `base`; -1: none */
void nfe_payload_set(struct nfb *b, uint32_t base, uint32_t off, uint32_t len,
		     uint32_t sreg, int csum_off);
/* An address of the header, four bytes or sixteen, and the checksums. */
void nfe_addr_set(struct nfb *b, uint32_t off, uint32_t len, uint32_t sreg);
void nfe_cmp(struct nfb *b, uint32_t op, uint32_t sreg, const void *data,
	     uint32_t len);
void nfe_cmp_u8(struct nfb *b, uint32_t op, uint32_t sreg, uint8_t v);
void nfe_cmp_u16be(struct nfb *b, uint32_t op, uint32_t sreg, uint16_t v);
void nfe_cmp_u32(struct nfb *b, uint32_t op, uint32_t sreg, uint32_t v);
void nfe_range(struct nfb *b, uint32_t op, uint32_t sreg, const void *from,
	       const void *to, uint32_t len);
void nfe_bitwise(struct nfb *b, uint32_t sreg, uint32_t dreg, uint32_t len,
		 const void *mask, const void * xor);
void nfe_byteorder(struct nfb *b, uint32_t sreg, uint32_t dreg, bool hton,
		   uint32_t len, uint32_t size);
void nfe_meta(struct nfb *b, uint32_t key, uint32_t dreg);
void nfe_meta_set(struct nfb *b, uint32_t key, uint32_t sreg);
/* dir: IP_CT_DIR_*, or -1 */
void nfe_ct(struct nfb *b, uint32_t key, int dir, uint32_t dreg);
void nfe_ct_set(struct nfb *b, uint32_t key, uint32_t sreg);
void nfe_imm(struct nfb *b, uint32_t dreg, const void *data, uint32_t len);
void nfe_imm_u32(struct nfb *b, uint32_t dreg, uint32_t v);
void nfe_verdict(struct nfb *b, int code, const char *chain);
void nfe_lookup(struct nfb *b, const char *set, uint32_t sreg, bool inv);
void nfe_map(struct nfb *b, const char *set, uint32_t sreg, uint32_t dreg);
void nfe_vmap(struct nfb *b, const char *set, uint32_t sreg);
void nfe_counter(struct nfb *b, uint64_t packets, uint64_t bytes);
void nfe_objref(struct nfb *b, uint32_t type, const char *name);
void nfe_reject(struct nfb *b, uint32_t type, uint8_t code);
void nfe_log(struct nfb *b, uint16_t group, const char *prefix);
void nfe_fib(struct nfb *b, uint32_t flags, uint32_t result, uint32_t dreg);
void nfe_numgen(struct nfb *b, uint32_t type, uint32_t modulus, uint32_t offset,
		uint32_t dreg);
void nfe_jhash(struct nfb *b, uint32_t sreg, uint32_t len, uint32_t seed,
	       uint32_t modulus, uint32_t offset, uint32_t dreg);
struct nfe_nat {
	uint32_t type;		     /* NFT_NAT_SNAT, NFT_NAT_DNAT */
	uint8_t family;		     /* NFPROTO_IPV4, NFPROTO_IPV6 */
	uint32_t addr_min, addr_max; /* registers; 0: none */
	uint32_t proto_min, proto_max;
	uint32_t flags; /* NF_NAT_RANGE_* */
};
void nfe_nat(struct nfb *b, const struct nfe_nat *n);
void nfe_masq(struct nfb *b, uint32_t proto_min, uint32_t proto_max,
	      uint32_t flags);
/* rate packets a `unit` seconds; over: matches when more */
void nfe_limit(struct nfb *b, uint64_t rate, uint64_t unit, uint32_t burst,
	       bool over);
void nfe_connlimit(struct nfb *b, uint32_t count, bool over);
/* The operating system's name, 16 bytes; with its version behind a colon. */
void nfe_osf(struct nfb *b, bool version, uint32_t dreg);
/*
 * Send the packet (fwd: family netdev) or a copy of it (dup: families ip and
 * ip6) to the address in one register by the interface in the other.
 */
void nfe_fwd(struct nfb *b, uint32_t dev, uint32_t addr, uint8_t family);
void nfe_dup(struct nfb *b, uint32_t dev, uint32_t addr);
/* The frame as it is, by the interface in the register (family netdev). */
void nfe_fwd_frame(struct nfb *b, uint32_t dev);
void nfe_synproxy(struct nfb *b, uint16_t mss, uint8_t wscale, uint32_t flags);
/* A header option: TCP (NFT_EXTHDR_OP_TCPOPT), IPv6, IPv4. */
void nfe_exthdr(struct nfb *b, uint32_t op, uint8_t type, uint32_t off,
		uint32_t len, uint32_t flags, uint32_t dreg);
void nfe_exthdr_set(struct nfb *b, uint32_t op, uint8_t type, uint32_t off,
		    uint32_t len, uint32_t sreg);
struct nfe_dynset {
	const char *set;
	uint32_t op;	    /* NFT_DYNSET_OP_* */
	uint32_t key, data; /* registers; data 0: none */
	uint64_t timeout;   /* ms */
	bool inv;
	bool expr; /* an expression per element follows */
};
/* Between _begin and _end may stand one expression per element. */
void nfe_dynset_begin(struct nfb *b, const struct nfe_dynset *d);
void nfe_dynset_expr(struct nfb *b);
void nfe_dynset_expr_end(struct nfb *b);
void nfe_dynset_end(struct nfb *b);

/*
 * What is there.  Dumps call cb for each; a set or table that is missing is
 * -ENOENT.  restart (may be NULL): something changed meanwhile, all comes once
 * more, forget what came.
 */
struct nft_elem {
	const void *key, *key_end, *data, *udata;
	uint32_t klen, dlen, udata_len, flags;
	uint64_t packets, bytes, timeout, expires;
	bool counted;
};
typedef int nft_elem_cb(const struct nft_elem *el, void *data, struct err *e);
int nft_each_elem(struct nl *nf, const char *set, nft_elem_cb *cb,
		  void (*restart)(void *), void *data, struct err *e);
/* Of the table of another family. */
int nft_each_elem_of(struct nl *nf, uint8_t family, const char *set,
		     nft_elem_cb *cb, void (*restart)(void *), void *data,
		     struct err *e);
/* One element; -ENOENT. */
int nft_get_elem(struct nl *nf, const char *set, const void *key, uint32_t klen,
		 nft_elem_cb *cb, void *data, struct err *e);
struct nft_rule_info {
	const char *chain;
	uint64_t handle;
	const void *udata;
	uint32_t udata_len;
	uint64_t packets[2], bytes[2]; /* of the first and the last counter */
	unsigned int ncounters;
};
typedef int nft_rule_cb(const struct nft_rule_info *r, void *data,
			struct err *e);
int nft_each_rule(struct nl *nf, const char *chain, nft_rule_cb *cb,
		  void (*restart)(void *), void *data, struct err *e);
int nft_each_rule_of(struct nl *nf, uint8_t family, const char *chain,
		     nft_rule_cb *cb, void (*restart)(void *), void *data,
		     struct err *e);
struct nft_set_info {
	const char *name;
	uint32_t flags, klen, dlen;
};
typedef int nft_set_cb(const struct nft_set_info *s, void *data, struct err *e);
int nft_each_set(struct nl *nf, nft_set_cb *cb, void (*restart)(void *),
		 void *data, struct err *e);
typedef int nft_name_cb(const char *name, void *data, struct err *e);
int nft_each_chain(struct nl *nf, nft_name_cb *cb, void (*restart)(void *),
		   void *data, struct err *e);
typedef int nft_counter_cb(const char *name, uint64_t packets, uint64_t bytes,
			   void *data, struct err *e);
int nft_each_counter(struct nl *nf, bool clear, nft_counter_cb *cb,
		     void (*restart)(void *), void *data, struct err *e);
/* Names of the objects of one type (NFT_OBJECT_*). */
int nft_each_object(struct nl *nf, uint32_t type, nft_name_cb *cb,
		    void (*restart)(void *), void *data, struct err *e);
/* The table's flags (NFT_TABLE_F_*); -ENOENT. */
int nft_table_flags(struct nl *nf, uint32_t *ret, struct err *e);
/* Is there one of this name in the family? */
bool nft_has_table(struct nl *nf, uint8_t family);

#endif
