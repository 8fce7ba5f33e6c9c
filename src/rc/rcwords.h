/*
 * rcwords: the words of ifconfig(8) and route(8) as facts.  A const table
 * says how many arguments a word takes and what it means to rc; what it does
 * not know stays together with its arguments and is passed on as it is.
 */
#ifndef CB_RC_RCWORDS_H
#define CB_RC_RCWORDS_H

#include "rc/rcfact.h"

/*
 * Break down the words of one `ifconfig IF ...` into facts appended to `out`.
 * `var` names the variable they come from.  alias: addresses are added, not
 * replaced (aliasN, aliases, ipv4_addrs).
 * -EINVAL for a word without its argument ("'addm' requires argument").
 */
int rcwords_ifconfig(struct facts *out, const char *ifname,
		     const struct strv *words, bool alias, const char *var,
		     struct err *e);

/* The words of `route add` (without "add") as one FACT_ROUTE. */
int rcwords_route(struct facts *out, const struct strv *words, bool inet6,
		  const char *var, struct err *e);

/*
 * Expand "inet 10.0.0.1-5/24" and "inet6 2001:db8::1-f prefixlen 64" in place:
 * one list of words for each address, appended to ret[] (each strv_free'd by
 * the caller, then the array free'd).  At most `max`; *ret_cut when cut.
 */
int rcwords_expand(const struct strv *words, size_t max, struct strv **ret,
		   size_t *ret_n, bool *ret_cut, struct err *e);

/* Split like the shell's unquoted $var, honouring quotes and backslashes. */
int rcwords_split(struct strv *out, const char *p);

#endif
