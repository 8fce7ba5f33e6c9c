/*
 * md5: RFC 1321, for what FreeBSD's pfctl makes with it: keys of source-hash
 * and the checksum of a ruleset.  No security hangs on it.
 */
#ifndef CB_PF_MD5_H
#define CB_PF_MD5_H

#include <stddef.h>
#include <stdint.h>

void pf_md5(const void *data, size_t len, uint8_t ret[16]);

#endif
