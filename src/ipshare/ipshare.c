/* ipshare: see ipshare.h. */
#include "ipshare/ipshare.h"

#include <errno.h>

/* Until the programs are there, which come with the next commits. */
static int not_yet(struct err *e)
{
	return err_set(e, ENOSYS, "addresses: no BPF programs yet");
}

int ipshare_set(const char *bpfdir, int cgroup_fd, int net_fd,
		const struct ipshare_conf *conf, struct err *e)
{
	(void)bpfdir;
	(void)cgroup_fd;
	(void)net_fd;
	(void)conf;
	return not_yet(e);
}

int ipshare_clear(const char *bpfdir, uint64_t cgroup, struct err *e)
{
	(void)bpfdir;
	(void)cgroup;
	(void)e;
	return 0;
}

int ipshare_can(struct err *e)
{
	return not_yet(e);
}
