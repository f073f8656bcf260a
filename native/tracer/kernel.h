/* SPDX-License-Identifier: MIT */
#ifndef RXRAY_KERNEL_H
#define RXRAY_KERNEL_H

/*
 * Of the kernel's types just the fields that are read. Where they lie is found out when a program is loaded
 * (CO-RE), so a build needs no kernel's type information. A field that was renamed has a second type here,
 * with three underscores and a word behind its name, which stands for the same kernel type.
 */
#include <linux/types.h>

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct kernfs_node {
	__u64 id;
};

struct cgroup {
	struct kernfs_node *kn;
};

struct cgroup_subsys_state {
	struct cgroup *cgroup;
};

struct css_set {
	struct cgroup_subsys_state *subsys[12];
	struct cgroup *dfl_cgrp;
};

/* By value it is numbered for each kernel anew. */
enum cgroup_subsys_id {
	memory_cgrp_id = 4,
};

struct qstr {
	__u32 len;
	const unsigned char *name;
};

struct dentry {
	struct dentry *d_parent;
	struct qstr d_name;
};

struct file_system_type {
	const char *name;
};

struct super_block {
	struct file_system_type *s_type;
};

struct inode {
	struct super_block *i_sb;
};

struct path {
	struct dentry *dentry;
};

struct file {
	struct path f_path;
	struct inode *f_inode;
};

struct fdtable {
	unsigned int max_fds;
	struct file **fd;
};

struct files_struct {
	struct fdtable *fdt;
};

struct thread_info {
	__u32 cpu;
};

/* A lock that one sleeps for, who waits for it, and who has it: an address whose lowest bit is a flag. */
struct rt_mutex_base {
	void *owner;
};

struct rt_mutex_waiter {
	struct rt_mutex_base *lock;
};

struct task_struct {
	struct thread_info thread_info;
	unsigned int flags;
	int prio;
	int pid;
	int tgid;
	unsigned int __state;
	void *stack;
	char comm[16];
	struct files_struct *files;
	struct css_set *cgroups;
	struct rt_mutex_waiter *pi_blocked_on;
};

/* The CPU of a task that runs or waits to run lay here before 5.16. */
struct task_struct___before_5_16 {
	unsigned int cpu;
};

/* What a kernel stack is the other half of: as long as one. */
union thread_union {
	unsigned long stack[2048];
};

struct task_struct___before_5_14 {
	long state;
};

struct ns_common {
	unsigned int inum;
};

struct net {
	struct ns_common ns;
};

typedef struct {
	struct net *net;
} possible_net_t;

struct net_device {
	int ifindex;
	possible_net_t nd_net;
};

struct napi_struct {
	struct net_device *dev;
};

struct sk_buff {
	struct net_device *dev;
	__u64 tstamp;
	unsigned char *head;
	unsigned char *data;
	__u16 protocol;
	__u16 network_header;
	__u16 queue_mapping;
	unsigned int len, data_len;
};

struct timerqueue_node {
	__s64 expires;
};

struct hrtimer {
	struct timerqueue_node node;
	void *function;
	__u8 is_soft;
};

#if defined(__TARGET_ARCH_x86)
struct pt_regs {
	unsigned long ax;
	unsigned long di;
	unsigned long si;
	unsigned long dx;
	unsigned long r10;
	unsigned long orig_ax;
	unsigned long cs;
};
#define SYSCALL_OF(registers) ((int)BPF_CORE_READ(registers, orig_ax))
#define FIRST_ARGUMENT(registers) BPF_CORE_READ(registers, di)
/* The privilege level of the code segment. */
#define SAVED_FROM_USER(registers) ((BPF_CORE_READ(registers, cs) & 3) == 3)
#elif defined(__TARGET_ARCH_arm64)
struct pt_regs {
	__u64 regs[31];
	__u64 pstate;
	__s32 syscallno;
	__u64 orig_x0;
};
#define SYSCALL_OF(registers) BPF_CORE_READ(registers, syscallno)
#define FIRST_ARGUMENT(registers) BPF_CORE_READ(registers, orig_x0)
/* PSR_MODE_EL0t. */
#define SAVED_FROM_USER(registers) ((BPF_CORE_READ(registers, pstate) & 0xf) == 0)
#else
#error "which registers hold the system call on this architecture?"
#endif

#pragma clang attribute pop

#define PF_KTHREAD 0x00200000
#define PF_IO_WORKER 0x00000010
#define TASK_RTLOCK_WAIT 0x1000 /* sleeps for what is a spinning lock on other kernels; of 5.15 */

#endif
