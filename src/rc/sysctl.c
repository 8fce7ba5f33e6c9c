/*
 * sysctl: see sysctl.h.  Lookup: the table, then security.jail.param.* from
 * the table of jail parameters, then /proc/sys.
 */
#include "rc/sysctl.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "jail/param.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#define PROC_SYS "/proc/sys/"
#define VALUE_MAX (64u << 10)
#define JAIL_PARAM "security.jail.param."

static const struct sysctl_row *row_find(const char *name)
{
	const struct sysctl_row *r;

	for (size_t i = 0; (r = sysctl_row_at(i)); i++)
		if (!strcmp(r->name, name))
			return r;
	return NULL;
}

static const struct param_def *jail_param(const char *name)
{
	const struct param_def *p;
	bool no = false;

	if (!str_prefix(name, JAIL_PARAM))
		return NULL;
	p = param_find(name + strlen(JAIL_PARAM), &no);
	return p && !no && (p->flags & PARAM_KERNEL) ? p : NULL;
}

/*
 * "net.ipv4.ip_forward" -> "/proc/sys/net/ipv4/ip_forward"; in a name with
 * slashes the two are swapped, for interfaces with dots.  NULL: not a name.
 */
static char *proc_path(const char *name)
{
	bool swap = strchr(name, '/') != NULL;
	char *p = str_printf(PROC_SYS "%s", name), *c;

	if (!p)
		return NULL;
	for (c = p + strlen(PROC_SYS); *c; c++) {
		if (*c == '.')
			*c = '/';
		else if (*c == '/' && swap)
			*c = '.';
	}
	if (!*name || strstr(p, "//") || strstr(p, "/../") ||
	    strstr(p, "/./") || str_suffix(p, "/..") || str_suffix(p, "/") ||
	    strchr(p, '\n')) {
		free(p);
		return NULL;
	}
	return p;
}

static char *proc_find(const char *name, bool *ret_writable)
{
	char *p = proc_path(name);
	struct stat st;

	if (p && (stat(p, &st) < 0 || !S_ISREG(st.st_mode))) {
		free(p);
		return NULL;
	}
	if (p && ret_writable)
		*ret_writable = (st.st_mode & 0222) != 0;
	return p;
}

static int unknown(const char *name, struct err *e)
{
	return err_set(e, ENOENT, "unknown oid '%s'", name);
}

static int proc_get(const char *path, struct strbuf *value, struct err *e)
{
	cleanup_free char *text = NULL;
	size_t len;
	int r = file_read(AT_FDCWD, path, VALUE_MAX, &text, &len, e);

	if (r < 0)
		return r;
	while (len && strchr("\n ", text[len - 1]))
		len--;
	strbuf_addn(value, text, len);
	return 0;
}

/* FreeBSD shows numbers and switches as 0, strings as their room. */
static int jail_param_get(const struct param_def *p, struct strbuf *value)
{
	static const char *const shown[] = {
		[PARAM_BOOL] = "0",	 [PARAM_INT] = "0",
		[PARAM_STRING] = "1024", [PARAM_JAILSYS] = "0",
		[PARAM_IP4] = "4",	 [PARAM_IP6] = "16",
		[PARAM_LIST] = "1024",
	};

	strbuf_adds(value, shown[p->type]);
	return 0;
}

int sysctl_get(const char *name, struct strbuf *value, struct err *e)
{
	const struct sysctl_row *row = row_find(name);
	const struct param_def *p;
	cleanup_free char *path = NULL;
	int r;

	if (row) {
		r = row->get(row, value, e);
		return r < 0 ? err_wrap(e, "%s", name) : 0;
	}
	p = jail_param(name);
	if (p)
		return jail_param_get(p, value);
	path = proc_find(name, NULL);
	if (!path)
		return unknown(name, e);
	r = proc_get(path, value, e);
	return r < 0 ? r : 0;
}

static int check_number(const struct sysctl_row *row, const char *value,
			struct err *e)
{
	char *end;

	if (row->type != SYSCTL_INT && row->type != SYSCTL_LONG)
		return 0;
	errno = 0;
	strtoll(value, &end, 0);
	if (end == value || *end || errno)
		return err_set(e, EINVAL, "invalid %s '%s'",
			       row->type == SYSCTL_INT ? "integer"
						       : "long integer",
			       value);
	return 0;
}

int sysctl_set(const char *name, const char *value, struct strbuf *ret_old,
	       struct err *e)
{
	const struct sysctl_row *row = row_find(name);
	cleanup_strbuf struct strbuf old = STRBUF_INIT;
	cleanup_free char *path = NULL;
	bool writable = false;
	int r;

	if (!row && !jail_param(name)) {
		path = proc_find(name, &writable);
		if (!path)
			return unknown(name, e);
	}
	if (row ? !row->set : !writable)
		return err_set(e, EPERM, "oid '%s' is read only", name);
	if (row) {
		r = check_number(row, value, e);
		if (r < 0)
			return r;
	}
	r = sysctl_get(name, &old, e);
	if (r < 0)
		return r;
	r = row ? row->set(row, value, e) : file_poke(AT_FDCWD, path, value, e);
	if (r == -EOPNOTSUPP) /* says by itself what is missing */
		return err_wrap(e, "%s=%s", name, value);
	if (r < 0)
		return err_sys(e, -r, "%s=%s", name, value);
	if (ret_old)
		strbuf_adds(ret_old, old.s);
	return 0;
}

static bool below(const char *name, const char *prefix)
{
	size_t len = strlen(prefix);

	while (len && prefix[len - 1] == '.')
		len--;
	return !strncmp(name, prefix, len) && name[len] == '.';
}

static int name_cmp(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

int sysctl_list(const char *prefix, struct strv *ret, struct err *e)
{
	const struct sysctl_row *row;
	const struct param_def *p;

	for (size_t i = 0; (row = sysctl_row_at(i)); i++)
		if ((!prefix || below(row->name, prefix)) &&
		    strv_add(ret, row->name) < 0)
			return err_nomem(e);
	for (size_t i = 0; (p = param_at(i)); i++) {
		cleanup_free char *name = str_printf(JAIL_PARAM "%s", p->name);

		if (!name)
			return err_nomem(e);
		if (!(p->flags & PARAM_KERNEL) ||
		    (prefix && !below(name, prefix)))
			continue;
		if (strv_add(ret, name) < 0)
			return err_nomem(e);
	}
	if (ret->n)
		qsort(ret->v, ret->n, sizeof(*ret->v), name_cmp);
	return 0;
}

int sysctl_info(const char *name, struct sysctl_info *ret, struct err *e)
{
	const struct sysctl_row *row = row_find(name);
	const struct param_def *p = row ? NULL : jail_param(name);
	cleanup_strv struct strv list = {0};
	cleanup_free char *path = NULL;
	bool writable;
	int r;

	if (row) {
		*ret = (struct sysctl_info){.type = row->type,
					    .writable = row->set,
					    .descr = row->descr};
		return 0;
	}
	if (p) {
		*ret = (struct sysctl_info){
			.type = p->type == PARAM_STRING ? SYSCTL_STRING
							: SYSCTL_INT,
			.descr = "Jail parameter",
		};
		return 0;
	}
	path = proc_find(name, &writable);
	if (path) {
		*ret = (struct sysctl_info){.type = SYSCTL_STRING,
					    .writable = writable,
					    .descr = ""};
		return 0;
	}
	r = sysctl_list(name, &list, e);
	if (r < 0)
		return r;
	if (!list.n)
		return unknown(name, e);
	*ret = (struct sysctl_info){.type = SYSCTL_NODE, .descr = ""};
	return 0;
}

const char *sysctl_caveat(const char *name, const char *value)
{
	const struct sysctl_row *row = row_find(name);

	return row && row->inert && strcmp(value, row->dflt) ? row->inert
							     : NULL;
}
