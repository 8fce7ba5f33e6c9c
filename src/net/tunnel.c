/* See tunnel.h. */
#include "net/tunnel.h"

#include "net/hosts.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MAX_TTL 256 /* FreeBSD's, which stands for 255 */

int tunnel_addr_parse(const char *word, struct tunnel_addr *ret)
{
	struct tunnel_addr a = {.family = AF_INET};

	if (inet_pton(AF_INET, word, &a.in) == 1 ||
	    hosts_find(word, AF_INET, &a.in, sizeof(a.in))) {
		*ret = a;
		return 0;
	}
	a.family = AF_INET6;
	if (inet_pton(AF_INET6, word, &a.in6) != 1 &&
	    !hosts_find(word, AF_INET6, &a.in6, sizeof(a.in6)))
		return -EINVAL;
	*ret = a;
	return 0;
}

size_t tunnel_addr_len(const struct tunnel_addr *a)
{
	return a->family == AF_INET ? sizeof(a->in) : sizeof(a->in6);
}

bool tunnel_addr_multicast(const struct tunnel_addr *a)
{
	if (a->family == AF_INET)
		return IN_MULTICAST(ntohl(a->in.s_addr));
	return a->family == AF_INET6 && IN6_IS_ADDR_MULTICAST(&a->in6);
}

bool tunnel_addr_any(const struct tunnel_addr *a)
{
	static const struct in6_addr zero;

	return !a->family || !memcmp(&a->in6, &zero, tunnel_addr_len(a));
}

bool tunnel_addr_equal(const struct tunnel_addr *a, const struct tunnel_addr *b)
{
	if (a->family != b->family)
		return false;
	return !a->family || !memcmp(&a->in6, &b->in6, tunnel_addr_len(a));
}

void tunnel_addr_read(struct tunnel_addr *ret, const void *p, size_t len)
{
	struct tunnel_addr a = {.family = len == sizeof(a.in) ? AF_INET
							      : AF_INET6};

	*ret = (struct tunnel_addr){0};
	if (len != sizeof(a.in) && len != sizeof(a.in6))
		return;
	memcpy(&a.in6, p, len);
	if (!tunnel_addr_any(&a))
		*ret = a;
}

void tunnel_addr_put(struct strbuf *out, const struct tunnel_addr *a)
{
	char text[INET6_ADDRSTRLEN];

	if (a->family)
		strbuf_adds(out,
			    inet_ntop(a->family, &a->in6, text, sizeof(text)));
}

bool tunnel_number(const char *word, unsigned long max, unsigned long *ret)
{
	unsigned long n;
	char *end;

	if (*word < '0' || *word > '9')
		return false;
	errno = 0;
	n = strtoul(word, &end, 0);
	if (*end || errno || n > max)
		return false;
	*ret = n;
	return true;
}

int tunnel_word_vni(const char *word, uint32_t *ret, struct err *e)
{
	unsigned long n;

	if (!tunnel_number(word, TUNNEL_VNI_MAX, &n))
		return err_set(e, EINVAL, "invalid network identifier: %s",
			       word);
	*ret = (uint32_t)n;
	return 0;
}

int tunnel_word_addr(const char *word, const char *what, bool multicast,
		     struct tunnel_addr *ret, struct err *e)
{
	struct tunnel_addr a;

	if (tunnel_addr_parse(word, &a) < 0)
		return err_set(e, EINVAL,
			       "error in parsing %s address string: Name does "
			       "not resolve",
			       what);
	if (tunnel_addr_multicast(&a) != multicast)
		return err_set(e, EINVAL, "%s address %s be multicast", what,
			       multicast ? "must" : "cannot");
	*ret = a;
	return 0;
}

int tunnel_word_port(const char *word, const char *what, uint16_t *ret,
		     struct err *e)
{
	unsigned long n;

	if (!tunnel_number(word, UINT16_MAX - 1, &n))
		return err_set(e, EINVAL, "invalid %s: %s", what, word);
	*ret = (uint16_t)n;
	return 0;
}

int tunnel_word_ttl(const char *word, uint8_t *ret, struct err *e)
{
	unsigned long n;

	if (!tunnel_number(word, MAX_TTL, &n))
		return err_set(e, EINVAL, "invalid TTL value: %s", word);
	*ret = n < MAX_TTL ? (uint8_t)n : UINT8_MAX;
	return 0;
}
