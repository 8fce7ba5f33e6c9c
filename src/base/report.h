/*
 * report: how libraries tell the user something without printing.  cmd/
 * supplies the sink; a NULL report drops everything.
 */
#ifndef CB_BASE_REPORT_H
#define CB_BASE_REPORT_H

enum report_level {
	REPORT_OUT,	/* a result: stdout ("NAME: created") */
	REPORT_VERBOSE, /* only with -v */
	REPORT_STEP,	/* progress: what is being done now */
	REPORT_WARN,	/* stderr, work goes on */
	REPORT_ERROR,	/* stderr, part of the work failed */
};

struct report {
	void (*line)(void *data, enum report_level level, const char *text);
	void *data;
};

void report(const struct report *r, enum report_level level, const char *fmt,
	    ...) __attribute__((format(printf, 3, 4)));

#endif
