/* See kernel.h. */
#include "pf/kernel.h"

#include "base/cleanup.h"

#include <errno.h>
#include <stdlib.h>

int pf_kernel_open(const struct vnet *v, struct pf_kernel **ret, struct err *e)
{
	cleanup_pf_kernel struct pf_kernel *k = calloc(1, sizeof(*k));
	int r;

	if (!k)
		return err_nomem(e);
	k->v = v;
	r = nl_open(NETLINK_NETFILTER, v->nsfd, &k->nf, e);
	if (r == -EPROTONOSUPPORT || r == -EAFNOSUPPORT)
		return err_set(e, EOPNOTSUPP,
			       "the kernel lacks CONFIG_NETFILTER_NETLINK");
	if (r < 0)
		return r;
	*ret = take_ptr(k);
	return 0;
}

void pf_kernel_close(struct pf_kernel **k)
{
	if (!*k)
		return;
	nl_free(&(*k)->nf);
	strv_free(&(*k)->bound_ifs);
	free((*k)->older);
	free(*k);
	*k = NULL;
}
