/*
 * rcserv: the services of a level: rc's own and the local scripts.
 */
#ifndef CB_RC_RCSERV_H
#define CB_RC_RCSERV_H

#include "rc/rc.h"
#include "rc/rcmodel.h"
#include "rc/rcorder.h"

struct rcserv {
	struct rcnode node; /* name: the script's path or the service's name */
	char *name;	    /* as service(8) calls it */
	int builtin;	    /* enum rc_service, or -1: only a milestone;
				RC_SERVICES: service(8) alone starts it */
	bool script;
	const char *descr; /* of a built-in, one line */
	const char *rcvar; /* of a built-in: "netif_enable"; or NULL */
};

struct rcservs {
	struct rcserv *v; /* in the order in which they are started */
	size_t n;
	struct strv warnings;
};

/*
 * All services in start order: the built-in table and the executable files of
 * the folders in `local`, separated by blanks (NULL: none).  Those whose
 * keywords exclude them here (nojail, nojailvnet, nostart) are left out unless
 * `all`.
 */
int rcservs_load(const char *local, bool jailed, bool vnet, bool all,
		 struct rcservs *ret, struct err *e);
void rcservs_free(struct rcservs *s);
#define cleanup_rcservs __attribute__((cleanup(rcservs_free)))
/* Is there a local script among them? */
bool rcservs_scripts(const struct rcservs *s);
struct rcserv *rcservs_find(const struct rcservs *s, const char *name);

#endif
