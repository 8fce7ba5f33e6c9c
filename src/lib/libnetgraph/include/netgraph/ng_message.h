/*
 * netgraph/ng_message.h: control messages, as FreeBSD's header of that name
 * has them, so that programs written for it compile: netgraph(4),
 * "Control messages".  Layouts and numbers are FreeBSD's.
 */
#ifndef NETGRAPH_NG_MESSAGE_H
#define NETGRAPH_NG_MESSAGE_H

#include <stdint.h>
#include <sys/types.h>

/* Sizes with the terminating NUL. */
#define NG_HOOKSIZ 32
#define NG_NODESIZ 32
#define NG_TYPESIZ 32
#define NG_PATHSIZ 512
#define NG_CMDSTRSIZ 32
#define NG_TEXTRESPONSE 1024

typedef uint32_t ng_ID_t;

#define NG_VERSION 8
#define NGF_ORIG 0x00000000
#define NGF_RESP 0x00000001

/* A message: header, then header.arglen bytes of arguments. */
struct ng_mesg {
	struct ng_msghdr {
		unsigned char version; /* NG_VERSION */
		unsigned char spare;
		uint16_t spare2;
		uint32_t arglen;
		uint32_t cmd;	     /* within typecookie */
		uint32_t flags;	     /* NGF_* */
		uint32_t token;	     /* an answer carries its question's */
		uint32_t typecookie; /* whose commands these are */
		unsigned char cmdstr[NG_CMDSTRSIZ]; /* for binary2ascii */
	} header;
	char data[];
};

/* Or-ed into commands: what they are like. */
#define NGM_READONLY 0x10000000
#define NGM_HASREPLY 0x20000000

/* What every node understands. */
#define NGM_GENERIC_COOKIE 1137070366

enum {
	NGM_SHUTDOWN = 1,
	NGM_MKPEER = 2,
	NGM_CONNECT = 3,
	NGM_NAME = 4,
	NGM_RMHOOK = 5,
	NGM_NODEINFO = 6 | NGM_READONLY | NGM_HASREPLY,
	NGM_LISTHOOKS = 7 | NGM_READONLY | NGM_HASREPLY,
	NGM_LISTNAMES = 8 | NGM_READONLY | NGM_HASREPLY,
	NGM_LISTNODES = 9 | NGM_READONLY | NGM_HASREPLY,
	NGM_LISTTYPES = 10 | NGM_READONLY | NGM_HASREPLY,
	NGM_TEXT_STATUS = 11 | NGM_READONLY | NGM_HASREPLY,
	NGM_BINARY2ASCII = 12 | NGM_READONLY | NGM_HASREPLY,
	NGM_ASCII2BINARY = 13 | NGM_READONLY | NGM_HASREPLY,
	NGM_TEXT_CONFIG = 14,
};

/* What flows along with data: of the link behind a hook. */
#define NGM_FLOW_COOKIE 851672669

enum {
	NGM_LINK_IS_UP = 32,
	NGM_LINK_IS_DOWN = 33,
};

struct ngm_mkpeer {
	char type[NG_TYPESIZ];
	char ourhook[NG_HOOKSIZ];
	char peerhook[NG_HOOKSIZ];
};

struct ngm_connect {
	char path[NG_PATHSIZ];
	char ourhook[NG_HOOKSIZ];
	char peerhook[NG_HOOKSIZ];
};

struct ngm_name {
	char name[NG_NODESIZ];
};

struct ngm_rmhook {
	char ourhook[NG_HOOKSIZ];
};

struct nodeinfo {
	char name[NG_NODESIZ];
	char type[NG_TYPESIZ];
	ng_ID_t id;
	uint32_t hooks;
};

struct linkinfo {
	char ourhook[NG_HOOKSIZ];
	char peerhook[NG_HOOKSIZ];
	struct nodeinfo nodeinfo;
};

struct hooklist {
	struct nodeinfo nodeinfo;
	struct linkinfo link[];
};

struct namelist {
	uint32_t numnames;
	struct nodeinfo nodeinfo[];
};

struct typeinfo {
	char type_name[NG_TYPESIZ];
	uint32_t numnodes;
};

struct typelist {
	uint32_t numtypes;
	struct typeinfo typeinfo[];
};

#endif
