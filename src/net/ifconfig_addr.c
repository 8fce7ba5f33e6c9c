/*
 * ifconfig_addr: parsing of addresses, see ifconfig_addr.h.
 *
 * Names are looked up in files only, see hosts.h.
 */
#include "net/ifconfig_addr.h"

#include "base/cleanup.h"
#include "net/hosts.h"
#include "net/ifconfig_impl.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <string.h>

enum ifconfig_af ifconfig_af_parse(const char *word)
{
	static const struct {
		const char *name;
		enum ifconfig_af af;
	} names[] = {
		{"inet", IFAF_INET},   {"inet6", IFAF_INET6},
		{"link", IFAF_LINK},   {"ether", IFAF_LINK},
		{"lladdr", IFAF_LINK},
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (!strcmp(word, names[i].name))
			return names[i].af;
	return IFAF_NONE;
}

bool ifconfig_mac_parse(const char *s, unsigned char mac[6])
{
	/* link_addr(3): 12 digits need nothing between them */
	const bool plain = strspn(s, "0123456789abcdefABCDEF") == 12;
	unsigned char out[6];
	char sep = 0;

	for (int i = 0; i < 6; i++) {
		unsigned int v = 0;
		int digits = 0;

		for (; digits < 2 && isxdigit((unsigned char)*s); digits++) {
			char c = (char)tolower((unsigned char)*s++);

			v = v << 4 |
			    (unsigned int)(c <= '9' ? c - '0' : c - 'a' + 10);
		}
		if (!digits)
			return false;
		out[i] = (unsigned char)v;
		if (i == 5)
			break;
		if (plain)
			continue;
		if (!sep && *s && strchr(":-.", *s))
			sep = *s;
		if (!sep || *s++ != sep)
			return false;
	}
	if (*s)
		return false;
	memcpy(mac, out, sizeof(out));
	return true;
}

static int parse_inet(const char *s, struct in_addr *ret, struct err *e)
{
	struct in_addr a;

	if (!inet_aton(s, &a) && !hosts_find(s, AF_INET, &a, sizeof(a)) &&
	    !networks_find(s, &a))
		return err_set(e, EINVAL, "%s: bad value", s);
	*ret = a;
	return 0;
}

/* A zone behind % is the interface itself: accepted and dropped. */
static int parse_inet6(const char *s, struct in6_addr *ret, struct err *e)
{
	cleanup_free char *text = strdup(s);
	struct in6_addr a;
	char *zone;

	if (!text)
		return err_nomem(e);
	zone = strchr(text, '%');
	if (zone)
		*zone = 0;
	if (inet_pton(AF_INET6, text, &a) != 1 &&
	    !hosts_find(text, AF_INET6, &a, sizeof(a)))
		return err_set(e, EINVAL, "%s: bad value", s);
	*ret = a;
	return 0;
}

static int parse_width(const char *whole, const char *width, int max,
		       unsigned char *ret, struct err *e)
{
	long long n;
	int r = str_to_int(width, 0, max, &n);

	if (!isdigit((unsigned char)*width) || r == -EINVAL)
		return err_set(e, EINVAL, "%s: bad value (width invalid)",
			       whole);
	if (r < 0)
		return err_set(e, EINVAL, "%s: bad value (width too large)",
			       whole);
	*ret = (unsigned char)n;
	return 0;
}

static int addr_ip(struct ifconfig_addr *a, const char *word, struct err *e)
{
	bool v4 = a->af == IFAF_INET;
	cleanup_free char *text = strdup(word);
	unsigned char plen = 0;
	char *slash;
	int r;

	if (!text)
		return err_nomem(e);
	slash = strrchr(text, '/');
	if (slash) {
		*slash = 0;
		r = parse_width(word, slash + 1, v4 ? 32 : 128, &plen, e);
		if (r < 0)
			return r;
	}
	r = v4 ? parse_inet(text, &a->addr.in, e)
	       : parse_inet6(text, &a->addr.in6, e);
	if (r < 0)
		return r;
	if (slash) {
		a->plen = plen;
		a->has_plen = true;
	}
	a->set = true;
	return 0;
}

static int addr_link(struct ifconfig_addr *a, const char *word, struct err *e)
{
	a->random = !strcmp(word, "random");
	if (!a->random && !ifconfig_mac_parse(word, a->mac))
		return err_set(e, EINVAL, "link: invalid address: %s", word);
	a->set = true;
	return 0;
}

int ifconfig_addr_word(struct ifconfig_addr *a, const char *word, struct err *e)
{
	int r;

	if (a->af == IFAF_LINK)
		return addr_link(a, word, e);
	if (!a->set)
		return addr_ip(a, word, e);
	r = a->af == IFAF_INET ? parse_inet(word, &a->peer.in, e)
			       : parse_inet6(word, &a->peer.in6, e);
	if (r >= 0)
		a->has_peer = true;
	return r;
}

static int only_inet(const struct ifconfig_addr *a, const char *word,
		     struct err *e)
{
	static const char *const names[] = {
		[IFAF_INET6] = "inet6",
		[IFAF_LINK] = "link",
	};

	if (a->af == IFAF_INET)
		return 0;
	return err_set(e, EINVAL, "%s: invalid option for %s", word,
		       names[a->af]);
}

int ifconfig_addr_netmask(struct ifconfig_addr *a, const char *word,
			  struct err *e)
{
	struct in_addr m;
	uint32_t mask;
	int r;

	r = only_inet(a, "netmask", e);
	if (r >= 0)
		r = parse_inet(word, &m, e);
	if (r < 0)
		return r;
	mask = ntohl(m.s_addr);
	/* Linux has no masks with holes */
	if (mask & (~mask >> 1))
		return err_set(e, EINVAL, "%s: bad value", word);
	a->plen = (unsigned char)__builtin_popcount(mask);
	a->has_plen = true;
	return 0;
}

int ifconfig_addr_broadcast(struct ifconfig_addr *a, const char *word,
			    struct err *e)
{
	int r = only_inet(a, "broadcast", e);

	if (r >= 0)
		r = parse_inet(word, &a->brd, e);
	if (r >= 0)
		a->has_brd = true;
	return r;
}

int ifconfig_addr_prefixlen(struct ifconfig_addr *a, const char *word,
			    struct err *e)
{
	long long n;

	if (a->af == IFAF_LINK)
		return only_inet(a, "prefixlen", e);
	if (str_to_int(word, 0, a->af == IFAF_INET ? 32 : 128, &n) < 0)
		return err_set(e, EINVAL, "%s: bad value", word);
	a->plen = (unsigned char)n;
	a->has_plen = true;
	return 0;
}

int ifconfig_addr_lifetime(struct ifconfig_addr *a, const char *word,
			   bool valid, struct err *e)
{
	const char *name = valid ? "vltime" : "pltime";
	long long n = UINT32_MAX;

	if (a->af != IFAF_INET6)
		return err_set(e, EINVAL, "%s: not allowed for the AF", name);
	if (strcmp(word, "infty") != 0 &&
	    str_to_int(word, 0, UINT32_MAX, &n) < 0)
		return err_set(e, EINVAL, "invalid %s: %s", name, word);
	if (valid) {
		a->vltime = (uint32_t)n;
		a->has_vltime = true;
	} else {
		a->pltime = (uint32_t)n;
		a->has_pltime = true;
	}
	return 0;
}

static unsigned char class_plen(struct in_addr a)
{
	uint32_t v = ntohl(a.s_addr);

	if (!(v & 0x80000000))
		return 8;
	return v & 0x40000000 ? 24 : 16;
}

static void defaults_inet(struct ifconfig_addr *a, uint32_t flags,
			  bool *ret_warn)
{
	uint32_t mask;

	if (!a->has_plen) {
		/* a point-to-point address is a host's unless said otherwise */
		a->plen = a->has_peer && (flags & IFF_POINTOPOINT)
				  ? 32
				  : class_plen(a->addr.in);
		*ret_warn = !(flags & (IFF_POINTOPOINT | IFF_LOOPBACK));
	}
	/* on a broadcast interface the second address is the broadcast */
	if (a->has_peer && !(flags & IFF_POINTOPOINT)) {
		if (!a->has_brd)
			a->brd = a->peer.in;
		a->has_brd = true;
		a->has_peer = false;
	}
	if (!a->has_brd && (flags & IFF_BROADCAST) && a->plen < 31) {
		mask = a->plen ? ~0u << (32 - a->plen) : 0;
		a->brd.s_addr = a->addr.in.s_addr | htonl(~mask);
		a->has_brd = true;
	}
}

void ifconfig_addr_defaults(struct ifconfig_addr *a, uint32_t flags,
			    bool *ret_warn)
{
	*ret_warn = false;
	if (a->af == IFAF_INET)
		defaults_inet(a, flags, ret_warn);
	else if (a->af == IFAF_INET6 && !a->has_plen)
		a->plen = a->has_peer || (flags & IFF_LOOPBACK) ? 128 : 64;
}
