// SPDX-License-Identifier: MIT
/*
 * Latency of system calls: those that took long one by one, all of them as totals, the last ones in a ring.
 *
 * Two hooks run for every call of the machine, so they do as little as can be: neither looks into a map.
 * What they need, the task on this CPU has put into the CPU's slot: whether it is wanted at all, and since
 * when it has been in a call. The address of the task there tells whether the slot still is about it. A task
 * that is switched out within a call takes that along (`parked`), and brings it back when it is switched in.
 * Whether it is wanted is found out at its first call after a switch.
 */
#include <linux/bpf.h>
#include <stdbool.h>

#include "syscalls_kernel.h"

#include "syscalls_park.bpf.h"
#include "syscalls_sparing.bpf.h"
#include "syscalls_tell.bpf.h"
#include "syscalls_totals.bpf.h"
#include "twin.bpf.h"

char LICENSE[] SEC("license") = "Dual MIT/GPL";

TWIN(sys_enter, arguments)
{
	struct syscalls_slot *slot = own_slot();
	__u32 call = (__u32)arguments[1];
	__u64 task = bpf_get_current_task();

	if (slot->task != task)
		catch_up(slot, task);
	if (slot->state != SYSCALLS_ON && (slot->state == SYSCALLS_OFF || !consider(slot)))
		return;
	if (some_calls && (call >= SYSCALLS_NUMBERS || wanted_calls[call] == 0))
		return;
	if (sums || some_calls || records)
		call |= compat_of_current();
	/* The numbers that were asked for are not those of the 32-bit interface. */
	if (some_calls && (call & SYSCALLS_COMPAT) != 0)
		return;
	slot->call = call;
	slot->left = 0;
	slot->begun++;
	if (skips_by_ticks)
		slot->ticks = bpf_jiffies64();
	slot->began_ns = bpf_ktime_get_ns();
}

TWIN(sys_exit, arguments)
{
	struct syscalls_slot *slot = own_slot();
	struct syscalls_parked *off = NULL;
	__u64 task = bpf_get_current_task(), began, now, length;

	if (slot->task != task)
		catch_up(slot, task);
	began = slot->began_ns;
	if (began == 0)
		return;
	slot->calls++;
	if (skips_by_ticks && slot->left == 0 && bpf_jiffies64() - slot->ticks <= 1) {
		slot->began_ns = 0;
		return;
	}
	now = bpf_ktime_get_ns();
	length = now > began ? now - began : 0;
	if (sums)
		add_up(slot, length, (long)arguments[1]);
	if (HAS_RECORDER && records)
		record(slot, length, arguments);
	if (slot->left != 0) {
		off = bpf_map_lookup_elem(&parked, &slot->tid);
		if (off != NULL)
			off->began_ns = 0;
	}
	if ((tells_calls && length >= min_ns) || (slow_ns != 0 && length >= slow_ns))
		tell_call(context, slot, now, arguments, off);
	slot->began_ns = 0;
}

OWN void on_switch(void *context, bool preempted, struct task_struct *before, struct task_struct *next,
                   __u32 next_tid)
{
	struct syscalls_slot *slot = own_slot();
	struct syscalls_parked *off;
	__u64 now = 0;

	if (slot->began_ns != 0 && slot->task == (__u64)before) {
		__u32 tid = BPF_CORE_READ(before, pid);

		now = bpf_ktime_get_ns();
		if (tid != slot->tid)
			renumber(slot, tid);
		park(context, slot, now, !preempted && goes_to_sleep(before));
	}
	slot->began_ns = 0;
	slot->state = SYSCALLS_UNKNOWN;
	slot->task = (__u64)next;
	if (next_tid == 0)
		return;
	off = bpf_map_lookup_elem(&parked, &next_tid);
	if (off == NULL || off->began_ns == 0 || off->off_ns == 0)
		return;
	resume(slot, off, next_tid, now != 0 ? now : bpf_ktime_get_ns());
}

OWN void on_wakeup(__u32 tid)
{
	struct syscalls_parked *off = bpf_map_lookup_elem(&parked, &tid);

	if (off != NULL && off->began_ns != 0 && off->off_ns != 0 && off->woken_ns == 0)
		off->woken_ns = bpf_ktime_get_ns();
}

SEC("tp_btf/sched_switch")
int switch_btf(__u64 *context)
{
	struct task_struct *next = (struct task_struct *)context[2];

	on_switch(context, context[0] & 1, (struct task_struct *)context[1], next, next->pid);
	return 0;
}

SEC("raw_tp/sched_switch")
int switch_raw(__u64 *context)
{
	struct task_struct *next = (struct task_struct *)context[2];

	on_switch(context, context[0] & 1, (struct task_struct *)context[1], next, BPF_CORE_READ(next, pid));
	return 0;
}

SEC("tp_btf/sched_waking")
int wakeup_btf(__u64 *context)
{
	on_wakeup(((struct task_struct *)context[0])->pid);
	return 0;
}

SEC("raw_tp/sched_waking")
int wakeup_raw(__u64 *context)
{
	struct task_struct *task = (struct task_struct *)context[0];

	on_wakeup(BPF_CORE_READ(task, pid));
	return 0;
}

TWIN(sched_process_exit, arguments)
{
	struct syscalls_slot *slot = own_slot();
	__u64 ids = bpf_get_current_pid_tgid();
	__u32 tid = (__u32)ids, tgid = ids >> 32;

	(void)arguments;
	if (sparing) {
		struct syscalls_parked *off = bpf_map_lookup_elem(&parked, &tid);

		if (off != NULL)
			finish(off, tid, off->seen_ns, 0, false);
	}
	if (slot->began_ns != 0 && slot->task == bpf_get_current_task())
		__sync_fetch_and_add(&never_returned, 1);
	slot->began_ns = 0;
	slot->state = SYSCALLS_OFF;
	bpf_map_delete_elem(&parked, &tid);
	if (takes_stacks)
		bpf_map_delete_elem(&stacks, &tid);
	/* The first thread of a process may end before the others do. */
	if (by_process && BPF_CORE_READ(more_of(current_task()), signal, live.counter) == 0)
		bpf_map_delete_elem(&processes, &tgid);
}

OWN void on_fork(__u32 child, __u32 child_tgid)
{
	__u32 tgid = bpf_get_current_pid_tgid() >> 32;
	__u8 *wanted, yes = 1;

	if (!follows || child != child_tgid)
		return;
	wanted = bpf_map_lookup_elem(&processes, &tgid);
	if (wanted != NULL && *wanted != 0)
		bpf_map_update_elem(&processes, &child, &yes, BPF_ANY);
}

SEC("tp_btf/sched_process_fork")
int fork_btf(__u64 *context)
{
	struct task_struct *child = (struct task_struct *)context[1];

	on_fork(child->pid, child->tgid);
	return 0;
}

SEC("raw_tp/sched_process_fork")
int fork_raw(__u64 *context)
{
	struct task_struct *child = (struct task_struct *)context[1];

	on_fork(BPF_CORE_READ(child, pid), BPF_CORE_READ(child, tgid));
	return 0;
}

TWIN(sched_process_exec, arguments)
{
	__u32 tgid = bpf_get_current_pid_tgid() >> 32;
	__u8 *wanted;
	struct syscalls_slot *slot = own_slot();

	(void)arguments;
	/* Of a call that is not traced the slot knows nothing: then its thread is that of an earlier one. */
	if (slot->began_ns != 0 && slot->task == bpf_get_current_task() && slot->tid != tgid)
		renumber(slot, tgid);
	/* The name has changed, so it is to be considered anew. */
	slot->state = SYSCALLS_UNKNOWN;
	if (!by_process)
		return;
	wanted = bpf_map_lookup_elem(&processes, &tgid);
	if (wanted != NULL)
		*wanted = 1;
}
