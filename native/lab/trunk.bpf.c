// SPDX-License-Identifier: MIT
/*
 * Link aggregation for kernels without the bonding module: two links between the rack's router and the node,
 * each flow on one of them, chosen in both directions by addresses and ports as `layer3+4` of the bonding
 * driver does. What is inside IPIP it does not look at, as that driver's policy does not either.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/pkt_cls.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "rack.h"

char LICENSE[] SEC("license") = "Dual MIT/GPL";

/* The driver's bond_ip_hash: exclusive or of ports and addresses, folded; without its lowest bit from 5.12
 * on. */
static __always_inline __u32 layer34(struct __sk_buff *skb)
{
	struct iphdr header;
	__be32 ports = 0;
	__u32 hash;

	if (skb->protocol != bpf_htons(ETH_P_IP) ||
	    bpf_skb_load_bytes(skb, ETH_HLEN, &header, sizeof(header)))
		return 0;
	if ((header.protocol == IPPROTO_TCP || header.protocol == IPPROTO_UDP) &&
	    !(header.frag_off & bpf_htons(0x3fff)))
		bpf_skb_load_bytes(skb, ETH_HLEN + header.ihl * 4, &ports, sizeof(ports));
	hash = ports ^ header.daddr ^ header.saddr;
	hash ^= hash >> 16;
	hash ^= hash >> 8;
	return hash >> 1;
}

SEC("tc/towards_node")
int towards_node(struct __sk_buff *skb)
{
	return (int)bpf_redirect(layer34(skb) & 1 ? RACK_MEMBER_B : RACK_MEMBER_A, 0);
}

SEC("tc/at_node")
int at_node(struct __sk_buff *skb)
{
	(void)skb;
	return (int)bpf_redirect(RACK_TO_BAD, 0);
}

SEC("tc/towards_rack")
int towards_rack(struct __sk_buff *skb)
{
	return (int)bpf_redirect(layer34(skb) & 1 ? RACK_FAR_B : RACK_FAR_A, 0);
}

SEC("tc/at_rack")
int at_rack(struct __sk_buff *skb)
{
	(void)skb;
	return (int)bpf_redirect(RACK_BOND_IN, 0);
}
