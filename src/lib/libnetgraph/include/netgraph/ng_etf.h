/*
 * netgraph/ng_etf.h: ng_etf(4), as FreeBSD's header of that name has it.
 */
#ifndef NETGRAPH_NG_ETF_H
#define NETGRAPH_NG_ETF_H

#include <netgraph/ng_message.h>

#define NG_ETF_NODE_TYPE "etf"
#define NGM_ETF_COOKIE 983084516

#define NG_ETF_HOOK_DOWNSTREAM "downstream"
#define NG_ETF_HOOK_NOMATCH "nomatch"

enum {
	NGM_ETF_SET_FLAG = 1,
	NGM_ETF_GET_STATUS,
	NGM_ETF_SET_FILTER,
};

struct ng_etfstat {
	uint32_t packets_in;  /* from downstream */
	uint32_t packets_out; /* to downstream */
};

struct ng_etffilter {
	char matchhook[NG_HOOKSIZ];
	uint16_t ethertype;
};

#endif
