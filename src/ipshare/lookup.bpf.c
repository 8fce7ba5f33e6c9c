/*
 * lookup.bpf: which socket of a jail hears a packet.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

SEC("sk_lookup")
int cb_ip_lookup(struct bpf_sk_lookup *ctx)
{
	(void)ctx;
	return SK_PASS;
}
