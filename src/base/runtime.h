/*
 * runtime: where cellblock's runtime directory is (docs/ARCHITECTURE.md), on
 * the machine: beside the program that runs, or, for another program with one
 * of our libraries, $CELLBLOCK_RUNTIME or where it is installed.
 */
#ifndef CB_BASE_RUNTIME_H
#define CB_BASE_RUNTIME_H

#include "base/err.h"

/* Malloc'd, without links in it. -ENOENT */
int runtime_dir(char **ret, struct err *e);

#endif
