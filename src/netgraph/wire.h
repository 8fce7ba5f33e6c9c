/*
 * wire: what programs (libnetgraph) and a vnet's broker say to each other,
 * bytes to values and back.  Nothing here opens anything.
 *
 * Theory of operation.  A socket node is two SOCK_SEQPACKET unix sockets that
 * are connected to the broker: control and data, as FreeBSD's PF_NETGRAPH has
 * them.  They are all that a program holds, so that select, dup, fork, exec
 * and close do to them what they do to any socket; when both are closed, the
 * node is gone.
 *
 * What a program asks is carried out before its call returns, with the errno
 * of whoever did it.  So a request brings along, by SCM_RIGHTS, one end of a
 * pair of sockets made for it alone, which the answer goes back by: what other
 * threads or processes read from the node's sockets meanwhile is not mixed up
 * with answers, and a broker that dies closes the pair.
 *
 *	control ->	request: head, name padded with NULs to 8 bytes, body;
 *			and a socket
 *	  MAKE		name of the node, "" for none; the first thing to be
 *			said.  The answer brings the data socket along.
 *	  MSG		path of the receiver; a struct ng_mesg
 *	  NAME		"".  The answer brings a file along that has the node's
 *	data ->		request
 *	  DATA		name of a hook; the packet
 *	data ->		without a socket: the packet itself, for a node with
 *			one hook (plain write(2)); nobody is told what becomes
 *			of it
 *	-> control	struct wire_from, then the struct ng_mesg; one too
 *			long for a datagram is in a file that comes along
 *	-> data		the packet itself; the name of its hook is in a file
 *			that comes along, which plain read(2) leaves out
 *	-> pair		struct wire_answer
 *
 * Numbers are as the machine has them.  The broker believes nothing that it
 * reads here; of the socket that comes with a request it believes that it is
 * one end of a pair only after it has looked.
 */
#ifndef CB_NETGRAPH_WIRE_H
#define CB_NETGRAPH_WIRE_H

#include <netgraph/ng_message.h>
#include <stddef.h>
#include <stdint.h>

#define WIRE_VERSION 1

/* The longest path or name with its NUL, a multiple of 8. */
#define WIRE_NAME_MAX NG_PATHSIZ
/* The longest body of a request: what a default send buffer can take. */
#define WIRE_BODY_MAX (128 * 1024)
/* The longest packet. */
#define WIRE_DATA_MAX 65535
/* Longer messages to a program are in a file. */
#define WIRE_INLINE_MAX (60 * 1024)

enum wire_op {
	WIRE_MAKE = 1,
	WIRE_MSG,
	WIRE_DATA,
	WIRE_NAME,
	WIRE_OPS /* one more than the last */
};

struct wire_head {
	uint32_t magic;
	uint16_t version;
	uint16_t op;
	uint32_t name; /* bytes of it, with the NULs */
	uint32_t body;
};

#define WIRE_REQUEST_MAX                                                       \
	(sizeof(struct wire_head) + WIRE_NAME_MAX + WIRE_BODY_MAX)

struct wire_answer {
	uint32_t magic;
	uint32_t code; /* errno, 0: done */
	uint32_t id;   /* MAKE: of the node */
	uint32_t zero;
};

struct wire_from {
	uint32_t magic;
	uint32_t id;   /* of the node that has sent it */
	uint32_t size; /* of the message */
	uint32_t file; /* 1: it is in a file */
};

/* A request that was read; name and body point into what it was read from. */
struct wire_request {
	enum wire_op op;
	const char *name;
	const void *body; /* MSG: a struct ng_mesg of that arglen */
	size_t size;
};

/*
 * Read a request of n bytes, which are aligned to 8.  -EBADMSG: not one;
 * -EPROTO: of another version; -EINVAL: a message whose length is not what
 * its header says.  `ret` is untouched on failure.
 */
int wire_request_parse(const void *data, size_t n, struct wire_request *ret);
/*
 * Write what goes before the body: head and padded name; the length.
 * -ENAMETOOLONG, -EMSGSIZE.
 */
int wire_request_print(
	enum wire_op op, const char *name, size_t body,
	uint8_t ret[static sizeof(struct wire_head) + WIRE_NAME_MAX]);

struct wire_answer wire_answer_make(int code, uint32_t id);
/* 0 or the negative errno that it says; -EBADMSG: not one. */
int wire_answer_parse(const void *data, size_t n, uint32_t *ret_id);

struct wire_from wire_from_make(uint32_t id, size_t size, int file);
/* -EBADMSG; n is of all that came, with the message if it is not in a file. */
int wire_from_parse(const void *data, size_t n, struct wire_from *ret);

#endif
