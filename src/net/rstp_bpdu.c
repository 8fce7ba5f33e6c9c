/* rstp_bpdu: what bridges say to each other (clause 9), and its comparison. */
#include "net/rstp.h"

#include <string.h>

/* Offsets in a BPDU. */
enum {
	AT_PROTOCOL = 0,
	AT_VERSION = 2,
	AT_TYPE = 3,
	AT_FLAGS = 4,
	AT_ROOT = 5,
	AT_COST = 13,
	AT_BRIDGE = 17,
	AT_PORT = 25,
	AT_MESSAGE_AGE = 27,
	AT_MAX_AGE = 29,
	AT_HELLO = 31,
	AT_FORWARD_DELAY = 33,
	AT_VERSION1_LENGTH = 35,
	TCN_LEN = 4,
	CONFIG_LEN = 35,
	RSTP_LEN = 36,
};

enum {
	TYPE_CONFIG = 0,
	TYPE_RSTP = 2,
	TYPE_TCN = 0x80,
};

/* How roles are written in BPDU_ROLE. */
enum {
	WIRE_UNKNOWN = 0,
	WIRE_ALTERNATE = 1, /* or backup */
	WIRE_ROOT = 2,
	WIRE_DESIGNATED = 3,
};
#define ROLE_SHIFT 2

static uint64_t get(const unsigned char *p, int n)
{
	uint64_t v = 0;

	while (n--)
		v = v << 8 | *p++;
	return v;
}

static void put(unsigned char *p, int n, uint64_t v)
{
	while (n--) {
		p[n] = (unsigned char)v;
		v >>= 8;
	}
}

int rstp_vector_cmp(const struct rstp_vector *a, const struct rstp_vector *b)
{
	if (a->root != b->root)
		return a->root < b->root ? -1 : 1;
	if (a->cost != b->cost)
		return a->cost < b->cost ? -1 : 1;
	if (a->bridge != b->bridge)
		return a->bridge < b->bridge ? -1 : 1;
	if (a->port != b->port)
		return a->port < b->port ? -1 : 1;
	return 0;
}

/* --- reading ------------------------------------------------------------- */

/*
 * In 1/256 s; begun seconds count, as they do for other bridges.  Brought into
 * the standard's range: not to listen to somebody who is out of it would be a
 * loop, to take him at his word would keep what he says for hours.
 */
static uint16_t get_time(const unsigned char *p, uint16_t min, uint16_t max)
{
	uint16_t t = (uint16_t)((get(p, 2) + 255) / 256);

	return t < min ? min : t > max ? max : t;
}

static void read_role(struct rstp_port *p)
{
	static const enum rstp_role roles[] = {
		[WIRE_UNKNOWN] = RSTP_DISABLED,
		[WIRE_ALTERNATE] = RSTP_ALTERNATE,
		[WIRE_ROOT] = RSTP_ROOT,
		[WIRE_DESIGNATED] = RSTP_DESIGNATED,
	};

	p->msg_role = p->msg_rstp
			      ? roles[(p->msg_flags & BPDU_ROLE) >> ROLE_SHIFT]
			      : RSTP_DESIGNATED;
}

static void read_vector(struct rstp_port *p, const unsigned char *b)
{
	p->msg = (struct rstp_vector){
		.root = get(b + AT_ROOT, 8),
		.cost = (uint32_t)get(b + AT_COST, 4),
		.bridge = get(b + AT_BRIDGE, 8),
		.port = (uint16_t)get(b + AT_PORT, 2),
	};
	p->msg_times = (struct rstp_times){
		.message_age = get_time(b + AT_MESSAGE_AGE, 0, 255),
		.max_age = get_time(b + AT_MAX_AGE, 6, 40),
		.hello = get_time(b + AT_HELLO, 1, 10),
		.forward_delay = get_time(b + AT_FORWARD_DELAY, 4, 30),
	};
}

/* 9.3.4 says which are good. */
bool rstp_bpdu_read(struct rstp_port *p, const unsigned char *b, size_t len)
{
	uint8_t version, type;

	if (len < TCN_LEN || get(b + AT_PROTOCOL, 2) != 0)
		return false;
	version = b[AT_VERSION];
	type = b[AT_TYPE];
	p->msg_flags = 0;
	p->msg_rstp = false;
	p->rcvd_stp = p->rcvd_rstp = false;
	if (type == TYPE_TCN) {
		p->msg_role = RSTP_DISABLED; /* carries no vector */
		p->rcvd_stp = true;
		p->rcvd_tcn = true;
		return true;
	}
	if (type == TYPE_CONFIG && len >= CONFIG_LEN) {
		p->msg_flags = b[AT_FLAGS] & (BPDU_TC | BPDU_TC_ACK);
		p->rcvd_stp = true;
	} else if (type == TYPE_RSTP && version >= 2 && len >= RSTP_LEN) {
		p->msg_flags = b[AT_FLAGS] & (uint8_t)~BPDU_TC_ACK;
		p->msg_rstp = p->rcvd_rstp = true;
	} else {
		return false;
	}
	read_role(p);
	read_vector(p, b);
	/* too old to be believed; one's own words come back */
	if (!p->msg_rstp &&
	    (p->msg_times.message_age >= p->msg_times.max_age ||
	     (p->msg.bridge == p->b->conf.id && p->msg.port == p->conf.id)))
		return false;
	return true;
}

/* --- writing ------------------------------------------------------------- */

static uint8_t wire_role(enum rstp_role role)
{
	static const uint8_t wire[] = {
		[RSTP_DISABLED] = WIRE_UNKNOWN,
		[RSTP_ROOT] = WIRE_ROOT,
		[RSTP_DESIGNATED] = WIRE_DESIGNATED,
		[RSTP_ALTERNATE] = WIRE_ALTERNATE,
		[RSTP_BACKUP] = WIRE_ALTERNATE,
	};

	return (uint8_t)(wire[role] << ROLE_SHIFT);
}

static void put_time(unsigned char *p, uint16_t seconds)
{
	put(p, 2, (uint64_t)seconds * 256);
}

static void put_vector(const struct rstp_port *p, unsigned char *b)
{
	const struct rstp_times *t = &p->designated_times;

	put(b + AT_ROOT, 8, p->designated.root);
	put(b + AT_COST, 4, p->designated.cost);
	put(b + AT_BRIDGE, 8, p->designated.bridge);
	put(b + AT_PORT, 2, p->designated.port);
	put_time(b + AT_MESSAGE_AGE, t->message_age);
	put_time(b + AT_MAX_AGE, t->max_age);
	put_time(b + AT_HELLO, t->hello);
	put_time(b + AT_FORWARD_DELAY, t->forward_delay);
}

void rstp_send_rstp(struct rstp_port *p)
{
	unsigned char b[RSTP_LEN] = {0};

	b[AT_VERSION] = 2;
	b[AT_TYPE] = TYPE_RSTP;
	b[AT_FLAGS] = wire_role(p->role);
	if (p->agree)
		b[AT_FLAGS] |= BPDU_AGREEMENT;
	if (p->proposing)
		b[AT_FLAGS] |= BPDU_PROPOSAL;
	if (p->tc_while)
		b[AT_FLAGS] |= BPDU_TC;
	if (p->state >= RSTP_LEARNING)
		b[AT_FLAGS] |= BPDU_LEARNING;
	if (p->state == RSTP_FORWARDING)
		b[AT_FLAGS] |= BPDU_FORWARDING;
	put_vector(p, b);
	p->b->ops->send(p, b, sizeof(b));
}

void rstp_send_config(struct rstp_port *p)
{
	unsigned char b[CONFIG_LEN] = {0};

	b[AT_TYPE] = TYPE_CONFIG;
	if (p->tc_while)
		b[AT_FLAGS] |= BPDU_TC;
	if (p->tc_ack)
		b[AT_FLAGS] |= BPDU_TC_ACK;
	put_vector(p, b);
	p->b->ops->send(p, b, sizeof(b));
}

void rstp_send_tcn(struct rstp_port *p)
{
	static const unsigned char b[TCN_LEN] = {[AT_TYPE] = TYPE_TCN};

	p->b->ops->send(p, b, sizeof(b));
}
