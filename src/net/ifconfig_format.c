/*
 * ifconfig_format: the -f option and $IFCONFIG_FORMAT of ifconfig(8), and the
 * printing of single addresses that they govern.
 */
#include "net/ifconfig_impl.h"

#include "base/cleanup.h"
#include "base/table.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>

struct format_row {
	const char *type, *name;
	size_t field;
	int value;
};

#define ROW(type_, name_, value_)                                              \
	{                                                                      \
#type_, name_, offsetof(struct ifconfig_format, type_), value_ \
	}

static const struct format_row rows[] = {
	ROW(addr, "default", ADDRFMT_NUMERIC),
	ROW(addr, "numeric", ADDRFMT_NUMERIC),
	ROW(addr, "host", ADDRFMT_HOST),
	ROW(addr, "fqdn", ADDRFMT_FQDN),
	ROW(ether, "default", ETHERFMT_COLON),
	ROW(ether, "colon", ETHERFMT_COLON),
	ROW(ether, "dash", ETHERFMT_DASH),
	ROW(ether, "dotted", ETHERFMT_DOTTED),
	ROW(inet, "default", INETFMT_HEX),
	ROW(inet, "hex", INETFMT_HEX),
	ROW(inet, "dotted", INETFMT_DOTTED),
	ROW(inet, "cidr", INETFMT_CIDR),
	ROW(inet6, "default", INET6FMT_PLEN),
	ROW(inet6, "numeric", INET6FMT_PLEN),
	ROW(inet6, "cidr", INET6FMT_CIDR),
};

static const struct format_row *row_find(const char *part)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		size_t n = strlen(rows[i].type);

		if (!strncmp(part, rows[i].type, n) && part[n] == ':' &&
		    !strcmp(part + n + 1, rows[i].name))
			return &rows[i];
	}
	return NULL;
}

int ifconfig_format_parse(struct ifconfig_format *f, const char *spec,
			  struct err *e)
{
	cleanup_strv struct strv parts = {0};
	int bad = 0;

	if (strv_split(&parts, spec, ",") < 0)
		return err_nomem(e);
	for (size_t i = 0; i < parts.n; i++) {
		const struct format_row *row = row_find(parts.v[i]);

		if (row)
			*(int *)((char *)f + row->field) = row->value;
		else if (!strcmp(parts.v[i], "default"))
			*f = (struct ifconfig_format){0};
		else if (!bad)
			bad = err_set(e, EINVAL, "Skipping invalid format: %s",
				      parts.v[i]);
	}
	return bad;
}

static bool resolved(struct strbuf *out, int fmt, const struct sockaddr *sa,
		     socklen_t len)
{
	char host[NI_MAXHOST];
	char *dot;

	if (fmt == ADDRFMT_NUMERIC ||
	    getnameinfo(sa, len, host, sizeof(host), NULL, 0, NI_NAMEREQD))
		return false;
	dot = strchr(host, '.');
	if (fmt == ADDRFMT_HOST && dot)
		*dot = 0;
	strbuf_adds(out, host);
	return true;
}

void ifconfig_put_inet(struct strbuf *out, const struct ifconfig_format *f,
		       struct in_addr a)
{
	struct sockaddr_in sin = {.sin_family = AF_INET, .sin_addr = a};
	char text[INET_ADDRSTRLEN];

	if (resolved(out, f->addr, (struct sockaddr *)&sin, sizeof(sin)))
		return;
	strbuf_adds(out, inet_ntop(AF_INET, &a, text, sizeof(text)));
}

void ifconfig_put_inet6(struct strbuf *out, const struct ifconfig_format *f,
			const struct in6_addr *a, const char *ifname)
{
	struct sockaddr_in6 sin6 = {.sin6_family = AF_INET6, .sin6_addr = *a};
	char text[INET6_ADDRSTRLEN];

	if (resolved(out, f->addr, (struct sockaddr *)&sin6, sizeof(sin6)))
		return;
	strbuf_adds(out, inet_ntop(AF_INET6, a, text, sizeof(text)));
	if (IN6_IS_ADDR_LINKLOCAL(a) || IN6_IS_ADDR_MC_LINKLOCAL(a))
		strbuf_addf(out, "%%%s", ifname);
}

void ifconfig_put_ether(struct strbuf *out, const struct ifconfig_format *f,
			const unsigned char *mac, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (i && f->ether == ETHERFMT_DOTTED && i % 2 == 0)
			strbuf_addch(out, '.');
		else if (i && f->ether != ETHERFMT_DOTTED)
			strbuf_addch(out,
				     f->ether == ETHERFMT_DASH ? '-' : ':');
		strbuf_addf(out, "%02x", mac[i]);
	}
}
