/* rcneigh: see rcneigh.h. */
#include "rc/rcneigh.h"

#include "base/cleanup.h"
#include "net/arp.h"
#include "net/ifconfig_addr.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

/* Its interface: behind a link-local address's '%', or none. */
static int entry_parse(const struct fact *f, struct arp_entry *ret,
		       struct err *e)
{
	char text[INET6_ADDRSTRLEN];
	size_t n = strcspn(f->key, "%");

	*ret = (struct arp_entry){.family = strchr(f->key, ':') ? AF_INET6
								: AF_INET};
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
static bool find(struct vnet *v, const struct arp_entry *entry,
		 struct arp_row *ret)
{
	cleanup_free struct arp_row *rows = NULL;
	size_t n = 0, len = entry->family == AF_INET ? 4 : 16;

	if (!v || arp_rows(v, entry->family, entry->ifname, NULL, &rows, &n,
			   NULL) < 0)
		return false;
	for (size_t i = 0; i < n; i++)
		if (rows[i].permanent && !rows[i].own && rows[i].has_mac &&
		    !memcmp(&rows[i].addr, &entry->addr, len)) {
			*ret = rows[i];
			return true;
		}
	return false;
}

bool rcneigh_has(struct vnet *v, const struct fact *f)
{
	struct arp_row row;
	struct arp_entry entry;

	return entry_parse(f, &entry, NULL) == 0 && find(v, &entry, &row) &&
	       !memcmp(row.mac, entry.mac, sizeof(entry.mac));
}

int rcneigh_make(struct rcact *a, const struct fact *f, struct err *e)
{
	struct arp_entry entry;
	int r = entry_parse(f, &entry, e);

	if (r < 0)
		return r;
	if (!a->vnet)
		return err_set(e, ENODEV, "no network stack of its own");
	r = arp_set(a->vnet, &entry, e);
	if (r == -EADDRNOTAVAIL)
		return err_set(e, EADDRNOTAVAIL,
			       "%s is on no network that is attached", f->key);
	return r;
}

int rcneigh_undo(struct rcact *a, const struct note *n, struct err *e)
{
	struct arp_row row;
	struct arp_entry entry;

	/* it went with its interface, or somebody has put another there */
	if (entry_parse(&n->fact, &entry, NULL) < 0 ||
	    !find(a->vnet, &entry, &row) ||
	    memcmp(row.mac, entry.mac, sizeof(entry.mac)) != 0)
		return 0;
	return arp_delete(a->vnet, &row, e);
}
