/* See link.h. */
#include "net/link.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "net/bsderr.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>

void link_new(struct nlm *m, const char *kname)
{
	struct ifinfomsg ifi = {0};

	nlm_begin(m, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &ifi, sizeof(ifi));
	nlm_put_str(m, IFLA_IFNAME, kname);
}

void link_set(struct nlm *m, int index, uint32_t change, uint32_t flags)
{
	struct ifinfomsg ifi = {
		.ifi_index = index, .ifi_flags = flags, .ifi_change = change};

	nlm_begin(m, RTM_NEWLINK, 0, &ifi, sizeof(ifi));
}

void link_kind(struct nlm *m, const char *linux_kind)
{
	struct nlattr *info = nlm_nest(m, IFLA_LINKINFO);

	nlm_put_str(m, IFLA_INFO_KIND, linux_kind);
	nlm_nest_end(m, info);
}

static struct link_nest nest(struct nlm *m, uint16_t kind_attr,
			     uint16_t data_attr, const char *linux_kind)
{
	struct link_nest n;

	n.info = nlm_nest(m, IFLA_LINKINFO);
	nlm_put_str(m, kind_attr, linux_kind);
	n.data = nlm_nest(m, data_attr);
	return n;
}

struct link_nest link_data(struct nlm *m, const char *linux_kind)
{
	return nest(m, IFLA_INFO_KIND, IFLA_INFO_DATA, linux_kind);
}

struct link_nest link_slave_data(struct nlm *m, const char *linux_kind)
{
	return nest(m, IFLA_INFO_SLAVE_KIND, IFLA_INFO_SLAVE_DATA, linux_kind);
}

void link_nest_end(struct nlm *m, struct link_nest *n)
{
	nlm_nest_end(m, n->data);
	nlm_nest_end(m, n->info);
}

int link_delete(struct vnet *v, int index, struct err *e)
{
	struct ifinfomsg ifi = {.ifi_index = index};
	struct err le = ERR_INIT;
	struct nlm m;
	int r;

	nlm_begin(&m, RTM_DELLINK, 0, &ifi, sizeof(ifi));
	r = nl_talk(v->rt, &m, &le, NULL);
	if (r == -ENODEV)
		return 0;
	return r < 0 ? bsd_err(e, -r, "SIOCIFDESTROY") : 0;
}

#define V6_CONF "/proc/sys/net/ipv6/conf/"

/* Called inside the vnet. */
static void v6_default(struct vnet *v)
{
	cleanup_free char *text = NULL;

	if (file_read(AT_FDCWD, V6_CONF "default/disable_ipv6", 64, &text, NULL,
		      NULL) < 0)
		v->v6off = 1; /* no IPv6 at all, or nothing we could change */
	else
		v->v6off = text[0] == '1' ? 1 : -1;
}

void link_v6_off(struct vnet *v, const char *const *knames, size_t n)
{
	char path[sizeof(V6_CONF) + IFNAMSIZ + 16];
	int back;

	if (v->v6off > 0 || vnet_enter(v, &back, NULL) < 0)
		return;
	if (!v->v6off)
		v6_default(v);
	for (size_t i = 0; v->v6off < 0 && i < n; i++) {
		snprintf(path, sizeof(path), V6_CONF "%s/disable_ipv6",
			 knames[i]);
		file_poke(AT_FDCWD, path, "1", NULL);
	}
	vnet_leave(&back);
}

int link_v6_set(struct vnet *v, const char *kname, bool on, struct err *e)
{
	char path[sizeof(V6_CONF) + IFNAMSIZ + 16];
	int back, r;

	snprintf(path, sizeof(path), V6_CONF "%s/disable_ipv6", kname);
	r = vnet_enter(v, &back, e);
	if (r < 0)
		return r;
	r = file_poke(AT_FDCWD, path, on ? "0" : "1", e);
	vnet_leave(&back);
	return r == -ENOENT ? 0 : r;
}

int mac_random(unsigned char mac[MAC_LEN], unsigned char last, struct err *e)
{
	if (getrandom(mac, MAC_LEN, 0) != MAC_LEN)
		return err_sys(e, errno, "getrandom");
	mac[0] = 0x02;
	mac[5] = last;
	return 0;
}

static uint64_t fnv(uint64_t h, const void *data, size_t len)
{
	const unsigned char *p = data;

	while (len--)
		h = (h ^ *p++) * 0x100000001b3ull;
	return h;
}

/* The vnet of the first process. */
static bool is_machines(const struct vnet *v)
{
	struct stat st;

	return stat("/proc/1/ns/net", &st) == 0 && st.st_ino == v->nsino &&
	       st.st_dev == v->nsdev;
}

void mac_generated(const struct vnet *v, const char *name,
		   unsigned char mac[MAC_LEN])
{
	static const unsigned char oui[3] = {0x58, 0x9c, 0xfc};
	cleanup_free char *id = NULL;
	uint64_t h = 0xcbf29ce484222325ull;
	char jail[1024];

	if (file_read(AT_FDCWD, "/etc/machine-id", 256, &id, NULL, NULL) >= 0)
		h = fnv(h, id, strlen(id));
	vnet_jail_name(v, jail, sizeof(jail));
	h = fnv(h, jail, strlen(jail));
	/* one that is neither a jail's nor the machine's has no other name */
	if (!jail[0] && !is_machines(v))
		h = fnv(h, &v->cookie, sizeof(v->cookie));
	h = fnv(h, name, strlen(name));
	/* the high bits of FNV are the well mixed ones */
	memcpy(mac, oui, sizeof(oui));
	mac[3] = (unsigned char)(h >> 56);
	mac[4] = (unsigned char)(h >> 48);
	mac[5] = (unsigned char)(h >> 40);
}
