/* SPDX-License-Identifier: MIT */
#ifndef RXRAY_STALL_H
#define RXRAY_STALL_H

/* What stall.bpf.c and stall.c share. */
#include <linux/types.h>

#define STALL_CPUS 1024
#define STALL_NAME 16

struct stall_wait {
	__u64 from_ns, to_ns;
	__u32 cpu;
	__u32 server;
	char server_name[STALL_NAME];
};

#endif
