/*
 * ng_world_kernel: the world of ng_world.h with the programs for a data path,
 * in a network namespace of the case's own.
 */
#ifndef CB_TESTS_NG_WORLD_KERNEL_H
#define CB_TESTS_NG_WORLD_KERNEL_H

#include "ng_kernel.h"
#include "root_tc.h"

static struct vnet *world_vnet;
static char *world_bpfdir;

static void world_open_kernel(void)
{
	ng_kernel_begin(&world_vnet, &world_bpfdir, &world.dp);
	ATF_REQUIRE_EQ(0, ng_graph_new(world.dp, &world.g));
	world.kernel = true;
}

static void world_close_kernel(void)
{
	world_close();
	ng_kernel_end(&world_vnet, world_bpfdir);
}

/* The case tc_name: fn in that world. */
#define WORLD_KERNEL_TC(tc_name, fn)                                           \
	ROOT_TC(tc_name)                                                       \
	{                                                                      \
		(void)tc;                                                      \
		world_open_kernel();                                           \
		world_begin();                                                 \
		fn();                                                          \
		world_close_kernel();                                          \
	}

#endif
