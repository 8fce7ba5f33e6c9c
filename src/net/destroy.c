/*
 * destroy: many interfaces at once.
 *
 * Theory of operation.  The kernel waits some 20 ms for each request that
 * deletes links, however many links it deletes.  A request may name a group
 * instead of a link, so the links are put into a group that nobody else uses
 * and go together: a block of 500 epairs goes down in a moment and not in ten
 * seconds.
 */
#include "base/cleanup.h"
#include "net/bridge.h"
#include "net/bsderr.h"
#include "net/kind_rows.h"
#include "net/link.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

/*
 * One that no other command has, and that no jail can have guessed and given to
 * an interface which came home since.
 */
static uint32_t own_group(void)
{
	static uint32_t group;

	if (!group && getrandom(&group, sizeof(group), 0) != sizeof(group))
		group = 0x63620000u ^ (uint32_t)getpid();
	return group | 0x40000000u;
}

struct doomed {
	struct ifnet *v;
	size_t n;
};

static void doomed_free(struct doomed *d)
{
	for (size_t i = 0; i < d->n; i++)
		ifnet_free(&d->v[i]);
	free(d->v);
}

/* Everything but the link itself; links of other kinds go here and now. */
static int collect(struct vnet *v, const char *const *names, size_t n,
		   struct doomed *d, struct err *e)
{
	for (size_t i = 0; i < n; i++) {
		struct ifnet *ifp = &d->v[d->n];
		int r = ifnet_link(v, names[i], ifp, e);

		if (r == -ENXIO || r == -ENODEV || r == -ENOENT) {
			/* the other end of an epair that is gone */
			err_clear(e);
			continue;
		}
		if (r < 0)
			return r;
		d->n++;
		if (!ifp->kind->destroy)
			return bsd_err(e, EINVAL, "SIOCIFDESTROY");
		r = bridge_forget(v, ifp, e);
		if (r >= 0 && ifp->kind->destroy != kind_destroy_link) {
			r = ifp->kind->destroy(v, ifp, e);
			if (r >= 0)
				kind_forget(v, ifp);
			ifnet_free(ifp);
			d->n--;
		}
		if (r < 0)
			return r;
	}
	return 0;
}

static int group_links(struct vnet *v, const struct doomed *d, struct err *e)
{
	cleanup_nl_batch struct nl_batch *b = NULL;
	int r = nl_batch_new(v->rt, &b, e);

	for (size_t i = 0; !r && i < d->n; i++) {
		struct nlm m;

		link_set(&m, d->v[i].index, 0, 0);
		nlm_put_u32(&m, IFLA_GROUP, own_group());
		r = nl_batch_add(b, &m, e, "%s", d->v[i].name);
	}
	return r ? r : nl_batch_run(b, NULL, e);
}

static int delete_group(struct vnet *v, struct err *e)
{
	struct ifinfomsg ifi = {0};
	struct err le = ERR_INIT;
	struct nlm m;
	int r;

	nlm_begin(&m, RTM_DELLINK, 0, &ifi, sizeof(ifi));
	nlm_put_u32(&m, IFLA_GROUP, own_group());
	r = nl_talk(v->rt, &m, &le, NULL);
	return r < 0 ? bsd_err(e, -r, "SIOCIFDESTROY") : 0;
}

static int destroy_once(struct vnet *v, const char *const *names, size_t n,
			struct err *e)
{
	__attribute__((cleanup(doomed_free))) struct doomed d = {0};
	int r;

	d.v = calloc(n + 1, sizeof(*d.v));
	if (!d.v)
		return err_nomem(e);
	r = collect(v, names, n, &d, e);
	if (r < 0 || !d.n)
		return r;
	r = group_links(v, &d, e);
	if (!r)
		r = delete_group(v, e);
	for (size_t i = 0; !r && i < d.n; i++)
		kind_forget(v, &d.v[i]);
	return r;
}

/* Others may go by themselves meanwhile, with a vnet that has their peers. */
int if_destroy_many(struct vnet *v, const char *const *names, size_t n,
		    struct err *e)
{
	int r = destroy_once(v, names, n, e);

	for (int i = 0; i < 10 && (r == -ENODEV || r == -ENXIO); i++) {
		err_clear(e);
		r = destroy_once(v, names, n, e);
	}
	return r;
}
