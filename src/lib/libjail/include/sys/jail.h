/*
 * sys/jail.h: the system calls on jails as FreeBSD's jail(2) has them, here
 * functions of libjail.  Parameters travel as pairs of struct iovec: a name
 * with its NUL, then the value as it lies in memory (an int, a string with
 * its NUL, an array of addresses; nothing for a boolean, whose name with or
 * without "no" says it all).  The pair "errmsg" names a buffer for what went
 * wrong.  They return a jid (or 0), or -1 with errno.
 */
#ifndef CELLBLOCK_SYS_JAIL_H
#define CELLBLOCK_SYS_JAIL_H

#include <sys/uio.h>

#define JAIL_CREATE 0x01
#define JAIL_UPDATE 0x02
#define JAIL_ATTACH 0x04
#define JAIL_DYING 0x08

#define JAIL_SYS_DISABLE 0
#define JAIL_SYS_NEW 1
#define JAIL_SYS_INHERIT 2

#ifdef __cplusplus
extern "C" {
#endif

int jail_set(struct iovec *iov, unsigned int niov, int flags);
int jail_get(struct iovec *iov, unsigned int niov, int flags);
/*
 * Linux lets no process change its own pid namespace.  So it is a child that
 * returns from here, in the jail; the caller stays behind, passes signals on
 * and ends as that child ends.  At most 64 open descriptors go along.
 */
int jail_attach(int jid);
int jail_remove(int jid);

#ifdef __cplusplus
}
#endif

#endif
