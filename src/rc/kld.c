/* See kld.h for the theory of operation. */
#include "rc/kld.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "jail/prison.h"
#include "net/kind.h"
#include "netgraph/type.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#define KLD_FILE "kld"
#define KLD_MAX 65536

/*
 * Beside the types of netgraph nodes, which are ng_TYPE each, and the kinds
 * of interfaces that ifconfig makes, which are if_KIND.
 */
static const char *const modules[] = {
	"netgraph", "bridgestp", "if_tuntap", "pf",	 "pflog",
	"nullfs",   "fdescfs",	 "tmpfs",     "procfs",	 "linprocfs",
	"linsysfs", "unionfs",	 "sysvmsg",   "sysvsem", "sysvshm",
};

static bool is_if_module(const char *name)
{
	const struct ifkind *k =
		str_prefix(name, "if_") ? ifkind_by_name(name + 3) : NULL;

	return k && k->clonable && strcmp(k->name, "lo") != 0;
}

void kld_name(const char *file, char *ret, size_t size)
{
	const char *slash = strrchr(file, '/');
	size_t len;

	str_copy(ret, size, slash ? slash + 1 : file);
	len = strlen(ret);
	if (str_suffix(ret, ".ko"))
		ret[len - 3] = '\0';
}

/* Something here does what it does. */
static bool is_known(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(modules); i++)
		if (!strcmp(name, modules[i]))
			return true;
	if (is_if_module(name))
		return true;
	return str_prefix(name, "ng_") && !str_prefix(name + 3, "ng_") &&
	       ng_type_find(name + 3);
}

static int run_open(bool create, struct err *e)
{
	int fd, r;

	if (create) {
		r = file_mkdirs(AT_FDCWD, CELLBLOCK_RUN, 0755, e);
		if (r < 0)
			return r;
	}
	fd = open(CELLBLOCK_RUN, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? err_sys(e, errno, CELLBLOCK_RUN) : fd;
}

static int list_read(int dirfd, struct strv *ret, struct err *e)
{
	cleanup_strv struct strv lines = {0};
	cleanup_free char *text = NULL;
	cleanup_close int fd = -1;
	int r;

	r = file_open_same_mount(dirfd, KLD_FILE, O_RDONLY | O_NONBLOCK, 0, &fd,
				 NULL);
	if (r == -ENOENT)
		return 0;
	if (!r)
		r = file_read_fd(fd, KLD_MAX, &text, NULL);
	if (r < 0)
		return err_sys(e, -r, CELLBLOCK_RUN "/" KLD_FILE);
	r = strv_split(&lines, text, "\n");
	for (size_t i = 0; !r && i < lines.n; i++)
		if (is_known(lines.v[i]) && !strv_has(ret, lines.v[i]))
			r = strv_add(ret, lines.v[i]);
	return r < 0 ? err_nomem(e) : 0;
}

int kld_list(struct strv *ret, struct err *e)
{
	cleanup_strv struct strv list = {0};
	cleanup_close int dir = run_open(false, NULL);
	int r = dir < 0 ? 0 : list_read(dir, &list, e);

	if (r < 0)
		return r;
	*ret = list;
	list = (struct strv){0};
	return 0;
}

/* Change the list under its lock. */
static int list_change(const char *name, bool load, struct err *e)
{
	cleanup_strbuf struct strbuf text = STRBUF_INIT;
	cleanup_strv struct strv list = {0};
	cleanup_close int dir = -1, lock = -1;
	int r;

	r = run_open(true, e);
	if (r < 0)
		return r;
	dir = r;
	r = file_lock(dir, KLD_FILE ".lock", false, &lock, e);
	if (!r)
		r = list_read(dir, &list, e);
	if (r < 0)
		return r;
	if (load == strv_has(&list, name))
		return err_set(e, load ? EEXIST : ENOENT, "%s", name);
	for (size_t i = 0; i < list.n; i++)
		if (load || strcmp(list.v[i], name) != 0)
			strbuf_addf(&text, "%s\n", list.v[i]);
	if (load)
		strbuf_addf(&text, "%s\n", name);
	if (strbuf_failed(&text))
		return err_nomem(e);
	return file_write_atomic(dir, KLD_FILE, text.s, 0644, e);
}

int kld_load(const char *name, struct err *e)
{
	if (!is_known(name))
		return err_set(e, ENOENT, "%s", name);
	return list_change(name, true, e);
}

int kld_unload(const char *name, struct err *e)
{
	return list_change(name, false, e);
}
