/*
 * jail.bpf: what sockets of a jail may do.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "ipshare/shared.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct {
	__uint(type, BPF_MAP_TYPE_CGROUP_STORAGE);
	__type(key, __u64);
	__type(value, struct ipshare_row);
} cb_ip_conf SEC(".maps");

SEC("cgroup/sock_create")
int cb_ip_create(struct bpf_sock *ctx)
{
	struct ipshare_row *c = bpf_get_local_storage(&cb_ip_conf, 0);

	return c->cgroup || ctx->family;
}
