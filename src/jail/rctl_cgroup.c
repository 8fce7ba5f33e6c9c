/*
 * rctl_cgroup: limits by cgroup controllers.
 *
 * On a cgroup2 tree the limit is set on JID/tree, which holds the jail's
 * processes and nothing else.  That directory is the root of the tree that the
 * jail sees, and in a jail of a jail it belongs to root inside; so a second
 * limit is set on JID above it, which no mount inside can show.  That one is
 * higher by what the jail's first process and its keeper need, which must be
 * able to end a jail that has used up all it may.  In a v1 hierarchy the jail
 * gets a directory when it has a rule, and its processes must enter that
 * (rctl_apply.c).
 *
 * A directory's files are set from all knobs of one controller together,
 * since memory and swap depend on each other, and differently so by version:
 * v1 counts memory and "memory and swap", v2 memory and swap.
 */
#include "jail/rctl_limit.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/table.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define PIDS_LIMIT 4194304	/* pid_max is never higher */
#define CPU_PERIOD 100000	/* microseconds */
#define CPU_LIMIT (100 * 65536) /* percent: more processors than there are */
#define DISKS_MAX 1024

struct dir {
	int version;
	const char *path;
	const int64_t *v; /* knobs */
};

static int64_t least(int64_t a, int64_t b)
{
	if (a == KNOB_OFF || b == KNOB_OFF)
		return a == KNOB_OFF ? b : a;
	return a < b ? a : b;
}

static int64_t at_least(int64_t n, int64_t min)
{
	return n < min ? min : n;
}

/*
 * Write one file.  To turn a limit off where the file is not there (its
 * controller was never passed on) is done already.
 */
static int put(const struct dir *d, const char *file, bool off,
	       const char *value, struct err *e)
{
	cleanup_free char *path = str_printf("%s/%s", d->path, file);
	struct err pe = ERR_INIT;

	if (!path)
		return err_nomem(e);
	if (file_poke(AT_FDCWD, path, value, &pe) == 0 ||
	    (off && pe.code == ENOENT))
		return 0;
	if (pe.code == EBUSY)
		return err_set(e, EBUSY,
			       "more than %s is in use, and the kernel cannot "
			       "take it back",
			       value);
	return err_set(e, pe.code, "%s", pe.text);
}

static int put_number(const struct dir *d, const char *file, int64_t n,
		      struct err *e)
{
	char value[32];

	if (n == KNOB_OFF)
		return put(d, file, true, d->version == 2 ? "max" : "-1", e);
	snprintf(value, sizeof(value), "%" PRId64, n);
	return put(d, file, false, value, e);
}

/* --- memory -------------------------------------------------------------- */

#define V1_MEMORY "memory.limit_in_bytes"
#define V1_TOTAL "memory.memsw.limit_in_bytes"

static bool there(const char *dir, const char *file)
{
	cleanup_free char *path = str_printf("%s/%s", dir, file);

	return path && access(path, F_OK) == 0;
}

/* v1 wants memory <= memory and swap at each moment. */
static int set_memory_v1(const struct dir *d, int64_t memory, int64_t total,
			 struct err *e)
{
	bool swap = there(d->path, V1_TOTAL);
	int r;

	if (total != KNOB_OFF && !swap)
		return err_set(e, EOPNOTSUPP,
			       "%s: this kernel does not count swap by cgroup",
			       strerror(EOPNOTSUPP));
	r = put_number(d, V1_MEMORY, memory, e);
	if (!swap)
		return r;
	if (!r)
		return put_number(d, V1_TOTAL, total, e);
	if (r != -EINVAL)
		return r;
	err_clear(e);
	r = put_number(d, V1_TOTAL, total, e);
	return r < 0 ? r : put_number(d, V1_MEMORY, memory, e);
}

static int set_memory(const struct dir *d, struct err *e)
{
	int64_t total = d->v[KNOB_TOTAL], swap = d->v[KNOB_SWAP];
	int64_t memory = least(d->v[KNOB_MEMORY], total);
	int r;

	if (d->version == 1) {
		if (swap != KNOB_OFF && memory == KNOB_OFF)
			return err_set(e, EOPNOTSUPP,
				       "%s: the v1 memory controller limits "
				       "swap only together with memory: add a "
				       "rule for memoryuse first",
				       strerror(EOPNOTSUPP));
		if (swap != KNOB_OFF && swap > INT64_MAX - memory)
			swap = INT64_MAX - memory;
		if (swap != KNOB_OFF)
			total = least(total, memory + swap);
		return set_memory_v1(d, memory, total, e);
	}
	if (total != KNOB_OFF)
		swap = least(swap, total - memory);
	r = put_number(d, "memory.max", memory, e);
	return r < 0 ? r : put_number(d, "memory.swap.max", swap, e);
}

/* --- tasks and processor ------------------------------------------------- */

static int set_pids(const struct dir *d, struct err *e)
{
	int64_t n = d->v[KNOB_PIDS];

	if (n == KNOB_OFF || n > PIDS_LIMIT)
		return put(d, "pids.max", n == KNOB_OFF, "max", e);
	return put_number(d, "pids.max", n, e);
}

static int set_cpu(const struct dir *d, struct err *e)
{
	int64_t quota = d->v[KNOB_CPU];
	char value[64];
	int r;

	if (quota != KNOB_OFF)
		quota = least(at_least(quota, 1), CPU_LIMIT) *
			(CPU_PERIOD / 100);
	if (d->version == 2) {
		if (quota == KNOB_OFF)
			return put(d, "cpu.max", true, "max", e);
		snprintf(value, sizeof(value), "%" PRId64 " %d", quota,
			 CPU_PERIOD);
		return put(d, "cpu.max", false, value, e);
	}
	r = put_number(d, "cpu.cfs_period_us", CPU_PERIOD, e);
	return r < 0 ? r : put_number(d, "cpu.cfs_quota_us", quota, e);
}

/* --- disks
 * ---------------------------------------------------------------------------
 */

static const struct {
	int knob;
	const char *v2, *v1;
} io_words[] = {
	{KNOB_RBPS, "rbps", "blkio.throttle.read_bps_device"},
	{KNOB_WBPS, "wbps", "blkio.throttle.write_bps_device"},
	{KNOB_RIOPS, "riops", "blkio.throttle.read_iops_device"},
	{KNOB_WIOPS, "wiops", "blkio.throttle.write_iops_device"},
};

/* An operation count is 32 bits wide in the kernel; 0 is no limit there. */
static int64_t io_value(const struct dir *d, size_t i)
{
	int64_t n = d->v[io_words[i].knob];

	if (n == KNOB_OFF)
		return n;
	return i < 2 ? at_least(n, 1) : least(at_least(n, 1), UINT32_MAX - 1);
}

static int io_device_v1(const struct dir *d, const char *dev, struct err *e)
{
	int r = 0;

	for (size_t i = 0; !r && i < ARRAY_SIZE(io_words); i++) {
		int64_t n = io_value(d, i);
		char line[96];

		snprintf(line, sizeof(line), "%s %" PRId64, dev,
			 n == KNOB_OFF ? 0 : n);
		r = put(d, io_words[i].v1, n == KNOB_OFF, line, e);
	}
	return r;
}

static int io_device_v2(const struct dir *d, const char *dev, struct err *e)
{
	cleanup_strbuf struct strbuf b = STRBUF_INIT;
	bool off = true;

	strbuf_adds(&b, dev);
	for (size_t i = 0; i < ARRAY_SIZE(io_words); i++) {
		int64_t n = io_value(d, i);

		strbuf_addf(&b, " %s=", io_words[i].v2);
		if (n == KNOB_OFF)
			strbuf_adds(&b, "max");
		else
			strbuf_addf(&b, "%" PRId64, n);
		off = off && n == KNOB_OFF;
	}
	if (strbuf_failed(&b))
		return err_nomem(e);
	return put(d, "io.max", off, b.s, e);
}

/* A whole disk with something on it: its "MAJOR:MINOR". */
static bool disk_of(const char *name, char *dev, size_t size)
{
	cleanup_free char *dpath = str_printf("/sys/block/%s/dev", name);
	cleanup_free char *spath = str_printf("/sys/block/%s/size", name);
	cleanup_free char *dtext = NULL, *stext = NULL;

	if (!dpath || !spath || str_prefix(name, "ram") ||
	    str_prefix(name, "zram") ||
	    file_read(AT_FDCWD, dpath, 64, &dtext, NULL, NULL) < 0 ||
	    file_read(AT_FDCWD, spath, 64, &stext, NULL, NULL) < 0 ||
	    strtoull(stext, NULL, 10) == 0)
		return false;
	dtext[strcspn(dtext, "\n")] = '\0';
	str_copy(dev, size, dtext);
	return true;
}

/*
 * The rule is about all disks, the kernel's limits are by disk: each gets
 * the whole amount.  Those without the kernel's throttling are passed over,
 * unless there is no other.
 */
static int set_io(const struct dir *d, struct err *e)
{
	cleanup_closedir DIR *sys = opendir("/sys/block");
	struct err de = ERR_INIT;
	size_t done = 0, n = 0;
	struct dirent *ent;
	char dev[32];

	while (sys && n < DISKS_MAX && (ent = readdir(sys))) {
		if (ent->d_name[0] == '.' ||
		    !disk_of(ent->d_name, dev, sizeof(dev)))
			continue;
		n++;
		err_clear(&de);
		if ((d->version == 2 ? io_device_v2(d, dev, &de)
				     : io_device_v1(d, dev, &de)) == 0)
			done++;
		else if (de.code != ENODEV && de.code != EOPNOTSUPP)
			break;
	}
	if (de.code && de.code != ENODEV && de.code != EOPNOTSUPP)
		return err_set(e, de.code, "%s", de.text);
	if (!done && n && de.code)
		return err_set(e, de.code, "%s", de.text);
	return 0;
}

/* --- all together -------------------------------------------------------- */

static int (*const setters[])(const struct dir *d, struct err *e) = {
	[CG_MEMORY] = set_memory,
	[CG_PIDS] = set_pids,
	[CG_CPU] = set_cpu,
	[CG_IO] = set_io,
};
TABLE_COMPLETE(setters, CGCTLS);

static bool uses(const struct rctl_limits *l, enum cgctl c)
{
	for (int k = 0; k < KNOB_CGROUPS; k++)
		if (l->v[k] != KNOB_OFF && rctl_knob_controller(k) == c)
			return true;
	return false;
}

/* What a v1 hierarchy must have for the knob. */
static const struct {
	int knob;
	const char *file, *lacks;
} v1_needs[] = {
	{KNOB_SWAP, V1_TOTAL, "this kernel does not count swap by cgroup"},
	{KNOB_TOTAL, V1_TOTAL, "this kernel does not count swap by cgroup"},
	{KNOB_CPU, "cpu.cfs_quota_us",
	 "this kernel has no bandwidth control of the processor"},
	{KNOB_RBPS, "blkio.throttle.read_bps_device",
	 "this kernel does not throttle disks"},
	{KNOB_WBPS, "blkio.throttle.write_bps_device",
	 "this kernel does not throttle disks"},
	{KNOB_RIOPS, "blkio.throttle.read_iops_device",
	 "this kernel does not throttle disks"},
	{KNOB_WIOPS, "blkio.throttle.write_iops_device",
	 "this kernel does not throttle disks"},
};

int rctl_cgroup_check(int knob, struct err *e)
{
	cleanup_free char *root = NULL;
	struct err fe = ERR_INIT;
	int version;

	version = cgctl_find(rctl_knob_controller(knob), &root, &fe);
	if (version < 0)
		return err_set(e, EOPNOTSUPP, "%s: %s", strerror(EOPNOTSUPP),
			       fe.text);
	for (size_t i = 0; version == 1 && i < ARRAY_SIZE(v1_needs); i++)
		if (v1_needs[i].knob == knob && !there(root, v1_needs[i].file))
			return err_set(e, EOPNOTSUPP, "%s: %s",
				       strerror(EOPNOTSUPP), v1_needs[i].lacks);
	return 0;
}

int rctl_cgroup_v1(const struct rctl_cgroup *g, const struct rctl_limits *now,
		   struct strv *ret, struct err *e)
{
	for (int c = 0; c < CGCTLS; c++) {
		cleanup_free char *root = NULL, *path = NULL;
		int version;

		if (!uses(now, c))
			continue;
		version = cgctl_find(c, &root, e);
		if (version < 0)
			return version;
		if (version == 2)
			continue;
		path = str_printf("%s/%s/%s", root, g->base, g->name);
		if (!path || (!strv_has(ret, path) && strv_add(ret, path) < 0))
			return err_nomem(e);
	}
	return 0;
}

/* What is allowed above the jail's own directory, by knob. */
static const int64_t slack[KNOBS] = {
	[KNOB_MEMORY] = 32 << 20, [KNOB_SWAP] = 32 << 20,
	[KNOB_TOTAL] = 64 << 20,  [KNOB_PIDS] = 8,
	[KNOB_CPU] = 20,
};

static void add_slack(const struct rctl_limits *l, struct rctl_limits *ret)
{
	for (int k = 0; k < KNOBS; k++)
		ret->v[k] = l->v[k] == KNOB_OFF ? KNOB_OFF
			    : l->v[k] > INT64_MAX - slack[k]
				    ? INT64_MAX
				    : l->v[k] + slack[k];
}

static int set_v2(const char *tree, const char *root, enum cgctl c, bool on,
		  bool make_room, const struct rctl_limits *now, struct err *e)
{
	cleanup_free char *above = strdup(tree);
	struct rctl_limits wall;
	struct dir d = {.version = 2};
	int r = 0;

	if (!above)
		return err_nomem(e);
	*strrchr(above, '/') = '\0';
	if (on)
		r = cgctl_enable(root, above, c, make_room, e);
	add_slack(now, &wall);
	d.path = above;
	d.v = wall.v;
	if (!r)
		r = setters[c](&d, e);
	d.path = tree;
	d.v = now->v;
	return r < 0 ? r : setters[c](&d, e);
}

static int set_one(const struct rctl_cgroup *g, enum cgctl c, bool on,
		   const struct rctl_limits *now, struct err *e)
{
	cleanup_free char *root = NULL, *v1 = NULL;
	struct dir d = {.version = 1, .v = now->v};
	int r = cgctl_find(c, &root, on ? e : NULL);

	if (r < 0)
		return on ? r : 0;
	if (r == 2)
		return set_v2(g->v2, root, c, on, g->make_room, now, e);
	v1 = str_printf("%s/%s/%s", root, g->base, g->name);
	if (!v1)
		return err_nomem(e);
	d.path = v1;
	r = on ? cgctl_make(root, g->base, g->name, e) : 0;
	return r < 0 ? r : setters[c](&d, e);
}

int rctl_cgroup_set(const struct rctl_cgroup *g, const struct rctl_limits *old,
		    const struct rctl_limits *now, struct err *e)
{
	for (int c = 0; c < CGCTLS; c++) {
		bool on = uses(now, c);
		int r;

		if (!on && !uses(old, c))
			continue;
		r = set_one(g, c, on, now, e);
		if (r < 0)
			return r;
	}
	return 0;
}
