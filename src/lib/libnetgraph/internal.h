/*
 * internal: what the files of libnetgraph share.
 *
 *   sock.c   nodes and their names
 *   name.c   getsockname(2); in the libraries alone
 *   msg.c    control messages
 *   data.c   packets
 *   call.c   one request and its answer (netgraph/wire.h)
 *   debug.c  what NgSetDebug() shows
 *
 * Functions here return 0 (or a length) or a negative errno; the library's own
 * return -1 and set errno.  Nothing is kept between calls but the debug level,
 * where its output goes, and the number of the last message; so threads and
 * children may call all of it at any time.
 */
#ifndef CB_LIBNETGRAPH_INTERNAL_H
#define CB_LIBNETGRAPH_INTERNAL_H

#include "netgraph/wire.h"

#include <netgraph.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

/* --- call.c --- */

/* A control socket that is connected to the broker, which is started if there
 * is none; nothing is said yet. */
int ng_dial(int *ret_fd);
/*
 * Ask by socket fd and wait for the answer.  ret_fd: what comes along with
 * it, or NULL.  ret_silent: true if the broker has ended without an answer.
 */
int ng_call(int fd, enum wire_op op, const char *name, const struct iovec *body,
	    size_t nbody, uint32_t *ret_id, int *ret_fd, bool *ret_silent);
/*
 * recvmsg(2), and the descriptor that came along (-1: none).  0 is the end of
 * the socket: -ECONNRESET.
 */
ssize_t ng_receive(int fd, const struct iovec *iov, size_t niov, int *ret_fd);

/* --- debug.c --- */

/* How much NgSetDebug() wants to be told. */
enum {
	DEBUG_ERRORS = 1,
	DEBUG_MESSAGES,
	DEBUG_BYTES
};
bool debug_wants(int level);
/* What failed, at DEBUG_ERRORS; sets errno; returns -1. */
int debug_fail(int r, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* More about it, at the same level. */
void debug_note(const char *text);
void debug_message(const char *what, const char *path, const struct ng_mesg *m,
		   size_t len);
void debug_data(const char *what, const char *hook, const void *p, size_t len);

#endif
