/*
 * addrsel: ip6addrctl(8)'s policies for the C library.
 *
 * Theory of operation.  FreeBSD's kernel keeps one table (RFC 6724) for which
 * address of a name comes first and which own address is used to reach it.
 * Of these the first is getaddrinfo(3)'s business on Linux, which reads
 * gai.conf(5): the policy is written there in its words.  Own addresses are
 * chosen by the kernel, by the labels it has; FreeBSD's two policies have the
 * same labels as it.
 */
#ifndef CB_RC_ADDRSEL_H
#define CB_RC_ADDRSEL_H

#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>

#define ADDRSEL_FILE "/etc/gai.conf"

/* gai.conf of ipv6_prefer or ipv4_prefer. */
int addrsel_policy(bool ipv6, struct strbuf *out, struct err *e);
/* ... of an ip6addrctl.conf: lines of PREFIX/LEN PRECEDENCE LABEL. */
int addrsel_file(const char *text, const char *path, struct strbuf *out,
		 struct err *e);

#endif
