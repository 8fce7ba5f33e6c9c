/*
 * service_word: words that some services have for service(8) beside those of
 * all, and what the command says.
 */
#ifndef CB_CMD_SERVICE_WORD_H
#define CB_CMD_SERVICE_WORD_H

#include "base/err.h"
#include "base/report.h"
#include "base/str.h"
#include "rc/rc.h"
#include "rc/rcserv.h"

#include <stdbool.h>

struct service_call {
	const struct rcserv *s;
	struct rcconf *c;
	const struct strv *names; /* what comes behind the word */
	const char *word;
	bool forced; /* forcestart: whatever rc.conf says */
};

/* What the word starts or stops a part of, by the kinds of facts; or `run`. */
enum {
	VERB_START = 1 << 0,
	VERB_STOP = 1 << 1,
	VERB_FLAG = 1 << 2, /* of another function than these two */
};
struct service_word {
	const char *service, *word;
	int does;
	unsigned long kinds;
	int (*run)(const struct service_call *x); /* the command's status */
};

const struct service_word *service_word_find(const char *service,
					     const char *word);
/* The words that this service has beside those of all. */
int service_words_print(const char *service, const char *sep);

extern const struct report service_sink;
/* Both say why and return 1. */
int service_complain(const struct err *e);
int service_refuse(const struct rcserv *s, const struct rcconf *c,
		   const char *word);

#endif
