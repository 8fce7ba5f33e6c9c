/* vlanset: a set of VLANs, and its text: "1-5,7", "all", "none". */
#ifndef CB_NET_VLANSET_H
#define CB_NET_VLANSET_H

#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

#define VLAN_MIN 1
#define VLAN_MAX 4094

struct vlanset {
	uint64_t bits[64];
};

static inline bool vlanset_has(const struct vlanset *s, unsigned int vid)
{
	return s->bits[vid / 64] >> (vid % 64) & 1;
}

static inline void vlanset_add(struct vlanset *s, unsigned int vid)
{
	s->bits[vid / 64] |= UINT64_C(1) << (vid % 64);
}

static inline void vlanset_del(struct vlanset *s, unsigned int vid)
{
	s->bits[vid / 64] &= ~(UINT64_C(1) << (vid % 64));
}

bool vlanset_empty(const struct vlanset *s);
/* The next range at or after *vid: false when there is none. */
bool vlanset_next(const struct vlanset *s, unsigned int *vid,
		  unsigned int *ret_last);
/* -EINVAL; ret untouched then. */
int vlanset_parse(const char *text, struct vlanset *ret);
/* "1-5,7"; nothing for the empty set. */
void vlanset_print(const struct vlanset *s, struct strbuf *out);

#endif
