/* SPDX-License-Identifier: MIT */
#ifndef RXRAY_STALL_THREADS_BPF_H
#define RXRAY_STALL_THREADS_BPF_H

/*
 * Threads that receive: since when they wait to run, and on which CPUs they were queued meanwhile; and who
 * had those CPUs. A thread that is moved while it waits is kept waiting by what runs where it is queued at
 * the time, not by what happened to run where it got to run in the end.
 */
#include "stall_capture.bpf.h"
#include "twin.bpf.h"

struct receiver {
	__u64 since_ns; /* it waits to run since then, 0: it does not */
	__u64 for_lock; /* not 0: for a lock that was held on this CPU */
	struct stall_places places;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, __u32);
	__type(value, struct receiver);
} receivers SEC(".maps");

static __always_inline bool receives(struct task_struct *task)
{
	char comm[16];

	if ((BPF_CORE_READ(task, flags) & PF_KTHREAD) == 0)
		return false;
	if (bpf_core_read(comm, sizeof(comm), &task->comm) != 0)
		return false;
	/* Those of interrupts receive where these are threaded, as on real-time kernels. */
	return begins_with(comm, "napi/", 5) || begins_with(comm, "backlog_napi/", 13) ||
	       begins_with(comm, "irq/", 4);
}

static __always_inline __u32 cpu_of(struct task_struct *task)
{
	struct task_struct___before_5_16 *old = (void *)task;

	if (bpf_core_field_exists(old->cpu))
		return BPF_CORE_READ(old, cpu);
	return BPF_CORE_READ(task, thread_info.cpu);
}

static __always_inline void queue_on(struct receiver *receiver, __u64 now, __u32 cpu)
{
	__u32 at = receiver->places.count++ & (STALL_PLACES - 1);

	receiver->places.list[at].from_ns = now;
	receiver->places.list[at].cpu = cpu;
}

static __always_inline void begin_waiting(struct receiver *receiver, __u64 now, __u32 cpu)
{
	receiver->since_ns = now;
	receiver->for_lock = 0;
	receiver->places.count = 0;
	queue_on(receiver, now, cpu);
}

TWIN(sched_waking, arguments)
{
	struct task_struct *task = (struct task_struct *)arguments[0];
	struct receiver *receiver, fresh = {};
	__u32 pid;

	if (!receives(task))
		return;
	pid = BPF_CORE_READ(task, pid);
	receiver = bpf_map_lookup_elem(&receivers, &pid);
	if (receiver == NULL) {
		if (bpf_map_update_elem(&receivers, &pid, &fresh, BPF_ANY) != 0) {
			__sync_fetch_and_add(&lost, 1);
			return;
		}
		receiver = bpf_map_lookup_elem(&receivers, &pid);
		if (receiver == NULL)
			return;
	}
	if (receiver->since_ns == 0)
		begin_waiting(receiver, bpf_ktime_get_ns(), cpu_of(task));
}

/* On its way to the queue of the CPU that was chosen for it, or moved from one to another. */
TWIN(sched_migrate_task, arguments)
{
	struct task_struct *task = (struct task_struct *)arguments[0];
	struct receiver *receiver;
	__u32 pid;

	if (!receives(task))
		return;
	pid = BPF_CORE_READ(task, pid);
	receiver = bpf_map_lookup_elem(&receivers, &pid);
	if (receiver != NULL && receiver->since_ns != 0)
		queue_on(receiver, bpf_ktime_get_ns(), (__u32)arguments[1]);
}

static __always_inline bool still_runnable(struct task_struct *task)
{
	struct task_struct___before_5_14 *old = (void *)task;

	if (bpf_core_field_exists(task->__state))
		return BPF_CORE_READ(task, __state) == 0;
	return BPF_CORE_READ(old, state) == 0;
}

/*
 * On real-time kernels softirqs that somebody switches off are a lock of that CPU, and a thread that comes to
 * receive there sleeps until it is free. What others hold elsewhere is no matter of this CPU.
 */
static __always_inline bool sleeps_for_lock_of(struct task_struct *task, __u32 cpu)
{
	struct task_struct *owner;

	if (!bpf_core_type_exists(struct rt_mutex_base) || !bpf_core_field_exists(task->__state))
		return false;
	if ((BPF_CORE_READ(task, __state) & TASK_RTLOCK_WAIT) == 0)
		return false;
	owner = (void *)((__u64)BPF_CORE_READ(task, pi_blocked_on, lock, owner) & ~1ull);
	return owner != NULL && cpu_of(owner) == cpu;
}

/*
 * @previous: who leaves. Another than was noted got the CPU in a switch that was not seen, as kernels run no
 * program in the switch from a task that they shield from tracing: then nobody knows until when the one that
 * was noted had it, after it was seen last.
 */
static __always_inline void note_tenure(struct cpu_state *state, __u32 cpu, __u32 previous,
                                        struct task_struct *next, __u32 pid, bool kthread, __u64 now)
{
	__u32 key = cpu * STALL_TENURES + (state->tenure & (STALL_TENURES - 1));
	struct stall_tenure *tenure = bpf_map_lookup_elem(&tenures, &key);

	if (tenure != NULL)
		tenure->until_ns = tenure->pid == previous ? now : state->task_seen_ns;
	state->tenure++;
	state->task_seen_ns = now;
	key = cpu * STALL_TENURES + (state->tenure & (STALL_TENURES - 1));
	tenure = bpf_map_lookup_elem(&tenures, &key);
	if (tenure == NULL)
		return;
	tenure->since_ns = now;
	tenure->until_ns = 0;
	tenure->pid = pid;
	tenure->tgid = BPF_CORE_READ(next, tgid);
	tenure->flags = kthread ? STALL_TENURE_KTHREAD : 0;
	if (pid != 0)
		bpf_core_read(tenure->comm, sizeof(tenure->comm), &next->comm);
}

/* A sample shows who has the CPU, whether or not the switch to it was seen. */
static __always_inline void see_task(struct cpu_state *state, __u32 cpu, struct task_struct *task, __u32 pid,
                                     __u64 now)
{
	__u32 key = cpu * STALL_TENURES + (state->tenure & (STALL_TENURES - 1));
	struct stall_tenure *tenure = bpf_map_lookup_elem(&tenures, &key);

	if (tenure == NULL)
		return;
	if (tenure->pid == pid) {
		state->task_seen_ns = now;
		return;
	}
	/* That it is another is seen at once; who it was in between is not. */
	note_tenure(state, cpu, ~0u, task, pid, (BPF_CORE_READ(task, flags) & PF_KTHREAD) != 0, now);
	state->task_since_ns = now;
}

/* Whether the one who had the CPU for long within the wait that ends now was looked up as it left. */
static __always_inline bool met_leaving(__u32 cpu, __u64 from)
{
	__u32 key = cpu * 4 + STALL_THREAD;
	struct stall_holder *holder = bpf_map_lookup_elem(&holders, &key);

	if (holder == NULL || holder->for_ns != 0 || holder->at.ns < from)
		return false;
	holder->for_ns = from;
	return true;
}

TWIN(sched_switch, arguments)
{
	__u32 cpu = own_cpu(), pid, left;
	struct cpu_state *state = &states[cpu];
	struct task_struct *previous = (struct task_struct *)arguments[1];
	struct task_struct *next = (struct task_struct *)arguments[2];
	__u64 now = bpf_ktime_get_ns(), from = 0;
	struct receiver *receiver;
	struct stall_holder *holder;
	bool kthread, lasted, unserved = state->thread.open;

	state->thread.open = 0;
	left = BPF_CORE_READ(previous, pid);
	lasted = false;
	if ((BPF_CORE_READ(previous, flags) & PF_KTHREAD) != 0) {
		pid = left;
		receiver = pid == 0 ? NULL : bpf_map_lookup_elem(&receivers, &pid);
		if (receiver != NULL) {
			receiver->since_ns = 0;
			if (arguments[0] != 0 || still_runnable(previous)) {
				begin_waiting(receiver, now, cpu);
			} else if (sleeps_for_lock_of(previous, cpu)) {
				begin_waiting(receiver, now, cpu);
				receiver->for_lock = 1;
			}
			/* It lost the CPU again before it took up any packet: the same wait goes on. */
			if (receiver->since_ns != 0 && unserved && state->thread.server == pid) {
				receiver->since_ns = state->thread.from_ns;
				receiver->places = state->places;
				queue_on(receiver, now, cpu);
			}
		}
	} else {
		lasted = !cpu_left_out[cpu] && now - state->task_since_ns >= ARMED_AFTER_NS;
	}
	pid = BPF_CORE_READ(next, pid);
	kthread = (BPF_CORE_READ(next, flags) & PF_KTHREAD) != 0;
	if (kthread) {
		receiver = pid == 0 ? NULL : bpf_map_lookup_elem(&receivers, &pid);
		if (receiver != NULL && receiver->since_ns != 0) {
			from = receiver->since_ns;
			receiver->since_ns = 0;
			if (!cpu_left_out[cpu] && now > from)
				count_wait(cpu, now - from);
			if (cpu_left_out[cpu] || now < from + min_ns)
				from = 0;
			if (from != 0) {
				open_wait(&state->thread, STALL_THREAD, cpu, from, now);
				state->places = receiver->places;
				state->thread.for_lock = receiver->for_lock != 0;
				state->thread.server = pid;
				bpf_core_read(state->thread.server_comm, sizeof(state->thread.server_comm),
				              &next->comm);
			}
		}
	}
	/*
	 * This still runs as the one who leaves. Where others have the CPU for a moment between him who had
	 * it for long and the thread that waited, it is he who is to be known.
	 */
	if (lasted || (from != 0 && !met_leaving(cpu, from))) {
		holder = capture(context, cpu, STALL_THREAD, from, now);
		if (holder != NULL)
			holder->gave_up = arguments[0] == 0 && !still_runnable(previous);
	}
	note_tenure(state, cpu, left, next, pid, kthread, now);
	state->task_since_ns = now;
}

#endif
