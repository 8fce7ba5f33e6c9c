/*
 * param: see param.h.
 *
 * Theory of operation.  One const table, a row a parameter, in the order of
 * jail(8)'s manual page.  The table is data only: what a parameter does is
 * written where its mechanism lives (prison.c for kernel parameters, jail(8)'s
 * step table for pseudo ones), and those look their names up here.  Values
 * that Linux cannot give are refused when a jail starts (rights.c).
 */
#include "jail/param.h"

#include "base/cleanup.h"

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#define K PARAM_KERNEL
#define RO (PARAM_KERNEL | PARAM_RDONLY)
#define CO (PARAM_KERNEL | PARAM_CREATE)
#define A (PARAM_KERNEL | PARAM_ALLOW)
#define ACO (PARAM_KERNEL | PARAM_ALLOW | PARAM_CREATE)

static const struct param_def params[] = {
	/* identity */
	{"jid", PARAM_INT, CO, NULL},
	{"name", PARAM_STRING, K, NULL},
	{"path", PARAM_STRING, CO, "/"},
	{"parent", PARAM_INT, RO, "0"},
	{"dying", PARAM_BOOL, RO, "false"},
	{"persist", PARAM_BOOL, K, "false"},
	{"children.max", PARAM_INT, K, "0"},
	{"children.cur", PARAM_INT, RO, "0"},
	{"cpuset.id", PARAM_INT, RO, NULL},
	{"meta", PARAM_STRING, K | PARAM_KEYVAL, ""},
	{"env", PARAM_STRING, K | PARAM_KEYVAL, ""},

	/* network */
	{"vnet", PARAM_JAILSYS, CO, "inherit"},
	{"ip4", PARAM_JAILSYS, CO, "inherit"},
	{"ip4.addr", PARAM_IP4, K, NULL},
	{"ip4.saddrsel", PARAM_BOOL, K, "true"},
	{"ip6", PARAM_JAILSYS, CO, "inherit"},
	{"ip6.addr", PARAM_IP6, K, NULL},
	{"ip6.saddrsel", PARAM_BOOL, K, "true"},

	/* host identity */
	{"host", PARAM_JAILSYS, K, "inherit"},
	{"host.hostname", PARAM_STRING, K, NULL},
	{"host.domainname", PARAM_STRING, K, ""},
	{"host.hostuuid", PARAM_STRING, K,
	 "00000000-0000-0000-0000-000000000000"},
	{"host.hostid", PARAM_INT, K, "0"},
	{"host.users", PARAM_JAILSYS, CO | PARAM_LINUX, "new"},
	{"host.unconfined", PARAM_LIST, CO | PARAM_LINUX, NULL},
	{"osrelease", PARAM_STRING, CO, NULL},
	{"osreldate", PARAM_INT, CO, NULL},

	/* limits */
	{"securelevel", PARAM_INT, K, "-1"},
	{"devfs_ruleset", PARAM_INT, K, "0"},
	{"enforce_statfs", PARAM_INT, K, "2"},
	{"sysvmsg", PARAM_JAILSYS, CO, "disable"},
	{"sysvsem", PARAM_JAILSYS, CO, "disable"},
	{"sysvshm", PARAM_JAILSYS, CO, "disable"},
	{"mac.label", PARAM_STRING, K, NULL},

	/* rights */
	{"allow.set_hostname", PARAM_BOOL, ACO, "true"},
	{"allow.reserved_ports", PARAM_BOOL, A, "true"},
	{"allow.suser", PARAM_BOOL, A, "true"},
	{"allow.unprivileged_proc_debug", PARAM_BOOL, A, "true"},
	{"allow.unprivileged_parent_tampering", PARAM_BOOL, A, "false"},
	{"allow.raw_sockets", PARAM_BOOL, A, "false"},
	{"allow.socket_af", PARAM_BOOL, A, "false"},
	{"allow.routing", PARAM_BOOL, A, "false"},
	{"allow.sysvipc", PARAM_BOOL, ACO, "false"},
	{"allow.chflags", PARAM_BOOL, A, "false"},
	{"allow.extattr", PARAM_BOOL, A, "false"},
	{"allow.adjtime", PARAM_BOOL, A, "false"},
	{"allow.settime", PARAM_BOOL, A, "false"},
	{"allow.quotas", PARAM_BOOL, A, "false"},
	{"allow.read_msgbuf", PARAM_BOOL, A, "false"},
	{"allow.mlock", PARAM_BOOL, A, "false"},
	{"allow.setaudit", PARAM_BOOL, A, "false"},
	{"allow.nfsd", PARAM_BOOL, A, "false"},
	{"allow.vmm", PARAM_BOOL, ACO, "false"},
	{"allow.vmm_ppt", PARAM_BOOL, A, "false"},
	{"allow.mount", PARAM_BOOL, A, "false"},
	{"allow.mount.devfs", PARAM_BOOL, A, "false"},
	{"allow.mount.fdescfs", PARAM_BOOL, A, "false"},
	{"allow.mount.fusefs", PARAM_BOOL, ACO, "false"},
	{"allow.mount.linprocfs", PARAM_BOOL, A, "false"},
	{"allow.mount.linsysfs", PARAM_BOOL, A, "false"},
	{"allow.mount.nullfs", PARAM_BOOL, A, "false"},
	{"allow.mount.procfs", PARAM_BOOL, A, "false"},
	{"allow.mount.tmpfs", PARAM_BOOL, A, "false"},
	{"allow.mount.zfs", PARAM_BOOL, A, "false"},

	/* other kernels' worlds */
	{"linux", PARAM_JAILSYS, K, "inherit"},
	{"linux.osname", PARAM_STRING, K, NULL},
	{"linux.osrelease", PARAM_STRING, K, NULL},
	{"linux.oss_version", PARAM_INT, K, NULL},
	{"zfs.mount_snapshot", PARAM_INT, K, "0"},

	/* pseudo parameters: jail(8) acts on them */
	{"exec.prepare", PARAM_LIST, 0, NULL},
	{"exec.prestart", PARAM_LIST, 0, NULL},
	{"exec.created", PARAM_LIST, 0, NULL},
	{"exec.start", PARAM_LIST, 0, NULL},
	{"command", PARAM_LIST, 0, NULL},
	{"exec.poststart", PARAM_LIST, 0, NULL},
	{"exec.prestop", PARAM_LIST, 0, NULL},
	{"exec.stop", PARAM_LIST, 0, NULL},
	{"exec.poststop", PARAM_LIST, 0, NULL},
	{"exec.release", PARAM_LIST, 0, NULL},
	{"exec.clean", PARAM_BOOL, 0, "false"},
	{"exec.jail_user", PARAM_STRING, 0, NULL},
	{"exec.system_jail_user", PARAM_BOOL, 0, "false"},
	{"exec.system_user", PARAM_STRING, 0, NULL},
	{"exec.timeout", PARAM_INT, 0, "0"},
	{"exec.consolelog", PARAM_STRING, 0, NULL},
	{"exec.fib", PARAM_INT, 0, "0"},
	{"stop.timeout", PARAM_INT, 0, "10"},
	{"interface", PARAM_STRING, 0, NULL},
	{"vnet.interface", PARAM_LIST, 0, NULL},
	{"zfs.dataset", PARAM_LIST, 0, NULL},
	{"ip_hostname", PARAM_BOOL, 0, "false"},
	{"mount", PARAM_LIST, 0, NULL},
	{"mount.fstab", PARAM_LIST, 0, NULL},
	{"mount.devfs", PARAM_BOOL, 0, "false"},
	{"mount.fdescfs", PARAM_BOOL, 0, "false"},
	{"mount.procfs", PARAM_BOOL, 0, "false"},
	{"allow.dying", PARAM_BOOL, PARAM_OLD, "false"},
	{"depend", PARAM_LIST, 0, NULL},

	/* ours */
	{"block.root", PARAM_STRING, PARAM_LINUX, NULL},
	{"block.dir", PARAM_STRING, PARAM_LINUX, NULL},
};

/* Spellings that mean another row (the project's essays write them so). */
static const struct {
	const char *name, *means;
} aliases[] = {
	{"ip4.addrs", "ip4.addr"},
	{"ip6.addrs", "ip6.addr"},
};

static const struct param_def *param_exact(const char *name, size_t len)
{
	/* every start of a jail comes here some thousand times: lengths and
	 * last letters tell nearly all names apart */
	static uint8_t lens[ARRAY_SIZE(params)];

	if (!lens[0])
		for (size_t i = ARRAY_SIZE(params); i-- > 0;)
			lens[i] = (uint8_t)strlen(params[i].name);
	for (size_t i = 0; len && i < ARRAY_SIZE(params); i++)
		if (lens[i] == len &&
		    params[i].name[len - 1] == name[len - 1] &&
		    !memcmp(params[i].name, name, len))
			return &params[i];
	return NULL;
}

/* The row of "meta.KEY"; NULL when there is no such row or no KEY. */
static const struct param_def *param_keyval(const char *name)
{
	const char *dot = strchr(name, '.');
	const struct param_def *def;

	if (!dot || !dot[1])
		return NULL;
	def = param_exact(name, (size_t)(dot - name));
	return def && (def->flags & PARAM_KEYVAL) ? def : NULL;
}

/* The row of a name without its "no"; NULL when it has none. */
static const struct param_def *param_negated(const char *name)
{
	const char *dot = strrchr(name, '.');
	const char *last = dot ? dot + 1 : name;
	const struct param_def *def;
	char plain[128];
	int n;

	if (strncmp(last, "no", 2) != 0)
		return NULL;
	n = snprintf(plain, sizeof(plain), "%.*s%s", (int)(last - name), name,
		     last + 2);
	if (n < 0 || (size_t)n >= sizeof(plain))
		return NULL;
	def = param_exact(plain, strlen(plain));
	if (!def || (def->type != PARAM_BOOL && def->type != PARAM_JAILSYS))
		return NULL;
	return def;
}

const struct param_def *param_find(const char *name, bool *ret_no)
{
	const struct param_def *def;
	bool no = false;

	for (size_t i = 0; i < ARRAY_SIZE(aliases); i++)
		if (!strcmp(aliases[i].name, name))
			name = aliases[i].means;
	if (strlen(name) > 1024)
		return NULL;
	def = param_exact(name, strlen(name));
	if (!def)
		def = param_keyval(name);
	if (!def) {
		def = param_negated(name);
		no = def != NULL;
	}
	if (def && ret_no)
		*ret_no = no;
	return def;
}

const struct param_def *param_at(size_t i)
{
	return i < ARRAY_SIZE(params) ? &params[i] : NULL;
}

static const char *jparam_last(const struct jparam *p)
{
	return p->values.n ? p->values.v[p->values.n - 1] : NULL;
}

int param_bool(const struct jparam *p, bool *ret, struct err *e)
{
	const char *s = jparam_last(p);
	bool no = false, v = true;
	long long n;

	/* an unknown name has no "no": "notes" is not the reverse of "tes" */
	(void)param_find(p->name, &no);
	if (s) {
		if (!strcasecmp(s, "true"))
			v = true;
		else if (!strcasecmp(s, "false"))
			v = false;
		else if (!str_to_int(s, LLONG_MIN, LLONG_MAX, &n))
			v = n != 0;
		else
			return err_set(e, EINVAL,
				       "%s: unknown boolean value \"%s\"",
				       p->name, s);
	}
	*ret = v != no;
	return 0;
}

int param_int(const struct jparam *p, int *ret, struct err *e)
{
	const char *s = jparam_last(p);
	long long n;

	if (!s || str_to_int(s, INT_MIN, INT_MAX, &n) < 0)
		return err_set(e, EINVAL, "%s: non-integer value \"%s\"",
			       p->name, s ? s : "");
	*ret = (int)n;
	return 0;
}

static const char *const jailsys_names[] = {"disable", "new", "inherit"};

const char *param_jailsys_name(int value)
{
	return value == 0 || value == 1 ? jailsys_names[value] : "inherit";
}

int param_jailsys(const char *name, const char *value, int *ret, struct err *e)
{
	bool no = false;
	long long n;

	(void)param_find(name, &no);
	if (!value || !*value) {
		*ret = no ? 0 : 1;
		return 0;
	}
	for (int i = 0; i < (int)ARRAY_SIZE(jailsys_names); i++) {
		if (!strcmp(jailsys_names[i], value)) {
			*ret = i;
			return 0;
		}
	}
	if (!str_to_int(value, 0, 2, &n)) {
		*ret = (int)n;
		return 0;
	}
	return err_set(e, EINVAL, "%s: unknown jailsys value \"%s\"", name,
		       value);
}

bool param_set_bool(const struct pset *ps, const char *name)
{
	const struct jparam *p = pset_find(ps, name);
	const struct param_def *def;
	bool v;

	if (p && !param_bool(p, &v, NULL))
		return v;
	def = param_find(name, NULL);
	return def && def->dflt && !strcmp(def->dflt, "true");
}

/* Copy a part of a value; -EINVAL when it has no place. */
static int part_copy(char *dst, size_t size, const char *s, size_t len)
{
	if (len >= size)
		return -EINVAL;
	memcpy(dst, s, len);
	dst[len] = '\0';
	return 0;
}

int param_addr_split(const char *value, struct param_addr *ret)
{
	struct param_addr a = {0};
	const char *bar = strchr(value, '|');
	const char *s = bar ? bar + 1 : value;
	size_t n = strcspn(s, "/ \t");

	if (bar && part_copy(a.ifname, sizeof(a.ifname), value,
			     (size_t)(bar - value)) < 0)
		return -EINVAL;
	if (part_copy(a.addr, sizeof(a.addr), s, n) < 0)
		return -EINVAL;
	s += n;
	if (*s == '/') {
		s++;
		n = strcspn(s, " \t");
		if (!n || part_copy(a.mask, sizeof(a.mask), s, n) < 0)
			return -EINVAL;
		s += n;
	}
	s += strspn(s, " \t");
	if (part_copy(a.words, sizeof(a.words), s, strlen(s)) < 0)
		return -EINVAL;
	*ret = a;
	return 0;
}

static int param_check_addrs(const struct jparam *p, int family, struct err *e)
{
	struct param_addr a;
	unsigned char bin[16];

	for (size_t i = 0; i < p->values.n; i++) {
		const char *s = p->values.v[i];

		/* "ip4.addr=" on a command line: an empty list */
		if (!*s && p->values.n == 1)
			return 0;
		if (param_addr_split(s, &a) < 0 ||
		    inet_pton(family, a.addr, bin) != 1)
			return err_set(e, EINVAL,
				       "%s: not an IPv%c address: %s", p->name,
				       family == AF_INET ? '4' : '6', s);
	}
	return 0;
}

int param_check(const struct jparam *p, struct err *e)
{
	const struct param_def *def = param_find(p->name, NULL);
	const char *last = jparam_last(p);
	bool b;
	int i;

	if (!def)
		return err_set(e, EINVAL, "unknown parameter: %s", p->name);
	switch (def->type) {
	case PARAM_BOOL:
		return param_bool(p, &b, e);
	case PARAM_INT:
		return param_int(p, &i, e);
	case PARAM_JAILSYS:
		return param_jailsys(p->name, last, &i, e);
	case PARAM_IP4:
		return param_check_addrs(p, AF_INET, e);
	case PARAM_IP6:
		return param_check_addrs(p, AF_INET6, e);
	case PARAM_STRING:
	case PARAM_LIST:
		return 0;
	}
	return err_set(e, EINVAL, "unknown type for %s", p->name);
}
