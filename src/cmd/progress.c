/* See progress.h. */
#include "cmd/progress.h"

#include "base/notify.h"
#include "base/term.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void live_clear(struct progress *p)
{
	if (p->shown)
		fputs("\r\033[K", stderr);
	p->shown = false;
}

static void step(struct progress *p, const char *text)
{
	/* an empty one ends a live line */
	if (!*text) {
		live_clear(p);
		return;
	}
	p->count++;
	if (!p->list)
		notify_status(text);
	if (p->list) {
		term_put(stdout, text, INT32_MAX);
		putchar('\n');
		return;
	}
	if (p->quiet)
		return;
	if (!p->live) {
		term_put(stderr, text, INT32_MAX);
		putc('\n', stderr);
		return;
	}
	live_clear(p);
	fprintf(stderr, "%4lu  ", p->count);
	term_put(stderr, text, p->width - 8);
	fflush(stderr);
	p->shown = true;
}

static void line(void *data, enum report_level level, const char *text)
{
	struct progress *p = data;

	switch (level) {
	case REPORT_STEP:
		step(p, text);
		return;
	case REPORT_VERBOSE:
		if (!p->verbose)
			return;
		/* fall through */
	case REPORT_OUT:
		if (p->quiet)
			return;
		live_clear(p);
		term_put(stdout, text, INT32_MAX);
		putchar('\n');
		fflush(stdout);
		return;
	case REPORT_WARN:
	case REPORT_ERROR:
		live_clear(p);
		fprintf(stderr, "%s: ", p->program);
		term_put(stderr, text, INT32_MAX);
		putc('\n', stderr);
		return;
	}
}

void progress_init(struct progress *p)
{
	p->live = isatty(STDERR_FILENO);
	p->width = term_width(STDERR_FILENO, 80);
	p->report = (struct report){.line = line, .data = p};
}

void progress_end(struct progress *p)
{
	live_clear(p);
	fflush(stderr);
}
