/*
 * ipshare: see ipshare.h.
 *
 * Theory of operation.  jail.bpf.c and lookup.bpf.c are what the kernel does,
 * and say how; store.c loads them once and attaches them, tables.c fills what
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

static int set(struct store *s, int cgroup_fd, int net_fd,
	       const struct ipshare_conf *conf, uint64_t cgroup, struct err *e)
{
	cleanup_ip_list struct ip_list ips = {NULL, 0};
	cleanup_vnet struct vnet *v = NULL;
	struct ipshare_row row = {.cgroup = cgroup};
	int r = vnet_open(net_fd, NULL, &v, e);
	bool again;

	if (r < 0)
		return r;
	r = tables_of(conf, &row, &ips, e);
	if (r < 0)
		return r;
	row.net = v->cookie;
	again = bpf_map_lookup_elem(s->map[STORE_JAILS], &cgroup,
				    &(struct ipshare_row){0}) == 0;
	if (row.mode[IPSHARE_V4] != IPSHARE_DISABLE ||
	    row.mode[IPSHARE_V6] != IPSHARE_DISABLE)
		r = store_lookup(s, v->nsfd, v->cookie, e);
	if (r >= 0)
		r = tables_grow(s, v, &row, &ips, e);
	if (r >= 0)
		r = store_attach(s, cgroup_fd, &row, e);
	if (r >= 0 && again)
		r = tables_shrink(s, &row, &ips, e);
	return r;
}

static int clear(const char *bpfdir, uint64_t cgroup, struct err *e)
{
	cleanup_store struct store s = STORE_INIT;
	bool net_used, used;
	uint64_t net;
	int r;

	if (!store_find(bpfdir, &s))
		return 0;
	r = tables_clear(&s, cgroup, &net, &net_used, &used, e);
	if (r < 0 || net_used)
		return r;
	if (!used)
		return store_remove(bpfdir, &s, e);
	if (!net)
		return 0;
	r = tables_forget_routes(&s, net, e);
	return r < 0 ? r : store_lookup_remove(&s, net, e);
}

int ipshare_set(const char *bpfdir, int cgroup_fd, int net_fd,
		const struct ipshare_conf *conf, struct err *e)
{
	cleanup_store struct store s = STORE_INIT;
	cleanup_close int lock = -1;
	uint64_t cgroup = 0;
	int r = cgroup_of(cgroup_fd, &cgroup, e);

	if (r >= 0)
		r = store_lock(bpfdir, &lock, e);
	if (r < 0)
		return r;
	if (conf->mode4 == IPSHARE_INHERIT && conf->mode6 == IPSHARE_INHERIT) {
		r = store_detach(cgroup_fd, e);
		return r < 0 ? r : clear(bpfdir, cgroup, e);
	}
	r = store_open(bpfdir, &s, e);
	return r < 0 ? r : set(&s, cgroup_fd, net_fd, conf, cgroup, e);
}

int ipshare_clear(const char *bpfdir, uint64_t cgroup, struct err *e)
{
	cleanup_close int lock = -1;
	int r;

	if (access(bpfdir, F_OK) < 0)
		return 0;
	r = store_lock(bpfdir, &lock, e);
	return r < 0 ? r : clear(bpfdir, cgroup, e);
}

int ipshare_can(struct err *e)
{
	return store_try(e);
}
