// SPDX-License-Identifier: MIT
/*
 * A veth hands the sender's socket hash over to the receiver, and TCP sockets draw theirs at random. On a
 * real wire nothing of that survives: the fabric forgets it, so that the queue follows from addresses and
 * ports alone.
 */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>

#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual MIT/GPL";

SEC("tc")
int forget_hash(struct __sk_buff *skb)
{
	bpf_set_hash_invalid(skb);
	return TC_ACT_UNSPEC;
}
