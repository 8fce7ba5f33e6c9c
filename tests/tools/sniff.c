/*
 * sniff: print or count the frames on an interface; send one.
 *
 *   sniff [-n COUNT] [-t MS] [-m TEXT] [-o] [-q] IF
 *	"ready" first, then a line a frame:
 *	  SRCMAC > DSTMAC ipv4 10.0.0.1 > 10.0.0.2 icmp 98
 *	  SRCMAC > DSTMAC arp 42
 *	ends after COUNT frames (status 0) or MS milliseconds (status 0, or 1
 *	when COUNT was asked for and not reached); -m only frames whose line
 *	has TEXT (there is always noise: IPv6 neighbours, MLD), -o also
 *	frames going out, -q only the number of frames at the end.  The
 *interface becomes promiscuous for the time. sniff -s DSTMAC [-S SRCMAC] IF
 *[TEXT] send one frame of the local experimental ethertype 0x88b5 with TEXT.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static const char *mac_text(const uint8_t *m, char *buf)
{
	snprintf(buf, 18, "%02x:%02x:%02x:%02x:%02x:%02x", m[0], m[1], m[2],
		 m[3], m[4], m[5]);
	return buf;
}

static bool mac_parse(const char *s, uint8_t *m)
{
	unsigned int v[6];
	char end;

	if (sscanf(s, "%2x:%2x:%2x:%2x:%2x:%2x%c", &v[0], &v[1], &v[2], &v[3],
		   &v[4], &v[5], &end) != 6)
		return false;
	for (int i = 0; i < 6; i++)
		m[i] = (uint8_t)v[i];
	return true;
}

static const char *proto_name(int proto, char *buf)
{
	static const struct {
		int proto;
		const char *name;
	} names[] = {
		{IPPROTO_ICMP, "icmp"},	     {IPPROTO_TCP, "tcp"},
		{IPPROTO_UDP, "udp"},	     {IPPROTO_ICMPV6, "icmp6"},
		{IPPROTO_HOPOPTS, "hopopt"},
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].proto == proto)
			return names[i].name;
	snprintf(buf, 16, "proto%d", proto);
	return buf;
}

/* The part of a line behind the addresses of the frame. */
static void put_payload(FILE *o, uint16_t type, const uint8_t *p, size_t n)
{
	char a[INET6_ADDRSTRLEN], b[INET6_ADDRSTRLEN], name[16];

	if (type == ETHERTYPE_IP && n >= sizeof(struct iphdr)) {
		struct iphdr ip;

		memcpy(&ip, p, sizeof(ip));
		inet_ntop(AF_INET, &ip.saddr, a, sizeof(a));
		inet_ntop(AF_INET, &ip.daddr, b, sizeof(b));
		fprintf(o, "ipv4 %s > %s %s", a, b,
			proto_name(ip.protocol, name));
	} else if (type == ETHERTYPE_IPV6 && n >= sizeof(struct ip6_hdr)) {
		struct ip6_hdr ip;

		memcpy(&ip, p, sizeof(ip));
		inet_ntop(AF_INET6, &ip.ip6_src, a, sizeof(a));
		inet_ntop(AF_INET6, &ip.ip6_dst, b, sizeof(b));
		fprintf(o, "ipv6 %s > %s %s", a, b,
			proto_name(ip.ip6_nxt, name));
	} else if (type == ETHERTYPE_ARP) {
		fprintf(o, "arp");
	} else {
		fprintf(o, "0x%04x", type);
	}
}

/* A frame as a line in buf. */
static void frame_text(const uint8_t *f, size_t n, char *buf, size_t size)
{
	char src[18], dst[18];
	FILE *o = fmemopen(buf, size, "w");

	buf[0] = '\0';
	if (!o)
		return;
	if (n >= ETH_HLEN) {
		fprintf(o, "%s > %s ", mac_text(f + 6, src), mac_text(f, dst));
		put_payload(o, (uint16_t)(f[12] << 8 | f[13]), f + ETH_HLEN,
			    n - ETH_HLEN);
	}
	fprintf(o, " %zu", n);
	fclose(o);
}

static long now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000L + ts.tv_nsec / 1000000L;
}

static int open_on(const char *ifname, struct sockaddr_ll *sll)
{
	int fd;

	*sll = (struct sockaddr_ll){
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = (int)if_nametoindex(ifname),
		.sll_halen = ETH_ALEN,
	};
	/* Protocol 0: nothing is received before bind() names the interface. */
	fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (!sll->sll_ifindex || fd < 0) {
		fprintf(stderr, "sniff: %s: %s\n", ifname, strerror(errno));
		exit(2);
	}
	return fd;
}

static int capture(const char *ifname, long count, long ms, const char *match,
		   bool out, bool quiet)
{
	struct packet_mreq mr = {.mr_type = PACKET_MR_PROMISC};
	struct sockaddr_ll sll, from;
	uint8_t buf[65536];
	char line[256];
	long seen = 0, end = now_ms() + ms;
	int fd = open_on(ifname, &sll);

	mr.mr_ifindex = sll.sll_ifindex;
	if (bind(fd, (struct sockaddr *)&sll, sizeof(sll)) ||
	    setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &mr,
		       sizeof(mr))) {
		perror("sniff: bind");
		return 2;
	}
	puts("ready");
	fflush(stdout);
	while (!count || seen < count) {
		struct pollfd pfd = {.fd = fd, .events = POLLIN};
		socklen_t len = sizeof(from);
		long left = ms < 0 ? -1 : end - now_ms();
		ssize_t n;

		if (ms >= 0 && (left <= 0 || poll(&pfd, 1, (int)left) <= 0))
			break;
		n = recvfrom(fd, buf, sizeof(buf), 0, (struct sockaddr *)&from,
			     &len);
		if (n < 0)
			break;
		if (from.sll_pkttype == PACKET_OUTGOING && !out)
			continue;
		frame_text(buf, (size_t)n, line, sizeof(line));
		if (match && !strstr(line, match))
			continue;
		seen++;
		if (!quiet && (puts(line) < 0 || fflush(stdout)))
			return 2;
	}
	if (quiet)
		printf("%ld\n", seen);
	return count && seen < count;
}

static int send_one(const char *ifname, const char *dst, const char *src,
		    const char *text)
{
	uint8_t f[1514] = {0};
	size_t n = strlen(text);
	struct sockaddr_ll sll;
	struct ifreq ifr = {0};
	int fd = open_on(ifname, &sll);

	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", ifname);
	if (!src && ioctl(fd, SIOCGIFHWADDR, &ifr)) {
		perror("sniff: address");
		return 2;
	}
	memcpy(f + 6, ifr.ifr_hwaddr.sa_data, 6);
	if (!mac_parse(dst, f) || (src && !mac_parse(src, f + 6)) ||
	    n > sizeof(f) - ETH_HLEN) {
		fprintf(stderr, "sniff: bad address or text\n");
		return 2;
	}
	f[12] = 0x88;
	f[13] = 0xb5;
	memcpy(f + ETH_HLEN, text, n);
	n = n < ETH_ZLEN - ETH_HLEN ? ETH_ZLEN : n + ETH_HLEN;
	if (sendto(fd, f, n, 0, (struct sockaddr *)&sll, sizeof(sll)) < 0) {
		perror("sniff: send");
		return 1;
	}
	return 0;
}

static int usage(void)
{
	fprintf(stderr,
		"usage: sniff [-n count] [-t ms] [-m text] [-oq] interface\n"
		"       sniff -s dst [-S src] interface [text]\n");
	return 2;
}

int main(int argc, char **argv)
{
	const char *dst = NULL, *src = NULL, *match = NULL;
	bool out = false, quiet = false;
	long count = 0, ms = -1;
	int c;

	while ((c = getopt(argc, argv, "n:t:m:oqs:S:")) != -1) {
		switch (c) {
		case 'n':
			count = strtol(optarg, NULL, 10);
			break;
		case 't':
			ms = strtol(optarg, NULL, 10);
			break;
		case 'm':
			match = optarg;
			break;
		case 'o':
			out = true;
			break;
		case 'q':
			quiet = true;
			break;
		case 's':
			dst = optarg;
			break;
		case 'S':
			src = optarg;
			break;
		default:
			return usage();
		}
	}
	if (optind == argc)
		return usage();
	if (dst)
		return send_one(argv[optind], dst, src,
				optind + 1 < argc ? argv[optind + 1] : "");
	return capture(argv[optind], count, ms, match, out, quiet);
}
