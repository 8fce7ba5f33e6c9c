/* cellblock trace: which way packets go, and what decides on them. */
#ifndef CB_CMD_CMD_TRACE_H
#define CB_CMD_CMD_TRACE_H

#include <stdbool.h>

int trace_main(int argc, char **argv);
/*
 * -p, past pf: argv are words that say which packets, `jail` may be NULL,
 * count 0 is no end.
 */
int trace_pf_main(int argc, char **argv, const char *jail, bool drops,
		  long long count, const char *usage);

#endif
