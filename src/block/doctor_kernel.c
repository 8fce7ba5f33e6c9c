/*
 * doctor_kernel: what this kernel can do, found by doing it.
 *
 * A child makes one link of each kind in a network namespace of its own; what
 * fails is named with the option that a kernel needs for it.
 */
#include "block/doctor.h"

#include "base/cleanup.h"
#include "ipshare/ipshare.h"
#include "net/bridge_gate.h"
#include "net/bridge_vlan.h"
#include "net/kind.h"
#include "net/vnet.h"
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

/* Of the child: what it makes goes with it.  Else nothing may be made. */
static bool own_net;

static int probe_link(const char *kind)
{
	cleanup_nl struct nl *nl = NULL;
	struct nlm m;
	struct ifinfomsg ifi = {.ifi_family = AF_UNSPEC};
	struct nlattr *info, *data;
	char name[IFNAMSIZ];
	int r;

	if (!own_net)
		return -EPERM;
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

static int probe_gate(const char *arg)
{
	cleanup_vnet struct vnet *v = NULL;
	int r = own_net ? vnet_open(-1, NULL, &v, NULL) : -EPERM;

	(void)arg;
	return r < 0 ? r : bridge_gate_set(v, NULL, 0, NULL);
}

static int probe_vlans(const char *arg)
{
	cleanup_vnet struct vnet *v = NULL;
	char name[IFNAMSIZ];
	int used = 0, r = own_net ? vnet_open(-1, NULL, &v, NULL) : -EPERM;

	(void)arg;
	if (r >= 0)
		r = if_create(v, "bridge", 0, NULL, &used, name, NULL);
	return r < 0 ? r : bridge_vlan_filter(v, name, true, NULL);
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

	if (unshare(flag) < 0)
		return -errno;
	own_net |= flag == CLONE_NEWNET;
	return 0;
}

static int probe_fs(const char *type)
{
	int fd = (int)syscall(SYS_fsopen, type, 1 /* FSOPEN_CLOEXEC */);

	/* all kernels have the call, jails have not */
	if (fd < 0)
		return errno == ENOSYS ? -EPERM : -errno;
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

#define NO_ENGINE NULL, NULL
#define DRIVER(name) "the kernel's " name, NULL

const struct doctor_probe doctor_probes[] = {
	{"jails", "pid namespaces", probe_ns, "pid", "CONFIG_PID_NS", true,
	 NO_ENGINE},
	{"vnet", "network namespaces", probe_ns, "net", "CONFIG_NET_NS", true,
	 NO_ENGINE},
	{"jail limits", "cgroup namespaces", probe_ns, "cgroup",
	 "CONFIG_CGROUPS", true, NO_ENGINE},
	{"jail limits", "cgroup2", probe_fs, "cgroup2", "CONFIG_CGROUPS", true,
	 NO_ENGINE},
	{"copy roots", "overlayfs", probe_fs, "overlay", "CONFIG_OVERLAY_FS",
	 true, NO_ENGINE},
	{"epair", "veth", probe_link, "veth", "CONFIG_VETH", true,
	 DRIVER("veth")},
	{"bridge", "bridge", probe_link, "bridge", "CONFIG_BRIDGE", true,
	 DRIVER("bridge")},
	{"bridge stp", "nftables of bridges", probe_gate, "",
	 "CONFIG_NF_TABLES_BRIDGE", false,
	 "the keeper of bridges: RSTP and STP", NULL},
	{"vlanfilter", "VLANs of bridges", probe_vlans, "",
	 "CONFIG_BRIDGE_VLAN_FILTERING", false, DRIVER("bridge")},
	{"tap, tun", "/dev/net/tun", probe_tun, "tun", "CONFIG_TUN", false,
	 DRIVER("tun")},
	{"vlan", "vlan", probe_link, "vlan", "CONFIG_VLAN_8021Q", false,
	 "the kernel's 8021q", "netgraph"},
	{"lagg", "bond", probe_link, "bond", "CONFIG_BONDING", false,
	 "the kernel's bonding", "netgraph"},
	{"lo1", "dummy", probe_link, "dummy", "CONFIG_DUMMY", false,
	 "the kernel's dummy", "the kernel's ifb"},
	{"vxlan", "vxlan", probe_link, "vxlan", "CONFIG_VXLAN", false,
	 DRIVER("vxlan")},
	{"geneve", "geneve", probe_link, "geneve", "CONFIG_GENEVE", false,
	 DRIVER("geneve")},
	/* not gif, stf, gre: to load those drivers puts sit0, gre0, gretap0 and
	 * erspan0 into every vnet of the machine */
	{"wg", "wireguard", probe_link, "wireguard", "CONFIG_WIREGUARD", false,
	 DRIVER("wireguard")},
	{"macvlan", "macvlan", probe_link, "macvlan", "CONFIG_MACVLAN", false,
	 NO_ENGINE},
	{"jails", "device filter", probe_devices, "", "CONFIG_CGROUP_BPF",
	 false, NO_ENGINE},
	{"ip4.addr", "BPF for sockets", probe_share, "",
	 "CONFIG_CGROUP_BPF with BTF (CONFIG_DEBUG_INFO_BTF)", false,
	 NO_ENGINE},
	{"jails", "abstract unix walls", probe_unix, "reach",
	 "BPF for unix sockets (Linux 6.7, or as below)", false, NO_ENGINE},
	{"jails", "abstract unix names", probe_unix, "all",
	 "BPF LSM programs (CONFIG_BPF_LSM, lsm=...,bpf)", false, NO_ENGINE},
	{NULL, NULL, NULL, NULL, NULL, false, NO_ENGINE},
};

/* In the child: one byte a probe, an enum doctor_can. */
static void probe_all(int fd)
{
	for (const struct doctor_probe *p = doctor_probes; p->what; p++) {
		int r = p->probe(p->arg);
		char can = r >= 0			 ? DOCTOR_OK
			   : r == -EPERM || r == -EACCES ? DOCTOR_UNTOLD
							 : DOCTOR_LACKS;

		if (write(fd, &can, 1) != 1)
			return;
	}
}

int doctor_kernel(enum doctor_can *can, size_t n, struct err *e)
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
		char c = DOCTOR_LACKS;

		can[i] = read(rd, &c, 1) == 1 ? (enum doctor_can)c
					      : DOCTOR_LACKS;
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return 0;
}
