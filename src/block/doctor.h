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
	/* Of interfaces: what makes them, and what does without it. */
	const char *engine, *instead; /* NULL: no interface; nothing does */
};
extern const struct doctor_probe doctor_probes[]; /* ends with what NULL */

enum doctor_can {
	DOCTOR_LACKS,
	DOCTOR_OK,
	DOCTOR_UNTOLD, /* whoever asks has not the right to try */
};

/* Run the first n probes; can[i] tells. */
int doctor_kernel(enum doctor_can *can, size_t n, struct err *e);

/* Append a line for each vnet whose keeper of bridges has been killed; repair
 * starts that of the caller's vnet. */
int doctor_keepers(struct prisons *ps, bool repair, struct strv *found,
		   struct err *e);

/* Append a line for each vnet whose filters see what its bridges carry, though
 * net.link.bridge.pfil_* are off. */
int doctor_bridges(struct prisons *ps, struct strv *ret, struct err *e);

/* Append a line for each jail whose root everybody on the machine can reach. */
int doctor_roots(struct prisons *ps, struct strv *ret, struct err *e);

#endif
