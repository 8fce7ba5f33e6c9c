/*
 * doctor_bridges: a vnet's br_netfilter is on and pfil_* are off.  Docker and
 * the like switch it on for the whole machine; what jails say to each other
 * over a bridge is then judged by rules that were written for what is routed.
 */
#include "block/doctor.h"

#include "net/bridge_pfil.h"
#include "net/vnet.h"

#include <errno.h>

static int check(struct vnet *v, const char *whose, const char *jail,
		 struct strv *ret, struct err *e)
{
	if (!bridge_pfil_astray(v))
		return 0;
	return strv_addf(ret,
			 "bridges%s%s%s: what they carry passes the filters of "
			 "routed packets (net.bridge.bridge-nf-call-iptables), "
			 "although net.link.bridge.pfil_* are off; `sysctl "
			 "net.link.bridge.pfil_member=0` there ends it",
			 whose, jail, *jail ? "\"" : "") < 0
		       ? err_nomem(e)
		       : 0;
}

int doctor_bridges(struct prisons *ps, struct strv *ret, struct err *e)
{
	cleanup_vnet struct vnet *own = NULL;
	struct prison *jails = NULL;
	size_t n = 0;
	int r = vnet_open(-1, VNET_STATEDIR, &own, e);

	if (r >= 0)
		r = check(own, "", "", ret, e);
	if (r >= 0)
		r = prison_list(ps, false, &jails, &n, e);
	for (size_t i = 0; r >= 0 && i < n; i++) {
		cleanup_vnet struct vnet *v = NULL;

		if (jails[i].vnet && prison_vnet(ps, &jails[i], &v, NULL) >= 0)
			r = check(v, " of jail \"", jails[i].name, ret, e);
	}
	prison_list_free(&jails, n);
	return r < 0 ? r : 0;
}
