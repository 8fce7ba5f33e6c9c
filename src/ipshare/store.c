/*
 * store: see store.h.
 *
 * Theory of operation.  The programs are loaded once and pinned in a bpffs of
 * ours, below a directory whose name is a number made of the programs when they
 * are built: BPFDIR/ipshare-NUMBER.  Another version of cellblock so has pins
 * of its own, and jails that were started by the older one keep what they
 * have.  Everything is pinned below another name first, which rename(2) makes
 * the right one: a directory with that name is complete, whoever was killed.
 *
 * sk_lookup has an instance for each network namespace, whose number is put
 * into it; the pin of its link (lookup-COOKIE) is what holds it.  Programs on
 * cgroups need no link: they live as long as the cgroup.
 */
#include "ipshare/store.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/str.h"
#include "ipshare/ipshare.h"
#include "ns/bpffs.h"
#include "ns/bpflib.h"
#include "ns/btf.h"

#include "ipshare/jail.skel.h"
#include "ipshare/lookup.skel.h"
#include "ipshare/version.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#define PREFIX "ipshare-"
#define PROG_PREFIX "cb_ip_"
#define PROGS_MAX 64

static const char what[] = "addresses";

/* --- tables -------------------------------------------------------------- */

/* Names in the skeleton are the names of the pins. */
const char *const store_maps[STORE_NMAPS] = {
	[STORE_CONF] = "cb_ip_conf",	   [STORE_SOCK] = "cb_ip_sock",
	[STORE_JAILS] = "cb_ip_jails",	   [STORE_MEMBERS] = "cb_ip_members",
	[STORE_OWNERS] = "cb_ip_owners",   [STORE_ROUTES] = "cb_ip_routes",
	[STORE_SOURCES] = "cb_ip_sources", [STORE_PORTS] = "cb_ip_ports",
	[STORE_LISTEN] = "cb_ip_listen",   [STORE_USED] = "cb_ip_used",
	[STORE_WAITING] = "cb_ip_waiting", [STORE_HEARD] = "cb_ip_heard",
	[STORE_LOST] = "cb_ip_lost",	   [STORE_QUEUES] = "cb_ip_queues",
};

/* When a program is needed. */
enum when {
	ALWAYS,
	FOR_V4, /* unless disabled */
	FOR_V6,
	FOR_BOTH, /* unless both are */
	FOR_RAW,
	/*
	 * UDP wildcards at the first address, which IPv4 reaches by sockets
	 * for IPv6: the kernel then locks the socket for each setsockopt, so
	 * it is not for all
	 */
	FOR_SHARED,
};
/*
 * The row has a place from the second one on; these are harmless while it is
 * not filled in, and the first is there before any socket needs it.  IPv6
 * sockets reach IPv4 by connect4 and sendmsg4, too, so these are not for IPv4
 * only.
 */
static const struct prog {
	const char *name;
	enum bpf_attach_type type;
	enum when when;
} progs[] = {
	{"cb_ip_option", BPF_CGROUP_SETSOCKOPT, FOR_SHARED},
	{"cb_ip_release", BPF_CGROUP_INET_SOCK_RELEASE, ALWAYS},
	{"cb_ip_create", BPF_CGROUP_INET_SOCK_CREATE, ALWAYS},
	{"cb_ip_bind4", BPF_CGROUP_INET4_BIND, FOR_V4},
	{"cb_ip_bind6", BPF_CGROUP_INET6_BIND, FOR_V6},
	{"cb_ip_bound4", BPF_CGROUP_INET4_POST_BIND, FOR_V4},
	{"cb_ip_bound6", BPF_CGROUP_INET6_POST_BIND, FOR_V6},
	{"cb_ip_listens", BPF_CGROUP_SOCK_OPS, FOR_BOTH},
	{"cb_ip_connect4", BPF_CGROUP_INET4_CONNECT, FOR_BOTH},
	{"cb_ip_connect6", BPF_CGROUP_INET6_CONNECT, FOR_V6},
	{"cb_ip_send4", BPF_CGROUP_UDP4_SENDMSG, FOR_BOTH},
	{"cb_ip_send6", BPF_CGROUP_UDP6_SENDMSG, FOR_V6},
	{"cb_ip_name4", BPF_CGROUP_INET4_GETSOCKNAME, FOR_V4},
	{"cb_ip_name6", BPF_CGROUP_INET6_GETSOCKNAME, FOR_V6},
	{"cb_ip_egress", BPF_CGROUP_INET_EGRESS, FOR_RAW},
};

static bool needed(const struct prog *p, const struct ipshare_row *row)
{
	bool v4 = row->mode[IPSHARE_V4] != IPSHARE_DISABLE;
	bool v6 = row->mode[IPSHARE_V6] != IPSHARE_DISABLE;

	switch (p->when) {
	case ALWAYS:
		return true;
	case FOR_V4:
		return v4;
	case FOR_V6:
		return v6;
	case FOR_BOTH:
		return v4 || v6;
	case FOR_RAW:
		return row->raw;
	case FOR_SHARED:
		return row->shares && v4 && v6;
	}
	return true;
}

/* --- what the kernel lacks ----------------------------------------------- */

/* What is tried when the programs do not load, to say what is missing. */
static const struct feature {
	enum bpf_map_type map;
	uint32_t key, value;
	const char *option;
} features[] = {
	{BPF_MAP_TYPE_HASH, 8, 8, "CONFIG_BPF_SYSCALL"},
	{BPF_MAP_TYPE_CGROUP_STORAGE, 8, 8, "CONFIG_CGROUP_BPF"},
	{BPF_MAP_TYPE_SOCKHASH, 8, 8, "CONFIG_NET, CONFIG_BPF_STREAM_PARSER"},
};

int store_refused(int code, struct err *e)
{
	for (size_t i = 0; i < ARRAY_SIZE(features); i++) {
		const struct feature *f = &features[i];
		cleanup_close int fd = bpf_map_create(
			f->map, NULL, f->key, f->value,
			f->map == BPF_MAP_TYPE_CGROUP_STORAGE ? 0 : 1, NULL);

		if (fd == -EPERM)
			return err_set(e, EPERM,
				       "%s: no right to load BPF programs",
				       what);
		if (fd == -EINVAL || fd == -ENOSYS || fd == -EOPNOTSUPP)
			return err_set(e, ENOSYS, "%s: this kernel has no %s",
				       what, f->option);
	}
	return bpflib_refused(code, what, "Linux 6.1 or later", e);
}

/* --- loading ------------------------------------------------------------- */

static const struct btf_want wants[] = {
	{.type = "sock_common", .member = "skc_family"},
	{.type = "sock_common", .member = "skc_ipv6only"},
	{.type = "sock_common", .member = "skc_cookie"},
	{.type = "sock_common", .member = "skc_net"},
	{.type = "net", .member = "net_cookie"},
	/* only some sockets of UDP are asked about these */
	{.type = "sock", .member = "sk_flags", .optional = true},
	{.type = "inet_sock", .member = "inet_flags", .optional = true},
	{.type = "inet_sock", .member = "cmsg_flags", .optional = true},
	{.type = "inet_sock", .member = "pinet6", .optional = true},
	{.type = "ipv6_pinfo", .member = "rxopt", .optional = true},
	{.type = "inet_sock", .member = "mc_list", .optional = true},
	{.type = "ipv6_pinfo", .member = "ipv6_mc_list", .optional = true},
};
enum {
	AT_FAMILY,
	AT_FLAGS,
	AT_COOKIE,
	AT_NET,
	AT_NET_COOKIE,
	AT_SK_FLAGS,
	AT_INET_FLAGS, /* its name since 6.6 */
	AT_CMSG_FLAGS, /* before */
	AT_PINET6,
	AT_RXOPT,
	AT_GROUPS,
	AT_GROUPS6,
	NWANTS
};
_Static_assert(ARRAY_SIZE(wants) == NWANTS, "wants");

/* linux: where struct sock_common has its family since 3.11 */
#define FAMILY_AT 16

static int places(struct btf_want at[NWANTS], struct err *e)
{
	int r;

	memcpy(at, wants, sizeof(wants));
	r = btf_kernel(at, NWANTS, e);
	if (r == -ENOSYS || r == -ENOENT)
		return err_set(e, ENOSYS,
			       "%s: this kernel has no type information "
			       "(CONFIG_DEBUG_INFO_BTF)",
			       what);
	if (r < 0)
		return err_wrap(e, "%s", what);
	if (at[AT_FAMILY].value != FAMILY_AT)
		return err_set(e, ENOSYS, "%s: an unknown kernel", what);
	return 0;
}

static void jail_free(struct jail_bpf **p)
{
	jail_bpf__destroy(*p);
}

static void lookup_free(struct lookup_bpf **p)
{
	lookup_bpf__destroy(*p);
}

static int load_jail(struct jail_bpf **ret, struct err *e)
{
	__attribute__((cleanup(jail_free))) struct jail_bpf *b = NULL;
	struct btf_want at[NWANTS];
	int r = places(at, e);

	if (r < 0)
		return r;
	bpflib_quiet();
	b = jail_bpf__open();
	if (!b)
		return err_sys(e, errno, "%s: BPF", what);
	b->rodata->at_flags = at[AT_FLAGS].value;
	b->rodata->at_cookie = at[AT_COOKIE].value;
	b->rodata->at_net = at[AT_NET].value;
	b->rodata->at_net_cookie = at[AT_NET_COOKIE].value;
	b->rodata->at_sk_flags = at[AT_SK_FLAGS].value;
	b->rodata->at_inet_flags = at[AT_INET_FLAGS].found
					   ? at[AT_INET_FLAGS].value
					   : at[AT_CMSG_FLAGS].value;
	b->rodata->at_pinet6 = at[AT_PINET6].value;
	b->rodata->at_rxopt = at[AT_RXOPT].value;
	b->rodata->at_groups = at[AT_GROUPS].value;
	b->rodata->at_groups6 = at[AT_GROUPS6].value;
	r = jail_bpf__load(b);
	if (r < 0)
		return store_refused(r, e);
	*ret = take_ptr(b);
	return 0;
}

static int load_lookup(const int fd[STORE_NMAPS], uint64_t cookie,
		       struct lookup_bpf **ret, struct err *e)
{
	__attribute__((cleanup(lookup_free))) struct lookup_bpf *b = NULL;
	struct btf_want at[NWANTS];
	int r = places(at, e);

	if (r < 0)
		return r;
	bpflib_quiet();
	b = lookup_bpf__open();
	if (!b)
		return err_sys(e, errno, "%s: BPF", what);
	b->rodata->at_cookie = at[AT_COOKIE].value;
	b->rodata->netns = cookie;
	for (size_t i = 0; i < STORE_NMAPS && r >= 0; i++) {
		struct bpf_map *m =
			bpf_object__find_map_by_name(b->obj, store_maps[i]);

		if (m)
			r = bpf_map__reuse_fd(m, fd[i]);
	}
	if (r >= 0)
		r = lookup_bpf__load(b);
	if (r < 0)
		return store_refused(r, e);
	*ret = take_ptr(b);
	return 0;
}

/* --- pins ---------------------------------------------------------------- */

static char *version_path(const char *bpfdir)
{
	return str_printf("%s/" PREFIX STORE_VERSION, bpfdir);
}

int store_pin(const char *dir, const char *name, int fd, struct err *e)
{
	cleanup_free char *path = str_printf("%s/%s", dir, name);
	int r;

	if (!path)
		return err_nomem(e);
	r = bpf_obj_pin(fd, path);
	return r < 0 ? err_sys(e, -r, "%s", path) : 0;
}

int store_get(const char *dir, const char *name)
{
	cleanup_free char *path = str_printf("%s/%s", dir, name);

	return path ? bpf_obj_get(path) : -ENOMEM;
}

static int pin_all(const char *dir, const struct jail_bpf *b, struct err *e)
{
	int r = 0;

	for (size_t i = 0; i < STORE_NMAPS && r >= 0; i++)
		r = store_pin(dir, store_maps[i],
			      bpf_map__fd(bpf_object__find_map_by_name(
				      b->obj, store_maps[i])),
			      e);
	for (size_t i = 0; i < ARRAY_SIZE(progs) && r >= 0; i++)
		r = store_pin(dir, progs[i].name,
			      bpf_program__fd(bpf_object__find_program_by_name(
				      b->obj, progs[i].name)),
			      e);
	return r;
}

static int make_pins(const char *bpfdir, const char *path, struct err *e)
{
	__attribute__((cleanup(jail_free))) struct jail_bpf *b = NULL;
	cleanup_free char *tmp = str_printf("%s/new", bpfdir);
	int r;

	if (!tmp)
		return err_nomem(e);
	r = load_jail(&b, e);
	if (r < 0)
		return r;
	/* of one that was killed */
	file_rmtree(AT_FDCWD, tmp, NULL);
	if (mkdir(tmp, 0700) < 0)
		return err_sys(e, errno, "%s", tmp);
	r = pin_all(tmp, b, e);
	if (r >= 0 && rename(tmp, path) < 0)
		r = err_sys(e, errno, "%s", path);
	if (r < 0)
		file_rmtree(AT_FDCWD, tmp, NULL);
	return r;
}

void store_free(struct store *s)
{
	for (size_t i = 0; i < STORE_NMAPS; i++)
		cleanup_close_p(&s->map[i]);
	free(s->path);
}

static int open_maps(struct store *s)
{
	for (size_t i = 0; i < STORE_NMAPS; i++) {
		s->map[i] = store_get(s->path, store_maps[i]);
		if (s->map[i] < 0)
			return s->map[i];
	}
	return 0;
}

bool store_find(const char *bpfdir, struct store *s)
{
	s->path = version_path(bpfdir);
	return s->path && bpffs_is(bpfdir) && open_maps(s) == 0;
}

int store_open(const char *bpfdir, struct store *s, struct err *e)
{
	bool had = bpffs_is(bpfdir);
	int r = bpffs_mount(bpfdir, what, e);

	if (r < 0)
		return r;
	s->path = version_path(bpfdir);
	if (!s->path)
		return err_nomem(e);
	if (access(s->path, F_OK) < 0)
		r = make_pins(bpfdir, s->path, e);
	/* a user namespace may mount it, and no more */
	if (r < 0 && !had)
		store_unmount(bpfdir, NULL);
	if (r < 0)
		return r;
	r = open_maps(s);
	return r < 0 ? err_sys(e, -r, "%s", s->path) : 0;
}

int store_remove(const struct store *s, struct err *e)
{
	return file_rmtree(AT_FDCWD, s->path, e);
}

int store_unmount(const char *bpfdir, struct err *e)
{
	return bpffs_unmount(bpfdir, what, e);
}

int store_try(struct err *e)
{
	__attribute__((cleanup(lookup_free))) struct lookup_bpf *l = NULL;
	__attribute__((cleanup(jail_free))) struct jail_bpf *b = NULL;
	int fd[STORE_NMAPS];
	int r = load_jail(&b, e);

	if (r < 0)
		return r;
	for (size_t i = 0; i < STORE_NMAPS; i++)
		fd[i] = bpf_map__fd(
			bpf_object__find_map_by_name(b->obj, store_maps[i]));
	return load_lookup(fd, 1, &l, e);
}

/* --- cgroups ------------------------------------------------------------- */

/* Programs of ours that are attached to it for a hook; their number. */
static int attached(int cgroup_fd, enum bpf_attach_type type,
		    int ret_fd[PROGS_MAX])
{
	uint32_t ids[PROGS_MAX], n = PROGS_MAX;
	int r = bpf_prog_query(cgroup_fd, type, 0, NULL, ids, &n);
	int found = 0;

	if (r < 0)
		return r;
	for (uint32_t i = 0; i < n && i < PROGS_MAX; i++) {
		struct bpf_prog_info info = {0};
		uint32_t len = sizeof(info);
		cleanup_close int fd = bpf_prog_get_fd_by_id(ids[i]);

		if (fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &len) < 0 ||
		    strncmp(info.name, PROG_PREFIX, strlen(PROG_PREFIX)) != 0)
			continue;
		ret_fd[found++] = take_fd(&fd);
	}
	return found;
}

static uint32_t prog_id(int fd)
{
	struct bpf_prog_info info = {0};
	uint32_t len = sizeof(info);

	return fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &len) < 0 ? 0
								     : info.id;
}

/* keep: the programs of this version stay; NULL: none. */
static int detach(int cgroup_fd, const struct store *keep, struct err *e)
{
	for (size_t i = 0; i < ARRAY_SIZE(progs); i++) {
		cleanup_close int mine =
			keep ? store_get(keep->path, progs[i].name) : -1;
		uint32_t id = prog_id(mine);
		int fd[PROGS_MAX], r = 0;
		int n = attached(cgroup_fd, progs[i].type, fd);

		for (int k = 0; k < n; k++) {
			if (r >= 0 && prog_id(fd[k]) != id)
				r = bpf_prog_detach2(fd[k], cgroup_fd,
						     progs[i].type);
			if (r == -ENOENT)
				r = 0;
			close(fd[k]);
		}
		if (r < 0)
			return err_sys(e, -r, "%s: BPF", what);
	}
	return 0;
}

int store_detach(int cgroup_fd, struct err *e)
{
	return detach(cgroup_fd, NULL, e);
}

/* One other version's directory: the jail leaves it. */
static int leave(const char *dir, uint64_t cgroup, bool *ret_left,
		 struct err *e)
{
	cleanup_close int jails = store_get(dir, store_maps[STORE_JAILS]);
	struct bpf_map_info info = {0};
	uint32_t len = sizeof(info);
	uint64_t next;

	if (jails >= 0 && bpf_obj_get_info_by_fd(jails, &info, &len) == 0 &&
	    info.key_size == sizeof(cgroup)) {
		bpf_map_delete_elem(jails, &cgroup);
		if (bpf_map_get_next_key(jails, NULL, &next) == 0) {
			*ret_left = true;
			return 0;
		}
	}
	return file_rmtree(AT_FDCWD, dir, e);
}

int store_old(const char *bpfdir, const struct store *s, int cgroup_fd,
	      uint64_t cgroup, bool *ret_left, struct err *e)
{
	cleanup_closedir DIR *d = opendir(bpfdir);
	bool left = false, any = false;
	struct dirent *de;
	int r = 0;

	while (d && r >= 0 && (de = readdir(d))) {
		cleanup_free char *path = NULL;

		if (strncmp(de->d_name, PREFIX, strlen(PREFIX)) != 0)
			continue;
		path = str_printf("%s/%s", bpfdir, de->d_name);
		if (!path)
			return err_nomem(e);
		if (s->path && !strcmp(path, s->path))
			continue;
		any = true;
		r = leave(path, cgroup, &left, e);
	}
	if (r >= 0 && any && cgroup_fd >= 0)
		r = detach(cgroup_fd, s, e);
	*ret_left = left;
	return r;
}

int store_attach(struct store *s, int cgroup_fd, const struct ipshare_row *row,
		 struct err *e)
{
	for (size_t i = 0; i < ARRAY_SIZE(progs); i++) {
		cleanup_close int fd = store_get(s->path, progs[i].name);
		int r = fd;

		if (fd < 0)
			return err_sys(e, -r, "%s/%s", s->path, progs[i].name);
		if (needed(&progs[i], row))
			r = bpf_prog_attach(fd, cgroup_fd, progs[i].type,
					    BPF_F_ALLOW_MULTI);
		else
			r = bpf_prog_detach2(fd, cgroup_fd, progs[i].type);
		/* it is there, or is not */
		if (r == -EINVAL || r == -ENOENT)
			r = 0;
		if (r < 0)
			return err_sys(e, -r, "%s: BPF", what);
		if (i != 1)
			continue;
		r = bpf_map_update_elem(s->map[STORE_CONF], &row->cgroup, row,
					BPF_EXIST);
		if (r < 0)
			return err_sys(e, -r, "%s: BPF", what);
	}
	return 0;
}

/* --- sk_lookup ----------------------------------------------------------- */

static char *lookup_name(uint64_t cookie)
{
	return str_printf("lookup-%llu", (unsigned long long)cookie);
}

int store_lookup(struct store *s, int net_fd, uint64_t cookie, struct err *e)
{
	__attribute__((cleanup(lookup_free))) struct lookup_bpf *b = NULL;
	cleanup_free char *name = lookup_name(cookie);
	cleanup_close int had = name ? store_get(s->path, name) : -1;
	cleanup_close int link = -1;
	int r;

	if (!name)
		return err_nomem(e);
	if (had >= 0)
		return 0;
	r = load_lookup(s->map, cookie, &b, e);
	if (r < 0)
		return r;
	link = bpf_link_create(bpf_program__fd(b->progs.cb_ip_lookup), net_fd,
			       BPF_SK_LOOKUP, NULL);
	if (link < 0)
		return store_refused(link, e);
	return store_pin(s->path, name, link, e);
}

int store_lookup_remove(struct store *s, uint64_t cookie, struct err *e)
{
	cleanup_free char *name = lookup_name(cookie);
	cleanup_free char *path = NULL;

	if (!name)
		return err_nomem(e);
	path = str_printf("%s/%s", s->path, name);
	if (!path)
		return err_nomem(e);
	if (unlink(path) < 0 && errno != ENOENT)
		return err_sys(e, errno, "%s", path);
	return 0;
}
