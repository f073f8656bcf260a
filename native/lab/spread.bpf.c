// SPDX-License-Identifier: MIT
/*
 * Chooses the backend of a service by the flow, as a load balancer with consistent hashing does: the mark
 * says to the translation rules which. The rules of kube-proxy draw one at random for every new connection
 * instead.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/pkt_cls.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "overlay.h"

char LICENSE[] SEC("license") = "Dual MIT/GPL";

SEC("tc")
int choose_backend(struct __sk_buff *skb)
{
	struct iphdr header;
	__be16 ports[2];
	__u32 hash;

	if (skb->protocol != bpf_htons(ETH_P_IP) ||
	    bpf_skb_load_bytes(skb, ETH_HLEN, &header, sizeof(header)) || header.protocol != IPPROTO_TCP ||
	    bpf_skb_load_bytes(skb, ETH_HLEN + header.ihl * 4, ports, sizeof(ports)) ||
	    ports[1] != bpf_htons(NODEPORT_SPREAD))
		return TC_ACT_UNSPEC;
	/* Finalizer of MurmurHash3: neighbouring ports come to lie apart. */
	hash = header.saddr ^ ((__u32)ports[0] << 16 | ports[1]);
	hash ^= hash >> 16;
	hash *= 0x85ebca6b;
	hash ^= hash >> 13;
	hash *= 0xc2b2ae35;
	hash ^= hash >> 16;
	skb->mark = 1 + hash % BACKENDS;
	return TC_ACT_UNSPEC;
}
