/* netgraph/ng_netflow.h: FreeBSD has it in netgraph/netflow. */
#include <netgraph/netflow/ng_netflow.h>
