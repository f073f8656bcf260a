// SPDX-License-Identifier: MIT
/* Counts arriving packets by flow and receive queue: veth has no such counters of its own. */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/pkt_cls.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "flows.h"

char LICENSE[] SEC("license") = "Dual MIT/GPL";

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, FLOWS_MAX);
	__type(key, struct flow_key);
	__type(value, struct flow_value);
} lab_flows SEC(".maps");

SEC("tc")
int count_flow(struct __sk_buff *skb)
{
	struct flow_key key = {};
	struct flow_value *value, fresh = {};
	struct iphdr header;
	__u32 offset = ETH_HLEN;
	__be16 ports[2];

	if (skb->protocol != bpf_htons(ETH_P_IP) || bpf_skb_load_bytes(skb, offset, &header, sizeof(header)))
		return TC_ACT_UNSPEC;
	offset += header.ihl * 4;
	if (header.protocol == IPPROTO_IPIP) {
		if (bpf_skb_load_bytes(skb, offset, &header, sizeof(header)))
			return TC_ACT_UNSPEC;
		offset += header.ihl * 4;
		key.tunnelled = 1;
	}
	key.source = header.saddr;
	key.destination = header.daddr;
	key.protocol = header.protocol;
	if (header.protocol == IPPROTO_TCP || header.protocol == IPPROTO_UDP) {
		if (bpf_skb_load_bytes(skb, offset, ports, sizeof(ports)))
			return TC_ACT_UNSPEC;
		key.source_port = ports[0];
		key.destination_port = ports[1];
	}
	key.queue = skb->queue_mapping;
	value = bpf_map_lookup_elem(&lab_flows, &key);
	if (!value) {
		fresh.packets = 1;
		fresh.last_ns = bpf_ktime_get_ns();
		fresh.thread = (__u32)bpf_get_current_pid_tgid();
		fresh.cpu = bpf_get_smp_processor_id();
		bpf_map_update_elem(&lab_flows, &key, &fresh, BPF_ANY);
		return TC_ACT_UNSPEC;
	}
	__sync_fetch_and_add(&value->packets, 1);
	value->last_ns = bpf_ktime_get_ns();
	value->thread = (__u32)bpf_get_current_pid_tgid();
	value->cpu = bpf_get_smp_processor_id();
	return TC_ACT_UNSPEC;
}
