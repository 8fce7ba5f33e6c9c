/* doctor_keepers: vnets a keeper of which has gone (net/keeper.h). */
#include "block/doctor.h"

#include "net/keeper.h"
#include "net/vnet.h"

#include <errno.h>

static int check_own(const struct keeper_sort *k, struct vnet *v, bool repair,
		     struct strv *found, struct err *e)
{
	struct err re = ERR_INIT;

	if (!keeper_missing(k, v) || (repair && keeper_again(k, v, &re) >= 0))
		return 0;
	return strv_addf(found,
			 "%s: their keeper has gone%s%s (any ifconfig starts "
			 "another)",
			 k->whose, repair ? ": " : "",
			 repair ? re.text : "") < 0
		       ? err_nomem(e)
		       : 0;
}

/* In a jail it must be started in there. */
static int check_jail(const struct keeper_sort *k, struct prisons *ps,
		      const struct prison *p, struct strv *found, struct err *e)
{
	cleanup_vnet struct vnet *v = NULL;

	if (!p->vnet || prison_vnet(ps, p, &v, NULL) < 0 ||
	    !keeper_missing(k, v))
		return 0;
	return strv_addf(found,
			 "jail \"%s\": the keeper of its %s has gone "
			 "(`ifconfig -j %s -l` starts another)",
			 p->name, k->whose, p->name) < 0
		       ? err_nomem(e)
		       : 0;
}

int doctor_keepers(struct prisons *ps, bool repair, struct strv *found,
		   struct err *e)
{
	cleanup_vnet struct vnet *v = NULL;
	struct prison *jails = NULL;
	size_t n = 0;
	int r = vnet_open(-1, VNET_STATEDIR, &v, e);

	if (r >= 0)
		r = prison_list(ps, false, &jails, &n, e);
	for (size_t k = 0; r >= 0 && keeper_sorts[k]; k++) {
		r = check_own(keeper_sorts[k], v, repair, found, e);
		for (size_t i = 0; r >= 0 && i < n; i++)
			r = check_jail(keeper_sorts[k], ps, &jails[i], found,
				       e);
	}
	prison_list_free(&jails, n);
	return r < 0 ? r : 0;
}
