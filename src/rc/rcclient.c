/*
 * rcclient: see rcclient.h.  No answer from the network fails a boot: it is
 * said, and the client goes on trying.
 */
#include "rc/rcclient.h"

#include "base/cancel.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/runtime.h"
#include "jail/prison.h"
#include "net/ifconfig.h"
#include "net/ifnet.h"
#include "net/route.h"
#include "rc/dhcp.h"
#include "rc/rcdaemon.h"
#include "rc/rcscript.h"
#include "rc/resolv.h"
#include "rc/rtsol.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define DHCLIENT "/sbin/dhclient"
#define TICK_MS 50
/* Of another DHCP client, which has timeouts of its own. */
#define PROGRAM_TIMEOUT (2 * DHCP_TIMEOUT)

/* ---- DHCP ---- */

/* Our own client, without flags: no other process is needed to start it. */
static bool is_own(const struct fact *f)
{
	return f->words.n == 1 && !strcmp(f->words.v[0], DHCLIENT);
}

/* Another program, or ours with flags: PROGRAM [FLAGS] IF. */
static int run_program(struct rcact *a, const struct fact *f, bool wait,
		       struct err *e)
{
	cleanup_strv struct strv argv = {0};
	cleanup_free char *own = NULL;
	int r = strv_copy(&argv, &f->words);

	if (!r && !strcmp(argv.v[0], DHCLIENT)) {
		r = rcdaemon_command("dhclient", &own, e);
		if (r < 0)
			return r;
		free(argv.v[0]);
		argv.v[0] = take_ptr(own);
		if (!wait)
			r = strv_add(&argv, "-b");
	}
	if (!r)
		r = strv_add(&argv, f->ifname);
	return r ? err_nomem(e)
		 : rcscript_program(argv.v, PROGRAM_TIMEOUT, &a->report, e);
}

static bool has_flag(const struct fact *f, const char *flag)
{
	for (size_t i = 1; i < f->words.n; i++)
		if (!strcmp(f->words.v[i], flag))
			return true;
	return false;
}

int rcclient_dhcp(struct rcact *a, const struct fact *f, struct err *e)
{
	bool wait = !strcmp(f->value, "sync") && !has_flag(f, "-b");
	const struct dhcp_start o = {.ifname = f->ifname,
				     .background = !wait,
				     .timeout = DHCP_TIMEOUT};
	struct err de = ERR_INIT;
	int r;

	if (!a->vnet)
		return err_set(e, ENODEV, "no network stack of its own");
	report(&a->report, REPORT_VERBOSE, "Starting dhclient.");
	r = is_own(f) ? dhcp_start(a->vnet, &o, &a->report, NULL, &de)
		      : run_program(a, f, wait, &de);
	if (r == -ECANCELED)
		return err_set(e, de.code, "%s", de.text);
	/* one that runs already is what was wanted */
	if (r < 0 && r != -EEXIST)
		report(&a->report, REPORT_WARN, "%s", de.text);
	if (!wait && r >= 0 && strv_add(&a->dhcp, f->ifname) < 0)
		return err_nomem(e);
	return 0;
}

int rcclient_dhcp_undo(struct rcact *a, const struct note *n, struct err *e)
{
	const struct fact *f = &n->fact;
	const char *base = f->words.n ? strrchr(f->words.v[0], '/') : NULL;
	bool dhcpcd = base && !strcmp(base, "/dhcpcd");
	char *argv[] = {NULL, NULL, f->ifname, NULL};
	char release[] = "-r", quit[] = "-k";

	if (!a->vnet)
		return 0;
	if (!f->words.n || !strcmp(f->words.v[0], DHCLIENT))
		return dhcp_stop(a->vnet, f->ifname, e);
	argv[0] = f->words.v[0];
	argv[1] = dhcpcd ? quit : release;
	return rcscript_program(argv, PROGRAM_TIMEOUT, &a->report, e);
}

/* ---- the default route ---- */

static bool default_route(struct vnet *v, char ret_if[IFNAMSIZ])
{
	cleanup_ifnets struct ifnets ifs = {0};
	cleanup_free struct route_row *rows = NULL;
	size_t n = 0;

	if (ifnets_load(v, &ifs, NULL) < 0 ||
	    route_rows(v, &ifs, AF_INET, NULL, &rows, &n, NULL) < 0)
		return false;
	for (size_t i = 0; i < n; i++)
		if (!strcmp(rows[i].dst, "default")) {
			str_copy(ret_if, IFNAMSIZ, rows[i].netif);
			return true;
		}
	return false;
}

static bool all_bound(const struct strv *names)
{
	for (size_t i = 0; i < names->n; i++)
		if (!dhcp_bound(names->v[i]))
			return false;
	return true;
}

static bool any_carrier(struct vnet *v, const struct strv *names)
{
	for (size_t i = 0; i < names->n; i++) {
		cleanup_ifnet struct ifnet ifp = {0};

		if (ifnet_link(v, names->v[i], &ifp, NULL) == 0 &&
		    (ifp.flags & IFF_RUNNING))
			return true;
	}
	return false;
}

/* As FreeBSD's script puts it: a dot a second, and what it came to. */
static void say_waited(const struct rcact *a, int ticks, const char *outcome)
{
	static const char dots[] =
		"............................................";
	int seconds = ticks * TICK_MS / 1000;

	report(&a->report, REPORT_OUT,
	       "Waiting %ds for the default route interface: %.*s%s",
	       a->route_delay, seconds, dots, outcome);
}

int rcclient_wait_route(struct rcact *a, struct err *e)
{
	const int end = a->route_delay * 1000 / TICK_MS;
	const int carrier = a->carrier_delay * 1000 / TICK_MS;
	char ifname[IFNAMSIZ + 2] = "";

	if (!a->dhcp.n || !a->vnet)
		return 0;
	for (int n = 0; n < end; n++) {
		char name[IFNAMSIZ];

		if (default_route(a->vnet, name)) {
			snprintf(ifname, sizeof(ifname), "(%s)", name);
			if (n * TICK_MS >= 1000)
				say_waited(a, n, ifname);
			return 0;
		}
		/* nobody else is going to bring one */
		if (all_bound(&a->dhcp))
			return 0;
		if (n == carrier && !any_carrier(a->vnet, &a->dhcp)) {
			say_waited(a, n, "(no carrier)");
			return 0;
		}
		if (cancel_asked())
			return err_set(e, ECANCELED, "interrupted");
		(void)poll(NULL, 0, TICK_MS);
	}
	if (end)
		say_waited(a, end, "");
	return 0;
}

/* ---- router advertisements ---- */

int rcclient_rtsol(struct rcact *a, const struct fact *f, struct err *e)
{
	const struct rtsol_opts o = {.report = &a->report};
	struct err re = ERR_INIT;
	bool answered = false;
	int r;

	if (!a->vnet)
		return err_set(e, ENODEV, "no network stack of its own");
	r = rtsol_ask(a->vnet, f->ifname, &o, &answered, &re);
	if (r == -ECANCELED)
		return err_set(e, re.code, "%s", re.text);
	if (r < 0)
		report(&a->report, REPORT_WARN, "rtsol: %s", re.text);
	else if (!answered)
		report(&a->report, REPORT_WARN, "rtsol: %s: no router answers",
		       f->ifname);
	return 0;
}

static int ifconfig(struct rcact *a, const char *ifname, int n,
		    char *const *words, struct err *e)
{
	cleanup_strbuf struct strbuf out = STRBUF_INIT, warn = STRBUF_INIT;
	const struct ifconfig_opts o = {.warn = &warn};

	return ifconfig_apply(a->vnet, ifname, n, words, &o, &out, e);
}

/* Addresses that advertisements have made have an end. */
static void drop_addresses(struct rcact *a, const char *ifname)
{
	cleanup_ifnet struct ifnet ifp = {0};

	if (ifnet_get(a->vnet, ifname, &ifp, NULL) < 0)
		return;
	for (size_t i = 0; i < ifp.naddrs; i++) {
		const struct if_addr *addr = &ifp.addrs[i];
		char buf[INET6_ADDRSTRLEN], inet6[] = "inet6";
		char alias[] = "-alias", *words[] = {inet6, buf, alias};

		if (addr->family != AF_INET6 || addr->valid == UINT32_MAX ||
		    IN6_IS_ADDR_LINKLOCAL(&addr->addr.in6))
			continue;
		inet_ntop(AF_INET6, &addr->addr.in6, buf, sizeof(buf));
		(void)ifconfig(a, ifname, 3, words, NULL);
	}
}

/* ... and so have routes. */
static void drop_routes(struct rcact *a, const char *ifname)
{
	int index = vnet_ifindex(a->vnet, ifname);
	cleanup_free struct route *v = NULL;
	size_t n = 0;

	if (!index || routes_load(a->vnet, AF_INET6, false, &v, &n, NULL) < 0)
		return;
	for (size_t i = 0; i < n; i++)
		if (v[i].oif == index && v[i].protocol == RTPROT_RA)
			(void)route_delete(a->vnet, &v[i], NULL);
}

int rcclient_rtsol_undo(struct rcact *a, const struct note *n, struct err *e)
{
	char inet6[] = "inet6", off[] = "-accept_rtadv",
	     *words[] = {inet6, off};
	const char *ifname = n->fact.ifname;
	int r;

	(void)resolv_drop(ifname, "ra", NULL);
	if (!a->vnet || *n->old)
		return 0;
	r = ifconfig(a, ifname, 2, words, e);
	if (r < 0)
		return r;
	drop_addresses(a, ifname);
	drop_routes(a, ifname);
	return 0;
}

/* ---- rtsold ---- */

int rcclient_rtsold(struct rcact *a, const struct fact *f, struct err *e)
{
	cleanup_free char *path = NULL;
	cleanup_strv struct strv argv = {0};
	cleanup_strv struct strv names = {0};
	char env[] = "PATH=/sbin:/bin:/usr/sbin:/usr/bin";
	char *envp[] = {env, NULL};
	pid_t pid;
	int r = rcdaemon_command("rtsold", &path, e);

	if (!r)
		r = rtsol_interfaces(a->vnet, &names, e);
	if (r < 0)
		return r;
	if (!names.n) {
		report(&a->report, REPORT_WARN,
		       "rtsold: no interface accepts advertisements");
		return 0;
	}
	r = strv_add(&argv, "rtsold") || strv_add(&argv, "-f");
	for (size_t i = 0; !r && i < f->words.n; i++)
		r = strv_add(&argv, f->words.v[i]);
	if (r)
		return err_nomem(e);
	return rcdaemon_start(RCCLIENT_RTSOLD, NULL, path, argv.v, envp, &pid,
			      e);
}

int rcclient_rtsold_undo(struct rcact *a, const struct note *n, struct err *e)
{
	(void)a;
	(void)n;
	(void)e;
	rcdaemon_stop(RCCLIENT_RTSOLD);
	return 0;
}

/* ---- rtadvd ---- */

#define RADVD_CONF CELLBLOCK_RUN "/rtadvd.conf"
#define RADVD_LOCK CELLBLOCK_RUN "/radvd.pid"

/* The system's own; or the copy that travels with us, by our loader. */
static int radvd_argv(struct strv *argv, struct err *e)
{
	static const char *const usual[] = {"/usr/sbin/radvd", "/sbin/radvd"};
	cleanup_free char *rt = NULL, *copy = NULL;
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(usual); i++)
		if (access(usual[i], X_OK) == 0)
			return strv_add(argv, usual[i]) ? err_nomem(e) : 0;
	if (access(CELLBLOCK_RUN "/rt/radvd", X_OK) == 0)
		rt = strdup(CELLBLOCK_RUN "/rt");
	else
		r = runtime_dir(&rt, e);
	if (r < 0)
		return r;
	copy = rt ? str_printf("%s/radvd", rt) : NULL;
	if (!copy)
		return err_nomem(e);
	if (access(copy, X_OK) < 0)
		return err_set(e, ENOENT,
			       "there is no radvd (Debian: radvd) to advertise "
			       "with");
	r = strv_addf(argv, "%s/lib/ld.so", rt) ||
	    strv_add(argv, "--library-path") || strv_addf(argv, "%s/lib", rt) ||
	    strv_add(argv, copy);
	return r ? err_nomem(e) : 0;
}

/* Until it has read its configuration and written its number. */
static int radvd_wait(pid_t pid, struct err *e)
{
	for (int n = 0; n * TICK_MS < 2000; n++) {
		if (waitpid(pid, NULL, WNOHANG) == pid) {
			rcdaemon_forget(RCCLIENT_RTADVD);
			return err_set(e, EIO,
				       "radvd ended at once (syslog "
				       "has its reason)");
		}
		if (access(RADVD_LOCK, F_OK) == 0)
			break;
		(void)poll(NULL, 0, TICK_MS);
	}
	return 0;
}

int rcclient_rtadvd(struct rcact *a, const struct fact *f, struct err *e)
{
	/* -d 1: without a line for root in /etc/passwd it would end */
	static const char *const flags[] = {
		"-n", "-d",	  "1",	"-m",	    "syslog",
		"-C", RADVD_CONF, "-p", RADVD_LOCK,
	};
	char env[] = "PATH=/sbin:/bin:/usr/sbin:/usr/bin";
	char *envp[] = {env, NULL};
	cleanup_strv struct strv argv = {0};
	pid_t pid;
	int r;

	if (!a->vnet)
		return err_set(e, ENODEV, "no network stack of its own");
	r = radvd_argv(&argv, e);
	for (size_t i = 0; !r && i < ARRAY_SIZE(flags); i++)
		r = strv_add(&argv, flags[i]) ? err_nomem(e) : 0;
	if (!r)
		r = file_write_atomic(AT_FDCWD, RADVD_CONF, f->value, 0644, e);
	if (r < 0)
		return r;
	/* one with an older configuration */
	rcdaemon_stop(RCCLIENT_RTADVD);
	unlink(RADVD_LOCK);
	r = rcdaemon_start(RCCLIENT_RTADVD, NULL, argv.v[0], argv.v, envp, &pid,
			   e);
	return r < 0 ? r : radvd_wait(pid, e);
}

/* It tells the hosts that this router goes. */
int rcclient_rtadvd_undo(struct rcact *a, const struct note *n, struct err *e)
{
	(void)a;
	(void)n;
	(void)e;
	rcdaemon_stop(RCCLIENT_RTADVD);
	unlink(RADVD_CONF);
	unlink(RADVD_LOCK);
	return 0;
}

bool rcclient_runs(const struct fact *f)
{
	if (f->kind == FACT_RTADVD)
		return rcdaemon_running(RCCLIENT_RTADVD);
	if (f->kind == FACT_RTSOLD)
		return rcdaemon_running(RCCLIENT_RTSOLD);
	/* of another program the note alone tells */
	return !f->words.n || strcmp(f->words.v[0], DHCLIENT) != 0 ||
	       dhcp_running(f->ifname);
}
