/* SPDX-License-Identifier: MIT */
#ifndef RXRAY_SYSCALLS_WATCHED_BPF_H
#define RXRAY_SYSCALLS_WATCHED_BPF_H

/* One call that is watched without a hook: what registers tell of it, its begin, its end. */
#include "syscalls_park.bpf.h"
#include "syscalls_tell.bpf.h"

#include "saved_registers.bpf.h"

#define NO_CALL (~0u)

#if defined(__TARGET_ARCH_x86)
#define ENOSYS_AS_RESULT (-38l)
/* From the way in to the way out the place of the result holds this; a stopped task has its result already.
 */
#define UNDER_WAY(registers) ((long)BPF_CORE_READ(registers, ax) == ENOSYS_AS_RESULT)
#else
#define UNDER_WAY(registers) true
#endif

/* The call that the task that runs here is in, with its arguments. */
OWN __u32 read_call(struct task_struct *task, __u64 *arguments)
{
	struct pt_regs *registers;
	int number;
	__u32 call;

	/* Threads of io_uring never came from user space. */
	if ((BPF_CORE_READ(task, flags) & (PF_KTHREAD | PF_IO_WORKER)) != 0)
		return NO_CALL;
	registers = saved_registers(task);
	if (registers == NULL || !UNDER_WAY(registers))
		return NO_CALL;
	number = SYSCALL_OF(registers);
	if (number < 0 || number >= SYSCALLS_NUMBERS)
		return NO_CALL;
	call = (__u32)number | compat_of_current();
	if (some_calls &&
	    ((call & SYSCALLS_COMPAT) != 0 || wanted_calls[number & (SYSCALLS_NUMBERS - 1)] == 0))
		return NO_CALL;
	read_arguments(registers, call, arguments);
	return call;
}

OWN bool same_arguments(const __u64 *one, const __u64 *other)
{
	return one[0] == other[0] && one[1] == other[1] && one[2] == other[2];
}

OWN bool is_wanted(struct syscalls_slot *slot)
{
	return slot->state == SYSCALLS_ON || (slot->state != SYSCALLS_OFF && consider(slot));
}

static const struct syscalls_call no_call;

/* What may be gone when the call has returned: the file behind its descriptor, the names. */
static __noinline void capture(struct task_struct *task, struct syscalls_parked *off, __u32 tid)
{
	struct syscalls_call *told;
	__u32 places = 0, call;

	if (off == NULL || off->captured)
		return;
	bpf_map_update_elem(&captured, &tid, &no_call, BPF_ANY);
	told = bpf_map_lookup_elem(&captured, &tid);
	if (told == NULL) {
		__sync_fetch_and_add(&lost_parked, 1);
		return;
	}
	off->captured = 1;
	call = off->call;
	told->event = SYSCALLS_CALL;
	told->call = call;
	told->began_ns = off->began_ns;
	told->tid = tid;
	told->tgid = off->tgid;
	told->cgroup1 = off->cgroup1;
	told->cgroup2 = off->cgroup2;
	told->cpu = bpf_get_smp_processor_id();
	for (int i = 0; i < 6; i++)
		told->arguments[i] = off->arguments[i];
	bpf_probe_read_kernel_str(told->name, sizeof(told->name), BPF_CORE_READ(task, comm));
	bpf_probe_read_kernel_str(told->process, sizeof(told->process),
	                          BPF_CORE_READ(more_of(task), group_leader)->comm);
	if (call < SYSCALLS_NUMBERS)
		places = argument_places[call];
	if ((places & 15) >= 1 && (places & 15) <= 6)
		read_file(told, task, told->arguments[((places & 15) - 1) & 7]);
}

/* The stacks of the call of the thread that runs here. */
static __noinline void tell_kept_stacks(const struct syscalls_call *told, const struct syscalls_parked *off,
                                        __u32 tid)
{
	struct syscalls_stacks *kept = bpf_map_lookup_elem(&stacks, &tid);

	if (kept == NULL || told == NULL || off == NULL)
		return;
	tell_kept_stack(tid, told->tgid, told->began_ns, false, kept->kept, off->depth);
	tell_kept_stack(tid, told->tgid, told->began_ns, true, kept->user_kept, off->user_depth);
}

/* The call of the thread that runs here is over. */
static __noinline void finish(struct syscalls_parked *off, __u32 tid, __u64 end, long result,
                              bool seen_return)
{
	struct syscalls_call *told;
	__u64 since;
	__u32 places;

	if (off == NULL || off->began_ns == 0)
		return;
	if (!off->captured || end < off->began_ns || end - off->began_ns < min_ns)
		goto over;
	told = bpf_map_lookup_elem(&captured, &tid);
	if (told == NULL)
		goto over;
	told->waiting_ns = off->waiting_ns;
	told->sleeping_ns = off->sleeping_ns;
	told->result = result;
	if (seen_return) {
		/* Since when it is certain to be one call. */
		since = off->in_ns != 0 && witness_since_ns <= off->in_ns ? off->sure_ns : witness_since_ns;
		if (off->uncertain && end - since >= min_ns)
			told->began_ns = since;
		told->proof = end - since >= min_ns || off->longest_ns >= min_ns ? SYSCALLS_SEEN
		                                                                 : SYSCALLS_UNPROVEN;
	} else if (off->uncertain && off->longest_ns >= min_ns) {
		/* The long stretch alone, and not what came before and after with the same arguments. */
		told->began_ns = off->longest_from_ns;
		end = off->longest_from_ns + off->longest_ns;
		told->sleeping_ns = off->longest_asleep_ns;
		told->waiting_ns = off->longest_ns - off->longest_asleep_ns;
		told->proof = SYSCALLS_SAMPLED;
	} else {
		told->proof = off->longest_ns >= min_ns ? SYSCALLS_SAMPLED : SYSCALLS_UNPROVEN;
	}
	/* Where the same call was made again and again before, more of the same is no news. */
	if (told->proof == SYSCALLS_UNPROVEN && end < off->spared_until_ns)
		goto over;
	told->ended_ns = end;
	places =
	        told->call < SYSCALLS_NUMBERS ? argument_places[told->call & (SYSCALLS_NUMBERS - 1)] >> 4 : 0;
	if (places >= 1 && places <= 2 &&
	    bpf_probe_read_user_str(told->text, sizeof(told->text),
	                            (const void *)told->arguments[(places - 1) & 1]) < 0)
		told->text[0] = '\0';
	if (takes_stacks)
		tell_kept_stacks(told, off, tid);
	if (bpf_ringbuf_output(&events, told, sizeof(*told), 0) != 0)
		__sync_fetch_and_add(&lost_events, 1);
	own_slot()->calls++;
	if (seen_return)
		__sync_fetch_and_add(&witnessed, 1);
over:
	if (off->captured)
		bpf_map_delete_elem(&captured, &tid);
	off->captured = 0;
	off->began_ns = 0;
}

/* A call of this length may be many of them: whether it returns must be seen. */
OWN void suspect(struct syscalls_parked *off, __u64 now)
{
	__u32 event = SYSCALLS_SUSPECT;

	if (now - off->began_ns < min_ns / 2 || now < off->spared_until_ns)
		return;
	suspected_ns = now;
	if (witness_since_ns == 0)
		bpf_ringbuf_output(&events, &event, sizeof(event), 0);
}

/* Begins to watch a call of the thread that runs here. */
static __noinline struct syscalls_parked *watch(struct syscalls_slot *slot, __u32 call,
                                                const __u64 *arguments, __u64 began)
{
	static const struct syscalls_parked fresh;
	struct syscalls_parked *off;
	__u32 tid;

	if (slot == NULL || arguments == NULL || !is_wanted(slot))
		return NULL;
	tid = slot->tid;
	off = bpf_map_lookup_elem(&parked, &tid);
	if (off == NULL) {
		bpf_map_update_elem(&parked, &tid, &fresh, BPF_NOEXIST);
		off = bpf_map_lookup_elem(&parked, &tid);
		if (off == NULL) {
			__sync_fetch_and_add(&lost_parked, 1);
			return NULL;
		}
	}
	off->call = call;
	off->tgid = slot->tgid;
	off->cgroup = slot->cgroup;
	if (off->cgroup2 == 0)
		read_cgroups(&off->cgroup1, &off->cgroup2);
	bpf_get_current_comm(off->name, sizeof(off->name));
	off->waiting_ns = off->sleeping_ns = off->longest_ns = 0;
	off->uncertain = off->captured = 0;
	off->depth = off->user_depth = 0;
	off->off_ns = off->woken_ns = off->in_ns = off->sure_ns = 0;
	for (int i = 0; i < 6; i++)
		off->arguments[i] = arguments[i];
	off->seen_ns = off->began_ns = began;
	return off;
}

#endif
