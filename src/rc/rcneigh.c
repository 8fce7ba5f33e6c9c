/* rcneigh: see rcneigh.h. */
#include "rc/rcneigh.h"

#include "base/cleanup.h"
#include "net/arp.h"
#include "net/ifconfig_addr.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

struct pair {
	int family;
	union route_addr addr;
	const char *ifname; /* behind a link-local address's '%', or NULL */
	unsigned char mac[6];
};

static int pair_parse(const struct fact *f, struct pair *ret, struct err *e)
{
	char text[INET6_ADDRSTRLEN];
	size_t n = strcspn(f->key, "%");

	*ret = (struct pair){.family =
				     strchr(f->key, ':') ? AF_INET6 : AF_INET};
	if (ret->family == AF_INET6 && f->key[n])
		ret->ifname = f->key + n + 1;
	else
		n = strlen(f->key);
	str_copy(text, sizeof(text), f->key);
	if (n < sizeof(text))
		text[n] = '\0';
	if (n >= sizeof(text) || inet_pton(ret->family, text, &ret->addr) != 1)
		return err_set(e, EINVAL, "%s: no address", f->key);
	if (!ifconfig_mac_parse(f->value, ret->mac))
		return err_set(e, EINVAL, "%s: no link-level address",
			       f->value);
	return 0;
}

/* The fixed entry of the address, if there is one. */
static bool find(struct vnet *v, const struct pair *p, struct arp_row *ret)
{
	cleanup_free struct arp_row *rows = NULL;
	size_t n = 0, len = p->family == AF_INET ? 4 : 16;

	if (!v || arp_rows(v, p->family, p->ifname, NULL, &rows, &n, NULL) < 0)
		return false;
	for (size_t i = 0; i < n; i++)
		if (rows[i].permanent && !rows[i].own && rows[i].has_mac &&
		    !memcmp(&rows[i].addr, &p->addr, len)) {
			*ret = rows[i];
			return true;
		}
	return false;
}

bool rcneigh_has(struct vnet *v, const struct fact *f)
{
	struct arp_row row;
	struct pair p;

	return pair_parse(f, &p, NULL) == 0 && find(v, &p, &row) &&
	       !memcmp(row.mac, p.mac, sizeof(p.mac));
}

int rcneigh_make(struct rcact *a, const struct fact *f, struct err *e)
{
	struct pair p;
	int r = pair_parse(f, &p, e);

	if (r < 0)
		return r;
	if (!a->vnet)
		return err_set(e, ENODEV, "no network stack of its own");
	r = arp_set(a->vnet, p.family, &p.addr, p.ifname, p.mac, false, false,
		    e);
	if (r == -EADDRNOTAVAIL)
		return err_set(e, EADDRNOTAVAIL,
			       "%s is on no network that is attached", f->key);
	return r;
}

int rcneigh_undo(struct rcact *a, const struct note *n, struct err *e)
{
	struct arp_row row;
	struct pair p;

	/* it went with its interface, or somebody has put another there */
	if (pair_parse(&n->fact, &p, NULL) < 0 || !find(a->vnet, &p, &row) ||
	    memcmp(row.mac, p.mac, sizeof(p.mac)) != 0)
		return 0;
	return arp_delete(a->vnet, &row, e);
}
