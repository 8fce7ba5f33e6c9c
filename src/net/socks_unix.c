/* See socks_unix.h. */
#include "net/socks_unix.h"

#include "base/cleanup.h"

#include <errno.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>

struct list {
	struct sock_unix *v;
	size_t n, size;
};

/* Whoever bound it chose it: what could steer a terminal is '?'. */
static void put_name(const struct nlattr *a, char *ret, size_t size)
{
	const char *s = mnl_attr_get_payload(a);
	size_t n = mnl_attr_get_payload_len(a);
	bool abstract = n && !*s;

	if (!abstract)
		n = strnlen(s, n);
	if (n > size - 1)
		n = size - 1;
	for (size_t i = 0; i < n; i++)
		ret[i] = s[i] > ' ' && s[i] <= '~' ? s[i] : '?';
	if (abstract)
		ret[0] = '@';
	ret[n] = '\0';
}

static int unix_cb(const struct nlmsghdr *h, void *data, struct err *e)
{
	const struct unix_diag_msg *d = mnl_nlmsg_get_payload(h);
	const struct nlattr *tb[UNIX_DIAG_MAX + 1];
	struct list *list = data;
	struct sock_unix *v;

	if (h->nlmsg_type != SOCK_DIAG_BY_FAMILY ||
	    h->nlmsg_len < NLMSG_LENGTH(sizeof(*d)))
		return 0;
	if (list->n == list->size) {
		size_t size = list->size ? 2 * list->size : 64;

		v = reallocarray(list->v, size, sizeof(*v));
		if (!v)
			return err_nomem(e);
		list->v = v;
		list->size = size;
	}
	v = &list->v[list->n++];
	*v = (struct sock_unix){
		.inode = d->udiag_ino,
		.type = d->udiag_type,
		.listening = d->udiag_state == TCP_LISTEN,
	};
	nl_parse(h, sizeof(*d), tb, UNIX_DIAG_MAX);
	if (tb[UNIX_DIAG_PEER])
		v->peer = nl_u32(tb[UNIX_DIAG_PEER]);
	if (tb[UNIX_DIAG_NAME])
		put_name(tb[UNIX_DIAG_NAME], v->name, sizeof(v->name));
	return 0;
}

static void restart(void *data)
{
	struct list *list = data;

	list->n = 0;
}

static int by_inode(const void *a, const void *b)
{
	const struct sock_unix *x = a, *y = b;

	return (x->inode > y->inode) - (x->inode < y->inode);
}

int socks_unix_load(struct vnet *v, struct sock_unix **ret, size_t *ret_n,
		    struct err *e)
{
	struct unix_diag_req req = {
		.sdiag_family = AF_UNIX,
		.udiag_states = UINT32_MAX,
		.udiag_show = UDIAG_SHOW_NAME | UDIAG_SHOW_PEER,
	};
	struct list list = {0};
	cleanup_nl struct nl *nl = NULL;
	struct nlm m;
	int r = nl_open(NETLINK_SOCK_DIAG, v->nsfd, &nl, e);

	if (r >= 0) {
		nlm_begin(&m, SOCK_DIAG_BY_FAMILY, 0, &req, sizeof(req));
		r = nl_dump(nl, &m, unix_cb, restart, &list, e);
		/* a kernel that does not tell of them (CONFIG_UNIX_DIAG) */
		if (r == -ENOENT) {
			err_clear(e);
			r = 0;
		}
	}
	if (r < 0) {
		free(list.v);
		return err_wrap(e, "list of sockets");
	}
	if (list.n)
		qsort(list.v, list.n, sizeof(*list.v), by_inode);
	*ret = list.v;
	*ret_n = list.n;
	return 0;
}
