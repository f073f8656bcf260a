/* SPDX-License-Identifier: MIT */
/* Which flow arrived on which receive queue: the key and value of the map. */
#ifndef RXRAY_LAB_FLOWS_H
#define RXRAY_LAB_FLOWS_H

#define FLOWS_MAX 8192

struct flow_key {
	__be32 source;
	__be32 destination;
	__be16 source_port; /* 0 for ICMP */
	__be16 destination_port;
	__u8 protocol; /* of the inner packet */
	__u8 tunnelled; /* 1: came in IPIP */
	__u16 queue;
};

struct flow_value {
	__u64 packets;
	__u64 last_ns; /* CLOCK_MONOTONIC */
	__u32 thread; /* the task that handled it: with threaded NAPI the queue's thread */
	__u32 cpu;
};

#endif
