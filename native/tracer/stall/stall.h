/* SPDX-License-Identifier: MIT */
#ifndef RXRAY_STALL_H
#define RXRAY_STALL_H

/* What stall.bpf.c and stall.c share. */
#include <linux/types.h>

#define STALL_CPUS 1024
#define STALL_FRAMES 32
#define STALL_SAMPLES 1024 /* of each CPU, a power of 2: a second at 999 Hz */
#define STALL_BUCKETS 40
#define STALL_FILE_PARTS 8
#define STALL_FILE_PART 32
#define STALL_NO_HANDLER 255
#define STALL_TENURES 4096 /* of each CPU, a power of 2: a fifth of a second at 20,000 switches a second */
#define STALL_PLACES 8 /* a power of 2: a thread that waits is seldom moved more than once */

#define STALL_TENURE_KTHREAD 1 /* a thread of the kernel */

enum stall_context {
	STALL_IDLE,
	STALL_SYSCALL,
	STALL_USER,
	STALL_KSOFTIRQD,
	STALL_NAPI_THREAD,
	STALL_IRQ_THREAD,
	STALL_KTHREAD,
};

enum stall_kind { STALL_SOFTIRQ = 1, STALL_THREAD = 2, STALL_IRQ_OFF = 3, STALL_POLLS = 4 };

/* One sample of the flight recorder: what a CPU was at. */
struct stall_sample {
	__u64 ns;
	__u32 pid, tgid;
	__s32 syscall; /* -1: none */
	__u32 depth;
	char comm[16];
	__u64 frames[STALL_FRAMES];
};

/* Who holds a CPU, with all that can only be asked while it does. */
struct stall_holder {
	__u64 for_ns; /* begin of the wait that it was looked up for */
	__u64 since_ns; /* on the CPU since then, 0 unknown */
	__u64 cgroup1, cgroup2;
	__u32 context; /* enum stall_context */
	__u16 at_start; /* looked up as the wait began, else later */
	__u8 gave_up; /* looked up as it went to sleep by itself */
	__u8 behind_enabling; /* it was interrupted right behind an instruction that switches interrupts on */
	struct stall_sample at;
	char file_system[16];
	char file[STALL_FILE_PARTS][STALL_FILE_PART]; /* innermost part of the path first */
};

struct stall_wait {
	__u64 from_ns, to_ns;
	__u64 handler_ns; /* other softirq handlers within the wait */
	__u64 longest_handler_ns; /* the longest of them, as a whole */
	__u64 late_ns; /* of the wait, time for which timers came late */
	__u32 kind; /* enum stall_kind */
	__u32 cpu;
	__u32 netns, ifindex;
	__u32 server; /* thread that handled the packets */
	__u8 handler; /* of the longest, STALL_NO_HANDLER */
	__u8 raised_within, backlog, for_lock, open;
	char server_comm[16];
};

/* A thread has a CPU. */
struct stall_tenure {
	__u64 since_ns, until_ns; /* until 0: it still has it */
	__u32 pid, tgid;
	__u32 flags, reserved;
	char comm[16];
};

/* Where what waits was queued, one CPU after the other. */
struct stall_places {
	__u32 count; /* more than STALL_PLACES: the first ones were forgotten */
	__u32 reserved;
	struct {
		__u64 from_ns;
		__u64 cpu;
	} list[STALL_PLACES]; /* place n at n modulo STALL_PLACES */
};

struct stall_event {
	struct stall_wait wait;
	struct stall_places places;
	struct stall_holder holder;
};

struct stall_totals {
	__u64 waits, longest_ns;
	__u64 received; /* 1: a packet of the namespace asked about came in */
	__u64 buckets[STALL_BUCKETS];
};

#endif
