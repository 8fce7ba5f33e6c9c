/* dp_load: the data path's programs and maps, from the skeleton to the
 * kernel. */
#include "netgraph/dp_kernel.h"

#include "base/cleanup.h"
#include "ns/bpflib.h"

#include "netgraph/graph.skel.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#define PREFIX "cb_ng_"
const char *const dpk_map_names[DPK_MAPS] = {
	[DPK_HOOKS] = "hooks",	   [DPK_NODES] = "nodes",
	[DPK_STATES] = "states",   [DPK_BLOBS] = "blobs",
	[DPK_CTL] = "ctl",	   [DPK_STATS] = "stats",
	[DPK_DROPS] = "drops",	   [DPK_FDB] = "fdb",
	[DPK_RULES] = "rules",	   [DPK_UP] = "up",
	[DPK_FLOWS] = "flows",	   [DPK_PROGS] = "progs",
	[DPK_NETFLOW] = "netflow", [DPK_NAT] = "nat",
};

/* Whose number of slots a map's size is. */
static const struct {
	enum dpk_map map;
	enum dp_slot_kind kind;
} sizes[] = {
	{DPK_HOOKS, DP_HOOKS},	{DPK_STATS, DP_HOOKS}, {DPK_NODES, DP_NODES},
	{DPK_STATES, DP_NODES}, {DPK_BLOBS, DP_BLOBS},
};

static void graph_free(struct graph_bpf **b)
{
	if (*b)
		graph_bpf__destroy(*b);
}

static struct bpf_map *find_map(struct graph_bpf *b, enum dpk_map m)
{
	char name[32];

	snprintf(name, sizeof(name), PREFIX "%s", dpk_map_names[m]);
	return bpf_object__find_map_by_name(b->obj, name);
}

static int prepare(struct graph_bpf *b, const int have[DPK_MAPS],
		   const uint32_t size[DP_SLOT_KINDS], int ncpu)
{
	int r = bpf_map__set_max_entries(find_map(b, DPK_FLOWS),
					 (uint32_t)ncpu * NGD_FLOWS);

	for (size_t i = 0; i < ARRAY_SIZE(sizes) && !r; i++)
		r = bpf_map__set_max_entries(find_map(b, sizes[i].map),
					     size[sizes[i].kind]);
	for (size_t m = 0; m < DPK_MAPS && !r; m++)
		if (have[m] >= 0)
			r = bpf_map__reuse_fd(find_map(b, m), have[m]);
	return r;
}

static int keep(int fd, int *ret)
{
	*ret = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	return *ret < 0 ? -errno : 0;
}

void dpk_unload(struct dpk_loaded *l)
{
	for (size_t m = 0; m < DPK_MAPS; m++)
		cleanup_close_p(&l->map[m]);
	cleanup_close_p(&l->enter);
	cleanup_close_p(&l->walk);
}

static int load(struct graph_bpf **ret, const int have[DPK_MAPS],
		const uint32_t size[DP_SLOT_KINDS], int ncpu,
		const uint32_t secret[3], uint32_t without)
{
	struct graph_bpf *b = graph_bpf__open();
	int r;

	if (!b)
		return -errno;
	memcpy((void *)b->rodata->cb_ng_secret, secret,
	       sizeof(b->rodata->cb_ng_secret));
	*(bool *)&b->rodata->cb_ng_no_nat = without & NGD_WITHOUT_NAT;
	r = prepare(b, have, size, ncpu);
	if (!r && without & NGD_WITHOUT_NAT && have[DPK_NAT] < 0)
		r = bpf_map__set_max_entries(find_map(b, DPK_NAT), 1);
	if (!r)
		r = graph_bpf__load(b);
	if (r < 0)
		graph_bpf__destroy(b);
	else
		*ret = b;
	return r;
}

int dpk_load(const int have[DPK_MAPS], const uint32_t size[DP_SLOT_KINDS],
	     int ncpu, const struct ngd_ctl *ctl, struct dpk_loaded *ret,
	     struct err *e)
{
	__attribute__((cleanup(graph_free))) struct graph_bpf *b = NULL;
	struct dpk_loaded l = {
		.enter = -1, .walk = -1, .without = ctl->without};
	int r;

	for (size_t m = 0; m < DPK_MAPS; m++)
		l.map[m] = -1;
	bpflib_quiet();
	r = load(&b, have, size, ncpu, ctl->secret, l.without);
	if (r < 0 && r != -EPERM && r != -ENOMEM && !l.without) {
		l.without = NGD_WITHOUT_NAT;
		r = load(&b, have, size, ncpu, ctl->secret, l.without);
	}
	for (size_t m = 0; m < DPK_MAPS && !r; m++)
		r = keep(bpf_map__fd(find_map(b, m)), &l.map[m]);
	if (!r)
		r = keep(bpf_program__fd(b->progs.cb_ng_enter), &l.enter);
	if (!r)
		r = keep(bpf_program__fd(b->progs.cb_ng_walk), &l.walk);
	if (r < 0) {
		dpk_unload(&l);
		return bpflib_refused(r, "netgraph",
				      "Linux 6.1 or later, CONFIG_NET_CLS_BPF",
				      e);
	}
	*ret = l;
	return 0;
}
