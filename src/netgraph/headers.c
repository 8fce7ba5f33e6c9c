/* Every header of this layer compiles by itself and with the others. */
#include "netgraph/dp.h"
#include "netgraph/eiface_pair.h"
#include "netgraph/graph.h"
#include "netgraph/iface_roles.h"
#include "netgraph/journal.h"
#include "netgraph/links.h"
#include "netgraph/parse.h"
#include "netgraph/type.h"

const struct ng_type *const ng_types[] = {0};
