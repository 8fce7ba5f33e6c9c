/*
 * broker_wire: what a jail and the broker of its creator say to each other
 * (jail/broker.h), bytes to values and back.  Nothing here opens anything.
 *
 * One message, one datagram of a SOCK_SEQPACKET socket, numbers as the machine
 * has them:
 *
 *	broker -> jail	HELLO	magic u32, version u16, 0 u16, nonce 16
 *	jail -> broker	request	magic u32, version u16, request u16, nonce 16,
 *				depth u16, 0 u16, depth jids u32, arguments;
 *				and a descriptor of the jail's network namespace
 *	broker -> jail	ANSWER	magic u32, errno u32 (0: done), text
 *
 * The jids are the way down to the jail that it is about, from a jail of the
 * sender's to a jail of that and so on.  There is no name, path or number of
 * anything else in a request: what it is about follows from who asks.
 *
 *	share.set	mode4 u8, mode6 u8, flags u8, 0 u8, n4 u16, n6 u16,
 *			n4 addresses of 4 bytes, n6 of 16
 *	share.clear	-
 *	ng.open		-; no jids but those that brokers on the way put in.
 *			The answer brings a connected socket along
 *	ng.end		-; as that
 *	lasts		-; no jids.  0: the jail of who asks stays without
 *			processes, ECHILD: it goes with the last one, EAGAIN:
 *			it is being created
 *
 * What is of another length than it says, or has anything where a 0 is
 * written, is refused.
 */
#ifndef CB_JAIL_BROKER_WIRE_H
#define CB_JAIL_BROKER_WIRE_H

#include "base/err.h"
#include "ipshare/ipshare.h"

#include <stddef.h>
#include <stdint.h>

#define BROKER_VERSION 1
#define BROKER_NONCE 16
#define BROKER_DEPTH 16
#define BROKER_JID_MAX 999999
/* No message is longer. */
#define BROKER_MSG_MAX 8192

enum broker_request {
	BROKER_SHARE_SET = 1,
	BROKER_SHARE_CLEAR,
	BROKER_NG_OPEN,
	BROKER_NG_END,
	BROKER_LASTS,
	BROKER_REQUESTS /* one more than the last */
};

/* ipshare_conf, but for who the root is: that follows from who asks. */
struct broker_share {
	enum ipshare_mode mode4, mode6;
	bool saddrsel4, saddrsel6, raw, low_ports;
	size_t n4, n6;
	struct in_addr addr4[IPSHARE_MAX];
	struct in6_addr addr6[IPSHARE_MAX];
};

struct broker_msg {
	enum broker_request request;
	uint8_t nonce[BROKER_NONCE];
	size_t depth;
	int path[BROKER_DEPTH];
	struct broker_share share;
};

/* "share.set"; for what is said of it. */
const char *broker_name(enum broker_request request);

/*
 * Read a request.  -EBADMSG: not one; -EPROTO: of another version; -EINVAL:
 * arguments that nobody may have.  `ret` is untouched on failure.
 */
int broker_parse(const void *data, size_t size, struct broker_msg *ret,
		 struct err *e);
/* Write one; the length. */
size_t broker_print(const struct broker_msg *m,
		    uint8_t ret[static BROKER_MSG_MAX]);

size_t broker_hello_print(const uint8_t nonce[static BROKER_NONCE],
			  uint8_t ret[static BROKER_MSG_MAX]);
int broker_hello_parse(const void *data, size_t size,
		       uint8_t ret_nonce[static BROKER_NONCE], struct err *e);

/* code: an errno, or 0.  The text is cut to what fits. */
size_t broker_answer_print(int code, const char *text,
			   uint8_t ret[static BROKER_MSG_MAX]);
/* 0, or what it says as an error, made fit for a terminal. */
int broker_answer_parse(const void *data, size_t size, struct err *e);

#endif
