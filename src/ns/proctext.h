/*
 * proctext: what files of /proc say, text to values.  Nothing here opens
 * anything.  Programs choose their own names and whoever mounts chooses mount
 * points, so all of it may be hostile.
 */
#ifndef CB_NS_PROCTEXT_H
#define CB_NS_PROCTEXT_H

#include <stdbool.h>
#include <stdint.h>

/*
 * /proc/PID/stat: state letter and start time (field 22); -EBADMSG.  The
 * program's name, in parentheses, may hold anything, parentheses too.
 */
int proctext_stat(const char *text, char *ret_state, uint64_t *ret_start);
/* ... another field, from 4 (the parent's pid) on, that is no negative one. */
int proctext_stat_field(const char *text, int field, uint64_t *ret);

/*
 * /proc/PID/status: the pid in the innermost pid namespace (the last number
 * of the NSpid line); -1 when it does not say.
 */
long proctext_inner_pid(const char *text);
/* ... and in how many it has one, from the reader's down; 0: not told. */
int proctext_pid_levels(const char *text);

/* One line of /proc/PID/mountinfo; what it points at is in the line. */
struct proctext_mount {
	char *point, *fstype, *source; /* escapes undone */
};
/* Takes the line apart, which is changed; false: no such line. */
bool proctext_mount(char *line, struct proctext_mount *ret);

#endif
