/* SPDX-License-Identifier: MIT */
#ifndef RXRAY_STALL_CAPTURE_BPF_H
#define RXRAY_STALL_CAPTURE_BPF_H

/* Looks up who holds the CPU now, and reports a wait together with whom was looked up for it. */
#include "stall_state.bpf.h"

static __always_inline void read_file(struct stall_holder *holder, struct task_struct *task)
{
	struct pt_regs *registers = saved_registers(task);
	struct dentry *dentry, *parent;
	struct fdtable *table;
	struct file *file = NULL;
	__u64 descriptor;

	if (registers == NULL)
		return;
	descriptor = FIRST_ARGUMENT(registers);
	table = BPF_CORE_READ(task, files, fdt);
	if (table == NULL || descriptor >= BPF_CORE_READ(table, max_fds))
		return;
	bpf_probe_read_kernel(&file, sizeof(file), BPF_CORE_READ(table, fd) + descriptor);
	if (file == NULL)
		return;
	bpf_probe_read_kernel_str(holder->file_system, sizeof(holder->file_system),
	                          BPF_CORE_READ(file, f_inode, i_sb, s_type, name));
	dentry = BPF_CORE_READ(file, f_path.dentry);
	for (int i = 0; i < STALL_FILE_PARTS; i++) {
		parent = BPF_CORE_READ(dentry, d_parent);
		if (dentry == NULL || parent == dentry)
			break;
		bpf_probe_read_kernel_str(holder->file[i], STALL_FILE_PART,
		                          BPF_CORE_READ(dentry, d_name.name));
		dentry = parent;
	}
}

/*
 * Whether the kernel was interrupted right behind an instruction that switches interrupts on, where one comes
 * in that was held back. On arm64 locks are inlined in modules and in kernels that do not preempt, so that no
 * name tells; and instructions are of one length there: what a call returns to follows a branch, and only
 * where the kernel was interrupted anything else can come before. Of several such places the outermost
 * counts.
 */
static __always_inline bool behind_enabling(const __u64 *frames, __u32 depth)
{
	bool behind = false;
#if defined(__TARGET_ARCH_arm64)
	__u32 before = 0;

	for (__u32 i = 0; i < STALL_FRAMES; i++) {
		if (i >= depth)
			break;
		if (bpf_probe_read_kernel(&before, sizeof(before), (void *)(frames[i] - 4)) != 0)
			continue;
		/* bl, blr, and blr with authentication */
		if ((before & 0xfc000000) == 0x94000000 || (before & 0xfefff000) == 0xd63f0000)
			continue;
		/* msr daif, xN; msr daifclr, #N; msr icc_pmr_el1, xN */
		behind = (before & 0xffffffe0) == 0xd51b4220 || (before & 0xfffff0ff) == 0xd50340ff ||
		         (before & 0xffffffe0) == 0xd5184600;
	}
#else
	(void)frames;
#endif
	/* Of a stack that was cut off the outermost place is not known. */
	return behind && depth < STALL_FRAMES;
}

static __always_inline struct stall_holder *capture(void *context, __u32 cpu, __u32 kind, __u64 for_ns,
                                                    __u64 now)
{
	struct task_struct *task = current_task();
	__u32 key = cpu * 4 + (kind & 3);
	struct stall_holder *holder = bpf_map_lookup_elem(&holders, &key);
	long bytes;

	if (holder == NULL)
		return NULL;
	holder->for_ns = for_ns;
	holder->since_ns = states[cpu].task_since_ns;
	holder->at_start = now == for_ns;
	holder->gave_up = 0;
	holder->at.ns = now;
	holder->at.pid = BPF_CORE_READ(task, pid);
	holder->at.tgid = BPF_CORE_READ(task, tgid);
	bpf_get_current_comm(holder->at.comm, sizeof(holder->at.comm));
	holder->at.syscall = syscall_of(task);
	holder->context = context_of(task, holder->at.syscall, holder->at.comm);
	bytes = bpf_get_stack(context, holder->at.frames, sizeof(holder->at.frames), 0);
	holder->at.depth = bytes > 0 ? (__u32)bytes / 8 : 0;
	holder->behind_enabling =
	        kind == STALL_IRQ_OFF && behind_enabling(holder->at.frames, holder->at.depth);
	read_cgroups(task, &holder->cgroup1, &holder->cgroup2);
	holder->file_system[0] = '\0';
	for (int i = 0; i < STALL_FILE_PARTS; i++)
		holder->file[i][0] = '\0';
	if (holder->context == STALL_SYSCALL)
		read_file(holder, task);
	return holder;
}

/* How much of a wait lies within the last time that timers came late. */
static __always_inline __u64 late_within(const struct cpu_state *state, __u64 from, __u64 to)
{
	__u64 begin = state->late_from_ns > from ? state->late_from_ns : from;
	__u64 end = state->late_to_ns < to ? state->late_to_ns : to;

	return end > begin ? end - begin : 0;
}

static __always_inline void open_wait(struct stall_wait *wait, __u32 kind, __u32 cpu, __u64 from, __u64 to)
{
	wait->from_ns = from;
	wait->to_ns = to;
	wait->kind = kind;
	wait->cpu = cpu;
	wait->handler_ns = wait->longest_handler_ns = 0;
	wait->late_ns = late_within(&states[cpu & (STALL_CPUS - 1)], from, to);
	wait->handler = STALL_NO_HANDLER;
	wait->raised_within = wait->backlog = wait->for_lock = 0;
	wait->server = (__u32)bpf_get_current_pid_tgid();
	bpf_get_current_comm(wait->server_comm, sizeof(wait->server_comm));
	wait->open = 1;
}

static __always_inline void count_wait(__u32 cpu, __u64 length)
{
	struct stall_totals *total = &totals[cpu];
	__u32 bucket = 0;

	total->waits++;
	if (length > total->longest_ns)
		total->longest_ns = length;
	for (int i = 32; i > 0; i >>= 1) {
		if (length >> i) {
			bucket += i;
			length >>= i;
		}
	}
	if (bucket < STALL_BUCKETS)
		total->buckets[bucket]++;
}

/* @places: where it was queued; NULL: on its CPU all the while */
static __always_inline void report(struct stall_wait *wait, const struct stall_places *places, __u32 netns,
                                   __u32 ifindex)
{
	struct stall_holder *holder;
	struct stall_event *event;
	__u32 key = (wait->cpu & (STALL_CPUS - 1)) * 4 + (wait->kind & 3);

	wait->open = 0;
	holder = bpf_map_lookup_elem(&holders, &key);
	if (holder == NULL) {
		__sync_fetch_and_add(&lost, 1);
		return;
	}
	/* Looked at by itself: older verifiers lose track of a reservation that is tested with anything else.
	 */
	event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
	if (event == NULL) {
		__sync_fetch_and_add(&lost, 1);
		return;
	}
	event->wait = *wait;
	event->wait.netns = netns;
	event->wait.ifindex = ifindex;
	if (places != NULL) {
		bpf_probe_read_kernel(&event->places, sizeof(event->places), places);
	} else {
		event->places.count = 1;
		event->places.list[0].from_ns = wait->from_ns;
		event->places.list[0].cpu = wait->cpu;
	}
	bpf_probe_read_kernel(&event->holder, sizeof(event->holder), holder);
	bpf_ringbuf_submit(event, 0);
}

#endif
