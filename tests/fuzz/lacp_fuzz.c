/*
 * lacp_fuzz: hostile partners of a lagg with three ports.  Bytes are commands:
 * links that come and go, seconds that pass, settings, PDUs of any content or
 * with words of ours in them.  Whatever comes, nothing that is down or has not
 * heard its partner carries packets, those that do are of one group, and no
 * port says more in a second than it may.
 */
#include "net/lacp.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define PORTS 3

static int sent[PORTS];
static struct lacp_port port[PORTS];

static void on_send(struct lacp_port *p, const unsigned char *pdu, size_t len)
{
	unsigned char answer[LACP_PDU_LEN];
	struct lacp_info a, b;

	if (++sent[p - port] > LACP_TX_MAX || len != LACP_PDU_LEN)
		abort();
	/* what is sent can be read, or answers a marker */
	if (!lacp_pdu_read(pdu, len, &a, &b) &&
	    (pdu[0] != 2 || lacp_marker_answer(pdu, len, answer)))
		abort();
}

static void on_changed(struct lacp *l)
{
	(void)l;
}

static const struct lacp_ops ops = {.send = on_send, .changed = on_changed};

static void check(void)
{
	const struct lacp_port *one = NULL;

	for (int i = 0; i < PORTS; i++) {
		const struct lacp_port *p = &port[i];

		if (lacp_distributing(p) &&
		    (!lacp_collecting(p) || !(p->actor.state & LACP_SYNC) ||
		     !(p->actor.state & LACP_AGGREGATION) ||
		     (p->actor.state & (LACP_DEFAULTED | LACP_EXPIRED)) ||
		     !(p->partner.state & LACP_COLLECTING)))
			abort();
		if (!lacp_active(p) || !lacp_distributing(p))
			continue;
		if (one && memcmp(one->partner.mac, p->partner.mac, 6) != 0)
			abort();
		if (one && (one->group.single || p->group.single))
			abort();
		one = p;
	}
}

/* A PDU of these bytes; some of what it says of us may be true. */
static void hear(struct lacp_port *p, const uint8_t *d, size_t len, int how)
{
	unsigned char pdu[LACP_PDU_LEN] = {0};
	struct lacp_info us = p->actor, them = {0};

	if (!how) {
		lacp_receive(p, d, len);
		return;
	}
	them.mac[5] = len > 0 ? d[0] : 1;
	them.state = len > 1 ? d[1] : 0x3d;
	them.sys_prio = len > 2 ? d[2] : 1;
	them.key = len > 3 ? d[3] : 1;
	if (len > 4)
		us.state = d[4];
	us.port = (uint16_t)(us.port + (len > 5 ? d[5] % 2 : 0));
	lacp_pdu_write(&them, &us, pdu);
	lacp_receive(p, pdu, sizeof(pdu));
}

static size_t command(struct lacp *l, const uint8_t *d, size_t n)
{
	struct lacp_port *p = &port[d[0] / 8 % PORTS];
	struct lacp_config c = l->conf;
	size_t len = n - 1 < LACP_PDU_LEN ? n - 1 : LACP_PDU_LEN;

	switch (d[0] % 8) {
	case 0:
	case 1:
		memset(sent, 0, sizeof(sent));
		lacp_tick(l);
		return 1;
	case 2:
		lacp_port_link(p, n > 1 && d[1] & 1, n > 1 ? d[1] : 0);
		return 2;
	case 3:
		c.strict = d[0] & 0x40;
		c.fast = d[0] & 0x80;
		if (n > 1)
			c.mac[5] = d[1];
		memset(sent, 0, sizeof(sent));
		for (int i = 0; i < PORTS; i++)
			port[i].sent = 0;
		lacp_configure(l, &c);
		return 2;
	case 4:
		lacp_port_remove(p);
		*p = (struct lacp_port){0};
		lacp_port_add(l, p, (uint16_t)(p - port + 1));
		sent[p - port] = 0;
		return 1;
	case 5:
		len = len < 6 ? len : 6;
		hear(p, d + 1, len, 1);
		return len + 1;
	case 6:
		if (n > 2) {
			struct lacp_info them = {.sys_prio = d[1],
						 .state = d[2]};

			lacp_port_resume(p, d[1], &them);
		}
		return 3;
	default:
		hear(p, d + 1, len, 0);
		return len + 1;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct lacp l;

	memset(port, 0, sizeof(port));
	memset(sent, 0, sizeof(sent));
	lacp_init(&l, &ops);
	for (uint16_t i = 0; i < PORTS; i++)
		lacp_port_add(&l, &port[i], (uint16_t)(i + 1));
	while (size) {
		size_t n = command(&l, data, size);

		check();
		if (n > size)
			break;
		data += n;
		size -= n;
	}
	return 0;
}
