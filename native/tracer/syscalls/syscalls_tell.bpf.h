/* SPDX-License-Identifier: MIT */
#ifndef RXRAY_SYSCALLS_TELL_BPF_H
#define RXRAY_SYSCALLS_TELL_BPF_H

/* One call in full: told at once, or kept in the flight recorder. */
#include "syscalls_park.bpf.h"

#if defined(__TARGET_ARCH_x86)
OWN void read_arguments(void *registers, __u32 call, __u64 *arguments)
{
	struct pt_regs___syscalls *whole = registers;

	if ((call & SYSCALLS_COMPAT) != 0) {
		arguments[0] = (__u32)BPF_CORE_READ(whole, bx);
		arguments[1] = (__u32)BPF_CORE_READ(whole, cx);
		arguments[2] = (__u32)BPF_CORE_READ(whole, dx);
		arguments[3] = (__u32)BPF_CORE_READ(whole, si);
		arguments[4] = (__u32)BPF_CORE_READ(whole, di);
		arguments[5] = (__u32)BPF_CORE_READ(whole, bp);
		return;
	}
	arguments[0] = BPF_CORE_READ(whole, di);
	arguments[1] = BPF_CORE_READ(whole, si);
	arguments[2] = BPF_CORE_READ(whole, dx);
	arguments[3] = BPF_CORE_READ(whole, r10);
	arguments[4] = BPF_CORE_READ(whole, r8);
	arguments[5] = BPF_CORE_READ(whole, r9);
}
#else
OWN void read_arguments(void *registers, __u32 call, __u64 *arguments)
{
	struct pt_regs___syscalls *whole = registers;

	(void)call;
	bpf_probe_read_kernel(arguments, 6 * sizeof(__u64), &whole->regs);
	/* The result has taken the place of the first one by now. */
	arguments[0] = BPF_CORE_READ(whole, orig_x0);
}
#endif

/* The file behind a descriptor: its path below its mount, innermost part first. */
OWN void read_file(struct syscalls_call *told, struct task_struct *task, __u64 descriptor)
{
	struct fdtable *table = BPF_CORE_READ(task, files, fdt);
	struct file **list = BPF_CORE_READ(table, fd), *file = NULL;
	struct dentry *entry, *above;
	const char *text;
	__u32 used = 0;

	if ((__u32)descriptor >= BPF_CORE_READ(table, max_fds))
		return;
	bpf_probe_read_kernel(&file, sizeof(file), &list[(__u32)descriptor]);
	if (file == NULL)
		return;
	text = BPF_CORE_READ(file, f_inode, i_sb, s_type, name);
	bpf_probe_read_kernel_str(told->file_system, sizeof(told->file_system), text);
	entry = BPF_CORE_READ(file, f_path.dentry);
	for (int i = 0; i < SYSCALLS_DEEPEST; i++) {
		long length;

		above = BPF_CORE_READ(entry, d_parent);
		/* The root of a file system has itself above it; a socket or pipe has a name all the same. */
		if (entry == above && i > 0)
			break;
		text = (const char *)BPF_CORE_READ(entry, d_name.name);
		if (used > SYSCALLS_PATH - SYSCALLS_PART)
			break;
		length = bpf_probe_read_kernel_str(told->path + used, SYSCALLS_PART, text);
		if (length <= 0 || length > SYSCALLS_PART)
			break;
		used += length;
		told->parts++;
		if (entry == above)
			break;
		entry = above;
	}
}

/* Room for one stack of a call, which is told before the call itself; NULL where there is none. */
OWN struct syscalls_stack *new_stack(__u32 tid, __u32 tgid, __u64 began_ns, bool user)
{
	struct syscalls_stack *told = bpf_ringbuf_reserve(&events, sizeof(*told), 0);

	if (told == NULL) {
		__sync_fetch_and_add(&lost_events, 1);
		return NULL;
	}
	told->event = SYSCALLS_STACK;
	told->tid = tid;
	told->tgid = tgid;
	told->began_ns = began_ns;
	told->user = user;
	return told;
}

/* One that was kept as the thread left the CPU. */
OWN void tell_kept_stack(__u32 tid, __u32 tgid, __u64 began_ns, bool user, const __u64 *addresses, __u8 depth)
{
	struct syscalls_stack *told;

	if (depth == 0)
		return;
	told = new_stack(tid, tgid, began_ns, user);
	if (told == NULL)
		return;
	told->depth = depth;
	bpf_probe_read_kernel(told->addresses, sizeof(told->addresses), addresses);
	bpf_ringbuf_submit(told, quiet ? BPF_RB_NO_WAKEUP : 0);
}

/* Who has called, in user space, of the thread that runs here. */
OWN void tell_caller(void *context, const struct syscalls_slot *slot)
{
	struct syscalls_stack *told = new_stack(slot->tid, slot->tgid, slot->began_ns, true);

	if (told == NULL)
		return;
	told->depth = read_stack(context, told->addresses, BPF_F_USER_STACK);
	bpf_ringbuf_submit(told, quiet ? BPF_RB_NO_WAKEUP : 0);
}

OWN void tell_call(void *context, struct syscalls_slot *slot, __u64 now, __u64 *arguments,
                   const struct syscalls_parked *off)
{
	struct task_struct *task = current_task();
	struct syscalls_call *told;
	__u32 places = 0;

	if (takes_stacks) {
		struct syscalls_stacks *kept = off == NULL ? NULL : bpf_map_lookup_elem(&stacks, &slot->tid);

		if (kept != NULL)
			tell_kept_stack(slot->tid, slot->tgid, slot->began_ns, false, kept->kept, off->depth);
		tell_caller(context, slot);
	}
	told = bpf_ringbuf_reserve(&events, sizeof(*told), 0);
	if (told == NULL) {
		__sync_fetch_and_add(&lost_events, 1);
		return;
	}
	told->event = SYSCALLS_CALL;
	told->call = slot->call | compat_of_current();
	told->began_ns = slot->began_ns;
	told->ended_ns = now;
	told->waiting_ns = off == NULL ? 0 : off->waiting_ns;
	told->sleeping_ns = off == NULL ? 0 : off->sleeping_ns;
	told->result = (__s64)arguments[1];
	read_arguments((void *)arguments[0], told->call, told->arguments);
	read_cgroups(&told->cgroup1, &told->cgroup2);
	told->cgroup = slot->cgroup;
	told->tid = slot->tid;
	told->tgid = slot->tgid;
	told->cpu = bpf_get_smp_processor_id();
	told->ring = slot->ring;
	told->trigger = slow_ns != 0 && now - slot->began_ns >= slow_ns;
	told->parts = 0;
	told->proof = SYSCALLS_SEEN;
	bpf_get_current_comm(told->name, sizeof(told->name));
	bpf_probe_read_kernel_str(told->process, sizeof(told->process),
	                          BPF_CORE_READ(more_of(task), group_leader)->comm);
	told->file_system[0] = '\0';
	told->text[0] = '\0';
	if (told->call < SYSCALLS_NUMBERS)
		places = argument_places[told->call];
	if ((places & 15) >= 1 && (places & 15) <= 6)
		read_file(told, task, told->arguments[((places & 15) - 1) & 7]);
	places >>= 4;
	if (places >= 1 && places <= 2 &&
	    bpf_probe_read_user_str(told->text, sizeof(told->text),
	                            (const void *)told->arguments[(places - 1) & 1]) < 0)
		told->text[0] = '\0';
	bpf_ringbuf_submit(told, quiet ? BPF_RB_NO_WAKEUP : 0);
}

OWN void record(struct syscalls_slot *slot, __u64 length, __u64 *arguments)
{
	__u64 head, all[6];
	__u32 index, ring = slot->ring;
	struct syscalls_record *place;

	if (ring >= SYSCALLS_RINGS) {
		__sync_fetch_and_add(&unrecorded, 1);
		return;
	}
	head = FETCH_AND_INCREMENT(&rings[ring & (SYSCALLS_RINGS - 1)].head);
	index = ring * SYSCALLS_RING + (head & (SYSCALLS_RING - 1));
	place = bpf_map_lookup_elem(&recorder, &index);
	if (place == NULL) {
		__sync_fetch_and_add(&unrecorded, 1);
		return;
	}
	read_arguments((void *)arguments[0], slot->call, all);
	place->began_ns = 0;
	place->length_ns = length;
	place->result = (__s64)arguments[1];
	place->arguments[0] = all[0];
	place->arguments[1] = all[1];
	place->arguments[2] = all[2];
	place->call = slot->call;
	place->tid = slot->tid;
	place->tgid = slot->tgid;
	bpf_get_current_comm(place->name, sizeof(place->name));
	place->turn = (__u32)(head / SYSCALLS_RING);
	place->began_ns = slot->began_ns;
}

#endif
