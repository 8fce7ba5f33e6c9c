/* jexec_tty: a terminal of its own for a command in a jail; jexec_tty.c. */
#ifndef CB_JAIL_JEXEC_TTY_H
#define CB_JAIL_JEXEC_TTY_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <termios.h>

struct jexec_tty {
	int master, slave;    /* -1: no terminal of its own */
	bool active;	      /* we are in the foreground, the outer is raw */
	bool hung;	      /* nobody has the slave open */
	struct termios outer; /* as it was */
	char in[4096];	      /* typed, not yet given to the jail */
	size_t from, to;
};

/*
 * When descriptors 0 and 1 are the terminal that we have the foreground of:
 * make another one like it.  Else, or when there is none to be had, nothing.
 */
void jexec_tty_open(struct jexec_tty *t);
/*
 * What to give in the place of descriptor fd when that is a terminal which is
 * not to be read from: /dev/null for 0, else the terminal for writing only.
 * -1: it is no terminal.
 */
int jexec_tty_one_way(int fd);
/* We have the foreground of the terminal at descriptor 0. */
bool jexec_tty_foreground(void);
/* In the child, which leads a session and has the slave as descriptor 0. */
void jexec_tty_child(void);
/* The child has been born. */
void jexec_tty_born(struct jexec_tty *t);
/* Pass on what there is, until sigfd, a signalfd, has something. */
void jexec_tty_wait(struct jexec_tty *t, int sigfd, pid_t child);
/* The outer terminal as it was: before we stop, and at the end. */
void jexec_tty_leave(struct jexec_tty *t);
/* Continued, or its size has changed. */
void jexec_tty_again(struct jexec_tty *t);
/* The command is over: what it has said still comes out. */
void jexec_tty_close(struct jexec_tty *t);

#endif
