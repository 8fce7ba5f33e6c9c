/* lacp_pdu: what ends of links say to each other (802.1AX, 6.4.2 and 6.5). */
#include "net/lacp.h"

#include <string.h>

/* Offsets in a PDU and in what it says of one end. */
enum {
	AT_SUBTYPE = 0,
	AT_VERSION = 1,
	AT_ACTOR = 2,
	AT_PARTNER = 22,
	AT_COLLECTOR = 42,
	AT_MARKER = 2,
	INFO_SYS_PRIO = 2,
	INFO_MAC = 4,
	INFO_KEY = 10,
	INFO_PORT_PRIO = 12,
	INFO_PORT = 14,
	INFO_STATE = 16,
	INFO_LEN = 20,
	COLLECTOR_LEN = 16,
	MARKER_LEN = 16,
};

enum {
	SUBTYPE_LACP = 1,
	SUBTYPE_MARKER = 2,
	TLV_ACTOR = 1,
	TLV_PARTNER = 2,
	TLV_COLLECTOR = 3,
	TLV_MARKER = 1,
	TLV_MARKER_RESPONSE = 2,
};

static uint16_t get16(const unsigned char *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static void put16(unsigned char *p, uint16_t v)
{
	p[0] = (unsigned char)(v >> 8);
	p[1] = (unsigned char)v;
}

static void read_info(const unsigned char *p, struct lacp_info *i)
{
	*i = (struct lacp_info){
		.sys_prio = get16(p + INFO_SYS_PRIO),
		.key = get16(p + INFO_KEY),
		.port_prio = get16(p + INFO_PORT_PRIO),
		.port = get16(p + INFO_PORT),
		.state = p[INFO_STATE],
	};
	memcpy(i->mac, p + INFO_MAC, sizeof(i->mac));
}

static void write_info(unsigned char *p, uint8_t type,
		       const struct lacp_info *i)
{
	p[0] = type;
	p[1] = INFO_LEN;
	put16(p + INFO_SYS_PRIO, i->sys_prio);
	memcpy(p + INFO_MAC, i->mac, sizeof(i->mac));
	put16(p + INFO_KEY, i->key);
	put16(p + INFO_PORT_PRIO, i->port_prio);
	put16(p + INFO_PORT, i->port);
	p[INFO_STATE] = i->state;
}

/* Later versions say more behind these; theirs is read as the first's. */
bool lacp_pdu_read(const unsigned char *pdu, size_t len,
		   struct lacp_info *actor, struct lacp_info *partner)
{
	if (len < AT_COLLECTOR || pdu[AT_SUBTYPE] != SUBTYPE_LACP ||
	    !pdu[AT_VERSION] || pdu[AT_ACTOR] != TLV_ACTOR ||
	    pdu[AT_ACTOR + 1] != INFO_LEN || pdu[AT_PARTNER] != TLV_PARTNER ||
	    pdu[AT_PARTNER + 1] != INFO_LEN)
		return false;
	read_info(pdu + AT_ACTOR, actor);
	read_info(pdu + AT_PARTNER, partner);
	return true;
}

void lacp_pdu_write(const struct lacp_info *actor,
		    const struct lacp_info *partner,
		    unsigned char ret[LACP_PDU_LEN])
{
	memset(ret, 0, LACP_PDU_LEN);
	ret[AT_SUBTYPE] = SUBTYPE_LACP;
	ret[AT_VERSION] = 1;
	write_info(ret + AT_ACTOR, TLV_ACTOR, actor);
	write_info(ret + AT_PARTNER, TLV_PARTNER, partner);
	ret[AT_COLLECTOR] = TLV_COLLECTOR;
	ret[AT_COLLECTOR + 1] = COLLECTOR_LEN;
}

bool lacp_marker_answer(const unsigned char *pdu, size_t len,
			unsigned char ret[LACP_PDU_LEN])
{
	if (len < AT_MARKER + MARKER_LEN || pdu[AT_SUBTYPE] != SUBTYPE_MARKER ||
	    !pdu[AT_VERSION] || pdu[AT_MARKER] != TLV_MARKER ||
	    pdu[AT_MARKER + 1] != MARKER_LEN)
		return false;
	memset(ret, 0, LACP_PDU_LEN);
	memcpy(ret, pdu, AT_MARKER + MARKER_LEN);
	ret[AT_MARKER] = TLV_MARKER_RESPONSE;
	return true;
}
