/*
 * blockhide: the machine's secrets are not in copies of its root.
 *
 * Theory of operation.  A block's jail sees the machine's root through an
 * overlay, and its root may read there what the machine's root may.  So a
 * layer lies between that hides what is not for everybody: places in a table
 * (blockhide.c), and by rule whatever in the configuration and in /var only
 * its owner or group may read.  Files are missing, directories empty, and of
 * the files of passwords there are copies without any.
 *
 * The layer is made anew for each jail, from what the machine has just then.
 */
#ifndef CB_JAIL_BLOCKHIDE_H
#define CB_JAIL_BLOCKHIDE_H

#include "base/err.h"

/*
 * Fill `layer`, an empty directory, to be stacked on `lower`, a root; both
 * without other file systems mounted below.  Owners are those seen in lower.
 */
int blockhide_fill(int layer, int lower, struct err *e);

#endif
