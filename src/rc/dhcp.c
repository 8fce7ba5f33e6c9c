/* dhcp: the client's process; see dhcp.h. */
#include "rc/dhcp.h"

#include "base/cancel.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/runtime.h"
#include "jail/prison.h"
#include "net/ifconfig.h"
#include "net/ifnet.h"
#include "rc/dhcpconf.h"
#include "rc/rc.h"
#include "rc/rcdaemon.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

#define POLL_MS 20

pid_t dhcp_running(const char *ifname)
{
	cleanup_free char *path = dhcp_path(ifname, "pid");

	return path ? rcdaemon_running(path) : 0;
}

static void forget_pid(const char *ifname)
{
	cleanup_free char *path = dhcp_path(ifname, "pid");

	if (path)
		rcdaemon_forget(path);
}

/* The copy that travels with us, or the system's own. */
static int find_client(char **ret, struct err *e)
{
	static const char *const usual[] = {"/usr/bin/busybox", "/bin/busybox",
					    "/usr/sbin/udhcpc", "/sbin/udhcpc"};
	cleanup_free char *rt = NULL;

	if (access(CELLBLOCK_RUN "/rt/udhcpc", X_OK) == 0)
		*ret = strdup(CELLBLOCK_RUN "/rt/udhcpc");
	else if (runtime_dir(&rt, NULL) == 0)
		*ret = str_printf("%s/udhcpc", rt);
	else
		*ret = strdup("");
	for (size_t i = 0; *ret && access(*ret, X_OK) < 0; i++) {
		free(*ret);
		*ret = NULL;
		if (i == ARRAY_SIZE(usual))
			return err_set(e, ENOENT,
				       "there is no DHCP client: udhcpc "
				       "(Debian: busybox-static) is needed");
		*ret = strdup(usual[i]);
	}
	return *ret ? 0 : err_nomem(e);
}

/* The address of an earlier lease is asked for again. */
static char *wish(const char *ifname)
{
	cleanup_lease struct dhcp_lease l = {0};
	char buf[INET_ADDRSTRLEN];

	if (!dhcp_lease_load(ifname, "lease", &l))
		return NULL;
	return strdup(inet_ntop(AF_INET, &l.addr, buf, sizeof(buf)));
}

/*
 * In the foreground of its own process; gives the lease back when it is told
 * to end; asks for what dhclient(8) asks for.
 */
static int client_argv(const char *kname, const char *script, const char *again,
		       const struct dhcpconf *c, struct strv *argv)
{
	static const char *const fixed[] = {
		"udhcpc", "-f", "-R", "-S", "-t", "4", "-T", "2", "-A", "5",
	};
	/* besides what udhcpc asks for by itself */
	static const char *const asks[] = {
		"-O", "staticroutes", "-O", "search", "-O", "mtu",
	};
	char host[65] = "";
	int r = 0;

	for (size_t i = 0; !r && i < ARRAY_SIZE(fixed); i++)
		r = strv_add(argv, fixed[i]);
	for (size_t i = 0; !r && !c->requests && i < ARRAY_SIZE(asks); i++)
		r = strv_add(argv, asks[i]);
	if (!r && c->requests)
		r = strv_add(argv, "-o");
	if (!r)
		r = strv_copy(argv, &c->argv);
	if (!r)
		r = strv_add(argv, "-i") || strv_add(argv, kname) ||
		    strv_add(argv, "-s") || strv_add(argv, script);
	if (!r && !c->sends_host && gethostname(host, sizeof(host) - 1) == 0 &&
	    *host && strcmp(host, "(none)") != 0)
		r = strv_add(argv, "-x") ||
		    strv_addf(argv, "hostname:%s", host);
	if (!r && again)
		r = strv_add(argv, "-r") || strv_add(argv, again);
	return r ? -ENOMEM : 0;
}

static int spawn(const struct dhcp_start *o, const char *kname,
		 const char *again, const struct dhcpconf *c, const char *conf,
		 pid_t *ret, struct err *e)
{
	cleanup_free char *file = dhcp_path(o->ifname, "pid");
	cleanup_free char *client = NULL, *script = NULL;
	cleanup_strv struct strv argv = {0}, env = {0};
	int r = find_client(&client, e);

	if (!r)
		r = rcdaemon_command("dhclient-script", &script, e);
	if (r < 0)
		return r;
	if (!file || client_argv(kname, script, again, c, &argv) < 0 ||
	    strv_add(&env, "PATH=/sbin:/bin:/usr/sbin:/usr/bin") < 0 ||
	    strv_addf(&env, "CB_DHCP_CONF=%s", conf) < 0 ||
	    (o->leases && strv_addf(&env, "CB_DHCP_LEASES=%s", o->leases) < 0))
		return err_nomem(e);
	return rcdaemon_start(file, o->pidfile, client, argv.v, env.v, ret, e);
}

static void pause_ms(void)
{
	const struct timespec t = {.tv_nsec = POLL_MS * 1000000L};

	nanosleep(&t, NULL);
}

/* Up, with a carrier; FreeBSD's client gives up after ten seconds. */
static int wait_link(struct vnet *v, const struct dhcp_start *o,
		     const struct report *rp, struct err *e)
{
	for (int n = 0;; n++) {
		cleanup_ifnet struct ifnet ifp = {0};
		int r = ifnet_link(v, o->ifname, &ifp, e);

		if (r < 0)
			return r;
		if (ifp.flags & IFF_RUNNING) {
			if (n)
				report(rp, REPORT_OUT, "%s: got link",
				       o->ifname);
			return 0;
		}
		if (o->background)
			return 0;
		if (n == 1)
			report(rp, REPORT_OUT, "%s: no link ...", o->ifname);
		if (n * POLL_MS >= DHCP_LINK_TIMEOUT * 1000)
			return err_set(e, ENOLINK, "%s: no link: giving up",
				       o->ifname);
		if (cancel_asked())
			return err_set(e, ECANCELED, "interrupted");
		pause_ms();
	}
}

static int bring_up(struct vnet *v, const char *ifname, struct err *e)
{
	cleanup_strbuf struct strbuf out = STRBUF_INIT;
	char up[] = "up", *words[] = {up};
	const struct ifconfig_opts o = {0};

	return ifconfig_apply(v, ifname, 1, words, &o, &out, e);
}

static void say_bound(const char *ifname, const struct report *rp)
{
	cleanup_lease struct dhcp_lease l = {0};
	char buf[INET_ADDRSTRLEN];

	if (!dhcp_lease_load(ifname, "lease", &l))
		return;
	if (*l.note)
		report(rp, REPORT_WARN, "%s: %s", ifname, l.note);
	report(rp, REPORT_OUT, "bound to %s -- renewal in %u seconds.",
	       inet_ntop(AF_INET, &l.addr, buf, sizeof(buf)), l.seconds / 2);
}

/* Why a lease was not taken. */
static void say_refused(const char *ifname, const struct report *rp)
{
	cleanup_free char *path = dhcp_path(ifname, "refused");
	cleanup_free char *text = NULL;

	if (path && file_read(AT_FDCWD, path, 4096, &text, NULL, NULL) == 0)
		report(rp, REPORT_WARN, "%s: %s", ifname, text);
}

/* Until there is a lease, the client has ended, or the time is over. */
static int wait_lease(const struct dhcp_start *o, pid_t pid, int timeout,
		      const struct report *rp, bool *ret_bound, struct err *e)
{
	for (int n = 0; n * POLL_MS < timeout * 1000; n++) {
		int status;

		if (waitpid(pid, &status, WNOHANG) == pid) {
			forget_pid(o->ifname);
			return err_set(e, EIO, "%s: the DHCP client ended",
				       o->ifname);
		}
		if (dhcp_bound(o->ifname)) {
			say_bound(o->ifname, rp);
			*ret_bound = true;
			return 0;
		}
		if (cancel_asked())
			return err_set(e, ECANCELED, "interrupted");
		pause_ms();
	}
	*ret_bound = false;
	say_refused(o->ifname, rp);
	report(rp, REPORT_OUT, "No DHCPOFFERS received.");
	report(rp, REPORT_OUT,
	       "No working leases in persistent database - sleeping.");
	return 0;
}

/* As long as the client runs; signals that end us end it. */
static int stay(struct vnet *v, const struct dhcp_start *o, pid_t pid,
		struct err *e)
{
	int status;

	for (;;) {
		if (waitpid(pid, &status, WNOHANG) == pid)
			break;
		if (cancel_asked())
			return dhcp_stop(v, o->ifname, e);
		pause_ms();
	}
	forget_pid(o->ifname);
	return 0;
}

/* Beside the level's rc.conf. */
static char *own_conf(void)
{
	return str_printf("%s/dhclient.conf", rc_level_dir()->etc);
}

int dhcp_start(struct vnet *v, const struct dhcp_start *o,
	       const struct report *rp, bool *ret_bound, struct err *e)
{
	cleanup_ifnet struct ifnet ifp = {0};
	cleanup_free char *again = wish(o->ifname);
	cleanup_free char *conf = o->conf ? strdup(o->conf) : own_conf();
	cleanup_dhcpconf struct dhcpconf c = {0};
	cleanup_close int lock = -1;
	bool is_bound = false;
	pid_t pid;
	int r = ifnet_link(v, o->ifname, &ifp, e);

	if (!r)
		r = conf ? dhcpconf_load(conf, o->ifname, &c, e) : err_nomem(e);
	if (!r)
		r = file_mkdirs(AT_FDCWD, DHCP_DIR, 0755, e);
	if (!r)
		r = file_lock(AT_FDCWD, DHCP_DIR "/lock", false, &lock, e);
	if (r < 0)
		return r;
	pid = dhcp_running(o->ifname);
	if (pid)
		return err_set(e, EEXIST, "dhclient already running, pid: %d.",
			       (int)pid);
	r = bring_up(v, o->ifname, e);
	if (!r)
		r = wait_link(v, o, rp, e);
	if (!r)
		r = dhcp_unconfigure(v, o->ifname, e);
	if (!r)
		r = spawn(o, ifp.kname, again, &c, conf, &pid, e);
	if (r < 0)
		return r;
	close(take_fd(&lock));
	if (!o->background)
		r = wait_lease(o, pid, c.timeout ? c.timeout : o->timeout, rp,
			       &is_bound, e);
	if (r < 0) {
		(void)dhcp_stop(v, o->ifname, NULL);
		return r;
	}
	if (ret_bound)
		*ret_bound = is_bound;
	return o->foreground ? stay(v, o, pid, e) : 0;
}

int dhcp_stop(struct vnet *v, const char *ifname, struct err *e)
{
	cleanup_free char *path = dhcp_path(ifname, "pid");

	if (!path)
		return err_nomem(e);
	rcdaemon_stop(path);
	return dhcp_unconfigure(v, ifname, e);
}
