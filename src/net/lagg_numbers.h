/* lagg_numbers: protocols and layers as FreeBSD's if_lagg.h numbers them; bpf/
 * reads this, too. */
#ifndef CB_NET_LAGG_NUMBERS_H
#define CB_NET_LAGG_NUMBERS_H

enum {
	LAGG_NONE,
	LAGG_ROUNDROBIN,
	LAGG_FAILOVER,
	LAGG_LOADBALANCE,
	LAGG_LACP,
	LAGG_BROADCAST,
	LAGG_PROTOS
};
enum {
	LAGG_L2 = 1,
	LAGG_L3 = 2,
	LAGG_L4 = 4,
};

#endif
