/*
 * rstp_fuzz: hostile neighbours of a bridge with three ports.  Bytes are
 * commands: links that come and go, seconds that pass, settings, BPDUs of any
 * content.  Whatever comes, nothing that is down forwards, there is one root
 * port or this bridge is the root, and no port sends more in a second than it
 * may.
 */
#include "net/rstp.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define PORTS 3

static int sent[PORTS];
static struct rstp_port port[PORTS];

static void on_send(struct rstp_port *p, const unsigned char *bpdu, size_t len)
{
	struct rstp_port back = {.b = p->b, .conf.id = 0xffff};

	/* since the last second, and what was saved from those before */
	if (++sent[p - port] > 2 * 10)
		abort();
	/* what is sent can be read, if it does not end here by its age */
	if (!rstp_bpdu_read(&back, bpdu, len) &&
	    back.msg_times.message_age < back.msg_times.max_age)
		abort();
}

static void on_port(struct rstp_port *p)
{
	(void)p;
}

static const struct rstp_ops ops = {
	.send = on_send, .state = on_port, .flush = on_port};

static void check(const struct rstp *b)
{
	int roots = 0;

	for (int i = 0; i < PORTS; i++) {
		if (!port[i].enabled && port[i].state != RSTP_DISCARDING)
			abort();
		if (!port[i].enabled && port[i].role != RSTP_DISABLED)
			abort();
		if ((port[i].role == RSTP_ALTERNATE ||
		     port[i].role == RSTP_BACKUP) &&
		    port[i].state != RSTP_DISCARDING)
			abort();
		roots += port[i].role == RSTP_ROOT;
	}
	if (roots > 1 || (roots && !b->root_port))
		abort();
}

static void configure(struct rstp *b, const uint8_t *d)
{
	struct rstp_config c = b->conf;

	c.proto = d[0];
	c.max_age = d[1];
	c.hello = d[2];
	c.forward_delay = d[3];
	c.hold_count = d[4];
	if (rstp_config_check(&c) == 0)
		rstp_configure(b, &c);
}

static size_t command(struct rstp *b, const uint8_t *d, size_t n)
{
	struct rstp_port *p = &port[d[0] / 8 % PORTS];
	struct rstp_port_config c = p->conf;
	size_t len = n - 1 < 40 ? n - 1 : 40;

	switch (d[0] % 8) {
	case 0:
	case 1:
		rstp_port_link(p, d[0] % 2);
		return 1;
	case 2:
		memset(sent, 0, sizeof(sent));
		rstp_tick(b);
		return 1;
	case 3:
		if (n < 6)
			return n;
		configure(b, d + 1);
		return 6;
	case 4:
		if (n < 3)
			return n;
		c.cost = (uint32_t)d[1] << (d[2] % 24);
		c.admin_edge = d[2] & 0x20;
		c.auto_edge = d[2] & 0x40;
		c.ptp = d[2] & 0x80;
		rstp_port_configure(p, &c);
		return 3;
	default:
		rstp_receive(p, d + 1, len);
		return 1 + len;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const unsigned char mac[6] = {2, 0, 0, 0, 0, 7};
	struct rstp b;

	memset(port, 0, sizeof(port));
	memset(sent, 0, sizeof(sent));
	rstp_init(&b, mac, &ops);
	for (int i = 0; i < PORTS; i++) {
		port[i].conf = (struct rstp_port_config){
			.id = (uint16_t)(0x8001 + i),
			.cost = 2000,
			.auto_edge = true,
			.ptp = true,
		};
		rstp_port_add(&b, &port[i]);
	}
	while (size) {
		size_t n = command(&b, data, size);

		check(&b);
		data += n;
		size -= n;
	}
	return 0;
}
