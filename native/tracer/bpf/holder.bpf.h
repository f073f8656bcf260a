/* SPDX-License-Identifier: MIT */
#ifndef RXRAY_HOLDER_BPF_H
#define RXRAY_HOLDER_BPF_H

/* Who holds the CPU right now: task, system call, file, cgroups. Needs linux/bpf.h and kernel.h before it. */
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include "saved_registers.bpf.h"

static __always_inline bool begins_with(const char *comm, const char *word, int length)
{
	for (int i = 0; i < length; i++) {
		if (comm[i] != word[i])
			return false;
	}
	return true;
}

/* Of what runs here; read its fields with BPF_CORE_READ. */
static __always_inline struct task_struct *current_task(void)
{
	return (struct task_struct *)bpf_get_current_task();
}

/* The number of the system call that a user's task is in; -1 when it was interrupted outside of any. */
static __always_inline int syscall_of(struct task_struct *task)
{
	struct pt_regs *registers = saved_registers(task);

	return registers == NULL ? -1 : SYSCALL_OF(registers);
}

static __always_inline __u32 context_of(struct task_struct *task, int syscall, const char *comm)
{
	if (BPF_CORE_READ(task, pid) == 0)
		return STALL_IDLE;
	if ((BPF_CORE_READ(task, flags) & PF_KTHREAD) == 0)
		return syscall >= 0 ? STALL_SYSCALL : STALL_USER;
	if (begins_with(comm, "ksoftirqd/", 10))
		return STALL_KSOFTIRQD;
	if (begins_with(comm, "napi/", 5) || begins_with(comm, "backlog_napi/", 13))
		return STALL_NAPI_THREAD;
	return begins_with(comm, "irq/", 4) ? STALL_IRQ_THREAD : STALL_KTHREAD;
}

/* Inode numbers of the folders of its cgroups: of the memory hierarchy (v1), and of the unified one. */
static __always_inline void read_cgroups(struct task_struct *task, __u64 *v1, __u64 *v2)
{
	int memory = bpf_core_enum_value(enum cgroup_subsys_id, memory_cgrp_id);
	struct css_set *set = BPF_CORE_READ(task, cgroups);
	struct cgroup_subsys_state *state = NULL;

	*v2 = BPF_CORE_READ(set, dfl_cgrp, kn, id);
	bpf_core_read(&state, sizeof(state), &set->subsys[memory & 15]);
	*v1 = BPF_CORE_READ(state, cgroup, kn, id);
}

#endif
