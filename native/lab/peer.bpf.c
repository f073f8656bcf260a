// SPDX-License-Identifier: MIT
/*
 * Hands what comes in to the far end of a veth pair, as Cilium's host routing does for pods: the packet
 * changes its namespace without the pair's own queue, and loses the stamp of its arrival.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/pkt_cls.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <stddef.h>

/* Interface number of the near end of the pair. */
#define PAIR_NUMBER 4711

char LICENSE[] SEC("license") = "Dual MIT/GPL";

static int to_peer(struct __sk_buff *skb, int paced)
{
	__u8 protocol;

	if (skb->protocol != bpf_htons(ETH_P_IP) ||
	    bpf_skb_load_bytes(skb, ETH_HLEN + offsetof(struct iphdr, protocol), &protocol, sizeof(protocol)))
		return TC_ACT_UNSPEC;
	if (paced && bpf_skb_set_tstamp(skb, bpf_ktime_get_ns(), BPF_SKB_TSTAMP_DELIVERY_MONO))
		return TC_ACT_SHOT;
	return bpf_redirect_peer(PAIR_NUMBER, 0);
}

SEC("tc")
int plain(struct __sk_buff *skb)
{
	return to_peer(skb, 0);
}

SEC("tc/paced")
int paced(struct __sk_buff *skb)
{
	return to_peer(skb, 1);
}
