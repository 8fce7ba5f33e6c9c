/*
 * node_socket: nodes of programs (libnetgraph), ng_socket(4).
 *
 *	hooks	any
 *	data	what is received goes to the program's data socket, what it
 *		writes there out of the hook it names
 *	life	until both of its sockets are closed, or shut down, which
 *		closes them; after NOLINGER also with the last hook
 *
 * In the kernel: nothing (NGD_USER); all of it is the broker's.  It does not
 * outlive the broker either: the program's sockets ended with that.
 */
#include "base/cleanup.h"
#include "netgraph/server_int.h"
#include "netgraph/type.h"

#include <errno.h>
#include <netgraph/ng_socket.h>
#include <netgraph/ng_trace.h>

struct socket_live {
	struct ng_client *client;
};

/* Of a hook: a file with its name. */
struct hook_live {
	int name_fd;
};

static struct ng_client *client_of(const struct ng_node *n)
{
	return ((struct socket_live *)n->live)->client;
}

int socket_node_new(struct ng_graph *g, struct ng_client *c,
		    struct ng_node **ret)
{
	struct ng_node *n;
	int r = ng_node_new(g, &ng_type_socket, &n);

	if (r < 0)
		return r;
	((struct socket_live *)n->live)->client = c;
	ng_busy(n, true);
	*ret = n;
	return 0;
}

static int socket_constructor(struct ng_node *n)
{
	n->persistent = true;
	return 0;
}

static int socket_newhook(struct ng_node *n, struct ng_hook *h)
{
	struct hook_live *live = malloc(sizeof(*live));

	(void)n;
	if (!live)
		return -ENOMEM;
	live->name_fd = -1;
	h->live = live;
	return 0;
}

static void socket_disconnect(struct ng_hook *h)
{
	struct hook_live *live = take_ptr(h->live);

	if (!live)
		return;
	if (live->name_fd >= 0)
		close(live->name_fd);
	free(live);
}

static int socket_shutdown(struct ng_node *n)
{
	struct ng_client *c = client_of(n);

	((struct socket_live *)n->live)->client = NULL;
	if (c)
		client_node_gone(c);
	return 0;
}

/* What is the node's own; all else is the program's. */
static int socket_own(struct ng_node *n, const struct ng_mesg *msg)
{
	switch (msg->header.cmd) {
	case NGM_SOCK_CMD_NOLINGER:
		n->persistent = false;
		return 0;
	case NGM_SOCK_CMD_LINGER:
		n->persistent = true;
		return 0;
	default:
		return -EINVAL;
	}
}

static int socket_trace(struct ng_node *n, const struct ng_mesg *msg)
{
	if (msg->header.arglen || (msg->header.cmd != NGM_TRACE_START &&
				   msg->header.cmd != NGM_TRACE_STOP))
		return -EINVAL;
	client_trace(client_of(n), msg->header.cmd == NGM_TRACE_START);
	return 0;
}

static int socket_rcvmsg(struct ng_node *n, const struct ng_mesg *msg,
			 struct ng_hook *last, struct ng_reply *reply)
{
	(void)last;
	(void)reply;
	if (msg->header.typecookie == NGM_SOCKET_COOKIE)
		return socket_own(n, msg);
	if (!client_of(n))
		return -EINVAL;
	/* what a program asks for itself, nobody else */
	if (msg->header.typecookie == NGM_TRACE_COOKIE)
		return ng_sender(n->graph) == n->id ? socket_trace(n, msg)
						    : -EPERM;
	return client_message(client_of(n), ng_sender(n->graph), msg);
}

static int socket_rcvdata(struct ng_hook *h, const void *data, size_t len)
{
	struct hook_live *live = h->live;

	if (!client_of(h->node) || !live)
		return -ENOTCONN;
	return client_data(client_of(h->node), h->name, &live->name_fd, data,
			   len);
}

/* The program that it was of has lost its sockets. */
static int socket_restore(struct ng_node *n)
{
	(void)n;
	return -ENOTCONN;
}

const struct ng_type ng_type_socket = {
	.name = NG_SOCKET_NODE_TYPE,
	.cookie = NGM_SOCKET_COOKIE,
	.kind = NGD_USER,
	.no_mkpeer = true,
	.live_size = sizeof(struct socket_live),
	.constructor = socket_constructor,
	.newhook = socket_newhook,
	.disconnect = socket_disconnect,
	.shutdown = socket_shutdown,
	.rcvmsg = socket_rcvmsg,
	.rcvdata = socket_rcvdata,
	.restore = socket_restore,
};
