/* rc_plan: see rc_plan.h. */
#include "rc_plan.h"

#include "base/cleanup.h"
#include "rc/rcact.h"
#include "rc/rcmodel.h"
#include "rc/rcplan.h"
#include "rc/rcserv.h"
#include "rc/rcstate.h"

#include <stdlib.h>

static void fake_if(struct ifnet *ifp, int index, const char *name,
		    uint32_t flags)
{
	*ifp = (struct ifnet){.index = index, .flags = flags, .mtu = 1500};
	str_copy(ifp->name, sizeof(ifp->name), name);
	str_copy(ifp->kname, sizeof(ifp->kname), ifname_to_kernel(name));
	str_copy(ifp->home_name, sizeof(ifp->home_name), name);
}

int rc_plan(const struct rcconf *conf, const char *etc, const struct report *r,
	    void (*step)(const char *text), struct err *e)
{
	cleanup_rcstate struct rcstate state = {.blank = true};
	cleanup_rcmodel struct rcmodel model = {0};
	cleanup_rcservs struct rcservs servs = {0};
	cleanup_plan struct plan plan = {0};
	struct rcplan_scope scope = {.leftovers = true};
	struct rc_place place = {.jailed = true,
				 .vnet = true,
				 .jails = true,
				 .pf = true,
				 .etc = etc,
				 .block = true};
	struct rcact *act = rcact_new();
	int ret;

	state.ifs.v = calloc(2, sizeof(*state.ifs.v));
	if (!state.ifs.v || !act)
		return err_nomem(e);
	state.ifs.n = 2;
	fake_if(&state.ifs.v[0], 1, "lo0", IFF_LOOPBACK);
	fake_if(&state.ifs.v[1], 2, "em0", IFF_UP);
	for (int i = 0; i < RC_SERVICES; i++)
		scope.service[i] = true;
	rcmodel_warn_later(conf, r);
	ret = rcmodel_build(conf, &state.ifs, &place, r, &model, e);
	if (!ret)
		ret = rcservs_load(NULL, true, true, false, &servs, e);
	if (!ret)
		ret = rcplan_build(&model, &servs, &state, act, &scope, &plan,
				   e);
	for (size_t i = 0; !ret && step && i < plan.n; i++)
		step(plan.v[i].text);
	plan_free(&plan);
	rcact_unref(act);
	return ret;
}
