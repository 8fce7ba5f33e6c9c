/* ksocket_addr: see ksocket_addr.h. */
#include "netgraph/ksocket_addr.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

/* FreeBSD's struct sockaddr_in6, whose first bytes all of them have. */
struct bsd_addr {
	uint8_t len;
	uint8_t family;
	uint16_t port; /* network order */
	union {
		struct {
			uint8_t addr[4];
			uint8_t zero[8];
		} in;
		struct {
			uint32_t flowinfo;
			uint8_t addr[16];
			uint32_t scope;
		} in6;
	};
};
_Static_assert(sizeof(struct bsd_addr) == 28, "as FreeBSD has it");
#define BSD_IN_LEN 16
#define BSD_IN_NEEDED offsetof(struct bsd_addr, in.zero)
#define BSD_PATH 2 /* where a path begins */
#define BSD_PATH_MAX 104

/* ------------------------------------------------------------- words */

struct word {
	const char *name;
	int value;
	int family; /* 0: any */
};

static const struct word families[] = {
	{"local", BSD_AF_LOCAL, 0},
	{"inet", BSD_AF_INET, 0},
	{"inet6", BSD_AF_INET6, 0},
	{0},
};
static const struct word types[] = {
	{"stream", SOCK_STREAM, 0},
	{"dgram", SOCK_DGRAM, 0},
	{"raw", SOCK_RAW, 0},
	{"rdm", SOCK_RDM, 0},
	{"seqpacket", SOCK_SEQPACKET, 0},
	{0},
};
static const struct word protos[] = {
	{"ip", IPPROTO_IP, AF_INET},	     {"raw", IPPROTO_RAW, AF_INET},
	{"icmp", IPPROTO_ICMP, AF_INET},     {"igmp", IPPROTO_IGMP, AF_INET},
	{"tcp", IPPROTO_TCP, AF_INET},	     {"udp", IPPROTO_UDP, AF_INET},
	{"gre", IPPROTO_GRE, AF_INET},	     {"esp", IPPROTO_ESP, AF_INET},
	{"ah", IPPROTO_AH, AF_INET},	     {"swipe", 53, AF_INET},
	{"encap", IPPROTO_ENCAP, AF_INET},   {"pim", IPPROTO_PIM, AF_INET},
	{"sctp", IPPROTO_SCTP, AF_INET},     {"ip6", IPPROTO_IPV6, AF_INET6},
	{"icmp6", IPPROTO_ICMPV6, AF_INET6}, {"tcp", IPPROTO_TCP, AF_INET6},
	{"udp", IPPROTO_UDP, AF_INET6},	     {0},
};

static int word_value(const struct word *words, const char *text, int family)
{
	char *end;
	unsigned long v;

	for (const struct word *w = words; w->name; w++)
		if (strcmp(w->name, text) == 0 && w->family == family)
			return w->value;
	if (!isdigit((unsigned char)text[0]))
		return -EINVAL;
	v = strtoul(text, &end, 10);
	return *end || v > USHRT_MAX ? -EINVAL : (int)v;
}

static int family_here(int bsd)
{
	switch (bsd) {
	case BSD_AF_LOCAL:
		return AF_UNIX;
	case BSD_AF_INET:
		return AF_INET;
	case BSD_AF_INET6:
	case AF_INET6:
		return AF_INET6;
	default:
		return -EAFNOSUPPORT;
	}
}

int ksocket_family(const char *text)
{
	int r = word_value(families, text, 0);

	return r < 0 ? r : family_here(r);
}

int ksocket_type(const char *text)
{
	int r = word_value(types, text, 0);

	/* nothing that this kernel would take for a flag */
	return r > SOCK_SEQPACKET ? -EPROTOTYPE : r;
}

int ksocket_proto(const char *text, int family)
{
	return word_value(protos, text, family);
}

/* ------------------------------------------------------- bytes of one */

static int get_inet(const uint8_t *p, size_t len, struct sockaddr_storage *ret,
		    socklen_t *ret_len)
{
	struct sockaddr_in *in = (void *)ret;
	struct bsd_addr a = {0};

	if (len < BSD_IN_NEEDED)
		return -EINVAL;
	memcpy(&a, p, len < sizeof(a) ? len : sizeof(a));
	in->sin_family = AF_INET;
	in->sin_port = a.port;
	memcpy(&in->sin_addr, a.in.addr, 4);
	*ret_len = sizeof(*in);
	return 0;
}

static int get_inet6(const uint8_t *p, size_t len, struct sockaddr_storage *ret,
		     socklen_t *ret_len)
{
	struct sockaddr_in6 *in6 = (void *)ret;
	struct bsd_addr a;

	if (len < sizeof(a))
		return -EINVAL;
	memcpy(&a, p, sizeof(a));
	in6->sin6_family = AF_INET6;
	in6->sin6_port = a.port;
	in6->sin6_flowinfo = a.in6.flowinfo;
	in6->sin6_scope_id = a.in6.scope;
	memcpy(&in6->sin6_addr, a.in6.addr, 16);
	*ret_len = sizeof(*in6);
	return 0;
}

static int get_local(const uint8_t *p, size_t len, struct sockaddr_storage *ret,
		     socklen_t *ret_len)
{
	struct sockaddr_un *un = (void *)ret;
	size_t n = len > BSD_PATH
			   ? strnlen((const char *)p + BSD_PATH, len - BSD_PATH)
			   : 0;

	/* no empty path: that is another name space here */
	if (!n || n >= BSD_PATH_MAX)
		return -EINVAL;
	un->sun_family = AF_UNIX;
	memcpy(un->sun_path, p + BSD_PATH, n);
	*ret_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n + 1);
	return 0;
}

int ksocket_addr_get(const void *arg, size_t arglen,
		     struct sockaddr_storage *ret, socklen_t *ret_len)
{
	struct sockaddr_storage sa = {0};
	const uint8_t *p = arg;
	size_t len = arglen;
	int family, r;

	if (arglen < 2)
		return -EINVAL;
	if (p[1]) {
		family = p[1];
		if (p[0] > arglen)
			return -EINVAL;
		if (p[0])
			len = p[0];
	} else {
		family = p[0] == AF_INET6 ? BSD_AF_INET6 : p[0];
	}
	switch (family_here(family)) {
	case AF_INET:
		r = get_inet(p, len, &sa, ret_len);
		break;
	case AF_INET6:
		r = get_inet6(p, len, &sa, ret_len);
		break;
	case AF_UNIX:
		r = get_local(p, len, &sa, ret_len);
		break;
	default:
		r = -EAFNOSUPPORT;
		break;
	}
	if (!r)
		*ret = sa;
	return r;
}

void ksocket_addr_put(const struct sockaddr_storage *sa, socklen_t len,
		      struct ksocket_addr *ret)
{
	const struct sockaddr_in *in = (const void *)sa;
	const struct sockaddr_in6 *in6 = (const void *)sa;
	const struct sockaddr_un *un = (const void *)sa;
	struct bsd_addr a = {0};
	size_t path = offsetof(struct sockaddr_un, sun_path), n;

	memset(ret, 0, sizeof(*ret));
	switch (sa->ss_family) {
	case AF_INET:
		a.family = BSD_AF_INET;
		a.len = BSD_IN_LEN;
		a.port = in->sin_port;
		memcpy(a.in.addr, &in->sin_addr, 4);
		break;
	case AF_INET6:
		a.family = BSD_AF_INET6;
		a.len = sizeof(a);
		a.port = in6->sin6_port;
		a.in6.flowinfo = in6->sin6_flowinfo;
		a.in6.scope = in6->sin6_scope_id;
		memcpy(a.in6.addr, &in6->sin6_addr, 16);
		break;
	case AF_UNIX:
		n = len > path ? strnlen(un->sun_path, len - path) : 0;
		if (n >= BSD_PATH_MAX)
			n = BSD_PATH_MAX - 1;
		memcpy(ret->bytes + BSD_PATH, un->sun_path, n);
		a.family = BSD_AF_LOCAL;
		a.len = (uint8_t)(BSD_PATH + n);
		memcpy(ret->bytes, &a, BSD_PATH);
		ret->len = a.len;
		return;
	default:
		a.len = BSD_PATH;
		break;
	}
	memcpy(ret->bytes, &a, a.len);
	ret->len = a.len;
}

/* ------------------------------------------------------------- as text */

static int data_length(const struct ng_ptype *t, const uint8_t *start,
		       size_t size, size_t at)
{
	(void)t;
	if (at < BSD_PATH || at > size)
		return -EINVAL;
	return start[at - BSD_PATH] < BSD_PATH
		       ? 0
		       : start[at - BSD_PATH] - BSD_PATH;
}

/* Of families that have no text of their own. */
static const struct ng_ptype data_type = {.kind = NGP_BYTES,
					  .length = data_length};
static const struct ng_pfield generic_fields[] = {
	{.name = "len", .type = &ng_p_uint8},
	{.name = "family", .type = &ng_p_uint8},
	{.name = "data", .type = &data_type},
	{0},
};
static const struct ng_ptype generic_type = {.kind = NGP_STRUCT,
					     .fields = generic_fields};

/* `:99`, or nothing. */
static int read_port(const char *s, const char **ret_end, uint16_t *ret)
{
	unsigned long v = 0;
	char *end = (char *)s;

	if (*s == ':') {
		if (!isdigit((unsigned char)s[1]))
			return -EINVAL;
		v = strtoul(s + 1, &end, 10);
	}
	if (v > USHRT_MAX)
		return -EINVAL;
	*ret = htons((uint16_t)v);
	*ret_end = end;
	return 0;
}

static int read_inet(const char *s, struct bsd_addr *a, const char **ret_end)
{
	for (size_t i = 0; i < 4; i++) {
		unsigned long v;
		char *end;

		if ((i && *s++ != '.') || !isdigit((unsigned char)*s))
			return -EINVAL;
		v = strtoul(s, &end, 10);
		if (v > UINT8_MAX)
			return -EINVAL;
		a->in.addr[i] = (uint8_t)v;
		s = end;
	}
	a->len = BSD_IN_LEN;
	return read_port(s, ret_end, &a->port);
}

/* A scope is an interface's name or number. */
static int read_scope(char *s, uint32_t *ret)
{
	char *mark = strchr(s, '%'), *end;
	unsigned long v;

	if (!mark)
		return 0;
	*mark++ = '\0';
	v = if_nametoindex(mark);
	if (!v) {
		v = strtoul(mark, &end, 10);
		if (!isdigit((unsigned char)*mark) || *end || v > UINT32_MAX)
			return -EINVAL;
	}
	*ret = (uint32_t)v;
	return 0;
}

static int read_inet6(const char *s, struct bsd_addr *a, const char **ret_end)
{
	char text[INET6_ADDRSTRLEN + IFNAMSIZ];
	const char *close = strchr(s, ']');
	int r;

	if (*s != '[' || !close || (size_t)(close - s) > sizeof(text))
		return -EINVAL;
	memcpy(text, s + 1, (size_t)(close - s - 1));
	text[close - s - 1] = '\0';
	r = read_scope(text, &a->in6.scope);
	if (r < 0)
		return r;
	if (inet_pton(AF_INET6, text, a->in6.addr) != 1)
		return -EINVAL;
	a->len = sizeof(*a);
	return read_port(close + 1, ret_end, &a->port);
}

static int read_local(const char *s, uint8_t *buf, size_t room)
{
	char path[BSD_PATH_MAX];
	int r = ng_parse(&ng_p_string, s, (uint8_t *)path, sizeof(path));
	size_t n;

	if (r < 0)
		return r == -ERANGE ? -E2BIG : r;
	n = strlen(path);
	if (room < BSD_PATH + n)
		return -ERANGE;
	buf[0] = (uint8_t)(BSD_PATH + n);
	buf[1] = BSD_AF_LOCAL;
	memcpy(buf + BSD_PATH, path, n);
	return buf[0];
}

static int sockaddr_parse(const char *text, uint8_t *buf, size_t room,
			  size_t *ret_used)
{
	struct bsd_addr a = {0};
	const char *slash = strchr(text, '/'), *end = text + strlen(text);
	char word[32];
	int family, r;

	*ret_used = strlen(text);
	if (*text == '{')
		return ng_parse(&generic_type, text, buf, room);
	if (!slash || (size_t)(slash - text) >= sizeof(word))
		return -EINVAL;
	memcpy(word, text, (size_t)(slash - text));
	word[slash - text] = '\0';
	family = ksocket_family(word);
	switch (family) {
	case AF_UNIX:
		return read_local(slash + 1, buf, room);
	case AF_INET:
		a.family = BSD_AF_INET;
		r = read_inet(slash + 1, &a, &end);
		break;
	case AF_INET6:
		a.family = BSD_AF_INET6;
		r = read_inet6(slash + 1, &a, &end);
		break;
	default:
		return -EINVAL;
	}
	if (r < 0)
		return r;
	*ret_used = (size_t)(end - text);
	if (room < a.len)
		return -ERANGE;
	memcpy(buf, &a, a.len);
	return a.len;
}

static int print_port(char *text, size_t room, int n, uint16_t port)
{
	if (n >= 0 && (size_t)n < room && port)
		n += snprintf(text + n, room - (size_t)n, ":%u", ntohs(port));
	return n >= 0 && (size_t)n < room ? 0 : -ERANGE;
}

static int print_inet(const uint8_t *data, char *text, size_t room)
{
	struct bsd_addr a = {0};
	int n;

	memcpy(&a, data, BSD_IN_NEEDED);
	n = snprintf(text, room, "inet/%u.%u.%u.%u", a.in.addr[0], a.in.addr[1],
		     a.in.addr[2], a.in.addr[3]);
	return print_port(text, room, n, a.port);
}

static int print_inet6(const uint8_t *data, char *text, size_t room)
{
	char addr[INET6_ADDRSTRLEN], name[IF_NAMESIZE], scope[32] = "";
	struct bsd_addr a;
	int n;

	memcpy(&a, data, sizeof(a));
	inet_ntop(AF_INET6, a.in6.addr, addr, sizeof(addr));
	if (a.in6.scope && if_indextoname(a.in6.scope, name))
		snprintf(scope, sizeof(scope), "%%%s", name);
	else if (a.in6.scope)
		snprintf(scope, sizeof(scope), "%%%u", a.in6.scope);
	n = snprintf(text, room, "inet6/[%s%s]", addr, scope);
	return print_port(text, room, n, a.port);
}

static int print_local(const uint8_t *data, char *text, size_t room)
{
	char path[BSD_PATH_MAX] = "";
	size_t n = data[0] - BSD_PATH;
	int r = snprintf(text, room, "local/");

	if (n >= sizeof(path))
		return -EINVAL;
	memcpy(path, data + BSD_PATH, n);
	if (r < 0 || (size_t)r >= room)
		return -ERANGE;
	r = ng_unparse(&ng_p_string, (uint8_t *)path, strlen(path) + 1,
		       text + r, room - (size_t)r);
	return r < 0 ? r : 0;
}

static int sockaddr_unparse(const uint8_t *data, size_t size, char *text,
			    size_t room)
{
	int r;

	if (size < BSD_PATH || data[0] > size || data[0] < BSD_PATH)
		return -EINVAL;
	if (data[1] == BSD_AF_INET && data[0] >= BSD_IN_NEEDED)
		r = print_inet(data, text, room);
	else if (data[1] == BSD_AF_INET6 && data[0] >= sizeof(struct bsd_addr))
		r = print_inet6(data, text, room);
	else if (data[1] == BSD_AF_LOCAL)
		r = print_local(data, text, room);
	else
		r = ng_unparse(&generic_type, data, data[0], text, room);
	return r < 0 ? r : data[0];
}

static const struct ng_pcustom sockaddr_custom = {
	.parse = sockaddr_parse,
	.unparse = sockaddr_unparse,
};
const struct ng_ptype ng_p_sockaddr = {.kind = NGP_CUSTOM,
				       .custom = &sockaddr_custom};
