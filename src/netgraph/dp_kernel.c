/*
 * dp_kernel: the data path in the kernel.
 *
 * Theory of operation.  Maps and programs of a vnet are pinned in
 * BPFDIR/ng-COOKIE, a file each, and "walk-VERSION", the number made of the
 * programs when they were built.  Who opens it takes what is there and makes
 * what is missing: all of it the first time; the program, when the pins are of
 * another version; a larger map, when slots have run out.  Then the program is
 * loaded anew, on the old maps and the new ones, and one store into `progs`
 * makes every device's filter go on in it (head of bpf/graph.bpf.c).  So those
 * three are one way, and one that was killed on it is finished by the next
 * who comes.  Packets are lost in none; counted in the old map while that was
 * copied, a few may be.
 *
 *	dp_load.c     from the skeleton to the kernel
 *	dp_maps.c     tables, counters, grace periods
 *	dp_packets.c  our own device, and the ring
 */
#include "netgraph/dp_kernel.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/str.h"
#include "net/tc.h"
#include "ns/bpffs.h"

#include "netgraph/version.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>

static const char what[] = "netgraph";

/* Slots at first, and at most: of nodes a filter's class has 15 bits. */
static const struct {
	uint32_t first, most;
} limits[DP_SLOT_KINDS] = {
	[DP_HOOKS] = {1024, 1u << 20},
	[DP_NODES] = {512, NGD_CLASS_NODE + 1},
	[DP_BLOBS] = {16, 8192},
};

static const size_t elem[DPK_MAPPED] = {
	[DPK_HOOKS] = sizeof(struct ngd_hook),
	[DPK_NODES] = sizeof(struct ngd_node),
	[DPK_STATES] = sizeof(struct ngd_state),
	[DPK_BLOBS] = sizeof(struct ngd_blob),
	[DPK_CTL] = sizeof(struct ngd_ctl),
	[DPK_FLOWS] = sizeof(struct ngd_flow),
};

/* --- pins ---------------------------------------------------------------- */

static int pin_get(const char *dir, const char *name)
{
	cleanup_free char *path = str_printf("%s/%s", dir, name);

	if (!path)
		return -1;
	return bpf_obj_get(path);
}

/* In place of what had that name. */
static int pin_put(const char *dir, const char *name, int fd, struct err *e)
{
	cleanup_free char *path = str_printf("%s/%s", dir, name);
	cleanup_free char *tmp = str_printf("%s/new", dir);
	int r;

	if (!path || !tmp)
		return err_nomem(e);
	unlink(tmp);
	r = bpf_obj_pin(fd, tmp);
	if (!r && rename(tmp, path) < 0)
		r = -errno;
	return r < 0 ? err_sys(e, -r, "%s", path) : 0;
}

/* Programs of other versions. */
static void pin_tidy(const char *dir)
{
	cleanup_closedir DIR *d = opendir(dir);
	struct dirent *de;

	while (d && (de = readdir(d)))
		if (!strncmp(de->d_name, "walk-", 5) &&
		    strcmp(de->d_name + 5, NGD_VERSION) != 0)
			unlinkat(dirfd(d), de->d_name, 0);
}

/* --- maps ---------------------------------------------------------------- */

static void unmap(struct dp_kernel *k, enum dpk_map m)
{
	if (k->mapped[m].at)
		munmap(k->mapped[m].at, k->mapped[m].size);
	k->mapped[m].at = NULL;
}

static int map_size(int fd, uint32_t *ret_entries)
{
	struct bpf_map_info info = {0};
	uint32_t len = sizeof(info);

	if (bpf_obj_get_info_by_fd(fd, &info, &len) < 0)
		return -errno;
	*ret_entries = info.max_entries;
	return 0;
}

static int map_one(struct dp_kernel *k, enum dpk_map m)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), size;
	uint32_t n = 0;
	void *p;
	int r = map_size(k->map[m], &n);

	if (r < 0)
		return r;
	size = (n * elem[m] + page - 1) & ~(page - 1);
	p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, k->map[m], 0);
	if (p == MAP_FAILED)
		return -errno;
	unmap(k, m);
	k->mapped[m].at = p;
	k->mapped[m].size = size;
	return 0;
}

static void point(struct dp_kernel *k)
{
	k->dp.hooks = k->mapped[DPK_HOOKS].at;
	k->dp.nodes = k->mapped[DPK_NODES].at;
	k->dp.states = k->mapped[DPK_STATES].at;
	k->dp.blobs = k->mapped[DPK_BLOBS].at;
	k->dp.ctl = k->mapped[DPK_CTL].at;
	k->flows = k->mapped[DPK_FLOWS].at;
}

static int map_all(struct dp_kernel *k, struct err *e)
{
	int r = 0;

	for (enum dpk_map m = 0; m < DPK_MAPPED && r >= 0; m++)
		r = map_one(k, m);
	if (r < 0)
		return err_sys(e, -r, "%s: map tables", what);
	point(k);
	return 0;
}

/* All elements of one map into a larger one. */
static int copy_stats(struct dp_kernel *k, int from, int to, uint32_t n)
{
	size_t size = sizeof(struct ngd_stats) * (size_t)k->ncpu;
	cleanup_free struct ngd_stats *s = malloc(size);

	if (!s)
		return -ENOMEM;
	for (uint32_t i = 1; i < n; i++)
		if (bpf_map_lookup_elem(from, &i, s) < 0 ||
		    bpf_map_update_elem(to, &i, s, BPF_ANY) < 0)
			return -errno;
	return 0;
}

/* --- programs ------------------------------------------------------------ */

/*
 * What is loaded is in force, and pinned; k takes its descriptors.  While this
 * is under way no program is pinned: who finds it so loads one for the maps
 * that are pinned then.
 */
static int put_in_force(struct dp_kernel *k, struct dpk_loaded *l,
			struct err *e)
{
	cleanup_free char *walk = str_printf("%s/walk-" NGD_VERSION, k->dir);
	uint32_t zero = 0;
	int r = 0;

	if (!walk)
		return err_nomem(e);
	unlink(walk);
	for (enum dpk_map m = 0; m < DPK_MAPS && r >= 0; m++)
		if (k->map[m] < 0)
			r = pin_put(k->dir, dpk_map_names[m], l->map[m], e);
	if (r >= 0 && k->enter < 0)
		r = pin_put(k->dir, "enter", l->enter, e);
	if (r < 0)
		return r;
	if (bpf_map_update_elem(l->map[DPK_PROGS], &zero, &l->walk, BPF_ANY) <
	    0)
		return err_sys(e, errno, "%s: BPF", what);
	r = pin_put(k->dir, "walk-" NGD_VERSION, l->walk, e);
	if (r < 0)
		return r;
	pin_tidy(k->dir);
	for (enum dpk_map m = 0; m < DPK_MAPS; m++) {
		cleanup_close_p(&k->map[m]);
		k->map[m] = take_fd(&l->map[m]);
	}
	if (k->enter < 0)
		k->enter = take_fd(&l->enter);
	return 0;
}

/* Make what is missing (-1 in k->map), and the program. */
static int make(struct dp_kernel *k, const uint32_t size[DP_SLOT_KINDS],
		struct ngd_ctl *ctl, struct err *e)
{
	struct dpk_loaded l;
	int r = dpk_load(k->map, size, k->ncpu, ctl, &l, e);

	if (r < 0)
		return r;
	ctl->without = l.without;
	r = put_in_force(k, &l, e);
	dpk_unload(&l);
	return r;
}

static bool whole(const struct dp_kernel *k, int walk)
{
	for (enum dpk_map m = 0; m < DPK_MAPS; m++)
		if (k->map[m] < 0)
			return false;
	return k->enter >= 0 && walk >= 0;
}

static void forget_map(struct dp_kernel *k, enum dpk_map m)
{
	cleanup_close_p(&k->map[m]);
	k->map[m] = -1;
}

/* `with` has as many elements as m, or is made anew: its maker was killed. */
static void same_size(struct dp_kernel *k, enum dpk_map m, enum dpk_map with)
{
	uint32_t a = 0, b = 0;

	if (k->map[m] < 0)
		forget_map(k, with);
	else if (k->map[with] >= 0 &&
		 (map_size(k->map[m], &a) < 0 ||
		  map_size(k->map[with], &b) < 0 || a != b))
		forget_map(k, with);
}

static bool fits(int map, size_t key, size_t value)
{
	struct bpf_map_info info = {0};
	uint32_t len = sizeof(info);

	return map < 0 || (bpf_obj_get_info_by_fd(map, &info, &len) == 0 &&
			   info.key_size == key && info.value_size == value);
}

/* An old map that does not look as this version's is made anew. */
static void drop_misfits(struct dp_kernel *k)
{
	for (enum dpk_map m = 0; m < DPK_MAPPED; m++) {
		struct bpf_map_info info = {0};
		uint32_t len = sizeof(info);

		if (k->map[m] < 0)
			continue;
		if (bpf_obj_get_info_by_fd(k->map[m], &info, &len) == 0 &&
		    info.type == BPF_MAP_TYPE_ARRAY &&
		    info.value_size == elem[m] &&
		    (m != DPK_FLOWS ||
		     info.max_entries == (uint32_t)k->ncpu * NGD_FLOWS))
			continue;
		forget_map(k, m);
	}
	if (!fits(k->map[DPK_NETFLOW], sizeof(struct ngd_nf_key),
		  sizeof(struct ngd_nf_flow)))
		forget_map(k, DPK_NETFLOW);
	if (!fits(k->map[DPK_NAT], sizeof(struct ngd_nat_key),
		  sizeof(struct ngd_nat_link)))
		forget_map(k, DPK_NAT);
	same_size(k, DPK_HOOKS, DPK_STATS);
	same_size(k, DPK_NODES, DPK_STATES);
}

static int sizes_now(struct dp_kernel *k, uint32_t size[DP_SLOT_KINDS])
{
	static const enum dpk_map of[DP_SLOT_KINDS] = {
		[DP_HOOKS] = DPK_HOOKS,
		[DP_NODES] = DPK_NODES,
		[DP_BLOBS] = DPK_BLOBS,
	};
	int r = 0;

	for (int s = 0; s < DP_SLOT_KINDS && r >= 0; s++) {
		size[s] = limits[s].first;
		if (k->map[of[s]] >= 0)
			r = map_size(k->map[of[s]], &size[s]);
	}
	return r;
}

/* What a program is loaded by: secret and without. */
static int old_ctl(struct dp_kernel *k, struct ngd_ctl *ret)
{
	struct ngd_ctl ctl = {.without = NGD_WITHOUT_NAT};
	uint32_t zero = 0;

	if (k->map[DPK_CTL] >= 0 &&
	    bpf_map_lookup_elem(k->map[DPK_CTL], &zero, ret) == 0 &&
	    ret->secret[0] && ret->gen)
		return 0;
	if (getrandom(ctl.secret, sizeof(ctl.secret), 0) != sizeof(ctl.secret))
		return -errno;
	ctl.secret[0] |= 1; /* skb->cb is mostly 0 */
	*ret = ctl;
	return 0;
}

/* --- open ---------------------------------------------------------------- */

static void open_pins(struct dp_kernel *k)
{
	for (enum dpk_map m = 0; m < DPK_MAPS; m++)
		k->map[m] = pin_get(k->dir, dpk_map_names[m]);
	k->enter = pin_get(k->dir, "enter");
	if (k->map[DPK_PROGS] >= 0 && k->enter >= 0)
		return;
	/* one is of no use without the other */
	cleanup_close_p(&k->map[DPK_PROGS]);
	cleanup_close_p(&k->enter);
	k->map[DPK_PROGS] = k->enter = -1;
}

static int open_or_make(struct dp_kernel *k, struct err *e)
{
	uint32_t size[DP_SLOT_KINDS];
	struct ngd_ctl ctl;
	int walk, r;

	open_pins(k);
	walk = pin_get(k->dir, "walk-" NGD_VERSION);
	if (whole(k, walk)) {
		close(walk);
		r = map_all(k, e);
	} else {
		if (walk >= 0)
			close(walk);
		if (mkdir(k->dir, 0700) < 0 && errno != EEXIST)
			return err_sys(e, errno, "%s", k->dir);
		drop_misfits(k);
		r = sizes_now(k, size);
		if (r >= 0)
			r = old_ctl(k, &ctl);
		if (r < 0)
			return err_sys(e, -r, "%s", what);
		r = make(k, size, &ctl, e);
		if (r >= 0)
			r = map_all(k, e);
		if (r >= 0) {
			memcpy(k->dp.ctl->secret, ctl.secret,
			       sizeof(ctl.secret));
			k->dp.ctl->without = ctl.without;
		}
	}
	if (r < 0)
		return r;
	if (!k->dp.ctl->gen)
		k->dp.ctl->gen = 1;
	r = sizes_now(k, size);
	for (int s = 0; s < DP_SLOT_KINDS && r >= 0; s++) {
		r = dp_slots_init(&k->dp, s, size[s]);
		k->dp.slots[s].most = limits[s].most;
	}
	if (r < 0)
		return err_sys(e, -r, "%s", what);
	k->dp.ctl->hooks = size[DP_HOOKS];
	k->dp.ctl->nodes = size[DP_NODES];
	k->dp.ctl->blobs = size[DP_BLOBS];
	return dpk_loop(k, e);
}

static char *pins_of(const struct vnet *v, const char *bpfdir)
{
	return str_printf("%s/ng-%llx", bpfdir, (unsigned long long)v->cookie);
}

/* --- more slots ---------------------------------------------------------- */

/* The maps of a kind, up to two of them mapped; -1 ends. */
static const int grown[DP_SLOT_KINDS][3] = {
	[DP_HOOKS] = {DPK_HOOKS, DPK_STATS, -1},
	[DP_NODES] = {DPK_NODES, DPK_STATES, -1},
	[DP_BLOBS] = {DPK_BLOBS, -1, -1},
};

/* The old maps' content into the new ones, just before these are in force. */
static int carry(struct dp_kernel *k, struct dpk_loaded *l,
		 enum dp_slot_kind kind, uint32_t n)
{
	int r = 0;

	for (const int *m = grown[kind]; *m >= 0 && r >= 0; m++) {
		void *p;

		if (*m == DPK_STATS) {
			r = copy_stats(k, k->map[*m], l->map[*m], n);
			continue;
		}
		p = mmap(NULL, k->mapped[*m].size, PROT_READ | PROT_WRITE,
			 MAP_SHARED, l->map[*m], 0);
		if (p == MAP_FAILED)
			return -errno;
		memcpy(p, k->mapped[*m].at, n * elem[*m]);
		munmap(p, k->mapped[*m].size);
	}
	return r;
}

static int dpk_grow(struct ng_dp *dp, enum dp_slot_kind kind)
{
	struct dp_kernel *k = dpk(dp);
	uint32_t size[DP_SLOT_KINDS], old = dp->slots[kind].size;
	int have[DPK_MAPS], r;
	struct dpk_loaded l;

	if (old >= limits[kind].most)
		return -ENOMEM;
	for (int s = 0; s < DP_SLOT_KINDS; s++)
		size[s] = dp->slots[s].size;
	size[kind] = 2 * old;
	memcpy(have, k->map, sizeof(have));
	for (const int *m = grown[kind]; *m >= 0; m++)
		have[*m] = -1;
	r = dpk_load(have, size, k->ncpu, dp->ctl, &l, NULL);
	if (r < 0)
		return -ENOMEM;
	r = carry(k, &l, kind, old);
	for (const int *m = grown[kind]; *m >= 0 && r >= 0; m++)
		forget_map(k, (enum dpk_map) * m);
	if (r >= 0)
		r = put_in_force(k, &l, NULL);
	dpk_unload(&l);
	if (r >= 0)
		r = map_all(k, NULL);
	if (r < 0)
		return -ENOMEM;
	dp->ctl->hooks = size[DP_HOOKS];
	dp->ctl->nodes = size[DP_NODES];
	dp->ctl->blobs = size[DP_BLOBS];
	return dp_slots_resize(dp, kind, size[kind]);
}

/* --- what is loaded when it is wanted ------------------------------------ */

/* Nothing that is mapped is another map afterwards. */
static int dpk_need(struct ng_dp *dp, uint32_t part)
{
	struct dp_kernel *k = dpk(dp);
	uint32_t size[DP_SLOT_KINDS];
	struct ngd_ctl ctl = *dp->ctl;
	int have[DPK_MAPS], r;
	struct dpk_loaded l;

	ctl.without &= ~part;
	for (int s = 0; s < DP_SLOT_KINDS; s++)
		size[s] = dp->slots[s].size;
	memcpy(have, k->map, sizeof(have));
	have[DPK_NAT] = -1; /* of one link until now */
	r = dpk_load(have, size, k->ncpu, &ctl, &l, NULL);
	if (r < 0)
		return r;
	if (l.without & part) {
		dpk_unload(&l);
		return -EOPNOTSUPP;
	}
	forget_map(k, DPK_NAT);
	r = put_in_force(k, &l, NULL);
	dpk_unload(&l);
	if (r >= 0)
		dp->ctl->without = ctl.without;
	return r;
}

/* --- devices ------------------------------------------------------------- */

static int dpk_device(struct ng_dp *dp, uint32_t ifindex, unsigned int hooking,
		      uint32_t node, struct err *e)
{
	struct dp_kernel *k = dpk(dp);
	bool in = hooking & DP_INGRESS, out = hooking & DP_EGRESS;
	int r = 0;

	if (!node || node > NGD_CLASS_NODE)
		return err_sys(e, ENOSPC, "%s", what);
	if (in)
		r = tc_graph_set(k->v, (int)ifindex, TC_INGRESS, k->enter, node,
				 e);
	if (r >= 0 && out)
		r = tc_graph_set(k->v, (int)ifindex, TC_EGRESS, k->enter,
				 NGD_CLASS_EGRESS | node, e);
	if (r >= 0 && (!in || !out))
		r = tc_graph_del(k->v, (int)ifindex, !in, !out, e);
	return r;
}

/* --- life ---------------------------------------------------------------- */

static void dpk_free(struct ng_dp *dp)
{
	struct dp_kernel *k = dpk(dp);

	dpk_packets_free(k);
	for (enum dpk_map m = 0; m < DPK_MAPPED; m++)
		unmap(k, m);
	for (enum dpk_map m = 0; m < DPK_MAPS; m++)
		cleanup_close_p(&k->map[m]);
	cleanup_close_p(&k->enter);
	dp_slots_free(dp);
	free(k->percpu);
	free(k->dir);
	free(k);
}

static struct vnet *dpk_vnet(struct ng_dp *dp)
{
	return dpk(dp)->v;
}

static const struct dp_ops ops = {
	.free = dpk_free,
	.vnet = dpk_vnet,
	.grow = dpk_grow,
	.need = dpk_need,
	.grace = dpk_grace,
	.stats_zero = dpk_stats_zero,
	.table_set = dpk_table_set,
	.table_get = dpk_table_get,
	.table_delete = dpk_table_delete,
	.table_each = dpk_table_each,
	.flow_each = dpk_flow_each,
	.flow_take = dpk_flow_take,
	.nat_each = dpk_nat_each,
	.nat_get = dpk_nat_get,
	.nat_delete = dpk_nat_delete,
	.hook_stats = dpk_hook_stats,
	.drops = dpk_drops,
	.device = dpk_device,
	.inject = dpk_inject,
	.up_fd = dpk_up_fd,
	.up_read = dpk_up_read,
};

static struct dp_kernel *new_kernel(struct vnet *v, const char *bpfdir)
{
	struct dp_kernel *k = calloc(1, sizeof(*k));

	if (!k)
		return NULL;
	k->dp.ops = &ops;
	k->v = v;
	k->enter = k->sock = -1;
	for (enum dpk_map m = 0; m < DPK_MAPS; m++)
		k->map[m] = -1;
	k->ncpu = libbpf_num_possible_cpus();
	k->dir = pins_of(v, bpfdir);
	if (k->ncpu > 0)
		k->percpu = calloc((size_t)k->ncpu, sizeof(struct ngd_stats));
	if (k->dir && k->percpu)
		return k;
	dpk_free(&k->dp);
	return NULL;
}

int dp_open(struct vnet *v, const char *bpfdir, struct ng_dp **ret,
	    struct err *e)
{
	cleanup_close int locked = -1;
	struct dp_kernel *k;
	int r = bpffs_lock(bpfdir, &locked, e);

	if (r >= 0)
		r = bpffs_mount(bpfdir, what, e);
	if (r < 0)
		return r;
	k = new_kernel(v, bpfdir);
	if (!k)
		return err_nomem(e);
	r = open_or_make(k, e);
	if (r < 0)
		dpk_free(&k->dp);
	else
		*ret = &k->dp;
	return r;
}

static int off_device(struct vnet *v, int ifindex, void *arg, struct err *e)
{
	(void)arg;
	return tc_graph_del(v, ifindex, true, true, e);
}

int dp_remove(struct vnet *v, const char *bpfdir, struct err *e)
{
	cleanup_free char *dir = pins_of(v, bpfdir);
	cleanup_close int locked = -1;
	int r;

	if (!dir)
		return err_nomem(e);
	r = bpffs_lock(bpfdir, &locked, e);
	if (r >= 0)
		r = dpk_loop_remove(v, e);
	if (r >= 0)
		r = tc_graph_each(v, off_device, NULL, e);
	if (r >= 0 && access(dir, F_OK) == 0)
		r = file_rmtree(AT_FDCWD, dir, e);
	return r;
}
