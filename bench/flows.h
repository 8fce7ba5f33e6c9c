/*
 * flows: the sockets at both ends of a way between two network namespaces, in
 * one thread.  What is sent has arrived, through all that the kernel does in
 * between, when the call returns; so processor time an operation is all that
 * the way costs, and hardly depends on what else the machine does.
 */
#ifndef CB_BENCH_FLOWS_H
#define CB_BENCH_FLOWS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>

enum {
	FLOWS_BATCH = 32, /* datagrams of one operation */
	FLOWS_CHUNK = 65536
};

struct flows {
	struct {
		int ns; /* the namespace */
		struct in_addr addr;
	} end[2];
	int datagrams[2]; /* connected with each other; -1: closed */
	int stream[2];
	int listener; /* of end 1, behind `stream` */
};

/* Nothing is open yet. */
void flows_init(struct flows *f, int ns0, struct in_addr addr0, int ns1,
		struct in_addr addr1);
/*
 * A listener on end 1, and a connection to it; or two sockets connected with
 * each other.  They leave the thread in one of the namespaces.
 */
bool flows_open_stream(struct flows *f, int port);
bool flows_open_datagrams(struct flows *f, int port);
/* All of it, connections by a reset. */
void flows_close(struct flows *f);

/* One operation each; false: it failed. */
bool flows_datagrams(const struct flows *f); /* FLOWS_BATCH of 18 bytes */
bool flows_trip(const struct flows *f);	     /* a byte there, and one back */
bool flows_chunk(const struct flows *f);     /* 64 KiB by the connection */
/* socket, connect, accept, reset, close; the thread is in end 0's namespace. */
bool flows_connect(const struct flows *f);
/* A datagram that answers. */
bool flows_answer(const struct flows *f);

#endif
