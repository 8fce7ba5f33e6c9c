/*
 * script: commands that scripts for FreeBSD call by names that Linux has, too,
 * with other flags.  They lie in a directory of their own, rt/scripts, which
 * comes first in the PATH of rc.d scripts and of the commands of jail.conf that
 * run outside the jail.
 */
#ifndef CB_CMD_SCRIPT_H
#define CB_CMD_SCRIPT_H

#include "base/str.h"

int script_cut(int argc, char **argv);
int script_digest(int argc, char **argv);
int script_fmt(int argc, char **argv);
int script_mount(int argc, char **argv);
int script_nc(int argc, char **argv);
int script_pgrep(int argc, char **argv);
int script_ping(int argc, char **argv);
int script_sed(int argc, char **argv);
int script_stat(int argc, char **argv);
int script_sum(int argc, char **argv);
int script_tail(int argc, char **argv);
int script_xargs(int argc, char **argv);

/*
 * The system's program of argv's first word, with these words: its exit
 * status, 128 + N for signal N, 127 when there is none.
 */
int script_system(const struct strv *argv);
/*
 * The same, with what it prints in `ret`; `input`, unless NULL, is what it
 * reads.
 */
int script_read(const struct strv *argv, const char *input, struct strbuf *ret);

#endif
