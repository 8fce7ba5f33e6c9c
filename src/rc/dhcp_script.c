/*
 * dhcp_script: what happens when a lease comes, changes or goes: the part of
 * dhclient-script(8).  See dhcp.h.
 *
 * What was configured is written down before it is made, so that a kill at any
 * moment leaves at worst a file that says too much.  Taking back something
 * that is not there is no error.
 */
#include "rc/dhcp.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "net/ifconfig.h"
#include "net/ifnet.h"
#include "net/route.h"
#include "rc/dhcpconf.h"
#include "rc/resolv.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define LEASE_MAX (64u << 10)

char *dhcp_path(const char *ifname, const char *suffix)
{
	return str_printf(DHCP_DIR "/%s.%s", ifname, suffix);
}

bool dhcp_lease_load(const char *ifname, const char *suffix,
		     struct dhcp_lease *ret)
{
	cleanup_free char *path = dhcp_path(ifname, suffix);
	cleanup_free char *text = NULL;

	return path &&
	       file_read(AT_FDCWD, path, LEASE_MAX, &text, NULL, NULL) == 0 &&
	       dhcp_lease_parse(text, ret) == 0;
}

static int lease_save(const char *ifname, const char *suffix,
		      const struct dhcp_lease *l, struct err *e)
{
	cleanup_free char *path = dhcp_path(ifname, suffix);
	cleanup_strbuf struct strbuf b = STRBUF_INIT;

	dhcp_lease_print(l, &b);
	if (!path || strbuf_failed(&b))
		return err_nomem(e);
	return file_write_atomic(AT_FDCWD, path, b.s, 0600, e);
}

static void lease_forget(const char *ifname, const char *suffix)
{
	cleanup_free char *path = dhcp_path(ifname, suffix);

	if (path)
		unlink(path);
}

bool dhcp_bound(const char *ifname)
{
	cleanup_free char *path = dhcp_path(ifname, "lease");

	return path && access(path, F_OK) == 0;
}

static int __attribute__((sentinel))
ifconfig(struct vnet *v, struct err *e, const char *ifname, ...)
{
	cleanup_strbuf struct strbuf out = STRBUF_INIT, warn = STRBUF_INIT;
	struct ifconfig_opts o = {.warn = &warn};
	cleanup_strv struct strv words = {0};
	const char *w;
	va_list ap;
	int r = 0;

	va_start(ap, ifname);
	while ((w = va_arg(ap, const char *)) != NULL && !r)
		r = strv_add(&words, w);
	va_end(ap);
	return r ? err_nomem(e)
		 : ifconfig_apply(v, ifname, (int)words.n, words.v, &o, &out,
				  e);
}

/* `route VERB [-net|-host] DEST GATEWAY` of "DEST GATEWAY". */
static int route(struct vnet *v, const char *verb, const char *what,
		 const char *iface, struct err *e)
{
	cleanup_strbuf struct strbuf out = STRBUF_INIT;
	cleanup_strv struct strv w = {0};
	bool dflt = str_prefix(what, "default ");
	int r = strv_add(&w, verb);

	if (!r && !dflt)
		r = strv_add(&w, "-net");
	if (!r)
		r = strv_split(&w, what, " ");
	if (!r && iface)
		r = strv_add(&w, "-iface") || strv_add(&w, iface);
	return r ? err_nomem(e)
		 : route_command(v, (int)w.n, w.v, NULL, &out, e);
}

/* A gateway outside the lease's own network (a /32): a route to itself. */
static char *gateway_link(const struct dhcp_lease *l, const char *what)
{
	uint32_t mask = l->plen ? 0xffffffffu << (32 - l->plen) : 0;
	const char *gw = strchr(what, ' ');
	struct in_addr a;

	if (!gw || inet_pton(AF_INET, gw + 1, &a) != 1 ||
	    !((ntohl(a.s_addr) ^ ntohl(l->addr.s_addr)) & mask))
		return NULL;
	return str_printf("%s/32", gw + 1);
}

static int routes_add(struct vnet *v, const char *ifname,
		      const struct dhcp_lease *l, struct err *e)
{
	int r = 0;

	for (size_t i = 0; !r && i < l->routes.n; i++) {
		cleanup_free char *link = gateway_link(l, l->routes.v[i]);
		struct err re = ERR_INIT;

		if (link)
			(void)route(v, "add", link, ifname, NULL);
		r = route(v, "add", l->routes.v[i], NULL, &re);
		/* the one that is there was configured by somebody */
		if (r == -EEXIST)
			r = 0;
		else if (r < 0)
			err_set(e, re.code, "route: %s", re.text);
	}
	return r;
}

static void routes_remove(struct vnet *v, const struct dhcp_lease *l)
{
	for (size_t i = l->routes.n; i-- > 0;) {
		cleanup_free char *link = gateway_link(l, l->routes.v[i]);
		struct err e = ERR_INIT;

		(void)route(v, "delete", l->routes.v[i], NULL, &e);
		if (link)
			(void)route(v, "delete", link, NULL, &e);
	}
}

static void addr_text(const struct dhcp_lease *l, char *buf, size_t size)
{
	char a[INET_ADDRSTRLEN];

	inet_ntop(AF_INET, &l->addr, a, sizeof(a));
	snprintf(buf, size, "%s/%u", a, l->plen);
}

static int remove_lease(struct vnet *v, const char *ifname,
			const struct dhcp_lease *l, struct err *e)
{
	char addr[INET_ADDRSTRLEN + 4], mtu[16];
	struct err ie = ERR_INIT;

	if (!vnet_ifindex(v, ifname))
		return 0; /* gone, with all that was on it */
	routes_remove(v, l);
	addr_text(l, addr, sizeof(addr));
	/* somebody may have been faster */
	(void)ifconfig(v, &ie, ifname, "inet", addr, "-alias", NULL);
	if (!l->old_mtu)
		return 0;
	snprintf(mtu, sizeof(mtu), "%u", l->old_mtu);
	return ifconfig(v, e, ifname, "mtu", mtu, NULL);
}

int dhcp_unconfigure(struct vnet *v, const char *ifname, struct err *e)
{
	static const char *const suffixes[] = {"next", "lease"};
	int r = 0;

	lease_forget(ifname, "refused");
	for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++) {
		cleanup_lease struct dhcp_lease l = {0};

		if (dhcp_lease_load(ifname, suffixes[i], &l) && !r)
			r = remove_lease(v, ifname, &l, e);
		lease_forget(ifname, suffixes[i]);
	}
	/* what could not be written need not be taken back */
	(void)resolv_drop(ifname, "dhcp", NULL);
	return r;
}

static int set_mtu(struct vnet *v, const char *ifname, struct dhcp_lease *l,
		   const struct dhcp_lease *old, struct err *e)
{
	cleanup_ifnet struct ifnet ifp = {0};
	char mtu[16];
	int r;

	l->old_mtu = old->old_mtu;
	if (!l->mtu)
		return 0;
	r = ifnet_link(v, ifname, &ifp, e);
	if (r < 0 || ifp.mtu == l->mtu)
		return r;
	if (!l->old_mtu)
		l->old_mtu = ifp.mtu;
	r = lease_save(ifname, "next", l, e);
	if (r < 0)
		return r;
	snprintf(mtu, sizeof(mtu), "%u", l->mtu);
	return ifconfig(v, e, ifname, "mtu", mtu, NULL);
}

/* The network may name a host that has no name yet, as on FreeBSD. */
static void set_hostname(const char *name)
{
	char now[65] = "";

	if (!*name || gethostname(now, sizeof(now) - 1) < 0 ||
	    (*now && strcmp(now, "(none)") != 0))
		return;
	(void)!sethostname(name, strlen(name));
}

static bool same_address(const struct dhcp_lease *a, const struct dhcp_lease *b)
{
	return a->addr.s_addr == b->addr.s_addr && a->plen == b->plen;
}

/* "next" says what is under way until "lease" says what is. */
static int configure(struct vnet *v, const char *ifname, struct dhcp_lease *l,
		     const struct dhcp_lease *old, struct err *e)
{
	char addr[INET_ADDRSTRLEN + 4];
	struct err re = ERR_INIT;
	int r = lease_save(ifname, "next", l, e);

	if (!r)
		r = set_mtu(v, ifname, l, old, e);
	if (!r && !same_address(l, old)) {
		addr_text(l, addr, sizeof(addr));
		r = ifconfig(v, e, ifname, "inet", addr, "alias", NULL);
	}
	if (!r)
		r = routes_add(v, ifname, l, e);
	/* a jail need not own its resolv.conf: the address is good anyway */
	if (!r &&
	    resolv_put(ifname, "dhcp", &l->servers, &l->search, NULL, &re) < 0)
		str_copy(l->note, sizeof(l->note), re.text);
	if (!r)
		set_hostname(l->hostname);
	if (!r)
		r = lease_save(ifname, "lease", l, e);
	if (!r)
		lease_forget(ifname, "next");
	return r;
}

static bool same_list(const struct strv *a, const struct strv *b)
{
	for (size_t i = 0; i < a->n && i < b->n; i++)
		if (strcmp(a->v[i], b->v[i]) != 0)
			return false;
	return a->n == b->n;
}

/* The lease as the network and dhclient.conf have it. */
static int wanted(const char *ifname, char *const *env, const char *conf,
		  struct dhcp_lease *ret, struct err *e)
{
	cleanup_dhcpconf struct dhcpconf c = {0};
	int r = conf && *conf ? dhcpconf_load(conf, ifname, &c, e) : 0;

	if (!r)
		r = dhcpconf_judge(&c, env, e);
	if (!r)
		r = dhcp_lease_env(env, ret, e);
	if (!r && dhcpconf_change(&c, ret) < 0)
		r = err_nomem(e);
	return r;
}

static int bound(struct vnet *v, const char *ifname, char *const *env,
		 const struct dhcp_files *files, struct err *e)
{
	cleanup_lease struct dhcp_lease l = {0}, old = {0};
	cleanup_strbuf struct strbuf text = STRBUF_INIT;
	const char *leases = files->leases;
	int r = wanted(ifname, env, files->conf, &l, e);

	if (r < 0)
		return r;
	if (dhcp_lease_load(ifname, "lease", &old) && !same_address(&l, &old)) {
		r = dhcp_unconfigure(v, ifname, e);
		dhcp_lease_free(&old);
	} else if (old.addr.s_addr && !same_list(&l.routes, &old.routes)) {
		routes_remove(v, &old);
	}
	if (!r)
		r = configure(v, ifname, &l, &old, e);
	if (r < 0 || !leases || !*leases)
		return r;
	dhcp_lease_freebsd(&l, ifname, &text);
	return strbuf_failed(&text)
		       ? err_nomem(e)
		       : file_write_atomic(AT_FDCWD, leases, text.s, 0644, e);
}

int dhcp_event(struct vnet *v, const char *ifname, const char *event,
	       char *const *env, const struct dhcp_files *files, struct err *e)
{
	if (!strcmp(event, "bound") || !strcmp(event, "renew")) {
		int r = bound(v, ifname, env, files, e);
		cleanup_free char *path = dhcp_path(ifname, "refused");

		/* whoever waits is told why there is none */
		if (r < 0 && e && path)
			(void)file_write_atomic(AT_FDCWD, path, e->text, 0600,
						NULL);
		return r;
	}
	if (!strcmp(event, "deconfig"))
		return dhcp_unconfigure(v, ifname, e);
	return 0;
}
