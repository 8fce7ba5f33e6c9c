/* sock: nodes of programs, and names; netgraph(3). */
#include "base/cleanup.h"
#include "lib/libnetgraph/internal.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* A broker that is about to end leaves a connection unanswered. */
#define TRIES 10

static int node_new(const char *name, int *ret_cs, int *ret_ds)
{
	int r = -ECONNRESET;

	for (int i = 0; i < TRIES; i++) {
		cleanup_close int cs = -1;
		bool silent = false;
		uint32_t id;

		r = ng_dial(&cs);
		if (r < 0)
			return r;
		r = ng_call(cs, WIRE_MAKE, name, NULL, 0, &id, ret_ds, &silent);
		if (r == 0)
			*ret_cs = take_fd(&cs);
		if (!silent)
			break;
	}
	return r;
}

int NgMkSockNode(const char *name, int *csp, int *dsp)
{
	char cut[NG_NODESIZ];
	cleanup_close int cs = -1, ds = -1;
	int r;

	snprintf(cut, sizeof(cut), "%s", name ? name : "");
	r = node_new(cut, &cs, &ds);
	if (r < 0)
		return debug_fail(r, "node \"%s\"", cut);
	if (csp)
		*csp = take_fd(&cs);
	if (dsp)
		*dsp = take_fd(&ds);
	return 0;
}

int NgNameNode(int cs, const char *path, const char *fmt, ...)
{
	struct ngm_name name = {0};
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(name.name, sizeof(name.name), fmt, ap);
	va_end(ap);
	return NgSendMsg(cs, path, NGM_GENERIC_COOKIE, NGM_NAME, &name,
			 sizeof(name)) < 0
		       ? -1
		       : 0;
}
