/*
 * prison_caps: which capabilities root in a jail has.
 *
 * Theory of operation.  A jail with users of its own has its capabilities in
 * its own user namespace: they are worth something over the jail's own
 * network stack, mounts, processes and the files of its own ids, and nothing
 * over what is the machine's.  They are bounded all the same: a capability
 * opens doors to kernel code, and some of that code has had holes.
 *
 * With host.users=inherit a capability is the machine's.  Then a jail gets
 * what container runtimes hold for harmless, without MKNOD, and what
 * parameters add; a jail that may have jails is as good as the machine's
 * root.
 *
 * The bounds hold for all sets (cap_bound(), cap_keep()).  The inheritable
 * and ambient sets are empty: with them a file's inheritable capabilities
 * would be given to users who are not root (CVE-2022-27650).  Securebits are
 * left as they are: root is root, as on FreeBSD.
 */
#include "jail/prison_int.h"

#include "base/cleanup.h"
#include "jail/param.h"
#include "jail/rights.h"

#include <linux/capability.h>

/* Whose users: a row is for one sort of jail or both. */
enum whose {
	OWN = 1,
	INHERITED = 2,
	BOTH = OWN | INHERITED,
};

enum when {
	ALWAYS,
	IF_VNET,
	IF_CHILDREN,
	IF_MOUNT, /* allow.mount has an effect */
	IF_PARAM, /* a boolean parameter, `param` */
};

static const struct cap_rule {
	unsigned int cap;
	enum whose whose;
	enum when when;
	const char *param;
	int below; /* securelevels, 0: all */
	const char *why;
} cap_rules[] = {
	{CAP_CHOWN, BOTH, ALWAYS, NULL, 0, "root gives files away"},
	{CAP_DAC_OVERRIDE, BOTH, ALWAYS, NULL, 0, "root reads and writes all"},
	{CAP_FOWNER, BOTH, ALWAYS, NULL, 0, "root changes modes of all"},
	{CAP_FSETID, BOTH, ALWAYS, NULL, 0, "root keeps set-id bits"},
	{CAP_KILL, BOTH, ALWAYS, NULL, 0, "root signals all"},
	{CAP_SETGID, BOTH, ALWAYS, NULL, 0, "root becomes anyone"},
	{CAP_SETUID, BOTH, ALWAYS, NULL, 0, "root becomes anyone"},
	{CAP_SETPCAP, BOTH, ALWAYS, NULL, 0, "programs give rights up"},
	{CAP_SETFCAP, BOTH, ALWAYS, NULL, 0,
	 "packages install; good within the jail's users only"},
	{CAP_SYS_CHROOT, BOTH, ALWAYS, NULL, 0, "daemons wall themselves in"},
	{CAP_AUDIT_WRITE, INHERITED, ALWAYS, NULL, 0,
	 "login programs fail without"},
	{CAP_NET_BIND_SERVICE, BOTH, IF_PARAM, "allow.reserved_ports", 0,
	 "ports below 1024"},
	{CAP_NET_RAW, BOTH, IF_VNET, NULL, 0, "the stack is the jail's"},
	{CAP_NET_ADMIN, BOTH, IF_VNET, NULL, 0, "the stack is the jail's"},
	{CAP_NET_RAW, BOTH, IF_PARAM, "allow.raw_sockets", 0,
	 "ping and its like"},
	{CAP_SYS_ADMIN, OWN, IF_MOUNT, NULL, 0,
	 "mount(2); which mounts is the guard's affair, and not of the "
	 "machine's users"},
	{CAP_LINUX_IMMUTABLE, INHERITED, IF_PARAM, "allow.chflags", 1,
	 "file flags"},
	{CAP_IPC_LOCK, BOTH, IF_PARAM, "allow.mlock", 0, "locked memory"},
	{CAP_SYS_TIME, INHERITED, IF_PARAM, "allow.settime", 2, "the clock"},
	{CAP_SYS_TIME, INHERITED, IF_PARAM, "allow.adjtime", 2, "its speed"},
	{CAP_SYSLOG, INHERITED, IF_PARAM, "allow.read_msgbuf", 0,
	 "the kernel's messages"},
	{CAP_AUDIT_CONTROL, INHERITED, IF_PARAM, "allow.setaudit", 0,
	 "who a session is booked to; the guard refuses audit sockets"},

	/* jails in the jail */
	{CAP_SYS_ADMIN, BOTH, IF_CHILDREN, NULL, 0,
	 "namespaces, mounts, seccomp"},
	{CAP_SYS_PTRACE, BOTH, IF_CHILDREN, NULL, 0,
	 "their /proc/PID/ns files"},
	{CAP_NET_ADMIN, OWN, IF_CHILDREN, NULL, 0, "their vnets"},
	{CAP_NET_RAW, OWN, IF_CHILDREN, NULL, 0, "their vnets"},
	{CAP_MKNOD, INHERITED, IF_CHILDREN, NULL, 0, "their /dev"},
	{CAP_SYS_RESOURCE, INHERITED, IF_CHILDREN, NULL, 0, "their limits"},
};

static bool rule_gives(const struct cap_rule *r, const struct pset *params)
{
	enum whose whose = rights_same_users(params) ? INHERITED : OWN;

	if (!(r->whose & whose) ||
	    (r->below && rights_securelevel(params) >= r->below))
		return false;
	switch (r->when) {
	case ALWAYS:
		return true;
	case IF_VNET:
		return param_jailsys_of(params, "vnet", 2) == 1;
	case IF_CHILDREN:
		return param_int_of(params, "children.max", 0) > 0;
	case IF_MOUNT:
		return rights_mount(params) != 0;
	case IF_PARAM:
		return param_set_bool(params, r->param);
	}
	return false;
}

uint64_t jail_caps(const struct pset *params)
{
	uint64_t mask = 0;

	if (!param_set_bool(params, "allow.suser"))
		return 0;
	if (rights_unconfined(params, "caps"))
		return UINT64_MAX;
	for (size_t i = 0; i < ARRAY_SIZE(cap_rules); i++)
		if (rule_gives(&cap_rules[i], params))
			mask |= UINT64_C(1) << cap_rules[i].cap;
	return mask;
}
