/*
 * rcconf_dump FILE [ETC]: what an rc.conf asks for, as the plan of a jail with
 * a vnet of its own that has lo0 (down) and em0 (up) and nothing else.  ETC is
 * where sysctl.conf and jail.conf lie.  Warnings come first ("warning: "), an
 * error is "error: ".  The files' directory is the working directory.
 */
#include "base/cleanup.h"
#include "rc/rc.h"
#include "rc/rcact.h"
#include "rc/rcmodel.h"
#include "rc/rcplan.h"
#include "rc/rcserv.h"
#include "rc/rcstate.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Files are named as the test gave them, wherever the tree lies. */
static const char *without_cwd(const char *text)
{
	static char buf[4096], cwd[4096];
	char *at;

	snprintf(buf, sizeof(buf), "%s", text);
	if (!getcwd(cwd, sizeof(cwd) - 1))
		return buf;
	strcat(cwd, "/");
	while ((at = strstr(buf, cwd)) != NULL)
		memmove(at, at + strlen(cwd), strlen(at + strlen(cwd)) + 1);
	return buf;
}

static void line(void *data, enum report_level level, const char *text)
{
	(void)data;
	(void)level;
	printf("warning: %s\n", without_cwd(text));
}

static void fake_if(struct ifnet *ifp, int index, const char *name,
		    uint32_t flags)
{
	*ifp = (struct ifnet){.index = index, .flags = flags, .mtu = 1500};
	snprintf(ifp->name, sizeof(ifp->name), "%s", name);
	snprintf(ifp->kname, sizeof(ifp->kname), "%s", ifname_to_kernel(name));
	snprintf(ifp->home_name, sizeof(ifp->home_name), "%s", name);
}

static int dump(const char *file, const char *etc, struct err *e)
{
	const struct report r = {.line = line};
	cleanup_rcconf struct rcconf *conf = NULL;
	cleanup_rcstate struct rcstate state = {.blank = true};
	cleanup_rcmodel struct rcmodel model = {0};
	cleanup_rcservs struct rcservs servs = {0};
	cleanup_plan struct plan plan = {0};
	struct rcplan_scope scope = {.leftovers = true};
	struct rc_place place = {.jailed = true,
				 .vnet = true,
				 .jails = true,
				 .etc = etc,
				 .block = true};
	struct rcact *act = rcact_new();
	int ret;

	state.ifs.v = calloc(2, sizeof(*state.ifs.v));
	if (!state.ifs.v || !act)
		return err_nomem(e);
	state.ifs.n = 2;
	fake_if(&state.ifs.v[0], 1, "lo0", IFF_LOOPBACK);
	fake_if(&state.ifs.v[1], 2, "em0", IFF_UP);
	for (int i = 0; i < RC_SERVICES; i++)
		scope.service[i] = true;
	ret = rcconf_load((const char *[]){file, NULL}, &conf, e);
	for (size_t i = 0; !ret && i < conf->messages.n; i++)
		report(&r, REPORT_WARN, "%s", conf->messages.v[i]);
	if (!ret)
		rcmodel_warn_later(conf, &r);
	if (!ret)
		ret = rcmodel_build(conf, &state.ifs, &place, &r, &model, e);
	if (!ret)
		ret = rcservs_load(NULL, true, true, false, &servs, e);
	if (!ret)
		ret = rcplan_build(&model, &servs, &state, act, &scope, &plan,
				   e);
	for (size_t i = 0; !ret && i < plan.n; i++)
		printf("%s\n", without_cwd(plan.v[i].text));
	plan_free(&plan);
	rcact_unref(act);
	return ret;
}

int main(int argc, char **argv)
{
	struct err e = ERR_INIT;

	if (argc < 2)
		return 2;
	if (dump(argv[1], argc > 2 ? argv[2] : "/nonexistent", &e) < 0)
		printf("error: %s\n", without_cwd(e.text));
	return 0;
}
