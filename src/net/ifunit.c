/* Records of held units; see ifstate.h for the theory of operation. */
#include "net/ifstate.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/str.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/*
 * Open the directory of records, never through a link that a jail's root put
 * in its place, nor a mount.  -1 when there is none.
 */
static int units_open(const struct vnet *v, bool create)
{
	const int flags = O_RDONLY | O_DIRECTORY;
	int fd = -1, r;

	if (v->statefd < 0)
		return -1;
	r = file_open_same_mount(v->statefd, "units", flags, 0, &fd, NULL);
	if (r == -ENOENT && create && mkdirat(v->statefd, "units", 0755) == 0)
		file_open_same_mount(v->statefd, "units", flags, 0, &fd, NULL);
	return fd;
}

struct unit_line {
	char end;
	uint64_t cookie;
	int ifindex, nsid;
	char linux_kind[16];
};

#define UNIT_LINES 2

static size_t unit_read(int dirfd, const char *base, struct unit_line *u)
{
	char buf[512], *p = buf, *line, extra;
	size_t len, n = 0;

	if (dirfd < 0 || ifstate_read_file(dirfd, base, buf, sizeof(buf), &len))
		return 0;
	while (n < UNIT_LINES && (line = strsep(&p, "\n")))
		if (sscanf(line, "%c %" SCNu64 ".%d %d %15s%c", &u[n].end,
			   &u[n].cookie, &u[n].ifindex, &u[n].nsid,
			   u[n].linux_kind, &extra) == 5)
			n++;
	return n;
}

static int kind_of_answer(const struct nlmsghdr *h, void *data, struct err *e)
{
	const struct nlattr *tb[IFLA_MAX + 1], *info[IFLA_INFO_MAX + 1];
	char *kind = data;

	(void)e;
	if (h->nlmsg_type != RTM_NEWLINK)
		return 0;
	nl_parse(h, sizeof(struct ifinfomsg), tb, IFLA_MAX);
	nl_parse_nested(tb[IFLA_LINKINFO], info, IFLA_INFO_MAX);
	if (info[IFLA_INFO_KIND])
		snprintf(kind, 16, "%s",
			 mnl_attr_get_str(info[IFLA_INFO_KIND]));
	return 0;
}

/* Does the interface a record speaks of still exist, and is it of its kind? */
static bool unit_line_lives(struct vnet *v, const struct unit_line *u)
{
	struct ifinfomsg ifi = {.ifi_index = u->ifindex};
	char kind[16] = "";
	struct nlm m;

	if (u->ifindex <= 0 || (u->cookie != v->cookie && u->nsid < 0))
		return false;
	nlm_begin(&m, RTM_GETLINK, 0, &ifi, sizeof(ifi));
	if (u->cookie != v->cookie)
		nlm_put_u32(&m, IFLA_TARGET_NETNSID, (uint32_t)u->nsid);
	nlm_put_u32(&m, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	if (nl_query(v->rt, &m, kind_of_answer, kind, NULL) < 0)
		return false;
	return !strcmp(kind, u->linux_kind);
}

/*
 * What is in this very vnet is known for certain.  Elsewhere the id of the
 * namespace may by now be another's, with an interface of that index; two such
 * coincidences at a time are not believed.  (Of an epair with one end at home
 * under its own name nobody asks here: that name is taken anyway.)
 */
bool ifunit_held(struct vnet *v, const char *base)
{
	cleanup_close int dir = units_open(v, false);
	struct unit_line u[UNIT_LINES];
	size_t n = unit_read(dir, base, u), elsewhere = 0;

	for (size_t i = 0; i < n; i++) {
		if (!unit_line_lives(v, &u[i]))
			continue;
		if (u[i].cookie == v->cookie)
			return true;
		elsewhere++;
	}
	if (n && elsewhere >= (u[0].end == '-' ? 1 : 2))
		return true;
	if (n)
		ifunit_drop(v, base);
	return false;
}

/* Does record `base` have an end that is cookie.ifindex? */
static bool unit_is(int dirfd, const char *base, uint64_t cookie, int ifindex,
		    char ret_home[IFNAMSIZ])
{
	struct unit_line u[UNIT_LINES];
	size_t n = unit_read(dirfd, base, u);

	for (size_t i = 0; i < n; i++) {
		if (u[i].cookie != cookie || u[i].ifindex != ifindex ||
		    strlen(base) >= IFNAMSIZ - 1)
			continue;
		str_copy(ret_home, IFNAMSIZ, base);
		if (u[i].end != '-')
			strncat(ret_home, &u[i].end, 1);
		return true;
	}
	return false;
}

bool ifunit_find(struct vnet *v, uint64_t cookie, int ifindex, const char *hint,
		 char ret_home[IFNAMSIZ])
{
	cleanup_closedir DIR *d = NULL;
	struct dirent *de;
	int fd = units_open(v, false);

	if (fd < 0)
		return false;
	d = fdopendir(fd);
	if (!d) {
		close(fd);
		return false;
	}
	if (hint && unit_is(fd, hint, cookie, ifindex, ret_home))
		return true;
	while ((de = readdir(d)))
		if (de->d_name[0] != '.' &&
		    unit_is(fd, de->d_name, cookie, ifindex, ret_home))
			return true;
	return false;
}

static void unit_print(struct strbuf *b, const struct unit_line *u)
{
	strbuf_addf(b, "%c %" PRIu64 ".%d %d %s\n", u->end, u->cookie,
		    u->ifindex, u->nsid, u->linux_kind);
}

int ifunit_hold(struct vnet *v, const char *base, char end, uint64_t cookie,
		int ifindex, int nsid, const char *linux_kind, struct err *e)
{
	cleanup_strbuf struct strbuf b = STRBUF_INIT;
	struct unit_line old[UNIT_LINES], u = {.end = end,
					       .cookie = cookie,
					       .ifindex = ifindex,
					       .nsid = nsid};
	cleanup_close int dir = -1;
	size_t n;

	if (v->statefd < 0)
		return 0;
	dir = units_open(v, true);
	if (dir < 0)
		return err_sys(e, errno, "interface state units");
	snprintf(u.linux_kind, sizeof(u.linux_kind), "%s", linux_kind);
	unit_print(&b, &u);
	n = unit_read(dir, base, old);
	for (size_t i = 0; i < n; i++)
		if (old[i].end != end)
			unit_print(&b, &old[i]);
	if (strbuf_failed(&b))
		return err_nomem(e);
	return ifstate_write_file(dir, base, b.s, e);
}

void ifunit_drop(struct vnet *v, const char *base)
{
	cleanup_close int dir = units_open(v, false);

	if (dir >= 0)
		unlinkat(dir, base, 0);
}
