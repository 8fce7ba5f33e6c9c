/*
 * cap: the last privilege stage.  By system calls, not libcap-ng: this runs
 * in a child that shares its parent's memory, where a library's own state
 * (and its reading of /proc of a root it is not in any more) has no place.
 */
#include "ns/ns.h"

#include <errno.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

uint64_t cap_bounding(void)
{
	uint64_t mask = 0;

	for (unsigned int c = 0; c < 64; c++) {
		int r = prctl(PR_CAPBSET_READ, c, 0, 0, 0);

		if (r < 0)
			break; /* past the kernel's last one */
		if (r)
			mask |= UINT64_C(1) << c;
	}
	return mask;
}

int cap_bound(uint64_t mask, struct err *e)
{
	for (unsigned int c = 0; c < 64; c++) {
		if (mask & UINT64_C(1) << c ||
		    prctl(PR_CAPBSET_DROP, c, 0, 0, 0) == 0)
			continue;
		if (errno == EINVAL)
			break; /* past the kernel's last one */
		return err_sys(e, errno, "drop capability %u", c);
	}
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0)
		return err_sys(e, errno, "clear ambient capabilities");
	return 0;
}

int cap_keep(uint64_t mask, struct err *e)
{
	struct __user_cap_header_struct h = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct d[2];

	if (syscall(SYS_capget, &h, d) < 0)
		return err_sys(e, errno, "capget");
	for (int i = 0; i < 2; i++) {
		uint32_t m = (uint32_t)(mask >> (32 * i));

		d[i].permitted &= m;
		/* none in force where changing users took them away */
		d[i].effective &= m;
		d[i].inheritable = 0;
	}
	if (syscall(SYS_capset, &h, d) < 0)
		return err_sys(e, errno, "capset");
	return 0;
}
