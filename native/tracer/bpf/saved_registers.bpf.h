/* SPDX-License-Identifier: MIT */
#ifndef RXRAY_SAVED_REGISTERS_BPF_H
#define RXRAY_SAVED_REGISTERS_BPF_H

/* The registers of user space, as the way into the kernel saved them. Needs linux/bpf.h and kernel.h before
 * it. */
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

/* Of x86-64 and arm64 with pages of 4 KiB, both without KASAN; BTF has the type only where something uses it.
 */
#define STACK_BYTES 16384

/*
 * Those of the task that runs here: NULL for a thread that has none. Before 5.15 no function of the kernel
 * tells where; they lie at the far end of the kernel's stack, and what lies there has to look like them.
 */
static __always_inline struct pt_regs *saved_registers(struct task_struct *task)
{
	struct pt_regs *registers;
	void *stack;
	__u64 size = bpf_core_type_exists(union thread_union) ? bpf_core_type_size(union thread_union)
	                                                      : STACK_BYTES;

	if ((BPF_CORE_READ(task, flags) & PF_KTHREAD) != 0)
		return NULL;
	if (bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_task_pt_regs))
		return (struct pt_regs *)bpf_task_pt_regs(bpf_get_current_task_btf());
	stack = BPF_CORE_READ(task, stack);
	if (stack == NULL)
		return NULL;
	registers = stack + size - bpf_core_type_size(struct pt_regs);
	return SAVED_FROM_USER(registers) ? registers : NULL;
}

#endif
