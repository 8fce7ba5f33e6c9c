/* See pflog.h. */
#include "pf/pflog.h"

#include "base/cleanup.h"

#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_log.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define LINKTYPE_PFLOG 117
#define SNAPLEN 65535

struct pflog {
	const struct vnet *v;
	struct nl *nl;
	char buf[1 << 17];
};

/* FreeBSD's struct pfloghdr; numbers in network order. */
struct head {
	uint8_t length, af, action, reason;
	char ifname[16], ruleset[16];
	uint32_t rulenr, subrulenr;
	uint32_t uid, pid, rule_uid, rule_pid;
	uint8_t dir, pad[3];
};
_Static_assert(sizeof(struct head) == 64, "as on the wire");
#define HEAD_LENGTH 61 /* without the padding */

void pflog_file_head(struct strbuf *out)
{
	const struct {
		uint32_t magic;
		uint16_t major, minor;
		uint32_t zone, sigfigs, snaplen, linktype;
	} h = {0xa1b2c3d4, 2, 4, 0, 0, SNAPLEN, LINKTYPE_PFLOG};

	strbuf_addn(out, &h, sizeof(h));
}

static const struct {
	const char *word;
	uint8_t number; /* enum of FreeBSD's pfvar.h */
} actions[] = {{"pass", 0}, {"block", 1}, {"scrub", 2}, {"match", 13}};

/* "pf: rule NR[.PATH]/0(match): ACTION DIRECTION: " */
static int prefix_parse(const char *text, struct head *h)
{
	char path[128] = "", action[16], dir[8];
	unsigned int nr;
	int n = 0;

	if (sscanf(text, "pf: rule %u%n", &nr, &n) != 1)
		return -EBADMSG;
	text += n;
	if (*text == '.') {
		size_t len = strcspn(++text, "(");

		if (len < 2 || len >= sizeof(path))
			return -EBADMSG;
		memcpy(path, text, len - 2); /* without "/0" */
		text += len;
	}
	text = strstr(text, "): ");
	if (!text || sscanf(text, "): %15s %7[a-z]:", action, dir) != 2)
		return -EBADMSG;
	h->rulenr = htonl(nr);
	h->subrulenr = *path ? htonl(nr) : UINT32_MAX;
	str_copy(h->ruleset, sizeof(h->ruleset), path);
	h->dir = !strcmp(dir, "in") ? 1 : 2;
	for (size_t i = 0; i < ARRAY_SIZE(actions); i++)
		if (!strcmp(actions[i].word, action)) {
			h->action = actions[i].number;
			return 0;
		}
	return -EBADMSG;
}

static void put_record(struct strbuf *out, const struct head *h,
		       const void *packet, uint32_t len,
		       const struct nlattr *stamp)
{
	const struct nfulnl_msg_packet_timestamp *t = NULL;
	struct timespec now;
	uint32_t r[4];

	clock_gettime(CLOCK_REALTIME, &now);
	if (stamp && mnl_attr_get_payload_len(stamp) >= sizeof(*t))
		t = mnl_attr_get_payload(stamp);
	r[0] = t ? (uint32_t)be64toh(t->sec) : (uint32_t)now.tv_sec;
	r[1] = t ? (uint32_t)be64toh(t->usec) : (uint32_t)(now.tv_nsec / 1000);
	r[2] = r[3] = (uint32_t)sizeof(*h) + len;
	strbuf_addn(out, r, sizeof(r));
	strbuf_addn(out, h, sizeof(*h));
	strbuf_addn(out, packet, len);
}

/*
 * One message of the netlink log as a record; -EBADMSG: it is none, or one
 * that pf did not log.
 */
static int pflog_record(const struct vnet *v, const struct nlmsghdr *h,
			struct strbuf *out)
{
	const struct nlattr *tb[NFULA_MAX + 1] = {0}, *dev;
	struct head head = {.length = HEAD_LENGTH};
	char ifname[IFNAMSIZ] = "";
	const uint8_t *packet;
	uint32_t len;

	if (h->nlmsg_type != (NFNL_SUBSYS_ULOG << 8 | NFULNL_MSG_PACKET) ||
	    mnl_nlmsg_get_payload_len(h) < sizeof(struct nfgenmsg))
		return -EBADMSG;
	nl_parse(h, sizeof(struct nfgenmsg), tb, NFULA_MAX);
	if (!tb[NFULA_PREFIX] || !tb[NFULA_PAYLOAD] ||
	    mnl_attr_validate(tb[NFULA_PREFIX], MNL_TYPE_NUL_STRING) < 0 ||
	    prefix_parse(mnl_attr_get_str(tb[NFULA_PREFIX]), &head) < 0)
		return -EBADMSG;
	packet = mnl_attr_get_payload(tb[NFULA_PAYLOAD]);
	len = mnl_attr_get_payload_len(tb[NFULA_PAYLOAD]);
	if (!len || len > SNAPLEN)
		return -EBADMSG;
	head.af = *packet >> 4 == 4 ? 2 : 28; /* FreeBSD's numbers */
	head.uid = head.rule_uid = UINT32_MAX;
	dev = tb[head.dir == 1 ? NFULA_IFINDEX_INDEV : NFULA_IFINDEX_OUTDEV];
	if (dev && v)
		vnet_ifname(v, (int)ntohl(nl_u32(dev)), ifname);
	str_copy(head.ifname, sizeof(head.ifname),
		 !strcmp(ifname, "lo") ? "lo0" : ifname);
	put_record(out, &head, packet, len, tb[NFULA_TIMESTAMP]);
	return 0;
}

static void begin(struct nlm *m, uint16_t group)
{
	struct nfgenmsg g = {.nfgen_family = AF_UNSPEC,
			     .version = NFNETLINK_V0,
			     .res_id = htons(group)};

	nlm_begin(m, NFNL_SUBSYS_ULOG << 8 | NFULNL_MSG_CONFIG,
		  NLM_F_REQUEST | NLM_F_ACK, &g, sizeof(g));
}

/*
 * The kernel says EPERM to those who may not, and of a group that somebody
 * else reads.  Who may is told that there is nothing to give back.
 */
static bool may(struct pflog *p)
{
	const struct nfulnl_msg_config_cmd cmd = {NFULNL_CFG_CMD_UNBIND};
	struct nlm m;

	begin(&m, UINT16_MAX);
	nlm_put(&m, NFULA_CFG_CMD, &cmd, sizeof(cmd));
	return nl_talk(p->nl, &m, NULL, NULL) != -EPERM;
}

static int bind_group(struct pflog *p, uint16_t group, struct err *e)
{
	const struct nfulnl_msg_config_cmd cmd = {NFULNL_CFG_CMD_BIND};
	const struct nfulnl_msg_config_mode mode = {
		.copy_range = htonl(SNAPLEN), .copy_mode = NFULNL_COPY_PACKET};
	struct nlm m;
	int r;

	begin(&m, group);
	nlm_put(&m, NFULA_CFG_CMD, &cmd, sizeof(cmd));
	r = nl_talk(p->nl, &m, e, "pflog%u", group & PFLOG_MAX);
	if (r == -EPERM && may(p))
		return err_sys(e, EBUSY, "pflog%u", group & PFLOG_MAX);
	if (r < 0)
		return r;
	begin(&m, group);
	nlm_put(&m, NFULA_CFG_MODE, &mode, sizeof(mode));
	nlm_put_u32(&m, NFULA_CFG_QTHRESH, htonl(1)); /* each at once */
	return nl_talk(p->nl, &m, e, "pflog%u", group & PFLOG_MAX);
}

int pflog_open(const struct vnet *v, uint16_t group, struct pflog **ret,
	       struct err *e)
{
	cleanup_pflog struct pflog *p = calloc(1, sizeof(*p));
	int r;

	if (!p)
		return err_nomem(e);
	p->v = v;
	r = nl_open(NETLINK_NETFILTER, v->nsfd, &p->nl, e);
	if (r >= 0)
		r = bind_group(p, group, e);
	if (r < 0)
		return r;
	*ret = take_ptr(p);
	return 0;
}

void pflog_close(struct pflog **p)
{
	if (!*p)
		return;
	nl_free(&(*p)->nl);
	free(*p);
	*p = NULL;
}

int pflog_fd(const struct pflog *p)
{
	return nl_fd(p->nl);
}

int pflog_read(struct pflog *p, struct strbuf *out, size_t *ret, struct err *e)
{
	ssize_t got = nl_recv(p->nl, p->buf, sizeof(p->buf), 0);
	const struct nlmsghdr *h = (const void *)p->buf;
	int len = (int)got;

	*ret = 0;
	if (got < 0 && (errno == EINTR || errno == ENOBUFS))
		return 0; /* a burst that did not fit is lost */
	if (got < 0)
		return err_sys(e, errno, "pflog");
	for (; mnl_nlmsg_ok(h, len); h = mnl_nlmsg_next(h, &len))
		*ret += pflog_record(p->v, h, out) == 0;
	return 0;
}
