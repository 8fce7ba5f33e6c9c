/*
 * report_pipe: a report and a result that come out of another process.
 *
 * The child writes records (kind byte, 32-bit length, text) to a pipe; the
 * parent hands lines to its own report and keeps the result.  The child may
 * run inside a jail: lengths are bounded and unknown kinds are ignored.
 */
#ifndef CB_BASE_REPORT_PIPE_H
#define CB_BASE_REPORT_PIPE_H

#include "base/err.h"
#include "base/report.h"

#include <stddef.h>

/* A report that writes to fd (borrowed); *store must outlive it. */
struct report_pipe {
	int fd;
	struct report report;
};
void report_pipe_init(struct report_pipe *p, int fd);

/* The child's last word: its count of changes, or its error. */
void report_pipe_result(int fd, int r, size_t changes, const struct err *e);

/*
 * Read until the end of the pipe.  Returns the child's result; -EPIPE with a
 * text when it died without one.  ret_changes may be NULL.
 */
int report_pipe_drain(int fd, const struct report *to, size_t *ret_changes,
		      struct err *e);

#endif
