/*
 * fstab_fuzz: hostile files for mount.fstab.  What is taken is a path and
 * numbers in their bounds; what is refused says why in one printable line.
 */
#include "base/cleanup.h"
#include "jail/fstab.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_error(const struct err *e)
{
	if (!e->code || !*e->text)
		abort();
	for (const char *s = e->text; *s; s++)
		if ((unsigned char)*s < ' ' || *s == 0x7f)
			abort();
}

static void check_line(const struct fstab_line *l)
{
	const uint64_t known = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID |
			       MOUNT_ATTR_NOEXEC | MOUNT_ATTR_NOSYMFOLLOW |
			       MOUNT_ATTR__ATIME;

	if (l->dir[0] != '/' || !*l->source || l->kind >= FSTAB_KINDS ||
	    ((l->set | l->clear) & ~known))
		abort();
	if (l->mode > 07777 || l->uid > INT32_MAX || l->size < -1 ||
	    l->inodes < -1)
		abort();
	if (l->kind != FSTAB_TMPFS && (l->size != -1 || l->uid != -1))
		abort();
	if (l->below && l->kind != FSTAB_UNIONFS)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_strv struct strv lines = {0};
	struct err e = ERR_INIT;

	if (fstab_lines("tab", (const char *)data, size, &lines, &e) < 0) {
		check_error(&e);
		return 0;
	}
	for (size_t i = 0; i < lines.n; i++) {
		cleanup_fstab_line struct fstab_line l = {0};
		struct err le = ERR_INIT;
		int r = fstab_parse(i & 1 ? "mount" : "mount.fstab", lines.v[i],
				    &l, &le);

		if (r < 0)
			check_error(&le);
		else if (r == 0)
			check_line(&l);
		else
			abort(); /* blank lines are gone by now */
	}
	return 0;
}
