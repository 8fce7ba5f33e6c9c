/*
 * rcorder: rcorder(8): the headers of rc scripts and the order they give.
 */
#ifndef CB_RC_RCORDER_H
#define CB_RC_RCORDER_H

#include "base/err.h"
#include "base/str.h"

struct rcnode {
	char *name; /* of the file or service */
	struct strv provide, require, before, keyword;
};

/*
 * Read the header ("# PROVIDE: a b", ... in one block of lines) of a script
 * into node, whose name is set by the caller.  -ENOMEM.
 */
int rcorder_parse(const char *text, struct rcnode *node);
void rcnode_free(struct rcnode *n);

/*
 * The order: indexes into v, each exactly once, so that whatever a node
 * requires comes before it.  What cannot be (circles, requirements that
 * nobody provides) goes to warnings; *ret_circular is set for circles.
 */
int rcorder_sort(const struct rcnode *v, size_t n, size_t *ret_order,
		 struct strv *warnings, bool *ret_circular);

/* Any of the node's keywords is in the list. */
bool rcnode_keyword(const struct rcnode *n, const struct strv *keywords);

#endif
