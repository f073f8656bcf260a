/* SPDX-License-Identifier: MIT */
#ifndef RXRAY_SYSCALLS_KERNEL_H
#define RXRAY_SYSCALLS_KERNEL_H

/* Further fields of the kernel's types, for `trace syscalls`; see kernel.h for how they are found. */
#include "kernel.h"

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct nsproxy___syscalls {
	struct net *net_ns;
};

struct cgroup___syscalls {
	int level;
	struct kernfs_node *kn;
	struct cgroup___syscalls *ancestors[1]; /* 6.1 on */
};

/* Before 6.1. */
struct cgroup___numbered {
	__u64 ancestor_ids[1];
};

struct css_set___syscalls {
	struct cgroup___syscalls *dfl_cgrp;
};

struct cgroup_subsys_state___syscalls {
	struct cgroup___syscalls *cgroup;
};

/* Which processor state words a task has depends on the architecture. */
struct thread_info___syscalls {
	unsigned long flags;
	__u32 status;
};

typedef struct {
	int counter;
} atomic_t;

struct signal_struct {
	atomic_t live; /* threads that have not ended */
};

struct task_struct___syscalls {
	struct thread_info___syscalls thread_info;
	unsigned int __state;
	struct task_struct *group_leader;
	struct signal_struct *signal;
	struct nsproxy___syscalls *nsproxy;
};

/* Before 5.14. */
struct task_struct___stated {
	long state;
};

#if defined(__TARGET_ARCH_x86)
struct pt_regs___syscalls {
	unsigned long di, si, dx, r10, r8, r9;
	unsigned long bx, cx, bp;
};
#else
struct pt_regs___syscalls {
	__u64 regs[31];
	__u64 orig_x0;
};
#endif

#pragma clang attribute pop

#endif
