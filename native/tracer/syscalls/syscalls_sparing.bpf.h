/* SPDX-License-Identifier: MIT */
#ifndef RXRAY_SYSCALLS_SPARING_BPF_H
#define RXRAY_SYSCALLS_SPARING_BPF_H

/*
 * Long calls without a hook on every call.
 *
 * A call of some milliseconds cannot hide: either its thread leaves the CPU within it, and the registers
 * that it saved on its way into the kernel tell the call and its arguments, or samples meet it millisecond
 * after millisecond. What neither tells is whether the same call with the same arguments is one long call or
 * many short ones. One stretch off the CPU is one call. For the rest the reader is asked to attach the hook
 * on returns (`witness`), for as long as somebody is suspected.
 */
#include "syscalls_watched.bpf.h"

#define APART_NS 5000000ull /* samples further apart are not one behind the other: interrupts were off */
#define VAIN_MOST 2 /* suspicions that prove wrong before a thread is spared */
#define SPARE_FIRST_NS 100000000ull
#define SPARE_MOST_NS 10000000000ull

/* Where it left for the longest time so far, and who had called. */
OWN void keep_stacks(struct syscalls_parked *off, __u32 tid)
{
	struct syscalls_stacks *kept = bpf_map_lookup_elem(&stacks, &tid);

	if (kept == NULL)
		return;
	off->depth = off->depth_now;
	off->user_depth = off->user_depth_now;
	bpf_probe_read_kernel(kept->kept, sizeof(kept->kept), kept->now);
	bpf_probe_read_kernel(kept->user_kept, sizeof(kept->user_kept), kept->user_now);
}

/* A thread that left the CPU within a call is back, just now, or since a switch that was not seen. */
static __noinline void come_back(struct task_struct *task, struct syscalls_parked *off, __u32 tid)
{
	struct syscalls_absence was;
	__u64 now, left;

	if (off == NULL || off->began_ns == 0 || off->off_ns == 0)
		return;
	now = bpf_ktime_get_ns();
	left = off->off_ns;
	was = count_away(off, now);
	if (was.away > off->longest_ns) {
		off->longest_ns = was.away;
		off->longest_from_ns = left;
		off->longest_asleep_ns = was.asleep;
		if (takes_stacks)
			keep_stacks(off, tid);
	}
	off->in_ns = off->seen_ns = now;
	if (now - off->began_ns >= min_ns)
		capture(task, off, tid);
	if (off->uncertain || !off->asleep)
		suspect(off, now);
}

/* The thread that runs here leaves the CPU. */
OWN void leave(void *context, struct syscalls_slot *slot, struct task_struct *task, bool asleep)
{
	struct syscalls_seen *sight = &seen[bpf_get_smp_processor_id() & (SYSCALLS_CPUS - 1)];
	__u64 arguments[6] = {}, now, began;
	__u32 call = read_call(task, arguments), tid = (__u32)bpf_get_current_pid_tgid();
	struct syscalls_parked *off = bpf_map_lookup_elem(&parked, &tid);
	bool open = off != NULL && off->began_ns != 0;

	if (open && off->off_ns != 0)
		come_back(task, off, tid);
	if (call == NO_CALL) {
		if (open)
			finish(off, tid, off->seen_ns, 0, false);
		return;
	}
	now = bpf_ktime_get_ns();
	if (open && (off->call != call || !same_arguments(off->arguments, arguments))) {
		finish(off, tid, off->seen_ns, 0, false);
		open = false;
	}
	/*
	 * It was back on the CPU, and may have returned and made the same call again. Most do so after a
	 * sleep; one that was made to leave is met in the same call once more by chance only if that call is
	 * made all the time.
	 */
	if (open && off->in_ns != 0 && (witness_since_ns == 0 || witness_since_ns > off->in_ns)) {
		if (off->asleep && off->longest_ns >= min_ns) {
			finish(off, tid, off->seen_ns, 0, false);
			open = false;
		} else if (off->asleep || off->spare_ns != 0) {
			off->uncertain = 1;
			off->sure_ns = now;
		}
	}
	if (!open) {
		began = sight->task == (__u64)task && sight->call == call &&
		                        now - sight->last_ns < APART_NS &&
		                        same_arguments(sight->arguments, arguments)
		                ? sight->first_ns
		                : now;
		off = watch(slot, call, arguments, began);
		if (off == NULL)
			return;
	}
	if (off->sure_ns == 0)
		off->sure_ns = now;
	off->asleep = asleep;
	off->woken_ns = 0;
	off->off_ns = off->seen_ns = now;
	if (takes_stacks) {
		struct syscalls_stacks *kept = room_for_stacks(tid);

		if (kept == NULL)
			return;
		off->depth_now = read_stack(context, kept->now, 0);
		off->user_depth_now = read_stack(context, kept->user_now, BPF_F_USER_STACK);
	}
}

OWN void sparing_switch(void *context, bool preempted, struct task_struct *before, struct task_struct *next,
                        __u32 next_tid)
{
	struct syscalls_slot *slot = own_slot();
	__u64 task = bpf_get_current_task();

	if (slot->task != task)
		slot->state = SYSCALLS_UNKNOWN;
	if ((__u32)bpf_get_current_pid_tgid() != 0)
		leave(context, slot, before, !preempted && goes_to_sleep(before));
	slot->state = SYSCALLS_UNKNOWN;
	slot->task = (__u64)next;
	if (next_tid != 0)
		come_back(next, bpf_map_lookup_elem(&parked, &next_tid), next_tid);
}

SEC("tp_btf/sched_switch")
int sparing_switch_btf(__u64 *context)
{
	struct task_struct *next = (struct task_struct *)context[2];

	sparing_switch(context, context[0] & 1, (struct task_struct *)context[1], next, next->pid);
	return 0;
}

SEC("raw_tp/sched_switch")
int sparing_switch_raw(__u64 *context)
{
	struct task_struct *next = (struct task_struct *)context[2];

	sparing_switch(context, context[0] & 1, (struct task_struct *)context[1], next,
	               BPF_CORE_READ(next, pid));
	return 0;
}

SEC("perf_event")
int sparing_sample(void *context)
{
	struct syscalls_seen *sight = &seen[bpf_get_smp_processor_id() & (SYSCALLS_CPUS - 1)];
	struct syscalls_slot *slot = own_slot();
	struct task_struct *task = current_task();
	__u64 arguments[6] = {}, now = bpf_ktime_get_ns();
	__u32 call = read_call(task, arguments), tid = (__u32)bpf_get_current_pid_tgid();
	struct syscalls_parked *off = bpf_map_lookup_elem(&parked, &tid);
	bool again;

	(void)context;
	if (slot->task != (__u64)task) {
		slot->task = (__u64)task;
		slot->state = SYSCALLS_UNKNOWN;
	}
	again = call != NO_CALL && sight->task == (__u64)task && sight->call == call &&
	        same_arguments(sight->arguments, arguments) && now - sight->last_ns < APART_NS;
	if (off != NULL && off->began_ns != 0) {
		if (off->off_ns != 0)
			come_back(task, off, tid);
		if (call != off->call || !same_arguments(off->arguments, arguments)) {
			finish(off, tid, off->seen_ns, 0, false);
			off = NULL;
		}
	} else {
		off = NULL;
	}
	if (!again) {
		sight->task = (__u64)task;
		sight->call = call;
		sight->arguments[0] = arguments[0];
		sight->arguments[1] = arguments[1];
		sight->arguments[2] = arguments[2];
		sight->first_ns = now;
	}
	sight->last_ns = now;
	if (call == NO_CALL)
		return 0;
	if (off == NULL) {
		/* The second sample of the same. */
		off = again ? watch(slot, call, arguments, sight->first_ns) : NULL;
		if (off == NULL)
			return 0;
	}
	off->seen_ns = now;
	if (now - off->began_ns >= min_ns)
		capture(task, off, tid);
	suspect(off, now);
	return 0;
}

/* Attached only while somebody is suspected. */
OWN void witness(long result)
{
	struct syscalls_seen *sight = &seen[bpf_get_smp_processor_id() & (SYSCALLS_CPUS - 1)];
	__u32 tid = (__u32)bpf_get_current_pid_tgid();
	struct syscalls_parked *off;
	__u64 now;

	if (sight->task == bpf_get_current_task())
		sight->call = NO_CALL;
	off = bpf_map_lookup_elem(&parked, &tid);
	if (off == NULL || off->began_ns == 0)
		return;
	if (off->off_ns != 0)
		come_back(current_task(), off, tid);
	now = bpf_ktime_get_ns();
	if (now - off->began_ns >= min_ns)
		capture(current_task(), off, tid);
	/* It returned soon after it was looked at, not for the first time: one of many. */
	else if (now - off->began_ns >= min_ns / 2 && now >= off->spared_until_ns &&
	         ++off->vain >= VAIN_MOST) {
		off->vain = 0;
		off->spare_ns = off->spare_ns == 0 ? SPARE_FIRST_NS : off->spare_ns * 2;
		if (off->spare_ns > SPARE_MOST_NS)
			off->spare_ns = SPARE_MOST_NS;
		off->spared_until_ns = now + off->spare_ns;
	}
	finish(off, tid, now, result, true);
}

SEC("tp_btf/sys_exit")
int witness_btf(__u64 *context)
{
	witness((long)context[1]);
	return 0;
}

SEC("raw_tp/sys_exit")
int witness_raw(__u64 *context)
{
	witness((long)context[1]);
	return 0;
}

#endif
