/* SPDX-License-Identifier: MIT */
#ifndef RXRAY_RX_H
#define RXRAY_RX_H

/* What rx.bpf.c and rx.c share. */
#include <linux/types.h>

#define RX_FILTERS 32
#define RX_BYTES 128 /* a power of 2: an outer and an inner header and a key */
#define RX_CPUS 1024

/* Cheap to check in the kernel; what passes is looked at closely in user space. */
struct rx_filter {
	__u8 target[16];
	__u8 family; /* 4 or 6; 0: any, and any target */
	__u8 protocol; /* of IP: ICMP, ICMPv6, TCP, UDP; 1 stands for both ICMPs when the family is 0 */
	__u16 number; /* identifier of an echo, or target port; 0: any */
};

struct rx_event {
	__u64 ns;
	__u64 asked_ns; /* when softirq or thread was asked for, 0 unknown */
	__u64 ran_ns; /* when it ran, 0 unknown */
	__u32 pid, tgid;
	__s32 syscall;
	__u32 context; /* enum stall_context */
	__u32 cpu, ifindex;
	__u32 queue_mapping; /* the queue plus one, 0 not recorded */
	__u32 length; /* of `bytes` that are of the packet */
	__u8 in_softirq;
	char comm[16];
	__u8 bytes[RX_BYTES]; /* of the packet, from its IP header on */
};

#endif
