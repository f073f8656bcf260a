/* SPDX-License-Identifier: MIT */
#ifndef RXRAY_SYSCALLS_PARK_BPF_H
#define RXRAY_SYSCALLS_PARK_BPF_H

/* Calls of tasks that are switched out. */
#include "syscalls_filter.bpf.h"

/* A thread that executes a program takes the number of its process, while it is in the call for that. */
static __noinline void renumber(struct syscalls_slot *slot, __u32 tid)
{
	struct syscalls_parked *off;

	if (slot == NULL)
		return;
	off = slot->left == 0 ? NULL : bpf_map_lookup_elem(&parked, &slot->tid);
	if (off != NULL) {
		bpf_map_update_elem(&parked, &tid, off, BPF_ANY);
		bpf_map_delete_elem(&parked, &slot->tid);
	}
	slot->tid = tid;
}

static __noinline struct syscalls_stacks *room_for_stacks(__u32 tid)
{
	static const struct syscalls_stacks none;
	struct syscalls_stacks *kept = bpf_map_lookup_elem(&stacks, &tid);

	if (kept != NULL)
		return kept;
	bpf_map_update_elem(&stacks, &tid, &none, BPF_NOEXIST);
	return bpf_map_lookup_elem(&stacks, &tid);
}

/* Of the thread that runs here; returns its depth. */
OWN __u8 read_stack(void *context, __u64 *addresses, __u64 flags)
{
	long bytes = bpf_get_stack(context, addresses, SYSCALLS_FRAMES * sizeof(__u64), flags);

	return bytes < 0 ? 0 : bytes / sizeof(__u64);
}

/* The task that leaves takes its call along. */
static __noinline void park(void *context, struct syscalls_slot *slot, __u64 now, bool asleep)
{
	struct syscalls_parked *off, fresh = {};
	struct syscalls_stacks *kept;

	if (slot == NULL)
		return;
	off = bpf_map_lookup_elem(&parked, &slot->tid);
	if (off == NULL) {
		bpf_map_update_elem(&parked, &slot->tid, &fresh, BPF_NOEXIST);
		off = bpf_map_lookup_elem(&parked, &slot->tid);
		if (off == NULL) {
			__sync_fetch_and_add(&lost_parked, 1);
			return;
		}
	}
	if (slot->left == 0) {
		off->call = slot->call;
		off->tgid = slot->tgid;
		off->ring = slot->ring;
		off->cgroup = slot->cgroup;
		if (off->cgroup2 == 0)
			read_cgroups(&off->cgroup1, &off->cgroup2);
		off->waiting_ns = 0;
		off->sleeping_ns = 0;
		off->longest_ns = 0;
		off->depth = 0;
		bpf_get_current_comm(off->name, sizeof(off->name));
	}
	off->asleep = asleep;
	off->woken_ns = 0;
	off->off_ns = now;
	off->began_ns = slot->began_ns;
	if (!takes_stacks)
		return;
	kept = room_for_stacks(slot->tid);
	if (kept != NULL)
		off->depth_now = read_stack(context, kept->now, 0);
}

struct syscalls_absence {
	__u64 away;
	__u64 asleep; /* of that; the rest it waited for a CPU */
};

/* How long a task was away that left at `off_ns` and is back at `now`: counted, and told. */
OWN struct syscalls_absence count_away(struct syscalls_parked *off, __u64 now)
{
	__u64 left = off->off_ns, away = now > left ? now - left : 0, asleep = 0;

	if (off->asleep) {
		asleep = off->woken_ns > left ? off->woken_ns - left : away;
		if (asleep > away)
			asleep = away;
	}
	off->sleeping_ns += asleep;
	off->waiting_ns += away - asleep;
	off->off_ns = 0;
	return (struct syscalls_absence){away, asleep};
}

/* A task that was switched out within a call is back. */
OWN void resume(struct syscalls_slot *slot, struct syscalls_parked *off, __u32 tid, __u64 now)
{
	__u64 away = count_away(off, now).away;

	if (takes_stacks && away > off->longest_ns) {
		struct syscalls_stacks *kept = bpf_map_lookup_elem(&stacks, &tid);

		if (kept != NULL) {
			off->longest_ns = away;
			off->depth = off->depth_now;
			bpf_probe_read_kernel(kept->kept, sizeof(kept->kept), kept->now);
		}
	}
	slot->began_ns = off->began_ns;
	slot->call = off->call;
	slot->tid = tid;
	slot->tgid = off->tgid;
	slot->ring = off->ring;
	slot->cgroup = off->cgroup;
	slot->left = 1;
}

/*
 * The task that runs here got the CPU without a switch being seen: kernels run no program in the switch from
 * a task that they shield from tracing, or while one runs already. What it was in is where it parked it.
 * When it came back nobody knows, so all the time until now counts as away.
 */
static __noinline void catch_up(struct syscalls_slot *slot, __u64 task)
{
	__u32 tid = (__u32)bpf_get_current_pid_tgid();
	struct syscalls_parked *off = bpf_map_lookup_elem(&parked, &tid);

	if (slot == NULL)
		return;
	slot->task = task;
	slot->state = SYSCALLS_UNKNOWN;
	slot->began_ns = 0;
	if (off != NULL && off->began_ns != 0 && off->off_ns != 0)
		resume(slot, off, tid, bpf_ktime_get_ns());
}

/* The state of the task that leaves; renamed in 5.14. */
OWN bool goes_to_sleep(struct task_struct *task)
{
	struct task_struct___stated *older = (void *)task;

	if (bpf_core_field_exists(more_of(task)->__state))
		return BPF_CORE_READ(more_of(task), __state) != 0;
	return BPF_CORE_READ(older, state) != 0;
}

#endif
