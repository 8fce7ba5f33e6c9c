/*
 * tables: what ipshare's programs look up: members, owners, sources, routes.
 * All under bpffs_lock().
 */
#ifndef CB_IPSHARE_TABLES_H
#define CB_IPSHARE_TABLES_H

#include "base/err.h"
#include "ipshare/ipshare.h"
#include "ipshare/shared.h"
#include "ipshare/store.h"
#include "net/vnet.h"

#include <stdbool.h>
#include <stdint.h>

/* The addresses of a jail in its order, IPv4's first. */
struct ip_list {
	struct ipshare_ip *v;
	size_t n;
};
void ip_list_free(struct ip_list *l);
#define cleanup_ip_list __attribute__((cleanup(ip_list_free)))

/* The row and the addresses of a configuration (its number must be set). */
int tables_of(const struct ipshare_conf *conf, struct ipshare_row *row,
	      struct ip_list *ret, struct err *e);
/*
 * What the jail has now is in the tables; tables_shrink afterwards takes away
 * what it has no more.  In between it has both.  What is found on the way, on
 * which interfaces the addresses are, goes into the row.
 */
int tables_grow(struct store *s, struct vnet *v, struct ipshare_row *row,
		const struct ip_list *ips, struct err *e);
int tables_shrink(struct store *s, const struct ipshare_row *row,
		  const struct ipshare_row *was, const struct ip_list *ips,
		  struct err *e);
/* All rows of the jail go.  Whether others have its namespace, or are at all.
 */
int tables_clear(struct store *s, uint64_t cgroup, uint64_t *ret_net,
		 bool *ret_net_used, bool *ret_used, struct err *e);
/* Routes of a namespace that nobody needs any more. */
void tables_forget_routes(struct store *s, uint64_t net);

#endif
