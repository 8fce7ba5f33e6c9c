/*
 * show: show.bpf.c at each interface of a network namespace.
 *
 * Theory of operation.  The program is loaded once for a namespace, with the
 * queue that is the namespace's own, and pinned (show-COOKIE).  Each start, or
 * change, of a jail that needs it attaches it to the interfaces that are there
 * and do not have it: from Linux 6.6 on by a link of its own (tcx), whose pin
 * (show-COOKIE-INDEX) is what holds it, before by a filter of the traffic
 * control layer.  An interface that comes later has it from the next such start
 * on; until then what is bound becomes known by packets at the others.
 */
#include "ipshare/store.h"

#include "base/cleanup.h"
#include "base/str.h"
#include "net/tc.h"
#include "nl/nl.h"
#include "ns/btf.h"

#include "ipshare/show.skel.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/rtnetlink.h>
#include <string.h>

/* linux/bpf.h from 6.6 on */
#define TCX_INGRESS 46

/* --- interfaces ---------------------------------------------------------- */

struct indices {
	int *v; /* owned */
	size_t n;
};

static void indices_free(struct indices *l)
{
	free(l->v);
}

static void indices_restart(void *data)
{
	((struct indices *)data)->n = 0;
}

static int indices_cb(const struct nlmsghdr *h, void *data, struct err *e)
{
	const struct ifinfomsg *i = mnl_nlmsg_get_payload(h);
	struct indices *l = data;
	int *v;

	if (h->nlmsg_type != RTM_NEWLINK ||
	    mnl_nlmsg_get_payload_len(h) < sizeof(*i))
		return 0;
	v = reallocarray(l->v, l->n + 1, sizeof(*v));
	if (!v)
		return err_nomem(e);
	l->v = v;
	l->v[l->n++] = i->ifi_index;
	return 0;
}

static int indices_load(struct vnet *v, struct indices *ret, struct err *e)
{
	struct ifinfomsg i = {.ifi_family = AF_UNSPEC};
	struct nlm m;

	nlm_begin(&m, RTM_GETLINK, 0, &i, sizeof(i));
	return nl_dump(v->rt, &m, indices_cb, indices_restart, ret, e);
}

/* --- loading ------------------------------------------------------------- */

static void show_free(struct show_bpf **p)
{
	show_bpf__destroy(*p);
}

static char *show_name(uint64_t cookie)
{
	return str_printf("show-%llu", (unsigned long long)cookie);
}

/* The namespace's queue is found by its cookie from then on. */
static int make_queue(struct store *s, uint64_t cookie, int *ret_fd,
		      struct err *e)
{
	cleanup_close int fd = bpf_map_create(BPF_MAP_TYPE_QUEUE, "cb_ip_queue",
					      0, sizeof(struct ipshare_wait),
					      IPSHARE_QUEUE, NULL);
	int r = fd;

	if (fd >= 0)
		r = bpf_map_update_elem(s->map[STORE_QUEUES], &cookie, &fd,
					BPF_ANY);
	if (r < 0)
		return err_sys(e, -r, "addresses: BPF");
	*ret_fd = take_fd(&fd);
	return 0;
}

static int places(struct show_bpf *b, struct err *e)
{
	struct btf_want at[] = {
		{.type = "net_device", .member = "nd_net"},
		{.type = "net_device", .member = "ifindex"},
		{.type = "net", .member = "net_cookie"},
	};
	int r = btf_kernel(at, ARRAY_SIZE(at), e);

	if (r < 0)
		return err_wrap(e, "addresses");
	b->rodata->at_nd_net = at[0].value;
	b->rodata->at_ifindex = at[1].value;
	b->rodata->at_net_cookie = at[2].value;
	return 0;
}

static int load(struct store *s, uint64_t cookie, int *ret_fd, struct err *e)
{
	__attribute__((cleanup(show_free))) struct show_bpf *b =
		show_bpf__open();
	cleanup_free char *name = show_name(cookie);
	cleanup_close int queue = -1;
	int r;

	if (!name)
		return err_nomem(e);
	if (!b)
		return err_sys(e, errno, "addresses: BPF");
	b->rodata->slot = (uint32_t)cookie % IPSHARE_NETS;
	b->rodata->netns = cookie;
	r = places(b, e);
	if (r >= 0)
		r = make_queue(s, cookie, &queue, e);
	if (r < 0)
		return r;
	r = bpf_map__reuse_fd(b->maps.cb_ip_queue, queue);
	for (size_t i = 0; i < STORE_NMAPS && r >= 0; i++) {
		struct bpf_map *m =
			bpf_object__find_map_by_name(b->obj, store_maps[i]);

		if (m)
			r = bpf_map__reuse_fd(m, s->map[i]);
	}
	if (r >= 0)
		r = show_bpf__load(b);
	if (r < 0)
		return store_refused(r, e);
	r = store_pin(s->path, name, bpf_program__fd(b->progs.cb_ip_show), e);
	if (r < 0)
		return r;
	*ret_fd = store_get(s->path, name);
	return *ret_fd < 0 ? err_sys(e, -*ret_fd, "%s", name) : 0;
}

/* --- attaching ----------------------------------------------------------- */

static char *link_name(uint64_t cookie, int ifindex)
{
	return str_printf("show-%llu-%d", (unsigned long long)cookie, ifindex);
}

/* A link whose interface has gone is there until its pin goes. */
static bool is_linked(const char *dir, const char *name)
{
	cleanup_close int fd = store_get(dir, name);
	struct bpf_link_info info = {0};
	uint32_t len = sizeof(info);

	/* a tcx link's first number is the interface's, as an xdp link's */
	return fd >= 0 && bpf_obj_get_info_by_fd(fd, &info, &len) == 0 &&
	       info.xdp.ifindex != 0;
}

static void unpin(const char *dir, const char *name)
{
	cleanup_free char *path = str_printf("%s/%s", dir, name);

	if (path)
		unlink(path);
}

/* 0, -EINVAL on a kernel without such links, or another errno. */
static int link_to(const struct vnet *v, int prog, int ifindex, int *ret_fd,
		   struct err *e)
{
	int back = -1, fd, r = vnet_enter(v, &back, e);

	if (r < 0)
		return r;
	fd = bpf_link_create(prog, ifindex, (enum bpf_attach_type)TCX_INGRESS,
			     NULL);
	vnet_leave(&back);
	if (fd < 0)
		return fd;
	*ret_fd = fd;
	return 0;
}

static int attach(struct store *s, struct vnet *v, int prog, int ifindex,
		  struct err *e)
{
	cleanup_free char *name = link_name(v->cookie, ifindex);
	cleanup_close int link = -1;
	int r;

	if (!name)
		return err_nomem(e);
	if (is_linked(s->path, name))
		return 0;
	unpin(s->path, name);
	r = link_to(v, prog, ifindex, &link, e);
	if (r >= 0)
		return store_pin(s->path, name, link, e);
	if (r == -EINVAL)
		r = tc_watch_add(v, ifindex, prog, e);
	/* it went away in between */
	if (r == -ENODEV)
		return 0;
	return r;
}

/* What a kernel says that has neither links nor classifiers. */
static bool is_missing(int code)
{
	return code == -EOPNOTSUPP || code == -ENOENT || code == -EINVAL ||
	       code == -ENOSYS;
}

int store_show(struct store *s, struct vnet *v, bool *ret_shows, struct err *e)
{
	__attribute__((cleanup(indices_free))) struct indices l = {NULL, 0};
	cleanup_free char *name = show_name(v->cookie);
	cleanup_close int prog = name ? store_get(s->path, name) : -1;
	int r;

	if (!name)
		return err_nomem(e);
	r = indices_load(v, &l, e);
	if (r >= 0 && prog < 0)
		r = load(s, v->cookie, &prog, e);
	if (r < 0)
		return r;
	for (size_t i = 0; i < l.n; i++) {
		r = attach(s, v, prog, l.v[i], e);
		if (is_missing(r)) {
			err_clear(e);
			*ret_shows = false;
			return 0;
		}
		if (r < 0)
			return r;
	}
	*ret_shows = true;
	return 0;
}

/* Filters, which no pin holds; those of another namespace end with it. */
static int watch_remove(uint64_t cookie, struct err *e)
{
	__attribute__((cleanup(indices_free))) struct indices l = {NULL, 0};
	cleanup_vnet struct vnet *v = NULL;
	int r = vnet_open(-1, NULL, &v, e);

	if (r < 0 || v->cookie != cookie)
		return r;
	r = indices_load(v, &l, e);
	for (size_t i = 0; i < l.n && r >= 0; i++)
		r = tc_watch_del(v, l.v[i], e);
	return r == -ENODEV ? 0 : r;
}

int store_show_remove(struct store *s, uint64_t cookie, struct err *e)
{
	cleanup_free char *name = show_name(cookie);
	cleanup_closedir DIR *d = opendir(s->path);
	bool linked = false, had = false;
	struct dirent *de;

	if (!name)
		return err_nomem(e);
	while (d && (de = readdir(d))) {
		size_t len = strlen(name);

		if (strncmp(de->d_name, name, len) != 0 ||
		    (de->d_name[len] && de->d_name[len] != '-'))
			continue;
		had = true;
		linked |= de->d_name[len] == '-';
		unpin(s->path, de->d_name);
	}
	bpf_map_delete_elem(s->map[STORE_QUEUES], &cookie);
	return had && !linked ? watch_remove(cookie, e) : 0;
}
