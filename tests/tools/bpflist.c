/*
 * bpflist: the BPF programs of ours that the kernel holds, by name and type,
 * one a line, sorted by age.  All of cellblock's have names that begin with
 * "cb_" (src/ns/cgbpf.c, src/net/tc.c); other programs come and go on a
 * machine and are nobody's leftovers.  A kernel without bpf(2) has none.
 */
#include <linux/bpf.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static int bpf(int cmd, union bpf_attr *a)
{
	return (int)syscall(SYS_bpf, cmd, a, sizeof(*a));
}

static void say(uint32_t id)
{
	union bpf_attr a = {.prog_id = id};
	struct bpf_prog_info info;
	int fd = bpf(BPF_PROG_GET_FD_BY_ID, &a);

	if (fd < 0)
		return;
	memset(&info, 0, sizeof(info));
	memset(&a, 0, sizeof(a));
	a.info.bpf_fd = (uint32_t)fd;
	a.info.info_len = sizeof(info);
	a.info.info = (uint64_t)(uintptr_t)&info;
	if (!bpf(BPF_OBJ_GET_INFO_BY_FD, &a) && !strncmp(info.name, "cb_", 3))
		printf("bpf %u %s type %u\n", id, info.name, info.type);
	close(fd);
}

int main(void)
{
	union bpf_attr a = {.start_id = 0};

	while (!bpf(BPF_PROG_GET_NEXT_ID, &a)) {
		uint32_t id = a.next_id;

		say(id);
		memset(&a, 0, sizeof(a));
		a.start_id = id;
	}
	return 0;
}
