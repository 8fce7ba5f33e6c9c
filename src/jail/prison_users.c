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
#define SLOTS_MAX ((int)(IDS_COUNT / IDS))
#define SUBIDS "cellblock:"

/* --- slots --------------------------------------------------------------- */

/* What a file gives "cellblock": runs of ids, each of some slots. */
struct id_runs {
	struct {
		uint32_t start;
		int slots;
	} * v;
	size_t n;
	int slots; /* of all, none the machine cannot use */
};

struct user_slots {
	struct id_runs uid, gid;
	int n; /* that have both */
};

static void user_slots_free(struct user_slots **sp)
{
	struct user_slots *s = take_ptr(*sp);

	if (!s)
		return;
	free(s->uid.v);
	free(s->gid.v);
	free(s);
}

static int runs_add(struct id_runs *ret, uint64_t start, uint64_t count,
		    struct err *e)
{
	void *v = reallocarray(ret->v, ret->n + 1, sizeof(*ret->v));

	if (!v)
		return err_nomem(e);
	ret->v = v;
	ret->v[ret->n].start = (uint32_t)start;
	ret->v[ret->n++].slots = (int)(count / IDS);
	ret->slots += (int)(count / IDS);
	if (ret->slots > SLOTS_MAX)
		ret->slots = SLOTS_MAX;
	return 0;
}

static int runs_read(const char *file, struct id_runs *ret, struct err *e)
{
	cleanup_fclose FILE *f = fopen(file, "re");
	cleanup_free char *line = NULL;
	size_t size = 0;
	int r = 0;

	while (!r && f && getline(&line, &size, f) > 0) {
		unsigned long long start, count;

		if (!str_prefix(line, SUBIDS) ||
		    sscanf(line + strlen(SUBIDS), "%llu:%llu", &start,
			   &count) != 2 ||
		    !start || count > UINT32_MAX || start + count > UINT32_MAX)
			continue;
		r = runs_add(ret, start, count, e);
	}
	if (!r && !ret->n)
		r = runs_add(ret, IDS_FIRST, IDS_COUNT, e);
	return r;
}

/* Both files, read once for a handle: a slot and its ids must agree. */
static int user_slots(struct prisons *ps, const struct user_slots **ret,
		      struct err *e)
{
	struct user_slots *s __attribute__((cleanup(user_slots_free))) = NULL;
	int r;

	if (!ps->slots) {
		s = calloc(1, sizeof(*s));
		if (!s)
			return err_nomem(e);
		r = runs_read("/etc/subuid", &s->uid, e);
		if (!r)
			r = runs_read("/etc/subgid", &s->gid, e);
		if (r < 0)
			return r;
		s->n = s->uid.slots < s->gid.slots ? s->uid.slots
						   : s->gid.slots;
		ps->slots = take_ptr(s);
	}
	*ret = ps->slots;
	return 0;
}

void users_forget(struct prisons *ps)
{
	user_slots_free(&ps->slots);
}

/* The first id of a slot that there is. */
static uint32_t slot_base(const struct id_runs *ids, int slot)
{
	size_t i = 0;

	while (i + 1 < ids->n && slot >= ids->v[i].slots)
		slot -= ids->v[i++].slots;
	return ids->v[i].start + (uint32_t)slot * IDS;
}

static int slot_maps(struct prisons *ps, int slot, struct ns_idmaps *ret,
		     struct err *e)
{
	const struct user_slots *s = NULL;
	int r = user_slots(ps, &s, e);

	if (!r)
		r = ns_idmap_add(&ret->uid, &ret->nuid, 0,
				 slot_base(&s->uid, slot), IDS, e);
	if (!r)
		r = ns_idmap_add(&ret->gid, &ret->ngid, 0,
				 slot_base(&s->gid, slot), IDS, e);
	return r;
}

int users_take(struct prisons *ps, int jid, int *ret_slot, struct err *e)
{
	const struct user_slots *s = NULL;
	char path[64], num[16];
	int n, r = user_slots(ps, &s, e);

	if (r < 0)
		return r;
	n = s->n;
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
	const struct user_slots *s = NULL;
	struct dirent *de;
	char slot[16];
	int fd;

	/* where it is when nothing stood in the way */
	if (user_slots(ps, &s, NULL) == 0 && s->n)
		snprintf(slot, sizeof(slot), "%d", (jid - 1) % s->n);
	else
		snprintf(slot, sizeof(slot), "0");
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

/* --- a jail's namespaces ------------------------------------------------- */

int users_make(struct prisons *ps, int slot, const struct pset *params,
	       uint64_t flags, struct ns_holder *holder, struct jail_users *ret,
	       struct err *e)
{
	struct ns_idmaps maps __attribute__((cleanup(ns_idmaps_free))) = {0};
	bool uts = flags & CLONE_NEWUTS &&
		   param_set_bool(params, "allow.set_hostname") &&
		   param_set_bool(params, "allow.suser");
	int r;

	ret->shifted = slot >= 0;
	r = ret->shifted ? slot_maps(ps, slot, &maps, e)
			 : userns_own_maps(&maps, e);
	if (!r)
		r = userns_finish(holder, &maps,
				  flags & (CLONE_NEWNET | CLONE_NEWIPC), uts,
				  &ret->ns, e);
	if (r < 0)
		return r;
	ret->uid = maps.uid[0].outside;
	ret->gid = maps.gid[0].outside;
	return 0;
}
