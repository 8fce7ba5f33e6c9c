/* See socks.h. */
#include "net/socks.h"

#include "base/cleanup.h"
#include "base/table.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <netinet/tcp.h>
#include <string.h>

/* By the kernel's TCP_* numbers. */
static const char *const states[] = {
	[TCP_ESTABLISHED] = "ESTABLISHED",
	[TCP_SYN_SENT] = "SYN_SENT",
	[TCP_SYN_RECV] = "SYN_RCVD",
	[TCP_FIN_WAIT1] = "FIN_WAIT_1",
	[TCP_FIN_WAIT2] = "FIN_WAIT_2",
	[TCP_TIME_WAIT] = "TIME_WAIT",
	[TCP_CLOSE] = "CLOSED",
	[TCP_CLOSE_WAIT] = "CLOSE_WAIT",
	[TCP_LAST_ACK] = "LAST_ACK",
	[TCP_LISTEN] = "LISTEN",
	[TCP_CLOSING] = "CLOSING",
};

struct list {
	struct sock *v;
	size_t n, start;
	int protocol;
};

static int sock_cb(const struct nlmsghdr *h, void *data, struct err *e)
{
	const struct inet_diag_msg *d = mnl_nlmsg_get_payload(h);
	struct list *list = data;
	bool tcp = list->protocol == IPPROTO_TCP;
	const struct nlattr *tb[INET_DIAG_CGROUP_ID + 1];
	struct sock *v;

	if (h->nlmsg_type != SOCK_DIAG_BY_FAMILY ||
	    h->nlmsg_len < NLMSG_LENGTH(sizeof(*d)))
		return 0;
	v = reallocarray(list->v, list->n + 1, sizeof(*v));
	if (!v)
		return err_nomem(e);
	list->v = v;
	v = &v[list->n++];
	*v = (struct sock){
		.family = d->idiag_family,
		.protocol = list->protocol,
		.lport = ntohs(d->id.idiag_sport),
		.rport = ntohs(d->id.idiag_dport),
		.recvq = d->idiag_rqueue,
		.sendq = d->idiag_wqueue,
		.ifindex = d->id.idiag_if,
		.inode = d->idiag_inode,
		.state = "",
	};
	nl_parse(h, sizeof(*d), tb, INET_DIAG_CGROUP_ID);
	if (tb[INET_DIAG_SKV6ONLY])
		v->v6only = nl_u8(tb[INET_DIAG_SKV6ONLY]);
	if (tb[INET_DIAG_CGROUP_ID] &&
	    mnl_attr_get_payload_len(tb[INET_DIAG_CGROUP_ID]) >= 8)
		v->cgroup = mnl_attr_get_u64(tb[INET_DIAG_CGROUP_ID]);
	memcpy(&v->local, d->id.idiag_src, sizeof(v->local));
	memcpy(&v->remote, d->id.idiag_dst, sizeof(v->remote));
	v->listening = tcp ? d->idiag_state == TCP_LISTEN : !v->rport;
	/* of a listener these are its backlog, not bytes */
	if (tcp && v->listening)
		v->recvq = v->sendq = 0;
	if (tcp && d->idiag_state < ARRAY_SIZE(states) &&
	    states[d->idiag_state])
		v->state = states[d->idiag_state];
	return 0;
}

static void restart(void *data)
{
	struct list *list = data;

	list->n = list->start;
}

/* An unconnected UDP socket is CLOSE, as the kernel has it. */
static uint32_t states_of(int protocol, bool listening)
{
	if (!listening)
		return UINT32_MAX;
	return 1U << (protocol == IPPROTO_TCP ? TCP_LISTEN : TCP_CLOSE);
}

int socks_load(struct vnet *v, int family, int protocol, bool listening,
	       struct sock **io_v, size_t *io_n, struct err *e)
{
	struct inet_diag_req_v2 req = {
		.sdiag_family = (uint8_t)family,
		.sdiag_protocol = (uint8_t)protocol,
		.idiag_states = states_of(protocol, listening),
	};
	struct list list = {*io_v, *io_n, *io_n, protocol};
	cleanup_nl struct nl *nl = NULL;
	struct nlm m;
	int r;

	r = nl_open(NETLINK_SOCK_DIAG, v->nsfd, &nl, e);
	if (r >= 0) {
		nlm_begin(&m, SOCK_DIAG_BY_FAMILY, 0, &req, sizeof(req));
		r = nl_dump(nl, &m, sock_cb, restart, &list, e);
		/* a protocol that this kernel does not tell of */
		if (r == -ENOENT) {
			err_clear(e);
			r = 0;
		}
	}
	*io_v = list.v;
	*io_n = list.n;
	return r < 0 ? err_wrap(e, "list of sockets") : 0;
}
