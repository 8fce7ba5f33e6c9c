/*
 * gif_demux: packets of several address families by one hook, and each
 * family's by one of its own; ng_gif_demux(4).
 *
 * At hook gif a packet has one more byte in front, which says its family, by
 * FreeBSD's numbers.  The kernel cannot make packets a byte longer, so all of
 * it is the broker's (NGD_USER), which does not end while there is such a node;
 * if it is killed, packets are lost until the next command has started another
 * one.  The node goes by shutdown only.
 *
 * There are no gif nodes, for which FreeBSD has it: what is behind hook gif is
 * a program, or a socket.
 */
#include "base/cleanup.h"
#include "netgraph/node.h"
#include "netgraph/types_traffic.h"

#include <errno.h>
#include <netgraph/ng_gif_demux.h>
#include <string.h>

#define PACKET_MAX 65536u
#define ROLE_GIF 1 /* a family's is its place in the table, and 2 */

static const struct {
	const char *hook;
	uint8_t number; /* AF_*, FreeBSD's */
} families[] = {
	{NG_GIF_DEMUX_HOOK_INET, 2},   {NG_GIF_DEMUX_HOOK_INET6, 28},
	{NG_GIF_DEMUX_HOOK_ATALK, 16}, {NG_GIF_DEMUX_HOOK_IPX, 23},
	{NG_GIF_DEMUX_HOOK_ATM, 30},   {NG_GIF_DEMUX_HOOK_NATM, 29},
};

static int demux_constructor(struct ng_node *n)
{
	ng_busy(n, true);
	return 0;
}

static int demux_restore(struct ng_node *n)
{
	return demux_constructor(n);
}

static int demux_newhook(struct ng_node *n, struct ng_hook *h)
{
	(void)n;
	if (strcmp(h->name, NG_GIF_DEMUX_HOOK_GIF) == 0) {
		h->role = ROLE_GIF;
		return 0;
	}
	for (size_t i = 0; i < ARRAY_SIZE(families); i++) {
		if (strcmp(h->name, families[i].hook) != 0)
			continue;
		h->role = (uint16_t)(ROLE_GIF + 1 + i);
		return 0;
	}
	return -EPFNOSUPPORT;
}

/* A hook that is not there: as FreeBSD's node says. */
static int send_out(struct ng_hook *h, const void *data, size_t len)
{
	return h ? ng_send_data(h, data, len) : -ENETDOWN;
}

static int demux_rcvdata(struct ng_hook *h, const void *data, size_t len)
{
	static uint8_t longer[PACKET_MAX];
	const uint8_t *bytes = data;

	if (h->role != ROLE_GIF) {
		if (len >= sizeof(longer))
			return -EMSGSIZE;
		longer[0] = families[h->role - ROLE_GIF - 1].number;
		memcpy(longer + 1, data, len);
		return send_out(node_hook_role(h->node, ROLE_GIF), longer,
				len + 1);
	}
	for (size_t i = 0; len && i < ARRAY_SIZE(families); i++)
		if (families[i].number == bytes[0])
			return send_out(
				ng_hook_by_name(h->node, families[i].hook),
				bytes + 1, len - 1);
	return -EINVAL;
}

const struct ng_type ng_type_gif_demux = {
	.name = NG_GIF_DEMUX_NODE_TYPE,
	.cookie = NGM_GIF_DEMUX_COOKIE,
	.kind = NGD_USER,
	.persistent = true,
	.constructor = demux_constructor,
	.newhook = demux_newhook,
	.rcvdata = demux_rcvdata,
	.restore = demux_restore,
};
