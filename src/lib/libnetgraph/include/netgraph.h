/*
 * netgraph.h: netgraph(3), sockets of netgraph nodes for programs.  As
 * FreeBSD's header of that name has it; link with -lnetgraph.
 */
#ifndef NETGRAPH_H
#define NETGRAPH_H

#include <netgraph/ng_message.h>
#include <netgraph/ng_socket.h>
#include <stddef.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifdef __GNUC__
#define NETGRAPH_PRINTF(at) __attribute__((format(printf, at, at + 1)))
#else
#define NETGRAPH_PRINTF(at)
#endif

/* All return -1 and set errno when they fail. */
int NgMkSockNode(const char *name, int *csp, int *dsp);
int NgNameNode(int cs, const char *path, const char *fmt, ...)
	NETGRAPH_PRINTF(3);
/* The message's token; errno is what the node's handler says. */
int NgSendMsg(int cs, const char *path, int cookie, int cmd, const void *arg,
	      size_t arglen);
int NgSendAsciiMsg(int cs, const char *path, const char *fmt, ...)
	NETGRAPH_PRINTF(3);
int NgSendReplyMsg(int cs, const char *path, const struct ng_mesg *msg,
		   const void *arg, size_t arglen);
/* The size of what came; path: room for NG_PATHSIZ, or NULL. */
int NgRecvMsg(int cs, struct ng_mesg *rep, size_t replen, char *path);
int NgAllocRecvMsg(int cs, struct ng_mesg **rep, char *path);
int NgRecvAsciiMsg(int cs, struct ng_mesg *rep, size_t replen, char *path);
int NgAllocRecvAsciiMsg(int cs, struct ng_mesg **rep, char *path);
int NgSendData(int ds, const char *hook, const unsigned char *buf, size_t len);
/* hook: room for NG_HOOKSIZ, or NULL. */
int NgRecvData(int ds, unsigned char *buf, size_t len, char *hook);
int NgAllocRecvData(int ds, unsigned char **buf, char *hook);
/* Sets the level unless it is -1; returns what it was. */
int NgSetDebug(int level);
void NgSetErrLog(void (*log)(const char *fmt, ...),
		 void (*logx)(const char *fmt, ...));

#ifdef __cplusplus
}
#endif

#endif
