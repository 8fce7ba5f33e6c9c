/*
 * lacp: the link aggregation control protocol of IEEE 802.1AX, as lagg(4) has
 * it.
 *
 * Theory of operation.  This is the protocol alone: no clock, no socket and no
 * interface.  Whoever runs it (lagg_keeper.c, unit tests) owns the ports,
 * calls lacp_tick() once a second, hands in what has arrived and which links
 * are up, and gets by the callbacks what to send and when a port's state has
 * changed.  The machines are the standard's: receive (current, expired,
 * defaulted), periodic, mux with collecting apart from distributing, and
 * transmit, three frames a second at most.
 *
 * Selection.  A port that has heard its partner is selected for the *group* of
 * those that have the same two systems and keys at their ends; a port whose
 * link or partner cannot aggregate is a group by itself.  A group waits two
 * seconds for its last comer before it attaches, so that all start together.
 * One group is the active one, whose ports carry packets: as on FreeBSD that
 * of the partner with the better priority, then the faster one, then the one
 * it has been.
 *
 * Strict or not, as FreeBSD has the word: with it a partner that repeats our
 * words, or takes us for a single link, counts as in sync, without it if it
 * says so itself, too; and one that has never been heard is shown with the
 * bits of a link in use.  Nothing is sent to a partner that does not collect in
 * either case, and no link is used whose partner is silent.
 *
 * A PDU is what follows the Ethernet header.  Numbers are the host's here.
 */
#ifndef CB_NET_LACP_H
#define CB_NET_LACP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	LACP_ACTIVITY = 0x01,
	LACP_TIMEOUT = 0x02, /* short */
	LACP_AGGREGATION = 0x04,
	LACP_SYNC = 0x08,
	LACP_COLLECTING = 0x10,
	LACP_DISTRIBUTING = 0x20,
	LACP_DEFAULTED = 0x40,
	LACP_EXPIRED = 0x80,
};

/* One end of a link as PDUs tell it. */
struct lacp_info {
	uint16_t sys_prio;
	uint8_t mac[6];
	uint16_t key, port_prio, port;
	uint8_t state;
};

#define LACP_PRIORITY 0x8000
/* The length of LACPDUs and markers. */
#define LACP_PDU_LEN 110
#define LACP_TX_MAX 3 /* a second */

struct lacp_config {
	uint8_t mac[6];
	uint16_t key; /* of the system; bits 0 to 4 are the links' speed */
	bool strict, fast;
};

/* What those that aggregate have in common. */
struct lacp_group {
	uint16_t sys_prio, partner_prio;
	uint8_t mac[6], partner_mac[6];
	uint16_t key, partner_key;
	uint16_t single; /* number of the port that is alone in it; 0 */
};

enum lacp_mux {
	LACP_DETACHED,
	LACP_WAITING,
	LACP_ATTACHED,
	LACP_MUX_COLLECTING,
	LACP_MUX_DISTRIBUTING,
};

struct lacp;

struct lacp_port {
	struct lacp_port *next;
	struct lacp *l;
	void *owner;
	uint32_t speed; /* Mbit/s; 0: not known */
	struct lacp_info actor, partner;
	bool selected, ntt;
	struct lacp_group group; /* while the mux is not detached */
	enum lacp_mux mux;
	uint8_t sent; /* since the last tick */
	/* seconds left; 0: off */
	uint16_t current_while, periodic, wait_while;
};

struct lacp_ops {
	void (*send)(struct lacp_port *p, const unsigned char *pdu, size_t len);
	/* collecting, distributing or the active group may have changed */
	void (*changed)(struct lacp *l);
};

struct lacp {
	struct lacp_config conf;
	const struct lacp_ops *ops;
	struct lacp_port *ports;
	bool has_active;
	struct lacp_group active;
	uint32_t flapping; /* so often has a port stopped distributing */
};

void lacp_init(struct lacp *l, const struct lacp_ops *ops);
/* A new address or key makes all begin anew. */
void lacp_configure(struct lacp *l, const struct lacp_config *c);

/* The caller owns p, zeroed but for `owner`; number: not 0.  Its link is
 * down. */
void lacp_port_add(struct lacp *l, struct lacp_port *p, uint16_t number);
void lacp_port_remove(struct lacp_port *p);
/* Its link is up, with full duplex, or not. */
void lacp_port_link(struct lacp_port *p, bool up, uint32_t speed);
/*
 * A port as another process left it, in use with that partner, whose link is
 * up now: it goes on so until the partner says otherwise or nothing.  Of any
 * other state nothing is taken.
 */
void lacp_port_resume(struct lacp_port *p, uint8_t state,
		      const struct lacp_info *partner);

void lacp_tick(struct lacp *l);
/* What has come in by the port; what is malformed changes nothing. */
void lacp_receive(struct lacp_port *p, const unsigned char *pdu, size_t len);

/* In the group that carries packets: it may receive, send. */
bool lacp_active(const struct lacp_port *p);
bool lacp_collecting(const struct lacp_port *p);
bool lacp_distributing(const struct lacp_port *p);

/* --- lacp_pdu.c --- */

/* false: it is none, or not as it must be. */
bool lacp_pdu_read(const unsigned char *pdu, size_t len,
		   struct lacp_info *actor, struct lacp_info *partner);
void lacp_pdu_write(const struct lacp_info *actor,
		    const struct lacp_info *partner,
		    unsigned char ret[LACP_PDU_LEN]);
/* The answer to a marker; false: it is none that is to be answered. */
bool lacp_marker_answer(const unsigned char *pdu, size_t len,
			unsigned char ret[LACP_PDU_LEN]);

#endif
