/*
 * rcorder_fuzz: headers of rc.d scripts, several of them with form feeds
 * between.  The order has each once, and whatever is required comes before
 * unless a circle was told of.
 */
#include "base/cleanup.h"
#include "rc/rcorder.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define NODES 32

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_order(const struct rcnode *v, size_t n, const size_t *order,
			bool circular)
{
	size_t at[NODES];
	bool seen[NODES] = {false};

	for (size_t i = 0; i < n; i++) {
		if (order[i] >= n || seen[order[i]])
			abort();
		seen[order[i]] = true;
		at[order[i]] = i;
	}
	for (size_t i = 0; i < n && !circular; i++)
		for (size_t k = 0; k < n; k++)
			for (size_t q = 0; q < v[i].require.n; q++)
				if (k != i &&
				    strv_has(&v[k].provide,
					     v[i].require.v[q]) &&
				    at[k] > at[i])
					abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_free char *text = strndup((const char *)data, size);
	cleanup_strv struct strv warnings = {0};
	struct rcnode v[NODES] = {0};
	size_t order[NODES], n = 0;
	bool circular = false;
	char *p = text, *s;

	while (p && n < NODES && (s = strsep(&p, "\f"))) {
		v[n].name = str_printf("s%zu", n);
		if (!v[n].name || rcorder_parse(s, &v[n]) < 0)
			abort();
		n++;
	}
	if (rcorder_sort(v, n, order, &warnings, &circular) < 0)
		abort();
	check_order(v, n, order, circular);
	for (size_t i = 0; i < n; i++)
		rcnode_free(&v[i]);
	return 0;
}
