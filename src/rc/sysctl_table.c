/*
 * sysctl_table: the rows, and the few ways in which one is read and written.
 *
 *   proc   the same number in a file below /proc/sys
 *   inv    the opposite switch
 *   field  one number of a file with several (arg: which)
 *   scale  the same quantity in another unit (arg: factor)
 *   all    conf/all and conf/default of a family (path ends before "all")
 *   keep   nothing in Linux corresponds: the value is kept under
 *          /run/cellblock/sysctl and shown back; `inert` says what is missing
 *   fixed  a constant (dflt)
 *   param  the jail's parameter (path); on the machine, dflt
 *   fn     a function of its own
 */
#include "rc/sysctl.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "jail/param.h"
#include "jail/prison.h"
#include "net/bridge_pfil.h"
#include "net/lagg.h"
#include "net/vlan.h"
#include "pf/pfil.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <time.h>

#define KEEP_DIR CELLBLOCK_RUN "/sysctl"
#define VALUE_MAX (64u << 10)

static int read_trim(const char *path, char **ret, struct err *e)
{
	size_t len;
	int r = file_read(AT_FDCWD, path, VALUE_MAX, ret, &len, e);

	if (r < 0)
		return r;
	while (len && isspace((unsigned char)(*ret)[len - 1]))
		(*ret)[--len] = '\0';
	return 0;
}

static int read_row(const struct sysctl_row *row, char **ret, struct err *e)
{
	cleanup_free char *path = str_printf("/proc/sys/%s", row->path);

	return path ? read_trim(path, ret, e) : err_nomem(e);
}

static int poke_row(const struct sysctl_row *row, const char *value,
		    struct err *e)
{
	cleanup_free char *path = str_printf("/proc/sys/%s", row->path);

	return path ? file_poke(AT_FDCWD, path, value, e) : err_nomem(e);
}

static int poke_num(const struct sysctl_row *row, long long v, struct err *e)
{
	cleanup_free char *s = str_printf("%lld", v);

	return s ? poke_row(row, s, e) : err_nomem(e);
}

static int get_proc(const struct sysctl_row *row, struct strbuf *b,
		    struct err *e)
{
	cleanup_free char *text = NULL;
	int r = read_row(row, &text, e);

	if (!r)
		strbuf_adds(b, text);
	return r;
}

static int set_proc(const struct sysctl_row *row, const char *value,
		    struct err *e)
{
	if (row->type == SYSCTL_STRING)
		return poke_row(row, value, e);
	return poke_num(row, strtoll(value, NULL, 0), e);
}

static int get_inv(const struct sysctl_row *row, struct strbuf *b,
		   struct err *e)
{
	cleanup_free char *text = NULL;
	int r = read_row(row, &text, e);

	if (!r)
		strbuf_adds(b, atoi(text) ? "0" : "1");
	return r;
}

static int set_inv(const struct sysctl_row *row, const char *value,
		   struct err *e)
{
	return poke_num(row, !strtoll(value, NULL, 0), e);
}

static int get_field(const struct sysctl_row *row, struct strbuf *b,
		     struct err *e)
{
	cleanup_free char *text = NULL;
	cleanup_strv struct strv f = {0};
	int r = read_row(row, &text, e);

	if (r < 0)
		return r;
	if (strv_split(&f, text, " \t") < 0 || f.n <= (size_t)row->arg)
		return err_set(e, EIO, "%s: unexpected text", row->path);
	strbuf_adds(b, f.v[row->arg]);
	return 0;
}

static int set_field(const struct sysctl_row *row, const char *value,
		     struct err *e)
{
	cleanup_free char *text = NULL, *joined = NULL;
	cleanup_strv struct strv f = {0};
	int r = read_row(row, &text, e);

	if (r < 0)
		return r;
	if (strv_split(&f, text, " \t") < 0 || f.n <= (size_t)row->arg)
		return err_set(e, EIO, "%s: unexpected text", row->path);
	free(f.v[row->arg]);
	f.v[row->arg] = str_printf("%lld", strtoll(value, NULL, 0));
	joined = f.v[row->arg] ? strv_join(&f, " ") : NULL;
	return joined ? poke_row(row, joined, e) : err_nomem(e);
}

/* FreeBSD's number is Linux's times arg. */
static int get_scale(const struct sysctl_row *row, struct strbuf *b,
		     struct err *e)
{
	cleanup_free char *text = NULL;
	int r = read_row(row, &text, e);

	if (!r)
		strbuf_addf(b, "%lld", atoll(text) * row->arg);
	return r;
}

static int set_scale(const struct sysctl_row *row, const char *value,
		     struct err *e)
{
	return poke_num(row, strtoll(value, NULL, 0) / row->arg, e);
}

static int all_path(const struct sysctl_row *row, const char *which,
		    struct sysctl_row *ret, char *buf, size_t size)
{
	*ret = *row;
	ret->path = buf;
	return snprintf(buf, size, row->path, which) < (int)size ? 0 : -EINVAL;
}

static int get_all(const struct sysctl_row *row, struct strbuf *b,
		   struct err *e)
{
	struct sysctl_row r1;
	char buf[128];

	all_path(row, "default", &r1, buf, sizeof(buf));
	return get_proc(&r1, b, e);
}

static int set_all(const struct sysctl_row *row, const char *value,
		   struct err *e)
{
	static const char *const which[] = {"default", "all"};
	int r = 0;

	for (size_t i = 0; !r && i < ARRAY_SIZE(which); i++) {
		struct sysctl_row r1;
		char buf[128];

		all_path(row, which[i], &r1, buf, sizeof(buf));
		r = set_proc(&r1, value, e);
	}
	return r;
}

static int get_all_inv(const struct sysctl_row *row, struct strbuf *b,
		       struct err *e)
{
	struct sysctl_row r1;
	char buf[128];

	all_path(row, "all", &r1, buf, sizeof(buf));
	return get_inv(&r1, b, e);
}

static int set_all_inv(const struct sysctl_row *row, const char *value,
		       struct err *e)
{
	return set_all(row, strtoll(value, NULL, 0) ? "0" : "1", e);
}

static int get_keep(const struct sysctl_row *row, struct strbuf *b,
		    struct err *e)
{
	cleanup_free char *path = str_printf(KEEP_DIR "/%s", row->name);
	cleanup_free char *text = NULL;

	if (!path)
		return err_nomem(e);
	if (read_trim(path, &text, NULL) < 0)
		strbuf_adds(b, row->dflt);
	else
		strbuf_adds(b, text);
	return 0;
}

static int set_keep(const struct sysctl_row *row, const char *value,
		    struct err *e)
{
	cleanup_free char *path = str_printf(KEEP_DIR "/%s", row->name);
	cleanup_free char *text = str_printf("%s\n", value);
	int r;

	if (!path || !text)
		return err_nomem(e);
	if (!strcmp(value, row->dflt)) {
		if (unlink(path) < 0 && errno != ENOENT)
			return err_sys(e, errno, "%s", path);
		return 0;
	}
	r = file_mkdirs(AT_FDCWD, KEEP_DIR, 0755, e);
	return r ? r : file_write_atomic(AT_FDCWD, path, text, 0644, e);
}

static int get_fixed(const struct sysctl_row *row, struct strbuf *b,
		     struct err *e)
{
	(void)e;
	strbuf_adds(b, row->dflt);
	return 0;
}

/* ---- functions of their own ---- */

static int get_ncpu(const struct sysctl_row *row, struct strbuf *b,
		    struct err *e)
{
	(void)row;
	(void)e;
	strbuf_addf(b, "%ld", sysconf(_SC_NPROCESSORS_ONLN));
	return 0;
}

static int get_pagesize(const struct sysctl_row *row, struct strbuf *b,
			struct err *e)
{
	(void)row;
	(void)e;
	strbuf_addf(b, "%ld", sysconf(_SC_PAGESIZE));
	return 0;
}

static int get_physmem(const struct sysctl_row *row, struct strbuf *b,
		       struct err *e)
{
	struct sysinfo si;

	if (sysinfo(&si) < 0)
		return err_sys(e, errno, "sysinfo");
	/* arg 1: what user processes may have */
	strbuf_addf(b, "%llu",
		    (unsigned long long)(row->arg ? si.freeram + si.bufferram
						  : si.totalram) *
			    si.mem_unit);
	return 0;
}

static int get_uname(const struct sysctl_row *row, struct strbuf *b,
		     struct err *e)
{
	struct utsname u;

	if (uname(&u) < 0)
		return err_sys(e, errno, "uname");
	switch (row->arg) {
	case 's':
		strbuf_adds(b, u.sysname);
		break;
	case 'r':
		strbuf_adds(b, u.release);
		break;
	case 'v':
		strbuf_addf(b, "%s %s %s", u.sysname, u.release, u.version);
		break;
	case 'm':
		strbuf_adds(b, !strcmp(u.machine, "x86_64")    ? "amd64"
			       : !strcmp(u.machine, "aarch64") ? "arm64"
							       : u.machine);
		break;
	case 'p':
		strbuf_adds(b,
			    !strcmp(u.machine, "x86_64") ? "amd64" : u.machine);
		break;
	case 'n':
		strbuf_adds(b, u.nodename);
		break;
	}
	return 0;
}

static int set_hostname(const struct sysctl_row *row, const char *value,
			struct err *e)
{
	(void)row;
	if (sethostname(value, strlen(value)) < 0)
		return err_sys(e, errno, "sethostname");
	return 0;
}

static int get_model(const struct sysctl_row *row, struct strbuf *b,
		     struct err *e)
{
	cleanup_free char *text = NULL;
	const char *p;
	int r = file_read(AT_FDCWD, "/proc/cpuinfo", 4u << 20, &text, NULL, e);

	(void)row;
	if (r < 0)
		return r;
	p = strstr(text, "model name");
	p = p ? strchr(p, ':') : NULL;
	if (p)
		strbuf_addf(b, "%.*s", (int)strcspn(p + 2, "\n"), p + 2);
	return 0;
}

static int get_boottime(const struct sysctl_row *row, struct strbuf *b,
			struct err *e)
{
	struct timespec now, up;
	char when[64];
	struct tm tm;
	time_t t;

	(void)row;
	(void)e;
	clock_gettime(CLOCK_REALTIME, &now);
	clock_gettime(CLOCK_BOOTTIME, &up);
	t = now.tv_sec - up.tv_sec;
	localtime_r(&t, &tm);
	strftime(when, sizeof(when), "%a %b %e %H:%M:%S %Y", &tm);
	strbuf_addf(b, "{ sec = %lld, usec = 0 } %s", (long long)t, when);
	return 0;
}

static int get_loadavg(const struct sysctl_row *row, struct strbuf *b,
		       struct err *e)
{
	double l[3];

	(void)row;
	if (getloadavg(l, 3) != 3)
		return err_set(e, EIO, "no load averages");
	strbuf_addf(b, "{ %.2f %.2f %.2f }", l[0], l[1], l[2]);
	return 0;
}

static int get_hostuuid(const struct sysctl_row *row, struct strbuf *b,
			struct err *e)
{
	cleanup_free char *id = NULL, *own = NULL;

	(void)row;
	/* host.hostuuid, in a jail */
	if (read_trim(CELLBLOCK_RUN "/hostuuid", &own, NULL) == 0)
		strbuf_adds(b, own);
	else if (read_trim("/etc/machine-id", &id, NULL) < 0 ||
		 strlen(id) != 32)
		strbuf_adds(b, "00000000-0000-0000-0000-000000000000");
	else
		strbuf_addf(b, "%.8s-%.4s-%.4s-%.4s-%.12s", id, id + 8, id + 12,
			    id + 16, id + 20);
	(void)e;
	return 0;
}

static int get_hostid(const struct sysctl_row *row, struct strbuf *b,
		      struct err *e)
{
	cleanup_free char *own = NULL;

	(void)row;
	(void)e;
	/* host.hostid, in a jail */
	if (read_trim(CELLBLOCK_RUN "/hostid", &own, NULL) == 0)
		strbuf_adds(b, own);
	else
		strbuf_addf(b, "%u", (unsigned int)gethostid());
	return 0;
}

static int get_openfiles(const struct sysctl_row *row, struct strbuf *b,
			 struct err *e)
{
	return get_field(row, b, e);
}

enum self_field {
	SELF_JAILED,
	SELF_VNET,
	SELF_CHILDREN_MAX,
	SELF_CHILDREN_CUR,
};

static int get_self(const struct sysctl_row *row, struct strbuf *b,
		    struct err *e)
{
	struct prison_self self = {0};
	cleanup_prisons struct prisons *ps = NULL;
	struct prison *v = NULL;
	size_t n = 0;
	int r = prison_self(&self, e), value = 0;

	if (r < 0)
		return r;
	switch (row->arg) {
	case SELF_JAILED:
		value = self.jailed;
		break;
	case SELF_VNET:
		value = self.jailed ? self.vnet : 1;
		break;
	case SELF_CHILDREN_MAX:
		value = self.jailed ? self.children_max : 999999;
		break;
	case SELF_CHILDREN_CUR:
		r = prisons_open(&ps, e);
		if (!r)
			r = prison_list(ps, true, &v, &n, e);
		value = (int)n;
		prison_list_free(&v, n);
		break;
	}
	if (!r)
		strbuf_addf(b, "%d", value);
	return r;
}

/* A parameter of the jail we are in (path); dflt on the machine. */
static int get_param(const struct sysctl_row *row, struct strbuf *b,
		     struct err *e)
{
	cleanup_pset struct pset self = {0};
	const struct param_def *d = param_find(row->path, NULL);
	const char *v;
	bool jailed = false;
	int r = prison_self_params(&self, &jailed, e);

	if (r < 0 || !d)
		return r;
	v = pset_value(&self, row->path);
	if (!jailed)
		strbuf_adds(b, row->dflt);
	else if (d->type == PARAM_BOOL) /* arg: the row says the reverse */
		strbuf_adds(b, param_set_bool(&self, row->path) != row->arg
				       ? "1"
				       : "0");
	else
		strbuf_adds(b, v ? v : d->dflt ? d->dflt : row->dflt);
	return 0;
}

/* The kernel's in a jail that was given none. */
static int get_osrelease(const struct sysctl_row *row, struct strbuf *b,
			 struct err *e)
{
	struct utsname u;
	struct sysctl_row own = *row;

	own.path = "osrelease";
	own.dflt = uname(&u) < 0 ? "" : u.release;
	return get_param(&own, b, e);
}

/* The kernel's notes have it, as ld(1) wrote it. */
static int get_build_id(const struct sysctl_row *row, struct strbuf *b,
			struct err *e)
{
	enum {
		HEAD = 12,
		GNU_BUILD_ID = 3
	};
	cleanup_free char *text = NULL;
	uint32_t h[3];
	size_t len = 0, next;
	int r = file_read(AT_FDCWD, "/sys/kernel/notes", VALUE_MAX, &text, &len,
			  e);

	(void)row;
	if (r < 0)
		return r;
	for (size_t i = 0; i + HEAD <= len; i = next) {
		memcpy(h, text + i, HEAD);
		i += HEAD;
		/* hostile sizes run past the end, not around it */
		if (h[0] > len || h[1] > len)
			break;
		next = i + (h[0] + 3) / 4 * 4;
		if (next + h[1] > len)
			break;
		if (h[2] == GNU_BUILD_ID && h[0] == 4 &&
		    !memcmp(text + i, "GNU", 4)) {
			for (size_t k = 0; k < h[1]; k++)
				strbuf_addf(b, "%02x",
					    (unsigned char)text[next + k]);
			return 0;
		}
		next += (h[1] + 3) / 4 * 4;
	}
	return 0;
}

/*
 * What runs already would escape a level: only the creator, who knows whether
 * something runs, can raise it.
 */
static int set_securelevel(const struct sysctl_row *row, const char *value,
			   struct err *e)
{
	cleanup_strbuf struct strbuf now = STRBUF_INIT;
	long long want = strtoll(value, NULL, 0);
	int r = get_param(row, &now, e), level;

	if (r < 0)
		return r;
	level = atoi(now.s);
	if (want == level)
		return 0;
	return err_sys(e, want < level ? EPERM : ENOTSUP, "%s", row->name);
}

/* What the creator of this jail gave it as env; the host has none. */
static int get_jail_env(const struct sysctl_row *row, struct strbuf *b,
			struct err *e)
{
	struct prison_self self = {0};
	cleanup_free char *text = NULL;
	int r = prison_self(&self, e);

	(void)row;
	if (!r && self.jailed &&
	    file_read(AT_FDCWD, CELLBLOCK_RUN "/env", PRISON_META_HARD, &text,
		      NULL, NULL) == 0)
		strbuf_adds(b, text);
	return r;
}

/* prison_set() reads what is kept. */
static int set_metamax(const struct sysctl_row *row, const char *value,
		       struct err *e)
{
	struct prison_self self = {0};
	long long n;
	int r = prison_self(&self, e);

	if (r < 0)
		return r;
	if (self.jailed)
		return err_sys(e, EPERM, "%s", row->name);
	if (str_to_int(value, 1, PRISON_META_HARD, &n) < 0)
		return err_sys(e, EINVAL, "%s", row->name);
	return set_keep(row, value, e);
}

/* A number to keep, and the vnet that is to follow it. */
static int set_of_vnet(const struct sysctl_row *row, const char *value,
		       struct vnet **ret, struct err *e)
{
	long long n;
	int r;

	if (str_to_int(value, INT32_MIN, INT32_MAX, &n) < 0)
		return err_sys(e, EINVAL, "%s", row->name);
	r = set_keep(row, value, e);
	return r < 0 ? r : vnet_open(-1, VNET_STATEDIR, ret, e);
}

/* Laggs that are there follow. */
static int set_rx_all(const struct sysctl_row *row, const char *value,
		      struct err *e)
{
	cleanup_vnet struct vnet *v = NULL;
	int r = set_of_vnet(row, value, &v, e);

	return r < 0 ? r : lagg_rx_all_apply(v, e);
}

/* Vlans that are there follow, and rules that ask for it. */
static int set_mtag_pcp(const struct sysctl_row *row, const char *value,
			struct err *e)
{
	cleanup_vnet struct vnet *v = NULL;
	int r = set_of_vnet(row, value, &v, e);

	if (r >= 0)
		r = vlan_mtag_pcp_apply(v, e);
	return r < 0 ? r : pf_rules_again(v, e);
}

/* In force, or as before. */
static int set_pfil(const struct sysctl_row *row, const char *value,
		    struct err *e)
{
	cleanup_strbuf struct strbuf old = STRBUF_INIT;
	cleanup_vnet struct vnet *v = NULL;
	long long n;
	int r;

	if (str_to_int(value, INT32_MIN, INT32_MAX, &n) < 0)
		return err_sys(e, EINVAL, "%s", row->name);
	r = get_keep(row, &old, e);
	if (r >= 0)
		r = vnet_open(-1, VNET_STATEDIR, &v, e);
	if (r >= 0)
		r = set_keep(row, value, e);
	if (r < 0)
		return r;
	r = pf_pfil_apply(v, e);
	if (r < 0) {
		set_keep(row, old.s, NULL);
		pf_pfil_apply(v, NULL);
	}
	return r;
}

/* ---- rows ---- */

#define PROC(n, p, d)                                                          \
	{                                                                      \
		.name = n, .get = get_proc, .set = set_proc, .path = p,        \
		.descr = d                                                     \
	}
#define INV(n, p, d)                                                           \
	{                                                                      \
		.name = n, .get = get_inv, .set = set_inv, .path = p,          \
		.descr = d                                                     \
	}
#define FIELD(n, p, a, d)                                                      \
	{                                                                      \
		.name = n, .get = get_field, .set = set_field, .path = p,      \
		.arg = a, .descr = d                                           \
	}
#define SCALE(n, p, a, d)                                                      \
	{                                                                      \
		.name = n, .get = get_scale, .set = set_scale, .path = p,      \
		.arg = a, .descr = d                                           \
	}
#define ALL(n, p, d)                                                           \
	{                                                                      \
		.name = n, .get = get_all, .set = set_all, .path = p,          \
		.descr = d                                                     \
	}
#define ALL_INV(n, p, d)                                                       \
	{                                                                      \
		.name = n, .get = get_all_inv, .set = set_all_inv, .path = p,  \
		.descr = d                                                     \
	}
#define KEEP(n, v, d, why)                                                     \
	{                                                                      \
		.name = n, .get = get_keep, .set = set_keep, .dflt = v,        \
		.descr = d, .inert = why                                       \
	}
#define PFIL(n, d)                                                             \
	{                                                                      \
		.name = n, .get = get_keep, .set = set_pfil, .dflt = "0",      \
		.descr = d                                                     \
	}
#define FIXED(n, v, d)                                                         \
	{                                                                      \
		.name = n, .get = get_fixed, .dflt = v, .descr = d             \
	}
#define FIXED_S(n, v, d)                                                       \
	{                                                                      \
		.name = n, .type = SYSCTL_STRING, .get = get_fixed, .dflt = v, \
		.descr = d                                                     \
	}
#define PARAM(n, p, v, a, d)                                                   \
	{                                                                      \
		.name = n, .get = get_param, .path = p, .dflt = v, .arg = a,   \
		.descr = d                                                     \
	}
#define FN(n, t, f, a, d)                                                      \
	{                                                                      \
		.name = n, .type = t, .get = f, .arg = a, .descr = d           \
	}

#define NO_TAP "tap devices are not opened through device nodes"
#define NO_FIBS "there is one fib"
#define NO_FLAP "nobody looks for it"
#define NO_OTHER "nothing here acts on it"
#define NO_CARP "there is no carp(4): keepalived shares addresses"

#define C4 "net/ipv4/conf/"
#define C6 "net/ipv6/conf/"

static const struct sysctl_row sysctl_rows[] = {
	FN("hw.machine", SYSCTL_STRING, get_uname, 'm', "Machine class"),
	FN("hw.machine_arch", SYSCTL_STRING, get_uname, 'p',
	   "System architecture"),
	FN("hw.model", SYSCTL_STRING, get_model, 0, "Machine model"),
	FN("hw.ncpu", SYSCTL_INT, get_ncpu, 0, "Number of active CPUs"),
	FN("hw.pagesize", SYSCTL_INT, get_pagesize, 0, "Page size"),
	FN("hw.physmem", SYSCTL_LONG, get_physmem, 0,
	   "Amount of physical memory (in bytes)"),
	FN("hw.realmem", SYSCTL_LONG, get_physmem, 0,
	   "Amount of memory (in bytes) reported by the firmware"),
	FN("hw.usermem", SYSCTL_LONG, get_physmem, 1,
	   "Amount of memory (in bytes) which is not wired"),
	FN("kern.build_id", SYSCTL_STRING, get_build_id, 0,
	   "Operating system build-id"),
	FN("kern.boottime", SYSCTL_STRING, get_boottime, 0,
	   "Estimated system boottime"),
	{.name = "kern.domainname",
	 .type = SYSCTL_STRING,
	 .get = get_proc,
	 .set = set_proc,
	 .path = "kernel/domainname",
	 .descr = "Name of the current YP/NIS domain"},
	FIXED("kern.features.inet", "1", "Internet Protocol version 4"),
	FIXED("kern.features.inet6", "1", "Internet Protocol version 6"),
	FIXED("kern.features.vimage", "1", "VIMAGE kernel virtualization"),
	FN("kern.hostid", SYSCTL_LONG, get_hostid, 0, "Host ID"),
	{.name = "kern.hostname",
	 .type = SYSCTL_STRING,
	 .get = get_uname,
	 .set = set_hostname,
	 .arg = 'n',
	 .descr = "Hostname"},
	FN("kern.hostuuid", SYSCTL_STRING, get_hostuuid, 0, "Host UUID"),
	FIXED_S("kern.ident", "GENERIC", "Kernel identifier"),
	PROC("kern.ipc.maxsockbuf", "net/core/rmem_max",
	     "Maximum socket buffer size"),
	PROC("kern.ipc.soacceptqueue", "net/core/somaxconn",
	     "Maximum listen socket pending connection accept queue size"),
	PROC("kern.ipc.somaxconn", "net/core/somaxconn",
	     "Maximum listen socket pending connection accept queue size"),
	{.name = "kern.maxfiles",
	 .type = SYSCTL_LONG,
	 .get = get_proc,
	 .set = set_proc,
	 .path = "fs/file-max",
	 .descr = "Maximum number of files"},
	PROC("kern.maxproc", "kernel/pid_max", "Maximum number of processes"),
	PARAM("kern.osreldate", "osreldate", PRISON_OSRELDATE, 0,
	      "Kernel release date"),
	FN("kern.osrelease", SYSCTL_STRING, get_osrelease, 0,
	   "Operating system release"),
	FN("kern.ostype", SYSCTL_STRING, get_uname, 's',
	   "Operating system type"),
	{.name = "kern.openfiles",
	 .get = get_openfiles,
	 .path = "fs/file-nr",
	 .descr = "System-wide number of open files"},
	FIXED("kern.racct.enable", "1", "Enable RACCT/RCTL"),
	{
		.name = "kern.securelevel",
		.get = get_param,
		.set = set_securelevel,
		.path = "securelevel",
		.dflt = "-1",
		.descr = "Current secure level",
	},
	FN("kern.smp.cpus", SYSCTL_INT, get_ncpu, 0, "Number of CPUs online"),
	FN("kern.version", SYSCTL_STRING, get_uname, 'v', "Kernel version"),
	KEEP("net.add_addr_allfibs", "0",
	     "Whether to add interface routes to all fibs", NO_FIBS),
	FIXED("net.fibs", "1", "Number of fibs"),
	FIXED("net.graph.abi_version", "12", "Kernel's netgraph ABI"),
	FIXED("net.graph.control.proto", "2", "Protocol of control sockets"),
	FIXED("net.graph.data.proto", "1", "Protocol of data sockets"),
	FIXED("net.graph.family", "32", "Family of netgraph's sockets"),
	KEEP("net.graph.maxalloc", "4096", "Maximum number of queue items",
	     NO_OTHER),
	KEEP("net.graph.maxdata", "4096", "Maximum number of data items",
	     NO_OTHER),
	KEEP("net.graph.maxdgram", "20480", "Maximum outgoing datagram size",
	     NO_OTHER),
	FIXED("net.graph.msg_version", "8", "Version of control messages"),
	KEEP("net.graph.recvspace", "20480", "Maximum space for messages",
	     NO_OTHER),
	KEEP("net.inet.carp.allow", "1", "Accept incoming CARP packets",
	     NO_CARP),
	KEEP("net.inet.carp.demotion", "0", "Adjust demotion factor", NO_CARP),
	KEEP("net.inet.carp.log", "1", "CARP log level", NO_CARP),
	KEEP("net.inet.carp.preempt", "0", "High-priority backup preemption",
	     NO_CARP),
	INV("net.inet.icmp.bmcastecho", "net/ipv4/icmp_echo_ignore_broadcasts",
	    "Reply to multicast ICMP Echo Request and Timestamp packets"),
	ALL_INV("net.inet.icmp.drop_redirect", C4 "%s/accept_redirects",
		"Ignore ICMP redirects"),
	PROC("net.inet.icmp.icmplim", "net/ipv4/icmp_msgs_per_sec",
	     "Maximum number of ICMP responses per second"),
	FIXED("net.inet.icmp.maskrepl", "0",
	      "Reply to ICMP Address Mask Request"),
	ALL("net.inet.ip.accept_sourceroute", C4 "%s/accept_source_route",
	    "Enable accepting source routed IP packets"),
	PROC("net.inet.ip.forwarding", "net/ipv4/ip_forward",
	     "Enable IP forwarding between interfaces"),
	FIELD("net.inet.ip.portrange.first", "net/ipv4/ip_local_port_range", 0,
	      "Start of the range of local ports"),
	FIELD("net.inet.ip.portrange.hifirst", "net/ipv4/ip_local_port_range",
	      0, "Start of the range of high local ports"),
	FIELD("net.inet.ip.portrange.hilast", "net/ipv4/ip_local_port_range", 1,
	      "End of the range of high local ports"),
	FIELD("net.inet.ip.portrange.last", "net/ipv4/ip_local_port_range", 1,
	      "End of the range of local ports"),
	PROC("net.inet.ip.portrange.reservedhigh",
	     "net/ipv4/ip_unprivileged_port_start",
	     "First port that needs no privilege"),
	ALL("net.inet.ip.redirect", C4 "%s/send_redirects",
	    "Enable sending IP redirects"),
	ALL("net.inet.ip.sourceroute", C4 "%s/accept_source_route",
	    "Enable forwarding source routed IP packets"),
	PROC("net.inet.ip.ttl", "net/ipv4/ip_default_ttl",
	     "Maximum TTL on IP packets"),
	{.name = "net.inet.tcp.cc.algorithm",
	 .type = SYSCTL_STRING,
	 .get = get_proc,
	 .set = set_proc,
	 .path = "net/ipv4/tcp_congestion_control",
	 .descr = "Default congestion control algorithm"},
	{.name = "net.inet.tcp.cc.available",
	 .type = SYSCTL_STRING,
	 .get = get_proc,
	 .path = "net/ipv4/tcp_available_congestion_control",
	 .descr = "Available congestion control algorithms"},
	PROC("net.inet.tcp.ecn.enable", "net/ipv4/tcp_ecn", "TCP ECN support"),
	PROC("net.inet.tcp.keepcnt", "net/ipv4/tcp_keepalive_probes",
	     "Number of keepalive probes to send"),
	SCALE("net.inet.tcp.keepidle", "net/ipv4/tcp_keepalive_time", 1000,
	      "Time before keepalive probes begin (ms)"),
	SCALE("net.inet.tcp.keepintvl", "net/ipv4/tcp_keepalive_intvl", 1000,
	      "Time between keepalive probes (ms)"),
	INV("net.inet.tcp.path_mtu_discovery", "net/ipv4/ip_no_pmtu_disc",
	    "Enable Path MTU Discovery"),
	FIELD("net.inet.tcp.recvspace", "net/ipv4/tcp_rmem", 1,
	      "Initial receive socket buffer size"),
	PROC("net.inet.tcp.rfc1323", "net/ipv4/tcp_window_scaling",
	     "Enable window scaling"),
	PROC("net.inet.tcp.sack.enable", "net/ipv4/tcp_sack",
	     "Enable TCP SACK support"),
	FIELD("net.inet.tcp.sendspace", "net/ipv4/tcp_wmem", 1,
	      "Initial send socket buffer size"),
	PROC("net.inet.tcp.syncookies", "net/ipv4/tcp_syncookies",
	     "Use TCP SYN cookies if the syncache overflows"),
	ALL("net.inet6.icmp6.rediraccept", C6 "%s/accept_redirects",
	    "Accept ICMPv6 redirect messages"),
	ALL("net.inet6.ip6.accept_rtadv", C6 "%s/accept_ra",
	    "Accept router advertisements on new interfaces"),
	ALL("net.inet6.ip6.dad_count", C6 "%s/dad_transmits",
	    "Number of ICMPv6 NS messages sent during duplicate address "
	    "detection"),
	ALL("net.inet6.ip6.forwarding", C6 "%s/forwarding",
	    "Enable forwarding of IPv6 packets between interfaces"),
	ALL("net.inet6.ip6.hlim", C6 "%s/hop_limit", "Default hop limit"),
	ALL_INV("net.inet6.ip6.no_radr", C6 "%s/accept_ra_defrtr",
		"Do not take default routers from advertisements"),
	ALL("net.inet6.ip6.use_tempaddr", C6 "%s/use_tempaddr",
	    "Create RFC 8981 temporary addresses"),
	KEEP("net.inet6.ip6.use_defaultzone", "0",
	     "Use the default scope zone when none is specified", NO_OTHER),
	PROC("net.inet6.ip6.v6only", "net/ipv6/bindv6only",
	     "Restrict AF_INET6 sockets to IPv6 addresses only"),
	KEEP("net.link.bridge.allow_llz_overlap", "0",
	     "Allow overlap of link-local scope zones", NULL),
	KEEP("net.link.bridge.inherit_mac", "0",
	     "Inherit MAC address from the first bridge member", NULL),
	KEEP("net.link.bridge.ipfw", "0", "Pass bridged frames to ipfw",
	     "there is no ipfw"),
	KEEP("net.link.bridge.ipfw_arp", "0", "Filter ARP packets through ipfw",
	     "there is no ipfw"),
	KEEP("net.link.bridge.log_mac_flap", "1",
	     "Log MAC address port flapping", NO_FLAP),
	KEEP("net.link.bridge.log_stp", "0", "Log STP state changes", NULL),
	KEEP("net.link.bridge.member_ifaddrs", "1",
	     "Allow layer 3 addresses on bridge members", NULL),
	PFIL(PFIL_BRIDGE, "Packet filter on the bridge interface"),
	PFIL(PFIL_LOCAL_PHYS,
	     "Packet filter on the physical interface for locally destined "
	     "packets"),
	PFIL(PFIL_MEMBER, "Packet filter on the member interface"),
	PFIL(PFIL_ONLYIP, "Only pass IP packets when pfil is enabled"),
	KEEP("net.link.epair.netisr_maxqlen", "2100",
	     "Maximum queue length of epair interfaces", NO_OTHER),
	PROC("net.link.ether.inet.max_age",
	     "net/ipv4/neigh/default/gc_stale_time",
	     "ARP entry lifetime in seconds"),
	ALL("net.link.ether.inet.proxyall", C4 "%s/proxy_arp",
	    "Enable proxy ARP for all suitable requests"),
	KEEP("net.link.ether.ipfw", "0", "Pass ether packets through ipfw",
	     "there is no ipfw"),
	KEEP("net.link.gif.max_nesting", "1", "Maximum nesting of tunnels",
	     NO_OTHER),
	{.name = LAGG_RX_ALL_NAME,
	 .get = get_keep,
	 .set = set_rx_all,
	 .dflt = "0",
	 .descr = "Accept input from any interface in a failover lagg"},
	KEEP("net.link.tap.up_on_open", "0",
	     "Bring interface up when the device is opened", NO_TAP),
	KEEP("net.link.tap.user_open", "0",
	     "Enable access to the device nodes for users", NO_TAP),
	{.name = VLAN_MTAG_PCP,
	 .get = get_keep,
	 .set = set_mtag_pcp,
	 .dflt = "0",
	 .descr = "Retain VLAN PCP information as packets are passed up"},
	KEEP("net.pf.filter_local", "0",
	     "Filter packets that are delivered to the local stack", NO_OTHER),
	KEEP("net.pf.request_maxcount", "65535",
	     "Maximum number of tables and addresses in a request", NO_OTHER),
	FIXED("net.pf.source_nodes_hashsize", "8192",
	      "Size of the source nodes' hash table"),
	FIXED("net.pf.states_hashsize", "32768",
	      "Size of the states' hash table"),
	PARAM("security.jail.allow_raw_sockets", "allow.raw_sockets", "0", 0,
	      "Processes in jail can create raw sockets"),
	PARAM("security.jail.chflags_allowed", "allow.chflags", "0", 0,
	      "Processes in jail can alter system file flags"),
	FN("security.jail.children.cur", SYSCTL_INT, get_self,
	   SELF_CHILDREN_CUR, "Current number of child jails"),
	FN("security.jail.children.max", SYSCTL_INT, get_self,
	   SELF_CHILDREN_MAX, "Maximum number of child jails"),
	PARAM("security.jail.devfs_ruleset", "devfs_ruleset", "0", 0,
	      "Ruleset for the devfs filesystem in jail"),
	PARAM("security.jail.enforce_statfs", "enforce_statfs", "2", 0,
	      "Processes in jail cannot see all mounted file systems"),
	FN("security.jail.env", SYSCTL_STRING, get_jail_env, 0,
	   "Meta information provided by parent jail"),
	FIXED("security.jail.jail_max_af_ips", "255",
	      "Number of IP addresses a jail may have at most per address "
	      "family"),
	FN("security.jail.jailed", SYSCTL_INT, get_self, SELF_JAILED,
	   "Process in jail?"),
	{
		.name = "security.jail.meta_maxbufsize",
		.get = get_keep,
		.set = set_metamax,
		.dflt = "4096",
		.descr = "Maximum buffer size of each meta and env",
	},
	PARAM("security.jail.mount_allowed", "allow.mount", "0", 0,
	      "Processes in jail can mount/unmount jail-friendly file systems"),
	PARAM("security.jail.mount_devfs_allowed", "allow.mount.devfs", "0", 0,
	      "Jail may mount the devfs file system"),
	PARAM("security.jail.mount_fdescfs_allowed", "allow.mount.fdescfs", "0",
	      0, "Jail may mount the fdescfs file system"),
	PARAM("security.jail.mount_fusefs_allowed", "allow.mount.fusefs", "0",
	      0, "Jail may mount the fusefs file system"),
	PARAM("security.jail.mount_linprocfs_allowed", "allow.mount.linprocfs",
	      "0", 0, "Jail may mount the linprocfs file system"),
	PARAM("security.jail.mount_linsysfs_allowed", "allow.mount.linsysfs",
	      "0", 0, "Jail may mount the linsysfs file system"),
	PARAM("security.jail.mount_nullfs_allowed", "allow.mount.nullfs", "0",
	      0, "Jail may mount the nullfs file system"),
	PARAM("security.jail.mount_procfs_allowed", "allow.mount.procfs", "0",
	      0, "Jail may mount the procfs file system"),
	PARAM("security.jail.mount_tmpfs_allowed", "allow.mount.tmpfs", "0", 0,
	      "Jail may mount the tmpfs file system"),
	PARAM("security.jail.mount_zfs_allowed", "allow.mount.zfs", "0", 0,
	      "Jail may mount the zfs file system"),
	PARAM("security.jail.set_hostname_allowed", "allow.set_hostname", "1",
	      0, "Processes in jail can set their hostnames"),
	PARAM("security.jail.socket_unixiproute_only", "allow.socket_af", "1",
	      1,
	      "Processes in jail are limited to creating UNIX/IP/route sockets "
	      "only"),
	PARAM("security.jail.sysvipc_allowed", "allow.sysvipc", "0", 0,
	      "Processes in jail can use System V IPC primitives"),
	FN("security.jail.vnet", SYSCTL_INT, get_self, SELF_VNET,
	   "Jail owns vnet?"),
	FN("vm.loadavg", SYSCTL_STRING, get_loadavg, 0,
	   "Machine loadaverage history"),
};

const struct sysctl_row *sysctl_row_at(size_t i)
{
	return i < ARRAY_SIZE(sysctl_rows) ? &sysctl_rows[i] : NULL;
}
