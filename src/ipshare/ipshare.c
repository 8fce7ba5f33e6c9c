/*
 * ipshare: see ipshare.h.
 *
 * Theory of operation.  jail.bpf.c and lookup.bpf.c are what the kernel does,
 * and say how; store.c and show.c load and attach them, tables.c fills what
 * they look up.  Here is the order in which that happens.
 *
 * A jail's row in the table of jails is the mark that something is to be
 * cleared: it is written before anything is attached, and taken away last.
 * All calls are under one lock, and each repairs what one that was killed left
 * behind: nothing there depends on what was done before.
 */
#include "ipshare/ipshare.h"

#include "base/cleanup.h"
#include "ipshare/store.h"
#include "ipshare/tables.h"
#include "net/vnet.h"
#include "ns/bpffs.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <sys/stat.h>

static int cgroup_of(int cgroup_fd, uint64_t *ret, struct err *e)
{
	struct stat st;

	if (fstat(cgroup_fd, &st) < 0)
		return err_sys(e, errno, "cgroup");
	/* a file's number in cgroup2 is the cgroup's id */
	*ret = st.st_ino;
	return 0;
}

/*
 * Are there wildcards of several addresses?  Once a jail's are shown they stay
 * so: there may be sockets that are.
 */
static int shares(struct store *s, struct vnet *v, struct ipshare_row *row,
		  const struct ipshare_row *was, struct err *e)
{
	bool shows = was->shares;
	int r;

	if (row->n[IPSHARE_V4] + row->n[IPSHARE_V6] < 2 && !was->shares)
		return 0;
	r = store_show(s, v, &shows, e);
	row->shares = shows;
	return r;
}

static int set(struct store *s, int cgroup_fd, int net_fd,
	       const struct ipshare_conf *conf, uint64_t cgroup, struct err *e)
{
	cleanup_ip_list struct ip_list ips = {NULL, 0};
	cleanup_vnet struct vnet *v = NULL;
	struct ipshare_row row = {.cgroup = cgroup}, was = {.cgroup = 0};
	int r = vnet_open(net_fd, NULL, &v, e);
	bool again;

	if (r < 0)
		return r;
	r = tables_of(conf, &row, &ips, e);
	if (r < 0)
		return r;
	row.net = v->cookie;
	again = bpf_map_lookup_elem(s->map[STORE_JAILS], &cgroup, &was) == 0;
	if (row.mode[IPSHARE_V4] != IPSHARE_DISABLE ||
	    row.mode[IPSHARE_V6] != IPSHARE_DISABLE)
		r = store_lookup(s, v->nsfd, v->cookie, e);
	if (r >= 0)
		r = shares(s, v, &row, &was, e);
	if (r >= 0)
		r = tables_grow(s, v, &row, &ips, e);
	if (r >= 0)
		r = store_attach(s, cgroup_fd, &row, e);
	if (r >= 0 && again)
		r = tables_shrink(s, &row, &was, &ips, e);
	return r;
}

/* The jail's rows, and what nobody needs then. */
static int forget(struct store *s, uint64_t cgroup, bool *ret_used,
		  struct err *e)
{
	bool net_used, used;
	uint64_t net;
	int r = tables_clear(s, cgroup, &net, &net_used, &used, e);

	if (r < 0)
		return r;
	*ret_used = used;
	if (!net_used && net) {
		tables_forget_routes(s, net);
		r = store_show_remove(s, net, e);
		if (r >= 0)
			r = store_lookup_remove(s, net, e);
	}
	if (r < 0 || used)
		return r;
	return store_remove(s, e);
}

/* cgroup_fd: of a cgroup that stays, or -1. */
static int clear(const char *bpfdir, int cgroup_fd, uint64_t cgroup,
		 struct err *e)
{
	cleanup_store struct store s = STORE_INIT;
	bool used = false, old = false;
	int r = 0;

	if (cgroup_fd >= 0)
		r = store_detach(cgroup_fd, e);
	if (r >= 0 && store_find(bpfdir, &s))
		r = forget(&s, cgroup, &used, e);
	if (r >= 0)
		r = store_old(bpfdir, &s, -1, cgroup, &old, e);
	return r < 0 || used || old ? r : store_unmount(bpfdir, e);
}

int ipshare_set(const char *bpfdir, int cgroup_fd, int net_fd,
		const struct ipshare_conf *conf, struct err *e)
{
	cleanup_store struct store s = STORE_INIT;
	cleanup_close int lock = -1;
	uint64_t cgroup = 0;
	bool old = false;
	int r = cgroup_of(cgroup_fd, &cgroup, e);

	if (r >= 0)
		r = bpffs_lock(bpfdir, &lock, e);
	if (r < 0)
		return r;
	if (conf->mode4 == IPSHARE_INHERIT && conf->mode6 == IPSHARE_INHERIT)
		return clear(bpfdir, cgroup_fd, cgroup, e);
	r = store_open(bpfdir, &s, e);
	if (r >= 0)
		r = set(&s, cgroup_fd, net_fd, conf, cgroup, e);
	return r < 0 ? r : store_old(bpfdir, &s, cgroup_fd, cgroup, &old, e);
}

int ipshare_clear(const char *bpfdir, uint64_t cgroup, struct err *e)
{
	cleanup_close int lock = -1;
	int r;

	if (access(bpfdir, F_OK) < 0)
		return 0;
	r = bpffs_lock(bpfdir, &lock, e);
	return r < 0 ? r : clear(bpfdir, -1, cgroup, e);
}

int ipshare_can(struct err *e)
{
	return store_try(e);
}
