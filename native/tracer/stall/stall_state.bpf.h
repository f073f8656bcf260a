/* SPDX-License-Identifier: MIT */
#ifndef RXRAY_STALL_STATE_BPF_H
#define RXRAY_STALL_STATE_BPF_H

/* What the parts of stall.bpf.c share: constants that the loader fills in, maps, the state of a CPU. */
#include "stall.h"

#include "holder.bpf.h"

/* A wait this old makes the next sample look up its holder, a process on the CPU for so long is looked up as
 * it leaves. */
#define ARMED_AFTER_NS 1000000ull

const volatile __u64 min_ns = 10000000;
const volatile __u32 only_netns = 0; /* 0: any */
const volatile bool cpu_left_out[STALL_CPUS] = {};
/* Timers that are always set anew ahead of time, so that coming late means something; 0 unknown. */
const volatile __u64 trusted_timers[3] = {};
/* The timer of the flight recorder; not 0: it takes no sample of an idle CPU, so its expiry does. */
const volatile __u64 idle_sampler = 0;

struct cpu_state {
	__u64 raised_ns; /* the oldest raise not yet served, 0 none */
	__u64 served_ns; /* when the one was raised that was served last */
	__u64 handler_ns; /* time of other handlers since then */
	__u64 longest_handler_ns;
	__u64 handler_since_ns;
	__u64 captured_ns;
	__u64 task_since_ns; /* what runs runs since then */
	__u64 task_seen_ns; /* and was seen last then */
	__u64 sampled_ns;
	__u64 full_since_ns; /* polls have found their queue full since then, 0: the last did not */
	__u64 late_from_ns, late_to_ns; /* the last time that timers came late */
	__u32 head; /* of the flight recorder */
	__u8 handler; /* that runs now */
	__u8 longest_handler;
	__u8 raised_within;
	__u8 full_backlog;
	bool ours_while_full;
	__u32 tenure; /* number of the newest in `tenures` */
	struct stall_wait softirq, thread, irq_off; /* not yet known to be ours */
	struct stall_places places; /* of `thread` */
} __attribute__((aligned(64)));

static struct cpu_state states[STALL_CPUS];
struct stall_totals totals[STALL_CPUS];
__u64 lost;

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
} events SEC(".maps");

/* Entry CPU * 4 + kind. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, STALL_CPUS * 4);
	__type(key, __u32);
	__type(value, struct stall_holder);
} holders SEC(".maps");

/* Entry CPU * STALL_SAMPLES + head: user space reads it without system calls. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, STALL_CPUS *STALL_SAMPLES);
	__type(key, __u32);
	__type(value, struct stall_sample);
} samples SEC(".maps");

/* Entry CPU * STALL_TENURES + number: who had the CPU, turn by turn. Read like the samples. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, STALL_CPUS *STALL_TENURES);
	__type(key, __u32);
	__type(value, struct stall_tenure);
} tenures SEC(".maps");

static __always_inline __u32 own_cpu(void)
{
	return bpf_get_smp_processor_id() & (STALL_CPUS - 1);
}

#endif
