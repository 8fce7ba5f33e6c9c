/* doctor: the checks behind `cellblock doctor`, as tables. */
#ifndef CB_BLOCK_DOCTOR_H
#define CB_BLOCK_DOCTOR_H

#include "base/err.h"
#include "base/str.h"
#include "jail/prison.h"

#include <stdbool.h>
#include <stddef.h>

struct doctor_probe {
	const char *what;  /* what a user wants */
	const char *needs; /* what the kernel calls it */
	int (*probe)(const char *arg);
	const char *arg;
	const char *option; /* kernel option to name when it is missing */
	bool required;
};
extern const struct doctor_probe doctor_probes[]; /* ends with what NULL */

/* Run the first n probes; ok[i] tells. */
int doctor_kernel(bool *ok, size_t n, struct err *e);

/* Append a line for each jail whose root everybody on the machine can reach. */
int doctor_roots(struct prisons *ps, struct strv *ret, struct err *e);

#endif
