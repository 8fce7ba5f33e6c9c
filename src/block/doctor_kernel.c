/*
 * doctor_kernel: what this kernel can do, found by doing it.
 *
 * A child makes one link of each kind in a network namespace of its own; what
 * fails is named with the option that a kernel needs for it.
 */
#include "block/doctor.h"

#include "base/cleanup.h"
#include "ipshare/ipshare.h"
#include "nl/nl.h"
#include "ns/cgbpf.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

static int probe_link(const char *kind)
{
	cleanup_nl struct nl *nl = NULL;
	struct nlm m;
	struct ifinfomsg ifi = {.ifi_family = AF_UNSPEC};
	struct nlattr *info, *data;
	char name[IFNAMSIZ];
	int r;

	r = nl_open(NETLINK_ROUTE, -1, &nl, NULL);
	if (r < 0)
		return r;
	nlm_begin(&m, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &ifi,
		  sizeof(ifi));
	/* a name of its own: the kernel looks at names before kinds */
	snprintf(name, sizeof(name), "p-%s", kind);
	nlm_put_str(&m, IFLA_IFNAME, name);
	info = nlm_nest(&m, IFLA_LINKINFO);
	nlm_put_str(&m, IFLA_INFO_KIND, kind);
	data = nlm_nest(&m, IFLA_INFO_DATA);
	if (!strcmp(kind, "vxlan"))
		nlm_put_u32(&m, IFLA_VXLAN_ID, 1);
	nlm_nest_end(&m, data);
	nlm_nest_end(&m, info);
	r = nl_talk(nl, &m, NULL, NULL);
	/* kinds that want a parent or more words exist if they say so */
	return r == -EOPNOTSUPP || r == -EAFNOSUPPORT ? r : 0;
}

static int probe_tun(const char *arg)
{
	struct stat st;

	(void)arg;
	return stat("/dev/net/tun", &st) < 0 ? -errno : 0;
}

static int probe_ns(const char *arg)
{
	int flag = !strcmp(arg, "net")	    ? CLONE_NEWNET
		   : !strcmp(arg, "pid")    ? CLONE_NEWPID
		   : !strcmp(arg, "cgroup") ? CLONE_NEWCGROUP
					    : CLONE_NEWUSER;

	return unshare(flag) < 0 ? -errno : 0;
}

static int probe_fs(const char *type)
{
	int fd = (int)syscall(SYS_fsopen, type, 1 /* FSOPEN_CLOEXEC */);

	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

/* "all" of the wall, or "reach": the jail's own connections alone. */
static int probe_unix(const char *how)
{
	bool whole = false;
	int r = cgbpf_unix_can(&whole, NULL);

	return r < 0 ? r : whole || strcmp(how, "all") ? 0 : -EOPNOTSUPP;
}

static int probe_devices(const char *arg)
{
	(void)arg;
	return cgbpf_devices_can(NULL);
}

static int probe_share(const char *arg)
{
	(void)arg;
	return ipshare_can(NULL);
}

const struct doctor_probe doctor_probes[] = {
	{"jails", "pid namespaces", probe_ns, "pid", "CONFIG_PID_NS", true},
	{"vnet", "network namespaces", probe_ns, "net", "CONFIG_NET_NS", true},
	{"jail limits", "cgroup namespaces", probe_ns, "cgroup",
	 "CONFIG_CGROUPS", true},
	{"jail limits", "cgroup2", probe_fs, "cgroup2", "CONFIG_CGROUPS", true},
	{"copy roots", "overlayfs", probe_fs, "overlay", "CONFIG_OVERLAY_FS",
	 true},
	{"epair", "veth", probe_link, "veth", "CONFIG_VETH", true},
	{"bridge", "bridge", probe_link, "bridge", "CONFIG_BRIDGE", true},
	{"tap, tun", "/dev/net/tun", probe_tun, "tun", "CONFIG_TUN", false},
	{"vlan", "vlan", probe_link, "vlan", "CONFIG_VLAN_8021Q", false},
	{"lagg", "bond", probe_link, "bond", "CONFIG_BONDING", false},
	{"lo1", "dummy", probe_link, "dummy", "CONFIG_DUMMY", false},
	{"vxlan", "vxlan", probe_link, "vxlan", "CONFIG_VXLAN", false},
	{"wg", "wireguard", probe_link, "wireguard", "CONFIG_WIREGUARD", false},
	{"macvlan", "macvlan", probe_link, "macvlan", "CONFIG_MACVLAN", false},
	{"jails", "device filter", probe_devices, "", "CONFIG_CGROUP_BPF",
	 false},
	{"ip4.addr", "BPF for sockets", probe_share, "",
	 "CONFIG_CGROUP_BPF with BTF (CONFIG_DEBUG_INFO_BTF)", false},
	{"jails", "abstract unix walls", probe_unix, "reach",
	 "BPF for unix sockets (Linux 6.7, or as below)", false},
	{"jails", "abstract unix names", probe_unix, "all",
	 "BPF LSM programs (CONFIG_BPF_LSM, lsm=...,bpf)", false},
	{NULL, NULL, NULL, NULL, NULL, false},
};

/* In the child: one byte a probe, 1 works, 0 does not. */
static void probe_all(int fd)
{
	for (const struct doctor_probe *p = doctor_probes; p->what; p++) {
		char ok = p->probe(p->arg) >= 0;

		if (write(fd, &ok, 1) != 1)
			return;
	}
}

int doctor_kernel(bool *ok, size_t n, struct err *e)
{
	cleanup_close int rd = -1, wr = -1;
	int fds[2], status;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return err_sys(e, errno, "pipe");
	rd = fds[0];
	wr = fds[1];
	pid = fork();
	if (pid < 0)
		return err_sys(e, errno, "fork");
	if (!pid) {
		/* the order in the table: namespaces first, links in them */
		probe_all(wr);
		_exit(0);
	}
	close(take_fd(&wr));
	for (size_t i = 0; i < n; i++) {
		char c = 0;

		ok[i] = read(rd, &c, 1) == 1 && c;
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return 0;
}
