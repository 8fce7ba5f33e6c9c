/*
 * ng_world_kernel: the world of ng_world.h with the programs for a data path,
 * in a network namespace of the case's own.
 */
#ifndef CB_TESTS_NG_WORLD_KERNEL_H
#define CB_TESTS_NG_WORLD_KERNEL_H

#include "net/vnet.h"

#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

static struct vnet *world_vnet;
static char *world_bpfdir;

static void world_open_kernel(void)
{
	struct err e = ERR_INIT;
	char cwd[512];
	int r;

	if (getuid() != 0 || unshare(CLONE_NEWNET | CLONE_NEWNS) < 0)
		atf_tc_skip("no root");
	ATF_REQUIRE_EQ(0, mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
	ATF_REQUIRE(getcwd(cwd, sizeof(cwd)) != NULL);
	world_bpfdir = str_printf("%s/bpf", cwd);
	ATF_REQUIRE_EQ_MSG(0, vnet_open(-1, NULL, &world_vnet, &e), "%s",
			   e.text);
	r = dp_open(world_vnet, world_bpfdir, &world.dp, &e);
	if (r == -EPERM || r == -ENOSYS)
		atf_tc_skip("%s", e.text);
	ATF_REQUIRE_EQ_MSG(0, r, "%s", e.text);
	ATF_REQUIRE_EQ(0, ng_graph_new(world.dp, &world.g));
	world.kernel = true;
}

static void world_close_kernel(void)
{
	struct err e = ERR_INIT;

	world_close();
	ATF_CHECK_EQ_MSG(0, dp_remove(world_vnet, world_bpfdir, &e), "%s",
			 e.text);
	umount2(world_bpfdir, MNT_DETACH);
	rmdir(world_bpfdir);
	vnet_free(&world_vnet);
	free(world_bpfdir);
}

#endif
