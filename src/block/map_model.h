/* map_model: what map_model.c and map_fold.c share while boxes are made. */
#ifndef CB_BLOCK_MAP_MODEL_H
#define CB_BLOCK_MAP_MODEL_H

#include "block/map_priv.h"

struct mbuild {
	struct mlayout *l;
	struct mjail **jail;	/* by topology index; NULL: folded */
	struct mrow ***row;	/* row[jail][if], NULL: not drawn */
	size_t **link;		/* link[jail][if] + 1, 0 for none */
	size_t *nlinks, *nkids; /* by jail */
	bool *internal;		/* a link with both ends in this jail */
	bool *folded;
};

/* Look-alikes in one jail. */
struct fold {
	size_t parent, bridge; /* index of the interface in parent + 1, or 0 */
	size_t count, shown;
	size_t first, last; /* jails folded away */
};

/* The ornament that the character set has. */
const char *model_text(const struct mlayout *l, const char *uni,
		       const char *ascii);
/* Appended to what they belong to; NULL when out of memory. */
struct mitem *model_item(struct mlayout *l, struct mjail *j,
			 enum mitem_kind kind);
struct mrow *model_row(struct mlayout *l, struct mitem *it);
struct mjail *model_jail(struct mlayout *l, struct mjail *parent,
			 const char *title);
void model_wire(struct mlayout *l, struct mrow *a, struct mrow *b,
		enum map_line kind, enum map_style st);

/* Drawn as rows only: no bridges, no children. */
bool model_jail_simple(const struct mbuild *b, size_t j);
/* The jail and interface at the other end of a cable. */
size_t model_far_end(const struct topo_link *k, size_t j, size_t i,
		     size_t *ret_if);
struct mitem *model_bridge_item(const struct mbuild *b, size_t j, size_t br);

/* map_fold.c: mark in b->folded what is not drawn singly; then draw it. */
int fold_find_all(struct mbuild *b, struct fold **ret, size_t *ret_n,
		  struct err *e);
int fold_draw(struct mbuild *b, const struct fold *f, struct err *e);

#endif
