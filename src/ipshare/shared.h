/*
 * shared: what the BPF programs of ipshare and the program that loads them
 * both know: the rows of their maps.
 */
#ifndef CB_IPSHARE_SHARED_H
#define CB_IPSHARE_SHARED_H

#include <linux/types.h>

/* The configuration of a jail: one for each cgroup, seen by all hooks. */
struct ipshare_row {
	__u64 cgroup;
	__u64 net; /* cookie of the network namespace it is for */
	__u8 mode4, mode6;
	__u8 raw, low_ports;
	__u32 root;
};

#endif
