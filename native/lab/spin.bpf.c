// SPDX-License-Identifier: MIT
/* Spins inside a system call or a softirq until a deadline, and notes when it did not run meanwhile. */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>

#include <bpf/bpf_helpers.h>

#include "spin.h"

/* bpf_loop() ends after 2^23 rounds at most: two of them within each other last for minutes. */
#define INNER_ROUNDS (1 << 22)
#define OUTER_ROUNDS (1 << 12)

#ifndef BPF_F_TIMER_CPU_PIN
#define BPF_F_TIMER_CPU_PIN (1ull << 1)
#endif
#define CLOCK_MONOTONIC 1

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

/* Since Linux 6.14; without them this one program does not load. */
extern void bpf_local_irq_save(unsigned long *flags) __weak __ksym;
extern void bpf_local_irq_restore(unsigned long *flags) __weak __ksym;

/* A test run of this program holds interrupts off. */
SEC("tc")
int spin_interrupts_off(struct __sk_buff *skb)
{
	unsigned long flags;

	(void)skb;
	bpf_local_irq_save(&flags);
	spin();
	bpf_local_irq_restore(&flags);
	return TC_ACT_OK;
}

struct spin_timer {
	struct bpf_timer timer;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct spin_timer);
} timers SEC(".maps");

static int spin_in_timer(void *map, __u32 *key, struct spin_timer *timer)
{
	(void)map;
	(void)key;
	(void)timer;
	spin();
	return 0;
}

/* A test run of this program makes the handler of the HRTIMER softirq of this CPU spin, right afterwards. */
SEC("tc")
int spin_in_handler(struct __sk_buff *skb)
{
	__u32 key = 0;
	struct spin_timer *timer = bpf_map_lookup_elem(&timers, &key);

	(void)skb;
	if (!timer)
		return TC_ACT_SHOT;
	run.end_ns = 0;
	/* Fails when it has been done before. */
	bpf_timer_init(&timer->timer, &timers, CLOCK_MONOTONIC);
	if (bpf_timer_set_callback(&timer->timer, spin_in_timer) ||
	    bpf_timer_start(&timer->timer, 100000, BPF_F_TIMER_CPU_PIN))
		return TC_ACT_SHOT;
	return TC_ACT_OK;
}
