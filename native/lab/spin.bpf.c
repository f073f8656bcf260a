// SPDX-License-Identifier: MIT
/* Spins inside a system call until a deadline, and notes when it did not run meanwhile. */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>

#include <bpf/bpf_helpers.h>

#include "spin.h"

/* bpf_loop() ends after 2^23 rounds at most: two of them within each other last for minutes. */
#define INNER_ROUNDS (1 << 22)
#define OUTER_ROUNDS (1 << 12)

char LICENSE[] SEC("license") = "Dual MIT/GPL";

struct spin_run run SEC(".data") = {};

struct position {
	__u64 deadline;
	__u64 last;
};

static long look(__u32 index, struct position *position)
{
	__u64 now = bpf_ktime_get_ns();

	(void)index;
	if (now - position->last > run.gap_ns) {
		__u32 slot = run.gap_count++;

		if (slot < SPIN_MAX_GAPS) {
			run.gaps[slot][0] = position->last;
			run.gaps[slot][1] = now;
		}
	}
	position->last = now;
	return now >= position->deadline;
}

static long look_often(__u32 index, struct position *position)
{
	(void)index;
	bpf_loop(INNER_ROUNDS, look, position, 0);
	return position->last >= position->deadline;
}

static __always_inline void spin(void)
{
	struct position position;

	run.gap_count = 0;
	run.start_ns = bpf_ktime_get_ns();
	position.last = run.start_ns;
	position.deadline = run.start_ns + run.length_ns;
	bpf_loop(OUTER_ROUNDS, look_often, &position, 0);
	run.end_ns = position.last;
}

/* A test run of this type holds softirqs off. */
SEC("tc")
int spin_softirqs_off(struct __sk_buff *skb)
{
	(void)skb;
	spin();
	return TC_ACT_OK;
}

/* A test run of this type leaves softirqs on and merely keeps the CPU. */
SEC("syscall")
int spin_plain(void *context)
{
	(void)context;
	spin();
	return 0;
}
