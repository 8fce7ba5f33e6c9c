/*
 * bridge_kport: the keeper's members in the spanning tree: between the
 * protocol (rstp.h) and a port of the kernel's bridge.
 */
#include "net/bridge_keeper_impl.h"

#include "base/cleanup.h"
#include "base/str.h"
#include "net/ethtool.h"
#include "net/link.h"

#include <arpa/inet.h>
#include <linux/if_bridge.h>
#include <linux/if_ether.h>
#include <string.h>
#include <sys/socket.h>
#include <syslog.h>

#define LOG_STP "net.link.bridge.log_stp"
#define LLC_LEN 3
#define FRAME_MIN 60

static const unsigned char group[ETH_ALEN] = {0x01, 0x80, 0xc2};
static const unsigned char llc[LLC_LEN] = {0x42, 0x42, 0x03};

static void set_port(struct vnet *v, int index, uint16_t attr, uint8_t value)
{
	struct link_nest n;
	struct nlm m;

	link_set(&m, index, 0, 0);
	n = link_slave_data(&m, "bridge");
	nlm_put_u8(&m, attr, value);
	link_nest_end(&m, &n);
	/* refused when the link is down or the member gone: nothing passes */
	nl_talk(v->rt, &m, NULL, NULL);
}

/*
 * "Blocking" would be taken back at once in a bridge whose own spanning tree
 * is off; "listening" blocks as well.
 */
static uint8_t kernel_state(enum rstp_state state)
{
	static const uint8_t states[] = {
		[RSTP_DISCARDING] = BR_STATE_LISTENING,
		[RSTP_LEARNING] = BR_STATE_LEARNING,
		[RSTP_FORWARDING] = BR_STATE_FORWARDING,
	};

	return states[state];
}

void kport_apply(struct kport *kp)
{
	set_port(kp->br->k->loop.v, kp->index, IFLA_BRPORT_STATE,
		 kernel_state(kp->p.state));
}

void kport_open(struct vnet *v, int index)
{
	set_port(v, index, IFLA_BRPORT_STATE, BR_STATE_FORWARDING);
}

/* --- what the protocol wants --------------------------------------------- */

static void log_state(const struct kport *kp)
{
	if (!vnet_kept(kp->br->k->loop.v, LOG_STP, 0))
		return;
	openlog("cellblock", 0, LOG_DAEMON);
	syslog(LOG_NOTICE, "%s: state changed to %s on %s", kp->br->name,
	       rstp_state_name(kp->p.state), kp->name);
	closelog();
}

static void on_state(struct rstp_port *p)
{
	struct kport *kp = p->owner;
	struct keeper *k = kp->br->k;

	kport_apply(kp);
	k->gate_dirty = k->status_dirty = true;
	log_state(kp);
}

static void on_flush(struct rstp_port *p)
{
	struct kport *kp = p->owner;

	set_port(kp->br->k->loop.v, kp->index, IFLA_BRPORT_FLUSH, 1);
}

static void on_send(struct rstp_port *p, const unsigned char *bpdu, size_t len)
{
	const struct kport *kp = p->owner;
	unsigned char f[FRAME_MIN] = {0};
	uint16_t size = htons((uint16_t)(LLC_LEN + len));

	memcpy(f, group, ETH_ALEN);
	memcpy(f + ETH_ALEN, kp->mac, ETH_ALEN);
	memcpy(f + 2 * ETH_ALEN, &size, sizeof(size));
	memcpy(f + ETH_HLEN, llc, LLC_LEN);
	memcpy(f + ETH_HLEN + LLC_LEN, bpdu, len);
	/* one that is lost is said again */
	send(kp->sock, f, sizeof(f), MSG_DONTWAIT);
}

const struct rstp_ops kport_ops = {
	.send = on_send, .state = on_state, .flush = on_flush};

/* --- frames -------------------------------------------------------------- */

/* Frames to the group address alone; the others stay in the kernel. */
static int hear(struct kport *kp, struct err *e)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x0180c200, 0, 3),
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 4),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 256),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct keeper_frames f = {
		.proto = "stp",
		.filter = {.len = ARRAY_SIZE(code), .filter = code},
	};

	memcpy(f.group, group, sizeof(group));
	return keeper_loop_hear(&kp->br->k->loop, &f, kp->index, kp, &kp->sock,
				e);
}

void kport_receive(void *port)
{
	struct kport *kp = port;
	unsigned char f[256];
	uint16_t size;
	ssize_t n;

	/* so many at a time; a flood must not keep others waiting */
	for (int i = 0; i < 16; i++) {
		n = recv(kp->sock, f, sizeof(f), MSG_DONTWAIT);
		if (n < ETH_HLEN + LLC_LEN)
			return;
		memcpy(&size, f + 2 * ETH_ALEN, sizeof(size));
		size = ntohs(size);
		if (memcmp(f + ETH_HLEN, llc, LLC_LEN) != 0 || size < LLC_LEN ||
		    size > n - ETH_HLEN)
			continue;
		rstp_receive(&kp->p, f + ETH_HLEN + LLC_LEN,
			     (size_t)(size - LLC_LEN));
		kp->br->k->status_dirty = true;
	}
}

/* --- settings ------------------------------------------------------------ */

static bool is_up(const struct ifnet *br, const struct ifnet *ifp)
{
	return (br->flags & IFF_UP) && (ifp->flags & IFF_UP) && ifp->carrier;
}

static uint32_t speed_of(const struct kport *kp)
{
	struct ethtool_link l;

	if (ethtool_link_get(kp->br->k->loop.v, kp->index, &l, NULL) < 0 ||
	    l.speed <= 0)
		return 0;
	return (uint32_t)l.speed;
}

static bool full_duplex(const struct kport *kp)
{
	struct ethtool_link l;

	return ethtool_link_get(kp->br->k->loop.v, kp->index, &l, NULL) < 0 ||
	       !l.duplex_known || l.full_duplex;
}

static struct rstp_port_config port_config(const struct kport *kp,
					   const struct ifnet *ifp)
{
	const struct ifbridge_port *p = &ifp->port;
	uint8_t proto = kp->br->r.conf.proto;
	uint32_t cost = p->user_cost;

	if (!cost)
		cost = rstp_path_cost(kp->speed, proto);
	else if (proto == RSTP_PROTO_STP && cost > 65535)
		cost = 65535;
	return (struct rstp_port_config){
		.id = (uint16_t)(p->priority << 8 | (kp->index & 0xfff)),
		.cost = cost,
		.admin_edge = p->flags & IFBIF_EDGE,
		.auto_edge = p->flags & IFBIF_AUTOEDGE,
		.ptp = (p->flags & IFBIF_AUTOPTP) ? full_duplex(kp)
						  : p->flags & IFBIF_PTP,
	};
}

int kport_join(struct kport *kp, const struct ifnet *ifp, struct err *e)
{
	int r = hear(kp, e);

	if (r < 0)
		return r;
	kp->speed = speed_of(kp);
	kp->p = (struct rstp_port){.owner = kp, .conf = port_config(kp, ifp)};
	kp->stp = true;
	rstp_port_add(&kp->br->r, &kp->p);
	return 0;
}

void kport_leave(struct kport *kp)
{
	struct keeper *k = kp->br->k;

	if (!kp->stp)
		return;
	rstp_port_remove(&kp->p);
	kp->stp = false;
	close(take_fd(&kp->sock));
	kport_open(k->loop.v, kp->index);
	k->gate_dirty = k->status_dirty = true;
}

void kport_link(struct kport *kp, bool up)
{
	if (kp->p.enabled == up)
		return;
	/* the kernel has just opened it */
	if (up)
		kport_apply(kp);
	rstp_port_link(&kp->p, up);
	kp->br->k->status_dirty = true;
}

void kport_update(struct kport *kp, const struct ifnet *br,
		  const struct ifnet *ifp)
{
	struct rstp_port_config c;
	bool up = is_up(br, ifp);

	memcpy(kp->mac, ifp->mac, sizeof(kp->mac));
	if (up && !kp->p.enabled)
		kp->speed = speed_of(kp);
	c = port_config(kp, ifp);
	if (c.id != kp->p.conf.id || c.cost != kp->p.conf.cost ||
	    c.admin_edge != kp->p.conf.admin_edge ||
	    c.auto_edge != kp->p.conf.auto_edge || c.ptp != kp->p.conf.ptp) {
		rstp_port_configure(&kp->p, &c);
		kp->br->k->status_dirty = true;
	}
	kport_link(kp, up);
	if (up && ifp->port.state != kernel_state(kp->p.state))
		kport_apply(kp);
}
