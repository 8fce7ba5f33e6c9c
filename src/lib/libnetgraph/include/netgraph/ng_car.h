/*
 * netgraph/ng_car.h: ng_car(4), as FreeBSD's header of that name has it.
 */
#ifndef NETGRAPH_NG_CAR_H
#define NETGRAPH_NG_CAR_H

#include <netgraph/ng_message.h>

#define NG_CAR_NODE_TYPE "car"
#define NGM_CAR_COOKIE 1173648034

#define NG_CAR_HOOK_UPPER "upper"
#define NG_CAR_HOOK_LOWER "lower"

struct ng_car_hookstats {
	uint64_t passed_pkts;
	uint64_t droped_pkts; /* their spelling */
	uint64_t green_pkts;
	uint64_t yellow_pkts;
	uint64_t red_pkts;
	uint64_t errors;
};

struct ng_car_bulkstats {
	struct ng_car_hookstats upstream;
	struct ng_car_hookstats downstream;
};

struct ng_car_hookconf {
	uint64_t cbs; /* committed burst, bytes */
	uint64_t ebs; /* exceeded or peak burst, bytes */
	uint64_t cir; /* committed rate, bits a second */
	uint64_t pir; /* peak rate, bits a second */
	uint8_t green_action;
	uint8_t yellow_action;
	uint8_t red_action;
	uint8_t mode;
	uint8_t opt;
};

#define NG_CAR_CBS_MIN 8192
#define NG_CAR_EBS_MIN 8192
#define NG_CAR_CIR_DFLT 10240

/* ..._action */
enum {
	NG_CAR_ACTION_FORWARD = 1,
	NG_CAR_ACTION_DROP,
	NG_CAR_ACTION_MARK,
	NG_CAR_ACTION_SET_TOS,
};

/* mode */
enum {
	NG_CAR_SINGLE_RATE = 0,
	NG_CAR_DOUBLE_RATE,
	NG_CAR_RED,
	NG_CAR_SHAPE,
};

/* opt */
#define NG_CAR_COLOR_AWARE 1
#define NG_CAR_COUNT_PACKETS 2

struct ng_car_bulkconf {
	struct ng_car_hookconf upstream;
	struct ng_car_hookconf downstream;
};

enum {
	NGM_CAR_GET_STATS = 1,
	NGM_CAR_CLR_STATS,
	NGM_CAR_GETCLR_STATS,
	NGM_CAR_GET_CONF,
	NGM_CAR_SET_CONF,
};

#endif
