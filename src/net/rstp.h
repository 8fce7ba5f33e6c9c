/*
 * rstp: the rapid spanning tree protocol of IEEE 802.1D-2004, and the older
 * one as its special case, as if_bridge(4) has it.
 *
 * Theory of operation.  This is the protocol alone: no clock, no socket and no
 * interface.  Whoever runs it (bridge_keeper.c, tests) owns the ports, calls
 * rstp_tick() once a second, hands in what has arrived and which links are up,
 * and gets by the callbacks what to send, which state a port is to have, and
 * whose addresses to forget.  The state machines are the standard's, clause
 * 17, one function each; rstp_run() calls them until none has anything to do.
 * Names of variables are the standard's, so that the two can be compared.
 *
 * Times are whole seconds.  A BPDU is what follows the LLC header.
 */
#ifndef CB_NET_RSTP_H
#define CB_NET_RSTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum rstp_role {
	RSTP_DISABLED,
	RSTP_ROOT,
	RSTP_DESIGNATED,
	RSTP_ALTERNATE,
	RSTP_BACKUP,
};

enum rstp_state {
	RSTP_DISCARDING,
	RSTP_LEARNING,
	RSTP_FORWARDING,
};

enum {
	RSTP_PROTO_STP = 0,
	RSTP_PROTO_RSTP = 2,
};

/* The longest BPDU that is read or written. */
#define RSTP_BPDU_MAX 36

struct rstp_times {
	uint16_t message_age, max_age, hello, forward_delay;
};

/* 17.5: the lower, the better. */
struct rstp_vector {
	uint64_t root, bridge; /* priority << 48 | address */
	uint32_t cost;
	uint16_t port;
};

/* What the user sets. */
struct rstp_port_config {
	uint16_t id;   /* priority << 8 | number, which has 12 bits */
	uint32_t cost; /* of the path by this port */
	bool admin_edge, auto_edge;
	bool ptp; /* operPointToPointMAC */
};

struct rstp_config {
	uint64_t id; /* priority << 48 | address */
	uint8_t proto;
	uint8_t max_age, hello, forward_delay, hold_count;
};

enum rstp_info {
	INFO_DISABLED,
	INFO_AGED,
	INFO_MINE,
	INFO_RECEIVED,
};

enum rstp_pim {
	PIM_DISABLED,
	PIM_AGED,
	PIM_CURRENT,
};

enum rstp_ppm {
	PPM_CHECKING,
	PPM_SENSING,
	PPM_SELECTING_STP,
};

enum rstp_tcm {
	TCM_INACTIVE,
	TCM_LEARNING,
	TCM_ACTIVE,
};

struct rstp;

struct rstp_port {
	struct rstp_port *next;
	struct rstp *b;
	void *owner;
	struct rstp_port_config conf;
	bool enabled; /* the link is up */

	enum rstp_role role, selected_role;
	enum rstp_state state;
	enum rstp_info info_is;
	enum rstp_pim pim;
	enum rstp_ppm ppm;
	enum rstp_tcm tcm;
	bool edge; /* the machine of 17.25 is in EDGE */

	bool agree, agreed, disputed, forward, learn, new_info, oper_edge;
	bool proposed, proposing, rcvd_msg, rcvd_rstp, rcvd_stp;
	bool rcvd_tc, rcvd_tc_ack, rcvd_tcn, re_root, reselect, selected;
	bool send_rstp, sync, synced, tc_ack, tc_prop, updt_info;
	bool role_begun; /* INIT_PORT is over */
	uint8_t tx_count;

	/* what counts down */
	uint16_t edge_delay, fd_while, hello_when, mdelay, rb_while;
	uint16_t rcvd_info, rr_while, tc_while;

	struct rstp_vector designated, port, msg;
	struct rstp_times designated_times, port_times, msg_times;
	/* of the message under way */
	enum rstp_role msg_role;
	uint8_t msg_flags;
	bool msg_rstp;
};

/* Outputs; `p` is the port they are about. */
struct rstp_ops {
	void (*send)(struct rstp_port *p, const unsigned char *bpdu,
		     size_t len);
	void (*state)(struct rstp_port *p);
	void (*flush)(struct rstp_port *p);
};

struct rstp {
	struct rstp_config conf;
	const struct rstp_ops *ops;
	struct rstp_port *ports; /* in the order of their numbers */
	struct rstp_vector root;
	struct rstp_times root_times;
	struct rstp_port *root_port; /* NULL: this bridge is the root */
};

/* The defaults of if_bridge(4) with that address and priority 32768. */
void rstp_init(struct rstp *b, const unsigned char mac[6],
	       const struct rstp_ops *ops);
/* -EINVAL for what the standard or FreeBSD does not allow. */
int rstp_config_check(const struct rstp_config *c);
/* Take these settings; all ports select their roles anew. */
void rstp_configure(struct rstp *b, const struct rstp_config *c);

/* The caller owns p, zeroed but for `owner` and `conf`; its link is down. */
void rstp_port_add(struct rstp *b, struct rstp_port *p);
void rstp_port_remove(struct rstp_port *p);
void rstp_port_configure(struct rstp_port *p, const struct rstp_port_config *c);
void rstp_port_link(struct rstp_port *p, bool up);

void rstp_tick(struct rstp *b);
/* What has come in by the port; what is malformed changes nothing. */
void rstp_receive(struct rstp_port *p, const unsigned char *bpdu, size_t len);

/* What path cost FreeBSD gives a link of so many Mbit/s; 0: not known. */
uint32_t rstp_path_cost(uint32_t mbits, uint8_t proto);

const char *rstp_role_name(enum rstp_role role);
const char *rstp_state_name(enum rstp_state state);
const char *rstp_proto_name(uint8_t proto);

/* --- rstp_bpdu.c --- */

int rstp_vector_cmp(const struct rstp_vector *a, const struct rstp_vector *b);
/* Read a BPDU into the port's msg_*: false when it is none to go by. */
bool rstp_bpdu_read(struct rstp_port *p, const unsigned char *bpdu, size_t len);
void rstp_send_rstp(struct rstp_port *p);
void rstp_send_config(struct rstp_port *p);
void rstp_send_tcn(struct rstp_port *p);

/* bits of msg_flags */
enum {
	BPDU_TC = 0x01,
	BPDU_PROPOSAL = 0x02,
	BPDU_ROLE = 0x0c,
	BPDU_LEARNING = 0x10,
	BPDU_FORWARDING = 0x20,
	BPDU_AGREEMENT = 0x40,
	BPDU_TC_ACK = 0x80,
};

#endif
