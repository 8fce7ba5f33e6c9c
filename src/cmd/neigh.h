/*
 * neigh: what arp(8) and ndp(8) have in common.
 */
#ifndef CB_CMD_NEIGH_H
#define CB_CMD_NEIGH_H

#include "net/arp.h"

/* One entry from words: HOST MAC and what may follow; `args` as was given. */
typedef int neigh_set_fn(struct vnet *v, const void *args, int argc,
			 char **argv, struct err *e);

/*
 * -f: entries of a file, one a line, # comments, up to the first that fails;
 * its error says the line.  `open` begins the message where there is no file.
 */
int neigh_file(struct vnet *v, const char *path, const char *open,
	       neigh_set_fn *set, const void *args, struct err *e);

/* Make an entry, see arp_set(); errors are the commands' own. */
int neigh_set(struct vnet *v, const char *host, const struct arp_entry *entry,
	      struct err *e);

/* "02:00:00:00:00:01" */
void neigh_mac_text(const struct arp_row *row, char buf[32]);

#endif
