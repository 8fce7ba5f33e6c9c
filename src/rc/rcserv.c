/*
 * rcserv: see rcserv.h.
 *
 * Theory of operation.  FreeBSD's boot order is not a list but follows from
 * what each script says of itself.  rc's own services are rows that say the
 * same words as FreeBSD's scripts of these names, milestones included, so a
 * local script that says `BEFORE: netif` or `REQUIRE: NETWORKING` falls into
 * its place.  The essay's FILESYSTEM (FreeBSD: FILESYSTEMS) is provided too.
 */
#include "rc/rcserv.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "jail/prison.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SCRIPT_MAX (1u << 20)

static const struct serv_row {
	const char *name;
	int builtin;
	const char *rcvar, *provide, *require, *before, *keyword;
} builtins[] = {
	{"hostid", -1, NULL, "hostid", "", "", NULL},
	{"sysctl", RC_SYSCTL, NULL, "sysctl", "hostid", "FILESYSTEMS", NULL},
	{"kld", RC_KLD, NULL, "kld", "", "", NULL},
	{"FILESYSTEMS", -1, NULL, "FILESYSTEMS FILESYSTEM root mountcritlocal",
	 "", "", NULL},
	{"hostname", RC_HOSTNAME, NULL, "hostname", "FILESYSTEMS", "netif",
	 NULL},
	{"ip6addrctl", RC_IP6ADDRCTL, "ip6addrctl_enable", "ip6addrctl",
	 "FILESYSTEMS", "netif", NULL},
	{"netif", RC_NETIF, "netif_enable", "netif network",
	 "FILESYSTEMS sysctl hostname", "NETWORKING", NULL},
	{"pflog", RC_PFLOG, "pflog_enable", "pflog", "FILESYSTEMS netif", "",
	 "nojailvnet"},
	{"pf", RC_PF, "pf_enable", "pf", "netif pflog", "routing", NULL},
	{"routing", RC_ROUTING, NULL, "routing", "netif pf", "NETWORKING",
	 NULL},
	{"static_arp", RC_STATIC_ARP, NULL, "static_arp", "netif", "NETWORKING",
	 NULL},
	{"static_ndp", RC_STATIC_NDP, NULL, "static_ndp", "netif", "NETWORKING",
	 NULL},
	{"dhclient", RC_SERVICES, NULL, "dhclient", "", "", "nostart"},
	{"rtsold", RC_RTSOLD, "rtsold_enable", "rtsold", "netif", "NETWORKING",
	 NULL},
	{"defaultroute", RC_DEFAULTROUTE, NULL, "defaultroute", "routing",
	 "NETWORKING", NULL},
	{"netwait", RC_NETWAIT, "netwait_enable", "netwait",
	 "routing pf defaultroute", "NETWORKING", NULL},
	{"NETWORKING", -1, NULL, "NETWORKING NETWORK",
	 "netif routing defaultroute netwait", "", NULL},
	{"devfs", RC_DEVFS, NULL, "devfs", "FILESYSTEMS", "SERVERS securelevel",
	 NULL},
	{"SERVERS", -1, NULL, "SERVERS", "NETWORKING", "", NULL},
	{"DAEMON", -1, NULL, "DAEMON", "NETWORKING SERVERS", "", NULL},
	{"LOGIN", -1, NULL, "LOGIN", "DAEMON", "", NULL},
	{"rtadvd", RC_RTADVD, "rtadvd_enable", "rtadvd", "DAEMON", "LOGIN",
	 "nojailvnet"},
	{"rctl", RC_RCTL, "rctl_enable", "rctl", "FILESYSTEMS", "LOGIN", NULL},
	{"jail", RC_JAIL, "jail_enable", "jail", "LOGIN", "securelevel", NULL},
	{"securelevel", -1, NULL, "securelevel", "jail", "", NULL},
};

/* What `service NAME describe` says. */
static const struct descr {
	const char *name, *text;
} descrs[] = {
	{"kld", "Load kernel modules"},
	{"sysctl", "Set sysctl variables from /etc/sysctl.conf"},
	{"hostname", "Set the system's hostname"},
	{"netif", "Network interface setup"},
	{"routing", "Routing setup"},
	{"static_arp", "Static ARP Configuration"},
	{"static_ndp", "Static NDP Configuration"},
	{"dhclient", "Dynamic Host Configuration Protocol (DHCP) client"},
	{"rtsold", "Router Solicitation Daemon"},
	{"defaultroute", "Setup default router"},
	{"ip6addrctl", "configure address selection policy for IPv6 and IPv4"},
	{"netwait", "Wait for network devices or the network being up"},
	{"pflog", "Packet filter logging interface"},
	{"pf", "Packet filter"},
	{"rtadvd", "Router advertisement daemon"},
	{"devfs", "Load devfs(8) rules"},
	{"rctl", "Manage resource limits"},
	{"jail", "Manage system jails"},
};

static const char *descr_of(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(descrs); i++)
		if (!strcmp(descrs[i].name, name))
			return descrs[i].text;
	return NULL;
}

static int add_builtins(struct rcservs *s)
{
	for (size_t i = 0; i < ARRAY_SIZE(builtins); i++) {
		const struct serv_row *b = &builtins[i];
		struct rcserv *n = &s->v[s->n++];

		*n = (struct rcserv){.builtin = b->builtin, .rcvar = b->rcvar};
		n->descr = descr_of(b->name);
		n->name = strdup(b->name);
		n->node.name = strdup(b->name);
		if (!n->name || !n->node.name ||
		    strv_split(&n->node.provide, b->provide, " ") < 0 ||
		    strv_split(&n->node.require, b->require, " ") < 0 ||
		    strv_split(&n->node.before, b->before, " ") < 0 ||
		    strv_split(&n->node.keyword, b->keyword ? b->keyword : "",
			       " ") < 0)
			return -ENOMEM;
	}
	return 0;
}

static int name_cmp(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Names of executable files in the folder, sorted. */
static int script_names(const char *local, struct strv *names, struct err *e)
{
	cleanup_closedir DIR *d = opendir(local);
	struct dirent *de;

	if (!d)
		return errno == ENOENT || errno == ENOTDIR
			       ? 0
			       : err_sys(e, errno, "%s", local);
	while ((de = readdir(d)) != NULL) {
		struct stat st;

		if (*de->d_name == '.' || str_suffix(de->d_name, "~") ||
		    str_suffix(de->d_name, ".sample") ||
		    fstatat(dirfd(d), de->d_name, &st, 0) < 0 ||
		    !S_ISREG(st.st_mode) || !(st.st_mode & 0111))
			continue;
		if (strv_add(names, de->d_name) < 0)
			return err_nomem(e);
	}
	if (names->n)
		qsort(names->v, names->n, sizeof(*names->v), name_cmp);
	return 0;
}

static int add_script(struct rcservs *s, const char *local, const char *name,
		      struct err *e)
{
	cleanup_free char *path = str_printf("%s/%s", local, name);
	cleanup_free char *text = NULL;
	struct rcserv *n = &s->v[s->n];
	int r;

	if (!path)
		return err_nomem(e);
	r = file_read(AT_FDCWD, path, SCRIPT_MAX, &text, NULL, e);
	if (r < 0)
		return r;
	*n = (struct rcserv){.builtin = -1, .script = true};
	s->n++;
	n->name = strdup(name);
	n->node.name = take_ptr(path);
	if (!n->name || rcorder_parse(text, &n->node) < 0 ||
	    (!n->node.provide.n && strv_add(&n->node.provide, name) < 0))
		return err_nomem(e);
	return 0;
}

static int add_scripts(struct rcservs *s, const char *dir, struct err *e)
{
	cleanup_strv struct strv names = {0};
	struct rcserv *v;
	int r = script_names(dir, &names, e);

	if (r < 0 || !names.n)
		return r;
	v = reallocarray(s->v, s->n + names.n, sizeof(*v));
	if (!v)
		return err_nomem(e);
	s->v = v;
	for (size_t i = 0; !r && i < names.n; i++)
		r = add_script(s, dir, names.v[i], e);
	return r;
}

/* On FreeBSD no jail has it; here those that have jails of their own do. */
static bool rctl_excluded(bool jailed)
{
	struct prison_self self = {0};

	return jailed &&
	       (prison_self(&self, NULL) < 0 || self.children_max <= 0);
}

static bool excluded(const struct rcserv *s, bool jailed, bool vnet)
{
	if (s->builtin == RC_RCTL)
		return rctl_excluded(jailed);
	return strv_has(&s->node.keyword, "nostart") ||
	       (strv_has(&s->node.keyword, "firstboot") &&
		access("/firstboot", F_OK) < 0) ||
	       (jailed && strv_has(&s->node.keyword, "nojail")) ||
	       (jailed && !vnet && strv_has(&s->node.keyword, "nojailvnet"));
}

/* Reorder s->v and drop what has no place here. */
static int servs_sort(struct rcservs *s, bool jailed, bool vnet, bool all)
{
	cleanup_free struct rcnode *nodes = calloc(s->n, sizeof(*nodes));
	cleanup_free size_t *order = calloc(s->n, sizeof(*order));
	struct rcserv *sorted = calloc(s->n, sizeof(*sorted));
	bool circular;
	size_t n = 0;

	if (!nodes || !order || !sorted) {
		free(sorted);
		return -ENOMEM;
	}
	for (size_t i = 0; i < s->n; i++)
		nodes[i] = s->v[i].node;
	if (rcorder_sort(nodes, s->n, order, &s->warnings, &circular) < 0) {
		free(sorted);
		return -ENOMEM;
	}
	for (size_t i = 0; i < s->n; i++) {
		struct rcserv *from = &s->v[order[i]];

		if (!all && excluded(from, jailed, vnet)) {
			rcnode_free(&from->node);
			free(from->name);
		} else {
			sorted[n++] = *from;
		}
	}
	free(s->v);
	s->v = sorted;
	s->n = n;
	return 0;
}

int rcservs_load(const char *local, bool jailed, bool vnet, bool all,
		 struct rcservs *ret, struct err *e)
{
	cleanup_rcservs struct rcservs s = {0};
	cleanup_strv struct strv dirs = {0};
	int r = strv_split(&dirs, local ? local : "", " \t\n");

	s.v = calloc(ARRAY_SIZE(builtins), sizeof(*s.v));
	if (r < 0 || !s.v || add_builtins(&s) < 0)
		return err_nomem(e);
	for (size_t i = 0; !r && i < dirs.n; i++)
		r = add_scripts(&s, dirs.v[i], e);
	if (r < 0)
		return r;
	if (servs_sort(&s, jailed, vnet, all) < 0)
		return err_nomem(e);
	*ret = s;
	s = (struct rcservs){0};
	return 0;
}

void rcservs_free(struct rcservs *s)
{
	for (size_t i = 0; i < s->n; i++) {
		rcnode_free(&s->v[i].node);
		free(s->v[i].name);
	}
	free(s->v);
	strv_free(&s->warnings);
	*s = (struct rcservs){0};
}

bool rcservs_scripts(const struct rcservs *s)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->v[i].script)
			return true;
	return false;
}

struct rcserv *rcservs_find(const struct rcservs *s, const char *name)
{
	for (size_t i = 0; i < s->n; i++)
		if (!strcmp(s->v[i].name, name))
			return &s->v[i];
	return NULL;
}
