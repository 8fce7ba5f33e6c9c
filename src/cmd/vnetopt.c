/* See vnetopt.h. */
#include "cmd/vnetopt.h"

#include "base/cleanup.h"
#include "base/str.h"
#include "jail/prison.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

static int jail_get(struct prisons *ps, const char *jail, struct prison *ret,
		    struct err *e)
{
	int r = prison_get(ps, jail, false, ret, e);

	if (r == -ENOENT)
		return err_set(e, ENOENT, "jail \"%s\" not found", jail);
	return r;
}

int vnetopt_open(const char *jail, struct vnet **ret, struct err *e)
{
	cleanup_prisons struct prisons *ps = NULL;
	cleanup_prison struct prison p = {0};
	int r;

	if (!jail)
		return vnet_open(-1, VNET_STATEDIR, ret, e);
	r = prisons_open(&ps, e);
	if (r >= 0)
		r = jail_get(ps, jail, &p, e);
	return r < 0 ? r : prison_vnet(ps, &p, ret, e);
}

int vnetopt_inside(const char *jail, const char *name, const char *arg,
		   struct err *e)
{
	cleanup_prisons struct prisons *ps = NULL;
	cleanup_prison struct prison p = {0};
	cleanup_free char *prog = str_printf("/run/cellblock/rt/bin/%s", name);
	cleanup_close int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	char *argv[] = {prog, (char *)arg, NULL};
	const struct prison_exec x = {.argv = argv,
				      .stdio = {null, null, null}};
	int r, status;
	pid_t pid;

	if (!prog || null < 0)
		return err_nomem(e);
	r = prisons_open(&ps, e);
	if (r >= 0)
		r = jail_get(ps, jail, &p, e);
	if (r >= 0)
		r = prison_spawn(ps, &p, &x, &pid, e);
	if (r < 0)
		return r;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return err_sys(e, errno, "%s", prog);
	return status ? err_set(e, EIO, "%s in jail \"%s\" has failed", name,
				jail)
		      : 0;
}

static int jails_do(const char *jail, const char *ifname,
		    int (*fn)(struct prisons *ps, int jid, const char *ifname,
			      struct err *e),
		    struct err *e)
{
	cleanup_prisons struct prisons *ps = NULL;
	cleanup_prison struct prison p = {0};
	int r;

	r = prisons_open(&ps, e);
	if (r >= 0)
		r = jail_get(ps, jail, &p, e);
	return r < 0 ? r : fn(ps, p.jid, ifname, e);
}

static int jails_lend(void *data, const char *jail, const char *ifname,
		      struct err *e)
{
	(void)data;
	return jails_do(jail, ifname, prison_lend, e);
}

static int jails_reclaim(void *data, const char *jail, const char *ifname,
			 struct err *e)
{
	(void)data;
	return jails_do(jail, ifname, prison_reclaim, e);
}

const struct ifconfig_jails vnetopt_jails = {
	.lend = jails_lend,
	.reclaim = jails_reclaim,
};

bool vnetopt_help(int argc, char **argv, const char *usage)
{
	if (argc != 2)
		return false;
	if (!strcmp(argv[1], "--version"))
		printf("%s (cellblock) %s\n", argv[0], CELLBLOCK_VERSION);
	else if (!strcmp(argv[1], "--help"))
		fputs(usage, stdout);
	else
		return false;
	return true;
}

int vnetopt_fail(const char *name, const struct err *e)
{
	fflush(stdout);
	fprintf(stderr, "%s: %s\n", name, e->text);
	return 1;
}
