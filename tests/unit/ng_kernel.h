/*
 * ng_kernel: a data path of programs, in a network namespace and with a
 * directory of pins of the case's own.  Without root, or where the kernel
 * takes no programs, the case is skipped.
 */
#ifndef CB_TESTS_NG_KERNEL_H
#define CB_TESTS_NG_KERNEL_H

#include "base/str.h"
#include "net/vnet.h"
#include "netgraph/dp.h"

#include <atf-c.h>
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <unistd.h>

static void ng_kernel_begin(struct vnet **ret_vnet, char **ret_bpfdir,
			    struct ng_dp **ret_dp)
{
	struct err e = ERR_INIT;
	char cwd[512];
	int r;

	if (getuid() != 0 || unshare(CLONE_NEWNET | CLONE_NEWNS) < 0)
		atf_tc_skip("no root");
	ATF_REQUIRE_EQ(0, mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
	ATF_REQUIRE(getcwd(cwd, sizeof(cwd)) != NULL);
	*ret_bpfdir = str_printf("%s/bpf", cwd);
	ATF_REQUIRE_EQ_MSG(0, vnet_open(-1, NULL, ret_vnet, &e), "%s", e.text);
	r = dp_open(*ret_vnet, *ret_bpfdir, ret_dp, &e);
	if (r == -EPERM || r == -ENOSYS)
		atf_tc_skip("%s", e.text);
	ATF_REQUIRE_EQ_MSG(0, r, "%s", e.text);
}

/* Its dp is freed already. */
static void ng_kernel_end(struct vnet **vnet, char *bpfdir)
{
	struct err e = ERR_INIT;

	ATF_CHECK_EQ_MSG(0, dp_remove(*vnet, bpfdir, &e), "%s", e.text);
	vnet_free(vnet);
	ATF_CHECK_EQ(0, umount2(bpfdir, MNT_DETACH));
	rmdir(bpfdir);
	free(bpfdir);
}

#endif
