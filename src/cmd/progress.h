/*
 * progress: a report's lines on the user's terminal.  Steps are one live line
 * where stderr is a terminal and plain lines elsewhere; results go to stdout,
 * warnings and errors to stderr with the program's name.
 */
#ifndef CB_CMD_PROGRESS_H
#define CB_CMD_PROGRESS_H

#include "base/report.h"

#include <stdbool.h>

struct progress {
	const char *program; /* "cellblock" */
	bool quiet;	     /* no steps, no results */
	bool verbose;	     /* REPORT_VERBOSE too */
	bool list;	     /* steps are the result: plain lines on stdout */
	/* private */
	bool live, shown;
	int width;
	unsigned long count;
	struct report report;
};

void progress_init(struct progress *p);
/* Take the live line away. */
void progress_end(struct progress *p);

#endif
