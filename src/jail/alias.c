/* alias: see alias.h. */
#include "jail/alias.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/plan.h"
#include "jail/prison_int.h"
#include "jail/regtext.h"
#include "net/addr.h"
#include "net/ifnet.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* An entry of a list: "TOKEN IF|ADDR"; a token is the first list's name. */
#define PATH_ROOM 256
#define KEY "alias"

int alias_list_name(char ret[static ALIAS_LIST_MAX], struct err *e)
{
	static unsigned int next;
	struct proc_id me;
	int r = proc_id_self(&me, e);

	if (!r)
		snprintf(ret, ALIAS_LIST_MAX, "%d.%llu.%u", (int)me.pid,
			 (unsigned long long)me.start, next++);
	return r;
}

/* --- lists
 * ------------------------------------------------------------------------------
 */

static void begun_path(const char *list, char ret[static PATH_ROOM])
{
	snprintf(ret, PATH_ROOM, "alias/begun/%s", list);
}

static void held_path(int jid, char ret[static PATH_ROOM])
{
	snprintf(ret, PATH_ROOM, "alias/held/%d", jid);
}

/* Missing is empty. */
static int list_read(struct prisons *ps, const char *path, struct strv *ret,
		     struct err *e)
{
	cleanup_pset struct pset t = {0};
	const struct jparam *p;
	int r;

	r = ps->dirfd < 0 ? -ENOENT : regtext_read(ps->dirfd, path, &t, NULL);
	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return err_sys(e, -r, CELLBLOCK_RUN "/%s", path);
	p = pset_find(&t, KEY);
	return p && strv_copy(ret, &p->values) < 0 ? err_nomem(e) : 0;
}

/* To be asked before the lock, which would make a registry. */
static bool list_there(struct prisons *ps, const char *path)
{
	return ps->dirfd >= 0 && faccessat(ps->dirfd, path, F_OK, 0) == 0;
}

static int make_dirs(struct prisons *ps, struct err *e)
{
	static const char *const dirs[] = {"alias", "alias/on", "alias/begun",
					   "alias/held"};

	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++)
		if (mkdirat(ps->dirfd, dirs[i], 0755) < 0 && errno != EEXIST)
			return err_sys(e, errno, CELLBLOCK_RUN "/%s", dirs[i]);
	return 0;
}

/* An empty list is none. */
static int list_write(struct prisons *ps, const char *path,
		      const struct strv *v, struct err *e)
{
	cleanup_pset struct pset t = {0};
	int r;

	if (!v->n) {
		if (unlinkat(ps->dirfd, path, 0) < 0 && errno != ENOENT)
			return err_sys(e, errno, CELLBLOCK_RUN "/%s", path);
		return 0;
	}
	r = make_dirs(ps, e);
	if (!r)
		r = pset_put_values(&t, KEY, v, false, NULL, 0, e);
	return r < 0 ? r : regtext_write(ps->dirfd, path, &t, e);
}

/* --- one address --------------------------------------------------------- */

struct entry {
	char token[ALIAS_LIST_MAX];
	char ifname[IFNAMSIZ];
	char addr[INET6_ADDRSTRLEN];
	int family;
	unsigned char bin[16];
};

/* False: no entry that this program wrote. */
static bool entry_parse(const char *s, struct entry *ret)
{
	struct entry x = {0};
	const char *bar = strrchr(s, '|');

	/* a name may have a bar in it, an address has not */
	if (!bar || strlen(bar + 1) >= sizeof(x.addr) ||
	    sscanf(s, "%63[0-9.] %15[^ /]", x.token, x.ifname) != 2 ||
	    (size_t)(bar - s) <= strlen(x.token) + 1 ||
	    (size_t)(bar - s) - strlen(x.token) - 1 >= sizeof(x.ifname))
		return false;
	x.ifname[(size_t)(bar - s) - strlen(x.token) - 1] = '\0';
	str_copy(x.addr, sizeof(x.addr), bar + 1);
	x.family = strchr(x.addr, ':') ? AF_INET6 : AF_INET;
	if (inet_pton(x.family, x.addr, x.bin) != 1)
		return false;
	*ret = x;
	return true;
}

static void on_dir(const struct entry *x, char ret[static PATH_ROOM])
{
	snprintf(ret, PATH_ROOM, "alias/on/%s|%s", x->ifname, x->addr);
}

static void on_file(const struct entry *x, char ret[static PATH_ROOM])
{
	snprintf(ret, PATH_ROOM, "alias/on/%s|%s/%s", x->ifname, x->addr,
		 x->token);
}

/* Did we make it, for others than this token (NULL: for anybody)? */
static bool made_for_others(struct prisons *ps, const struct entry *x,
			    const char *token)
{
	cleanup_closedir DIR *d = NULL;
	char path[PATH_ROOM];
	struct dirent *de;
	int fd;

	on_dir(x, path);
	fd = openat(ps->dirfd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	d = fd < 0 ? NULL : fdopendir(fd);
	while (d && (de = readdir(d)))
		if (de->d_name[0] != '.' &&
		    (!token || strcmp(de->d_name, token) != 0))
			return true;
	return false;
}

static int token_add(struct prisons *ps, const struct entry *x, struct err *e)
{
	char path[PATH_ROOM];
	int fd;

	on_dir(x, path);
	if (mkdirat(ps->dirfd, path, 0755) < 0 && errno != EEXIST)
		return err_sys(e, errno, CELLBLOCK_RUN "/%s", path);
	on_file(x, path);
	fd = openat(ps->dirfd, path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	if (fd < 0)
		return err_sys(e, errno, CELLBLOCK_RUN "/%s", path);
	close(fd);
	return 0;
}

static void token_drop(struct prisons *ps, const struct entry *x)
{
	char path[PATH_ROOM];

	on_file(x, path);
	unlinkat(ps->dirfd, path, 0);
	on_dir(x, path);
	unlinkat(ps->dirfd, path, AT_REMOVEDIR);
}

/* Off the interface, if both are there still. */
static int take_off(struct vnet *v, const struct entry *x, struct err *e)
{
	cleanup_ifnet struct ifnet ifp = {0};
	int r = ifnet_get(v, x->ifname, &ifp, e);

	if (r == -ENXIO) {
		err_clear(e);
		return 0;
	}
	if (r < 0 || !addr_find(&ifp, x->family, x->bin))
		return r;
	return addr_delete(v, &ifp, x->family, x->bin, e);
}

static int entry_end(struct prisons *ps, struct vnet *v, const struct entry *x,
		     struct err *e)
{
	char path[PATH_ROOM];
	int r = 0;

	on_file(x, path);
	if (faccessat(ps->dirfd, path, F_OK, 0) < 0)
		return 0;
	if (!made_for_others(ps, x, x->token))
		r = take_off(v, x, e);
	plan_failpoint();
	if (!r)
		token_drop(ps, x);
	return r < 0 ? err_wrap(e, "%s %s", x->ifname, x->addr) : 0;
}

/* --- making
 * -----------------------------------------------------------------------------
 */

/* With the interface's own name: "lo" and "lo0" are one. */
static void entry_of(const struct ifnet *ifp, const char *list,
		     const struct alias *a, struct entry *ret)
{
	struct entry x = {.family = a->family};

	memcpy(x.bin, a->addr, a->family == AF_INET ? 4 : 16);
	inet_ntop(a->family, a->addr, x.addr, sizeof(x.addr));
	str_copy(x.token, sizeof(x.token), list);
	str_copy(x.ifname, sizeof(x.ifname), ifp->name);
	*ret = x;
}

static int list_append(struct prisons *ps, const char *list,
		       const struct entry *x, struct err *e)
{
	cleanup_strv struct strv v = {0};
	char path[PATH_ROOM];
	int r;

	begun_path(list, path);
	r = list_read(ps, path, &v, e);
	if (r < 0)
		return r;
	if (strv_addf(&v, "%s %s|%s", x->token, x->ifname, x->addr) < 0)
		return err_nomem(e);
	return list_write(ps, path, &v, e);
}

int alias_add(struct prisons *ps, struct vnet *v, const char *list,
	      const struct alias *a, int (*make)(void *data, struct err *e),
	      void *data, struct err *e)
{
	cleanup_ifnet struct ifnet ifp = {0};
	cleanup_close int lock = -1;
	struct entry x;
	bool there;
	int r;

	r = ifnet_get(v, a->ifname, &ifp, NULL);
	if (r < 0)
		return make(data, e); /* which says what is wrong */
	entry_of(&ifp, list, a, &x);
	r = reg_lock(ps, &lock, e);
	if (r < 0)
		return r;
	there = addr_find(&ifp, a->family, a->addr);
	/* the machine's own */
	if (there && !made_for_others(ps, &x, NULL))
		return 0;
	r = list_append(ps, list, &x, e);
	plan_failpoint();
	if (!r)
		r = token_add(ps, &x, e);
	plan_failpoint();
	if (!r && !there)
		r = make(data, e);
	plan_failpoint();
	if (r < 0)
		token_drop(ps, &x);
	return r;
}

/* --- taking away --------------------------------------------------------- */

int alias_drop(struct prisons *ps, struct vnet *v, const char *list,
	       const struct alias *a, struct err *e)
{
	cleanup_strv struct strv l = {0};
	cleanup_ifnet struct ifnet ifp = {0};
	cleanup_close int lock = -1;
	char path[PATH_ROOM];
	int r;

	begun_path(list, path);
	if (!list_there(ps, path))
		return 0;
	r = reg_lock(ps, &lock, e);
	if (!r)
		r = list_read(ps, path, &l, e);
	if (r < 0 || !l.n)
		return r;
	if (ifnet_link(v, a->ifname, &ifp, NULL) < 0)
		return 0; /* gone, and with it its addresses */
	for (size_t i = l.n; i-- > 0;) {
		struct entry x;

		if (!entry_parse(l.v[i], &x) || x.family != a->family ||
		    memcmp(x.bin, a->addr, x.family == AF_INET ? 4 : 16) != 0 ||
		    strcmp(x.ifname, ifp.name) != 0)
			continue;
		r = entry_end(ps, v, &x, e);
		if (!r) {
			strv_remove(&l, i);
			r = list_write(ps, path, &l, e);
		}
		break;
	}
	if (!r && !l.n)
		reg_tidy(ps);
	return r;
}

/*
 * Those of the list that `keep` does not have; what could not be taken off
 * stays in the list, and the first error is told.  With the lock held.
 */
static int list_end(struct prisons *ps, const char *path,
		    const struct strv *keep, struct err *e)
{
	cleanup_vnet struct vnet *v = NULL;
	cleanup_strv struct strv l = {0};
	int r, first = 0;

	r = list_read(ps, path, &l, e);
	if (r < 0 || !l.n)
		return r;
	r = vnet_open(-1, VNET_STATEDIR, &v, e);
	if (r < 0)
		return r;
	for (size_t i = l.n; i-- > 0;) {
		struct entry x;

		if (entry_parse(l.v[i], &x)) {
			if (keep && strv_has(keep, x.addr))
				continue;
			r = entry_end(ps, v, &x, first ? NULL : e);
		}
		if (r < 0)
			first = first ? first : r;
		else
			strv_remove(&l, i);
		r = 0;
	}
	plan_failpoint();
	r = list_write(ps, path, &l, first ? NULL : e);
	return first ? first : r;
}

static int list_end_locked(struct prisons *ps, const char *path,
			   const struct strv *keep, struct err *e)
{
	cleanup_close int lock = -1;
	int r;

	if (!list_there(ps, path))
		return 0;
	r = reg_lock(ps, &lock, e);
	if (!r)
		r = list_end(ps, path, keep, e);
	if (!r)
		reg_tidy(ps);
	return r;
}

int alias_drop_all(struct prisons *ps, const char *list, struct err *e)
{
	char path[PATH_ROOM];

	begun_path(list, path);
	return list_end_locked(ps, path, NULL, e);
}

int alias_keep(struct prisons *ps, int jid, const struct strv *addrs,
	       struct err *e)
{
	char path[PATH_ROOM];

	held_path(jid, path);
	return list_end_locked(ps, path, addrs, e);
}

int alias_end(struct prisons *ps, int jid, int lo, int hi, struct err *e)
{
	char path[PATH_ROOM];
	cleanup_free int *v = NULL;
	size_t n = 0;
	int r;

	held_path(jid, path);
	r = list_end_locked(ps, path, NULL, e);
	if (!lo)
		return r;
	if (dir_jids(ps->dirfd, "alias/held", JAIL_MAX, &v, &n, NULL) < 0)
		return r;
	for (size_t i = 0; i < n; i++) {
		if (v[i] < lo || v[i] > hi)
			continue;
		held_path(v[i], path);
		if (r < 0)
			list_end_locked(ps, path, NULL, NULL);
		else
			r = list_end_locked(ps, path, NULL, e);
	}
	return r;
}

/* --- who has it ---------------------------------------------------------- */

/* Is that address of that interface in the list, by whatever token? */
static bool list_has(const struct strv *l, const char *entry)
{
	const char *what = strchr(entry, ' ');

	for (size_t i = 0; what && i < l->n; i++) {
		const char *s = strchr(l->v[i], ' ');

		if (s && !strcmp(s, what))
			return true;
	}
	return false;
}

/* One token is enough. */
static void list_spare(struct prisons *ps, const char *entry)
{
	struct entry x;

	if (entry_parse(entry, &x))
		token_drop(ps, &x);
}

/* One list behind the other, which the first becomes. */
static int list_move(struct prisons *ps, const char *from, const char *to,
		     struct err *e)
{
	cleanup_strv struct strv a = {0}, b = {0};
	cleanup_close int lock = -1;
	int r;

	if (!list_there(ps, from))
		return 0;
	r = reg_lock(ps, &lock, e);
	if (!r)
		r = list_read(ps, to, &a, e);
	if (!r)
		r = list_read(ps, from, &b, e);
	for (size_t i = 0; !r && i < b.n; i++)
		if (list_has(&a, b.v[i]))
			list_spare(ps, b.v[i]);
		else
			r = strv_add(&a, b.v[i]) < 0 ? err_nomem(e) : 0;
	plan_failpoint();
	if (!r)
		r = list_write(ps, to, &a, e);
	plan_failpoint();
	if (!r && unlinkat(ps->dirfd, from, 0) < 0 && errno != ENOENT)
		r = err_sys(e, errno, CELLBLOCK_RUN "/%s", from);
	return r;
}

int alias_give(struct prisons *ps, const char *list, int jid, struct err *e)
{
	char from[PATH_ROOM], to[PATH_ROOM];

	begun_path(list, from);
	held_path(jid, to);
	return list_move(ps, from, to, e);
}

int alias_take(struct prisons *ps, int jid, const char *list, struct err *e)
{
	char from[PATH_ROOM], to[PATH_ROOM];

	held_path(jid, from);
	begun_path(list, to);
	return list_move(ps, from, to, e);
}

/* --- the dead
 * ------------------------------------------------------------------------------
 */

/*
 * Addresses that jails have: a giver that died half way has left them in two
 * lists.  By address alone: who has it of another interface keeps it, too.
 */
static int held_addrs(struct prisons *ps, struct strv *ret, struct err *e)
{
	cleanup_free int *v = NULL;
	char path[PATH_ROOM];
	size_t n = 0;
	int r = dir_jids(ps->dirfd, "alias/held", JAIL_MAX, &v, &n, e);

	for (size_t i = 0; !r && i < n; i++) {
		cleanup_strv struct strv l = {0};
		struct entry x;

		/* a jail that is gone by now was about to be rid of it */
		if (!jid_exists(ps, v[i]) && !range_owner(ps, v[i]))
			continue;
		held_path(v[i], path);
		r = list_read(ps, path, &l, e);
		for (size_t k = 0; !r && k < l.n; k++)
			if (entry_parse(l.v[k], &x) &&
			    strv_add(ret, l.v[k]) < 0)
				r = err_nomem(e);
	}
	return r;
}

/* Take from the dead list what a jail's has, too. */
static int drop_held(struct prisons *ps, const char *path, struct err *e)
{
	cleanup_strv struct strv held = {0}, l = {0};
	int r = held_addrs(ps, &held, e);

	if (!r)
		r = list_read(ps, path, &l, e);
	for (size_t i = l.n; !r && i-- > 0;)
		if (strv_has(&held, l.v[i]))
			strv_remove(&l, i);
	return r < 0 ? r : list_write(ps, path, &l, e);
}

static bool list_dead(const char *name)
{
	long long pid, start;
	char copy[ALIAS_LIST_MAX], *dot, *end;
	struct proc_id id;

	str_copy(copy, sizeof(copy), name);
	dot = strchr(copy, '.');
	end = dot ? strchr(dot + 1, '.') : NULL;
	if (!end)
		return false;
	*dot = *end = '\0';
	if (str_to_int(copy, 1, INT32_MAX, &pid) < 0 ||
	    str_to_int(dot + 1, 0, INT64_MAX, &start) < 0)
		return false;
	id = (struct proc_id){.pid = (pid_t)pid, .start = (uint64_t)start};
	return !proc_id_alive(&id);
}

static int sweep_one(struct prisons *ps, const char *name, struct err *e)
{
	cleanup_close int lock = -1;
	char path[PATH_ROOM];
	int r;

	begun_path(name, path);
	r = reg_lock(ps, &lock, e);
	if (!r)
		r = drop_held(ps, path, e);
	if (!r)
		r = list_end(ps, path, NULL, e);
	if (!r)
		reg_tidy(ps);
	return r;
}

void alias_sweep(struct prisons *ps)
{
	int fd = openat(ps->dirfd, "alias/begun",
			O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cleanup_closedir DIR *d = fd < 0 ? NULL : fdopendir(fd);
	cleanup_strv struct strv dead = {0};
	struct dirent *de;

	while (d && (de = readdir(d)))
		if (de->d_name[0] != '.' && list_dead(de->d_name))
			strv_add(&dead, de->d_name);
	for (size_t i = 0; i < dead.n; i++) {
		struct err e = ERR_INIT;

		if (sweep_one(ps, dead.v[i], &e) < 0)
			report(ps->report, REPORT_WARN, "%s", e.text);
	}
}

bool alias_tidy(struct prisons *ps)
{
	static const char *const dirs[] = {"alias/begun", "alias/held",
					   "alias/on", "alias"};

	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++)
		if (unlinkat(ps->dirfd, dirs[i], AT_REMOVEDIR) < 0 &&
		    errno != ENOENT)
			return false;
	return true;
}
