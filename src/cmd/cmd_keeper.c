/*
 * cmd_keeper: the keepers of a vnet (net/keeper.h), started by the command that
 * needs one, in that vnet, with descriptor 3 to say on when all is in force, or
 * why it is not.
 */
#include "base/str.h"
#include "cmd/cmd.h"
#include "jail/prison.h"
#include "net/keeper.h"
#include "net/keeper_alone.h"
#include "net/vnet.h"
#include "ns/ns.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

static void tell(const char *text)
{
	/* nobody may be listening any more */
	if (write(KEEPER_READY_FD, text, strlen(text)) < 0)
		errno = 0;
	close(KEEPER_READY_FD);
}

static void ready(void)
{
	tell("k");
}

/* What errors say is of interest to nobody. */
static int lasts(void)
{
	struct err e = ERR_INIT;

	return prison_lasts(&e);
}

static int settle(const struct keeper_sort *k, struct err *e)
{
	char name[16];
	int r;

	for (int sig = 1; sig < NSIG; sig++)
		signal(sig, SIG_DFL);
	signal(SIGPIPE, SIG_IGN);
	snprintf(name, sizeof(name), KEEPER_COMM "%s",
		 strchr(k->prog, '-') + 1);
	prctl(PR_SET_NAME, name);
	r = cap_bound(k->caps, e);
	return r < 0 ? r : cap_keep(k->caps, e);
}

static const struct keeper_sort *sort_of(const char *prog)
{
	size_t i = 0;

	while (keeper_sorts[i] && strcmp(keeper_sorts[i]->prog, prog) != 0)
		i++;
	return keeper_sorts[i];
}

int cmd_keeper(int argc, char **argv)
{
	const struct keeper_sort *k = sort_of(argv[0]);
	struct err e = ERR_INIT;
	struct prison_self self = {0};
	struct vnet *v = NULL;
	int r;

	if (!k || argc != 1 ||
	    fcntl(KEEPER_READY_FD, F_SETFD, FD_CLOEXEC) < 0) {
		fprintf(stderr, "%s: started by ifconfig alone\n", argv[0]);
		return 2;
	}
	if (prison_self(&self, &e) >= 0 && self.jailed)
		keeper_place_jail(lasts, CELLBLOCK_RUN);
	else
		keeper_place_netns();
	err_clear(&e);
	r = vnet_open(-1, VNET_STATEDIR, &v, &e);
	if (r >= 0)
		r = settle(k, &e);
	if (r >= 0)
		r = k->main(v, ready, &e);
	/* "a": another one was faster */
	if (r < 0)
		tell(r == -EALREADY ? "a" : e.text);
	vnet_free(&v);
	return r < 0;
}
