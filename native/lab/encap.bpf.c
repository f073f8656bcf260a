// SPDX-License-Identifier: MIT
/*
 * IPIP towards the other node's pods, for kernels without the ipip device. It sits where packets leave the
 * device: a program in the route (LWT) would send them through netfilter once more, which then translates the
 * outer header as if it were the inner one.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/pkt_cls.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "overlay.h"

#define OUTER_TTL 64

char LICENSE[] SEC("license") = "Dual MIT/GPL";

static __always_inline __u16 header_checksum(const struct iphdr *header)
{
	const __u16 *word = (const __u16 *)header;
	__u32 sum = 0;

	for (unsigned int i = 0; i < sizeof(*header) / 2; i++)
		sum += word[i];
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (__u16)~sum;
}

SEC("tc")
int encapsulate(struct __sk_buff *skb)
{
	struct iphdr inner, outer = {};
	__u32 pods;

	if (skb->protocol != bpf_htons(ETH_P_IP) || bpf_skb_load_bytes(skb, ETH_HLEN, &inner, sizeof(inner)))
		return TC_ACT_UNSPEC;
	pods = bpf_ntohl(inner.daddr) & PODS_MASK;
	if (pods == PODS_BAD) {
		outer.saddr = bpf_htonl(NODE_CLIENT);
		outer.daddr = bpf_htonl(NODE_BAD);
	} else if (pods == PODS_CLIENT) {
		outer.saddr = bpf_htonl(NODE_BAD);
		outer.daddr = bpf_htonl(NODE_CLIENT);
	} else {
		return TC_ACT_UNSPEC;
	}
	outer.version = 4;
	outer.ihl = sizeof(outer) / 4;
	outer.tot_len = bpf_htons(bpf_ntohs(inner.tot_len) + sizeof(outer));
	outer.ttl = OUTER_TTL;
	outer.protocol = IPPROTO_IPIP;
	outer.check = header_checksum(&outer);
	if (bpf_skb_adjust_room(skb, sizeof(outer), BPF_ADJ_ROOM_MAC, BPF_F_ADJ_ROOM_ENCAP_L3_IPV4) ||
	    bpf_skb_store_bytes(skb, ETH_HLEN, &outer, sizeof(outer), 0))
		return TC_ACT_SHOT;
	return TC_ACT_UNSPEC;
}
