/*
 * prison_mask: see mask.h.
 *
 * Theory of operation.  The kernel itself refuses most of what is here to a
 * jail with users of its own, file by file and kernel by kernel.  Masks say
 * it once, before any of its code is asked, and are the only wall for a jail
 * whose root is the machine's.
 *
 * One small read-only file system has an empty file and an empty directory;
 * they are shown over what is hidden.  Nothing of the jail's own tree is (a
 * bind mount of its /dev/null would be whatever stands there).  What may be
 * read is mounted on itself, read-only.  Every mount costs about 10 µs, so
 * entries that the machine does not have cost nothing, and those that only
 * root may open are left to the kernel where the jail's root is another.
 */
#include "jail/mask.h"

#include "base/cleanup.h"
#include "ns/ns.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

enum mask_how {
	MASK_HIDE,     /* empty */
	MASK_READ,     /* read-only */
	MASK_READ_NET, /* read-only, but for `net` in it in a vnet */
};

static const struct {
	const char *path; /* from the root */
	enum mask_how how;
	bool root_only; /* nobody but the machine's root can open it */
	const char *why;
} masks[] = {
	{"proc/acpi", MASK_HIDE, false, "what may wake the machine"},
	{"proc/asound", MASK_HIDE, false, "sound cards, and who listens"},
	{"proc/bus", MASK_READ, false, "registers of PCI devices"},
	{"proc/dynamic_debug", MASK_HIDE, true, "what the kernel logs"},
	{"proc/fs", MASK_READ, false, "knobs of mounted file systems"},
	{"proc/interrupts", MASK_HIDE, false,
	 "when keys are pressed and packets come, to the interrupt"},
	{"proc/irq", MASK_READ, false, "which CPU serves which device"},
	{"proc/kcore", MASK_HIDE, true, "the machine's memory"},
	{"proc/keys", MASK_HIDE, false, "keys of the machine's users"},
	{"proc/kpagecgroup", MASK_HIDE, true, "what is in which page"},
	{"proc/kpagecount", MASK_HIDE, true, "what is in which page"},
	{"proc/kpageflags", MASK_HIDE, true, "what is in which page"},
	{"proc/latency_stats", MASK_HIDE, false, "what others wait for"},
	{"proc/sched_debug", MASK_HIDE, false, "names of all processes"},
	{"proc/scsi", MASK_HIDE, false, "adds and removes disks"},
	{"proc/sys", MASK_READ_NET, false, "the machine's knobs"},
	{"proc/sysrq-trigger", MASK_READ, true, "reboots and kills"},
	{"proc/timer_list", MASK_HIDE, true, "names of all processes"},
	{"proc/timer_stats", MASK_HIDE, false, "names of all processes"},
	{"sys/devices/virtual/powercap", MASK_HIDE, false,
	 "what is computed, by the power it takes"},
	{"sys/firmware", MASK_HIDE, false, "firmware's tables and variables"},
};

#define INERT (MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC)
#define FILE_NAME "file"
#define DIR_NAME "dir"

struct masking {
	const struct mask_plan *p;
	int root;
	int blank; /* the file system of empty things, or -1 */
};

/* The entry itself; false: this machine has none. */
static bool entry_open(int rootfd, const char *path, int *ret, bool *ret_dir)
{
	struct stat st;
	int fd = openat(rootfd, path, O_PATH | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return false;
	if (fstat(fd, &st) < 0 ||
	    (!S_ISDIR(st.st_mode) && !S_ISREG(st.st_mode))) {
		close(fd);
		return false;
	}
	*ret = fd;
	*ret_dir = S_ISDIR(st.st_mode);
	return true;
}

/* A copy of part of a mount, with flags of its own. */
static int part(int dirfd, const char *path, uint64_t set, uint64_t clear,
		int *ret, struct err *e)
{
	cleanup_close int fd = -1;
	int r = mnt_clone(dirfd, path, false, &fd, e);

	if (!r && (set || clear))
		r = mnt_set(fd, set, clear, e);
	if (!r)
		*ret = take_fd(&fd);
	return r;
}

/*
 * Copies can be made only of what is attached, so the file system of empty
 * things lies over the first directory to be hidden, and is covered by its
 * own empty directory in the end.
 */
static int blank_new(struct masking *m, const char *path, int at, struct err *e)
{
	static const struct mnt_opt o[] = {
		{"mode", "0555"}, {"size", "4k"}, {"nr_inodes", "4"}};
	cleanup_close int fs = -1;
	int r = mnt_new("tmpfs", "masked", o, ARRAY_SIZE(o), INERT, &fs, e);

	if (r < 0)
		return r;
	if (mknodat(fs, FILE_NAME, S_IFREG | 0444, 0) < 0 ||
	    mkdirat(fs, DIR_NAME, 0555) < 0)
		return err_sys(e, errno, "masks");
	r = mnt_set(fs, MOUNT_ATTR_RDONLY, 0, e);
	if (!r)
		r = mnt_attach(fs, at, path, e);
	if (r < 0)
		return r;
	m->blank = take_fd(&fs);
	return 0;
}

static int hide(struct masking *m, const char *path, int at, bool dir,
		struct err *e)
{
	cleanup_close int fd = -1;
	int r = part(m->blank, dir ? DIR_NAME : FILE_NAME, 0, 0, &fd, e);

	return r < 0 ? r : mnt_attach(fd, at, path, e);
}

/* What is to be read only; in a vnet its network's knobs are its own. */
static int read_only(const char *path, int at, bool net, struct err *e)
{
	cleanup_close int fd = -1, inner = -1, inner_at = -1;
	bool dir;
	int r;

	r = part(at, "", MOUNT_ATTR_RDONLY, 0, &fd, e);
	if (!r && net)
		r = part(at, "net", 0, 0, &inner, e);
	if (!r)
		r = mnt_attach(fd, at, path, e);
	if (r < 0 || !net)
		return r;
	/* the new mount's, not the one that it lies on */
	if (!entry_open(fd, "net", &inner_at, &dir))
		return err_sys(e, errno, "%s/net", path);
	return mnt_attach(inner, inner_at, path, e);
}

/* Is it there, and is it for this jail? */
static bool mask_open(const struct masking *m, size_t i, int *ret,
		      bool *ret_dir)
{
	if (masks[i].root_only && !m->p->machine_root)
		return false;
	return entry_open(m->root, masks[i].path, ret, ret_dir);
}

/* The first directory that is hidden gives the place for blank_new(). */
static int mask_place(struct masking *m, struct err *e)
{
	for (size_t i = 0; i < ARRAY_SIZE(masks); i++) {
		cleanup_close int at = -1;
		bool dir = false;

		if (masks[i].how == MASK_HIDE && mask_open(m, i, &at, &dir) &&
		    dir)
			return blank_new(m, masks[i].path, at, e);
	}
	return err_set(e, ENOSYS, "/sys/firmware: no place for masks");
}

static int mask_one(struct masking *m, size_t i, struct err *e)
{
	cleanup_close int at = -1;
	bool dir = false;

	if (!mask_open(m, i, &at, &dir))
		return 0;
	if (masks[i].how == MASK_HIDE)
		return hide(m, masks[i].path, at, dir, e);
	return read_only(masks[i].path, at,
			 m->p->vnet && masks[i].how == MASK_READ_NET, e);
}

int mask_apply(int rootfd, const struct mask_plan *p, struct err *e)
{
	struct masking m = {.p = p, .root = rootfd, .blank = -1};
	int r = mask_place(&m, e);

	for (size_t i = 0; !r && i < ARRAY_SIZE(masks); i++)
		r = mask_one(&m, i, e);
	if (m.blank >= 0)
		close(m.blank);
	return r;
}
