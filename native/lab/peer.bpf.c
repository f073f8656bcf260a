// SPDX-License-Identifier: MIT
/*
 * Hands what comes in on, past the routing of the host, as Cilium does for pods: to the far end of a veth
 * pair, where the packet changes its namespace without the pair's own queue and may lose the stamp of its
 * arrival; or out of a device to a neighbour, where it crosses that device as any other packet.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/pkt_cls.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <stddef.h>

/* Interface numbers of the near end of the pair, and of the device on the other side. */
#define PAIR_NUMBER 4711
#define OTHER_NUMBER 4712

char LICENSE[] SEC("license") = "Dual MIT/GPL";

static int is_ipv4(struct __sk_buff *skb)
{
	__u8 protocol;

	return skb->protocol == bpf_htons(ETH_P_IP) &&
	       !bpf_skb_load_bytes(skb, ETH_HLEN + offsetof(struct iphdr, protocol), &protocol,
	                           sizeof(protocol));
}

static int to_peer(struct __sk_buff *skb, int paced)
{
	if (!is_ipv4(skb))
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

SEC("tc/neighbour")
int neighbour(struct __sk_buff *skb)
{
	return is_ipv4(skb) ? bpf_redirect_neigh(PAIR_NUMBER, NULL, 0, 0) : TC_ACT_UNSPEC;
}

SEC("tc/out")
int out(struct __sk_buff *skb)
{
	return is_ipv4(skb) ? bpf_redirect_neigh(OTHER_NUMBER, NULL, 0, 0) : TC_ACT_UNSPEC;
}
