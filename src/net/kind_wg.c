/* wg: WireGuard; keys and peers are given by wg(8), as on FreeBSD. */
#include "net/kind_rows.h"

#include "base/str.h"
#include "net/ifconfig_impl.h"
#include "net/link.h"

#include <errno.h>
#include <stdio.h>

#define WG_MTU 1420

static int wg_create(struct vnet *v, int unit, int nwords, char **words,
		     int *ret_used, char ret_name[IFNAMSIZ], struct err *e)
{
	char name[IFNAMSIZ];
	const char *names[] = {name};
	struct nlm m;
	int r;

	(void)nwords;
	(void)words;
	*ret_used = 0;
	snprintf(name, sizeof(name), "wg%d", unit);
	link_new(&m, name);
	nlm_put_u32(&m, IFLA_MTU, WG_MTU);
	link_kind(&m, "wireguard");
	r = nl_talk(v->rt, &m, NULL, NULL);
	if (r == -EEXIST)
		return r;
	if (r < 0)
		return kind_refuse(&kind_wg, -r, e);
	link_v6_off(v, names, 1);
	str_copy(ret_name, IFNAMSIZ, name);
	return 0;
}

const struct ifkind kind_wg = {
	.name = "wg",
	.linux_kind = "wireguard",
	.clonable = true,
	.group = true,
	.flags_set = BSD_IFF_NOARP | BSD_IFF_MULTICAST,
	.flags_clr = BSD_IFF_POINTOPOINT,
	.lacks = "WireGuard (CONFIG_WIREGUARD)",
	.create = wg_create,
	.destroy = kind_destroy_link,
};
