/*
 * prison_users: which users of the machine a jail's users are.
 *
 * Theory of operation.  A jail made on the machine gets a slot: IDS ids of
 * its own, so that no two jails and no jail and the machine have a user in
 * common.  Slot i is the i-th run of IDS ids in what /etc/subuid (and subgid)
 * gives the owner "cellblock", or where there is no such line, in a range
 * that neither useradd(8) nor systemd hands out (see IDS_FIRST).
 *
 * ids/SLOT, a symbolic link to the jid, says who has it.  The first slot that
 * is tried follows from the jid, so the ids of a jail that has ended are not
 * soon another's.
 *
 * In a jail (or any user namespace below the machine's) there is no right to
 * ids outside its own, nor to idmapped mounts of the machine's file systems:
 * jails made there have their maker's ids one to one, and a user namespace of
 * their own for the rights.
 */
#include "jail/prison_int.h"

#include "base/cleanup.h"
#include "base/str.h"
#include "jail/param.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define IDS JAIL_IDS
/* 0x70000000 up to systemd's "foreign" ids at 2147352576 */
#define IDS_FIRST 1879048192u
#define IDS_COUNT (2147352576u - IDS_FIRST)
#define SUBIDS "cellblock:"

/* --- slots ------------------------------------------------------------------
 */

/* The start of slot number *slot in this file; *slot < 0 when it is found. */
static int subids_at(const char *file, long *slot, uint32_t *ret, bool *any)
{
	cleanup_fclose FILE *f = fopen(file, "re");
	cleanup_free char *line = NULL;
	size_t size = 0;

	while (f && *slot >= 0 && getline(&line, &size, f) > 0) {
		unsigned long long start, count;

		if (!str_prefix(line, SUBIDS) ||
		    sscanf(line + strlen(SUBIDS), "%llu:%llu", &start,
			   &count) != 2 ||
		    !start || count > UINT32_MAX || start + count > UINT32_MAX)
			continue;
		*any = true;
		if ((unsigned long long)*slot < count / IDS) {
			*ret = (uint32_t)(start + (uint64_t)*slot * IDS);
			*slot = -1;
		} else {
			*slot -= (long)(count / IDS);
		}
	}
	return 0;
}

/* The first id of a slot; -ENOSPC past the last one. */
static int slot_base(const char *file, int slot, uint32_t *ret, struct err *e)
{
	long left = slot;
	bool any = false;

	subids_at(file, &left, ret, &any);
	if (left < 0)
		return 0;
	if (any || slot >= (int)(IDS_COUNT / IDS))
		return err_set(e, ENOSPC,
			       "no user ids left for another jail: %s has "
			       "too few for \"cellblock\"",
			       any ? file : "the default range");
	*ret = IDS_FIRST + (uint32_t)slot * IDS;
	return 0;
}

static int slot_maps(int slot, struct ns_idmaps *ret, struct err *e)
{
	uint32_t uid = 0, gid = 0;
	int r = slot_base("/etc/subuid", slot, &uid, e);

	if (!r)
		r = slot_base("/etc/subgid", slot, &gid, e);
	if (!r)
		r = ns_idmap_add(&ret->uid, &ret->nuid, 0, uid, IDS, e);
	if (!r)
		r = ns_idmap_add(&ret->gid, &ret->ngid, 0, gid, IDS, e);
	return r;
}

static int slots(void)
{
	static const char *const files[] = {"/etc/subuid", "/etc/subgid"};
	int n = IDS_COUNT / IDS;

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		long left = n;
		uint32_t base;
		bool any = false;

		subids_at(files[i], &left, &base, &any);
		if (any && left > 0)
			n -= (int)left;
	}
	return n;
}

int users_take(struct prisons *ps, int jid, int *ret_slot, struct err *e)
{
	int n = slots();
	char path[64], num[16];

	snprintf(num, sizeof(num), "%d", jid);
	for (int i = 0; i < n; i++) {
		int slot = (jid - 1 + i) % n;

		snprintf(path, sizeof(path), "ids/%d", slot);
		if (symlinkat(num, ps->dirfd, path) == 0) {
			*ret_slot = slot;
			return 0;
		}
		if (errno != EEXIST)
			return err_sys(e, errno, CELLBLOCK_RUN "/%s", path);
	}
	return err_set(e, ENOSPC,
		       "no user ids left for another jail: %d jails have all "
		       "that /etc/subuid and /etc/subgid give \"cellblock\"",
		       n);
}

static bool slot_is(struct prisons *ps, const char *slot, int jid)
{
	char path[300], to[16], num[16];
	ssize_t n;

	snprintf(path, sizeof(path), "ids/%s", slot);
	snprintf(num, sizeof(num), "%d", jid);
	n = readlinkat(ps->dirfd, path, to, sizeof(to) - 1);
	if (n <= 0)
		return false;
	to[n] = '\0';
	if (strcmp(to, num) != 0)
		return false;
	unlinkat(ps->dirfd, path, 0);
	return true;
}

void users_drop(struct prisons *ps, int jid)
{
	cleanup_closedir DIR *d = NULL;
	struct dirent *de;
	char slot[16];
	int n = slots(), fd;

	/* where it is when nothing stood in the way */
	snprintf(slot, sizeof(slot), "%d", n ? (jid - 1) % n : 0);
	if (slot_is(ps, slot, jid))
		return;
	fd = openat(ps->dirfd, "ids", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	d = fd < 0 ? NULL : fdopendir(fd);
	if (!d) {
		if (fd >= 0)
			close(fd);
		return;
	}
	while ((de = readdir(d)))
		if (de->d_name[0] != '.' && slot_is(ps, de->d_name, jid))
			return;
}

/* --- a jail's namespaces ----------------------------------------------------
 */

int users_make(int slot, const struct pset *params, uint64_t flags, int holder,
	       struct jail_users *ret, struct err *e)
{
	struct ns_idmaps maps __attribute__((cleanup(ns_idmaps_free))) = {0};
	bool uts = flags & CLONE_NEWUTS &&
		   param_set_bool(params, "allow.set_hostname") &&
		   param_set_bool(params, "allow.suser");
	int r;

	ret->shifted = slot >= 0;
	r = ret->shifted ? slot_maps(slot, &maps, e)
			 : userns_own_maps(&maps, e);
	if (!r)
		r = userns_make(&maps, flags & (CLONE_NEWNET | CLONE_NEWIPC),
				uts, holder, &ret->ns, e);
	if (r < 0)
		return r;
	ret->uid = maps.uid[0].outside;
	ret->gid = maps.gid[0].outside;
	return 0;
}
