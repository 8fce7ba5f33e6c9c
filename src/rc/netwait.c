/* netwait: see netwait.h. */
#include "rc/netwait.h"

#include "base/cancel.h"
#include "base/cleanup.h"
#include "net/ifnet.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_addr.h>
#include <netinet/icmp6.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#define TICK_MS 50
#define ECHO_MS 1000

void netwait_free(struct netwait *w)
{
	strv_free(&w->ips);
	strv_free(&w->ifs);
	*w = (struct netwait){0};
}

bool netwait_address_ok(const char *s)
{
	unsigned char bin[16];

	return inet_pton(AF_INET, s, bin) == 1 ||
	       inet_pton(AF_INET6, s, bin) == 1;
}

static int tick(struct err *e)
{
	if (cancel_asked())
		return err_set(e, ECANCELED, "interrupted");
	(void)poll(NULL, 0, TICK_MS);
	return 0;
}

/* ---- interfaces ---- */

static int wait_if(struct vnet *v, const char *ifname, int seconds,
		   const struct report *r, bool *ret_ok, struct err *e)
{
	bool seen = false;

	for (int ms = 0; ms <= seconds * 1000; ms += TICK_MS) {
		cleanup_ifnet struct ifnet ifp = {0};
		int ret;

		if (ifnet_link(v, ifname, &ifp, NULL) == 0) {
			seen = true;
			if (ifp.flags & IFF_RUNNING) {
				report(r, REPORT_OUT,
				       "Waiting for %s, interface present, "
				       "got link.",
				       ifname);
				return 0;
			}
		}
		ret = tick(e);
		if (ret < 0)
			return ret;
	}
	*ret_ok = false;
	report(r, REPORT_OUT, "Waiting for %s%s, wait failed: interface %s.",
	       ifname, seen ? ", interface present" : "",
	       seen ? "still has no link" : "never appeared");
	return 0;
}

/* ---- addresses ---- */

static bool tentative(struct vnet *v)
{
	cleanup_ifnets struct ifnets ifs = {0};

	if (ifnets_load(v, &ifs, NULL) < 0)
		return false;
	for (size_t i = 0; i < ifs.n; i++)
		for (size_t k = 0; k < ifs.v[i].naddrs; k++) {
			uint32_t flags = ifs.v[i].addrs[k].flags;

			if ((flags & IFA_F_TENTATIVE) &&
			    !(flags & IFA_F_DADFAILED))
				return true;
		}
	return false;
}

static int wait_dad(struct vnet *v, int seconds, const struct report *r,
		    bool *ret_ok, struct err *e)
{
	for (int ms = 0; ms <= seconds * 1000; ms += TICK_MS) {
		int ret;

		if (!tentative(v)) {
			report(r, REPORT_OUT,
			       "Waiting for DAD to complete, done.");
			return 0;
		}
		ret = tick(e);
		if (ret < 0)
			return ret;
	}
	*ret_ok = false;
	report(r, REPORT_OUT, "Waiting for DAD to complete, timed out.");
	return 0;
}

/* ---- hosts ---- */

/* One host that is asked, and the way to it. */
struct host {
	union {
		struct sockaddr sa;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
	} to;
	socklen_t len;
	int fd;	     /* owned */
	bool raw;    /* whole IPv4 packets come back */
	uint16_t id; /* of ours; the kernel's own on a ping socket */
};

static void host_close(struct host *h)
{
	cleanup_close_p(&h->fd);
}
#define cleanup_host __attribute__((cleanup(host_close)))

static int host_open(const char *text, struct host *h)
{
	int proto = IPPROTO_ICMP;

	*h = (struct host){.fd = -1, .raw = true, .id = (uint16_t)getpid()};
	if (inet_pton(AF_INET, text, &h->to.in.sin_addr) == 1) {
		h->to.in.sin_family = AF_INET;
		h->len = sizeof(h->to.in);
	} else if (inet_pton(AF_INET6, text, &h->to.in6.sin6_addr) == 1) {
		h->to.in6.sin6_family = AF_INET6;
		h->len = sizeof(h->to.in6);
		proto = IPPROTO_ICMPV6;
	} else {
		return -EINVAL;
	}
	h->fd = socket(h->to.sa.sa_family, SOCK_RAW | SOCK_CLOEXEC, proto);
	if (h->fd < 0) {
		/* without the right to raw ones */
		h->raw = false;
		h->fd = socket(h->to.sa.sa_family, SOCK_DGRAM | SOCK_CLOEXEC,
			       proto);
	}
	return h->fd < 0 ? -errno : 0;
}

static uint16_t checksum(const void *p, size_t len)
{
	const uint8_t *b = p;
	uint32_t sum = 0;

	for (size_t i = 0; i + 1 < len; i += 2)
		sum += (uint32_t)b[i] << 8 | b[i + 1];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons((uint16_t)~sum);
}

/* Both families have the same eight bytes; the kernel sums up ICMPv6. */
static int host_ask(const struct host *h, uint16_t seq)
{
	struct icmphdr m = {.type = ICMP_ECHO};

	if (h->to.sa.sa_family == AF_INET6)
		m.type = ICMP6_ECHO_REQUEST;
	m.un.echo.id = htons(h->id);
	m.un.echo.sequence = htons(seq);
	if (h->to.sa.sa_family == AF_INET)
		m.checksum = checksum(&m, sizeof(m));
	return sendto(h->fd, &m, sizeof(m), MSG_DONTWAIT, &h->to.sa, h->len) < 0
		       ? -errno
		       : 0;
}

static bool is_answer(const struct host *h, const uint8_t *p, size_t len)
{
	bool v6 = h->to.sa.sa_family == AF_INET6;
	struct icmphdr m;

	if (h->raw && !v6) {
		size_t head = len ? (size_t)(p[0] & 15) * 4 : 0;

		if (head < sizeof(struct iphdr) || head > len)
			return false;
		p += head;
		len -= head;
	}
	if (len < sizeof(m))
		return false;
	memcpy(&m, p, sizeof(m));
	return m.type == (v6 ? ICMP6_ECHO_REPLY : ICMP_ECHOREPLY) &&
	       (!h->raw || m.un.echo.id == htons(h->id));
}

static bool host_answers(const struct host *h)
{
	uint8_t buf[2048];
	union {
		struct sockaddr sa;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
	} from = {0};
	socklen_t len = sizeof(from);
	ssize_t n =
		recvfrom(h->fd, buf, sizeof(buf), MSG_DONTWAIT, &from.sa, &len);

	if (n <= 0 || from.sa.sa_family != h->to.sa.sa_family ||
	    !is_answer(h, buf, (size_t)n))
		return false;
	if (h->to.sa.sa_family == AF_INET)
		return from.in.sin_addr.s_addr == h->to.in.sin_addr.s_addr;
	return !memcmp(&from.in6.sin6_addr, &h->to.in6.sin6_addr,
		       sizeof(from.in6.sin6_addr));
}

static long long now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

/* An echo a second; what cannot be sent today may be tomorrow. */
static int wait_host(const char *text, int seconds, bool *ret_ok, struct err *e)
{
	cleanup_host struct host h = {.fd = -1};
	long long start = now_ms(), asked = start - ECHO_MS;
	uint16_t seq = 0;
	int r = host_open(text, &h);

	if (r < 0)
		return err_set(e, -r, "%s: %s", text, strerror(-r));
	while (now_ms() - start < seconds * 1000LL) {
		struct pollfd p = {.fd = h.fd, .events = POLLIN};

		if (now_ms() - asked >= ECHO_MS) {
			(void)host_ask(&h, ++seq);
			asked = now_ms();
		}
		if (cancel_asked())
			return err_set(e, ECANCELED, "interrupted");
		if (poll(&p, 1, TICK_MS) > 0 && host_answers(&h)) {
			*ret_ok = true;
			return 0;
		}
	}
	return 0;
}

static int wait_hosts(const struct netwait *w, const struct report *r,
		      bool *ret_ok, struct err *e)
{
	for (size_t i = 0; i < w->ips.n; i++) {
		struct err he = ERR_INIT;
		bool ok = false;
		int ret = wait_host(w->ips.v[i], w->timeout, &ok, &he);

		if (ret == -ECANCELED)
			return err_set(e, ECANCELED, "%s", he.text);
		if (ret < 0)
			report(r, REPORT_WARN, "netwait: %s", he.text);
		report(r, REPORT_OUT,
		       "Waiting for %s to respond to ICMP ping, %s",
		       w->ips.v[i],
		       ok ? "got response." : "failed: No response from host.");
		if (ok)
			return 0;
	}
	*ret_ok = false;
	return 0;
}

int netwait_run(struct vnet *v, const struct netwait *w, const struct report *r,
		struct err *e)
{
	bool ok = true;
	int ret = 0;

	for (size_t i = 0; !ret && i < w->ifs.n; i++)
		ret = wait_if(v, w->ifs.v[i], w->if_timeout, r, &ok, e);
	if (!ret && w->dad)
		ret = wait_dad(v, w->dad_timeout, r, &ok, e);
	if (!ret && w->ips.n)
		ret = wait_hosts(w, r, &ok, e);
	if (!ret && !ok)
		report(r, REPORT_WARN,
		       "netwait: Continuing with startup, but be aware you "
		       "may not have a fully functional networking layer at "
		       "this point.");
	return ret;
}
