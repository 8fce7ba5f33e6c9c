/*
 * netgraph/ng_tag.h: ng_tag(4), as FreeBSD's header of that name has it.
 */
#ifndef NETGRAPH_NG_TAG_H
#define NETGRAPH_NG_TAG_H

#include <netgraph/ng_message.h>

#define NG_TAG_NODE_TYPE "tag"
#define NGM_TAG_COOKIE 1149771193

/* What is looked for in packets that come in by a hook. */
struct ng_tag_hookin {
	char thisHook[NG_HOOKSIZ];
	char ifMatch[NG_HOOKSIZ];
	char ifNotMatch[NG_HOOKSIZ];
	uint8_t strip; /* the tag is taken off */
	uint32_t tag_cookie;
	uint16_t tag_id;
	uint16_t tag_len;
	uint8_t tag_data[];
};

/* What is put on packets that go out of a hook. */
struct ng_tag_hookout {
	char thisHook[NG_HOOKSIZ];
	uint32_t tag_cookie;
	uint16_t tag_id;
	uint16_t tag_len;
	uint8_t tag_data[];
};

#define NG_TAG_HOOKIN_SIZE(taglen) (sizeof(struct ng_tag_hookin) + (taglen))
#define NG_TAG_HOOKOUT_SIZE(taglen) (sizeof(struct ng_tag_hookout) + (taglen))

/* With NG_TAG_DEBUG in FreeBSD. */
struct ng_tag_hookstat {
	uint64_t recvFrames;
	uint64_t recvOctets;
	uint64_t recvMatchFrames;
	uint64_t recvMatchOctets;
	uint64_t xmitFrames;
	uint64_t xmitOctets;
};

enum {
	NGM_TAG_SET_HOOKIN = 1,
	NGM_TAG_GET_HOOKIN,
	NGM_TAG_SET_HOOKOUT,
	NGM_TAG_GET_HOOKOUT,
	NGM_TAG_GET_STATS, /* these with NG_TAG_DEBUG in FreeBSD */
	NGM_TAG_CLR_STATS,
	NGM_TAG_GETCLR_STATS,
};

#endif
