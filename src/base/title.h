/*
 * title: what ps(1) shows as a process's command line, as setproctitle(3).
 */
#ifndef CB_BASE_TITLE_H
#define CB_BASE_TITLE_H

/*
 * Written over the arguments the process was started with, cut to their
 * length; pointers into argv hold nonsense afterwards.  The short name
 * (/proc/PID/comm) is the text's first word.
 */
void title_set(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
